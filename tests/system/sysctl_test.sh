#! /usr/bin/env atf-sh
# sysctl(8): FreeBSD's names and output on Linux's knobs.
. "$(atf_get_srcdir)/common.sh" || exit

atf_test_case show
show_head()
{
	atf_set descr "Forms of output"
}
show_body()
{
	atf_check -o inline:"1\n" sysctl -n kern.features.vimage
	atf_check -o inline:"kern.features.vimage: 1\n" \
	    sysctl kern.features.vimage
	atf_check -o inline:"kern.features.vimage=1\n" \
	    sysctl -e kern.features.vimage
	atf_check -o inline:"kern.features.vimage\n" \
	    sysctl -N kern.features.vimage
	atf_check -o inline:"net.inet.ip.ttl: Maximum TTL on IP packets\n" \
	    sysctl -d net.inet.ip.ttl
	atf_check -o inline:"net.inet.ip.ttl: integer\n" \
	    sysctl -t net.inet.ip.ttl
	atf_check -o inline:"net.inet.ip.ttl: 0x40\n" \
	    sysctl -x net.inet.ip.ttl
	atf_check -o inline:"net.inet.tcp.keepidle: 7,200,000\n" \
	    sysctl -h net.inet.tcp.keepidle
	atf_check -o inline:'@\0\0\0' sysctl -b net.inet.ip.ttl
	atf_check -o inline:"kern.features.inet: 1
kern.features.inet6: 1
kern.features.vimage: 1\n" sysctl kern.features
	hostname boxed
	atf_check -o inline:"boxed\n1\n" \
	    sysctl -n kern.hostname kern.features.inet
	atf_check -o inline:"$(nproc)\n" sysctl -n hw.ncpu
	atf_check -o inline:"$(uname -r)\n" sysctl -n kern.osrelease
}

atf_test_case unknown
unknown_head()
{
	atf_set descr "Unknown names and bad usage"
}
unknown_body()
{
	atf_check -s exit:1 -e inline:"sysctl: unknown oid 'no.such'\n" \
	    sysctl no.such
	atf_check -s exit:1 -e inline:"sysctl: unknown oid 'no.such'\n" \
	    sysctl no.such=1
	atf_check sysctl -i no.such
	atf_check -s exit:1 sysctl -q no.such
	# the others are shown all the same
	atf_check -s exit:1 -o inline:"kern.features.inet: 1\n" -e ignore \
	    sysctl no.such kern.features.inet
	for n in ../../etc/passwd ..net /net/ipv4 net..ipv4 '' net.ipv4.; do
		atf_check -s exit:1 -e match:"unknown oid" sysctl "$n"
	done
	atf_check -s exit:1 -e match:'^usage: sysctl ' sysctl
	# with names -a means nothing; -X is -ax
	atf_check -o match:'^kern.ostype: .' sysctl -a kern.ostype
	atf_check -o match:'^kern.osreldate: 0x' sysctl -X kern.osreldate
	atf_check -s exit:1 -e match:'usage: sysctl ' sysctl -Nn kern.ostype
}

atf_test_case set
set_head()
{
	atf_set descr "Writing: old and new value, conversions, refusals"
}
set_body()
{
	atf_check -o inline:"net.inet.ip.forwarding: 0 -> 1\n" \
	    sysctl net.inet.ip.forwarding=1
	atf_check -o inline:"1\n" cat /proc/sys/net/ipv4/ip_forward
	atf_check -o inline:"0\n" sysctl -n net.inet.ip.forwarding=0
	atf_check sysctl -q net.inet.ip.forwarding=1
	# once needed to write, still in scripts
	atf_check -o inline:"net.inet.ip.forwarding: 1 -> 0\n" \
	    sysctl -w net.inet.ip.forwarding=0
	atf_check -o inline:"0\n" sysctl -wn net.inet.ip.forwarding
	atf_check -o inline:"net.inet6.ip6.forwarding: 0 -> 1\n" \
	    sysctl net.inet6.ip6.forwarding=1
	atf_check -o inline:"1\n" cat /proc/sys/net/ipv6/conf/all/forwarding
	# the opposite switch
	atf_check -o inline:"net.inet.icmp.bmcastecho: 0 -> 1\n" \
	    sysctl net.inet.icmp.bmcastecho=1
	atf_check -o inline:"0\n" \
	    cat /proc/sys/net/ipv4/icmp_echo_ignore_broadcasts
	# milliseconds and seconds
	atf_check -o match:'-> 60000$' sysctl net.inet.tcp.keepidle=60000
	atf_check -o inline:"60\n" cat /proc/sys/net/ipv4/tcp_keepalive_time
	# one number of two
	atf_check -o match:'-> 50000$' sysctl net.inet.ip.portrange.last=50000
	atf_check -o match:'^[0-9]+	50000$' \
	    cat /proc/sys/net/ipv4/ip_local_port_range
	atf_check -o inline:"kern.hostname: $(hostname) -> other\n" \
	    sysctl kern.hostname=other
	atf_check -o inline:"other\n" hostname
	atf_check -s exit:1 \
	    -e inline:"sysctl: oid 'kern.ostype' is read only\n" \
	    sysctl kern.ostype=FreeBSD
	atf_check -s exit:1 -e inline:"sysctl: invalid integer 'x'\n" \
	    sysctl net.inet.ip.ttl=x
	atf_check -s exit:1 -e match:"net.inet.ip.ttl=4000: Invalid argument" \
	    sysctl net.inet.ip.ttl=4000
}

atf_test_case kept
kept_head()
{
	atf_set descr "Values that nothing acts on yet are kept, and it is said"
}
kept_body()
{
	atf_check -o inline:"net.link.gif.max_nesting: 1 -> 2\n" \
	    -e match:'not in force yet' sysctl net.link.gif.max_nesting=2
	atf_check -o inline:"2\n" sysctl -n net.link.gif.max_nesting
	atf_check -o match:'2 -> 1$' sysctl net.link.gif.max_nesting=1
	[ ! -e /run/cellblock/sysctl/net.link.gif.max_nesting ] ||
		atf_fail "the default is kept"
	# carp(4), pf(4) and netgraph(4) have theirs
	atf_check -o inline:"net.inet.carp.preempt: 0 -> 1\n" \
	    -e match:"there is no carp" sysctl net.inet.carp.preempt=1
	atf_check -o inline:"net.pf.request_maxcount: 65535 -> 131072\n" \
	    -e match:'not in force yet' sysctl net.pf.request_maxcount=131072
	atf_check -o inline:"8\n" sysctl -n net.graph.msg_version
	atf_check -s exit:1 -e match:"read only" sysctl net.graph.family=1
	# these are in force: pf_bridge_test
	for f in onlyip member bridge local_phys; do
		atf_check -o inline:"net.link.bridge.pfil_$f: 0 -> 0\n" \
		    sysctl net.link.bridge.pfil_$f=0
	done
}

atf_test_case linux
linux_head()
{
	atf_set descr "Linux's own names pass through"
}
linux_body()
{
	atf_check -o inline:"net.ipv4.ip_forward: 0 -> 1\n" \
	    sysctl net.ipv4.ip_forward=1
	atf_check -o inline:"1\n" sysctl -n net.inet.ip.forwarding
	ip link add br.x type bridge
	atf_check -o match:'^net.ipv4.conf.br/x.forwarding: [01]$' \
	    sysctl net.ipv4.conf.br/x.forwarding
}

atf_test_case file
file_head()
{
	atf_set descr "-f: a file as sysctl.conf(5)"
}
file_body()
{
	cat >f <<'EOF'
# comment
net.inet.ip.ttl=70	# why
  net.inet.ip.forwarding = "1"

no.such=1
EOF
	atf_check -s exit:1 -o inline:"net.inet.ip.ttl: 64 -> 70
net.inet.ip.forwarding: 0 -> 1\n" \
	    -e inline:"sysctl: unknown oid 'no.such' at line 5\n" sysctl -f f
	atf_check -o ignore sysctl -i -f f
	atf_check -s exit:1 -e match:"nosuch: No such file" sysctl -f nosuch
}

atf_test_case all
all_head()
{
	atf_set descr "-a: every name once, sorted; each has a description"
}
all_body()
{
	atf_check -o save:names sysctl -aN
	atf_check sort -c names
	atf_check -o empty uniq -d names
	[ "$(wc -l <names)" -gt 150 ] || atf_fail "too few names"
	for n in net.inet.ip.forwarding security.jail.jailed net.fibs \
	    security.jail.param.allow.mount.devfs net.link.tap.up_on_open \
	    net.link.lagg.failover_rx_all net.inet6.ip6.dad_count \
	    kern.racct.enable; do
		grep -qx "$n" names || atf_fail "no $n"
	done
	atf_check -o save:descr sysctl -ad
	atf_check -s exit:1 grep ': $' descr
	atf_check -o ignore sysctl -a
}

atf_test_case jail
jail_head()
{
	atf_set descr "What a jail sees of itself; -j"
	atf_set timeout 60
}
jail_body()
{
	atf_check -o ignore jail -c name=j path=/ vnet persist children.max=3
	atf_check -o inline:"0\n" sysctl -n security.jail.jailed
	atf_check -o inline:"1\n" sysctl -n -j j security.jail.jailed
	atf_check -o inline:"1
1
3
0\n" jexec j sysctl -n security.jail.jailed security.jail.vnet \
	    security.jail.children.max security.jail.children.cur
	atf_check -o inline:"net.inet.ip.forwarding: 0 -> 1\n" \
	    sysctl -j j net.inet.ip.forwarding=1
	atf_check -o inline:"0\n" sysctl -n net.inet.ip.forwarding
	atf_check -s exit:1 -e match:'^sysctl: ' sysctl -j nosuch kern.ostype
}

atf_init_test_cases()
{
	atf_add_test_case show
	atf_add_test_case unknown
	atf_add_test_case set
	atf_add_test_case kept
	atf_add_test_case linux
	atf_add_test_case file
	atf_add_test_case all
	atf_add_test_case jail
}
