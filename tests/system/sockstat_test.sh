#! /usr/bin/env atf-sh
# sockstat(1): sockets and who has them, of the host and of jails.
. "$(atf_get_srcdir)/common.sh" || exit

HEAD="USER     COMMAND    PID   FD  PROTO  LOCAL ADDRESS         \
FOREIGN ADDRESS      "

# listens PATTERN [ARGUMENT...]: until sockstat shows it.
listens()
{
	local pattern=$1

	shift
	wait_for 10 sh -c 'sockstat "$@" | grep -qE "$0"' "$pattern" "$@" ||
		atf_fail "nobody listens: $pattern"
}

atf_test_case inet
inet_head()
{
	atf_set descr "TCP and UDP, families, ports, connected and not"
}
inet_body()
{
	nc -l 127.0.0.1 8080 >/dev/null &
	nc -l -6 ::1 8081 >/dev/null &
	nc -u -l 0.0.0.0 8082 >/dev/null &
	listens ' 127.0.0.1:8080 '
	listens ' ::1:8081 '
	listens ' \*:8082 '
	sockstat >all
	atf_check -o inline:"$HEAD\n" sed -n 1p all
	atf_check -o match:\
"^root     nc         +[0-9]+ 3   tcp4   127.0.0.1:8080        \*:\*$" \
	    -o match:"^root     nc         +[0-9]+ 3   tcp6   ::1:8081              \
\*:\*$" -o match:" udp4   \*:8082                \*:\*$" cat all
	atf_check -o match:" 127.0.0.1:8080" -o not-match:"::1|:8082" \
	    sockstat -q -4 -P tcp
	atf_check -o not-match:"USER|127.0.0.1" -o match:"::1:8081" \
	    sockstat -q6
	atf_check -o match:":8081 " -o match:":8082 " -o not-match:":8080 " \
	    sockstat -p 8081-8082,1
	atf_check -o match:":8082 " -o not-match:":808[01] " sockstat -L
	atf_check -o match:"^0 " sockstat -nq -p 8080
	atf_check -o match:"^$HEAD PATH STATE   CONN STATE  $" \
	    -o match:"8080        \*:\* +LISTEN$" sockstat -s -p 8080
	atf_check -o match:"LOCAL ADDRESS {33}FOREIGN ADDRESS {30}$" \
	    -o match:"127.0.0.1:8080 {32}\*:\*$" sockstat -w
	atf_check -o empty sockstat -cq46

	sleep 60 | nc 127.0.0.1 8080 &
	listens 'tcp4 .*127.0.0.1:8080$' -c
	atf_check -o match:"127.0.0.1:[0-9]+ +127.0.0.1:8080 +ESTABLISHED$" \
	    -o match:"127.0.0.1:8080 +127.0.0.1:[0-9]+ +ESTABLISHED$" \
	    -o not-match:":8081" sockstat -cqs4
	atf_check -o match:'"proto": "tcp4", "local": \{"address": "::1", ' \
	    sh -c 'sockstat --libxo json -l -6 | sed s/tcp6/tcp4/'
	atf_check -o match:'"command": "nc", "pid": [0-9]+, "fd": 3, ' \
	    sockstat --libxo json -p 8081
}

atf_test_case unix
unix_head()
{
	atf_set descr "Sockets of AF_UNIX, their peers by name or descriptor"
}
unix_body()
{
	nc -lU "$PWD/sock" >/dev/null &
	listens "stream $PWD/sock$"
	sleep 60 | nc -U "$PWD/sock" &
	listens "stream -> $PWD/sock$" -u
	atf_check -o match:"^root     nc +[0-9]+ [0-9]+ +stream $PWD/sock \
-> \[[0-9]+ [0-9]+\]$" -o not-match:"tcp|udp" sockstat -u
	atf_check -o not-match:"stream" sockstat -4
	# it was bound with a name that steers terminals
	started named python3 -c 'import socket, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(b"\0a\033[2Jb\n")
print("ready", flush=True)
time.sleep(60)'
	atf_check -o match:"dgram  @a\?\[2Jb\?$" sockstat -u
}

atf_test_case jails
jails_head()
{
	atf_set descr "Jails with a stack of their own, and with shared addresses"
}
jails_body()
{
	atf_check ifconfig lo0 inet 127.0.0.5/32 alias
	atf_check jail -c path=/ persist name=own vnet
	atf_check jail -c path=/ persist name=one ip4.addr=127.0.0.5
	atf_check jail -c path=/ persist name=two ip4.addr=127.0.0.6 \
	    ip4.addr=127.0.0.7
	atf_check jexec own ifconfig lo0 127.0.0.1/8 up
	for j in own one two; do
		jexec $j nc -l 80 >/dev/null &
	done
	# each at port 80, as its program asked, and root is root
	listens '^root     nc .* 3   tcp4   \*:80 ' -j own
	listens '^root     nc .* 3   tcp4   127.0.0.5:80 ' -j one
	listens '^root     nc .* 3   tcp4   \*:80 ' -j two
	atf_check -o match:" 127.0.0.5:80 " -o match:" \*:80 " sockstat -4q
	[ "$(sockstat -4q | wc -l)" = 2 ] || atf_fail "not two"
	for j in own one two; do
		[ "$(sockstat -q4 -j $j | wc -l)" = 1 ] || atf_fail "not one"
	done
	# inside
	atf_check -o match:"^root     nc .* 127.0.0.5:80 +\*:\*$" \
	    -o not-match:" \*:80 " jexec one sockstat -q
	atf_check -o match:" \*:80 " -o not-match:"127.0.0.5" \
	    jexec own sockstat -q
	# netstat(1) says the same
	atf_check -o match:"^tcp4 +0 +0 127.0.0.5.80 +\*\.\* +LISTEN$" \
	    jexec one netstat -an
	atf_check -o match:"^tcp4 +0 +0 \*\.80 +\*\.\* +LISTEN$" \
	    netstat -an -j two
	atf_check -o match:" 127.0.0.5\.80 " -o match:" \*\.80 " netstat -an
}

atf_test_case wrong
wrong_head()
{
	atf_set descr "What cannot be"
}
wrong_body()
{
	atf_check -s exit:1 -e match:"^usage: sockstat " sockstat -x
	atf_check -s exit:1 -e match:"^usage: sockstat " sockstat word
	atf_check -s exit:1 \
	    -e inline:"sockstat: syntax error in port range\n" sockstat -p x
	for p in 65536 5-4 1-65536; do
		atf_check -s exit:1 \
		    -e inline:"sockstat: invalid port number\n" sockstat -p $p
	done
	atf_check -s exit:1 \
	    -e inline:"sockstat: syntax error in port range\n" sockstat -p 5-
	atf_check -s exit:1 \
	    -e inline:"sockstat: protocol icmp not supported\n" \
	    sockstat -P tcp,icmp
	atf_check -s exit:1 -e inline:"sockstat: jail \"no\" not found\n" \
	    sockstat -j no
	atf_check -o match:"^usage: sockstat " sockstat --help
}

atf_init_test_cases()
{
	atf_add_test_case inet
	atf_add_test_case unix
	atf_add_test_case jails
	atf_add_test_case wrong
}
