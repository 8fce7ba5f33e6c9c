#! /usr/bin/env atf-sh
# cellblock trace -p: which rule of pf decides on a packet, in every vnet.
. "$(atf_get_srcdir)/common.sh" || exit
. "$(atf_get_srcdir)/pf_common.sh" || exit

following()
{
	nft list tables 2>/dev/null | grep -q cellblock_trace
}
# trace WORDS: in the background, until `ended`.
trace()
{
	cellblock trace -p "$@" >out 2>err &
	tracer=$!
	must_wait 10 following
}
ended()
{
	kill "$tracer"
	wait "$tracer" || atf_fail "trace failed: $(cat err)"
	following && atf_fail "a table of the tracer is left"
	sed 's/^[0-9:.]*  //; s/  */ /g' out >lines
}
# told WORDS: a line that has them, once a packet has come by.
has()
{
	sed 's/^[0-9:.]*  //; s/  */ /g' out | grep -Fq -- "$1"
}
told()
{
	wait_for 10 has "$1" || atf_fail "not told: $1
$(cat out err)"
}

ping1()
{
	ip netns exec a ping -q -c 1 -W "${2:-5}" "$1" >/dev/null
}

atf_test_case decides
decides_head()
{
	atf_set descr "Rules that pass and block, states, runs of rules, anchors, no rule, and where the packet goes"
}
decides_body()
{
	on
	rules <<-EOF2
		block in on ra proto icmp to 10.0.1.3
		pass in on ra proto udp to port 1001
		pass in on ra proto udp to port 1002
		pass in on ra proto udp to port 1003
		block in on ra proto udp to port 1004
		pass in on ra proto udp to port 1005
		anchor "x" proto tcp {
			block in quick proto tcp to port 81
		}
		pass in on ra inet proto icmp to 10.0.1.2 icmp-type echoreq
	EOF2
	trace from 10.0.0.2
	ping1 10.0.1.2 || atf_fail "no answer"
	told "host in ra icmp 10.0.0.2 > 10.0.1.2 echoreq pass rule 7: pass in on ra inet proto icmp from any to 10.0.1.2 icmp-type echoreq keep state"
	told "host out rc icmp 10.0.0.2 > 10.0.1.2 echoreq pass no rule matches"
	told "host out rc icmp 10.0.0.2 > 10.0.1.2 echoreq sent"
	ping1 10.0.1.3 0.2 && atf_fail "an answer"
	told "10.0.0.2 > 10.0.1.3 echoreq block rule 0: block drop in on ra inet proto icmp from any to 10.0.1.3"
	for p in 1003 1004; do
		echo x | ip netns exec a nc -u -w 1 10.0.1.2 $p
	done
	told "10.0.1.2:1003 pass rule 3: pass in on ra proto udp from any to any port = 1003 keep state"
	told "10.0.1.2:1004 block rule 4: block drop in on ra proto udp from any to any port = 1004"
	ip netns exec a nc -w 1 10.0.1.2 81
	told "10.0.1.2:81 S block rule 0 of anchor x: block drop in quick proto tcp from any to any port = 81"
	ended
	grep -Fq "10.0.1.2 > 10.0.0.2" lines && atf_fail "the filter lets others by"

	# answers, by the state; all of it once more in the other engine
	rules <<-EOF2
		block all
		match in on ra
		pass in on ra proto icmp
		pass out on rc
	EOF2
	trace proto icmp
	ping1 10.0.1.2 || atf_fail "no answer"
	told "out rc icmp 10.0.0.2 > 10.0.1.2 echoreq pass rule 3: pass out on rc all flags S/SA keep state"
	told "in rc icmp 10.0.1.2 > 10.0.0.2 echorep pass state of rule 3: pass out on rc all flags S/SA keep state"
	told "out ra icmp 10.0.1.2 > 10.0.0.2 echorep pass state of rule 2: pass in on ra proto icmp all keep state"
	ip netns exec c ping -q -c 1 -W 0.2 10.0.1.1 >/dev/null && atf_fail "an answer"
	told "in rc icmp 10.0.1.2 > 10.0.1.1 echoreq block rule 0: block drop all"
	ended
}

atf_test_case translated
translated_head()
{
	atf_set descr "Translations are told with their rule, of answers too; drops of other tables; only drops"
}
translated_body()
{
	on
	rules <<-EOF2
		nat on rc from 10.0.0.0/24 -> 10.0.1.1
		rdr on ra proto tcp to 10.0.0.1 port 80 -> 10.0.1.2 port 8080
		pass
	EOF2
	trace
	ping1 10.0.1.2 || atf_fail "no answer"
	told "out rc icmp 10.0.0.2 > 10.0.1.2 echoreq becomes icmp 10.0.1.1 > 10.0.1.2 echoreq rule 0: nat on rc inet from 10.0.0.0/24 to any -> 10.0.1.1"
	told "in rc icmp 10.0.1.2 > 10.0.1.1 echorep becomes icmp 10.0.1.2 > 10.0.0.2 echorep rule 0: nat on rc"
	started peer ip netns exec c "$CB_TOOLS/peer" serve tcp 10.0.1.2 8080
	atf_check -o ignore ip netns exec a "$CB_TOOLS/peer" probe tcp -t 5000 \
	    10.0.0.1 80
	told " > 10.0.1.2:8080 S rule 0: rdr on ra inet proto tcp from any to 10.0.0.1 port = http -> 10.0.1.2 port 8080"
	told " > 10.0.1.2:8080 S pass rule 0: pass all flags S/SA keep state"
	ended
	nft -f - <<-EOF2
		table ip other {
			chain c {
				type filter hook forward priority 0
				ip daddr 10.0.1.2 drop
			}
		}
	EOF2
	trace -d -c 1 to 10.0.1.0/24
	ping1 10.0.1.2 0.2 && atf_fail "an answer"
	wait "$tracer"
	atf_check -o match:"^1 " wc -l out
	atf_check -o match:"10.0.0.2 > 10.0.1.2 echoreq  dropped by nftables: table other, chain c, handle [0-9]+$" \
	    cat out
}

atf_test_case ether
ether_head()
{
	atf_set descr "Rules for Ethernet, in and out, that block and pass"
}
ether_body()
{
	on
	rules <<-EOF2
		ether pass in on ra
		ether anchor "x" in on ra {
			ether block in l3 to 10.0.1.3
		}
		ether block out on rc l3 to 10.0.1.4
		pass
	EOF2
	trace from 10.0.0.2
	ping1 10.0.1.2
	told "in ra icmp 10.0.0.2 > 10.0.1.2 echoreq pass rule 0: ether pass in on ra"
	ping1 10.0.1.3 0.3
	told "in ra icmp 10.0.0.2 > 10.0.1.3 echoreq block rule 0 of anchor x: ether block in"
	# the table is made anew
	ifconfig ra inet 10.0.0.77/24 alias
	ping1 10.0.1.4 0.3
	ip neigh replace 10.0.1.4 lladdr 02:00:00:00:00:04 dev rc
	ping1 10.0.1.4 0.3
	told "out rc icmp 10.0.0.2 > 10.0.1.4 echoreq block rule 2: ether block out on rc"
	ended
	grep -q "out rc icmp 10.0.0.2 > 10.0.1.2 echoreq block" lines &&
	    atf_fail "$(cat lines)"
	:
}

atf_test_case jails
jails_head()
{
	atf_set descr "One trace follows a packet through the vnets of jails; a jail's root traces its own"
}
jails_body()
{
	atf_check -o ignore ifconfig epair create
	atf_check ifconfig epair0a inet 10.2.0.1/24
	make_jail j vnet vnet.interface=epair0b
	atf_check jexec j ifconfig epair0b inet 10.2.0.2/24
	echo "block in proto icmp" >pf.conf
	jexec j pfctl -q -e
	jexec j pfctl -q -f - <pf.conf || atf_fail "not loaded"
	trace proto icmp
	ping -q -c 1 -W 0.3 10.2.0.2 >/dev/null && atf_fail "an answer"
	told "host out epair0a icmp 10.2.0.1 > 10.2.0.2 echoreq sent"
	told "j in epair0b icmp 10.2.0.1 > 10.2.0.2 echoreq block rule 0: block drop in proto icmp all"
	ended
	cellblock trace -p -j j >out 2>err &
	tracer=$!
	seen()
	{
		ping -q -c 1 -W 0.2 10.2.0.2
		has "j in epair0b icmp 10.2.0.1 > 10.2.0.2 echoreq block rule 0"
	}
	must_wait 10 seen
	kill "$tracer"
	wait "$tracer"
	atf_check -s exit:1 -e match:"bad from" cellblock trace -p from x
	atf_check -s exit:1 -e match:"^usage: cellblock trace" \
	    cellblock trace -p proto
	atf_check -s exit:1 -e match:"of two families" \
	    cellblock trace -p from ::1 to 10.0.0.1
}

atf_init_test_cases()
{
	atf_add_test_case decides
	atf_add_test_case translated
	atf_add_test_case ether
	atf_add_test_case jails
}
