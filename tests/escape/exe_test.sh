#! /usr/bin/env atf-sh
# Overwriting what the host runs: the program that joins a jail, its loader,
# its libraries, the jail's first process (CVE-2019-5736).
. "$(atf_get_srcdir)/common.sh" || exit

# hostile_scripts DIR: in the root DIR, programs which make whoever runs them
# run itself.
hostile_scripts()
{
	local f

	# what the program needs to run there, as any image has it
	if [ -n "$1" ]; then
		for f in $(ldd "$CB_BUILD/rt/cellblock" | grep -o '/[^ ]*'); do
			mkdir -p "$1${f%/*}"
			cp -L "$f" "$1$f"
		done
	fi
	printf '#!/proc/self/exe\n' >"$1/tmp/again"
	printf '#!/proc/self/exe -w1\n' >"$1/tmp/again3"
	chmod 755 "$1/tmp/again" "$1/tmp/again3"
}

atf_test_case script
script_head()
{
	atf_set descr "A script in the jail whose interpreter is the joining program"
}
script_body()
{
	own_runtime
	hostile_scripts ""
	weak_jail w path=/
	# a runtime without a copy of itself, run by the host
	must_escape watched w "$ESC/exewrite 5 /tmp/caught" \
	    "$ESC/naive" -x "$(init_pid w)" /tmp/again3
	jail -r w
	each_jail script_held
	# the host's root inside: the file's owner is no wall
	each_jail script_held host.users=inherit
}
script_held()
{
	hostile_scripts "$ROOT"
	must_hold watched "$1" "$ESC/exewrite 5 /tmp/caught" \
	    jexec "$1" /tmp/again
}

atf_test_case boot
boot_head()
{
	atf_set descr "A shell in the jail that does so, run by cellblock up"
}
# The script's case shows that such a file is there to be caught.
boot_body()
{
	own_runtime
	root_new root
	hostile_scripts root
	mkdir -p host/jails/a
	echo 'jail_enable="YES"' >host/rc.conf
	echo "a { path = $PWD/root; persist; host.users = inherit; }" \
	    >host/jail.conf
	# one that only a shell can read
	echo 'if :; then :; fi' >host/jails/a/rc.conf
	atf_check -o ignore -e ignore cellblock up --host host
	ln -f root/tmp/again root/bin/sh
	KIND='up --host' ROOT=$PWD/root
	atf_check -s exit:1 -o ignore -e match:"a: .*rc.conf" \
	    cellblock up --host host
	must_hold watched a "$ESC/exewrite 5 /tmp/caught" \
	    cellblock up --host host
}

atf_test_case runtime
runtime_head()
{
	atf_set descr "The runtime shown in each jail cannot be changed from there"
}
runtime_body()
{
	own_runtime
	weak_jail w path=/ children.max=1
	must_escape jexec w "$ESC/rtwrite" /run/cellblock/rt
	jail -r w
	each_jail runtime_held
	each_jail runtime_held children.max=1
}
runtime_held()
{
	must_hold jexec "$1" "$ESC/rtwrite" /run/cellblock/rt
}

atf_init_test_cases()
{
	atf_add_test_case script
	atf_add_test_case boot
	atf_add_test_case runtime
}
