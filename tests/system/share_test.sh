#! /usr/bin/env atf-sh
# Jails that share their creator's addresses: parameters, messages, aliases
# and their end, jail -m, duplicate address detection.  (What their sockets do
# then is tested elsewhere.)
. "$(atf_get_srcdir)/common.sh" || exit

# refused LINE PARAMETER...: exit 1, that line and no other, no jail
refused()
{
	local line=$1

	shift
	atf_check -s exit:1 -e inline:"jail: $line\n" \
	    jail -c path=/ persist name=refused "$@"
	atf_check -s exit:1 jls -c -j refused
}

conf()
{
	cat >jail.conf
}

# addrs INTERFACE: its addresses in order, one a line
addrs()
{
	ip -o addr show dev "$1" | awk '{ print $4 }'
}

has_addr()
{
	addrs "$1" | grep -qxF "$2"
}

hasnt_addr()
{
	! has_addr "$1" "$2"
}

# must FUNCTION...: atf_check runs programs only
must()
{
	"$@" || atf_fail "not so: $*"
}

# settled INTERFACE: a first jail leaves behind what stays: the interface is
# up, has a link-local address
settled()
{
	make_jail first ip6.addr="$1|2001:db8:ff::1/64"
	atf_check jail -r first
	# its route comes when nobody else is found to have it
	must_wait 10 sh -c "! ip -6 addr show dev $1 tentative | grep -q inet6"
}

new_lo1()
{
	atf_check ifconfig lo1 create
	atf_check ifconfig lo1 group kept
	settled lo1
}

# on_if INTERFACE TEXT: these addresses and no others, link-local ones aside
on_if()
{
	addrs "$1" | grep -v ^fe80 >on_if.out
	atf_check -o inline:"$2" cat on_if.out
}

# wire NAME [ADDR]: an interface that leads to another machine, `far`, whose
# end is called peer and may have an address
wire()
{
	netns_new far
	ip link add "$1" type veth peer name peer netns far
	ip -n far link set peer up
	[ -z "$2" ] || ip -n far addr add "$2" dev peer nodad
	# no addresses that come by themselves, and when they like
	ip link set "$1" addrgenmode none
	ip link set "$1" up
	must_wait 5 grep -qx up "/sys/class/net/$1/operstate"
}

many()
{
	seq -f "10.9.%.0f.1" -s , 0 "$1"
}

atf_test_case messages
messages_head()
{
	atf_set descr "What cannot be is refused, in FreeBSD's words"
}
messages_body()
{
	local inval="jail_set: Invalid argument"

	refused "vnet jails cannot have IP address restrictions" \
	    vnet ip4.addr=10.0.0.1
	refused "vnet jails cannot have IP address restrictions" vnet ip6=new
	refused "vnet jails cannot have IP address restrictions" \
	    vnet ip4=disable
	refused "too many IPv4 addresses" ip4.addr="$(many 255)"
	refused "$inval (ip4.addr: 10.0.0.1 is given twice)" \
	    ip4.addr=10.0.0.1,10.0.0.2,10.0.0.1
	refused "$inval (ip6.addr: ::1 is given twice)" ip6.addr=::1,0::0:1
	refused "$inval (ip4.addr: 0.0.0.0 is the unspecified address)" \
	    ip4.addr=0.0.0.0
	refused "$inval (ip4.addr: 255.255.255.255 is the broadcast address)" \
	    ip4.addr=255.255.255.255
	refused "$inval (ip4.addr: 224.0.0.1 is a multicast address)" \
	    ip4.addr=224.0.0.1
	refused "$inval (ip6.addr: :: is the unspecified address)" ip6.addr=::
	refused "$inval (ip6.addr: ff02::1 is a multicast address)" \
	    ip6.addr=ff02::1
	refused "$inval (ip6.addr: ::ffff:10.0.0.1 stands for an IPv4 address)" \
	    ip6.addr=::ffff:10.0.0.1
	refused "ip4.addr: not an IPv4 address: ::1" ip4.addr=::1
	refused "ip4: unknown jailsys value \"some\"" ip4=some
	refused "ip_hostname without host.hostname" ip_hostname
	# nothing of all that has left anything behind
	atf_check -o empty jls name
	atf_check -o inline:"255\n" sysctl -n security.jail.jail_max_af_ips
	make_jail most ip4.addr="$(many 254)"
	atf_check -o inline:"255\n" sh -c \
	    'jls -j most ip4.addr | tr , "\n" | grep -c .'
}

atf_test_case clash
clash_head()
{
	atf_set descr "An address is another jail's too only if it is all that both have"
}
clash_body()
{
	make_jail one ip4.addr=10.0.0.1 ip6.addr=2001:db8::1
	make_jail same ip4.addr=10.0.0.1 ip6.addr=2001:db8::1
	make_jail two ip4.addr=10.0.0.2,10.0.0.3
	refused "IPv4 addresses clash" ip4.addr=10.0.0.4,10.0.0.1
	refused "IPv4 addresses clash" ip4.addr=10.0.0.3
	refused "IPv6 addresses clash" ip6.addr=2001:db8::2,2001:db8::1
	# the families do not count together
	make_jail mixed ip4.addr=10.0.0.1 ip6.addr=2001:db8::5,2001:db8::6
	atf_check -s exit:1 -e inline:"jail: IPv4 addresses clash\n" \
	    jail -m name=same ip4.addr=10.0.0.1,10.0.0.9
	atf_check -o inline:"10.0.0.1\n" jls -j same ip4.addr
	# gone is gone
	atf_check jail -r two
	make_jail three ip4.addr=10.0.0.3,10.0.0.2
	atf_check jail -m name=three ip4.addr=10.0.0.2
	make_jail four ip4.addr=10.0.0.3,10.0.0.4
}

atf_test_case lists
lists_head()
{
	atf_set descr "Order, implied values, and what jls shows"
}
lists_body()
{
	make_jail a ip4.addr=10.0.0.9,10.0.0.1,10.0.0.5 \
	    ip6.addr=2001:db8:0:0::2,2001:db8::1
	atf_check -o inline:"10.0.0.9,10.0.0.1,10.0.0.5 2001:db8::2,2001:db8::1 new new\n" \
	    jls -j a ip4.addr ip6.addr ip4 ip6
	atf_check -o inline:"ip4.addr=10.0.0.9,10.0.0.1,10.0.0.5\n" \
	    jls -j a -n ip4.addr
	atf_check -o match:"ip4=new .*ip4.addr=10.0.0.9,10.0.0.1,10.0.0.5 ip4.saddrsel " \
	    jls -j a -s
	atf_check -o inline:"     1  10.0.0.9                                      /\n" \
	    sh -c 'jls -j a | sed 1d | sed "s/9  *[^ ]* *\//9                                      \//"'
	atf_check -o inline:"        10.0.0.9\n        10.0.0.1\n        10.0.0.5\n        2001:db8::2\n        2001:db8::1\n" \
	    sh -c 'jls -v -j a | sed 1,7d'
	# of the other family there is none then
	make_jail b ip4.addr=10.0.0.2 ip4.nosaddrsel
	atf_check -o inline:"new disable false true - true\n" \
	    jls -j b ip4 ip6 ip4.saddrsel ip6.saddrsel ip6.addr ip4.nosaddrsel
	make_jail c ip6=new ip4=inherit
	atf_check -o inline:"inherit new -\n" jls -j c ip4 ip6 ip6.addr
	make_jail d
	atf_check -o inline:"inherit inherit\n" jls -j d ip4 ip6
	make_jail e ip4.addr=
	atf_check -o inline:"new disable -\n" jls -j e ip4 ip6 ip4.addr
	# an address is as good as "new"
	make_jail f ip4=inherit ip4.addr=10.0.0.3 ip6=inherit
	atf_check -o inline:"new inherit\n" jls -j f ip4 ip6
	atf_check -e inline:"jail: ip4=disable: ip4.addr is given, too, and is in force\n" \
	    jail -c path=/ persist name=g ip4=disable ip4.addr=10.0.0.4
	atf_check -o inline:"new\n" jls -j g ip4
	# repeated on the command line: one list
	make_jail h ip4.addr=10.0.0.21 ip4.addr=10.0.0.22,10.0.0.23
	atf_check -o inline:"10.0.0.21,10.0.0.22,10.0.0.23\n" jls -j h ip4.addr
	# what -s prints makes the jail again
	jls -j a -s >args
	atf_check jail -r a
	# shellcheck disable=SC2016 # it is sh's to expand
	atf_check sh -c 'eval "jail -c $(cat args) persist"'
	atf_check -o inline:"10.0.0.9,10.0.0.1,10.0.0.5\n" jls -j a ip4.addr
}

atf_test_case spellings
spellings_head()
{
	atf_set descr "ip4.addrs, += and commas, the old command line, -h"
}
spellings_body()
{
	atf_check -e inline:"jail: parameter ip4.addrs: FreeBSD spells it ip4.addr\n" \
	    jail -c path=/ persist name=a ip4.addrs=10.0.0.1
	atf_check -o inline:"10.0.0.1\n" jls -j a ip4.addr
	conf <<-'EOT'
	persist; path = /;
	ip4.addr = 10.0.1.1;
	b { ip4.addr += 10.0.1.2, 10.0.1.3; ip4.addr += 10.0.1.4; }
	c { ip4.addr = 10.0.1.5; }
	EOT
	atf_check -o ignore jail -f jail.conf -c
	atf_check -o inline:"10.0.1.1,10.0.1.2,10.0.1.3,10.0.1.4\n" \
	    jls -j b ip4.addr
	atf_check -o inline:"10.0.1.5\n" jls -j c ip4.addr
	jail / old 10.0.2.1,2001:db8::2,10.0.2.2 sleep 30 &
	must_wait 5 sh -c 'jls host.hostname | grep -qx old'
	atf_check -o match:"^old 10.0.2.1,10.0.2.2 2001:db8::2$" \
	    jls host.hostname ip4.addr ip6.addr
	# a name in the box's own hosts file
	printf '10.0.3.1 many.test\n10.0.3.2 many.test\n2001:db8::3 many.test\n' \
	    >>/etc/hosts
	atf_check jail -h -c path=/ persist name=n host.hostname=many.test
	atf_check -o inline:"10.0.3.1,10.0.3.2 2001:db8::3\n" \
	    jls -j n ip4.addr ip6.addr
	atf_check jail -c path=/ persist name=m ip_hostname \
	    host.hostname=10.0.3.7
	atf_check -o inline:"10.0.3.7 -\n" jls -j m ip4.addr ip6.addr
	atf_check -s exit:1 -e match:"^jail: host.hostname no.such.invalid: " \
	    jail -c path=/ persist ip_hostname host.hostname=no.such.invalid
}

atf_test_case modify
modify_head()
{
	atf_set descr "jail -m: addresses change, whether there are some does not"
}
modify_body()
{
	make_jail a ip4.addr=10.0.0.1
	make_jail free
	make_jail own vnet
	atf_check jail -m name=a ip4.addr=10.0.0.2,10.0.0.3
	atf_check -o inline:"10.0.0.2,10.0.0.3\n" jls -j a ip4.addr
	make_jail b ip4.addr=10.0.0.1,10.0.0.7
	atf_check jail -m name=a ip4.addr=
	atf_check -o inline:"new -\n" jls -j a ip4 ip4.addr
	atf_check jail -m name=a ip4.addr=10.0.0.3 ip4.nosaddrsel
	for p in ip4=inherit ip4=disable ip6=new; do
		atf_check -s exit:1 \
		    -e inline:"jail: ${p%=*} cannot be changed after creation\n" \
		    jail -m name=a $p
	done
	atf_check -s exit:1 \
	    -e inline:"jail: ip6 cannot be changed after creation\n" \
	    jail -m name=a ip6.addr=::1
	atf_check -s exit:1 \
	    -e inline:"jail: ip4 cannot be changed after creation\n" \
	    jail -m name=free ip4.addr=10.0.0.8
	atf_check -s exit:1 \
	    -e inline:"jail: vnet jails cannot have IP address restrictions\n" \
	    jail -m name=own ip4.addr=10.0.0.8
	atf_check -s exit:1 -e match:"^jail: too many IPv4 addresses" \
	    jail -m name=a ip4.addr="$(many 255)"
	atf_check -o inline:"10.0.0.3\n" jls -j a ip4.addr
	# with an interface: aliases come, and go when they are listed no more
	new_lo1
	atf_check jail -m name=a ip4.addr="lo1|10.0.5.1,lo1|10.0.5.2"
	on_if lo1 "10.0.5.1/32\n10.0.5.2/32\n"
	atf_check jail -m name=a ip4.addr="lo1|10.0.5.2,10.0.5.3"
	on_if lo1 "10.0.5.2/32\n"
	# one that fails changes nothing
	atf_check -s exit:1 -e inline:"jail: IPv4 addresses clash\n" \
	    jail -m name=a ip4.addr="lo1|10.0.5.8,10.0.0.7"
	on_if lo1 "10.0.5.2/32\n"
	# again and again is once
	for i in 1 2 3; do
		atf_check jail -m name=a ip4.addr="lo1|10.0.5.2,lo1|10.0.5.3"
	done
	on_if lo1 "10.0.5.2/32\n10.0.5.3/32\n"
	atf_check jail -m name=a ip4.addr="lo1|10.0.5.3"
	on_if lo1 "10.0.5.3/32\n"
	# from a file: made again (-rc), or changed (-cm)
	conf <<-'EOT'
	persist; path = /;
	f { ip4.addr = "lo1|10.0.6.1"; ip4.addr += $more; $more = 10.0.6.7; }
	EOT
	atf_check -o ignore jail -f jail.conf -c f
	atf_check -o ignore jail -f jail.conf -rc f
	must has_addr lo1 10.0.6.1/32
	sed -i 's/more = .*;/more = "lo1|10.0.6.2";/' jail.conf
	atf_check -o inline:"f: updated\n" jail -f jail.conf -cm f
	on_if lo1 "10.0.5.3/32\n10.0.6.1/32\n10.0.6.2/32\n"
	atf_check -o ignore jail -f jail.conf -r f
	on_if lo1 "10.0.5.3/32\n"
	atf_check jail -R a
	on_if lo1 ""
}

atf_test_case aliases
aliases_head()
{
	atf_set descr "Aliases: made in order, kept if they were there, shared, taken away"
}
aliases_body()
{
	new_lo1
	ip link add d0 type veth peer name d1
	ip addr add 192.0.2.1/24 dev d0
	ip link set d0 up
	box_state before
	conf <<-'EOT'
	persist; path = /; interface = lo1;
	a {
		ip4.addr = "d0|192.0.2.1", 10.0.0.1, "10.0.0.2/24",
		    "10.0.0.3 netmask 255.255.0.0", "lo0|127.0.0.7";
		ip6.addr = "2001:db8::1", "2001:db8::2/64";
	}
	EOT
	atf_check -o inline:"a: created\n" jail -f jail.conf -c
	on_if lo1 "10.0.0.1/32\n10.0.0.2/24\n10.0.0.3/16\n2001:db8::2/64\n2001:db8::1/128\n"
	must has_addr lo 127.0.0.7/32
	# the machine's stays as it is: mask, routes
	must has_addr d0 192.0.2.1/24
	must hasnt_addr d0 192.0.2.1/32
	atf_check -o inline:"192.0.2.1,10.0.0.1,10.0.0.2,10.0.0.3,127.0.0.7\n" \
	    jls -j a ip4.addr
	# in reverse order, as it says
	atf_check -o save:out jail -v -f jail.conf -r a
	sed -n 's/.*ifconfig \(.*\) -alias/\1/p' out >order
	atf_check -o inline:"lo1 inet6 2001:db8::2/64
lo1 inet6 2001:db8::1 prefixlen 128
lo0 inet 127.0.0.7 netmask 255.255.255.255
lo1 inet 10.0.0.3 netmask 255.255.255.255 netmask 255.255.0.0
lo1 inet 10.0.0.2/24
lo1 inet 10.0.0.1 netmask 255.255.255.255
d0 inet 192.0.2.1 netmask 255.255.255.255\n" cat order
	box_same before
	# whose configuration has changed, or is not read
	atf_check -o ignore jail -f jail.conf -c
	echo 'a { persist; }' | conf
	atf_check -o ignore jail -f jail.conf -r a
	box_same before
	make_jail a ip4.addr="lo1|10.0.0.1"
	atf_check jail -R a
	box_same before
	# two jails, one address: it goes with the last
	make_jail a ip4.addr="lo1|10.0.0.1"
	make_jail b ip4.addr="lo1|10.0.0.1"
	atf_check jail -r a
	must has_addr lo1 10.0.0.1/32
	atf_check jail -r b
	must hasnt_addr lo1 10.0.0.1/32
	box_same before
	# it ends by itself: its keeper sees to it
	atf_check jail -c path=/ name=a ip4.addr="lo1|10.0.0.1" command=true
	must_wait 10 hasnt_addr lo1 10.0.0.1/32
	box_same before
	# its first process is killed
	make_jail a ip4.addr="lo1|10.0.0.1"
	pkill -KILL -f '^jail: a$'
	must_wait 10 hasnt_addr lo1 10.0.0.1/32
	box_same before
	# the interface has gone before
	atf_check ifconfig lo2 create
	make_jail a ip4.addr="lo2|10.0.0.1"
	atf_check ifconfig lo2 destroy
	atf_check jail -r a
	box_same before
}

atf_test_case undo
undo_head()
{
	atf_set descr "A start that fails takes its aliases back, but no others"
}
undo_body()
{
	local bad

	new_lo1
	ip addr add 10.0.0.9/24 dev lo1
	box_state before
	for bad in 'exec.prestart = "false"' 'exec.start = "false"' \
	    'exec.poststart = "false"' 'exec.prepare = "false"' \
	    'path = /nowhere' 'allow.nfsd' 'ip4.addr += "nope0|10.0.0.3"' \
	    'ip4.addr += "lo1|10.0.0.4 nonsense"' 'ip4.addr += 0.0.0.0'; do
		conf <<-EOT
		path = /;
		x { persist; ip4.addr = "lo1|10.0.0.9", "lo1|10.0.0.1/24";
		    ip6.addr = "lo1|2001:db8::1";
		    $bad; }
		EOT
		atf_check -s exit:1 -o ignore -e not-empty \
		    jail -f jail.conf -c
		box_same before
	done
	atf_check -s exit:1 \
	    -e inline:"ifconfig: interface nope0 does not exist\njail: /sbin/ifconfig nope0 inet 10.0.0.3 netmask 255.255.255.255 alias: failed\n" \
	    jail -c path=/ persist ip4.addr="nope0|10.0.0.3"
	box_same before
}

# die_at N COMMAND...: run it, dying at its Nth step.  Status 0: it died.
die_at()
{
	local n=$1 st=0

	shift
	CELLBLOCK_DIE_AT=$n "$@" >out 2>err || st=$?
	case $st in
	137) return 0 ;;
	0) return 1 ;;
	esac
	cat out err
	atf_fail "step $n: $* ended with $st"
}

atf_test_case killed_start
killed_start_head()
{
	atf_set descr "jail -c killed at every step: no address, no program, no file stays"
	atf_set timeout 300
}
killed_start_body()
{
	local n=1

	new_lo1
	set -- jail -c path=/ persist name=x ip4.addr="lo1|10.0.0.1,lo1|10.0.0.2" \
	    ip6.addr="lo1|2001:db8::1"
	atf_check "$@"
	atf_check jail -r x
	box_state before
	while die_at "$n" "$@"; do
		if jls -c -j x; then
			must has_addr lo1 10.0.0.2/32
			atf_check jail -r x
		fi
		atf_check -o empty jls -d name
		box_same before
		n=$((n + 1))
		[ "$n" -lt 200 ] || atf_fail "no end of steps"
	done
	atf_check -o inline:"x\n" jls -j x name
	atf_check jail -r x
	box_same before
	[ "$n" -gt 30 ] || atf_fail "only $n steps"
}

atf_test_case killed_stop
killed_stop_head()
{
	atf_set descr "jail -r killed at every step"
	atf_set timeout 300
}
killed_stop_body()
{
	local n=1

	new_lo1
	box_state before
	conf <<-'EOT'
	path = /; persist;
	x { ip4.addr = "lo1|10.0.0.1", "lo1|10.0.0.2"; }
	EOT
	while :; do
		atf_check -o ignore jail -f jail.conf -c
		die_at "$n" jail -f jail.conf -r x || break
		if jls -c -j x; then
			# nothing has happened yet, then
			must has_addr lo1 10.0.0.1/32
			must has_addr lo1 10.0.0.2/32
			atf_check -o ignore jail -f jail.conf -r x
		fi
		atf_check -o empty jls -d name
		box_same before
		n=$((n + 1))
		[ "$n" -lt 200 ] || atf_fail "no end of steps"
	done
	box_same before
	[ "$n" -gt 15 ] || atf_fail "only $n steps"
}

atf_test_case killed_modify
killed_modify_head()
{
	atf_set descr "jail -m killed at every step: the jail keeps what it has"
	atf_set timeout 300
}
killed_modify_body()
{
	local n=1 list

	new_lo1
	box_state before
	while :; do
		make_jail x ip4.addr="lo1|10.0.0.1,lo1|10.0.0.2"
		die_at "$n" jail -m name=x ip4.addr="lo1|10.0.0.2,lo1|10.0.0.3" ||
		    break
		list=$(jls -j x ip4.addr)
		must has_addr lo1 10.0.0.2/32
		case $list in
		10.0.0.1,10.0.0.2) must has_addr lo1 10.0.0.1/32 ;;
		10.0.0.2,10.0.0.3) must has_addr lo1 10.0.0.3/32 ;;
		*) atf_fail "step $n: $list" ;;
		esac
		atf_check jail -r x
		box_same before
		n=$((n + 1))
		[ "$n" -lt 100 ] || atf_fail "no end of steps"
	done
	on_if lo1 "10.0.0.2/32\n10.0.0.3/32\n"
	atf_check jail -r x
	box_same before
	[ "$n" -gt 5 ] || atf_fail "only $n steps"
}

atf_test_case essay_loopback
essay_loopback_head()
{
	atf_set descr "The essay's jail on lo0, as written"
	vm_also "kernel 6.1 judges the programs by rules of its own"
}
essay_loopback_body()
{
	box_state before
	{
		echo 'persist; path = /;'
		cat <<-'EOT'
		www {
		  ip4.addrs += "lo0|192.168.0.5";
		}
		EOT
	} | conf
	atf_check -o inline:"www: created\n" \
	    -e inline:"jail: www: parameter ip4.addrs: FreeBSD spells it ip4.addr\n" \
	    jail -f jail.conf -c www
	must has_addr lo 192.168.0.5/32
	atf_check -o inline:"192.168.0.5\n" jls -j www ip4.addr
	started served jexec www "$CB_TOOLS/peer" serve tcp 127.0.0.1 80
	atf_check -o inline:"ready\n" cat served
	kill $!
	atf_check -o inline:"www: removed\n" jail -f jail.conf -r www
	must hasnt_addr lo 192.168.0.5/32
	box_same before
}

atf_test_case essay_device
essay_device_head()
{
	atf_set descr "The essay's jail on a device, as written"
	vm_also "kernel 6.1: addresses on a device"
}
essay_device_body()
{
	wire igb0
	settled igb0
	box_state before
	{
		echo 'persist; path = /;'
		cat <<-'EOT'
		www {
		  # The ordering of these addresses is significant
		  ip4.addrs += "lo0|127.0.0.2";
		  ip4.addrs += "igb0|1.2.3.4";
		}
		EOT
	} | conf
	atf_check -o inline:"www: created\n" -e ignore jail -f jail.conf -c www
	must has_addr lo 127.0.0.2/32
	must has_addr igb0 1.2.3.4/32
	atf_check -o inline:"127.0.0.2,1.2.3.4\n" jls -j www ip4.addr
	atf_check -o inline:"www: removed\n" jail -f jail.conf -r www
	box_same before
}

atf_test_case dad_wait
dad_wait_head()
{
	atf_set descr "On a wire: exec.start finds no address still being checked"
}
dad_wait_body()
{
	wire igb0
	conf <<-'EOT'
	path = /; persist;
	exec.start = "ip -6 -o addr show tentative to $a >&2";
	ip6.addr = "igb0|$a/64";
	a { $a = 2001:db8::1; }
	b { $a = 2001:db8::2; }
	c { $a = 2001:db8::3; }
	EOT
	atf_check -o ignore jail -f jail.conf -c
	atf_check -o inline:"3\n" sh -c \
	    'ip -6 -o addr show dev igb0 -tentative | grep -c 2001:db8'
	# the machine's own, as yet unchecked, is waited for too
	ip addr add 2001:db8::7/64 dev igb0
	atf_check jail -c path=/ persist name=d ip6.addr=2001:db8::7 \
	    exec.start="ip -6 -o addr show dev igb0 tentative >&2"
}

atf_test_case dad_duplicate
dad_duplicate_head()
{
	atf_set descr "Somebody else on the link has the address: no jail"
}
dad_duplicate_body()
{
	wire igb0 2001:db8::5/64
	settled igb0
	box_state before
	atf_check -s exit:1 \
	    -e inline:"jail: ip6.addr 2001:db8::5 on igb0: duplicate address: somebody else on the link has it\n" \
	    jail -c path=/ persist name=x ip4.addr="lo0|10.0.0.1" \
	    ip6.addr="lo0|2001:db8::1,igb0|2001:db8::5/64" \
	    exec.start="touch $PWD/never"
	atf_check test ! -e never
	atf_check -s exit:1 jls -c -j x
	box_same before
	# others start meanwhile
	conf <<-'EOT'
	path = /; persist;
	a { ip6.addr = "igb0|2001:db8::5/64"; }
	b { ip6.addr = "igb0|2001:db8::6/64"; }
	EOT
	atf_check -s exit:1 -o inline:"b: created\n" \
	    -e inline:"jail: a: ip6.addr 2001:db8::5 on igb0: duplicate address: somebody else on the link has it\n" \
	    jail -f jail.conf -c
	atf_check -o inline:"b\n" jls name
	# who knows better says so
	atf_check -o ignore jail -c path=/ persist name=c \
	    ip6.addr="igb0|2001:db8::5/64 no_dad"
}

atf_test_case dad_interrupted
dad_interrupted_head()
{
	atf_set descr "jail(8) is ended while it waits for the check"
}
dad_interrupted_body()
{
	local pid

	wire igb0
	settled igb0
	# it takes that many seconds then
	echo 4 >/proc/sys/net/ipv6/conf/igb0/dad_transmits
	box_state before
	jail -c path=/ persist name=x ip6.addr="igb0|2001:db8::1/64" 2>err &
	pid=$!
	must_wait 5 has_addr igb0 2001:db8::1/64
	kill -TERM $pid
	wait $pid && atf_fail "exit 0"
	atf_check -o inline:"jail: interrupted\n" cat err
	atf_check -s exit:1 jls -c -j x
	box_same before
}

atf_test_case dad_inside
dad_inside_head()
{
	atf_set descr "Interfaces that lead nowhere outside: no check at all"
}
dad_inside_body()
{
	atf_check -o ignore ifconfig epair0 create
	atf_check -o ignore ifconfig bridge0 create
	atf_check ifconfig bridge0 addm epair0a up
	atf_check ifconfig epair0a up
	atf_check ifconfig epair0b up
	for i in 1:lo0 2:epair0b 3:bridge0; do
		n=${i%:*}
		make_jail "j$n" ip6.addr="${i#*:}|2001:db8::$n/64"
		atf_check -o match:" nodad" ip -6 addr show to 2001:db8::$n
	done
	# asked for: there is one
	make_jail asked ip6.addr="epair0b|2001:db8::4/64 -no_dad"
	atf_check -o match:"2001:db8::4" -o not-match:" nodad" \
	    ip -6 addr show to 2001:db8::4
	# with an uplink a bridge is a wire
	wire up0
	atf_check ifconfig bridge0 addm up0
	make_jail out ip6.addr="bridge0|2001:db8::5/64"
	atf_check -o match:"2001:db8::5" -o not-match:" nodad" \
	    ip -6 addr show to 2001:db8::5
}

atf_test_case raw
raw_head()
{
	atf_set descr "allow.raw_sockets without vnet: one line, and the jail starts"
}
raw_body()
{
	local why="jail: allow.raw_sockets: a jail without vnet gets no true raw sockets on Linux; ping works"

	echo "0 2147483647" >/proc/sys/net/ipv4/ping_group_range
	atf_check -e inline:"$why by datagram sockets\n" \
	    jail -c path=/ persist name=a ip4.addr=127.0.0.1 allow.raw_sockets
	echo "1 0" >/proc/sys/net/ipv4/ping_group_range
	atf_check -e match:"^$why once its group, [0-9]+, is in sysctl net.ipv4.ping_group_range$" \
	    jail -c path=/ persist name=b ip4.addr=127.0.0.2 allow.raw_sockets
	# with its owner's users, and nothing held back, they are true ones
	make_jail c host.users=inherit allow.raw_sockets
	make_jail d vnet allow.raw_sockets
	atf_check -o inline:"true\n" jls -j a allow.raw_sockets
	# socket: AF_INET, SOCK_RAW, ICMP
	atf_check -s exit:1 -o inline:"EPERM\n" \
	    jexec a "$CB_TOOLS/attempt" socket 2 3 1
}

# binds JAIL PORT, binds_not JAIL PORT
binds()
{
	started bound jexec "$1" "$CB_TOOLS/peer" serve tcp 127.0.0.1 "$2"
	atf_check -o inline:"ready\n" cat bound
	kill $!
	wait $! || true
}

binds_not()
{
	atf_check -s exit:1 -e match:"Permission denied" \
	    jexec "$1" "$CB_TOOLS/peer" serve tcp 127.0.0.1 "$2"
}

atf_test_case rights
rights_head()
{
	atf_set descr "allow.reserved_ports and allow.socket_af, both ways, and with jail -m"
}
rights_body()
{
	make_jail a ip4.addr=127.0.0.2
	make_jail b ip4.addr=127.0.0.3 allow.noreserved_ports allow.socket_af
	make_jail c ip4.addr=127.0.0.4 host.users=inherit
	make_jail d ip4.addr=127.0.0.5 host.users=inherit \
	    allow.noreserved_ports
	binds a 80
	binds_not b 80
	binds b 8080
	binds c 80
	binds_not d 80
	# AF_ALG
	atf_check -s exit:1 -o inline:"EPROTONOSUPPORT\n" \
	    jexec a "$CB_TOOLS/attempt" socket 38 5 0
	atf_check -s ignore -o not-match:"EPROTONOSUPPORT|EPERM" \
	    jexec b "$CB_TOOLS/attempt" socket 38 5 0
	atf_check jail -m name=a allow.noreserved_ports
	binds_not a 80
	atf_check jail -m name=b allow.reserved_ports
	binds b 80
}

atf_test_case in_force
in_force_head()
{
	atf_set descr "jail -m changes what sockets may bind to, also in jails of the creator's users"
	vm_also "kernel 6.1: addresses that change"
}
in_force_body()
{
	local j

	make_jail a ip4.addr=127.0.0.2
	make_jail b ip4.addr=127.0.0.3 host.users=inherit
	for j in a b; do
		atf_check -s exit:1 -e match:"Cannot assign requested address" \
		    jexec $j "$CB_TOOLS/peer" serve tcp 127.0.0.9 8080
		atf_check jail -m name=$j ip4.addr=127.0.0.9
		started out jexec $j "$CB_TOOLS/peer" serve tcp 127.0.0.9 8080
		atf_check -o inline:"ready\n" cat out
		kill $!
		wait $!
		atf_check -s exit:1 -e match:"Cannot assign requested address" \
		    jexec $j "$CB_TOOLS/peer" serve tcp 127.0.0.3 8080
		atf_check jail -r $j
	done
}

atf_test_case left
left_head()
{
	atf_set descr "A jail's jail that ends by itself: doctor finds the aliases it had here"
}
left_body()
{
	make_jail a children.max=2 ip4.addr=10.0.0.1
	atf_check jail -c path=/ persist name=a.b ip4.addr="lo0|10.0.0.1"
	must has_addr lo 10.0.0.1/32
	atf_check jexec a jail -r b
	atf_check -s ignore -o match:"has ended and left addresses" \
	    -e ignore cellblock doctor
	atf_check -s ignore -o ignore -e ignore cellblock doctor --repair
	must hasnt_addr lo 10.0.0.1/32
	# and what is left goes with the jail
	atf_check jail -c path=/ persist name=a.b ip4.addr="lo0|10.0.0.1"
	atf_check jexec a jail -r b
	atf_check jail -r a
	must hasnt_addr lo 10.0.0.1/32
}

atf_test_case nested
nested_head()
{
	atf_set descr "A jail's jail has some of its addresses, and no others"
}
nested_body()
{
	make_jail a children.max=5 ip4.addr=127.0.0.2,127.0.0.3
	atf_check -s exit:1 \
	    -e inline:"jail: jail_set: Operation not permitted (ip4.addr: 127.0.0.9 is none of the parent's)\n" \
	    jexec a jail -c path=/ persist name=b ip4.addr=127.0.0.9
	atf_check -s exit:1 \
	    -e inline:"jail: jail_set: Operation not permitted (ip6.addr: ::1 is none of the parent's)\n" \
	    jail -c path=/ persist name=a.b ip6.addr=::1
	# with what it may have of its own stack as it is, it is held to that
	atf_check jail -c path=/ persist name=a.c children.max=1
	atf_check -s exit:1 \
	    -e inline:"jail: jail_set: Operation not permitted (ip4.addr: 127.0.0.9 is none of the parent's)\n" \
	    jexec a.c jail -c path=/ persist name=d ip4.addr=127.0.0.9
	atf_check jail -m name=a ip4.addr=127.0.0.9
	atf_check -s exit:1 \
	    -e inline:"jail: jail_set: Operation not permitted (ip4.addr: 127.0.0.2 is none of the parent's)\n" \
	    jexec a jail -c path=/ persist name=b ip4.addr=127.0.0.2
}

# shows JAIL INTERFACE TEXT: what ifconfig shows of it there, by itself, with
# -j, and among all; offloads aside
shows()
{
	jexec "$1" ifconfig "$2" | grep -v "	options=" >got
	atf_check -o inline:"$3" cat got
	ifconfig -j "$1" "$2" | grep -v "	options=" >got
	atf_check -o inline:"$3" cat got
	jexec "$1" ifconfig -a | grep -v "	options=" |
	    sed -n "/^$2:/,/nd6/p" >got
	atf_check -o inline:"$3" cat got
}

atf_test_case shown
shown_head()
{
	atf_set descr "ifconfig, netstat -i and -r show a jail's own addresses"
}
shown_body()
{
	local head="lo1: flags=8049<UP,LOOPBACK,RUNNING,MULTICAST> metric 0 mtu 16384"
	local tail="	groups: lo\n	nd6 options=21<PERFORMNUD,AUTO_LINKLOCAL>"
	local four="Destination        Gateway            Flags     Netif Expire"
	local six="Destination                       Gateway                       Flags     Netif Expire"
	local all

	atf_check ifconfig lo0 inet 127.0.0.1/8 up
	atf_check ifconfig lo1 create
	ip link set lo1 addrgenmode none
	atf_check ifconfig lo1 inet 10.0.0.1/24
	atf_check ifconfig lo1 inet6 2001:db8::1/64
	make_jail a children.max=5 ip4.addr="lo1|10.0.0.2" \
	    ip4.addr=10.0.0.7 ip6.addr="lo1|2001:db8::2"
	make_jail all
	shows a lo1 "$head\n	inet 10.0.0.2 netmask 0xffffffff\n	inet6 2001:db8::2 prefixlen 128\n$tail\n"
	shows a lo0 "lo0: flags=8049<UP,LOOPBACK,RUNNING,MULTICAST> metric 0 mtu 65536\n$tail\n"
	atf_check -o inline:"lo0 lo1\n" jexec a ifconfig -l
	atf_check -o inline:"lo1\n" jexec a ifconfig -l inet
	jexec a netstat -in | awk '{ print $1, $2, $3, $4 }' |
	    sed 's/#[0-9]*//;s/..:..:..:..:..:../MAC/' >got
	atf_check -o inline:"Name Mtu Network Address
lo0 65536 <Link> lo0
lo1 16384 <Link> MAC
lo1 - 10.0.0.2/32 10.0.0.2
lo1 - 2001:db8::2/128 2001:db8::2\n" cat got
	# routes to networks are none of a jail's
	cat >routes <<-EOT
	Routing tables

	Internet:
	$four
	10.0.0.2           link#1             UHS         lo0

	Internet6:
	$six
	2001:db8::2                       link#1                        UHS         lo0
	EOT
	atf_check -o file:routes jexec a netstat -rn
	atf_check -o file:routes netstat -rn -j a
	atf_check -o file:routes jexec a route show
	atf_check -o not-match:"10.0.0.1|10.0.0.0|default" \
	    -o match:'"destination": "10.0.0.2"' \
	    jexec a netstat -rn --libxo json
	# as its addresses change, and for any user
	atf_check jail -m name=a ip4.addr=10.0.0.1,10.0.0.2 ip6.addr=
	all="$head\n	inet 10.0.0.1 netmask 0xffffff00\n	inet 10.0.0.2 netmask 0xffffffff"
	shows a lo1 "$all\n$tail\n"
	atf_check -o match:"inet 10.0.0.1 " -o not-match:"inet6" \
	    jexec -U nobody a ifconfig lo1
	# with what it has as it is a jail's jail has what that has
	atf_check jexec a jail -c path=/ persist name=b
	shows a.b lo1 "$all\n$tail\n"
	atf_check jexec a jail -c path=/ persist name=c ip4.addr=10.0.0.1
	shows a.c lo1 "$head\n	inet 10.0.0.1 netmask 0xffffff00\n$tail\n"
	atf_check -o inline:"Routing tables\n\nInternet:\n$four\n10.0.0.1           link#1             UHS         lo0\n" \
	    jexec a.c netstat -rn
	# one that is held to nothing
	atf_check -o match:"inet 10.0.0.1 " -o match:"inet6 2001:db8::1 " \
	    jexec all ifconfig lo1
	atf_check -o match:"^10.0.0.1 +link" -o match:"^127.0.0.1 +link" \
	    -o not-match:"/" jexec all netstat -rn
	atf_check -o match:"^10.0.0.0/24 +link" -o match:"^10.0.0.1 +link" \
	    netstat -rn
	atf_check -o match:"inet 127.0.0.1 " ifconfig lo0
	# other programs ask the kernel, which tells them all
	atf_check -o match:"inet6 2001:db8::1/" jexec a ip addr show dev lo1
}

atf_test_case shown_rest
shown_rest_head()
{
	atf_set descr "route get, arp, ndp and netstat -a show what is the jail's"
}
shown_rest_body()
{
	atf_check ifconfig lo0 inet 127.0.0.1/8 up
	atf_check -o ignore ifconfig epair0 create
	atf_check ifconfig epair0a inet 10.0.0.1/24
	atf_check ifconfig epair0b up
	atf_check ifconfig epair0a inet6 2001:db8::1/64
	atf_check -e ignore arp -s 10.0.0.9 02:00:00:00:00:09
	atf_check ndp -s 2001:db8::9 02:00:00:00:00:09
	make_jail a ip4.addr="epair0a|10.0.0.2/24" ip6.addr="epair0a|2001:db8::2"
	make_jail b ip4.addr="epair0a|10.0.0.3/24"
	make_jail all
	# as rt_is_exportable has it: addresses of the jail alone
	atf_check -o match:"destination: 10.0.0.2" jexec a route -n get 10.0.0.2
	atf_check -s exit:1 -e match:"route has not been found" \
	    jexec a route -n get 10.0.0.9
	atf_check -o match:"interface: epair0a" route -n get 10.0.0.9
	atf_check -o match:"^\? \(10.0.0.2\) at" -o not-match:"10.0.0.[139]" \
	    jexec a arp -an
	atf_check -o match:"10.0.0.2" -o not-match:"10.0.0.[139]" arp -an -j a
	atf_check -s exit:1 -o match:"no entry" jexec a arp -n 10.0.0.9
	atf_check -o match:"10.0.0.9" arp -an
	atf_check -o match:"10.0.0.9" jexec all arp -an
	atf_check -o match:"2001:db8::2 " -o not-match:"2001:db8::[19] " \
	    jexec a ndp -an
	atf_check -s exit:1 -o match:"no entry" jexec a ndp -n 2001:db8::9
	# sockets by who made them
	nc -lku 10.0.0.1 1001 &
	jexec a nc -lku 10.0.0.2 1002 &
	jexec b nc -lku 1003 &
	must_wait 5 sh -c 'netstat -an | grep -q 10.0.0.1.1001'
	must_wait 5 sh -c 'netstat -an -j a | grep -q 1002'
	must_wait 5 sh -c 'netstat -an -j b | grep -q 1003'
	atf_check -o match:"10.0.0.2.1002" -o not-match:"1001|1003" \
	    jexec a netstat -an
	atf_check -o match:"10.0.0.2.1002" -o not-match:"1001|1003" \
	    netstat -an -j a
	atf_check -o match:'"port": "1002"' -o not-match:'"100[13]"' \
	    jexec a netstat -an --libxo json
	atf_check jexec all netstat -an
	atf_check -o match:"10.0.0.1.1001" -o match:"10.0.0.2.1002" netstat -an
}

atf_test_case no_cgroup
no_cgroup_head()
{
	atf_set descr "Without cgroup2 nothing could hold the jail: it does not start"
}
no_cgroup_body()
{
	# what the box's own /sys hides is listed still, and out of reach
	awk '$3 == "cgroup2" { print $2 }' /proc/mounts | sort -u >points
	while read -r m; do
		while [ "$(stat -f -c %T "$m")" = cgroup2fs ]; do
			umount -l "$m" || atf_fail "$m"
		done
	done <points
	atf_check -s exit:1 \
	    -e inline:"jail: ip4, ip6: there is no cgroup2 here to hold the jail to its addresses\n" \
	    jail -c path=/ persist name=x ip4.addr="lo0|10.0.0.1"
	must hasnt_addr lo 10.0.0.1/32
}

atf_init_test_cases()
{
	local t

	for t in messages clash lists spellings modify aliases undo \
	    killed_start killed_stop killed_modify essay_loopback \
	    essay_device dad_wait dad_duplicate \
	    dad_interrupted dad_inside raw rights \
	    in_force left nested shown shown_rest \
	    no_cgroup; do
		atf_add_test_case $t
	done
}
