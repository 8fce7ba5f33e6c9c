#! /usr/bin/env atf-sh
# What the virtual machine is for: interfaces that the build machines' kernel
# has not got, cgroup2 as the only hierarchy, and Debian 12's kernel.
. "$(atf_get_srcdir)/common.sh" || exit

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
	# the box: its controllers, and its processes beside what is below
	atf_check -o match:"memory" cat /sys/fs/cgroup/cgroup.controllers
	atf_check -o inline:"0::/self\n" cat /proc/self/cgroup
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

# A root directory with busybox in it, on what this is on.
root_make()
{
	mkdir -p "$1/bin" "$1/dev" "$1/proc" "$1/sys" "$1/run" "$1/tmp"
	cp "$(command -v busybox)" "$1/bin/busybox"
}

atf_test_case users
users_head()
{
	atf_set descr "Files have the owners inside that they have outside"
	atf_set require.progs busybox
	vm_also "6.1 makes idmapped mounts of few file systems"
}
users_body()
{
	local ida idb

	# where tmpfs cannot, the box's /tmp is on the disk
	root_make /tmp/root
	touch /tmp/root/zero /tmp/root/user
	chown 1000:1001 /tmp/root/user
	atf_check jail -c name=a path=/tmp/root vnet persist
	atf_check jail -c name=b path=/tmp/root persist
	atf_check -o inline:"0:0\n1000:1001\n" jexec a \
	    busybox stat -c %u:%g /zero /user
	atf_check jexec a busybox touch /made
	atf_check jexec a busybox chown 33:44 /user
	atf_check jexec a busybox mkdir /dir
	atf_check -o inline:"0:0\n0:0\n33:44\n" \
	    stat -c %u:%g /tmp/root/made /tmp/root/dir /tmp/root/user
	# and none of them is a user of the machine, or the other jail's
	jexec a busybox sleep 4711 &
	jexec b busybox sleep 4712 &
	must_wait 5 pgrep -f '^busybox sleep 4711$'
	must_wait 5 pgrep -f '^busybox sleep 4712$'
	ida=$(stat -c %u "/proc/$(pgrep -f '^busybox sleep 4711$')")
	idb=$(stat -c %u "/proc/$(pgrep -f '^busybox sleep 4712$')")
	[ "$ida" -ge 1879048192 ] || atf_fail "root is user $ida outside"
	[ "$idb" -ge 1879048192 ] || atf_fail "root is user $idb outside"
	[ "$ida" -ne "$idb" ] || atf_fail "two jails, one user"
	atf_check -o ignore jail -r a b
}

atf_test_case users_refused
users_refused_head()
{
	atf_set descr "A root on a file system without idmapped mounts"
	atf_set require.progs busybox
	vm_only "the kernel here makes idmapped mounts of tmpfs"
}
users_refused_body()
{
	mkdir /tmp/root
	mount -t tmpfs t /tmp/root
	root_make /tmp/root
	atf_check -s exit:1 -e inline:"jail: path /tmp/root: /tmp/root: this \
kernel cannot show files of that file system with a jail's own users (no \
idmapped mounts); host.users=inherit does without\n" \
	    jail -c name=a path=/tmp/root persist
	atf_check -o empty jls name
	atf_check jail -c name=a path=/tmp/root persist host.users=inherit
	atf_check -o inline:"0\n" jexec a busybox id -u
}

atf_test_case host_root
host_root_head()
{
	atf_set descr "jail -c path=/ vnet persist: root of a network, of no file"
	vm_also "it must hold on Debian 12's kernel"
}
host_root_body()
{
	atf_check jail -c path=/ vnet persist
	# configures its own network, binds port 80
	atf_check -o inline:"epair0a\n" jexec 1 ifconfig epair create
	atf_check jexec 1 ifconfig epair0a 192.0.2.1/24 up
	atf_check jexec 1 ifconfig lo0 127.0.0.1/8 up
	atf_check -s exit:1 -e ignore ifconfig epair0a
	started web jexec 1 peer serve tcp 192.0.2.1 80
	atf_check jexec 1 peer probe tcp 192.0.2.1 80
	# mounts nothing, takes nothing away, makes nothing writable
	for m in "-t tmpfs t" "-t proc p" "--bind /etc" "-t sysfs s"; do
		# shellcheck disable=SC2086 # words
		atf_check -s not-exit:0 -e not-empty jexec 1 mount $m /mnt
	done
	for d in /proc /sys /dev /run/cellblock; do
		atf_check -s not-exit:0 -e not-empty jexec 1 umount -l $d
	done
	atf_check -s not-exit:0 -e not-empty \
	    jexec 1 mount -o remount,bind,rw /sys
	# sees no process but its own
	sleep 4713 &
	must_wait 5 pgrep -f '^sleep 4713$'
	atf_check -s exit:1 jexec 1 pgrep -f '^sleep 4713$'
	atf_check -o inline:"1\n" -x "jexec 1 ps -eo pid= | head -n 1 | xargs"
	# owns no file of the machine's
	atf_check -o inline:"65534:65534\n65534:65534\n" jexec 1 \
	    stat -c %u:%g / /etc/passwd
	atf_check -o empty jexec 1 find / /etc /usr /usr/bin /tmp \
	    -maxdepth 1 -user 0 ! -path /dev ! -path /proc ! -path /sys
	for f in /etc/passwd /usr/bin/env /etc/new; do
		atf_check -s not-exit:0 -e match:"denied|overflow|Read-only" \
		    jexec 1 sh -c ": >>$f"
	done
	atf_check -s not-exit:0 -e match:"not permitted" \
	    jexec 1 chown 0 /etc/passwd
	atf_check -s not-exit:0 -e match:"denied" jexec 1 cat /etc/shadow
	# what it makes, where everybody may, is no user's of the machine
	atf_check jexec 1 touch /tmp/mine
	[ "$(stat -c %u /tmp/mine)" -ge 1879048192 ] ||
	    atf_fail "/tmp/mine is of user $(stat -c %u /tmp/mine)"
	atf_check jail -r 1
}

atf_test_case nested
nested_head()
{
	atf_set descr "A jail's root makes jails with vnets, bridge and epairs"
	vm_also "with cgroup2 as the only hierarchy, on 6.1"
}
nested_body()
{
	box_state before
	atf_check jail -c name=a path=/ vnet persist children.max=2
	atf_check -o ignore jexec a ifconfig bridge create
	for i in 0 1; do
		atf_check -o ignore jexec a ifconfig epair create
		atf_check jexec a ifconfig epair${i}a up
		atf_check jexec a ifconfig bridge0 addm epair${i}a
		atf_check jexec a jail -c name=b$i path=/ vnet persist \
		    vnet.interface=epair${i}b
		atf_check jexec a.b$i ifconfig epair${i}b 192.0.2.1$i/24 up
	done
	atf_check jexec a ifconfig bridge0 up
	must_wait 10 jexec a.b0 ping -c 1 -W 1 192.0.2.11
	atf_check -s exit:1 -e inline:"jail: prison limit exceeded\n" \
	    jexec a jail -c name=c path=/ vnet persist
	atf_check -o inline:"a\na.b0\na.b1\n" jls name
	# each in a cgroup below its parent's, and only that is its to see
	atf_check -o inline:"0::/\n" jexec a.b0 grep ^0:: /proc/self/cgroup
	atf_check jail -r a
	box_same before
}

atf_init_test_cases()
{
	atf_add_test_case users
	atf_add_test_case users_refused
	atf_add_test_case host_root
	atf_add_test_case nested
	atf_add_test_case hierarchy
	atf_add_test_case vlan
	atf_add_test_case wireguard
	atf_add_test_case netem
	atf_add_test_case bonding
}
