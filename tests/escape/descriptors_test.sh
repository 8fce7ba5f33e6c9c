#! /usr/bin/env atf-sh
# Ways out by descriptors and working directories that whoever starts
# something in a jail leaves it (CVE-2024-21626, CVE-2016-9962's other half).
. "$(atf_get_srcdir)/common.sh" || exit

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

# A directory to start in, as root of the host may be talked into giving it.
atf_test_case directory
directory_head()
{
	atf_set descr "Descriptors named as the command's directory lead nowhere (CVE-2024-21626)"
}
directory_body()
{
	with_open_check_make
	weak_jail w path=/
	must_escape "$ESC/naive" -f / -d /proc/self/fd/9 "$(init_pid w)" \
	    "$ESC/fdwalk" "$(marker w)"
	jail -r w
	each_jail directory_held
}
directory_held()
{
	local n

	n=3
	while [ $((n += 1)) -lt 24 ]; do
		for d in "/proc/self/fd/$n" "/proc/self/fd/$n/.." \
		    "/proc/1/fd/$n" "/proc/thread-self/fd/$n"; do
			with_open jexec -d "$d" "$1" "$ESC/fdwalk" \
			    "$(marker "$1")" >walk.out 2>walk.err
			if grep -q escaped walk.out; then
				cat walk.out
				atf_fail "$KIND: jexec -d $d"
			fi
			grep -qE 'held|chdir' walk.out walk.err ||
			    atf_fail "$KIND: jexec -d $d: $(cat walk.err)"
		done
	done
	# the jail may make its own directories such links
	jexec "$1" ln -sfn /proc/self/fd/5 /tmp/there || atf_fail ln
	atf_check -s exit:1 -e match:chdir \
	    with_open_check jexec -d /tmp/there "$1" "$ESC/fdwalk" /none
	must_hold with_open jexec "$1" "$ESC/fdwalk" "$(marker "$1")"
}

atf_test_case jail
jail_head()
{
	atf_set descr "exec.start, command and rc of a jail get no descriptor of the host's"
}
jail_body()
{
	with_open_check_make
	weak_jail w path=/
	must_escape "$ESC/naive" -f /run "$(init_pid w)" \
	    "$ESC/fdwalk" "$(marker w)"
	jail -r w
	each_jail jail_held
	# two at once, each with the other's pipes and descriptors about
	plain_jail first path=/
	KIND="-p 2"
	cat >jail.conf <<-END
	persist;
	path = /;
	exec.start = "$ESC/fdwalk /run/cellblock/names/first";
	walk1 { }
	walk2 { }
	END
	with_open jail -f "$PWD/jail.conf" -p 2 -c >two.out 2>&1
	atf_check -o match:held -o not-match:escaped cat two.out
}
jail_held()
{
	local m

	m=/run/cellblock/names/e
	must_hold with_open jail -q -c name=e $KIND exec.start="$ESC/fdwalk $m"
	must_hold with_open jail -q -c name=e $KIND command="$ESC/fdwalk" $m
	must_hold with_open jail -q -c name=e $KIND exec.clean \
	    exec.jail_user=nobody exec.start="$ESC/fdwalk $m"
	must_hold with_open jail -q -c name=e $KIND exec.timeout=20 \
	    exec.start="/bin/sh -c '$ESC/fdwalk $m'"
	# and when it is stopped
	cat >stop.conf <<-END
	e { persist; path = "${ROOT:-/}"; exec.stop = "$ESC/fdwalk $m"; }
	END
	jail -q -f stop.conf -c e || atf_fail "jail -c e"
	must_hold with_open jail -q -f "$PWD/stop.conf" -r e
	jail -R e # what it says has failed the stop
	# the log is written to, and is no way to anything
	with_open jail -q -c name=e $KIND exec.consolelog=/tmp/console.log \
	    exec.start="$ESC/fdwalk $m"
	atf_check -o match:held cat /tmp/console.log
	rm -f /tmp/console.log
}

# As with_open, a program for atf_check.
with_open_check_make()
{
	cat >"$ESC/with_open_check" <<-'END'
	#!/bin/sh
	cd "$PWD" && exec "$@" 5</ 9</run/cellblock
	END
	chmod 755 "$ESC/with_open_check"
	PATH=$PATH:$ESC
}

atf_init_test_cases()
{
	for c in jexec directory jail; do
		atf_add_test_case $c
	done
}
