#! /usr/bin/env atf-sh
# pf's rules that ask for interfaces stay true when others than ifconfig(8)
# and pfctl(8) change these: the keeper of a vnet's pf.
. "$(atf_get_srcdir)/common.sh" || exit
. "$(atf_get_srcdir)/pf_common.sh" || exit

watcher()
{
	pgrep -x cb-pf
}
no_watcher()
{
	! watcher
}
# pong ADDR [OPTION...], no_pong: does a get an answer from there now?
pong()
{
	at a ping -q -c 1 -W 0.3 "$@" >/dev/null
}
no_pong()
{
	! pong "$@"
}

atf_test_case addresses
addresses_head()
{
	atf_set descr "(IF) of another interface follows ip(8): IPv4, IPv6, modifiers, pools of nat"
}
addresses_body()
{
	on
	at - ip -n a route add default via fd00::1
	rules <<-EOF2
		nat on rc inet from 10.0.0.0/24 to 10.0.1.2 -> (ra)
		pass
		block in on ra inet proto icmp to (rc)
		block in on ra inet6 proto icmp6 to (rc)
		block in on ra inet proto icmp to (rc:peer)
	EOF2
	atf_check_equal 1 "$(watcher | wc -l)"
	no_pong 10.0.1.1 || atf_fail "the rule does not hold"
	for addr in 10.0.9.1/32 fd00:9::1/128; do
		at - ip addr add "$addr" dev lo
		pong "${addr%/*}" || atf_fail "no answer from $addr of lo"
		at - ip addr del "$addr" dev lo
		at - ip addr add "$addr" dev rc
		must_wait 5 sh -c \
		    "! ip netns exec a ping -q -c 1 -W 0.3 ${addr%/*}"
		at - ip addr del "$addr" dev rc
		at - ip addr add "$addr" dev lo
		must_wait 5 ip netns exec a ping -q -c 1 -W 0.3 "${addr%/*}"
		at - ip addr del "$addr" dev lo
	done
	# a peer's address
	at - ip addr add 10.0.8.1 peer 10.0.8.2 dev rc
	at - ip -n c addr add 10.0.8.2 dev lo
	must_wait 5 sh -c "! ip netns exec a ping -q -c 1 -W 0.3 10.0.8.2"
	at - ip addr del 10.0.8.1 peer 10.0.8.2 dev rc
	at - ip route add 10.0.8.2 via 10.0.1.2
	must_wait 5 ip netns exec a ping -q -c 1 -W 0.3 10.0.8.2
	# the pool: c answers to nobody but 10.0.7.1
	at - ip -n c route del default
	at - ip -n c route add 10.0.7.1 via 10.0.1.1
	no_pong 10.0.1.2 || atf_fail "nat has another address"
	at - ip addr add 10.0.7.1/32 dev ra
	at - ip addr del 10.0.0.1/24 dev ra
	at - ip route add 10.0.0.0/24 dev ra
	must_wait 5 ip netns exec a ping -q -c 1 -W 0.3 -I 10.0.0.2 10.0.1.2
}

atf_test_case links
links_head()
{
	atf_set descr "The way of route-to comes back with its link; an interface that comes later is known to ether rules and block return"
}
links_body()
{
	on
	ip -n c addr add 192.0.2.1 dev lo
	rules <<-EOF2
		pass
		pass in on ra route-to (rc 10.0.1.2) inet to 192.0.2.1
	EOF2
	pings a 192.0.2.1
	at - ip link set rc down
	no_pong 192.0.2.1 || atf_fail "an answer by a link that is down"
	at - ip link set rc up
	must_wait 5 ip netns exec a ping -q -c 1 -W 0.3 192.0.2.1
}

atf_test_case later
later_head()
{
	atf_set descr "An interface that ip(8) makes is judged by ether rules"
}
later_body()
{
	on
	rules <<-EOF2
		ether block in on late
		pass
	EOF2
	atf_check_equal 1 "$(watcher | wc -l)"
	netns_new p
	at - ip link add late type veth peer name e0 netns p
	at - ip addr add 10.0.5.1/24 dev late
	at - ip link set late up
	at - ip -n p addr add 10.0.5.2/24 dev e0
	at - ip -n p link set e0 up
	must_wait 5 sh -c "! ip netns exec p ping -q -c 1 -W 0.3 10.0.5.1"
	rules <<-EOF2
		pass
	EOF2
	pings p 10.0.5.1
	must_wait 5 sh -c "! pgrep -x cb-pf"
}

atf_test_case lives
lives_head()
{
	atf_set descr "It lives while rules that need it are in force, and may be killed"
}
lives_body()
{
	on
	# the kernel knows all this by itself
	at - ip link add em9 type veth peer name e9
	rules <<-EOF2
		set skip on lo
		nat on rc inet from 10.0.0.0/24 -> 10.0.1.1
		block in on ra
		pass in on em9 to (em9)
		pass in on ra from ra:network
	EOF2
	no_watcher || atf_fail "there is one for nothing"
	rules <<-EOF2
		pass
		block in on ra inet proto icmp to (rc)
	EOF2
	p=$(watcher) || atf_fail "there is none"
	# another pfctl leaves it
	atf_check -o ignore pfctl -sr
	atf_check_equal "$p" "$(watcher)"
	atf_check -e inline:"pf disabled\n" pfctl -d
	must_wait 5 sh -c "! pgrep -x cb-pf"
	at - ip addr add 10.0.9.1/32 dev rc
	atf_check -e inline:"pf enabled\n" pfctl -e
	no_pong 10.0.9.1 || atf_fail "what changed meanwhile is not known"
	kill -9 "$(watcher)"
	must_wait 5 sh -c "! pgrep -x cb-pf"
	atf_check -s exit:1 -o match:"pf rules: their keeper has gone" \
	    -e ignore cellblock doctor
	at - ip addr add 10.0.9.2/32 dev rc
	pong 10.0.9.2 || atf_fail "who told the rules?"
	atf_check -o ignore pfctl -si
	atf_check_equal 1 "$(watcher | wc -l)"
	must_wait 5 sh -c "! ip netns exec a ping -q -c 1 -W 0.3 10.0.9.2"
	# asked to end, it ends, and comes back with the next command
	kill "$(watcher)"
	must_wait 5 sh -c "! pgrep -x cb-pf"
	atf_check -o ignore ifconfig -l
	atf_check_equal 1 "$(watcher | wc -l)"
	atf_check -e ignore pfctl -F all
	must_wait 5 sh -c "! pgrep -x cb-pf"
	atf_check -o not-match:"[.]pf" ls -A /run/cellblock/if
}

# ticks PID: of the processor, that it has had
ticks()
{
	awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"
}
# idle PID: it has next to nothing to do.
idle()
{
	local had

	had=$(ticks "$1")
	sleep 2
	[ $(($(ticks "$1") - had)) -lt 20 ] ||
	    atf_fail "$(($(ticks "$1") - had)) ticks in two seconds"
}

atf_test_case netns
netns_head()
{
	atf_set descr "It holds no network namespace that nobody else is in and that has no name"
}
netns_body()
{
	cat >pf.conf <<-EOF2
		pass
		block in on em0 inet to (lo0)
	EOF2
	netns_new x
	atf_check ip link add v0 type veth peer name v1 netns x
	atf_check -e ignore ip netns exec x pfctl -qef "$PWD/pf.conf"
	sleep 0.5
	atf_check_equal 1 "$(watcher | wc -l)"
	idle "$(watcher)"
	# with somebody in there it stays
	ip netns exec x sleep 1000 &
	must_wait 10 grep -qx sleep "/proc/$!/comm"
	atf_check ip netns del x
	sleep 1
	atf_check_equal 1 "$(watcher | wc -l)"
	atf_check -o ignore ip link show v0
	kill "$!"
	must_wait 5 sh -c "! pgrep -x cb-pf"
	must_wait 5 sh -c "! ip link show v0 2>/dev/null"
	# without
	netns_new x
	atf_check ip link add v0 type veth peer name v1 netns x
	atf_check -e ignore ip netns exec x pfctl -qef "$PWD/pf.conf"
	# with another one beside it, where the kernel can
	ip netns exec x sh -c 'ifconfig bridge0 create &&
	    ifconfig v1 up && ifconfig bridge0 addm v1 stp v1 up' &&
	    atf_check_equal 2 "$(pgrep cb- | wc -l)"
	atf_check ip netns del x
	must_wait 5 sh -c "! pgrep cb-"
	must_wait 5 sh -c "! ip link show v0 2>/dev/null"
	# of one that never had a name
	atf_check -e ignore unshare -n sh -c "
		pfctl -qef '$PWD/pf.conf' && sleep 1 && pgrep -x cb-pf >/dev/null"
	must_wait 5 sh -c "! pgrep -x cb-pf"
	atf_check -o not-match:"[.]pf" ls -A /run/cellblock/if
}

atf_test_case ended
ended_head()
{
	atf_set descr "A process of a jail that has ended, which nobody has asked for, is not waited for"
}
ended_body()
{
	cat >pf.conf <<-EOF2
		pass
		block in on em0 inet to (lo0)
	EOF2
	make_jail a vnet
	jexec a sleep 2 &
	must_wait 5 pgrep -x sleep
	kill -STOP "$!"
	atf_check -e ignore jexec a pfctl -qef "$PWD/pf.conf"
	must_wait 10 jexec a grep -q "^State:.Z" /proc/2/status
	idle "$(watcher)"
	atf_check jail -m name=a persist=0
	must_wait 10 sh -c "! pgrep -x cb-pf"
	kill -CONT "$!"
	must_wait 10 sh -c "! jls -j a"
}

atf_test_case stopped
stopped_head()
{
	atf_set descr "A keeper that was stopped ends with its jail at once"
}
stopped_body()
{
	cat >pf.conf <<-EOF2
		pass
		block in on em0 inet to (lo0)
	EOF2
	make_jail a vnet
	atf_check -e ignore jexec a pfctl -qef "$PWD/pf.conf"
	must_wait 5 watcher
	kill -STOP "$(watcher)"
	# else it is killed after ten seconds
	atf_check timeout 9 jail -r a
	no_watcher || atf_fail "it lives"
}

atf_test_case no_room
no_room_head()
{
	atf_set descr "Without room for one more descriptor it waits, and goes on when there is"
}
no_room_body()
{
	local pid ask

	need prlimit
	cat >pf.conf <<-EOF2
		pass
		block in on em0 inet to (lo0)
	EOF2
	atf_check -e ignore pfctl -qef pf.conf
	pid=$(watcher)
	prlimit --pid "$pid" --nofile=4:64
	pfctl -qf pf.conf &
	ask=$!
	sleep 0.5
	idle "$pid"
	prlimit --pid "$pid" --nofile=64:64
	wait "$ask" || atf_fail "nobody has answered"
	atf_check_equal "$pid" "$(watcher)"
}

atf_test_case storm
storm_head()
{
	atf_set descr "Interfaces that change all the time cost no more than a part of the processor's"
}
storm_body()
{
	local had pid churn

	{
		echo "nat on lo0 inet from 10.0.0.0/8 to any -> (lo0)"
		echo "pass out on lo0 route-to (lo0 127.0.0.1) inet to (lo0)"
		seq 1500 | sed 's/.*/pass in on em& inet proto tcp to (lo0) port & label "&"/'
	} >pf.conf
	atf_check -e ignore pfctl -qef pf.conf
	pid=$(watcher)
	sleep 1
	# shellcheck disable=SC2016
	started churn sh -c 'echo connected; while :; do
		ip addr add 127.9.9.9/32 dev lo; ip addr del 127.9.9.9/32 dev lo
		done'
	churn=$!
	had=$(ticks "$pid")
	sleep 5
	had=$(($(ticks "$pid") - had))
	echo "$had ticks of 500"
	[ "$had" -lt 200 ] || atf_fail "$had ticks in five seconds"
	# and in the end the rules are right
	kill "$churn"
	atf_check ip addr add 127.9.9.8/32 dev lo
	must_wait 10 sh -c "nft list set inet pf d4.0 | grep -q 127.9.9.8"
}

atf_test_case jail
jail_head()
{
	atf_set descr "In a jail it is the jail's, and is no reason for the jail to stay"
}
jail_body()
{
	cat >pf.conf <<-EOF2
		pass
		block in on em0 inet to (lo0)
	EOF2
	cat >start.sh <<-EOF2
		pfctl -qef $PWD/pf.conf
		pgrep -x cb-pf >/dev/null && echo there
	EOF2
	# one that persists
	make_jail a vnet
	atf_check -o inline:"there\n" jexec a sh "$PWD/start.sh"
	no_others() { [ "$(jexec a pgrep -x cb-pf | wc -l)" = 1 ]; }
	sleep 0.3
	no_others || atf_fail "it has gone, or there are several"
	atf_check -o inline:"127.9.9.9\n" jexec a sh -c "
		ip addr add 127.9.9.9/32 dev lo
		for i in \$(seq 100); do
			pfctl -qf $PWD/pf.conf
			nft list set inet pf d4.0 | grep -o 127.9.9.9 && break
			sleep 0.05
		done"
	# it goes when persist is taken back and nobody else is left
	atf_check jail -m name=a persist=0
	must_wait 10 sh -c "! jls -j a"
	# one that goes with its command
	atf_check -o inline:"there\n" jail -c path=/ name=b vnet \
	    command=/bin/sh "$PWD/start.sh"
	must_wait 10 sh -c "! jls -j b"
	# one whose starting commands are several
	cat >jail.conf <<-EOF2
		c {
			path = /;
			vnet;
			exec.start = "sh $PWD/start.sh";
			exec.start += "sleep 1.5; pgrep -x cb-pf >/dev/null";
			exec.start += "sleep 3 >/dev/null 2>&1 &";
		}
	EOF2
	atf_check -o inline:"there\n" jail -qf jail.conf -c c
	jls -j c >/dev/null || atf_fail "it does not wait for its processes"
	must_wait 10 sh -c "! jls -j c"
	no_watcher || atf_fail "one has stayed"
}

atf_init_test_cases()
{
	atf_add_test_case addresses
	atf_add_test_case links
	atf_add_test_case later
	atf_add_test_case lives
	atf_add_test_case jail
	atf_add_test_case netns
	atf_add_test_case ended
	atf_add_test_case stopped
	atf_add_test_case no_room
	atf_add_test_case storm
}
