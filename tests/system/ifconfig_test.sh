#! /usr/bin/env atf-sh
# ifconfig(8): words, listing, clones, aliases, bridges, formats, error texts.
. "$(atf_get_srcdir)/common.sh" || exit

# refused TEXT COMMAND...: exits 1 with exactly that on stderr, no output
refused()
{
	local text

	text=$1
	shift
	atf_check -s exit:1 -e inline:"ifconfig: $text\n" ifconfig "$@"
}

# says TEXT COMMAND...: exits 0 and prints a line TEXT (a fixed string)
says()
{
	local text

	text=$1
	shift
	ifconfig "$@" >said 2>&1 || atf_fail "ifconfig $*: $(cat said)"
	grep -qF -- "$text" said || {
		cat said
		atf_fail "ifconfig $* does not say: $text"
	}
}

# silent_on TEXT COMMAND...: exits 0 and prints no such line
silent_on()
{
	local text

	text=$1
	shift
	ifconfig "$@" >said 2>&1 || atf_fail "ifconfig $*: $(cat said)"
	if grep -F -- "$text" said; then
		atf_fail "ifconfig $* says: $text"
	fi
}

atf_test_case listing
listing_head()
{
	atf_set descr "The listing of an epair and lo0, line by line"
}
listing_body()
{
	atf_check -o inline:"epair0a\n" ifconfig epair create
	atf_check ifconfig epair0a ether 02:aa:bb:cc:dd:0a
	atf_check ifconfig epair0b up
	atf_check ifconfig epair0a inet 192.0.2.1/24 description "uplink of www"
	sed 's/^@/	/' >want <<-EOF
	epair0a: flags=1008843<UP,BROADCAST,RUNNING,SIMPLEX,MULTICAST,LOWER_UP> metric 0 mtu 1500
	@description: uplink of www
	@ether 02:aa:bb:cc:dd:0a
	@inet 192.0.2.1 netmask 0xffffff00 broadcast 192.0.2.255
	@groups: epair
	@media: Ethernet 10Gbase-T (10Gbase-T <full-duplex>)
	@status: active
	@nd6 options=29<PERFORMNUD,IFDISABLED,AUTO_LINKLOCAL>
	EOF
	ifconfig epair0a | grep -v '	options=' >got
	diff -u want got || atf_fail "listing differs"
	says "	options=" epair0a
	says "VLAN_MTU" epair0a
	atf_check ifconfig epair0b down
	says "status: no carrier" epair0a
	says "flags=8843<UP,BROADCAST,RUNNING,SIMPLEX,MULTICAST> " epair0a
	says "flags=8802<BROADCAST,SIMPLEX,MULTICAST> " epair0b
	says "lo0: flags=8049<UP,LOOPBACK,RUNNING,MULTICAST> metric 0" lo0
	says "	options=680003<RXCSUM,TXCSUM,LINKSTATE,RXCSUM_IPV6,TXCSUM_IPV6>" \
	    lo0
	says "	inet 127.0.0.1 netmask 0xff000000" lo0
	says "	groups: lo" lo0
	says "	nd6 options=21<PERFORMNUD,AUTO_LINKLOCAL>" lo0
	silent_on "ether" lo0
}

atf_test_case names
names_head()
{
	atf_set descr "-l, -u, -d, -g, -G, -C, -a and address families"
}
names_body()
{
	ifconfig epair0 create >/dev/null
	ifconfig epair1 create >/dev/null
	ifconfig bridge0 create
	atf_check ifconfig epair0a up
	atf_check -o inline:"lo0 epair0a epair0b epair1a epair1b bridge0\n" \
	    ifconfig -l
	atf_check -o inline:"epair0a epair0b epair1a epair1b bridge0\n" \
	    ifconfig -l ether
	atf_check -o inline:"lo0 epair0a\n" ifconfig -l -u
	atf_check -o inline:"epair0b epair1a epair1b bridge0\n" ifconfig -dl
	atf_check -o inline:"lo0\n" ifconfig -l inet
	atf_check ifconfig epair1b group lab
	atf_check -o inline:"epair1b\n" ifconfig -g lab
	atf_check -o inline:"epair0a\nepair0b\nepair1a\nepair1b\n" \
	    ifconfig -g epair
	atf_check ifconfig -g nosuch
	ifconfig -a -g lab | grep -c '^[a-z]' >n
	atf_check -o inline:"1\n" cat n
	ifconfig -a -G epair | sed -n 's/^\([a-z0-9]*\):.*/\1/p' >n
	atf_check -o inline:"lo0\nbridge0\n" cat n
	for kind in epair bridge tap tun lo; do
		ifconfig -C | tr ' ' '\n' | grep -qx $kind ||
		    atf_fail "no $kind in -C"
	done
	atf_check -o match:"inet 127.0.0.1" -o not-match:"inet6" \
	    -o not-match:"ether" ifconfig -a inet
	atf_check -o match:"ether" -o not-match:"inet " -o not-match:"groups" \
	    ifconfig epair0a ether
	says "	drivername: epair0a" -D epair0a
}

atf_test_case usage
usage_head()
{
	atf_set descr "--help, --version and what is no command line"
}
usage_body()
{
	atf_check -o match:"^usage: ifconfig" ifconfig --help
	atf_check -o match:"^ifconfig .*[0-9]" ifconfig --version
	atf_check -s exit:1 -e match:"^usage: ifconfig" ifconfig -x
	atf_check -s exit:1 -e match:"^usage: ifconfig" ifconfig -a -l
	atf_check -s exit:1 -e match:"^usage: ifconfig" ifconfig -l inet x
	atf_check -s exit:1 -e match:"Address family 'foo' unknown." \
	    ifconfig -a foo
	atf_check -s exit:1 -e match:"^usage: ifconfig" ifconfig -G x lo0
}

atf_test_case clones
clones_head()
{
	atf_set descr "create, destroy and name: what is printed, units"
}
clones_body()
{
	atf_check -o inline:"epair0a\n" ifconfig epair create
	atf_check -o inline:"epair7a\n" ifconfig epair7 create
	atf_check -o inline:"epair1a\n" ifconfig epair create
	atf_check -o inline:"bridge0\n" ifconfig bridge create
	atf_check ifconfig bridge3 create
	atf_check -o inline:"bridge1\n" ifconfig bridge plumb
	atf_check -o inline:"br-x\n" ifconfig bridge create name br-x
	# a renamed one still holds its unit, 2
	atf_check -o inline:"bridge4\n" ifconfig bridge create
	says "	groups: bridge" br-x
	atf_check ifconfig br-x destroy
	atf_check -o inline:"bridge2\n" ifconfig bridge create
	# the name is printed though a later word fails
	atf_check -s exit:1 -o inline:"epair2a\n" \
	    -e inline:"ifconfig: foo: bad value\n" \
	    ifconfig epair create foo
	atf_check -o inline:"wan0\n" ifconfig epair2a name wan0
	# either end takes both along
	atf_check ifconfig wan0 destroy
	refused "interface epair2b does not exist" epair2b
	atf_check ifconfig epair7b unplumb
	refused "interface epair7a does not exist" epair7a
	# words after create apply, and to one that exists already
	atf_check ifconfig bridge9 create up
	says "flags=8843<UP," bridge9
	atf_check ifconfig bridge9 create down
	says "flags=8802<BROADCAST," bridge9
	atf_check -o inline:"tap0\n" ifconfig tap create
	says "media: Ethernet 1000baseT <full-duplex>" tap0
	atf_check -o inline:"tun0\n" ifconfig tun create
	says "tun0: flags=8010<POINTOPOINT,MULTICAST> metric 0 mtu 1500" tun0
	atf_check ifconfig lo1 create
	atf_check ifconfig lo1 inet 10.1.1.1/32
	says "lo1: flags=8049<UP,LOOPBACK,RUNNING,MULTICAST> metric 0" lo1
	silent_on "ether" lo1
}

atf_test_case clone_errors
clone_errors_body()
{
	ifconfig bridge0 create
	refused "interface foo0 does not exist" foo0
	refused "interface foo0 does not exist" foo0 up
	refused "SIOCIFCREATE2: Invalid argument" foo0 create
	refused "SIOCIFCREATE2: Invalid argument" bridge01 create
	refused "interface bridge0 already exists" bridge0 create
	refused "abcdefghijklmnop: cloning name too long" \
	    abcdefghijklmnop create
	refused "SIOCIFDESTROY: Invalid argument" lo0 destroy
	refused "interface bridge9 does not exist" bridge9 destroy
	ifconfig epair create >/dev/null
	refused "ioctl SIOCSIFNAME (set name): File exists" \
	    epair0a name bridge0
}

atf_test_case word_errors
word_errors_body()
{
	ifconfig epair create >/dev/null
	ifconfig bridge0 create
	refused "foo: bad value" epair0a foo
	refused "1.2.3.x: bad value" epair0a inet 1.2.3.x
	refused "1.2.3.4/33: bad value (width too large)" epair0a 1.2.3.4/33
	refused "1.2.3.4/x: bad value (width invalid)" epair0a 1.2.3.4/x
	refused "2001:db8::g: bad value" epair0a inet6 2001:db8::g
	refused "'addm' requires argument" bridge0 addm
	refused "'static' requires 2 arguments" bridge0 static epair0a
	refused "netmask: invalid option for inet6" \
	    epair0a inet6 2001:db8::1 netmask 255.0.0.0
	refused "broadcast: invalid option for inet6" \
	    epair0a inet6 2001:db8::1 broadcast 1.2.3.4
	refused "ioctl (SIOCDIFADDR): Can't assign requested address" \
	    epair0a inet 192.0.2.9 -alias
	refused "setifgroup: group names may not end in a digit" \
	    epair0a group lab1
	refused "interface lo0 cannot change link addresses!" \
	    lo0 ether 02:00:00:00:00:01
	refused "epair0a: invalid address: zz" bridge0 static epair0a zz
	refused "invalid value: many" bridge0 maxaddr many
	refused "unable to get bridge flags: Invalid argument" \
	    epair0a learn epair0b
	atf_check -s exit:1 -e match:"SIOCSIFMTU \(set mtu\): Invalid" \
	    ifconfig epair0a mtu 9
	atf_check -s exit:1 -e not-empty ifconfig epair0a fib 100000
	atf_check ifconfig epair0a fib 0
	refused "udpport: not available yet" epair0a udpport 5
	refused "vhid: carp(4) is not available on Linux; keepalived shares \
addresses between machines" epair0a inet 192.0.2.1/24 vhid 1 pass x
	refused "vhid must be greater than 0 and less than 255" epair0a vhid 0
	refused "SIOCSIFPHYADDR: Invalid argument" \
	    epair0a tunnel 192.0.2.1 192.0.2.2
	refused "ioctl (SIOCAIFADDR): Invalid argument" epair0a netmask 0xff000000
	refused "SIOCGIFMEDIA: Invalid argument" bridge0 media auto
	refused "SIOCSIFMEDIA (media): Device not configured" \
	    epair0a media 1000baseT
	atf_check ifconfig epair0a media 10Gbase-T
	# nothing of it stuck
	silent_on "inet" epair0a inet
}

atf_test_case not_root
not_root_body()
{
	need setpriv
	ifconfig epair create >/dev/null
	atf_check -s exit:1 -e inline:"ifconfig: epair0a: permission denied\n" \
	    setpriv --reuid=65534 --clear-groups --bounding-set=-all \
	    ifconfig epair0a up
	atf_check -o match:"^epair0a: flags=" \
	    setpriv --reuid=65534 --clear-groups --bounding-set=-all \
	    ifconfig epair0a
}

# addresses IF: as `ifconfig` lists them, one a line
addresses()
{
	ifconfig -f inet:cidr,inet6:cidr "$1" |
	    sed -n 's/^	\(inet6* [^ ]*\).*/\1/p'
}

atf_test_case inet
inet_head()
{
	atf_set descr "inet: replace and alias, masks, broadcast, -alias"
}
inet_body()
{
	ifconfig epair create >/dev/null
	atf_check ifconfig epair0a inet 192.0.2.1/24
	says "flags=8843<UP," epair0a
	atf_check ifconfig epair0a inet 192.0.2.2/24 alias
	atf_check ifconfig epair0a inet 192.0.2.3 netmask 255.255.255.255 add
	atf_check ifconfig epair0a 192.0.2.4 netmask 0xffffff80 alias
	addresses epair0a | sort >got
	atf_check -o inline:"inet 192.0.2.1/24
inet 192.0.2.2/24
inet 192.0.2.3/32
inet 192.0.2.4/25
" cat got
	# a new one takes the place of the first, the aliases stay
	atf_check ifconfig epair0a inet 10.0.0.1/8
	addresses epair0a | sort >got
	atf_check -o inline:"inet 10.0.0.1/8
inet 192.0.2.2/24
inet 192.0.2.3/32
inet 192.0.2.4/25
" cat got
	# the same address again: another mask
	atf_check ifconfig epair0a inet 192.0.2.4/26 alias
	says "inet 192.0.2.4 netmask 0xffffffc0 broadcast 192.0.2.63" epair0a
	for a in 192.0.2.2 192.0.2.3 192.0.2.4; do
		atf_check ifconfig epair0a inet $a -alias
	done
	[ "$(addresses epair0a)" = "inet 10.0.0.1/8" ] || atf_fail "aliases"
	atf_check ifconfig epair0a -alias
	[ -z "$(addresses epair0a)" ] || atf_fail "the last one stays"
	atf_check ifconfig epair0a inet 192.0.2.1/24 broadcast 192.0.2.0
	says "inet 192.0.2.1 netmask 0xffffff00 broadcast 192.0.2.0" epair0a
	atf_check ifconfig epair0a inet 192.0.2.1/31
	says "inet 192.0.2.1 netmask 0xfffffffe" epair0a
	silent_on broadcast epair0a
	atf_check ifconfig epair0a delete
	# no mask: by class, with a warning
	atf_check -e inline:"ifconfig: WARNING: setting interface address \
without mask is deprecated,\ndefault mask may not be correct.\n" \
	    ifconfig epair0a inet 172.16.0.1
	says "inet 172.16.0.1 netmask 0xffff0000 broadcast 172.16.255.255" \
	    epair0a
	atf_check ifconfig lo0 inet 127.0.0.2 alias
	# one address, two interfaces
	refused "ioctl (SIOCAIFADDR): File exists" epair0b inet 172.16.0.1/16
}

atf_test_case inet6
inet6_body()
{
	ifconfig epair create >/dev/null
	silent_on inet6 epair0a
	atf_check ifconfig epair0b up
	atf_check ifconfig epair0a inet6 2001:db8::1/64 no_dad
	says "inet6 2001:db8::1 prefixlen 64" epair0a
	silent_on tentative epair0a
	says "%epair0a prefixlen 64 scopeid 0x" epair0a
	says "nd6 options=121<PERFORMNUD,AUTO_LINKLOCAL,NO_DAD>" epair0a
	# always adds; 64 by default, 128 on lo0
	atf_check ifconfig epair0a inet6 2001:db8:0:1::1
	says "inet6 2001:db8:0:1::1 prefixlen 64" epair0a
	atf_check ifconfig lo0 inet6 2001:db8:0:2::1
	says "inet6 2001:db8:0:2::1 prefixlen 128" lo0
	atf_check ifconfig epair0a inet6 2001:db8:0:3::1 prefixlen 80 deprecated
	ifconfig epair0a |
	    grep -q "inet6 2001:db8:0:3::1 prefixlen 80 .*deprecated" ||
	    atf_fail "not deprecated"
	atf_check ifconfig epair0a ether 02:00:00:00:00:0a
	atf_check ifconfig epair0b inet6 auto_linklocal -ifdisabled
	atf_check ifconfig epair0b ether 02:00:00:00:00:0b
	atf_check ifconfig epair0b inet6 2001:db8:0:4::/64 eui64
	says "inet6 2001:db8:0:4:" epair0b
	atf_check ifconfig epair0a inet6 2001:db8:0:5::1/64 \
	    pltime 1000 vltime 2000
	ifconfig -L epair0a >said
	grep -Eq 'inet6 2001:db8:0:5::1 .*pltime (1000|99.) vltime (2000|199.)' \
	    said || atf_fail "lifetimes: $(cat said)"
	grep -q 'inet6 2001:db8::1 .*pltime infty vltime infty' said ||
	    atf_fail "infinite lifetimes: $(cat said)"
	for a in 2001:db8::1 2001:db8:0:1::1 2001:db8:0:3::1 2001:db8:0:5::1
	do
		atf_check ifconfig epair0a inet6 $a -alias
	done
	silent_on 2001:db8 epair0a
	refused "ioctl (SIOCDIFADDR): Can't assign requested address" \
	    epair0a inet6 2001:db8::1 delete
	atf_check ifconfig epair0a inet6 ifdisabled
	says "IFDISABLED" epair0a
	silent_on "inet6 " epair0a
}

atf_test_case link
link_head()
{
	atf_set descr "mtu, ether, flags, metric, groups, offloads, description"
}
link_body()
{
	ifconfig epair create >/dev/null
	atf_check ifconfig epair0a mtu 1400 metric 7
	says "metric 7 mtu 1400" epair0a
	atf_check -o match:"1400" cat /sys/class/net/epair0a/mtu
	atf_check ifconfig epair0a ether 02:00:00:00:00:42
	says "ether 02:00:00:00:00:42" epair0a
	atf_check ifconfig epair0a ether random
	silent_on "ether 02:00:00:00:00:42" epair0a
	atf_check ifconfig epair0a -arp promisc debug link1
	says "flags=2a986<BROADCAST,DEBUG,NOARP,PROMISC,SIMPLEX,LINK1," epair0a
	atf_check ifconfig epair0a arp -promisc -debug -link1
	says "flags=8802<BROADCAST,SIMPLEX,MULTICAST>" epair0a
	atf_check ifconfig epair0a up -txcsum -txcsum6 -tso
	silent_on "TXCSUM" epair0a
	silent_on "TSO" epair0a
	atf_check ifconfig epair0a txcsum txcsum6
	says "TXCSUM" epair0a
	atf_check ifconfig epair0a polling
	says "POLLING" epair0a
	atf_check ifconfig epair0a -polling
	silent_on "POLLING" epair0a
	says "capabilities=" -m epair0a
	atf_check ifconfig epair0a group lab group other
	says "groups: epair lab other" epair0a
	refused "ioctl(SIOCAIFGROUP): File exists" epair0a group lab
	atf_check ifconfig epair0a -group lab
	says "groups: epair other" epair0a
	refused "ioctl(SIOCDIFGROUP): No such file or directory" \
	    epair0a -group lab
	long=$(printf '%0300d' 0)
	atf_check ifconfig epair0a description "$long"
	says "description: $long" epair0a
	atf_check -o inline:"x0\n" ifconfig epair0a name x0
	says "description: $long" x0
	says "groups: epair other" x0
	says "metric 7" x0
	atf_check ifconfig x0 -description
	silent_on "description" x0
}

atf_test_case formats
formats_body()
{
	ifconfig epair create >/dev/null
	ifconfig epair0a ether 02:aa:bb:cc:dd:0a
	ifconfig epair0a inet 192.0.2.1/24
	ifconfig epair0a inet6 2001:db8::1/64 no_dad
	says "inet 192.0.2.1/24 broadcast 192.0.2.255" -f inet:cidr epair0a
	says "inet 192.0.2.1 netmask 255.255.255.0 broadcast" \
	    -f inet:dotted epair0a
	says "inet 192.0.2.1 netmask 0xffffff00" -f inet:hex epair0a
	says "inet6 2001:db8::1/64" -f inet6:cidr epair0a
	says "ether 02-aa-bb-cc-dd-0a" -f ether:dash epair0a
	says "ether 02aa.bbcc.dd0a" -f ether:dotted,inet:cidr epair0a
	# seen in this box only
	if [ -f /etc/hosts ]; then
		echo "192.0.2.1 www.example.org www" >hosts
		mount --bind hosts /etc/hosts
		says "inet www.example.org " -f addr:fqdn epair0a
		says "inet www " -f addr:host epair0a
		says "inet 192.0.2.1 " -f addr:numeric epair0a
		umount /etc/hosts
	fi
	export IFCONFIG_FORMAT=inet:cidr
	says "inet 192.0.2.1/24" epair0a
	says "inet 192.0.2.1 netmask 0xffffff00" -f default epair0a
	atf_check -o match:"192.0.2.1/24" \
	    -e inline:"ifconfig: Skipping invalid format: inet:round\n" \
	    ifconfig -f inet:round epair0a
}

atf_test_case tap
tap_head()
{
	atf_set descr "A tap and who holds it open"
}
tap_body()
{
	need python3
	ifconfig tap0 create
	ifconfig tap0 up
	says "status: no carrier" tap0
	silent_on "Opened by" tap0
	python3 -c '
import fcntl, os, struct, time
fd = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(fd, 0x400454ca, struct.pack("16sH22x", b"tap0", 0x1002))
time.sleep(60)' &
	must_wait 5 sh -c 'ifconfig tap0 | grep -q "status: active"'
	says "	Opened by PID $!" tap0
	kill $!
	must_wait 5 sh -c 'ifconfig tap0 | grep -q "status: no carrier"'
	silent_on "Opened by" tap0
}

atf_test_case bridge
bridge_head()
{
	atf_set descr "Words and listing of a bridge"
}
bridge_body()
{
	for i in 0 1 2; do
		ifconfig epair$i create >/dev/null
		ifconfig epair${i}a up
		ifconfig epair${i}b up
	done
	ifconfig bridge0 create
	ifconfig bridge1 create
	# before Linux 6.7 a bridge's table has no limit
	max=2000
	ifconfig bridge1 maxaddr $max 2>/dev/null || max=0
	atf_check ifconfig bridge0 addm epair0a addm epair1a up
	says "flags=1008943<UP,BROADCAST,RUNNING,PROMISC,SIMPLEX" epair0a
	ifconfig bridge0 | sed 's/58:9c:fc:..:..:../MAC/;s/port [1-9]/port N/' \
	    >got
	sed 's/^@/	/' >want <<-EOF
	bridge0: flags=1008843<UP,BROADCAST,RUNNING,SIMPLEX,MULTICAST,LOWER_UP> metric 0 mtu 1500
	@options=0
	@ether MAC
	@id 00:00:00:00:00:00 priority 32768 hellotime 2 fwddelay 15
	@maxage 20 holdcnt 6 proto rstp maxaddr $max timeout 1200
	@root id 00:00:00:00:00:00 priority 32768 ifcost 0 port 0
	@member: epair0a flags=143<LEARNING,DISCOVER,AUTOEDGE,AUTOPTP>
	@        ifmaxaddr 0 port N priority 128 path cost 2000
	@member: epair1a flags=143<LEARNING,DISCOVER,AUTOEDGE,AUTOPTP>
	@        ifmaxaddr 0 port N priority 128 path cost 2000
	@groups: bridge
	@nd6 options=9<PERFORMNUD,IFDISABLED>
	EOF
	diff -u want got || atf_fail "listing differs"
	refused "BRDGADD epair0a: File exists" bridge0 addm epair0a
	refused "BRDGADD epair0a: Device busy" bridge1 addm epair0a
	refused "BRDGADD bridge0: Invalid argument" bridge0 addm bridge0
	refused "BRDGDEL epair2a: No such file or directory" \
	    bridge0 deletem epair2a
	atf_check ifconfig bridge0 private epair0a -learn epair0a \
	    -discover epair0a
	says "member: epair0a flags=940<AUTOEDGE,AUTOPTP,PRIVATE>" bridge0
	atf_check ifconfig bridge0 -private epair0a learn epair0a \
	    discover epair0a
	atf_check ifconfig bridge0 sticky epair0a
	says "member: epair0a flags=153<LEARNING,DISCOVER,STICKY,AUTOEDGE" \
	    bridge0
	atf_check ifconfig bridge0 -sticky epair0a
	atf_check ifconfig bridge0 static epair0a 02:00:00:00:00:77
	atf_check -o match:\
"^02:00:00:00:00:77 Vlan1 epair0a 0 flags=1<STATIC>$" ifconfig bridge0 addr
	atf_check ifconfig bridge0 flush
	atf_check -o match:"02:00:00:00:00:77" ifconfig bridge0 addr
	atf_check ifconfig bridge0 deladdr 02:00:00:00:00:77
	atf_check -o not-match:"02:00:00:00:00:77" ifconfig bridge0 addr
	atf_check -s exit:1 -e match:"^ifconfig: BRDGDADDR .*: No such file" \
	    ifconfig bridge0 deladdr 02:00:00:00:00:77
	atf_check ifconfig bridge0 timeout 60
	says "timeout 60" bridge0
	atf_check ifconfig bridge0 span epair2a
	says "member: epair2a flags=8<SPAN>" bridge0
	refused "BRDGADDS epair2a: Device busy" bridge1 span epair2a
	atf_check ifconfig bridge0 -span epair2a
	silent_on "epair2a" bridge0
	atf_check ifconfig bridge0 deletem epair0a deletem epair1a
	silent_on "member:" bridge0
	silent_on PROMISC epair0a
}

atf_test_case bridge_learns
bridge_learns_head()
{
	atf_set descr "addr shows who spoke; a frame crosses the bridge"
}
bridge_learns_body()
{
	need ping
	ifconfig epair0 create >/dev/null
	ifconfig epair1 create >/dev/null
	netns_new far
	ip link set epair1b netns far
	ip -n far addr add 192.0.2.2/24 dev epair1b
	ip -n far link set epair1b up
	atf_check ifconfig bridge0 create addm epair0a addm epair1a up
	atf_check ifconfig epair0a up
	atf_check ifconfig epair1a up
	atf_check ifconfig epair0b ether 02:00:00:00:00:33
	atf_check ifconfig epair0b inet 192.0.2.1/24
	must_wait 5 ping -c 1 -W 1 192.0.2.2
	atf_check -o match:\
"^02:00:00:00:00:33 Vlan1 epair0a 1(200|19.) flags=0<>$" ifconfig bridge0 addr
	atf_check -o match:"on epair0b expires in [0-9]+ seconds \[ethernet\]" \
	    arp -an
	atf_check ifconfig bridge0 flush
	atf_check -o not-match:"02:00:00:00:00:33" ifconfig bridge0 addr
}

atf_test_case jails
jails_head()
{
	atf_set descr "-j, vnet and -vnet"
}
jails_body()
{
	ifconfig epair create >/dev/null
	refused 'jail "nosuch" not found' -j nosuch
	refused 'jail "nosuch" not found' epair0b vnet nosuch
	refused 'jail "nosuch" not found' epair0b -vnet nosuch
	jail -c name=j1 vnet persist path=/ >out 2>&1 ||
	    atf_skip "no jail(8): $(cat out)"
	atf_check -o inline:"lo0\n" ifconfig -j j1 -l
	atf_check ifconfig epair0b vnet j1
	refused "interface epair0b does not exist" epair0b
	atf_check -o inline:"lo0 epair0b\n" ifconfig -j j1 -l
	atf_check ifconfig -j j1 epair0b inet 192.0.2.2/24
	says "inet 192.0.2.2 netmask 0xffffff00" -j j1 epair0b
	atf_check -o match:"^192.0.2.2 +link#" netstat -rn -j j1
	atf_check -o match:"192.0.2.2.* on epair0b permanent" arp -an -j j1
	atf_check -o match:"^add net default: gateway 192.0.2.1" \
	    route -j j1 add default 192.0.2.1
	atf_check ifconfig epair0b -vnet j1
	says "flags=8802<BROADCAST,SIMPLEX,MULTICAST>" epair0b
	silent_on "inet " epair0b
	atf_check -o inline:"lo0\n" ifconfig -j j1 -l
	atf_check -o ignore jail -r j1
}

atf_test_case vanishes
vanishes_head()
{
	atf_set descr "An interface that goes away half-way is told of plainly"
}
vanishes_body()
{
	ifconfig epair0 create >/dev/null
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		ifconfig epair0a destroy
		ifconfig epair0 create
	done >/dev/null 2>other &
	while kill -0 $! 2>/dev/null; do
		ifconfig epair0a inet 192.0.2.1/24 mtu 1400 description x \
		    -txcsum up || true
		ifconfig epair0a inet6 2001:db8::1/64 no_dad || true
		ifconfig epair0a || true
	done >/dev/null 2>said
	wait
	atf_check cat other
	if grep -vx -e "ifconfig: interface epair0a does not exist" \
	    -e "ifconfig: epair0a: no such interface" said; then
		atf_fail "other texts than FreeBSD's"
	fi
}

atf_test_case at_once
at_once_head()
{
	atf_set descr "Commands at the same time: units, one vxlan's number"
}
at_once_body()
{
	for n in 1 2 3 4 5 6; do
		ifconfig bridge create >made.$n &
	done
	wait
	cat made.* | sort >made
	atf_check -o inline:"bridge0\nbridge1\nbridge2\nbridge3\nbridge4\n\
bridge5\n" cat made
	atf_check -o inline:"vxlan0\n" ifconfig vxlan create vxlanid 1 \
	    inet 192.0.2.1/24
	atf_check ifconfig vxlan0 down description kept
	for n in 11 12 13 14 15 16; do
		ifconfig vxlan0 vxlanid $n 2>said.$n || echo $n >>failed &
	done
	wait
	[ ! -e failed ] || atf_fail "$(cat said.*)"
	atf_check -o match:"inet 192.0.2.1 netmask" -o match:"vni 1[1-6] " \
	    -o match:"description: kept" ifconfig vxlan0
}

atf_init_test_cases()
{
	atf_add_test_case vanishes
	atf_add_test_case at_once
	atf_add_test_case listing
	atf_add_test_case names
	atf_add_test_case usage
	atf_add_test_case clones
	atf_add_test_case clone_errors
	atf_add_test_case word_errors
	atf_add_test_case not_root
	atf_add_test_case inet
	atf_add_test_case inet6
	atf_add_test_case link
	atf_add_test_case formats
	atf_add_test_case tap
	atf_add_test_case bridge
	atf_add_test_case bridge_learns
	atf_add_test_case jails
}
