#! /usr/bin/env atf-sh
# jail(8) is killed (SIGKILL) before each of its steps in turn, the next
# command comes along, and nothing may be left of what was begun.
. "$(atf_get_srcdir)/common.sh" || exit

# die_at N COMMAND...: run it, dying at its Nth step.  Status 0: it died.
die_at()
{
	local n st

	n=$1
	shift
	st=0
	CELLBLOCK_DIE_AT=$n "$@" >out 2>err || st=$?
	case $st in
	137)
		[ -z "$(ls /run/cellblock/pending 2>/dev/null)" ] ||
		    begun=$((begun + 1))
		return 0
		;;
	0) return 1 ;;
	esac
	cat out err
	atf_fail "step $n: $* ended with $st"
}

# settle BEFORE: any command finds and removes the remains.
settle()
{
	atf_check -o save:list jls -d name
	box_same "$1"
}

create_at_each_step()
{
	local n

	atf_check -o ignore ifconfig epair create
	# the first start makes what stays (interface state)
	atf_check -o ignore jail -c "$@" vnet.interface=epair0b
	atf_check -o ignore jail -r x
	box_state before
	n=1
	begun=0
	while die_at "$n" jail -c "$@" vnet.interface=epair0b; do
		# died at the very end: it is complete, then, or gone
		if jls -j x name >/dev/null 2>&1; then
			atf_check -o ignore jail -r x
		fi
		settle before
		n=$((n + 1))
		[ "$n" -lt 200 ] || atf_fail "no end of steps"
	done
	[ "$begun" -gt 8 ] || atf_fail "only $begun of $n steps left remains"
	atf_check -o inline:"x\n" jls -j x name
	atf_check -o ignore jail -r x
	box_same before
}

remove_at_each_step()
{
	local n

	atf_check -o ignore ifconfig epair create
	atf_check -o ignore jail -c "$@" vnet.interface=epair0b
	atf_check -o ignore jail -r x
	box_state before
	n=1
	begun=0
	while :; do
		atf_check -o ignore jail -c "$@" vnet.interface=epair0b
		die_at "$n" jail -r x || break
		# died before the jail was claimed: nothing has happened yet
		if jls -j x name >/dev/null 2>&1; then
			atf_check -o ignore jail -r x
		fi
		settle before
		n=$((n + 1))
		[ "$n" -lt 200 ] || atf_fail "no end of steps"
	done
	[ "$begun" -gt 5 ] || atf_fail "only $begun of $n steps left remains"
	settle before
}

atf_test_case create
create_head()
{
	atf_set descr "jail -c killed at every step leaves nothing"
	atf_set timeout 300
}
create_body()
{
	create_at_each_step name=x vnet persist host.hostname=x
}

atf_test_case create_copy
create_copy_head()
{
	atf_set descr "... with a copy-on-write root and children"
	atf_set timeout 300
}
create_copy_body()
{
	create_at_each_step name=x vnet persist children.max=3 block.root=copy
}

atf_test_case remove
remove_head()
{
	atf_set descr "jail -r killed at every step leaves nothing"
	atf_set timeout 300
}
remove_body()
{
	remove_at_each_step name=x vnet persist host.hostname=x
}

atf_test_case no_claim
no_claim_head()
{
	atf_set descr "What a living command has begun is left alone"
	atf_set timeout 60
}
no_claim_body()
{
	jail -c name=x persist exec.start="sleep 3" &
	must_wait 3 jls -j x name
	atf_check -o inline:"x\n" jls -j x name
	wait $!
	atf_check -o inline:"x\n" jls -j x name
}

# pid_of TITLE: of a process of that name
pid_of()
{
	local p

	for p in /proc/[0-9]*; do
		[ "$(tr '\0' ' ' <"$p/cmdline" | sed 's/ *$//')" != "$1" ] ||
			echo "${p#/proc/}"
	done 2>/dev/null
}

sleeps()
{
	[ -n "$(pid_of "sleep 1000")" ]
}

# a_stopped_jexec JAIL: a command in there, and jexec stopped as by ^Z; its pid
# outside is $stopped
a_stopped_jexec()
{
	jexec "$1" sleep 1000 &
	stopped=$!
	must_wait 5 sleeps
	kill -STOP $stopped
	must_wait 5 grep -q '^State:.*stopped' /proc/$stopped/status
}

atf_test_case stopped
stopped_head()
{
	atf_set descr "A jail goes though who sent a command there is stopped"
	atf_set timeout 60
}
stopped_body()
{
	local before gone

	make_jail x vnet
	a_stopped_jexec x
	before=$(date +%s)
	atf_check -o ignore jail -r x
	[ $(($(date +%s) - before)) -lt 8 ] || atf_fail "it took too long"
	atf_check jls -d name
	wait $stopped
	atf_check_equal 143 $?
	# in a jail's jail, which is removed with its parent and alone
	for gone in x x.y; do
		make_jail x vnet children.max=3
		atf_check jexec x jail -c name=y persist path=/
		a_stopped_jexec x.y
		before=$(date +%s)
		atf_check -o ignore jail -r $gone
		[ $(($(date +%s) - before)) -lt 8 ] ||
			atf_fail "$gone: it took too long"
		atf_check -o not-match:y jls -d name
	done
}

atf_test_case stopping
stopping_head()
{
	atf_set descr "A jail's root that stops all who come does not keep jail -r waiting"
	atf_set timeout 60
}
stopping_body()
{
	local before

	make_jail x vnet children.max=3
	atf_check jexec x jail -c name=y persist path=/
	# shellcheck disable=SC2016 # the inner shell's
	jexec x sh -c 'trap "" TERM
		(while :; do kill -STOP -1; done) >/dev/null 2>&1 &'
	before=$(date +%s)
	# whether it got through, or gave up what is inside
	atf_check -o ignore -e ignore timeout 50 jail -R x
	[ $(($(date +%s) - before)) -lt 20 ] || atf_fail "it took too long"
	atf_check jls -d name
}

atf_test_case ending
ending_head()
{
	atf_set descr "A killed jail whose end takes its time is none any more"
	atf_set timeout 60
}
ending_body()
{
	local init

	mkdir b
	: >b/rc.conf
	atf_check cellblock up -q b
	# what does not end by itself keeps the first process from ending
	a_stopped_jexec b
	init=$(pid_of "jail: b")
	kill -9 "$init"
	must_wait 5 test ! -e "/proc/$init/ns/mnt"
	test -d "/proc/$init" || atf_fail "it has ended"
	atf_check cellblock up -q b
	atf_check cellblock diff b
	atf_check -o inline:"b\n" jls name
	atf_check cellblock down -q b
}

atf_init_test_cases()
{
	atf_add_test_case create
	atf_add_test_case create_copy
	atf_add_test_case remove
	atf_add_test_case no_claim
	atf_add_test_case stopped
	atf_add_test_case stopping
	atf_add_test_case ending
}
