#! /usr/bin/env atf-sh
# What a jail's root could want of the broker of who made the jail: addresses
# that are not the jail's, other jails, and other jails' masters.
. "$(atf_get_srcdir)/common.sh" || exit

# A directory that jails' roots can use.
[ -z "$CELLBLOCK_BOX" ] || [ -d /tmp/t ] || mkdir -m 1777 /tmp/t

# parent NAME PARAM...: a jail with a jail b in it; b's jid in JID.
parent()
{
	plain_jail "$@" path=/ children.max=4
	jexec "$1" ip link set lo up 2>/dev/null
	jexec "$1" jail -q -c name=b persist path=/ || atf_fail "$1.b"
	JID=$(jls -j "$1.b" jid)
}

need_share()
{
	parent try vnet
	jexec try "$ESC/broker" set "$JID" 1 0 127.0.0.1 >try.out
	grep -q ^escaped try.out || atf_skip "$(cat try.out)"
	jail -r try
}

addresses()
{
	ip addr add 127.0.0.5/8 dev lo
	ip addr add 127.0.0.6/8 dev lo
	ip addr add ::5/128 dev lo nodad
}

atf_test_case foreign
foreign_head()
{
	atf_set descr "Addresses of the host for a jail of a jail without them"
}
foreign_body()
{
	need_share
	addresses
	parent w ip4.addr=127.0.0.5,127.0.0.6
	must_escape jexec w "$ESC/broker" set "$JID" 1 0 127.0.0.6
	jail -r w
	KIND="one address"
	parent d ip4.addr=127.0.0.5
	must_hold jexec d "$ESC/broker" set "$JID" 1 0 127.0.0.6
	must_hold jexec d "$ESC/broker" set "$JID" 1 0 127.0.0.5 127.0.0.6
	must_hold jexec d "$ESC/broker" set "$JID" 1 0 127.0.0.1
	must_hold jexec d "$ESC/broker" set "$JID" 0 1 ::5
	must_hold jexec d "$ESC/broker" set "$JID" 1 1 127.0.0.5 ::5
	jail -r d
	KIND="ip4=disable"
	parent d ip4=disable ip6.addr=::5
	must_hold jexec d "$ESC/broker" set "$JID" 1 0 127.0.0.5
}

# heard_by FILE: who hears what is said to 127.0.0.5:2222, where the host
# listens on the wildcard and the jail of d at that address.
heard_by()
{
	rm -f host.out jail.out
	nc -l 2222 >host.out &
	must_wait 5 sh -c 'ss -Hlnt sport = :2222 | grep -q .'
	jexec d.b nc -l 127.0.0.5 2222 >jail.out 2>/dev/null &
	sleep 0.3
	echo password | nc -N -w 2 127.0.0.5 2222
	wait_for 5 grep -q password host.out jail.out
	atf_check -o inline:"$1\n" grep -l password host.out jail.out
	kill %1 %2 2>/dev/null
	wait
}

atf_test_case takeover
takeover_head()
{
	atf_set descr "What the host hears, by a jail of a jail that shares all"
}
takeover_body()
{
	need nc ss
	need_share
	addresses
	# given to the jail it is the jail's to hear
	parent d ip4.addr=127.0.0.5
	must_escape jexec d "$ESC/broker" set "$JID" 1 0 127.0.0.5
	heard_by jail.out
	jail -r d
	KIND="inherit"
	parent d
	must_hold jexec d "$ESC/broker" set "$JID" 1 0 127.0.0.5
	heard_by host.out
}

atf_test_case others
others_head()
{
	atf_set descr "Jails of others: let go of, or held to nothing"
}
others_body()
{
	local mine

	need_share
	parent d vnet
	mine=$JID
	must_escape jexec d "$ESC/broker" set "$mine" 1 0 127.0.0.1
	plain_jail s ip4.addr=127.0.0.1
	parent e vnet
	KIND="vnet"
	for j in 1 2 3 "$JID" "$mine/1" "1/$mine" "$mine/$JID" "$JID/$mine" \
	    0 4294967295 2147483648; do
		must_hold jexec d "$ESC/broker" clear "$j"
		must_hold jexec d "$ESC/broker" set "$j" 2 2
		must_hold jexec d "$ESC/broker" set "$j" 1 0 127.0.0.1
	done
	# a directory of another's in the place of its own
	must_hold jexec d "$ESC/broker" set $((mine + 1)) 1 0 127.0.0.1
	jexec d mkdir "/sys/fs/cgroup/cellblock/$((mine + 1))"
	atf_check -s not-exit:0 -e ignore jexec d mv /sys/fs/cgroup/cellblock \
	    /sys/fs/cgroup/other
	atf_check -s not-exit:0 -e ignore jexec d ln -s .. \
	    "/sys/fs/cgroup/cellblock/$((mine + 2))"
	must_hold jexec d "$ESC/broker" set $((mine + 2)) 1 0 127.0.0.1
}

atf_test_case nested
nested_head()
{
	atf_set descr "A jail's jail as the jail, with the jail's own socket"
}
nested_body()
{
	need_share
	parent d vnet
	must_escape jexec d "$ESC/broker" set "$JID" 1 0 127.0.0.1
	jail -r d.b
	# d gives the socket away, to one with the same users
	touch /tmp/t/door
	jexec d mount --bind /run/cellblock/broker /tmp/t/door
	jexec d jail -q -c name=b persist path=/ ip4.addr=127.0.0.1
	JID=$(jls -j d.b jid)
	KIND="vnet"
	must_hold jexec d.b "$ESC/broker" -p /tmp/t/door set "$JID" 2 2
	must_hold jexec d.b "$ESC/broker" -p /tmp/t/door clear "$JID"
	must_hold jexec d.b "$ESC/broker" proxy /tmp/t/door "$JID"
	# by somebody of d's who is not its root
	jexec d chmod 666 /run/cellblock/broker
	must_hold jexec -U nobody d "$ESC/broker" clear "$JID"
	# and d's own connection in other hands
	must_hold jexec d "$ESC/broker" proxy /run/cellblock/broker "$JID"
}

atf_test_case stack
stack_head()
{
	atf_set descr "The host's network stack, by a descriptor"
}
stack_body()
{
	need_share
	addresses
	touch /tmp/t/net
	mount --bind /proc/self/ns/net /tmp/t/net
	parent w ip4.addr=127.0.0.5
	must_escape jexec w "$ESC/broker" -n /tmp/t/net \
	    set "$JID" 1 0 127.0.0.5
	jail -r w
	KIND="vnet"
	parent d vnet
	must_hold jexec d "$ESC/broker" -n /tmp/t/net \
	    set "$JID" 1 0 127.0.0.5
	must_hold jexec d "$ESC/broker" -n /tmp/t/net clear "$JID"
	must_hold jexec d "$ESC/broker" -n /proc/self/ns/mnt \
	    set "$JID" 1 0 127.0.0.5
	must_hold jexec d "$ESC/broker" -n /dev/null set "$JID" 1 0 127.0.0.5
}

# A network stack's file by that name, with somebody's netgraph in it.
net_file()
{
	touch "$1"
	mount --bind "$2" "$1"
}

atf_test_case netgraph
netgraph_head()
{
	atf_set descr "The netgraph of the host, of another jail, of the parent"
}
netgraph_body()
{
	net_file /tmp/t/host /proc/self/ns/net
	plain_jail z vnet path=/
	net_file /tmp/t/z "/proc/$(init_pid z)/ns/net"
	# its own it has, and the host's with the host's stack given away
	plain_jail d vnet path=/ children.max=4
	must_escape jexec d "$ESC/broker" open
	KIND="vnet"
	must_hold jexec d "$ESC/broker" -n /tmp/t/host open
	must_hold jexec d "$ESC/broker" -n /tmp/t/z open
	must_hold jexec d "$ESC/broker" -n /tmp/t/host end
	must_hold jexec d "$ESC/broker" -n /tmp/t/z end
	must_hold jexec d "$ESC/broker" -n /proc/self/ns/mnt open
	must_hold jexec d "$ESC/broker" -n /dev/null open
	# its own ends with it
	must_hold jexec d "$ESC/broker" end
	# its nodes have the broker's rights: no socket in the host's files
	atf_check -o ignore ngctl mkpeer . ksocket x local/stream/0
	atf_check -s exit:71 -e match:"Address family not supported" \
	    jexec d ngctl mkpeer . ksocket x local/stream/0
	# a user of it, a jail in it, with the door open
	jexec d chmod 666 /run/cellblock/broker
	must_hold jexec -U nobody d "$ESC/broker" open
	touch /tmp/t/door
	jexec d mount --bind /run/cellblock/broker /tmp/t/door
	jexec d jail -q -c name=b persist path=/
	must_hold jexec d.b "$ESC/broker" -p /tmp/t/door open
	must_hold jexec d.b "$ESC/broker" open
	# the host's stack without a vnet of its own
	KIND="no vnet"
	plain_jail e path=/ children.max=4
	must_hold jexec e "$ESC/broker" open
	must_hold jexec e "$ESC/broker" -n /tmp/t/z open
	# the file system tells nothing
	atf_check -s exit:1 jexec d test -e /run/cellblock/ng
}

atf_init_test_cases()
{
	atf_add_test_case foreign
	atf_add_test_case takeover
	atf_add_test_case others
	atf_add_test_case nested
	atf_add_test_case stack
	atf_add_test_case netgraph
}
