# shellcheck shell=sh
#
# common: what system, golden and lint tests share.
#
# How to write a test.  A test program is an ATF shell script
# tests/system/NAME_test.sh; add 'NAME' to tests/system/meson.build.
#
#	#! /usr/bin/env atf-sh
#	# What this program tests, in one sentence.
#	. "$(atf_get_srcdir)/common.sh" || exit
#
#	atf_test_case ping
#	ping_head()
#	{
#		atf_set descr "Two vnet jails on a bridge reach each other"
#		atf_set timeout 30
#	}
#	ping_body()
#	{
#		atf_check -o inline:"epair0a\n" ifconfig epair create
#		...
#	}
#
#	atf_init_test_cases()
#	{
#		atf_add_test_case ping
#	}
#
# Run it alone:
#	kyua test -k tests/Kyuafile --build-root=build/tests system/NAME_test
#	kyua debug -k tests/Kyuafile --build-root=build/tests \
#	    system/NAME_test:ping
# or without Kyua: build/tests/system/NAME_test -s build/tests/system ping
#
# Sourcing this file puts each test case, as a whole, into a box of its own
# (tests/tools/box.c): root in new net, mount, pid, uts, ipc and cgroup
# namespaces, with lo up, empty /run and /tmp, its own /sys and cgroup tree.
# So a body may create, break and leave whatever it likes: nothing reaches the
# machine, nothing stays, and test cases run in parallel.  Kernel settings
# that are not per namespace stay forbidden.  A body's working directory is
# empty and writable.  build/bin comes first in PATH: `ifconfig`, `jail`,
# `route`, `sysctl` are cellblock's; the machine's own sysctl(8) and route(8)
# are /usr/sbin/sysctl and so on.
#
# A test checks what a user sees: exit status, exact output, packets that
# arrive and packets that must not.  Sleep never; poll with wait_for.
#
# Golden and lint tests source ../system/common.sh; one that needs no box sets
# CB_NO_BOX=1 before.
#
# What only Debian's own kernel can show (bonding, wireguard, cgroup2 as the
# only hierarchy, 6.1) is tested in a virtual machine: in the head of a case,
#
#	vm_only "the machine's kernel has no bonding"
#	vm_also "kernel 6.1 has its own idea of idmapped mounts"
#
# `make check-vm` runs all cases in there, .ci/run these two kinds.  Elsewhere
# a vm_only case is skipped with its reason.  CB_VM is set in the machine.
#
# Variables: CB_SRC source tree, CB_BUILD build tree, CB_BIN the commands,
# CB_TOOLS helper programs (also in PATH, last), CB_SLOW how many times longer
# all takes on an emulated processor.

CB_BUILD=$(cd "$(dirname "$0")/../.." && pwd -P)
CB_TOOLS=$CB_BUILD/tests/tools
CB_BIN=${CELLBLOCK_BIN:-$CB_BUILD/bin}
CB_SRC=$(sed -n 's/^source=//p' "$CB_BUILD/tests/where")
PATH=$CB_BIN:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
PATH=$PATH:$CB_TOOLS
LC_ALL=C.UTF-8
TERM=dumb
TZ=UTC
export CB_BUILD CB_TOOLS CB_BIN CB_SRC PATH LC_ALL TERM TZ
unset COLUMNS NO_COLOR CELLBLOCK_DIE_AT CELLBLOCK_STOP_AT
umask 022

# Go into a box, unless in one already or only asked for the list of cases.
# The directories Kyua gave us, the source and the build stay visible in it.
cb_enter_box()
{
	local arg next prog keep

	prog=$(cd "$(dirname "$0")" && pwd -P)/$(basename "$0")
	keep=$(pwd -P)
	next=
	for arg in "$@"; do
		case $arg in
		-l)
			return 0
			;;
		-r)
			next=1
			continue
			;;
		-r*)
			next=1
			arg=${arg#-r}
			;;
		esac
		if [ -n "$next" ]; then
			keep=$(cd "$(dirname "$arg")" && pwd -P)
			next=
		fi
	done
	exec "$CB_TOOLS/box" -k "$keep" -k "$(pwd -P)" -k "$CB_SRC" \
	    -k "$CB_BUILD" -- "$prog" "$@"
}

if [ -z "$CELLBLOCK_BOX" ] && [ -z "$CB_NO_BOX" ] && [ $# -gt 0 ]; then
	[ "$(id -u)" = 0 ] || [ "$1" = -l ] || {
		echo "$0: must be run as root" >&2
		exit 1
	}
	cb_enter_box "$@"
fi

# vm_also WHY, vm_only WHY: see above; for heads.  vm_only puts another body in
# the place of the case's, which is read later.
vm_also()
{
	atf_set X-vm "$*"
}

vm_only()
{
	vm_also "$*"
	[ -z "${CB_VM:-}" ] || return 0
	# shellcheck disable=SC2034 # read in the new body
	CB_VM_WHY=$*
	# shellcheck disable=SC2154 # libatf-sh's
	eval "${Test_Case}_body() {
		atf_skip \"needs the virtual machine (make check-vm):\" \
		    \"\$CB_VM_WHY\"
	}"
}

# wait_for SECONDS COMMAND...: run it (output dropped) until it succeeds.
wait_for()
{
	local n

	n=$(($1 * 20 * ${CB_SLOW:-1}))
	shift
	while ! "$@" >/dev/null 2>&1; do
		n=$((n - 1))
		[ "$n" -gt 0 ] || return 1
		sleep 0.05
	done
}

# must_wait SECONDS COMMAND...: as wait_for; the test case fails if it ends.
# SECONDS is what it takes at most on an idle machine; a busy one has more.
must_wait()
{
	local limit

	limit=$(($1 * 6))
	shift
	# ATF takes one line; a script's newlines are blanks in it
	wait_for $limit "$@" || {
		atf_fail "not within the time: $(echo "$*" | tr -s '\n\t' '  ')"
	}
}

# make_jail NAME PARAMETER...: a jail of the whole root, that stays.
make_jail()
{
	local name=$1

	shift
	atf_check jail -c path=/ persist name="$name" "$@"
}

# own_etc: /etc and /usr/local of the box's own: no rc.conf in the one, only
# empty directories in the other.
own_etc()
{
	cp -a /etc etc
	mount --bind etc /etc
	rm -f /etc/rc.conf /etc/rc.conf.local /etc/rc.subr
	mkdir -p local/etc/rc.d local/sbin local/bin
	mount --bind local /usr/local
}

# can JAIL ATTEMPT...: it works in there (tests/tools/attempt.c)
can()
{
	local jail=$1

	shift
	atf_check -o inline:"ok\n" jexec "$jail" "$CB_TOOLS/attempt" "$@"
}

# cannot ERRNO JAIL ATTEMPT...
cannot()
{
	local code=$1 jail=$2

	shift 2
	atf_check -s exit:1 -o inline:"$code\n" \
	    jexec "$jail" "$CB_TOOLS/attempt" "$@"
}

# need PROGRAM...: skip the test case when one is not installed.
need()
{
	local p

	for p in "$@"; do
		command -v "$p" >/dev/null || atf_skip "$p is not installed"
	done
}

# need_link KIND: skip when the kernel cannot make such an interface.
need_link()
{
	ip link add cbneed0 type "$1" 2>/dev/null ||
	    atf_skip "the kernel has no $1 interfaces"
	ip link del cbneed0
}

# netns_new NAME: another machine, as a network namespace with lo up, for
# `ip -n NAME ...` and `ip netns exec NAME ...`.
netns_new()
{
	ip netns add "$1" && ip -n "$1" link set lo up
}

# started FILE COMMAND...: run it in the background, its output to FILE, and
# wait until it has said its first line ("ready", "connected").  Its pid is $!.
# For peer and sniff (tests/tools/*.c say what they can).
started()
{
	local file

	file=$1
	shift
	# What an earlier command wrote there is not this one's word.
	rm -f "$file"
	"$@" >"$file" 2>&1 &
	wait_for 30 test -s "$file" || atf_fail "no word from: $*"
}

# box_state FILE: everything the machine (here: the box) holds that a command
# could leave behind.  Compare two with box_same.
box_state()
{
	{
		echo "== links"
		# Counters, index and times change by themselves; names, kinds
		# and addresses do not.
		ip -d link | sed 's/ state [A-Z]* / /; s/promiscuity.*//'
		ip addr | sed -n 's/^ *\(inet6* [^ ]*\).*/\1/p'
		ip route show table all
		echo "== netns"
		ip netns list 2>/dev/null
		echo "== mounts"
		awk '{ print $4, $5 }' /proc/self/mountinfo
		echo "== files"
		# /run/mount is where mount(8) keeps its notes.
		find /run /sys/fs/bpf -xdev 2>/dev/null |
		    grep -v '^/run/mount' | sort
		echo "== cgroups"
		find /sys/fs/cgroup -fstype cgroup2 -type d 2>/dev/null | sort
		echo "== processes"
		cb_processes
	} >"$1"
}

# Command lines of the processes here, without this shell's own helpers.
cb_processes()
{
	local own line p

	own=$(tr '\0' ' ' </proc/$$/cmdline)
	for p in /proc/[0-9]*/cmdline; do
		line=$(tr '\0' ' ' 2>/dev/null <"$p") || continue
		case $line in
		'' | "$own" | 'tr '* | 'sort ') ;;
		*) echo "$line" ;;
		esac
	done 2>/dev/null | sort
}

# box_same BEFORE: fail if the box now differs from the state in BEFORE.
# What ends by itself (reapers, the kernel's own cleaning) has some time.
box_same()
{
	wait_for 30 cb_same_now "$1" || {
		diff -u "$1" "$1.now"
		atf_fail "something was left behind"
	}
}

cb_same_now()
{
	box_state "$1.now"
	cmp -s "$1" "$1.now"
}

# Netgraph's brokers die at once; the next command has another.
kill_brokers()
{
	local p killed=

	for p in /proc/[0-9]*; do
		grep -qs cellblock-netgraph "$p/cmdline" || continue
		kill -9 "${p#/proc/}" && killed=y
	done
	# one that has nothing to do ends by itself, two seconds later
	[ "$killed${CB_SLOW:-}" ] || atf_fail "no broker to kill"
}

# a_hub: a hub that stays, named h, its hook a free for use.
a_hub()
{
	ngctl -f - <<-'EOF' || atf_fail "no hub"
		mkpeer . hub x a
		msg .x setpersistent
		name .x h
	EOF
}

# eiface_jail NAME N: a vnet jail with the interface of an eiface node of its
# name, 10.0.0.N and 02:00:00:00:00:0N, not connected; called nic0 in the jail.
eiface_jail()
{
	local ifname

	ngctl -f - <<-EOF || atf_fail "no eiface"
		mkpeer . eiface x ether
		name .x $1
		msg .x set 02:00:00:00:00:0$2
	EOF
	ifname=$(ngctl msg "$1:" getifname |
	    awk '$1 == "Args:" { gsub("\"", ""); print $2 }')
	make_jail "$1" vnet vnet.interface="$ifname" allow.raw_sockets
	atf_check -o inline:"nic0\n" jexec "$1" ifconfig "$ifname" name nic0
	atf_check jexec "$1" ifconfig nic0 "10.0.0.$2/24" up
}
# eiface_jails A B ...: one each, numbered from 1.
eiface_jails()
{
	local name n=0

	for name; do
		n=$((n + 1))
		eiface_jail "$name" $n
	done
}

# jail_reaches A N: jail A gets an answer from 10.0.0.N; jail_lost A N: none.
jail_reaches()
{
	wait_for 10 jexec "$1" ping -q -c 1 -W 1 "10.0.0.$2" ||
	    atf_fail "$1 does not reach 10.0.0.$2"
}
jail_lost()
{
	atf_check -s exit:1 -o ignore jexec "$1" ping -q -c 2 -i 0.2 -W 1 \
	    "10.0.0.$2"
}
