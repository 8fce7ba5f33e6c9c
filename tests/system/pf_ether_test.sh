#! /usr/bin/env atf-sh
# Rules for Ethernet of pf.conf(5), against frames: `ether pass', `ether block'.
. "$(atf_get_srcdir)/common.sh" || exit
. "$(atf_get_srcdir)/pf_common.sh" || exit

# A machine a (10.0.0.2, 02:00:00:00:00:0a) and this one (10.0.0.1,
# 02:00:00:00:00:01) on ra; neighbours are known, so that only what a case asks
# about is on the wire.
lan()
{
	netns_new a
	ip link add ra address 02:00:00:00:00:01 type veth \
	    peer name e0 address 02:00:00:00:00:0a netns a
	ip addr add 10.0.0.1/24 dev ra
	ip addr add fd00::1/64 dev ra nodad
	ip link set ra up
	ip -n a addr add 10.0.0.2/24 dev e0
	ip -n a addr add 10.0.0.3/24 dev e0
	ip -n a addr add fd00::2/64 dev e0 nodad
	ip -n a link set e0 up
	know
	atf_check -e inline:"pf enabled\n" pfctl -e
}
know()
{
	local x

	for x in 10.0.0.1 fd00::1; do
		ip -n a neigh replace $x lladdr 02:00:00:00:00:01 dev e0
	done
	for x in 10.0.0.2 10.0.0.3 fd00::2; do
		ip neigh replace $x lladdr 02:00:00:00:00:0a dev ra
	done
}
# Nobody knows the other's address.
forget()
{
	ip neigh flush dev ra 2>/dev/null
	ip -n a neigh flush dev e0 2>/dev/null
	ip neigh del 10.0.0.2 dev ra 2>/dev/null
	ip -n a neigh del 10.0.0.1 dev e0 2>/dev/null
	return 0
}

# knock [SRCMAC]: a frame of type 0x88b5 to a, which hears it or not.
hears()
{
	started heard ip netns exec a "$CB_TOOLS/sniff" -n 1 -t 2000 \
	    -m "${2:-0x88b5}" e0
	"$CB_TOOLS/sniff" -s "${1:-02:00:00:00:00:0a}" ra knock || :
	wait $! || atf_fail "a does not hear: $(cat heard)"
}
hears_not()
{
	started heard ip netns exec a "$CB_TOOLS/sniff" -n 1 -t 400 \
	    -m 0x88b5 e0
	"$CB_TOOLS/sniff" -s "${1:-02:00:00:00:00:0a}" ra knock 2>/dev/null || :
	wait $! && atf_fail "a hears: $(cat heard)"
	return 0
}

atf_test_case decide
decide_head()
{
	atf_set descr "The last rule that matches decides, or the first quick one; in, out, types, interfaces and none"
}
decide_body()
{
	lan
	pings a 10.0.0.1
	rules <<-EOF2
		ether block all
	EOF2
	no_ping a 10.0.0.1
	hears_not
	rules <<-EOF2
		ether block all
		ether pass
	EOF2
	pings a 10.0.0.1
	hears
	rules <<-EOF2
		ether pass quick proto 0x0800
		ether block
	EOF2
	pings a 10.0.0.1
	no_ping a fd00::1
	hears_not
	# one direction
	rules <<-EOF2
		ether block in proto 0x88b5
		ether block out proto 0x86dd
	EOF2
	hears
	pings a 10.0.0.1
	no_ping a fd00::1
	rules <<-EOF2
		ether block out proto 0x88b5
	EOF2
	hears_not
	pings a fd00::1
	# ARP is one type of many
	rules <<-EOF2
		ether block in proto 0x0806
	EOF2
	pings a 10.0.0.1
	forget
	no_ping a 10.0.0.1
	know
	pings a 10.0.0.1
	# interfaces
	ip link add other type veth peer name other1
	ip link set other up
	rules <<-EOF2
		ether block on other
	EOF2
	pings a 10.0.0.1
	rules <<-EOF2
		ether block on ! other
	EOF2
	no_ping a 10.0.0.1
	rules <<-EOF2
		ether block on { ra other }
		ether pass in on other
	EOF2
	no_ping a 10.0.0.1
	# lo0 is none
	rules <<-EOF2
		ether block
	EOF2
	pings - 127.0.0.1
}

atf_test_case macs
macs_head()
{
	atf_set descr "Source and destination addresses with length, mask, lists and !"
}
macs_body()
{
	lan
	rules <<-EOF2
		ether block in from 02:00:00:00:00:0a
	EOF2
	no_ping a 10.0.0.1
	rules <<-EOF2
		ether block in from 02:00:00:00:00:0b
		ether block out from 02:00:00:00:00:0a
		ether block in to 02:00:00:00:00:0a
	EOF2
	pings a 10.0.0.1
	rules <<-EOF2
		ether block out to 02:00:00:00:00:0a
	EOF2
	no_ping a 10.0.0.1
	hears_not
	hears 02:00:00:00:00:0b
	rules <<-EOF2
		ether block out to 02:00:00:00:00:00/44
	EOF2
	hears_not
	hears 02:00:00:00:00:1b
	rules <<-EOF2
		ether block out to 00:00:00:00:00:0a&00:00:00:00:00:ff
	EOF2
	hears_not
	hears_not 02:11:22:33:44:0a
	hears 02:11:22:33:44:0b
	# to groups
	rules <<-EOF2
		ether block out to 01:00:00:00:00:00&01:00:00:00:00:00
	EOF2
	hears
	hears_not 01:00:5e:00:00:01
	hears_not ff:ff:ff:ff:ff:ff
	rules <<-EOF2
		ether block out
		ether pass out to { 02:00:00:00:00:0a, 02:00:00:00:00:0c }
	EOF2
	hears
	hears_not 02:00:00:00:00:0b
	hears 02:00:00:00:00:0c
	rules <<-EOF2
		ether block out to ! 02:00:00:00:00:0a
	EOF2
	hears
	hears_not 02:00:00:00:00:0b
}

atf_test_case l3
l3_head()
{
	atf_set descr "Addresses of IP and tables, whose contents change"
}
l3_body()
{
	lan
	rules <<-EOF2
		ether block in l3 from 10.0.0.2
	EOF2
	no_ping a 10.0.0.1
	pings a 10.0.0.1 -I 10.0.0.3
	pings a fd00::1
	rules <<-EOF2
		ether block out l3 to 10.0.0.2/31
	EOF2
	no_ping a 10.0.0.1
	no_ping a 10.0.0.1 -I 10.0.0.3
	rules <<-EOF2
		ether block in l3 from ! 10.0.0.2 to 10.0.0.1
		ether block in l3 from fd00::2
	EOF2
	pings a 10.0.0.1
	no_ping a 10.0.0.1 -I 10.0.0.3
	no_ping a fd00::1
	rules <<-EOF2
		table <bad> { 10.0.0.3 fd00::2 }
		ether block in l3 from <bad> to any
	EOF2
	pings a 10.0.0.1
	no_ping a 10.0.0.1 -I 10.0.0.3
	no_ping a fd00::1
	# only packets of IP have such addresses
	forget
	pings a 10.0.0.1
	know
	atf_check -e inline:"1/1 addresses deleted.\n" \
	    pfctl -t bad -T delete 10.0.0.3
	atf_check -e inline:"1/1 addresses added.\n" \
	    pfctl -t bad -T add 10.0.0.2
	pings a 10.0.0.1 -I 10.0.0.3
	no_ping a 10.0.0.1
	atf_check -e ignore pfctl -t bad -T flush
	pings a 10.0.0.1
	pings a fd00::1
	# a table that is only named is empty, until it is filled
	rules <<-EOF2
		ether block in l3 from <named> to any
	EOF2
	pings a 10.0.0.1
	atf_check -e ignore pfctl -t named -T add 10.0.0.2
	no_ping a 10.0.0.1
	# and an anchor's own is not the main one's
	rules -a x <<-EOF2
		table <named> { 10.0.0.3 }
		ether block in l3 from <named> to any
	EOF2
	pings a 10.0.0.1 -I 10.0.0.3
	rules <<-EOF2
		ether anchor "x"
	EOF2
	pings a 10.0.0.1
	no_ping a 10.0.0.1 -I 10.0.0.3
	atf_check -e ignore pfctl -a x -t named -T replace 10.0.0.2
	no_ping a 10.0.0.1
	pings a 10.0.0.1 -I 10.0.0.3
	rules <<-EOF2
		table <good> { 10.0.0.0/24 !10.0.0.3 }
		ether block in proto 0x0800 l3 from ! <good> to any
	EOF2
	pings a 10.0.0.1
	no_ping a 10.0.0.1 -I 10.0.0.3
	pings a fd00::1
}

atf_test_case tags
tags_head()
{
	atf_set descr "Tags reach the rules of IP on the way in, come from them on the way out, and are seen by rules behind"
}
tags_body()
{
	lan
	rules <<-EOF2
		ether pass in from 02:00:00:00:00:0a l3 from 10.0.0.3 tag guest
		block in on ra inet
		pass in on ra inet tagged guest
		pass out
	EOF2
	no_ping a 10.0.0.1
	pings a 10.0.0.1 -I 10.0.0.3
	# though another decides
	rules <<-EOF2
		ether pass in l3 from 10.0.0.3 tag guest
		ether pass
		block in on ra inet
		pass in on ra inet tagged guest
	EOF2
	no_ping a 10.0.0.1
	pings a 10.0.0.1 -I 10.0.0.3
	# out: first the rules of IP
	rules <<-EOF2
		ether block out tagged one
		pass out on ra inet from 10.0.0.1 to 10.0.0.2 tag one
		pass out on ra inet from 10.0.0.1 to 10.0.0.3 tag two
	EOF2
	no_ping - 10.0.0.2
	pings - 10.0.0.3
	rules <<-EOF2
		ether block out proto 0x0800 ! tagged one
		pass out on ra inet from 10.0.0.1 to 10.0.0.2 tag one
		pass out on ra inet from 10.0.0.1 to 10.0.0.3 tag two
	EOF2
	pings - 10.0.0.2
	no_ping - 10.0.0.3
	# all packets of a state have its tag
	atf_check -o match:" 3 received" ping -q -c 3 -i 0.05 10.0.0.2
	# among themselves, in order
	rules <<-EOF2
		ether block in tagged x
		ether pass in l3 from 10.0.0.2 tag x
	EOF2
	pings a 10.0.0.1
	rules <<-EOF2
		ether pass in l3 from 10.0.0.2 tag x
		ether block in tagged x
		ether pass in l3 from 10.0.0.3 tag y
		ether block in tagged x
	EOF2
	no_ping a 10.0.0.1
	pings a 10.0.0.1 -I 10.0.0.3
}

atf_test_case anchors
anchors_head()
{
	atf_set descr "Anchors: inline, loaded alone, with a star, absolute, quick, flushed"
}
anchors_body()
{
	lan
	rules <<-EOF2
		ether anchor on ra {
			ether block in l3 from 10.0.0.3
		}
		ether anchor in on other {
			ether block
		}
	EOF2
	pings a 10.0.0.1
	no_ping a 10.0.0.1 -I 10.0.0.3
	rules <<-EOF2
		ether anchor "x"
		ether pass in l3 from 10.0.0.3
	EOF2
	pings a 10.0.0.1
	rules -a x <<-EOF2
		ether block in proto 0x0800
	EOF2
	no_ping a 10.0.0.1
	pings a 10.0.0.1 -I 10.0.0.3
	atf_check -o inline:"ether block in proto 0x0800 l3 all\n" \
	    pfctl -a x -se
	# quick in there ends all
	rules -a x <<-EOF2
		ether block in quick proto 0x0800
	EOF2
	no_ping a 10.0.0.1 -I 10.0.0.3
	atf_check -e inline:"Ethernet rules cleared\n" pfctl -a x -F ethernet
	pings a 10.0.0.1
	# all children, by name
	rules <<-EOF2
		ether anchor "y/*"
	EOF2
	rules -a y/2 <<-EOF2
		ether pass in l3 from 10.0.0.3
	EOF2
	rules -a y/1 <<-EOF2
		ether block in proto 0x0800
	EOF2
	no_ping a 10.0.0.1
	pings a 10.0.0.1 -I 10.0.0.3
	# absolute, from within another
	rules <<-EOF2
		ether anchor "z" {
			ether anchor "/y/1"
		}
	EOF2
	no_ping a 10.0.0.1
	# what matches in a quick anchor decides; else all goes on
	rules <<-EOF2
		ether anchor quick on ra {
			ether block in l3 from 10.0.0.2
		}
		ether pass in l3 from 10.0.0.2
		ether block in l3 from 10.0.0.3
	EOF2
	no_ping a 10.0.0.1
	no_ping a 10.0.0.1 -I 10.0.0.3
}

atf_test_case counters
counters_head()
{
	atf_set descr "pfctl -vse counts evaluations, packets and bytes of frames; -z; counters outlive loads of anchors"
}
counters_body()
{
	lan
	rules <<-EOF2
		ether pass in proto 0x0800 label "all"
		ether pass in l3 from 10.0.0.3 ridentifier 7
		ether pass out on ra l3 to 10.0.0.3
		ether anchor "x"
		ether anchor {
			ether pass in l3 from 10.0.0.9
		}
	EOF2
	pings a 10.0.0.1
	pings a 10.0.0.1 -I 10.0.0.3
	pings a 10.0.0.1 -I 10.0.0.3
	# ping's 56 + 8 + 20 + 14
	cat >want <<-EOF2
		Packets: 1 Bytes: 98
		Packets: 2 Bytes: 196
		Packets: 2 Bytes: 196
		Packets: 0 Bytes: 0
		Packets: 0 Bytes: 0
		Packets: 0 Bytes: 0
	EOF2
	counts()
	{
		pfctl -vse >out 2>/dev/null || atf_fail "$(cat out)"
		sed -n 's/.*Evaluations: *[1-9][0-9]* *\(P.*\) *].*/\1/p' out |
		    sed 's/  */ /g;s/ $//' >got
		cmp -s want got || atf_fail "$(cat out)"
	}
	counts
	# what is loaded beside leaves them as they are
	rules -a x <<-EOF2
		ether pass in l3 from 10.0.0.8
	EOF2
	counts
	ifconfig ra inet 10.0.0.77/24 alias
	counts
	# nor does a change of a table or an interface; states stay whose they are
	rules <<-EOF2
		table <t> { 10.0.0.3 }
		ether pass in proto 0x0800
		ether pass in l3 from <t>
		ether pass out on ra l3 to 10.0.0.3
		ether anchor "x"
		ether anchor {
			ether pass in l3 from 10.0.0.9
		}
		pass in on ra inet
	EOF2
	pings a 10.0.0.1
	pings a 10.0.0.1 -I 10.0.0.3
	pings a 10.0.0.1 -I 10.0.0.3
	counts
	state_of()
	{
		pfctl -vss 2>/dev/null | grep -c "rule 0" >n
		[ "$(cat n)" = "$1" ] || atf_fail "$(pfctl -vss)"
	}
	state_of 3
	ifconfig ra inet 10.0.0.78/24 alias
	atf_check -e ignore pfctl -t t -T add 10.7.0.1
	counts
	state_of 3
	rules -a x <<-EOF2
		ether pass in l3 from 10.0.0.7
	EOF2
	ifconfig ra inet 10.0.0.79/24 alias
	counts
	atf_check -e ignore -o match:"@1 ether pass in" \
	    -o match:"Last Active Time" pfctl -vvse
	atf_check -o empty pfctl -sl
	atf_check -o match:"^ETH RULES:" pfctl -sa
	atf_check -o ignore -e ignore pfctl -z
	atf_check -o match:"Evaluations: 0 .*Packets: 0 " \
	    -e ignore pfctl -vse
	atf_check -e inline:"Ethernet rules cleared\n" pfctl -F ethernet
	atf_check -o empty pfctl -se
	rules <<-EOF2
		ether block
	EOF2
	no_ping a 10.0.0.1
	atf_check -e match:"Ethernet rules cleared" pfctl -F all
	atf_check -o empty pfctl -se
	pings a 10.0.0.1
	# nothing is left behind
	nft list tables | grep netdev && atf_fail "a table is left"
	:
}

atf_test_case states
states_head()
{
	atf_set descr "Connections go on when rules for Ethernet are taken away"
}
states_body()
{
	on
	serve c tcp 10.0.1.2 7
	rules <<-EOF2
		ether pass in on ra
		ether pass out on ra
		block
		pass in on ra proto tcp
		pass out on rc proto tcp
	EOF2
	mkfifo say
	at a nc 10.0.1.2 7 <say >heard &
	exec 9>say
	echo one >&9
	must_wait 5 grep -q one heard
	atf_check -e inline:"Ethernet rules cleared\n" pfctl -F ethernet
	echo two >&9
	must_wait 5 grep -q two heard
	exec 9>&-
}

atf_test_case off
off_head()
{
	atf_set descr "set skip, pf disabled and enabled again, a load that fails, what is refused"
}
off_body()
{
	lan
	rules <<-EOF2
		set skip on ra
		ether block
	EOF2
	pings a 10.0.0.1
	hears
	rules <<-EOF2
		ether block
	EOF2
	no_ping a 10.0.0.1
	atf_check -e ignore pfctl -d
	pings a 10.0.0.1
	rules <<-EOF2
		ether block proto 0x0800
	EOF2
	pings a 10.0.0.1
	atf_check -e ignore pfctl -e
	no_ping a 10.0.0.1
	# what is refused changes nothing
	for words in "queue q" "dnpipe 1" "dnqueue (1, 2)"; do
		printf 'ether pass\nether pass in %s\n' "$words" >bad
		atf_check -s exit:1 -e match:"bad:2: " pfctl -f bad
	done
	echo "ether pass from 1" >bad
	atf_check -s exit:1 -e match:"bad:1: " pfctl -f bad
	no_ping a 10.0.0.1
	atf_check -o inline:"ether block proto 0x0800 l3 all\n" pfctl -se
	# rules of IP alone leave them, by -R and by -F
	printf 'ether pass\npass in\n' >ip
	atf_check -e ignore pfctl -R -f ip
	atf_check -o inline:"pass in all flags S/SA keep state\n" pfctl -sr
	no_ping a 10.0.0.1
	atf_check -e ignore pfctl -F rules
	no_ping a 10.0.0.1
	# a check alone
	echo "ether pass" >good
	atf_check -e ignore pfctl -nf good
	no_ping a 10.0.0.1
	# the class for queues is as it was
	atf_check nft -f - <<-EOF2
		table netdev t {
			chain c {
				type filter hook egress device ra priority 500
				meta priority 0:6 counter
			}
		}
	EOF2
	rules <<-EOF2
		ether pass
		pass out on ra inet set prio 6
	EOF2
	pings - 10.0.0.2
	atf_check -o match:"0:6 counter packets [1-9]" nft list table netdev t
}

atf_test_case reload
reload_head()
{
	atf_set descr "While rules are loaded again and again no frame gets by both, old and new"
}
reload_body()
{
	lan
	printf 'ether block in proto 0x0800\npass\n' >one
	printf 'pass\nether\n' >bad
	printf 'ether block in from 02:00:00:00:00:0a\npass\n' >two
	atf_check -e ignore pfctl -f one
	ip netns exec a ping -q -i 0.002 -c 500 -W 1 10.0.0.1 >pinged &
	while kill -0 $! 2>/dev/null; do
		pfctl -q -f two || atf_fail "not loaded"
		pfctl -q -f bad 2>/dev/null && atf_fail "loaded"
		pfctl -q -f one || atf_fail "not loaded"
		ifconfig ra inet 10.0.0.50/24 alias
		ifconfig ra inet 10.0.0.50 -alias
	done
	grep -q " 0 received" pinged || atf_fail "$(cat pinged)"
	atf_check -o inline:"ether block in proto 0x0800 l3 all\n" pfctl -se
}

atf_test_case bridge_to
bridge_to_head()
{
	atf_set descr "bridge-to sends frames as they are by another interface, in and out"
}
bridge_to_body()
{
	lan
	netns_new b
	ip link add rb type veth peer name e0 netns b
	ip link set rb up
	ip -n b link set e0 up
	# b_hears TEXT COMMAND...
	b_hears()
	{
		local text=$1 heard

		shift
		started bheard ip netns exec b "$CB_TOOLS/sniff" -n 1 -t 3000 \
		    -m "$text" e0
		heard=$!
		"$@" >/dev/null 2>&1
		wait $heard || atf_fail "b does not hear: $(cat bheard)"
	}
	rules <<-EOF2
		ether pass in on ra bridge-to rb proto 0x0800
		ether block out on rb
	EOF2
	b_hears "02:00:00:00:00:0a > 02:00:00:00:00:01 ipv4 10.0.0.2 > 10.0.0.1" \
	    no_ping a 10.0.0.1
	pings a fd00::1
	rules <<-EOF2
		ether pass out on ra bridge-to rb proto 0x88b5
	EOF2
	b_hears 0x88b5 hears_not
	# one that is not there
	rules <<-EOF2
		ether pass out on ra bridge-to gone proto 0x88b5
	EOF2
	hears_not
	pings a 10.0.0.1
}

atf_test_case later
later_head()
{
	atf_set descr "Interfaces that come later, by name, group and none; that go; members of a bridge"
}
later_body()
{
	lan
	rules <<-EOF2
		ether block out on epair proto 0x88b5
		ether pass out on ra
	EOF2
	netns_new p
	# a new epair0a, with its other end in p
	epair_to_p()
	{
		atf_check -o inline:"epair0a\n" ifconfig epair create
		ip link set epair0b netns p
		ip -n p link set epair0b up
		atf_check ifconfig epair0a up
	}
	# through [MS]: does a frame get through to p, within 400 ms?
	through()
	{
		started pheard ip netns exec p "$CB_TOOLS/sniff" -n 1 -t "${1:-400}" \
		    -m 0x88b5 epair0b
		"$CB_TOOLS/sniff" -s 02:00:00:00:00:99 epair0a 2>/dev/null
		wait $!
	}
	epair_to_p
	through && atf_fail "the rule of a group does not hold for a new member"
	rules <<-EOF2
		ether pass
	EOF2
	through 20000 || atf_fail "frames do not get through"
	# no `on': all that come
	atf_check ifconfig epair0a destroy
	rules <<-EOF2
		ether block proto 0x88b5
	EOF2
	epair_to_p
	through && atf_fail "the rule does not hold for a new interface"
	# by name, without one
	atf_check ifconfig epair0a destroy
	rules <<-EOF2
		ether block on epair0a proto 0x88b5
		ether block in on ra proto 0x0800
	EOF2
	no_ping a 10.0.0.1
	epair_to_p
	through && atf_fail "the rule does not hold for the new interface"
	# one that has gone takes nothing with it
	ip link del epair0a
	no_ping a 10.0.0.1
	rules <<-EOF2
		ether pass
	EOF2
	pings a 10.0.0.1
	# frames of a bridge are the bridge's, not its members'
	atf_check -o inline:"epair0a\n" ifconfig epair create
	ip link set epair0b netns p
	ip -n p link set epair0b up
	ip -n p addr add 10.5.0.2/24 dev epair0b
	atf_check -o inline:"bridge0\n" ifconfig bridge create
	rules <<-EOF2
		ether block on epair0a
	EOF2
	atf_check ifconfig bridge0 addm epair0a
	atf_check ifconfig bridge0 inet 10.5.0.1/24 up
	atf_check ifconfig epair0a up
	pings p 10.5.0.1
	rules <<-EOF2
		ether block in on bridge0
	EOF2
	no_ping p 10.5.0.1
}

atf_test_case vlan
vlan_head()
{
	atf_set descr "A frame with a VLAN tag is of type 0x8100 on the parent, and judged once more on the vlan interface"
	vm_only "the machine's kernel has no vlan"
}
vlan_body()
{
	lan
	ip link add link ra name v5 type vlan id 5
	ip -n a link add link e0 name v5 type vlan id 5
	ip addr add 10.5.0.1/24 dev v5
	ip link set v5 up
	ip -n a addr add 10.5.0.2/24 dev v5
	ip -n a link set v5 up
	pings a 10.5.0.1
	for words in "in on ra proto 0x0800" "out on ra proto 0x0800" \
	    "in on v5 proto 0x8100"; do
		echo "ether block $words" | pfctl -q -f -
		pings a 10.5.0.1
	done
	for words in "in on ra proto 0x8100" "out on ra proto 0x8100" \
	    "in on v5 proto 0x0800" "out on v5 l3 from 10.5.0.1"; do
		echo "ether block $words" | pfctl -q -f -
		no_ping a 10.5.0.1
	done
}

atf_test_case jail
jail_head()
{
	atf_set descr "The root of a jail with a vnet has rules of its own"
}
jail_body()
{
	atf_check -o inline:"epair0a\n" ifconfig epair create
	make_jail j vnet vnet.interface=epair0b
	atf_check ifconfig epair0a inet 10.6.0.1/24 up
	atf_check jexec j ifconfig epair0b inet 10.6.0.2/24 up
	pings - 10.6.0.2
	atf_check -e inline:"pf enabled\n" jexec j pfctl -e
	atf_check -e ignore -o inline:"ether block in on epair0b proto 0x0800 l3 all\n" \
	    jexec j sh -c 'echo "ether block in on epair0b proto 0x0800" |
	    pfctl -f - && pfctl -se'
	no_ping - 10.6.0.2
	atf_check -o empty pfctl -se
	atf_check -e ignore jexec j sh -c 'pfctl -vse | grep -q "Packets: [1-9]"'
	atf_check -e ignore jexec j pfctl -F ethernet
	pings - 10.6.0.2
}

atf_init_test_cases()
{
	atf_add_test_case decide
	atf_add_test_case macs
	atf_add_test_case l3
	atf_add_test_case tags
	atf_add_test_case anchors
	atf_add_test_case counters
	atf_add_test_case states
	atf_add_test_case off
	atf_add_test_case reload
	atf_add_test_case bridge_to
	atf_add_test_case later
	atf_add_test_case vlan
	atf_add_test_case jail
}
