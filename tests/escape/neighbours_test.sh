#! /usr/bin/env atf-sh
# Jails that share a stack with the host and with each other: sockets passed
# on, ports that others want, addresses that change hands, and the programs
# that keep all of them apart.
. "$(atf_get_srcdir)/common.sh" || exit

# --- sockets of others'

atf_test_case passed
passed_head()
{
	atf_set descr "Sockets passed on keep the rights of their maker's jail"
}
passed_body()
{
	local t

	stack_new
	# shellcheck disable=SC2086 # words
	plain_jail d path=/ $ONE
	# shellcheck disable=SC2086 # words
	plain_jail b path=/ $SIB
	for t in tcp4 udp4; do
		started "host.$t" "$ESC/share" $t give "/tmp/host.$t"
		started "d.$t" jexec d "$ESC/share" $t give "/tmp/d.$t"
		started "b.$t" jexec b "$ESC/share" $t give "/tmp/b.$t"
	done
	# what the host gives it has given, as on FreeBSD: b's address is free
	# to the host's socket
	must_escape jexec d "$ESC/share" get /tmp/host.tcp4 \
	    bind 192.0.2.20 connect 192.0.2.1 send
	must_escape jexec d "$ESC/share" get /tmp/host.udp4 \
	    bind 192.0.2.20 sendto 192.0.2.1
	# a sibling's is good for that sibling's address, no other
	KIND="a sibling's"
	OWN="192.0.2.20 2001:db8::20"
	for t in tcp4 udp4; do
		must_hold jexec d "$ESC/share" get /tmp/b.$t \
		    bind 192.0.2.1 connect 192.0.2.1 send
		must_hold jexec d "$ESC/share" get /tmp/b.$t \
		    bind 192.0.2.10 connect 192.0.2.1 send
		must_hold jexec d "$ESC/share" get /tmp/b.$t \
		    connect 127.0.0.1 send
	done
	# and a jail's is no better in the hands of others: not the sibling's,
	# not the host's
	KIND="the jail's"
	OWN="192.0.2.10 2001:db8::10"
	for t in tcp4 udp4; do
		must_hold jexec b "$ESC/share" get /tmp/d.$t \
		    bind 192.0.2.20 connect 192.0.2.1 send
		must_hold "$ESC/share" get /tmp/d.$t \
		    bind 192.0.2.1 connect 192.0.2.1 send
		must_hold "$ESC/share" get /tmp/d.$t connect 127.0.0.1 send
	done
}

atf_test_case orphan
orphan_head()
{
	atf_set descr "A socket that has outlived its jail, in a sibling's hands"
}
orphan_body()
{
	local t

	stack_new
	# shellcheck disable=SC2086 # words
	plain_jail b path=/ $SIB
	for c in "$ONE" "$TWO"; do
		# shellcheck disable=SC2086 # words
		plain_jail d path=/ $c
		for t in tcp4 udp4 udp6; do
			rm -f /tmp/d.$t /tmp/b.$t
			started "d.$t" jexec d "$ESC/share" $t give "/tmp/d.$t"
			started "b.$t" jexec b "$ESC/share" get "/tmp/d.$t" \
			    give "/tmp/b.$t"
		done
		atf_check jail -r d
		KIND="of a jail that is gone"
		OWN=
		for t in tcp4 udp4 udp6; do
			must_hold jexec b "$ESC/share" get /tmp/b.$t \
			    bind ::ffff:192.0.2.1 mine
			must_hold jexec b "$ESC/share" get /tmp/b.$t \
			    bind 192.0.2.1 mine
			must_hold jexec b "$ESC/share" get /tmp/b.$t \
			    connect 127.0.0.1 send
			must_hold jexec b "$ESC/share" get /tmp/b.$t \
			    connect 192.0.2.1 send
		done
		must_hold jexec b "$ESC/share" get /tmp/b.udp4 \
		    sendto 192.0.2.1
		must_hold jexec b "$ESC/share" get /tmp/b.udp6 \
		    sendto ::ffff:192.0.2.1
		OWN="192.0.2.10 2001:db8::10"
		must_hold jexec b "$ESC/share" get /tmp/b.tcp4 listen hear
		must_hold jexec b "$ESC/share" get /tmp/b.udp4 try send hear
	done
}

atf_test_case early
early_head()
{
	atf_set descr "A socket made before the process is in the jail's cgroup"
}
early_body()
{
	stack_new
	# shellcheck disable=SC2086 # words
	plain_jail w path=/ $ONE
	for t in tcp4 udp4; do
		must_escape "$ESC/naive" -c "$(tree w)/cgroup.procs" \
		    "$(init_pid w)" "$ESC/share" $t moved \
		    bind 192.0.2.20 connect 192.0.2.1 send
	done
	atf_check jail -r w
	each_addressed early_held
}
early_held()
{
	must_hold jexec "$1" "$ESC/share" tcp4 moved \
	    bind 192.0.2.20 connect 192.0.2.1 send
	must_hold jexec -u nobody "$1" "$ESC/share" tcp4 moved \
	    connect 127.0.0.1 send
	# shellcheck disable=SC2086 # words
	must_hold jail -q -c name=e ${KIND%%ip4*} $SIB \
	    exec.start="$ESC/share tcp4 moved connect 127.0.0.1 send"
	# shellcheck disable=SC2086 # words
	must_hold jail -q -c name=e ${KIND%%ip4*} $SIB \
	    command="$ESC/share" tcp4 moved connect 127.0.0.1 send
}

tree()
{
	echo "$(sed -n 's/^cgroup = "\(.*\)".*/\1/p' \
	    "/run/cellblock/jails/$(jls -j "$1" jid)/life")/tree"
}

# --- ports of others'

STEALS='
udp4 reuseaddr bind 192.0.2.20/4206 hear
udp4 reuseaddr bind any/4206 hear
udp6 reuseaddr bind any/4206 hear
tcp4 reuseport bind any/4206 listen hear
tcp6 reuseport bind any/4206 listen hear
tcp4 reuseaddr reuseport bind 192.0.2.1/4206 listen hear'

# Where the host listens on the wildcard.
STEALS_HOST='
udp4 reuseaddr bind any/4214 hear
udp4 reuseport bind any/4215 hear
udp6 reuseaddr bind any/4216 hear
tcp4 reuseaddr reuseport bind any/4217 listen hear'

# Servers that would step aside for others: of jail b at 4206, of the host.
victims()
{
	started tcp.out "$@" "$ESC/share" tcp4 reuseport \
	    bind 192.0.2.20/4206 listen stay
	started udp.out "$@" "$ESC/share" udp4 reuseaddr \
	    bind 192.0.2.20/4206 stay
}
victims_host()
{
	started host4214.out "$ESC/share" udp4 reuseaddr bind any/4214 stay
	started host4215.out "$ESC/share" udp4 reuseport bind any/4215 stay
	started host4216.out "$ESC/share" udp6 reuseaddr bind any/4216 stay
	started host4217.out "$ESC/share" tcp4 reuseport bind any/4217 \
	    listen stay
}

atf_test_case steal
steal_head()
{
	atf_set descr "SO_REUSEPORT and SO_REUSEADDR where others listen"
}
steal_body()
{
	stack_new
	victims_host
	weak_jail v path=/
	weak_jail w path=/
	victims jexec v
	lines must_escape w "$STEALS"
	lines must_escape w "$STEALS_HOST"
	atf_check jail -r w
	atf_check jail -r v
	# shellcheck disable=SC2086 # words
	plain_jail b path=/ $SIB
	victims jexec b
	each_addressed steal_held
	# of the same user as the host's servers, and with a true wildcard
	# shellcheck disable=SC2086 # words
	plain_jail d path=/ $TWO host.users=inherit
	KIND="two addresses, the host's users"
	OWN="$OWN 192.0.2.11 2001:db8::11"
	steal_held d
}
steal_held()
{
	local p

	lines must_hold "$1" "$STEALS"
	lines must_hold "$1" "$STEALS_HOST"
	: >tcp.out
	: >udp.out
	"$ESC/sharehost" probe 4206 >probe.out
	atf_check -o inline:"tcp 192.0.2.20\n" cat probe.out
	must_wait 5 grep -q '^to 192.0.2.20$' tcp.out
	must_wait 5 grep -q '^to 192.0.2.20$' udp.out
	for p in 4214 4215 4216 4217; do
		: >host$p.out
		"$ESC/sharehost" probe $p >/dev/null
		must_wait 5 grep -q '^to 192.0.2.1$' host$p.out
	done
	# while it sits there, if it may
	for p in 4214 4216; do
		jexec "$1" "$ESC/share" udp4 reuseaddr bind any/$p stay \
		    >sits.out 2>&1 &
		must_wait 5 test -s sits.out
		: >host$p.out
		"$ESC/sharehost" probe $p >/dev/null
		must_wait 5 grep -q '^to 192.0.2.1$' host$p.out
		! grep -e 'to 192.0.2.1$' -e 'to 127' sits.out ||
		    atf_fail "$KIND: port $p: $(cat sits.out)"
	done
}

# The host's and another jail's daemons start where it listens already.
atf_test_case after
after_head()
{
	atf_set descr "Sitting on ports that others' daemons want"
}
after_body()
{
	stack_new
	weak_jail w path=/
	started w.out jexec w "$ESC/share" tcp4 reuseaddr \
	    bind any/4207 listen stay
	"$ESC/sharehost" take 4207 | grep -q 'tcp4 Address already in use' ||
	    atf_fail "the host's daemon starts all the same"
	atf_check jail -r w
	each_addressed after_held
}
after_held()
{
	local f host

	started d4.out jexec "$1" "$ESC/share" tcp4 reuseaddr \
	    bind any/4207 listen stay
	started d6.out jexec "$1" "$ESC/share" tcp6 v6only reuseport \
	    bind any/4207 listen stay
	started du.out jexec "$1" "$ESC/share" udp4 bind any/4208 stay
	# shellcheck disable=SC2086 # words
	plain_jail b path=/ $SIB
	started b4.out jexec b "$ESC/share" tcp4 reuseaddr bind any/4207 \
	    listen stay
	started bu.out jexec b "$ESC/share" udp4 bind any/4208 stay
	"$ESC/sharehost" take 4207 >take.out
	cat take.out
	grep -q '^tcp4 ok' take.out || atf_fail "the host's daemon, IPv4"
	grep -q '^tcp6 ok' take.out || atf_fail "the host's daemon, IPv6"
	# datagrams: who is let in hears what is for him
	started ds.out jexec "$1" "$ESC/share" udp4 reuseaddr bind any/4218 \
	    stay
	"$ESC/share" udp4 reuseaddr bind any/4218 stay >hs.out 2>&1 &
	host=$!
	must_wait 5 grep -q ^ready hs.out
	"$ESC/sharehost" probe 4218 >/dev/null
	must_wait 5 grep -q '^to 192.0.2.1$' hs.out
	"$ESC/sharehost" probe 4207 >/dev/null
	"$ESC/sharehost" probe 4208 >/dev/null
	must_wait 5 grep -q '^to 192.0.2.20$' b4.out
	must_wait 5 grep -q '^to 192.0.2.20$' bu.out
	for f in d4 du; do
		must_wait 5 grep -q '^to 192.0.2.10$' $f.out
	done
	! grep -e '^to 192.0.2.1$' -e '^to 192.0.2.20$' -e 'to 127' d?.out ||
	    atf_fail "that is not its own"
	must_wait 5 grep -q '^to 2001:db8::10$' d6.out
	atf_check jail -r b
	kill $host
	wait $host
}

# A listener's place in the host's table is another port; nobody is there.
atf_test_case hidden
hidden_head()
{
	atf_set descr "The port by which the kernel knows a jail's listener"
}
hidden_body()
{
	local port

	stack_new
	# where the port is the one that it says, it can be connected to
	started i.out "$ESC/share" tcp4 bind any listen stay
	port=$(sed -n 's/ready //p' i.out)
	"$ESC/sharehost" probe "$port" >probe.out
	grep -q 'tcp 127.0.0.1' probe.out || atf_fail "port $port"
	kill $!
	each_addressed hidden_held
}
hidden_held()
{
	local n port

	n=0
	"$ESC/sharehost" ports >before
	started d1.out jexec "$1" "$ESC/share" tcp4 reuseaddr \
	    bind any/4209 listen stay
	started d2.out jexec "$1" "$ESC/share" tcp6 reuseaddr \
	    bind any/4210 listen stay
	"$ESC/sharehost" ports >after
	while read -r _ port; do
		n=$((n + 1))
		case $port in 4209 | 4210) continue ;; esac
		"$ESC/sharehost" probe "$port" >probe.out
		! [ -s probe.out ] || atf_fail "$port: $(cat probe.out)"
	done <<-END
	$(grep -vxFf before after)
	END
	[ "$n" -ge 2 ] || atf_fail "$n listeners: $(cat after)"
	# they do listen
	"$ESC/sharehost" probe 4209 | grep -qx 'tcp 192.0.2.10' ||
	    atf_fail "nobody at 4209"
	"$ESC/sharehost" probe 4210 | grep -qx 'tcp 2001:db8::10' ||
	    atf_fail "nobody at 4210"
}

# --- as addresses and jails come and go

# probed FILE...: what is heard at 4211, from now on.
probed()
{
	for f in "$@"; do
		: >"$f"
	done
	"$ESC/sharehost" probe 4211 >probe.out
}

atf_test_case stale
stale_head()
{
	atf_set descr "What a listener or a jail leaves behind when it is killed"
}
stale_body()
{
	local pid

	stack_new
	for kind in "$ONE" "$TWO"; do
		# shellcheck disable=SC2086 # words
		plain_jail d path=/ $kind
		started t.out jexec d "$ESC/share" tcp4 reuseaddr \
		    bind any/4211 listen stay
		pid=$!
		started u.out jexec d "$ESC/share" udp4 bind any/4211 stay
		kill -9 $pid $!
		wait $pid $!
		# the signal went to jexec: the rest goes with the jail, or now
		atf_check jexec d sh -c 'kill -9 -1 2>/dev/null; true'
		# free again, for it and for the host
		started t.out jexec d "$ESC/share" tcp4 reuseaddr \
		    bind any/4211 listen stay
		started u.out jexec d "$ESC/share" udp4 bind any/4211 stay
		probed t.out u.out
		must_wait 5 grep -q '^to 192.0.2.10$' t.out
		must_wait 5 grep -q '^to 192.0.2.10$' u.out
		atf_check jail -r d
		# the addresses are the host's again
		started t.out "$ESC/share" tcp4 reuseaddr bind any/4211 \
		    listen stay
		pid=$!
		probed t.out
		must_wait 5 grep -q '^to 192.0.2.10$' t.out
		kill $pid
		# and another jail's
		# shellcheck disable=SC2086 # words
		plain_jail e path=/ $kind
		started t.out jexec e "$ESC/share" tcp4 reuseaddr \
		    bind any/4211 listen stay
		started u.out jexec e "$ESC/share" udp4 bind any/4211 stay
		probed t.out u.out
		must_wait 5 grep -q '^to 192.0.2.10$' t.out
		must_wait 5 grep -q '^to 192.0.2.10$' u.out
		atf_check jail -r e
	done
}

# --- the programs themselves

atf_test_case lost
lost_head()
{
	atf_set descr "Listeners at an address that the jail has lost"
}
lost_body()
{
	stack_new
	# shellcheck disable=SC2086 # words
	plain_jail d path=/ $TWO
	started t.out jexec d "$ESC/share" tcp4 bind any/4211 listen stay
	started t6.out jexec d "$ESC/share" tcp6 v6only bind any/4211 \
	    listen stay
	started u.out jexec d "$ESC/share" udp4 bind any/4211 stay
	started e.out jexec d "$ESC/share" tcp4 bind 192.0.2.11/4219 \
	    listen stay
	probed t.out t6.out u.out
	for f in t u; do
		must_wait 5 grep -q '^to 192.0.2.10$' $f.out
		must_wait 5 grep -q '^to 192.0.2.11$' $f.out
	done
	"$ESC/sharehost" probe 4219 | grep -qx 'tcp 192.0.2.11' ||
	    atf_fail "nobody at 4219"
	must_wait 5 grep -q '^to 2001:db8::11$' t6.out
	# shellcheck disable=SC2086 # words
	atf_check jail -m name=d $ONE
	probed t.out t6.out u.out
	for f in t u; do
		must_wait 5 grep -q '^to 192.0.2.10$' $f.out
		! grep '192.0.2.11' $f.out || atf_fail "$f: it is lost"
	done
	must_wait 5 grep -q '^to 2001:db8::10$' t6.out
	! grep '2001:db8::11' t6.out || atf_fail "t6: it is lost"
	"$ESC/sharehost" probe 4219 >probe.out
	! [ -s probe.out ] || atf_fail "4219: $(cat probe.out)"
	# who has it now gets what comes
	plain_jail b path=/ ip4.addr=192.0.2.11 ip6.addr=2001:db8::11
	# connections to the other jail's listener have just ended there
	started bt.out jexec b "$ESC/share" tcp4 reuseaddr bind any/4211 \
	    listen stay
	probed t.out bt.out
	must_wait 5 grep -q '^to 192.0.2.11$' bt.out
	must_wait 5 grep -q '^to 192.0.2.10$' t.out
	! grep '192.0.2.11' t.out || atf_fail "t: it is b's"
	atf_check jail -r b
	atf_check jail -r d
	# the first one, where UDP's wildcards are bound, and an address alone
	# shellcheck disable=SC2086 # words
	plain_jail d path=/ $TWO
	started u.out jexec d "$ESC/share" udp4 bind any/4211 stay
	started u6.out jexec d "$ESC/share" udp6 bind any/4212 stay
	started e.out jexec d "$ESC/share" udp4 bind 192.0.2.10/4219 stay
	probed u.out u6.out e.out
	must_wait 5 grep -q '^to 192.0.2.10$' u.out
	"$ESC/sharehost" probe 4212 >/dev/null
	must_wait 5 grep -q '^to 192.0.2.10$' u6.out
	"$ESC/sharehost" probe 4219 >/dev/null
	must_wait 5 grep -q '^to 192.0.2.10$' e.out
	atf_check jail -m name=d ip4.addr=192.0.2.11 ip6.addr=2001:db8::11
	probed u.out u6.out e.out
	: >u6.out
	"$ESC/sharehost" probe 4219 >/dev/null
	"$ESC/sharehost" probe 4212 >/dev/null
	must_wait 5 grep -q '^to 192.0.2.11$' u.out
	must_wait 5 grep -q '^to 192.0.2.11$' u6.out
	must_wait 5 grep -q '^to 2001:db8::11$' u6.out
	for f in u u6 e; do
		! grep -e '192.0.2.10' -e '2001:db8::10' $f.out ||
		    atf_fail "$f: the first is lost"
	done
}

atf_test_case crowd
crowd_head()
{
	atf_set descr "So many sockets that others have no place"
}
crowd_body()
{
	local t

	stack_new
	cannot "the tables have bounds; that they are the jail's own is shown"
	for KIND in "$ONE" "$TWO"; do
		# shellcheck disable=SC2086 # words
		plain_jail d path=/ $KIND
		for t in tcp4 tcp6 udp4 udp6; do
			started d.out jexec d "$ESC/share" $t crowd 20000
			echo "$KIND $t: $(cat d.out)"
		done
		# shellcheck disable=SC2086 # words
		plain_jail b path=/ $SIB
		# reuseaddr: of the first round's connections some wait to end
		started t.out jexec b "$ESC/share" tcp4 reuseaddr \
		    bind any/4211 listen stay
		started u.out jexec b "$ESC/share" udp4 bind any/4211 stay
		started t6.out jexec b "$ESC/share" tcp6 reuseaddr \
		    bind any/4212 listen stay
		probed t.out u.out
		must_wait 5 grep -q '^to 192.0.2.20$' t.out
		must_wait 5 grep -q '^to 192.0.2.20$' u.out
		"$ESC/sharehost" probe 4212 >/dev/null
		must_wait 5 grep -q '^to 2001:db8::20$' t6.out
		atf_check jail -r b
		atf_check jail -r d
	done
}

atf_test_case programs
programs_head()
{
	atf_set descr "The BPF programs and their names, and leaving the cgroup"
}
programs_body()
{
	stack_new
	each_addressed programs_held
}
programs_held()
{
	# what pins them is the host's
	atf_check -s exit:1 jexec "$1" grep ' bpf ' /proc/self/mountinfo
	atf_check -s exit:1 jexec "$1" \
	    test -e /run/cellblock/bpf
	must_hold jexec "$1" "$ESC/kernel" bpf
	case $KIND in
	*children*)
		# cgroups of its own lie below, none above
		atf_check -o inline:"0::/\n" jexec "$1" \
		    grep ^0: /proc/self/cgroup
		atf_check jexec "$1" mkdir /sys/fs/cgroup/below
		must_hold jexec "$1" sh -c 'echo 0 \
		    >/sys/fs/cgroup/below/cgroup.procs && exec "$@"' sh \
		    "$ESC/share" tcp4 bind 192.0.2.20 connect 192.0.2.1 send
		must_hold jexec "$1" sh -c 'echo 0 \
		    >/sys/fs/cgroup/below/cgroup.procs && exec "$@"' sh \
		    "$ESC/share" udp4 sendto 127.0.0.1
		must_hold jexec "$1" unshare -C "$ESC/share" tcp4 \
		    bind 192.0.2.20 connect 192.0.2.1 send
		must_hold jexec "$1" unshare -U -r "$ESC/share" tcp4 \
		    bind 192.0.2.20 connect 192.0.2.1 send
		must_hold jexec "$1" unshare -U -r "$ESC/share" raw4 mine
		;;
	*)
		must_hold jexec "$1" "$ESC/kernel" namespaces
		must_hold jexec "$1" "$ESC/files" \
		    write /sys/fs/cgroup/cgroup.procs
		;;
	esac
}

# --- the stack that it shares

atf_test_case stack
stack_head()
{
	atf_set descr "Addresses, routes, rules and others' sockets by netlink"
}
stack_body()
{
	local before

	stack_new
	before=$(ip addr; ip route show table all; ip rule)
	each_addressed stack_held
	[ "$(ip addr; ip route show table all; ip rule)" = "$before" ] ||
	    atf_fail "the stack has changed"
	weak_jail w path=/
	for a in addr route rule neigh alias "link escape0"; do
		# shellcheck disable=SC2086 # words
		must_escape jexec w "$ESC/netcfg" $a
	done
	must_escape jexec w "$ESC/netcfg" up lo
	must_escape jexec w "$ESC/netcfg" destroy 192.0.2.1 4201
}
stack_held()
{
	for a in addr route rule neigh alias "link escape0"; do
		# shellcheck disable=SC2086 # words
		must_hold jexec "$1" "$ESC/netcfg" $a
	done
	must_hold jexec "$1" "$ESC/netcfg" up lo
	must_hold jexec "$1" "$ESC/netcfg" destroy 192.0.2.1 4201
	must_hold jexec "$1" "$ESC/files" writable /proc/sys/net
}

atf_init_test_cases()
{
	atf_add_test_case passed
	atf_add_test_case orphan
	atf_add_test_case early
	atf_add_test_case steal
	atf_add_test_case after
	atf_add_test_case hidden
	atf_add_test_case stale
	atf_add_test_case lost
	atf_add_test_case crowd
	atf_add_test_case programs
	atf_add_test_case stack
}
