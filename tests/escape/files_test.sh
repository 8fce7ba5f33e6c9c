#! /usr/bin/env atf-sh
# Ways out by files that are the machine's: settings, devices, handles, and
# what a jail leaves behind where the host's users look.
. "$(atf_get_srcdir)/common.sh" || exit

# both ATTACK...: in a jail without walls, and in any other; the tests of one
# file (single) in two kinds, those of many in all.
both()
{
	over each_jail "$@"
}
single()
{
	over each_kind "$@"
}

# CASE|FILE|WHAT: opening FILE for writing would do.
SETTINGS='
core_pattern|/proc/sys/kernel/core_pattern|A program for the host to run at the next core dump
modprobe|/proc/sys/kernel/modprobe|A program for the host to run for the next module
uevent_helper|/sys/kernel/uevent_helper|A program for the host to run at the next event of a device
sysrq|/proc/sysrq-trigger|The keys of the machine'"'"'s console
binfmt_misc|/proc/sys/fs/binfmt_misc/register|An interpreter for everybody'"'"'s programs
ns_last_pid|/proc/sys/kernel/ns_last_pid|The number of the next process
cgroup|/sys/fs/cgroup/cgroup.procs|Leaving its cgroup, by the tree of them
power|/sys/power/state|Sending the machine to sleep'

IFS_OLD=$IFS
IFS='
'
for line in $SETTINGS; do
	name=${line%%|*}
	file=${line#*|}
	what=${file#*|}
	file=${file%%|*}
	NAMES="$NAMES $name"
	eval "${name}_head() { atf_set descr \"$what\"; }
	      ${name}_body() { single \"\$ESC/files\" write $file; }"
done
IFS=$IFS_OLD

atf_test_case release_agent
release_agent_head()
{
	atf_set descr "A program for the host to run when a cgroup is empty"
}
release_agent_body()
{
	local at type

	# cgroups of the first version only; hybrid machines have some
	type=
	for t in devices freezer pids cpu; do
		grep -q "^$t	[1-9]" /proc/cgroups && type=$t && break
	done
	at=$PWD/v1
	mkdir "$at"
	weak_jail w path=/
	KIND=
	attempt jexec w "$ESC/files" agent "$at" "${type:-devices}"
	case $VERDICT in
	escaped:*) ;;
	*)
		[ -z "$type" ] || atf_fail "held where weakened: $VERDICT"
		cannot "no cgroups of version 1 are in use"
		;;
	esac
	atf_check jail -r w
	TYPE=${type:-devices}
	each_jail release_agent_held
}
release_agent_held()
{
	must_hold jexec "$1" "$ESC/files" agent /tmp "$TYPE"
}

atf_test_case settings
settings_head()
{
	atf_set descr "No file of /proc/sys and /sys at all is writable"
}
settings_body()
{
	weak_jail w path=/
	must_escape jexec w "$ESC/files" writable /proc/sys
	must_escape jexec w "$ESC/files" writable /sys
	atf_check jail -r w
	each_jail settings_held
}
settings_held()
{
	# a vnet's own settings are its own
	case $KIND in
	*vnet*)
		must_hold jexec "$1" "$ESC/files" writable /proc/sys \
		    /proc/sys/net/
		;;
	*) must_hold jexec "$1" "$ESC/files" writable /proc/sys ;;
	esac
	must_hold jexec "$1" "$ESC/files" writable /sys
}

atf_test_case secrets
secrets_head()
{
	atf_set descr "What /proc tells root of the whole machine"
}
secrets_body()
{
	both "$ESC/files" read /proc/kcore /proc/timer_list /proc/keys \
	    /proc/sched_debug /proc/latency_stats /proc/kpagecount \
	    /proc/kpageflags /proc/vmallocinfo /proc/slabinfo /proc/kmsg \
	    /sys/firmware/acpi/tables/FACP \
	    /sys/kernel/debug/sched/debug /sys/kernel/tracing/trace
}

atf_test_case devices
devices_head()
{
	atf_set descr "Making a node for the machine's disk, memory, messages"
}
devices_body()
{
	both "$ESC/files" node
}

atf_test_case node_found
node_found_head()
{
	atf_set descr "A node that lay in the jail's directory before"
}
node_found_body()
{
	local disk

	root_new root
	# the machine's first disk, or a number of one
	disk=$(awk 'NR > 2 && NF { print $1, $2; exit }' /proc/partitions)
	# shellcheck disable=SC2086 # two words
	atf_check mknod -m 666 root/disk b ${disk:-8 0}
	atf_check mknod -m 666 root/kmsg c 1 11
	weak_jail w path="$PWD/root"
	must_escape jexec w "$ESC/files" node /kmsg
	if "$ESC/files" node root/disk | grep -q ^escaped; then
		must_escape jexec w "$ESC/files" node /disk
	else
		cannot "the machine's root may not open its disk either"
	fi
	atf_check jail -r w
	for v in "" vnet; do
		KIND="directory $v"
		# shellcheck disable=SC2086 # words
		plain_jail d path="$PWD/root" $v
		must_hold jexec d "$ESC/files" node /kmsg
		must_hold jexec d "$ESC/files" node /disk
		atf_check jail -r d
	done
}

atf_test_case handles
handles_head()
{
	atf_set descr "Files by handle instead of by path (shocker)"
}
handles_body()
{
	local h

	root_new root
	echo the-secret >secret
	chmod 600 secret
	h=$("$ESC/files" handle secret) || atf_fail "no handle: $h"
	weak_jail w path="$PWD/root"
	must_escape jexec w "$ESC/files" open "$h"
	grep -q the-secret verdict.out || atf_fail "another file"
	atf_check jail -r w
	for v in "" vnet; do
		KIND="directory $v"
		# shellcheck disable=SC2086 # words
		plain_jail d path="$PWD/root" $v
		must_hold jexec d "$ESC/files" open "$h"
		atf_check jail -r d
	done
}

# A directory that everybody may write to, on the host and in the jail.
shared_dir()
{
	mkdir -p "$1"
	mount -t tmpfs -o mode=1777 tmpfs "$1" || atf_fail "mount $1"
}

atf_test_case setuid
setuid_head()
{
	atf_set descr "A set-user-id program left where the host's users look"
}
setuid_body()
{
	need setpriv
	shared_dir /tmp/shared
	weak_jail w path=/
	atf_check jexec w "$ESC/files" setuid /tmp/shared/w
	must_escape as_user /tmp/shared/w whoami
	atf_check jail -r w
	for v in "" vnet; do
		KIND="path=/ $v"
		# shellcheck disable=SC2086 # words
		plain_jail d path=/ $v
		atf_check jexec d "$ESC/files" setuid "/tmp/shared/d$v"
		must_hold as_user "/tmp/shared/d$v" whoami
		atf_check jail -r d
	done
}
as_user()
{
	setpriv --reuid 12345 --regid 12345 --clear-groups "$@"
}

atf_test_case links
links_head()
{
	atf_set descr "A second name for a file of the host's"
}
links_body()
{
	[ "$(cat /proc/sys/fs/protected_hardlinks)" = 1 ] ||
	    atf_skip "the host lets anybody link to anything"
	shared_dir /tmp/shared
	echo secret >/tmp/shared/secret
	chmod 600 /tmp/shared/secret
	weak_jail w path=/
	must_escape jexec w "$ESC/files" link /tmp/shared/secret /tmp/shared/w
	atf_check jail -r w
	for v in "" vnet; do
		KIND="path=/ $v"
		# shellcheck disable=SC2086 # words
		plain_jail d path=/ $v
		must_hold jexec d "$ESC/files" link /tmp/shared/secret \
		    /tmp/shared/d
		atf_check jail -r d
	done
}

atf_init_test_cases()
{
	for n in $NAMES; do
		atf_add_test_case "$n"
	done
	atf_add_test_case release_agent
	atf_add_test_case settings
	atf_add_test_case secrets
	atf_add_test_case devices
	atf_add_test_case node_found
	atf_add_test_case handles
	atf_add_test_case setuid
	atf_add_test_case links
}
