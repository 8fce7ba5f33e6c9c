#! /usr/bin/env atf-sh
# libnetgraph and the broker behind it: netgraph(3) for programs, on the
# machine and in jails.
. "$(atf_get_srcdir)/common.sh" || exit

# says [COMMAND...]: ngprobe, run by that command, answers each call with what
# stands behind its arrow (*: anything).  Calls come on standard input,
# CALL -> ANSWER.
says()
{
	cat >says.in
	sed 's/ -> .*//' says.in >says.calls
	sed 's/^.* -> //' says.in >want
	"$@" "${NGPROBE-ngprobe}" <says.calls >got ||
	    atf_fail "ngprobe ended with $?"
	awk 'NR == FNR { want[NR] = $0; n = NR; next }
	    want[FNR] != "*" && want[FNR] != $0 { bad = 1 }
	    END { exit bad || FNR != n }' want got ||
	    atf_fail "$(paste -d '|' says.in got)"
}

# open_probe N [COMMAND...]: an ngprobe that stays, asked by descriptor N.
open_probe()
{
	local n

	n=$1
	shift
	rm -f "probe.$n"
	mkfifo "probe.$n"
	: >"got.$n"
	"$@" ngprobe <"probe.$n" >"got.$n" 2>&1 &
	eval "exec $n>probe.$n"
}

# ask N CALL ANSWER
ask()
{
	local lines

	lines=$(wc -l <"got.$1")
	echo "$2" >&"$1"
	must_wait 10 sh -c "[ \$(wc -l <got.$1) -gt $lines ]"
	[ "$3" = "*" ] || [ "$(tail -n +$((lines + 1)) "got.$1")" = "$3" ] ||
	    atf_fail "$2: $(tail -n +$((lines + 1)) "got.$1"), not $3"
}

# broker_pid: of the ones that run, or were killed.
broker_pid()
{
	local f

	for f in /run/cellblock/ng/*/lock; do
		cut -d ' ' -f 1 "$f"
	done
}

atf_test_case nodes
nodes_head()
{
	atf_set descr "Nodes of programs: names, ids, errors"
	vm_also "kernel 6.1 has its own idea of unix sockets"
}
nodes_body()
{
	box_state before
	says <<-END
	mk A alice -> 1
	mk B alice -> EADDRINUSE
	mk C -> 3
	nodes A -> socket: socket:alice
	name C . carol -> ok
	name C . alice -> EADDRINUSE
	name A carol: bob -> ok
	nodes A -> socket:alice socket:bob
	sockname A -> 16 32 alice
	sockname C -> 16 32 bob
	name C . a-name-that-is-too-long -> ok
	sockname C -> 16 32 a-name-that-is
	name C . bob -> ok
	mk D bad.name -> EINVAL
	mk D bad:name -> EINVAL
	mk D 12345678901234567890123456789012345 -> 6
	name A 1234567890123456789012345678901: x -> ok
	name A nobody: x -> ENOENT
	name A a..b: x -> EINVAL
	mkpeer A . nosuch one two -> ENXIO
	mkpeer A . socket one two -> EINVAL
	mkpeer A . hub one two -> ok
	mkpeer A . hub one two -> EEXIST
	connect A . bob: one x -> EEXIST
	connect A . bob: four x -> ok
	connect A . bob: five x -> EEXIST
	connect A . nobody: six x -> ENOENT
	rmhook A . nohook -> ok
	rmhook A . four -> ok
	bad A one 4711 1 -> EINVAL
	bad A bob: 851601233 99 -> EINVAL
	msg A one nosuch -> ENOSYS
	long A bob: 131016 -> ok
	long A bob: 131017 -> EMSGSIZE
	shutdown A one -> ok
	shutdown A one -> ENOENT
	nodes A -> socket:alice socket:bob socket:x
	END
	# nothing is left of it, and of the broker in a while
	box_same before
}

atf_test_case messages
messages_head()
{
	atf_set descr "Questions have their answers at once, with their tokens"
}
messages_body()
{
	for NGPROBE in ngprobe ngprobe_static; do
		says <<-END
		mkc A alice -> 1
		mk B bob -> 2
		poll A -> poll
		token A -> own own
		poll A -> poll
		msg A . nodeinfo -> ok
		poll A -> poll control
		rmsg A -> [1]: nodeinfo { name="alice" type="socket" id=0x1 } (response)
		rmsg A -> EAGAIN
		bad A bob: 4711 7 -> ok
		poll B -> poll control
		rbin B -> [1]: 4711 7 0 0
		reply B -> ok
		rbin A -> [2]: 4711 7 1 4
		long A bob: 5000 -> ok
		rbin B -> [1]: 12345 1 0 5000
		long A bob: 100000 -> ok
		rbin B -> [1]: 12345 1 0 100000
		closec B -> ok
		bad A bob: 4711 7 -> ENOTCONN
		END
		must_wait 10 sh -c '! pgrep -f ^cellblock-netgraph'
	done
}

atf_test_case data
data_head()
{
	atf_set descr "Packets: by hook, plain, to all of a hub, boundaries kept"
	vm_also "the data path of kernel 6.1"
}
data_body()
{
	says <<-END
	mk A alice -> 1
	mk B bob -> 2
	mk C carol -> 3
	connect A . bob: ab ba -> ok
	send A ab hello -> ok
	poll B -> poll data
	recv B -> ba hello
	recv B -> EAGAIN
	send B ba back -> ok
	send B ba again -> ok
	read A -> 4 back
	read A -> 5 again
	write B plain -> ok
	wait A -> poll data
	recv A -> ab plain
	send A nohook hello -> EHOSTUNREACH
	sendn A ab 1 -> ok
	recvn B -> ba 1
	sendn A ab 13 -> ok
	recvn B -> ba 13
	sendn A ab 14 -> ok
	recvn B -> ba 14
	sendn A ab 1514 -> ok
	recvn B -> ba 1514
	sendn A ab 65535 -> ok
	recvn B -> ba 65535
	sendn A ab 65536 -> EMSGSIZE
	mkpeer A . hub hub a -> ok
	connect B . alice:hub hub b -> ok
	connect C . alice:hub hub c -> ok
	send A hub to-all-others -> ok
	recv B -> hub to-all-others
	recv C -> hub to-all-others
	recv A -> EAGAIN
	send C hub from-carol -> ok
	recv A -> hub from-carol
	recv B -> hub from-carol
	closed C -> ok
	send A hub more -> ENOTCONN
	recv B -> hub more
	shutdown B carol: -> ok
	send A hub more -> ok
	END
}

atf_test_case refused
refused_head()
{
	atf_set descr "Who sends what a node cannot take hears it"
	vm_also "the data path of kernel 6.1"
}
refused_body()
{
	# addresses are six letters each: a is odd, a group's; b, d and f are even
	says <<-END
	mk A alice -> 1
	mkpeer A . split s in -> ok
	connect A . s o out -> ok
	send A o back -> EINVAL
	send A s to-nobody -> ok
	mkpeer A . bridge l link0 -> ok
	connect A . l m link1 -> ok
	send A l short -> EINVAL
	send A l bbbbbbaaaaaa12 -> EINVAL
	send A l ddddddbbbbbb12 -> ok
	recv A -> m ddddddbbbbbb12
	send A l bbbbbbdddddd12 -> ok
	send A m ddddddbbbbbb12 -> ELOOP
	send A m bbbbbbffffff12 -> ELOOP
	send A l aaaaaabbbbbb12 -> ok
	recv A -> m aaaaaabbbbbb12
	mkpeer A . vlan v down -> ok
	send A v bbbbbbdddddd12 -> EOPNOTSUPP
	send A v short -> EINVAL
	connect A . v w downstream -> ok
	send A w bbbbbbdddddd12 -> ENETDOWN
	mkpeer A . one2many 1 one -> ok
	send A 1 x -> ENOTCONN
	connect A . 1 2 many5 -> ok
	send A 1 x -> ok
	recv A -> 2 x
	rmhook A . 1 -> ok
	send A 2 x -> ENETDOWN
	mkpeer A . etf e type -> ok
	send A e bbbbbbdddddd12 -> EPROTOTYPE
	mkpeer A . vlan_rotate r original -> ok
	send A r bbbbbbdddddd12-- -> ENETDOWN
	mkpeer A . pipe p upper -> ok
	send A p x -> ENETDOWN
	mkpeer A . nat n in -> ok
	send A n x -> ENXIO
	mkpeer A . hole h any -> ok
	send A h x -> ok
	mkpeer A . hub u any -> ok
	send A u x -> ok
	mkpeer A . bpf f any -> ok
	send A f x -> ok
	mkpeer A . tee t left -> ok
	send A t x -> ok
	recv A -> EAGAIN
	END
}

atf_test_case queue
queue_head()
{
	atf_set descr "A full queue: ENOBUFS; a hundred packets fit at least"
}
queue_body()
{
	says <<-END
	mk A alice -> 1
	mk B bob -> 2
	connect A . bob: ab ba -> ok
	fill A ab 100 64 -> 100 ok
	drain B -> 100
	fill A ab 100 2000 -> 100 ok
	drain B -> 100
	END
	printf '%s\n' 'mk A alice' 'mk B bob' 'connect A . bob: ab ba' \
	    'fill A ab 100000 64' 'drain B' 'send A ab room' 'recv B' |
	    ngprobe >out
	sed -n 4p out | grep -q '^[0-9]* ENOBUFS$' || atf_fail "$(cat out)"
	[ "$(sed -n '4s/ .*//p' out)" = "$(sed -n 5p out)" ] ||
	    atf_fail "$(cat out)"
	atf_check -o inline:"ok\nba room\n" tail -2 out
}

atf_test_case life
life_head()
{
	atf_set descr "A node lives until both sockets are closed, by whoever"
}
life_body()
{
	says <<-END
	mk A alice -> 1
	mk B bob -> 2
	mk C carol -> 3
	closec B -> ok
	nodes A -> socket:alice socket:bob socket:carol
	closed B -> ok
	nodes A -> socket:alice socket:carol
	closed C -> ok
	nodes A -> socket:alice socket:carol
	closec C -> ok
	nodes A -> socket:alice
	mkpeer A . hub one x -> ok
	nolinger A -> ok
	linger A -> ok
	rmhook A . one -> ok
	nodes A -> socket:alice
	nolinger A -> ok
	nodes A -> socket:alice
	mk B bob -> *
	connect A . bob: ab ba -> ok
	rmhook A . ab -> ok
	nodes A -> ECONNRESET
	recv A -> ECONNRESET
	nodes B -> socket:bob
	shutdown B . -> ok
	nodes B -> ECONNRESET
	poll B -> poll control data
	END
	# children have it, too
	open_probe 8
	ask 8 "mk A alice" "*"
	ask 8 "sleepers 3" ok
	exec 8>&-
	says <<-END
	mk B bob -> *
	nodes B -> socket:alice socket:bob
	END
	pkill ngprobe
	wait
	says <<-END
	mk B bob -> *
	nodes B -> socket:bob
	END
}

atf_test_case wrong_socket
wrong_socket_head()
{
	atf_set descr "What is for the other socket is an error, and no more"
}
wrong_socket_body()
{
	says <<-END
	mk A alice -> 1
	mk B bob -> 2
	connect A . bob: ab ba -> ok
	datac A ab hello -> EINVAL
	msgd A . -> EHOSTUNREACH
	msgd A bob: -> EHOSTUNREACH
	datac A none hello -> EINVAL
	nodes A -> socket:alice socket:bob
	send A ab hello -> ok
	recv B -> ba hello
	END
}

atf_test_case unread
unread_head()
{
	atf_set descr "Unread messages are no word of a broker that has ended"
}
unread_body()
{
	open_probe 8
	ask 8 "mk A alice" 1
	ask 8 "mk B bob" 2
	ask 8 "connect A . bob: ab ba" ok
	ask 8 "bad B alice: 4711 7" ok
	ask 8 "bad B alice: 4711 8" ok
	ask 8 "long B alice: 100000" ok
	ask 8 "send B ba to-alice" ok
	kill -9 "$(broker_pid)"
	ask 8 "send A ab x" ECONNRESET
	ask 8 "name A . x" ECONNRESET
	ask 8 "nodes A" ECONNRESET
	ask 8 "nodes B" ECONNRESET
	# and they can be read
	ask 8 "rbin A" "[2]: 4711 7 0 0"
	ask 8 "rbin A" "[2]: 4711 8 0 0"
	ask 8 "rbin A" "[2]: 12345 1 0 100000"
	ask 8 "rbin A" ECONNRESET
	ask 8 "recv A" "ab to-alice"
	ask 8 "recv A" ECONNRESET
}

atf_test_case killed
killed_head()
{
	atf_set descr "The broker is killed: programs are told, the graph is there"
	vm_also "the data path of kernel 6.1"
}
killed_body()
{
	local n

	open_probe 8
	ask 8 "mk A alice" 1
	ask 8 "mkpeer A . hub one x" ok
	ask 8 "msg A one setpersistent" ok
	ask 8 "name A one thehub" ok
	ask 8 "mkpeer A . eiface e ether" ok
	for n in 1 2 3; do
		kill -9 "$(broker_pid)"
		ask 8 "send A one x" ECONNRESET
		ask 8 "nodes A" ECONNRESET
		ask 8 "recv A" ECONNRESET
		ask 8 "poll A" "poll control data"
		ask 8 "close A" ok
		says <<-END
		mk B bob -> *
		nodes B -> eiface:ngeth0 hub:thehub socket:bob
		connect B . thehub: h b -> ok
		END
		ask 8 "mk A alice" "*"
		ask 8 "connect A . thehub: one a" ok
		ask 8 "nodes A" "eiface:ngeth0 hub:thehub socket:alice"
	done
}

atf_test_case stillborn
stillborn_head()
{
	atf_set descr "A broker that dies while it starts has a successor"
}
stillborn_body()
{
	mkdir rt probe
	ln -s "$CB_BUILD"/rt/* rt
	rm rt/cellblock
	cat >rt/cellblock <<-EOF
		#!/bin/bash
		echo x >>"$PWD/starts"
		[ "\$(wc -l <"$PWD/starts")" = 3 ] || exit 1
		exec -a cellblock-netgraph "$CB_BUILD/rt/cellblock" "\$@"
	EOF
	chmod +x rt/cellblock
	# a program that is not beside the real one
	cp "$CB_TOOLS/ngprobe_static" probe
	NGPROBE=$PWD/probe/ngprobe_static
	says env CELLBLOCK_RUNTIME="$PWD/rt" <<-END
	mk A alice -> 1
	nodes A -> socket:alice
	END
	atf_check -o inline:"x\nx\nx\n" cat starts
	# but not one after the other
	must_wait 10 sh -c '! pgrep -f ^cellblock-netgraph'
	says env CELLBLOCK_RUNTIME="$PWD/rt" <<-END
	mk A alice -> EIO
	END
	atf_check -o inline:"6\n" sh -c "wc -l <starts"
}

atf_test_case starts
starts_head()
{
	atf_set descr "Twenty programs at once start one broker"
}
starts_body()
{
	local n

	box_state before
	# all stay until the pipe has no writer
	mkfifo hold
	exec 9<>hold
	for n in $(seq 20); do
		{
			printf '%s\n' "mk A a$n" "mkpeer A . hub one x" \
			    "send A one hello" "token A" "#done"
			exec cat hold
		} 9>&- | ngprobe >"out.$n" 2>&1 9>&- &
	done
	for n in $(seq 20); do
		must_wait 20 grep -q "#done" "out.$n"
		atf_check -o inline:"ok\nok\nown own\n#done\n" \
		    tail -n +2 "out.$n"
	done
	atf_check -o inline:"1\n" pgrep -c -f '^cellblock-netgraph'
	exec 9>&-
	wait
	box_same before
	# one that ends and one that begins at any moment
	for n in $(seq 30); do
		printf '%s\n' "mk A" "#done" | ngprobe >out ||
		    atf_fail "at $n"
		grep -q '^[0-9a-f]*$' out || atf_fail "$n: $(cat out)"
		[ $((n % 3)) != 0 ] || pkill -9 -f ^cellblock-netgraph
	done
}

atf_test_case process
process_head()
{
	atf_set descr "What the broker is: nobody's child, without what it got"
}
process_body()
{
	local pid

	# a pipe of whoever starts it ends with that one
	(sleep 0.1; printf '%s\n' 'mk A alice' '#done') | ngprobe | cat >out
	atf_check -o inline:"1\n#done\n" cat out
	open_probe 8 # or it may soon end
	ask 8 "mk A bob" "*"
	pid=$(broker_pid)
	[ "$(ps -o ppid= -p "$pid" | tr -d ' ')" = 1 ] ||
	    atf_fail "somebody's child"
	[ "$(ps -o sid= -p "$pid" | tr -d ' ')" = "$pid" ] ||
	    atf_fail "of another session"
	atf_check -o inline:"/\n" readlink "/proc/$pid/cwd"
	for n in 0 1 2; do
		atf_check -o inline:"/dev/null\n" readlink "/proc/$pid/fd/$n"
	done
	atf_check -s exit:1 sh -c "ls -l /proc/$pid/fd | grep pipe"
	# not CHOWN, DAC_OVERRIDE, SYS_MODULE, SYS_BOOT, MKNOD...
	grep CapBnd "/proc/$pid/status"
	[ $((0x$(sed -n 's/^CapBnd:	//p' "/proc/$pid/status") &
	    ~0xc0012a8400)) != 0 ] || atf_fail "no capabilities"
	[ $((0x$(sed -n 's/^CapEff:	//p' "/proc/$pid/status") &
	    0x0000000008410003)) = 0 ] || atf_fail "too many capabilities"
}

atf_test_case limits
limits_head()
{
	atf_set descr "The broker has not the limits of whoever starts it"
}
limits_body()
{
	local pid n

	mkfifo hold
	(
		trap '' TERM USR1
		ulimit -S -n 24
		ulimit -S -f 1
		ulimit -S -t 1000
		ulimit -S -d 500000
		exec ngprobe <hold >out
	) &
	exec 8>hold
	echo "mk A alice" >&8
	must_wait 10 grep -q . out
	atf_check -o inline:"1\n" cat out
	pid=$(broker_pid)
	# soft and hard
	atf_check -o match:"^Max file size +([^ ]+) +\1 " \
	    -o match:"^Max cpu time +([^ ]+) +\1 " \
	    -o match:"^Max data size +([^ ]+) +\1 " \
	    -o not-match:"^Max open files +24 " cat "/proc/$pid/limits"
	# SIGPIPE alone; the C library has 32 and 33 to itself
	n=$(sed -n 's/^SigIgn:	//p' "/proc/$pid/status")
	atf_check_equal $((0x$n & 0x7fffffff)) $((0x1000))
	# which shows
	for n in $(seq 40); do
		echo "mk B n$n"
	done >calls
	ngprobe <calls >got
	atf_check -o inline:"40\n" grep -c '^[0-9a-f]*$' got
}

atf_test_case root_only
root_only_head()
{
	atf_set descr "Others than root are refused, and start nothing"
}
root_only_body()
{
	chmod 755 .
	printf 'mk A alice\n' >calls
	atf_check -o inline:"EPERM\n" \
	    setpriv --reuid 65534 --regid 65534 --clear-groups \
	    sh -c 'ngprobe <calls'
	atf_check -s exit:1 -o empty pgrep -f ^cellblock-netgraph
	open_probe 8
	ask 8 "mk A alice" 1
	atf_check -o inline:"EPERM\n" \
	    setpriv --reuid 65534 --regid 65534 --clear-groups \
	    sh -c 'ngprobe <calls'
	# whoever finds the socket cannot open it
	atf_check -s exit:2 -o empty -e match:"ermission denied" \
	    setpriv --reuid 65534 --regid 65534 --clear-groups \
	    ls /run/cellblock/ng
}

atf_test_case jail
jail_head()
{
	atf_set descr "A jail's root has the netgraph of its own vnet, alone"
	vm_also "kernel 6.1: BPF in another user's network namespace"
}
jail_body()
{
	local pid

	atf_check jail -c name=a persist vnet path=/
	atf_check jail -c name=z persist vnet path=/
	atf_check jail -c name=plain persist path=/
	ifconfig -l >/dev/null # which makes a directory
	box_state before
	open_probe 8 jexec a
	ask 8 "mk A alice" 1
	ask 8 "mkpeer A . hub one x" ok
	ask 8 "name A one shared" ok
	# its broker is outside, in its cgroup, and it sees none of it
	grep -q "/1/init$" "/proc/$(broker_pid)/cgroup" ||
	    atf_fail "$(cat "/proc/$(broker_pid)/cgroup")"
	atf_check -s exit:1 -o empty jexec a pgrep -f ^cellblock-netgraph
	atf_check -s exit:1 jexec a test -e /run/cellblock/ng
	# others have others' names and numbers
	says <<-END
	mk A alice -> 1
	nodes A -> socket:alice
	shutdown A shared: -> ENOENT
	END
	says jexec z <<-END
	mk A alice -> 1
	nodes A -> socket:alice
	shutdown A shared: -> ENOENT
	shutdown A [2]: -> ENOENT
	END
	says jexec plain <<-END
	mk A alice -> EPERM
	END
	says jexec -U nobody a <<-END
	mk A alice -> EPERM
	END
	# the same graph for a second program in it
	says jexec a <<-END
	mk B bob -> *
	nodes B -> hub:shared socket:alice socket:bob
	connect B . shared: h y -> ok
	send B h hello -> ok
	END
	ask 8 "recv A" "one hello"
	exec 8>&-
	wait
	# killed outside, served again
	open_probe 9 jexec a
	ask 9 "mk A alice" "*"
	pkill -9 -f '^cellblock-netgraph 1$'
	ask 9 "nodes A" ECONNRESET
	ask 9 "mk A alice" "*"
	exec 9>&-
	wait
	must_wait 10 sh -c '! pgrep -f ^cellblock-netgraph'
	box_same before
}

atf_test_case jail_ends
jail_ends_head()
{
	atf_set descr "A jail takes its netgraph along, whoever ends it"
}
jail_ends_body()
{
	local how

	box_state before
	for how in remove killed last; do
		atf_check jail -c name=a persist vnet path=/
		[ "$how" != last ] || {
			jexec a sleep 1000 &
			must_wait 10 jexec a pgrep sleep
			atf_check jail -m name=a nopersist
		}
		open_probe 8 jexec a
		ask 8 "mk A alice" 1
		ask 8 "mkpeer A . eiface e ether" ok
		atf_check -o match:"ngeth0" jexec a ip link
		case $how in
		remove)
			atf_check jail -r a
			;;
		killed)
			kill -9 "$(sed -n 's/^init = "\([0-9]*\)".*/\1/p' \
			    /run/cellblock/jails/*/life)"
			;;
		last)
			jexec a pkill sleep
			jexec a pkill ngprobe
			;;
		esac
		exec 8>&-
		wait
		box_same before
	done
}

atf_test_case nested
nested_head()
{
	atf_set descr "Jails in jails, two levels deep"
}
nested_body()
{
	local pid

	box_state before
	atf_check jail -c name=a persist vnet path=/ children.max=8
	atf_check jexec a jail -c name=b persist vnet path=/ children.max=4
	atf_check jexec a jail -c name=plain persist path=/
	atf_check jexec a.b jail -c name=c persist vnet path=/
	open_probe 8 jexec a.b.c
	ask 8 "mk A deep" 1
	ask 8 "mkpeer A . hub one x" ok
	open_probe 9 jexec a.b
	ask 9 "mk A middle" 1
	ask 9 "nodes A" "socket:middle"
	says jexec a <<-END
	mk A top -> 1
	nodes A -> socket:top
	END
	says jexec a.plain <<-END
	mk A top -> EPERM
	END
	ask 8 "send A one x" ok
	ask 8 "nodes A" "hub: socket:deep"
	# all of it is what the jail of the first level costs
	for pid in $(pgrep -f ^cellblock-netgraph); do
		grep -q "/1/init$" "/proc/$pid/cgroup" ||
		    [ ! -e "/proc/$pid/cgroup" ] || # had nothing to do
		    atf_fail "$pid: $(cat "/proc/$pid/cgroup")"
	done
	# the host's root sees the same, before or after
	atf_check -o match:"Name: deep" ngctl -j a.b.c list
	atf_check jexec a jail -c name=seen persist vnet path=/
	atf_check -o match:"total nodes" ngctl -j a.seen list
	says jexec a.seen <<-END
	mk A seen -> *
	nodes A -> socket:seen
	END
	atf_check jexec a jail -r seen
	# the end of one in the middle is told outside
	atf_check jexec a jail -r b
	exec 8>&- 9>&-
	must_wait 10 sh -c '[ $(pgrep -c -f ^cellblock-netgraph) -le 1 ]'
	atf_check jexec a jail -c name=b persist vnet path=/
	says jexec a.b <<-END
	mk A middle -> *
	END
	# what was killed so that nobody could tell goes with the outer one
	open_probe 8 jexec a.b
	ask 8 "mk A deep" "*"
	atf_check jail -r a
	exec 8>&-
	wait
	box_same before
}

atf_test_case many_vnets
many_vnets_head()
{
	atf_set descr "Vnets of a jail's jails that come and go leave nothing"
}
many_vnets_body()
{
	local n pid

	atf_check jail -c name=a persist vnet path=/ children.max=2
	for n in 1 2 3 4 5; do
		atf_check jexec a jail -c name=b persist vnet path=/
		says jexec a.b <<-END
		mk A middle -> *
		mkpeer A . eiface e ether -> ok
		END
		# its first process ends: nobody in there can say so
		pid=$(sed -n 's/^init = "\([0-9]*\)".*/\1/p' \
		    "/run/cellblock/jails/$(jls -j a jid)/life")
		[ -n "$pid" ]
		jexec a sh -c 'kill -9 $(sed -n \
		    "s/^init = \"\([0-9]*\)\".*/\1/p" \
		    /run/cellblock/jails/*/life)'
		must_wait 10 sh -c '! jexec a jls -j b'
	done
	n=$(find /run/cellblock/ng -name lock | wc -l)
	[ "$n" -le 3 ] || atf_fail "$n directories"
	atf_check jail -r a
	atf_check -s exit:1 test -e /run/cellblock/ng
}

atf_test_case strays
strays_head()
{
	atf_set descr "A vnet that is no jail's, and its end"
}
strays_body()
{
	netns_new y # ip-netns(8) has directories, too
	box_state before
	netns_new x
	# among mounts of ip-netns(8), which end before the broker
	says ip netns exec x <<-END
	mk A alice -> 1
	mkpeer A . eiface e ether -> ok
	END
	atf_check -o match:ngeth0 ip -n x link
	# a killed one's successor finds the same graph
	pkill -9 -f '^cellblock-netgraph'
	says ip netns exec x <<-END
	mk A alice -> *
	nodes A -> eiface:ngeth0 socket:alice
	END
	must_wait 10 sh -c '! pgrep -f ^cellblock-netgraph'
	atf_check -o inline:"1\n" sh -c 'ls -d /run/cellblock/ng/[0-9]* | wc -l'
	ip netns del x
	# whoever starts the next one sweeps, when the kernel has let go of x;
	# one that was started before that ends first, two seconds later
	must_wait 1 sh -c 'echo "mk A" | ngprobe
	    while pgrep -f ^cellblock-netgraph; do sleep 0.1; done
	    ! ls -d /run/cellblock/ng/[0-9]*'
	box_same before
}

atf_test_case garbage
garbage_head()
{
	atf_set descr "What is no request ends the connection, and no other"
}
garbage_body()
{
	local n

	open_probe 8
	ask 8 "mk A alice" 1
	ask 8 "mk B bob" 2
	ask 8 "connect A . bob: ab ba" ok
	n=$(echo /run/cellblock/ng/*/socket)
	atf_check -o ignore ngtalk "$n" 3000
	ask 8 "send A ab hello" ok
	ask 8 "recv B" "ba hello"
	ask 8 "nodes A" "socket:alice socket:bob"
	atf_check -o inline:"nothing\n" ngtalk "$n" deputy "$PWD/at"
	atf_check -o inline:"1\n" pgrep -c -f '^cellblock-netgraph'
}

atf_test_case crowd
crowd_head()
{
	atf_set descr "More programs than there is room for: ENOBUFS, no others"
}
crowd_body()
{
	open_probe 8
	ask 8 "mk A alice" 1
	started crowd.out ngtalk "$(echo /run/cellblock/ng/*/socket)" \
	    crowd 600
	atf_check -o inline:"511 connections\n" cat crowd.out
	says <<-END
	mk A bob -> ENOBUFS
	END
	ask 8 "token A" "own own"
	kill $!
	must_wait 10 sh -c 'echo "mk A bob" | ngprobe | grep "^[0-9a-f]*$"'
}

atf_init_test_cases()
{
	atf_add_test_case nodes
	atf_add_test_case messages
	atf_add_test_case data
	atf_add_test_case refused
	atf_add_test_case queue
	atf_add_test_case life
	atf_add_test_case wrong_socket
	atf_add_test_case unread
	atf_add_test_case killed
	atf_add_test_case stillborn
	atf_add_test_case starts
	atf_add_test_case process
	atf_add_test_case limits
	atf_add_test_case root_only
	atf_add_test_case jail
	atf_add_test_case jail_ends
	atf_add_test_case nested
	atf_add_test_case many_vnets
	atf_add_test_case strays
	atf_add_test_case garbage
	atf_add_test_case crowd
}
