#! /usr/bin/env atf-sh
# The test harness itself: a box hides the machine and leaves nothing behind.
. "$(atf_get_srcdir)/common.sh" || exit

atf_test_case private
private_head()
{
	atf_set descr "A box has its own network, /run, /tmp, /etc, /sys and processes"
}
private_body()
{
	atf_check -o inline:"lo\n" ls /sys/class/net
	atf_check -o match:"lo: <LOOPBACK,UP" ip link show up
	atf_check -o empty ls /run
	atf_check -o inline:"box\n" uname -n
	atf_check -o match:"^0::/$" grep ^0:: /proc/self/cgroup
	atf_check -o inline:"1\n" sh -c 'ls -d /proc/1 | wc -l'
	ip link add bridgebox type bridge || atf_fail "no rights in the box"
	touch /run/x /tmp/x /etc/x
	atf_check rm /etc/passwd
	# what is written there must not be read back from elsewhere, either
	atf_check -s exit:1 test -e /run/upper -o -e /tmp/upper
}

atf_test_case again
again_head()
{
	atf_set descr "What the test case before made is not there"
}
again_body()
{
	atf_check -s exit:1 -e ignore ip link show bridgebox
	atf_check -s exit:1 test -e /run/x
	atf_check -s exit:1 test -e /tmp/x
	atf_check -s exit:1 test -e /etc/x
	atf_check test -e /etc/passwd
}

atf_test_case state
state_head()
{
	atf_set descr "box_same sees interfaces, namespaces, files, cgroups and processes"
}
state_body()
{
	local cg

	cg=$(awk '/ - cgroup2 / { print $5; exit }' /proc/self/mountinfo)
	box_state before
	cb_same_now before || {
		diff -u before before.now
		atf_fail "nothing changed, yet it differs"
	}
	ip link add b0 type bridge
	cb_same_now before && atf_fail "an interface goes unseen"
	ip link del b0
	netns_new x
	cb_same_now before && atf_fail "a namespace goes unseen"
	ip netns del x
	umount /run/netns && rmdir /run/netns
	touch /run/file
	cb_same_now before && atf_fail "a file goes unseen"
	rm /run/file
	mkdir "$cg/sub"
	cb_same_now before && atf_fail "a cgroup goes unseen"
	rmdir "$cg/sub"
	mount -t tmpfs x /mnt
	cb_same_now before && atf_fail "a mount goes unseen"
	umount /mnt
	sleep 77 &
	cb_same_now before && atf_fail "a process goes unseen"
	kill $!
	wait $!
	box_same before
}

atf_test_case killed
killed_head()
{
	atf_set descr "A box that is killed takes its processes and cgroup along"
}
killed_body()
{
	local before pid

	box_state before
	# shellcheck disable=SC2016
	box sh -c 'sleep 4711 & sleep 4711' &
	pid=$!
	must_wait 5 sh -c 'grep -lz 4711 /proc/[0-9]*/cmdline | grep -q .'
	must_wait 5 sh -c 'find /sys/fs/cgroup -name "box-*" | grep -q .'
	kill -KILL $pid
	wait $pid
	box_same before
}

atf_test_case status
status_head()
{
	atf_set descr "A box passes the exit status on"
}
status_body()
{
	atf_check -s exit:7 box sh -c 'exit 7'
	# shellcheck disable=SC2016
	atf_check -s exit:137 box sh -c 'kill -9 $$'
	atf_check -s exit:125 -e match:"No such file" box /nonexistent
	atf_check -s exit:125 -e match:usage box
}

atf_test_case tools
tools_head()
{
	atf_set descr "peer and sniff see what passes and what does not"
}
tools_body()
{
	local f

	netns_new far
	ip link add v0 type veth peer name v1 netns far
	ip addr add 192.0.2.1/24 dev v0
	ip link set v0 up
	ip -n far addr add 192.0.2.2/24 dev v1
	ip -n far link set v1 address 02:00:00:00:00:02 up
	for f in tcp udp; do
		started serve.$f ip netns exec far peer serve $f 192.0.2.2 7
		atf_check peer probe $f -s 192.0.2.1 192.0.2.2 7
		atf_check -s exit:1 -e match:"refused" \
		    peer probe $f 192.0.2.2 8
	done
	ip neigh add 192.0.2.3 lladdr 02:00:00:00:00:03 dev v0
	for f in tcp udp; do
		atf_check -s exit:1 -e match:"timed out" \
		    peer probe $f -t 100 192.0.2.3 7
	done
	started held peer hold tcp 192.0.2.2 7
	atf_check -o inline:"connected\n" cat held

	started seen ip netns exec far sniff -n 1 -t 5000 -m ipv4 v1
	f=$!
	ping -c 1 -W 1 192.0.2.2 >/dev/null || atf_fail "no ping"
	wait $f
	atf_check -o match:"ipv4 192.0.2.1 > 192.0.2.2 icmp 98" cat seen
	started seen ip netns exec far sniff -n 1 -t 5000 -m 0x88b5 v1
	f=$!
	atf_check sniff -s 02:00:00:00:00:02 -S 02:00:00:00:00:09 v0 hello
	wait $f
	atf_check -o \
	    match:"02:00:00:00:00:09 > 02:00:00:00:00:02 0x88b5 60" cat seen
	atf_check -s exit:1 -o inline:"ready\n0\n" \
	    ip netns exec far sniff -q -n 1 -t 50 -m 0x88b5 v1
}

atf_init_test_cases()
{
	atf_add_test_case tools
	atf_add_test_case private
	atf_add_test_case again
	atf_add_test_case state
	atf_add_test_case killed
	atf_add_test_case status
}
