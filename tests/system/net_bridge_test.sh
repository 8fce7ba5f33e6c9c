#! /usr/bin/env atf-sh
# Bridges: frames that cross and frames that must not, the table of addresses,
# MTU, span ports that get each frame once, addresses of members.
. "$(atf_get_srcdir)/common.sh" || exit

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
	atf_check -s exit:1 \
	    -e inline:"ifconfig: BRDGSIFAMAX 5: No such file or directory\n" \
	    ifconfig bridge0 ifmaxaddr epair9a 5
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
	atf_check ifconfig bridge0 sticky epair1a
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
	# what comes later stays as soon as it is learned
	say 1 11
	wait_for 10 sh -c "bridge fdb show dev epair1a | grep -q '^02:00:00:00:00:11 .*sticky'" ||
	    atf_fail "not sticky: $(bridge fdb show dev epair1a)"
	say 3 11
	say 2 03 02:00:00:00:00:11
	heard 1 03
	not_heard 3 03
	atf_check ifconfig bridge0 -sticky epair1a
	atf_check -o not-match:"member: epair1a flags=[0-9a-f]+<.*STICKY" \
	    ifconfig bridge0
}

atf_test_case ifmaxaddr
ifmaxaddr_head()
{
	atf_set descr "A member with as many addresses as it may have gets no more"
}
ifmaxaddr_body()
{
	two_hosts
	# or the host's own address, which IPv6 uses by itself, is one of them
	in_h 1 sh -c 'echo 1 >/proc/sys/net/ipv6/conf/epair1b/disable_ipv6'
	atf_check ifconfig bridge0 ifmaxaddr epair1a 3
	atf_check -o match:"ifmaxaddr 3 port" ifconfig bridge0
	listen 2
	ifconfig bridge0 flush
	for i in 01 02 03; do
		say 1 $i
		heard 2 $i
	done
	wait_for 10 sh -c "bridge -d link show dev epair1a | grep -q 'locked on'" ||
	    atf_fail "not locked"
	# those that are known still speak, others do not
	say 1 04
	say 1 02
	wait_for 10 sh -c '[ "$(grep -c "^02:00:00:00:00:02 " h2)" = 2 ]' ||
	    atf_fail "02 is not heard any more"
	not_heard 2 04
	atf_check_equal 3 "$(ifconfig bridge0 addr | grep -c " epair1a ")"
	# there is room again
	atf_check ifconfig bridge0 deladdr 02:00:00:00:00:03
	wait_for 10 sh -c "bridge -d link show dev epair1a | grep -q 'locked off'" ||
	    atf_fail "still locked"
	say 1 05
	heard 2 05
	atf_check ifconfig bridge0 ifmaxaddr epair1a 0
	say 1 06
	heard 2 06
	atf_check -o match:"ifmaxaddr 0 port" ifconfig bridge0
}

atf_test_case vlan_errors
vlan_errors_head()
{
	atf_set descr "VLANs of members: refused where none are filtered"
}
vlan_errors_body()
{
	two_hosts
	atf_check -s exit:1 -e inline:"ifconfig: BRDGSIFUNTAGGED 5: Invalid argument (extended error VLAN filtering not enabled)\n" \
	    ifconfig bridge0 ifuntagged epair1a 5
	if ! ifconfig bridge0 vlanfilter 2>err; then
		atf_check -o inline:"ifconfig: vlanfilter: this kernel's bridges filter no VLANs (CONFIG_BRIDGE_VLAN_FILTERING)\n" cat err
	fi
	atf_check -s exit:1 -e match:"get bridge flags epair9a: No such file" \
	    ifconfig bridge0 qinq epair9a
	atf_check -s exit:1 \
	    -e inline:"ifconfig: unrecognised VLAN protocol: 802.1x\n" \
	    ifconfig bridge0 ifvlanproto epair1a 802.1x
	atf_check -s exit:1 \
	    -e inline:"ifconfig: BRDGSIFVLANPROTO epair9a: No such file or directory\n" \
	    ifconfig bridge0 ifvlanproto epair9a 802.1ad
	atf_check -s exit:1 \
	    -e inline:"ifconfig: BRDGSIFVLANSET 5: No such file or directory\n" \
	    ifconfig bridge0 iftagged epair9a 5
}

atf_test_case vlan
vlan_head()
{
	atf_set descr "Members in VLANs: untagged ones meet in theirs only"
	vm_only "the machine's kernel filters no VLANs"
}
vlan_body()
{
	two_hosts
	host 3
	atf_check ifconfig bridge0 vlanfilter
	atf_check -s exit:1 -o ignore ip netns exec h1 ping -c 1 -W 1 10.0.0.2
	atf_check ifconfig bridge0 ifuntagged epair1a 5 ifuntagged epair2a 5 \
	    ifuntagged epair3a 6
	atf_check -o match:"path cost 2000 vlan protocol 802.1q untagged 5$" \
	    -o match:"bridge flags=1<VLANFILTER>" ifconfig bridge0
	# while h1 still looks for the other in vain, a ping fails at once
	must_wait 10 in_h 1 ping -q -c 1 -W 1 10.0.0.2 >/dev/null
	atf_check -s exit:1 -o ignore ip netns exec h1 ping -c 1 -W 1 10.0.0.3
	atf_check -o match:" Vlan5 epair1a " ifconfig bridge0 addr
	# tagged where it leaves, on a member that takes it so
	atf_check ifconfig bridge0 -ifuntagged epair3a iftagged epair3a 4-6 \
	    -iftagged epair3a 4 +iftagged epair3a 9
	atf_check -o match:"tagged 5-6,9$" ifconfig bridge0
	ip -n h3 addr flush dev epair3b
	ip -n h3 link add link epair3b name v5 type vlan id 5
	ip -n h3 addr add 10.0.0.3/24 dev v5
	ip -n h3 link set v5 up
	must_wait 10 in_h 1 ping -q -c 1 -W 1 10.0.0.3 >/dev/null
	# new members by themselves, and addresses by VLAN
	ifconfig epair4 create >/dev/null
	atf_check ifconfig bridge0 defuntagged 7 addm epair4a tagged 8
	atf_check -o match:"untagged 7 tagged 8$" ifconfig bridge0
	atf_check ifconfig bridge0 static epair4a 02:00:00:00:00:77 vlan 8
	atf_check -o match:"^02:00:00:00:00:77 Vlan8 epair4a" \
	    ifconfig bridge0 addr
	atf_check ifconfig bridge0 deladdr 02:00:00:00:00:77 vlan 8
	atf_check ifconfig bridge0 -vlanfilter
	atf_check -o not-match:VLANFILTER ifconfig bridge0
}

atf_test_case vlan_proto
vlan_proto_head()
{
	atf_set descr "One type of tags for all members; what is below them passes"
}
vlan_proto_body()
{
	two_hosts
	ifconfig bridge0 vlanfilter 2>/dev/null ||
	    atf_skip "this kernel's bridges filter no VLANs"
	atf_check ifconfig bridge0 defuntagged 7 ifuntagged epair1a 5 \
	    iftagged epair2a 8
	atf_check ifconfig bridge0 qinq epair1a defqinq ifvlanproto epair1a 802.1q
	atf_check -s exit:1 -e match:"Linux's bridges" \
	    ifconfig bridge0 -qinq epair1a
	atf_check -s exit:1 -e match:"Linux's bridges have one VLAN protocol" \
	    ifconfig bridge0 ifvlanproto epair1a 802.1ad
	atf_check ifconfig bridge0 iftagged epair2a none \
	    ifvlanproto epair1a 802.1ad iftagged epair1a 8
	atf_check -o match:"vlan protocol 802.1ad untagged 5 tagged 8$" \
	    -o match:"bridge flags=1<VLANFILTER> defuntagged=7$" \
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

mac_of()
{
	"$@" | sed -n 's/^	ether //p'
}

atf_test_case address_jail
address_jail_head()
{
	atf_set descr "The same jail's bridge has the same MAC again, others not"
}
address_jail_body()
{
	local one two

	ifconfig bridge0 create
	make_jail j vnet children.max=2
	make_jail k vnet
	jexec j ifconfig bridge0 create
	one=$(mac_of jexec j ifconfig bridge0)
	jexec k ifconfig bridge0 create
	two=$(mac_of jexec k ifconfig bridge0)
	[ "$one" != "$two" ] || atf_fail "j and k have the same"
	[ "$one" != "$(mac_of ifconfig bridge0)" ] ||
	    atf_fail "the host and j have the same"
	# a jail of the same name below
	atf_check jail -c path=/ persist name=j.k vnet
	jexec j.k ifconfig bridge0 create
	[ "$two" != "$(mac_of jexec j.k ifconfig bridge0)" ] ||
	    atf_fail "k and j.k have the same"
	atf_check jail -r j
	make_jail j vnet
	# made from outside it is the same
	ifconfig -j j bridge0 create
	atf_check_equal "$one" "$(mac_of jexec j ifconfig bridge0)"
}

atf_test_case inherit
inherit_head()
{
	atf_set descr "inherit_mac: the first member's; scopes do not overlap"
}
inherit_body()
{
	local mac

	ifconfig bridge0 create
	mac=$(mac_of ifconfig bridge0)
	ifconfig epair1 create >/dev/null
	ifconfig epair2 create >/dev/null
	atf_check -o ignore sysctl net.link.bridge.inherit_mac=1
	atf_check ifconfig bridge0 addm epair1a addm epair2a
	atf_check_equal "$(mac_of ifconfig epair1a)" "$(mac_of ifconfig bridge0)"
	atf_check ifconfig bridge0 deletem epair1a
	atf_check_equal "$(mac_of ifconfig epair2a)" "$(mac_of ifconfig bridge0)"
	atf_check ifconfig bridge0 deletem epair2a
	atf_check_equal "$mac" "$(mac_of ifconfig bridge0)"
	# one that the user has given stays
	atf_check ifconfig bridge0 ether 02:00:00:00:00:42 addm epair1a
	atf_check_equal 02:00:00:00:00:42 "$(mac_of ifconfig bridge0)"
	# link-local addresses of bridge and member
	atf_check ifconfig bridge0 inet6 fe80::1/64
	atf_check ifconfig epair2a inet6 fe80::2/64
	atf_check -e match:"^ifconfig: bridge0: IPv6 addresses on epair2a have been removed before adding it" \
	    ifconfig bridge0 addm epair2a
	atf_check -o not-match:inet6 ifconfig epair2a inet6
	atf_check ifconfig bridge0 deletem epair2a
	atf_check ifconfig epair2a inet6 fe80::2/64
	atf_check -o ignore sysctl net.link.bridge.allow_llz_overlap=1
	atf_check ifconfig bridge0 addm epair2a
	atf_check -o match:"inet6 fe80::2%epair2a" ifconfig epair2a inet6
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

# two_ways: all of the three on the wire reach each other
two_ways()
{
	must_wait 10 ping -q -c 1 -W 1 10.0.0.1 >/dev/null
	must_wait 10 ping -q -c 1 -W 1 10.0.0.2 >/dev/null
	must_wait 10 in_h 1 ping -q -c 1 -W 1 10.0.0.9 >/dev/null
	must_wait 10 in_h 2 ping -q -c 1 -W 1 10.0.0.9 >/dev/null
	must_wait 10 in_h 1 ping -q -c 1 -W 1 10.0.0.2 >/dev/null
}

# no_filters DEV...: neither of its hooks
no_filters()
{
	for d; do
		atf_check tc filter show dev $d ingress
		atf_check tc filter show dev $d egress
	done
}

atf_test_case host_address
host_address_head()
{
	atf_set descr "The host's own address on a member: reached by members"
}
host_address_body()
{
	ifconfig bridge0 create
	host 1
	host 2
	ifconfig bridge0 up
	# epair2a is the "network card", h2 the wire
	atf_check ifconfig epair2a inet 10.0.0.9/24
	two_ways
	# ... with its own link address, and the bridge's for none of it
	mac=$(ifconfig epair2a ether | sed -n 's/.*ether //p')
	for h in 1 2; do
		atf_check -o match:"^10.0.0.9 .* lladdr $mac " \
		    ip netns exec h$h ip neigh show
	done
	atf_check -o match:"^02:.* dev epair1a master bridge0 *$" \
	    -o not-match:"^$mac dev epair2a master bridge0 *$" \
	    bridge fdb show br bridge0
	# IPv6, too: neighbours are found by groups
	in_h 1 ifconfig epair1b inet6 fd00::1/64 no_dad
	atf_check ifconfig epair2a inet6 fd00::9/64 no_dad
	must_wait 10 in_h 1 ping -q -c 1 -W 1 fd00::9 >/dev/null
	# another link address
	atf_check ifconfig epair2a ether 02:00:00:00:00:77
	two_ways
	# who forges its address is not taken for the host: heard once by the
	# wire, and not by a private member, being one
	host 3
	ifconfig bridge0 private epair1a private epair3a
	listen 2
	listen 3
	say 1 77
	say 1 78
	heard 2 78
	say 2 79
	heard 3 79
	# (the host speaks by that address itself)
	! grep "^02:00:00:00:00:77 .* 0x88b5" h3 || atf_fail "h3 has heard it"
	atf_check -o inline:"1\n" grep -c "^02:00:00:00:00:77 .* 0x88b5" h2
	ifconfig bridge0 -private epair1a deletem epair3a
	# joins with an address; leaves nothing
	atf_check ifconfig bridge0 deletem epair2a
	no_filters bridge0 epair2a
	atf_check ifconfig bridge0 addm epair2a
	two_ways
	atf_check ifconfig epair2a inet6 fd00::9 -alias
	atf_check -o match:cb_member tc filter show dev bridge0 ingress
	atf_check ifconfig epair2a inet 10.0.0.9 -alias
	no_filters bridge0 epair2a
	# a member handed away
	ifconfig epair2a inet 10.0.0.9/24
	atf_check -o match:cb_member tc filter show dev bridge0 ingress
	jail -c name=a persist vnet vnet.interface=epair2a path=/ >/dev/null
	no_filters bridge0
}

atf_test_case member_ifaddrs
member_ifaddrs_head()
{
	atf_set descr "member_ifaddrs=0 refuses addresses on members; so does \
a jail, which cannot have them"
}
member_ifaddrs_body()
{
	ifconfig bridge0 create
	ifconfig epair0 create >/dev/null
	ifconfig epair1 create >/dev/null
	ifconfig epair0a inet 10.0.0.9/24
	atf_check -o inline:"net.link.bridge.member_ifaddrs: 1 -> 0\n" \
	    sysctl net.link.bridge.member_ifaddrs=0
	atf_check -s exit:1 -e inline:"ifconfig: BRDGADD epair0a: Invalid \
argument\n" ifconfig bridge0 addm epair0a
	atf_check ifconfig bridge0 addm epair1a
	atf_check -s exit:1 -e inline:"ifconfig: ioctl (SIOCAIFADDR): Invalid \
argument\n" ifconfig epair1a inet 10.0.1.9/24
	# of its own link alone
	atf_check ifconfig epair1a inet6 fe80::9/64
	jail -c name=a persist vnet path=/ vnet.interface=epair0a >/dev/null
	jexec a ifconfig bridge0 create
	jexec a ifconfig epair0a inet 10.0.0.9/24
	atf_check -s exit:1 -e inline:"ifconfig: BRDGADD epair0a: epair0a has \
addresses, and a jail's bridge does not reach those of its members\n" \
	    jexec a ifconfig bridge0 addm epair0a
	jexec a ifconfig epair0a inet 10.0.0.9 -alias
	atf_check jexec a ifconfig bridge0 addm epair0a
	atf_check -s exit:1 -e inline:"ifconfig: epair0a has addresses, and a \
jail's bridge does not reach those of its members\n" \
	    jexec a ifconfig epair0a inet 10.0.0.9/24
}

atf_init_test_cases()
{
	atf_add_test_case host_address
	atf_add_test_case member_ifaddrs
	atf_add_test_case talk
	atf_add_test_case errors
	atf_add_test_case private
	atf_add_test_case discover_learn
	atf_add_test_case table
	atf_add_test_case maxaddr
	atf_add_test_case sticky
	atf_add_test_case ifmaxaddr
	atf_add_test_case vlan_errors
	atf_add_test_case vlan
	atf_add_test_case vlan_proto
	atf_add_test_case mtu
	atf_add_test_case address
	atf_add_test_case address_jail
	atf_add_test_case inherit
	atf_add_test_case span
	atf_add_test_case span_members
	atf_add_test_case span_errors
}
