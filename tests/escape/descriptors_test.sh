#! /usr/bin/env atf-sh
# Ways out by descriptors and working directories that whoever starts
# something in a jail leaves it (CVE-2024-21626, CVE-2016-9962's other half).
. "$(atf_get_srcdir)/common.sh"

# What only the box has at this path: the registry of the jail itself.
marker()
{
	echo "/run/cellblock/jails/$(jls -j "$1" jid)/params"
}

# with_open COMMAND...: run it with the box's directories open on 5 and 9,
# not close-on-exec, standing in one of them.
with_open()
{
	(
		cd /run/cellblock || exit
		exec "$@" 5</ 9</run/cellblock
	)
}

atf_test_case jexec
jexec_head()
{
	atf_set descr "jexec leaves no descriptor and no directory of the host's"
}
jexec_body()
{
	plain_jail w path=/
	must_escape "$ESC/naive" -f / "$(init_pid w)" \
	    "$ESC/fdwalk" "$(marker w)"
	must_escape "$ESC/naive" -f / -d /proc/self/fd/9 "$(init_pid w)" \
	    "$ESC/fdwalk" "$(marker w)"
	jail -r w
	each_jail jexec_held
}
jexec_held()
{
	must_hold with_open jexec "$1" "$ESC/fdwalk" "$(marker "$1")"
	must_hold with_open jexec -l "$1" "$ESC/fdwalk" "$(marker "$1")"
	must_hold with_open jexec -u nobody "$1" "$ESC/fdwalk" "$(marker "$1")"
}

atf_init_test_cases()
{
	atf_add_test_case jexec
}
