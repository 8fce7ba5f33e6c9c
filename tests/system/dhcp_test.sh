#! /usr/bin/env atf-sh
# dhclient(8), rtsol(8) and what rc.conf(5) says of them, against dnsmasq.
. "$(atf_get_srcdir)/common.sh" || exit

# An epair of which epair0a, with the server's addresses, is here.
server()
{
	need dnsmasq
	atf_check -o ignore ifconfig epair0 create
	atf_check ifconfig epair0a inet 192.0.2.1/24 up
	atf_check -o ignore sysctl net.inet6.ip6.forwarding=1
	atf_check ifconfig epair0a inet6 2001:db8::1 prefixlen 64 no_dad
	dnsmasq -C /dev/null -d -p 0 -i epair0a --bind-interfaces --no-ping \
	    --dhcp-range=192.0.2.50,192.0.2.60,1h \
	    --dhcp-option=option:mtu,1400 \
	    --dhcp-option=option:domain-name,lab.example \
	    --dhcp-option=option:dns-server,192.0.2.53 \
	    --dhcp-option=121,10.9.0.0/16,192.0.2.7,0.0.0.0/0,192.0.2.1 \
	    --enable-ra --dhcp-range=2001:db8::,ra-only,64,1h \
	    --ra-param=epair0a,10 \
	    --dhcp-option="option6:dns-server,[2001:db8::53]" \
	    --dhcp-leasefile="$PWD/leases" >dnsmasq.log 2>&1 &
	must_wait 5 grep -q 'sockets bound' dnsmasq.log
}

# A jail's root of its own, with little in it; its rc.conf from stdin.
root()
{
	local d

	for d in bin dev etc proc run sbin sys tmp; do
		mkdir -p "root/$d"
	done
	cp /bin/busybox root/bin/
	for d in sh cat kill pidof; do
		ln -s busybox "root/bin/$d"
	done
	cat >root/etc/rc.conf
	cat >jail.conf <<EOF
c {
	vnet; vnet.interface = epair0b; persist;
	path = "$PWD/root"; mount.devfs;
	exec.start = "/bin/sh /etc/rc";
	exec.stop = "/bin/sh /etc/rc.shutdown jail";
}
EOF
}

no_lease()
{
	! grep -q ' 192\.0\.2\.' leases
}

atf_test_case boot
boot_head()
{
	atf_set descr "A jail given a NIC gets its addresses by DHCP and SLAAC"
	atf_set timeout 60
}
boot_body()
{
	server
	root <<'EOF'
ifconfig_epair0b_name="igb2"
ifconfig_igb2="DHCP"
ifconfig_igb2_ipv6="inet6 accept_rtadv"
EOF
	echo "nameserver 203.0.113.9" >root/etc/resolv.conf
	atf_check -o match:'^c: created$' \
	    -o match:'^Starting Network: lo0 igb2' jail -f jail.conf -c c
	# the boot has waited for both
	atf_check -o match:'inet 192\.0\.2\.[56][0-9] netmask 0xffffff00' \
	    -o match:'inet6 2001:db8::[0-9a-f:]* prefixlen 64 autoconf' \
	    -o match:' mtu 1400$' jexec c ifconfig igb2
	atf_check -o match:'^default +192\.0\.2\.1 ' \
	    -o match:'^10\.9\.0\.0/16 +192\.0\.2\.7 ' \
	    -o match:'^default +fe80:' jexec c netstat -rn
	atf_check -o inline:"# Made by cellblock from DHCP leases and router \
advertisements
search lab.example
nameserver 192.0.2.53
nameserver 2001:db8::53\n" jexec c cat /etc/resolv.conf
	atf_check -o match:' 192\.0\.2\.[56][0-9] ' cat leases
	atf_check jexec c rc -n start
	# a client that is killed is started again
	atf_check jexec c sh -c 'kill -9 $(pidof udhcpc)'
	must_wait 5 sh -c '! pgrep udhcpc'
	atf_check -o inline:"igb2: dhclient\nwait for the default route\n" \
	    jexec c rc -n start
	atf_check jexec c rc -q start
	atf_check jexec c rc -n start
	# and at the stop all is given back
	atf_check jexec c rc -q stop
	atf_check -o inline:"nameserver 203.0.113.9\n" \
	    cat root/etc/resolv.conf
	atf_check -o not-match:'inet6? [12]' -o match:' mtu 1500$' \
	    jexec c ifconfig epair0b
	must_wait 2 no_lease
	atf_check -o inline:"c: removed\n" jail -f jail.conf -r c
}

atf_test_case nobody
nobody_head()
{
	atf_set descr "Where nobody answers a boot ends in its time"
}
nobody_body()
{
	atf_check -o ignore ifconfig epair0 create
	atf_check ifconfig epair0a up
	root <<'EOF'
ifconfig_epair0b="DHCP"
defaultroute_delay="1"
EOF
	atf_check -o match:'^Waiting 1s for the default route interface: \.$' \
	    jail -f jail.conf -c c
	atf_check -s exit:1 \
	    -e match:'^dhclient: dhclient already running, pid: [0-9]*\.$' \
	    jexec c dhclient epair0b
	# it goes on trying; the jail's end ends it
	atf_check -o inline:"c: removed\n" jail -f jail.conf -r c
	atf_check -s exit:1 pgrep udhcpc
	# without a carrier it does not wait that long
	atf_check ifconfig epair0a down
	sed -i 's/"1"/"20"/; $a defaultroute_carrier_delay=0' root/etc/rc.conf
	atf_check -o match:'interface: \(no carrier\)$' jail -f jail.conf -c c
}

atf_test_case command
command_head()
{
	atf_set descr "dhclient and rtsol: a lease, its file, release; bad words"
}
command_body()
{
	server
	root </dev/null
	atf_check -o ignore jail -f jail.conf -c c
	atf_check -o match:'^bound to 192\.0\.2\.[56][0-9] -- renewal in 1800 seconds\.$' \
	    jexec c dhclient -l /tmp/leases -p /tmp/pid epair0b
	atf_check -o match:'^  fixed-address 192\.0\.2\.[56][0-9];$' \
	    -o match:'^  option routers 192\.0\.2\.1;$' \
	    -o match:'^  option dhcp-lease-time 3600;$' cat root/tmp/leases
	atf_check jexec c sh -c 'kill -0 $(cat /tmp/pid)'
	atf_check jexec c dhclient -r epair0b
	atf_check -o not-match:'inet 192' jexec c ifconfig epair0b
	atf_check test ! -e root/tmp/pid
	must_wait 2 no_lease
	atf_check jexec c dhclient -r epair0b
	atf_check -s exit:1 \
	    -e inline:"dhclient: interface nosuch0 does not exist\n" \
	    jexec c dhclient nosuch0
	atf_check -s exit:1 \
	    -e inline:"dhclient: /x: No such file or directory\n" \
	    dhclient -c /x epair0a
	atf_check -s exit:1 -e match:'^usage: dhclient ' dhclient
	atf_check -s exit:1 -e match:'^usage: dhclient-script ' dhclient-script
	atf_check -s exit:1 -e match:'slash' dhclient -p x epair0a
	atf_check jexec c ifconfig epair0b inet6 -ifdisabled accept_rtadv up
	atf_check -e inline:"rtsol: send RS on epair0b
rtsol: received RA on epair0b\n" jexec c rtsol -d epair0b
	atf_check -o match:'inet6 2001:db8::.* autoconf' \
	    jexec c ifconfig epair0b
	atf_check -s exit:1 -e match:'epair1a does not exist' rtsol epair1a
	atf_check -s exit:1 -e match:'^usage: rtsol ' rtsol
	atf_check -s exit:1 -e inline:"rtsol: -R: not available here\n" \
	    rtsol -R /bin/true epair0a
}

atf_test_case conf
conf_head()
{
	atf_set descr "dhclient.conf: sent, changed, required, refused"
}
conf_body()
{
	server
	root </dev/null
	cat >root/etc/dhclient.conf <<'EOF'
timeout 30;
interface "epair0b" {
	send host-name "named";
	supersede domain-name "our.example";
	prepend domain-name-servers 127.0.0.1;
	supersede interface-mtu 1300;
}
EOF
	atf_check -o ignore jail -f jail.conf -c c
	atf_check -o match:'^bound to' jexec c dhclient epair0b
	atf_check -o match:'^search our\.example$' \
	    -o match:'^nameserver 127\.0\.0\.1$' \
	    -o match:'^nameserver 192\.0\.2\.53$' jexec c cat /etc/resolv.conf
	atf_check -o match:'mtu 1300$' jexec c ifconfig epair0b
	atf_check -o match:' named ' cat leases
	atf_check jexec c dhclient -r epair0b
	# one without what is required is not taken, and it is said why
	echo 'require ntp-servers; timeout 3;' >root/etc/other.conf
	atf_check -o match:'^No DHCPOFFERS received\.$' \
	    -e inline:"epair0b: the offer lacks \"ntpsrv\", which is required\n" \
	    jexec c dhclient -c /etc/other.conf epair0b
	atf_check -o not-match:'inet 192' jexec c ifconfig epair0b
	atf_check jexec c dhclient -r epair0b
	printf 'retry 5;\nscript "/bin/x";\n' >root/etc/dhclient.conf
	atf_check -s exit:1 -e inline:"dhclient: /etc/dhclient.conf line 2: \
script: not here: the script is dhclient-script(8)\n" \
	    jexec c dhclient epair0b
	atf_check -s exit:1 pgrep udhcpc
}

atf_init_test_cases()
{
	atf_add_test_case conf
	atf_add_test_case boot
	atf_add_test_case nobody
	atf_add_test_case command
}
