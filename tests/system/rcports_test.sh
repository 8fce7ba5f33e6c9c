#! /usr/bin/env atf-sh
# rc.subr: five scripts that look like what ports ship, as they are.
. "$(atf_get_srcdir)/common.sh" || exit

# script NAME: from stdin
script()
{
	cat >"/usr/local/etc/rc.d/$1"
	chmod +x "/usr/local/etc/rc.d/$1"
}

# program PATH: one that sleeps, notes its words and signals; from stdin what
# it does before
program()
{
	{
		echo '#!/bin/sh'
		cat
		cat <<'EOF'
echo "$(basename $0) $*" >>/tmp/words
trap 'echo reloaded >>/tmp/words' HUP
trap 'exit 0' TERM
while :; do sleep 0.1; done
EOF
	} >"$1"
	chmod +x "$1"
}

gone()
{
	! kill -0 "$1"
}

atf_test_case web
web_head()
{
	atf_set descr "A pid file, a check of the configuration, reload"
}
web_body()
{
	own_etc
	program /usr/local/sbin/webd.real </dev/null
	cat >/usr/local/sbin/webd <<'EOF'
#!/bin/sh
case "$*" in
*-t*) grep -q bad /usr/local/etc/webd.conf && exit 1; exit 0 ;;
esac
/usr/local/sbin/webd.real "$@" >/dev/null 2>&1 &
echo $! >/var/run/webd.pid
EOF
	chmod +x /usr/local/sbin/webd
	script webd <<'EOF'
#!/bin/sh

# PROVIDE: webd
# REQUIRE: LOGIN cleanvar
# KEYWORD: shutdown

#
# Add the following lines to /etc/rc.conf to enable webd:
# webd_enable (bool):		Set to "NO" by default.
# webd_reload_quiet (bool):	Set to "NO" by default.

. /etc/rc.subr

name="webd"
desc="Robust and small WWW server"
rcvar=webd_enable

start_precmd="webd_precmd"
restart_precmd="webd_checkconfig"
reload_precmd="webd_checkconfig"
configtest_cmd="webd_checkconfig"
command="/usr/local/sbin/webd"
procname="/usr/local/sbin/webd.real"
_pidprefix="/var/run"
pidfile="${_pidprefix}/${name}.pid"
required_files=/usr/local/etc/webd.conf
extra_commands="reload configtest"

[ -z "$webd_enable" ]		&& webd_enable="NO"

load_rc_config $name

webd_precmd()
{
	rc_flags="-p ${_pidprefix} ${rc_flags}"
	webd_checkconfig
}

webd_checkconfig()
{
	echo "Performing sanity check on webd configuration:"
	eval ${command} ${webd_flags} -t
}

run_rc_command "$1"
EOF
	atf_check -s exit:1 \
	    -o inline:"Cannot 'start' webd. Set webd_enable to YES in /etc/rc.conf or use 'onestart' instead of 'start'.\n" \
	    service webd start
	atf_check -o inline:"webd enabled in /etc/rc.conf\n" \
	    service webd enable
	atf_check -o ignore sysrc webd_flags="-e"
	atf_check -s exit:1 \
	    -e match:'WARNING: /usr/local/etc/webd.conf is not readable\.$' \
	    service webd start
	echo bad >/usr/local/etc/webd.conf
	atf_check -s exit:1 -o match:'^Performing sanity check' \
	    service webd start
	echo good >/usr/local/etc/webd.conf
	atf_check -o inline:"Performing sanity check on webd configuration:
Starting webd.\n" service webd start
	pid=$(cat /var/run/webd.pid)
	must_wait 5 grep -q 'webd.real -p /var/run -e' /tmp/words
	atf_check -o inline:"webd is running as pid $pid.\n" \
	    service webd status
	atf_check -o ignore service webd reload
	must_wait 5 grep -q reloaded /tmp/words
	atf_check -s exit:1 -o inline:"webd already running? (pid=$pid).\n" \
	    service webd start
	atf_check -o match:'^Stopping webd\.$' -o match:'^Starting webd\.$' \
	    service webd restart
	atf_check -s exit:1 -e ignore kill -0 "$pid"
	# one that runs can be stopped although it is enabled no more
	atf_check -o ignore service webd disable
	atf_check -o match:'^Stopping webd\.$' service webd stop
	atf_check -s exit:1 -o match:"^Cannot 'stop' webd" service webd stop
	atf_check -s exit:1 \
	    -o inline:"webd not running? (check /var/run/webd.pid).\n" \
	    service webd onestop
	atf_check -o inline:"reload configtest\n" service webd extracommands
	atf_check -s exit:1 -e match:"unknown directive 'frob'" \
	    -e match:'\|reload\|configtest\|status\|poll\)$' \
	    service webd frob
}

atf_test_case exporter
exporter_head()
{
	atf_set descr "A program that daemon(8) holds, as another user"
}
exporter_body()
{
	own_etc
	program /usr/local/bin/exporter <<'EOF'
id -un >/tmp/who
echo "listens $EXPORTER_MODE"
EOF
	echo 'exp:x:1999:1999::/tmp:/bin/sh' >>/etc/passwd
	chmod 777 /tmp
	script exporter <<'EOF'
#!/bin/sh

# PROVIDE: exporter
# REQUIRE: LOGIN
# KEYWORD: shutdown

. /etc/rc.subr

name=exporter
rcvar=exporter_enable

load_rc_config $name

: ${exporter_enable:="NO"}
: ${exporter_user:="exp"}
: ${exporter_args:=""}
: ${exporter_listen_address:=":9100"}

pidfile=/var/run/exporter.pid
command="/usr/sbin/daemon"
procname="/usr/local/bin/exporter"
# exporter_user is for daemon, which runs as root
exporter_run_as="${exporter_user}"
unset exporter_user
command_args="-f -p ${pidfile} -T ${name} -u ${exporter_run_as} \
    -o /tmp/exporter.log \
    /usr/bin/env EXPORTER_MODE=fast ${procname} \
    --web.listen-address=${exporter_listen_address} ${exporter_args}"

start_precmd=exporter_startprecmd

exporter_startprecmd()
{
	if [ ! -e ${pidfile} ]; then
		install -o ${exporter_run_as} /dev/null ${pidfile};
	fi
	touch /tmp/words
	chmod 666 /tmp/words
}

run_rc_command "$1"
EOF
	ln -s "$(command -v daemon)" daemon
	mount --bind "$(mkdir -p sbin && cp -a /usr/sbin/. sbin/ &&
	    ln -sf "$(command -v daemon)" sbin/daemon && echo sbin)" /usr/sbin
	sysrc exporter_enable=YES exporter_args="--quiet 'two words'"
	atf_check -o inline:"Starting exporter.\n" service exporter start
	must_wait 5 grep -q 'address=:9100 --quiet two words' /tmp/words
	must_wait 5 grep -q '^listens fast$' /tmp/exporter.log
	atf_check -o inline:"exp\n" cat /tmp/who
	pid=$(cat /var/run/exporter.pid)
	atf_check -o inline:"exporter is running as pid $pid.\n" \
	    service exporter status
	atf_check -o match:'^Stopping exporter\.$' service exporter stop
	must_wait 5 gone "$pid"
	must_wait 5 test ! -e /var/run/exporter.pid
}

atf_test_case cache
cache_head()
{
	atf_set descr "A user, a directory, nice, environment, postcmd"
}
cache_body()
{
	own_etc
	cat >/usr/local/bin/cached <<'EOF'
#!/bin/sh
exec >/tmp/cached.out
id -un; pwd; umask; nice; echo "$LANG $MODE $*"
sleep 1000 >/dev/null 2>&1 &
echo $! >/tmp/run/cached.pid
EOF
	chmod +x /usr/local/bin/cached
	chmod 777 /tmp
	mkdir /tmp/work
	echo 'cache:x:1998:1998::/tmp:/nonexistent' >>/etc/passwd
	echo 'cache:*:20000:0:99999:7:::' >>/etc/shadow
	script cached <<'EOF'
#!/bin/sh
#
# PROVIDE: cached
# REQUIRE: DAEMON cleanvar
# BEFORE:  LOGIN
# KEYWORD: shutdown

. /etc/rc.subr

name="cached"
rcvar="${name}_enable"
load_rc_config $name

cached_enable=${cached_enable:-"NO"}
cached_user=${cached_user:-"cache"}

command="/usr/local/bin/cached"
procname="sleep"
pidfile="/tmp/run/$name.pid"
command_args="--config /usr/local/etc/cached.conf"
start_precmd="${name}_prestart"
stop_postcmd="cached_poststop"

cached_prestart()
{
	install -d -o ${cached_user} -m 0750 /tmp/run
}

cached_poststop()
{
	rm -f ${pidfile}
	echo "gone."
}

run_rc_command "$1"
EOF
	mkdir -p /usr/local/etc/rc.conf.d
	cat >/usr/local/etc/rc.conf.d/cached <<'EOF'
cached_enable=YES
cached_chdir=/tmp/work
cached_nice=7
cached_umask=027
cached_env="LANG=C MODE=x"
EOF
	atf_check -o inline:"Starting cached.\n" service cached start
	atf_check -o inline:"cache
/tmp/work
0027
$(($(nice) + 7))
C x --config /usr/local/etc/cached.conf\n" cat /tmp/cached.out
	atf_check -o match:'^cached is running as pid' service cached status
	atf_check -o inline:"Stopping cached.\ngone.\n" service cached stop
	# what enables it is read by service -e, too
	atf_check -o match:'rc.d/cached$' service -e
}

atf_test_case interpreted
interpreted_head()
{
	atf_set descr "A script known by its interpreter, without a pid file"
}
interpreted_body()
{
	own_etc
	program /usr/local/bin/poller </dev/null
	script poller <<'EOF'
#!/bin/sh

# PROVIDE: poller
# REQUIRE: DAEMON

. /etc/rc.subr

name="poller"
rcvar=`set_rcvar`
command="/usr/local/bin/${name}"
command_interpreter="/bin/sh"
start_cmd="${name}_start"
reload_precmd="poller_pre"
extra_commands="reload"

load_rc_config $name
set_rcvar poller_interval 5 "Seconds between polls"

poller_start()
{
	check_startmsgs && echo -n "Starting ${name}:"
	${command} -i ${poller_interval} ${rc_flags} >/dev/null 2>&1 &
	check_startmsgs && echo " done."
}

poller_pre()
{
	info "reloads"
	return ${poller_broken:-0}
}

run_rc_command "$1"
EOF
	printf 'poller_enable=YES\npoller_flags="-v"\n' >/etc/rc.conf
	atf_check -s exit:1 -o inline:"poller is not running.\n" \
	    service poller status
	atf_check -o inline:"Starting poller: done.\n" service poller start
	must_wait 5 grep -q 'poller -i 5 -v' /tmp/words
	atf_check -o match:'^poller is running as pid [0-9]+\.$' \
	    service poller status
	atf_check service poller reload
	must_wait 5 grep -q reloaded /tmp/words
	echo 'poller_broken=1' >>/etc/rc.conf
	atf_check -s exit:1 service poller reload
	atf_check -o inline:"Stopping poller.\n" service poller stop
	atf_check -s exit:1 -o inline:"poller not running?\n" \
	    service poller stop
}

atf_test_case instances
instances_head()
{
	atf_set descr "One script under two names; boot, rc.subr and network.subr"
}
instances_body()
{
	own_etc
	script tunnel <<'EOF'
#!/bin/sh

# PROVIDE: tunnel
# REQUIRE: NETWORKING
# KEYWORD: shutdown

. /etc/rc.subr
. /etc/network.subr

case "$0" in
/etc/rc*)
	# during boot (shutdown) $0 is /etc/rc (/etc/rc.shutdown),
	# so get the name of the script from $_file
	name="$_file"
	;;
*)
	name="$0"
	;;
esac

name="${name##*/}"
rcvar=${name}_enable
load_rc_config ${name}

eval ": \${${name}_enable:=\"NO\"}"
eval ": \${${name}_dir:=\"/usr/local/etc/tunnel\"}"

start_cmd="tunnel_start"
stop_cmd="tunnel_stop"
status_cmd="tunnel_status"

tunnel_start()
{
	eval "_dir=\${${name}_dir}"
	for _if in $(list_net_interfaces); do
		ifexists ${_if} || err 1 "no ${_if}"
	done
	ltr "em0.10/x" "./" _ _under
	echo "Starting ${name} in ${_dir} on $(get_if_var em0.10 ifconfig_IF none) ${_under}."
	echo up >/tmp/${name}
}

tunnel_stop()
{
	rm -f /tmp/${name}
	echo "Stopping ${name}."
}

tunnel_status()
{
	[ -e /tmp/${name} ] && echo "${name} is up." && return 0
	echo "${name} is down."
	return 1
}

run_rc_command "$@"
EOF
	ln -s tunnel /usr/local/etc/rc.d/tunnel_b
	cat >/etc/rc.conf <<'EOF'
tunnel_enable="YES"
tunnel_b_enable="YES"
tunnel_b_dir="/b"
ifconfig_em0_10="inet 192.0.2.1/24"
network_interfaces="lo0"
EOF
	atf_check -o inline:"Starting tunnel_b in /b on inet 192.0.2.1/24 em0_10_x.\n" \
	    service tunnel_b start
	atf_check -o inline:"tunnel_b is up.\n" service tunnel_b status
	atf_check -s exit:1 -o inline:"tunnel is down.\n" service tunnel status
	atf_check -o inline:"Stopping tunnel_b.\n" service tunnel_b stop
	# all of it at boot and at shutdown, in the reverse order
	atf_check -o match:'^Starting tunnel in ' \
	    -o match:'^Starting tunnel_b in /b ' -e ignore rc start
	atf_check -o inline:"tunnel_b is up.\n" service tunnel_b status
	atf_check -o save:stopped rc stop
	atf_check -o inline:"Stopping tunnel_b.\nStopping tunnel.\n" \
	    grep Stopping stopped
	[ ! -e /etc/rc.subr ] || atf_fail "rc.subr is left"
	[ ! -e /etc/network.subr ] || atf_fail "network.subr is left"
}

atf_init_test_cases()
{
	atf_add_test_case web
	atf_add_test_case exporter
	atf_add_test_case cache
	atf_add_test_case interpreted
	atf_add_test_case instances
}
