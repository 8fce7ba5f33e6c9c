#! /usr/bin/env atf-sh
# service(8) and rcorder(8).
. "$(atf_get_srcdir)/common.sh" || exit

atf_test_case list
list_head()
{
	atf_set descr "-l, -e, -r and unknown services"
}
list_body()
{
	own_etc
	cat >/usr/local/etc/rc.d/mine <<'EOF'
#!/bin/sh
# PROVIDE: mine
# BEFORE: netif
EOF
	chmod +x /usr/local/etc/rc.d/mine
	atf_check -o inline:"sysctl
kld
hostname
ip6addrctl
mine
netif
pflog
pf
routing
static_arp
static_ndp
dhclient
rtsold
defaultroute
netwait
devfs
rtadvd
rctl
jail\n" service -l
	atf_check -o inline:"/etc/rc.d/sysctl
/etc/rc.d/kld
/etc/rc.d/hostname
/etc/rc.d/ip6addrctl
/usr/local/etc/rc.d/mine
/etc/rc.d/netif
/etc/rc.d/pflog
/etc/rc.d/pf
/etc/rc.d/routing
/etc/rc.d/static_arp
/etc/rc.d/static_ndp
/etc/rc.d/rtsold
/etc/rc.d/defaultroute
/etc/rc.d/netwait
/etc/rc.d/devfs
/etc/rc.d/rtadvd
/etc/rc.d/rctl
/etc/rc.d/jail\n" service -r
	atf_check -o not-match:mine -o not-match:jail -o match:netif \
	    service -e
	echo 'mine_enable=YES jail_enable=YES' >/etc/rc.conf
	atf_check -o match:mine -o match:jail service -e
	# more folders of scripts; one that only a first boot has
	mkdir more /usr/local/etc/rc.conf.d
	printf '#!/bin/sh\n# PROVIDE: further\n' >more/further
	printf '#!/bin/sh\n# PROVIDE: once\n# KEYWORD: firstboot\n' >more/once
	chmod +x more/further more/once
	echo "local_startup=\"/usr/local/etc/rc.d $PWD/more\"" >>/etc/rc.conf
	echo 'rctl_enable=NO' >/usr/local/etc/rc.conf.d/rctl
	atf_check -o match:"^$PWD/more/further\$" -o not-match:once \
	    -o match:'rc.d/mine$' service -r
	atf_check -o not-match:'/rctl' service -e
	atf_check -s exit:1 \
	    -e match:'^nosuch does not exist in /etc/rc.d or the local startup$' \
	    service nosuch start
	atf_check -s exit:1 -e match:'does not exist' service NETWORKING start
	atf_check -s exit:1 -e match:'^usage: service ' service netif
}

atf_test_case netif
netif_head()
{
	atf_set descr "netif and routing: start, stop, single interfaces"
}
netif_body()
{
	own_etc
	cat >/etc/rc.conf <<'EOF'
cloned_interfaces="epair0 epair1"
ifconfig_epair0a="inet 192.0.2.1/24"
ifconfig_epair1a="inet 198.51.100.1/24"
ifconfig_epair0b="up"
defaultrouter="192.0.2.254"
EOF
	atf_check -o match:'^Created clone interfaces: epair0a epair0b\.$' \
	    -o match:'^Starting Network: epair0a\.$' \
	    -o not-match:epair1 service netif start epair0a
	atf_check -o match:'inet 192\.0\.2\.1 ' ifconfig epair0a
	atf_check -o match:'^Starting Network: lo0 ' service netif start
	atf_check -o inline:"add net default: gateway 192.0.2.254\n" \
	    service routing start
	atf_check -o match:'^default via 192.0.2.254' ip route
	atf_check service routing stop
	atf_check -o not-match:default ip route
	atf_check -o match:'Destroyed clone interfaces: epair0 epair1\.' \
	    service netif stop
	atf_check -o inline:"lo0\n" ifconfig -l
	echo 'netif_enable=NO' >>/etc/rc.conf
	atf_check -s exit:1 -o inline:"Cannot 'start' netif. Set netif_enable to YES in /etc/rc.conf or use 'onestart' instead of 'start'.\n" \
	    service netif start
	atf_check service netif quietstart
	atf_check -o ignore service netif onestart
	atf_check -o match:epair0a ifconfig -l
}

atf_test_case prefixes
prefixes_head()
{
	atf_set descr "epair1 is not epair10"
}
prefixes_body()
{
	own_etc
	cat >/etc/rc.conf <<'EOF'
cloned_interfaces="epair1 epair10"
ifconfig_epair1a="up"
ifconfig_epair10a="up"
EOF
	atf_check -o match:'interfaces: epair10a epair10b\.$' service netif start epair10a
	atf_check -o inline:"lo0 epair10a epair10b\n" ifconfig -l
	atf_check -o ignore service netif start
	# an end that is stopped stays; its addresses go
	atf_check ifconfig epair1b description here
	atf_check -o inline:"Stopping Network: epair1a.\n" \
	    service netif stop epair1a
	atf_check -o match:"flags=8802<" ifconfig epair1a
	atf_check -o ignore service netif restart epair1a
	atf_check -o match:"description: here" ifconfig epair1b
	atf_check -o inline:"Stopping Network: epair1a epair1b.
Destroyed clone interfaces: epair1.
" service netif stop epair1
	atf_check -o inline:"lo0 epair10a epair10b\n" ifconfig -l
}

atf_test_case said
said_head()
{
	atf_set descr "What netif says it makes and stops is what it does"
}
said_body()
{
	own_etc
	cat >/etc/rc.conf <<'EOF'
cloned_interfaces="epair0 lo1:sticky bridge0"
ifconfig_epair0a="inet 192.0.2.1/24"
ifconfig_epair0b_name="wan0"
vlans_epair0a="10"
ifconfig_epair0a_10="inet 198.51.100.1/24"
ifconfig_lo1="inet 10.1.1.1/32"
EOF
	atf_check -o match:'^Created clone interfaces: epair0a epair0b lo1 bridge0 epair0a\.10\.$' \
	    service netif start
	atf_check -o inline:"Stopping Network: bridge0.
Destroyed clone interfaces: bridge0.
" service netif stop bridge0
	atf_check -o inline:"Stopping Network: epair0a wan0 lo1 epair0a.10.
Destroyed clone interfaces: epair0 epair0a.10.
" service netif stop
	atf_check -o inline:"lo0 lo1\n" ifconfig -l
	atf_check service netif stop
}

atf_test_case enable
enable_head()
{
	atf_set descr "rcvar, enable, disable, unknown words"
}
enable_body()
{
	own_etc
	atf_check -o inline:'# jail
#
jail_enable="NO"
#   (default: "NO")

' service jail rcvar
	atf_check -o inline:"jail enabled in /etc/rc.conf\n" \
	    service jail enable
	atf_check -o inline:'jail_enable="YES"\n' cat /etc/rc.conf
	atf_check service jail enabled
	atf_check -o inline:"jail disabled in /etc/rc.conf\n" \
	    service jail disable
	atf_check -s exit:1 service jail enabled
	atf_check -s exit:1 -e match:'^Usage: /etc/rc.d/netif ' \
	    service netif frobnicate
}

atf_test_case jails
jails_head()
{
	atf_set descr "service jail start and stop by name"
	atf_set timeout 60
}
jails_body()
{
	own_etc
	cat >/etc/jail.conf <<'EOF'
persist; path = /;
a { }
b { }
EOF
	atf_check -o inline:"Starting jails: b.\n" service jail onestart b
	atf_check -o inline:"b\n" jls name
	atf_check -o inline:"$(jls -j b jid)\n" cat /var/run/jail_b.id
	atf_check -o match:'^Starting jails: a\.$' service jail onestart
	atf_check -o inline:"$(jls -j a jid)\n" cat /var/run/jail_a.id
	atf_check -o inline:"Stopping jails: b.\n" service jail stop b
	atf_check -o inline:"a\n" jls name
	atf_check test ! -e /var/run/jail_b.id
	atf_check -o match:"^Stopping jails: " -o not-match:removed \
	    service jail stop
	atf_check test ! -e /var/run/jail_a.id
	atf_check jls name
	# a file of its own has the commands for its end, too
	mkdir /etc/jail.conf.d
	echo 'c { persist; path = /; exec.poststop = "touch stopped.c"; }' \
	    >/etc/jail.conf.d/c.conf
	echo 'd { persist; path = /; exec.poststop = "touch stopped.d"; }' \
	    >/etc/jail.d.conf
	atf_check -o inline:"Starting jails: c d.\n" service jail onestart c d
	atf_check -o inline:"Stopping jails: c d.\n" service jail onestop c d
	atf_check jls name
	atf_check test -e stopped.c -a -e stopped.d
	rm /etc/jail.conf
	atf_check -o ignore service jail onestart c
	atf_check -o ignore service jail onerestart c
	atf_check -o inline:"c\n" jls name
	rm stopped.c
	atf_check -o inline:"Stopping jails: c.\n" service jail stop c
	atf_check test -e stopped.c
}

atf_test_case verbs
verbs_head()
{
	atf_set descr "Parts of netif and routing; static_arp; vnetup; what all have"
}
verbs_body()
{
	own_etc
	cat >/etc/rc.conf <<'EOF'
cloned_interfaces="epair0 epair1"
ifconfig_epair0a="inet 192.0.2.1/24"
ifconfig_epair1a_name="wan0"
ifconfig_epair1b="vnet v"
defaultrouter="192.0.2.254"
gateway_enable="YES"
static_arp_pairs="gw"
static_arp_gw="192.0.2.254 02:00:00:00:00:01"
EOF
	cat >/etc/start_if.epair0a <<'EOF'
ifconfig lo0 description "$1 starts"
EOF
	echo 'ifconfig lo0 -description' >/etc/stop_if.epair0a
	atf_check -o inline:"Created clone interfaces: epair0a epair0b epair1a epair1b.\n" \
	    service netif cloneup
	atf_check -o not-match:'inet 192' ifconfig epair0a
	atf_check -o ignore ifconfig wan0
	atf_check -o ignore service netif start
	atf_check -o match:'description: epair0a starts' ifconfig lo0
	atf_check -o inline:"add net default: gateway 192.0.2.254\n" \
	    service routing static
	atf_check -o inline:"Additional inet routing options: gateway=YES.\n" \
	    service routing options
	atf_check -o inline:"Binding static ARP pair(s): gw.\n" \
	    service static_arp start
	atf_check -o match:'at 02:00:00:00:00:01 on epair0a permanent' \
	    arp -n 192.0.2.254
	atf_check ifconfig epair0a inet6 -ifdisabled
	atf_check -o ignore sysrc static_ndp_pairs=r \
	    static_ndp_r="fe80::9%epair0a 02:00:00:00:00:09"
	atf_check -o inline:"Binding static NDP pair(s): r.\n" \
	    service static_ndp start
	atf_check -o match:"^fe80::9%epair0a +02:00:00:00:00:09 +epair0a +\
permanent" ndp -an
	atf_check service static_ndp stop
	atf_check -o not-match:"^fe80::9%" ndp -an
	atf_check service static_arp stop
	atf_check -s exit:1 -o match:'no entry' -e ignore arp -n 192.0.2.254
	atf_check jail -c name=v vnet persist path=/
	atf_check -o inline:"Moving Network: epair1b.\n" service netif vnetup
	atf_check -o match:epair1b jexec v ifconfig -l
	atf_check -o inline:"Reclaiming Network: epair1b.\n" \
	    service netif vnetdown epair1b
	atf_check -o inline:"Destroyed clone interfaces: epair0 epair1.\n" \
	    service netif clonedown
	atf_check -o inline:"lo0\n" ifconfig -l
	atf_check -o ignore service netif stop
	# what every service has
	atf_check -o inline:"Network interface setup\n" service netif describe
	atf_check -o inline:"cloneup clonedown clear vnetup vnetdown\n" \
	    service netif extracommands
	atf_check -s exit:1 -e match:"unknown directive 'frob'" \
	    -e match:'\|static\|options\)$' service routing frob
	atf_check -o ignore sysrc rtsold_enable=NO
	atf_check -o inline:"rtsold_enable deleted in /etc/rc.conf\n" \
	    service rtsold delete
	atf_check -s exit:1 grep rtsold /etc/rc.conf
	atf_check -s exit:1 -o inline:"rtsold is not running.\n" \
	    service rtsold status
	# dhclient is about one interface
	atf_check -s exit:1 -e match:'no interface specified' \
	    service dhclient start
	atf_check -s exit:1 -o inline:"'epair0a' is not a DHCP-enabled interface\n" \
	    service dhclient start epair0a
	atf_check -s exit:1 -o inline:"dhclient is not running.\n" \
	    service dhclient status epair0a
}

atf_test_case ifscripts
ifscripts_head()
{
	atf_set descr "start_if.IF and stop_if.IF"
}
ifscripts_body()
{
	own_etc
	echo 'cloned_interfaces="epair0"' >/etc/rc.conf
	cat >/etc/start_if.epair0a <<'EOF'
ifconfig lo0 description "$1 starts"
EOF
	echo 'ifconfig lo0 -description' >/etc/stop_if.epair0a
	atf_check -o ignore service netif start
	atf_check -o match:'description: epair0a starts' ifconfig lo0
	ifconfig lo0 description mine
	# once
	atf_check -o ignore service netif start
	atf_check -o match:'description: mine' ifconfig lo0
	atf_check -o ignore service netif stop
	atf_check -o not-match:description ifconfig lo0
}

atf_test_case legacy
legacy_head()
{
	atf_set descr "A jail that rc.conf's jail_* variables describe"
	atf_set timeout 60
}
legacy_body()
{
	own_etc
	cat >/etc/rc.conf <<'EOF'
jail_enable="YES"
jail_list="old"
jail_old_rootdir="/"
jail_old_hostname="old.example"
jail_old_exec_start="true"
jail_old_ip="lo0|127.0.0.7"
jail_old_exec_poststop0="touch /tmp/stopped.old"
EOF
	: >/etc/jail.conf
	atf_check -o match:'^Starting jails: old\.$' \
	    -e inline:"service: Per-jail configuration via jail_* variables is obsolete.  Please consider migrating to /etc/jail.conf.\n" \
	    service jail start
	atf_check -o inline:"old old.example 127.0.0.7\n" \
	    jls name host.hostname ip4.addr
	atf_check -o match:'ip4.addr \+= "?lo0\|127.0.0.7/32"?;' \
	    service jail config
	atf_check -o match:'^Stopping jails: old\.$' service jail stop
	atf_check rm /tmp/stopped.old
	atf_check -o ignore -e ignore service jail start
	atf_check -o match:'^Stopping jails: old\.$' service jail stop old
	atf_check rm /tmp/stopped.old
	atf_check -o ignore sysrc jail_old_colour=red
	atf_check -s exit:1 -e match:'jail_old_colour: there is no such variable' \
	    service jail start
}

atf_test_case script
script_head()
{
	atf_set descr "A local script: its words, its status, rc.subr"
}
script_body()
{
	own_etc
	cat >/usr/local/etc/rc.d/demo <<'EOF'
#!/bin/sh
# PROVIDE: demo
# REQUIRE: NETWORKING
. /etc/rc.subr
name=demo
desc="A demonstration"
rcvar=demo_enable
load_rc_config $name
: ${demo_enable:=NO}
: ${demo_word:=nothing}
start_precmd="demo_pre"
start_cmd="demo_start"
stop_cmd="demo_stop"
extra_commands="hello"
hello_cmd="demo_hello"
demo_pre() { echo before; }
demo_start() { echo "starts $demo_word"; checkyesno demo_flag || warn "no flag"; load_kld if_epair; }
demo_stop() { echo "stops"; return 1; }
demo_hello() { echo "hello $*"; }
run_rc_command "$@"
EOF
	chmod +x /usr/local/etc/rc.d/demo
	atf_check -s exit:1 -o match:"^Cannot 'start' demo. Set demo_enable" \
	    service demo start
	cat >/etc/rc.conf <<'EOF'
demo_enable="yes"
demo_word="well"
demo_flag="perhaps"
EOF
	atf_check -o inline:"before\nstarts well\n" \
	    -e match:'WARNING: \$demo_flag is not set properly - see rc.conf\(5\)\.' \
	    -e match:'WARNING: no flag' service demo start
	atf_check -s exit:1 -o inline:"stops\n" service demo stop
	atf_check -o inline:"hello a b\n" service demo hello a b
	atf_check -o inline:"A demonstration\n" service demo describe
	atf_check -o match:'^demo_enable="yes"$' service demo rcvar
	atf_check -s exit:1 -e match:'^Usage: .*start\|stop' \
	    service demo nosuch
	atf_check -o inline:"demo disabled in /etc/rc.conf\n" \
	    service demo disable
	atf_check -o match:'^demo_enable="NO"' cat /etc/rc.conf
	# words that all scripts have are the script's own if it says so
	sed -i 's/^extra_commands=.*/&; enable_cmd=demo_on; describe_cmd=demo_say\
demo_on() { echo "on with $*"; sysrc demo_enable=YES; }\
demo_say() { echo says; return 1; }/' /usr/local/etc/rc.d/demo
	atf_check -o inline:"on with a\ndemo_enable: NO -> YES\n" \
	    service demo enable a
	atf_check -s exit:1 -o inline:"says\n" service demo describe
	atf_check -o match:'^starts' -e ignore service demo onestart
	[ ! -e /etc/rc.subr ] || atf_fail "/etc/rc.subr is left"
}

atf_test_case bare
bare_head()
{
	atf_set descr "A script of functions that never calls run_rc_command"
}
bare_body()
{
	own_etc
	cat >/usr/local/etc/rc.d/pieces <<'EOF'
#!/bin/sh
# REQUIRE: FILESYSTEM kld
# PROVIDE: wires
# BEFORE: netif

wires_start() {
  kld_load ng_bridge ng_ether if_epair || return 3
  echo "starts $*"
}

wires_stop () {
  echo "stops"
}
EOF
	chmod +x /usr/local/etc/rc.d/pieces
	atf_check -o match:'^starts' service pieces start
	atf_check -o match:'^stops' -o match:'^starts' service pieces restart
	atf_check -o inline:"stops\n" service pieces onestop
	atf_check -s exit:1 -e match:'^Usage: .*start\|stop' \
	    service pieces nosuch
	# what it loaded is listed
	atf_check -o match:'^ 1 .* kernel$' -o match:'^ 2 .* ng_bridge.ko$' \
	    -o match:'^ 4 .* if_epair.ko$' kldstat
	atf_check kldstat -q -m ng_ether
	atf_check -s exit:1 -e inline:"kldstat: can't find module ng_tee: No \
such file or directory\n" kldstat -m ng_tee
	atf_check -s exit:1 -e inline:"kldload: can't load ng_ether: module \
already loaded or in kernel\n" kldload ng_ether
	atf_check kldload -n ng_ether.ko
	atf_check -s exit:1 -e inline:"kldload: can't load ng_nosuch: No such \
file or directory\n" kldload ng_nosuch
	atf_check kldunload ng_ether
	atf_check -s exit:1 kldstat -q -m ng_ether
	# what scripts load before they use it; and what there is not
	for n in pf pflog if_vlan if_lagg if_gif if_gre if_vxlan if_wg if_tap \
	    if_tuntap if_bridge nullfs ng_vlan; do
		atf_check -s exit:1 kldstat -q -m $n
		atf_check kldload -n $n
		atf_check kldstat -q -m $n
	done
	for n in ipfw carp zfs linux64 if_lo if_ether if_ngeth if_ if_nosuch; do
		atf_check -s exit:1 -e inline:"kldload: can't load $n: No such \
file or directory\n" kldload -n $n
	done
	# rc orders it without complaint
	atf_check -o match:'/pieces$' service -r
	# a script without such functions is one like any other
	printf '#!/bin/sh\necho "told to %s"\n' "\$1" >/usr/local/etc/rc.d/plain
	chmod +x /usr/local/etc/rc.d/plain
	atf_check -o inline:"told to start\n" service plain start
}

atf_test_case daemon
daemon_head()
{
	atf_set descr "A program with a pid file: start, status, stop"
}
daemon_body()
{
	own_etc
	cat >/usr/local/etc/prog <<'EOF'
#!/bin/sh
sleep 1000 >/dev/null 2>&1 &
echo $! >/run/prog.pid
EOF
	cat >/usr/local/etc/rc.d/prog <<'EOF'
#!/bin/sh
# PROVIDE: prog
. /etc/rc.subr
name=prog
rcvar=prog_enable
command=/usr/local/etc/prog
procname=sleep
pidfile=/run/prog.pid
prog_enable=YES
run_rc_command "$1"
EOF
	chmod +x /usr/local/etc/prog /usr/local/etc/rc.d/prog
	atf_check -s exit:1 -o inline:"prog is not running.\n" \
	    service prog status
	atf_check -o inline:"Starting prog.\n" service prog start
	pid=$(cat /run/prog.pid)
	atf_check -o inline:"prog is running as pid $pid.\n" \
	    service prog status
	atf_check -s exit:1 -o inline:"prog already running? (pid=$pid).\n" \
	    service prog start
	atf_check -o inline:"Stopping prog.\n" service prog stop
	atf_check -s exit:1 -o ignore service prog status
}

atf_test_case order
order_head()
{
	atf_set descr "rcorder: order, -k, -s, -p, circles"
}
order_body()
{
	printf '# PROVIDE: a\n# REQUIRE: b\n# KEYWORD: nojail\n' >a
	printf '# PROVIDE: b\n' >b
	printf '# PROVIDE: c\n# BEFORE: b\n# KEYWORD: shutdown\n' >c
	atf_check -o inline:"c\nb\na\n" rcorder a b c
	atf_check -o inline:"c\nb\n" rcorder -s nojail a b c
	atf_check -o inline:"c\n" rcorder -k shutdown a b c
	printf '# PROVIDE: d\n' >d
	atf_check -o inline:"c d\nb\na\n" rcorder -p a b c d
	printf '# PROVIDE: e\n# REQUIRE: f\n' >e
	printf '# PROVIDE: f\n# REQUIRE: e\n' >f
	atf_check -s exit:1 -o inline:"f\ne\n" \
	    -e inline:"rcorder: Circular dependency on provision \`e' in file \`f'.\n" \
	    rcorder e f
	atf_check -o inline:"e\n" \
	    -e inline:"rcorder: requirement \`f' in file \`e' has no providers.\n" \
	    rcorder e
	atf_check -s exit:1 -e match:'nosuch: No such file' rcorder nosuch
	atf_check -s exit:1 -e match:'^usage: rcorder' rcorder
}

atf_test_case options
options_head()
{
	atf_set descr "-d and -E reach a script, -lv and -rv say where things are"
}
options_body()
{
	own_etc
	cat >/usr/local/etc/rc.d/demo <<'EOF'
#!/bin/sh
# PROVIDE: demo
. /etc/rc.subr
name=demo
start_cmd=demo_start
demo_start() { debug "seen"; echo "word ${WORD:-none}"; }
load_rc_config demo
run_rc_command "$1"
EOF
	chmod +x /usr/local/etc/rc.d/demo
	atf_check -o inline:"word none\n" service demo start
	atf_check -o inline:"word a b\n" service -E 'WORD=a b' -E X=1 demo start
	atf_check -o ignore -e match:'DEBUG: seen' service -d demo start
	atf_check -s exit:1 -e match:'^service: -E: 1=2: not var=value$' \
	    service -E 1=2 demo start
	atf_check -s exit:1 -e match:'netif is no script' \
	    service -E A=1 netif start
	atf_check -o match:'^From /etc/rc\.d:$' \
	    -o match:'^From /usr/local/etc/rc\.d:$' -o match:'^demo$' \
	    service -lv
	atf_check -o match:'^=+ Early/Late Divider =+$' service -rv
	atf_check -o not-match:Divider service -r
	# a value that is none is told of where it matters
	echo 'rtadvd_enable="perhaps"' >/etc/rc.conf
	atf_check -s exit:1 -o match:"^Cannot 'start' rtadvd" \
	    -e match:'\$rtadvd_enable is not set properly' service rtadvd start
	atf_check -s exit:1 -o inline:"rtadvd is not running.\n" \
	    service rtadvd status
}

atf_init_test_cases()
{
	atf_add_test_case options
	atf_add_test_case list
	atf_add_test_case netif
	atf_add_test_case prefixes
	atf_add_test_case said
	atf_add_test_case enable
	atf_add_test_case jails
	atf_add_test_case verbs
	atf_add_test_case ifscripts
	atf_add_test_case legacy
	atf_add_test_case script
	atf_add_test_case bare
	atf_add_test_case daemon
	atf_add_test_case order
}
