#! /usr/bin/env atf-sh
# netstat(1): routes are route_test's; interfaces, sockets, counters, JSON.
. "$(atf_get_srcdir)/common.sh" || exit

setup()
{
	ifconfig epair0 create >/dev/null
	ifconfig epair0a ether 02:00:00:00:00:0a
	ifconfig epair0b up
	ifconfig epair0a inet 192.0.2.1/24
}

atf_test_case interfaces
interfaces_body()
{
	setup
	ifconfig epair0b down
	netstat -in | sed 's/<Link#[0-9]*>/<Link#N>/;s/  *[0-9]* *0 *0 *[0-9]* *0 *0$/ N/' >got
	atf_check -o match:"^Name +Mtu Network +Address +Ipkts Ierrs Idrop \
+Opkts Oerrs  Coll$" -o match:"^epair0a +1500 <Link#N> +02:00:00:00:00:0a" \
	    -o match:"^epair0a +- 192.0.2.0/24 +192.0.2.1 " \
	    -o match:"^epair0b\* +1500 <Link#N> " \
	    -o match:"^lo0 +65536 <Link#N> +lo0 " \
	    -o match:"^lo0 +- ::1/128 +::1 " cat got
	atf_check -o match:"^epair0a " -o not-match:"^epair0b|^lo0" \
	    netstat -I epair0a -n
	atf_check -o match:"Ibytes.*Obytes.*Coll  Drop$" netstat -ibdn
	atf_check -o not-match:"::1" netstat -in -f inet
	atf_check -s exit:1 \
	    -e inline:"netstat: interface nosuch0 does not exist\n" \
	    netstat -I nosuch0
	atf_check -o match:'^\{"__version": "1", "statistics": \{"interface": ' \
	    -o match:'"name": "epair0a", "flags": "0x8843", "mtu": 1500' \
	    netstat -in --libxo json
}

atf_test_case counts
counts_head()
{
	atf_set descr "Packets that were sent are counted, as the kernel says"
}
counts_body()
{
	need ping
	ping -c 3 -i 0.2 -W 1 127.0.0.1 >/dev/null
	atf_check -o match:'"name": "lo0".*"received-packets": [1-9]' \
	    netstat -I lo0 --libxo json
	atf_check -o match:"^icmp:$" -o match:"	6 messages sent" \
	    netstat -s -p icmp
	atf_check -o match:"^ip:$" -o match:"^tcp:$" -o match:"^udp:$" \
	    netstat -s
	atf_check -s exit:1 -e match:"foo: unknown or uninstrumented" \
	    netstat -s -p foo
}

atf_test_case routes_json
routes_json_body()
{
	setup
	route -q add default 192.0.2.254
	cat >want <<-'EOF'
	{"__version": "1", "statistics": {"route-information": {"route-table": {"rt-family": [{"address-family": "Internet", "rt-entry": [{"destination": "default", "gateway": "192.0.2.254", "flags": "UGS", "flags_pretty": ["up", "gateway", "static"], "interface-name": "epair0a"}, {"destination": "127.0.0.1", "gateway": "link#1", "flags": "UH", "flags_pretty": ["up", "host"], "interface-name": "lo0"}, {"destination": "192.0.2.0/24", "gateway": "link#N", "flags": "U", "flags_pretty": ["up"], "interface-name": "epair0a"}, {"destination": "192.0.2.1", "gateway": "link#1", "flags": "UHS", "flags_pretty": ["up", "host", "static"], "interface-name": "lo0"}]}]}}}}
	EOF
	netstat -rn -f inet --libxo json | sed 's/link#[2-9]/link#N/' >got
	diff -u want got || atf_fail "JSON differs"
}

atf_test_case sockets
sockets_body()
{
	need python3
	python3 -c '
import socket, time
s = socket.socket(); s.bind(("127.0.0.1", 8080)); s.listen()
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(("", 5353))
v = socket.socket(socket.AF_INET6); v.bind(("::1", 8081)); v.listen()
c = socket.create_connection(("127.0.0.1", 8080))
time.sleep(60)' &
	must_wait 5 sh -c 'netstat -n | grep -q ESTABLISHED'
	atf_check -o match:"^Active Internet connections \(including servers\)$" \
	    -o match:"^Proto Recv-Q Send-Q Local Address +Foreign Address +\
\(state\)$" \
	    -o match:"^tcp4 +0 +0 127.0.0.1.8080 +\*\.\* +LISTEN$" \
	    -o match:"^tcp4 +0 +0 127.0.0.1.8080 +127.0.0.1.[0-9]+ +ESTAB" \
	    -o match:"^tcp6 +0 +0 ::1.8081 +\*\.\* +LISTEN$" \
	    -o match:"^udp4 +0 +0 \*\.5353 +\*\.\* +$" netstat -an
	atf_check -o match:ESTABLISHED -o not-match:"LISTEN|udp" netstat -n
	atf_check -o match:"^udp4" -o not-match:"tcp" netstat -an -p udp
	atf_check -o match:"^tcp6" -o not-match:"4 " netstat -an -f inet6
	atf_check -o match:'"protocol": "tcp4".*"tcp-state": "LISTEN"' \
	    netstat -an --libxo json
	kill $!
}

atf_test_case wide
wide_head()
{
	atf_set descr "-W: room for addresses, next hops and MTUs of routes"
}
wide_body()
{
	need python3
	setup
	ifconfig epair0a mtu 1400
	route -q add default 192.0.2.254
	route -q add 198.51.100.0/24 192.0.2.254
	route -q add 203.0.113.0/24 192.0.2.254 -mtu 1280
	ifconfig epair0a inet6 2001:db8::1/64 no_dad
	# by its table's order: default is the first, and two are as it is
	cat >want <<-'EOF'
	Routing tables

	Internet:
	Destination        Gateway            Flags   Nhop#    Mtu      Netif Expire
	default            192.0.2.254        UGS         1   1400    epair0a
	127.0.0.1          link#1             UH          2  65536        lo0
	192.0.2.0/24       link#N             U           3   1400    epair0a
	192.0.2.1          link#1             UHS         4  65536        lo0
	198.51.100.0/24    192.0.2.254        UGS         1   1400    epair0a
	203.0.113.0/24     192.0.2.254        UGS         5   1280    epair0a
	EOF
	netstat -rnW -f inet | sed 's/link#[2-9]/link#N/' >got
	diff -u want got || atf_fail "routes differ"
	atf_check -o match:"^Destination {23}Gateway {23}Flags   Nhop#    Mtu    \
Netif Expire$" -o match:"^2001:db8::/64 .* 1400  epair0a$" \
	    netstat -rnW -f inet6
	atf_check -o match:'203.0.113.0/24".*"nhop": 5, "mtu": 1280, "interface-name": ' netstat -rnW4 --libxo json
	atf_check -o not-match:'"nhop"|"mtu"' netstat -rn4 --libxo json
	python3 -c '
import socket, time
s = socket.socket(socket.AF_INET6); s.bind(("2001:db8::1", 8081)); s.listen()
time.sleep(60)' &
	must_wait 5 sh -c 'netstat -an6 | grep -q 8081'
	netstat -anW >got
	atf_check -o match:"^Proto Recv-Q Send-Q Local Address {33}\
Foreign Address {31}\(state\)$" \
	    -o match:"^tcp6 +0 +0 2001:db8::1.8081 {30}\*\.\* {43}LISTEN$" \
	    cat got
	netstat -an4 >want
	atf_check -o file:want netstat -an4W
	netstat -in >want
	atf_check -o file:want netstat -inW
	kill $!
}

atf_test_case refused
refused_head()
{
	atf_set descr "What is not there is said, one line each"
}
refused_body()
{
	for o in g m L x T; do
		atf_check -s exit:1 \
		    -e inline:"netstat: -$o: not supported\n" netstat -$o
	done
	atf_check -s exit:1 -e inline:"netstat: 1: not supported\n" \
	    netstat -i 1
	atf_check -s exit:1 \
	    -e inline:"netstat: unix: unknown address family\n" \
	    netstat -f unix
	atf_check -s exit:1 -e match:"go with -i only" netstat -an -b
	atf_check -s exit:1 -e match:"no --libxo yet" netstat -s --libxo json
	atf_check -s exit:1 -e inline:'netstat: jail "nosuch" not found\n' \
	    netstat -rn -j nosuch
	atf_check -o match:"^usage: netstat" netstat --help
	atf_check -o match:"^netstat .*[0-9]" netstat --version
}

atf_init_test_cases()
{
	atf_add_test_case interfaces
	atf_add_test_case counts
	atf_add_test_case routes_json
	atf_add_test_case sockets
	atf_add_test_case wide
	atf_add_test_case refused
}
