#! /usr/bin/env atf-sh
# cellblock trace: steps of packets through netgraph, and why they end.
. "$(atf_get_srcdir)/common.sh" || exit

# graph [JEXEC JAIL]: an interface and a hole on a hub
graph()
{
	"$@" ngctl -f - <<-EOF || atf_fail "no graph"
		mkpeer . hub x x
		name .x hub0
		mkpeer hub0: eiface a ether
		mkpeer hub0: hole b in
		rmhook . x
	EOF
}

# Two jails on a hub, which the second one's packets do not come back from.
scene()
{
	graph
	make_jail one vnet vnet.interface=ngeth0
	atf_check jexec one ifconfig ngeth0 10.0.0.1/24 up
	# nobody is there to be asked
	atf_check jexec one arp -s 10.0.0.2 02:00:00:00:00:02
}

# Packets until what is traced ends by itself.
traffic()
{
	while kill -0 "$1" 2>/dev/null; do
		jexec one ping -q -c 1 -W 1 10.0.0.2 >/dev/null
	done
}

atf_test_case steps
steps_head() { atf_set descr "A packet is told at each node, and where it ends"; }
steps_body()
{
	scene
	cellblock trace -c 12 >out &
	traffic $!
	wait $! || atf_fail "trace: exit status $?"
	# The hub may also be seen first when the trace begins in between.
	sed -n 's/^[0-9:.]*  \([^ ]*\)  *98  .* > 02:00:00:00:00:02 0x0800/\1/p' \
	    out | sed '1,/dropped/d' | head -n 3 >seen
	atf_check -o inline:"hub0:a\n" sed -n 1p seen
	atf_check -o match:'^\[[0-9a-f]+\]:in$' sed -n 2p seen
	atf_check -o match:'^\[[0-9a-f]+\]:in  dropped: hole$' sed -n 3p seen
}

atf_test_case drops
drops_head() { atf_set descr "-d: dropped ones alone; the end of it ends what it costs"; }
drops_body()
{
	scene
	cellblock trace --drops --count 3 >out &
	traffic $!
	wait $! || atf_fail "trace: exit status $?"
	atf_check -o inline:"3\n" grep -c 'dropped: hole$' out
	atf_check -o inline:"3\n" grep -c . out
	# its node is gone
	atf_check -o not-match:trace ngctl list
}

atf_test_case jail
jail_head() { atf_set descr "A jail's own netgraph, from outside and in it"; }
jail_body()
{
	make_jail two vnet
	graph jexec two
	atf_check jexec two ifconfig ngeth0 10.0.0.1/24 up
	atf_check jexec two arp -s 10.0.0.2 02:00:00:00:00:02
	for how in "cellblock trace -j two" "jexec two cellblock trace"; do
		$how -d -c 1 >out &
		pid=$!
		while kill -0 $pid 2>/dev/null; do
			jexec two ping -q -c 1 -W 1 10.0.0.2 >/dev/null
		done
		wait $pid || atf_fail "$how: exit status $?"
		atf_check -o match:'dropped: hole$' cat out
	done
}

atf_test_case wrong
wrong_head() { atf_set descr "Wrong options; a signal; a killed broker"; }
wrong_body()
{
	atf_check -s exit:1 -e match:'expected a number' cellblock trace -c 0
	atf_check -s exit:1 -e match:'^usage: ' cellblock trace x
	atf_check -s exit:1 -e match:'^usage: |invalid' cellblock trace -x
	atf_check -s exit:1 -e ignore cellblock trace -j nosuch
	atf_check -o match:'^usage: ' cellblock trace --help
	cellblock trace >out 2>err &
	pid=$!
	wait_for 10 ngctl show "trace$pid:" || atf_fail "it does not start"
	kill -INT $pid
	wait $pid || atf_fail "a signal: exit status $?"
	cellblock trace >out 2>err &
	pid=$!
	wait_for 10 ngctl show "trace$pid:" || atf_fail "it does not start"
	atf_check pkill -9 -f '^cellblock-netgraph'
	wait $pid && atf_fail "nobody told that the broker has ended"
	atf_check -o match:'broker has ended' cat err
}

atf_init_test_cases()
{
	atf_add_test_case steps
	atf_add_test_case drops
	atf_add_test_case jail
	atf_add_test_case wrong
}
