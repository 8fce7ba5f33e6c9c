# shellcheck shell=sh
#
# pf_common: what the tests of pf against packets share: machines around this
# one, a ruleset, and who reaches whom.  Sourced after common.sh.

# Three machines: a (10.0.0.2, fd00::2), this one in the middle as a router
# (ra 10.0.0.1, rc 10.0.1.1), c (10.0.1.2).
net3()
{
	netns_new a
	netns_new c
	ip link add ra type veth peer name e0 netns a
	ip link add rc type veth peer name e0 netns c
	ip addr add 10.0.0.1/24 dev ra
	ip addr add 10.0.1.1/24 dev rc
	ip addr add fd00::1/64 dev ra nodad
	ip link set ra up
	ip link set rc up
	ip -n a addr add 10.0.0.2/24 dev e0
	ip -n a addr add fd00::2/64 dev e0 nodad
	ip -n a link set e0 up
	ip -n a route add default via 10.0.0.1
	ip -n c addr add 10.0.1.2/24 dev e0
	ip -n c link set e0 up
	ip -n c route add default via 10.0.1.1
	echo 1 >/proc/sys/net/ipv4/ip_forward
}

# net3, with pf
on()
{
	net3
	atf_check -e inline:"pf enabled\n" pfctl -e
}

# rules [-a ANCHOR]: load what is on stdin.
rules()
{
	cat >pf.conf
	atf_check -e ignore pfctl -q "$@" -f pf.conf
}

# at WHERE COMMAND...: WHERE is one of the machines, or - (this one).
at()
{
	local where=$1

	shift
	[ "$where" = - ] && { "$@"; return; }
	ip netns exec "$where" "$@"
}

# pings FROM ADDR [-I SOURCE], no_ping
pings()
{
	local from=$1

	shift
	at "$from" ping -q -c 1 -W 5 "$@" >/dev/null ||
	    atf_fail "$from gets no answer: $*"
}
no_ping()
{
	local from=$1

	shift
	at "$from" ping -q -c 1 -W 0.3 "$@" >/dev/null &&
	    atf_fail "$from gets an answer: $*"
	return 0
}

# serve WHERE PROTO ADDR PORT: echoes until the case ends.
serve()
{
	started "serve.$1.$2.$4" ip netns exec "$1" "$CB_TOOLS/peer" serve \
	    "$2" "$3" "$4"
}
serve_here()
{
	started "serve.$1.$3" "$CB_TOOLS/peer" serve "$1" "$2" "$3"
}

# talks FROM PROTO ADDR PORT; refused, silent: why it does not.
talks()
{
	at "$1" "$CB_TOOLS/peer" probe "$2" -t 5000 "$3" "$4" ||
	    atf_fail "$1 does not reach $3:$4"
}
refused()
{
	at "$1" "$CB_TOOLS/peer" probe "$2" -t 5000 "$3" "$4" 2>why &&
	    atf_fail "$1 reaches $3:$4"
	grep -q refused why || atf_fail "$(cat why)"
}
# Sending what may not go out is an error at once.
stopped()
{
	at "$1" "$CB_TOOLS/peer" probe "$2" -t 5000 "$3" "$4" 2>why &&
	    atf_fail "$1 reaches $3:$4"
	grep -Eq "refused|not permitted" why || atf_fail "$(cat why)"
}
silent()
{
	at "$1" "$CB_TOOLS/peer" probe "$2" -t 300 "$3" "$4" 2>why &&
	    atf_fail "$1 reaches $3:$4"
	! grep -q refused why || atf_fail "$(cat why)"
}

# holds NAME FROM PORT [SOURCE]: a connection that stays, and is seen to.
holds()
{
	local src=${4:-10.0.0.2}

	started "$1" ip netns exec "$2" "$CB_TOOLS/peer" hold tcp -s "$src" \
	    10.0.1.2 "$3"
	grep -q connected "$1" || atf_fail "$(cat "$1")"
}
