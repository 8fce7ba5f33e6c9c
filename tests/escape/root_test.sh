#! /usr/bin/env atf-sh
# What `jail -c path=/ vnet persist` and `jexec 1 sh` give: a root that can do
# in its own network what root does, and nothing to the machine.
. "$(atf_get_srcdir)/common.sh" || exit

# The jail of every case here, as one would make it.
the_jail()
{
	atf_check jail -c path=/ vnet persist
	[ "$(jls jid)" = 1 ] || atf_fail "jid $(jls jid)"
}

# What the box has of its own.
addresses()
{
	ip -o -4 addr | awk '{ print $2, $4 }'
	ip route | sed 's/ linkdown//'
}

atf_test_case network
network_head()
{
	atf_set descr "It configures its own network"
}
network_body()
{
	local before

	ifconfig epair create >/dev/null || atf_fail "epair"
	ifconfig epair0a inet 192.0.2.1/24 up || atf_fail "epair0a"
	the_jail
	atf_check ifconfig epair0b vnet 1
	before=$(addresses)
	atf_check -o inline:"0\n" jexec 1 id -u
	atf_check jexec 1 ifconfig epair0b inet 192.0.2.2/24 up
	atf_check -o ignore jexec 1 route add default 192.0.2.1
	atf_check -o inline:"epair1a\n" jexec 1 ifconfig epair create
	atf_check -o inline:"bridge0\n" jexec 1 ifconfig bridge create
	atf_check jexec 1 ifconfig bridge0 addm epair1a
	atf_check -o ignore jexec 1 sysctl net.inet.ip.forwarding=1
	atf_check -o match:" 0% packet loss" jexec 1 ping -c 1 -W 2 192.0.2.1
	[ "$(addresses)" = "$before" ] || atf_fail "the host's changed"
}

atf_test_case port80
port80_head()
{
	atf_set descr "It binds port 80, and the host's stays free"
}
port80_body()
{
	need busybox
	# listens PORT: somebody does, where this is run
	cat >"$ESC/listens" <<'EOF'
#!/bin/sh
grep -q ":$1 0*:0000 0A" /proc/net/tcp /proc/net/tcp6
EOF
	chmod 755 "$ESC/listens"
	the_jail
	jexec 1 busybox nc -l -p 80 </dev/null &
	must_wait 5 jexec 1 "$ESC/listens" 0050
	atf_check -s exit:1 "$ESC/listens" 0050
	# an ordinary user of the jail may not
	atf_check -s not-exit:0 -e ignore jexec -u nobody 1 \
	    timeout 5 busybox nc -l -p 81 </dev/null
}

atf_test_case mount
mount_head()
{
	atf_set descr "It mounts nothing"
}
mount_body()
{
	the_jail
	KIND="path=/ vnet"
	must_hold jexec 1 "$ESC/kernel" mounts
	atf_check -s not-exit:0 -e ignore jexec 1 mount -t tmpfs none /tmp
	atf_check -s not-exit:0 -e ignore jexec 1 mount -o remount,rw /proc/sys
	atf_check -s not-exit:0 -e ignore jexec 1 umount /proc
	atf_check -s not-exit:0 -e ignore jexec 1 umount /run/cellblock
}

atf_test_case processes
processes_head()
{
	atf_set descr "It sees no process of the host's"
}
processes_body()
{
	the_jail
	sleep 4242 &
	# its first process, and the one that looks
	atf_check -o inline:"/proc/1 /proc/2\n" jexec 1 sh -c 'echo /proc/[0-9]*'
	jexec 1 sh -c 'cat /proc/[0-9]*/cmdline' | tr '\0' ' ' >seen
	atf_check -s exit:1 grep 'sleep 4242' seen
	# the numbers of the host's are nobody's here
	atf_check -s not-exit:0 -e ignore jexec 1 sh -c "kill -0 $!"
}

# on_root TEST...: names on the file system of the root, mount points apart.
on_root()
{
	jexec 1 find / -xdev -maxdepth 3 "$@" -exec stat -c '%m %n' {} + \
	    2>/dev/null | sed -n 's,^/ ,,p' >owned
}

atf_test_case files
files_head()
{
	atf_set descr "It owns no file of the host that it did not before"
}
files_body()
{
	local base

	the_jail
	base=$(jexec 1 awk '{ print $2 }' /proc/self/uid_map)
	# nothing on the host's own file system is this root's
	on_root -uid 0
	atf_check cat owned
	on_root -gid 0
	atf_check cat owned
	# it may write what everybody may, and nothing more
	on_root ! -type l ! -perm -o+w -writable
	atf_check cat owned
	for f in /etc/cellblock.test /usr/bin/cellblock.test /root/x /x; do
		atf_check -s not-exit:0 -e ignore jexec 1 touch $f
		[ ! -e $f ] || atf_fail "$f was made"
	done
	atf_check -s not-exit:0 -e ignore jexec 1 chmod 777 /etc
	atf_check -s not-exit:0 -e ignore jexec 1 chown 0 /etc/passwd
	atf_check -s not-exit:0 -e ignore jexec 1 cat /etc/shadow
	atf_check -o not-empty jexec 1 cat /etc/passwd
	# what it makes where everybody may is a stranger's to the host
	mkdir -m 1777 /tmp/shared
	atf_check jexec 1 touch /tmp/shared/file
	atf_check -o inline:"$base\n" stat -c %u /tmp/shared/file
}

atf_init_test_cases()
{
	atf_add_test_case network
	atf_add_test_case port80
	atf_add_test_case mount
	atf_add_test_case processes
	atf_add_test_case files
}
