#! /usr/bin/env atf-sh
# Two jails side by side see nothing of each other, and what one gives the
# other leads no further than the giver's own root.
. "$(atf_get_srcdir)/common.sh" || exit

# spy: each kind of trace that jail a has left where this is run, one a line.
make_spy()
{
	cat >"$ESC/spy" <<'EOF'
#!/bin/sh
grep -aqs '[s]leep.4242' /proc/[0-9]*/cmdline && echo processes
[ -e /sys/class/net/aonly ] || grep -q aonly: /proc/net/dev && echo interfaces
grep -q ':1092 0*:0000 0A' /proc/net/tcp /proc/net/tcp6 && echo sockets
grep -q '@cellblock-a' /proc/net/unix && echo names
grep -q 'cellblock-a' /proc/self/mountinfo && echo mounts
[ -e /dev/pts/0 ] && echo terminals
/tmp/escape/others find cellblock-a 2>/dev/null | grep -q ^escaped && echo ipc
jls name 2>/dev/null | grep -qx a && echo jls
[ -L /run/cellblock/names/a ] && echo registry
find /sys/fs/cgroup -type d -name tree 2>/dev/null | grep -q . && echo cgroups
[ "$(uname -n)" = a.example ] && echo hostname
[ "$(sysctl -n kern.hostuuid 2>/dev/null)" = \
    11111111-2222-3333-4444-555555555555 ] && echo hostuuid
true
EOF
	chmod 755 "$ESC/spy"
}

IPC='sysvmsg=new sysvsem=new sysvshm=new'

atf_test_case see
see_head()
{
	atf_set descr "Processes, IPC, sockets, mounts, interfaces, jls, names"
}
see_body()
{
	need busybox
	make_spy
	mkdir /tmp/empty
	ifconfig epair create >/dev/null || atf_fail "epair"
	ip link set epair0b name aonly
	# shellcheck disable=SC2086 # words
	plain_jail a path=/ vnet vnet.interface=aonly $IPC \
	    host.hostname=a.example \
	    host.hostuuid=11111111-2222-3333-4444-555555555555 \
	    mount="cellblock-a /tmp/empty tmpfs rw 0 0"
	jexec a sleep 4242 &
	jexec a busybox nc -l -p 4242 </dev/null &
	started names jexec a "$ESC/sockets" listen @cellblock-a
	started ipc jexec a "$ESC/others" ipc cellblock-a
	jexec a "$ESC/tty" on sleep 4242 &
	# the traces are there: a itself sees them, and the box its own
	must_wait 5 jexec a sh -c "[ -e /dev/pts/0 ] &&
	    grep -q ':1092 0*:0000 0A' /proc/net/tcp /proc/net/tcp6"
	printf '%s\n' processes interfaces sockets names mounts terminals ipc \
	    hostname hostuuid >expout
	atf_check -o file:expout jexec a "$ESC/spy"
	printf '%s\n' processes jls registry cgroups >expout
	atf_check -o file:expout "$ESC/spy"

	for kind in vnet "" "vnet children.max=3" "$IPC"; do
		# shellcheck disable=SC2086 # words
		plain_jail b path=/ $kind
		echo "sibling with: $kind"
		atf_check jexec b "$ESC/spy"
		atf_check -o empty jexec b jls name
		atf_check jail -r b
	done
	# one that is weak is told more by the box's own files, not by a
	weak_jail w path=/ vnet sysvmsg=inherit sysvsem=inherit sysvshm=inherit
	atf_check jexec w "$ESC/spy"
}

atf_test_case ids
ids_head()
{
	atf_set descr "No user of one is a user of the other, or of the host"
}
ids_body()
{
	local a b

	plain_jail a path=/
	plain_jail b path=/
	a=$(jexec a awk '{ print $2 }' /proc/self/uid_map)
	b=$(jexec b awk '{ print $2 }' /proc/self/uid_map)
	echo "a: $a, b: $b"
	if [ "$a" -lt 65536 ] || [ "$b" -lt 65536 ]; then
		atf_fail "the host's ids"
	fi
	[ "$a" -ge $((b + 65536)) ] || [ "$b" -ge $((a + 65536)) ] ||
	    atf_fail "ids in common"
	atf_check -o inline:"65536\n" jexec a awk '{ print $3 }' \
	    /proc/self/uid_map
	a=$(jexec a awk '{ print $2 }' /proc/self/gid_map)
	b=$(jexec b awk '{ print $2 }' /proc/self/gid_map)
	[ "$a" -ge $((b + 65536)) ] || [ "$b" -ge $((a + 65536)) ] ||
	    atf_fail "groups in common"
	# so what one leaves in a common place is not the other's
	mkdir -m 1777 /tmp/shared
	atf_check jexec a sh -c 'umask 077; echo secret >/tmp/shared/a'
	atf_check -s exit:1 -e ignore jexec b cat /tmp/shared/a
	atf_check -s exit:1 -e ignore jexec b rm -f /tmp/shared/a
	atf_check -s exit:1 -e ignore jexec b chmod 777 /tmp/shared/a
	atf_check -o inline:"secret\n" jexec a cat /tmp/shared/a
}

# two_roots: directories a and b, and one that both see at /mnt.
two_roots()
{
	root_new a
	root_new b
	mkdir -m 1777 shared a/mnt b/mnt
	touch marker
}

atf_test_case directory
directory_head()
{
	atf_set descr "A directory's descriptor, given to the sibling"
}
directory_body()
{
	local marker

	two_roots
	marker=${PWD#/}/marker
	# with chroot alone it leads out, as it does on FreeBSD
	atf_check mount --bind shared a/mnt
	atf_check mount --bind shared b/mnt
	started give.out chroot a "$ESC/dirfd" give /mnt/weak /
	must_escape chroot b "$ESC/dirfd" take /mnt/weak "$marker"
	umount a/mnt b/mnt
	for kind in "" vnet "children.max=2"; do
		KIND="siblings $kind"
		for j in a b; do
			# shellcheck disable=SC2086 # words
			plain_jail "$j" path="$PWD/$j" $kind \
			    mount="$PWD/shared $PWD/$j/mnt nullfs rw 0 0"
		done
		rm -f shared/socket
		started give.out jexec a "$ESC/dirfd" give /mnt/socket /
		must_hold jexec b "$ESC/dirfd" take /mnt/socket "$marker"
		atf_check -o ignore jail -r a b
	done
}

atf_test_case host_proc
host_proc_head()
{
	atf_set descr "The host's processes, by a descriptor of its /proc"
}
host_proc_body()
{
	local pid

	mkdir -m 1777 /tmp/shared
	sleep 4242 &
	pid=$!
	started give.out "$ESC/dirfd" give /tmp/shared/proc /proc
	weak_jail w path=/
	must_escape jexec w "$ESC/dirfd" run /tmp/shared/proc \
	    "$ESC/others" peek /proc/self/fd/9 "$pid"
	atf_check jail -r w
	for kind in "" vnet "vnet children.max=2"; do
		KIND="path=/ $kind"
		# shellcheck disable=SC2086 # words
		plain_jail d path=/ $kind
		must_hold jexec d "$ESC/dirfd" run /tmp/shared/proc \
		    "$ESC/others" peek /proc/self/fd/9 "$pid"
		must_hold jexec d "$ESC/dirfd" run /tmp/shared/proc \
		    "$ESC/others" peek /proc/self/fd/9 1
		atf_check jail -r d
	done
}

atf_test_case ipc_host
ipc_host_head()
{
	atf_set descr "The host's System V and POSIX objects"
}
ipc_host_body()
{
	started ipc "$ESC/others" ipc cellblock-host
	plain_jail w path=/ sysvmsg=inherit sysvsem=inherit sysvshm=inherit
	must_escape jexec w "$ESC/others" find cellblock-host
	atf_check jail -r w
	each_jail ipc_held
	# shellcheck disable=SC2086 # words
	plain_jail n path=/ $IPC
	KIND=$IPC
	must_hold jexec n "$ESC/others" find cellblock-host
}
ipc_held()
{
	must_hold jexec "$1" "$ESC/others" find cellblock-host
}

atf_test_case forks
forks_head()
{
	atf_set descr "More processes than the jail was given"
}
forks_body()
{
	local pids

	plain_jail d path=/
	must_escape jexec d "$ESC/others" fork 300
	rctl -a jail:d:maxproc:deny=50 >rctl.out 2>&1 || {
		pids=$(cat rctl.out)
		atf_skip "no limit on processes here: $pids"
	}
	KIND="maxproc:deny=50"
	must_hold jexec d "$ESC/others" fork 300
	# nor by leaving the group of processes that is counted
	must_hold jexec d setsid -w "$ESC/others" fork 300
}

atf_init_test_cases()
{
	atf_add_test_case see
	atf_add_test_case ids
	atf_add_test_case directory
	atf_add_test_case host_proc
	atf_add_test_case ipc_host
	atf_add_test_case forks
}
