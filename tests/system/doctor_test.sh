#! /usr/bin/env atf-sh
# cellblock doctor: who else listens on the addresses of jails.
. "$(atf_get_srcdir)/common.sh" || exit

tcp_means="answers on their addresses where no listener of their own does"
udp_means="keeps them from binding this port \\(EADDRINUSE\\)"
udp_means="$udp_means unless it has SO_REUSEADDR"
own="bind it to addresses of its own"

# Jail NAME with parameters..., which need not be there to be in the way.
share()
{
	local name

	name=$1
	shift
	jail -c name="$name" persist "$@" || atf_fail "jail $name"
}

# The lines on overlapping sockets, in the file got.
overlaps()
{
	cellblock doctor >said || atf_fail "doctor: $(cat said)"
	grep '^overlap: ' said >got
	:
}

atf_test_case listeners
listeners_head()
{
	atf_set descr "doctor names what listens on a jail's addresses, and why"
	atf_set timeout 60
}
listeners_body()
{
	ip addr add 10.1.1.9/32 dev lo
	cp "$CB_TOOLS/peer" sshd
	cp "$CB_TOOLS/peer" chronyd
	# a name that would steer a terminal
	odd=$(printf 'e\033[7m')
	cp "$CB_TOOLS/peer" "$odd"
	share www ip4.addr="lo0|10.1.1.1/32" ip6.addr="lo0|2001:db8::1/128"
	share db ip4.addr="lo0|10.1.1.2/32"
	share free
	started 1 ./sshd serve tcp 0.0.0.0 22
	sshd=$!
	started 2 ./chronyd serve udp 0.0.0.0 123
	chronyd=$!
	started 3 peer serve tcp 10.1.1.2 80
	same=$!
	started 4 peer serve tcp :: 81
	six=$!
	busybox httpd -f -p 82 &
	dual=$!
	must_wait 5 sh -c 'ss -Hltn | grep -q :82'
	started 5 "./$odd" serve udp :: 83
	odd=$!
	# these overlap nothing
	started 6 peer serve tcp 10.1.1.9 84
	started 7 peer serve udp 10.1.1.9 84
	started 8 peer serve tcp 127.0.0.1 84
	started 9 peer serve tcp ::1 84
	started 10 peer serve tcp ::ffff:10.1.1.9 84
	# what the jails have themselves does not either
	started 11 jexec www peer serve tcp 10.1.1.1 80
	started 12 jexec www peer serve tcp 2001:db8::1 80
	started 13 jexec www peer serve udp 10.1.1.1 80
	# a jail that is held to nothing is like the machine
	started 14 jexec free peer serve tcp 0.0.0.0 85
	overlaps
	sed -E 's/pid [0-9]+, jail/pid P, jail/' got >have
	cat >want <<-EOF
	overlap: sshd (pid $sshd) on tcp4 *:22 and jails "www", "db": T; set ListenAddress in sshd_config
	overlap: peer (pid $same) on tcp4 10.1.1.2:80 and jail "db": T; $own
	overlap: peer (pid $six) on tcp6 *:81 and jail "www": T; $own
	overlap: busybox (pid $dual) on tcp46 *:82 and jails "www", "db": T; $own
	overlap: peer (pid P, jail "free") on tcp4 *:85 and jails "www", "db": T; $own
	overlap: e?[7m (pid $odd) on udp6 *:83 and jail "www": U; $own
	overlap: chronyd (pid $chronyd) on udp4 *:123 and jails "www", "db": U; set bindaddress in chrony.conf (or port 0 for a client)
	EOF
	sed -i -E "s/$tcp_means/T/; s/$udp_means/U/" have
	diff -u want have || atf_fail "another list"
}

atf_test_case json
json_head()
{
	atf_set descr "doctor --json has the list, too; it is no fault"
}
json_body()
{
	atf_check -o match:'"overlaps": \[\]' cellblock doctor --json
	share www ip4.addr="lo0|10.1.1.1/32"
	cp "$CB_TOOLS/peer" sshd
	started 1 ./sshd serve tcp 0.0.0.0 22
	cat >want <<-EOF
	  "overlaps": [
	    {
	      "protocol": "tcp4",
	      "address": "*",
	      "port": 22,
	      "overlaps": [
	        "www"
	      ],
	      "meaning": "$tcp_means",
	      "jail": null,
	      "setting": "ListenAddress in sshd_config",
	      "process": "sshd",
	      "pid": $!
	    }
	  ]
	}
	EOF
	atf_check -o save:said cellblock doctor --json
	sed -n '/"overlaps": \[$/,$p' said | sed '/^  "overlaps/,$!d' >have
	diff -u want have || atf_fail "other JSON"
	kill $!
	wait
	atf_check -o match:'"overlaps": \[\]' cellblock doctor --json
	started 1 ./sshd serve tcp 0.0.0.0 22
	jail -r www
	atf_check -o match:'"overlaps": \[\]' cellblock doctor --json
}

atf_test_case nested
nested_head()
{
	atf_set descr "doctor tells of each network stack, inside and outside"
	atf_set timeout 60
}
nested_body()
{
	# a stack of its own, with a jail that shares its addresses
	jail -c name=host vnet children.max=2 persist
	atf_check jexec host ifconfig lo0 inet 10.7.0.1/32 alias
	atf_check -e ignore jexec host \
	    jail -c name=www ip4.addr="lo0|10.7.0.2/32" persist
	# the same address out here is another one
	started 1 peer serve tcp 0.0.0.0 80
	overlaps
	atf_check test ! -s got
	started 2 jexec host peer serve tcp 0.0.0.0 80
	started 3 jexec host peer serve tcp 10.7.0.1 81
	started 4 jexec host.www peer serve tcp 10.7.0.2 82
	overlaps
	sed -E 's/pid [0-9]+/pid P/' got >have
	echo "overlap: peer (pid P, jail \"host\") on tcp4 *:80 and" \
	    "jail \"host.www\": $tcp_means; $own" >want
	diff -u want have || atf_fail "from outside"
	# its /proc has not what every probe of the kernel needs
	jexec host cellblock doctor >said
	grep '^overlap: ' said | sed -E 's/pid [0-9]+/pid P/' >have
	echo "overlap: peer (pid P) on tcp4 *:80 and" \
	    "jail \"www\": $tcp_means; $own" >want
	diff -u want have || atf_fail "from inside"
}

atf_test_case meaning
meaning_head()
{
	atf_set descr "What doctor says of a listener is what happens"
	atf_set timeout 60
	vm_also "sockets of jails that share addresses on 6.1"
}
meaning_body()
{
	mkdir host
	echo "the machine" >host/index.html
	mount -t tmpfs -o mode=755 t /mnt
	echo "the jail" >/mnt/index.html
	share www ip4.addr="lo0|10.1.1.1/32"
	share db ip4.addr="lo0|10.1.1.2/32"
	busybox httpd -f -p 80 -h host &
	must_wait 5 busybox wget -q -O - http://127.0.0.1/
	# not a word of SO_REUSEADDR on 123; on 125 there is
	mkfifo hold
	sockprobe <hold >held &
	exec 9>hold
	echo socket 1 udp 4 >&9
	echo bind 1 0.0.0.0 123 >&9
	must_wait 5 sh -c 'test $(grep -c ^ok held) = 2'
	started 1 peer serve udp 0.0.0.0 125
	overlaps
	atf_check -o inline:"3\n" grep -c 'and jails "www", "db"' got
	# TCP: the machine answers until there is a listener of the jail's own
	atf_check -o inline:"the machine\n" \
	    busybox wget -q -O - http://10.1.1.1/
	jexec www busybox httpd -f -p 80 -h /mnt &
	must_wait 5 sh -c \
	    'busybox wget -q -O - http://10.1.1.1/ | grep "the jail"'
	atf_check -o inline:"the machine\n" \
	    busybox wget -q -O - http://10.1.1.2/
	# UDP: nothing in a jail has the port, but the next one and the one
	# whose holder does not mind
	cat >calls <<-'EOF'
	socket 1 udp 4
	bind 1 10.1.1.1 123
	bind 1 10.1.1.1 124
	socket 2 udp 4
	bind 2 10.1.1.1 125
	EOF
	atf_check -o inline:"ok\nEADDRINUSE\nok\nok\nok\n" \
	    jexec www sockprobe <calls
}

atf_test_case jail_in_jail
jail_in_jail_head()
{
	atf_set descr "doctor in a jail that shares what it shares itself"
	atf_set timeout 60
}
jail_in_jail_body()
{
	share mid ip4.addr="lo0|10.1.1.1/32,lo0|10.1.1.2/32" children.max=2
	atf_check -e ignore jexec mid \
	    jail -c name=kid ip4.addr=10.1.1.2 persist
	started 1 peer serve tcp 0.0.0.0 22
	host=$!
	started 2 jexec mid peer serve udp 10.1.1.2 53
	# its first address is not the child's
	started 3 jexec mid peer serve udp 10.1.1.1 54
	started 4 jexec mid.kid peer serve tcp 10.1.1.2 80
	overlaps
	sed -E "s/pid [0-9]+, jail/pid P, jail/" got >have
	cat >want <<-EOF
	overlap: peer (pid $host) on tcp4 *:22 and jails "mid", "mid.kid": T; $own
	overlap: peer (pid P, jail "mid") on udp4 10.1.1.2:53 and jail "mid.kid": U; $own
	EOF
	sed -i -E "s/$tcp_means/T/; s/$udp_means/U/" have
	diff -u want have || atf_fail "from outside"
	jexec mid cellblock doctor >said
	grep '^overlap: ' said | sed -E 's/pid [0-9]+/pid P/' >have
	cat >want <<-EOF
	overlap: a socket (of no process seen here) on tcp4 *:22 and jail "kid": T; $own
	overlap: peer (pid P) on udp4 10.1.1.2:53 and jail "kid": U; $own
	EOF
	sed -i -E "s/$tcp_means/T/; s/$udp_means/U/" have
	diff -u want have || atf_fail "from inside"
}

atf_init_test_cases()
{
	atf_add_test_case listeners
	atf_add_test_case json
	atf_add_test_case nested
	atf_add_test_case meaning
	atf_add_test_case jail_in_jail
}
