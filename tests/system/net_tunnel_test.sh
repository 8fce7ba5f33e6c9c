#! /usr/bin/env atf-sh
# Tunnels: vxlan, gif, gre, stf, wg, and what a kernel without them says.
. "$(atf_get_srcdir)/common.sh" || exit

# refused TEXT ARGS...: ifconfig ARGS exits 1 with exactly that on stderr
refused()
{
	local text

	text=$1
	shift
	atf_check -s exit:1 -e inline:"ifconfig: $text\n" ifconfig "$@"
}

atf_test_case vxlan
vxlan_head()
{
	atf_set descr "Two jails talk through vxlan; its words and its lines"
}
vxlan_body()
{
	ifconfig epair0 create >/dev/null
	atf_check -o ignore jail -c name=a persist vnet
	atf_check ifconfig epair0b vnet a
	atf_check ifconfig epair0a 10.0.0.1/24
	atf_check ifconfig -j a epair0b 10.0.0.2/24
	# here all at once; there word by word, the number last
	atf_check -o inline:"vxlan0\n" ifconfig vxlan create vxlanid 42 \
	    vxlanlocal 10.0.0.1 vxlanremote 10.0.0.2 inet 10.1.0.1/24 up
	atf_check ifconfig -j a vxlan0 create
	atf_check ifconfig -j a vxlan0 vxlanlocal 10.0.0.2 vxlanttl 9
	atf_check ifconfig -j a vxlan0 inet 10.1.0.2/24 description "far end"
	atf_check -o match:"flags=8803<UP,BROADCAST,SIMPLEX,MULTICAST>" \
	    -o not-match:"vxlan vni" ifconfig -j a vxlan0
	atf_check ifconfig -j a vxlan0 vxlanremote 10.0.0.1 vxlanid 42
	atf_check -o match:"flags=1008843<UP," -o match:"inet 10.1.0.2 " \
	    -o match:"description: far end" -o match:"groups: vxlan" \
	    -o match:"	vxlan vni 42 local 10.0.0.2:4789 remote 10.0.0.1:4789$" \
	    ifconfig -j a vxlan0
	atf_check -o ignore ping -c 1 -W 5 10.1.0.2
	atf_check -o match:"config: learning portrange 49152-65535 ttl 64" \
	    -o match:"ftable: cnt 1 max 2000 timeout 1200" ifconfig -v vxlan0
	atf_check ifconfig vxlan0 vxlanflushall
	atf_check -o match:"ftable: cnt 0 " ifconfig -v vxlan0
	# settled while it is up, but for the table
	atf_check ifconfig vxlan0 -vxlanlearn vxlantimeout 77 vxlanmaxaddr 9
	atf_check -o match:"config: nolearning" \
	    -o match:"max 9 timeout 77" ifconfig -v vxlan0
	refused "VXLAN_CMD_SET_VNI: Device busy" vxlan0 vxlanid 43
	atf_check ifconfig vxlan0 down vxlanid 43 up
	atf_check -o match:"vxlan vni 43 " -o match:"inet 10.1.0.1 " \
	    ifconfig vxlan0
	atf_check -s not-exit:0 -o ignore ping -c 1 -W 1 10.1.0.2
	atf_check ifconfig -j a vxlan0 destroy
}

atf_test_case vxlan_errors
vxlan_errors_body()
{
	refused "invalid network identifier: x" vxlan create vxlanid x
	refused "invalid network identifier: 16777216" \
	    vxlan create vxlanid 16777216
	refused "'vxlanid' requires argument" vxlan create vxlanid
	refused "'vxlanportrange' requires 2 arguments" \
	    vxlan create vxlanportrange 1
	refused "invalid port range" vxlan create vxlanportrange 9 8
	refused "cannot mix IPv4 and IPv6 addresses" vxlan create vxlanid 1 \
	    vxlanlocal 10.0.0.1 vxlanremote 2001:db8::1
	refused "remote address cannot be multicast" \
	    vxlan create vxlanremote 239.0.0.1
	refused "group address must be multicast" \
	    vxlan create vxlangroup 10.0.0.1
	refused "interface nosuch does not exist" vxlan create vxlanid 1 \
	    vxlandev nosuch
	atf_check -o inline:"lo0\n" ifconfig -l
	atf_check -o inline:"vxlan0\n" ifconfig vxlan create vxlanid 1
	refused "SIOCIFCREATE2: another vxlan has this network identifier" \
	    vxlan create vxlanid 1
	refused "invalid TTL value: 257" vxlan0 vxlanttl 257
	refused "invalid local port: 65535" vxlan0 vxlanlocalport 65535
	refused "VXLAN_CMD_SET_VNI: Invalid argument" lo0 vxlanid 7
	# a refused word leaves it as it was
	atf_check -o match:"vxlan vni 1 local 0.0.0.0:4789" ifconfig vxlan0
	atf_check -o inline:"lo0 vxlan0\n" ifconfig -l
}

atf_test_case no_driver
no_driver_head()
{
	atf_set descr "A kernel without a tunnel's driver is told of in a line"
}
no_driver_body()
{
	[ -z "${CB_VM:-}" ] || atf_skip "this kernel has them"
	refused "gif: this kernel has no IP tunnels (CONFIG_IPV6_SIT, \
CONFIG_IPV6_TUNNEL)" gif create
	refused "gre: this kernel has no GRE tunnels (CONFIG_NET_IPGRE, \
CONFIG_IPV6_GRE)" gre0 create
	refused "stf: this kernel has no IPv6 in IPv4 (CONFIG_IPV6_SIT, \
CONFIG_IPV6_SIT_6RD)" stf create
	refused "wg: this kernel has no WireGuard (CONFIG_WIREGUARD)" \
	    wg create inet 10.0.0.1/24
	refused "geneve: this kernel has no Geneve (CONFIG_GENEVE)" \
	    geneve create geneveid 7
	atf_check -o inline:"lo0\n" ifconfig -l
	refused "SIOCSIFPHYADDR: Invalid argument" lo0 tunnel 10.0.0.1 10.0.0.2
	refused "SIOCDIFPHYADDR: Invalid argument" lo0 deletetunnel
	refused "ioctl (set grekey): Invalid argument" lo0 grekey 7
	refused "STF6RD_SV4NET 10.0.0.1/8: Invalid argument" \
	    lo0 stfv4net 10.0.0.1/8
}

# passes KIND ADDRESS: a ping from here to the jail's end
passes()
{
	wait_for 5 ping -c 1 -W 1 "$2" || {
		ifconfig
		ifconfig -j a
		ip -d link
		atf_fail "nothing passes through $1"
	}
}

atf_test_case drivers
drivers_head()
{
	atf_set descr "gif, gre and stf by the kernel's drivers carry packets"
	atf_set timeout 120
	vm_only "the machine's kernel has no IP tunnels"
}
drivers_body()
{
	ifconfig epair0 create >/dev/null
	atf_check -o ignore jail -c name=a persist vnet
	atf_check ifconfig epair0b vnet a
	atf_check ifconfig epair0a 10.0.0.1/24
	atf_check ifconfig -j a epair0b 10.0.0.2/24
	atf_check ifconfig epair0a inet6 2001:db8::1/64 no_dad
	atf_check ifconfig -j a epair0b inet6 2001:db8::2/64 no_dad

	# IPv4 and IPv6 over IPv4; ends first here, address first there
	atf_check -o inline:"gif0\n" ifconfig gif create
	atf_check -o match:"gif0: flags=8010<POINTOPOINT,MULTICAST> .* 1280" \
	    -o match:"options=80000<LINKSTATE>" -o not-match:"tunnel" \
	    ifconfig gif0
	atf_check ifconfig gif0 tunnel 10.0.0.1 10.0.0.2
	atf_check ifconfig gif0 inet 10.1.0.1 10.1.0.2 netmask 255.255.255.255
	atf_check -o inline:"gif0\n" ifconfig -j a gif create \
	    inet 10.1.0.2 10.1.0.1 netmask 255.255.255.255
	atf_check -o match:"flags=8011<UP,POINTOPOINT,MULTICAST>" \
	    ifconfig -j a gif0
	atf_check ifconfig -j a gif0 tunnel 10.0.0.2 10.0.0.1
	atf_check -o match:"	tunnel inet 10.0.0.1 --> 10.0.0.2$" \
	    -o match:"flags=1008051<UP,POINTOPOINT,RUNNING,MULTICAST,LOWER_UP>" \
	    -o match:"inet 10.1.0.1 --> 10.1.0.2 netmask 0xffffffff$" \
	    ifconfig gif0
	passes gif 10.1.0.2
	atf_check ifconfig gif0 inet6 2001:db8:1::1/64 no_dad
	atf_check ifconfig -j a gif0 inet6 2001:db8:1::2/64 no_dad
	passes gif 2001:db8:1::2
	# the same over IPv6: made anew, all that it had stays
	atf_check -o inline:"tun6\n" ifconfig gif0 name tun6 description six
	atf_check ifconfig tun6 inet6 tunnel 2001:db8::1 2001:db8::2
	atf_check ifconfig -j a gif0 inet6 tunnel 2001:db8::2 2001:db8::1
	atf_check -o match:"tunnel inet6 2001:db8::1 --> 2001:db8::2$" \
	    -o match:"description: six" -o match:"groups: gif" ifconfig tun6
	passes gif 10.1.0.2
	passes gif 2001:db8:1::2
	refused "interface gif0 does not exist" gif0
	atf_check -o inline:"gif1\n" ifconfig gif create
	refused "SIOCSIFPHYADDR_IN6: Can't assign requested address" \
	    gif1 tunnel 2001:db8::1 2001:db8::2
	atf_check ifconfig tun6 deletetunnel
	atf_check -o not-match:"tunnel" ifconfig tun6
	atf_check -s not-exit:0 -o ignore -e ignore ping -c 1 -W 1 10.1.0.2
	atf_check ifconfig gif1 tunnel 2001:db8::1 2001:db8::2
	atf_check ifconfig tun6 destroy
	atf_check ifconfig gif1 destroy

	# gre0 is the name of the driver's own device, too
	atf_check -o inline:"gre0\n" ifconfig gre create
	atf_check ifconfig gre0 grekey 7 enable_csum enable_seq \
	    tunnel 10.0.0.1 10.0.0.2 10.2.0.1 10.2.0.2
	atf_check ifconfig -j a gre0 create grekey 7 enable_csum \
	    tunnel 10.0.0.2 10.0.0.1 10.2.0.2 10.2.0.1
	atf_check -o match:"	grekey: 0x7 \(7\)$" -o match:"mtu 1476$" \
	    -o match:"	options=3<ENABLE_CSUM,ENABLE_SEQ>$" ifconfig gre0
	passes gre 10.2.0.2
	atf_check ifconfig gre0 grekey 8
	atf_check -s not-exit:0 -o ignore ping -c 1 -W 1 10.2.0.2
	atf_check ifconfig gre0 destroy

	# 6to4: the far end lies in the address
	atf_check ifconfig stf0 create inet6 2002:a00:1::1/16 no_dad
	atf_check ifconfig -j a stf0 create inet6 2002:a00:2::1/16 no_dad
	passes stf 2002:a00:2::1

	# word by word; the far end makes it whole
	atf_check ifconfig geneve0 create geneveid 9 inet 10.3.0.1/24
	atf_check ifconfig geneve0 geneveremote 10.0.0.2
	atf_check ifconfig -j a geneve0 create geneveid 9 \
	    geneveremote 10.0.0.1 inet 10.3.0.2/24
	atf_check -o match:"remote: 10.0.0.2:6081" -o match:"inet 10.3.0.1 " \
	    -o match:"	geneve mode: l2" ifconfig geneve0
	passes geneve 10.3.0.2
	atf_check ifconfig geneve0 destroy

	atf_check -o inline:"wg0\n" ifconfig wg create
	atf_check -o match:"wg0: flags=8080<NOARP,MULTICAST> .* mtu 1420" \
	    -o match:"groups: wg" ifconfig wg0
	# devices that the drivers make by themselves are nobody's business
	atf_check -o inline:"lo0 epair0a stf0 wg0\n" ifconfig -l
}

atf_init_test_cases()
{
	atf_add_test_case vxlan
	atf_add_test_case vxlan_errors
	atf_add_test_case no_driver
	atf_add_test_case drivers
}
