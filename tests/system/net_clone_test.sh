#! /usr/bin/env atf-sh
# Clones: names, units that outlive names and vnets, pairs that go together.
. "$(atf_get_srcdir)/common.sh" || exit

mac_of()
{
	ifconfig "$1" | sed -n 's/^	ether //p'
}

atf_test_case epair
epair_head()
{
	atf_set descr "epair: two ends, addresses that differ in the last byte"
}
epair_body()
{
	local a b

	atf_check -o inline:"epair0a\n" ifconfig epair create
	a=$(mac_of epair0a)
	b=$(mac_of epair0b)
	atf_check_equal "${a%0a}0b" "$b"
	atf_check_equal 02 "${a%%:*}"
	atf_check -o inline:"epair1a\n" ifconfig epair create
	[ "$(mac_of epair1a)" != "$a" ] || atf_fail "the same address twice"
	# end a comes first in a listing
	atf_check -o inline:"lo0 epair0a epair0b epair1a epair1b\n" ifconfig -l
	# each end takes the other with it
	atf_check ifconfig epair0b destroy
	atf_check -o inline:"lo0 epair1a epair1b\n" ifconfig -l
	atf_check -s exit:1 -e inline:"ifconfig: interface epair0a does not exist\n" \
	    ifconfig epair0a destroy
}

atf_test_case units
units_head()
{
	atf_set descr "The lowest free unit; a renamed clone holds its own"
}
units_body()
{
	local i

	for i in 0 1 2 3; do
		atf_check -o inline:"epair${i}a\n" ifconfig epair create
	done
	atf_check ifconfig epair1a destroy
	atf_check -o inline:"epair1a\n" ifconfig epair create
	atf_check -o inline:"up0\n" ifconfig epair1a name up0
	atf_check -o inline:"down0\n" ifconfig epair1b name down0
	# no interface is named so, yet the unit is taken
	atf_check -o inline:"epair4a\n" ifconfig epair create
	atf_check -s exit:1 \
	    -e inline:"ifconfig: interface epair1 already exists\n" \
	    ifconfig epair1 create
	atf_check -o match:"groups: epair$" ifconfig up0
	# renamed again, and home again
	atf_check -o ignore ifconfig up0 name other
	atf_check -o inline:"epair5a\n" ifconfig epair create
	atf_check ifconfig other destroy
	atf_check -o inline:"epair1a\n" ifconfig epair create
	# other kinds count for themselves
	atf_check -o inline:"bridge0\n" ifconfig bridge create
	atf_check -o inline:"net0\n" ifconfig bridge0 name net0
	atf_check -o inline:"bridge1\n" ifconfig bridge create
	atf_check ifconfig net0 destroy
	atf_check -o inline:"bridge0\n" ifconfig bridge create
}

atf_test_case elsewhere
elsewhere_head()
{
	atf_set descr "A clone in another vnet holds its unit, and dies there"
}
elsewhere_body()
{
	netns_new x
	netns_new y
	atf_check -o ignore ifconfig epair create
	atf_check vnetmove . epair0a x
	atf_check vnetmove . epair0b y
	atf_check -o inline:"lo0\n" ifconfig -l
	atf_check -o inline:"epair1a\n" ifconfig epair create
	atf_check -s exit:1 \
	    -e inline:"ifconfig: interface epair0 already exists\n" \
	    ifconfig epair0 create
	# one end comes back under another name: home is not forgotten
	atf_check ip -n x link set epair0a name foo
	atf_check vnetmove x foo .
	atf_check -o inline:"lo0 foo epair1a epair1b\n" ifconfig -l
	atf_check -o inline:"epair2a\n" ifconfig epair create
	# destroying it takes the end in y too
	atf_check ifconfig foo destroy
	atf_check -s exit:1 -e ignore ip -n y link show epair0b
	atf_check -o inline:"epair0a\n" ifconfig epair create
	# the end in x is destroyed by others: the record is seen to be stale
	atf_check vnetmove . epair0a x
	atf_check vnetmove . epair0b y
	atf_check ip -n x link del epair0a
	atf_check -o inline:"epair0a\n" ifconfig epair0 create
}

atf_test_case stale
stale_head()
{
	atf_set descr "A record of what was destroyed far away holds nothing"
}
stale_body()
{
	local index

	netns_new x
	ifconfig epair0 create >/dev/null
	atf_check vnetmove . epair0b x
	index=$(ip netns exec x cat /sys/class/net/epair0b/ifindex)
	# the jail destroys it and goes; another gets its id and such an index
	ip -n x link del epair0b
	ip netns del x
	netns_new y
	ip -n y link add look index $index type veth peer alike ||
	    atf_fail "the index is not free"
	ifconfig epair1 create >/dev/null
	atf_check vnetmove . epair1b y
	atf_check -o inline:"epair0a\n" ifconfig epair0 create
}

atf_test_case errors
errors_head()
{
	atf_set descr "Bad names and units, and what cannot be destroyed"
}
errors_body()
{
	local n

	for n in foo0 epair01 epair00 epair-1 bridge0x nope epair99999; do
		atf_check -s exit:1 \
		    -e inline:"ifconfig: SIOCIFCREATE2: Invalid argument\n" \
		    ifconfig $n create
	done
	atf_check -s exit:1 \
	    -e inline:"ifconfig: sixteencharsname: cloning name too long\n" \
	    ifconfig sixteencharsname create
	atf_check -s exit:1 \
	    -e inline:"ifconfig: SIOCIFDESTROY: Invalid argument\n" \
	    ifconfig lo0 destroy
	atf_check -s exit:1 \
	    -e inline:"ifconfig: interface bridge7 does not exist\n" \
	    ifconfig bridge7 destroy
	atf_check -o ignore ifconfig bridge create
	atf_check -o ignore ifconfig epair create
	atf_check -s exit:1 -e inline:"ifconfig: ioctl SIOCSIFNAME (set name): File exists\n" \
	    ifconfig epair0a name bridge0
	atf_check -o inline:"lo0 bridge0 epair0a epair0b\n" ifconfig -l
	atf_check_equal "" "$(find /run/cellblock/if -type f -name '*.[0-9]*')"
}

atf_test_case kinds
kinds_head()
{
	atf_set descr "tap, tun, vmnet, lo: made, known by their groups, gone"
}
kinds_body()
{
	local k

	[ -c /dev/net/tun ] || atf_skip "no /dev/net/tun"
	for k in tap tun vmnet; do
		atf_check -o inline:"${k}0\n" ifconfig $k create
		atf_check -o match:"groups: $k$" ifconfig ${k}0
	done
	atf_check -o inline:"lo1\n" ifconfig lo create
	atf_check -o match:"^lo1: .*LOOPBACK.* mtu 16384$" \
	    -o match:"groups: lo$" ifconfig lo1
	atf_check ifconfig lo1 inet 10.255.0.1/32
	atf_check -o ignore ping -c 1 -W 10 10.255.0.1
	# no broadcasts, as on lo0
	atf_check ifconfig lo1 inet 10.255.1.1/24 alias
	atf_check -o match:"inet 10.255.1.1 netmask 0xffffff00$" ifconfig lo1
	atf_check -o inline:"wire\n" ifconfig vmnet0 name wire
	atf_check -o match:"groups: vmnet$" ifconfig wire
	for k in tap0 tun0 wire lo1; do
		atf_check ifconfig $k destroy
	done
	atf_check -o inline:"lo0\n" ifconfig -l
}

atf_test_case rename_up
rename_up_head()
{
	atf_set descr "A rename while up loses no address, route or packet"
}
rename_up_body()
{
	netns_new x
	ifconfig epair0 create >/dev/null
	ip link set epair0b netns x
	ip netns exec x ifconfig epair0b inet 192.0.2.2/24
	ip netns exec x ifconfig epair0b inet6 2001:db8::2/64 no_dad
	ifconfig epair0a inet 192.0.2.1/24
	ifconfig epair0a inet6 2001:db8::1/64 no_dad
	ip route add 198.51.100.0/24 via 192.0.2.2
	ip -6 route add 2001:db8:1::/64 via 2001:db8::2
	atf_check -o inline:"wan\n" ifconfig epair0a name wan
	atf_check -o match:"^wan: flags=[0-9a-f]+<UP," \
	    -o match:"inet 192.0.2.1 netmask 0xffffff00 broadcast 192.0.2.255" \
	    -o match:"inet6 2001:db8::1 prefixlen 64$" \
	    -o match:"inet6 fe80::.*%wan" ifconfig wan
	atf_check -o match:"via 192.0.2.2 dev wan" ip route show
	atf_check -o match:"via 2001:db8::2 dev wan" ip -6 route show
	atf_check -o ignore ping -c 1 -W 10 192.0.2.2
	atf_check -o ignore ping -c 1 -W 10 2001:db8::2
}

atf_test_case race
race_head()
{
	atf_set descr "Many at once: every one gets a pair of its own"
	atf_set timeout 300
}
race_body()
{
	local i

	for i in 1 2 3 4 5 6 7 8; do
		(for n in 1 2 3 4 5; do ifconfig epair create; done) >made.$i &
	done
	wait
	atf_check_equal 40 "$(cat made.* | sort -u | wc -l)"
	atf_check_equal 80 "$(ifconfig -l | tr ' ' '\n' | grep -c epair)"
	# both ends destroyed at the same time: one wins, nobody hangs
	for i in 0 1 2 3 4 5 6 7 8 9; do
		ifconfig epair${i}a destroy 2>/dev/null &
		ifconfig epair${i}b destroy 2>/dev/null &
	done
	wait
	atf_check_equal 60 "$(ifconfig -l | tr ' ' '\n' | grep -c epair)"
	atf_check -o inline:"epair0a\n" ifconfig epair create
}

atf_init_test_cases()
{
	atf_add_test_case epair
	atf_add_test_case units
	atf_add_test_case elsewhere
	atf_add_test_case stale
	atf_add_test_case errors
	atf_add_test_case kinds
	atf_add_test_case rename_up
	atf_add_test_case race
}
