#! /usr/bin/env atf-sh
# Netgraph and interfaces: the essay "Jails and networking" as it is written,
# with packets; what happens to nodes when interfaces and jails come and go.
. "$(atf_get_srcdir)/common.sh" || exit

# The essay, where that folder is beside the tree.
essay()
{
	local d

	for d in "$CB_SRC/.." "$CB_SRC/../.."; do
		d=$d/shared/essays/essay-1-jails-and-networking.txt
		[ ! -f "$d" ] || {
			echo "$d"
			return 0
		}
	done
	return 1
}

# Its boot script: from "#!/bin/sh" to the next file.
essay_script()
{
	awk '/^#!\/bin\/sh/ { on = 1 } /^# jail.conf/ { on = 0 } on' "$1"
}

# The jail.conf that comes after the script.
essay_jail()
{
	awk '/^netgraph_stop/ { past = 1 }
	    past && /^# jail.conf/ { on = 1 }
	    on { print }
	    on && /^}/ { exit }' "$1"
}

# igb0, whose far side is another machine: 203.0.113.1, and a host behind it.
wire()
{
	netns_new far
	ip link add igb0 type veth peer name up0 netns far
	ip -n far addr add 203.0.113.1/24 dev up0
	ip -n far addr add 198.51.100.1/32 dev lo
	ip -n far link set up0 up
}

# reach WHERE ADDRESS: a jail, "-" for here, "far"
reach()
{
	case $1 in
	-) ping -c 1 -W 10 "$2" ;;
	far) ip netns exec far ping -c 1 -W 10 "$2" ;;
	*) jexec "$1" ping -c 1 -W 10 "$2" ;;
	esac >ping.out 2>&1 || {
		cat ping.out
		atf_fail "$1 does not reach $2"
	}
}

reach_not()
{
	case $1 in
	-) ping -c 1 -W 1 "$2" ;;
	*) jexec "$1" ping -c 1 -W 1 "$2" ;;
	esac >/dev/null 2>&1 && atf_fail "$1 reaches $2"
	return 0
}

# The graph as lines "name type hooks", without ngctl's own node.
nodes()
{
	ngctl list | awk '$1 == "Name:" && $4 != "socket" { print $2, $4, $NF }' |
	    sort
}

# nodes_are LINES
nodes_are()
{
	nodes >nodes.now
	atf_check -o inline:"$1" cat nodes.now
}

essay_nodes()
{
	cat <<'EOF'
bridge0 bridge 5
bridge1 bridge 3
igb0 ether 2
ngeth0 eiface 1
ngeth1 eiface 1
ngeth2 eiface 1
ngeth3 eiface 1
ngeth4 eiface 1
ngeth5 eiface 1
EOF
}

# Interfaces, by their kernel names, our ends of pairs among them.
links()
{
	ip -o link | sed "s/^[0-9]*: \([^:@]*\).*/\1/" |
	    grep -v "^ng-loop" | sort
}

# The script of the essay, or of the example where there is no essay.
put_script()
{
	own_etc
	if essay >where; then
		essay_script "$(cat where)" >/usr/local/etc/rc.d/netgraph
	else
		cp "$CB_SRC/examples/netgraph-host/rc.d/netgraph" \
		    /usr/local/etc/rc.d/netgraph
	fi
	atf_check grep -q '^netgraph_start' /usr/local/etc/rc.d/netgraph
	chmod +x /usr/local/etc/rc.d/netgraph
}

start_script()
{
	atf_check -e inline:"ngctl: shutdown: No such file or directory\n\
ngctl: shutdown: No such file or directory\n" service netgraph start
}

atf_test_case essay
essay_head()
{
	atf_set descr "The essay's boot script and jail.conf, as they are written"
	atf_set timeout 120
	vm_also "the data path on 6.1"
}
essay_body()
{
	put_script
	wire
	start_script
	essay_nodes >want
	nodes >got
	atf_check diff -u want got
	atf_check -o inline:"lo0 igb0 ngeth0 ngeth1 ngeth2 ngeth3 ngeth4 \
ngeth5\n" ifconfig -l

	# the machine keeps its stack on igb0 ...
	atf_check ifconfig igb0 inet 203.0.113.2/24
	reach - 203.0.113.1

	# ... while a jail shares the wire, and is on the private net, too
	{
		echo 'persist; path = /;'
		if essay >where; then
			essay_jail "$(cat where)"
		else
			echo 'www { vnet; vnet.interface += "ngeth0";'
			echo 'vnet.interface += "ngeth3"; }'
		fi
	} >/etc/jail.conf
	atf_check -o ignore jail -c www
	atf_check -o inline:"lo0 ngeth0 ngeth3\n" jexec www ifconfig -l
	make_jail db vnet vnet.interface=ngeth4
	atf_check jexec www ifconfig ngeth0 inet 203.0.113.10/24
	atf_check jexec www ifconfig ngeth3 inet 10.0.0.1/24
	atf_check -o ignore jexec www route add default 203.0.113.1
	atf_check jexec db ifconfig ngeth4 inet 10.0.0.2/24
	reach www 203.0.113.1
	reach www 198.51.100.1
	reach far 203.0.113.10
	reach far 203.0.113.2
	reach www 203.0.113.2
	reach - 203.0.113.10
	reach www 10.0.0.2
	reach db 10.0.0.1
	reach_not db 203.0.113.1
	reach_not - 10.0.0.2

	# a node is asked which interface it has
	atf_check -o match:"^Rec'd response \"getifname\" \(1\) from \
\"\[[0-9a-f]+\]:\":\$" -o match:"^Args:	\"ngeth3\"\$" \
	    ngctl msg bridge1:link2 getifname
	ngctl msg bridge1:link2 getifname >answer
	atf_check -o inline:"2\n" awk 'END { print NR }' answer
	# the pipeline, as it is written
	iface=$(expr "$(ngctl msg bridge1:link2 getifname)" : '.*Args:.*"\([a-zA-Z]*[0-9]*\)"')
	[ "$iface" = ngeth3 ] || atf_fail "the pipeline says $iface"

	# the jail ends: its interfaces are back, their nodes as before
	atf_check -o ignore jail -r www
	nodes >got
	atf_check diff -u want got
	atf_check -o inline:"lo0 igb0 ngeth0 ngeth1 ngeth2 ngeth3 ngeth5\n" \
	    ifconfig -l
	# and in this vnet they work at once
	atf_check ifconfig ngeth3 inet 10.0.0.1/24
	atf_check ip netns add x
	reach db 10.0.0.1
}

atf_test_case names
names_head()
{
	atf_set descr "Interfaces renamed before and after they are handed over"
	atf_set timeout 120
}
names_body()
{
	local old new

	put_script
	wire
	start_script
	# as the essay has it
	for n in 0 1 2; do
		atf_check -o inline:"phys$n\n" ifconfig "ngeth$n" name "phys$n"
		atf_check -o inline:"virt$n\n" \
		    ifconfig "ngeth$((n + 3))" name "virt$n"
	done
	atf_check -o inline:"lo0 igb0 phys0 phys1 phys2 virt0 virt1 virt2\n" \
	    ifconfig -l
	# nodes keep their names and know the new ones of their interfaces
	nodes >got
	essay_nodes >want
	atf_check diff -u want got
	atf_check -o match:'^Args:	"virt0"$' \
	    ngctl msg bridge1:link2 getifname
	iface=$(expr "$(ngctl msg bridge0:link4 getifname)" : '.*Args:.*"\([a-zA-Z]*[0-9]*\)"')
	[ "$iface" = phys2 ] || atf_fail "the pipeline says $iface"
	# they hold their units: the next one is ngeth6
	atf_check ngctl mkpeer bridge1: eiface link5 ether
	atf_check -o match:'^Args:	"ngeth6"$' \
	    ngctl msg bridge1:link5 getifname
	atf_check ngctl shutdown ngeth1:
	atf_check ngctl mkpeer bridge0: eiface link3 ether
	atf_check -o match:'^Args:	"ngeth1"$' \
	    ngctl msg bridge0:link3 getifname

	make_jail a vnet vnet.interface=virt0
	make_jail b vnet vnet.interface=virt1
	atf_check -o inline:"net0\n" jexec a ifconfig virt0 name net0
	atf_check jexec a ifconfig net0 inet 10.0.0.1/24
	atf_check jexec b ifconfig virt1 inet 10.0.0.2/24
	reach a 10.0.0.2
	atf_check -o match:'^Args:	"net0"$' ngctl msg ngeth3: getifname
	# what is a jail's comes back by the name it left with
	atf_check jail -r a
	atf_check -o match:'^Args:	"virt0"$' ngctl msg ngeth3: getifname
	atf_check -o match:'^virt0: ' ifconfig virt0
}

atf_test_case again
again_head()
{
	atf_set descr "Ten times service netgraph stop and start: nothing is left"
	atf_set timeout 300
}
again_body()
{
	local i

	put_script
	wire
	links >links.before
	start_script
	nodes >want
	links >links.up
	box_state up
	for i in 1 2 3 4 5 6 7 8 9 10; do
		atf_check service netgraph stop
		links >got
		atf_check diff -u links.before got
		nodes_are "igb0 ether 0\n"
		start_script
		nodes >got
		atf_check diff -u want got
	done
	# restart does the same, with a jail that has two of them
	make_jail www vnet vnet.interface=ngeth0 vnet.interface=ngeth3
	atf_check -e ignore service netgraph restart
	nodes >got
	atf_check diff -u want got
	atf_check -o inline:"lo0\n" jexec www ifconfig -l
	atf_check jail -r www
	links >got
	atf_check diff -u links.up got
	atf_check service netgraph stop
	nodes_are "igb0 ether 0\n"
	atf_check -s exit:1 test -e /run/cellblock/rc
}

atf_test_case by_hand
by_hand_head()
{
	atf_set descr "Without a runner interfaces outlive their switch"
	atf_set timeout 120
}
by_hand_body()
{
	put_script
	wire
	# what was there before a start is not its
	atf_check ngctl mkpeer igb0: eiface orphans ether
	start_script
	atf_check ngctl shutdown bridge1:
	nodes | grep ngeth4 >got
	atf_check -o inline:"ngeth4 eiface 0\n" cat got
	# the script once more, no stop before: the next free units
	atf_check -e inline:"ngctl: shutdown: No such file or directory\n" \
	    service netgraph start
	atf_check -o match:'^Args:	"ngeth7"$' \
	    ngctl msg bridge0:link2 getifname
	# stop takes away what both starts have made, and no other
	atf_check service netgraph stop
	nodes_are "igb0 ether 1\nngeth0 eiface 1\n"
}

atf_test_case ether
ether_head()
{
	atf_set descr "Ether nodes come, go and are renamed with interfaces"
	atf_set timeout 60
}
ether_body()
{
	wire
	nodes_are "igb0 ether 0\n"
	ip link add link igb0 name igb0.10 type vlan id 10 2>/dev/null &&
	    nodes_are "igb0 ether 0\nigb0_10 ether 0\n"
	ip link del igb0.10 2>/dev/null
	atf_check ngctl mkpeer igb0: bridge lower link0
	atf_check ngctl connect igb0: igb0:lower upper link1
	atf_check ngctl name igb0:lower br
	# promiscuous by itself while lower is connected
	atf_check -o match:PROMISC ifconfig igb0
	atf_check -o match:'^Args:	0$' ngctl msg igb0: getpromisc
	atf_check -o inline:"wan\n" ifconfig igb0 name wan
	must_wait 5 ngctl show wan:
	atf_check -o match:'^Args:	"wan"$' ngctl msg wan: getifname
	atf_check -s exit:71 -e match:'No such file' ngctl show igb0:
	# renamed or not, packets go through
	atf_check ifconfig wan inet 203.0.113.2/24
	reach - 203.0.113.1
	# shutdown only cuts it off
	atf_check ngctl shutdown wan:
	atf_check -o match:'ether .* Num hooks: 0$' ngctl show wan:
	atf_check -o not-match:PROMISC ifconfig wan
	reach - 203.0.113.1
	# none can be made
	atf_check -s exit:71 -e inline:"ngctl: send msg: Invalid argument\n" \
	    ngctl mkpeer . ether a lower
	# to a jail and back: its node is where it is
	atf_check ngctl mkpeer wan: bridge lower link0
	make_jail j vnet vnet.interface=wan
	atf_check -o not-match:wan ngctl list
	atf_check jail -r j
	atf_check -o match:'ether .* Num hooks: 0$' ngctl show wan:
	atf_check -o not-match:PROMISC ifconfig wan
	# the interface goes under its node, and the bridge with its last hook
	atf_check ngctl mkpeer wan: bridge lower link0
	atf_check ip link del wan
	nodes_are ""
}

atf_test_case messages
messages_head()
{
	atf_set descr "What ether and eiface nodes are told"
	atf_set timeout 60
}
messages_body()
{
	wire
	atf_check -o match:"^Args:	$(cat /sys/class/net/igb0/ifindex)\$" \
	    ngctl msg igb0: getifindex
	atf_check ngctl msg igb0: setenaddr 02:11:22:33:44:55
	atf_check -o match:'ether 02:11:22:33:44:55' ifconfig igb0
	atf_check -o match:'^Args:	02:11:22:33:44:55$' \
	    ngctl msg igb0: getenaddr
	atf_check ngctl msg igb0: setpromisc 1
	atf_check -o match:PROMISC ifconfig igb0
	atf_check -o match:'^Args:	1$' ngctl msg igb0: getpromisc
	atf_check ngctl msg igb0: setpromisc 0
	atf_check -o not-match:PROMISC ifconfig igb0
	atf_check ngctl msg igb0: setautosrc 1
	atf_check -o match:'^Args:	1$' ngctl msg igb0: getautosrc
	atf_check ngctl msg igb0: addmulti 01:00:5e:11:22:33
	atf_check -o match:'01005e112233' cat /proc/net/dev_mcast
	atf_check -s exit:71 \
	    -e inline:"ngctl: send msg: Address already in use\n" \
	    ngctl msg igb0: addmulti 01:00:5e:11:22:33
	atf_check ngctl msg igb0: delmulti 01:00:5e:11:22:33
	atf_check -s exit:71 -e match:"No such file" \
	    ngctl msg igb0: delmulti 01:00:5e:11:22:33
	# a flag that somebody else has set stays
	ip link set igb0 promisc on
	atf_check ngctl mkpeer igb0: eiface lower ether
	atf_check ngctl rmhook igb0: lower
	atf_check -o match:PROMISC ifconfig igb0

	# an interface with an address of its own from the start
	atf_check -o match:'^ngeth0: flags=8802<BROADCAST,SIMPLEX,MULTICAST>' \
	    -o match:'^	ether 58:9c:fc:' -o match:'^	status: active$' \
	    -o not-match:groups ifconfig ngeth0
	atf_check ngctl msg ngeth0: set 02:aa:bb:cc:dd:ee
	atf_check -o match:'ether 02:aa:bb:cc:dd:ee' ifconfig ngeth0
	make_jail j vnet vnet.interface=ngeth0
	atf_check ngctl msg ngeth0: set 02:aa:bb:cc:dd:ff
	atf_check -o match:'ether 02:aa:bb:cc:dd:ff' \
	    jexec j ifconfig ngeth0
	# what the kernel has beside it is nobody's business
	atf_check -o not-match:ng- ifconfig -a
	atf_check -o not-match:ng- netstat -i
	atf_check -s exit:1 -e match:'does not exist' ifconfig ng-ngeth0
	atf_check jail -r j
	atf_check -s exit:1 -e inline:"ifconfig: SIOCIFDESTROY: Invalid \
argument\n" ifconfig ngeth0 destroy
	atf_check -s exit:1 -e match:'Invalid argument' ifconfig ngeth create
	# the link of an interface behind lower flows along
	atf_check ngctl connect igb0: ngeth0: lower ether
	atf_check ifconfig ngeth0 up
	ip link set igb0 up
	must_wait 5 sh -c 'ifconfig ngeth0 | grep -q "status: active"'
	ip -n far link set up0 down
	must_wait 5 sh -c 'ifconfig ngeth0 | grep -q "status: no carrier"'
	ip -n far link set up0 up
	must_wait 5 sh -c 'ifconfig ngeth0 | grep -q "status: active"'
	# removed by hand, its node goes, too
	ip link del ngeth0
	nodes_are "igb0 ether 0\n"
}

# Two jails on a switch; the first one's interface is $1.
pair_of_jails()
{
	ngctl -f - <<-'EOF' || atf_fail "no graph"
		mkpeer . bridge x link9
		name x sw
		mkpeer sw: eiface link0 ether
		mkpeer sw: eiface link1 ether
	EOF
	make_jail a vnet vnet.interface=ngeth0
	make_jail b vnet vnet.interface=ngeth1
	atf_check jexec a ifconfig ngeth0 inet 10.0.0.1/24
	atf_check jexec b ifconfig ngeth1 inet 10.0.0.2/24
}

atf_test_case moves
moves_head()
{
	atf_set descr "An interface is moved, and its jail ends, under traffic"
	atf_set timeout 120
}
moves_body()
{
	local i traffic

	pair_of_jails
	reach a 10.0.0.2
	jexec b ping -q -i 0.002 10.0.0.1 >flood.out 2>&1 &
	traffic=$!
	for i in 1 2 3 4 5; do
		# home, where the other end is in the same vnet
		atf_check ifconfig ngeth0 -vnet a
		atf_check ifconfig ngeth0 inet 10.0.0.1/24
		reach - 10.0.0.2
		atf_check ifconfig ngeth0 vnet a
		atf_check jexec a ifconfig ngeth0 inet 10.0.0.1/24
		reach a 10.0.0.2
	done
	# the jail ends with its interface in use, and so does the next
	for i in 1 2 3; do
		atf_check jail -r a
		atf_check ifconfig ngeth0 inet 10.0.0.1/24
		reach - 10.0.0.2
		make_jail a vnet vnet.interface=ngeth0
		atf_check jexec a ifconfig ngeth0 inet 10.0.0.1/24
		reach a 10.0.0.2
	done
	# its node is shut down while it is there
	atf_check ngctl shutdown ngeth0:
	atf_check -o inline:"lo0\n" jexec a ifconfig -l
	atf_check ngctl mkpeer sw: eiface link0 ether
	atf_check ifconfig ngeth0 vnet a
	atf_check jexec a ifconfig ngeth0 inet 10.0.0.1/24
	reach a 10.0.0.2
	# a jail's root removes it: the node is gone, the switch is not
	atf_check jexec a ip link del ngeth0
	must_wait 5 sh -c '! ngctl show ngeth0: 2>/dev/null'
	atf_check -o match:'Num hooks: 1$' ngctl show sw:
	kill $traffic
	wait $traffic || :
}

# There is one as long as a command has been here lately.
kill_broker()
{
	local pid

	ngctl list >/dev/null
	pid=$(pgrep -x cb-netgraph) || atf_fail "no broker"
	kill -9 "$pid"
}

atf_test_case killed
killed_head()
{
	atf_set descr "The broker is killed: packets flow, a successor knows all"
	atf_set timeout 120
}
killed_body()
{
	wire
	pair_of_jails
	atf_check ngctl mkpeer igb0: bridge lower link0
	atf_check ngctl name igb0:lower br
	nodes >want
	kill_broker
	reach a 10.0.0.2
	# things change while there is none
	atf_check jail -r a
	atf_check ifconfig ngeth0 inet 10.0.0.1/24
	reach - 10.0.0.2
	atf_check -o ignore ifconfig igb0 name wan
	# a pair that a killed one has made, and has told nobody of
	ip link add ng-ngeth7 group 28264 type veth peer name ngeth7 \
	    group 28263
	sed 's/^igb0/wan/' want | sort >want.now
	nodes >got
	atf_check diff -u want.now got
	links >got
	atf_check -s exit:1 grep ngeth7 got
	reach - 10.0.0.2
	# and the next one, after an interface has gone
	kill_broker
	atf_check ip link del ngeth0
	atf_check ip link del wan
	nodes_are "ngeth1 eiface 1\nsw bridge 1\n"
}

atf_test_case spoof
spoof_head()
{
	atf_set descr "A jail's root makes its interfaces look like netgraph's"
	atf_set timeout 60
}
spoof_body()
{
	pair_of_jails
	atf_check -o inline:"epair0a\n" ifconfig epair create
	atf_check ifconfig epair0b vnet a
	# netgraph's own ends are hidden by this group; interfaces by that
	# one cannot be destroyed
	atf_check jexec a ip link set ngeth0 group 28264
	atf_check jexec a ip link set epair0b group 28263
	atf_check jail -r a
	atf_check -o match:'^ngeth0: ' -o not-match:'groups: epair' \
	    ifconfig ngeth0
	atf_check -o match:'groups: epair' ifconfig epair0b
	atf_check ifconfig epair0b destroy
}

atf_test_case jailed
jailed_head()
{
	atf_set descr "A jail's root has a graph of its own in its own vnet"
	atf_set timeout 120
}
jailed_body()
{
	local name

	wire
	atf_check ngctl mkpeer igb0: eiface orphans ether
	make_jail j vnet children.max=2 vnet.interface=ngeth0
	# what was given is an interface like any other there
	atf_check -o match:'Name: ngeth0 .* ether ' jexec j ngctl show ngeth0:
	atf_check jexec j sh -c 'ngctl -f - <<EOF
mkpeer ngeth0: bridge lower link0
name ngeth0:lower sw
connect ngeth0: sw: upper link1
mkpeer sw: eiface link2 ether
EOF'
	# ngeth0 is taken there: the next name that is free
	name=$(jexec j ngctl msg sw:link2 getifname |
	    sed -n 's/^Args:	"\(.*\)"/\1/p')
	[ "$name" = ngeth1 ] || atf_fail "it is called $name"
	atf_check -o not-match:sw ngctl list
	atf_check jexec j ifconfig ngeth1 inet 10.0.0.1/24
	# the map shows both graphs, and needs no broker for it
	atf_check -o match:'sw' -o match:'orphans|ngeth0' cellblock map
	# and from inside the jail's own
	atf_check -o match:'sw ' -o match:'link2.*' -o match:'ngeth1 *10.0.0.1' \
	    jexec j cellblock map --ascii
	atf_check jail -r j
	nodes_are "igb0 ether 1\nngeth0 eiface 1\n"
}

atf_test_case map
map_head()
{
	atf_set descr "cellblock map draws nodes as switches and hooks as cables"
	atf_set timeout 120
}
map_body()
{
	put_script
	wire
	start_script
	make_jail www vnet vnet.interface=ngeth0 vnet.interface=ngeth3
	make_jail db vnet vnet.interface=ngeth4
	for n in 1 2 5; do
		atf_check ifconfig ngeth$n up
	done
	atf_check jexec www ifconfig ngeth0 inet 203.0.113.10/24
	atf_check jexec www ifconfig ngeth3 inet 10.0.0.1/24
	atf_check jexec db ifconfig ngeth4 inet 10.0.0.2/24
	atf_check ifconfig igb0 inet 203.0.113.2/24
	atf_check -o save:drawn cellblock map --ascii -w 100
	atf_check -o match:'bridge0' -o match:'bridge1' \
	    -o match:'igb0 *203.0.113.2/24' \
	    -o match:'link2 \+.*ngeth0 *203.0.113.10/24' \
	    -o match:'link3 \+.*ngeth4 *10.0.0.2/24' \
	    -o not-match:'ng-' cat drawn
	atf_check -o save:json cellblock map --json
	atf_check -o match:'"type": "eiface"' -o match:'"hook": "link3"' \
	    -o not-match:'ng-' cat json
	atf_check -o match:'bridge1' cellblock map --dot
	need dot
	atf_check -o match:'<svg' cellblock map --svg
}

atf_test_case example
example_head()
{
	atf_set descr "The example: in a sandbox, and on the machine itself"
	atf_set timeout 300
}
example_body()
{
	local dir="$CB_SRC/examples/netgraph-host"

	cellblock status >/dev/null
	box_state before
	atf_check -o ignore -e ignore cellblock up "$dir"
	atf_check -o not-match:FAILED "$dir/check"
	atf_check -o empty cellblock diff "$dir"
	atf_check -o match:bridge0 cellblock map netgraph-host
	# interfaces go from under the jails: what was made of them is gone, too
	atf_check -e ignore jexec netgraph-host service netgraph restart
	atf_check -o ignore -e save:down.err cellblock down netgraph-host
	atf_check -o not-match:'could not|does not|cannot|failed' cat down.err
	box_same before

	# with one that has not lost anything
	atf_check -o ignore -e ignore cellblock up "$dir"
	atf_check -o ignore -e ignore cellblock down netgraph-host
	box_same before

	atf_check -o ignore -e ignore cellblock up --host "$dir"
	atf_check -o not-match:FAILED "$dir/check" --host
	atf_check -o ignore -e ignore cellblock down netgraph-host
	links >got
	atf_check -o inline:"lo\n" cat got
}

atf_init_test_cases()
{
	atf_add_test_case essay
	atf_add_test_case names
	atf_add_test_case again
	atf_add_test_case by_hand
	atf_add_test_case ether
	atf_add_test_case messages
	atf_add_test_case moves
	atf_add_test_case killed
	atf_add_test_case spoof
	atf_add_test_case jailed
	atf_add_test_case map
	atf_add_test_case example
}
