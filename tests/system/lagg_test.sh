#! /usr/bin/env atf-sh
# lagg interfaces: the bonding driver, and netgraph in its place: words, what
# is shown, links that go and come.
. "$(atf_get_srcdir)/common.sh" || exit

# refused TEXT WORDS...
refused()
{
	local text=$1

	shift
	atf_check -s exit:1 -e inline:"ifconfig: $text\n" ifconfig "$@"
}

# says LINE...: each is a line of lagg0's
says()
{
	local line

	for line; do
		atf_check -o match:"^	$line$" ifconfig lagg0
	done
}

atf_test_case words
words_head()
{
	atf_set descr "Words of laggs, their lines, what is refused"
	vm_also "bonding: the same by the kernel's driver"
}
words_body()
{
	local mac0 mac1

	for i in 0 1 2; do
		atf_check -o ignore ifconfig epair create
		atf_check ifconfig epair${i}a up
		atf_check ifconfig epair${i}b up
	done
	mac0=$(cat /sys/class/net/epair0a/address)
	mac1=$(cat /sys/class/net/epair1a/address)
	atf_check -o inline:"lagg0\n" ifconfig lagg create
	says "laggproto failover lagghash l2,l3,l4" "groups: lagg"
	refused "Invalid aggregation protocol: x" lagg0 laggproto x
	refused "Invalid lagghash option: l5" lagg0 lagghash l2,l5
	refused "Invalid flowid_shift option: 32" lagg0 flowid_shift 32
	refused "Invalid rr_limit option: 0" lagg0 rr_limit 0
	refused "SIOCSLAGGPORT: Invalid argument" lagg0 laggport em9
	refused "SIOCSLAGGPORT: Protocol not supported" lagg0 laggport lo0
	refused "SIOCSLAGGPORT: Invalid argument" lagg0 laggport lagg0
	refused "SIOCSLAGGDELPORT: No such file or directory" \
	    lagg0 -laggport epair0a
	refused "SIOCSLAGG: Invalid argument" epair0a laggproto failover
	atf_check ifconfig lagg0 laggport epair0a laggport epair1a up
	says "laggport: epair0a flags=5<MASTER,ACTIVE>" \
	    "laggport: epair1a flags=0<>" "ether $mac0"
	atf_check -o match:"ether $mac0" ifconfig epair1a
	# once more is nothing
	atf_check ifconfig lagg0 laggport epair1a
	atf_check -o inline:"lagg1\n" ifconfig lagg create
	refused "SIOCSLAGGPORT: Device busy" lagg1 laggport epair0a
	atf_check ifconfig lagg1 destroy
	atf_check ifconfig lagg0 laggproto loadbalance lagghash l2,l3
	says "laggproto loadbalance lagghash l2,l3" \
	    "laggport: epair0a flags=4<ACTIVE>" \
	    "laggport: epair1a flags=4<ACTIVE>"
	atf_check ifconfig lagg0 laggproto roundrobin rr_limit 4
	atf_check -o match:"^		rr_limit: 4$" \
	    -o match:"^		active ports: 2$" ifconfig -v lagg0
	atf_check ifconfig lagg0 laggproto broadcast
	refused "SIOCSLAGGOPTS: Invalid argument" lagg0 lacp_strict
	refused "SIOCSLAGGOPTS: Invalid argument" lagg0 -lacp_fast_timeout
	atf_check ifconfig lagg0 laggproto lacp
	atf_check -o match:"flags=10<LACP_STRICT>" ifconfig -v lagg0
	atf_check ifconfig lagg0 lacp_fast_timeout
	atf_check -o match:"flags=90<LACP_STRICT,LACP_FAST_TIMO>" \
	    ifconfig -v lagg0
	atf_check ifconfig lagg0 laggproto failover
	atf_check -o match:"^		flags=0<>" ifconfig -v lagg0
	# addresses come back with the ports
	atf_check ifconfig lagg0 -laggport epair0a
	atf_check -o match:"ether $mac0" ifconfig epair0a
	[ "${CB_VM:-}" ] || says "ether $mac1"
	atf_check ifconfig lagg0 destroy
	atf_check -o match:"ether $mac1" ifconfig epair1a
	refused "interface lagg0 does not exist" lagg0
}

# gap WHAT FILE: tell how many of the probes that are sent each 5 ms were lost
# in a row.  The last one must have been answered: traffic has moved.
gap()
{
	awk -v what="$1" '
	/ icmp_seq=/ {
		match($0, /icmp_seq=[0-9]+/)
		seq = substr($0, RSTART + 9, RLENGTH - 9) + 0
		if (seq - last - 1 > most)
			most = seq - last - 1
		last = seq
	}
	/ packets transmitted/ { sent = $1 }
	END {
		printf "%s: a gap of %d probes, %d ms\n", what, most, most * 5
		exit !(sent && last == sent)
	}' "$2"
}

# The jail "far" has a lagg of the other ends; its IF goes while it probes.
failover()
{
	local probe

	jexec far ping -n -i 0.005 -c 400 -W 1 10.9.0.1 >out 2>&1 &
	probe=$!
	must_wait 5 grep -q "icmp_seq=20 " out
	atf_check jexec far ifconfig "$2" down
	wait $probe
	gap "$1, $2 goes" out || atf_fail "no traffic: $(tail -n 3 out)"
	must_wait 5 ping -c 1 -W 1 10.9.0.2
	atf_check jexec far ifconfig "$2" up
}

atf_test_case links
links_head()
{
	atf_set descr "Two cables to a jail, each protocol; one goes"
	atf_set timeout 120
	vm_also "bonding: the same by the kernel's driver"
}
links_body()
{
	local proto

	atf_check -o ignore ifconfig epair create
	atf_check -o ignore ifconfig epair create
	make_jail far vnet vnet.interface=epair0b,epair1b allow.raw_sockets
	atf_check ifconfig epair0a up
	atf_check ifconfig epair1a up
	atf_check ifconfig lagg0 create laggport epair0a laggport epair1a
	atf_check ifconfig lagg0 10.9.0.1/24
	atf_check jexec far ifconfig epair0b up
	atf_check jexec far ifconfig epair1b up
	# the jail's root has one, too
	atf_check jexec far ifconfig lagg0 create laggport epair0b \
	    laggport epair1b
	atf_check jexec far ifconfig lagg0 10.9.0.2/24
	for proto in failover loadbalance roundrobin broadcast; do
		atf_check jexec far ifconfig lagg0 laggproto $proto
		atf_check ifconfig lagg0 laggproto $proto
		must_wait 5 ping -c 1 -W 1 10.9.0.2
		atf_check -o ignore ping -c 1 -W 5 -s 4000 10.9.0.2
	done
	for proto in loadbalance failover; do
		atf_check jexec far ifconfig lagg0 laggproto $proto
		atf_check ifconfig lagg0 laggproto $proto
		must_wait 5 ping -c 1 -W 1 10.9.0.2
		failover $proto epair0b
	done
	# a VLAN on it, and a bridge with a jail
	atf_check ifconfig lagg0.7 create inet 10.9.7.1/24
	atf_check jexec far ifconfig lagg0.7 create inet 10.9.7.2/24
	must_wait 5 ping -c 1 -W 1 10.9.7.2
	atf_check -o ignore ifconfig epair create
	make_jail in vnet vnet.interface=epair2b allow.raw_sockets
	atf_check jexec in ifconfig epair2b 10.9.0.3/24
	atf_check ifconfig epair2a up
	atf_check ifconfig lagg0 inet 10.9.0.1 delete
	atf_check ifconfig bridge0 create addm lagg0 addm epair2a up
	atf_check ifconfig bridge0 inet 10.9.0.1/24
	must_wait 5 jexec in ping -c 1 -W 1 10.9.0.2
	must_wait 5 jexec in ping -c 1 -W 1 10.9.0.1
	must_wait 5 jexec far ping -c 1 -W 1 10.9.0.1
	[ "${CB_VM:-}" ] && return
	kill_brokers
	atf_check -o ignore jexec in ping -c 1 -W 5 10.9.0.2
	atf_check -o match:"laggport: epair0a flags=5<MASTER,ACTIVE>" \
	    ifconfig lagg0
}

# Who speaks LACP in this vnet.
lacp_keeper()
{
	for p in /proc/[0-9]*; do
		grep -qs cellblock-lagg "$p/cmdline" &&
		    [ "$(readlink "$p/ns/net")" = "$(readlink /proc/self/ns/net)" ] &&
		    echo "${p#/proc/}"
	done
	:
}

no_lacp_keeper()
{
	[ -z "$(lacp_keeper)" ]
}

# The pid of this vnet's broker of netgraph.
ng_broker()
{
	for p in /proc/[0-9]*; do
		grep -qs cellblock-netgraph "$p/cmdline" &&
		    [ "$(readlink "$p/ns/net")" = "$(readlink /proc/self/ns/net)" ] &&
		    echo "${p#/proc/}" && return 0
	done
	return 1
}

no_ng_broker()
{
	! ng_broker >broker
}

# carries_here COUNT: so many ports of lagg0 are in use.
carries_here()
{
	[ "$(ifconfig lagg0 | grep -c "flags=1c<")" = "$1" ]
}

# carries COUNT: so many here and in the jail.
carries()
{
	carries_here "$1" &&
	    [ "$(jexec far ifconfig lagg0 | grep -c "flags=1c<")" = "$1" ]
}

# The driver speaks LACP itself: no process of ours, and of itself it shows
# less.  A partner that is silent is given up only after 90 s.
lacp_driver()
{
	atf_check jexec far ifconfig lagg0 create laggproto lacp \
	    laggport epair0b laggport epair1b 10.9.0.2/24
	must_wait 30 carries 2
	atf_check_equal "" "$(lacp_keeper)"
	must_wait 5 ping -c 1 -W 1 10.9.0.2
	atf_check jexec far ifconfig epair0b down
	must_wait 30 carries_here 1
	must_wait 5 ping -c 1 -W 1 10.9.0.2
	atf_check jexec far ifconfig epair0b up
	must_wait 30 carries 2
	must_wait 5 ping -c 1 -W 1 10.9.0.2
	atf_check ifconfig lagg0 destroy
}

atf_test_case lacp
lacp_head()
{
	atf_set descr "LACP between two vnets: use, options, a cable, a killed keeper"
	atf_set timeout 120
}
lacp_body()
{
	local in=ACTIVE,COLLECTING,DISTRIBUTING mac far p

	atf_check -o ignore ifconfig epair create
	atf_check -o ignore ifconfig epair create
	make_jail far vnet vnet.interface=epair0b,epair1b allow.raw_sockets
	for i in 0 1; do
		atf_check ifconfig epair${i}a up
		atf_check jexec far ifconfig epair${i}b up
	done
	atf_check ifconfig lagg0 create laggproto lacp laggport epair0a \
	    laggport epair1a 10.9.0.1/24
	[ ! -d /sys/class/net/lagg0/bonding ] || {
		lacp_driver
		return
	}
	# nobody at the other end: nothing is used
	says "laggproto lacp lagghash l2,l3,l4" "laggport: epair0a flags=0<>" \
	    "status: no carrier"
	atf_check jexec far ifconfig lagg0 create laggproto lacp \
	    laggport epair0b laggport epair1b 10.9.0.2/24
	wait_for 20 carries 2 || atf_fail "$(ifconfig -v lagg0)"
	says "laggport: epair0a flags=1c<$in>" \
	    "laggport: epair1a flags=1c<$in>" "status: active"
	must_wait 5 ping -c 1 -W 1 10.9.0.2
	mac=$(sed 'y/abcdef:/ABCDEF-/' /sys/class/net/lagg0/address)
	far=$(sed 'y/abcdef:/ABCDEF-/' /sys/class/net/epair0a/address |
	    sed 's/A$/B/')
	ifconfig -v lagg0 >out
	atf_check -o match:"^	lag id: \[\(8000,$mac,[0-7][0-9A-F]{3},0000,0000\),$" \
	    -o match:"^		 \(8000,$far,[0-7][0-9A-F]{3},0000,0000\)\]$" \
	    -o match:"^		active ports: 2$" -o match:"^		flapping: 0$" \
	    -o match:"^	laggport: epair1a flags=1c<$in> \
state=3d<ACTIVITY,AGGREGATION,SYNC,COLLECTING,DISTRIBUTING>$" \
	    -o match:"^		\[\(8000,$mac,[0-7][0-9A-F]{3},8000,[0-9A-F]{4}\),$" \
	    cat out
	# LACPDUs stay below the lagg; what comes for the host does not
	atf_check_equal 1 "$(lacp_keeper | wc -l)"
	# its death changes nothing, and the next command starts another
	p=$(lacp_keeper)
	kill -9 "$p"
	wait_for 10 no_lacp_keeper || atf_fail "$p lives"
	atf_check -o ignore ping -c 1 -W 2 10.9.0.2
	atf_check -s exit:1 -o match:"laggs: their keeper has gone" \
	    cellblock doctor
	atf_check -o match:"laggport: epair0a flags=1c<$in>" ifconfig lagg0
	atf_check_equal 1 "$(lacp_keeper | wc -l)"
	carries 2 || atf_fail "the second keeper has begun anew"
	# it keeps what its table names, CapBnd too, and can start an engine
	p=$(lacp_keeper)
	for set in CapEff CapBnd; do
		mask=$(sed -n "s/^$set:[[:blank:]]*/0x/p" "/proc/$p/status")
		atf_check_equal 0 $((mask & ~0xc0012c3500))
	done
	kill -9 "$(ng_broker)"
	wait_for 10 no_ng_broker || atf_fail "the broker lives"
	# a cable goes and comes
	failover lacp epair0b
	wait_for 20 ng_broker >broker || atf_fail "it has started no broker"
	wait_for 20 carries 2 || atf_fail "$(ifconfig -v lagg0)"
	# in a jail it works on, and it comes home with what it was set to
	atf_check ifconfig lagg0 lacp_fast_timeout flowid_shift 3
	ifconfig -v lagg0 | sed -n '/laggproto/,/flowid/p; /laggport/p' >was
	make_jail in vnet vnet.interface=lagg0 allow.raw_sockets
	atf_check jexec in ifconfig lagg0 10.9.0.1/24
	must_wait 5 jexec in ping -c 1 -W 1 10.9.0.2
	kill -9 "$(lacp_keeper)"
	wait_for 10 no_lacp_keeper
	atf_check -o match:lo0 ifconfig -l
	atf_check_equal 1 "$(lacp_keeper | wc -l)"
	atf_check -o ignore jail -r in
	ifconfig lagg0 10.9.0.1/24
	wait_for 20 carries 2 || atf_fail "$(ifconfig -v lagg0)"
	atf_check -o file:was sh -c \
	    "ifconfig -v lagg0 | sed -n '/laggproto/,/flowid/p; /laggport/p'"
	must_wait 5 ping -c 1 -W 1 10.9.0.2
	# one end stops
	atf_check jexec far ifconfig lagg0 laggproto failover
	wait_for 10 carries 0
	atf_check -o not-match:DISTRIBUTING ifconfig lagg0
	atf_check ifconfig lagg0 destroy
	wait_for 10 no_lacp_keeper || atf_fail "there is a keeper"
	atf_check -o not-match:"lagg" ls /run/cellblock/if
}

# While this runs the kernel finds no driver that it has not loaded.
without_driver()
{
	local r

	echo /bin/false >/proc/sys/kernel/modprobe
	/sbin/rmmod bonding 2>/dev/null
	"$@"
	r=$?
	echo /sbin/modprobe >/proc/sys/kernel/modprobe
	return $r
}

atf_test_case lacp_linux
lacp_linux_head()
{
	atf_set descr "LACP of ours with the kernel's bonding driver"
	atf_set timeout 300
}
lacp_linux_body()
{
	# not marked for CI: it takes bonding away from the whole machine
	[ -n "${CB_VM:-}" ] ||
	    atf_skip "needs the virtual machine and its bonding (make check-vm)"
	netns_new far
	for i in 0 1; do
		ip link add em$i type veth peer name up$i netns far
		atf_check ifconfig em$i up
	done
	without_driver ifconfig lagg0 create || atf_fail "no lagg0"
	[ "$(ip -d link show lagg0 | grep -c veth)" = 1 ] ||
	    atf_skip "the driver cannot be kept away"
	atf_check ifconfig lagg0 laggproto lacp laggport em0 laggport em1 \
	    10.9.0.1/24
	ip netns exec far ip link add bond0 type bond mode 802.3ad miimon 50 \
	    lacp_rate fast || atf_fail "no bond0"
	for i in 0 1; do
		ip -n far link set up$i down
		ip -n far link set up$i master bond0
	done
	ip -n far addr add 10.9.0.2/24 dev bond0
	ip -n far link set bond0 up
	wait_for 30 carries_here 2 || atf_fail "$(ifconfig -v lagg0)"
	must_wait 5 ping -c 1 -W 1 10.9.0.2
	atf_check -o match:"Number of ports: 2" \
	    -o match:"system mac address: $(cat /sys/class/net/lagg0/address)" \
	    ip netns exec far cat /proc/net/bonding/bond0
	# a cable goes, and comes
	ip -n far link set up0 down
	wait_for 30 carries_here 1 || atf_fail "$(ifconfig -v lagg0)"
	must_wait 5 ping -c 1 -W 1 10.9.0.2
	ip -n far link set up0 up
	wait_for 30 carries_here 2 || atf_fail "$(ifconfig -v lagg0)"
	must_wait 5 ping -c 1 -W 1 10.9.0.2
}

atf_test_case rc
rc_head()
{
	atf_set descr "rc.conf: laggs, vlans_IF, vlans by hand; and gone"
}
rc_body()
{
	mkdir b
	cat >b/rc.conf <<-'EOF'
		cloned_interfaces="epair0 epair1 lagg0 vlan3"
		ifconfig_epair0a="up"
		ifconfig_epair1a="up"
		ifconfig_epair0b="up"
		ifconfig_epair1b="up"
		ifconfig_lagg0="laggproto loadbalance laggport epair0a laggport epair1a 192.0.2.1/24"
		vlans_lagg0="5 vlan9"
		create_args_vlan9="vlan 9"
		ifconfig_lagg0_5="inet 192.0.5.1/24"
		ifconfig_vlan3="inet 192.0.3.1/24 vlan 3 vlandev lagg0"
	EOF
	atf_check -o ignore rc -d b start
	says "laggproto loadbalance lagghash l2,l3,l4" \
	    "laggport: epair0a flags=4<ACTIVE>" \
	    "laggport: epair1a flags=4<ACTIVE>" "inet 192.0.2.1 .*"
	atf_check -o match:"vlan: 5 .* parent interface: lagg0" \
	    -o match:"inet 192.0.5.1" ifconfig lagg0.5
	atf_check -o match:"vlan: 9 .* parent interface: lagg0" \
	    -o match:"ether $(cat /sys/class/net/lagg0/address)" ifconfig vlan9
	atf_check -o match:"vlan: 3 .* parent interface: lagg0" \
	    -o match:"inet 192.0.3.1" ifconfig vlan3
	# nothing to do the second time
	atf_check -o not-match:"Created clone" rc -d b start
	atf_check -o ignore rc -d b stop
	atf_check -o inline:"lo0\n" ifconfig -l
}

# igb0 and igb1, both on one switch, whose address is 1.2.3.1.
switch()
{
	netns_new far
	ip -n far link add br0 type bridge
	for i in 0 1; do
		ip link add igb$i type veth peer name up$i netns far
		ip -n far link set up$i master br0 up
	done
	ip -n far addr add 1.2.3.1/24 dev br0
	ip -n far link set br0 up
}

# All of 1.2.3: the switch, the host and the jails a and b.
all_reach_all()
{
	local from to

	for from in 1 4 5 6; do
		for to in 1 4 5 6; do
			[ $from -eq $to ] && continue
			set -- ping -c 1 -W 1 1.2.3.$to
			case $from in
			1) set -- ip netns exec far "$@" ;;
			5) set -- jexec a "$@" ;;
			6) set -- jexec b "$@" ;;
			esac
			must_wait 5 "$@"
		done
	done
}

# Over both cables, and over the second alone.
all_ways()
{
	all_reach_all
	ip -n far link set up0 down
	must_wait 5 ping -c 1 -W 1 1.2.3.1
	all_reach_all
	ip -n far link set up0 up
	must_wait 5 ping -c 1 -W 1 1.2.3.1
}

atf_test_case shared
shared_head()
{
	atf_set descr "The essay's lagg: the host's address and jails on it, by \
netgraph and by a bridge"
	atf_set timeout 120
}
shared_body()
{
	local v6=/proc/sys/net/ipv6/conf/igb0/disable_ipv6

	switch
	mkdir b
	cat >b/rc.conf <<-'EOF'
		cloned_interfaces="lagg0"
		ifconfig_lagg0="laggport igb0 laggport igb1 1.2.3.4/24 up"
		ifconfig_igb0="up"
		ifconfig_igb1="up"
	EOF
	atf_check -o ignore -e ignore rc -d b start
	says "laggproto failover lagghash l2,l3,l4" \
	    "laggport: igb0 flags=5<MASTER,ACTIVE>" "inet 1.2.3.4 .*"
	# what a port's own stack says would come back by the other port
	# (the kernel's driver lets a port's stack say nothing)
	[ ! -e $v6 ] || [ -d /sys/class/net/lagg0/bonding ] ||
		atf_check_equal 1 "$(cat $v6)"
	atf_check ngctl -f- <<-'EOF'
		mkpeer lagg0: ng_bridge lower link0
		name lagg0:lower bridge0
		connect lagg0: bridge0: upper link1
		mkpeer bridge0: ng_eiface link2 ether
		mkpeer bridge0: ng_eiface link3 ether
	EOF
	make_jail a vnet vnet.interface=ngeth0 allow.raw_sockets
	make_jail b vnet vnet.interface=ngeth1 allow.raw_sockets
	atf_check jexec a ifconfig ngeth0 1.2.3.5/24
	atf_check jexec b ifconfig ngeth1 1.2.3.6/24
	all_ways
	atf_check -o ignore sysctl net.link.lagg.failover_rx_all=1
	all_reach_all
	atf_check -o ignore sysctl net.link.lagg.failover_rx_all=0
	# the same by a bridge
	atf_check -o ignore jail -r a b
	atf_check ngctl shutdown bridge0:
	for i in 0 1; do
		atf_check -o ignore ifconfig epair create
		atf_check ifconfig epair${i}a up
	done
	make_jail a vnet vnet.interface=epair0b allow.raw_sockets
	make_jail b vnet vnet.interface=epair1b allow.raw_sockets
	atf_check jexec a ifconfig epair0b 1.2.3.5/24
	atf_check jexec b ifconfig epair1b 1.2.3.6/24
	atf_check ifconfig lagg0 inet 1.2.3.4 delete
	atf_check ifconfig bridge0 create addm lagg0 addm epair0a addm epair1a
	atf_check ifconfig bridge0 1.2.3.4/24
	# all have other link-level addresses than before
	ip -n far neigh flush all
	ip neigh flush all
	all_ways
	atf_check ifconfig lagg0 destroy
	[ ! -e $v6 ] || atf_check_equal 0 "$(cat $v6)"
}

# How many pings have been heard here.
echos()
{
	awk '/^Icmp:/ {
		if (col)
			print $col
		for (i = 2; i <= NF; i++)
			if ($i == "InEchos")
				col = i
	}' /proc/net/snmp
}

# Pings by the cable that waits: does the machine hear them?
by_the_second()
{
	local before

	before=$(echos)
	jexec far ping -c 3 -i 0.2 -W 1 10.9.0.1 >/dev/null
	[ "$(echos)" -eq $((before + 3)) ]
}

atf_test_case rx_all
rx_all_head()
{
	atf_set descr "net.link.lagg.failover_rx_all: the port that waits receives"
}
rx_all_body()
{
	atf_check -o ignore ifconfig epair create
	atf_check -o ignore ifconfig epair create
	make_jail far vnet vnet.interface=epair0b,epair1b allow.raw_sockets
	atf_check jexec far ifconfig epair0b up
	atf_check jexec far ifconfig epair1b 10.9.0.2/24
	atf_check ifconfig epair0a up
	atf_check ifconfig epair1a up
	atf_check ifconfig lagg0 create laggport epair0a laggport epair1a
	atf_check ifconfig lagg0 10.9.0.1/24
	atf_check jexec far arp -s 10.9.0.1 "$(cat /sys/class/net/lagg0/address)"
	sleep 1
	! by_the_second || atf_fail "received by the port that waits"
	atf_check -o match:"0 -> 1" sysctl net.link.lagg.failover_rx_all=1
	by_the_second || atf_fail "not received with failover_rx_all"
	atf_check -o match:"1 -> 0" sysctl net.link.lagg.failover_rx_all=0
	! by_the_second || atf_fail "received without failover_rx_all"
	atf_check -s exit:1 -e match:"invalid integer" \
	    sysctl net.link.lagg.failover_rx_all=x
}

atf_test_case example
example_head()
{
	atf_set descr "examples/lagg: all reach all, also over one cable"
}
example_body()
{
	atf_check -o ignore -e ignore cellblock up "$CB_SRC/examples/lagg"
	atf_check -o empty cellblock diff "$CB_SRC/examples/lagg"
	atf_check -o not-match:FAILED "$CB_SRC/examples/lagg/check"
	atf_check -o ignore -e ignore cellblock down lagg
}

atf_init_test_cases()
{
	atf_add_test_case words
	atf_add_test_case links
	atf_add_test_case lacp
	atf_add_test_case lacp_linux
	atf_add_test_case rc
	atf_add_test_case shared
	atf_add_test_case rx_all
	atf_add_test_case example
}
