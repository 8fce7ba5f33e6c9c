#! /usr/bin/env atf-sh
# Spanning tree: bridges in a ring carry each frame once, another way is taken
# when one is cut, and none of it needs the keeper to live on.
. "$(atf_get_srcdir)/common.sh" || exit

# Two bridges with two cables, and a host at each: h1 and h2.
ring()
{
	local i

	for i in 0 1; do
		ifconfig bridge$i create up
		ifconfig epair$i create >/dev/null
		ifconfig epair${i}a up
		ifconfig epair${i}b up
		netns_new h$i
		ifconfig epair1$i create >/dev/null
		ip link set epair1${i}b netns h$i
		ip netns exec h$i ifconfig epair1${i}b inet 10.0.0.$i/24
		ifconfig epair1${i}a up
		ifconfig bridge$i addm epair1${i}a
	done
	atf_check ifconfig bridge0 priority 4096 addm epair0a stp epair0a \
	    addm epair1a stp epair1a
	atf_check ifconfig bridge1 addm epair0b stp epair0b \
	    addm epair1b stp epair1b
}

# role BRIDGE MEMBER WORDS: "root state forwarding"
role()
{
	ifconfig "$1" | grep -A2 "member: $2 " | grep -q "role $3\$"
}
is()
{
	wait_for 10 role "$@" || atf_fail "not $*: $(ifconfig "$1")"
}

keeper()
{
	local p

	for p in /proc/[0-9]*; do
		if tr '\0' ' ' 2>/dev/null <"$p/cmdline" |
		    grep -q -- "--argv0 cellblock-bridge "; then
			echo "${p#/proc/}"
		fi
	done
}

no_keeper()
{
	[ -z "$(keeper)" ]
}

reach()
{
	wait_for 10 ip netns exec h0 ping -q -c 1 -W 1 10.0.0.1 ||
	    atf_fail "h0 does not reach h1"
}

# once SRC: a broadcast comes to h1 exactly once
once()
{
	reach
	started heard ip netns exec h1 sniff -t 20000 epair11b
	ip netns exec h0 sniff -s ff:ff:ff:ff:ff:ff \
	    -S 02:00:00:00:00:$1 epair10b
	ip netns exec h0 sniff -s ff:ff:ff:ff:ff:ff \
	    -S 02:00:00:00:00:ff epair10b
	wait_for 10 grep -q "^02:00:00:00:00:ff " heard ||
	    atf_fail "not heard: $(cat heard)"
	atf_check_equal 1 "$(grep -c "^02:00:00:00:00:$1 " heard)"
}

atf_test_case rstp
rstp_head()
{
	atf_set descr "Of two cables one carries; the other takes over"
	vm_also "kernel 6.1 opens ports and filters bridges in its own way"
}
rstp_body()
{
	ring
	is bridge1 epair0b "root state forwarding"
	is bridge1 epair1b "alternate state discarding"
	is bridge0 epair1a "designated state forwarding"
	atf_check -o match:"root id .* priority 4096 ifcost 2000 port" \
	    ifconfig bridge1
	once 01
	atf_check ifconfig epair0a down
	is bridge1 epair1b "root state forwarding"
	once 02
	atf_check ifconfig epair0a up
	is bridge1 epair1b "alternate state discarding"
	# the user's word: the other cable, the other root
	atf_check ifconfig bridge1 ifpathcost epair0b 100000
	is bridge1 epair1b "root state forwarding"
	is bridge1 epair0b "alternate state discarding"
	atf_check ifconfig bridge1 priority 0 ifpathcost epair0b 0
	is bridge0 epair0a "root state forwarding"
	once 03
	# a bridge that is down and up again
	atf_check ifconfig bridge0 down
	is bridge0 epair0a "disabled state discarding"
	atf_check ifconfig bridge0 up
	is bridge0 epair1a "alternate state discarding"
	once 04
}

atf_test_case old
old_head()
{
	atf_set descr "With a bridge that speaks the old protocol, the kernel's"
}
old_body()
{
	local i

	netns_new hk
	ip -n hk link add br0 type bridge stp_state 1 forward_delay 200 \
	    hello_time 100 max_age 600 priority 0
	ifconfig bridge0 create up
	for i in 0 1; do
		ifconfig epair$i create >/dev/null
		ip link set epair${i}b netns hk
		ip -n hk link set epair${i}b master br0 up
		ifconfig epair${i}a up
		atf_check ifconfig bridge0 addm epair${i}a stp epair${i}a
	done
	ip -n hk addr add 10.0.0.1/24 dev br0
	ip -n hk link set br0 up
	is bridge0 epair0a "root state forwarding"
	is bridge0 epair1a "alternate state discarding"
	atf_check ifconfig bridge0 inet 10.0.0.2/24
	wait_for 20 ping -q -c 1 -W 1 10.0.0.1 || atf_fail "no way"
	# that port has gone over to its language
	wait_for 10 sh -c 'ifconfig bridge0 | grep -A1 "member: epair0a" | grep -q "proto stp"' ||
	    atf_fail "not the old protocol"
	ip -n hk link set epair0b down
	is bridge0 epair1a "root state forwarding"
}

atf_test_case vanish
vanish_head()
{
	atf_set descr "Members and bridges that vanish; many commands at once"
}
vanish_body()
{
	local i

	ifconfig bridge0 create up
	for i in 0 1 2 3 4 5; do
		ifconfig epair$i create >/dev/null
		ifconfig epair${i}a up
		ifconfig epair${i}b up
	done
	for i in 0 1 2 3 4 5; do
		ifconfig bridge0 addm epair${i}a stp epair${i}a edge epair${i}a \
		    ifpathcost epair${i}a 77 &
	done
	wait
	for i in 0 1 2 3 4 5; do
		is bridge0 epair${i}a "designated state forwarding"
	done
	atf_check_equal 6 "$(ifconfig bridge0 | grep -c "path cost 77 proto")"
	atf_check_equal 1 "$(keeper | wc -l)"
	ip link del epair0a
	atf_check -o not-match:epair0a ifconfig bridge0
	atf_check ifconfig epair1a destroy
	# the others do not notice
	is bridge0 epair2a "designated state forwarding"
	ifconfig epair2a name uplink >/dev/null
	is bridge0 uplink "designated state forwarding"
	ip link del bridge0
	wait_for 10 no_keeper || atf_fail "there is a keeper"
	atf_check -o not-match:"keeper|bridges" ls /run/cellblock/if
	atf_check nft list ruleset
}

atf_test_case killed
killed_head()
{
	atf_set descr "Without its keeper a ring stays open; another comes"
}
killed_body()
{
	local p i

	ring
	is bridge1 epair1b "alternate state discarding"
	reach
	p=$(keeper)
	kill -9 "$p"
	wait_for 10 no_keeper
	atf_check -s exit:1 -o match:"bridges: their keeper has gone" \
	    cellblock doctor
	# links that come and go close nothing that was open
	for i in epair1a epair1b; do
		ip link set $i down
		ip link set $i up
	done
	wait_for 10 grep -q 1 /sys/class/net/epair1b/carrier
	once 01
	atf_check -o ignore ifconfig -l
	[ -n "$(keeper)" ] || atf_fail "no keeper"
	is bridge1 epair1b "alternate state discarding"
	once 02
	# the last member that asks for one takes it along
	atf_check ifconfig bridge1 -stp epair0b -stp epair1b
	atf_check ifconfig bridge0 deletem epair0a
	atf_check ifconfig bridge0 -stp epair1a
	wait_for 10 no_keeper || atf_fail "there is a keeper"
	atf_check -o not-match:"keeper|bridges" ls /run/cellblock/if
	atf_check nft list ruleset
	atf_check -o not-match:"listening|learning" bridge link
	reach
}

atf_test_case jail
jail_head()
{
	atf_set descr "In a jail the keeper is the jail's, and ends with it"
}
jail_body()
{
	ifconfig epair0 create >/dev/null
	make_jail j vnet vnet.interface=epair0b
	atf_check -o ignore ifconfig -j j bridge0 create up
	atf_check ifconfig -j j epair0b up
	atf_check ifconfig -j j bridge0 addm epair0b stp epair0b
	ifconfig epair0a up
	wait_for 10 sh -c 'jexec j ifconfig bridge0 | grep -q "role designated state forwarding"' ||
	    atf_fail "no spanning tree: $(jexec j ifconfig bridge0)"
	[ -n "$(keeper)" ] || atf_fail "no keeper"
	atf_check jexec j ifconfig bridge0 edge epair0b
	atf_check -o match:"<.*STP,EDGE" ifconfig -j j bridge0
	atf_check jail -r j
	wait_for 10 no_keeper || atf_fail "it lives on"
}

atf_test_case values
values_head()
{
	atf_set descr "What can be set, and what is refused in FreeBSD's words"
}

# refused TEXT WORD...
refused()
{
	local text

	text=$1
	shift
	atf_check -s exit:1 -e inline:"ifconfig: $text\n" ifconfig bridge0 "$@"
}
values_body()
{
	ifconfig bridge0 create
	ifconfig epair0 create >/dev/null
	atf_check ifconfig bridge0 addm epair0a priority 5000 maxage 6 \
	    fwddelay 30 holdcnt 10 ifpriority epair0a 17
	atf_check -o match:"priority 4096 hellotime 2 fwddelay 30" \
	    -o match:"maxage 6 holdcnt 10 proto rstp" \
	    -o match:"port [0-9]+ priority 16 path cost 2000$" \
	    ifconfig bridge0
	refused "BRDGSHT 1: Operation not permitted" hellotime 1
	atf_check ifconfig bridge0 proto stp hellotime 1
	atf_check -o match:"hellotime 1 fwddelay 30" -o match:"proto stp" \
	    ifconfig bridge0
	refused "BRDGSHT 3: Invalid argument" hellotime 3
	refused "BRDGSFD 3: Invalid argument" fwddelay 3
	refused "BRDGSMA 41: Invalid argument" maxage 41
	refused "BRDGSTXHC 0: Invalid argument" holdcnt 0
	refused "BRDGSPRI 61441: Invalid argument" priority 61441
	refused "invalid value: 65536" priority 65536
	refused "BRDGSIFPRIO 241: Invalid argument" ifpriority epair0a 241
	refused "BRDGSIFCOST 200000001: Invalid argument" \
	    ifpathcost epair0a 200000001
	refused "BRDGSIFCOST 1: No such file or directory" ifpathcost epair0b 1
	refused "unknown stp protocol" proto mstp
	refused "unable to get bridge flags: No such file or directory" \
	    stp epair0b
	atf_check -s exit:1 \
	    -e inline:"ifconfig: unable to get bridge flags: Invalid argument\n" \
	    ifconfig epair0a stp epair0b
	# a member that was taken out comes back with the defaults
	atf_check ifconfig bridge0 deletem epair0a addm epair0a
	atf_check -o match:"priority 128 path cost 2000$" ifconfig bridge0
}

atf_init_test_cases()
{
	atf_add_test_case rstp
	atf_add_test_case old
	atf_add_test_case vanish
	atf_add_test_case killed
	atf_add_test_case jail
	atf_add_test_case values
}
