#! /usr/bin/env atf-sh
# arp(8) and ndp(8).
. "$(atf_get_srcdir)/common.sh" || exit

setup()
{
	ifconfig epair0 create >/dev/null
	ifconfig epair0a ether 02:00:00:00:00:0a
	ifconfig epair0b ether 02:00:00:00:00:0b
	ifconfig epair0b up
	ifconfig epair0a inet 192.0.2.1/24
}

own="? (192.0.2.1) at 02:00:00:00:00:0a on epair0a permanent [ethernet]"

atf_test_case static
static_head()
{
	atf_set descr "-s, -S, -d, -a and one host"
}
static_body()
{
	setup
	atf_check -o inline:"$own\n" arp -an
	atf_check arp -s 192.0.2.50 02:00:00:00:00:50
	atf_check -o inline:"$own
? (192.0.2.50) at 02:00:00:00:00:50 on epair0a permanent [ethernet]
" arp -an
	atf_check -o inline:"192.0.2.50 (192.0.2.50) deleted\n" \
	    arp -S 192.0.2.50 02:00:00:00:00:51
	atf_check -o inline:"? (192.0.2.50) at 02:00:00:00:00:51 on epair0a \
permanent [ethernet]\n" arp -n 192.0.2.50
	atf_check -o match:"lladdr 02:00:00:00:00:51 PERMANENT" \
	    ip neigh show 192.0.2.50
	atf_check arp -s 192.0.2.51 auto pub
	atf_check -o match:"192.0.2.51\) at 02:00:00:00:00:0a on epair0a \
permanent published \[ethernet\]$" arp -an
	atf_check -o inline:"$own\n" -x "arp -an -i epair0a | head -1"
	atf_check arp -an -i epair0b
	atf_check -o inline:"192.0.2.50 (192.0.2.50) deleted\n" \
	    arp -d 192.0.2.50
	atf_check -o inline:"192.0.2.51 (192.0.2.51) deleted\n" \
	    arp -d 192.0.2.51 pub
	atf_check -s exit:1 \
	    -o inline:"192.0.2.50 (192.0.2.50) -- no entry\n" arp 192.0.2.50
	printf '# comment\n192.0.2.60 02:00:00:00:00:60\n\n' >list
	printf '192.0.2.61 02:00:00:00:00:61 temp\n' >>list
	atf_check arp -f list
	atf_check -o match:"192.0.2.60\).*permanent" \
	    -o match:"192.0.2.61\).*expires in [0-9]+ seconds" arp -an
	atf_check -o match:"192.0.2.60 \(192.0.2.60\) deleted" \
	    -o match:"192.0.2.61 \(192.0.2.61\) deleted" arp -d -a
	atf_check -o inline:"$own\n" arp -an
}

atf_test_case errors
errors_body()
{
	setup
	atf_check -s exit:1 -e inline:"arp: delete: cannot locate \
192.0.2.9\n" arp -d 192.0.2.9
	atf_check -s exit:1 -e inline:"arp: cannot intuit interface index \
and type for 10.1.1.1\n" arp -s 10.1.1.1 02:00:00:00:00:50
	atf_check -s exit:1 -e inline:"arp: invalid Ethernet address 'zz'\n" \
	    arp -s 192.0.2.9 zz
	atf_check -s exit:1 -e inline:"arp: nosuchhost: Unknown host\n" \
	    arp nosuchhost
	atf_check -s exit:1 \
	    -e inline:"arp: interface nosuch0 does not exist\n" \
	    arp -an -i nosuch0
	atf_check -s exit:1 -e match:"reject: not supported" \
	    arp -s 192.0.2.9 02:00:00:00:00:09 reject
	atf_check -s exit:1 -e match:"interface's own address only" \
	    arp -s 192.0.2.9 02:00:00:00:00:09 pub
	atf_check -s exit:1 -e match:"^usage: arp" arp
	atf_check -s exit:1 -e match:"^usage: arp" arp -x
	atf_check -s exit:1 -e match:"^usage: arp" arp -s 192.0.2.9
	atf_check -s exit:1 -e match:"only json and text" arp --libxo xml -a
	atf_check -s exit:1 -e match:"^arp: bad line|list line 1: bad line" \
	    -x 'echo lonely >list; arp -f list'
	atf_check -s exit:1 -e inline:'arp: jail "nosuch" not found\n' \
	    arp -j nosuch -an
	atf_check -o match:"^usage: arp" arp --help
	atf_check -o match:"^arp .*[0-9]" arp --version
}

atf_test_case json
json_body()
{
	setup
	atf_check arp -s 192.0.2.50 02:00:00:00:00:50
	cat >want <<-'EOF'
	{"__version": "1", "arp": {"arp-cache": [{"hostname": "?", "ip-address": "192.0.2.1", "mac-address": "02:00:00:00:00:0a", "interface": "epair0a", "permanent": true, "type": "ethernet"}, {"hostname": "?", "ip-address": "192.0.2.50", "mac-address": "02:00:00:00:00:50", "interface": "epair0a", "permanent": true, "type": "ethernet"}]}}
	EOF
	atf_check -o file:want arp --libxo json -an
	atf_check -o file:want arp --libxo:J -an
}

atf_test_case learned
learned_head()
{
	atf_set descr "An entry that the kernel learned, and one that failed"
}
learned_body()
{
	need ping
	ifconfig epair0 create >/dev/null
	netns_new far
	ip link set epair0b netns far
	ip -n far link set epair0b address 02:00:00:00:00:0b
	ip -n far addr add 192.0.2.2/24 dev epair0b
	ip -n far link set epair0b up
	ifconfig epair0a inet 192.0.2.1/24
	must_wait 5 ping -c 1 -W 1 192.0.2.2
	ping -c 1 -W 1 192.0.2.77 >/dev/null
	atf_check -o match:"^\? \(192.0.2.2\) at 02:00:00:00:00:0b on epair0a \
expires in (1200|119.) seconds \[ethernet\]$" \
	    -o match:"^\? \(192.0.2.77\) at \(incomplete\) on epair0a expired" \
	    arp -an
	# published: the far side hears an answer for it
	ifconfig epair0a inet 192.0.2.1/24
	atf_check arp -s 192.0.2.80 auto pub
	atf_check -o inline:"192.0.2.2 (192.0.2.2) deleted\n" arp -d 192.0.2.2
}

atf_test_case ndp
ndp_body()
{
	setup
	ifconfig epair0a inet6 2001:db8::1/64 no_dad
	atf_check -o match:\
"^Neighbor +Linklayer Address  Netif Expire    S Flags$" \
	    -o match:"^2001:db8::1 +02:00:00:00:00:0a epair0a permanent R" \
	    -o match:"^fe80::.*%epair0a +02:00:00:00:00:0a epair0a permanent" \
	    ndp -an
	atf_check ndp -s fe80::9%epair0a 02:00:00:00:00:0c
	atf_check -o match:"^fe80::9%epair0a +02:00:00:00:00:0c +epair0a +\
permanent" ndp -an
	atf_check -o ignore ndp -d fe80::9%epair0a
	atf_check -s exit:1 \
	    -e match:"cannot intuit interface index and type for fe80::9%em9" \
	    ndp -s fe80::9%em9 02:00:00:00:00:0c
	atf_check ndp -s 2001:db8::9 02:00:00:00:00:09
	atf_check -o match:"^2001:db8::9 +02:00:00:00:00:09 epair0a permanent" \
	    ndp -n 2001:db8::9
	atf_check -o match:"lladdr 02:00:00:00:00:09 PERMANENT" \
	    ip -6 neigh show 2001:db8::9
	atf_check -o match:'"address": "2001:db8::9"' ndp --libxo json -an
	atf_check -o inline:"2001:db8::9 (2001:db8::9) deleted\n" \
	    ndp -d 2001:db8::9
	atf_check -s exit:1 -e inline:"ndp: delete: cannot locate \
2001:db8::9\n" ndp -d 2001:db8::9
	atf_check -s exit:1 -o inline:"2001:db8::9 -- no entry\n" \
	    ndp 2001:db8::9
	atf_check -s exit:1 -e inline:"ndp: -I: not supported\n" ndp -I
	atf_check -s exit:1 -e match:"^usage: ndp" ndp
	atf_check ndp -c
	atf_check -o match:"^usage: ndp" ndp --help
}

atf_init_test_cases()
{
	atf_add_test_case static
	atf_add_test_case errors
	atf_add_test_case json
	atf_add_test_case learned
	atf_add_test_case ndp
}
