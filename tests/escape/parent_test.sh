#! /usr/bin/env atf-sh
# A jail that may have jails of its own has more rights inside, mounts and
# namespaces among them, and the machine no closer.
. "$(atf_get_srcdir)/common.sh" || exit

# held_in_parents ATTACK...: in both kinds of jail with children.
parents()
{
	for KIND in "path=/ children.max=2" "path=/ vnet children.max=2"; do
		# shellcheck disable=SC2086 # words
		plain_jail d $KIND
		"$@" d
		atf_check jail -r d
	done
}

atf_test_case kernel
kernel_head()
{
	atf_set descr "What no jail's root may ask of the kernel"
}
kernel_body()
{
	# kernel_test and files_test show each succeed without walls
	parents kernel_held
}
kernel_held()
{
	for a in modules kexec bpf perf dmesg userfaultfd io_uring clock \
	    reboot swap priority ports limits; do
		must_hold jexec "$1" "$ESC/kernel" "$a"
	done
	# what it may: that this is a parent at all
	must_escape_in "$KIND" jexec "$1" "$ESC/kernel" userns
	must_escape_in "$KIND" jexec "$1" "$ESC/kernel" mounts
}
must_escape_in()
{
	local kind

	kind=$1
	shift
	must_escape "$@"
	KIND=$kind
}

atf_test_case files
files_head()
{
	atf_set descr "Files of the machine, remounted and mounted anew"
}
files_body()
{
	parents files_held
}
files_held()
{
	for f in /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe \
	    /sys/kernel/uevent_helper /proc/sysrq-trigger /sys/power/state \
	    /proc/sys/vm/overcommit_memory /proc/sys/fs/file-max \
	    /proc/sys/kernel/panic /proc/sys/kernel/pid_max; do
		must_hold jexec "$1" "$ESC/files" write "$f"
	done
	# those of its own network, IPC and user namespaces are its own;
	# ns_last_pid opens for all and is asked of when it is written to
	must_hold jexec "$1" "$ESC/files" writable /proc/sys /proc/sys/net/ \
	    /proc/sys/kernel/msg /proc/sys/kernel/sem /proc/sys/kernel/shm \
	    /proc/sys/kernel/auto_msgmni /proc/sys/fs/mqueue/ /proc/sys/user/ \
	    /proc/sys/kernel/ns_last_pid /proc/sys/fs/binfmt_misc
	atf_check -s not-exit:0 -e ignore jexec "$1" \
	    sh -c 'echo 100 >/proc/sys/kernel/ns_last_pid'
	must_hold jexec "$1" "$ESC/files" writable /sys /sys/fs/cgroup
	must_hold jexec "$1" "$ESC/files" read /proc/kcore /proc/timer_list \
	    /proc/sched_debug /proc/kpagecount /proc/vmallocinfo \
	    /proc/slabinfo /proc/kmsg
	must_hold jexec "$1" "$ESC/files" node
	for t in devices pids cpu memory; do
		must_hold jexec "$1" "$ESC/files" agent /tmp "$t"
	done
}

atf_test_case cgroups
cgroups_head()
{
	atf_set descr "It stays in its own part of the cgroup tree"
}
cgroups_body()
{
	parents cgroups_held
}
cgroups_held()
{
	# nothing above its own can be reached, nor the limits of its own set
	atf_check -o inline:"0::/\n" jexec "$1" grep ^0: /proc/self/cgroup
	atf_check -s not-exit:0 -e ignore jexec "$1" \
	    sh -c 'echo 1 >/sys/fs/cgroup/cgroup.freeze'
	atf_check -s not-exit:0 -e ignore jexec "$1" \
	    sh -c 'echo 1 >/sys/fs/cgroup/cgroup.kill'
	atf_check -s not-exit:0 -e ignore jexec "$1" \
	    sh -c 'echo 1 >/sys/fs/cgroup/cgroup.max.descendants'
	for f in pids.max memory.max cpu.max io.max; do
		must_hold jexec "$1" "$ESC/files" write "/sys/fs/cgroup/$f"
	done
}

atf_test_case disks
disks_head()
{
	atf_set descr "File systems of disks, and other jails' handles"
}
disks_body()
{
	root_new root
	echo secret >secret
	chmod 600 secret
	for KIND in "children.max=2" "vnet children.max=2"; do
		# shellcheck disable=SC2086 # words
		plain_jail d path="$PWD/root" $KIND
		must_hold jexec d "$ESC/files" open \
		    "$("$ESC/files" handle secret)"
		atf_check jail -r d
	done
	parents disks_held
}
disks_held()
{
	for t in ext4 xfs btrfs vfat iso9660 squashfs debugfs tracefs \
	    securityfs pstore efivarfs configfs; do
		atf_check -s not-exit:0 -e ignore jexec "$1" \
		    mount -t "$t" /dev/null /mnt
	done
}

atf_init_test_cases()
{
	atf_add_test_case kernel
	atf_add_test_case files
	atf_add_test_case cgroups
	atf_add_test_case disks
}
