#! /usr/bin/env atf-sh
# pf's states: how many, how long, and what ends them.
. "$(atf_get_srcdir)/common.sh" || exit
. "$(atf_get_srcdir)/pf_common.sh" || exit

# holds NAME FROM PORT [SOURCE]: a connection that stays, and is seen to.
holds()
{
	local src=${4:-10.0.0.2}

	started "$1" ip netns exec "$2" "$CB_TOOLS/peer" hold tcp -s "$src" \
	    10.0.1.2 "$3"
	grep -q connected "$1" || atf_fail "$(cat "$1")"
}

atf_test_case overload
overload_head()
{
	atf_set descr "max-src-conn with overload and flush: the offender lands in the table, its states end; others stay"
}
overload_body()
{
	on
	serve c tcp 10.0.1.2 7
	serve c tcp 10.0.1.2 8
	ip -n a addr add 10.0.0.3/24 dev e0
	rules <<-EOF2
		table <bad> persist
		block in
		pass out
		pass in on ra proto tcp to port 8
		pass in on ra proto tcp to port 7 keep state \
		    (max-src-conn 2, overload <bad> flush)
		block in quick from <bad>
	EOF2
	holds h1 a 7
	holds h2 a 7
	holds h3 a 7 10.0.0.3
	holds h8 a 8
	atf_check pfctl -t bad -T show
	silent a tcp 10.0.1.2 7
	# before pfctl has had a hand in it: the table counts, states are over
	silent a tcp 10.0.1.2 8
	atf_check -o inline:"   10.0.0.2\n" pfctl -t bad -T show
	pfctl -ss >states
	grep -q "10.0.0.2.*1.2:7\|1.2:7.*10.0.0.2.*ra" states &&
	    atf_fail "not flushed: $(cat states)"
	atf_check -o match:"all tcp 10.0.1.2:7 <- 10.0.0.3:.*ESTABLISHED:ESTABLISHED" \
	    -o match:"all tcp 10.0.1.2:8 <- 10.0.0.2:.*ESTABLISHED:ESTABLISHED" \
	    cat states
	pfctl -vsi >info 2>/dev/null
	atf_check -o match:"max-src-conn  *1 " -o match:"table insertion  *1 " \
	    -o match:"src-limit  *1 " cat info
	# it is an entry like others: kept by a load, tested, deleted
	cp pf.conf again
	rules <again
	atf_check -o inline:"   10.0.0.2\n" pfctl -t bad -T show
	silent a tcp 10.0.1.2 8
	atf_check -e inline:"1/1 addresses deleted.\n" \
	    pfctl -t bad -T delete 10.0.0.2
	talks a tcp 10.0.1.2 8
}

atf_test_case conn_rate
conn_rate_head()
{
	atf_set descr "max-src-conn-rate counts handshakes, not first packets; flush global ends all of the source's states"
}
conn_rate_body()
{
	on
	serve c tcp 10.0.1.2 7
	serve c tcp 10.0.1.2 8
	rules <<-EOF2
		table <bad> persist
		block in
		pass out
		pass in on ra proto tcp to port 8
		pass in on ra proto tcp to port { 7, 9 } keep state \
		    (max-src-conn-rate 3/100, overload <bad> flush global)
		block return in quick from <bad>
	EOF2
	started h8 ip netns exec a "$CB_TOOLS/peer" hold tcp 10.0.1.2 8
	# nobody listens at 9: no handshake
	for i in 1 2 3 4 5; do
		refused a tcp 10.0.1.2 9
	done
	talks a tcp 10.0.1.2 7
	talks a tcp 10.0.1.2 7
	talks a tcp 10.0.1.2 7
	silent a tcp 10.0.1.2 7
	refused a tcp 10.0.1.2 7
	refused a tcp 10.0.1.2 8
	atf_check -o inline:"   10.0.0.2\n" pfctl -t bad -T show
	pfctl -ss >states
	! grep " <- 10.0.0.2" states || atf_fail "not flushed"
	atf_check -e inline:"1/1 addresses match.\n" \
	    pfctl -t bad -T test 10.0.0.2
	atf_check -e inline:"1 addresses deleted.\n" pfctl -t bad -T flush
	talks a tcp 10.0.1.2 8
}

# Seconds that conntrack gives a connection to a port of 10.0.1.2.
left()
{
	sed -n "s/.* tcp *6 \([0-9]*\) .*dport=$1 .*/\1/p" \
	    /proc/net/nf_conntrack
}

atf_test_case timeouts
timeouts_head()
{
	atf_set descr "Timeouts of one rule count for its states, also when the rules are loaded again"
}
timeouts_body()
{
	on
	serve c tcp 10.0.1.2 7
	serve c tcp 10.0.1.2 8
	rules <<-EOF2
		pass in on ra proto tcp to port 7 \
		    keep state (tcp.established 60)
		pass in on ra proto tcp to port 8
		pass out
	EOF2
	holds h7 a 7
	holds h8 a 8
	[ "$(left 7)" -le 60 ] || atf_fail "port 7: $(left 7)"
	[ "$(left 8)" -gt 60 ] || atf_fail "port 8: $(left 8)"
	echo "pass log" >>pf.conf
	cp pf.conf again
	rules <again
	[ "$(left 7)" -le 60 ] || atf_fail "again: $(left 7)"
	nft list ct timeout inet pf ct.6.120.30.60.900.900.45.45.90.120 \
	    >/dev/null || atf_fail "no timeouts"
	rules <<-EOF2
		pass
	EOF2
	nft list ct timeout table inet pf | grep "established" &&
	    atf_fail "timeouts are left"
	echo "pass keep state (udp.first 3)" >bad
	atf_check -s exit:1 \
	    -e match:"bad:1: timeout udp.first: conntrack has no" \
	    pfctl -f bad
}

atf_test_case sloppy
sloppy_head()
{
	atf_set descr "sloppy: a connection passes of which one direction only is seen"
}
sloppy_body()
{
	on
	# answers go another way
	ip link add d0 netns a type veth peer name d0 netns c
	ip -n a addr add 10.0.9.1/24 dev d0
	ip -n c addr add 10.0.9.2/24 dev d0
	ip -n a link set d0 up
	ip -n c link set d0 up
	ip -n c route add 10.0.0.0/24 via 10.0.9.1
	serve c tcp 10.0.1.2 7
	rules <<-EOF2
		block
		pass in on ra proto tcp to port 7
		pass out on rc proto tcp to port 7
	EOF2
	silent a tcp 10.0.1.2 7
	rules <<-EOF2
		block
		pass in on ra proto tcp to port 7 keep state (sloppy)
		pass out on rc proto tcp to port 7 keep state (sloppy)
	EOF2
	talks a tcp 10.0.1.2 7
	holds h7 a 7
	atf_check -e ignore pfctl -F states
	atf_check -o empty pfctl -ss
}

atf_test_case answers
answers_head()
{
	atf_set descr "return-icmp with a code answers TCP, too; return-rst (ttl) has it"
}
answers_body()
{
	on
	rules <<-EOF2
		block return-icmp(host-prohib) in on ra
	EOF2
	for proto in tcp udp; do
		at a "$CB_TOOLS/peer" probe $proto -t 5000 10.0.1.2 9 2>why &&
		    atf_fail "reached"
		grep -q "No route to host" why || atf_fail "$(cat why)"
	done
	no_ping a 10.0.1.2
	rules <<-EOF2
		block in on ra
		block return-rst(ttl 7) in on ra proto tcp
	EOF2
	at a nft add table ip t
	at a nft "add chain ip t c { type filter hook input priority 0; }"
	at a nft add rule ip t c "tcp flags & rst == rst" ip ttl 7 counter
	refused a tcp 10.0.1.2 9
	atf_check -o match:"counter packets 1 " ip netns exec a nft list chain ip t c
}

atf_test_case rare
rare_head()
{
	atf_set descr "once, max-pkt-size, os, user unknown, set limit states, fragment"
}
rare_body()
{
	on
	serve c tcp 10.0.1.2 7
	rules <<-EOF2
		block in on ra
		pass in quick on ra proto icmp once
		pass out
	EOF2
	pings a 10.0.1.2
	no_ping a 10.0.1.2
	atf_check -o not-match:"once" pfctl -sr
	rules <<-EOF2
		block in on ra
		pass in on ra proto icmp max-pkt-size 200
		pass out
	EOF2
	pings a 10.0.0.1
	at a ping -q -s 300 -c 1 -W 0.3 10.0.0.1 >/dev/null &&
	    atf_fail "a large one"
	rules <<-EOF2
		pass
		block return in on ra proto tcp from any os unknown
	EOF2
	refused a tcp 10.0.1.2 7
	rules <<-EOF2
		pass
		block return in on ra proto tcp from any os "Linux 2.6"
	EOF2
	talks a tcp 10.0.1.2 7
	rules <<-EOF2
		pass
		block return out on rc proto tcp user unknown
	EOF2
	refused a tcp 10.0.1.2 7
	talks - tcp 10.0.1.2 7
	rules <<-EOF2
		set limit states 1
		block quick inet6
		pass in
		pass out no state
	EOF2
	atf_check -e ignore pfctl -F states
	pings a 10.0.0.1
	no_ping a 10.0.0.1
	atf_check -o match:"memory  *[1-9]" pfctl -si
	echo "block in fragment" >f
	atf_check -e match:"f:1: fragment: all packets are reassembled" \
	    pfctl -f f
}

# counted RULE: its packets.
counted()
{
	pfctl -vsr 2>/dev/null | grep -A 1 "$1" |
	    sed -n 's/.*Packets: \([0-9]*\) .*/\1/p'
}

atf_test_case sole
sole_head()
{
	atf_set descr "States that only one rule can have made: counted, found after a load, and beside those that replies make"
}
sole_body()
{
	on
	rules <<-EOF2
		block all
		pass in on ra inet proto icmp
		pass out inet
	EOF2
	at a ping -q -c 3 -i 0.1 -W 5 10.0.1.2 >/dev/null || atf_fail "no pings"
	pfctl -vsr >got 2>/dev/null
	atf_check -o match:"Packets: 6 .*Bytes: 504 " \
	    -o match:"State Creations: 1 " grep -A 2 "^pass in on ra" got
	atf_check -o match:"Packets: 6 .*Bytes: 504 " \
	    -o match:"State Creations: 1 " grep -A 2 "^pass out" got
	# each packet is looked for twice
	[ "$(pfctl -si 2>/dev/null | awk '$1 == "searches" { print $2 }')" \
	    -ge 12 ] || atf_fail "$(pfctl -si 2>/dev/null)"
	atf_check -e ignore pfctl -q -z
	[ "$(counted "^pass out")" = 0 ] || atf_fail "-z: $(counted "^pass out")"

	# a flow goes on when the rules are others
	ip netns exec a ping -q -c 15 -i 0.1 -W 5 10.0.1.2 >flow &
	until pfctl -ss 2>/dev/null | grep -q icmp; do
		sleep 0.05
	done
	rules <<-EOF2
		block all
		pass in inet proto udp
		pass out inet proto udp
	EOF2
	no_ping a 10.0.1.2
	wait $! || :
	atf_check -o match:" 15 received" cat flow

	# states of in rules that replies make, where one out rule makes states
	atf_check -e ignore pfctl -q -F states
	rules <<-EOF2
		block all
		pass out inet proto icmp no state
		pass out inet proto udp
		pass in on ra inet proto icmp
	EOF2
	ping -q -c 3 -i 0.1 -W 5 10.0.0.2 >/dev/null || atf_fail "no pings"
	[ "$(counted "^pass in on ra")" = 5 ] ||
	    atf_fail "by a reply: $(counted "^pass in on ra")"
	[ "$(counted "^pass out inet proto udp")" = 0 ] || atf_fail "udp"

	# both families, and a rule for both directions
	rules <<-EOF2
		block all
		pass
	EOF2
	atf_check -e ignore pfctl -q -F states
	pings a 10.0.1.2
	pings a fd00::1
	[ "$(counted "^pass all")" -ge 6 ] || atf_fail "$(counted "^pass all")"
}

atf_test_case keeps
keeps_head()
{
	atf_set descr "Counters stay with keepcounters, and when something else is loaded; an inline anchor is loaded anew"
}
keeps_body()
{
	on
	rules <<-EOF2
		set keepcounters
		pass in on ra proto icmp
		pass out
	EOF2
	pings a 10.0.0.1
	[ "$(counted "pass in on ra")" = 2 ] || atf_fail "$(counted ra)"
	rules <<-EOF2
		set keepcounters
		block in on rc
		pass in on ra proto icmp
		pass out
	EOF2
	pings a 10.0.0.1
	[ "$(counted "pass in on ra")" = 4 ] || atf_fail "$(counted ra)"
	rules <<-EOF2
		anchor "door" {
		    block in proto udp
		}
		pass in on ra proto icmp
		pass out
	EOF2
	pings a 10.0.0.1
	echo "block in on rc" >door
	atf_check pfctl -q -a door -f door
	pings a 10.0.0.1
	[ "$(counted "pass in on ra")" = 4 ] || atf_fail "$(counted ra)"
	atf_check -o inline:"block drop in on rc all\n" pfctl -a door -sr
	atf_check -o match:"^  block drop in on rc all" pfctl -a "*" -sr
	no_ping c 10.0.1.1
}

atf_test_case zero
zero_head()
{
	atf_set descr "-z: what is shown counts from 0, and states stay their rules'; others go on"
}
zero_body()
{
	local n

	on
	rules <<-EOF2
		nat on rc inet from 10.0.0.0/24 to any -> 10.0.1.1
		pass in on ra inet proto icmp label "in"
		anchor "a" out on rc all {
			pass out on rc inet proto icmp label "out"
		}
	EOF2
	at a sh -c 'ping -q -i 0.2 10.0.1.2 >/dev/null & echo $!' >pid
	must_wait 10 sh -c 'pfctl -sl | grep "^in 1 [1-9]"'
	# shown, then cleared
	atf_check -o match:"^in 1 [1-9]" pfctl -zsl
	atf_check -o match:"^in 0 " pfctl -sl
	# its state's packets go on to be counted for it
	must_wait 10 sh -c 'pfctl -sl | grep "^in 0 [1-9]"'
	atf_check -e ignore -o match:", rule 0" pfctl -vss
	atf_check -e ignore -o match:"Evaluations: 0 .*Packets: [1-9].* States: 1 " \
	    pfctl -zvsr
	# options and tables change no rule
	atf_check -e ignore pfctl -x misc
	echo 'set timeout tcp.first 60' | atf_check pfctl -mO -f -
	atf_check -e ignore -o match:", rule 0" pfctl -vss
	# others' counters stay
	atf_check -o match:"^out 1 [1-9]" pfctl -a a -sl
	atf_check -e ignore -o match:"Evaluations: 1 .*States: 1 " pfctl -vsn
	# alone, and in an anchor
	atf_check pfctl -a a -z
	atf_check -o match:"^out 0 " pfctl -a a -sl
	must_wait 10 sh -c 'pfctl -sl | grep "^in 0 [1-9]"'
	# so with a load of the same words; another begins with none
	atf_check pfctl -f pf.conf
	must_wait 10 sh -c 'pfctl -sl | grep "^in 0 [1-9]"'
	atf_check -e inline:"killed 1 states\n" pfctl -k label -k in
	must_wait 10 sh -c 'pfctl -sl | grep "^in 1 [1-9]"'
	echo pass in on rc >>pf.conf
	atf_check pfctl -f pf.conf
	atf_check -e inline:"killed 0 states\n" pfctl -k label -k in
	kill "$(cat pid)"
}

atf_test_case sources
sources_head()
{
	atf_set descr "Source nodes are shown; killing one lets its source begin again"
}
sources_body()
{
	on
	serve c tcp 10.0.1.2 7
	rules <<-EOF2
		block in
		pass out
		pass in on ra proto tcp to port 7 keep state \
		    (source-track rule, max-src-states 1)
	EOF2
	atf_check -o empty pfctl -sS
	holds h1 a 7
	atf_check -o inline:"10.0.0.2 -> 0.0.0.0 ( states 1, connections 1, rate 0.0/0s )\n" \
	    pfctl -sS
	atf_check -o match:", filter rule 2$" -e ignore pfctl -vsS
	pfctl -vsi 2>/dev/null | sed -n '/^Source Tracking Table/,/^Counters/p' >seen
	atf_check -o match:"^  current entries                        1 " cat seen
	silent a tcp 10.0.1.2 7
	atf_check -e inline:"killed 0 src nodes from 1 sources and 0 destinations\n" \
	    pfctl -K 10.0.0.3
	silent a tcp 10.0.1.2 7
	atf_check -e inline:"killed 1 src nodes from 1 sources and 0 destinations\n" \
	    pfctl -K 10.0.0.2
	holds h2 a 7
	silent a tcp 10.0.1.2 7
	atf_check -e inline:"source tracking entries cleared\n" pfctl -F Sources
	talks a tcp 10.0.1.2 7
}

atf_test_case words
words_head()
{
	atf_set descr "-vvss: what states are bound to, led by and kept of; -i and -M of -k"
}
words_body()
{
	on
	serve c tcp 10.0.1.2 7
	rules <<-EOF2
		nat on rc inet from 10.0.0.0/24 to any -> { 10.0.1.1, 10.0.1.1 } round-robin sticky-address
		block
		pass in on ra proto tcp all keep state (source-track rule, no-sync, sloppy) allow-opts
		pass out on rc proto tcp all set tos 0x10 keep state (if-bound)
		pass in log (all) on ra route-to (rc 10.0.1.2) inet proto icmp rtable 0
		pass out on rc inet proto icmp
		pass out on ra
	EOF2
	talks a tcp 10.0.1.2 7
	atf_check -o save:shown -e ignore pfctl -vvss
	atf_check -o match:"^all tcp 10.0.1.2:7 <- 10.0.0.2:" \
	    -o match:", rule 1, allow-opts, sloppy, no-sync, source-track$" \
	    -o match:"^   origif: ra$" \
	    -o match:"^rc tcp 10.0.1.1:.* .10.0.0.2:.*. -> 10.0.1.2:7 " \
	    -o match:", rule 2, set-tos 0x10, sticky-address$" \
	    -o not-match:"origif: rc" cat shown
	pings a 10.0.1.2
	atf_check -o save:shown -e ignore pfctl -vvss
	# an echo's id is its own on the way in, whatever nat made of it
	atf_check -o match:"^all icmp 10.0.1.2:[0-9]* <- 10.0.0.2:" \
	    -o match:", rule 3, log .all.$" \
	    -o match:"creatorid: [0-9a-f]* route-to: 10.0.1.2@rc rtable: 0$" \
	    cat shown
	atf_check -o match:" tcp " -o not-match:"<-" pfctl -ss -i rc
	# of floating states, those that were made there
	atf_check -e inline:"killed 0 states from 1 sources and 0 destinations\n" \
	    pfctl -i rc -k 10.0.0.2
	atf_check -e inline:"killed 2 states from 1 sources and 0 destinations\n" \
	    pfctl -i ra -k 10.0.0.2
	atf_check pfctl -ss
	# -M: that of the other way counts, too
	pings a 10.0.1.2
	atf_check -e inline:"killed 2 states from 1 sources and 0 destinations\n" \
	    pfctl -M -k 10.0.0.2
	pings a 10.0.1.2
	atf_check -e inline:"1 states cleared\n" pfctl -Fs -i rc
	atf_check pfctl -ss
	# an answer that a rule lets out has a state beside that of nat
	rules <<-EOF2
		nat on rc inet from 10.0.0.0/24 to any -> 10.0.1.1
		pass out
	EOF2
	pings a 10.0.1.2
	atf_check -o match:"^all icmp 10.0.1.1:[0-9]* .10.0.0.2:.* -> 10.0.1.2:" \
	    -o match:"^all icmp 10.0.1.2:[0-9]* -> 10.0.0.2:" pfctl -ss
	atf_check -o match:"States: 1 " -e ignore pfctl -vsn
}

atf_test_case synproxy
synproxy_head()
{
	atf_set descr "synproxy state: the server is asked when the client has answered; forwarded, own, v6"
}
synproxy_body()
{
	need nft
	on
	cat >pf.conf <<-EOF2
		block all
		pass proto icmp6
		pass in on ra proto tcp to port { 80, 81 } synproxy state
		pass out on rc proto tcp to port 80
	EOF2
	pfctl -qf pf.conf 2>why || {
		grep -q CONFIG_NFT_SYNPROXY why && atf_skip "$(cat why)"
		atf_fail "$(cat why)"
	}
	serve c tcp 10.0.1.2 80
	serve_here tcp 10.0.0.1 81
	serve_here tcp fd00::1 81
	talks a tcp 10.0.1.2 80
	# both states, as without; and the rule counts it
	atf_check -e ignore -o match:"10.0.1.2:80 <- 10.0.0.2" \
	    -o match:"10.0.0.2:[0-9]* -> 10.0.1.2:80" pfctl -ss
	talks a tcp 10.0.0.1 81
	talks a tcp fd00::1 81
	silent a tcp 10.0.1.2 82
	# who does not answer is never seen by the server
	for net in a c; do
		ip netns exec $net nft add table ip t
		ip netns exec $net nft add chain ip t c \
		    '{ type filter hook input priority 0; }'
	done
	ip netns exec c nft add rule ip t c tcp flags syn counter
	ip netns exec a nft add rule ip t c \
	    'tcp flags & (syn | ack) == syn | ack counter drop'
	silent a tcp 10.0.1.2 80
	atf_check -o match:"counter packets [1-9]" \
	    ip netns exec a nft list chain ip t c
	atf_check -o match:"counter packets 0 " \
	    ip netns exec c nft list chain ip t c
	ip netns exec a nft flush table ip t
	talks a tcp 10.0.1.2 80
	atf_check -o match:"counter packets 1 " \
	    ip netns exec c nft list chain ip t c
}

# v6 behind the router, too
six_behind()
{
	ip addr add fd01::1/64 dev rc nodad
	ip -n c addr add fd01::2/64 dev e0 nodad
	ip -n c -6 route add default via fd01::1
	ip -n a -6 route add default via fd00::1
	echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
}

# synproxied: rules from stdin, if the kernel can
synproxied()
{
	cat >pf.conf
	pfctl -qf pf.conf 2>why || {
		grep -q CONFIG_NFT_SYNPROXY why && atf_skip "$(cat why)"
		atf_fail "$(cat why)"
	}
}

# shy WHERE ADDR PORT: a never answers; what of it does WHERE see?
shy()
{
	at a nft add table inet t
	at a nft add chain inet t c '{ type filter hook input priority -300; }'
	at a nft add rule inet t c \
	    'tcp flags & (syn | ack) == syn | ack counter drop'
	at "$1" nft add table inet s
	at "$1" nft add chain inet s c \
	    '{ type filter hook input priority 300; }'
	at "$1" nft add rule inet s c tcp flags syn counter
	silent a tcp "$2" "$3"
	atf_check -o match:"counter packets [1-9]" \
	    ip netns exec a nft list chain inet t c
	at "$1" nft list chain inet s c >seen
	atf_check -o match:"counter packets 0 " cat seen
	at a nft delete table inet t
	at "$1" nft delete table inet s
}

atf_test_case synproxy_rdr
synproxy_rdr_head()
{
	atf_set descr "synproxy state beside rdr and binat: redirected, the client's address seen, no half handshake at the server"
}
synproxy_rdr_body()
{
	need nft
	on
	six_behind
	ip addr add 10.0.0.9/24 dev ra
	ip -n c addr add 10.0.1.3/24 dev e0
	# as small offices have it
	synproxied <<-EOF2
		set block-policy return
		set skip on lo
		scrub in
		nat on ra from !(ra) -> (ra:0)
		nat-anchor "proxy/*"
		rdr-anchor "proxy/*"
		rdr pass on rc proto tcp to port ftp -> 127.0.0.1 port 8021
		rdr on ra inet proto tcp from any to any port 80 -> 10.0.1.2
		rdr on ra inet6 proto tcp to fd00::1 port 80 \
		    -> fd01::2 port 8080
		rdr on ra inet proto tcp to 10.0.0.1 port 81 \
		    -> 127.0.0.1 port 8081
		rdr on ra inet proto tcp to 10.0.0.1 port 83 \
		    -> { 10.0.1.2, 10.0.1.3 } port 84 round-robin
		binat on ra inet from 10.0.1.3 to any -> 10.0.0.9
		block in
		pass out
		pass proto icmp6
		anchor "proxy/*"
		antispoof quick for { lo rc }
		pass in on ra inet proto tcp to 10.0.1.2 port 80 synproxy state
		pass in on ra inet6 proto tcp to fd01::2 port 8080 \
		    synproxy state
		pass in on ra inet proto tcp to 127.0.0.1 port 8081 \
		    synproxy state
		pass in on ra inet proto tcp to { 10.0.1.2, 10.0.1.3 } \
		    port 84 synproxy state
		pass in on ra inet proto tcp to 10.0.1.3 port 85 synproxy state
		pass in on ra inet proto tcp to 10.0.1.2 port 86 synproxy state
		pass quick on rc no state
	EOF2
	at c nft add table inet t
	at c nft add chain inet t c '{ type filter hook input priority 0; }'
	at c nft add rule inet t c ip saddr 10.0.0.2 tcp flags syn counter
	serve c tcp 10.0.1.2 80
	talks a tcp 10.0.0.1 80
	atf_check -o match:"counter packets 1 " \
	    ip netns exec c nft list chain inet t c
	atf_check -e ignore \
	    -o match:"all tcp 10.0.1.2:80 \(10.0.0.1:80\) <- 10.0.0.2:" \
	    pfctl -ss
	serve c tcp fd01::2 8080
	talks a tcp fd00::1 80
	atf_check -e ignore \
	    -o match:"fd01::2\[8080\] \(fd00::1\[80\]\) <- fd00::2\[" pfctl -ss
	serve_here tcp 127.0.0.1 8081
	talks a tcp 10.0.0.1 81
	serve c tcp 10.0.1.2 84
	serve c tcp 10.0.1.3 84
	for i in 1 2 3 4; do
		talks a tcp 10.0.0.1 83
	done
	atf_check -e ignore -o match:"10.0.1.2:84 .10.0.0.1:83. <-" \
	    -o match:"10.0.1.3:84 .10.0.0.1:83. <-" pfctl -ss
	serve c tcp 10.0.1.3 85
	talks a tcp 10.0.0.9 85
	atf_check -e ignore -o match:"10.0.1.3:85 .10.0.0.9:85. <-" pfctl -ss
	# not redirected at all
	serve c tcp 10.0.1.2 86
	talks a tcp 10.0.1.2 86
	refused a tcp 10.0.0.9 82
	shy c 10.0.0.1 80
	shy c fd00::1 80
	shy - 10.0.0.1 81
	shy c 10.0.0.1 83
	shy c 10.0.0.9 85
	talks a tcp 10.0.0.1 80
}

atf_test_case synproxy_rdr_to
synproxy_rdr_to_head()
{
	atf_set descr "synproxy state with rdr-to of the same rule: as with rdr"
}
synproxy_rdr_to_body()
{
	need nft
	on
	six_behind
	ip -n c addr add 10.0.1.3/24 dev e0
	synproxied <<-EOF2
		set skip on lo
		block in
		pass out
		pass proto icmp6
		pass in on ra inet proto tcp to 10.0.0.1 port 80 \
		    rdr-to 10.0.1.2 port 8080 synproxy state
		pass in on ra inet6 proto tcp to fd00::1 port 80 \
		    rdr-to fd01::2 port 8080 synproxy state
		pass in on ra inet proto tcp to 10.0.0.1 port 81 \
		    rdr-to 127.0.0.1 port 8081 synproxy state
		pass in on ra inet proto tcp to 10.0.0.1 port 83 \
		    rdr-to { 10.0.1.2, 10.0.1.3 } port 84 round-robin \
		    tag T synproxy state (max 9)
		pass in on ra inet proto tcp to 10.0.0.1 port 85 synproxy state
		block out on rc proto tcp to port 84
		pass out on rc proto tcp to port 84 tagged T
	EOF2
	serve c tcp 10.0.1.2 8080
	serve c tcp fd01::2 8080
	serve_here tcp 127.0.0.1 8081
	serve c tcp 10.0.1.2 84
	serve c tcp 10.0.1.3 84
	serve_here tcp 10.0.0.1 85
	talks a tcp 10.0.0.1 80
	talks a tcp fd00::1 80
	talks a tcp 10.0.0.1 81
	talks a tcp 10.0.0.1 83
	talks a tcp 10.0.0.1 83
	talks a tcp 10.0.0.1 85
	pfctl -ss 2>/dev/null >states
	atf_check -o match:"10.0.1.2:8080 .10.0.0.1:80. <- 10.0.0.2:" \
	    -o match:"10.0.0.2:[0-9]* -> 10.0.1.2:8080" \
	    -o match:"fd01::2.8080. .fd00::1.80.. <- fd00::2" \
	    -o match:"10.0.1.2:84 .10.0.0.1:83. <-" \
	    -o match:"10.0.1.3:84 .10.0.0.1:83. <-" cat states
	shy c 10.0.0.1 80
	shy c fd00::1 80
	shy - 10.0.0.1 81
	shy c 10.0.0.1 83
	talks a tcp 10.0.0.1 80
}

atf_test_case synproxy_more
synproxy_more_head()
{
	atf_set descr "synproxy state: tags go with the connection; timeouts are the connection's"
}
synproxy_more_body()
{
	need nft
	on
	six_behind
	for rdr in "" "rdr on ra inet proto tcp to 10.0.0.1 port 80 -> 10.0.1.2
rdr on ra inet6 proto tcp to fd00::1 port 80 -> fd01::2"; do
		synproxied <<-EOF2
			$rdr
			block all
			pass proto icmp6
			pass in on ra proto tcp to port 80 tag WEB \
			    synproxy state (tcp.established 4321)
			pass in on ra proto tcp to port 81 synproxy state
			pass out on rc tagged WEB
		EOF2
		started s4 ip netns exec c "$CB_TOOLS/peer" serve tcp \
		    10.0.1.2 80
		started s6 ip netns exec c "$CB_TOOLS/peer" serve tcp \
		    fd01::2 80
		started s1 ip netns exec c "$CB_TOOLS/peer" serve tcp \
		    10.0.1.2 81
		four=10.0.1.2 six=fd01::2
		[ -z "$rdr" ] || four=10.0.0.1 six=fd00::1
		talks a tcp $four 80
		talks a tcp $six 80
		# in, but nothing lets it out
		at a "$CB_TOOLS/peer" probe tcp -t 500 10.0.1.2 81 &&
		    atf_fail "goes out without its tag"
		started h ip netns exec a "$CB_TOOLS/peer" hold tcp $four 80
		pfctl -vss 2>/dev/null >states
		grep -q "expires in 01:1[12]:" states ||
		    atf_fail "$(cat states)"
	done
}

atf_test_case synproxy_limits
synproxy_limits_head()
{
	atf_set descr "synproxy state: limits and overload count who has answered; max-mss, reply-to, if-bound hold"
}
synproxy_limits_body()
{
	need nft
	on
	serve c tcp 10.0.1.2 7
	serve c tcp 10.0.1.2 8
	serve_here tcp 10.0.0.1 9
	ip -n a addr add 10.0.0.3/24 dev e0
	ip -n a addr add 10.0.9.1/32 dev lo
	# a way that no answer may take
	ip route add 10.0.9.1 via 10.0.1.2
	for rdr in "" "rdr on ra inet proto tcp to 10.0.0.9 -> 10.0.1.2"; do
		synproxied <<-EOF2
			table <bad> persist
			$rdr
			block in
			pass out
			pass in on ra proto tcp to port 7 synproxy state \
			    (max 1, if-bound)
			pass in on ra proto tcp to port 8 synproxy state \
			    (max-src-conn 1, overload <bad> flush global)
			pass in on ra reply-to (ra 10.0.0.2) \
			    proto tcp from 10.0.9.1 to port { 8, 9 } \
			    scrub (max-mss 1000) synproxy state (if-bound)
			block in quick on ra from <bad>
		EOF2
		holds h1 a 7
		at a "$CB_TOOLS/peer" probe tcp -t 400 10.0.1.2 7 &&
		    atf_fail "more than max"
		holds h2 a 8 10.0.0.3
		atf_check pfctl -t bad -T show
		at a "$CB_TOOLS/peer" probe tcp -t 400 -s 10.0.0.3 \
		    10.0.1.2 8 && atf_fail "more than max-src-conn"
		atf_check -o inline:"   10.0.0.3\n" pfctl -t bad -T show
		at a nft add table inet t
		at a nft add chain inet t c \
		    '{ type filter hook input priority 0; }'
		at a nft add rule inet t c ip daddr 10.0.9.1 \
		    'tcp flags & (syn | ack) == syn | ack' \
		    tcp option maxseg size 1000 counter
		for port in 8 9; do
			to=10.0.1.2
			[ $port = 8 ] || to=10.0.0.1
			at a "$CB_TOOLS/peer" probe tcp -t 3000 -s 10.0.9.1 \
			    $to $port || atf_fail "no way back from $port"
		done
		atf_check -o match:"counter packets 2 " \
		    ip netns exec a nft list chain inet t c
		at a nft delete table inet t
		atf_check -e ignore pfctl -q -F all
	done
	# of all rules together, also where nothing goes out
	synproxied <<-EOF2
		set limit states 1
		block in
		pass in on ra proto tcp to port 9 synproxy state
	EOF2
	started h3 ip netns exec a "$CB_TOOLS/peer" hold tcp 10.0.0.1 9
	at a "$CB_TOOLS/peer" probe tcp -t 400 10.0.0.1 9 &&
	    atf_fail "more than all states"
	true
}

atf_test_case table_counters
table_counters_head()
{
	atf_set descr "A table with counters counts by address, direction and verdict; a table as a whole by its rules"
}
table_counters_body()
{
	on
	rules <<-EOF2
		table <t> counters persist { 10.0.0.0/24, 10.0.0.2 }
		block in proto udp from <t>
		pass in on ra proto icmp from <t>
		pass out
	EOF2
	pings a 10.0.0.1
	at a "$CB_TOOLS/peer" probe udp -t 1 10.0.0.1 9 2>/dev/null
	pfctl -t t -vT show >shown 2>/dev/null
	sed -n '/10.0.0.2$/,$p' shown >entry
	atf_check -o match:"In/Block: .*Packets: 1 " \
	    -o match:"In/Pass: .*Packets: 1 .*Bytes: 84 " \
	    -o match:"Out/Pass: .*Packets: 1 .*Bytes: 84 " cat entry
	atf_check -o not-match:"Packets: [1-9]" sed '/10.0.0.2$/,$d' shown
	atf_check -o match:"In/Block: .*Packets: 1 " \
	    -o match:"In/Pass: .*Packets: 1 " -e ignore pfctl -vvsT
	# a change leaves the others' counters
	atf_check -e ignore pfctl -t t -T add 10.0.0.9
	atf_check -o match:"In/Pass: .*Packets: 1 .*Bytes: 84 " \
	    -e ignore pfctl -t t -vT show
	# one address alone begins anew, its neighbours in the set do not
	atf_check -e ignore pfctl -t t -T zero 10.0.0.9
	atf_check -o match:"In/Pass: .*Packets: 1 .*Bytes: 84 " \
	    -e ignore pfctl -t t -vT show
	ip -n a addr add 10.0.0.3/24 dev e0
	pings a 10.0.0.1 -I 10.0.0.3
	atf_check -e inline:"1/2 addresses cleared.\n" \
	    pfctl -t t -T zero 10.0.0.2 10.0.0.5
	pfctl -t t -vT show >shown 2>/dev/null
	sed -n '/10.0.0.2$/,/10.0.0.9$/p' shown >entry
	atf_check -o not-match:"Packets: [1-9]" cat entry
	atf_check -o match:"In/Pass: .*Packets: 1 .*Bytes: 84 " \
	    sed '/10.0.0.2$/,$d' shown
	pings a 10.0.0.1
	atf_check -o match:"In/Pass: .*Packets: 1 .*Bytes: 84 " \
	    -e ignore sh -c 'pfctl -t t -vT show | sed -n "/10.0.0.2$/,/10.0.0.9/p"'
	# those that have counted, and no others
	atf_check -e match:"^2/3 stats cleared.$" \
	    -o inline:"Z  10.0.0.0/24\nZ  10.0.0.2\n" pfctl -t t -vT reset
	atf_check -e inline:"0/3 stats cleared.\n" pfctl -t t -T reset
	atf_check -o not-match:"Packets: [1-9]" -e ignore \
	    pfctl -t t -vT show
	pings a 10.0.0.1
	atf_check -e ignore pfctl -t t -T zero
	atf_check -o not-match:"Packets: [1-9]" -e ignore \
	    pfctl -t t -vT show
	# with another load: none, and some again
	sed -i 's/ counters / /; s/{.*}//' pf.conf
	atf_check -e ignore pfctl -q -f pf.conf
	atf_check -o not-match:"Packets" -e ignore pfctl -t t -vT show
	sed -i 's/persist/counters persist/' pf.conf
	atf_check -e ignore pfctl -q -f pf.conf
	pings a 10.0.0.1
	atf_check -o match:"In/Pass: .*Packets: 1 .*Bytes: 84 " \
	    -e ignore pfctl -t t -vT show
}

atf_test_case profile
profile_head()
{
	atf_set descr "-o profile: of quick rules those that have counted more come first"
}
profile_body()
{
	on
	cat >conf <<-EOF2
		pass in quick on ra inet proto tcp from any to 10.0.0.1 port = 7
		pass in quick on ra inet proto udp from any to 10.0.0.1 port = 8
		pass in quick on ra inet proto icmp from any to 10.0.0.1
	EOF2
	atf_check pfctl -q -o none -f conf
	pings a 10.0.0.1
	atf_check pfctl -q -o profile -f conf
	pfctl -sr >now
	atf_check -o match:"proto icmp" head -1 now
	atf_check pfctl -q -o basic -f conf
	pfctl -sr >now
	atf_check -o not-match:"proto icmp" head -1 now
}

atf_init_test_cases()
{
	atf_add_test_case overload
	atf_add_test_case conn_rate
	atf_add_test_case timeouts
	atf_add_test_case sloppy
	atf_add_test_case answers
	atf_add_test_case rare
	atf_add_test_case sole
	atf_add_test_case keeps
	atf_add_test_case zero
	atf_add_test_case sources
	atf_add_test_case words
	atf_add_test_case synproxy
	atf_add_test_case synproxy_rdr
	atf_add_test_case synproxy_rdr_to
	atf_add_test_case synproxy_more
	atf_add_test_case synproxy_limits
	atf_add_test_case table_counters
	atf_add_test_case profile
}
