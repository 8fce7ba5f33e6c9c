#! /usr/bin/env atf-sh
# Bridges: frames that cross and frames that must not, the table of addresses,
# MTU, span ports that get each frame once.
. "$(atf_get_srcdir)/common.sh"

# host N: another machine hN behind member epairNa of bridge0, 10.0.0.N
host()
{
	netns_new h$1
	ifconfig epair$1 create >/dev/null
	ip link set epair$1b netns h$1
	ip netns exec h$1 ifconfig epair$1b inet 10.0.0.$1/24
	ifconfig bridge0 addm epair$1a
	ifconfig epair$1a up
}

in_h()
{
	local h

	h=h$1
	shift
	ip netns exec "$h" "$@"
}

# listen N: capture what h$N hears, to the file hN
listen()
{
	started h$1 ip netns exec h$1 sniff -t 20000 epair$1b
}

# say N SRC [DST]: h$N sends a frame from that address
say()
{
	in_h $1 sniff -s ${3:-ff:ff:ff:ff:ff:ff} -S 02:00:00:00:00:$2 epair$1b
}

# heard N SRC: h$N has got a frame from that address (soon)
heard()
{
	wait_for 30 grep -q "^02:00:00:00:00:$2 " h$1 ||
	    atf_fail "h$1 has not heard $2: $(cat h$1)"
}

not_heard()
{
	! grep "^02:00:00:00:00:$2 " h$1 || atf_fail "h$1 has heard $2"
}

two_hosts()
{
	ifconfig bridge0 create
	ifconfig bridge0 inet 10.0.0.254/24
	host 1
	host 2
}

atf_test_case talk
talk_head()
{
	atf_set descr "Members and the host reach each other, others do not"
}
talk_body()
{
	two_hosts
	atf_check -o ignore ip netns exec h1 ping -c 1 -W 10 10.0.0.2
	atf_check -o ignore ip netns exec h1 ping -c 1 -W 10 10.0.0.254
	atf_check -o match:" epair1a 1[12][0-9][0-9] flags=0<>$" \
	    -o match:" epair2a 1[12][0-9][0-9] flags=0<>$" \
	    ifconfig bridge0 addr
	atf_check ifconfig bridge0 deletem epair2a
	atf_check -s not-exit:0 -o ignore ip netns exec h1 ping -c 1 -W 1 10.0.0.2
	atf_check ifconfig bridge0 addm epair2a
	atf_check -o ignore ip netns exec h1 ping -c 1 -W 10 10.0.0.2
}

atf_test_case errors
errors_head()
{
	atf_set descr "Members that cannot be, in FreeBSD's words"
}
errors_body()
{
	two_hosts
	ifconfig bridge1 create
	ifconfig epair9 create >/dev/null
	atf_check -s exit:1 \
	    -e inline:"ifconfig: BRDGADD epair1a: File exists\n" \
	    ifconfig bridge0 addm epair1a
	atf_check -s exit:1 \
	    -e inline:"ifconfig: BRDGADD epair1a: Device busy\n" \
	    ifconfig bridge1 addm epair1a
	atf_check -s exit:1 \
	    -e inline:"ifconfig: BRDGADD nope: No such file or directory\n" \
	    ifconfig bridge0 addm nope
	atf_check -s exit:1 \
	    -e inline:"ifconfig: BRDGADD bridge0: Invalid argument\n" \
	    ifconfig bridge0 addm bridge0
	atf_check -s exit:1 \
	    -e inline:"ifconfig: BRDGADD lo0: Invalid argument\n" \
	    ifconfig bridge0 addm lo0
	atf_check -s exit:1 \
	    -e inline:"ifconfig: BRDGDEL epair9a: No such file or directory\n" \
	    ifconfig bridge0 deletem epair9a
	atf_check -s exit:1 -e match:"No such file or directory" \
	    ifconfig bridge0 private epair9a
	atf_check -s exit:1 \
	    -e match:"BRDGDADDR .*: No such file or directory" \
	    ifconfig bridge0 deladdr 02:00:00:00:00:99
	atf_check -s exit:1 -e match:"BRDGSIFAMAX epair1a: Linux bridges" \
	    ifconfig bridge0 ifmaxaddr epair1a 5
}

atf_test_case private
private_head()
{
	atf_set descr "Two private members do not see each other, others do"
}
private_body()
{
	two_hosts
	host 3
	atf_check ifconfig bridge0 private epair1a private epair2a
	listen 2
	listen 3
	say 1 01
	say 3 03
	heard 3 01
	heard 2 03
	not_heard 2 01
	atf_check ifconfig bridge0 -private epair1a
	say 1 11
	heard 2 11
}

atf_test_case discover_learn
discover_learn_head()
{
	atf_set descr "-discover: no unknown unicast; -learn: nothing learned"
}
discover_learn_body()
{
	two_hosts
	host 3
	listen 2
	listen 3
	atf_check ifconfig bridge0 -discover epair2a
	say 1 01 02:00:00:00:00:77
	heard 3 01
	say 1 0b
	heard 2 0b
	not_heard 2 01
	atf_check ifconfig bridge0 discover epair2a
	say 1 02 02:00:00:00:00:77
	heard 2 02
	atf_check ifconfig bridge0 -learn epair1a flush
	say 1 03
	heard 2 03
	atf_check -o not-match:"02:00:00:00:00:03" ifconfig bridge0 addr
	atf_check ifconfig bridge0 learn epair1a
	say 1 04
	heard 2 04
	atf_check -o match:"^02:00:00:00:00:04 .* epair1a [0-9]+ flags=0<>$" \
	    ifconfig bridge0 addr
}

atf_test_case table
table_head()
{
	atf_set descr "static, deladdr, flush, flushall, timeout, maxaddr"
}
table_body()
{
	two_hosts
	host 3
	atf_check ifconfig bridge0 static epair2a 02:00:00:00:00:55
	atf_check -o match:"^02:00:00:00:00:55 .* epair2a 0 flags=1<STATIC>$" \
	    ifconfig bridge0 addr
	listen 2
	listen 3
	# only to where the entry says, and it does not move
	say 1 01 02:00:00:00:00:55
	heard 2 01
	say 3 55
	heard 2 55
	say 1 02 02:00:00:00:00:55
	heard 2 02
	not_heard 3 02
	# flush leaves static entries alone
	atf_check ifconfig bridge0 flush
	atf_check -o match:"^02:00:00:00:00:55 .*STATIC" \
	    -o not-match:"^02:00:00:00:00:01 " ifconfig bridge0 addr
	atf_check ifconfig bridge0 deladdr 02:00:00:00:00:55
	atf_check -o not-match:"^02:00:00:00:00:55 " ifconfig bridge0 addr
	atf_check ifconfig bridge0 static epair2a 02:00:00:00:00:55 flushall
	atf_check -o not-match:"^02:00:00:00:00:" ifconfig bridge0 addr
	atf_check -o match:"timeout 1200$" ifconfig bridge0
	atf_check ifconfig bridge0 timeout 60
	atf_check -o match:"timeout 60$" ifconfig bridge0
	atf_check ifconfig bridge0 timeout 0
	atf_check -o match:"timeout 0$" ifconfig bridge0
	say 1 06
	heard 2 06
	atf_check -o match:"^02:00:00:00:00:06 " ifconfig bridge0 addr
}

atf_test_case maxaddr
maxaddr_head()
{
	atf_set descr "maxaddr: the table takes so many, or says it cannot"
}
maxaddr_body()
{
	local i

	two_hosts
	atf_check ifconfig bridge0 flushall
	if ! ifconfig bridge0 maxaddr 3 2>err; then
		atf_check -o match:"BRDGSCACHE 3: this kernel cannot" cat err
		return
	fi
	atf_check -o match:"maxaddr 3 " ifconfig bridge0
	listen 2
	for i in 01 02 03 04 05 06; do
		say 1 $i
	done
	heard 2 06
	atf_check_equal 3 "$(ifconfig bridge0 addr | wc -l)"
}

atf_test_case sticky
sticky_head()
{
	atf_set descr "What a sticky member has learned stays with it"
}
sticky_body()
{
	two_hosts
	host 3
	listen 1
	listen 3
	say 1 01
	heard 3 01
	atf_check -e match:"^ifconfig: sticky epair1a: " \
	    ifconfig bridge0 sticky epair1a
	atf_check -o match:"^02:00:00:00:00:01 .* epair1a 0 flags=2<STICKY>$" \
	    ifconfig bridge0 addr
	atf_check -o match:"member: epair1a flags=[0-9a-f]+<.*STICKY" \
	    ifconfig bridge0
	say 3 01
	say 2 02 02:00:00:00:00:01
	heard 1 02
	not_heard 3 02
	atf_check -o match:"^02:00:00:00:00:01 .* epair1a " \
	    ifconfig bridge0 addr
	atf_check ifconfig bridge0 -sticky epair1a
	atf_check -o not-match:"member: epair1a flags=[0-9a-f]+<.*STICKY" \
	    ifconfig bridge0
}

atf_test_case mtu
mtu_head()
{
	atf_set descr "The first member gives the MTU, later ones follow"
}
mtu_body()
{
	ifconfig bridge0 create
	ifconfig epair1 create >/dev/null
	ifconfig epair2 create >/dev/null
	atf_check ifconfig epair1a mtu 9000
	atf_check ifconfig bridge0 addm epair1a
	atf_check -o match:"mtu 9000$" ifconfig bridge0
	atf_check ifconfig bridge0 addm epair2a
	atf_check -o match:"mtu 9000$" ifconfig epair2a
	atf_check -s exit:1 \
	    -e inline:"ifconfig: ioctl SIOCSIFMTU (set mtu): Invalid argument\n" \
	    ifconfig epair2a mtu 1500
	atf_check ifconfig bridge0 mtu 1400
	atf_check -o match:"mtu 1400$" ifconfig epair1a
	atf_check -o match:"mtu 1400$" ifconfig epair2a
	# all or none
	atf_check -s exit:1 -e ignore ifconfig bridge0 mtu 65536
	atf_check -o match:"mtu 1400$" ifconfig epair1a
	atf_check -o match:"mtu 1400$" ifconfig bridge0
}

atf_test_case address
address_head()
{
	atf_set descr "A bridge's MAC does not follow its members"
}
address_body()
{
	local mac

	ifconfig bridge0 create
	mac=$(ifconfig bridge0 | sed -n 's/^	ether //p')
	atf_check_equal 58:9c:fc "${mac%:*:*:*}"
	ifconfig epair1 create >/dev/null
	ifconfig epair1a ether 00:00:00:00:00:01
	ifconfig bridge0 addm epair1a
	atf_check -o match:"ether $mac" ifconfig bridge0
	ifconfig bridge0 destroy
	ifconfig bridge0 create
	atf_check -o match:"ether $mac" ifconfig bridge0
}

# count N SRC: how often the sensor has heard that address
count()
{
	grep -c "^02:00:00:00:00:$2 " h$1
}

# sensor N: span port epairNa of bridge0, its far end on machine hN
sensor()
{
	netns_new h$1
	ifconfig epair$1 create >/dev/null
	ip link set epair$1b netns h$1
	in_h $1 ifconfig epair$1b up
	ifconfig epair$1a up
	atf_check ifconfig bridge0 span epair$1a
	listen $1
}

atf_test_case span
span_head()
{
	atf_set descr "A span port gets each frame exactly once, and none goes in"
}
span_body()
{
	local i

	two_hosts
	host 3
	sensor 8
	listen 2
	# broadcast, unicast to a known and to an unknown address, from the host
	say 1 01
	say 2 02 02:00:00:00:00:01
	say 3 03 02:00:00:00:00:77
	sniff -s ff:ff:ff:ff:ff:ff -S 02:00:00:00:00:04 bridge0
	say 1 0f
	heard 8 0f
	for i in 01 02 03 04; do
		atf_check_equal "$i: 1" "$i: $(count 8 $i)"
	done
	# what comes in by the span port goes nowhere
	say 8 55
	say 1 05
	heard 2 05
	not_heard 2 55
	# a capture sees what two others say to each other
	atf_check -o ignore ip netns exec h1 ping -c 1 -W 10 10.0.0.2
	wait_for 30 grep -q "ipv4 10.0.0.2 > 10.0.0.1 icmp" h8 ||
	    atf_fail "the reply was not mirrored"
	atf_check -o match:"member: epair8a flags=8<SPAN>" ifconfig bridge0
}

atf_test_case span_members
span_members_head()
{
	atf_set descr "Mirrors follow members that come and go, two ports"
}
span_members_body()
{
	two_hosts
	sensor 8
	sensor 9
	host 3
	say 3 03
	heard 8 03
	heard 9 03
	atf_check ifconfig bridge0 deletem epair3a
	atf_check -o not-match:clsact tc qdisc show dev epair3a
	atf_check ifconfig bridge0 -span epair8a
	say 1 04
	heard 9 04
	not_heard 8 04
	atf_check_equal 1 "$(count 9 04)"
	atf_check ifconfig bridge0 -span epair9a
	atf_check -o not-match:clsact tc qdisc show
	atf_check_equal "" "$(find /run/cellblock/if -type f -name '*.[0-9]*')"
}

atf_test_case span_errors
span_errors_head()
{
	atf_set descr "Span ports that cannot be; ports that vanish"
}
span_errors_body()
{
	two_hosts
	sensor 8
	atf_check -s exit:1 \
	    -e inline:"ifconfig: BRDGADDS epair8a: Device busy\n" \
	    ifconfig bridge0 span epair8a
	atf_check -s exit:1 \
	    -e inline:"ifconfig: BRDGADDS epair1a: Device busy\n" \
	    ifconfig bridge0 span epair1a
	atf_check -s exit:1 \
	    -e inline:"ifconfig: BRDGADD epair8a: Device busy\n" \
	    ifconfig bridge0 addm epair8a
	atf_check -s exit:1 \
	    -e inline:"ifconfig: BRDGADDS nope: No such file or directory\n" \
	    ifconfig bridge0 span nope
	atf_check -s exit:1 \
	    -e inline:"ifconfig: BRDGDELS epair1a: No such file or directory\n" \
	    ifconfig bridge0 -span epair1a
	# the port is destroyed: no mirror is left, traffic flows
	atf_check ifconfig epair8a destroy
	atf_check -o not-match:clsact tc qdisc show
	atf_check -o ignore ip netns exec h1 ping -c 1 -W 10 10.0.0.2
	atf_check -o not-match:SPAN ifconfig bridge0
	# behind our back: the listing is right, and so is the next port
	sensor 9
	atf_check ip link del epair9a
	atf_check -o not-match:SPAN ifconfig bridge0
	atf_check -o ignore ip netns exec h1 ping -c 1 -W 10 10.0.0.2
	# the bridge goes: members keep no mirrors
	sensor 7
	atf_check ifconfig bridge0 destroy
	atf_check -o not-match:clsact tc qdisc show
	ifconfig bridge0 create
	atf_check ifconfig bridge0 addm epair7a
}

atf_init_test_cases()
{
	atf_add_test_case talk
	atf_add_test_case errors
	atf_add_test_case private
	atf_add_test_case discover_learn
	atf_add_test_case table
	atf_add_test_case maxaddr
	atf_add_test_case sticky
	atf_add_test_case mtu
	atf_add_test_case address
	atf_add_test_case span
	atf_add_test_case span_members
	atf_add_test_case span_errors
}
