#! /usr/bin/env atf-sh
# pfctl(8): what it says, shows and changes, in a network stack of its own.
. "$(atf_get_srcdir)/common.sh" || exit

# rules FILE: standard input into a file and the file into pf
rules()
{
	cat >pf.conf
	atf_check pfctl -f pf.conf
}

atf_test_case enable
enable_head()
{
	atf_set descr "-e, -d, -s Running, the order of actions, bad words"
}
enable_body()
{
	atf_check -s exit:1 -o inline:"Disabled\n" pfctl -sR
	atf_check -s exit:1 -e inline:"pfctl: pf not enabled\n" pfctl -d
	atf_check -e inline:"pf enabled\n" pfctl -e
	atf_check -s exit:1 -e inline:"pfctl: pf already enabled\n" pfctl -e
	atf_check -o inline:"Enabled\n" pfctl -s R
	# -d first, then -s, then -e
	atf_check -s exit:1 -o inline:"Disabled\n" \
	    -e inline:"pf disabled\npf enabled\n" pfctl -e -sR -d
	# tables come before -e, whatever their end
	atf_check -s exit:2 -e inline:"pf disabled
1 table created.
1/1 addresses added.\n0/1 addresses match.\npf enabled\n" sh -c '
		pfctl -d -t t -T add 10.0.0.1
		pfctl -e -t t -T test 10.0.0.2'
	atf_check -o inline:"Enabled\n" pfctl -s R
	atf_check pfctl -qd
	atf_check -e inline:"pfctl: could not parse macro definition x\n" \
	    pfctl -D x -nf /dev/null
	atf_check -s exit:1 -e match:"^pfctl: no label specified$" \
	    -e match:"^usage: pfctl" pfctl -k label
	atf_check -s exit:1 -e match:"^usage: pfctl \[-Ade" pfctl
	atf_check -s exit:1 -e match:"^pfctl: Unknown show modifier 'z'$" \
	    pfctl -s z
	atf_check -s exit:1 \
	    -e inline:"pfctl: /nowhere: No such file or directory\n" \
	    pfctl -p /nowhere -sr
	atf_check -e inline:"debug level set to 'loud'\n" pfctl -x l
	atf_check -o match:"Debug: Loud$" pfctl -si
}

atf_test_case load
load_head()
{
	atf_set descr "Rules as they are shown; a file with an error loads nothing"
}
load_body()
{
	ifconfig epair0 create
	ifconfig epair0a inet 192.0.2.1/24 up
	rules <<'END'
ext = "epair0a"
set skip on lo0
table <bad> persist { 10.0.0.0/8, !10.1.0.0/16 }
nat on $ext inet from 172.16.0.0/16 -> ($ext)
rdr on $ext proto tcp to port 80 -> 172.16.0.5 port 8080
block return in quick from <bad>
pass out label "way out"
pass out proto esp
pass out proto esp
pass out proto ah label "rule $nr"
anchor "late/*"
END
	atf_check -o save:rules pfctl -sr
	atf_check -o inline:"block return in quick from <bad> to any
pass out all flags S/SA keep state label \"way out\"
pass out proto esp all keep state
pass out proto ah all keep state label \"rule 3\"
anchor \"late/*\" all\n" cat rules
	atf_check -o inline:"nat on epair0a inet from 172.16.0.0/16 to any -> (epair0a) round-robin
rdr on epair0a inet proto tcp from any to any port = http -> 172.16.0.5 port 8080\n" \
	    pfctl -sn
	atf_check -e ignore -o match:'^@0 block return in quick from <bad:2> to any$' \
	    -o match:'^  \[ Evaluations: 0         Packets: 0         Bytes: 0           States: 0     \]$' \
	    pfctl -vvsr
	atf_check -o inline:"way out 0 0 0 0 0 0 0 0
rule 3 0 0 0 0 0 0 0 0\n" pfctl -sl
	atf_check -o inline:"bad\n" pfctl -sT
	atf_check -o match:"^lo0 \(skip\)$" pfctl -vsI
	printf 'pass in\nblock form any\n' >bad.conf
	atf_check -s exit:1 -e inline:"bad.conf:2: syntax error
pfctl: Syntax error in config file: pf rules not loaded\n" \
	    pfctl -f bad.conf
	atf_check -o file:rules pfctl -sr
	atf_check -s exit:1 -e inline:"bad.conf:2: syntax error\n" \
	    pfctl -nf bad.conf
	# what is to be said of a line is said once
	echo 'pass in proto { tcp, udp } to port { 1, 2 } user root' >spread.conf
	atf_check -s exit:1 -e inline:"spread.conf:1: user and group are known of outgoing packets only: say \"out\"
pfctl: pf rules not loaded\n" \
	    pfctl -f spread.conf
	atf_check pfctl -nf pf.conf
	printf 'pass\n' >one.conf
	atf_check pfctl -nf one.conf
	atf_check -o file:rules pfctl -sr
	atf_check -e inline:"rules cleared\n" pfctl -Fr
	atf_check pfctl -sr
	atf_check -o match:^nat pfctl -sn
	atf_check -e match:"^nat cleared$" -e match:"tables deleted.$" \
	    -e match:"pf: statistics cleared" pfctl -Fall
	atf_check pfctl -sn
	atf_check pfctl -sT
}

atf_test_case parts
parts_head()
{
	atf_set descr "-A, -N, -O, -R: -v shows what would be loaded, no more"
}
# parts OPTION OUTPUT
parts()
{
	printf "set limit frags 9\n%s" "$2" >want
	atf_check -o file:want pfctl "$1" -nvf parts.conf
}
parts_body()
{
	cat >parts.conf <<'END'
set limit frags 9
set timeout tcp.first 7
table <a> { 192.0.2.1 }
scrub in
altq on lo0 cbq bandwidth 10Mb queue { a }
queue a cbq(default)
nat on lo0 inet from any to <a> -> 192.0.2.2
pass in from <a>
END
	atf_check -o save:all -e ignore pfctl -nvf parts.conf
	atf_check -o inline:"8\n" grep -c . all
	parts -A 'altq on lo0 cbq bandwidth 10Mb tbrsize 262144 queue { a }
queue a cbq( default ) '"
"
	parts -N 'nat on lo0 inet from any to <a> -> 192.0.2.2
'
	parts -O 'set timeout tcp.first 7
'
	parts -R 'scrub in all fragment reassemble
pass in from <a> to any flags S/SA keep state
'
}

atf_test_case tables
tables_head()
{
	atf_set descr "-T: every command, its words, its exit status"
}
tables_body()
{
	atf_check -e inline:"1 table created.\n2/2 addresses added.\n" \
	    pfctl -t t -T add 10.0.0.0/8 192.0.2.7
	atf_check -o inline:"   10.0.0.0/8\n   192.0.2.7\n" pfctl -t t -T show
	atf_check -e match:"^1/3 addresses added.$" \
	    -o inline:"A  2001:db8::/32\n" \
	    pfctl -v -t t -T add 10.0.0.0/8 2001:db8::/32 192.0.2.7
	atf_check -e inline:"1/1 addresses match.\n" pfctl -t t -T test 10.9.9.9
	# nested and negated: the longest decides
	atf_check -e ignore pfctl -t t -T add '!10.1.0.0/16' 10.1.2.0/24
	atf_check -s exit:2 -e match:"^2/3 addresses match.$" \
	    -o inline:"M  10.0.0.1\t 10.0.0.0/8
   10.1.0.1\t!10.1.0.0/16
M  10.1.2.1\t 10.1.2.0/24\n" \
	    pfctl -vvt t -T test 10.0.0.1 10.1.0.1 10.1.2.1
	atf_check -o inline:"   10.0.0.0/8
  !10.1.0.0/16
   10.1.2.0/24
   192.0.2.7
   2001:db8::/32\n" pfctl -t t -T show
	atf_check -e inline:"2/2 addresses deleted.\n" \
	    pfctl -t t -T delete '!10.1.0.0/16' 10.1.2.0/24
	# what is no address
	atf_check -s exit:255 -e inline:"no IP address found for 10.0.0.999\n" \
	    pfctl -t t -T add 10.0.0.999
	atf_check -s exit:255 \
	    -e inline:"pfctl: cannot decode 10.0.0.1/33: Invalid argument\n" \
	    pfctl -t t -T add 10.0.0.1/33
	echo 10.0.0.1/33 >list
	atf_check -s exit:255 \
	    -e inline:"pfctl: cannot load list: Invalid argument\n" \
	    pfctl -t t -T add -f list
	echo 10.0.0.999 >list
	atf_check -s exit:255 -e inline:"no IP address found for 10.0.0.999\n" \
	    pfctl -t t -T add -f list
	printf '# a file\n10.0.0.0/8\n 203.0.113.9 !203.0.113.10\n' >list
	atf_check -e inline:"2 addresses added.
2 addresses deleted.\n" pfctl -t t -T replace -f list
	atf_check -e inline:"no changes.\n" pfctl -t t -T replace -f list
	atf_check -e inline:"0/0 addresses expired.\n" \
	    pfctl -t t -T expire 1000
	atf_check -s exit:1 -e inline:"pfctl: expiry time: invalid\n" \
	    pfctl -t t -T expire x
	atf_check -e ignore -o match:"^-pa----	t$" -o match:"Addresses:   3$" pfctl -vvsT
	atf_check -e inline:"1 table/stats cleared.\n" pfctl -t t -T zero
	# what counts from now on: some addresses, none, those that counted
	atf_check -e inline:"1/2 addresses cleared.\n" \
	    pfctl -t t -T zero 10.0.0.0/8 192.0.2.99
	: >none
	atf_check -e inline:"0/0 addresses cleared.\n" \
	    pfctl -t t -T zero -f none
	atf_check -e inline:"0/3 stats cleared.\n" pfctl -t t -T reset
	# on trial
	atf_check -e inline:"1 table created (dummy).\n" \
	    pfctl -n -t new -T add 10.0.0.1
	atf_check -e inline:"0/1 addresses added (dummy).\n" \
	    pfctl -n -t t -T add 10.0.0.0/8
	atf_check -s exit:255 -e inline:"pfctl: Table does not exist.\n" \
	    pfctl -t no -T show
	atf_check -s exit:255 -e match:"^pfctl: " pfctl -t t -T add 10.0.0.0/33
	atf_check -e inline:"3 addresses deleted.\n" pfctl -t t -T flush
	atf_check -e inline:"1 table deleted.\n" pfctl -t t -T kill
	atf_check pfctl -sT
}

atf_test_case kill_iface
kill_iface_head()
{
	atf_set descr "-i of no interface that could be: what ends states says so"
}
kill_iface_body()
{
	long=0123456789abcdef
	for what in "-F states" "-k 10.0.0.1" "-k label -k x" \
	    "-k gateway -k 10.0.0.1"; do
		# shellcheck disable=SC2086 # several words
		atf_check -s exit:1 \
		    -e inline:"pfctl: invalid interface: $long\n" \
		    pfctl -i $long $what
		# shellcheck disable=SC2086
		atf_check -e match:"0 states" pfctl -i "${long%f}" $what
	done
	atf_check -s exit:0 pfctl -i $long -s states
}

atf_test_case adaptive
adaptive_head()
{
	atf_set descr "A limit of states brings its adaptive timeouts along; -m leaves others"
}
# adaptive START END
adaptive()
{
	printf "adaptive.start %16d states\nadaptive.end %18d states\n" \
	    "$1" "$2" >want
	pfctl -st | grep adaptive | cmp - want || atf_fail "not $1 $2"
}
adaptive_body()
{
	adaptive 60000 120000
	echo "set limit states 1000" | atf_check pfctl -f -
	adaptive 600 1200
	echo "set limit states 2009" | atf_check pfctl -mf -
	adaptive 1200 2400
	echo "set loginterface none" | atf_check pfctl -mf -
	adaptive 1200 2400
	printf 'set timeout adaptive.start 7\nset limit states 1000\n' |
	    atf_check -e match:"adaptive.start has no effect" pfctl -f -
	adaptive 7 120000
	echo "pass" | atf_check pfctl -f -
	adaptive 60000 120000
}

atf_test_case table_other
table_other_head()
{
	atf_set descr "A table's set that somebody has replaced is named; -F Tables takes it away"
}
table_other_body()
{
	echo "table <t> persist { 10.0.0.1 }" >pf.conf
	atf_check pfctl -qf pf.conf
	atf_check nft delete set inet pf t4.t
	atf_check nft add set inet pf t4.t '{ type inet_service; }'
	atf_check -s exit:1 -e match:"^pfctl: Unable to load rules into kernel: \
set t4.t of nftables' table pf is not as pf made it: " pfctl -qf pf.conf
	atf_check -s exit:255 -e match:"^pfctl: set t4.t of nftables' table \
pf is not as pf made it: " pfctl -qt t -T add 10.0.0.2
	atf_check -e inline:"1 tables deleted.\n" pfctl -F Tables
	atf_check pfctl -qf pf.conf
	atf_check -o inline:"   10.0.0.1\n" pfctl -t t -T show
}

atf_test_case table_life
table_life_head()
{
	atf_set descr "Tables over loads: persist, const, contents, live changes"
}
table_life_body()
{
	rules <<'END'
table <c> const { 192.0.2.0/24 }
table <p> persist
table <gone> { 192.0.2.1 }
pass from <c>
END
	atf_check -o inline:"c\np\n" pfctl -sT
	atf_check -s exit:255 -e inline:"pfctl: Operation not permitted.\n" \
	    pfctl -t c -T add 10.0.0.1
	atf_check -e inline:"1/1 addresses added.\n" pfctl -t p -T add 10.0.0.1
	# what the file does not fill stays as it is
	atf_check pfctl -f pf.conf
	atf_check -o inline:"   10.0.0.1\n" pfctl -t p -T show
	rules <<'END'
table <p> persist { 10.0.0.2 }
END
	atf_check -o inline:"   10.0.0.2\n" pfctl -t p -T show
	atf_check -o inline:"p\n" pfctl -sT
	# a table that rules name is there for them without contents
	rules <<'END'
block from <later>
END
	atf_check -o inline:"p\n" pfctl -sT
	atf_check -e inline:"1 table created.\n1/1 addresses added.\n" \
	    pfctl -t later -T add 127.0.0.9
	atf_check -e inline:"pf enabled\n" pfctl -e
	atf_check -o ignore ping -c1 -W1 -q -I 127.0.0.8 127.0.0.1
	atf_check -s not-exit:0 -o ignore -e ignore \
	    ping -c1 -W1 -q -I 127.0.0.9 127.0.0.1
	atf_check -e inline:"1/1 addresses deleted.\n" \
	    pfctl -t later -T delete 127.0.0.9
	atf_check -o ignore ping -c1 -W1 -q -I 127.0.0.9 127.0.0.1
}

atf_test_case big_table
big_table_head()
{
	atf_set descr "A table of 100,000 nets, loaded and changed alive"
}
big_table_body()
{
	awk 'BEGIN { for (i = 0; i < 100000; i++)
		printf "%d.%d.%d.0/24\n", 1 + i / 65536, i / 256 % 256, i % 256
	}' >nets
	rules <<'END'
table <big> persist file "nets"
block in quick from <big>
END
	atf_check -o inline:"100000\n" sh -c 'pfctl -t big -T show | wc -l'
	atf_check -e inline:"2/2 addresses match.\n" \
	    pfctl -t big -T test 1.0.0.1 2.134.159.200
	atf_check -s exit:2 -e inline:"0/1 addresses match.\n" \
	    pfctl -t big -T test 2.134.160.1
	atf_check -e inline:"1/1 addresses added.\n" \
	    pfctl -t big -T add 2.134.160.1
	atf_check -e inline:"1/1 addresses match.\n" \
	    pfctl -t big -T test 2.134.160.1
}

atf_test_case anchors
anchors_head()
{
	atf_set descr "-a: loaded apart, shown, flushed; -s Anchors"
}
anchors_body()
{
	rules <<'END'
anchor "a"
anchor "b/*"
pass
END
	echo 'block in proto udp' | atf_check pfctl -a a -f -
	echo 'pass in proto tcp' | atf_check pfctl -a b/c -f -
	atf_check -o inline:"block drop in proto udp all\n" pfctl -a a -sr
	atf_check -o inline:"  a\n  b\n" pfctl -sA
	atf_check -e ignore -o inline:"  a\n  b\n  b/c\n" pfctl -vsA
	atf_check -s exit:1 -e inline:"Anchor 'x' not found.\n" pfctl -a x -sr
	atf_check -o inline:"anchor \"a\" all {
  block drop in proto udp all
}
anchor \"b/*\" all {
  anchor \"c\" all {
    pass in proto tcp all flags S/SA keep state
  }
}
pass all flags S/SA keep state\n" pfctl -a '*' -sr
	# the main file again: what was loaded apart stays
	atf_check pfctl -f pf.conf
	atf_check -o inline:"block drop in proto udp all\n" pfctl -a a -sr
	atf_check -e inline:"rules cleared\n" pfctl -a a -Fr
	atf_check pfctl -a a -sr
	atf_check -e inline:"1 table created.\n1/1 addresses added.\n" \
	    pfctl -a a -t t -T add 10.0.0.1
	atf_check pfctl -sT
	atf_check -o inline:"t\n" pfctl -a a -sT
	# one that no rule calls is there as long as something is in it
	echo 'pass' | atf_check pfctl -a alone/a -f -
	atf_check -o inline:"  alone/a\n" pfctl -a alone -sA
	atf_check -e inline:"rules cleared\n" pfctl -a alone/a -Fr
	atf_check -s exit:1 -e inline:"Anchor 'alone' not found.\n" \
	    pfctl -a alone -sA
	# one without rules, that has a table
	atf_check -e ignore pfctl -a only/t -t t -T add 10.0.0.1
	atf_check -o inline:"  a\n  b\n  only\n" pfctl -sA
	atf_check pfctl -a only/t -sr
	# one whose table goes, at last, as fail2ban and blocklistd leave it
	echo 'table <t> persist
block from <t>' | atf_check pfctl -a b/f -f -
	atf_check -e inline:"rules cleared\n" pfctl -a b/f -Fr
	atf_check -o inline:"  b/c\n  b/f\n" pfctl -a b -sA
	atf_check -e inline:"1 table deleted.\n" pfctl -a b/f -t t -T kill
	atf_check -o inline:"  b/c\n" pfctl -a b -sA
	atf_check -s exit:1 -e inline:"Anchor 'b/f' not found.\n" \
	    pfctl -a b/f -sr
	# one that is not there: nothing is to be cleared, tables apart
	atf_check -e inline:"rules cleared\n" pfctl -a no -Fr
	atf_check -e inline:"nat cleared\n" pfctl -a no -Fn
	for i in -sT -FT; do
		atf_check -s exit:1 -e inline:"pfctl: Anchor or Ruleset does not exist.\n" \
		    pfctl -a no $i
	done
	# all of them: what is empty when its turn comes is no error
	atf_check -o inline:"Removing:\n  only/t\n  only\n  b/c\n  b\n  a\n  /\n" \
	    -e match:"^altq cleared$" pfctl -a '*' -Fall
	atf_check pfctl -vsA
	atf_check pfctl -sr
}

atf_test_case ether_anchors
ether_anchors_head()
{
	atf_set descr "-s Anchors: those of Ethernet come behind the others, with -vv apart"
}
ether_anchors_body()
{
	rules <<'END'
ether anchor "e/*"
anchor "g"
END
	echo 'ether block in from 00:00:00:00:00:09' |
	    atf_check pfctl -a e/x -f -
	printf 'ether pass out\nblock in\n' | atf_check pfctl -a both -f -
	atf_check -o inline:"  both\n  g\n  both\n  e\n" pfctl -sA
	atf_check -e ignore -o inline:"  both
  g
Ethernet:
  both
  e
  e/x\n" pfctl -vvsA
}

# Two jails on an epair each way through us: left 192.0.2.2, right 198.51.100.2.
routed()
{
	local n

	for n in 0 1; do
		ifconfig epair$n create >/dev/null
	done
	atf_check jail -c path=/ persist name=left vnet \
	    vnet.interface=epair0b
	atf_check jail -c path=/ persist name=right vnet \
	    vnet.interface=epair1b
	ifconfig epair0a inet 192.0.2.1/24
	ifconfig epair1a inet 198.51.100.1/24
	ifconfig -j left epair0b inet 192.0.2.2/24
	ifconfig -j right epair1b inet 198.51.100.2/24
	route -j left add default 192.0.2.1 >/dev/null
	route -j right add default 198.51.100.1 >/dev/null
	sysctl net.inet.ip.forwarding=1 >/dev/null
}

atf_test_case states
states_head()
{
	atf_set descr "-ss: two states for a forwarded flow; -k in all its forms"
}
states_body()
{
	routed
	rules <<'END'
block
pass in on epair0a proto icmp label "ping"
pass out on epair1a proto icmp
END
	atf_check -e ignore pfctl -e
	atf_check -o ignore jexec left ping -c1 -W2 -q 198.51.100.2
	atf_check -o save:states pfctl -ss
	atf_check -o inline:"2\n" grep -c . states
	atf_check -o match:'^all icmp 198.51.100.2:[0-9]+ <- 192.0.2.2:[0-9]+       0:0$' \
	    -o match:'^all icmp 192.0.2.2:[0-9]+ -> 198.51.100.2:[0-9]+       0:0$' \
	    cat states
	atf_check -e ignore -o match:'^   age 00:00:0[0-9], expires in 00:0[0-9]:[0-9][0-9], 1:1 pkts, 84:84 bytes, rule 1$' \
	    pfctl -vss
	atf_check -o match:'current entries                        2 ' \
	    -o match:'inserts                                2 ' \
	    -o match:'removals                               0 ' pfctl -si
	atf_check -e inline:"killed 0 states from 1 sources and 0 destinations\n" \
	    pfctl -k 10.0.0.0/8
	atf_check -e inline:"killed 2 states from 1 sources and 1 destinations\n" \
	    pfctl -k 192.0.2.0/24 -k 198.51.100.2
	atf_check pfctl -ss
	atf_check -o ignore jexec left ping -c1 -W2 -q 198.51.100.2
	atf_check -e inline:"killed 0 states\n" pfctl -k label -k nosuch
	atf_check -e inline:"killed 1 states\n" pfctl -k label -k ping
	atf_check -o ignore jexec left ping -c1 -W2 -q 198.51.100.2
	id=$(pfctl -vvss 2>/dev/null | awk '$1 == "id:" { print $2; exit }')
	atf_check -e inline:"killed 1 states\n" pfctl -k id -k "$id"
	atf_check -o ignore jexec left ping -c1 -W2 -q 198.51.100.2
	atf_check -e inline:"2 states cleared\n" pfctl -Fs
	atf_check -o match:'current entries                        0 ' \
	    -o match:'inserts                                8 ' \
	    -o match:'removals                               8 ' pfctl -si
	# the counters of the rule saw all of it, there and back
	atf_check -o match:'^ping [0-9]+ 8 672 4 336 4 336 4$' pfctl -sl
}

atf_test_case in_jail
in_jail_head()
{
	atf_set descr "A vnet jail's root has its own pf; one without a vnet none"
}
in_jail_body()
{
	make_jail own vnet
	make_jail shared ip4=inherit
	echo 'block in proto udp' >pf.conf
	atf_check -o inline:"block drop in proto udp all\n" \
	    jexec own sh -c 'echo "block in proto udp" | pfctl -f - && pfctl -sr'
	atf_check -e inline:"pf enabled\n" jexec own pfctl -e
	atf_check -o inline:"Enabled\n" pfctl -j own -sR
	atf_check -o inline:"block drop in proto udp all\n" pfctl -j own -sr
	# nothing of it is for the terminal out here to obey
	printf 'pass label "\033[2J\302\2332J"\n' >pf.conf
	atf_check jexec own pfctl -f "$PWD/pf.conf"
	atf_check -o match:'label "[?]\[2J[?][?]2J"$' pfctl -j own -sr
	atf_check -o match:'^[?]\[2J[?][?]2J 0 ' pfctl -j own -sl
	atf_check -e inline:"1 table created.\n1/1 addresses added.\n" \
	    jexec own pfctl -t t -T add 10.0.0.1
	# the host's is another one
	atf_check pfctl -sr
	atf_check -s exit:1 -o inline:"Disabled\n" pfctl -sR
	atf_check -s exit:1 \
	    -e inline:"pfctl: /dev/pf: No such file or directory\n" \
	    jexec shared pfctl -sr
}

atf_test_case nested
nested_head()
{
	atf_set descr "A jail in a jail, each with a vnet: each root its own rules, states, tables; nobody else"
}
nested_body()
{
	make_jail outer vnet children.max=5
	ifconfig epair9 create >/dev/null
	ifconfig epair9b vnet outer
	ifconfig epair9a inet 192.0.2.1/24
	ifconfig -j outer epair9b inet 192.0.2.2/24
	atf_check jexec outer jail -c path=/ persist name=inner vnet
	atf_check -o inline:"epair0a\n" jexec outer ifconfig epair create
	atf_check jexec outer sh -c '
		ifconfig epair0b vnet inner
		ifconfig epair0a inet 198.51.100.1/24
		ifconfig -j inner epair0b inet 198.51.100.2/24'
	atf_check -o ignore jexec outer jexec inner \
	    route add default 198.51.100.1
	route add -net 198.51.100.0/24 192.0.2.2 >/dev/null
	jexec outer sysctl net.inet.ip.forwarding=1 >/dev/null
	printf 'block in\npass in inet proto icmp from 192.0.2.1\npass out\n' \
	    >inner.conf
	printf 'nat on epair9b inet from 198.51.100.0/24 -> (epair9b)\npass\n' \
	    >outer.conf
	atf_check -e inline:"pf enabled\n" \
	    jexec outer jexec inner pfctl -ef "$PWD/inner.conf"
	atf_check -e inline:"pf enabled\n" \
	    jexec outer pfctl -ef "$PWD/outer.conf"
	atf_check -o ignore ping -q -c 1 -W 5 198.51.100.2
	jexec outer ping -q -c 1 -W 0.3 198.51.100.2 >/dev/null &&
	    atf_fail "198.51.100.1 gets an answer"
	atf_check -o match:"^all icmp 198.51.100.2:[0-9]* <- 192.0.2.1:" \
	    -o not-match:"->" jexec outer jexec inner pfctl -ss
	atf_check -o ignore jexec outer jexec inner ping -q -c 1 -W 5 192.0.2.1
	atf_check -o match:"192.0.2.2:[0-9]* .198.51.100.2:.* -> 192.0.2.1:" \
	    jexec outer pfctl -ss
	atf_check pfctl -ss
	atf_check -e ignore jexec outer jexec inner pfctl -t t -T add 10.0.0.1
	atf_check -s exit:255 -e inline:"pfctl: Table does not exist.\n" \
	    jexec outer pfctl -t t -T show
	# the creator sees what its jail has
	atf_check -o inline:"   10.0.0.1\n" \
	    jexec outer pfctl -j inner -t t -T show
	atf_check -s exit:1 -e inline:"pfctl: Operation not permitted\n" \
	    jexec -U nobody outer pfctl -sr
	atf_check -e ignore jexec outer jexec inner pfctl -F all
	atf_check -o inline:"pass all flags S/SA keep state\n" \
	    jexec outer pfctl -sr
	atf_check -o inline:"Enabled\n" jexec outer pfctl -sR
	atf_check -e ignore jexec outer jexec inner pfctl -d
	atf_check -o inline:"Enabled\n" jexec outer pfctl -sR
}

atf_test_case service
service_head()
{
	atf_set descr "service pf: start, status, check, reload, stop"
}
service_body()
{
	cp -a /etc etc
	mount --bind etc /etc
	rm -f /etc/rc.conf /etc/rc.conf.local
	echo 'pass in' >/etc/pf.conf
	atf_check -s exit:1 -o match:"^Cannot 'start' pf. Set pf_enable" \
	    service pf start
	echo 'pf_enable=YES' >/etc/rc.conf
	atf_check -o inline:"Enabling pf.\n" service pf start
	atf_check -o inline:"pass in all flags S/SA keep state\n" pfctl -sr
	atf_check -o match:"^Status: Enabled for 0 days" service pf status
	echo 'what?' >>/etc/pf.conf
	atf_check -s exit:1 -o inline:"Checking pf rules.\n" \
	    -e match:"^service: /etc/pf.conf:2: syntax error$" \
	    service pf check
	atf_check -s exit:1 -o inline:"Reloading pf rules.\n" -e ignore \
	    service pf reload
	atf_check -o inline:"pass in all flags S/SA keep state\n" pfctl -sr
	echo 'pass out' >/etc/pf.conf
	atf_check -o inline:"Reloading pf rules.\n" service pf reload
	atf_check -o inline:"pass out all flags S/SA keep state\n" pfctl -sr
	atf_check -o inline:"Disabling pf.\n" service pf stop
	atf_check -s exit:1 -o inline:"Disabled\n" pfctl -sR
	atf_check -s exit:1 -o match:"^Status: Disabled" service pf status
	rm /etc/pf.conf
	atf_check -s exit:1 \
	    -e inline:"service: /etc/pf.conf is not readable.\n" \
	    service pf start
	# that is no other service's business
	atf_check -o match:"^Starting Network: lo0" service netif start
	atf_check -s exit:1 -e match:"^Usage: /etc/rc.d/pf " service pf what
}

atf_test_case fallback
fallback_head()
{
	atf_set descr "pf_fallback_rules: what is loaded when the rules do not"
}
fallback_body()
{
	cp -a /etc etc
	mount --bind etc /etc
	rm -f /etc/rc.conf.local /etc/pf-fallback.conf
	echo 'pass what' >/etc/pf.conf
	echo 'pf_enable=YES' >/etc/rc.conf
	# without it nothing is loaded
	atf_check -s exit:1 -o ignore -e match:"/etc/pf.conf:1: syntax error" \
	    service pf start
	atf_check -s exit:1 -o inline:"Disabled\n" pfctl -sR
	echo 'pf_fallback_rules_enable=YES' >>/etc/rc.conf
	atf_check -o inline:"Enabling pf.\n" \
	    -e match:"/etc/pf.conf:1: syntax error" \
	    -e match:"Unable to load /etc/pf.conf\.$" \
	    -e match:"Loading fallback rules: block drop log all$" \
	    service pf start
	atf_check -o inline:"block drop log all\n" pfctl -sr
	atf_check -o match:"^Status: Enabled" service pf status
	# a reload that fails leaves what is there
	atf_check -s exit:1 -o ignore -e match:"syntax error" service pf reload
	atf_check -o inline:"block drop log all\n" pfctl -sr
	cat >>/etc/rc.conf <<'EOF'
pf_fallback_rules="block drop in
pass out"
EOF
	atf_check -o ignore -e ignore service pf restart
	atf_check -o inline:"block drop in all
pass out all flags S/SA keep state
" pfctl -sr
	echo 'pass in' >/etc/pf-fallback.conf
	atf_check -o ignore \
	    -e match:"Loading fallback rules file: /etc/pf-fallback.conf$" \
	    service pf restart
	atf_check -o inline:"pass in all flags S/SA keep state\n" pfctl -sr
	# the boot goes on with them; fallback rules that fail fail it
	atf_check -o ignore service pf stop
	atf_check -o match:"^Enabling pf\.$" -e match:"Unable to load" rc start
	atf_check -o inline:"pass in all flags S/SA keep state\n" pfctl -sr
	atf_check -o ignore rc stop
	echo 'neither' >/etc/pf-fallback.conf
	atf_check -s exit:1 -o ignore \
	    -e match:"/etc/pf-fallback.conf:1: syntax error" rc -e start
	# rules that load need none
	echo 'pass out' >/etc/pf.conf
	atf_check -o match:"^Enabling pf\.$" rc start
	atf_check -o inline:"pass out all flags S/SA keep state\n" pfctl -sr
}

atf_test_case pflog
pflog_head()
{
	atf_set descr "Logged packets as tcpdump prints them from pflog0"
}
pflog_body()
{
	need tcpdump
	rules <<'END'
pass
block in log quick on lo0 inet proto icmp from 127.0.0.9
END
	atf_check -e ignore pfctl -e
	timeout 20 cellblock pflog -c 1 >log &
	must_wait 5 sh -c 'grep -q . /proc/net/netfilter/nfnetlink_log'
	ping -c1 -W1 -q -I 127.0.0.9 127.0.0.1 >/dev/null
	wait
	atf_check -e ignore \
	    -o match:'rule 1/0\(match\): block in on lo0: .*127.0.0.9 > 127.0.0.1: ICMP echo request' \
	    tcpdump -ner log
}

atf_test_case pflog_matches
pflog_matches_head()
{
	atf_set descr "log (matches): all rules behind it that match are logged, of its packets only"
}
pflog_matches_body()
{
	need tcpdump
	rules <<'END'
pass in quick on lo0 inet proto icmp from 127.0.0.7
match in on lo0 from { 127.0.0.9, ::1 }
match in log (matches) on lo0 from { 127.0.0.9, ::1 }
match in on lo0 inet
pass in log (matches)
pass in on lo0
anchor "a" {
	pass in quick on lo0 proto { icmp, icmp6 } tag T
}
block in
END
	atf_check -e ignore pfctl -e
	timeout 20 cellblock pflog -c 10 >log &
	must_wait 5 sh -c 'grep -q . /proc/net/netfilter/nfnetlink_log'
	for from in 7 8 9; do
		ping -c1 -W1 -q -I 127.0.0.$from 127.0.0.1 >/dev/null ||
		    atf_fail "no answer to 127.0.0.$from"
	done
	# its answer comes in from ::1, too
	ping -c1 -W1 -q ::1 >/dev/null || atf_fail "no answer to ::1"
	wait
	tcpdump -ner log 2>/dev/null |
	    sed 's/^.*rule //; s/ on lo0: / /; s/ >.*//' >said
	# what tcpdump has no word for is a match rule
	cat >want <<'END'
3/0(match): unkn(13) in 127.0.0.9
5/0(match): unkn(13) in 127.0.0.9
7/0(match): pass in 127.0.0.9
0.a.0/0(match): pass in 127.0.0.9
4/0(match): unkn(13) in ::1
7/0(match): pass in ::1
1.a.1/0(match): pass in ::1
4/0(match): unkn(13) in ::1
7/0(match): pass in ::1
1.a.1/0(match): pass in ::1
END
	sed -i 's/: match in/: unkn(13) in/' said
	atf_check -o file:want cat said
}

# lines N FILE: has tcpdump that many to print?
lines()
{
	test "$(tcpdump -ner "$2" 2>/dev/null | wc -l)" -eq "$1"
}

atf_test_case pflogd
pflogd_head()
{
	atf_set descr "service pflog: the log's file, its rotation, beside a reader"
}
pflogd_body()
{
	need tcpdump
	cp -a /etc etc
	mount --bind etc /etc
	rm -f /etc/rc.conf /etc/rc.conf.local
	rules <<'END'
pass
block in log quick on lo0 inet proto icmp from 127.0.0.9
block in log (to pflog3) quick on lo0 inet proto icmp from 127.0.0.8
END
	atf_check -e ignore pfctl -e
	ping_9="ping -c1 -W0.2 -q -I 127.0.0.9 127.0.0.1"
	log=$PWD/log
	atf_check -s exit:1 -o match:"^Cannot 'start' pflog" service pflog start
	echo "pflog_enable=YES pflog_logfile=$log" >/etc/rc.conf
	atf_check -s exit:1 -o inline:"pflog is not running.\n" \
	    service pflog status
	atf_check -o inline:"Starting pflog.\n" service pflog start
	pid=$(cat /var/run/pflogd.pid)
	atf_check -o inline:"pflog is running as pid $pid.\n" \
	    service pflog status
	atf_check -s exit:1 \
	    -o inline:"pflog already running? (pid=$pid).\n" \
	    service pflog start
	atf_check -s exit:1 -e match:"pflog0: Device or resource busy .another pflogd" pflogd -D
	# a reader at the same time
	timeout 60 cellblock pflog -c 1 >seen &
	must_wait 10 sh -c \
	    'test "$(grep -c . /proc/net/netfilter/nfnetlink_log)" -eq 2'
	$ping_9 >/dev/null
	wait $!
	lines 1 seen || atf_fail "the reader saw nothing"
	kill -ALRM "$pid"
	must_wait 10 lines 1 "$log"
	atf_check -e ignore -o match:'rule 1/0\(match\): block in on lo0: ' \
	    tcpdump -ner "$log"
	# newsyslog's way
	mv "$log" "$log.0"
	atf_check service pflog reload
	must_wait 10 test -s "$log"
	$ping_9 >/dev/null
	atf_check -o inline:"Stopping pflog.\n" service pflog stop
	lines 1 "$log" || atf_fail "not written at the end"
	lines 1 "$log.0" || atf_fail "the old file was written"
	atf_check test ! -e /var/run/pflogd.pid
	atf_check -s exit:1 -o match:"^pflog not running" service pflog stop
	# what a crash has left is moved away
	truncate -s -1 "$log"
	atf_check -s exit:1 -e match:"log: damaged log" pflogd -x -f "$log"
	cat >>/etc/rc.conf <<END
pflog_instances="a b"
pflog_a_dev=pflog0 pflog_a_logfile=$log
pflog_b_dev=pflog3 pflog_b_logfile=$log.b pflog_b_flags="-s 100"
END
	atf_check -o inline:"Starting pflog0.\nStarting pflog3.\n" \
	    service pflog start
	atf_check -o match:bad ls
	ping -c1 -W0.2 -q -I 127.0.0.8 127.0.0.1 >/dev/null
	atf_check -o inline:"Stopping pflog3.\n" service pflog stop b
	atf_check -e ignore -o match:"rule 2/0.match.: block in on lo0: .*ICMP" \
	    tcpdump -ner "$log.b"
	atf_check -o ignore service pflog stop a
	lines 0 "$log" || atf_fail "another log's packet"
}

atf_test_case tor
tor_head()
{
	atf_set descr "examples/tor-relay: the world, and never the LAN"
}
tor_body()
{
	atf_check -o ignore -e ignore cellblock up "$CB_SRC/examples/tor-relay"
	atf_check -o not-match:FAILED "$CB_SRC/examples/tor-relay/check"
	atf_check -o empty cellblock diff "$CB_SRC/examples/tor-relay"
	# without the filter the LAN is open: the check can fail
	atf_check -e ignore jexec tor-relay pfctl -d
	atf_check -s exit:1 -o match:"^FAILED  no packet" \
	    "$CB_SRC/examples/tor-relay/check"
}

atf_test_case shows
shows_head()
{
	atf_set descr "Every word of -s says something that is so"
}
shows_body()
{
	# where nothing was ever loaded, too
	atf_check pfctl -sl
	atf_check -o match:"^OS FINGERPRINTS:$" pfctl -sa
	cat >all.conf <<'END'
set limit states 50000
set timeout { tcp.established 60, frag 10 }
set hostid 0x1234
pass
END
	atf_check -e match:"^all.conf:1: set limit states has no effect here: " \
	    pfctl -f all.conf
	atf_check -o match:"^states        hard limit    50000$" pfctl -sm
	atf_check -o match:"^tcp.established              60s$" \
	    -o match:"^frag                         10s$" pfctl -st
	atf_check -e ignore -o match:"^Hostid:   0x00001234$" pfctl -vsi
	atf_check pfctl -se
	atf_check -o inline:"Creator IDs:\n" pfctl -sc
	atf_check -o inline:"all\nlo\nlo0\n" pfctl -sI
	atf_check -o inline:"lo\nlo0\n" pfctl -sI -i lo
	atf_check -o inline:"lo0\n" pfctl -sI -i lo0
	atf_check -o match:"^FILTER RULES:$" -o match:"^INFO:$" \
	    -o match:"^TIMEOUTS:$" -o match:"^LIMITS:$" \
	    -o match:"^OS FINGERPRINTS:$" pfctl -sa
	# what the next file does not name goes back to its default
	rules <<'END'
pass
END
	atf_check -o match:"^states        hard limit   100000$" pfctl -sm
	atf_check -o match:"^tcp.established           86400s$" pfctl -st
	# with -m it stays
	echo 'set timeout frag 7' >more.conf
	atf_check pfctl -f more.conf
	echo 'set timeout udp.single 8' >more.conf
	atf_check pfctl -m -O -f more.conf
	atf_check -o match:"^frag                          7s$" \
	    -o match:"^udp.single                    8s$" pfctl -st
}

atf_test_case ways
ways_head()
{
	atf_add_test_case ways
	atf_set descr "Anchors called by many ways in front of a match rule are looked at once"
}
ways_body()
{
	local i n

	n=01
	for i in 02 03 04 05 06 07 08 09 10 11 12; do
		yes "anchor \"/a$i\"" | head -8 >f$n
		n=$i
	done
	echo "block quick proto udp" >f12
	{
		yes 'anchor "a01"' | head -8
		echo "match out proto tcp scrub (max-mss 1000)"
		echo "pass"
		for i in 01 02 03 04 05 06 07 08 09 10 11 12; do
			echo "load anchor a$i from \"$PWD/f$i\""
		done
	} >pf.conf
	atf_check pfctl -o none -nf pf.conf
	# and a rule that lets some go another way is found behind all of them
	echo "pass quick proto tcp" >f12
	atf_check -s exit:1 -e match:"pf.conf:9: match with scrub" \
	    pfctl -o none -nf pf.conf
}

atf_init_test_cases()
{
	atf_add_test_case enable
	atf_add_test_case load
	atf_add_test_case parts
	atf_add_test_case tables
	atf_add_test_case adaptive
	atf_add_test_case table_other
	atf_add_test_case kill_iface
	atf_add_test_case table_life
	atf_add_test_case big_table
	atf_add_test_case anchors
	atf_add_test_case ether_anchors
	atf_add_test_case states
	atf_add_test_case in_jail
	atf_add_test_case nested
	atf_add_test_case service
	atf_add_test_case fallback
	atf_add_test_case pflog
	atf_add_test_case pflog_matches
	atf_add_test_case pflogd
	atf_add_test_case tor
	atf_add_test_case shows
}
