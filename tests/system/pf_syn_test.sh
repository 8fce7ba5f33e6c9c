#! /usr/bin/env atf-sh
# pf's synproxy state and set syncookies.
. "$(atf_get_srcdir)/common.sh" || exit
. "$(atf_get_srcdir)/pf_common.sh" || exit

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

# info_says N TEXT: what pfctl -vsi says of it.
info_says()
{
	atf_check -e ignore -o match:"^  $2  *$1 " pfctl -vsi
}

atf_test_case syncookies
syncookies_head()
{
	atf_set descr "set syncookies always: whom keep state lets in is answered by a cookie; nobody else"
}
syncookies_body()
{
	need nft
	on
	six_behind
	cat >pf.conf <<-EOF2
		set syncookies always
		block return
		pass proto { icmp icmp6 udp }
		pass in on ra proto tcp to port { 80, 81 }
		pass in on ra inet to 10.0.1.3 keep state (max 2)
		pass in on ra inet proto tcp to port 83 no state
		pass out on ra inet proto tcp from port 83 no state
		pass out on rc
		pass on lo0
		pass out on ra proto tcp to port 84
	EOF2
	pfctl -qf pf.conf 2>why || {
		grep -q CONFIG_NFT_SYNPROXY why && atf_skip "$(cat why)"
		atf_fail "$(cat why)"
	}
	serve c tcp 10.0.1.2 80
	serve c tcp fd01::2 80
	serve_here tcp 10.0.0.1 81
	serve_here tcp fd00::1 81
	serve_here tcp 10.0.0.1 83
	serve a tcp 10.0.0.2 84
	# neighbours are known: no SYN is asked for twice
	must_wait 10 ip netns exec a ping -qc 1 -W 1 fd01::2
	talks a tcp 10.0.1.2 80
	atf_check -e ignore -o match:"10.0.1.2:80 <- 10.0.0.2" \
	    -o match:"10.0.0.2:[0-9]* -> 10.0.1.2:80" pfctl -ss
	talks a tcp fd01::2 80
	talks a tcp 10.0.0.1 81
	talks a tcp fd00::1 81
	info_says 4 "syncookies sent"
	info_says 4 "syncookies validated"
	atf_check -e ignore -o match:"mode  *always" \
	    -o match:"active  *active" pfctl -vsi
	# no cookies: without a state, going out, to ourselves
	talks a tcp 10.0.0.1 83
	talks - tcp 10.0.0.2 84
	talks - tcp 10.0.0.1 81
	info_says 4 "syncookies sent"
	# what is not let in is refused as ever
	refused a tcp 10.0.1.2 85
	info_says 4 "syncookies sent"
	# whoever does not answer
	shy c 10.0.1.2 80
	info_says 4 "syncookies validated"
	# a limit counts all of the rule
	ip -n c addr add 10.0.1.3/24 dev e0
	serve c tcp 10.0.1.3 82
	serve c udp 10.0.1.3 82
	talks a tcp 10.0.1.3 82
	talks a udp 10.0.1.3 82
	talks a udp 10.0.1.3 82
	silent a udp 10.0.1.3 82
	silent a tcp 10.0.1.3 82
	# never again
	rules <<-EOF2
		pass
	EOF2
	pfctl -vsi 2>/dev/null | grep syncookies >before
	talks a tcp 10.0.1.2 80
	pfctl -vsi 2>/dev/null | grep syncookies | sed 's/ [^ ]*$//' >after
	sed -i 's/ [^ ]*$//' before
	atf_check -o file:before cat after
	atf_check -e ignore -o match:"mode  *never" \
	    -o match:"active  *inactive" pfctl -vsi
}

atf_test_case syncookies_refused
syncookies_refused_head()
{
	atf_set descr "set syncookies: what it cannot do is refused where it stands"
}
syncookies_refused_body()
{
	cat >pf.conf <<-EOF2
		set syncookies adaptive
	EOF2
	atf_check -s exit:1 -e match:"^pf.conf:1: set syncookies adaptive:" \
	    pfctl -nf pf.conf
	cat >pf.conf <<-EOF2
		set syncookies always
		rdr pass proto udp to port 53 -> 10.0.0.1
		rdr pass proto tcp to port 80 -> 10.0.0.1
		binat pass on em0 from 10.0.0.2 to any -> 10.0.0.3
		pass in on em0 dup-to (em1 10.0.0.9) proto tcp
		pass out on em0 proto tcp
		pass in on em0 proto tcp keep state (sloppy)
		pass in on em0 dup-to (em1 10.0.0.9) proto udp
	EOF2
	atf_check -s exit:1 -e match:"^pf.conf:3: .*rdr pass" \
	    -e match:"^pf.conf:4: .*binat pass" \
	    -e match:"^pf.conf:5: .*dup-to" -e match:"^pf.conf:7: .*sloppy" \
	    -e not-match:"conf:[268]" pfctl -nf pf.conf
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

atf_init_test_cases()
{
	atf_add_test_case synproxy
	atf_add_test_case syncookies
	atf_add_test_case syncookies_refused
	atf_add_test_case synproxy_rdr
	atf_add_test_case synproxy_rdr_to
	atf_add_test_case synproxy_more
	atf_add_test_case synproxy_limits
}
