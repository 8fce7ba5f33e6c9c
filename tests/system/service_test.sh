#! /usr/bin/env atf-sh
# service(8) and rcorder(8).
. "$(atf_get_srcdir)/common.sh"

# The machine's /etc and /usr/local/etc stay as they are.
own_etc()
{
	cp -a /etc etc
	mount --bind etc /etc
	rm -f /etc/rc.conf /etc/rc.conf.local /etc/rc.subr
	mkdir -p local/etc/rc.d
	mount --bind local /usr/local
}

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
hostname
mine
netif
routing
devfs
rctl
jail\n" service -l
	atf_check -o inline:"/etc/rc.d/sysctl
/etc/rc.d/hostname
/usr/local/etc/rc.d/mine
/etc/rc.d/netif
/etc/rc.d/routing
/etc/rc.d/devfs
/etc/rc.d/rctl
/etc/rc.d/jail\n" service -r
	atf_check -o not-match:mine -o not-match:jail -o match:netif \
	    service -e
	echo 'mine_enable=YES jail_enable=YES' >/etc/rc.conf
	atf_check -o match:mine -o match:jail service -e
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
	atf_check -o ignore service netif stop epair1a
	atf_check -o inline:"lo0 epair10a epair10b\n" ifconfig -l
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
	atf_check -o match:'^Starting jails: b\.$' service jail onestart b
	atf_check -o inline:"b\n" jls name
	atf_check -o match:'^Starting jails: a\.$' service jail onestart
	atf_check -o match:'^Stopping jails: b\.$' service jail stop b
	atf_check -o inline:"a\n" jls name
	atf_check -o match:'^Stopping jails: ' service jail stop
	atf_check jls name
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
	atf_check -o match:'^starts' -e ignore service demo onestart
	[ ! -e /etc/rc.subr ] || atf_fail "/etc/rc.subr is left"
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

atf_init_test_cases()
{
	atf_add_test_case list
	atf_add_test_case netif
	atf_add_test_case prefixes
	atf_add_test_case enable
	atf_add_test_case jails
	atf_add_test_case script
	atf_add_test_case daemon
	atf_add_test_case order
}
