#! /usr/bin/env atf-sh
# A jail's /dev: what devfs rulesets show and hide, devfs(8), the device
# filter, ports below 1024.
. "$(atf_get_srcdir)/common.sh" || exit

# Names and kinds in a jail's /dev, one a line, without "total".
dev_list()
{
	jexec "$1" ls -l "/dev/$2" | awk 'NR > 1 {
		print $1, $NF }'
}

# opens JAIL PATH: can it be opened for reading?
opens()
{
	jexec "$1" sh -c ": <'$2'" 2>/dev/null
}

must_open()
{
	opens "$@" || atf_fail "$1 cannot open $2"
}

must_not_open()
{
	jexec "$1" test -e "$2" || atf_fail "$1 has no $2"
	! opens "$@" || atf_fail "$1 opens $2"
}

# /tmp/nodes, where nodes that are made are devices
nodes_dir()
{
	mkdir /tmp/nodes
	atf_check mount -t tmpfs -o mode=755 nodes /tmp/nodes
}

# What every jail has in its /dev, but fuse, which a machine may lack.
basic()
{
	cat <<'EOF'
lrwxrwxrwx /proc/self/fd
crw-rw-rw- full
crw-rw-rw- null
lrwxrwxrwx pts/ptmx
drwxr-xr-x pts
crw-rw-rw- random
drwxrwxrwt shm
lrwxrwxrwx /proc/self/fd/2
lrwxrwxrwx /proc/self/fd/0
lrwxrwxrwx /proc/self/fd/1
crw-rw-rw- tty
crw-rw-rw- urandom
crw-rw-rw- zero
EOF
}

atf_test_case standard
standard_head()
{
	atf_set descr "Ruleset 4, with and without being asked for: that and no more"
}
standard_body()
{
	local j

	basic >want
	jail -c name=a path=/ persist
	jail -c name=b path=/ persist mount.devfs devfs_ruleset=4
	for j in a b; do
		dev_list $j | grep -v ' fuse$' >have
		atf_check diff -u want have
		atf_check -o inline:"0000\n" jexec $j sh -c \
		    'echo x >/dev/null; head -c 2 /dev/zero | od -An -tx1 | tr -d " "'
		atf_check -s not-exit:0 -e match:"No space left" \
		    jexec $j sh -c 'head -c 1 /dev/zero >/dev/full'
		atf_check -o inline:"4\n" jexec $j sh -c \
		    'head -c 4 /dev/urandom | wc -c'
		atf_check -o inline:"here\n" jexec $j sh -c \
		    'echo here | cat /dev/stdin'
		# terminals of its own
		atf_check -o match:'^/dev/pts/0 620 5' jexec $j script -qec \
		    'stat -c "%n %a %g" $(tty)' /dev/null
		# what has no node cannot be given one
		atf_check -s exit:1 \
		    -e inline:"mknod: /dev/x: Operation not permitted\n" \
		    jexec $j mknod /dev/x c 1 3
		atf_check -s exit:1 -e match:"Operation not permitted" \
		    jexec $j mknod /dev/x b 7 0
		atf_check jexec $j mkfifo /dev/pipe
		atf_check jexec $j mkdir /dev/dir
		atf_check jexec $j rm /dev/zero
	done
	# each has its own
	jail -c name=c path=/ persist
	must_open c /dev/zero
	atf_check test -c /dev/zero
}

atf_test_case filter
filter_head()
{
	atf_set descr "A device that a ruleset hides opens by no node whatsoever"
}
filter_body()
{
	local dev j

	# of no jail's, and opening it for reading does nothing
	for dev in loop-control cpu_dma_latency autofs; do
		[ ! -c /dev/$dev ] || break
	done
	[ -c /dev/$dev ] || atf_skip "no device to try"
	# nodes where a jail can see them
	nodes_dir
	atf_check mknod -m 666 /tmp/nodes/null c 1 3
	# shellcheck disable=SC2046 # two numbers
	atf_check mknod -m 666 /tmp/nodes/other c \
	    $(stat -c '%Hr %Lr' /dev/$dev)
	: </tmp/nodes/other || atf_fail "no such device"
	jail -c name=a path=/ persist
	jail -c name=same path=/ persist host.users=inherit
	jail -c name=open path=/ persist host.unconfined=devices
	jail -c name=none path=/ persist host.users=inherit \
	    host.unconfined=devices
	for j in a same open none; do
		must_open $j /tmp/nodes/null
	done
	atf_check -s exit:2 \
	    -e inline:"sh: 1: cannot open /tmp/nodes/other: Operation not permitted\n" \
	    jexec a sh -c ': </tmp/nodes/other'
	atf_check -s exit:2 \
	    -e inline:"sh: 1: cannot open /tmp/nodes/other: Operation not permitted\n" \
	    jexec same sh -c ': </tmp/nodes/other'
	# and this is what the filter is there for
	must_open open /tmp/nodes/other
	must_open none /tmp/nodes/other
}

atf_test_case rules
rules_head()
{
	atf_set descr "Rules of /etc/devfs.rules: nodes, modes, owners"
}
rules_body()
{
	cat >/etc/devfs.rules <<'EOF'
[mine=10]
add include $devfsrules_jail
add path fuse hide
add path 'z*' mode 600
add path random mode 640 user daemon group 7
add path 'pts/*' group 12
add path 'bpf*' unhide
add path 'tun*' unhide
[bare=11]
add hide
add path null unhide
EOF
	jail -c name=a path=/ persist devfs_ruleset=10
	atf_check -o inline:"crw------- root:root /dev/zero\n" \
	    jexec a stat -c '%A %U:%G %n' /dev/zero
	atf_check -o inline:"640 1:7 1:8\n" \
	    jexec a stat -c '%a %u:%g %Hr:%Lr' /dev/random
	atf_check -s exit:1 -o ignore -e match:"Permission denied" \
	    jexec -U nobody a head -c 1 /dev/random
	atf_check -s exit:1 jexec a test -e /dev/fuse
	atf_check -o match:'^12' jexec a script -qec \
	    'stat -c %g $(tty)' /dev/null
	[ ! -c /dev/net/tun ] ||
		atf_check -o inline:"a:c8\n" jexec a stat -c %t:%T /dev/net/tun
	jail -c name=b path=/ persist devfs_ruleset=11
	atf_check -o inline:"null\nshm\n" jexec b ls /dev
	must_open b /dev/null
	# not even what is in the machine's own /dev, were it there
	nodes_dir
	atf_check mknod -m 666 /tmp/nodes/zero c 1 5
	jail -c name=c path=/ persist devfs_ruleset=11
	must_not_open c /tmp/nodes/zero

	atf_check -s exit:1 \
	    -e inline:"jail: devfs_ruleset 12: no such ruleset (see devfs.rules(5))\n" \
	    jail -c name=x path=/ persist devfs_ruleset=12
	atf_check -s exit:1 \
	    -e inline:"jail: devfs_ruleset 0 shows every device of the machine: it needs host.unconfined=devices\n" \
	    jail -c name=x path=/ persist devfs_ruleset=0
	atf_check -s exit:1 \
	    -e inline:"jail: devfs_ruleset -1: Invalid argument\n" \
	    jail -c name=x path=/ persist devfs_ruleset=-1
	echo 'add path' >>/etc/devfs.rules
	atf_check -s exit:1 \
	    -e inline:"jail: /etc/devfs.rules line 12: expecting argument for path\n" \
	    jail -c name=x path=/ persist
	atf_check -s exit:1 -e match:"not found" jls -j x jid
}

atf_test_case machine
machine_head()
{
	atf_set descr "Consoles and disks need host.unconfined=devices as well"
}
machine_body()
{
	[ -c /dev/kmsg ] || atf_skip "no /dev/kmsg"
	cat >/etc/devfs.rules <<'EOF'
[log=10]
add include $devfsrules_jail
add path kmsg unhide
[memory=11]
add include $devfsrules_jail
add type mem unhide
EOF
	atf_check -e inline:"jail: devfs_ruleset 10: kmsg stays hidden without host.unconfined=devices\n" \
	    jail -c name=a path=/ persist devfs_ruleset=10
	atf_check -s exit:1 jexec a test -e /dev/kmsg
	atf_check jail -c name=b path=/ persist devfs_ruleset=10 \
	    host.unconfined=devices
	atf_check -o inline:"1:b\n" jexec b stat -c %t:%T /dev/kmsg
	# memory never
	atf_check jail -c name=c path=/ persist devfs_ruleset=11 \
	    host.unconfined=devices
	atf_check -s exit:1 jexec c test -e /dev/mem
	# everything else
	atf_check jail -c name=d path=/ persist devfs_ruleset=0 \
	    host.unconfined=devices
	atf_check jexec d test -c /dev/kmsg
	atf_check -s exit:1 jexec d test -e /dev/mem
}

atf_test_case changed
changed_head()
{
	atf_set descr "jail -m devfs_ruleset: the running jail's nodes and filter"
}
changed_body()
{
	cat >/etc/devfs.rules <<'EOF'
[few=10]
add hide
add path null unhide mode 600
EOF
	nodes_dir
	atf_check mknod -m 666 /tmp/nodes/zero c 1 5
	jail -c name=a path=/ persist
	must_open a /tmp/nodes/zero
	atf_check jail -m name=a devfs_ruleset=10
	atf_check -o inline:"null\npts\nshm\n" jexec a ls /dev
	atf_check -o inline:"600\n" jexec a stat -c %a /dev/null
	must_not_open a /tmp/nodes/zero
	atf_check -o inline:"10\n" jls -j a devfs_ruleset
	atf_check jail -m name=a devfs_ruleset=4
	atf_check -o inline:"666\n" jexec a stat -c %a /dev/null
	must_open a /tmp/nodes/zero
	must_open a /dev/zero
	basic >want
	dev_list a | grep -v ' fuse$' >have
	atf_check diff -u want have
	atf_check -s exit:1 -e match:"no such ruleset" \
	    jail -m name=a devfs_ruleset=99
	atf_check -o inline:"4\n" jls -j a devfs_ruleset
	# another name that the jail has given a node is no way round it
	atf_check jexec a mv /dev/zero /dev/other
	atf_check jexec a ln /dev/full /dev/link
	atf_check jail -m name=a devfs_ruleset=10
	atf_check -o inline:"null\npts\nshm\n" jexec a ls /dev
}

atf_test_case hostile
hostile_head()
{
	atf_set descr "A jail's links lead nobody anywhere"
}
hostile_body()
{
	# in the root, before it starts
	mkdir -p /tmp/root /tmp/target
	ln -s /tmp/target /tmp/root/dev
	atf_check -s exit:1 -e inline:"jail: mount.devfs: /tmp/root/dev is a symbolic link\n" \
	    jail -c name=a path=/tmp/root persist
	atf_check -s exit:1 -e match:"not found" jls -j a jid
	atf_check rmdir /tmp/target

	# below it, while rules are applied from outside
	jail -c name=b path=/ persist vnet
	install -m 644 /dev/null /tmp/victim
	atf_check jexec b rm /dev/zero
	atf_check jexec b ln -s /tmp/victim /dev/zero
	atf_check -s exit:1 \
	    -e inline:"devfs rule: /dev/zero changes meanwhile\n" \
	    devfs -j b rule apply path zero unhide mode 600 user 5
	atf_check -o inline:"644 0\n" stat -c '%a %u' /tmp/victim
	atf_check jexec b rm -r /dev/zero /dev/net
	mkdir /tmp/dir
	atf_check jexec b ln -s /tmp/dir /dev/net
	devfs -j b rule apply path tun unhide 2>err || :
	atf_check -o empty ls -A /tmp/dir
	# nor do its mounts
	jail -c name=c path=/ persist vnet children.max=1
	atf_check jexec c rm /dev/net/tun
	atf_check jexec c mount --bind /tmp/dir /dev/net
	devfs -j c rule apply path tun unhide 2>err || :
	atf_check -o empty ls -A /tmp/dir
	nodes_dir
	atf_check mknod -m 666 /tmp/nodes/zero c 1 5
	jail -c name=d path=/ persist vnet children.max=1
	atf_check jexec d mount --bind /tmp/nodes/zero /dev/zero
	devfs -j d rule apply path zero unhide mode 600 user 5 2>err || :
	atf_check -o inline:"666 0\n" stat -c '%a %u' /tmp/nodes/zero
	atf_check jexec d mount -t tmpfs over /dev
	atf_check -s exit:1 -e inline:"devfs rule: the jail has covered its /dev\n" \
	    devfs -j d rule apply path zero hide
	# a file of its own stays what it is
	atf_check jexec b sh -c 'rm /dev/full; echo mine >/dev/full'
	devfs -j b rule apply path full hide
	atf_check -o inline:"mine\n" jexec b cat /dev/full
}

atf_test_case nested
nested_head()
{
	atf_set descr "A jail shows its jails no device that it has not itself"
}
nested_body()
{
	cat >/etc/devfs.rules <<'EOF'
[outer=10]
add include $devfsrules_jail
add path full hide
EOF
	nodes_dir
	atf_check mknod -m 666 /tmp/nodes/full c 1 7
	jail -c name=a path=/ persist children.max=4 devfs_ruleset=10
	# /etc is the machine's there: the inner ruleset comes from devfs(8)
	atf_check jexec a devfs rule -s 11 add hide
	atf_check jexec a devfs rule -s 11 add path null unhide
	atf_check jexec a devfs rule -s 11 add path full unhide
	atf_check jexec a devfs rule -s 11 add path kmsg unhide
	atf_check jexec a devfs rule -s 11 add path 'loop*' unhide
	atf_check jexec a jail -c name=b path=/ persist devfs_ruleset=11
	atf_check -o inline:"null\nshm\n" jexec a jexec b ls /dev
	atf_check jexec a jexec b sh -c 'echo >/dev/null'
	atf_check jexec a jail -c name=c path=/ persist
	atf_check -s exit:1 jexec a jexec c test -e /dev/full
	atf_check jexec a jexec c test -c /dev/zero
	atf_check -o match:'^/dev/pts/0 620 5' jexec a jexec c script -qec \
	    'stat -c "%n %a %g" $(tty)' /dev/null
	# without a ruleset of its parent's number it has its parent's nodes
	atf_check jexec a devfs rule -s 10 delset
	atf_check jexec a jail -c name=d path=/ persist
	jexec a ls /dev >want
	atf_check -o file:want jexec a jexec d ls /dev
	atf_check jexec a jexec d sh -c 'echo >/dev/null'
	# nor does it open any
	must_not_open a.c /tmp/nodes/full
	: </tmp/nodes/full || atf_fail "no such device"
	# the machine's rulesets are the machine's
	atf_check -o inline:"1\n2\n3\n4\n5\n10\n" devfs rule showsets
	atf_check -s exit:1 -e match:"Operation not permitted" \
	    jail -m name=a.c devfs_ruleset=11
}

atf_test_case command
command_head()
{
	atf_set descr "devfs(8): rulesets by hand"
}
command_body()
{
	atf_check -s exit:1 -e inline:"usage: devfs rule|ruleset arguments\n" \
	    devfs
	atf_check -s exit:1 -e inline:"devfs: unknown command: rules\n" \
	    devfs rules
	atf_check -s exit:1 -e inline:"devfs rule: unknown command: list\n" \
	    devfs rule list
	atf_check -o inline:"1\n2\n3\n4\n5\n" devfs rule showsets
	atf_check -o inline:"100 include 1
200 include 2
300 include 3
400 path fuse unhide
500 path zfs unhide\n" devfs rule -s 4 show
	atf_check -o empty devfs rule show
	atf_check -s exit:1 -e match:"^devfs rule: ioctl DEVFSIO_RADD: Input/output error" \
	    devfs rule add hide
	atf_check devfs rule -s 10 add path 'z*' hide
	atf_check devfs rule -s 10 add 5 type disk type tty mode u=rw,g=r \
	    user root
	atf_check -s exit:1 -e match:"^devfs rule: ioctl DEVFSIO_RADD: File exists" \
	    devfs rule -s 10 add 5 hide
	atf_check -s exit:1 -e match:"^devfs rule: ioctl DEVFSIO_RADD: No such process" \
	    devfs rule -s 10 add include 99
	atf_check -s exit:1 -e inline:"devfs rule: unknown argument: hyde\n" \
	    devfs rule -s 10 add hyde
	atf_check -s exit:1 -e inline:"devfs rule: error converting to number: 65536\n" \
	    devfs rule -s 65536 add hide
	printf 'path a hide\n\tpath b  unhide\n' >list
	atf_check devfs rule -s 10 add - <list
	atf_check -o inline:"5 type disk type tty user root mode 640
100 path z* hide
200 path a hide
300 path b unhide\n" devfs rule -s 10 show
	atf_check -o inline:"200 path a hide\n" devfs rule -s 10 show 200
	atf_check -o empty devfs rule -s 10 show 201
	atf_check -s exit:1 -e inline:"devfs rule: ioctl DEVFSIO_RGETNEXT: No such file or directory\n" \
	    devfs rule -s 10 show 301
	atf_check devfs rule -s 10 del 200
	atf_check -s exit:1 -e inline:"devfs rule: ioctl DEVFSIO_RDEL: No such file or directory\n" \
	    devfs rule -s 10 del 200
	atf_check -o inline:"1\n2\n3\n4\n5\n10\n" devfs rule showsets
	atf_check devfs rule -s 10 delset
	atf_check devfs rule -s 10 delset
	atf_check -o inline:"1\n2\n3\n4\n5\n" devfs rule showsets
	# nothing is left of it
	atf_check -s exit:1 test -e /run/cellblock/devfs
	# the machine's own /dev is left alone
	atf_check -s exit:1 -e match:"Operation not supported" devfs ruleset 4
	atf_check -s exit:1 -e match:"Operation not supported" \
	    devfs rule apply hide
	atf_check -s exit:1 -e inline:"devfs: open: /nosuch: No such file or directory\n" \
	    devfs -m /nosuch rule showsets
	atf_check -s exit:1 -e match:"not the /dev of a running jail" \
	    devfs -m /etc rule showsets
	atf_check -s exit:1 -e inline:'devfs: jail "nosuch" not found\n' \
	    devfs -j nosuch rule show
	# none of a jail's business, or an ordinary user's
	jail -c name=a path=/ persist
	atf_check -s exit:1 \
	    -e inline:"devfs rule: ioctl DEVFSIO_SGETNEXT: Operation not permitted\n" \
	    jexec a devfs rule showsets
}

atf_test_case apply
apply_head()
{
	atf_set descr "devfs rule apply, applyset, ruleset: a running jail"
}
apply_body()
{
	mkdir /tmp/root
	jail -c name=r path=/tmp/root persist
	jail -c name=a path=/ persist
	atf_check -o inline:"100 hide\n" devfs -m /tmp/root/dev rule -s 1 show
	atf_check -o match:"^100 include 1$" devfs -m /tmp/root/dev rule show
	atf_check devfs -m /tmp/root/dev ruleset 1
	atf_check -o inline:"100 hide\n" devfs -m /tmp/root/dev/ rule show

	atf_check devfs -j a rule apply path 'z*' hide
	atf_check -s exit:1 jexec a test -e /dev/zero
	atf_check jexec a test -c /dev/full
	atf_check devfs -j a rule apply path full mode 640 group 7
	atf_check devfs -j a rule apply path zero unhide user 1
	atf_check -o inline:"666 1:0\n" jexec a stat -c '%a %u:%g' /dev/zero
	atf_check -o inline:"640 0:7\n" jexec a stat -c '%a %u:%g' /dev/full
	must_open a /dev/zero
	atf_check devfs rule -s 10 add 30 path null mode 600
	atf_check devfs rule -s 10 add path random hide
	atf_check devfs -j a rule -s 10 apply 30
	atf_check -o inline:"600\n" jexec a stat -c %a /dev/null
	atf_check jexec a test -c /dev/random
	atf_check devfs -j a rule -s 10 applyset
	atf_check -s exit:1 jexec a test -c /dev/random
	atf_check -s exit:1 -e match:"ioctl DEVFSIO_SAPPLY: No such process" \
	    devfs -j a rule -s 99 applyset
	atf_check -s exit:1 -e inline:"devfs rule: ioctl DEVFSIO_RAPPLYID: No such file or directory\n" \
	    devfs -j a rule -s 10 apply 31
	atf_check devfs -j a ruleset 4
	atf_check devfs -j a rule applyset
	atf_check jexec a test -c /dev/random
}

atf_test_case service
service_head()
{
	atf_set descr "service devfs, and devfs_* of rc.conf"
}
service_body()
{
	echo '[mine=10]' >/etc/devfs.rules
	echo 'add path null hide' >>/etc/devfs.rules
	: >/etc/rc.conf
	atf_check service devfs start
	# it is read anyway: nothing is kept
	atf_check -s exit:1 test -e /run/cellblock/devfs
	atf_check -o inline:"100 path null hide\n" devfs rule -s 10 show
	atf_check devfs rule -s 10 add path zero hide
	atf_check devfs rule -s 11 add path zero hide
	echo 'add path full hide' >>/etc/devfs.rules
	atf_check -o inline:"100 path null hide\n200 path zero hide\n" \
	    devfs rule -s 10 show
	atf_check service devfs restart
	atf_check -o inline:"100 path null hide\n200 path full hide\n" \
	    devfs rule -s 10 show
	# FreeBSD's, too, replaces only what is in the file
	atf_check -o inline:"100 path zero hide\n" devfs rule -s 11 show
	atf_check devfs rule -s 11 delset
	atf_check -s exit:1 test -e /run/cellblock/devfs

	mkdir /tmp/etc
	echo '[other=20]' >/tmp/etc/rules
	echo 'add path zero hide' >>/tmp/etc/rules
	echo 'devfs_rulesets="/etc/devfs.rules /tmp/etc/rules"' >/etc/rc.conf
	jail -c name=a path=/ persist
	echo 'devfs_set_rulesets="/nosuch/dev=other"' >>/etc/rc.conf
	echo 'devfs_system_ruleset=other' >>/etc/rc.conf
	atf_check -e inline:"service: /etc/rc.conf line 3: devfs_system_ruleset has no effect: the machine's own /dev is udev's
service: devfs_set_rulesets: open: /nosuch/dev: No such file or directory\n" \
	    service devfs restart
	atf_check -o inline:"1\n2\n3\n4\n5\n10\n20\n" devfs rule showsets
	mkdir /tmp/root
	jail -c name=r path=/tmp/root persist
	sed -i '2,$d' /etc/rc.conf
	echo 'devfs_set_rulesets="/tmp/root/dev=other"' >>/etc/rc.conf
	atf_check service devfs restart
	atf_check -o inline:"100 path zero hide\n" \
	    devfs -m /tmp/root/dev rule show
	echo 'junk' >>/etc/devfs.rules
	: >/etc/rc.conf
	atf_check -s exit:1 \
	    -e match:"/etc/devfs.rules line 4: unknown command: junk$" \
	    service devfs restart
	echo 'devfs_load_rulesets=NO' >/etc/rc.conf
	atf_check service devfs restart
}

atf_test_case on_host
on_host_head()
{
	atf_set descr "A block's devfs.rules, applied to the machine and taken back"
}
on_host_body()
{
	mkdir lab
	printf '[lab=30]\nadd include $devfsrules_jail\nadd path full hide\n' \
	    >lab/devfs.rules
	: >lab/rc.conf
	cat >lab/jail.conf <<'EOF'
inner { path = /; persist; mount.devfs; devfs_ruleset = 30; }
EOF
	echo 'jail_enable=YES' >lab/rc.conf
	atf_check -o ignore -e ignore cellblock up --host lab
	atf_check -s exit:1 jexec inner test -e /dev/full
	atf_check -o match:"^30$" devfs rule showsets
	atf_check -o match:"nothing to do" cellblock up --host lab
	atf_check -o ignore -e ignore cellblock down lab
	atf_check -o inline:"1\n2\n3\n4\n5\n" devfs rule showsets
	atf_check -s exit:1 test -e /run/cellblock/devfs
	# and in a sandbox
	atf_check -o ignore -e ignore cellblock up lab
	atf_check -s exit:1 jexec lab.inner test -e /dev/full
	atf_check jexec lab test -c /dev/full
	atf_check -o ignore -e ignore cellblock down lab
}

atf_test_case tap
tap_head()
{
	atf_set descr "tap interfaces in a vnet jail, where nobody else's is touched"
}
tap_body()
{
	[ -c /dev/net/tun ] || atf_skip "no /dev/net/tun"
	jail -c name=a path=/ persist vnet
	atf_check -o inline:"tap0\n" jexec a ifconfig tap create
	jail -c name=b path=/ persist
	atf_check -s exit:1 jexec b test -e /dev/net
	# with the device, still without a right over the machine's network
	echo '[tun=10]
add include $devfsrules_jail
add path "tap*" unhide' >/etc/devfs.rules
	jail -c name=c path=/ persist devfs_ruleset=10
	must_open c /dev/net/tun
	atf_check -s exit:1 -e match:"permission denied" jexec c ifconfig tap create
}

# binds JAIL PORT [JEXEC-OPTION...]
binds()
{
	local j=$1 p=$2

	shift 2
	rm -f out
	jexec "$@" "$j" "$CB_TOOLS/peer" serve tcp 127.0.0.1 "$p" >out 2>&1 &
	wait_for 30 test -s out || atf_fail "no word from $j"
	kill $! 2>/dev/null
	wait $!
	grep -q '^ready$' out
}

must_bind()
{
	binds "$@" || atf_fail "$*: $(cat out)"
}

must_not_bind()
{
	! binds "$@" || atf_fail "$* binds"
	grep -q 'Permission denied' out || atf_fail "$*: $(cat out)"
}

atf_test_case low_ports
low_ports_head()
{
	atf_set descr "Ports below 1024: a jail's root, nobody else"
}
low_ports_body()
{
	jail -c name=a path=/ persist
	jail -c name=b path=/ persist
	must_bind a 80
	must_bind b 81
	must_not_bind a 80 -U nobody
	must_bind a 8080 -U nobody
	# FreeBSD's allow.reserved_ports, taken and given
	atf_check jail -m name=b allow.noreserved_ports
	must_not_bind b 81
	atf_check jail -m name=b allow.reserved_ports
	must_bind b 81
	# in a jail's own network, its jail's root as well
	jail -c name=v path=/ persist vnet children.max=1
	atf_check jexec v ifconfig lo0 127.0.0.1/8 up
	atf_check jexec v jail -c name=w path=/ persist
	must_bind v 80
	must_bind v.w 80
	must_not_bind v.w 80 -U nobody
}

atf_init_test_cases()
{
	atf_add_test_case standard
	atf_add_test_case filter
	atf_add_test_case rules
	atf_add_test_case machine
	atf_add_test_case changed
	atf_add_test_case hostile
	atf_add_test_case nested
	atf_add_test_case command
	atf_add_test_case apply
	atf_add_test_case service
	atf_add_test_case on_host
	atf_add_test_case tap
	atf_add_test_case low_ports
}
