#! /usr/bin/env atf-sh
# Jails that share the host's addresses: what their sockets do, cell by cell,
# beside what FreeBSD's do (tests/tools/sharetable.c), and docs/sharing.md.
#
# To renew the document where the difference is meant: run the case with
# SHARETABLE_RENEW=1, which rewrites the part below its marker.
. "$(atf_get_srcdir)/common.sh" || exit

# wire IF FAR V4 V6: an interface with a wire to the machine `out`.
wire()
{
	ip link add "$1" type veth peer name "$2" netns out
	ip link set "$1" up
	ip -n out link set "$2" up
	ip addr add "$3.1/24" brd + dev "$1"
	ip addr add "$4::1/64" dev "$1" nodad
	ip -n out addr add "$3.254/24" brd + dev "$2"
	ip -n out addr add "$4::fe/64" dev "$2" nodad
}

# The host and, on two wires, another machine; far away, behind the first of
# them, is 203.0.113.9.  Addresses: tests/tools/sharetable_scene.c.
scene_net()
{
	netns_new out
	wire net0 o0 192.0.2 fd00:2
	wire net1 o1 198.51.100 fd00:51
	ip -n out addr add 203.0.113.9/32 dev lo
	ip -n out addr add fd00:113::9/128 dev lo nodad
	ip route add default via 192.0.2.254
	ip route add default via fd00:2::fe
	# What says "nobody is there" is wanted each time.
	/usr/sbin/sysctl -qw net.ipv4.icmp_ratemask=0 \
	    net.ipv6.icmp.ratelimit=0
	/usr/sbin/sysctl -qw net.ipv4.ping_group_range="0 2147483647"
}

scene_jails()
{
	cat >jail.conf <<-END
	path = /;
	persist;
	jail2 { ip4.addr = "net0|192.0.2.21"; ip6.addr = "net0|fd00:2::21"; }
	one { ip4.addr = "net0|192.0.2.10"; ip6.addr = "net0|fd00:2::10"; }
	two {
	    ip4.addr = "net0|192.0.2.11", "net1|198.51.100.11";
	    ip6.addr = "net0|fd00:2::11", "net1|fd00:51::11";
	}
	v4only { ip4.addr = "net0|192.0.2.13"; ip6 = disable; }
	nosel {
	    ip4.addr = "net0|192.0.2.14", "net1|198.51.100.14";
	    ip6.addr = "net0|fd00:2::14", "net1|fd00:51::14";
	    ip4.nosaddrsel;
	    ip6.nosaddrsel;
	}
	ping {
	    ip4.addr = "net0|192.0.2.15";
	    ip6.addr = "net0|fd00:2::15";
	    allow.raw_sockets;
	}
	END
	atf_check -o ignore -e ignore jail -f jail.conf -c
}

atf_test_case table
table_head()
{
	atf_set descr "Each kind of socket, family, call and address: as on FreeBSD, or with a reason; docs/sharing.md says the same"
	atf_set timeout 900
}
table_body()
{
	scene_net
	scene_jails
	"$CB_TOOLS/sharetable" "$CB_TOOLS/sockprobe" >table 2>unexplained || {
		cat unexplained
		atf_fail "cells that differ from FreeBSD's without a reason"
	}
	if [ -n "$SHARETABLE_RENEW" ]; then
		sed '/^<!-- sharetable -->$/q' "$CB_SRC/docs/sharing.md" >new
		cat table >>new
		cat new >"$CB_SRC/docs/sharing.md"
	fi
	sed '1,/^<!-- sharetable -->$/d' "$CB_SRC/docs/sharing.md" >documented
	diff -u documented table ||
	    atf_fail "docs/sharing.md is not what happens"
}

atf_init_test_cases()
{
	atf_add_test_case table
}
