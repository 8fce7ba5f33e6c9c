#! /usr/bin/env atf-sh
# What single variables of rc.conf(5) start or change: rtadvd, netwait,
# ip6addrctl, jail_flags, and what is said of values that nobody can take.
. "$(atf_get_srcdir)/common.sh" || exit

# A folder as `rc -d` takes it; rc.conf from stdin.
conf()
{
	mkdir -p b
	cat >b/rc.conf
}

# A jail with epair0b and a root of its own; its rc.conf from stdin.
host()
{
	local d

	for d in bin dev etc proc run sbin sys tmp; do
		mkdir -p "root/$d"
	done
	cp /bin/busybox root/bin/
	ln -s busybox root/bin/sh
	ln -s busybox root/bin/cat
	cat >jail.conf <<EOF
c {
	vnet; vnet.interface = epair0b; persist; path = "$PWD/root";
	exec.start = "/bin/sh /etc/rc";
	exec.stop = "/bin/sh /etc/rc.shutdown jail";
}
EOF
	cat >root/etc/rc.conf
	atf_check -o ignore jail -f jail.conf -c c
}

# shown JAIL PATTERN COMMAND...: that comes in time
shown()
{
	local j pattern

	j=$1 pattern=$2
	shift 2
	wait_for 10 sh -c "jexec $j $* | grep -q '$pattern'" ||
		atf_fail "$(jexec "$j" "$@")"
}

atf_test_case router
router_head()
{
	atf_set descr "rtadvd_enable: a router that a host configures itself by"
	atf_set timeout 60
}
router_body()
{
	need radvd
	conf <<'EOF'
cloned_interfaces="epair0"
ifconfig_epair0a_ipv6="inet6 2001:db8::1 prefixlen 64 no_dad"
ifconfig_epair0b="up"
ipv6_gateway_enable="YES"
rtadvd_enable="YES"
EOF
	atf_check -o match:'^start rtadvd epair0a$' rc -n -d b start
	atf_check rc -q -d b start
	atf_check rc -n -d b start
	host </dev/null
	atf_check jexec c ifconfig epair0b inet6 -ifdisabled accept_rtadv up
	atf_check -e ignore jexec c rtsol epair0b
	shown c 'inet6 2001:db8::[0-9a-f:]* prefixlen 64 autoconf' \
	    ifconfig epair0b
	shown c '^default *fe80:' netstat -rn
	# another configuration is another rtadvd
	cat >b/rtadvd.conf <<'EOF'
# the clients' side
epair0a:\
	:noifprefix:addr="2001:db8:1::":vltime#7200:pltime#3600:\
	:rdnss="2001:db8::53":dnssl="lab.example":mtu=auto:
EOF
	atf_check -o inline:"start rtadvd epair0a\n" rc -n -d b start
	atf_check rc -q -d b start
	atf_check rc -n -d b start
	atf_check -e ignore jexec c rtsol epair0b
	shown c 'inet6 2001:db8:1:' ifconfig epair0b
	shown c 'nameserver 2001:db8::53' cat /etc/resolv.conf
	# one that was killed is started again
	kill -9 "$(pgrep -o -x radvd)"
	wait_for 5 sh -c '! pgrep -x radvd' || atf_fail "it runs"
	atf_check -o inline:"start rtadvd epair0a\n" rc -n -d b start
	atf_check rc -q -d b start
	# and ends with its level
	atf_check rc -q -d b stop
	atf_check -s exit:1 pgrep -x radvd
	atf_check test ! -e /run/cellblock/rtadvd.conf
	echo 'epair0a:raflags="x":' >b/rtadvd.conf
	atf_check -s exit:1 -e inline:"rc: $PWD/b/rtadvd.conf line 1: \
raflags: x: not one of the letters mohl\n" rc -n -d b start
}

atf_test_case router_jail
router_jail_head()
{
	atf_set descr "A jail of any root that is a router for others"
	atf_set timeout 60
}
router_jail_body()
{
	need radvd
	atf_check -o ignore ifconfig epair0 create
	atf_check ifconfig epair0a inet6 -ifdisabled accept_rtadv up
	host <<'EOF'
ifconfig_epair0b_ipv6="inet6 2001:db8:5::1 prefixlen 64 no_dad"
ipv6_gateway_enable="YES"
rtadvd_enable="YES"
EOF
	atf_check -o match:'^rtadvd is running as pid [0-9]*\.$' \
	    jexec c service rtadvd status
	atf_check -e ignore rtsol epair0a
	wait_for 5 sh -c 'ifconfig epair0a | grep -q "2001:db8:5:.*autoconf"' ||
		atf_fail "$(ifconfig epair0a)"
	atf_check -o ignore jail -f jail.conf -r c
	atf_check -s exit:1 pgrep -x radvd
}

atf_test_case netwait
netwait_head()
{
	atf_set descr "netwait: what answers, what does not, and when it ends"
}
netwait_body()
{
	conf <<'EOF'
cloned_interfaces="epair0"
ifconfig_epair0a="inet 192.0.2.1/24"
ifconfig_epair0b="up"
netwait_enable="YES"
netwait_if="epair0a"
netwait_dad="YES"
netwait_ip="192.0.2.9 127.0.0.1 ::1"
netwait_timeout="1"
EOF
	atf_check -o match:'^wait for the network$' rc -n -d b start
	atf_check -o match:'^Waiting for epair0a, interface present, got link' \
	    -o match:'^Waiting for DAD to complete, done\.$' \
	    -o match:'192\.0\.2\.9 to respond .*: No response from host\.$' \
	    -o match:'127\.0\.0\.1 to respond to ICMP ping, got response\.$' \
	    -o not-match:'::1 to' rc -d b start
	# it was a boot that waited
	atf_check rc -n -d b start
	sed -i 's/^netwait_if=.*/netwait_if="nosuch0"/
		s/^netwait_ip=.*/netwait_ip="::1"/
		s/^netwait_dad=.*/netwait_if_timeout=1/
		$a gateway_enable=YES' b/rc.conf
	atf_check \
	    -o match:'nosuch0, wait failed: interface never appeared\.$' \
	    -o match:'::1 to respond to ICMP ping, got response\.$' \
	    -e match:'be aware you may not have' rc -d b start
}

atf_test_case values
values_head()
{
	atf_set descr "Values that nobody takes: a line each, and nothing stays"
	atf_set timeout 60
}
values_body()
{
	atf_check -o ignore ifconfig epair0 create
	atf_check -o ignore ifconfig epair0a name em0
	mkdir b
	grep -v '^#' "$CB_SRC/tests/golden/rc.values/applied.lines" >lines
	: >b/rc.conf
	atf_check rc -q -d b start
	atf_check rc -q -d b stop
	# nothing steers the terminal, C1 controls included
	printf 'ifconfig_em0_descr="\303\274\302\2332J\233"\n' >b/rc.conf
	atf_check -o match:'^em0: description .*\?\?2J\?$' rc -n -d b start
	{ ifconfig -l; netstat -rn; } >before
	while IFS= read -r line; do
		printf '%b\n' "$line" >b/rc.conf
		# the last variable is the one that is wrong
		var=$(sed -n '$s/=.*//p' b/rc.conf)
		echo "$line" >&2
		atf_check -s exit:1 \
		    -e match:"^rc: .* line [12]: $var: ...*" \
		    rc -q -e -d b start
		atf_check rc -q -d b stop
		{ ifconfig -l; netstat -rn; } >after
		diff -u before after || atf_fail "after $line"
	done <lines
}

atf_test_case flags
flags_head()
{
	atf_set descr "jail_flags, ip6addrctl_policy"
}
flags_body()
{
	conf <<'EOF'
jail_enable="YES"
jail_flags="-v"
ip6addrctl_policy="ipv4_prefer"
EOF
	echo 'w { path = /; persist; exec.start = "true"; }' >b/jail.conf
	cp /etc/gai.conf gai.before
	atf_check -o match:'^write /etc/gai.conf$' rc -n -d b start
	atf_check -o match:'w: run command.*: true' rc -v -d b start
	atf_check -o match:'^precedence ::ffff:0:0/96 100$' cat /etc/gai.conf
	atf_check rc -n -d b start
	atf_check -o ignore rc -q -d b stop
	atf_check cmp gai.before /etc/gai.conf
}

atf_test_case svcj
svcj_head()
{
	atf_set descr "NAME_svcj: services in jails of their own"
	atf_set timeout 300
}
svcj_body()
{
	mount -t tmpfs tmpfs /var/log
	mkdir -p b/rc.d
	# a jail at / is another user here
	chmod 755 .
	cp "$(command -v sleep)" demod
	conf <<'EOF'
demo_enable="YES"
demo_svcj="YES"
demo_svcj_options="net_basic sysvipc"
bare_enable="YES"
bare_svcj="YES"
open_enable="YES"
EOF
	cat >b/rc.d/demo <<EOF
#!/bin/sh
# PROVIDE: demo
. /etc/rc.subr
name=demo
rcvar=demo_enable
command=$PWD/demod
command_args="1000 >/dev/null 2>&1 & echo \\\$! >/var/run/demo.pid"
pidfile=/var/run/demo.pid
start_precmd="echo before"
start_postcmd="echo after"
load_rc_config demo
run_rc_command "\$1"
EOF
	cat >b/rc.d/bare <<'EOF'
#!/bin/sh
# PROVIDE: bare
# REQUIRE: demo
. /etc/rc.subr
name=bare
rcvar=bare_enable
start_cmd="bare_start"
stop_cmd="sysctl security.jail.jailed"
extra_commands="where there"
where_cmd="sysctl security.jail.jailed"
there_cmd=$where_cmd
bare_there_svcj_enable=YES
bare_start()
{
	sysctl security.jail.jailed
	sleep 1000 >/dev/null 2>&1 &
}
load_rc_config bare
run_rc_command "$1"
EOF
	sed -e 's/demo/open/g' -e 's/ >.var.run.*pid"/"/' -e '/^pidfile/d' \
	    -e "s/^command=.*/start_cmd=true/" b/rc.d/demo >b/rc.d/open
	chmod +x b/rc.d/*
	atf_check -o save:out rc -d b start
	grep -m 1 -A 2 -x before out >said
	atf_check -o inline:"before\nStarting demo.\nafter\n" cat said
	# shut in, with what its options name and no more
	atf_check -o inline:"ip4=inherit ip6=inherit sysvmsg=inherit\n" \
	    jls -j svcj-demo -n ip4 ip6 sysvmsg
	atf_check -o inline:"ip4=disable ip6=disable sysvmsg=disable\n" \
	    jls -j svcj-bare -n ip4 ip6 sysvmsg
	atf_check -s exit:1 -e ignore jls -j svcj-open
	# its lines are in a log, its words are here
	atf_check -o inline:"Starting demo.\n" \
	    cat /var/log/svcj_demo_console.log
	atf_check -o inline:"security.jail.jailed: 1\n" \
	    cat /var/log/svcj_bare_console.log
	export _CB_RC_ETC="$PWD/b"
	pid=$(sh b/rc.d/demo status | sed -n 's/.* as pid \([0-9]*\).$/\1/p')
	atf_check -o match:"^$PWD/demod 1000 \$" \
	    sh -c "tr '\\0' ' ' </proc/$pid/cmdline"
	atf_check -s exit:1 -o inline:"demo already running? (pid=$pid).\n" \
	    sh b/rc.d/demo start
	atf_check -o inline:"security.jail.jailed: 0\n" sh b/rc.d/bare where
	atf_check -o inline:"security.jail.jailed: 1\n" sh b/rc.d/bare there
	# a pid that is not the jail's is nobody's
	cp /var/run/demo.pid pid
	echo $$ >/var/run/demo.pid
	atf_check -s exit:1 -o inline:"demo is not running.\n" \
	    sh b/rc.d/demo status
	cp pid /var/run/demo.pid
	atf_check -o inline:"Stopping demo.\n" sh b/rc.d/demo stop
	atf_check -s exit:1 -e ignore jls -j svcj-demo
	atf_check -s exit:1 test -e /var/run/demo.pid
	# addresses; words that are none, and none that exclude each other
	sed -i 's/^demo_svcj_options=.*/demo_svcj_options="netv4 fly"/' \
	    b/rc.conf
	echo 'demo_svcj_ipaddrs="127.0.0.1"' >>b/rc.conf
	atf_check -o match:'demo: unknown service jail option: fly' \
	    -o match:'^Starting demo' sh b/rc.d/demo start
	atf_check -o inline:"ip4=new ip4.addr=127.0.0.1 ip6=disable\n" \
	    jls -j svcj-demo -n ip4 ip4.addr ip6
	atf_check -o ignore sh b/rc.d/demo stop
	echo 'demo_svcj_options="sysvipc sysvipcnew"' >>b/rc.conf
	atf_check -s exit:1 -o match:'ERROR: more than one sysvipc option' \
	    sh b/rc.d/demo start
	echo 'demo_svcj="perhaps"' >>b/rc.conf
	atf_check -s exit:1 -e match:'demo_svcj is not set properly' \
	    sh b/rc.d/demo start
	sed -i '/perhaps/d' b/rc.conf
	# all stop: in there for what has a command, and the jails are gone
	atf_check -o match:"security.jail.jailed: 1" rc -d b stop
	atf_check -o empty jls name
	# a jail without children has none for services either
	conf <<'EOF'
svcj_all_enable="YES"
bare_enable="YES"
EOF
	atf_check -o ignore rc -d b start
	atf_check -o inline:"svcj-bare\n" jls name
	jail -c name=j path=/ persist
	atf_check -s exit:1 \
	    -o match:'ERROR: jail parameter children.max is set to 0' \
	    jexec j sh "$PWD/b/rc.d/bare" start
	jail -r j
	atf_check -o ignore rc -d b stop
}

atf_test_case subr
subr_head()
{
	atf_set descr "Every function of rc.subr(8) is there and works"
}
subr_body()
{
	cat >script <<'EOF'
. "$1"
name=demo
for f in backup_file checkyesno check_pidfile check_process debug err \
    force_depend info load_kld load_rc_config load_rc_config_var \
    mount_critical_filesystems rc_usage reverse_list run_rc_command \
    run_rc_script set_rcvar startmsg wait_for_pids warn; do
	command -v $f >/dev/null || echo "no $f"
done
echo "$OSTYPE $($SYSCTL_N kern.features.vimage)"
echo one >file
backup_file add file current backup
echo two >file
backup_file update file current backup
echo "$(cat current) $(cat backup)"
backup_file remove file current backup
echo "$(cat backup) $(ls current 2>/dev/null)."
reverse_list a b c
set_rcvar
yes=On no=FALSE odd=maybe
checkyesno yes && ! checkyesno no && ! checkyesno odd && echo switches
sleep 60 &
echo $! >pid
[ "$(check_pidfile pid sleep)" = $! ] && echo pidfile
[ -z "$(check_pidfile pid cat)" ] && echo another
[ "$(check_process sleep)" = $! ] && echo process
kill $!
wait_for_pids $! && echo gone
# gone between two looks at it
_rc_zombie 4194305 && ! _rc_is 4194305 cat && echo nowhere
critical_filesystems_here=/proc
mount_critical_filesystems here && echo mounted
(rc_usage start stop) || true
err 7 "the end"
EOF
	atf_check -s exit:7 -o inline:"FreeBSD 1
two one
two .
c b a
demo_enable
switches
pidfile
another
process
gone
nowhere
mounted
" -e match:'WARNING: \$odd is not set properly' \
	    -e match:'^Usage: .*\[fast\|force\|one\|quiet\]\(start\|stop\)$' \
	    -e match:'ERROR: the end$' -e not-match:/proc/4194305 \
	    sh ./script "$CB_SRC/src/rc/rc.subr"
}

atf_init_test_cases()
{
	atf_add_test_case subr
	atf_add_test_case router
	atf_add_test_case router_jail
	atf_add_test_case netwait
	atf_add_test_case values
	atf_add_test_case flags
	atf_add_test_case svcj
}
