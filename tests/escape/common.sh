# shellcheck shell=sh
#
# common: what the escape tests share.  tests/system/common.sh comes first:
# each case runs in a box, so the "host" that a jail must not reach is the
# box, and nothing here touches the machine.
#
# How to write a test of a way out.  The attack is a small program
# tests/escape/NAME.c (a line in meson.build; static, escape.h has what it
# needs), or shell.  It tries for real what was published, and prints one line:
#
#	escaped: WHAT    held: WHAT    broken: WHAT
#
# A case shows it both ways:
#
#	atf_test_case sysrq
#	sysrq_head()
#	{
#		atf_set descr "Writing to the host's sysrq-trigger"
#	}
#	sysrq_body()
#	{
#		weak_jail w path=/
#		must_escape jexec w "$ESC/sysrq"
#		each_jail sysrq_held
#	}
#	sysrq_held()
#	{
#		must_hold jexec "$1" "$ESC/sysrq"
#	}
#
# must_escape runs it against a jail (or a runtime, see below) without the
# wall in question: a test that cannot fail proves nothing.  must_hold runs it
# against a jail as anybody makes it, once for each kind of jail that each_jail
# makes: path=/ and a directory, with a vnet and without.  A case whose attack
# cannot succeed on this kernel says so by `cannot "WHY"` instead, and proves
# the mechanism otherwise.
#
#   weak_jail NAME PARAM...   with the host's users and every wall off
#   plain_jail NAME PARAM...  as `jail -c` makes it
#   each_jail FUNCTION [PARAM...]  FUNCTION NAME in each kind of plain jail;
#                             $KIND says which, $ROOT is its root directory,
#                             empty for path=/
#   each_kind FUNCTION        the same with path=/ alone
#   over EACH ATTACK...       all of that, for an attack that needs no more
#   stack_new, each_addressed, lines  for jails that share the box's addresses,
#                             at the end of this file
#   root_new DIR              a root directory with busybox and the attacks
#   own_runtime               run cellblock from a copy that is the box's own,
#                             for attacks on the program itself
#   init_pid NAME             its first process, as the box sees it
#   watched NAME "ATTACK" COMMAND...  ATTACK in the jail while COMMAND is run
#                             again and again outside, until $ROOT/tmp/caught
#                             is there or 4 seconds are over
#
# $ESC/NAME is an attack, the same path in the box and in every root.
# naive(1) there is a runtime as they were before they were attacked: it joins
# a jail's namespaces without one of the protections (naive.c says which), for
# attacks on the joining of a jail, which no parameter of a jail can weaken.

# shellcheck source=tests/system/common.sh
. "$(atf_get_srcdir)/../system/common.sh" || exit

ESC=/tmp/escape
export ESC

# Attacks lie where the jail's root, nobody to the box, may execute them.
if [ -n "$CELLBLOCK_BOX" ] && ! [ -e "$ESC" ]; then
	mkdir -p "$ESC"
	for f in "$CB_BUILD"/tests/escape/attacks/*; do
		[ -f "$f" ] && [ -x "$f" ] && cp "$f" "$ESC/"
	done
	chmod 755 "$ESC" "$ESC"/*
fi

weak_jail()
{
	local name

	name=$1
	shift
	jail -q -c name="$name" persist host.users=inherit \
	    host.unconfined=syscalls,caps,files,devices "$@" ||
	    atf_fail "the weakened jail $name: jail -c $*"
}

plain_jail()
{
	local name

	name=$1
	shift
	jail -q -c name="$name" persist "$@" || atf_fail "jail $name: $*"
}

# root_new DIR: what a jail needs to run a shell, and the attacks.
root_new()
{
	local app

	need busybox
	mkdir -p "$1/bin" "$1/etc" "$1/root" "$1/tmp/escape" "$1/proc" \
	    "$1/dev" "$1/sys" "$1/run" || atf_fail "$1"
	chmod 1777 "$1/tmp"
	cp "$(command -v busybox)" "$1/bin/busybox"
	for app in $(busybox --list); do
		[ -e "$1/bin/$app" ] || ln -s busybox "$1/bin/$app"
	done
	cat >"$1/etc/passwd" <<-END
	root:x:0:0::/root:/bin/sh
	daemon:x:1:1::/:/bin/sh
	nobody:x:65534:65534::/:/bin/sh
	END
	printf 'root:x:0:\ndaemon:x:1:\nnogroup:x:65534:\n' >"$1/etc/group"
	cp "$ESC"/* "$1/tmp/escape/"
}

each_jail()
{
	local fn root

	fn=$1
	shift
	root=$PWD/root
	[ -d "$root" ] || root_new "$root"
	for KIND in "path=/" "path=/ vnet" "path=$root" "path=$root vnet"; do
		# emulated, in the time that CI has, two of the four
		case ${CB_FEW:+few }$KIND in
		"few path=/" | "few path=$root vnet") continue ;;
		esac
		ROOT=${KIND#path=}
		ROOT=${ROOT% vnet}
		ROOT=${ROOT%/}
		# shellcheck disable=SC2086 # words
		plain_jail d $KIND "$@"
		KIND="$KIND $*"
		"$fn" d
		jail -r d || atf_fail "jail -r of $KIND"
	done
}

own_runtime()
{
	local f

	cp -r "$CB_BUILD/rt" /tmp/runtime
	mkdir /tmp/runtime-bin
	for f in /tmp/runtime/bin/*; do
		ln -s ../runtime/cellblock "/tmp/runtime-bin/${f##*/}"
	done
	PATH=/tmp/runtime-bin:$PATH
}

init_pid()
{
	sed -n 's/^init = "\([0-9]*\)".*/\1/p' \
	    "/run/cellblock/jails/$(jls -j "$1" jid)/life"
}

# The attack says "ready" when it watches, and has 5 seconds in all.
watched()
{
	local attack end jail pid

	jail=$1
	attack=$2
	shift 2
	rm -f "$ROOT/tmp/caught" watch.out
	# shellcheck disable=SC2086 # words
	jexec "$jail" $attack >watch.out 2>&1 &
	pid=$!
	must_wait 5 grep -q ready watch.out
	end=$(($(date +%s) + 4))
	while ! [ -e "$ROOT/tmp/caught" ] && [ "$(date +%s)" -lt "$end" ]; do
		"$@" >/dev/null 2>&1 </dev/null
	done
	wait $pid
	cat watch.out
}

# The attack's one line to $VERDICT; all else it says goes to the log.
attempt()
{
	"$@" >verdict.out 2>verdict.err </dev/null
	VERDICT=$(grep -E '^(escaped|held|broken): ' verdict.out)
	case $VERDICT in
	'' | broken:* | *'
'*)
		cat verdict.out verdict.err
		atf_fail "no verdict ($KIND): $*"
		;;
	esac
	echo "${KIND:-weakened}: $VERDICT"
}

must_escape()
{
	KIND='' ROOT=''
	attempt "$@"
	case $VERDICT in
	escaped:*) ;;
	*) atf_fail "held even where it is weakened: $VERDICT: $*" ;;
	esac
}

must_hold()
{
	attempt "$@"
	case $VERDICT in
	held:*) ;;
	*) atf_fail "$KIND: $VERDICT: $*" ;;
	esac
}

# cannot WHY: in place of must_escape, told in the log (not system/common.sh's).
cannot()
{
	echo "not shown to succeed: $*"
}

# each_kind FUNCTION: as each_jail, for attacks to which the root directory
# makes no difference; a jail less is seconds less in the virtual machine.
each_kind()
{
	for KIND in "path=/" "path=/ vnet"; do
		# shellcheck disable=SC2086 # words
		plain_jail d $KIND
		"$1" d
		atf_check jail -r d
	done
}

# over EACH ATTACK...: it succeeds in a jail without walls, and in none of
# those that EACH (each_jail, each_kind) makes.  What this kernel has not for
# anybody (modules, kexec) is shown where it has.
over()
{
	local kinds

	kinds=$1
	shift
	ATTACK=$*
	weak_jail w path=/
	KIND=
	# shellcheck disable=SC2086 # words
	attempt jexec w $ATTACK
	case $VERDICT in
	escaped:*) ;;
	"held: not in this kernel") cannot "the kernel has none for anybody" ;;
	*) atf_fail "held even where it is weakened: $VERDICT: $*" ;;
	esac
	atf_check jail -r w
	"$kinds" over_held
}
over_held()
{
	# shellcheck disable=SC2086 # words
	must_hold jexec "$1" $ATTACK
}

# --- jails that share the box's addresses

# The stack: the host's addresses, jail d's (10, 11), jail b's (20).
stack_new()
{
	local a

	for a in 192.0.2.1 192.0.2.10 192.0.2.11 192.0.2.20; do
		ip addr add "$a/32" dev lo || atf_fail "$a"
	done
	for a in 2001:db8::1 2001:db8::10 2001:db8::11 2001:db8::20 \
	    ::192.0.2.20 2002:c000:214::1; do
		ip -6 addr add "$a/128" dev lo nodad || atf_fail "$a"
	done
	ip -6 addr add fe80::1/64 dev lo nodad || atf_fail "fe80::1"
	ip route add 239.0.0.0/8 dev lo || atf_fail "route"
	started host.out "$ESC/sharehost" serve
	OWN="192.0.2.10 2001:db8::10"
	export OWN
}

ONE="ip4.addr=192.0.2.10 ip6.addr=2001:db8::10"
TWO="ip4.addr=192.0.2.10,192.0.2.11 ip6.addr=2001:db8::10,2001:db8::11"
# shellcheck disable=SC2034 # of the programs that read this
SIB="ip4.addr=192.0.2.20 ip6.addr=2001:db8::20"

# each_addressed FUNCTION: in every kind of jail with addresses.
each_addressed()
{
	local own root

	own=$OWN
	root=$PWD/root
	[ -d "$root" ] || root_new "$root"
	for KIND in "path=/ $ONE" "path=$root $TWO" \
	    "path=/ $TWO children.max=2" "path=/ $ONE allow.raw_sockets" \
	    "path=$root $ONE host.users=inherit"; do
		case ${CB_FEW:+few }$KIND in
		few*children* | few*users=inherit) continue ;;
		esac
		OWN=$own
		case $KIND in
		*192.0.2.11*) OWN="$own 192.0.2.11 2001:db8::11" ;;
		esac
		# shellcheck disable=SC2086 # words
		plain_jail d $KIND
		"$@" d
		atf_check jail -r d
	done
	OWN=$own
}

# lines VERDICT JAIL TABLE: each with a port that none before it has had.
PORT=4300
lines()
{
	local line

	unset PATIENT
	[ "$1" != must_escape ] || export PATIENT=1
	while read -r line; do
		PORT=$((PORT + 1))
		case $line in
		'') continue ;;
		*portrange*)
			# since Linux 6.3
			"$ESC/share" tcp4 portrange mine | grep -q escaped ||
			    continue
			;;
		esac
		case $line in
		*PORT*) line=${line%PORT*}$PORT${line#*PORT} ;;
		esac
		# shellcheck disable=SC2086 # words
		"$1" jexec "$2" "$ESC/share" $line
	done <<-END
	$3
	END
}
