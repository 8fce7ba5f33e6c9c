#! /usr/bin/env atf-sh
# The switching node types between jails: packets, and what they leave in
# tables and counters; brokers that are killed.  (tests/unit/ngbridge_test.c
# and ngswitch_test.c go through every rule of theirs.)
. "$(atf_get_srcdir)/common.sh" || exit

# The arguments of an answer.
answer()
{
	ngctl msg "$@" | sed -n 's/^Args:	//p'
}

# says OUTPUT NODE MESSAGE...: its answer; OUTPUT is as for atf_check -o.
says()
{
	local output=$1

	shift
	answer "$@" >said
	atf_check -o "$output" cat said
}

# A jail's neighbours are known for good, so that nobody asks for them.
friends()
{
	local name n=0

	for name; do
		for n in 1 2 3 4; do
			jexec "$name" ip neigh replace "10.0.0.$n" \
			    lladdr "02:00:00:00:00:0$n" dev nic0 || return
		done
	done
}

atf_test_case bridge
bridge_head()
{
	atf_set descr "Jails on a bridge: table, counters, killed brokers"
	atf_set timeout 120
	vm_also "kernel 6.1 has its own verifier of BPF programs"
}
bridge_body()
{
	eiface_jails a b c
	atf_check ngctl -f - <<-'EOF'
		mkpeer a: bridge ether link0
		name a:ether br
		connect b: br: ether link1
		connect c: br: ether link2
	EOF
	jail_reaches a 2
	jail_reaches b 3
	jail_reaches c 1
	answer br: gettable >table
	for n in 1 2 3; do
		atf_check -o match:"addr=02:00:00:00:00:0$n \
hook=\"link$((n - 1))\"" cat table
	done
	atf_check -o match:"numHosts=3 " cat table

	# nobody is there, and packets go on
	kill_brokers
	jail_reaches a 3
	jail_reaches b 1
	says match:"numHosts=3 " br: gettable
	says match:"recvOctets=[0-9]+ recvPackets=[0-9]+ .*\
recvBroadcast=[0-9]+ .*xmitOctets=[0-9]+ xmitPackets=[0-9]+" \
	    br: getstats 0
	atf_check -s exit:71 \
	    -e inline:"ngctl: send msg: Socket is not connected\n" \
	    ngctl msg br: getstats 3

	# a link that goes takes its hosts along
	atf_check ngctl rmhook br: link2
	jail_lost a 3
	says match:"numHosts=2 " br: gettable
	atf_check ngctl connect c: br: ether link7
	jail_reaches a 3
	says match:"addr=02:00:00:00:00:03 hook=\"link7\"" \
	    br: gettable
	atf_check ngctl shutdown br:
	jail_lost a 2
}

atf_test_case moving
moving_head()
{
	atf_set descr "A host that moves is found at once; too soon: muted"
	atf_set timeout 120
}
moving_body()
{
	eiface_jails a b c
	atf_check ngctl -f - <<-'EOF'
		mkpeer a: bridge ether link0
		name a:ether br
		connect b: br: ether link1
		connect c: br: ether link2
		msg br: setconfig { loopTimeout=60 maxStaleness=900 }
	EOF
	friends a b c
	jail_reaches a 2
	# c is what b was: its first packet moves the address
	atf_check jexec c ifconfig nic0 10.0.0.3 -alias
	atf_check jexec c ifconfig nic0 ether 02:00:00:00:00:02
	atf_check jexec c ifconfig nic0 10.0.0.2/24
	atf_check jexec b ifconfig nic0 down
	friends c
	atf_check -o ignore jexec c ping -q -c 1 -W 5 10.0.0.1
	atf_check -o ignore jexec a ping -q -c 1 -W 5 10.0.0.2
	says match:"addr=02:00:00:00:00:02 hook=\"link2\"" \
	    br: gettable
	# b is back, and now that is a loop
	atf_check ngctl msg br: setconfig \
	    '{ loopTimeout=9000 maxStaleness=900 minStableAge=60000 }'
	atf_check jexec b ifconfig nic0 up
	friends b
	jail_lost b 1
	says match:" loopDrops=[0-9]+ loopDetects=1 }" \
	    br: getstats 1
	kill_brokers
	jail_lost b 1
	says match:" loopDrops=[0-9]+ loopDetects=1 }" \
	    br: getstats 1
	jail_reaches a 2
	atf_check ngctl msg br: reset
	says inline:"{}\n" br: getstats 1
	atf_check jexec c ifconfig nic0 down
	jail_reaches b 1
}

atf_test_case trunk
trunk_head()
{
	atf_set descr "Two vlan nodes, a trunk between them"
	atf_set timeout 120
}
trunk_body()
{
	eiface_jails a b c d
	atf_check ngctl -f - <<-'EOF'
		mkpeer a: vlan ether v10
		name a:ether left
		connect b: left: ether v20
		mkpeer left: tee downstream left
		name left:downstream trunk
		mkpeer trunk: vlan right downstream
		name trunk:right right
		connect c: right: ether v10
		connect d: right: ether v20
		msg left: addfilter { vid=10 hook="v10" }
		msg left: addfilter { vid=20 pcp=3 hook="v20" }
		msg right: addfilter { vid=10 hook="v10" }
		msg right: addfilter { vid=20 hook="v20" }
	EOF
	# what passes between the two, as it is on the trunk
	nghook -an trunk: left2right >seen &
	must_wait 5 sh -c 'ngctl show trunk: | grep -q left2right'
	jail_reaches a 3
	jail_reaches b 4
	jail_lost a 4
	jail_lost b 3
	kill $!
	wait $!
	atf_check -o match:"81 00 00 0a" -o match:"81 00 60 14" \
	    cat seen
	# a killed broker's successor has the filters
	kill_brokers
	says inline:"{ n=2 filter=[ { hook=\"v10\" vlan=10 vid=10 } \
{ hook=\"v20\" vlan=20 vid=20 pcp=3 } ] }\n" left: gettable
	atf_check ngctl msg left: delfilter '"v10"'
	jail_lost a 3
	jail_reaches b 4
	# the tee goes, and joins the two
	atf_check ngctl shutdown trunk:
	jail_reaches b 4
}

atf_test_case links
links_head()
{
	atf_set descr "one2many: a jail's two links to one switch"
	atf_set timeout 120
}
links_body()
{
	eiface_jails a b
	atf_check ngctl -f - <<-'EOF'
		mkpeer a: one2many ether one
		name a:ether left
		mkpeer b: one2many ether one
		name b:ether right
		connect left: right: many0 many0
		connect left: right: many1 many1
	EOF
	jail_reaches a 2
	says match:"^\{ recvOctets=" left: getstats 0
	says match:"^\{ recvOctets=" left: getstats 1
	# the first that is up
	atf_check ngctl msg left: setconfig \
	    '{ xmitAlg=3 failAlg=1 enabledLinks=[ 1 1 ] }'
	atf_check ngctl msg left: clrstats 0
	atf_check ngctl msg left: clrstats 1
	jail_reaches a 2
	says match:"xmitPackets" left: getstats 0
	says not-match:"xmitPackets" left: getstats 1
	atf_check ngctl msg left: setconfig \
	    '{ xmitAlg=3 failAlg=1 enabledLinks=[ 0 1 ] }'
	kill_brokers
	jail_reaches a 2
	says match:"xmitPackets" left: getstats 1
	atf_check ngctl msg left: setconfig '{ xmitAlg=3 failAlg=1 }'
	jail_lost a 2
	# to all: the same answer comes twice
	atf_check ngctl msg left: setconfig \
	    '{ xmitAlg=2 failAlg=1 enabledLinks=[ 1 1 ] }'
	friends a b
	atf_check -o match:"DUP!" jexec a ping -c 3 -i 0.2 -W 5 10.0.0.2
}

atf_init_test_cases()
{
	atf_add_test_case bridge
	atf_add_test_case moving
	atf_add_test_case trunk
	atf_add_test_case links
}
