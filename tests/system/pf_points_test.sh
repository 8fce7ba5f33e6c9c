#! /usr/bin/env atf-sh
# Where pf differs from nftables, with packets, as far as no other program
# shows it.  The points, and where they are shown (pf_test unless said):
#
#	1 last match		last_match	14 ICMP errors		twice
#	2 no rule		no_rule		15 block return	answers
#	3 judged twice		twice		16 tables		table
#	4 jails on lo0		shared		17 (if)		follows
#	5 states, if-bound	bound (and	18 groups		names
#				pf_bound_test)
#	6 flags S/SA		first_packet	19 bridges	pf_bridge_test
#	7 nat, then filter	nat		20 counters	counters,
#	8 rdr, then filter	rdr				anchor_counters
#	9 nat: first match	first		21 neighbours		v6
#	10 nat pass, rdr pass	nat, rdr	22 limits	limits,
#	11 route-to	pf_route_test				pf_state_test
#	12 skip			skip		23 disabled		disabled
#	13 fragments		fragments	24 options	names, options
#						25 checksums		damaged
. "$(atf_get_srcdir)/common.sh" || exit
. "$(atf_get_srcdir)/pf_common.sh" || exit

# raw WHAT DST: send a packet that no ordinary socket sends (none: only write
# raw.py, for other machines).
raw()
{
	cat >raw.py <<-'EOF2'
		import socket, struct, sys

		def csum(b):
		    s = sum(struct.unpack('!%dH' % (len(b) // 2), b))
		    while s >> 16:
		        s = (s & 0xffff) + (s >> 16)
		    return ~s & 0xffff

		def send(proto, b):
		    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, proto)
		    s.sendto(b, (dst, 0))

		what, dst = sys.argv[1:]
		if what == 'udp':
		    send(17, struct.pack('!HHHHI', 4000, 7, 12, 0xbeef, 0))
		elif what == 'tcp':
		    send(6, struct.pack('!HHIIBBHHH', 4000, 7, 1, 0, 0x50, 2,
		        1000, 0xbeef, 0))
		elif what == 'icmp':
		    send(1, struct.pack('!BBHHH', 8, 0, 0xbeef, 5, 1))
		elif what == 'igmp':
		    group = socket.inet_aton('239.1.2.3')
		    b = struct.pack('!BBH4s', 0x16, 0, 0, group)
		    b = struct.pack('!BBH4s', 0x16, 0, csum(b), group)
		    send(255, struct.pack('!BBHHHBBH4s4sI', 0x46, 0, 32, 1, 0,
		        1, 2, 0, socket.inet_aton('10.0.0.2'),
		        socket.inet_aton(dst), 0x94040000) + b)
	EOF2
	python3 raw.py "$@"
}

# packets OF: what the rule that begins so has counted.
packets()
{
	pfctl -vsr 2>/dev/null | grep -A 1 "^$1" |
	    sed -n 's/.*Packets: \([0-9]*\) .*/\1/p'
}

atf_test_case no_rule
no_rule_head()
{
	atf_set descr "No rule has matched: it passes, without a state"
}
no_rule_body()
{
	on
	rules </dev/null
	pings a 10.0.1.2
	atf_check pfctl -ss
	rules <<-EOF2
		block in proto tcp
		pass in proto udp
	EOF2
	pings a 10.0.1.2
	atf_check pfctl -ss
	# but what is translated has one
	rules <<-EOF2
		nat on rc inet from 10.0.0.0/24 to any -> 10.0.1.1
	EOF2
	pings a 10.0.1.2
	atf_check -o match:"^all icmp 10.0.1.1:[0-9]* .10.0.0.2:.* -> 10.0.1.2:" \
	    -o not-match:"<-" pfctl -ss
}

atf_test_case shared
shared_head()
{
	atf_set descr "Jails without a vnet talk to each other and to the host on lo0, whatever address"
}
shared_body()
{
	on
	ip addr add 10.5.0.5/32 dev ra
	make_jail one ip4.addr=10.0.0.1
	make_jail two ip4.addr=10.5.0.5
	started serve jexec one "$CB_TOOLS/peer" serve tcp 10.0.0.1 80
	rules <<-EOF2
		block return on ra
		pass on lo0
	EOF2
	atf_check jexec two "$CB_TOOLS/peer" probe tcp -t 5000 10.0.0.1 80
	talks - tcp 10.0.0.1 80
	refused a tcp 10.0.0.1 80
	rules <<-EOF2
		block return on lo0
		pass on ra
	EOF2
	atf_check -s not-exit:0 -e match:refused \
	    jexec two "$CB_TOOLS/peer" probe tcp -t 5000 10.0.0.1 80
	refused - tcp 10.0.0.1 80
	talks a tcp 10.0.0.1 80
}

atf_test_case bound
bound_head()
{
	atf_set descr "A floating state passes answers on any interface, an if-bound one on its own"
}
bound_body()
{
	on
	ip link add rb type veth peer name e1 netns a
	ip addr add 10.0.2.1/24 dev rb
	ip link set rb up
	ip -n a addr add 10.0.2.2/24 dev e1
	ip -n a link set e1 up
	for i in all ra rb; do
		echo 0 >/proc/sys/net/ipv4/conf/$i/rp_filter
	done
	rules <<-EOF2
		block
		pass in on ra proto icmp
	EOF2
	# comes in on ra, its answer goes out on rb
	pings a 10.0.0.1 -I 10.0.2.2
	rules <<-EOF2
		block
		pass in on ra proto icmp keep state (if-bound)
	EOF2
	pings a 10.0.0.1
	no_ping a 10.0.0.1 -I 10.0.2.2
	atf_check -o match:"^ra icmp 10.0.0.1:[0-9]* <- 10.0.2.2:" pfctl -ss
	rules <<-EOF2
		set state-policy if-bound
		block
		pass in on ra proto icmp
	EOF2
	no_ping a 10.0.0.1 -I 10.0.2.2
	rules <<-EOF2
		set state-policy if-bound
		block
		pass in on ra proto icmp keep state (floating)
	EOF2
	pings a 10.0.0.1 -I 10.0.2.2
	# what comes in there lets nothing out elsewhere
	no_ping a 10.0.1.2
}

atf_test_case first
first_head()
{
	atf_set descr "Of translations the first that matches counts, a no too"
}
first_body()
{
	on
	serve c tcp 10.0.1.2 7
	serve c tcp 10.0.1.2 8
	rules <<-EOF2
		no rdr on ra inet proto tcp to 10.0.0.1 port 71
		rdr on ra inet proto tcp to 10.0.0.1 port 70:71 -> 10.0.1.2 port 7
		rdr on ra inet proto tcp to 10.0.0.1 port 70 -> 10.0.1.2 port 9
		no nat on rc inet proto tcp to port 8
		nat on rc inet proto tcp -> 10.0.1.1
		nat on rc inet -> 10.0.1.7
	EOF2
	talks a tcp 10.0.0.1 70
	refused a tcp 10.0.0.1 71
	talks a tcp 10.0.1.2 8
	atf_check -o match:"^all tcp 10.0.1.1:[0-9]* .10.0.0.2:.* -> 10.0.1.2:7 " \
	    -o not-match:" -> 10.0.1.2:8 " pfctl -ss
}

atf_test_case skip
skip_head()
{
	atf_set descr "set skip: no rule, no translation, no tag, no state on it"
}
skip_body()
{
	on
	serve c tcp 10.0.1.2 7
	rules <<-EOF2
		set skip on ra
		rdr on ra inet proto tcp to 10.0.0.1 port 70 -> 10.0.1.2 port 7
		match in on ra tag X
		block in
		block out on rc tagged X
	EOF2
	pings a 10.0.0.1
	refused a tcp 10.0.0.1 70
	atf_check pfctl -ss
	# rc is none of these: the answer is stopped there, unless there is a state
	no_ping a 10.0.1.2
	echo "pass out on rc ! tagged X" >>pf.conf
	atf_check pfctl -f pf.conf
	pings a 10.0.1.2
	atf_check -o match:" -> 10.0.1.2:" -o not-match:"<-" pfctl -ss
	atf_check -e ignore pfctl -Fs
	rules <<-EOF2
		set skip on { ra, rc }
		nat on rc inet from 10.0.0.0/24 to any -> 10.0.1.77
		block
	EOF2
	pings a 10.0.1.2
	atf_check pfctl -ss
	# the next file has none
	rules <<-EOF2
		block
	EOF2
	no_ping a 10.0.0.1
}

atf_test_case fragments
fragments_head()
{
	atf_set descr "Fragments are put together, and judged as one packet by ports and all"
}
fragments_body()
{
	on
	rules <<-EOF2
		block inet
		pass in on ra proto icmp
		pass out on rc proto icmp
		pass in on ra proto udp to port 7
	EOF2
	pings a 10.0.1.2 -s 4000
	atf_check_equal 2 "$(packets 'pass in on ra proto icmp')"
	atf_check_equal 0 "$(packets 'block')"
	serve_here udp 10.0.0.1 7
	at a bash -c 'head -c 4000 /dev/zero >/dev/udp/10.0.0.1/7'
	at a bash -c 'head -c 4000 /dev/zero >/dev/udp/10.0.0.1/8'
	# there, the echo, and perhaps an error, for nobody reads it
	atf_check -o match:"Evaluations: 1 .*Bytes: [48][0-9][0-9][0-9] " \
	    -e ignore sh -c 'pfctl -vsr | grep -A 1 "port = echo"'
	atf_check_equal 1 "$(packets 'block')"
}

atf_test_case disabled
disabled_head()
{
	atf_set descr "Disabled: rules and states stay, nothing is judged"
}
disabled_body()
{
	on
	rules <<-EOF2
		block inet
		pass in on ra proto icmp to 10.0.0.1
	EOF2
	pings a 10.0.0.1
	no_ping a 10.0.1.2
	atf_check -o save:before pfctl -ss
	atf_check -o match:"<-" cat before
	atf_check -e ignore pfctl -d
	pings a 10.0.1.2
	atf_check -o file:before pfctl -ss
	atf_check -o match:"^block drop inet all$" pfctl -sr
	atf_check_equal 1 "$(packets 'block')"
	atf_check -e ignore pfctl -e
	no_ping a 10.0.1.2
	atf_check -o file:before pfctl -ss
}

atf_test_case options
options_head()
{
	atf_set descr "Options are dropped on rules that pass, those of IGMP and MLD are not"
}
options_body()
{
	need python3
	on
	ip -n a route add 224.0.0.0/4 dev e0
	rules <<-EOF2
		block
		pass in on ra proto igmp
		pass in on ra proto icmp
		pass in on ra inet6 proto icmp6
	EOF2
	at a ping -q -R -c 1 -W 0.3 10.0.0.1 >/dev/null &&
	    atf_fail "options have passed"
	atf_check -o match:"ip-option  *1 " pfctl -si
	raw none 10.0.0.1
	atf_check ip netns exec a python3 raw.py igmp 224.0.0.22
	atf_check_equal 1 "$(packets 'pass in on ra proto igmp')"
	# a listener's report has a hop-by-hop header
	at a python3 -c '
import socket, struct
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.setsockopt(41, 20, socket.inet_pton(socket.AF_INET6, "ff02::4242") +
    struct.pack("@I", socket.if_nametoindex("e0")))
' || atf_fail "no group"
	must_wait 10 sh -c 'pfctl -vsr | grep -A 1 ipv6-icmp | grep "Packets: [1-9]"'
	atf_check -o match:"ip-option  *1 " pfctl -si
}

atf_test_case damaged
damaged_head()
{
	atf_set descr "What has a wrong checksum makes no state and is not answered, which proto-cksum counts"
}
damaged_body()
{
	need python3 tcpdump
	on
	rules <<-EOF2
		pass
	EOF2
	raw none 10.0.0.1
	for i in udp tcp icmp; do
		atf_check ip netns exec a python3 raw.py $i 10.0.0.1
		atf_check ip netns exec a python3 raw.py $i 10.0.1.2
	done
	atf_check -o not-match:" (tcp|udp|icmp) " pfctl -ss
	rules <<-EOF2
		block return in on ra
	EOF2
	ip netns exec a timeout 30 tcpdump -nc 1 -i e0 \
	    'icmp[0] = 3 or tcp[13] & 4 != 0' >seen 2>listening &
	must_wait 10 grep -q listening listening
	for i in udp tcp; do
		atf_check ip netns exec a python3 raw.py $i 10.0.0.1
		atf_check ip netns exec a python3 raw.py $i 10.0.1.2
	done
	refused a tcp 10.0.0.1 9
	wait $! || atf_fail "$(cat seen)"
	atf_check -o match:"10.0.0.1.9 > 10.0.0.2" cat seen
	# of what would have got an RST, as in pf; nothing else is
	atf_check -o match:"proto-cksum  *2 " pfctl -si
	cat >six.py <<-EOF2
		import socket, struct
		s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, 6)
		s.sendto(struct.pack('!HHIIBBHHH', 4000, 7, 1, 0, 0x50, 2, 1000,
		    0xbeef, 0), ('fd00::1', 0))
	EOF2
	rules <<-EOF2
		block return in on ra proto { tcp, udp }
	EOF2
	atf_check ip netns exec a python3 six.py
	refused a tcp fd00::1 9
	atf_check -o match:"proto-cksum  *3 " pfctl -si
	rules <<-EOF2
		block in on ra
	EOF2
	atf_check ip netns exec a python3 raw.py tcp 10.0.0.1
	atf_check -o match:"proto-cksum  *3 " pfctl -si
}

# row N: the IPv4 numbers of "Interface Stats", line N of what it counts.
row()
{
	pfctl -si | sed -n '/^Interface Stats/,/^$/p' | sed -n "$(($1 + 1))p" |
	    awk '{ print $(NF - 1) }'
}

atf_test_case loginterface
loginterface_head()
{
	atf_set descr "set loginterface: -si shows its packets, passed and blocked, in and out"
}
loginterface_body()
{
	on
	rules <<-EOF2
		set loginterface ra
		nat on rc inet from 10.0.0.0/24 to any -> 10.0.1.1
		rdr pass on ra inet proto tcp to 10.0.0.1 port 70 -> 10.0.1.2
		block in on ra inet proto icmp to 10.0.1.1
		block out on ra inet proto icmp to 10.0.0.3
		block out on rc inet proto icmp to 10.0.1.9
	EOF2
	atf_check -o match:"^Interface Stats for ra  *IPv4  *IPv6$" pfctl -si
	pings a 10.0.0.1
	pings a 10.0.1.2
	no_ping a 10.0.1.1
	no_ping a 10.0.1.9
	no_ping - 10.0.0.3
	no_ping c 10.0.0.3
	# passed in: two and what rc has blocked
	set -- 1:336 2:336 4:3 5:1 7:2 8:2
	for want; do
		[ "$(row "${want%:*}")" = "${want#*:}" ] || {
			pfctl -si
			atf_fail "line ${want%:*} is not ${want#*:}"
		}
	done
	# another load leaves them, -F info does not
	atf_check pfctl -f pf.conf
	atf_check_equal 3 "$(row 4)"
	atf_check -e ignore pfctl -F info
	atf_check_equal 0 "$(row 4)"
	sed -i '1s/ra/rc/' pf.conf
	atf_check pfctl -f pf.conf
	atf_check_equal 0 "$(row 4)"
	pings a 10.0.1.2
	atf_check_equal 1 "$(row 4)"
	atf_check_equal 1 "$(row 7)"
	sed -i 1d pf.conf
	atf_check pfctl -f pf.conf
	atf_check -o not-match:"Interface Stats" pfctl -si
}

atf_init_test_cases()
{
	atf_add_test_case no_rule
	atf_add_test_case shared
	atf_add_test_case bound
	atf_add_test_case first
	atf_add_test_case skip
	atf_add_test_case fragments
	atf_add_test_case disabled
	atf_add_test_case options
	atf_add_test_case damaged
	atf_add_test_case loginterface
}
