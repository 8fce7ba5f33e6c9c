#!/bin/sh
# leftovers snapshot FILE BUILD | compare FILE BUILD
#
# What the machine holds that a test could leave behind: interfaces, network
# namespaces, mounts, /run, pinned BPF objects, BPF programs, cgroups of every
# hierarchy, System V IPC and files in /tmp and /dev/shm of users from the
# jails' ranges; and, for compare, processes of such users, processes that run
# a program of BUILD, and those that carry CELLBLOCK_CHECK's value in their
# environment.  compare waits a while for what ends by itself.
set -u

# Where jails' users begin: see src/ns/userns.c and /etc/subuid.
range=1879048192

links() {
	# Names, kinds, addresses; not counters, which change by themselves, nor
	# the devices that a tunnel's module, once loaded, makes everywhere.
	ip -d link | sed 's/ state [A-Z]* / /; s/promiscuity.*//' | awk '
		/^[0-9]/ {
			of_module = $2 ~ /^(sit|tunl|gre|gretap|erspan|ip6tnl|ip6gre|ip_vti|ip6_vti|bond)0[@:]/
		}
		!of_module'
	ip addr | sed -n 's/^ *\(inet6* [^ ]*\).*/\1/p'
}

# Must be exactly as before.
state() {
	echo "== interfaces"
	links
	echo "== network namespaces"
	ip netns list 2>/dev/null
	echo "== mounts"
	awk '{ print $4, $5 }' /proc/self/mountinfo
}

# Must not have grown: what else runs on the machine may take of these away,
# and has its own places in /run.  A box whose process lives is not left.
places() {
	find /run /sys/fs/bpf -xdev 2>/dev/null | grep -vE \
		'^/run/(systemd|user|udev|log|lock|mount|dbus|sudo|credentials|initctl)(/|$)'
	{
		awk '/ - cgroup2? / { print $5 }' /proc/self/mountinfo |
			while read -r cg; do
				find "$cg" -type d 2>/dev/null
			done
		find /tmp -xdev -maxdepth 1 -type d 2>/dev/null
	} | while read -r d; do
		box=${d#*/box-}
		[ "$box" != "$d" ] && [ -d "/proc/${box%%[/-]*}" ] && continue
		case $d in
		*/box-* | */cellblock* | */cbbench-*) echo "$d" ;;
		esac
	done
	"$build/tests/tools/bpflist" 2>/dev/null
	find /tmp /dev/shm -xdev -maxdepth 1 -uid "+$((range - 1))" 2>/dev/null
	for f in msg sem shm; do
		awk -v f=$f -v low=$range '
			NR == 1 { for (i = 1; i <= NF; i++) col[$i] = i; next }
			$col["uid"] >= low { print f, $2, $col["uid"] }
		' "/proc/sysvipc/$f" 2>/dev/null
	done
}

# Processes of ours that still run.
processes() {
	for p in /proc/[0-9]*; do
		[ "${p#/proc/}" = $$ ] && continue
		exe=$(readlink "$p/exe" 2>/dev/null) || continue
		case $exe in
		"$build"/*)
			;;
		*)
			uid=$(stat -c %u "$p" 2>/dev/null) || continue
			if [ "$uid" -ge "$range" ]; then
				[ -n "$(after "$p")" ] || continue
				grep -qx "${p#/proc/}" "$before" && continue
				printf '%s uid %s %s\n' "${p#/proc/}" "$uid" \
					"$(tr '\0' ' ' <"$p/cmdline")"
				continue
			fi
			[ -n "${CELLBLOCK_CHECK:-}" ] || continue
			[ -n "$(after "$p")" ] || continue
			tr '\0' '\n' <"$p/environ" 2>/dev/null |
				grep -qx "CELLBLOCK_CHECK=$CELLBLOCK_CHECK" ||
				continue
			;;
		esac
		printf '%s %s\n' "${p#/proc/}" "$(tr '\0' ' ' <"$p/cmdline")"
	done
}

# Only orphans: what called us and what we call carry the mark too.
after() {
	[ "$(sed 's/.*) . \([0-9]*\) .*/\1/' "$1/stat" 2>/dev/null)" = 1 ] &&
		echo orphan
}

case ${1:-} in
snapshot)
	build=$3
	# A machine may have jails of its own.
	find /proc -maxdepth 1 -uid "+$((range - 1))" -name '[0-9]*' \
		2>/dev/null | sed 's,.*/,,' >"$2.users"
	state >"$2"
	places | sort >"$2.places"
	;;
compare)
	before=$2.users
	build=$(cd "$3" && pwd -P)
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		state >"$2.now"
		more=$(places | sort | comm -13 "$2.places" -)
		procs=$(processes)
		cmp -s "$2" "$2.now" && [ -z "$more$procs" ] && exit 0
		sleep 1
	done
	echo "left behind (- before, + after):"
	diff -U0 "$2" "$2.now" | sed 1,2d
	[ -z "$more" ] || printf 'files and cgroups:\n%s\n' "$more"
	[ -z "$procs" ] || printf 'processes:\n%s\n' "$procs"
	exit 1
	;;
*)
	echo "usage: leftovers snapshot FILE BUILD | compare FILE BUILD" >&2
	exit 2
	;;
esac
