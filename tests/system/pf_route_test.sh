#! /usr/bin/env atf-sh
# pf's rules that lead packets other ways than the routing table's: route-to,
# reply-to, dup-to, rtable, and translations inside filter rules.
. "$(atf_get_srcdir)/common.sh" || exit
. "$(atf_get_srcdir)/pf_common.sh" || exit

# Four machines: a (10.0.0.2) behind ra0; this one, a router; two uplinks, c
# (10.0.1.2, behind rc0, where the default route leads) and d (10.0.2.2, behind
# rd0).  192.0.2.1 is at both uplinks, 192.0.2.3 at c, 192.0.2.4 at d.
net4()
{
	local m n

	n=0
	for m in a c d; do
		netns_new $m
		ip link add r${m}0 type veth peer name e0 netns $m
		ip addr add 10.0.$n.1/24 dev r${m}0
		ip addr add fd00:$n::1/64 dev r${m}0 nodad
		ip link set r${m}0 up
		ip -n $m addr add 10.0.$n.2/24 dev e0
		ip -n $m addr add fd00:$n::2/64 dev e0 nodad
		ip -n $m link set e0 up
		ip -n $m route add default via 10.0.$n.1
		ip -n $m route add default via fd00:$n::1
		n=$((n + 1))
	done
	ip -n c addr add 192.0.2.1 dev lo
	ip -n c addr add 192.0.2.3 dev lo
	ip -n d addr add 192.0.2.1 dev lo
	ip -n d addr add 192.0.2.4 dev lo
	ip -n d addr add fd00:9::4 dev lo nodad
	ip route add default via 10.0.1.2
	ip route add default via fd00:1::2
	echo 1 >/proc/sys/net/ipv4/ip_forward
	echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
	atf_check -e inline:"pf enabled\n" pfctl -e
}

atf_test_case route_to
route_to_head()
{
	atf_set descr "route-to: the state's packets take the gate, in and out, IPv4 and IPv6; nat of the interface they leave by; states keep theirs"
}
route_to_body()
{
	net4
	no_ping a 192.0.2.4
	rules <<-EOF2
		nat on rd0 inet from 10.0.0.0/24 to any -> (rd0)
		block out on rd0
		pass out on rd0 inet from 10.0.2.1
		pass in on ra0 route-to (rd0 10.0.2.2) inet from 10.0.0.0/24
		pass in on ra0 route-to (rd0 fd00:2::2) inet6 proto icmp6 to fd00:9::4
	EOF2
	# d knows no way back to a: it sees the nat of the gate's interface
	ip -n d route del default via 10.0.2.1
	pings a 192.0.2.4
	serve d tcp 192.0.2.4 7
	talks a tcp 192.0.2.4 7
	atf_check -o match:"10.0.2.1:[0-9]+ \(10.0.0.2:[0-9]+\) -> 192.0.2.4:7" \
	    pfctl -ss
	no_ping a fd00:9::4
	# the gate's own rules judge
	sed -i '/^block/d' pf.conf
	atf_check -e ignore pfctl -q -f pf.conf
	pings a fd00:9::4
	ip -n d route add default via 10.0.2.1

	# going out, after the rules of the interface it would have left by
	rules <<-EOF2
		block out
		pass in on ra0
		pass out on rc0 route-to (rd0 10.0.2.2) from any to 192.0.2.4
	EOF2
	pings - 192.0.2.4
	pings a 192.0.2.4
	talks a tcp 192.0.2.4 7
	no_ping a 192.0.2.3

	# what has begun goes on by its gate when other rules are loaded
	rules <<-EOF2
		pass in on ra0 route-to (rd0 10.0.2.2) from any to 192.0.2.4
	EOF2
	at a ping -i 0.2 -c 5 -W 5 192.0.2.4 >count &
	wait_for 30 grep -q icmp_seq=1 count
	rules <<-EOF2
		pass in on ra0 route-to (rc0 10.0.1.2) from any to 192.0.2.4
	EOF2
	wait $!
	grep -q " 5 received" count || atf_fail "$(cat count)"
	no_ping a 192.0.2.4

	# an interface that is not there: dropped, not sent elsewhere
	echo "pass in on ra0 route-to (rx0 10.0.2.2)" >pf.conf
	atf_check -e match:"rx0 is not up: what is routed to it is dropped" \
	    pfctl -f pf.conf
	no_ping a 192.0.2.3
	rules </dev/null
	pings a 192.0.2.3
	atf_check -o not-match:"fwmark" ip rule
	atf_check -o inline:"table inet pf\n" -e ignore nft list tables
}

atf_test_case synproxy
synproxy_head()
{
	atf_set descr "synproxy state with route-to: the server behind the gate is asked when the client has answered"
}
synproxy_body()
{
	need nft
	net4
	cat >pf.conf <<-EOF2
		nat on rd0 inet from 10.0.0.0/24 to any -> (rd0)
		block in
		pass in on ra0 route-to (rd0 10.0.2.2) inet proto tcp \
		    to 192.0.2.4 port 7 synproxy state
		pass in on ra0 route-to (rd0 fd00:2::2) inet6 proto tcp \
		    to fd00:9::4 port 7 synproxy state
		block out on rd0
		pass out on rd0 inet proto tcp from 10.0.2.1
		pass out on rd0 inet6 proto tcp from fd00::2
		pass proto icmp6
	EOF2
	pfctl -qf pf.conf 2>why || {
		grep -q CONFIG_NFT_SYNPROXY why && atf_skip "$(cat why)"
		atf_fail "$(cat why)"
	}
	ip -n d route del default via 10.0.2.1
	serve d tcp 192.0.2.4 7
	serve d tcp fd00:9::4 7
	talks a tcp 192.0.2.4 7
	talks a tcp fd00:9::4 7
	atf_check -e ignore \
	    -o match:"10.0.2.1:[0-9]+ \(10.0.0.2:[0-9]+\) -> 192.0.2.4:7" \
	    pfctl -ss
	at a nft add table inet t
	at a nft add chain inet t c '{ type filter hook input priority 0; }'
	at a nft add rule inet t c \
	    'tcp flags & (syn | ack) == syn | ack counter drop'
	at d nft add table inet t
	at d nft add chain inet t c '{ type filter hook input priority 0; }'
	at d nft add rule inet t c tcp flags syn counter
	silent a tcp 192.0.2.4 7
	silent a tcp fd00:9::4 7
	at a nft list chain inet t c >seen
	atf_check -o match:"counter packets [2-9]" cat seen
	at d nft list chain inet t c >seen
	atf_check -o match:"counter packets 0 " cat seen
}

atf_test_case killed
killed_head()
{
	atf_set descr "What a loader has left that was killed leads no packets"
}
killed_body()
{
	local mark

	net4
	cat >pf.conf <<-EOF2
		pass
		pass in on ra0 route-to (rd0 10.0.2.2) inet from 10.0.0.0/24
	EOF2
	atf_check pfctl -f pf.conf
	mark=$(ip rule | sed -n 's/^900:.*fwmark \([^ ]*\) .*/\1/p')
	pfctl -qFr
	atf_check -o not-match:"fwmark" ip rule
	# of rules that gave this number to another table
	ip rule add pref 900 fwmark "$mark" lookup 77
	ip rule add pref 900 fwmark "$mark" lookup 78
	ip route add 192.0.2.4 via 10.0.1.2 table 77
	atf_check pfctl -f pf.conf
	pings a 192.0.2.4
	atf_check_equal 1 "$(ip rule | grep -c ^900:)"
}

atf_test_case many_gates
many_gates_head()
{
	atf_set descr "As many gateways as there may be: the last ones lead their way, with tags and nat beside them"
}
many_gates_body()
{
	local i

	net4
	for i in $(seq 1 60); do
		echo "pass in on ra0 route-to (rc0 10.0.1.$((i + 100)))" \
		    "inet proto tcp to port $i"
	done >gates
	rules <<-EOF2
		nat on rd0 inet from 10.0.0.0/24 to any -> (rd0)
		pass
		$(cat gates)
		pass in on ra0 route-to (rd0 10.0.2.2) inet proto tcp \
		    to 192.0.2.4 port 77 tag T
		pass in on rd0 reply-to (rd0 10.0.2.2) inet proto tcp to port 78
		pass out on ra0 dup-to (rd0 10.0.2.2) inet proto tcp \
		    to port 78
		block out on rd0 inet proto tcp to port 77
		pass out on rd0 inet proto tcp to port 77 tagged T
	EOF2
	ip -n d route del default via 10.0.2.1
	serve d tcp 192.0.2.4 77
	talks a tcp 192.0.2.4 77
	serve a tcp 10.0.0.2 78
	ip -n d route add 10.0.0.0/24 via 10.0.2.1
	at d nft add table ip t
	at d nft add chain ip t c '{ type filter hook prerouting priority 0; }'
	at d nft add rule ip t c ip daddr 10.0.0.2 tcp dport 78 counter
	at d "$CB_TOOLS/peer" probe tcp -t 5000 -s 192.0.2.4 10.0.0.2 78 ||
	    atf_fail "no answer by its gate"
	at d nft list chain ip t c >seen
	atf_check -o match:"counter packets [1-9]" cat seen
	atf_check -e ignore -o match:"10.0.2.1:[0-9]+ \(10.0.0.2:" pfctl -ss
}

atf_test_case reply_to
reply_to_head()
{
	atf_set descr "reply-to: answers leave where the packet came in, from here and forwarded; a strict source filter does not stop it"
}
reply_to_body()
{
	net4
	echo 1 >/proc/sys/net/ipv4/conf/rd0/rp_filter
	# to here, 192.0.2.1 is at c
	no_ping d 10.0.2.1 -I 192.0.2.1
	serve a tcp 10.0.0.2 7
	ip -n d route add 10.0.2.1 dev e0 src 192.0.2.1
	rules <<-EOF2
		rdr on rd0 inet proto tcp from any to 10.0.2.1 port 80 -> 10.0.0.2 port 7
		block in on rd0
		pass in on rd0 reply-to (rd0 10.0.2.2)
	EOF2
	pings d 10.0.2.1 -I 192.0.2.1
	talks d tcp 10.0.2.1 80
	# the others' way is as before
	pings a 192.0.2.3
}

atf_test_case pool
pool_head()
{
	atf_set descr "Pools of gates take turns; with sticky-address a source keeps its own"
}
pool_body()
{
	local i

	net4
	rules <<-EOF2
		pass in on ra0 route-to { (rd0 10.0.2.2), (rc0 10.0.1.2) } round-robin to 192.0.2.4
	EOF2
	for i in 1 2; do
		pings a 192.0.2.4
		no_ping a 192.0.2.4
	done
	rules <<-EOF2
		pass in on ra0 route-to { (rd0 10.0.2.2), (rc0 10.0.1.2) } round-robin sticky-address to 192.0.2.4
	EOF2
	for i in 1 2 3; do
		pings a 192.0.2.4
	done
	ip -n a addr add 10.0.0.3 dev e0
	no_ping a 192.0.2.4 -I 10.0.0.3
	no_ping a 192.0.2.4 -I 10.0.0.3
	pings a 192.0.2.4
	atf_check -e ignore -o match:"^10.0.0.2 -> 10.0.2.2 \( states 4" \
	    -o match:"^10.0.0.3 -> 10.0.1.2 \( states 2" \
	    -o match:", filter rule 0$" pfctl -vsS
}

atf_test_case copies
copies_head()
{
	atf_set descr "dup-to: a copy of each packet of the state goes to the gate, and the packet its way"
}
copies_body()
{
	net4
	started seen ip netns exec d "$CB_TOOLS/sniff" -n 2 -t 10000 \
	    -m "10.0.0.2 > 10.0.1.2 icmp" e0
	rules <<-EOF2
		pass in on ra0 dup-to (rd0 10.0.2.2) to 10.0.1.2
	EOF2
	pings a 10.0.1.2
	pings a 10.0.1.2
	wait $! || atf_fail "$(cat seen)"
	# of packets going out, too; the answers are not copied
	started seen ip netns exec d "$CB_TOOLS/sniff" -n 2 -t 10000 \
	    -m "> 10.0.1.2 icmp" e0
	rules <<-EOF2
		pass out on rc0 dup-to (rd0 10.0.2.2) to 10.0.1.2
	EOF2
	pings a 10.0.1.2
	pings - 10.0.1.2
	wait $! || atf_fail "$(cat seen)"
	# beside a tag, which all packets of the state carry
	started seen ip netns exec d "$CB_TOOLS/sniff" -n 3 -t 10000 \
	    -m "10.0.0.2 > 10.0.1.2 icmp" e0
	rules <<-EOF2
		pass in on ra0 dup-to (rd0 10.0.2.2) to 10.0.1.2 tag seen
		block out on rc0
		pass out on rc0 tagged seen no state
	EOF2
	at a ping -q -c 3 -i 0.1 -W 5 10.0.1.2 >out || atf_fail "$(cat out)"
	atf_check -o match:" 3 received" cat out
	wait $! || atf_fail "$(cat seen)"
	no_ping - 10.0.1.2
}

atf_test_case tables
tables_head()
{
	atf_set descr "rtable: packets are routed by another table, and by none where it has no route"
}
tables_body()
{
	net4
	ip route add default via 10.0.2.2 table 7
	rules <<-EOF2
		pass in on ra0 to any rtable 7
		pass in on ra0 to 192.0.2.3 rtable 8
	EOF2
	pings a 192.0.2.4
	no_ping a 192.0.2.3
	pings - 192.0.2.3
}

atf_test_case inrules
inrules_head()
{
	atf_set descr "nat-to, rdr-to and binat-to in pass and match rules: what the rules before and behind see, from here and forwarded, in anchors"
}
inrules_body()
{
	net4
	ip -n d route del default via 10.0.2.1
	serve d tcp 10.0.2.2 7
	serve a tcp 10.0.0.2 8080
	# nat makes a state of its own, which lets the answer in
	rules <<-EOF2
		nat on rd0 inet from 10.0.0.0/24 to any -> 10.0.2.1
		block in on rd0
	EOF2
	pings a 10.0.2.2
	# match translates at once
	rules <<-EOF2
		block all
		match out on rd0 inet from 10.0.0.0/24 nat-to (rd0)
		match in on rd0 inet proto tcp to 10.0.2.1 port 80 rdr-to 10.0.0.2 port 8080
		pass in on ra0
		pass out on rd0 inet from 10.0.2.1
		pass in on rd0 inet proto tcp to 10.0.0.2 port 8080
		pass out on ra0
	EOF2
	pings a 10.0.2.2
	talks a tcp 10.0.2.2 7
	atf_check -o match:"10.0.2.1:[56][0-9]{4} \(10.0.0.2:[0-9]+\) -> 10.0.2.2:7" \
	    pfctl -ss
	talks d tcp 10.0.2.1 80
	# a rule that passes does when it has decided
	rules <<-EOF2
		block return all
		pass in on ra0
		pass out on rd0 inet from 10.0.0.0/24 nat-to 10.0.2.1
		pass in on rd0 inet proto tcp to 10.0.2.1 port 81 rdr-to 10.0.0.2 port 8080
		pass out on ra0
		anchor "x" {
			pass out on rd0 inet from 10.0.2.1 nat-to 10.0.2.7
		}
		block return in on rd0 inet proto tcp to 10.0.2.1 port 82
	EOF2
	pings a 10.0.2.2
	talks d tcp 10.0.2.1 81
	ip addr add 10.0.2.7/24 dev rd0
	talks - tcp 10.0.2.2 7
	atf_check -o match:"10.0.2.7:[56][0-9]{4} \(10.0.2.1:[0-9]+\) -> 10.0.2.2:7" \
	    pfctl -ss
	atf_check -s exit:1 -e match:refused ip netns exec d "$CB_TOOLS/peer" probe tcp \
	    10.0.2.1 82
	# both ways
	rules <<-EOF2
		pass on rd0 inet from 10.0.0.2 to any binat-to 10.0.2.7
	EOF2
	talks d tcp 10.0.2.7 8080
	pings a 10.0.2.2
}

atf_test_case targets
targets_head()
{
	atf_set descr "Pools of nat and rdr: sticky-address, tables that change, networks, no address at all"
}
# gives FROM ADDR PATTERN: the source that d sees, in a state.
gives()
{
	atf_check -e ignore pfctl -q -F states
	pings "$1" -I "$2" 10.0.2.2
	atf_check -o match:" $3:[0-9]+ .*-> 10.0.2.2" pfctl -ss
}
targets_body()
{
	local i

	net4
	ip -n a addr add 10.0.0.3 dev e0
	for i in 11 12 13; do
		ip addr add 10.0.2.$i dev rd0
	done
	rules <<-EOF2
		table <ways> { 10.0.2.11 10.0.2.12 }
		nat on rd0 inet from 10.0.0.0/24 to any -> <ways> round-robin sticky-address
	EOF2
	# no state, no node: the next takes its turn
	gives a 10.0.0.2 10.0.2.11
	pings a -I 10.0.0.3 10.0.2.2
	pings a -I 10.0.0.2 10.0.2.2
	pings a -I 10.0.0.3 10.0.2.2
	atf_check -o match:"10.0.2.12:[0-9]+ \(10.0.0.3" \
	    -o not-match:"10.0.2.11:[0-9]+ \(10.0.0.3" \
	    -o not-match:"10.0.2.12:[0-9]+ \(10.0.0.2" pfctl -ss
	pfctl -sS >nodes
	atf_check -o inline:"10.0.0.2 -> 10.0.2.11 ( states 2, connections 0, rate 0.0/0s )
10.0.0.3 -> 10.0.2.12 ( states 2, connections 0, rate 0.0/0s )\n" sort nodes
	atf_check -o match:", 4 pkts, 336 bytes, nat rule 0$" -e ignore \
	    pfctl -vsS
	# a node that is killed: its source takes another turn
	atf_check -e inline:"killed 0 src nodes from 1 sources and 1 destinations\n" \
	    pfctl -K 10.0.0.3 -K 10.0.2.11
	atf_check -e inline:"killed 1 src nodes from 1 sources and 1 destinations\n" \
	    pfctl -K 10.0.0.3 -K 10.0.2.12
	pings a -I 10.0.0.3 10.0.2.2
	atf_check -o match:"10.0.2.11:[0-9]+ \(10.0.0.3" pfctl -ss
	pings a -I 10.0.0.2 10.0.2.2
	atf_check -o not-match:"10.0.2.12:[0-9]+ \(10.0.0.2" pfctl -ss
	# the table's contents of now
	atf_check -e ignore pfctl -t ways -T replace 10.0.2.13
	gives a 10.0.0.2 10.0.2.13
	atf_check -e ignore pfctl -t ways -T flush
	no_ping a 10.0.2.2
	# drawn by the source, from a net: the same each time
	rules <<-EOF2
		nat on rd0 inet from 10.0.0.0/24 to any -> 10.0.2.12/31 source-hash 0x0123456789abcdef0123456789abcdef
	EOF2
	atf_check -e ignore pfctl -q -F states
	pings a -I 10.0.0.2 10.0.2.2
	pings a -I 10.0.0.2 10.0.2.2
	atf_check -o match:"^1\$" sh -c \
	    "pfctl -ss | grep -o '10.0.2.1[23]:[0-9]* (10.0.0.2' | cut -d: -f1 | sort -u | wc -l"
	# the host's part stays
	rules <<-EOF2
		nat on rd0 inet from 10.0.0.0/24 to any -> 10.0.2.10/24 bitmask
	EOF2
	ip addr add 10.0.2.3 dev rd0
	gives a 10.0.0.3 10.0.2.3
	# servers take turns
	serve a udp 10.0.0.2 7
	rules <<-EOF2
		table <servers> { 10.0.0.2 10.0.0.99 }
		rdr on rd0 inet proto udp from any to 10.0.2.1 port 7 -> <servers> round-robin
	EOF2
	talks d udp 10.0.2.1 7
	at d "$CB_TOOLS/peer" probe udp -t 300 10.0.2.1 7 2>/dev/null &&
	    atf_fail "two turns at one server"
	talks d udp 10.0.2.1 7
	# tables that come with the rules and hold nothing yet
	rules <<-EOF2
		table <none> persist
		rdr on rd0 inet proto udp from any to 10.0.2.1 port 7 -> <none>
		nat on rd0 inet from 10.0.9.0/24 to any -> <named>
	EOF2
	at d "$CB_TOOLS/peer" probe udp -t 300 10.0.2.1 7 2>/dev/null &&
	    atf_fail "a server from an empty table"
	atf_check -e ignore pfctl -t none -T add 10.0.0.2
	talks d udp 10.0.2.1 7
}

atf_init_test_cases()
{
	atf_add_test_case route_to
	atf_add_test_case synproxy
	atf_add_test_case killed
	atf_add_test_case many_gates
	atf_add_test_case reply_to
	atf_add_test_case pool
	atf_add_test_case copies
	atf_add_test_case tables
	atf_add_test_case inrules
	atf_add_test_case targets
}
