#! /usr/bin/env atf-sh
# The mounts of a jail: mount, mount.fstab and their types; whose files they
# show; what of /proc and /sys is masked.
. "$(atf_get_srcdir)/common.sh" || exit

# new_root: $root, a directory with the machine's programs, and lines for them
# in the file tab.
new_root()
{
	root=$(pwd)/root
	mkdir "$root"
	for n in usr bin sbin lib lib64; do
		[ ! -e /$n ] || echo "/$n $root/$n nullfs ro 0 0"
	done >tab
}

atf_test_case owners
owners_head()
{
	atf_set descr "nullfs: files belong inside to whom they belong outside"
	vm_also "idmapped mounts of ext4 and of a 6.1 kernel"
}
owners_body()
{
	new_root
	mkdir data
	echo one >data/one
	chown 1000:1001 data/one
	echo "$(pwd)/data $root/data nullfs rw 0 0" >>tab
	atf_check jail -c name=a path="$root" persist mount.fstab="$(pwd)/tab"
	atf_check -o inline:"0:0\n1000:1001\n" \
	    jexec a stat -c %u:%g /data /data/one
	atf_check jexec a sh -c 'echo two >/data/two; chown 5:6 /data/two
	    echo three >/data/three; chmod 4755 /data/three'
	atf_check -o inline:"5:6 644\n0:0 4755\n" \
	    stat -c "%u:%g %a" data/two data/three
	# a user of the jail is nobody else's
	atf_check -s exit:1 -o empty -e not-empty \
	    jexec -U root a sh -c 'chown 70000 /data/two'
	atf_check jail -r a
	atf_check -o inline:"one\n" cat data/one
}

atf_test_case submounts
submounts_head()
{
	atf_set descr "nullfs shows one file system, rbind what is mounted below"
}
submounts_body()
{
	new_root
	mkdir -p data/sub
	mount -t tmpfs t data/sub
	echo in >data/sub/in
	{
		echo "$(pwd)/data $root/one nullfs rw 0 0"
		echo "$(pwd)/data $root/all none rbind 0 0"
	} >>tab
	atf_check jail -c name=a path="$root" persist mount.fstab="$(pwd)/tab"
	atf_check jexec a ls /one/sub
	atf_check -o inline:"in\n" jexec a ls /all/sub
}

atf_test_case devices
devices_head()
{
	atf_set descr "Device nodes work in /dev and nowhere else"
}
devices_body()
{
	new_root
	mkdir data
	mknod -m 666 data/null c 1 3
	mknod -m 666 "$root/null" c 1 3
	echo "$(pwd)/data $root/data nullfs rw,dev 0 0" >>tab
	echo "d $root/compat/dev devfs rw 0 0" >>tab
	atf_check jail -c name=a path="$root" persist mount.fstab="$(pwd)/tab"
	atf_check -s not-exit:0 -e match:"Permission denied" \
	    jexec a sh -c 'echo x >/data/null'
	atf_check -s not-exit:0 -e match:"Permission denied" \
	    jexec a sh -c 'echo x >/null'
	atf_check jexec a sh -c 'echo x >/dev/null; echo x >/compat/dev/null'
}

atf_test_case tmpfs
tmpfs_head()
{
	atf_set descr "tmpfs: FreeBSD's options; owner and mode of the directory"
	vm_also "kernel 6.1 has no idmapped tmpfs"
}
tmpfs_body()
{
	new_root
	mkdir "$root/like"
	chown 7:8 "$root/like"
	chmod 1770 "$root/like"
	{
		echo "t $root/opt tmpfs size=64k,inodes=4,mode=711,uid=5,gid=6"
		echo "t $root/like tmpfs rw 0 0"
	} >>tab
	atf_check jail -c name=a path="$root" persist mount.fstab="$(pwd)/tab"
	atf_check -o inline:"5:6 711\n7:8 1770\n" \
	    jexec a stat -c "%u:%g %a" /opt /like
	atf_check -s not-exit:0 -e match:"No space left" \
	    jexec a sh -c 'head -c 70000 /dev/zero >/opt/f'
	atf_check -s not-exit:0 -e match:"No space left" \
	    jexec a sh -c 'rm /opt/f; for i in 1 2 3 4; do : >/opt/$i; done'
	atf_check jexec a sh -c ': >/like/x; chown 9:9 /like/x'
	atf_check jail -r a
	echo "t $root/opt tmpfs uid=65536 0 0" >bad
	atf_check -s exit:1 -e inline:"jail: $(pwd)/bad line 1: mount.fstab: \
uid=65536: a jail's ids end at 65535\n" \
	    jail -c name=a path="$root" persist mount.fstab="$(pwd)/bad"
}

atf_test_case unionfs
unionfs_head()
{
	atf_set descr "unionfs: on top and below; owners; what is left where"
	vm_also "overlays on idmapped layers of 6.1"
}
unionfs_body()
{
	new_root
	mkdir -p top low "$root/a" "$root/b"
	echo tree >"$root/a/f"
	echo tree >"$root/b/f"
	echo low >low/l
	echo low >low/gone
	chown 3:4 "$root/a/f" low/l
	{
		echo "$(pwd)/top $root/a unionfs rw 0 0"
		echo "$(pwd)/low $root/b unionfs rw,below 0 0"
	} >>tab
	atf_check jail -c name=a path="$root" persist mount.fstab="$(pwd)/tab"
	atf_check -o inline:"3:4\n3:4\n0:0\n" \
	    jexec a stat -c %u:%g /a/f /b/l /b/f
	atf_check jexec a sh -c 'echo more >>/a/f; echo new >/a/new
	    chown 9 /a/new; echo more >>/b/l; rm /b/gone; mkdir /b/dir'
	atf_check -o inline:"tree\nmore\nlow\nmore\n" jexec a cat /a/f /b/l
	atf_check -s not-exit:0 -e ignore jexec a cat /b/gone
	# what was written is in the layer on top, with its owners
	atf_check -o inline:"3:4\n9:0\n3:4\n" \
	    stat -c %u:%g top/f top/new "$root/b/l"
	atf_check -o inline:"tree\n" cat "$root/a/f"
	atf_check -o inline:"gone\nl\n" ls low
	atf_check jail -r a
	# and is there again
	atf_check jail -c name=a path="$root" persist mount.fstab="$(pwd)/tab"
	atf_check -o inline:"tree\nmore\nlow\nmore\n" jexec a cat /a/f /b/l
	atf_check -s not-exit:0 -e ignore jexec a cat /b/gone
}

atf_test_case kernel
kernel_head()
{
	atf_set descr "procfs, linprocfs, linsysfs, fdescfs, devfs where asked for"
}
kernel_body()
{
	local n

	new_root
	{
		echo "proc $root/proc procfs rw 0 0"
		echo "fd $root/dev/fd fdescfs rw,linrdlnk 0 0"
		echo "dev $root/dev devfs rw 0 0"
		echo "lp $root/compat/linux/proc linprocfs rw 0 0"
		echo "ls $root/compat/linux/sys linsysfs rw 0 0"
		echo "ro $root/readonly procfs ro 0 0"
		# as the Handbook's jails for Linux programs have them
		echo "devfs $root/compat/linux/dev devfs rw 0 0"
		echo "shm $root/compat/linux/dev/shm tmpfs rw,size=1m,mode=1777"
		echo "fd $root/compat/linux/dev/fd fdescfs rw,linrdlnk 0 0"
	} >>tab
	atf_check jail -c name=a path="$root" persist vnet \
	    mount.fstab="$(pwd)/tab"
	atf_check -o not-empty jexec a cat /compat/linux/proc/1/comm
	atf_check -o inline:"lo\n" jexec a sh -c \
	    'ls /compat/linux/sys/class/net | grep -v bonding_masters'
	atf_check -o inline:"here\n" jexec a sh -c \
	    'echo here | cat /compat/linux/dev/fd/0'
	# the copies have the masks of the originals, `rw' or not
	for n in proc compat/linux/proc readonly; do
		atf_check -s not-exit:0 -e match:"Read-only file system" \
		    jexec a sh -c "echo x >/$n/sys/kernel/core_pattern"
		atf_check jexec a cat /$n/keys
	done
	atf_check -s not-exit:0 -e match:"Read-only file system" \
	    jexec a sh -c "echo 0 >/readonly/self/oom_score_adj"
	atf_check -s not-exit:0 -e match:"Read-only file system" \
	    jexec a sh -c "echo x >/compat/linux/sys/power/state"
	atf_check jexec a sh -c "echo 0 >/proc/self/oom_score_adj"
}

atf_test_case refusals
refusals_head()
{
	atf_set descr "What cannot be mounted is told with file, line and reason"
}
refusals_body()
{
	# refused MESSAGE LINE: as mount.fstab, on its second line
	refused()
	{
		printf '# comment\n%s\n' "$2" >bad
		atf_check -s exit:1 -e inline:"jail: $(pwd)/bad line 2: \
mount.fstab: $1\n" \
		    jail -c name=a path="$root" persist \
		    mount.fstab="$(pwd)/bad"
		# nothing of it stays
		atf_check -s exit:1 -e ignore jls -j a
	}

	new_root
	mkdir "$root/d"
	refused "h:/x: nfs: Operation not supported by device" \
	    "h:/x $root/d nfs rw 0 0"
	refused "/x $root/d: missing information" "/x $root/d"
	refused "$root/d: mount option <frob> is unknown" \
	    "/usr $root/d nullfs ro,frob"
	refused "/none: No such file or directory" "/none $root/d nullfs ro"
	refused "/usr/d: not below the jail's path $root" \
	    "/usr /usr/d nullfs ro"
	refused "$root/x: fdescfs: only at $root/dev/fd" "f $root/x fdescfs rw"
	ln -s /proc/self "$root/planted"
	refused "$root/planted is a symbolic link" "f $root/planted fdescfs rw"
	refused "$root/planted/fd is a symbolic link" \
	    "f $root/planted/fd fdescfs rw"
	rm "$root/planted"
	refused "$root/d: copymode=masquerade: only transparent: copies keep \
owner and mode of the original" "/tmp $root/d unionfs copymode=masquerade"
	refused "$root/dev: ruleset=77: a jail has one /dev: set \
devfs_ruleset" "d $root/dev devfs ruleset=77"
	atf_check -s exit:1 -e inline:"jail: mount: /usr $root/d: missing \
information\n" \
	    jail -c name=a path="$root" persist "mount=/usr $root/d"
}

atf_test_case verbose
verbose_head()
{
	atf_set descr "-v tells of mounts as FreeBSD's jail(8) does"
}
verbose_body()
{
	echo "t /mnt tmpfs rw,size=1m 0 0 # comment" >tab
	echo "p	/proc	procfs" >>tab
	cat >c <<-EOF
	a { persist; mount = "t /opt tmpfs"; mount.fstab = $(pwd)/tab; }
	EOF
	cat >want <<-EOF
	a: run command: /sbin/mount -t tmpfs t /opt
	a: run command: /sbin/mount -t tmpfs -o rw,size=1m t /mnt
	a: run command: /sbin/mount -t procfs p /proc
	a: jail_set(JAIL_CREATE) name=a persist
	a: created
	EOF
	atf_check -o file:want jail -v -f c -c a
}

atf_test_case source_links
source_links_head()
{
	atf_set descr "Sources: links of the machine are followed, jails' are not"
}
source_links_body()
{
	new_root
	mkdir -p other/real secret mine
	echo secret >secret/s
	ln -s "$(pwd)/mine" link
	echo mine >mine/m
	ln -s "$(pwd)/secret" other/evil
	ln -s "$(pwd)/secret" "$root/evil"
	ln -s "$(pwd)/secret" users
	chown -h 1000 users
	atf_check jail -c name=other path="$(pwd)/other" persist
	line="$(pwd)/link $root/d nullfs ro"
	atf_check jail -c name=a path="$root" persist mount.fstab="$(pwd)/tab" \
	    "mount=$line"
	atf_check -o inline:"mine\n" jexec a cat /d/m
	atf_check jail -r a
	for n in other/evil root/evil users; do
		line="$(pwd)/$n $root/d nullfs ro"
		atf_check -s exit:1 -e inline:"jail: mount: $(pwd)/$n: \
${n##*/} is a symbolic link that a jail may have made\n" \
		    jail -c name=a path="$root" persist "mount=$line"
	done
	# a jail that is gone has left its links; nobody knows that
	line="$(pwd)/other/real $root/d nullfs ro"
	atf_check jail -c name=a path="$root" persist "mount=$line"
}

atf_test_case masks
masks_head()
{
	atf_set descr "What of /proc and /sys is hidden, or cannot be written"
	vm_also "other files in /proc"
}
masks_body()
{
	local n

	atf_check jail -c name=a vnet persist
	for n in keys interrupts acpi/wakeup; do
		[ -e /proc/$n ] || continue
		[ -s /proc/$n ] || [ -n "$(cat /proc/$n)" ] || continue
		jexec a cat /proc/$n >out 2>/dev/null
		[ ! -s out ] || atf_fail "/proc/$n is shown"
	done
	atf_check jexec a ls /sys/firmware
	for n in proc/sys/kernel/core_pattern proc/sys/vm/drop_caches \
	    proc/irq/default_smp_affinity proc/fs proc/bus; do
		[ -f /$n ] || continue
		atf_check -s not-exit:0 -e match:"Read-only file system" \
		    jexec a sh -c "echo >/$n"
	done
	# nobody in there can take a mask away, or mount proc without
	atf_check -s not-exit:0 -e ignore jexec a umount /proc/keys
	atf_check -s not-exit:0 -e ignore jexec a mount -t proc p /mnt
	atf_check -s not-exit:0 -e ignore jexec a \
	    mount -o remount,rw,bind /proc/sys
	# the knobs of its own network are its own
	atf_check -o inline:"net.inet.ip.forwarding: 0 -> 1\n" \
	    jexec a sysctl net.inet.ip.forwarding=1
	atf_check jail -r a
}

atf_test_case masks_off
masks_off_head()
{
	atf_set descr "No masks with host.unconfined=files, or jails of its own"
}
masks_off_body()
{
	atf_check jail -c name=a vnet persist host.unconfined=files
	atf_check -o not-empty jexec a ls /sys/firmware
	atf_check -o empty jexec a sh -c 'grep masked /proc/self/mountinfo; :'
	atf_check jail -c name=b vnet persist children.max=1
	atf_check -o empty jexec b sh -c 'grep masked /proc/self/mountinfo; :'
	# its jail has them
	atf_check jexec b jail -c name=c vnet persist
	atf_check -o not-empty jexec b jexec c \
	    grep masked /proc/self/mountinfo
	# without users of its own the masks are all there is
	atf_check jail -c name=d vnet persist host.users=inherit
	atf_check jexec d ls /sys/firmware
	if [ -e /proc/sysrq-trigger ]; then
		atf_check -s not-exit:0 -e match:"Read-only file system" \
		    jexec d sh -c ': >>/proc/sysrq-trigger'
	fi
}

atf_test_case nested
nested_head()
{
	atf_set descr "A jail's root gives its own jail files in the same ways"
	vm_also "overlays and bind mounts within a user namespace of 6.1"
}
nested_body()
{
	new_root
	mkdir -p "$root/srv/j/u" "$root/srv/j/b" "$root/srv/top" \
	    "$root/srv/low" "$root/top"
	echo lo >"$root/srv/j/u/lo"
	echo low >"$root/srv/low/low"
	chown 5:6 "$root/srv/low/low"
	{
		sed "s:[^ ]*$root:/srv/j:" tab
		echo "/srv/low /srv/j/data nullfs ro"
		echo "t /srv/j/t tmpfs uid=5,size=1m"
		echo "p /srv/j/compat/proc linprocfs rw"
		echo "/srv/low /srv/j/b unionfs below"
		echo "/srv/top /srv/j/u unionfs rw"
	} >"$root/tab"
	atf_check jail -c name=a path="$root" vnet persist children.max=3 \
	    mount.fstab="$(pwd)/tab"
	atf_check jexec a jail -c name=b path=/srv/j persist mount.fstab=/tab
	atf_check -o inline:"5:6\n5:0\n" jexec a.b stat -c %u:%g /data/low /t
	atf_check -s not-exit:0 -e match:"Read-only" \
	    jexec a.b touch /data/new
	atf_check -s not-exit:0 -e match:"Read-only" \
	    jexec a.b sh -c 'echo >/compat/proc/sys/kernel/core_pattern'
	atf_check jexec a.b sh -c 'echo more >>/u/lo; echo more >>/b/low'
	atf_check -o inline:"lo\nmore\nlow\nmore\n" \
	    cat "$root/srv/top/lo" "$root/srv/j/b/low"
	atf_check jexec a jail -r b
	# what lies below the jail's own mounts stays hidden
	echo "/top /srv/j/u unionfs rw" >"$root/tab"
	atf_check -s exit:1 -e inline:"jail: /tab line 1: mount.fstab: /top: \
unionfs in a jail: something is mounted beside it, in /\n" \
	    jexec a jail -c name=b path=/srv/j persist mount.fstab=/tab
}

atf_test_case covered_run
covered_run_head()
{
	atf_set descr "What a jail mounts on its /run/cellblock leads no host command astray"
}
covered_run_body()
{
	local said

	said="jail: /run/cellblock of that jail is not its own\n"
	mount -t tmpfs -o mode=0755 t /mnt
	mkdir /mnt/dir /mnt/if
	echo shadow >/mnt/file
	# path=/, and the right to mount
	atf_check jail -c name=a vnet persist children.max=3 host.hostuuid=aa
	atf_check jexec a mount --bind /mnt/dir /run/cellblock
	atf_check -s exit:1 -e inline:"$said" jail -m name=a host.hostuuid=bb
	atf_check -s exit:1 -e inline:"$said" jail -m name=a env=x=y
	atf_check -s ignore -o ignore -e ignore \
	    ifconfig -j a lo0 description hello
	atf_check -o inline:"a\n" jls name
	atf_check jexec a umount /run/cellblock
	# ... and over a part of it
	atf_check jexec a mount --bind /mnt/if /run/cellblock/if
	atf_check -o ignore ifconfig epair create
	atf_check -s ignore -o ignore -e ignore \
	    ifconfig epair0a description hello vnet a
	atf_check jexec a umount /run/cellblock/if
	jexec a sh -c 'cd /run/cellblock; for f in hostuuid self if/lock; do
		mount --bind /mnt/file $f; done' 2>/dev/null
	atf_check -s ignore -o ignore -e ignore jail -m name=a host.hostuuid=cc
	atf_check -s ignore -o ignore -e ignore jail -m name=a children.max=4
	atf_check -s ignore -o ignore -e ignore ifconfig -vnet epair0a a
	atf_check jail -r a
	atf_check -o inline:"shadow\n" cat /mnt/file
	atf_check -o empty find /mnt/dir /mnt/if -mindepth 1
	atf_check -o inline:"3\n" sh -c 'ls /mnt | wc -l'
}

atf_init_test_cases()
{
	atf_add_test_case owners
	atf_add_test_case submounts
	atf_add_test_case devices
	atf_add_test_case tmpfs
	atf_add_test_case unionfs
	atf_add_test_case kernel
	atf_add_test_case refusals
	atf_add_test_case verbose
	atf_add_test_case source_links
	atf_add_test_case masks
	atf_add_test_case masks_off
	atf_add_test_case nested
	atf_add_test_case covered_run
}
