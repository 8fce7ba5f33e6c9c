#! /usr/bin/env atf-sh
# Getting hold of processes of the runtime: while they join the jail
# (CVE-2016-9962), of the jail's first process, of its keeper.
. "$(atf_get_srcdir)/common.sh" || exit

atf_test_case join
join_head()
{
	atf_set descr "A process that joins cannot be traced or looked into"
}
join_body()
{
	weak_jail w path=/
	must_escape watched w "$ESC/tracejoin 5 /tmp/caught naive" \
	    "$ESC/naive" -D -w2 "$(init_pid w)" true
	jail -r w
	# the same runtime, not dumpable, and a jail without CAP_SYS_PTRACE
	plain_jail w path=/ host.users=inherit
	KIND="the remedy alone" ROOT=
	must_hold watched w "$ESC/tracejoin 5 /tmp/caught naive" \
	    "$ESC/naive" -w2 "$(init_pid w)" true
	KIND="path=/ host.users=inherit"
	join_held w
	jail -r w
	each_jail join_held
	each_jail join_held children.max=1
}
join_held()
{
	must_hold watched "$1" \
	    "$ESC/tracejoin 5 /tmp/caught jexec jail cellblock" \
	    jexec "$1" "$ESC/reach" list / none
	must_hold watched "$1" \
	    "$ESC/tracejoin 5 /tmp/caught jexec jail cellblock" \
	    jexec -l -u nobody "$1" "$ESC/reach" list / none
}

# What runs the jail, by the numbers that the box knows.
atf_test_case kill
kill_head()
{
	atf_set descr "The jail's first process and its keeper cannot be killed from inside"
}
kill_body()
{
	weak_jail w path=/
	# joined without the jail's pid namespace
	sleep 300 &
	must_escape "$ESC/naive" -p "$(init_pid w)" "$ESC/reach" kill $!
	must_escape "$ESC/naive" -p "$(init_pid w)" \
	    "$ESC/reach" kill "$(keeper_pid w)"
	must_escape "$ESC/naive" -p "$(init_pid w)" \
	    "$ESC/reach" kill "$(init_pid w)"
	jail -r w 2>/dev/null
	each_jail kill_held
	each_jail kill_held children.max=1
}
kill_held()
{
	must_hold jexec "$1" "$ESC/reach" kill 1
	must_hold jexec "$1" "$ESC/reach" kill "$(keeper_pid "$1")"
	must_hold jexec "$1" "$ESC/reach" kill "$(init_pid "$1")"
	# all that it may kill, several times
	jexec "$1" sh -c 'trap "" TERM
	    for i in 1 2 3 4 5; do kill -KILL -1; done' 2>/dev/null
	atf_check -o inline:"$1\n" jls -j "$1" name
	atf_check jexec "$1" true
}

keeper_pid()
{
	sed -n 's/^keeper = "\([0-9]*\)".*/\1/p' \
	    "/run/cellblock/jails/$(jls -j "$1" jid)/life"
}

# The memory, descriptors and program of pid 1.
atf_test_case first
first_head()
{
	atf_set descr "The jail's first process cannot be looked into or traced"
}
first_body()
{
	weak_jail w path=/
	# one that is the jail's own, named like it
	must_escape jexec w sh -c 'exec 3>&1
	    sleep 10 >/dev/null 2>&1 3>&- & exec '"$ESC"'/reach trace $!'
	jail -r w
	each_jail first_held
	each_jail first_held children.max=1
}
first_held()
{
	must_hold jexec "$1" "$ESC/reach" trace 1
	must_hold jexec "$1" "$ESC/reach" write /proc/1/mem
	must_hold jexec "$1" "$ESC/reach" read /proc/1/environ
	must_hold jexec "$1" "$ESC/reach" read /proc/1/exe
	must_hold jexec "$1" "$ESC/reach" list /proc/1/root etc
}

atf_test_case reused
reused_head()
{
	atf_set descr "A process that got the number of a dead jail's is left alone"
}
reused_body()
{
	weak_jail w path=/
	pid=$(init_pid w)
	reuse w "$pid"
	# who goes by the number alone
	must_escape "$ESC/reach" kill "$pid"
	wait
	jail -r w 2>/dev/null
	each_jail reused_held
}
reused_held()
{
	local init keeper

	init=$(init_pid "$1")
	keeper=$(keeper_pid "$1")
	jls -j "$1" jid >jid
	reuse "$1" "$init"
	jexec "$1" true 2>/dev/null && atf_fail "joined the wrong process"
	jls >/dev/null
	jail -r "$1" 2>/dev/null
	jail -R "$(cat jid)" 2>/dev/null
	kill -0 "$init" || atf_fail "the new process $init was killed"
	atf_check_equal sleep "$(cat "/proc/$init/comm")"
	kill "$init"
	wait
	plain_jail "$1" $KIND
}

# reuse JAIL PID: kill what runs the jail, and be a sleep of its first
# process's number.
reuse()
{
	kill -STOP "$(keeper_pid "$1")"
	kill -KILL "$2"
	must_wait 5 gone "$2"
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		echo $(($2 - 1)) >/proc/sys/kernel/ns_last_pid
		sleep 300 &
		[ $! != "$2" ] || return 0
		kill $!
	done
	atf_fail "no process got the number $2"
}
gone()
{
	! kill -0 "$1" 2>/dev/null
}

atf_init_test_cases()
{
	for c in join kill first reused; do
		atf_add_test_case $c
	done
}
