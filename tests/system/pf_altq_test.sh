#! /usr/bin/env atf-sh
# ALTQ of pf.conf(5): `altq on', `queue', and rules that name queues, against
# packets.
. "$(atf_get_srcdir)/common.sh" || exit
. "$(atf_get_srcdir)/pf_common.sh" || exit

# in_queue NAME [IF]: packets that its class has sent (on rc).
in_queue()
{
	pfctl -vsq -i "${2:-rc}" | sed -n \
	    "/^queue *$1 on/{n;s/.*pkts: *\([0-9]*\) *bytes: .* dropped.*/\1/p;}" |
	    head -1
}
bytes_in()
{
	pfctl -vsq -i "${2:-rc}" | sed -n \
	    "/^queue *$1 on/{n;s/.*pkts: .* bytes: *\([0-9]*\) *dropped.*/\1/p;}" |
	    head -1
}
dropped_in()
{
	pfctl -vsq | sed -n "/^queue *$1 on/{n;s/.*dropped pkts: *\([0-9]*\) .*/\1/p;}"
}
# at_least NAME N [IF]: it has sent so many packets.
has_at_least()
{
	local n

	n=$(in_queue "$1" "${3:-rc}")
	[ "${n:-0}" -ge "$2" ]
}
# wrong WHY...: ends the test; what the queues have is in its output.
wrong()
{
	pfctl -vsq
	atf_fail "$*"
}
# At once or a moment later: TCP puts off what only acknowledges.
at_least()
{
	wait_for 3 has_at_least "$@" ||
	    wrong "queue $1: $(in_queue "$1" "${3:-rc}") packets, not $2"
}
nothing_in()
{
	local n

	n=$(in_queue "$1" "${2:-rc}")
	[ "$n" = 0 ] || wrong "queue $1: ${n:-no} packets"
}
# No interface has a qdisc of pf's.
no_qdisc()
{
	tc qdisc show | grep cb01: && atf_fail "a qdisc is left"
	return 0
}
has_qdisc()
{
	tc qdisc show dev "$1" | grep -q "htb cb01: root" ||
	    { tc qdisc show dev "$1"; atf_fail "no qdisc on $1"; }
}

# sink WHERE PORT: takes what one connection brings.
sink()
{
	at "$1" sh -c "nc -l $2 >/dev/null" &
	must_wait 5 at "$1" sh -c "ss -Hltn sport = :$2 | grep -q ."
}
# pour FROM BYTES ADDR PORT
pour()
{
	at "$1" sh -c "head -c $2 /dev/zero | timeout 60 nc -N $3 $4" ||
	    atf_fail "nothing can be sent to $3:$4"
}
now() { date +%s%3N; }

atf_test_case shape
shape_head()
{
	atf_set descr "A queue passes no more than its bandwidth; borrow takes the rest, and what waits too long in line is dropped"
}
shape_body()
{
	local from n

	on
	rules <<-EOF2
		altq on rc cbq bandwidth 100Mb queue { std, slow, more }
		queue std bandwidth 10% cbq(default)
		queue slow bandwidth 1Mb qlimit 20
		queue more bandwidth 1Mb cbq(borrow)
		pass all
		pass out on rc proto tcp to port 5000 queue slow
		pass out on rc proto tcp to port 5001 queue more
		pass out on rc proto udp queue slow
	EOF2
	sink c 5000
	from=$(now)
	pour - 200000 10.0.1.2 5000
	n=$(($(now) - from))
	[ $n -ge 1000 ] || atf_fail "1.6 Mb took $n ms at 1 Mb/s"
	[ "$(bytes_in slow)" -ge 200000 ] || wrong "too few bytes"
	nothing_in more
	# more than its own bandwidth
	sink c 5001
	pour - 1000000 10.0.1.2 5001
	pfctl -vsq | grep -A2 "queue *more" | grep -Eq "borrows: +[1-9]" ||
	    wrong "nothing borrowed"
	n=$(dropped_in slow)
	bash -c "exec 3>/dev/udp/10.0.1.2/9
	    for i in {1..200}; do printf %01400d 0 >&3; done" 2>/dev/null
	[ $(($(dropped_in slow) - n)) -ge 20 ] ||
	    wrong "nothing dropped"
	atf_check -o match:"qlength: +[0-9]+/ 20 " pfctl -vsq
}

atf_test_case classes
classes_head()
{
	atf_set descr "Packets go to the queue of their rule, others to the default one, by the state in both directions, in anchors, too"
}
classes_body()
{
	on
	serve c tcp 0.0.0.0 7
	serve c udp 0.0.0.0 7
	rules <<-EOF2
		altq on rc cbq bandwidth 100Mb queue { std, web, dns, ping }
		queue std bandwidth 10% cbq(default)
		queue web bandwidth 20%
		queue dns bandwidth 20%
		queue ping bandwidth 20%
		pass all
		pass out on rc proto tcp to port 7 queue web
		anchor out on rc proto udp {
			pass proto udp to port 7 queue dns
		}
		pass in on rc proto icmp queue ping
	EOF2
	pings - 10.0.1.2
	nothing_in web
	nothing_in ping
	talks - tcp 10.0.1.2 7
	at_least web 3
	nothing_in dns
	talks - udp 10.0.1.2 7
	at_least dns 1
	# answers to what comes in are of the same state
	pings c 10.0.1.1
	at_least ping 1
	at_least std 1
	# what a rule names and nobody defines is the default queue's
	rules <<-EOF2
		altq on rc cbq bandwidth 100Mb queue { std, web }
		queue std bandwidth 10% cbq(default)
		queue web bandwidth 20%
		pass all queue none
	EOF2
	talks - tcp 10.0.1.2 7
	at_least std 3
	nothing_in web
	# without a state, the packet that the rule decides
	rules <<-EOF2
		altq on rc cbq bandwidth 100Mb queue { std, web }
		queue std bandwidth 10% cbq(default)
		queue web bandwidth 20%
		pass all no state
		pass out on rc proto udp no state queue web
	EOF2
	talks - udp 10.0.1.2 7
	at_least web 1
	# whatever a match rule or the rule coming in says
	rules <<-EOF2
		altq on rc cbq bandwidth 100Mb queue { std, web, dns, more }
		queue std bandwidth 10% cbq(default)
		queue web bandwidth 20%
		queue dns bandwidth 20%
		queue more bandwidth 20%
		match out on rc queue web
		match in on ra queue web
		pass all
		pass in on ra inet proto icmp queue dns
		pass out on rc inet proto icmp no state queue more
	EOF2
	pings - 10.0.1.2
	pings a 10.0.1.2
	at_least more 2
	nothing_in web
	nothing_in dns
	atf_check -s exit:1 -e match:"pf.conf:1: queue in a rule .in." \
	    -x "printf 'pass in no state queue q\n' |
	    tee pf.conf >/dev/null; pfctl -f pf.conf"
}

atf_test_case forwarded
forwarded_head()
{
	atf_set descr "A queue of a rule for packets coming in takes effect where they leave; the rule going out has the last word; each interface has queues of its own"
}
forwarded_body()
{
	on
	serve c tcp 0.0.0.0 7
	rules <<-EOF2
		altq on ra cbq bandwidth 100Mb queue { std, web }
		altq on rc cbq bandwidth 50Mb queue { std, web, own }
		queue std bandwidth 10% cbq(default)
		queue web bandwidth 20%
		queue own on rc bandwidth 5Mb
		pass all
		pass in on ra proto tcp queue web
		pass in on ra proto icmp queue web
		pass out on rc proto icmp queue own
	EOF2
	talks a tcp 10.0.1.2 7
	at_least web 3 rc
	at_least web 2 ra
	nothing_in own rc
	pings a 10.0.1.2
	at_least own 1 rc
	atf_check -o match:"queue  web on ra bandwidth 20Mb" \
	    -o match:"queue  web on rc bandwidth 10Mb" pfctl -sq
	atf_check -o not-match:" on rc " pfctl -sq -i ra
}

atf_test_case matches
matches_head()
{
	atf_set descr "match with queue: the last one of a state counts, unless the rule that passes has one"
}
matches_body()
{
	on
	serve c tcp 0.0.0.0 7
	serve c udp 0.0.0.0 7
	serve c tcp 0.0.0.0 9
	rules <<-EOF2
		altq on ra cbq bandwidth 100Mb queue { std, ping }
		altq on rc cbq bandwidth 100Mb queue { std, tcp, seven, ping, own }
		queue std bandwidth 10% cbq(default)
		queue tcp bandwidth 10%
		queue seven bandwidth 10%
		queue ping bandwidth 10%
		queue own bandwidth 10%
		match out on rc proto tcp queue tcp
		match out on rc proto tcp from any to 10.0.1.2 port 7 queue seven
		match in on ra proto icmp queue ping
		pass all
		pass out on rc proto udp queue own
		match proto udp queue seven
	EOF2
	talks - tcp 10.0.1.2 9
	at_least tcp 3
	nothing_in seven
	talks - tcp 10.0.1.2 7
	at_least seven 3
	# what passes says it itself
	talks - udp 10.0.1.2 7
	at_least own 1
	# coming in: where it leaves, and the answer, but nothing of our own
	pings - 10.0.1.2
	nothing_in ping rc
	pings a 10.0.1.2
	at_least ping 1 rc
	at_least ping 1 ra
	pings c 10.0.0.2
	[ "$(in_queue ping rc)" = 1 ] || atf_fail "that did not come in on ra"
	# what is not asked does not pass by a match rule
	rules <<-EOF2
		set skip on rc
		altq on rc cbq bandwidth 100Mb queue { std, tcp }
		queue std bandwidth 10% cbq(default)
		queue tcp bandwidth 10%
		match out queue tcp
		pass all
	EOF2
	talks - tcp 10.0.1.2 7
	nothing_in tcp
	echo 'match out on rc from <t> queue tcp' >>pf.conf
	atf_check -s exit:1 -e match:"pf.conf:7: match with scrub, set or queue: only" \
	    pfctl -f pf.conf
}

atf_test_case behind
behind_head()
{
	atf_set descr "match with queue: behind quick rules and anchors for other packets; by lists and const tables"
}
behind_body()
{
	on
	ip link set rc down
	ip link set rc name rc0
	ip link set rc0 up
	serve c tcp 0.0.0.0 7
	serve c udp 0.0.0.0 7
	rules <<-EOF2
		altq on rc0 cbq bandwidth 100Mb queue { std, tcp, udp }
		queue std bandwidth 10% cbq(default)
		queue tcp bandwidth 10%
		queue udp bandwidth 10%
		table <t> const { 10.0.1.0/24, !10.0.1.3 }
		pass quick on lo0
		pass in quick on rc0
		pass out quick on rc0 inet6
		block out quick on rc0 proto 99
		anchor out quick on em0 {
			pass
		}
		anchor {
			block quick proto 98
			pass out on rc0 inet proto udp to port 9
		}
		match out on rc0 inet proto tcp to { 10.0.1.2 10.0.1.4 \
		    10.0.1.5 10.0.1.6 10.0.1.7 10.0.1.8 10.0.1.9 } queue tcp
		match out on rc0 inet proto udp to <t> queue udp
		pass
	EOF2
	ip -n c addr add 10.0.1.3/24 dev e0
	talks - tcp 10.0.1.3 7
	silent a udp 10.0.1.3 7 # its answer comes from 10.0.1.2
	nothing_in tcp rc0
	nothing_in udp rc0
	talks - tcp 10.0.1.2 7
	at_least tcp 3 rc0
	talks a udp 10.0.1.2 7
	at_least udp 1 rc0
	cat >pf.conf <<-EOF2
		altq on rc0 cbq bandwidth 100Mb queue { std, tcp }
		queue std bandwidth 10% cbq(default)
		queue tcp bandwidth 10%
		anchor quick {
			pass out proto tcp
		}
		match out on rc0 inet proto tcp queue tcp
		anchor {
			pass quick proto tcp
		}
		match out on rc0 inet proto tcp queue tcp
		match out on rc0 inet proto udp queue tcp
	EOF2
	atf_check -s exit:1 -e match:"pf.conf:7: match with scrub, set or queue" \
	    -e match:"pf.conf:11: match" -e not-match:"conf:12" pfctl -f pf.conf
}

atf_test_case kept
kept_head()
{
	atf_set descr "A state keeps its queue, by name, when other rules are loaded"
}
kept_body()
{
	local n rest

	on
	serve c tcp 0.0.0.0 7
	rest="queue std bandwidth 10% cbq(default)
queue web bandwidth 10%
queue ack bandwidth 10%
pass all"
	rules <<-EOF2
		altq on rc cbq bandwidth 100Mb queue { std, web, ack }
		$rest
		pass out on rc proto tcp to port 7 queue(web, ack)
	EOF2
	mkfifo say
	nc 10.0.1.2 7 <say >heard &
	exec 9>say
	echo one >&9
	must_wait 5 grep -q one heard
	at_least web 1
	# other numbers, and no rule that names a queue
	rules <<-EOF2
		altq on rc cbq bandwidth 100Mb queue { ack, web, std }
		queue ack bandwidth 10%
		queue web bandwidth 10%
		queue std bandwidth 10% cbq(default)
		pass all
	EOF2
	nothing_in web
	echo two >&9
	must_wait 5 grep -q two heard
	at_least web 1
	at_least ack 1
	# and once more; the same rules, too
	echo "pass in on ra" >>pf.conf
	atf_check pfctl -f pf.conf
	atf_check pfctl -f pf.conf
	echo three >&9
	must_wait 5 grep -q three heard
	at_least web 1
	# a queue that is no more
	grep -v "queue web" pf.conf | sed 's/ web,//' >other.conf
	atf_check pfctl -f other.conf
	echo four >&9
	must_wait 5 grep -q four heard
	at_least std 1
	exec 9>&-
}

atf_test_case bound
bound_head()
{
	atf_set descr "States that remember their interface have queues, also when other rules are loaded"
}
bound_body()
{
	local conf

	on
	conf="altq on rc cbq bandwidth 100Mb queue { std, web, ping }
queue std bandwidth 10% cbq(default)
queue web bandwidth 10%
queue ping bandwidth 10%"
	rules <<-EOF2
		set state-policy if-bound
		$conf
		pass out queue web
		pass in inet proto icmp queue ping
	EOF2
	serve c tcp 0.0.0.0 7
	mkfifo say
	nc 10.0.1.2 7 <say >heard &
	exec 9>say
	echo one >&9
	must_wait 5 grep -q one heard
	at_least web 3
	nothing_in ping
	pings c 10.0.1.1
	at_least ping 1
	rules <<-EOF2
		$conf
		block
	EOF2
	nothing_in web
	echo two >&9
	must_wait 5 grep -q two heard
	at_least web 1
	exec 9>&-
}

atf_test_case blocked
blocked_head()
{
	atf_set descr "What block return out refuses has no queue and does not leave"
}
blocked_body()
{
	on
	serve c udp 0.0.0.0 7
	serve c tcp 0.0.0.0 7
	pings - 10.0.1.2
	for rule in "match out on rc queue web" "pass in on ra queue web"; do
		rules <<-EOF2
			altq on rc cbq bandwidth 100Mb queue { std, web }
			queue std bandwidth 10% cbq(default)
			queue web bandwidth 20%
			nat on rc inet from 10.0.0.2 -> 10.0.1.1
			$rule
			block return out on rc
			pass out on rc inet proto icmp
		EOF2
		refused a tcp 10.0.1.2 7
		refused a udp 10.0.1.2 7
		pings a 10.0.1.2
		at_least web 1
	done
}

atf_test_case link
link_head()
{
	atf_set descr "A link that goes down takes no queues and stops no other load"
}
link_body()
{
	atf_check -o inline:"epair0a\n" ifconfig epair create
	atf_check -o inline:"bridge0\n" ifconfig bridge create
	atf_check ifconfig bridge0 addm epair0a up
	ifconfig epair0a up
	ifconfig epair0b up
	rules -e <<-EOF2
		altq on bridge0 cbq queue { std, web }
		queue std bandwidth 10% cbq(default)
		queue web bandwidth 20%
		anchor x
		pass
	EOF2
	has_qdisc bridge0
	ifconfig epair0b down
	# nobody knows how fast it is
	atf_check -s exit:1 -e match:"bridge0 does not know its bandwidth" \
	    pfctl -f pf.conf
	atf_check -e ignore pfctl -z
	echo pass | atf_check pfctl -a x -f -
	has_qdisc bridge0
	atf_check -o match:"queue  web on bridge0" pfctl -sq
	atf_check pfctl -d -q
	atf_check pfctl -e -q
}

atf_test_case acks
acks_head()
{
	atf_set descr "queue(q, pq): acknowledgements without data and packets with lowdelay are of the second"
}
acks_body()
{
	local n

	on
	rules <<-EOF2
		altq on rc priq bandwidth 100Mb queue { std, bulk, fast }
		queue std priority 0 priq(default)
		queue bulk priority 3
		queue fast priority 7
		pass all
		pass in on rc proto tcp to port 5000 queue(bulk, fast)
		pass out on rc proto { tcp, icmp } queue(bulk, fast)
	EOF2
	# they send: nearly all we do is to acknowledge
	sink - 5000
	pour c 500000 10.0.1.1 5000
	at_least fast 5
	n=$(in_queue bulk)
	[ "$n" -le 3 ] || wrong "$n packets, none with data"
	# we send: data
	sink c 5001
	pour - 500000 10.0.1.2 5001
	[ "$(bytes_in bulk)" -ge 500000 ] || wrong "too few bytes"
	# by the type of service
	n=$(in_queue bulk)
	pings - -Q 0x10 10.0.1.2
	[ "$(in_queue bulk)" = "$n" ] || atf_fail "lowdelay is bulk"
	pings - -Q 0x08 10.0.1.2
	[ "$(in_queue bulk)" = $((n + 1)) ] || atf_fail "throughput is not"
	# and in IPv6
	ip addr add fd01::1/64 dev rc nodad
	ip -n c addr add fd01::2/64 dev e0 nodad
	n=$(in_queue fast)
	at - sh -c "exec nc -l 5002 >/dev/null" &
	must_wait 5 sh -c "ss -Hltn sport = :5002 | grep -q ."
	rules <<-EOF2
		altq on rc priq bandwidth 100Mb queue { std, bulk, fast }
		queue std priority 0 priq(default)
		queue bulk priority 3
		queue fast priority 7
		pass all
		pass in on rc proto tcp to port 5003 queue(bulk, fast)
	EOF2
	at - sh -c "nc -6 -l 5003 >/dev/null" &
	must_wait 5 sh -c "ss -Hltn sport = :5003 | grep -q ."
	pour c 500000 fd01::1 5003
	at_least fast 5
	n=$(in_queue bulk)
	[ "$n" -le 3 ] || wrong "$n packets, none with data"
}

atf_test_case priorities
priorities_head()
{
	atf_set descr "priq: ranks of priorities; who has the higher one goes first"
}
priorities_body()
{
	on
	rules <<-EOF2
		altq on rc priq bandwidth 100Kb queue { low, mid, high }
		queue low priority 2 priq(default)
		queue mid priority 9 qlimit 60
		queue high priority 15
		pass all
		pass out on rc proto udp to port 9 queue low
		pass out on rc proto udp to port 7 queue high
	EOF2
	atf_check -o inline:"queue low on rc priority 2 priq( default )
queue mid on rc priority 9 qlimit 60
queue high on rc priority 15
" -x "pfctl -sq | sed 's/ \$//'"
	atf_check -o match:"cb01:2 parent cb01:1 leaf [0-9a-f]+: prio 2 " \
	    -o match:"cb01:3 parent cb01:1 leaf [0-9a-f]+: prio 1 " \
	    -o match:"cb01:4 parent cb01:1 leaf [0-9a-f]+: prio 0 " \
	    tc class show dev rc
	# the line is full for six seconds, and one more comes
	serve c udp 0.0.0.0 7
	pings - 10.0.1.2
	bash -c "exec 3>/dev/udp/10.0.1.2/9
	    for i in {1..60}; do printf %01400d 0 >&3; done" 2>/dev/null
	talks - udp 10.0.1.2 7
	at_least high 1
	pfctl -vsq | grep -A2 'queue low' | grep -Eq 'qlength: +[1-9]' ||
	    wrong "the last has not gone first"
	{
		echo "altq on rc priq bandwidth 1Mb queue { a b c d e f g h i }"
		echo "queue a priq(default)"
		n=2
		for q in b c d e f g h i; do
			echo "queue $q priority $n"
			n=$((n + 1))
		done
	} >pf.conf
	atf_check -s exit:1 \
	    -e match:"pf.conf:1: more than 8 priorities on rc" \
	    pfctl -f pf.conf
	atf_check -o match:"^queue high" pfctl -sq
}

atf_test_case toggle
toggle_head()
{
	atf_set descr "-e and -d, -F queue, -F all, -A, and rules without queues: qdiscs come and go with them"
}
toggle_body()
{
	net3
	cat >pf.conf <<-EOF2
		altq on rc cbq bandwidth 10Mb queue { std }
		queue std bandwidth 100% cbq(default)
		pass out on rc queue std
	EOF2
	# nothing while pf is disabled
	atf_check pfctl -f pf.conf
	no_qdisc
	atf_check -o inline:"queue root_rc on rc bandwidth 10Mb priority 0 cbq( wrr root ) {std}
queue  std on rc bandwidth 10Mb cbq( default )
" -x "pfctl -sq | sed 's/ \$//'"
	atf_check -e inline:"pf enabled\n" pfctl -e
	has_qdisc rc
	pings - 10.0.1.2
	at_least std 1
	atf_check -e inline:"pf disabled\n" pfctl -d
	no_qdisc
	# of one who was killed before there were none
	atf_check tc qdisc add dev rc root handle cb01: htb
	atf_check -s exit:1 -e match:"not enabled" pfctl -d
	no_qdisc
	atf_check -e inline:"pf enabled\n" pfctl -e
	has_qdisc rc
	atf_check -e inline:"altq cleared\n" pfctl -F queue
	no_qdisc
	atf_check -o inline:"No queue in use\n" pfctl -sq
	atf_check -o match:"^No queue in use$" pfctl -sa
	atf_check -o match:"queue std" pfctl -sr
	# of the file, the queues alone
	atf_check pfctl -Fr -q
	atf_check -e ignore pfctl -A -f pf.conf
	has_qdisc rc
	atf_check pfctl -sr
	atf_check -e match:"altq cleared" pfctl -Fa
	no_qdisc
	# rules that have none
	atf_check pfctl -f pf.conf
	has_qdisc rc
	# what does not concern queues leaves them
	pings - 10.0.1.2
	at_least std 1
	echo pass | atf_check pfctl -a x -f -
	atf_check pfctl -q -t t -T add 10.9.9.9
	atf_check -e ignore pfctl -zq
	echo "pass" >other.conf
	atf_check -e ignore pfctl -R -f other.conf
	at_least std 1
	atf_check pfctl -f other.conf
	no_qdisc
	# another interface
	atf_check pfctl -f pf.conf
	sed 's/ rc / ra /' pf.conf >other.conf
	atf_check pfctl -f other.conf
	has_qdisc ra
	tc qdisc show dev rc | grep cb01 && atf_fail "rc has one, still"
	# nothing of these is in rules without queues
	echo pass >other.conf
	atf_check pfctl -f other.conf
	nft list ruleset | grep -i altq && atf_fail "there are chains left"
	return 0
}

atf_test_case failed
failed_head()
{
	atf_set descr "A load that fails leaves the queues there were; one of somebody else is not touched; what a killed loader left goes"
}
failed_body()
{
	on
	rules <<-EOF2
		altq on rc cbq bandwidth 10Mb queue { std }
		queue std bandwidth 100% cbq(default)
		pass all
	EOF2
	cp pf.conf good.conf
	has_qdisc rc
	sed 's/ rc / nope0 /' good.conf >pf.conf
	atf_check -s exit:1 -e match:"pf.conf:1: interface nope0 does not exist" \
	    pfctl -f pf.conf
	has_qdisc rc
	echo "pass in divert-to 127.0.0.1 port 5" >>pf.conf
	atf_check -s exit:1 -e ignore pfctl -f pf.conf
	has_qdisc rc
	# what is wrong with rules alone
	cp good.conf pf.conf
	echo "pass in divert-to 127.0.0.1 port 5" >>pf.conf
	atf_check -s exit:1 -e match:"pf.conf:4: divert-to is not supported" \
	    pfctl -f pf.conf
	# somebody else's, on another interface than the first one
	tc qdisc add dev ra root handle 7: htb
	cat >pf.conf <<-EOF2
		altq on rc priq bandwidth 5Mb queue { std }
		altq on ra cbq bandwidth 10Mb queue { std }
		queue std on ra bandwidth 100% cbq(default)
		queue std on rc priq(default)
	EOF2
	atf_check -s exit:1 -e match:"pf.conf:2: altq on ra: there is htb already, which is not pf's" \
	    pfctl -f pf.conf
	tc qdisc show dev ra | grep -q "htb 7: root" || atf_fail "it has gone"
	atf_check -o match:"root_rc on rc bandwidth 10Mb" pfctl -sq
	atf_check -o match:"class htb cb01:2 parent cb01:1" \
	    tc class show dev rc
	tc qdisc del dev ra root
	# what the kernel refuses when the first is made already
	cat >pf.conf <<-EOF2
		altq on rc cbq bandwidth 5Mb queue { std }
		altq on ra cbq bandwidth 10Mb queue { std }
		queue std on rc cbq(default)
		queue std on ra cbq(default) { a1 }
		queue a1 { a2 }
		queue a2 { a3 }
		queue a3 { a4 }
		queue a4 { a5 }
		queue a5 { a6 }
		queue a6 { a7 }
		queue a7 { a8 }
		queue a8
	EOF2
	sed 's/std on ra cbq(default)/std on ra/; s/queue a8/& cbq(default)/' \
	    pf.conf >deep.conf
	atf_check -s exit:1 -e match:"deep.conf:[0-9]+: a7 on ra: (.*too deep|Invalid argument)" \
	    pfctl -f deep.conf
	has_qdisc rc
	tc class show dev rc | grep -q "rate 10Mbit" ||
	    { tc class show dev rc; atf_fail "not as it was"; }
	tc qdisc show dev ra | grep cb01 && atf_fail "half of it is left"
	atf_check -o match:"root_rc on rc bandwidth 10Mb" pfctl -sq
	# left behind, half made
	tc qdisc add dev ra root handle cb01: htb
	tc class del dev rc classid cb01:2 2>/dev/null
	tc qdisc del dev rc root
	tc qdisc add dev rc root handle cb01: htb default 9
	atf_check pfctl -f good.conf
	tc qdisc show dev ra | grep cb01 && atf_fail "that of ra is left"
	pings - 10.0.1.2
	at_least std 1
}

atf_test_case half_made
half_made_head()
{
	atf_set descr "What a keeper that was killed has left of queues its successor makes whole"
}
half_made_body()
{
	on
	rules <<-EOF2
		altq on rc cbq bandwidth 10Mb queue { std slow }
		altq on ra cbq bandwidth 10Mb queue { std }
		queue std on rc bandwidth 50% cbq(default)
		queue std on ra cbq(default)
		queue slow on rc bandwidth 5% cbq
		pass all
		pass out proto icmp queue slow
	EOF2
	has_qdisc ra
	# what is whole stays
	before=$(tc qdisc show)
	kill -9 "$(pgrep -x cb-pf)"
	must_wait 5 sh -c "! pgrep -x cb-pf"
	atf_check -o ignore pfctl -sr
	must_wait 5 pgrep -x cb-pf
	pings - 10.0.1.2
	atf_check_equal "$before" "$(tc qdisc show)"
	for half in "class del dev rc classid cb01:5" \
	    "qdisc del dev ra parent cb01:3"; do
		kill -9 "$(pgrep -x cb-pf)"
		must_wait 5 sh -c "! pgrep -x cb-pf"
		atf_check tc $half
		atf_check -o ignore pfctl -sr
		must_wait 5 sh -c "
			tc class show dev rc | grep -q 'cb01:5 .*leaf' &&
			tc class show dev ra | grep -q 'cb01:3 .*leaf'"
	done
	pings - 10.0.1.2
	at_least slow 1
}

atf_test_case comes_back
comes_back_head()
{
	atf_set descr "An interface that comes again gets its queues again"
}
comes_back_body()
{
	atf_check -o inline:"epair0a\n" ifconfig epair create
	ifconfig epair0a inet 10.6.0.1/24 up
	atf_check -e ignore pfctl -e
	cat >pf.conf <<-EOF2
		altq on epair0a cbq bandwidth 10Mb queue { std }
		queue std bandwidth 100% cbq(default)
		pass all
	EOF2
	atf_check pfctl -f pf.conf
	has_qdisc epair0a
	atf_check ifconfig epair0a destroy
	atf_check -o match:"^INACTIVE queue root_epair0a" pfctl -sq
	echo pass | atf_check pfctl -a x -f -
	atf_check pfctl -d -q
	atf_check pfctl -e -q
	atf_check -o inline:"epair0a\n" ifconfig epair create
	atf_check ifconfig epair0a inet 10.6.0.1/24 up
	has_qdisc epair0a
}

atf_test_case unknown_speed
unknown_speed_head()
{
	atf_set descr "An interface that comes again and does not know its speed yet has no queues that are parts of it"
}
unknown_speed_body()
{
	bridged()
	{
		ip link add br9 type bridge
		ip link add e9 type veth peer name e9p
		ip link set e9p up
		ip link set e9 master br9 up
		ip link set br9 up
	}

	bridged
	atf_check -e ignore pfctl -e
	cat >pf.conf <<-EOF2
		altq on br9 cbq queue { std }
		queue std bandwidth 50% cbq(default)
		pass all
	EOF2
	atf_check pfctl -f pf.conf
	has_qdisc br9
	atf_check ip link del br9
	atf_check ip link del e9
	# without members there is no speed: nothing that lets a byte pass now
	# and then
	atf_check ip link add br9 type bridge
	atf_check ip addr add 10.9.0.1/24 dev br9
	atf_check ip link set br9 up
	atf_check -o ignore ifconfig br9 inet 10.9.0.2/24 alias
	no_qdisc
	# nor when pf is enabled
	atf_check pfctl -d -q
	atf_check pfctl -e -q
	no_qdisc
	# as soon as there is one
	atf_check ip link del br9
	bridged
	must_wait 5 sh -c "tc qdisc show dev br9 | grep -q 'htb cb01:'"
}

atf_test_case measured
measured_head()
{
	atf_set descr "-vvs queue: again and again, with rates"
}
measured_body()
{
	on
	rules <<-EOF2
		altq on rc cbq bandwidth 10Mb queue { std }
		queue std bandwidth 100% cbq(default)
		pass all
	EOF2
	pfctl -vvsq >seen &
	ping -q -i 0.2 -c 60 10.0.1.2 >/dev/null &
	must_wait 30 grep -q "measured: *[1-9].* packets/s, .*b/s" seen
	kill %1 %2
	atf_check -o ignore grep -q "^  \[ pkts: .* bytes: .*  dropped pkts:      0 bytes:      0 \]$" seen
	atf_check -o ignore grep -q "^  \[ qlength: .* borrows: .* suspends: .* \]$" seen
}

# one KIND OPTION: the file on stdin is loaded, or it is told what the kernel
# lacks, and then nothing is there.
one()
{
	cat >pf.conf
	if pfctl -f pf.conf 2>why; then
		tc qdisc show dev rc | grep -q "qdisc $1 " ||
		    { tc qdisc show dev rc; atf_fail "no $1"; }
		talks - tcp 10.0.1.2 7
		at_least q 3
		return
	fi
	[ -z "${CB_VM:-}" ] || atf_fail "$1: $(cat why)"
	grep -Eq "^pfctl: pf.conf:[0-9]: .* on rc needs the kernel's $2\$" why ||
	    atf_fail "$1: $(cat why)"
	tc qdisc show dev rc | grep cb01 && atf_fail "$1: something is left"
	return 0
}

atf_test_case kernel
kernel_head()
{
	atf_set descr "hfsc, fairq, codel, red: by the kernel's qdiscs, or the option that it lacks"
	vm_also "hfsc, red, codel and fq_codel are modules of 6.1"
}
kernel_body()
{
	on
	serve c tcp 0.0.0.0 7
	one hfsc CONFIG_NET_SCH_HFSC <<-EOF2
		altq on rc hfsc bandwidth 10Mb queue { std, q }
		queue std bandwidth 20% hfsc(default)
		queue q bandwidth 30% hfsc(realtime (2Mb 10 1Mb) upperlimit 5Mb)
		pass out on rc queue q
	EOF2
	one fq_codel CONFIG_NET_SCH_FQ_CODEL <<-EOF2
		altq on rc fairq bandwidth 10Mb queue { std, q }
		queue std bandwidth 20% fairq(default)
		queue q bandwidth 30% fairq(buckets 64)
		pass out on rc queue q
	EOF2
	one red CONFIG_NET_SCH_RED <<-EOF2
		altq on rc cbq bandwidth 10Mb queue { std, q }
		queue std bandwidth 20% cbq(default)
		queue q bandwidth 30% cbq(borrow ecn)
		pass out on rc queue q
	EOF2
	one codel CONFIG_NET_SCH_CODEL <<-EOF2
		altq on rc priq bandwidth 10Mb queue { std, q }
		queue std priq(default)
		queue q priority 3 priq(codel)
		pass out on rc queue q
	EOF2
	printf 'altq on rc codelq(target 5 interval 100 ecn) bandwidth 5Mb queue\n' \
	    >pf.conf
	if pfctl -f pf.conf 2>why; then
		pings - 10.0.1.2
		atf_check -o match:"pkts: +[1-9]" pfctl -vsq
	else
		grep -q "pf.conf:1: altq on rc needs the kernel's CONFIG_NET_SCH_CODEL" \
		    why || atf_fail "$(cat why)"
	fi
}

atf_test_case jailed
jailed_head()
{
	atf_set descr "A jail's root has queues on the interfaces of its vnet"
}
jailed_body()
{
	atf_check -o inline:"epair0a\n" ifconfig epair create
	atf_check -o ignore jail -c name=j vnet persist \
	    vnet.interface=epair0b
	ifconfig epair0a inet 10.6.0.1/24 up
	atf_check jexec j ifconfig epair0b inet 10.6.0.2/24 up
	atf_check -e ignore jexec j pfctl -e
	cat >pf.conf <<-EOF2
		altq on epair0b cbq bandwidth 10Mb queue { std, ping }
		queue std bandwidth 50% cbq(default)
		queue ping bandwidth 50%
		pass all
		pass in on epair0b proto icmp queue ping
	EOF2
	jexec j pfctl -f - <pf.conf || atf_fail "not loaded"
	pings - 10.6.0.2
	jexec j pfctl -vsq >seen
	grep -A1 "queue  ping" seen | grep -Eq "pkts: +[1-9]" ||
	    atf_fail "$(cat seen)"
	atf_check -o inline:"No queue in use\n" pfctl -sq
	atf_check -e inline:"altq cleared\n" jexec j pfctl -Fq
	atf_check -o inline:"No queue in use\n" jexec j pfctl -sq
}

atf_init_test_cases()
{
	atf_add_test_case shape
	atf_add_test_case classes
	atf_add_test_case forwarded
	atf_add_test_case matches
	atf_add_test_case behind
	atf_add_test_case kept
	atf_add_test_case bound
	atf_add_test_case blocked
	atf_add_test_case link
	atf_add_test_case acks
	atf_add_test_case priorities
	atf_add_test_case toggle
	atf_add_test_case failed
	atf_add_test_case half_made
	atf_add_test_case comes_back
	atf_add_test_case unknown_speed
	atf_add_test_case measured
	atf_add_test_case kernel
	atf_add_test_case jailed
}
