#! /usr/bin/env atf-sh
# Ways out by the sockets of a stack that is shared: other addresses than the
# jail's to send from and to be heard at, and the host's loopback to come to.
# share.c says what the lines of the tables mean.
. "$(atf_get_srcdir)/common.sh" || exit

table_held()
{
	lines must_hold "$2" "$1"
}

# table_test TABLE: with the host's addresses, then with its own.
table_test()
{
	stack_new
	plain_jail i path=/
	lines must_escape i "$1"
	atf_check jail -r i
	each_addressed table_held "$1"
}

# --- where it sends from

SOURCES='
tcp4 connect 192.0.2.1 send
tcp4 bind 192.0.2.1 connect 192.0.2.1 send
tcp4 bind 192.0.2.20 connect 192.0.2.1 send
tcp4 bind any connect 192.0.2.1 send
tcp4 noport bind any connect 192.0.2.1 send
tcp4 noport bind 192.0.2.20 connect 192.0.2.1 send
tcp4 portrange connect 192.0.2.1 send
tcp4 device lo connect 192.0.2.1 send
tcp4 fastopen 192.0.2.1
tcp4 fastopen-connect connect 192.0.2.1 send
tcp4 bind 192.0.2.20 fastopen 192.0.2.1
tcp4 connect 192.0.2.1 unspec bind 192.0.2.20 connect 192.0.2.1 send
tcp4 connect 192.0.2.1 unspec connect 192.0.2.1 send
tcp6 connect 2001:db8::1 send
tcp6 bind 2001:db8::20 connect 2001:db8::1 send
tcp6 bind any connect 2001:db8::1 send
tcp6 fastopen 2001:db8::1
tcp6 connect 2001:db8::1 unspec connect 2001:db8::1 send
udp4 sendto 192.0.2.1
udp4 mmsg 192.0.2.1
udp4 sendto ^192.0.2.1
udp4 connect 192.0.2.1 send
udp4 connect 192.0.2.1 splice
udp4 bind any sendto 192.0.2.1
udp4 bind any connect 192.0.2.1 send
udp4 bind 192.0.2.20 sendto 192.0.2.1
udp4 connect 192.0.2.20 connect 192.0.2.1 send
udp4 connect 192.0.2.20 sendto 192.0.2.1
udp4 connect 192.0.2.1 unspec sendto 192.0.2.1
udp4 connect 192.0.2.1 unspec connect 192.0.2.1 send
udp4 connect 192.0.2.1 unspec bind 192.0.2.20 sendto 192.0.2.1
udp4 bind 192.0.2.10 unspec try bind 192.0.2.20 sendto 192.0.2.1
udp4 bind any connect 192.0.2.20 connect 192.0.2.1 send
udp4 from 192.0.2.20 sendto 192.0.2.1
udp4 from 192.0.2.20 mmsg 192.0.2.1
udp4 from 192.0.2.1 sendto 192.0.2.1
udp4 connect 192.0.2.1 from 192.0.2.20 send
udp4 bind any connect 192.0.2.1 from 192.0.2.20 send
udp4 bind 192.0.2.10 from 192.0.2.20 sendto 192.0.2.1
udp4 bind 192.0.2.10 connect 192.0.2.1 from 192.0.2.20 send
udp4 device lo sendto 192.0.2.1
udp4 mcastif 192.0.2.1 sendto 239.1.2.3
udp4 mcastif 192.0.2.1 connect 239.1.2.3 send
udp4 bind any mcastif 192.0.2.20 sendto 239.1.2.3
udp6 sendto 2001:db8::1
udp6 connect 2001:db8::1 send
udp6 bind any sendto 2001:db8::1
udp6 bind 2001:db8::20 sendto 2001:db8::1
udp6 connect 2001:db8::1 unspec sendto 2001:db8::1
udp6 from 2001:db8::20 sendto 2001:db8::1
udp6 connect 2001:db8::1 from 2001:db8::20 send
udp6 bind 2001:db8::10 from 2001:db8::20 sendto 2001:db8::1
udp6 bind any connect 2001:db8::1 from 2001:db8::20 send'

# Addresses of one family within the other, and of one interface.
MAPPED='
tcp6 connect ::ffff:192.0.2.1 send
tcp6 bind ::ffff:192.0.2.20 connect ::ffff:192.0.2.1 send
tcp6 bind ::ffff:0.0.0.0 connect ::ffff:192.0.2.1 send
tcp6 bind any connect ::ffff:192.0.2.1 send
tcp6 fastopen ::ffff:192.0.2.1
tcp6 bind ::192.0.2.20 connect 2001:db8::1 send
tcp6 bind 2002:c000:214::1 connect 2001:db8::1 send
tcp6 connect ::ffff:192.0.2.1 addrform unspec connect 192.0.2.1 send
udp6 sendto 192.0.2.1
udp6 sendto ::ffff:192.0.2.1
udp6 connect 192.0.2.1 send
udp6 connect ::ffff:192.0.2.1 send
udp6 bind any sendto ::ffff:192.0.2.1
udp6 bind any connect 192.0.2.1 send
udp6 bind ::ffff:192.0.2.20 sendto ::ffff:192.0.2.1
udp6 bind ::192.0.2.20 sendto 2001:db8::1
udp6 bind 2002:c000:214::1 sendto 2001:db8::1
udp6 from 192.0.2.20 sendto 192.0.2.1
udp6 from 192.0.2.20 sendto ::ffff:192.0.2.1
udp6 from ::ffff:192.0.2.20 sendto ::ffff:192.0.2.1
udp6 from ::ffff:192.0.2.20 sendto 192.0.2.1
udp6 connect ::ffff:192.0.2.1 from 192.0.2.20 send
udp6 connect ::ffff:192.0.2.1 addrform send
udp6 connect ::ffff:192.0.2.1 addrform unspec sendto 192.0.2.1
udp6 connect ::ffff:192.0.2.1 addrform from 192.0.2.20 sendto 192.0.2.1
udp6 connect ::ffff:192.0.2.1 unspec sendto 2001:db8::1
udp6 connect 2001:db8::1 unspec sendto ::ffff:192.0.2.1
udp6 sendto fe80::1%lo
udp6 connect fe80::1%lo send
udp6 bind fe80::1%lo sendto 2001:db8::1
udp6 from fe80::1 device lo sendto fe80::1%lo
tcp6 connect fe80::1%lo send'

# The host's loopback.
LOOPBACK='
tcp4 connect 127.0.0.1 send
tcp4 connect 127.0.0.2 send
tcp4 connect any send
tcp4 bind any connect 127.0.0.1 send
tcp4 device lo connect 127.0.0.1 send
tcp4 bind 127.0.0.2 connect 127.0.0.2 send
tcp4 fastopen 127.0.0.1
tcp4 fastopen any
tcp4 fastopen-connect connect 127.0.0.1 send
tcp4 connect 192.0.2.1 unspec connect 127.0.0.1 send
tcp6 connect ::1 send
tcp6 connect any send
tcp6 connect ::ffff:127.0.0.1 send
tcp6 connect ::ffff:127.0.0.2 send
tcp6 connect ::ffff:0.0.0.0 send
tcp6 fastopen ::1
tcp6 fastopen ::ffff:127.0.0.1
tcp6 connect ::ffff:192.0.2.1 addrform unspec connect 127.0.0.1 send
udp4 sendto 127.0.0.1
udp4 sendto 127.0.0.2
udp4 sendto ^127.0.0.1
udp4 sendto ^0.0.0.0
udp4 sendto any
udp4 mmsg 127.0.0.1
udp4 bind any sendto 127.0.0.1
udp4 connect 127.0.0.1 send
udp4 connect 127.0.0.2 send
udp4 connect any send
udp4 connect 127.0.0.1 splice
udp4 connect 192.0.2.1 sendto 127.0.0.1
udp4 connect 192.0.2.1 connect 127.0.0.1 send
udp4 connect 192.0.2.1 unspec sendto 127.0.0.1
udp4 from 192.0.2.10 sendto 127.0.0.1
udp6 sendto ::1
udp6 sendto any
udp6 sendto 127.0.0.1
udp6 sendto 0.0.0.0
udp6 sendto ::ffff:127.0.0.1
udp6 sendto ::ffff:127.0.0.2
udp6 sendto ::ffff:0.0.0.0
udp6 mmsg ::1
udp6 connect ::1 send
udp6 connect 127.0.0.1 send
udp6 connect 127.0.0.2 send
udp6 connect ::ffff:127.0.0.1 send
udp6 connect ::ffff:0.0.0.0 send
udp6 connect 2001:db8::1 sendto ::1
udp6 connect ::ffff:192.0.2.1 addrform unspec sendto 127.0.0.1'

# --- where it is heard

HEARS='
tcp4 bind any listen hear
tcp4 bind any/PORT listen hear
tcp4 listen hear
tcp4 portrange listen hear
tcp4 noport bind any listen hear
tcp4 reuseaddr bind any/PORT listen hear
tcp4 reuseport bind any/PORT listen hear
tcp4 device lo bind any/PORT listen hear
tcp4 connect 192.0.2.1 unspec listen hear
tcp4 connect 192.0.2.1 unspec bind any listen hear
tcp4 bind any connect 192.0.2.1 unspec listen hear
tcp4 bind 192.0.2.20 listen hear
tcp4 bind 192.0.2.1/PORT listen hear
tcp4 bind 127.0.0.2 listen hear
tcp6 bind any listen hear
tcp6 bind any/PORT listen hear
tcp6 listen hear
tcp6 v6only bind any listen hear
tcp6 v6only listen hear
tcp6 bind ::ffff:0.0.0.0/PORT listen hear
tcp6 bind ::ffff:192.0.2.20 listen hear
tcp6 bind 2001:db8::20 listen hear
tcp6 bind fe80::1%lo listen hear
tcp6 connect ::ffff:192.0.2.1 addrform unspec listen hear
tcp6 connect 2001:db8::1 unspec listen hear
udp4 bind any hear
udp4 bind any/PORT hear
udp4 reuseaddr bind any/PORT hear
udp4 reuseport bind any/PORT hear
udp4 device lo bind any/PORT hear
udp4 sendto 192.0.2.1 hear
udp4 sendto 127.0.0.1 hear
udp4 try sendto 192.0.2.1/9 hear
udp4 connect 192.0.2.1 unspec try sendto 192.0.2.1/9 hear
udp4 bind any/PORT connect 192.0.2.1 unspec hear
udp4 bind any/PORT unspec hear
udp4 bind 192.0.2.20 hear
udp4 bind 192.0.2.1/PORT hear
udp4 bind 127.0.0.2 hear
udp6 bind any hear
udp6 bind any/PORT hear
udp6 v6only bind any/PORT hear
udp6 bind any/PORT connect 2001:db8::1 unspec hear
udp6 sendto 2001:db8::1 hear
udp6 sendto 192.0.2.1 hear
udp6 bind ::ffff:0.0.0.0/PORT hear
udp6 bind ::ffff:192.0.2.20 hear
udp6 bind 2001:db8::20 hear
udp6 bind fe80::1%lo hear
udp6 bind any/PORT connect ::ffff:192.0.2.1 addrform unspec hear
tcp4 listen unspec listen hear
tcp6 listen unspec listen hear
tcp4 bind any listen unspec listen hear
tcp4 reuseport bind any/PORT listen twins 40 hear
tcp6 reuseport bind any/PORT listen twins 40 hear
udp4 reuseport bind any/PORT twins 12 hear
udp6 reuseport bind any/PORT twins 12 hear
udp4 try sendto 127.0.0.2 hear
udp4 from 192.0.2.20 try sendto 192.0.2.1 hear
udp4 bind 239.1.2.3 mine
udp4 bind 255.255.255.255 mine
udp4 bind 127.255.255.255 mine
udp6 bind ff02::1%lo mine'

# A socket that is in the table of those that hear for all addresses would not
# leave it, had it changed its family.
FORM='
udp6 bind any/PORT connect ::ffff:192.0.2.1 addrform mine
udp6 reuseaddr bind any/PORT connect ::ffff:192.0.2.1 addrform mine'

atf_test_case form
form_head()
{
	atf_set descr "IPV6_ADDRFORM on the wildcard of both families"
}
form_body()
{
	table_test "$FORM"
}

atf_test_case sources
sources_head()
{
	atf_set descr "Other source addresses than its own"
}
sources_body()
{
	table_test "$SOURCES"
}

atf_test_case mapped
mapped_head()
{
	atf_set descr "IPv4 within IPv6, link-local addresses, IPV6_ADDRFORM"
}
mapped_body()
{
	table_test "$MAPPED"
}

atf_test_case loopback
loopback_head()
{
	atf_set descr "What listens on the host's loopback addresses"
}
loopback_body()
{
	table_test "$LOOPBACK"
}

atf_test_case hears
hears_head()
{
	atf_set descr "Connections and datagrams for others' addresses"
}
hears_body()
{
	table_test "$HEARS"
}

# --- by rights and by other protocols

# Options of root's, and what only takes an address that is nobody's.
RIGHTS='
tcp4 mark mine
tcp4 repair mine
tcp4 transparent4 mine
tcp6 transparent6 mine
udp4 transparent4 bind 203.0.113.5 sendto 192.0.2.1
udp6 transparent6 bind 2001:db8:5::5 sendto 2001:db8::1
tcp4 freebind4 bind 203.0.113.5 mine
udp4 freebind4 bind 203.0.113.5 mine
tcp6 freebind6 bind 2001:db8:5::5 mine
udp6 freebind6 bind 2001:db8:5::5 sendto 2001:db8::1
udp6 freebind6 bind ::192.0.2.99 sendto 2001:db8::1
udp6 freebind6 bind ::ffff:203.0.113.5 mine
raw4 mine
raw6 mine
packet mine
packet4 mine
lite4 bind 192.0.2.20 mine
lite6 bind 2001:db8::20 mine
lite4 mine
mptcp4 connect 192.0.2.1 send
mptcp4 bind 192.0.2.20 connect 192.0.2.1 send
mptcp4 listen hear
mptcp6 connect 2001:db8::1 send
mptcp6 bind ::ffff:192.0.2.20 connect ::ffff:192.0.2.1 send'

# What remains to be held where CAP_NET_RAW is there.
CAPABLE='
raw4 mine
raw6 mine
packet mine
packet4 mine
udp4 transparent4 bind 203.0.113.5 sendto 192.0.2.1
udp4 transparent4 from 203.0.113.5 sendto 192.0.2.1
udp6 transparent6 bind 2001:db8:5::5 sendto 2001:db8::1
tcp4 transparent4 bind 192.0.2.20 connect 192.0.2.1 send
lite4 mine
mptcp4 connect 192.0.2.1 send'

# Not every kernel has these; where it does, nobody gets one.
PROTOCOLS='
sctp4 mine
sctp6 mine
dccp4 mine
l2tp4 mine
smc4 mine'

atf_test_case rights
rights_head()
{
	atf_set descr "Transparent, free and marked sockets, raw ones, UDP-Lite, MPTCP"
}
rights_body()
{
	stack_new
	weak_jail w path=/
	lines must_escape w "$RIGHTS"
	atf_check jail -r w
	cannot "SCTP, DCCP, L2TP, SMC: modules that most kernels have not"
	each_addressed rights_held
	# the host's root with the capability for raw sockets
	# shellcheck disable=SC2086 # words
	plain_jail d path=/ $ONE host.users=inherit allow.raw_sockets
	KIND=capable
	lines must_hold d "$CAPABLE"
	lines must_hold d "$PROTOCOLS"
}
rights_held()
{
	lines must_hold "$1" "$RIGHTS"
	lines must_hold "$1" "$PROTOCOLS"
}

# ping: of the kernel's own sockets for it.
PING='
ping4 connect 192.0.2.1 send
ping4 sendto 192.0.2.1
ping4 bind 192.0.2.20 sendto 192.0.2.1
ping4 from 192.0.2.20 sendto 192.0.2.1
ping4 connect 192.0.2.1 from 192.0.2.20 send
ping4 bind 192.0.2.10 from 192.0.2.20 sendto 192.0.2.1
ping4 connect 192.0.2.1 unspec sendto 192.0.2.1
ping6 connect 2001:db8::1 send
ping6 sendto 2001:db8::1
ping6 bind 2001:db8::20 sendto 2001:db8::1
ping6 from 2001:db8::20 sendto 2001:db8::1'

atf_test_case ping
ping_head()
{
	atf_set descr "Echo requests from others' addresses"
}
ping_body()
{
	echo "0 2147483647" >/proc/sys/net/ipv4/ping_group_range ||
	    atf_fail "ping_group_range"
	table_test "$PING"
}

# --- by another door to the same calls

URING='
tcp4 uring connect 192.0.2.1 send
tcp4 async connect 192.0.2.1 send
tcp4 bind 192.0.2.20 uring connect 192.0.2.1 send
tcp4 uring connect 127.0.0.1 send
tcp4 async connect 127.0.0.1 send
udp4 uring sendto 192.0.2.1
udp4 async sendto 192.0.2.1
udp4 uring from 192.0.2.20 sendto 192.0.2.1
udp4 async from 192.0.2.20 sendto 192.0.2.1
udp4 async sendto 127.0.0.1
udp6 async from 192.0.2.20 sendto ::ffff:192.0.2.1'
# since Linux 6.11
URING_BIND='
tcp4 uring bind 192.0.2.20 connect 192.0.2.1 send
tcp4 async bind 192.0.2.20 connect 192.0.2.1 send
tcp4 async bind any/PORT listen hear'

atf_test_case uring
uring_head()
{
	atf_set descr "bind, connect and sendmsg by io_uring and its threads"
}
uring_body()
{
	stack_new
	weak_jail w path=/
	lines must_escape w "$URING"
	if "$ESC/share" udp4 uring bind any | grep -q 'Invalid argument'; then
		cannot "this kernel's io_uring does not bind"
	else
		lines must_escape w "$URING_BIND"
	fi
	atf_check jail -r w
	# none at all, and where it is allowed, no more than without
	each_addressed table_held "udp4 uring sendto 192.0.2.1"
	# shellcheck disable=SC2086 # words
	plain_jail d path=/ host.unconfined=syscalls allow.mlock $ONE
	KIND=unconfined
	lines must_hold d "$URING"
	lines must_hold d "$URING_BIND"
}

# One family restricted, the other not: neither opens the other.
MIXED='
tcp6 connect ::ffff:192.0.2.1 send
tcp6 bind ::ffff:192.0.2.20 connect ::ffff:192.0.2.1 send
tcp6 bind any connect ::ffff:192.0.2.1 send
tcp6 connect ::ffff:127.0.0.1 send
tcp6 bind any/PORT listen hear
tcp6 listen hear
tcp6 reuseaddr bind any/PORT listen hear
udp6 sendto ::ffff:192.0.2.1
udp6 sendto 192.0.2.1
udp6 bind any sendto ::ffff:192.0.2.1
udp6 bind any/PORT hear
udp6 from 192.0.2.20 sendto ::ffff:192.0.2.1
udp6 sendto ::ffff:127.0.0.1'

atf_test_case mixed
mixed_head()
{
	atf_set descr "IPv4 by way of IPv6 where that alone is not restricted"
}
mixed_body()
{
	stack_new
	OWN="192.0.2.10 2001:db8::1 ::1 fe80::1%lo 2001:db8::10 2001:db8::11"
	OWN="$OWN 2001:db8::20 ::192.0.2.20 2002:c000:214::1"
	plain_jail i path=/
	lines must_escape i "$MIXED"
	atf_check jail -r i
	for KIND in ip4.addr=192.0.2.10 "ip4=disable"; do
		plain_jail d path=/ "$KIND" ip6=inherit
		lines must_hold d "$MIXED"
		atf_check jail -r d
	done
}

atf_init_test_cases()
{
	atf_add_test_case sources
	atf_add_test_case mapped
	atf_add_test_case mixed
	atf_add_test_case loopback
	atf_add_test_case hears
	atf_add_test_case form
	atf_add_test_case rights
	atf_add_test_case ping
	atf_add_test_case uring
}
