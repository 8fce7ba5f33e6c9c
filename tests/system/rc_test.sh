#! /usr/bin/env atf-sh
# rc(8): boot of a level from rc.conf, up to date again, stop, bad input.
. "$(atf_get_srcdir)/common.sh" || exit

# A folder as `rc -d` takes it; rc.conf from stdin.
conf()
{
	mkdir -p b
	cat >b/rc.conf
}

lab()
{
	conf <<EOF
hostname="lab"
gateway_enable="YES"
cloned_interfaces="bridge0 epair0 epair1"
ifconfig_epair0a_name="wan0"
ifconfig_wan0="inet 192.0.2.1/24 mtu 1400"
ifconfig_wan0_descr="to the world"
ifconfig_wan0_alias0="inet 192.0.2.7/32"
ifconfig_wan0_ipv6="inet6 2001:db8::1 prefixlen 64"
ifconfig_epair1a="up"
ifconfig_bridge0="inet 10.0.0.1/24 addm epair1a span epair1b up"
ifconfig_epair0b="up"
defaultrouter="192.0.2.254"
ipv6_defaultrouter="2001:db8::fe"
static_routes="far"
route_far="-net 10.9.8.7/8 192.0.2.253"
EOF
}

# Without the registry's own files, and what only tells that a link was up once.
rest()
{
	grep -v '/run/cellblock' "$1" |
	    sed 's/qdisc [a-z]*//; s/gc_timer *[0-9.]*//
		s/tso_max_size [0-9]*//' >"$1.rest"
}

# same_but_registry: as at the beginning, the registry's own files aside
remember()
{
	box_state one
	rest one
}
same_but_registry()
{
	box_state two
	rest two
	diff one.rest two.rest || atf_fail "not as it was"
}

atf_test_case boot
boot_head()
{
	atf_set descr "Clones, renames, addresses, members, routes, knobs"
}
boot_body()
{
	lab
	atf_check -o match:'^Setting hostname: lab\.$' \
	    -o match:'^Created clone interfaces: bridge0 epair0a epair0b epair1a epair1b\.$' \
	    -o match:'^Starting Network: lo0 bridge0 wan0 ' \
	    -o match:'^add net default: gateway 192\.0\.2\.254$' \
	    -o match:'^Additional inet routing options: gateway=YES\.$' \
	    rc -d b start
	atf_check -o inline:"lab\n" hostname
	atf_check -o inline:"1\n" cat /proc/sys/net/ipv4/ip_forward
	atf_check -o match:'inet 192\.0\.2\.1 netmask 0xffffff00' \
	    -o match:'inet 192\.0\.2\.7 netmask 0xffffffff' \
	    -o match:'inet6 2001:db8::1 prefixlen 64' \
	    -o match:'mtu 1400$' \
	    -o match:'description: to the world' ifconfig wan0
	atf_check -o match:'member: epair1a ' \
	    -o match:'member: epair1b flags=.*SPAN' ifconfig bridge0
	atf_check -o match:'10\.0\.0\.0/8 via 192\.0\.2\.253 dev wan0' \
	    -o match:'default via 192\.0\.2\.254 dev wan0' ip route
	atf_check -o match:'default via 2001:db8::fe dev wan0' ip -6 route
}

atf_test_case again
again_head()
{
	atf_set descr "A second start has nothing to do; drift is repaired"
}
again_body()
{
	lab
	atf_check -o ignore rc -q -d b start
	atf_check rc -n -d b start
	ip -o addr show | sed 's/tentative//' >before
	atf_check rc -q -d b start
	ip -o addr show | sed 's/tentative//' >after
	atf_check diff before after
	ifconfig wan0 inet 192.0.2.7 -alias
	ifconfig bridge0 deletem epair1a
	route delete default >/dev/null
	atf_check -o inline:"bridge0: addm epair1a
wan0: inet 192.0.2.7/32 alias
route add default 192.0.2.254\n" rc -n -d b start
	atf_check rc -q -d b start
	atf_check rc -n -d b start
	atf_check -o match:192.0.2.7 ifconfig wan0
}

atf_test_case changed
changed_head()
{
	atf_set descr "What is wanted no more goes, what changed changes"
}
changed_body()
{
	lab
	atf_check rc -q -d b start
	conf <<EOF
hostname="lab2"
cloned_interfaces="bridge0 epair1"
ifconfig_epair1a="up"
ifconfig_bridge0="inet 10.0.0.2/24 mtu 1400 up"
EOF
	atf_check -o save:steps rc -n -d b start
	atf_check -o match:'^bridge0: remove 10\.0\.0\.1/24$' \
	    -o match:'^bridge0: inet 10\.0\.0\.2/24 alias$' \
	    -o match:'^bridge0: deletem epair1a$' \
	    -o match:'^destroy epair0$' \
	    -o not-match:'^wan0' cat steps
	atf_check rc -q -e -d b start
	atf_check rc -n -d b start
	atf_check -s exit:1 -e ignore ifconfig wan0
	atf_check -o match:'inet 10\.0\.0\.2 ' -o not-match:'10\.0\.0\.1' \
	    -o not-match:'member:' ifconfig bridge0
	atf_check -o inline:"lab2\n" hostname
}

atf_test_case renamed
renamed_head()
{
	atf_set descr "Another name, exchanged names, the name of its creation"
}
# wears IF PEER: the interface of this name is that end's other end
wears()
{
	[ "$(cat "/sys/class/net/$1/iflink")" = \
	    "$(cat "/sys/class/net/$2/ifindex")" ] ||
		atf_fail "$1 is not the other end of $2"
}
# the names of the ends of epair0 and epair1
renamed_conf()
{
	conf <<EOF
cloned_interfaces="bridge0 epair0 epair1"
ifconfig_epair0a_name="$1"
ifconfig_epair1a_name="$2"
ifconfig_${3:-$1}="inet 10.0.0.1/24"
ifconfig_${4:-$2}="up"
ifconfig_bridge0="addm ${4:-$2} up"
EOF
}
renamed_body()
{
	renamed_conf aa bb
	remember
	atf_check rc -q -d b start
	renamed_conf cc dd
	atf_check rc -q -d b start
	atf_check rc -n -d b start
	wears cc epair0b
	wears dd epair1b
	atf_check -o match:'inet 10\.0\.0\.1' ifconfig cc
	atf_check -o match:'member: dd ' ifconfig bridge0
	# they change places: what is said of a name goes with it
	renamed_conf dd cc cc dd
	atf_check rc -q -d b start
	atf_check rc -n -d b start
	wears dd epair0b
	wears cc epair1b
	atf_check -o match:'inet 10\.0\.0\.1' ifconfig cc
	atf_check -o not-match:'inet ' ifconfig dd
	atf_check -o match:'member: dd ' ifconfig bridge0
	# no name of its own any more
	sed -i '/epair0a_name/d; s/addm dd/addm epair0a/; s/_dd=/_epair0a=/' \
	    b/rc.conf
	atf_check rc -q -d b start
	atf_check rc -n -d b start
	wears epair0a epair0b
	atf_check -o match:'member: epair0a ' ifconfig bridge0
	atf_check rc -q -d b stop
	same_but_registry
}

atf_test_case stop
stop_head()
{
	atf_set descr "Stop takes back what start made, and no more"
}
stop_body()
{
	ifconfig epair9 create >/dev/null
	ifconfig epair9a inet 203.0.113.1/24 mtu 1300
	ifconfig bridge5 create
	hostname before
	lab
	cat >>b/rc.conf <<EOF
ifconfig_epair9a="inet 203.0.113.9/24 mtu 1450 descr mine"
ifconfig_bridge5="addm epair1a"
ifconfig_bridge0="inet 10.0.0.1/24 up"
EOF
	cat >b/sysctl.conf <<EOF
net.inet.ip.ttl=77
EOF
	remember
	cat /proc/sys/net/ipv4/ip_default_ttl >ttl
	atf_check rc -q -e -d b start
	atf_check -o inline:"77\n" sysctl -n net.inet.ip.ttl
	atf_check -o match:'mtu 1450' -o match:'inet 203\.0\.113\.9 ' \
	    ifconfig epair9a
	atf_check -o match:'^Destroyed clone interfaces: bridge0 epair0 epair1\.$' \
	    rc -d b stop
	atf_check -o inline:"before\n" hostname
	atf_check -o file:ttl cat /proc/sys/net/ipv4/ip_default_ttl
	atf_check -o match:'mtu 1300' -o match:'inet 203\.0\.113\.1 ' \
	    -o not-match:'description' ifconfig epair9a
	same_but_registry
	# and nothing more to stop
	atf_check rc -v -d b stop
}

atf_test_case failure
failure_head()
{
	atf_set descr "A step that fails is undone with those before it"
}
failure_body()
{
	conf <<EOF
cloned_interfaces="bridge0 epair0"
ifconfig_epair0a="inet 192.0.2.1/24"

ifconfig_bridge0="addm epair0a addm nosuch0 up"
EOF
	remember
	atf_check -s exit:1 \
	    -e match:"^rc: $PWD/b/rc\.conf line 4: ifconfig_bridge0: .*nosuch0" \
	    rc -q -e -d b start
	same_but_registry
	# as FreeBSD's boot: said, and the rest is done
	atf_check -e match:'ifconfig_bridge0: .*nosuch0' rc -q -d b start
	atf_check -o match:'inet 192\.0\.2\.1 ' ifconfig epair0a
	atf_check -o match:'member: epair0a' ifconfig bridge0
	atf_check rc -q -d b stop
	atf_check -o inline:"lo0\n" ifconfig -l
}

atf_test_case malformed
malformed_head()
{
	atf_set descr "Broken files: one message with file and line, nothing done"
}
malformed_body()
{
	remember
	conf <<EOF
cloned_interfaces="bridge0
EOF
	atf_check -s exit:1 -e match:"^rc: $PWD/b/rc\.conf line [12]: .*[Ss]yntax" \
	    rc -d b start
	conf <<EOF
cloned_interfaces="bridge0"
ifconfig_bridge0="up mtu"
EOF
	atf_check -s exit:1 -e inline:"rc: $PWD/b/rc.conf line 2: ifconfig_bridge0: 'mtu' requires argument\n" \
	    rc -d b start
	conf <<EOF
cloned_interfaces="epair0"
ifconfig_epair0a_name="sixteencharacter"
EOF
	atf_check -s exit:1 -e inline:"rc: $PWD/b/rc.conf line 2: ifconfig_epair0a_name: sixteencharacter: more than 15 characters\n" \
	    rc -d b start
	conf <<EOF
cloned_interfaces="bridge0123456789"
EOF
	atf_check -s exit:1 -e match:"line 1: cloned_interfaces: .*" \
	    rc -q -e -d b start
	conf <<EOF
static_routes="a"
EOF
	atf_check -s exit:1 -e inline:"rc: $PWD/b/rc.conf line 1: static_routes: route_a is not set\n" \
	    rc -d b start
	same_but_registry
}

atf_test_case warnings
warnings_head()
{
	atf_set descr "What is not in force yet, or about nothing, is said"
}
warnings_body()
{
	conf <<EOF
routed_enable="YES"
ifconfig_nosuch0="inet 192.0.2.1/24"
cloned_interfaces="epair0"
ifconfig_epair0a="WPA up"
EOF
	atf_check -e save:said rc -q -d b start
	atf_check -o inline:"rc: $PWD/b/rc.conf line 1: routed_enable has no effect: no RIP here: Debian's frr or bird take its place, by a local script
rc: ifconfig_epair0a: WPA has no effect: there is no wireless
rc: $PWD/b/rc.conf line 2: ifconfig_nosuch0: there is no such interface\n" \
	    cat said
	atf_check -e ignore rc -n -d b start
}

atf_test_case knobs
knobs_head()
{
	atf_set descr "sysctl.conf: unknown names, kept values, hexadecimal"
}
knobs_body()
{
	conf </dev/null
	cat >b/sysctl.conf <<EOF
no.such.name=1
net.inet.ip.ttl=0x41
net.link.gif.max_nesting=2
net.ipv4.conf.all.rp_filter=2
EOF
	atf_check -e save:said -o match:'^net.inet.ip.ttl: 64 -> 0x41$' \
	    rc -d b start
	atf_check -o inline:"rc: $PWD/b/sysctl.conf line 1: unknown oid 'no.such.name'
rc: $PWD/b/sysctl.conf line 3: net.link.gif.max_nesting is kept, but not in force yet (nothing here acts on it)\n" \
	    cat said
	atf_check -o inline:"65\n" cat /proc/sys/net/ipv4/ip_default_ttl
	# said again, but no step
	atf_check -e file:said rc -n -d b start
	atf_check rc -q -d b stop
	atf_check -o inline:"64\n" cat /proc/sys/net/ipv4/ip_default_ttl
}

atf_test_case hostname_denied
hostname_denied_head()
{
	atf_set descr "A jail that may not set its name says so, each time"
}
hostname_denied_body()
{
	conf <<EOF
hostname="mine"
EOF
	need setpriv
	atf_check -e match:'hostname: not set.*this jail may not' \
	    setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin \
	    rc -n -d b start
	atf_check -o inline:"hostname mine\n" rc -n -d b start
}

atf_test_case killed
killed_head()
{
	atf_set descr "kill -9 at every step: stop takes all back"
	atf_set timeout 120
}
killed_body()
{
	lab
	hostname before
	remember
	n=$(rc -n -d b start | wc -l)
	[ "$n" -gt 15 ] || atf_fail "only $n steps"
	for i in $(seq 1 "$n"); do
		atf_check -s signal:9 -o ignore -e ignore \
		    env CELLBLOCK_DIE_AT="$i" rc -q -e -d b start
		atf_check -e ignore rc -q -d b stop
		same_but_registry
		atf_check -o inline:"before\n" hostname
	done
	# and a start finishes what a killed one began
	atf_check -s signal:9 env CELLBLOCK_DIE_AT=12 rc -q -e -d b start
	atf_check rc -q -e -d b start
	atf_check rc -n -d b start
	atf_check rc -q -d b stop
}

atf_test_case scripts
scripts_head()
{
	atf_set descr "Local scripts run in their place, once, and are stopped"
}
scripts_body()
{
	# the machine's /etc stays as it is whatever happens here
	cp -a /etc etc
	mount --bind etc /etc
	conf <<EOF
cloned_interfaces="bridge0"
EOF
	mkdir b/rc.d
	cat >b/rc.d/early <<'EOF'
#!/bin/sh
# PROVIDE: early
# REQUIRE: FILESYSTEM
# BEFORE: netif
. /etc/rc.subr
name="early"
rcvar="early_enable"
start_cmd="${name}_start"
stop_cmd="${name}_stop"
early_start() { echo "early: $(ifconfig -l)"; }
early_stop() { echo "early stops"; }
early_enable=YES
run_rc_command "$1"
EOF
	cat >b/rc.d/late <<'EOF'
#!/bin/sh
# PROVIDE: late
# REQUIRE: NETWORKING
echo "late $1: $(ifconfig -l)"
[ "$1" = faststart ]
EOF
	chmod +x b/rc.d/*
	atf_check -o match:'^early: lo0$' -o match:'^late faststart: lo0 bridge0$' \
	    rc -d b start
	atf_check rc -n -d b start
	atf_check -o match:'^early stops$' -o match:'^late faststop: ' \
	    -e match:'late faststop: failed with status 1$' rc -d b stop
	[ ! -e /etc/rc.subr ] || atf_fail "/etc/rc.subr is left"
}

atf_test_case jails
jails_head()
{
	atf_set descr "Jails are started, kept, and stopped; a patch cable between two"
	atf_set timeout 120
}
jails_body()
{
	conf <<EOF
cloned_interfaces="epair0 epair1"
ifconfig_epair1a="inet 10.1.0.1/24"
jail_enable="YES"
EOF
	cat >b/jail.conf <<'EOF'
vnet; persist; mount.devfs;
exec.start = "/bin/sh /etc/rc";
exec.stop = "/bin/sh /etc/rc.shutdown";
a { vnet.interface = epair0a, epair1b; }
b { vnet.interface = epair0b; }
EOF
	mkdir -p b/jails/a b/jails/b
	cat >b/jails/a/rc.conf <<EOF
ifconfig_epair0a="inet 10.0.0.1/24"
ifconfig_epair1b="inet 10.1.0.2/24"
gateway_enable=YES
EOF
	cat >b/jails/b/rc.conf <<EOF
ifconfig_epair0b="inet 10.0.0.2/24"
defaultrouter="10.0.0.1"
EOF
	remember
	atf_check -o match:'^Starting jails: a b\.$' rc -e -d b start
	atf_check -o inline:"1\n" jexec a sysctl -n net.inet.ip.forwarding
	atf_check -o inline:"0\n" jexec b sysctl -n net.inet.ip.forwarding
	atf_check -o match:'inet 127\.0\.0\.1 ' ifconfig -j b lo0
	# the way back is missing on purpose: b reaches a's far address
	atf_check -o ignore jexec b ping -c 1 -W 10 10.1.0.2
	atf_check -s exit:1 -o ignore jexec b ping -c 1 -W 1 10.1.0.1
	# both ends of epair0 are in jails: still no reason to make it again
	atf_check rc -n -d b start
	atf_check jexec a rc -n
	atf_check -o ignore -e ignore jail -f b/jail.conf -r b
	atf_check -o inline:"start jail b\n" rc -n -d b start
	atf_check -o ignore rc -q -e -d b start
	atf_check -o ignore jexec b ping -c 1 -W 10 10.0.0.1
	atf_check -o match:'^Stopping jails: a b\.$' rc -d b stop
	atf_check -o inline:"lo0\n" ifconfig -l
	same_but_registry
}

atf_test_case jail_fails
jail_fails_head()
{
	atf_set descr "A jail that does not start takes all back with it"
	atf_set timeout 60
}
jail_fails_body()
{
	conf <<EOF
cloned_interfaces="epair0"
jail_enable="YES"
EOF
	cat >b/jail.conf <<'EOF'
persist; path = /;
good { }
bad { exec.start = "echo words of the command", "false"; }
EOF
	atf_check -s exit:1 -o ignore -e match:'bad' \
	    -e match:'words of the command' rc -e -d b start
	atf_check -o inline:"lo0\n" ifconfig -l
	atf_check -o empty jls -N jid
}

atf_test_case clone_without_unit
clone_without_unit_head()
{
	atf_set descr "A clone without a unit is the first that is not listed"
}
clone_without_unit_body()
{
	mkdir b
	conf <<EOF
cloned_interfaces="bridge bridge0 epair"
ifconfig_bridge1="inet 10.0.0.1/24"
EOF
	atf_check rc -q -d b start
	atf_check -o inline:"lo0 bridge1 bridge0 epair0a epair0b\n" ifconfig -l
	atf_check -o match:"inet 10.0.0.1 " ifconfig bridge1
	atf_check rc -n -d b start
	atf_check rc -q -d b stop
	atf_check -o inline:"lo0\n" ifconfig -l
}

atf_init_test_cases()
{
	atf_add_test_case clone_without_unit
	atf_add_test_case boot
	atf_add_test_case again
	atf_add_test_case changed
	atf_add_test_case renamed
	atf_add_test_case stop
	atf_add_test_case failure
	atf_add_test_case malformed
	atf_add_test_case warnings
	atf_add_test_case knobs
	atf_add_test_case hostname_denied
	atf_add_test_case killed
	atf_add_test_case scripts
	atf_add_test_case jails
	atf_add_test_case jail_fails
}
