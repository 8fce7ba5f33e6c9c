#! /usr/bin/env atf-sh
# Mount points and files that a jail has replaced, before it is started or
# while it is (CVE-2021-30465, CVE-2025-31133, CVE-2025-52565,
# CVE-2025-52881).
#
# $VICTIM is a directory of the box that nothing may be mounted on, nothing be
# made in, and nothing of it seen in a jail.
. "$(atf_get_srcdir)/common.sh" || exit

VICTIM=/tmp/victim

victim_new()
{
	mkdir -p "$VICTIM/pts" "$VICTIM/shm" "$VICTIM/net" "$VICTIM/cellblock"
	echo "a secret of the host" >"$VICTIM/file"
	echo root:x:0:0:evil:/tmp:/tmp/evil >"$VICTIM/passwd"
	victim_state >victim.before
}

victim_state()
{
	find "$VICTIM" -printf '%p %y %m %U %s\n' | sort
	cat "$VICTIM/file" "$VICTIM/passwd"
	# no mount of the box may come or go by a jail
	awk '{ print $5, $9 }' /proc/self/mountinfo | grep -v /run/cellblock
}

# judge [JAIL DIR]: the verdict on what a runtime has done; with JAIL, whether
# its DIR shows the victim.
judge()
{
	victim_state >victim.after
	if ! cmp -s victim.before victim.after; then
		diff victim.before victim.after
		echo "escaped: the host's $VICTIM is not as it was"
	elif [ -n "$1" ] && jexec "$1" test -e "$2/file" 2>/dev/null; then
		echo "escaped: $2 in the jail shows the host's $VICTIM"
	else
		echo "held: nothing of $VICTIM was reached"
	fi
}

# A runtime that says mkdir and mount by path, as they all did once.
naive_mount()
{
	mkdir -p "$2" 2>/dev/null
	mount --bind "$1" "$2"
	judge
	umount "$2" 2>/dev/null
	rmdir "$VICTIM/sub" 2>/dev/null
}

# A root that was prepared before the jail is started.
atf_test_case planted
planted_head()
{
	atf_set descr "Mount points of a jail's own file systems are symbolic links"
}
planted_body()
{
	local name up

	victim_new
	mkdir src
	root_new "$PWD/root"
	for name in dev proc sys run; do
		rm -rf "root/$name"
		ln -s "$VICTIM" "root/$name"
		KIND=
		must_escape naive_mount src "$PWD/root/$name"
		KIND="path=$PWD/root with /$name a link"
		must_hold planted_start "/$name"
		# what goes up further than the root has levels
		rm "root/$name"
		up=../../../../../../../../../../../..
		ln -s "$up$VICTIM" "root/$name"
		must_hold planted_start "/$name"
		rm "root/$name"
		mkdir "root/$name"
	done
	ln -s "$VICTIM/cellblock" root/run/cellblock
	must_hold planted_start /run/cellblock
	rm -r root/run
	ln -s "$VICTIM" root/run
	must_hold planted_start /run
	rm root/run
	mkdir root/run
	# without links it does start
	plain_jail p path="$PWD/root" vnet
}

planted_start()
{
	local status

	jail -q -c name=p path="$PWD/root" vnet persist 2>start.err
	status=$?
	cat start.err >&2
	if [ $status = 0 ]; then
		judge p "$1"
		jail -r p >&2
	else
		judge
	fi
}

# Every name below /dev, and every file that the host reads, is a link.
atf_test_case devices
devices_head()
{
	atf_set descr "Entries of /dev that are links (CVE-2025-31133, CVE-2025-52565)"
}
devices_body()
{
	local name

	victim_new
	root_new "$PWD/root"
	for name in null zero full random urandom tty console ptmx fd stdin \
	    stdout stderr mqueue core; do
		ln -s "$VICTIM/file" "root/dev/$name"
	done
	for name in pts shm net; do
		ln -s "$VICTIM/$name" "root/dev/$name"
	done
	# the mask that an attacked runtime puts over a file it hides
	echo hidden >masked
	must_escape devices_naive
	for name in "" vnet "vnet children.max=1"; do
		KIND="path=root $name"
		must_hold devices_start $name
	done
}

devices_naive()
{
	touch root/proc/masked
	mount --bind root/dev/null root/proc/masked
	if chroot root /bin/busybox grep -q secret /proc/masked; then
		echo "escaped: the masked file shows the host's"
	else
		echo "held: masked"
	fi
	umount root/proc/masked
}

devices_start()
{
	jail -q -c name=p path="$PWD/root" persist "$@" >&2 || {
		judge
		return
	}
	if [ -n "$(jexec p find -L /dev -maxdepth 1 -type f ! -name 'std*')" ]; then
		echo "escaped: /dev shows the host's file"
	elif ! jexec p test -c /dev/null || jexec p test -L /dev/null; then
		echo "escaped: /dev/null is not the device"
	else
		judge p /dev/shm
	fi
	jail -r p >&2
}

# The links come and go while the jail is started, by a process of another
# jail that has the same directory.
atf_test_case race
race_head()
{
	atf_set descr "Mount points exchanged with links while jails start (CVE-2021-30465)"
	atf_set timeout 300
}
race_body()
{
	local name

	victim_new
	mkdir src
	root_new "$PWD/root"
	mkdir root/mnt
	ln -s "$VICTIM" root/link
	plain_jail attacker path="$PWD/root"
	chmod 777 root
	for name in mnt dev proc sys run; do
		rm -rf "root/$name"
		mkdir "root/$name"
		# the root directory is the attacker's, as an image would be
		chown "$(stat -c %u root)" "root/$name"
		jexec attacker "$ESC/swap" "/$name" /link &
		if [ $name = mnt ]; then
			must_escape race_naive
			victim_state >victim.before
		fi
		KIND="path=root, /$name swapped"
		must_hold race_starts "$name"
		pkill -KILL -x swap
		wait
		rm -rf "root/$name" root/link
		ln -s "$VICTIM" root/link
		mkdir -p "root/$name"
	done
}

race_naive()
{
	local n

	n=0
	while [ $((n += 1)) -lt 3000 ]; do
		mkdir -p root/mnt/sub 2>/dev/null
		if [ -e "$VICTIM/sub" ]; then
			rmdir "$VICTIM/sub" root/mnt/sub 2>/dev/null
			echo "escaped: a directory made in $VICTIM"
			return
		fi
		rmdir root/mnt/sub 2>/dev/null
	done
	echo "held: $n times"
}

# With a mount of its own below the name that is swapped.
race_starts()
{
	local n ok mounts

	n=0 ok=0 mounts=
	[ "$1" != mnt ] || mounts="mount=$PWD/src $PWD/root/mnt/sub nullfs rw 0 0"
	while [ $((n += 1)) -le 25 ]; do
		if jail -q -c name=p path="$PWD/root" persist \
		    ${mounts:+"$mounts"} >&2; then
			ok=$((ok + 1))
			judge p "/$1" >judged
			# files that the host writes and reads in it
			jail -m name=p host.hostname="n$n" >&2
			jexec -U daemon p true >&2
			jail -r p >&2
			grep -q held judged || break
		fi
		judge >judged
		grep -q held judged || break
	done
	echo "$(cat judged), $ok of $n starts succeeded"
}

# Files outside of the mounts: what exec.consolelog and users name.
atf_test_case files
files_head()
{
	atf_set descr "/etc/passwd and exec.consolelog as links, in a race too"
}
files_body()
{
	local how

	victim_new
	root_new "$PWD/root"
	mkdir -p root/var/log
	printf '#!/bin/sh\necho a line of the jail\n' >root/tmp/say
	chmod 755 root/tmp/say
	rm root/etc/passwd
	ln -s "$VICTIM/passwd" root/etc/passwd
	ln -s "$VICTIM/file" root/var/log/console
	# what follows them
	must_escape files_naive
	plain_jail p path="$PWD/root"
	KIND="path=root, links"
	must_hold files_passwd
	must_hold files_console
	rm root/etc/passwd root/var/log/console
	echo none >root/etc/passwd
	echo none >root/var/log/console
	ln -s "$VICTIM/passwd" root/etc/link
	ln -s "$VICTIM/file" root/var/log/link
	KIND="path=root, swapped"
	for how in "/etc/passwd /etc/link" \
	    "/var/log/console /var/log/link"; do
		jexec p "$ESC/swap" $how &
		must_hold files_passwd
		must_hold files_console
		pkill -KILL -x swap
		wait
	done
	# a fifo must not hold the host up
	rm root/etc/passwd
	mkfifo root/etc/passwd
	KIND="path=root, fifo"
	must_hold timeout 10 jexec p "$ESC/reach" read /none
	rm -f root/var/log/console
	mkfifo root/var/log/console
	must_hold files_console
}

files_naive()
{
	echo x >>root/var/log/console
	if grep -q "^x$" "$VICTIM/file"; then
		echo "escaped: the log was written to the host's file"
	else
		echo "held: not followed"
	fi
	echo "a secret of the host" >"$VICTIM/file"
}

# The home directory and shell of `evil` would come from the host's file.
files_passwd()
{
	local n

	n=0
	while [ $((n += 1)) -le 15 ]; do
		if jexec -l p env 2>/dev/null | grep -q evil; then
			echo "escaped: the user comes from the host's file"
			return
		fi
	done
	judge
}

files_console()
{
	local n

	n=0
	while [ $((n += 1)) -le 15 ]; do
		timeout 10 jail -q -c name=q path="$PWD/root" persist \
		    exec.consolelog="$PWD/root/var/log/console" \
		    exec.start=/tmp/say >&2
		[ $? != 124 ] || echo "escaped: it hangs"
		jail -q -r q >&2
	done
	judge
}

# A jail whose directory lies in that of another jail, as path.
atf_test_case path
path_head()
{
	atf_set descr "The path of a jail is a link in another jail's directory, in a race too"
	atf_set timeout 300
}
path_body()
{
	victim_new
	mkdir outer
	root_new "$PWD/outer/sub"
	ln -s "$VICTIM" outer/link
	mkdir -p outer/bin outer/tmp outer/proc outer/dev outer/sys outer/run \
	    outer/etc
	cp -r outer/sub/bin outer/sub/tmp outer/
	plain_jail attacker path="$PWD/outer"
	KIND="path=outer/link"
	must_hold path_start "$PWD/outer/link"
	# links that are nobody's but the host's are followed
	ln -s outer/sub mine
	plain_jail mine path="$PWD/mine"
	atf_check -o inline:"$PWD/outer/sub\n" jls -j mine path
	jail -r mine
	jexec attacker "$ESC/swap" /sub /link &
	must_escape path_naive
	victim_state >victim.before
	KIND="path=outer/sub, swapped"
	must_hold path_starts
	pkill -KILL -x swap
	wait
}

path_naive()
{
	local n

	n=0
	while [ $((n += 1)) -lt 3000 ]; do
		if [ -e outer/sub/file ]; then
			echo "escaped: the jail's root is $VICTIM"
			return
		fi
	done
	echo "held: $n times"
}

# The verdict on a jail there: it must not be rooted in the victim.
path_start()
{
	local where

	if jail -q -c name=p path="$1" persist >&2; then
		where=$(jls -j p path)
		if [ -e "/proc/$(init_pid p)/root/file" ] ||
		    [ "$where" = "$VICTIM" ]; then
			echo "escaped: the jail's root is $where"
			jail -r p >&2
			return
		fi
		jail -r p >&2
	fi
	judge
}

path_starts()
{
	local n

	n=0
	while [ $((n += 1)) -le 60 ]; do
		path_start "$PWD/outer/sub" >judged
		grep -q held judged || break
	done
	cat judged
}

# What runtimes write in /proc: labels, limits, ids, settings.  Where the jail
# has put a /proc of its own making, each is a link to the host's file.
atf_test_case proc
proc_head()
{
	atf_set descr "A planted /proc turns what is written there on the host's files (CVE-2025-52881)"
	atf_set timeout 120
}
PROC_WRITTEN="attr/current attr/exec attr/fscreate attr/keycreate
attr/sockcreate attr/apparmor/exec attr/smack/current oom_score_adj loginuid
setgroups uid_map gid_map projid_map timens_offsets coredump_filter clear_refs"
SYS_WRITTEN="kernel/hostname kernel/domainname kernel/sem kernel/shmmni
kernel/shmall kernel/msgmni kernel/core_pattern net/ipv4/ip_forward
net/ipv4/ping_group_range net/ipv4/ip_unprivileged_port_start
net/ipv6/conf/all/forwarding net/ipv6/conf/lo/disable_ipv6"
# plant_proc JAIL
plant_proc()
{
	{
		echo "mount -t tmpfs -o mode=755 t /proc"
		for f in $PROC_WRITTEN; do
			for d in self thread-self 1; do
				echo "mkdir -p /proc/$d/$f; rmdir /proc/$d/$f"
				echo "ln -s $VICTIM/file /proc/$d/$f"
			done
		done
		for f in $SYS_WRITTEN; do
			echo "mkdir -p /proc/sys/$f; rmdir /proc/sys/$f"
			echo "ln -s $VICTIM/file /proc/sys/$f"
		done
		echo "ln -s $VICTIM/file /proc/sysrq-trigger"
	} >plant
	jexec "$1" sh -e <plant || atf_skip "the jail cannot mount on /proc"
	victim_state >victim.before
}
proc_body()
{
	local more

	victim_new
	atf_check -o ignore ifconfig epair create
	weak_jail w path=/ allow.mount allow.mount.tmpfs
	plant_proc w
	must_escape naive_label w
	jail -r w
	victim_new
	for more in "" "children.max=2"; do
		KIND="path=/ vnet $more"
		# shellcheck disable=SC2086 # words
		plain_jail d path=/ vnet host=new allow.mount \
		    allow.mount.tmpfs enforce_statfs=1 $more
		plant_proc d
		must_hold proc_commands d
		! jls -j d name >/dev/null 2>&1 || atf_check jail -R d
	done
}
# A runtime that takes its label on when it is in there, with all its rights.
naive_label()
{
	nsenter -m -r -t "$(init_pid "$1")" \
	    sh -c 'echo label >/proc/self/attr/exec'
	judge
}
# All that joins it, changes it or looks at it.
proc_commands()
{
	jexec "$1" true
	jexec -l "$1" true
	jexec -U nobody "$1" true
	jail -q -m name="$1" host.hostname=other meta=more
	rctl -a jail:"$1":maxproc:deny=50
	rctl -a jail:"$1":nsem:deny=50
	rctl -a jail:"$1":openfiles:deny=50/process
	rctl -u jail:"$1"
	rctl -r jail:"$1"
	cpuset -l 0 -j "$1"
	ifconfig epair0b vnet "$1"
	ifconfig -j "$1" epair0b inet 192.0.2.9/24 up
	ifconfig -j "$1" epair0b inet6 2001:db8::9/64 -ifdisabled
	route -j "$1" -n add default 192.0.2.1
	sysctl -j "$1" net.inet.ip.forwarding=1
	sysctl -j "$1" kern.hostname=other
	jail -q -c name="$1.n" path=/ persist
	jls -N
	cellblock doctor
	jail -q -r "$1"
	judge
}

atf_init_test_cases()
{
	for c in planted devices proc race files path; do
		atf_add_test_case $c
	done
}
