#! /usr/bin/env atf-sh
# Jails that share the host's addresses, with real programs: web servers, DNS,
# netcat, io_uring, many messages, groups, threads.
#
# The host has 192.0.2.1 and fd00:2::1 on an epair whose other end is in the
# vnet jail `far`, 192.0.2.254 and fd00:2::fe: another machine.
. "$(atf_get_srcdir)/common.sh" || exit

sysctl=/usr/sbin/sysctl

scene()
{
	atf_check -o ignore ifconfig epair0 create
	atf_check ifconfig epair0a inet 192.0.2.1/24 up
	atf_check ifconfig epair0a inet6 fd00:2::1/64 no_dad
	atf_check -e ignore jail -c name=far path=/ persist vnet \
	    vnet.interface=epair0b
	atf_check jexec far ifconfig epair0b inet 192.0.2.254/24 up
	atf_check jexec far ifconfig epair0b inet6 fd00:2::fe/64 no_dad
	$sysctl -qw net.ipv4.icmp_ratemask=0 net.ipv6.icmp.ratelimit=0
}

# share NAME N [PARAMETER...]: a jail with 192.0.2.N and fd00:2::N
share()
{
	local name=$1 n=$2

	shift 2
	atf_check -o ignore -e ignore jail -c name="$name" path=/ persist \
	    interface=epair0a ip4.addr="192.0.2.$n" ip6.addr="fd00:2::$n" "$@"
}

# A web server of one page in a jail, or on the host: web WHERE ADDR:PORT.
# Its pid is $!.
web()
{
	mkdir -p "/tmp/www/$1"
	chmod 755 /tmp/www "/tmp/www/$1"
	echo "page of $1" >"/tmp/www/$1/index.html"
	if [ "$1" = host ]; then
		busybox httpd -f -p "$2" -h /tmp/www/host &
	else
		jexec "$1" busybox httpd -f -p "$2" -h "/tmp/www/$1" &
	fi
}

# page WHOSE URL [COMMAND...]: the page that is got with that URL, there.
page()
{
	local whose=$1 url=$2

	shift 2
	wait_for 5 "$@" curl -gsf -m 5 -o /dev/null "$url"
	atf_check -o inline:"page of $whose\n" "$@" \
	    curl -gsS -m 5 --noproxy "*" "$url"
}

# refused URL [COMMAND...]: nobody is there.
refused()
{
	local url=$1

	shift
	atf_check -s exit:7 -e ignore "$@" \
	    curl -gsS -m 5 --noproxy "*" "$url"
}

atf_test_case web
web_head()
{
	atf_set descr "A web server on the wildcard, from everywhere, and only by the jail's addresses"
}
web_body()
{
	need curl busybox
	scene
	share www 10
	share other 20
	web www 80
	page www http://192.0.2.10/
	page www "http://192.0.2.10/" jexec other
	page www "http://192.0.2.10/" jexec far
	page www "http://127.0.0.1/" jexec www
	page www "http://192.0.2.10/" jexec www
	page www "http://0.0.0.0/" jexec www
	refused http://127.0.0.1/
	refused http://192.0.2.1/
	refused "http://192.0.2.1/" jexec far
	refused "http://127.0.0.1/" jexec other
	refused "http://192.0.2.20/" jexec far
}

atf_test_case web6
web6_head()
{
	atf_set descr "The same over IPv6"
}
web6_body()
{
	need curl busybox
	scene
	share www 10
	share other 20
	web www "[::]:80"
	page www "http://[fd00:2::10]/"
	page www "http://[fd00:2::10]/" jexec other
	page www "http://[fd00:2::10]/" jexec far
	page www "http://[::1]/" jexec www
	refused "http://[::1]/"
	refused "http://[fd00:2::1]/" jexec far
	refused "http://[::1]/" jexec other
}

atf_test_case web_three
web_three_head()
{
	atf_set descr "The host and two jails have the wildcard of one port at once; the host's server is restarted while theirs run"
}
web_three_body()
{
	local host

	need curl busybox
	scene
	share one 10
	share two 20
	web host 80
	host=$!
	web one 80
	web two 80
	page host http://127.0.0.1/
	page host http://192.0.2.1/
	page one http://192.0.2.10/
	page two http://192.0.2.20/
	page host "http://192.0.2.1/" jexec far
	page one "http://192.0.2.10/" jexec far
	page two "http://192.0.2.20/" jexec far
	page one "http://127.0.0.1/" jexec one
	page two "http://127.0.0.1/" jexec two
	page host "http://192.0.2.1/" jexec one
	page two "http://192.0.2.20/" jexec one

	kill "$host"
	wait "$host"
	refused http://192.0.2.1/
	page one http://192.0.2.10/
	web host 80
	host=$!
	page host http://192.0.2.1/
	page one "http://192.0.2.10/" jexec far

	# A jail that ends leaves nothing in the host's way, nor its own.
	atf_check -o ignore -e ignore jail -r one
	share one 10
	page host http://192.0.2.10/
	web one 80
	page one http://192.0.2.10/
	page two "http://192.0.2.20/" jexec far
}

atf_test_case loopback
loopback_head()
{
	atf_set descr "An address on lo0 first, for the jail itself, and one on the wire, for the world"
}
loopback_body()
{
	need curl busybox nc
	scene
	atf_check -o ignore -e ignore jail -c name=www path=/ persist \
	    ip4.addr="lo0|127.0.0.2" ip4.addr="epair0a|192.0.2.10"
	web www 80
	web host 80
	page www http://192.0.2.10/
	page www http://127.0.0.2/
	page www "http://127.0.0.1/" jexec www
	page www "http://192.0.2.10/" jexec www
	page www "http://192.0.2.10/" jexec far
	page host http://127.0.0.1/
	# It goes out by the address that is on the wire.
	started out.far jexec far "$CB_TOOLS/sockuser" dual 7
	atf_check -o inline:"dual\n" jexec www nc -dn 192.0.2.254 7
	cat >expected <<-END
	ready
	server: ::ffff:192.0.2.254 to ::ffff:192.0.2.10
	END
	atf_check -o file:expected cat out.far
}

atf_test_case dns
dns_head()
{
	atf_set descr "DNS servers in two jails, by UDP and TCP: each answers at its own address"
}
# dns JAIL WORD: dnsmasq there, that answers so
dns()
{
	jexec "$1" dnsmasq -k -C /dev/null -p 53 -R -h -u root -g root \
	    -x "/tmp/dnsmasq.$1.pid" --address="/a.example/$2" &
}
# asked WHAT ANSWER [COMMAND...]: dig's answer there
asked()
{
	local server=$1 answer=$2

	shift 2
	wait_for 5 "$@" dig +short +tries=1 +time=1 "@$server" a.example
	atf_check -o inline:"$answer\n" "$@" \
	    dig +short +tries=3 +time=2 "@$server" a.example
	# dig binds [::]:0 before it calls by TCP, and in a jail cannot then
	# (docs/sharing.md).
	case "$* $server" in
	jexec\ [ot]*:*)
		return
		;;
	esac
	atf_check -o inline:"$answer\n" "$@" \
	    dig +tcp +short +tries=3 +time=2 "@$server" a.example
}
dns_body()
{
	need dnsmasq dig
	scene
	chmod 1777 /tmp
	share one 10
	share two 20
	dns one 198.51.100.1
	dns two 198.51.100.2
	asked 192.0.2.10 198.51.100.1
	asked 192.0.2.20 198.51.100.2
	asked 192.0.2.10 198.51.100.1 jexec far
	asked 192.0.2.20 198.51.100.2 jexec far
	asked 127.0.0.1 198.51.100.1 jexec one
	asked 127.0.0.1 198.51.100.2 jexec two
	asked 192.0.2.20 198.51.100.2 jexec one
	asked fd00:2::10 198.51.100.1 jexec far
	asked fd00:2::20 198.51.100.2
	asked ::1 198.51.100.1 jexec one
}

atf_test_case netcat
netcat_head()
{
	atf_set descr "nc both ways: TCP and UDP, IPv4 and IPv6, jail to host, host to jail, jail to jail"
}
# nc_try FLAGS ADDR COMMAND...: say hello there, and hear something.
nc_try()
{
	local flags=$1 addr=$2

	shift 2
	# shellcheck disable=SC2086 # flags, possibly none
	echo hello | timeout 5 "$@" nc -n $flags "$addr" 7000 >answer
	test -s answer
}
# chat LISTEN ADDR SERVER CLIENT [PROTO]: nc's of two jails, which may be
# "host", talk.
chat()
{
	local listen=$1 addr=$2 server client proto pid

	server="jexec $3"
	client="jexec $4"
	[ "$3" != host ] || server=
	[ "$4" != host ] || client="env"
	for proto in ${5:-tcp udp}; do
		rm -f heard answer
		# shellcheck disable=SC2086 # commands, possibly none
		if [ $proto = tcp ]; then
			echo answer | $server nc -n -N -l "$listen" 7000 \
			    >heard 2>&1 &
			pid=$!
			wait_for 5 nc_try -N "$addr" $client ||
			    atf_fail "tcp: no answer: $* ($(cat heard))"
		else
			echo answer | $server nc -n -u -l "$listen" 7000 \
			    >heard 2>&1 &
			pid=$!
			wait_for 5 nc_try "-u -W 1" "$addr" $client ||
			    atf_fail "udp: no answer: $* ($(cat heard))"
		fi
		atf_check -o inline:"hello\n" cat heard
		atf_check -o inline:"answer\n" cat answer
		kill "$pid" 2>/dev/null
		wait "$pid" || :
	done
}
netcat_body()
{
	need nc
	scene
	share one 10
	share two 20
	chat 0.0.0.0 192.0.2.10 one host
	chat 127.0.0.1 192.0.2.10 one far
	chat 0.0.0.0 127.0.0.1 one one
	chat 192.0.2.10 192.0.2.10 one two
	chat 192.0.2.1 192.0.2.1 host one
	chat 0.0.0.0 192.0.2.254 far one
	# Not UDP: nc's server connects, which a wildcard for both families
	# cannot (docs/sharing.md).
	chat :: fd00:2::10 one host tcp
	chat ::1 fd00:2::10 one far
	chat :: ::1 one one tcp
	chat fd00:2::10 ::1 one one
	chat fd00:2::10 fd00:2::10 one two
	chat fd00:2::1 fd00:2::1 host two
	chat :: fd00:2::fe far two
}

atf_test_case dual
dual_head()
{
	atf_set descr "One socket for both families, called by both"
}
dual_body()
{
	need curl
	scene
	share one 10
	share two 20
	started out.one jexec one "$CB_TOOLS/sockuser" dual 7
	started out.two jexec two "$CB_TOOLS/sockuser" dual 7
	started out.host "$CB_TOOLS/sockuser" dual 7
	for who in "" "jexec far" "jexec two"; do
		# shellcheck disable=SC2086
		atf_check -o inline:"dual\n" $who nc -dn 192.0.2.10 7
		# shellcheck disable=SC2086
		atf_check -o inline:"dual\n" $who nc -dn fd00:2::10 7
	done
	atf_check -o inline:"dual\n" jexec one nc -dn 127.0.0.1 7
	atf_check -o inline:"dual\n" jexec one nc -dn ::1 7
	cat >expected <<-END
	ready
	server: ::ffff:192.0.2.10 to ::ffff:192.0.2.10
	server: fd00:2::10 to fd00:2::10
	server: ::ffff:192.0.2.10 to ::ffff:192.0.2.254
	server: fd00:2::10 to fd00:2::fe
	server: ::ffff:192.0.2.10 to ::ffff:192.0.2.20
	server: fd00:2::10 to fd00:2::20
	server: ::ffff:192.0.2.10 to ::ffff:192.0.2.10
	server: fd00:2::10 to fd00:2::10
	END
	atf_check -o file:expected cat out.one
	atf_check -o inline:"ready\n" cat out.two
	atf_check -o inline:"ready\n" cat out.host
}

atf_test_case uring
uring_head()
{
	atf_set descr "io_uring's own bind, connect, send and accept are held to the same"
}
uring_body()
{
	[ -x "$CB_TOOLS/sockuser" ] || atf_skip "built without liburing"
	scene
	# A jail has no io_uring without the first, and may lock no memory for
	# it without the second.
	share one 10 host.unconfined=syscalls allow.mlock
	share two 20
	"$CB_TOOLS/sockuser" uring 127.0.0.1 127.0.0.1 70 >/dev/null 2>why ||
	    atf_skip "no io_uring here: $(cat why)"
	atf_check -s exit:3 -e inline:"sockuser: io_uring: ENOSYS\n" \
	    jexec two "$CB_TOOLS/sockuser" uring 0.0.0.0 127.0.0.1 7000
	for server in 0.0.0.0 127.0.0.1 192.0.2.10; do
		atf_check -o inline:"$(uring_said 192.0.2.10)\n" jexec one \
		    "$CB_TOOLS/sockuser" uring $server 127.0.0.1 7000
	done
	for server in :: ::1 fd00:2::10; do
		atf_check -o inline:"$(uring_said fd00:2::10)\n" jexec one \
		    "$CB_TOOLS/sockuser" uring $server ::1 7000
	done
	for server in 192.0.2.1 192.0.2.20 198.51.100.1; do
		atf_check -s exit:1 \
		    -e inline:"sockuser: bind: EADDRNOTAVAIL\n" jexec one \
		    "$CB_TOOLS/sockuser" uring $server 127.0.0.1 7000
	done
}
uring_said()
{
	printf 'client: %s to %s\nserver: %s to %s\nheard: hello' \
	    "$1" "$1" "$1" "$1"
}

atf_test_case mmsg
mmsg_head()
{
	atf_set descr "sendmmsg to many addresses at once, each held to the rules by itself"
}
mmsg_body()
{
	[ -x "$CB_TOOLS/sockuser" ] || atf_skip "built without liburing"
	scene
	share one 10
	share two 20
	started echo.one jexec one "$CB_TOOLS/sockuser" mmsgecho 0.0.0.0 7000
	started echo.two jexec two "$CB_TOOLS/sockuser" mmsgecho 0.0.0.0 7000
	started echo.host "$CB_TOOLS/sockuser" mmsgecho 192.0.2.1 7000
	started echo.far jexec far "$CB_TOOLS/sockuser" mmsgecho 0.0.0.0 7000
	cat >expected <<-END
	to 0.0.0.0: answer from 192.0.2.10
	to 127.0.0.1: answer from 192.0.2.10
	to 192.0.2.10: answer from 192.0.2.10
	to 192.0.2.1: answer from 192.0.2.1
	to 192.0.2.20: answer from 192.0.2.20
	to 192.0.2.254: answer from 192.0.2.254
	END
	jexec one "$CB_TOOLS/sockuser" mmsg 7000 127.0.0.1 192.0.2.1 0.0.0.0 \
	    192.0.2.20 192.0.2.10 192.0.2.254 >said
	atf_check -o file:expected sort said
}

atf_test_case device
device_head()
{
	atf_set descr "SO_BINDTODEVICE neither gives nor takes addresses"
}
device_body()
{
	scene
	share one 10
	started out.far jexec far "$CB_TOOLS/peer" serve udp 192.0.2.254 7000
	cat >script <<-END
	socket 0 udp 4
	opt 0 device epair0a
	bind 0 192.0.2.1 0
	bind 0 0.0.0.0 0
	sendto 0 192.0.2.254 7000 hello
	recv 0 5000
	socket 1 tcp 4
	opt 1 device epair0a
	bind 1 192.0.2.1 7000
	bind 1 127.0.0.1 7000
	END
	# Without the right to (CAP_NET_RAW in the stack's user namespace) a
	# socket can be tied to a device, but not untied.
	cat >expected <<-END
	ok
	ok
	EADDRNOTAVAIL
	ok
	ok
	ok 192.0.2.254 7000 - hello
	ok
	ok
	EADDRNOTAVAIL
	ok
	END
	jexec one "$CB_TOOLS/sockprobe" <script >said
	atf_check -o file:expected cat said
}

atf_test_case group
group_head()
{
	atf_set descr "A jail joins a group and hears it, and sends to one from its own address"
}
group_body()
{
	scene
	share one 10 ip4.addr=192.0.2.11
	cat >listener <<-END
	socket 0 udp 4
	opt 0 pktinfo 1
	opt 0 reuseport 1
	bind 0 0.0.0.0 7000
	join 0 239.1.2.3 epair0a
	recv 0 10000
	END
	cat >sender <<-END
	socket 0 udp 4
	bind 0 192.0.2.254 0
	opt 0 mcastif epair0b
	sendto 0 239.1.2.3 7000 hello
	END
	mkfifo in
	jexec one "$CB_TOOLS/sockprobe" <in >said &
	exec 7>in
	cat listener >&7
	must_wait 5 grep -q -c . said
	must_wait 5 sh -c '[ $(wc -l <said) -ge 5 ]'
	atf_check -o ignore jexec far "$CB_TOOLS/sockprobe" <sender
	must_wait 5 sh -c '[ $(wc -l <said) -ge 6 ]'
	exec 7>&-
	atf_check -o match:"^ok 192.0.2.254 [0-9]* 239.1.2.3 hello$" \
	    tail -n 1 said
}

# udp_server WHERE N [OPTION]: hears N datagrams at port 7000, on a socket for
# both families, and writes them to WHERE.said.
udp_server()
{
	local where=$1 n=$2 run="jexec $1"

	[ "$where" = host ] && run=
	{
		echo "socket 0 udp 46"
		echo "opt 0 pktinfo6 1"
		[ -z "${3:-}" ] || echo "opt 0 $3 1"
		echo "bind 0 :: 7000"
		while [ "$n" -gt 0 ]; do
			echo "recv 0 20000"
			n=$((n - 1))
		done
	} >"$where.calls"
	rm -f "$where.said"
	# shellcheck disable=SC2086 # words
	$run "$CB_TOOLS/sockprobe" <"$where.calls" >"$where.said" &
	echo $! >"$where.pid"
	n=$(grep -c -v recv "$where.calls")
	must_wait 5 sh -c "[ \$(wc -l <$where.said) -ge $n ]"
	atf_check sh -c "! grep -v '^ok' $where.said"
}

# udp_heard WHERE TEXT...: those came, and no other, each to its address.
udp_heard()
{
	local where=$1

	shift
	wait "$(cat "$where.pid")"
	printf '%s\n' "$@" >expected
	sed -n 's/^ok [^ ]* [0-9]* \(.* to-\)/\1/p' "$where.said" >heard
	atf_check diff -u expected heard
}

# udp_send WHERE ADDRESS...: one datagram to each, whose text names it.
udp_send()
{
	local where=$1 to family

	shift
	for to; do
		family=4
		case $to in *:*) family=6 ;; esac
		printf 'socket 0 udp %s\nsendto 0 %s 7000 to-%s\n' \
		    "$family" "$to" "$to"
	done >calls
	[ "$where" = host ] && where= || where="jexec $where"
	# shellcheck disable=SC2086 # words
	atf_check -o inline:"$(yes ok | head -n $(($# * 2)))\n" \
	    $where "$CB_TOOLS/sockprobe" <calls
}

atf_test_case udp_ports
udp_ports_head()
{
	atf_set descr "Two jails of several addresses and the host at one UDP port: to each its own, fragments, too, whoever came first"
}
udp_ports_body()
{
	local m=::ffff:192.0.2 from

	scene
	share left 10 ip4.addr=192.0.2.11 ip6.addr=fd00:2::11
	share right 20 ip4.addr=192.0.2.21 ip6.addr=fd00:2::21
	for order in "host left right" "left right host" "right host left"; do
		for who in $order; do
			case $who in
			host) udp_server host 4 reuseaddr ;;
			*) udp_server "$who" 10 ;;
			esac
		done
		for from in far host; do
			udp_send $from 192.0.2.11 192.0.2.21 192.0.2.1 \
			    192.0.2.10 192.0.2.20 fd00:2::11 fd00:2::21 \
			    fd00:2::1 fd00:2::10 fd00:2::20
		done
		# each itself by what stands for its first address
		udp_send left 127.0.0.1 ::1
		udp_send right 127.0.0.1 ::1
		set -- "$m.1 to-192.0.2.1" "fd00:2::1 to-fd00:2::1"
		udp_heard host "$@" "$@"
		for who in left:1 right:2; do
			set -- "$m.${who#*:}1 to-192.0.2.${who#*:}1" \
			    "$m.${who#*:}0 to-192.0.2.${who#*:}0" \
			    "fd00:2::${who#*:}1 to-fd00:2::${who#*:}1" \
			    "fd00:2::${who#*:}0 to-fd00:2::${who#*:}0"
			udp_heard "${who%:*}" "$@" "$@" \
			    "$m.${who#*:}0 to-127.0.0.1" \
			    "fd00:2::${who#*:}0 to-::1"
		done
	done
	# in pieces: far sends no more than 100 bytes at a time
	udp_server left 1
	udp_server right 1
	atf_check jexec far ip link set dev epair0b mtu 100
	from=$(yes x | head -n 300 | tr -d '\n')
	for who in 192.0.2.11 192.0.2.21; do
		printf 'socket 0 udp 4\nsendto 0 %s 7000 to-%s%s\n' \
		    "$who" "$who" "$from"
	done >calls
	atf_check -o inline:"ok\nok\nok\nok\n" \
	    jexec far "$CB_TOOLS/sockprobe" <calls
	udp_heard left "$m.11 to-192.0.2.11$from"
	udp_heard right "$m.21 to-192.0.2.21$from"
}

atf_test_case udp_moved
udp_moved_head()
{
	atf_set descr "An interface that has gone into a vnet jail does not take along what is noted of the host's UDP sockets"
}
udp_moved_body()
{
	scene
	atf_check -o ignore ifconfig epair1 create
	share left 10 ip4.addr=192.0.2.11 ip6.addr=fd00:2::11
	for who in a b; do
		atf_check -e ignore jail -c name=v$who path=/ persist vnet \
		    vnet.interface=epair1$who
		atf_check jexec v$who ifconfig epair1$who inet \
		    "198.51.100.$((0x$who))/24" up
	done
	udp_server left 2
	udp_send va 198.51.100.11
	udp_send vb 198.51.100.10
	udp_send host 192.0.2.11 fd00:2::11
	udp_heard left "::ffff:192.0.2.11 to-192.0.2.11" \
	    "fd00:2::11 to-fd00:2::11"
}

atf_test_case threads
threads_head()
{
	atf_set descr "Many threads at once, TCP and UDP, over a jail's loopback"
}
threads_body()
{
	[ -x "$CB_TOOLS/sockuser" ] || atf_skip "built without liburing"
	scene
	share one 10
	share two 20
	for addr in 127.0.0.1 ::1; do
		for jail in one two; do
			jexec $jail "$CB_TOOLS/sockuser" threads $addr 7000 16 \
			    >said.$jail 2>&1 &
		done
		wait
		for jail in one two; do
			atf_check \
			    -o inline:"320 connections, 320 datagrams\n" \
			    cat said.$jail
		done
	done
}

atf_init_test_cases()
{
	atf_add_test_case web
	atf_add_test_case web6
	atf_add_test_case web_three
	atf_add_test_case loopback
	atf_add_test_case dns
	atf_add_test_case netcat
	atf_add_test_case dual
	atf_add_test_case uring
	atf_add_test_case mmsg
	atf_add_test_case device
	atf_add_test_case group
	atf_add_test_case udp_ports
	atf_add_test_case udp_moved
	atf_add_test_case threads
}
