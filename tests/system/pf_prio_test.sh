#! /usr/bin/env atf-sh
# pf's `set prio` and `prio`: which class packets have, which tags.
. "$(atf_get_srcdir)/common.sh" || exit
. "$(atf_get_srcdir)/pf_common.sh" || exit

# classes: count what leaves rc, by class, from now on.
classes()
{
	local i

	nft delete table inet t 2>/dev/null
	nft add table inet t
	nft add chain inet t c '{ type filter hook postrouting priority 400; }'
	for i in 0 1 2 3 4 5 6 7; do
		nft add rule inet t c oifname rc meta nfproto ipv4 \
		    meta priority "0:$i" counter
	done
	nft add rule inet t c oifname rc meta nfproto ipv4 \
	    meta priority gt 0:7 counter \
	    comment strange
}

# class N COUNT: so many packets of it have left.
class()
{
	nft list chain inet t c >listed
	grep -q "priority 0:$1 counter packets $2 " listed ||
	    grep -q "priority none counter packets $2 " listed ||
	    { cat listed; atf_fail "not $2 of class $1"; }
	grep -q "packets 0 .*strange" listed || { cat listed; atf_fail "strange"; }
}

atf_test_case match
match_head()
{
	atf_set descr "match set prio: packets of the states made behind it, the first one, too; the rule that passes has the last word"
}
match_body()
{
	need nft
	on
	serve c udp 10.0.1.2 7
	serve c udp 10.0.1.2 8
	rules <<-EOF2
		match out on rc inet proto udp set prio 5
		pass
	EOF2
	classes
	talks a udp 10.0.1.2 7
	class 5 1
	pings a 10.0.1.2
	class 5 1
	talks - udp 10.0.1.2 7
	class 5 2
	rules <<-EOF2
		match in on ra inet proto udp set prio 5
		match in on ra inet proto udp from port 1:65535 to port 8 \
		    set prio 4
		match out on rc inet proto icmp set prio 1
		pass
	EOF2
	classes
	talks a udp 10.0.1.2 7
	class 5 1
	talks a udp 10.0.1.2 8
	class 4 1
	pings a 10.0.1.2
	at a ping -q -c 3 -i 0.2 10.0.1.2 >pinged
	class 1 4
	talks - udp 10.0.1.2 7
	class 5 1
	rules <<-EOF2
		match out on rc inet proto udp set prio 5
		pass
		pass out on rc inet proto udp to port 8 set prio 3
	EOF2
	classes
	talks a udp 10.0.1.2 8
	class 3 1
	class 5 0
	talks a udp 10.0.1.2 7
	class 5 1
	# what came in by an interface that is skipped no rule has seen
	rules <<-EOF2
		set skip on ra
		match in inet proto udp set prio 5
		pass
	EOF2
	classes
	talks a udp 10.0.1.2 7
	class 0 1
}

atf_test_case forward
forward_head()
{
	atf_set descr "set prio of rules for packets that come in holds where they leave, whatever their type of service"
}
forward_body()
{
	need nft
	on
	rules <<-EOF2
		pass in on ra inet proto icmp set prio 6
		pass out
	EOF2
	classes
	at a ping -q -c 3 -i 0.2 -Q 0x08 10.0.1.2 >pinged
	class 6 3
	rules <<-EOF2
		pass in on ra inet proto icmp set prio 6
		pass out on rc inet proto icmp set prio 2
	EOF2
	classes
	at a ping -q -c 3 -i 0.2 10.0.1.2 >pinged
	class 2 3
	# a state that remembers its interface
	rules <<-EOF2
		pass in inet proto icmp set prio 6 keep state (if-bound)
		pass out
	EOF2
	classes
	at a ping -q -c 3 -i 0.2 10.0.1.2 >pinged
	class 6 3
	# in order: tags
	rules <<-EOF2
		pass in on ra inet proto icmp tag T set prio 6
		pass out tagged T
	EOF2
	classes
	at a ping -q -c 3 -i 0.2 10.0.1.2 >pinged
	class 6 3
	# answers of what was let in
	rules <<-EOF2
		pass in on rc inet proto icmp set prio 4
		pass out
	EOF2
	ip -n c addr add 10.0.9.9/32 dev e0
	classes
	at c ping -q -c 3 -i 0.2 10.0.0.2 >pinged
	class 4 3
	# the word in the register is nobody's class
	rules <<-EOF2
		match in tag T
		pass out on rc inet proto icmp no state scrub (no-df)
	EOF2
	classes
	at a ping -q -c 3 -i 0.2 10.0.1.2 >pinged
	class 0 3
	# nor that of rules that are one lookup, nor what marks TCP's middle
	serve c udp 10.0.1.2 7
	serve c tcp 10.0.1.2 7
	rules <<-EOF2
		pass
		pass in proto { udp tcp } no state
		pass out proto tcp no state scrub (no-df)
		pass out on rc inet proto udp to port 1 no state scrub (no-df)
		pass out on rc inet proto udp to port 2 no state scrub (no-df)
		pass out on rc inet proto udp to port 3 no state scrub (no-df)
		pass out on rc inet proto udp to port 7 no state scrub (no-df)
		pass out on ra proto udp no state
	EOF2
	classes
	talks a udp 10.0.1.2 7
	class 0 1
	talks a tcp 10.0.1.2 7
	class 7 0
}

atf_test_case tags
tags_head()
{
	atf_set descr "net.link.vlan.mtag_pcp: prio asks for the tag's priority, set prio puts it there"
	atf_set timeout 120
	vm_only "the machine's kernel has no vlan"
}
tags_body()
{
	local i

	need tcpdump
	netns_new a
	ip link add ra type veth peer name e0 netns a
	ip link set ra up
	ip -n a link set e0 up
	atf_check ifconfig ra.10 create inet 10.0.0.1/24
	ip -n a link add link e0 name v10 type vlan id 10 \
	    egress-qos-map 0:0 5:5 3:3
	ip -n a link set v10 up
	ip -n a addr add 10.0.0.2/24 dev v10
	must_wait 5 ip netns exec a ping -qc 1 -W 1 10.0.0.1
	atf_check -e ignore pfctl -e
	rules <<-EOF2
		pass
		block in on ra.10 inet proto icmp prio 5
	EOF2
	no_tags_yet
	atf_check -o ignore sysctl net.link.vlan.mtag_pcp=1
	class_of 0 pings
	class_of 5 no_ping
	class_of 3 pings
	rules <<-EOF2
		pass
		block in on ra.10 inet proto icmp prio 0
	EOF2
	class_of 0 no_ping
	class_of 5 pings
	rules <<-EOF2
		pass out on ra.10 inet proto icmp set prio 3
		pass out on ra.10 inet proto udp set prio 0
	EOF2
	sent 3 ping -c 1 -W 2 10.0.0.2
	atf_check ifconfig ra.10 vlanpcp 6
	sent 3 ping -c 1 -W 2 10.0.0.2
	rules <<-EOF2
		match out on ra.10 inet proto icmp set prio 2
		pass
	EOF2
	sent 2 ping -c 1 -W 2 10.0.0.2
	rules </dev/null
	sent 6 ping -c 1 -W 2 10.0.0.2
	rules <<-EOF2
		pass out set prio 3
	EOF2
	atf_check -o ignore sysctl net.link.vlan.mtag_pcp=0
	sent 6 ping -c 1 -W 2 10.0.0.2
}

# class_of N WHAT: a sends by that class: pings or no_ping.
class_of()
{
	at a nft -f - <<-EOF2
		table inet t
		delete table inet t
		table inet t {
			chain c {
				type filter hook postrouting priority 400
				meta priority set 0:$1
			}
		}
	EOF2
	"$2" a 10.0.0.1
}

no_tags_yet()
{
	class_of 5 pings
}

# sent N COMMAND...: the tag of what it sends.
sent()
{
	local pcp=$1 pid

	shift
	started seen tcpdump -lnei ra -Q out -c 1 vlan 10 and icmp
	pid=$!
	atf_check -o ignore "$@"
	wait $pid
	atf_check -o match:"vlan 10, p $pcp, ethertype IPv4" cat seen
}

atf_init_test_cases()
{
	atf_add_test_case match
	atf_add_test_case forward
	atf_add_test_case tags
}
