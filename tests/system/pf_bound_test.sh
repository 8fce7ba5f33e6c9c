#! /usr/bin/env atf-sh
# if-bound states of rules that name no single interface: each is of the
# interface where its first packet was.
. "$(atf_get_srcdir)/common.sh" || exit
. "$(atf_get_srcdir)/pf_common.sh" || exit

# on, with a second way from a (10.0.2.2) to here (rb 10.0.2.1), and an address
# of a that either way leads to, 10.0.9.9.
ways()
{
	on
	ip link add rb type veth peer name e1 netns a
	ip addr add 10.0.2.1/24 dev rb
	ip link set rb up
	ip -n a addr add 10.0.2.2/24 dev e1
	ip -n a link set e1 up
	ip -n a addr add 10.0.9.9/32 dev lo
	for i in all ra rb rc; do
		echo 0 >/proc/sys/net/ipv4/conf/$i/rp_filter
	done
	at a sh -c 'for i in all e0 e1; do
		echo 0 >/proc/sys/net/ipv4/conf/$i/rp_filter
	done'
	there 1
	back 1
}
# Which way a's packets take, and those to it: 1 ra, 2 rb.
there()
{
	if [ "$1" = 1 ]; then
		ip -n a route replace default via 10.0.0.1
	else
		ip -n a route replace default via 10.0.2.1
	fi
}
back()
{
	if [ "$1" = 1 ]; then
		ip route replace 10.0.9.9 via 10.0.0.2
	else
		ip route replace 10.0.9.9 via 10.0.2.2
	fi
}
# All packets with one number are one flow.
flow()
{
	pings a 10.0.1.2 -I 10.0.9.9 -e "$1"
}
no_flow()
{
	no_ping a 10.0.1.2 -I 10.0.9.9 -e "$1"
}

atf_test_case moved
moved_head()
{
	atf_set descr "A flow that moves to another interface is no state's there; a floating one goes on"
}
moved_body()
{
	ways
	rules <<-EOF2
		set state-policy if-bound
		pass inet proto icmp
		block on rb inet proto icmp
	EOF2
	flow 7
	# forwarded: two states, each of its own
	cat >both <<-EOF2
		ra icmp 10.0.1.2:7 <- 10.0.9.9:7       0:0
		rc icmp 10.0.9.9:7 -> 10.0.1.2:7       0:0
	EOF2
	atf_check -o file:both pfctl -ss
	atf_check -o match:"^  .*Packets: 4  .*States: 2 " \
	    -o match:"^  .*State Creations: 2 " -e ignore pfctl -vsr
	there 2
	no_flow 7
	# that one was the block rule's
	atf_check -o match:"Packets: 4 " -o match:"Packets: 1 " -e ignore \
	    pfctl -vsr
	there 1
	flow 7
	# what answers leave by counts, too
	back 2
	no_flow 7
	back 1
	flow 7
	atf_check -o file:both pfctl -ss
	atf_check -o match:"^ra" -o not-match:"^rc" pfctl -i ra -ss
	atf_check -e inline:"0 states cleared\n" pfctl -i rb -F states
	atf_check -o file:both pfctl -ss
	atf_check -e match:"killed 1 states" pfctl -i rc -k 10.0.9.9
	atf_check pfctl -ss
	rules <<-EOF2
		set state-policy if-bound
		pass inet proto icmp keep state (floating)
		block on rb inet proto icmp
	EOF2
	flow 8
	there 2
	flow 8
	back 2
	flow 8
	there 1
	flow 8
	atf_check -o match:"^all .* <- " -o match:"^all .* -> " pfctl -ss
}

atf_test_case names
names_head()
{
	atf_set descr "on a group, on ! IF: the state is of one interface nonetheless"
}
names_body()
{
	ways
	atf_check ifconfig ra group lan
	atf_check ifconfig rb group lan
	for on in "on lan" "on ! rc"; do
		there 1
		back 1
		rules <<-EOF2
			block
			pass in $on inet proto icmp keep state (if-bound)
			pass out on rc inet proto icmp
		EOF2
		flow 7
		back 2
		no_flow 7
		there 2
		# rules may pass it there, but answers have no state
		no_flow 7
		back 1
		# which is where it was
		flow 7
		atf_check -o match:"^ra icmp 10.0.1.2:7 <- 10.0.9.9:7 " \
		    -o match:"^all icmp 10.0.9.9:7 -> 10.0.1.2:7 " pfctl -ss
		# another flow begins there
		back 2
		flow 8
		atf_check -o match:"^rb icmp 10.0.1.2:8 <- 10.0.9.9:8 " \
		    -o match:"^all icmp 10.0.9.9:8 -> 10.0.1.2:8 " pfctl -ss
		atf_check -e ignore pfctl -F states
	done
	# here as well as there
	rules <<-EOF2
		set state-policy if-bound
		pass inet proto icmp
	EOF2
	pings - 10.0.1.2
	atf_check -o match:"^rc icmp 10.0.1.1:.* -> 10.0.1.2:" pfctl -ss
	pings - 10.0.0.1
	atf_check -o match:"^lo0 icmp 10.0.0.1:.* -> 10.0.0.1:" \
	    -o match:"^lo0 icmp 10.0.0.1:.* <- 10.0.0.1:" pfctl -ss
}

atf_test_case named
named_head()
{
	atf_set descr "A flow that moves to an interface of another rule stays the first one's"
}
named_body()
{
	ways
	for i in ra rb; do
		ip link set $i down
		ip link set $i name ${i}0
		ip link set ${i}0 up
	done
	there 1
	back 1
	rules <<-EOF2
		set state-policy if-bound
		block
		pass in on ra0 inet proto icmp
		pass in on rb0 inet proto icmp
		pass out inet proto icmp keep state (floating)
	EOF2
	flow 7
	there 2
	flow 7
	there 1
	flow 7
	cat >both <<-EOF2
		ra0 icmp 10.0.1.2:7 <- 10.0.9.9:7       0:0
		all icmp 10.0.9.9:7 -> 10.0.1.2:7       0:0
	EOF2
	atf_check -o file:both pfctl -ss
}

atf_test_case reply
reply_head()
{
	atf_set descr "A state that an answer makes is bound, too"
}
reply_body()
{
	ways
	rules <<-EOF2
		set state-policy if-bound
		block
		pass out on rc inet proto icmp no state
		pass in inet proto icmp
	EOF2
	flow 7
	cat >both <<-EOF2
		ra icmp 10.0.1.2:7 <- 10.0.9.9:7       0:0
		rc icmp 10.0.9.9:7 <- 10.0.1.2:7       0:0
	EOF2
	atf_check -o file:both pfctl -ss
	flow 7
	flow 7
	atf_check -o file:both pfctl -ss
	pfctl -vsr 2>/dev/null | sed -n '/^pass in/,$p' >got
	# requests in and out, answers in and out, but for the first one out
	atf_check -o match:"Evaluations: 2 .*Packets: 11 .*States: 2 " cat got
}

atf_test_case same
same_head()
{
	atf_set descr "Rules loaded again, an interface that comes: states stay where they are"
}
same_body()
{
	ways
	cat >bound.conf <<-EOF2
		set state-policy if-bound
		pass inet proto icmp
		block on rb inet proto icmp
	EOF2
	atf_check -e ignore pfctl -q -f bound.conf
	flow 7
	atf_check -e ignore pfctl -q -f bound.conf
	flow 7
	atf_check -e ignore -o inline:"tap0\n" ifconfig tap create
	atf_check -o match:"^ra .* <- " -o match:"^rc .* -> " pfctl -ss
	there 2
	no_flow 7
	there 1
	flow 7
	atf_check -o match:"^  .*Packets: 8 " -e ignore pfctl -vsr
	# one that pf has not been told of; its keeper would be in time, or not
	pkill -x cb-pf
	ip link add rd type veth peer name e2 netns c
	ip addr add 10.0.3.1/24 dev rd
	ip link set rd up
	ip -n c addr add 10.0.3.2/24 dev e2
	ip -n c link set e2 up
	pings a 10.0.3.2 -e 9
	atf_check -o match:"^all icmp 10.0.0.2:9 -> 10.0.3.2:9 " pfctl -ss
	atf_check ifconfig rd description told
	pings a 10.0.3.2 -e 9
	pings a 10.0.3.2 -e 10
	atf_check -o match:"^all icmp 10.0.0.2:9 -> 10.0.3.2:9 " \
	    -o match:"^rd icmp 10.0.0.2:10 -> 10.0.3.2:10 " pfctl -ss
	# other rules: what there was passes where it is, and answers do
	ip -n c route add 10.0.0.2 via 10.0.3.1
	rules <<-EOF2
		block
	EOF2
	pings a 10.0.3.2 -e 10
	no_ping a 10.0.3.2 -e 11
}

atf_test_case older
older_head()
{
	atf_set descr "States stay with their interfaces when other rules are loaded"
}
older_body()
{
	ways
	for bound in "pass inet proto icmp keep state (if-bound)" \
	    "pass in on ra inet proto icmp keep state (if-bound)"; do
		rules <<-EOF2
			pass out on rc inet proto icmp
			$bound
		EOF2
		flow 7
		# rules that make none, twice; the same again
		for now in "block" "block in" "block in"; do
			rules <<-EOF2
				$now
			EOF2
			flow 7
			there 2
			no_flow 7
			there 1
			flow 7
			atf_check -o match:"^ra .* <- " pfctl -ss
		done
		atf_check -o match:"^ra .* <- " -o not-match:" -> " \
		    pfctl -i ra -ss
		# what passes there makes no other state
		rules <<-EOF2
			pass
		EOF2
		flow 7
		there 2
		flow 7
		there 1
		atf_check pfctl -F states -q
	done
	# floating ones do not stay
	rules <<-EOF2
		pass inet proto icmp
	EOF2
	flow 9
	rules <<-EOF2
		block
	EOF2
	there 2
	flow 9
	# nor is anything noted of states that have gone
	atf_check -s exit:1 -e ignore nft list set inet pf boundwas
}

atf_test_case cookies
cookies_head()
{
	atf_set descr "Connections go on when set syncookies comes and goes"
}
cookies_body()
{
	local client from to

	on
	ifconfig ra group lan
	serve c tcp 10.0.1.2 7
	for from in always never; do
		cat >pf.conf <<-EOF2
			set syncookies $from
			set state-policy if-bound
			block
			pass in on lan proto tcp
			pass out on rc proto tcp
		EOF2
		pfctl -qf pf.conf 2>why || {
			grep -q CONFIG_NFT_SYNPROXY why && atf_skip "$(cat why)"
			atf_fail "$(cat why)"
		}
		rm -f say heard
		mkfifo say
		at a nc 10.0.1.2 7 <say >heard &
		client=$!
		exec 9>say
		echo one >&9
		must_wait 5 grep -q one heard
		for to in never always never; do
			sed "s/^set syncookies.*/set syncookies $to/" pf.conf \
			    >other.conf
			atf_check pfctl -f other.conf
			echo "$to" >&9
			must_wait 5 grep -q "^$to" heard
			: >heard
		done
		kill $client
		wait $client
		exec 9>&-
	done
}

atf_test_case gone
gone_head()
{
	atf_set descr "Interfaces that come and go, each of another name, fill no list for ever"
}
gone_body()
{
	net3
	atf_check -e ignore pfctl -e
	serve c tcp 10.0.1.2 7
	rules <<-EOF2
		set state-policy if-bound
		block
		pass inet proto tcp
	EOF2
	listed() { nft list map inet pf boundif | grep -o '"[^"]*" :' | wc -l; }
	for n in 1 2; do
		seq 60 | sed "s/.*/link add v$n.& type bridge/" >made.ip
		atf_check ip -batch made.ip
		atf_check -o ignore ifconfig "v$n.1" up
		[ "$n" = 2 ] || atf_check_equal 63 "$(listed)"
		sed s/add/del/ made.ip >gone.ip
		atf_check ip -batch gone.ip
	done
	atf_check -o ignore ifconfig lo0 up
	must_wait 10 sh -c "! nft list map inet pf boundif | grep v1"
	[ "$(listed)" -lt 64 ] || atf_fail "$(listed) interfaces"
	holds three a 7
	atf_check -o match:"10.0.1.2:7 .* ESTABLISHED" pfctl -ss
}

atf_test_case words
words_head()
{
	atf_set descr "What else rules say of states holds: nat-to, tags, limits, options, logs, overload"
}
words_body()
{
	ways
	serve c tcp 10.0.1.2 7
	serve c udp 10.0.1.2 8
	rules <<-EOF2
		set state-policy if-bound
		block
		pass out on ! rb inet nat-to 10.0.1.9
		pass in log (all) inet proto icmp allow-opts tag pinged
		block out proto icmp ! tagged pinged
		pass in proto { tcp udp } to port 7 keep state (max 1)
	EOF2
	ip addr add 10.0.1.9/32 dev rc
	flow 7
	atf_check -o match:"^ra icmp 10.0.1.2:7 <- 10.0.9.9:7 " \
	    -o match:"^rc icmp 10.0.1.9:[0-9]* \(10.0.9.9:7\) -> 10.0.1.2:" \
	    pfctl -ss
	started held at a "$CB_TOOLS/peer" hold tcp 10.0.1.2 7
	silent a tcp 10.0.1.2 7
	there 2
	back 2
	# a rule passes it there as well, its answers not
	no_flow 7
	flow 8
	atf_check -o match:"^rb icmp 10.0.1.2:8 <- 10.0.9.9:8 " pfctl -ss
	# rules in a row are one lookup
	there 1
	back 1
	rules <<-EOF2
		set state-policy if-bound
		block
		pass out inet
		pass in inet proto tcp to port 1
		pass in inet proto tcp to port 2
		pass in inet proto tcp to port 3
		pass in inet proto tcp to port 4
		pass in inet proto tcp to port 5
		pass in inet proto tcp to port 6
		pass in inet proto tcp to port 7
		pass in inet proto udp to port 7
		pass in inet proto udp to port 8
		pass in inet proto tcp to port 9
		pass in inet proto tcp to port 10
		pass in inet proto tcp to port 11
	EOF2
	talks a tcp 10.0.1.2 7
	talks a udp 10.0.1.2 8
	atf_check -o match:"^ra tcp 10.0.1.2:7 <- 10.0.0.2:" \
	    -o match:"^rc tcp 10.0.0.2:.* -> 10.0.1.2:7" \
	    -o match:"^ra udp 10.0.1.2:8 <- 10.0.0.2:" \
	    -o match:"^rc udp 10.0.0.2:.* -> 10.0.1.2:8" pfctl -ss
	pfctl -vvsr 2>/dev/null | awk '
		/^@/ {
			at = $0
			sub(" flags.*", "", at)
			sub(" keep.*", "", at)
		}
		/Packets: / && !/Packets: 0 / && at ~ / = / {
			print at, $5
		}' >got
	atf_check -o match:"port = echo " -o match:"port = 8 2" cat got
	# sources that a rule has flushed
	for how in "flush global" flush; do
		atf_check -e ignore pfctl -F states
		rules <<-EOF2
			set state-policy if-bound
			table <bad> persist
			pass quick proto tcp from !<bad> to port 7 \
			    keep state (max-src-conn-rate 2/100, \
			    overload <bad> $how)
			block quick inet proto tcp from <bad>
			pass
		EOF2
		talks a tcp 10.0.1.2 7
		flow 9
		for i in 1 2 3 4; do
			at a "$CB_TOOLS/peer" probe tcp -t 300 10.0.1.2 7 \
			    2>/dev/null
		done
		atf_check -o match:"^   10.0.0.2" -e ignore \
		    pfctl -t bad -T show
		silent a tcp 10.0.1.2 7
		flow 9
		atf_check -e ignore -o match:"^ra icmp .* <- 10.0.9.9:9" \
		    -o not-match:"^ra tcp 10.0.1.2:7 <- 10.0.0.2" pfctl -ss
		atf_check -e ignore pfctl -t bad -T flush
	done
}

atf_test_case route
route_head()
{
	atf_set descr "route-to, reply-to: also where packets are sent; synproxy is refused"
}
route_body()
{
	ways
	ip addr add 10.0.9.1/32 dev lo
	rules <<-EOF2
		set state-policy if-bound
		block
		pass out route-to (rb 10.0.2.2) inet proto icmp
	EOF2
	# a route of its own leads to ra
	there 2
	pings - 10.0.9.9 -I 10.0.9.1 -e 7
	atf_check -o match:"^ra icmp 10.0.9.1:7 -> 10.0.9.9:7 " pfctl -ss
	for on in "" "on ra"; do
		rules <<-EOF2
			set state-policy if-bound
			block
			pass in $on reply-to (rb 10.0.2.2) inet proto icmp
		EOF2
		there 1
		pings a 10.0.0.1 -I 10.0.9.9 -e 8
		atf_check -o match:"^ra icmp 10.0.0.1:8 <- 10.0.9.9:8 " \
		    pfctl -ss
		atf_check -e ignore pfctl -F states
	done
	echo "set state-policy if-bound
	pass in proto tcp synproxy state" >syn.conf
	atf_check -s exit:1 -o ignore \
	    -e match:"^syn.conf:2: synproxy state .if-bound.: say on which" \
	    pfctl -f syn.conf
}

atf_test_case jail
jail_head()
{
	atf_set descr "A jail's root loads such rules; an interface that it gets is known at once"
}
jail_body()
{
	atf_check -o inline:"epair0a\n" ifconfig epair create
	atf_check ifconfig epair0a inet 10.6.0.1/24
	make_jail j vnet vnet.interface=epair0b
	atf_check jexec j ifconfig epair0b inet 10.6.0.2/24
	jexec j pfctl -q -e
	printf 'set state-policy if-bound\nblock\npass out\n' |
	    jexec j pfctl -q -f - || atf_fail "not loaded"
	atf_check -o ignore jexec j ping -q -c 1 -W 5 10.6.0.1
	atf_check -o match:"^epair0b icmp 10.6.0.2:" jexec j pfctl -ss
	no_ping - 10.6.0.2
	atf_check -o inline:"epair1a\n" jexec j ifconfig epair create
	atf_check jexec j ifconfig epair1a inet 10.7.0.1/24
	jexec j ping -q -c 1 -W 0.3 10.7.0.2 >/dev/null
	atf_check -o match:"^epair1a icmp 10.7.0.1:" jexec j pfctl -ss
}

atf_init_test_cases()
{
	atf_add_test_case moved
	atf_add_test_case names
	atf_add_test_case named
	atf_add_test_case reply
	atf_add_test_case same
	atf_add_test_case older
	atf_add_test_case cookies
	atf_add_test_case gone
	atf_add_test_case words
	atf_add_test_case route
	atf_add_test_case jail
}
