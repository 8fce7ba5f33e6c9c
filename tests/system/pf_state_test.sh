#! /usr/bin/env atf-sh
# pf's states: how many, how long, and what ends them.
. "$(atf_get_srcdir)/common.sh" || exit
. "$(atf_get_srcdir)/pf_common.sh" || exit

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

atf_test_case overload_rdr
overload_rdr_head()
{
	atf_set descr "translation rules know the addresses that overload has added to a table"
}
overload_rdr_body()
{
	on
	serve c tcp 10.0.1.2 7
	serve c tcp 10.0.1.2 9
	ip -n a addr add 10.0.0.3/24 dev e0
	rules <<-EOF2
		table <bad> persist
		no rdr on ra proto tcp from ! <bad> to port 6
		rdr on ra proto tcp from <bad> to 10.0.1.2 port 8 \
		    -> 10.0.1.2 port 9
		rdr on ra proto tcp from <bad> to 10.0.1.2 port 5 \
		    -> { 10.0.1.2, 10.0.1.2 } port 9 sticky-address
		rdr-anchor "web" on ra from <bad>
		block return in
		pass out
		pass in on ra proto tcp to port { 5, 6, 8, 9 }
		pass in on ra proto tcp to port 7 keep state \
		    (max-src-conn 1, overload <bad>)
	EOF2
	rules -a web <<-EOF2
		rdr on ra proto tcp to 10.0.1.2 port 6 -> 10.0.1.2 port 9
	EOF2
	refused a tcp 10.0.1.2 8
	refused a tcp 10.0.1.2 6
	holds h1 a 7
	holds h2 a 7
	holds h3 a 7 10.0.0.3
	talks a tcp 10.0.1.2 8
	talks a tcp 10.0.1.2 5
	talks a tcp 10.0.1.2 6
	atf_check -o inline:"   10.0.0.2\n" pfctl -t bad -T show
	at a "$CB_TOOLS/peer" probe tcp -s 10.0.0.3 -t 5000 10.0.1.2 8 &&
	    atf_fail "10.0.0.3 is taken for a bad one"
	atf_check -e ignore pfctl -t bad -T delete 10.0.0.2
	refused a tcp 10.0.1.2 8
	refused a tcp 10.0.1.2 5
	refused a tcp 10.0.1.2 6
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
	atf_add_test_case overload_rdr
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
	atf_add_test_case table_counters
	atf_add_test_case profile
}
