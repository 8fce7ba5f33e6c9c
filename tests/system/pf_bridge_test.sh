#! /usr/bin/env atf-sh
# net.link.bridge.pfil_*: what pf sees of packets that a bridge carries.
. "$(atf_get_srcdir)/common.sh" || exit
. "$(atf_get_srcdir)/pf_common.sh" || exit

P=net.link.bridge.pfil_

# Two machines, x (10.3.0.2) and y (10.3.0.3), on bridge0 (10.3.0.1) by
# epair0a and epair1a; pf is on.
lan()
{
	local i

	# a module of Debian's kernel; not loaded unasked, since it is for all:
	# it begins by showing rules what each bridge that there is carries
	[ -z "${CB_VM:-}" ] || modprobe br_netfilter
	atf_check -o ignore ifconfig bridge create
	i=0
	for n in x y; do
		netns_new $n
		atf_check -o ignore ifconfig epair create
		ip link set epair${i}b netns $n
		ip -n $n addr add 10.3.0.$((i + 2))/24 dev epair${i}b
		ip -n $n link set epair${i}b up
		atf_check ifconfig epair${i}a up
		atf_check ifconfig bridge0 addm epair${i}a
		i=$((i + 1))
	done
	atf_check ifconfig bridge0 inet 10.3.0.1/24 up
	atf_check -e inline:"pf enabled\n" pfctl -e
	grep -q . /proc/sys/net/bridge/bridge-nf-call-iptables ||
	    atf_skip "the kernel has no br_netfilter"
}

pfil()
{
	atf_check -o match:"pfil_$1: . -> $2$" sysctl $P"$1=$2"
}

atf_test_case bridge
bridge_head()
{
	atf_set descr "By default nothing bridged is filtered; with pfil_bridge the rules of bridge0 see it, in and out, with states"
}
bridge_body()
{
	lan
	rules <<-EOF2
		block all
		pass on lo0
		pass in on bridge0 from 10.3.0.2 to 10.3.0.1
	EOF2
	# all off: not filtered; what is the host's own is, by bridge0's rules
	pings x 10.3.0.3
	pings x 10.3.0.1
	no_ping y 10.3.0.1
	pfil bridge 1
	no_ping x 10.3.0.3
	pings x 10.3.0.1
	rules <<-EOF2
		block all
		pass in on bridge0 from 10.3.0.2
		pass out on bridge0
	EOF2
	pings x 10.3.0.3
	no_ping y 10.3.0.2
	# the members are not asked
	rules <<-EOF2
		block on { epair0a epair1a }
		block out on bridge0 to 10.3.0.2
	EOF2
	pings y 10.3.0.1
	no_ping y 10.3.0.2
	pfil bridge 0
	pings y 10.3.0.2
}

atf_test_case member
member_head()
{
	atf_set descr "With pfil_member the rules of members and groups see bridged packets, not bridge0's; pfil_local_phys those for the host, too"
}
member_body()
{
	lan
	rules <<-EOF2
		block on bridge0
		pass on bridge0 to 10.3.0.1
		pass on bridge0 from 10.3.0.1
		pass in on epair0a
		pass out on epair1a
		block in on epair1a
	EOF2
	pings y 10.3.0.2
	pfil member 1
	pings x 10.3.0.3
	no_ping y 10.3.0.2
	pings y 10.3.0.1
	pfil local_phys 1
	no_ping y 10.3.0.1
	pings x 10.3.0.1
	pings x 10.3.0.3
	pfil local_phys 0
	# going out, by states that came in; both in if_bridge's order
	rules <<-EOF2
		pass in on epair
		block out on epair
		pass out on epair1a proto icmp to 10.3.0.3
	EOF2
	pings x 10.3.0.3
	no_ping y 10.3.0.2
	pfil bridge 1
	rules <<-EOF2
		block in on bridge0
		pass in on bridge0 from 10.3.0.3
		pass out on bridge0
		block out on epair1a
	EOF2
	no_ping x 10.3.0.3
	pings y 10.3.0.2
	# whom the rules skip, and a group's own members
	pfil bridge 0
	rules <<-EOF2
		set skip on epair0a
		block in on epair
		pass out on epair
	EOF2
	pings x 10.3.0.3
	no_ping y 10.3.0.2
	rules <<-EOF2
		block in on dmz
		pass out
	EOF2
	pings y 10.3.0.2
	atf_check ifconfig epair1a group dmz
	no_ping y 10.3.0.2
	pings x 10.3.0.3
	rules <<-EOF2
		pass
		block in on ! epair0a
	EOF2
	no_ping y 10.3.0.2
	pings x 10.3.0.3
	# the rules of members in the other engine, and who decides
	rules <<-EOF2
		match in on epair0a tag X
		block in on epair1a
		pass out on epair1a tagged X
	EOF2
	cellblock trace -p -c 20 proto icmp >out &
	must_wait 10 sh -c "nft list tables | grep -q cellblock_trace"
	pings x 10.3.0.3
	no_ping y 10.3.0.2
	must_wait 10 grep -q "in member of bridge0 .*10.3.0.3 > 10.3.0.2 echoreq  block  rule 1: block drop in on epair1a" out
	pfil member 0
	pings y 10.3.0.2
}

atf_test_case others
others_head()
{
	atf_set descr "pfil_onlyip stops other frames while filtering is on; a block's sysctl.conf; what cannot be is refused and changes nothing"
}
others_body()
{
	lan
	# frame: x sends one of another type to y; what y hears is in `heard`
	frame()
	{
		mac=$(ip netns exec y cat /sys/class/net/epair1b/address)
		started heard ip netns exec y "$CB_TOOLS/sniff" -n 1 -t 700 \
		    -m 0x88b5 epair1b
		atf_check ip netns exec x "$CB_TOOLS/sniff" -s "$mac" epair0b knock
		wait $!
	}
	rules <<-EOF2
		set state-policy if-bound
		pass in on epair0a
	EOF2
	atf_check -s exit:1 -o ignore \
	    -e match:"if-bound states do not go with net.link.bridge.pfil_member=1" \
	    sysctl ${P}member=1
	atf_check -o inline:"0\n" sysctl -n ${P}member
	pings x 10.3.0.3
	pings x 10.3.0.1
	for rule in "match out queue q" "match out set prio 3" \
	    "pass no state queue q" "pass no state set prio 3"; do
		rules <<-EOF2
			altq on epair0a cbq bandwidth 10Mb queue { std, q }
			queue std bandwidth 10% cbq(default)
			queue q bandwidth 10%
			$rule
		EOF2
		atf_check -s exit:1 -o ignore -e match:"loaded rules:4: " \
		    sysctl ${P}member=1
	done
	pfil bridge 1
	rules <<-EOF2
		pass
	EOF2
	frame
	grep -q 0x88b5 heard || atf_fail "other frames are stopped without pfil_onlyip"
	pfil onlyip 1
	frame
	grep -q 0x88b5 heard && atf_fail "pfil_onlyip stops nothing"
	pings x 10.3.0.3
	pfil bridge 0
	frame
	grep -q 0x88b5 heard || atf_fail "other frames are stopped though filtering is off"
	# in a jail with a vnet, by its own root
	make_jail j vnet
	atf_check -o inline:"bridge0\n" jexec j ifconfig bridge create
	jexec j pfctl -q -e
	echo "block in on bridge0" | jexec j pfctl -q -f - ||
	    atf_fail "not loaded"
	for f in bridge member onlyip local_phys; do
		atf_check -o match:" -> 1" jexec j sysctl ${P}$f=1
	done
	atf_check -o inline:"0\n" sysctl -n ${P}bridge
}

atf_test_case gateway
gateway_head()
{
	atf_set descr "examples/gateway: a jail routes for others; each owner of an interface has its own rules"
	atf_set timeout 120
	atf_set require.progs "busybox dnsmasq"
}
gateway_body()
{
	# not while this runs, by one of the others
	[ -z "${CB_VM:-}" ] || modprobe br_netfilter
	atf_check -o ignore -e ignore cellblock up "$CB_SRC/examples/gateway"
	atf_check -o not-match:FAILED "$CB_SRC/examples/gateway/check"
	atf_check -o empty cellblock diff "$CB_SRC/examples/gateway"
	# the check can fail
	atf_check -e ignore jexec gateway.gw pfctl -d
	atf_check -s exit:1 -o match:"FAILED  nor the router" \
	    "$CB_SRC/examples/gateway/check"
	atf_check -o ignore -e ignore cellblock down gateway
}

atf_init_test_cases()
{
	atf_add_test_case bridge
	atf_add_test_case member
	atf_add_test_case others
	atf_add_test_case gateway
}
