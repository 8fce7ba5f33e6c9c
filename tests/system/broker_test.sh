#! /usr/bin/env atf-sh
# The broker: jails in jails are held to addresses by whoever made the outer
# one, asked through /run/cellblock/broker.
. "$(atf_get_srcdir)/common.sh" || exit

# A directory that jails' roots can use.
[ -z "$CELLBLOCK_BOX" ] || [ -d /tmp/t ] || mkdir -m 1777 /tmp/t

# answers JAIL ANSWERS CALL...: sockprobe's, to these calls, in one line.
answers()
{
	local jail want

	jail=$1
	want=$2
	shift 2
	printf '%s\n' "$@" >/tmp/t/calls
	atf_check -o inline:"$want " \
	    sh -c "jexec $jail ${PROBE:-sockprobe} </tmp/t/calls | tr '\\n' ' '"
}

# can_have JAIL FAMILY ADDR and cannot_have: as a local address.
can_have()
{
	answers "$1" "ok ok" "socket 0 tcp $2" "bind 0 $3 0"
}
cannot_have()
{
	answers "$1" "ok EADDRNOTAVAIL" "socket 0 tcp $2" "bind 0 $3 0"
}

# vnet_jail NAME: with a stack of its own, that has 127.0.0.5, .6 and ::5.
vnet_jail()
{
	atf_check jail -c name="$1" persist vnet path=/ children.max=8
	jexec "$1" ip link set lo up
	jexec "$1" ip addr add 127.0.0.5/8 dev lo
	jexec "$1" ip addr add ::5/128 dev lo nodad
}

# nested OUTER NAME [PARAM...]: a jail there that asks for nothing by itself;
# its jid in JID.
nested()
{
	local outer name

	outer=$1
	name=$2
	shift 2
	atf_check jexec "$outer" jail -c name="$name" persist path=/ "$@"
	JID=$(jls -j "$outer.$name" jid)
}

# keeper_of NAME: its pid.
keeper_of()
{
	sed -n 's/^keeper = "\([0-9]*\)".*/\1/p' \
	    "/run/cellblock/jails/$(jls -j "$1" jid)/life"
}

# brokers NAME: pids of those that work for the jail.
brokers()
{
	pgrep -P "$(keeper_of "$1")"
}

# refused TEXT COMMAND...: the broker says no, in these words.
refused()
{
	local text

	text=$1
	shift
	atf_check -s exit:1 -o inline:"$text\n" "$@"
}

need_share()
{
	need nc
	vnet_jail try
	nested try b
	jexec try brokerask set "$JID" 1 0 127.0.0.5 >try.out ||
	    atf_skip "$(cat try.out)"
	atf_check jail -r try
}

atf_test_case one
one_head()
{
	atf_set descr "A jail in a vnet jail has the addresses that it was given"
	vm_also "kernel 6.1 has other hooks for BPF"
}
one_body()
{
	box_state before
	need_share
	vnet_jail a
	nested a b
	can_have a.b 4 127.0.0.6
	atf_check -o inline:"ok\n" \
	    jexec a brokerask set "$JID" 1 1 127.0.0.5 ::5
	can_have a.b 4 127.0.0.5
	can_have a.b 6 ::5
	cannot_have a.b 4 127.0.0.6
	cannot_have a.b 6 ::6
	# loopback and the wildcard are the first one
	answers a.b "ok ok ok 127.0.0.5 80" \
	    "socket 0 tcp 4" "bind 0 127.0.0.1 80" "name 0"
	answers a.b "ok ok ok ::5 80" \
	    "socket 0 udp 6" "bind 0 :: 80" "name 0"
	# others, at the same time
	jexec a.b nc -l 127.0.0.1 8080 >heard &
	must_wait 5 jexec a sh -c 'echo hello | nc -N 127.0.0.5 8080'
	wait
	atf_check -o inline:"hello\n" cat heard
	# the jail itself and its other jails are held to nothing
	can_have a 4 127.0.0.6
	nested a c
	can_have a.c 4 127.0.0.6
	# other addresses, and none of a family any more
	JID=$(jls -j a.b jid)
	atf_check -o inline:"ok\n" jexec a brokerask set "$JID" 1 0 127.0.0.6
	can_have a.b 4 127.0.0.6
	cannot_have a.b 4 127.0.0.5
	answers a.b EPROTONOSUPPORT "socket 0 tcp 6"
	atf_check -o inline:"ok\n" jexec a brokerask clear "$JID"
	atf_check jail -r a
	box_same before
}

atf_test_case deep
deep_head()
{
	atf_set descr "Two and three levels down each broker asks the next"
}
deep_body()
{
	local b c

	need_share
	vnet_jail a
	nested a b children.max=4
	b=$JID
	nested a.b c children.max=2
	c=$JID
	# b shares a's stack: without addresses it has none to give
	refused "1 ip4.addr: jail $b has neither addresses nor a network \
stack (vnet) of its own to give from" \
	    jexec a.b brokerask set "$c" 1 0 127.0.0.5
	atf_check jail -r a.b
	nested a b children.max=4 vnet
	b=$JID
	jexec a.b ip link set lo up
	nested a.b c children.max=2
	c=$JID
	atf_check -o inline:"ok\n" \
	    jexec a.b brokerask set "$c" 1 0 127.0.0.5
	can_have a.b.c 4 127.0.0.5
	cannot_have a.b.c 4 127.0.0.6
	can_have a.b 4 127.0.0.6
	can_have a 4 127.0.0.6
	atf_check -o match:"^[0-9]+ 1 $b/$c\$" \
	    cat "/run/cellblock/jails/$(jls -j a jid)/share/$c"
	nested a.b.c d
	refused "1 ip4.addr: jail $c has neither addresses nor a network \
stack (vnet) of its own to give from" \
	    jexec a.b.c brokerask set "$JID" 1 0 127.0.0.5
	atf_check jail -r a.b.c
	nested a.b c children.max=2 vnet
	c=$JID
	nested a.b.c d
	atf_check -o inline:"ok\n" \
	    jexec a.b.c brokerask set "$JID" 1 0 127.0.0.9
	can_have a.b.c.d 4 127.0.0.9
	cannot_have a.b.c.d 4 127.0.0.6
	# the end of a level is the end of what it asked for
	atf_check jail -r a.b
	atf_check -o empty ls "/run/cellblock/jails/$(jls -j a jid)/share"
}

atf_test_case keeper
keeper_head()
{
	atf_set descr "A killed keeper's socket comes back with the next command"
}
keeper_body()
{
	local first

	need_share
	vnet_jail a
	nested a b
	first=$(keeper_of a)
	# from within: jexec would have brought it back already
	mkfifo -m 666 /tmp/t/go
	jexec a sh -c "echo ready; read go </tmp/t/go; brokerask clear $JID" \
	    >within &
	must_wait 5 grep ready within
	kill -9 "$first"
	must_wait 5 sh -c "! kill -0 $first"
	echo go >/tmp/t/go
	wait
	atf_check -o inline:"ready\nconnect: Connection refused\n" \
	    cat within
	# several at once make one
	for _ in 1 2 3 4; do
		jls >/dev/null &
	done
	wait
	[ "$(keeper_of a)" != "$first" ] || atf_fail "no other keeper"
	atf_check -o inline:"1\n" pgrep -c -f "^cellblock-keeper .* 1$"
	atf_check -o inline:"ok\n" jexec a brokerask set "$JID" 1 0 127.0.0.5
	cannot_have a.b 4 127.0.0.6
	atf_check -o inline:"srw-------root\n" \
	    jexec a stat -c %A%U /run/cellblock/broker
	# it waits for the jail's end like the one before
	jexec a sh -c 'read go </tmp/t/go' &
	atf_check jexec a jail -r b
	atf_check jail -m name=a nopersist
	echo go >/tmp/t/go
	must_wait 5 sh -c '! jls -j a'
	must_wait 5 sh -c "! pgrep -f ^cellblock-[k]eeper"
}

atf_test_case creating
creating_head()
{
	atf_set descr "exec.start has a broker, and the same socket after it"
}
creating_body()
{
	need_share
	cat >/tmp/t/start <<-END
	exec >/tmp/t/out 2>&1
	stat -c %i /run/cellblock/broker
	ip link set lo up
	jail -c name=b persist path=/
	brokerask set \$(jls -j b jid) 1 0 127.0.0.5
	END
	touch /tmp/t/out
	chmod 666 /tmp/t/out
	atf_check -o ignore jail -c name=a persist vnet path=/ \
	    children.max=8 exec.start="sh /tmp/t/start"
	atf_check -o inline:"$(jexec a stat -c %i /run/cellblock/broker)\nok\n" \
	    cat /tmp/t/out
	cannot_have a.b 4 127.0.0.6
	# one that changes sides takes the socket along, too
	atf_check -e ignore jail -m name=a nopersist
	atf_check -o inline:"$(head -1 /tmp/t/out)\n" \
	    jexec a stat -c %i /run/cellblock/broker
	atf_check -o inline:"ok\n" \
	    jexec a brokerask set "$(jls -j a.b jid)" 1 0 127.0.0.6
}

atf_test_case killed
killed_head()
{
	atf_set descr "Killed brokers: no zombies, the next one serves"
}
killed_body()
{
	need_share
	vnet_jail a
	nested a b
	jexec a brokerask hold 3 >out &
	must_wait 5 grep held out
	must_wait 5 sh -c "[ \$(pgrep -c -P $(keeper_of a)) = 3 ]"
	brokers a | xargs kill -9
	must_wait 5 sh -c "! pgrep -P $(keeper_of a)"
	atf_check -o inline:"ok\n" jexec a brokerask set "$JID" 1 0 127.0.0.5
	must_wait 5 sh -c "! pgrep -P $(keeper_of a)"
	# a jail that ends takes those that work for it along
	jexec a brokerask hold 2 >out &
	must_wait 5 sh -c "pgrep -P $(keeper_of a)"
	atf_check jail -r a
	wait
	must_wait 5 sh -c '! pgrep -f [c]ellblock-broker'
}

atf_test_case ends
ends_head()
{
	atf_set descr "A jail that ends by itself with brokers at work"
}
ends_body()
{
	box_state before
	atf_check jail -c name=a persist vnet path=/ children.max=8
	jexec a brokerask hold 2 >out &
	must_wait 5 grep held out
	must_wait 5 sh -c "pgrep -P $(keeper_of a)"
	kill -9 "$(sed -n 's/^init = "\([0-9]*\)".*/\1/p' \
	    /run/cellblock/jails/1/life)"
	wait
	box_same before
}

atf_test_case flood
flood_head()
{
	atf_set descr "Who connects without end keeps nobody else from the machine"
}
flood_body()
{
	local n

	need_share
	vnet_jail a
	nested a b
	# four are served, eight wait, and nobody who asks later is forgotten
	jexec a brokerask hold 12 >out &
	must_wait 5 grep held out
	must_wait 5 sh -c "[ \$(pgrep -c -P $(keeper_of a)) = 4 ]"
	atf_check -o inline:"ok\n" jexec a brokerask set "$JID" 1 0 127.0.0.5
	for n in 1 2 3 4 5 6; do
		jexec a brokerask flood 100 >"flood.$n" &
	done
	n=$(pgrep -c -P "$(keeper_of a)")
	[ "$n" -le 4 ] || atf_fail "$n brokers at once"
	atf_check -o inline:"ok\n" jexec a brokerask set "$JID" 1 0 127.0.0.6
	kill %1
	wait
	must_wait 60 sh -c "! pgrep -P $(keeper_of a)"
	cannot_have a.b 4 127.0.0.5
	# other jails' keepers are others
	vnet_jail z
	nested z b
	atf_check -o inline:"ok\n" jexec z brokerask set "$JID" 1 0 127.0.0.5
}

atf_test_case lasts
lasts_head()
{
	atf_set descr "Whether it goes with its last process a jail's root learns of that jail alone, and who asks without end keeps nobody from the jails"
}
lasts_body()
{
	local n

	vnet_jail a
	atf_check -o inline:"ok\n" jexec a brokerask lasts
	atf_check jail -c name=b path=/ vnet children.max=2 \
	    exec.start="sleep 1000 >/dev/null 2>&1 &"
	refused "10 jail $(jls -j b jid) goes with its last process" \
	    jexec b brokerask lasts
	atf_check jail -m name=b persist
	atf_check -o inline:"ok\n" jexec b brokerask lasts
	atf_check -s exit:2 -o inline:"connect: Permission denied\n" \
	    jexec -U nobody b brokerask lasts
	# of the jails of that one, too, nothing
	nested a c vnet
	refused "1 jail 1 is none of jail $(jls -j a jid)'s" \
	    jexec a brokerask lasts 1
	refused "22 lasts: of who asks alone" jexec a brokerask lasts "$JID"
	n=$(jexec a pgrep -f -o "^jail: c")
	refused "22 lasts: of who asks alone" \
	    jexec a brokerask -n "/proc/$n/ns/net" lasts
	for n in 1 2 3 4 5 6; do
		jexec a brokerask lasting >/dev/null &
	done
	sleep 1
	for n in 1 2 3; do
		atf_check timeout 20 jail -c name="x$n" persist path=/
		atf_check timeout 20 jail -r "x$n"
	done
}

atf_test_case garbage
garbage_head()
{
	atf_set descr "What is no request gets an answer that says so"
}
garbage_body()
{
	local n

	vnet_jail a
	nested a b
	for n in 1 27 28 100 5000 8192; do
		refused "74 broker: no such message" jexec a brokerask garbage $n
	done
	for n in 8193 16000; do
		refused "90 broker: no such message" jexec a brokerask garbage $n
	done
	refused "71 broker: message of version 2, not 1" \
	    jexec a brokerask version 2
	refused "1 broker: for who has opened the connection" \
	    jexec a brokerask nonce
	refused "22 broker: no network namespace" \
	    jexec a brokerask fds 0 "$JID"
	refused "22 broker: no network namespace" \
	    jexec a brokerask notnet 1 "$JID"
	refused "90 broker: no such message" jexec a brokerask fds 8 "$JID"
	# depth 3 and one jid
	refused "74 broker: no such message" \
	    jexec a brokerask raw 0300000001000000
	# the wildcard, a group, and none
	refused "22 ip4.addr: no address for a jail" \
	    jexec a brokerask set "$JID" 1 0 0.0.0.0
	refused "22 ip6.addr: no address for a jail" \
	    jexec a brokerask set "$JID" 0 1 ff02::1
	refused "74 broker: no such message" jexec a brokerask set "$JID" 1 0
	refused "74 broker: no such message" \
	    jexec a brokerask set "$JID" 0 0 127.0.0.5
	atf_check -s exit:1 -o empty pgrep -P "$(keeper_of a)"
}

atf_test_case peers
peers_head()
{
	atf_set descr "Nobody but the jail's own root is answered"
}
peers_body()
{
	local path

	vnet_jail a
	nested a b
	atf_check -s exit:2 -o inline:"connect: Permission denied\n" \
	    jexec -U nobody a brokerask clear "$JID"
	# even if the door is open
	atf_check jexec a chmod 666 /run/cellblock/broker
	refused "1 broker: for the jail's root only" \
	    jexec -U nobody a brokerask clear "$JID"
	# a child that writes in the place of the one that connected
	refused "1 broker: for who has opened the connection" \
	    jexec a brokerask other
	# the host's root
	path=/proc/$(jls -j a -n jid >/dev/null; sed -n \
	    's/^init = "\([0-9]*\)".*/\1/p' /run/cellblock/jails/1/life)/root
	refused "1 broker: for the jail's root only" \
	    brokerask -p "$path/run/cellblock/broker" clear "$JID"
	# a jail in the jail, that has the same users
	touch /tmp/t/door
	atf_check jexec a mount --bind /run/cellblock/broker /tmp/t/door
	atf_check jexec a jail -r b
	nested a b
	refused "1 broker: for jail 1 only" \
	    jexec a.b brokerask -p /tmp/t/door clear "$JID"
	refused "1 broker: for jail 1 only" \
	    jexec a.b brokerask -p /tmp/t/door set "$JID" 2 2
	# one that has no jails has no broker
	atf_check -s exit:2 -o inline:"connect: No such file or directory\n" \
	    jexec a.b brokerask clear "$JID"
	atf_check jail -c name=plain persist
	atf_check -s exit:2 -o inline:"connect: No such file or directory\n" \
	    jexec plain brokerask clear 1
}

atf_test_case targets
targets_head()
{
	atf_set descr "Only the jail's own jails, by their way down"
}
targets_body()
{
	local a

	vnet_jail a
	nested a b
	a=$JID
	vnet_jail z
	nested z y
	refused "1 jail $JID is none of jail 1's" \
	    jexec a brokerask set "$JID" 1 0 127.0.0.5
	refused "1 jail 1 is none of jail 1's" jexec a brokerask clear 1
	refused "1 jail 2 is none of jail 1's" \
	    jexec a brokerask set "$a/2" 1 0 127.0.0.5
	refused "2 jail $((a + 1)) has no cgroup" \
	    jexec a brokerask set $((a + 1)) 1 0 127.0.0.5
	refused "2 jail $((a + 1)) has no cgroup" \
	    jexec a brokerask set "$a/$((a + 1))" 1 0 127.0.0.5
	# what is no jail's directory is not taken for one
	atf_check jexec a mkdir -p /sys/fs/cgroup/cellblock
	atf_check -s exit:1 -e ignore jexec a ln -s / \
	    "/sys/fs/cgroup/cellblock/$((a + 1))"
	atf_check jexec a mkdir "/sys/fs/cgroup/cellblock/$((a + 2))"
	atf_check jexec a mount -t tmpfs tmpfs \
	    "/sys/fs/cgroup/cellblock/$((a + 2))"
	atf_check -o inline:"ok\n" \
	    jexec a brokerask set $((a + 2)) 1 0 127.0.0.5
}

atf_test_case stacks
stacks_head()
{
	atf_set descr "Only the jail's own network stack, or one below it"
}
stacks_body()
{
	need_share
	vnet_jail a
	nested a b
	# the box's own, by a name that the jail can open
	touch /tmp/t/net
	atf_check mount --bind /proc/self/ns/net /tmp/t/net
	atf_check jail -c name=c persist vnet path="/" children.max=2
	jexec c ip link set lo up
	nested c d
	refused "1 broker: a network stack of somebody else's" \
	    jexec c brokerask -n /tmp/t/net set "$JID" 1 0 127.0.0.5
	# a jail's own jail's
	atf_check jexec c jail -c name=e persist vnet path=/
	atf_check -o inline:"ok\n" jexec c brokerask \
	    -n "/proc/$(jexec c pgrep -f '^jail: e')/ns/net" \
	    set "$JID" 1 0 127.0.0.5
}

atf_test_case limit
limit_head()
{
	atf_set descr "As many as children.max; killed ones make room"
}
limit_body()
{
	need_share
	atf_check jail -c name=a persist vnet path=/ children.max=2
	jexec a ip link set lo up
	nested a b
	atf_check -o inline:"ok\n" jexec a brokerask set "$JID" 1 0 127.0.0.5
	# again is no other
	atf_check -o inline:"ok\n" jexec a brokerask set "$JID" 1 0 127.0.0.6
	# directories without a jail count as jails
	atf_check jexec a mkdir "/sys/fs/cgroup/cellblock/$((JID + 1))" \
	    "/sys/fs/cgroup/cellblock/$((JID + 2))"
	atf_check -o inline:"ok\n" \
	    jexec a brokerask set $((JID + 1)) 1 0 127.0.0.5
	refused "11 prison limit exceeded" \
	    jexec a brokerask set $((JID + 2)) 1 0 127.0.0.5
	atf_check jexec a rmdir "/sys/fs/cgroup/cellblock/$((JID + 1))"
	atf_check -o inline:"ok\n" \
	    jexec a brokerask set $((JID + 2)) 1 0 127.0.0.5
	atf_check -o inline:"$JID\n$((JID + 2))\n" \
	    ls /run/cellblock/jails/1/share
	atf_check -o inline:"ok\n" jexec a brokerask clear "$JID"
	atf_check -o inline:"$((JID + 2))\n" ls /run/cellblock/jails/1/share
}

atf_test_case many
many_head()
{
	atf_set descr "Jails of one jail do not fill what is all jails'"
}
many_body()
{
	local n v4 v6

	need_share
	v4=$(seq -f 127.1.0.%g 1 255)
	v6=$(printf '::1:%x ' $(seq 255))
	atf_check jail -c name=a persist vnet path=/ children.max=20
	nested a b
	for n in 1 2 3 4 5 6 7 8; do
		jexec a mkdir "/sys/fs/cgroup/cellblock/$((JID + n))"
		# shellcheck disable=SC2086 # words
		atf_check -o inline:"ok\n" \
		    jexec a brokerask set $((JID + n)) 1 1 $v4 $v6
	done
	# shellcheck disable=SC2086
	refused "7 too many addresses: the jails of one jail may have 4096" \
	    jexec a brokerask set "$JID" 1 1 $v4 $v6
	# shellcheck disable=SC2086
	refused "7 too many addresses: the jails of one jail may have 4096" \
	    jexec a brokerask set "$JID" 1 0 $(seq -f 127.1.0.%g 1 17)
	# again is none more; and few are no matter
	# shellcheck disable=SC2086
	atf_check -o inline:"ok\n" \
	    jexec a brokerask set $((JID + 1)) 1 1 $v4 $v6
	atf_check -o inline:"ok\n" \
	    jexec a brokerask set "$JID" 1 0 127.1.0.1
	cannot_have a.b 4 127.1.0.2
}

atf_test_case shared
shared_head()
{
	atf_set descr "A jail that shares the host's addresses shares some of its own"
	vm_also "kernel 6.1 has other hooks for BPF"
}
shared_body()
{
	need_share
	box_state before
	ip addr add 127.0.0.5/8 dev lo
	ip addr add 127.0.0.6/8 dev lo
	atf_check jail -c name=a persist path=/ children.max=5 \
	    ip4.addr=127.0.0.5,127.0.0.6
	atf_check jexec a jail -c name=b persist path=/ ip4.addr=127.0.0.6
	cannot_have a.b 4 127.0.0.5
	cannot_have a 4 127.0.0.7
	can_have a 4 127.0.0.5
	# bound, and taken for the local one of a connection
	answers a.b "ok ok ok 127.0.0.6 80 ok ok ok ok 127.0.0.6 80" \
	    "socket 0 tcp 4" "bind 0 0.0.0.0 80" "name 0" "listen 0" \
	    "socket 1 tcp 4" "connect 1 127.0.0.1 80" "peer 1"
	# heard by the host, the parent and itself
	for from in '' 'jexec a' 'jexec a.b'; do
		jexec a.b nc -l 81 >heard &
		must_wait 5 sh -c "echo hello | $from nc -N 127.0.0.6 81"
		wait
		atf_check -o inline:"hello\n" cat heard
	done
	# only what the parent has, by the one who asks and by the one asked
	atf_check -s exit:1 -e match:"127.0.0.7 is none of the parent's" \
	    jexec a jail -c name=c persist path=/ ip4.addr=127.0.0.7
	JID=$(jls -j a.b jid)
	refused "1 ip4.addr: 127.0.0.7 is not an address of jail 1" \
	    jexec a brokerask set "$JID" 1 0 127.0.0.6 127.0.0.7
	refused "1 ip6.addr: ::1 is not an address of jail 1" \
	    jexec a brokerask set "$JID" 0 1 ::1
	cannot_have a.b 4 127.0.0.5
	# made from here, where a is entered for it
	atf_check jail -c name=a.d persist path=/ ip4.addr=127.0.0.5
	can_have a.d 4 127.0.0.5
	cannot_have a.d 4 127.0.0.6
	atf_check jail -m name=a.d ip4.addr=127.0.0.6
	can_have a.d 4 127.0.0.6
	cannot_have a.d 4 127.0.0.5
	atf_check jail -r a.d
	atf_check -o inline:"$JID\n" ls /run/cellblock/jails/1/share
	atf_check jail -r a
	ip addr del 127.0.0.5/8 dev lo
	ip addr del 127.0.0.6/8 dev lo
	box_same before
}

atf_test_case deeper
deeper_head()
{
	atf_set descr "Jails within jails within jails, made from outside"
}
deeper_body()
{
	need_share
	atf_check jail -c name=a persist vnet path=/ children.max=20
	jexec a ip link set lo up
	jexec a ip addr add 192.0.2.1/32 dev lo
	jexec a ip addr add 192.0.2.2/32 dev lo
	atf_check jail -c name=a.b persist path=/ children.max=10 \
	    ip4.addr=192.0.2.1,192.0.2.2
	atf_check jail -c name=a.b.c persist path=/ children.max=4 \
	    ip4.addr=192.0.2.2
	atf_check jail -c name=a.b.c.d persist path=/ ip4.addr=192.0.2.2
	can_have a.b 4 192.0.2.1
	cannot_have a.b.c 4 192.0.2.1
	can_have a.b.c 4 192.0.2.2
	cannot_have a.b.c.d 4 192.0.2.1
	can_have a.b.c.d 4 192.0.2.2
	atf_check -s exit:1 -e match:"192.0.2.1 is none of the parent's" \
	    jail -c name=a.b.c.e persist path=/ ip4.addr=192.0.2.1
	atf_check jail -r a.b
	atf_check -o empty ls /run/cellblock/jails/1/share
}

atf_test_case users
users_head()
{
	atf_set descr "A jail with the host's users has no more right to it"
}
users_body()
{
	need_share
	atf_check jail -c name=a persist vnet path=/ children.max=4 \
	    host.users=inherit
	jexec a ip link set lo up
	# of the abstract sockets of a's stack, which a's jails share
	atf_check -e ignore jexec a jail -c name=b persist path=/ \
	    ip4.addr=127.0.0.1
	atf_check -o inline:"$(jls -j a.b jid)\n" \
	    ls /run/cellblock/jails/1/share
	can_have a.b 4 127.0.0.1
	cannot_have a.b 4 127.0.0.2
	# root there is the host's; which jail it is in tells them apart
	refused "1 broker: for jail 1 only" brokerask -p \
	    "/proc/$(pgrep -f '^jail: a$')/root/run/cellblock/broker" clear 5
	touch /tmp/t/net
	atf_check mount --bind /proc/self/ns/net /tmp/t/net
	atf_check jail -c name=c persist vnet path=/ children.max=4 \
	    host.users=inherit
	refused "1 broker: a network stack of somebody else's" \
	    jexec c brokerask -n /tmp/t/net clear \
	    "$(sed -n 's/^jids = "\([0-9]*\)".*/\1/p' \
	    "/run/cellblock/jails/$(jls -j c jid)/life")"
}

atf_test_case block
block_head()
{
	atf_set descr "cellblock up: jails with shared addresses within a block"
}
block_body()
{
	need_share
	box_state before
	mkdir lab
	echo 'jail_enable="YES"' >lab/rc.conf
	cat >lab/jail.conf <<-'END'
	path = "/";
	persist;
	web { ip4.addr = "lo0|192.168.0.5"; }
	db { ip4.addr = "lo0|192.168.0.6/32", "lo0|192.168.0.7/32"; }
	END
	atf_check -e ignore -o match:"^lab: up, [0-9]+ changes$" cellblock up lab
	# a block sees the machine's root, and not what is mounted there: the
	# tree that is tested may lie in such a place
	PROBE=/tmp/probe
	for jail in web db; do
		atf_check jexec "lab.$jail" sh -c \
		    "cat >$PROBE && chmod 755 $PROBE" <"$CB_TOOLS/sockprobe"
	done
	can_have lab.web 4 192.168.0.5
	cannot_have lab.web 4 192.168.0.6
	can_have lab.db 4 192.168.0.7
	cannot_have lab.db 4 192.168.0.5
	jexec lab.db nc -l 5432 >heard &
	must_wait 5 sh -c 'echo hello | jexec lab.web nc -N 192.168.0.7 5432'
	wait
	atf_check -o inline:"hello\n" cat heard
	atf_check -e ignore -o match:"^lab: down$" cellblock down lab
	box_same before
}

atf_init_test_cases()
{
	atf_add_test_case shared
	atf_add_test_case deeper
	atf_add_test_case users
	atf_add_test_case block
	atf_add_test_case one
	atf_add_test_case deep
	atf_add_test_case keeper
	atf_add_test_case creating
	atf_add_test_case killed
	atf_add_test_case ends
	atf_add_test_case flood
	atf_add_test_case lasts
	atf_add_test_case garbage
	atf_add_test_case peers
	atf_add_test_case targets
	atf_add_test_case stacks
	atf_add_test_case limit
	atf_add_test_case many
}
