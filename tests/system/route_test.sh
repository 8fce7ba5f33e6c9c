#! /usr/bin/env atf-sh
# route(8): what it says, and that packets follow.
. "$(atf_get_srcdir)/common.sh" || exit

setup()
{
	ifconfig epair0 create >/dev/null
	ifconfig epair0a inet 192.0.2.1/24
	ifconfig epair0b up
	ifconfig epair0a inet6 2001:db8::1/64 no_dad
}

# says OUTPUT WORDS...: route WORDS exits 0 and prints OUTPUT, no more
says()
{
	local text

	text=$1
	shift
	atf_check -o inline:"$text\n" route "$@"
}

atf_test_case changes
changes_head()
{
	atf_set descr "add, change, delete: FreeBSD's lines and the table"
}
changes_body()
{
	setup
	says "add net default: gateway 192.0.2.254" add default 192.0.2.254
	says "add net 10.0.0.0: gateway 192.0.2.2" \
	    add -net 10.0.0.0/8 192.0.2.2
	says "add net 10.1.0.0: gateway 192.0.2.3" \
	    add -net 10.1.0.0 192.0.2.3 255.255.0.0
	says "add net 172.16.0.0: gateway 192.0.2.4" \
	    add -net 172.16.0.0 -netmask 255.240.0.0 192.0.2.4
	says "add host 203.0.113.5: gateway 192.0.2.5" \
	    add 203.0.113.5 192.0.2.5
	says "add host 203.0.113.6: gateway epair0a" \
	    add -host 203.0.113.6 -iface epair0a
	says "add net 198.51.100.0: gateway epair0a" \
	    add -net 198.51.100.0/24 -interface epair0a
	says "add net 192.168.0.0: gateway 127.0.0.1" \
	    add -net 192.168.0.0/16 127.0.0.1 -blackhole
	says "add net 192.168.7.0: gateway 127.0.0.1" \
	    add 192.168.7.0/24 127.0.0.1 -reject
	says "add net default: gateway 2001:db8::2" \
	    add -inet6 default 2001:db8::2
	says "add net fe80::: gateway ::1" \
	    add -inet6 fe80:: -prefixlen 10 ::1 -reject
	says "add host 2001:db8:1::5: gateway 2001:db8::3" \
	    add -inet6 2001:db8:1::5 2001:db8::3
	says "change net default: gateway 192.0.2.253" \
	    change default 192.0.2.253
	says "delete host 203.0.113.5" delete 203.0.113.5
	says "del net 10.0.0.0: gateway 192.0.2.2" \
	    del -net 10.0.0.0/8 192.0.2.2
	atf_check route -q add -net 10.2.0.0/16 192.0.2.2
	cat >want <<-'EOF'
	Routing tables

	Internet:
	Destination        Gateway            Flags     Netif Expire
	default            192.0.2.253        UGS     epair0a
	10.1.0.0/16        192.0.2.3          UGS     epair0a
	10.2.0.0/16        192.0.2.2          UGS     epair0a
	127.0.0.1          link#1             UH          lo0
	172.16.0.0/12      192.0.2.4          UGS     epair0a
	192.0.2.0/24       link#N             U       epair0a
	192.0.2.1          link#1             UHS         lo0
	192.168.0.0/16     127.0.0.1          UGSB        lo0
	192.168.7.0/24     127.0.0.1          UGRS        lo0
	198.51.100.0/24    link#N             US      epair0a
	203.0.113.6        link#N             UHS     epair0a
	EOF
	netstat -rn -f inet | sed 's/link#[2-9]/link#N/' >got
	diff -u want got || atf_fail "table differs"
	atf_check -o match:"^fe80::/10 +::1 +UGRS +lo0" \
	    -o match:"^default +2001:db8::2 +UGS +epair0a" \
	    -o match:"^2001:db8:1::5 +2001:db8::3 +UGHS +epair0a" \
	    netstat -rn -f inet6
}

atf_test_case errors
errors_body()
{
	setup
	route -q add default 192.0.2.254
	atf_check -s exit:1 \
	    -e inline:"route: message indicates error: File exists\n" \
	    -o inline:"add net default: gateway 192.0.2.9 fib 0: route \
already in table\n" route add default 192.0.2.9
	atf_check -s exit:1 -e inline:"route: route has not been found\n" \
	    -o inline:"delete net 10.0.0.0 fib 0: not in table\n" \
	    route delete -net 10.0.0.0/8
	atf_check -s exit:1 -e inline:"route: route has not been found\n" \
	    -o inline:"change net 10.0.0.0: gateway 192.0.2.2 fib 0: not in \
table\n" route change -net 10.0.0.0/8 192.0.2.2
	atf_check -s exit:1 \
	    -e inline:"route: message indicates error: Network is \
unreachable\n" \
	    -o inline:"add net 10.0.0.0: gateway 1.2.3.4 fib 0: Network is \
unreachable\n" route add -net 10.0.0.0/8 1.2.3.4
	atf_check -s exit:68 -e inline:"route: bad address: foo\n" \
	    route add foo 192.0.2.2
	atf_check -s exit:68 -e inline:"route: bad address: nosuch0\n" \
	    route add -net 10.0.0.0/8 -iface nosuch0
	atf_check -s exit:64 -e match:"^usage: route" route
	atf_check -s exit:64 -e match:"^route: bad keyword: bar" route bar
	atf_check -s exit:64 -e match:"^route: bad keyword: x" \
	    route add -x 10.0.0.0/8 192.0.2.2
	atf_check -s exit:64 -e match:"^route: destination required" route add
	atf_check -s exit:64 -e match:"^route: gateway required" \
	    route add -net 10.0.0.0/8
	atf_check -s exit:64 -e match:"no value given for option" \
	    route add -net 10.0.0.0 192.0.2.2 -netmask
	atf_check -s exit:1 -e match:"-proto1: not supported" \
	    route add -net 10.0.0.0/8 192.0.2.2 -proto1
	atf_check -s exit:1 -e inline:"route: route has not been found\n" \
	    route get -inet6 2001:db8:9::1
	atf_check -s exit:1 -e inline:'route: jail "nosuch" not found\n' \
	    route -j nosuch get default
	atf_check -o match:"^usage: route" route --help
	atf_check -o match:"^route .*[0-9]" route --version
}

atf_test_case get
get_body()
{
	setup
	route -q add default 192.0.2.254
	route -q add -net 10.0.0.0/8 192.0.2.2
	sed 's/\([^$]\)$/\1$/' >want <<-'EOF'
	   route to: 10.2.3.4
	destination: 10.0.0.0
	       mask: 255.0.0.0
	    gateway: 192.0.2.2
	        fib: 0
	  interface: epair0a
	      flags: <UP,GATEWAY,DONE,STATIC>
	 recvpipe  sendpipe  ssthresh  rtt,msec    mtu        weight    expire
	       0         0         0         0      1500         1         0 $
	EOF
	route -n get 10.2.3.4 | sed 's/$/$/' >got
	diff -u want got || atf_fail "get differs"
	route -n show 10.2.3.4 | sed 's/$/$/' >got
	diff -u want got || atf_fail "show differs"
	atf_check -o match:"^   route to: default$" \
	    -o match:"^destination: default$" -o match:"^       mask: default$" \
	    -o match:"^    gateway: 192.0.2.254$" route -n get default
	atf_check -o match:"^  interface: lo0$" \
	    -o match:"<UP,HOST,DONE,STATIC,PINNED>" route -n get 192.0.2.1
	atf_check -o match:"^destination: 192.0.2.0$" \
	    -o match:"<UP,DONE,PINNED>" -o not-match:"gateway" \
	    route -n get 192.0.2.77
	atf_check -o match:"^  interface: epair0a$" \
	    route -n get -inet6 2001:db8::9
}

atf_test_case flush
flush_body()
{
	setup
	route -q add default 192.0.2.254
	route -q add -net 10.0.0.0/8 192.0.2.2
	route -q add -net 10.9.0.0/16 -iface epair0a
	route -q add -inet6 default 2001:db8::2
	atf_check -o inline:"default              192.0.2.254          done
10.0.0.0/8           192.0.2.2            done
" route -n flush -inet
	atf_check -o not-match:"UGS" -o match:"^10.9.0.0/16" \
	    netstat -rn -f inet
	atf_check route -q flush
	atf_check -o not-match:"UGS" netstat -rn
}

atf_test_case monitor
monitor_body()
{
	setup
	route monitor >log &
	pid=$!
	must_wait 5 sh -c 'ifconfig epair0a mtu 1400; ifconfig epair0a mtu 1500
	    grep -q "add/repl interface epair0a" log'
	route -q add -net 10.0.0.0/8 192.0.2.2
	route -q delete -net 10.0.0.0/8
	must_wait 5 grep -q "delete route" log
	kill $pid
	atf_check -o match:" add/repl route 10.0.0.0/8 gateway 192.0.2.2 \
interface epair0a$" -o match:" delete route 10.0.0.0/8 " cat log
}

atf_test_case packets
packets_head()
{
	atf_set descr "Packets take the route, and stop at a blackhole"
}
packets_body()
{
	need ping
	ifconfig epair0 create >/dev/null
	netns_new far
	ip link set epair0b netns far
	ip -n far addr add 192.0.2.2/24 dev epair0b
	ip -n far addr add 198.51.100.1/32 dev epair0b
	ip -n far link set epair0b up
	ifconfig epair0a inet 192.0.2.1/24
	must_wait 5 ping -c 1 -W 1 192.0.2.2
	atf_check -s not-exit:0 -o ignore -e ignore \
	    ping -c 1 -W 1 198.51.100.1
	atf_check -o ignore route add -host 198.51.100.1 192.0.2.2
	atf_check -o ignore ping -c 1 -W 10 198.51.100.1
	atf_check -o ignore route change -host 198.51.100.1 127.0.0.1 \
	    -blackhole
	atf_check -s not-exit:0 -o ignore -e ignore \
	    ping -c 1 -W 1 198.51.100.1
}

atf_init_test_cases()
{
	atf_add_test_case changes
	atf_add_test_case errors
	atf_add_test_case get
	atf_add_test_case flush
	atf_add_test_case monitor
	atf_add_test_case packets
}
