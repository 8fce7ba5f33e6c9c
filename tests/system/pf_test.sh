#! /usr/bin/env atf-sh
# pf's rules against packets: what passes, what does not, and what is answered.
. "$(atf_get_srcdir)/common.sh" || exit
. "$(atf_get_srcdir)/pf_common.sh" || exit

atf_test_case last_match
last_match_head()
{
	atf_set descr "The last rule that matches decides, or the first quick one; none passes; disabled passes"
}
last_match_body()
{
	on
	rules </dev/null
	pings a 10.0.1.2
	rules <<-EOF2
		block all
		pass in proto icmp
		block in on ra proto icmp to 10.0.1.2
		pass out
	EOF2
	pings a 10.0.0.1
	no_ping a 10.0.1.2
	rules <<-EOF2
		pass in quick on ra proto icmp to 10.0.1.2
		block in all
		block in quick proto icmp to 10.0.1.2
		pass out
	EOF2
	pings a 10.0.1.2
	no_ping a 10.0.0.1
	# text that is no ruleset changes nothing
	echo "pass in on" >bad.conf
	atf_check -s exit:1 -e match:"syntax error" pfctl -f bad.conf
	no_ping a 10.0.0.1
	atf_check -e inline:"pf disabled\n" pfctl -d
	pings a 10.0.0.1
}

atf_test_case twice
twice_head()
{
	atf_set descr "A forwarded packet is judged coming in and going out; states cover their own direction, replies and ICMP errors"
}
twice_body()
{
	on
	rules <<-EOF2
		block out on rc
		pass in on ra
	EOF2
	no_ping a 10.0.1.2
	pings a 10.0.0.1
	rules <<-EOF2
		block all
		pass in on ra
		pass out on rc
	EOF2
	pings a 10.0.1.2
	no_ping c 10.0.0.2
	atf_check -o match:"^all icmp 10.0.1.2:.* <- 10.0.0.2" \
	    -o match:"^all icmp 10.0.0.2:.* -> 10.0.1.2" pfctl -ss
	# port unreachable comes back by the state of what it is about
	refused a udp 10.0.1.2 9
	# loopback: out, then in
	rules <<-EOF2
		pass out on lo0
		block in on lo0
	EOF2
	no_ping - 127.0.0.1
	rules <<-EOF2
		set skip on lo0
		block all
	EOF2
	pings - 127.0.0.1
	# 10.0.0.1 is this machine's own: it goes by lo0, too
	pings - 10.0.0.1
	no_ping - 10.0.0.2
}

atf_test_case first_packet
first_packet_head()
{
	atf_set descr "flags S/SA is implied: the middle of a connection makes no state"
}
first_packet_body()
{
	on
	serve c tcp 10.0.1.2 7
	rules </dev/null
	started held ip netns exec a "$CB_TOOLS/peer" hold tcp 10.0.1.2 7
	rules <<-EOF2
		block all
		pass
	EOF2
	talks a tcp 10.0.1.2 7
	# the connection of before has no state, and its packets make none
	atf_check -o not-match:"10.0.0.2:.*10.0.1.2:7  *ESTABLISHED" pfctl -ss
	rules <<-EOF2
		block in on ra
		pass in on ra proto icmp
	EOF2
	pings a 10.0.1.2
	# what began with a state goes on without a rule
	rules <<-EOF2
		pass
	EOF2
	started held2 ip netns exec a "$CB_TOOLS/peer" hold tcp 10.0.1.2 7
	rules <<-EOF2
		block all
	EOF2
	atf_check -o match:"10.0.1.2:7 .*ESTABLISHED:ESTABLISHED" pfctl -ss
	silent a tcp 10.0.1.2 7
	# flags without a protocol are for TCP, and other packets have none:
	# in order, too, and beside rules with other flags
	for more in "" "match in on ra tag A" "pass in on ra flags S/S"; do
		printf '%s\n' "block all" "pass in on ra" "$more" \
		    "pass out on rc no state" >way
		{ cat way; echo "pass in on rc"; } | rules
		pings a 10.0.1.2
		silent a tcp 10.0.1.2 7
		{ cat way; echo "pass in on rc flags A/SA"; } | rules
		pings a 10.0.1.2
		silent a tcp 10.0.1.2 7
		for flags in any SA/SA /F; do
			{ cat way; echo "pass in on rc flags $flags"; } | rules
			pings a 10.0.1.2
			talks a tcp 10.0.1.2 7
		done
	done
}

atf_test_case nat
nat_head()
{
	atf_set descr "nat: the first match; filter rules see the new source; ports 50001 and up"
}
nat_body()
{
	on
	serve c tcp 10.0.1.2 7
	rules <<-EOF2
		nat on rc inet from 10.0.0.0/24 to any -> (rc)
		nat on rc inet from 10.0.0.2 to any -> 10.0.1.77
		block all
		pass in on ra
		pass out on rc inet from 10.0.1.1
	EOF2
	pings a 10.0.1.2
	talks a tcp 10.0.1.2 7
	atf_check -o match:"tcp 10.0.1.1:(5|6)[0-9]{4} \(10.0.0.2:[0-9]+\) -> 10.0.1.2:7" \
	    pfctl -ss
	rules <<-EOF2
		no nat on rc inet from 10.0.0.2 to 10.0.1.2
		nat on rc inet from 10.0.0.0/24 to any -> (rc)
		block out on rc inet from 10.0.0.0/24
	EOF2
	no_ping a 10.0.1.2
	# "pass" is not judged
	rules <<-EOF2
		nat pass on rc inet from 10.0.0.0/24 to any -> (rc)
		block out on rc
	EOF2
	pings a 10.0.1.2
	# both ways
	rules <<-EOF2
		binat on rc inet from 10.0.0.2 to any -> 10.0.1.1
	EOF2
	serve a tcp 10.0.0.2 7
	talks c tcp 10.0.1.1 7
	pings a 10.0.1.2
	# of nets, each host to its own
	ip -n c route add 10.0.7.0/24 via 10.0.1.1
	ip -n a addr add 10.0.0.77/24 dev e0
	rules <<-EOF2
		binat on rc inet from 10.0.0.0/24 to any -> 10.0.7.0/24
	EOF2
	talks c tcp 10.0.7.2 7
	for i in 1 2 3; do
		talks a tcp 10.0.1.2 7
		pings a 10.0.1.2 -I 10.0.0.77
	done
	pfctl -ss >states
	atf_check -o match:"tcp 10.0.7.2:[0-9]+ \(10.0.0.2:[0-9]+\) -> 10.0.1.2:7" \
	    -o match:"icmp 10.0.7.77:[0-9]+ \(10.0.0.77:[0-9]+\) -> 10.0.1.2" \
	    -o not-match:"10.0.7.[0134]:" cat states
	# MAP-E: 10 bits of the range, 52 in the next 8, 2 to choose from
	serve c udp 10.0.1.2 7
	atf_check -e ignore pfctl -Fs
	rules <<-EOF2
		nat on rc from 10.0.0.0/24 to any -> (rc) map-e-portset 6/8/0x34
	EOF2
	atf_check -o match:"-> \(rc\) round-robin map-e-portset 6/8/52$" \
	    pfctl -sn
	for i in 1 2 3 4 5; do
		talks a tcp 10.0.1.2 7
		talks a udp 10.0.1.2 7
	done
	pfctl -ss | sed -n 's/^.* 10.0.1.1:\([0-9]*\) (.*->.*/\1/p' >ports
	# where a port is drawn twice Linux gives up a closed connection's state
	[ "$(wc -l <ports)" -ge 6 ] || atf_fail "$(cat ports)"
	while read -r port; do
		[ $((port >> 2 & 0xff)) = 52 ] || atf_fail "port $port"
		[ "$port" -ge 1024 ] || atf_fail "port $port"
	done <ports
	[ "$(sort -u ports | wc -l)" -gt 3 ] || atf_fail "$(cat ports)"
}

atf_test_case rdr
rdr_head()
{
	atf_set descr "rdr: filter rules see the new destination; to the loopback; pass"
}
rdr_body()
{
	on
	serve a tcp 10.0.0.2 8080
	rules <<-EOF2
		rdr on rc inet proto tcp from any to 10.0.1.1 port 80 -> 10.0.0.2 port 8080
		block all
		pass in on rc proto tcp to 10.0.0.2 port 8080
		pass out on ra proto tcp to 10.0.0.2 port 8080
	EOF2
	talks c tcp 10.0.1.1 80
	rules <<-EOF2
		rdr on rc inet proto tcp from any to 10.0.1.1 port 80 -> 10.0.0.2 port 8080
		block in on rc
		pass in on rc proto tcp to 10.0.1.1 port 80
	EOF2
	silent c tcp 10.0.1.1 80
	rules <<-EOF2
		rdr pass on rc inet proto tcp from any to 10.0.1.1 port 80:90 -> 10.0.0.2 port 8070:*
		block in on rc
	EOF2
	talks c tcp 10.0.1.1 90
	serve_here tcp 127.0.0.1 99
	rules <<-EOF2
		rdr on rc inet proto tcp from any to 10.0.1.1 port 80 -> 127.0.0.1 port 99
		block in on rc
		pass in on rc proto tcp to 127.0.0.1 port 99
	EOF2
	talks c tcp 10.0.1.1 80
	# but nothing else comes to 127.0.0.1 from outside
	rules <<-EOF2
		rdr on rc inet proto tcp from any to 10.0.1.1 port 80 -> 127.0.0.1 port 99
	EOF2
	ip -n c route add 127.0.0.1 via 10.0.1.1 table 5
	ip -n c rule add pref 0 to 127.0.0.1 lookup 5
	ip -n c rule del pref 0 lookup local
	ip -n c rule add pref 1 lookup local
	silent c tcp 127.0.0.1 99
}

atf_test_case answers
answers_head()
{
	atf_set descr "block return answers: RST, port unreachable; in, out, forwarded, own"
}
answers_body()
{
	on
	rules <<-EOF2
		block return in on ra
	EOF2
	refused a tcp 10.0.1.2 9
	refused a tcp 10.0.0.1 9
	refused a udp 10.0.1.2 9
	rules <<-EOF2
		block drop in on ra
	EOF2
	silent a tcp 10.0.1.2 9
	rules <<-EOF2
		block return out on rc
	EOF2
	refused - tcp 10.0.1.2 9
	stopped - udp 10.0.1.2 9
	refused a tcp 10.0.1.2 9
	refused a udp 10.0.1.2 9
	# the answer is nobody's to block
	rules <<-EOF2
		block return all
	EOF2
	refused a tcp 10.0.1.2 9
	refused - tcp 10.0.1.2 9
	refused - tcp 127.0.0.1 9
}

atf_test_case answers_nat
answers_nat_head()
{
	atf_set descr "block return out answers on interfaces with nat, forwarded and own"
}
answers_nat_body()
{
	need tcpdump nft
	on
	ip addr add fd01::1/64 dev rc nodad
	ip -n c addr add fd01::2/64 dev e0 nodad
	ip -n a route add default via fd00::1
	echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
	rules <<-EOF2
		set skip on lo0
		nat on rc inet from 10.0.0.0/24 to any -> 10.0.1.1
		nat on rc inet6 from fd00::/64 to any -> fd01::1
		block return out on rc
		pass out on rc proto tcp from 10.0.1.1 to port 80
		block return-icmp (host-prohib) out on rc proto udp to port 11
		block return-rst (ttl 9) out on rc proto tcp to port 12
		block drop out on rc proto tcp to port 13
		pass out on rc inet6 proto icmp6 icmp6-type neighbrsol
		pass out on rc inet6 proto icmp6 icmp6-type neighbradv
	EOF2
	for port in 80 9 11 12 13; do
		serve c tcp 10.0.1.2 $port
	done
	serve c udp 10.0.1.2 9
	serve c udp 10.0.1.2 11
	talks a tcp 10.0.1.2 80
	for from in a -; do
		refused $from tcp 10.0.1.2 9
		refused $from udp 10.0.1.2 9
		refused $from tcp fd01::2 9
		refused $from udp fd01::2 9
	done
	silent a tcp 10.0.1.2 13
	no_ping a 10.0.1.2
	# what the rule answers, to whom nat has hidden
	ip netns exec a timeout 30 tcpdump -nvc 2 -i e0 \
	    'ip[8] = 9 and tcp or icmp[0:2] = 0x030a' >seen 2>listening &
	must_wait 10 grep -q listening listening
	refused a tcp 10.0.1.2 12
	at a "$CB_TOOLS/peer" probe udp -t 5000 10.0.1.2 11 2>/dev/null &&
	    atf_fail "port 11 answers"
	wait $! || atf_fail "$(cat seen)"
	# an interface that comes later, of which pf's keeper hears: until then
	# nothing leaves
	ip link del rc
	ip link add rc type veth peer name e1 netns c
	ip addr add 10.0.1.1/24 dev rc
	ip link set rc up
	ip -n c addr add 10.0.1.2/24 dev e1
	ip -n c link set e1 up
	talks a tcp 10.0.1.2 80
	refused a tcp 10.0.1.2 9
	atf_check -e ignore pfctl -F all
	atf_check -e ignore -o not-match:netdev nft list tables
}

atf_test_case table
table_head()
{
	atf_set descr "Tables: the longest prefix counts, negated or not; changes hold at once"
}
table_body()
{
	on
	rules <<-EOF2
		table <t> persist { 10.0.0.0/8, !10.0.0.0/24 }
		block in proto icmp
		pass in proto icmp from <t>
		pass out
	EOF2
	no_ping a 10.0.1.2
	pings c 10.0.1.1
	atf_check -e inline:"1/1 addresses added.\n" pfctl -t t -T add 10.0.0.2
	pings a 10.0.1.2
	atf_check -e inline:"1/1 addresses deleted.\n" \
	    pfctl -t t -T delete 10.0.0.2
	atf_check -e ignore pfctl -F states
	no_ping a 10.0.1.2
	rules <<-EOF2
		block in proto icmp
		pass in proto icmp from ! <t>
		pass out
		table <t> { 10.0.1.0/24 }
	EOF2
	pings a 10.0.1.2
	no_ping c 10.0.1.1
}

atf_test_case anchor
anchor_head()
{
	atf_set descr "Anchors: in their place, quick, loaded alone and kept"
}
anchor_body()
{
	on
	rules <<-EOF2
		block in proto icmp
		anchor "door" in on ra
		block in proto icmp to 10.0.0.1
		pass out
	EOF2
	no_ping a 10.0.1.2
	rules -a door <<-EOF2
		pass in proto icmp
	EOF2
	pings a 10.0.1.2
	no_ping a 10.0.0.1
	no_ping c 10.0.1.1
	rules -a door <<-EOF2
		pass in quick proto icmp to 10.0.0.1
	EOF2
	pings a 10.0.0.1
	no_ping a 10.0.1.2
	# the main ruleset's load leaves it
	rules <<-EOF2
		block in proto icmp
		anchor "door" quick on ra
		block in proto icmp to 10.0.0.1
		pass out
	EOF2
	pings a 10.0.0.1
	atf_check -o inline:"pass in quick inet proto icmp from any to 10.0.0.1 keep state\n" \
	    pfctl -a door -sr
	# `load anchor' in a file of `load anchor'
	echo 'pass in quick inet proto icmp to 10.0.0.1' >inner.conf
	echo 'anchor sub
	load anchor sub from "inner.conf"' >outer.conf
	rules <<-EOF2
		block in
		anchor out.er
		load anchor out.er from "outer.conf"
	EOF2
	pings a 10.0.0.1
	# what the main file sets is not for rules that are loaded already
	rules -a out.er/sub <<-EOF2
		pass in
	EOF2
	rules <<-EOF2
		set state-policy if-bound
		block in
		anchor "out.er/sub"
		pass out on { ra rc }
	EOF2
	pings a 10.0.0.1
	atf_check -o inline:"pass in all flags S/SA keep state\n" \
	    pfctl -a out.er/sub -sr
}

atf_test_case tag
tag_head()
{
	atf_set descr "match and tag: seen by later rules, on the way out, and kept in states"
}
tag_body()
{
	on
	rules <<-EOF2
		match in on ra proto icmp tag A
		block out
		pass out tagged A
	EOF2
	pings a 10.0.1.2
	no_ping c 10.0.0.2
	no_ping - 10.0.1.2
	rules <<-EOF2
		match in on ra tag A
		match in on ra proto icmp to 10.0.1.2 tag B
		block in tagged A
		pass in ! tagged A
	EOF2
	pings a 10.0.1.2
	no_ping a 10.0.0.1
	# macros as labels have them
	rules <<-'EOF2'
		block all
		pass in on { ra rc } inet proto icmp tag "by $if to $dstaddr"
		pass out tagged "by ra to any"
	EOF2
	pings a 10.0.1.2
	no_ping c 10.0.0.2
}

atf_test_case names
names_head()
{
	atf_set descr "Groups, interfaces to come, (IF), ranges and options of packets"
}
names_body()
{
	on
	rules <<-EOF2
		block in on ep
		pass out
	EOF2
	pings a 10.0.1.2
	ip link set ra down
	ip link set ra name ep0
	ip link set ep0 up
	no_ping a 10.0.1.2
	ip link set ep0 down
	ip link set ep0 name ra
	ip link set ra up
	rules <<-EOF2
		block in proto icmp
		pass out
		pass in proto icmp from 10.0.0.1 - 10.0.0.9 to (ra)
		pass in proto icmp to (rc:network)
	EOF2
	pings a 10.0.0.1
	pings a 10.0.1.2
	no_ping c 10.0.0.1
	# IP options pass by a rule that says so
	rules <<-EOF2
		pass in proto icmp
		pass out
	EOF2
	at a ping -q -R -c 1 -W 0.3 10.0.0.1 >/dev/null &&
	    atf_fail "options have passed"
	rules <<-EOF2
		pass in proto icmp allow-opts
		pass out allow-opts
	EOF2
	atf_check -o ignore ip netns exec a ping -q -R -c 1 -W 5 10.0.0.1
}

atf_test_case follows
follows_head()
{
	atf_set descr "What (IF) and groups mean follows addresses and interfaces"
}
follows_body()
{
	on
	rules <<-EOF2
		block in proto icmp
		pass out
		pass in on ra inet proto icmp to (ra)
		pass in on rc inet proto icmp to (ra)
	EOF2
	no_ping a 10.0.1.1
	ifconfig ra 10.0.0.8/24 alias
	pings a 10.0.0.8
	pings c 10.0.0.8
	# on an interface of its own name (ra could be a group's) the kernel
	# knows by itself
	ip link set rc down
	ip link set rc name rc0
	ip link set rc0 up
	rules <<-EOF2
		block in proto icmp
		pass in on rc0 inet proto icmp to (rc0)
	EOF2
	ip addr add 10.0.1.7/24 dev rc0
	pings c 10.0.1.7
}

atf_test_case limits
limits_head()
{
	atf_set descr "max, max-src-states: one too many is dropped"
}
limits_body()
{
	on
	serve c tcp 10.0.1.2 7
	serve c tcp 10.0.1.2 8
	rules <<-EOF2
		block in
		pass out
		pass in on ra proto tcp to port 7 keep state (max 1)
		pass in on ra proto tcp to port 8 keep state (max-src-states 1)
	EOF2
	started h7 ip netns exec a "$CB_TOOLS/peer" hold tcp 10.0.1.2 7
	silent a tcp 10.0.1.2 7
	started h8 ip netns exec a "$CB_TOOLS/peer" hold tcp 10.0.1.2 8
	silent a tcp 10.0.1.2 8
	ip -n a addr add 10.0.0.3/24 dev e0
	at a "$CB_TOOLS/peer" probe tcp -s 10.0.0.3 10.0.1.2 8 ||
	    atf_fail "another source is not let in"
	# of all rules together, unless they say `source-track rule'
	serve c udp 10.0.1.2 7
	serve c udp 10.0.1.2 8
	serve c udp 10.0.1.2 9
	rules <<-EOF2
		block in on ra
		pass in on ra proto udp to port 7 keep state (max-src-states 2)
		pass in on ra proto udp to port 8 keep state (max-src-states 1)
		pass in on ra proto udp to port 9 keep state (source-track global)
	EOF2
	talks a udp 10.0.1.2 7
	silent a udp 10.0.1.2 8
	talks a udp 10.0.1.2 9
	silent a udp 10.0.1.2 7
}

atf_test_case match_ends
match_ends_head()
{
	atf_set descr "match with scrub or set tos, by addresses and ports: packets of these states, both ways, beside nat and rdr"
}
# counts WHERE RULE...: a counter of what comes in
counts()
{
	local where=$1

	shift
	at "$where" nft add table inet t
	at "$where" nft add chain inet t c \
	    '{ type filter hook prerouting priority -300; }'
	at "$where" nft add rule inet t c "$@" counter
}
# counted_there WHERE N...: what these counters have
counted_there()
{
	local where=$1 want

	shift
	at "$where" nft list chain inet t c |
	    sed -n 's/.*counter packets \([0-9]*\).*/\1/p' >counts
	for want; do echo "$want"; done >wants
	atf_check -o file:wants cat counts
	at "$where" nft delete table inet t
}
match_ends_body()
{
	need nft
	on
	ip addr add fd01::1/64 dev rc nodad
	ip -n c addr add fd01::2/64 dev e0 nodad
	ip -n a -6 route add default via fd00::1
	ip -n c -6 route add default via fd01::1
	echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
	rules <<-EOF2
		nat on rc inet from 10.0.0.0/24 to any -> (rc)
		rdr on ra inet proto tcp to 10.0.0.1 port 80 \
		    -> 10.0.1.2 port 8080
		match in on ra inet proto tcp from 10.0.0.2 \
		    to 10.0.1.2 port 8080 scrub (max-mss 900)
		match out on rc inet proto tcp from 10.0.1.1 to port 8080 \
		    set tos 0x40
		match in inet6 proto tcp to fd01::/64 port 8080 \
		    scrub (max-mss 900) set tos 0x40
		match proto tcp to port 8081 flags S/SA scrub (max-mss 901)
		pass
	EOF2
	serve c tcp 10.0.1.2 8080
	serve c tcp 10.0.1.2 8081
	serve c tcp fd01::2 8080
	pings a fd01::2
	for n in 900 901; do
		counts a 'tcp flags & (syn | ack) == syn | ack' \
		    tcp option maxseg size $n
		counts c 'tcp flags & (syn | ack) == syn' \
		    tcp option maxseg size $n
	done
	counts a ip dscp 0x10 tcp flags syn
	counts c ip dscp 0x10 tcp flags syn
	counts a ip6 dscp 0x10 tcp flags syn
	counts c ip6 dscp 0x10 tcp flags syn
	talks a tcp 10.0.0.1 80
	talks a tcp 10.0.1.2 8081
	talks a tcp fd01::2 8080
	# all of the states' packets, going in and out
	counted_there a 2 1 1 1
	counted_there c 2 1 1 1
	# the other way round they are other packets
	serve a tcp 10.0.0.2 8080
	counts a tcp option maxseg size 900
	talks c tcp 10.0.0.2 8080
	counted_there a 0
}

atf_test_case match_scrub
match_scrub_head()
{
	atf_set descr "match with scrub: packets of the states of its direction, both ways, and no others"
}
# seen WHERE FROM TO TTL FILTER: the packet that WHERE sees of a ping.
seen()
{
	rm -f listening
	ip netns exec "$1" timeout 30 tcpdump -nvc 1 -i e0 "$5" \
	    >seen 2>listening &
	must_wait 10 grep -q listening listening
	at "$2" ping -q -c 1 -W 5 -t "$4" "$3" >/dev/null ||
	    atf_fail "$2 gets no answer of $3"
	wait $! || atf_fail "$1 sees nothing"
}
match_scrub_body()
{
	need tcpdump
	on
	rules <<-EOF2
		match in on ra scrub (min-ttl 99 no-df)
		match on rc inet proto icmp scrub (random-id)
		pass
	EOF2
	seen c a 10.0.1.2 5 'icmp[0] = 8'
	atf_check -o match:"ttl 98, .*flags \[none\]" cat seen
	seen a a 10.0.1.2 5 'icmp[0] = 0'
	atf_check -o match:"ttl 99," cat seen
	# another's state
	seen a c 10.0.0.2 20 'icmp[0] = 8'
	atf_check -o match:"ttl 19, .*flags \[DF\]" cat seen
	seen c c 10.0.0.2 20 'icmp[0] = 0'
	atf_check -o match:"ttl 63," cat seen
}

atf_test_case counters
counters_head()
{
	atf_set descr "Rules count what they decide and their states' packets; many rules; both engines"
}
counters_body()
{
	local i

	on
	i=0
	{
		echo "block in proto icmp"
		while [ $i -lt 300 ]; do
			i=$((i + 1))
			echo "pass in proto icmp to 10.9.$((i / 200)).$((i % 200))"
		done
		echo "pass in proto icmp to 10.0.1.2"
		echo "pass out proto icmp"
	} >big.conf
	for first in "" "match in all tag X"; do
		{
			# the optimiser would make one table of them
			echo "set ruleset-optimization none"
			echo "$first"
			cat big.conf
		} | rules
		no_ping a 10.0.0.1
		at a ping -q -c 3 -i 0.1 -W 5 10.0.1.2 >/dev/null ||
		    atf_fail "no pings"
		pfctl -vsr >counted 2>/dev/null
		atf_check -o match:"Packets: 1 .*Bytes: 84 " \
		    -o match:"State Creations: 0 " grep -A 2 "^block" counted
		atf_check -o match:"Packets: 6 .*Bytes: 504 " \
		    -o match:"State Creations: 1 " \
		    grep -A 2 "icmp from any to 10.0.1.2" counted
		atf_check -o match:"Packets: 0 " \
		    grep -A 1 "to 10.9.1.7 " counted
	done
}

atf_test_case anchor_counters
anchor_counters_head()
{
	atf_set descr "An anchor's rule counts what is decided within; a translation's has its states"
}
anchor_counters_body()
{
	on
	for first in "" "match in tag X"; do
		rules <<-EOF2
			nat on rc inet from 10.0.0.0/24 to any -> 10.0.1.1
			$first
			anchor "none" all {
				block in proto udp
			}
			anchor "some" in all {
				anchor "deep" all {
					pass in proto icmp to 10.0.1.2
					block in proto icmp to 10.0.0.1
				}
				match in
			}
			pass out
		EOF2
		no_ping a 10.0.0.1
		at a ping -q -c 3 -i 0.1 -W 5 10.0.1.2 >/dev/null ||
		    atf_fail "no pings"
		pfctl -a '*' -vsr >counted 2>/dev/null
		atf_check -o match:"Packets: 0 .*Bytes: 0 .*States: 0 " \
		    -o match:"State Creations: 0 " \
		    grep -A 2 '^anchor "none"' counted
		atf_check -o match:"Packets: 7 .*Bytes: 588 .*States: 1 " \
		    -o match:"State Creations: 1 " \
		    grep -A 2 '^anchor "some"' counted
		atf_check -o match:"Packets: 0 .*States: 0 " \
		    grep -A 2 '^anchor "deep"' counted
		atf_check -o match:"States: 1 " -e ignore pfctl -vsn
		atf_check -e ignore pfctl -Fs
	done
}

atf_test_case short_way
short_way_head()
{
	atf_set descr "First packets meet the same rules by their short way and by the long one"
}
short_way_body()
{
	on
	rules <<-EOF2
		block in
		block return in proto udp
		pass out
		anchor "x" in on ra {
			pass in quick inet proto icmp allow-opts
			block in quick proto icmp6 from fd00::2
		}
		pass in proto icmp6
	EOF2
	pings a 10.0.0.1
	# with an option it takes the long way
	pings a 10.0.0.1 -R
	atf_check -o match:"Packets: 4 .*Bytes: 416 " \
	    -e ignore pfctl -a x -vsr
	atf_check -o match:"State Creations: 2 " -e ignore pfctl -a x -vvsr
	# and what IPv6 says by itself
	atf_check -o match:"inserts  *([2-9]|[0-9]{2}) " \
	    -o match:"match  *([2-9]|[0-9]{2}) " -e ignore pfctl -si
	no_ping a fd00::1
	refused a udp 10.0.0.1 9
	silent a tcp 10.0.0.1 9
	# without a state, by a rule and by none
	rules <<-EOF2
		block in proto tcp
		pass inet proto icmp no state
	EOF2
	atf_check -e ignore pfctl -q -F states
	pings a 10.0.0.1
	pings a fd00::1
	atf_check -e ignore pfctl -ss
	atf_check -o match:"Packets: 2 .*Bytes: 168 " -e ignore pfctl -vsr
}

atf_test_case killed
killed_head()
{
	atf_set descr "A load killed at any moment leaves the old rules or the new ones"
}
killed_body()
{
	local f i

	on
	for f in 1 2; do
		i=0
		while [ $i -lt 400 ]; do
			i=$((i + 1))
			echo "pass in proto tcp to 10.$f.$((i / 200)).$((i % 200)) port $i"
		done >conf$f
		rules -o none <conf$f
		pfctl -sr >text$f
	done
	i=0
	while [ $i -lt 24 ]; do
		i=$((i + 1))
		pfctl -q -o none -f conf$((i % 2 + 1)) 2>/dev/null &
		sleep "0.0$((i % 8))"
		kill -9 $! 2>/dev/null
		wait $!
		pfctl -sr >now
		cmp -s now text1 || cmp -s now text2 ||
		    atf_fail "neither the old rules nor the new ones"
	done
	rules -o none <conf1
	pfctl -sr >now
	atf_check cmp now text1
}

atf_test_case v6
v6_head()
{
	atf_set descr "IPv6: neighbours are found by rules, and by states of pass out"
}
v6_body()
{
	on
	rules <<-EOF2
		block all
	EOF2
	no_ping a fd00::1
	ip -n a neigh flush all
	ip neigh flush all
	rules <<-EOF2
		block in log
		pass out
	EOF2
	pings - fd00::2
	no_ping a fd00::1
	rules <<-EOF2
		block all
		pass inet6 proto icmp6
	EOF2
	pings a fd00::1
}

atf_test_case options
options_head()
{
	atf_set descr "Options that do nothing here, or cannot be, are told by file and line"
}
options_body()
{
	cat >pf.conf <<-EOF2
		set timeout {
			tcp.first 20
			interval 30 }
		set optimization conservative
		set limit { states 50000
			frags 7 anchors 3 }
		set reassemble yes no-df
		set fingerprints "/etc/pf.os"
		set fail-policy return
		set syncookies never
	EOF2
	no="has no effect here"
	atf_check -e match:"^pf.conf:3: set timeout interval $no: " \
	    -e match:"^pf.conf:5: set limit states $no: " \
	    -e match:"^pf.conf:6: set limit frags $no: " \
	    -e match:"^pf.conf:6: set limit anchors $no: " \
	    -e match:"^pf.conf:7: set reassemble yes no-df $no: " \
	    -e match:"^pf.conf:8: set fingerprints $no: " \
	    -e match:"^pf.conf:9: set fail-policy return $no: " \
	    -e not-match:tsdiff -e not-match:"^set " pfctl -f pf.conf
	printf 'set skip on lo\nset syncookies adaptive\npass\n' >pf.conf
	atf_check -s exit:1 -e match:"^pf.conf:2: set syncookies adaptive: " \
	    -e match:"^pfctl: pf rules not loaded$" pfctl -f pf.conf
	atf_check pfctl -sr
}

atf_test_case no_route
no_route_head()
{
	atf_set descr "no-route and urpf-failed: asked where packets come in; what goes out has a route"
}
no_route_body()
{
	on
	ip -n a addr add 192.0.2.9/32 dev lo
	ip -n a addr add 10.0.1.77/32 dev lo
	rules <<-EOF2
		block out quick inet to { 198.51.100.1 no-route } label l_out
		block in quick on ra inet from no-route label l_from
		block in quick on ra inet to no-route label l_to
		block in quick on ra inet from urpf-failed label l_urpf
		block all label l_rest
		pass out inet proto icmp to ! no-route
		pass in inet proto icmp from ! no-route
	EOF2
	pings a 10.0.1.2
	pings - 10.0.1.2
	no_ping a -I 192.0.2.9 10.0.1.2
	no_ping a -I 10.0.1.77 10.0.1.2
	no_ping a 198.51.100.9
	pfctl -sl >labels
	for l in from to urpf; do
		atf_check -o match:"^l_$l [0-9]* 1 " cat labels
	done
	atf_check -o match:"^l_out [0-9]* 0 .*" -o match:"^l_rest [0-9]* [0-9]* " \
	    cat labels
	# in output nobody asks, either
	rules <<-EOF2
		rdr inet proto tcp from no-route to any port 7 -> 10.0.1.2
		rdr inet proto tcp to no-route port 7 -> 10.0.1.2
	EOF2
	serve c tcp 10.0.1.2 7
	talks a tcp 10.0.1.2 7
	talks a tcp 198.51.100.9 7
}

atf_init_test_cases()
{
	atf_add_test_case last_match
	atf_add_test_case twice
	atf_add_test_case first_packet
	atf_add_test_case nat
	atf_add_test_case rdr
	atf_add_test_case answers
	atf_add_test_case answers_nat
	atf_add_test_case table
	atf_add_test_case anchor
	atf_add_test_case tag
	atf_add_test_case names
	atf_add_test_case follows
	atf_add_test_case limits
	atf_add_test_case match_ends
	atf_add_test_case match_scrub
	atf_add_test_case counters
	atf_add_test_case anchor_counters
	atf_add_test_case short_way
	atf_add_test_case killed
	atf_add_test_case v6
	atf_add_test_case options
	atf_add_test_case no_route
}
