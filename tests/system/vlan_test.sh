#! /usr/bin/env atf-sh
# vlan interfaces: the kernel's driver, and netgraph in its place: words, what
# is shown, tags on the wire.
. "$(atf_get_srcdir)/common.sh" || exit

# says LINE IF: the listing has it.
says()
{
	atf_check -o match:"^	$1$" ifconfig "$2"
}

# refused TEXT WORDS...
refused()
{
	local text=$1

	shift
	atf_check -s exit:1 -e inline:"ifconfig: $text\n" ifconfig "$@"
}

atf_test_case words
words_head()
{
	atf_set descr "Words of vlans, their line, what is refused"
	vm_also "8021q: the same by the kernel's driver"
}
words_body()
{
	atf_check -o ignore ifconfig epair create
	atf_check -o ignore ifconfig epair create
	atf_check -o inline:"vlan0\n" ifconfig vlan create
	says "vlan: 0 vlanproto: 802.1q vlanpcp: 0 parent interface: <none>" \
	    vlan0
	says "groups: vlan" vlan0
	refused "both vlan and vlandev must be specified" vlan0 vlan 10
	refused "both vlan and vlandev must be specified" \
	    vlan0 vlandev epair0a
	refused "invalid value for vlan" vlan0 vlan x vlandev epair0a
	refused "value for vlan out of range" vlan0 vlan 70000
	refused "SIOCSETVLAN: Invalid argument" \
	    vlan0 vlan 4095 vlandev epair0a
	refused "SIOCSETVLAN: Invalid argument" vlan0 vlan 0 vlandev epair0a
	refused "SIOCSETVLAN: No such file or directory" \
	    vlan0 vlan 1 vlandev em9
	refused "SIOCSETVLAN: Protocol not supported" \
	    vlan0 vlan 1 vlandev lo0
	refused "SIOCSETVLAN: Invalid argument" \
	    epair1a vlan 1 vlandev epair0a
	refused "invalid value for vlanproto" vlan0 vlanproto 802.3
	refused "value for vlanpcp out of range" vlan0 vlanpcp 8
	refused "invalid value for vlanpcp" vlan0 vlanpcp low
	says "vlan: 0 vlanproto: 802.1q vlanpcp: 0 parent interface: <none>" \
	    vlan0
	# an address that it has before it has a tag stays
	atf_check ifconfig vlan0 inet 192.0.2.1/24
	atf_check ifconfig vlan0 vlan 4094 vlandev epair0a
	says "vlan: 4094 vlanproto: 802.1q vlanpcp: 0 parent interface: epair0a" \
	    vlan0
	says "inet 192.0.2.1 netmask 0xffffff00 broadcast 192.0.2.255" vlan0
	ifconfig epair0a | grep ether >a
	ifconfig vlan0 | grep ether >b
	atf_check -o file:a cat b
	# another tag; another parent only after -vlandev
	atf_check ifconfig vlan0 vlan 7 vlandev epair0a vlanproto 802.1ad
	says "vlan: 7 vlanproto: 802.1ad vlanpcp: 0 parent interface: epair0a" \
	    vlan0
	says "inet 192.0.2.1 .*" vlan0
	refused "SIOCSETVLAN: Device busy" vlan0 vlan 7 vlandev epair1a
	atf_check ifconfig vlan0 -vlandev
	says "vlan: 0 vlanproto: 802.1q vlanpcp: 0 parent interface: <none>" \
	    vlan0
	atf_check ifconfig vlan0 vlan 7 vlandev epair1a vlanpcp 5
	says "vlan: 7 vlanproto: 802.1q vlanpcp: 5 parent interface: epair1a" \
	    vlan0
	# at creation
	refused "must specify a tag for vlan create" \
	    vlan create vlandev epair0a
	refused "must specify a parent device for vlan create" \
	    vlan create vlan 3
	refused "SIOCIFCREATE2: File exists" \
	    vlan create vlan 7 vlandev epair1a
	atf_check -o inline:"v8\n" \
	    ifconfig vlan9 create vlan 8 vlandev epair1a name v8
	says "vlan: 8 vlanproto: 802.1q vlanpcp: 0 parent interface: epair1a" v8
	refused "invalid vlan tag" epair1a.x create
	refused "vlan tag out of range" epair1a.5000 create
	refused "SIOCIFCREATE2: File exists" epair1a.8 create
	atf_check ifconfig epair1a.9 create
	atf_check ifconfig epair1a.9.8 create
	says "vlan: 8 vlanproto: 802.1q vlanpcp: 0 parent interface: epair1a.9" \
	    epair1a.9.8
	refused "interface epair1a.9 already exists" epair1a.9 create
	atf_check -o inline:"vlan0\nv8\nepair1a.9\nepair1a.9.8\n" \
	    ifconfig -g vlan
	# the lowest free unit is not that of a renamed one
	atf_check -o inline:"vlan1\n" ifconfig vlan create
	for i in vlan0 v8 epair1a.9.8 epair1a.9 vlan1; do
		atf_check ifconfig "$i" destroy
	done
	atf_check -o inline:"lo0 epair0a epair0b epair1a epair1b\n" ifconfig -l
}

# tag TEXT ADDRESS: what is sent to it by epair0a has such tags.
tag()
{
	local pid

	started seen tcpdump -lnei epair0a -Q out -c 1 "$3"
	pid=$!
	atf_check -o ignore ping -c 1 -W 5 "$2"
	wait $pid
	atf_check -o match:"$1" cat seen
}

atf_test_case traffic
traffic_head()
{
	atf_set descr "VLANs of a host and a jail on one cable"
	atf_set timeout 120
	vm_also "8021q: the same by the kernel's driver"
}
traffic_body()
{
	local i

	need tcpdump
	atf_check -o ignore ifconfig epair create
	make_jail far vnet vnet.interface=epair0b allow.raw_sockets
	atf_check ifconfig epair0a 10.0.0.1/24
	atf_check ifconfig epair0a.10 create inet 10.0.10.1/24
	atf_check ifconfig vlan0 create vlan 20 vlandev epair0a vlanpcp 3
	atf_check ifconfig vlan0 inet 10.0.20.1/24
	atf_check ifconfig epair0a.10.5 create inet 10.0.5.1/24
	# the jail's root does the same
	atf_check jexec far ifconfig epair0b 10.0.0.2/24
	atf_check jexec far ifconfig epair0b.10 create inet 10.0.10.2/24
	atf_check jexec far ifconfig vlan0 create vlan 20 vlandev epair0b
	atf_check jexec far ifconfig vlan0 inet 10.0.20.2/24
	atf_check jexec far ifconfig epair0b.10.5 create inet 10.0.5.2/24
	for i in 0 10 20 5; do
		must_wait 5 ping -c 1 -W 1 10.0.$i.2
		atf_check -o ignore ping -c 1 -W 5 -s 4000 10.0.$i.2
	done
	tag "vlan 10, p 0, ethertype IPv4" 10.0.10.2 "vlan 10 and icmp"
	tag "vlan 20, p 3, ethertype IPv4" 10.0.20.2 "vlan 20 and icmp"
	tag "vlan 10, p 0,.* vlan 5, p 0, ethertype IPv4" 10.0.5.2 \
	    "vlan 10 and vlan 5 and icmp"
	# it goes where the cable goes
	atf_check jexec far ifconfig epair0b down
	must_wait 5 sh -c 'ifconfig vlan0 | grep -q "status: no carrier"'
	must_wait 5 sh -c 'ifconfig epair0a.10.5 |
	    grep -q "status: no carrier"'
	atf_check jexec far ifconfig epair0b up
	must_wait 5 sh -c 'ifconfig vlan0 | grep -q "status: active"'
	must_wait 5 ping -c 1 -W 1 10.0.5.2
	# to a jail, and home with it
	make_jail inner vnet vnet.interface=vlan0 allow.raw_sockets
	atf_check jexec inner ifconfig vlan0 10.0.20.1/24
	must_wait 5 jexec inner ping -c 1 -W 1 10.0.20.2
	atf_check -o match:"vlan: 20 .* parent interface: " \
	    jexec inner ifconfig vlan0
	if ! [ "${CB_VM:-}" ]; then
		kill_brokers
		atf_check -o ignore jexec inner ping -c 1 -W 5 10.0.20.2
		atf_check -o ignore ping -c 1 -W 5 10.0.5.2
	fi
	atf_check jail -r inner
	says "vlan: 20 .* parent interface: epair0a" vlan0
	atf_check ifconfig vlan0 destroy
	atf_check -o ignore ping -c 1 -W 5 10.0.10.2
	# without its parent it is no VLAN
	atf_check jail -r far
	atf_check ifconfig epair0a destroy
	[ "${CB_VM:-}" ] ||
	    says "vlan: 0 .* parent interface: <none>" epair0a.10
}

atf_test_case pcp
pcp_head()
{
	atf_set descr "pcp: what an interface sends without a tag gets VLAN 0's"
}
pcp_body()
{
	atf_check -o ignore ifconfig epair create
	atf_check ifconfig epair0a 10.0.0.1/24
	make_jail far vnet vnet.interface=epair0b allow.raw_sockets
	atf_check jexec far ifconfig epair0b 10.0.0.2/24
	atf_check -s exit:1 -e inline:"ifconfig: value for pcp out of range\n" \
	    ifconfig epair0a pcp 8
	atf_check -s exit:1 -e inline:"ifconfig: invalid value for pcp\n" \
	    ifconfig epair0a pcp x
	atf_check -s exit:1 -e inline:"ifconfig: SIOCSLANPCP: Invalid argument\n" \
	    ifconfig lo0 pcp 3
	atf_check -o not-match:pcp ifconfig epair0a
	atf_check ifconfig epair0a pcp 3
	atf_check -o match:"^	pcp 3$" ifconfig epair0a
	jexec far tcpdump -l -e -n -i epair0b vlan and icmp >seen 2>said &
	must_wait 5 grep -q "listening on" said
	must_wait 5 ping -c 1 -W 2 10.0.0.2
	must_wait 5 grep -q "vlan 0, p 3, ethertype IPv4.*echo request" seen
	kill $!
	atf_check ifconfig epair0a -pcp
	atf_check -o not-match:pcp ifconfig epair0a
	atf_check -o not-match:cb_pcp tc filter show dev epair0a egress
	must_wait 5 ping -c 1 -W 2 10.0.0.2
	# no other word that is kept beside it is one, nor undoes it
	atf_check ifconfig epair0a netcons polling wol debug link2
	atf_check -o not-match:pcp ifconfig epair0a
	atf_check -o not-match:cb_pcp tc filter show dev epair0a egress
	atf_check ifconfig epair0a pcp 7
	atf_check ifconfig epair0a -netcons -polling -wol -debug -link2
	atf_check -o match:"^	pcp 7$" -o not-match:"POLLING|WOL" \
	    ifconfig epair0a
}

atf_init_test_cases()
{
	atf_add_test_case words
	atf_add_test_case traffic
	atf_add_test_case pcp
}
