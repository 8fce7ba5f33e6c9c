#! /usr/bin/env atf-sh
# What jail-params(7) says is in force: tried with and without; what Linux
# cannot give: refused in one line, and no jail.
. "$(atf_get_srcdir)/common.sh" || exit

# refused LINE PARAMETER...: no jail, exit 1, that one line (a pattern)
refused()
{
	local line=$1

	shift
	atf_check -s exit:1 -e match:"^jail: $line" -o empty \
	    jail -c path=/ persist name=refused "$@"
	jail -c path=/ persist name=refused "$@" 2>&1 | grep -c . >lines
	atf_check -o inline:"1\n" cat lines
	atf_check -s exit:1 jls -c -j refused
}

atf_test_case sysvipc
sysvipc_head()
{
	atf_set descr "sysvmsg, sysvsem, sysvshm, allow.sysvipc: none, own, or the creator's"
}
sysvipc_body()
{
	local id

	need ipcmk ipcs
	id=$(ipcmk -Q | sed 's/.*: //')
	make_jail none
	make_jail own sysvmsg=new sysvsem=new sysvshm=new
	make_jail some sysvsem=new
	make_jail same sysvmsg=inherit
	make_jail all allow.sysvipc
	for t in msg sem shm; do
		cannot ENOSYS none $t
		can own $t
		can all $t
	done
	cannot ENOSYS some msg
	can some sem
	cannot ENOSYS some shm
	cannot ENOSYS same sem
	atf_check -o match:" $id " jexec same ipcs -q
	atf_check -o match:" $id " jexec all ipcs -q
	atf_check -o not-match:" $id " jexec own ipcs -q
	atf_check -o inline:"inherit inherit inherit true\n" \
	    jls -j all sysvmsg sysvsem sysvshm allow.sysvipc
	atf_check -o inline:"1\n" jexec all sysctl -n security.jail.sysvipc_allowed
	refused "sysvmsg, sysvsem, sysvshm: Linux has one IPC namespace" \
	    sysvmsg=new sysvshm=inherit
	atf_check -s exit:1 \
	    -e inline:"jail: sysvmsg cannot be changed after creation\n" \
	    jail -m name=none sysvmsg=new
	# a jail's jail has none that the jail has not
	make_jail outer children.max=3 sysvsem=new
	atf_check -s exit:1 \
	    -e inline:"jail: jail_set: Operation not permitted (sysvmsg: the parent has not got it)\n" \
	    jexec outer jail -c name=in persist sysvmsg=new
	atf_check jexec outer jail -c name=in persist sysvsem=inherit
	can outer.in sem
	cannot ENOSYS outer.in msg
}

atf_test_case mounts
mounts_head()
{
	atf_set descr "enforce_statfs, allow.mount: what a jail may mount, and where"
}
mounts_body()
{
	mkdir /tmp/a /tmp/b
	make_jail none enforce_statfs=1
	make_jail general enforce_statfs=1 allow.mount
	make_jail hidden allow.mount allow.mount.nullfs allow.mount.tmpfs
	make_jail null enforce_statfs=1 allow.mount allow.mount.nullfs
	make_jail proc enforce_statfs=1 allow.mount allow.mount.procfs
	make_jail tmp enforce_statfs=1 allow.mount allow.mount.tmpfs
	make_jail only enforce_statfs=1 allow.mount.tmpfs
	for j in none general hidden only; do
		cannot EPERM $j bind_mount /tmp/a /tmp/b
		cannot EPERM $j mount tmpfs /tmp/b
	done
	can null bind_mount /tmp/a /tmp/b
	cannot EPERM null mount tmpfs /tmp/b
	can proc bind_mount /proc /tmp/b
	can tmp mount tmpfs /tmp/b
	cannot EPERM tmp bind_mount /tmp/a /tmp/b
	# safe kinds only, whatever the filter cannot see
	for t in ext4 proc sysfs devtmpfs; do
		atf_check -s exit:1 -o match:"^(EPERM|ENODEV|ENOTBLK)$" \
		    jexec tmp "$CB_TOOLS/attempt" mount $t /tmp/b
	done
	# and what the creator mounted stays as it is
	atf_check -s not-exit:0 -o ignore -e ignore jexec null umount -l /proc
	atf_check -s not-exit:0 -o ignore -e ignore \
	    jexec null mount -o remount,bind,rw /sys
}

atf_test_case statfs
statfs_head()
{
	atf_set descr "enforce_statfs: a jail sees its own mounts; 0 is refused"
}
statfs_body()
{
	local r

	r=$(pwd)/root
	mkdir -p "$r/mnt" /tmp/elsewhere
	mount -t tmpfs elsewhere /tmp/elsewhere
	for n in bin lib lib64 usr; do
		[ ! -e /$n ] || mkdir -p "$r/$n"
	done
	for l in 1 2; do
		{
			for n in bin lib lib64 usr; do
				[ ! -e /$n ] ||
				    echo "/$n $r/$n nullfs ro 0 0"
			done
			echo "tmpfs $r/mnt tmpfs rw 0 0"
		} >fstab
		atf_check jail -c name=s$l path="$r" persist enforce_statfs=$l \
		    mount.fstab="$(pwd)/fstab"
		jexec s$l cat /proc/self/mounts >mounts
		atf_check -s exit:1 grep -E "elsewhere|$r" mounts
		atf_check -o ignore grep -E "^[^ ]+ /mnt " mounts
		atf_check -o inline:"$l\n" \
		    jexec s$l sysctl -n security.jail.enforce_statfs
	done
	refused "enforce_statfs=0: " enforce_statfs=0
	atf_check -s exit:1 -e inline:"jail: jail_set: Invalid argument\n" \
	    jail -c name=x persist enforce_statfs=3
}

atf_test_case hostname
hostname_head()
{
	atf_set descr "allow.set_hostname: both ways, host and domain name"
}
hostname_body()
{
	hostname outer
	make_jail with host.hostname=a
	make_jail without host.hostname=b allow.noset_hostname
	make_jail shared
	can with sethostname one
	can with setdomainname two
	atf_check -o inline:"one\n" jls -j with host.hostname
	cannot EPERM without sethostname one
	cannot EPERM without setdomainname two
	cannot EPERM shared sethostname one
	atf_check -o inline:"b\n" jexec without hostname
	atf_check -o inline:"outer\n" hostname
	atf_check -o inline:"1\n" \
	    jexec with sysctl -n security.jail.set_hostname_allowed
	atf_check -o inline:"0\n" \
	    jexec without sysctl -n security.jail.set_hostname_allowed
	# its creator can
	atf_check jail -m name=without host.hostname=c
	atf_check -o inline:"c\n" jexec without hostname
	make_jail outer children.max=2 host.hostname=o allow.noset_hostname
	atf_check -s exit:1 \
	    -e inline:"jail: jail_set: Operation not permitted (allow.set_hostname: the parent has not got it)\n" \
	    jexec outer jail -c name=in persist allow.set_hostname
	atf_check jexec outer jail -c name=in persist host.hostname=i
	cannot EPERM outer.in sethostname one
	atf_check -o inline:"false\n" jexec outer jls -j in allow.set_hostname
}

atf_test_case suser
suser_head()
{
	atf_set descr "allow.suser: without it root has no powers"
}
suser_body()
{
	touch /tmp/file
	make_jail with host.hostname=a
	make_jail without host.hostname=b allow.nosuser
	caps=$(jexec without sed -n 's/^Cap\(Eff\|Bnd\):[ \t]*//p' \
	    /proc/self/status | sort -u)
	atf_check_equal 0000000000000000 "$caps"
	atf_check -s exit:125 -e match:"not permitted" \
	    jexec without chroot / true
	atf_check jexec with chroot / true
	cannot EPERM without sethostname x
	# whoever enters is who it was to be
	atf_check -o inline:"0\n" jexec without id -u
	atf_check -o inline:"65534\n" jexec -U nobody without id -u
}

atf_test_case debug
debug_head()
{
	atf_set descr "allow.unprivileged_proc_debug, allow.unprivileged_parent_tampering"
}
debug_body()
{
	make_jail own
	can own ptrace
	make_jail none allow.nounprivileged_proc_debug
	cannot EPERM none ptrace
	# a user of the machine is no user of the jail
	refused "allow.unprivileged_parent_tampering: " \
	    allow.unprivileged_parent_tampering
	make_jail other allow.nounprivileged_parent_tampering
	jexec -U nobody other sleep 100 &
	must_wait 5 jexec other pgrep -u nobody sleep
	atf_check -s exit:1 -e match:"not permitted" \
	    setpriv --reuid nobody --clear-groups kill -TERM \
	    "$(pgrep -f '^sleep 100$' | tail -1)"
	# and with the same users it is so by itself
	make_jail same host.users=inherit
	atf_check -o inline:"true\n" \
	    jls -j same allow.unprivileged_parent_tampering
	refused "allow.nounprivileged_parent_tampering: " \
	    host.users=inherit allow.nounprivileged_parent_tampering
	atf_check jail -r other
}

atf_test_case mlock
mlock_head()
{
	atf_set descr "allow.mlock: memory is locked with it only"
}
mlock_body()
{
	make_jail with allow.mlock
	make_jail without
	make_jail outer children.max=2
	can with mlock
	can with mlock_map
	cannot EPERM without mlock
	cannot EPERM without mlock_map
	atf_check -s exit:1 \
	    -e inline:"jail: jail_set: Operation not permitted (allow.mlock: the parent has not got it)\n" \
	    jexec outer jail -c name=in persist allow.mlock
	make_jail outer2 children.max=2 allow.mlock
	atf_check jexec outer2 jail -c name=in persist allow.mlock
	atf_check jexec outer2 jail -c name=no persist
	can outer2.in mlock
	cannot EPERM outer2.no mlock
}

# AF_ALG is 38, AF_PACKET 17, AF_NETLINK 16
atf_test_case sockets
sockets_head()
{
	atf_set descr "allow.socket_af, allow.raw_sockets, allow.routing"
}
sockets_body()
{
	make_jail none
	make_jail any allow.socket_af
	make_jail own vnet
	for j in none any own; do
		can $j socket 1 1 0
		can $j socket 2 1 0
		can $j socket 10 2 0
		can $j socket 16 3 0
	done
	cannot EPROTONOSUPPORT none socket 38 5 0
	cannot EPROTONOSUPPORT none socket 9 5 0
	# past the filter, whatever the kernel has
	atf_check -s ignore -o not-match:"EPROTONOSUPPORT|EPERM" \
	    jexec any "$CB_TOOLS/attempt" socket 9 5 0
	atf_check -o inline:"1 0\n" sh -c 'echo $(
	    jexec none sysctl -n security.jail.socket_unixiproute_only
	    jexec any sysctl -n security.jail.socket_unixiproute_only)'
	# raw ones: in a stack of one's own, or with the owner's users
	make_jail inh host.users=inherit allow.raw_sockets
	cannot EPERM none socket 2 3 1
	can inh socket 2 3 1
	can own socket 2 3 1
	can own socket 17 3 0
	# else ping's datagram sockets, as far as the machine permits
	atf_check -e match:"^jail: allow.raw_sockets: .*no true raw sockets" \
	    jail -c path=/ persist name=raw allow.raw_sockets
	cannot EPERM raw socket 2 3 1
	refused "allow.routing: .*vnet" allow.routing
	make_jail route vnet allow.routing
	atf_check jexec route ifconfig lo0 inet 127.0.0.1/8 up
	atf_check -o ignore jexec route route add 192.0.2.0/24 127.0.0.1
}

# binds JAIL PORT, binds_not JAIL PORT
binds()
{
	started bound jexec "$1" "$CB_TOOLS/peer" serve tcp 127.0.0.1 "$2"
	atf_check -o inline:"ready\n" cat bound
	kill $!
	wait $!
}

binds_not()
{
	atf_check -s exit:1 -e match:"Permission denied" \
	    jexec "$1" "$CB_TOOLS/peer" serve tcp 127.0.0.1 "$2"
}

atf_test_case ports
ports_head()
{
	atf_set descr "allow.reserved_ports, in a vnet too, whatever its root sets"
}
ports_body()
{
	local start=/proc/sys/net/ipv4/ip_unprivileged_port_start

	make_jail shared allow.noreserved_ports
	make_jail own vnet allow.noreserved_ports
	make_jail may vnet children.max=2
	for j in own may; do
		atf_check jexec $j ifconfig lo0 inet 127.0.0.1/8 up
		atf_check jexec $j sh -c "echo 0 >$start"
	done
	binds_not shared 80
	binds_not own 80
	binds own 1080
	binds may 80
	# those in it, in stacks of their own
	make_jail outer vnet children.max=2 allow.noreserved_ports
	atf_check jexec outer jail -c name=in vnet persist
	atf_check jexec outer.in ifconfig lo0 inet 127.0.0.1/8 up
	atf_check -s ignore -e ignore jexec outer.in sh -c "echo 0 >$start"
	binds_not outer.in 80
	atf_check -s exit:1 -e match:"^jail: allow.noreserved_ports: in a vnet" \
	    jexec may jail -c name=in vnet persist allow.noreserved_ports
	atf_check jail -m name=own allow.reserved_ports
	binds own 80
	atf_check jail -m name=own allow.noreserved_ports
	binds_not own 80
}

atf_test_case clock
clock_head()
{
	atf_set descr "allow.settime, allow.adjtime, and securelevel above them"
}
clock_body()
{
	refused "allow.settime: .*host.users=inherit" allow.settime
	refused "allow.adjtime: .*host.users=inherit" allow.adjtime
	make_jail none
	make_jail inh host.users=inherit
	make_jail set host.users=inherit allow.settime
	make_jail adj host.users=inherit allow.adjtime
	make_jail one host.users=inherit allow.settime securelevel=1
	make_jail two host.users=inherit allow.settime allow.adjtime \
	    securelevel=2
	for j in none inh two; do
		cannot EPERM $j settime
		cannot EPERM $j adjtime
	done
	# EINVAL: past the question who asks
	cannot EINVAL set settime
	cannot EPERM adj settime
	cannot EINVAL adj adjtime
	cannot EINVAL one settime
}

atf_test_case machine
machine_head()
{
	atf_set descr "Rights that are the machine's: file flags, extattr, quotas, messages, audit"
}
machine_body()
{
	refused "allow.chflags: .*host.users=inherit" allow.chflags
	refused "allow.setaudit: .*host.users=inherit" allow.setaudit
	for p in extattr quotas; do
		refused "allow.$p: .*host.users=inherit and host.unconfined" \
		    allow.$p
		refused "allow.$p: .*host.unconfined=caps" \
		    allow.$p host.users=inherit
	done
	touch /tmp/file
	chmod 666 /tmp/file
	make_jail none
	make_jail inh host.users=inherit
	make_jail all host.users=inherit host.unconfined=caps allow.extattr \
	    allow.quotas
	cannot EPERM none extattr /tmp/file
	cannot EPERM inh extattr /tmp/file
	can all extattr /tmp/file
	cannot EPERM none quota
	atf_check -s ignore -o not-match:"EPERM" \
	    jexec all "$CB_TOOLS/attempt" quota
	# CAP_AUDIT_CONTROL
	make_jail audit host.users=inherit allow.setaudit
	atf_check -o inline:"0 1\n" sh -c 'for j in inh audit; do
	    echo $((0x$(jexec $j sed -n "s/^CapEff:.//p" /proc/self/status) >>
	    30 & 1)); done | xargs'
	# the kernel's messages
	cannot EPERM none syslog
	cannot EPERM inh syslog
	make_jail log host.users=inherit allow.read_msgbuf
	can log syslog
	if [ "$(cat /proc/sys/kernel/dmesg_restrict)" = 0 ]; then
		make_jail ownlog allow.read_msgbuf
		can ownlog syslog
	else
		refused "allow.read_msgbuf: .*kernel.dmesg_restrict" \
		    allow.read_msgbuf
	fi
}

atf_test_case chflags
chflags_head()
{
	atf_set descr "allow.chflags, and securelevel above it"
}
chflags_body()
{
	need chattr
	touch file
	chattr +i file 2>/dev/null || atf_skip "this file system has no flags"
	chattr -i file
	make_jail none host.users=inherit
	make_jail with host.users=inherit allow.chflags
	make_jail level host.users=inherit allow.chflags securelevel=1
	for j in none level; do
		atf_check -s exit:1 -e match:"not permitted" \
		    jexec $j chattr +i "$(pwd)/file"
	done
	atf_check jexec with chattr +i "$(pwd)/file"
	atf_check jexec with chattr -i "$(pwd)/file"
}

atf_test_case securelevel
securelevel_head()
{
	atf_set descr "securelevel: inherited, told, not lowered inside; 3 locks packet filters"
}
securelevel_body()
{
	make_jail two vnet securelevel=2 children.max=5
	make_jail three vnet securelevel=3
	atf_check -o inline:"3\n" jexec three sysctl -n kern.securelevel
	can two socket 16 3 12
	cannot EPERM three socket 16 3 12
	atf_check -s exit:1 -o ignore \
	    -e inline:"sysctl: kern.securelevel=1: Operation not permitted\n" \
	    jexec two sysctl kern.securelevel=1
	# jails in it
	atf_check jexec two jail -c name=in persist
	atf_check -o inline:"2\n" jls -j two.in securelevel
	atf_check -o inline:"2\n" jexec two jexec in sysctl -n kern.securelevel
	atf_check -s exit:1 \
	    -e inline:"jail: jail_set: Operation not permitted (securelevel: less than the parent's)\n" \
	    jexec two jail -c name=low persist securelevel=1
	atf_check jexec two jail -c name=high persist vnet securelevel=3
	cannot EPERM two.high socket 16 3 12
	# raised from outside: not around what runs
	make_jail later vnet
	jexec later sleep 100 &
	must_wait 5 jexec later pgrep sleep
	atf_check -s exit:1 -e match:"^jail: securelevel: processes in the jail" \
	    jail -m name=later securelevel=3
	atf_check -o inline:"-1\n" jexec later sysctl -n kern.securelevel
	jexec later pkill sleep
	wait
	must_wait 5 jail -m name=later securelevel=3
	atf_check -o inline:"3\n" jexec later sysctl -n kern.securelevel
	cannot EPERM later socket 16 3 12
}

atf_test_case taken
taken_head()
{
	atf_set descr "A right is not taken from processes that keep it; -mr restarts"
}
taken_body()
{
	make_jail a allow.mlock
	jexec a sleep 100 &
	must_wait 5 jexec a pgrep sleep
	atf_check jail -m name=a allow.socket_af
	atf_check -o inline:"true\n" jls -j a allow.socket_af
	atf_check -s exit:1 \
	    -e match:"^jail: allow.mlock: processes in the jail would keep" \
	    jail -m name=a allow.nomlock
	atf_check -o inline:"true\n" jls -j a allow.mlock
	atf_check jail -mr name=a path=/ persist allow.nomlock
	wait
	cannot EPERM a mlock
	# nobody there: as one likes
	atf_check jail -m name=a allow.mlock
	can a mlock
	atf_check jail -m name=a allow.nomlock
	cannot EPERM a mlock
	atf_check -s exit:1 -e match:"allow.vmm cannot be changed" \
	    jail -m name=a allow.vmm
}

atf_test_case release
release_head()
{
	atf_set descr "osrelease, osreldate: uname, freebsd-version, sysctl, jails in the jail"
}
release_body()
{
	local kernel

	kernel=$(uname -r)
	make_jail a osrelease=14.1-RELEASE osreldate=1401000 children.max=2 \
	    host.hostname=h
	make_jail b
	atf_check -o inline:"14.1-RELEASE\n" jexec a uname -r
	atf_check -o inline:"Linux\n" jexec a uname
	atf_check -o inline:"1401000 1401000\n" jexec a uname -KU
	atf_check -o match:"^Linux h 14.1-RELEASE #.* $(uname -m)\$" \
	    jexec a uname -a
	atf_check -o inline:"Linux h X\n" jexec a env UNAME_r=X uname -rns
	atf_check -o inline:"$(uname -m)\n" jexec a uname --machine
	atf_check -o match:"^GENERIC [0-9a-f]*\$" jexec b uname -ib
	atf_check -s exit:1 -e inline:"usage: uname [-abiKmnoprsUv]\n" \
	    jexec a uname -x
	atf_check -o inline:"14.1-RELEASE\n1401000\n" \
	    jexec a sysctl -n kern.osrelease kern.osreldate
	atf_check -o inline:"$kernel\n" jexec b uname -r
	atf_check -o inline:"$kernel\n" jexec b sysctl -n kern.osrelease
	atf_check -o inline:"$kernel\n" sysctl -n kern.osrelease
	# the system call knows only the kernel's
	atf_check -o inline:"$kernel\n" jexec a /bin/uname -r
	atf_check -o inline:"$kernel\n$kernel\n14.1-RELEASE\n" \
	    freebsd-version -uk -j a
	atf_check -o inline:"14.1-RELEASE\n" jexec a freebsd-version
	atf_check jexec a jail -c name=in persist
	atf_check -o inline:"14.1-RELEASE 1401000\n" jls -j a.in osrelease \
	    osreldate
	atf_check -o inline:"14.1-RELEASE\n" jexec a jexec in uname -r
	# outside it is Linux's own
	atf_check -o inline:"$kernel\n" env \
	    PATH="$CB_BUILD/rt/bin:$PATH" uname --kernel-release
	refused "osrelease string must be 1-31 bytes long" osrelease=
	refused "osrelease string must be 1-31 bytes long" \
	    osrelease=12345678901234567890123456789012
	refused "osreldate cannot be 0" osreldate=0
	atf_check -s exit:1 \
	    -e inline:"jail: osrelease cannot be changed after creation\n" \
	    jail -m name=a osrelease=15.0
}

atf_test_case impossible
impossible_head()
{
	atf_set descr "What Linux has not: one line, and what is so anyway without one"
}
impossible_body()
{
	refused "mac.label=x: " mac.label=x
	refused "linux=disable: " linux=disable
	refused "linux.osname=BSD: " linux.osname=BSD
	refused "linux.osrelease=1.0: " linux.osrelease=1.0
	refused "linux.oss_version=1: " linux.oss_version=1
	refused "zfs.mount_snapshot=1: " zfs.mount_snapshot=1
	refused "zfs.dataset=z: " zfs.dataset=z
	refused "exec.fib=1: " exec.fib=1
	refused "allow.mount.zfs: " allow.mount.zfs
	refused "allow.nfsd: " allow.nfsd
	refused "allow.vmm_ppt: " allow.vmm_ppt
	make_jail fine mac.label= linux=new linux.osname=Linux \
	    linux.osrelease="$(uname -r)" zfs.mount_snapshot=0 exec.fib=0 \
	    allow.mount.nozfs allow.nonfsd zfs.dataset=
	# in a file, with the jail's name
	cat >c <<-EOF
	j { path = /; persist; exec.fib = 2; }
	k { path = /; persist; allow.nfsd; }
	l { path = /; persist; }
	EOF
	atf_check -s exit:1 -o inline:"l: created\n" -e match:"^jail: j: exec.fib=2: " \
	    -e match:"^jail: k: allow.nfsd: " jail -f c -c
	atf_check -o inline:"fine\nl\n" jls name
}

atf_test_case devices
devices_head()
{
	atf_set descr "allow.vmm and allow.mount.fusefs: /dev/kvm and /dev/fuse"
}
devices_body()
{
	make_jail none
	if [ -e /dev/kvm ]; then
		make_jail kvm allow.vmm
		can kvm open /dev/kvm
		cannot ENOENT none open /dev/kvm
	else
		refused "allow.vmm: this machine has no /dev/kvm" allow.vmm
	fi
	if [ -e /dev/fuse ]; then
		make_jail fuse allow.mount allow.mount.fusefs enforce_statfs=1
		can fuse open /dev/fuse
	else
		refused "allow.mount.fusefs: this machine has no /dev/fuse" \
		    allow.mount.fusefs
	fi
}

atf_test_case children
children_head()
{
	atf_set descr "children.max: raised and lowered, and what is said at the limit"
}
children_body()
{
	make_jail none
	atf_check -s exit:1 \
	    -e inline:"jail: jail_set: Operation not permitted\n" \
	    jexec none jail -c name=x persist
	make_jail a children.max=1
	atf_check jexec a jail -c name=x persist
	atf_check -s exit:1 -e inline:"jail: prison limit exceeded\n" \
	    jexec a jail -c name=y persist
	atf_check jail -m name=a children.max=3
	atf_check -o inline:"3\n" jexec a sysctl -n security.jail.children.max
	atf_check jexec a jail -c name=y persist
	atf_check jexec a jail -c name=z persist
	atf_check -s exit:1 -e inline:"jail: prison limit exceeded\n" \
	    jexec a jail -c name=w persist
	atf_check jail -m name=a children.max=2
	atf_check jexec a jail -r z
	atf_check -s exit:1 -e inline:"jail: prison limit exceeded\n" \
	    jexec a jail -c name=w persist
	atf_check -o inline:"2 2\n" jls -j a children.max children.cur
	# what such a jail needs is made with it
	atf_check -s exit:1 \
	    -e match:"^jail: children.max cannot be raised over 0 " \
	    jail -m name=none children.max=1
	atf_check jail -mr name=none path=/ persist children.max=1
	atf_check jexec none jail -c name=x persist
}

atf_test_case cpuset
cpuset_head()
{
	atf_set descr "cpuset.id, cpuset(1): a jail's processors, those that run and those that enter"
}
cpuset_body()
{
	local pid

	[ "$(nproc)" -gt 1 ] || atf_skip "there is one processor only"
	make_jail a
	make_jail b children.max=1
	atf_check -o inline:"2\n" jls -j a cpuset.id
	atf_check -o inline:"jail 1 id: 2\n" cpuset -g -i -j a
	jexec a sleep 100 &
	must_wait 5 jexec a pgrep -x sleep
	pid=$(pgrep -x sleep)
	atf_check -o match:"^pid $pid mask: 0, 1" cpuset -g -p "$pid"
	atf_check -o inline:"pid $pid id: 2\n" cpuset -g -i -p "$pid"
	atf_check -o inline:"pid -1 id: 1\n" cpuset -g -i
	atf_check cpuset -l 1 -j a
	atf_check -o inline:"jail 1 mask: 1\n" cpuset -g -j a
	atf_check -o inline:"cpuset 2 mask: 1\n" cpuset -g -s 2
	atf_check -o inline:"pid $pid mask: 1\n" cpuset -g -p "$pid"
	atf_check -o inline:"pid $pid cpuset mask: 1\n" cpuset -gc -p "$pid"
	atf_check -o inline:"1\n" jexec a nproc
	atf_check -o inline:"$(nproc)\n" jexec b nproc
	atf_check cpuset -l all -j a
	atf_check -o inline:"$(nproc)\n" jexec a nproc
	# processes and commands
	atf_check cpuset -l 0 -p "$pid"
	atf_check -o inline:"pid $pid mask: 0\n" cpuset -g -p "$pid"
	atf_check -o inline:"1\n" cpuset -l 0 nproc
	# a jail's own jails
	atf_check jexec b jail -c name=in persist
	atf_check jexec b cpuset -l 0 -j in
	atf_check -o inline:"1\n" jexec b jexec in nproc
	atf_check -s exit:1 -e match:"its own jail's to divide up" \
	    cpuset -l 1 -j b.in
	# errors
	atf_check -s exit:1 -e inline:"cpuset: jail \"x\" not found\n" \
	    cpuset -l 0 -j x
	atf_check -s exit:1 -e inline:"cpuset: invalid cpu list: 1-\n" \
	    cpuset -l 1- -j a
	atf_check -s exit:1 -e inline:"cpuset: there is no cpu 1000 here\n" \
	    cpuset -l 1000 -j a
	atf_check -s exit:1 -e match:"^usage: cpuset" cpuset -l 0
	atf_check jail -r a
}

atf_test_case told
told_head()
{
	atf_set descr "sysctl security.jail.* in a jail are the jail's own, after a change too"
}
told_body()
{
	make_jail a allow.mount enforce_statfs=1
	make_jail b
	# shellcheck disable=SC2016
	atf_check -o inline:"1 1 0\n" jexec a sh -c 'echo $(sysctl -n \
	    security.jail.mount_allowed security.jail.enforce_statfs \
	    security.jail.mount_tmpfs_allowed)'
	# shellcheck disable=SC2016
	atf_check -o inline:"0 2 0\n" jexec b sh -c 'echo $(sysctl -n \
	    security.jail.mount_allowed security.jail.enforce_statfs \
	    security.jail.mount_tmpfs_allowed)'
	atf_check jail -m name=a allow.mount.tmpfs
	atf_check -o inline:"1\n" \
	    jexec a sysctl -n security.jail.mount_tmpfs_allowed
	atf_check -o inline:"0\n" \
	    sysctl -n security.jail.mount_allowed
}

atf_test_case usual_conf
usual_conf_head()
{
	atf_set descr "A jail.conf as FreeBSD's users and managers write it works as it is"
}
usual_conf_body()
{
	local r

	r=$(pwd)/jails
	for j in www db; do
		for n in bin lib lib64 usr dev proc tmp etc; do
			mkdir -p "$r/$j/$n"
		done
		for n in bin lib lib64 usr; do
			[ ! -e /$n ] || echo "/$n $r/$j/$n nullfs ro 0 0"
		done >"fstab.$j"
		echo root:x:0:0::/:/bin/sh >"$r/$j/etc/passwd"
		cp "$CB_TOOLS/attempt" "$r/$j/attempt"
	done
	cat >jail.conf <<-EOF
	exec.start = "/bin/sh -c 'echo start'";
	exec.stop = "/bin/sh -c true";
	exec.clean;
	mount.devfs;
	mount.fdescfs;
	mount.procfs;
	allow.set_hostname = 0;
	allow.noraw_sockets;
	allow.mount.noprocfs;
	path = "$r/\$name";
	mount.fstab = "$(pwd)/fstab.\$name";
	host.hostname = "\$name.example.org";

	www {
		devfs_ruleset = 4;
		enforce_statfs = 2;
		exec.consolelog = "$(pwd)/console.log";
		exec.system_user = "root";
		exec.jail_user = "root";
		exec.fib = 0;
		osrelease = 14.1-RELEASE;
		securelevel = 2;
		persist;
	}
	db {
		vnet;
		enforce_statfs = 1;
		children.max = 2;
		allow.mount;
		allow.mount.devfs;
		allow.mount.fdescfs;
		allow.mount.procfs;
		allow.mount.nullfs = 1;
		allow.mount.tmpfs;
		allow.raw_sockets;
		allow.socket_af;
		allow.sysvipc = 1;
		allow.mlock;
		sysvmsg = new; sysvsem = new; sysvshm = new;
		stop.timeout = 1;
		persist;
	}
	EOF
	atf_check -o inline:"www: created\ndb: created\nstart\n" -e empty \
	    jail -p 1 -f jail.conf -c
	atf_check -o match:"^start" cat console.log
	atf_check -o inline:"14.1-RELEASE 2 2 false\n" \
	    jls -j www osrelease securelevel enforce_statfs allow.set_hostname
	atf_check -o inline:"new\n" jls -j db sysvshm
	for a in mlock shm "socket 2 3 1" "mount tmpfs /tmp"; do
		# shellcheck disable=SC2086
		atf_check -o inline:"ok\n" jexec db /attempt $a
	done
	atf_check -o inline:"updated\n" -x \
	    "jail -f jail.conf -m www | sed 's/^www: //'"
	atf_check -o ignore jail -f jail.conf -r '*'
	atf_check -o inline:"   JID  IP Address      Hostname                      Path\n" jls
}

atf_test_case reads_back
reads_back_head()
{
	atf_set descr "jls -s of jails of all kinds makes the same jail, without a word"
}
reads_back_body()
{
	local text

	for p in "" "vnet" "children.max=4 vnet" "host.users=inherit" \
	    "allow.sysvipc securelevel=2" \
	    "host.users=inherit allow.settime allow.raw_sockets" \
	    "allow.mount allow.mount.nullfs enforce_statfs=1" \
	    "ip4.addr=127.0.0.2,127.0.0.1 ip4.nosaddrsel ip6=inherit" \
	    "ip6.addr=::1" "ip4=disable" \
	    "allow.nosuser osrelease=13.2-RELEASE host.hostname=h"; do
		# shellcheck disable=SC2086
		make_jail a $p
		text=$(jls -s -j a)
		atf_check jail -r a
		# shellcheck disable=SC2086
		atf_check sh -c "jail -c $text"
		atf_check -o inline:"$text\n" jls -s -j a
		atf_check jail -r a
	done
}

atf_init_test_cases()
{
	for c in sysvipc mounts statfs hostname suser debug mlock sockets \
	    ports clock machine chflags securelevel taken release impossible \
	    devices children cpuset told usual_conf reads_back; do
		atf_add_test_case $c
	done
}
