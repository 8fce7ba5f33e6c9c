#! /usr/bin/env atf-sh
# What the virtual machine is for: interfaces that the build machines' kernel
# has not got, cgroup2 as the only hierarchy, and Debian 12's kernel.
. "$(atf_get_srcdir)/common.sh"

atf_test_case hierarchy
hierarchy_head()
{
	atf_set descr "cgroup2 as the only hierarchy: a jail sees its own part"
	vm_only "cgroup2 is not the only hierarchy here"
}
hierarchy_body()
{
	local jid

	atf_check -o inline:"cgroup2fs\n" stat -f -c %T /sys/fs/cgroup
	atf_check -o inline:"/sys/fs/cgroup\n" \
	    sh -c "awk '\$3 ~ /^cgroup/ { print \$2 }' /proc/mounts | sort -u"
	atf_check -o inline:"0::/\n" cat /proc/self/cgroup
	atf_check jail -c name=a path=/ vnet persist
	jid=$(jls -j a jid)
	# the jail's commands are born in its cgroup, which is the root to them
	atf_check -o inline:"0::/\n" jexec a cat /proc/self/cgroup
	jexec a sleep 4711 &
	must_wait 5 pgrep -x sleep
	atf_check -o match:"^0::/cellblock[^/]*/$jid/tree$" \
	    cat "/proc/$(pgrep -x sleep)/cgroup"
	atf_check jail -r a
	wait_for 5 sh -c '! pgrep -x sleep' || atf_fail "the process lives on"
	# and goes when its last process ends, which cgroup2 tells
	atf_check jail -c name=b path=/ command=/bin/true
	must_wait 10 sh -c '! jls -j b'
	find /sys/fs/cgroup -mindepth 1 -type d -name '[0-9]*' >left
	atf_check cat left
}

# given KIND ARGUMENT...: an interface x0 that the kernel's driver makes, lent
# to a jail, is seen there and comes home.
given()
{
	atf_check ip link add link epair0a name x0 "$@"
	atf_check jail -c name=a path=/ vnet persist vnet.interface=x0
	atf_check -o match:"^x0: " jexec a ifconfig x0
	atf_check -s exit:1 -e ignore ifconfig x0
	atf_check jail -r a
	atf_check -o match:"^x0: " ifconfig x0
	atf_check ip link del x0
}

atf_test_case vlan
vlan_head()
{
	atf_set descr "8021q: a VLAN of the kernel's goes to a jail and back"
	vm_only "the kernel here has no 8021q"
}
vlan_body()
{
	atf_check -o ignore ifconfig epair create up
	given type vlan id 7
	# and carries what is tagged so
	netns_new far
	atf_check ip link set epair0b netns far
	atf_check ip -n far link set epair0b up
	atf_check ip link add link epair0a name v7 type vlan id 7
	atf_check jail -c name=a path=/ vnet persist vnet.interface=v7
	atf_check jexec a ifconfig v7 192.0.2.1/24 up
	atf_check ip -n far link add link epair0b name v7 type vlan id 7
	atf_check ip -n far addr add 192.0.2.2/24 dev v7
	atf_check ip -n far link set v7 up
	atf_check -o ignore jexec a ping -c 1 -W 5 192.0.2.2
}

atf_test_case wireguard
wireguard_head()
{
	atf_set descr "wireguard: an interface goes to a jail and back"
	vm_only "the kernel here has no wireguard"
}
wireguard_body()
{
	atf_check -o ignore ifconfig epair create up
	given type wireguard
}

atf_test_case netem
netem_head()
{
	atf_set descr "netem: a delay on a jail's epair is felt"
	vm_only "the kernel here has no netem"
}
netem_body()
{
	atf_check -o ignore ifconfig epair create
	atf_check ifconfig epair0a 192.0.2.1/24 up
	atf_check jail -c name=a path=/ vnet persist vnet.interface=epair0b
	atf_check jexec a ifconfig epair0b 192.0.2.2/24 up
	atf_check -o ignore ping -c 1 -W 5 192.0.2.2
	atf_check tc qdisc add dev epair0a root netem delay 700ms
	ping -c 1 -W 10 192.0.2.2 >out || atf_fail "no answer"
	atf_check -o match:"time=(7[0-9][0-9]|[89][0-9][0-9]|[1-9][0-9]{3,})" \
	    grep -E time= out
	atf_check tc qdisc replace dev epair0a root netem loss 100%
	atf_check -s exit:1 -o ignore ping -c 1 -W 1 192.0.2.2
}

atf_test_case bonding
bonding_head()
{
	atf_set descr "bonding: two epairs are one link of a jail"
	vm_only "the kernel here has no bonding"
}
bonding_body()
{
	atf_check -o ignore ifconfig epair create
	atf_check -o ignore ifconfig epair create
	atf_check jail -c name=a path=/ vnet persist \
	    vnet.interface=epair0b,epair1b
	for i in "" "jexec a"; do
		$i ip link add bond0 type bond mode active-backup miimon 100
	done
	for i in 0 1; do
		atf_check ip link set epair${i}a master bond0
		atf_check jexec a ip link set epair${i}b master bond0
	done
	atf_check ifconfig bond0 192.0.2.1/24 up
	atf_check jexec a ifconfig bond0 192.0.2.2/24 up
	must_wait 10 ping -c 1 -W 1 192.0.2.2
	# one link breaks, the other carries on
	atf_check ip link set epair0a down
	must_wait 10 ping -c 1 -W 1 192.0.2.2
	# members come home, the bond is the jail's and goes with it
	atf_check jail -r a
	atf_check -o match:"^epair0b: " ifconfig epair0b
	atf_check -o match:"^epair1b: " ifconfig epair1b
}

atf_init_test_cases()
{
	atf_add_test_case hierarchy
	atf_add_test_case vlan
	atf_add_test_case wireguard
	atf_add_test_case netem
	atf_add_test_case bonding
}
