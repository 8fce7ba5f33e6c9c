#! /usr/bin/env atf-sh
# What scripts for FreeBSD's jails do, step by step, as they do it: those of
# share/examples (jib and jng, virtual.chain), of the Handbook, of programs
# that write jail.conf.  With CB_EXAMPLES, a folder with FreeBSD's own
# share/examples, jib and jng themselves are run.
. "$(atf_get_srcdir)/common.sh" || exit

# A machine's interface em0 with a wire to the jail "outside", 192.0.2.9.
uplink()
{
	ifconfig epair create >/dev/null
	ifconfig epair0a name em0 >/dev/null
	atf_check jail -c name=outside vnet persist path=/
	ifconfig epair0b vnet outside
	jexec outside ifconfig epair0b inet 192.0.2.9/24
}

# thin DIR: a root with the machine's programs.
thin()
{
	mkdir -p "$1/etc" "$1/tmp" "$1/var/log" "$1/var/run" "$1/dev"
	for n in usr bin sbin lib lib64; do
		[ -d /$n ] || continue
		mkdir -p "$1/$n"
		mount --bind /$n "$1/$n"
	done
	cp /etc/passwd /etc/group "$1/etc"
}

# The jail www, its network made by the program that this names.
www_conf()
{
	cat >/etc/jail.conf <<EOF
www {
	host.hostname = "www.example";
	path = "$root";
	exec.clean;
	exec.system_user = "root";
	exec.jail_user = "root";
	vnet;
	vnet.interface = "$1";
	exec.prestart += "$2 www em0";
	$4
	exec.poststop += "$3 www";
	exec.start += "/bin/sh /etc/rc";
	exec.stop = "/bin/sh /etc/rc.shutdown jail";
	exec.consolelog = "$(pwd)/console.log";
	mount.devfs;
}
EOF
	cat >"$root/etc/rc.conf" <<EOF
ifconfig_$1="inet 192.0.2.5/24"
defaultrouter="192.0.2.9"
EOF
}

# What all that is about, of service(8) as of the jail.
www_lives()
{
	atf_check -o inline:"jail_enable: NO -> YES\n" sysrc jail_enable=YES
	atf_check -o inline:"Starting jails: www.\n" -e ignore \
	    service jail start
	atf_check -o match:'^Starting Network: lo0 '"$1"'\.$' \
	    -o match:'inet 192.0.2.5 netmask' \
	    -o match:'^add net default: gateway 192.0.2.9$' cat console.log
	atf_check -o inline:"lo0 $1\n" jexec www ifconfig -l
	atf_check -o match:'default +192.0.2.9 +UGS' \
	    jexec www netstat -rn -f inet
	atf_check -o ignore jexec www ping -c 1 -W 5 192.0.2.9
	atf_check -o ignore jexec outside ping -c 1 -W 5 192.0.2.5
}

own_programs()
{
	own_etc
	root=$(pwd)/root
	thin "$root"
}

atf_test_case jib
jib_head()
{
	atf_set descr "An epair, renamed, on a bridge of an interface (jib)"
}
jib_body()
{
	own_programs
	uplink
	if [ -r "$CB_EXAMPLES/jails/jib" ]; then
		cp "$CB_EXAMPLES/jails/jib" /usr/local/sbin/wire
		add='wire addm' remove='wire destroy'
	else
		add=wire remove=unwire
		cat >/usr/local/sbin/wire <<'EOF'
#!/bin/sh
ifconfig "e0a_$1" >/dev/null 2>&1 && exit
ifconfig "$2" up || exit
if ! ifconfig "$2bridge" >/dev/null 2>&1; then
	new=$(ifconfig bridge create) && ifconfig "$new" addm "$2" &&
	    ifconfig "$new" name "$2bridge" && ifconfig "$2bridge" up || exit
fi
new=$(ifconfig epair create) && ifconfig "$2bridge" addm "$new" || exit
ifconfig "$new" name "e0a_$1" && ifconfig "${new%a}b" name "e0b_$1" &&
    ifconfig "e0a_$1" up && ifconfig "e0b_$1" up || exit
tail=$(ifconfig "$2" ether | awk '/ether/,$0=$2')
ifconfig "e0a_$1" ether "0a:00:01${tail#??:??:??}"
ifconfig "e0b_$1" ether "0e:00:01${tail#??:??:??}"
EOF
		cat >/usr/local/sbin/unwire <<'EOF'
#!/bin/sh
ifconfig | awk -v name="$1" '
	match($0, /^e[[:digit:]]+a_/) && sub(/:.*/, "") &&
	    substr($1, RSTART + RLENGTH) == name
' | sort | xargs -r -n 1 -I eiface ifconfig eiface destroy
EOF
	fi
	chmod +x /usr/local/sbin/*
	www_conf e0b_www "$add" "$remove"
	www_lives e0b_www
	atf_check -o match:'^	member: em0 ' -o match:'^	member: e0a_www ' \
	    -o match:'^	groups: bridge$' ifconfig em0bridge
	# the bridge is found by its group, the jails by its members
	atf_check -o inline:"www\n" sh -c "ifconfig | awk '
		/^[^:[:space:]]+:/ { sub(/:.*/, \"\", \$1); iface = \$1 }
		\$1 == \"groups:\" && / bridge/ { print iface }' |
	    xargs -r -n 1 ifconfig |
	    awk '\$1 == \"member:\" && sub(/^e[0-9]+a_/, \"\", \$2), \$0 = \$2'"
	mac=$(ifconfig em0 ether | awk '/ether/,$0=$2')
	atf_check -o match:"ether 0a:.*${mac#??:??:??}$" ifconfig e0a_www
	# again, with the bridge that is there
	atf_check -o ignore -e ignore service jail restart www
	atf_check -o ignore jexec www ping -c 1 -W 5 192.0.2.9
	atf_check -o inline:"Stopping jails: www.\n" -e ignore \
	    service jail stop www
	atf_check -o inline:"lo0 em0 em0bridge\n" ifconfig -l
}

atf_test_case jng
jng_head()
{
	atf_set descr "An eiface on an ng_bridge of an interface (jng)"
}
jng_body()
{
	own_programs
	uplink
	if [ -r "$CB_EXAMPLES/jails/jng" ]; then
		cp "$CB_EXAMPLES/jails/jng" /usr/local/sbin/wire
		add='wire bridge' remove='wire shutdown'
	else
		add=wire remove=unwire
		cat >/usr/local/sbin/wire <<'EOF'
#!/bin/sh
ngctl msg "ng0_$1:" getifname >/dev/null 2>&1 && exit
ifconfig "$2" up && ngctl msg "$2:" setpromisc 1 &&
    ngctl msg "$2:" setautosrc 0 || exit
if ! ngctl info "$2bridge:" >/dev/null 2>&1; then
	ngctl mkpeer "$2:" bridge lower link0 &&
	    ngctl connect "$2:" "$2:lower" upper link1 &&
	    ngctl name "$2:lower" "$2bridge" || exit
fi
num=2
while ngctl msg "$2bridge:" getstats $num >/dev/null 2>&1; do
	num=$((num + 1))
done
ngctl mkpeer "$2bridge:" eiface link$num ether || exit
new=$(set -- $(ngctl show -n "$2bridge:link$num") && echo "$2") &&
    ngctl name "$2bridge:link$num" "ng0_$1" &&
    ifconfig "$new" name "ng0_$1" && ifconfig "ng0_$1" up || exit
tail=$(ifconfig "$2" ether | awk '/ether/,$0=$2')
ifconfig "ng0_$1" ether "0a:00:01${tail#??:??:??}"
EOF
		cat >/usr/local/sbin/unwire <<'EOF'
#!/bin/sh
ngctl ls | awk -v name="$1" '
	match($2, /^ng[[:digit:]]+_/) &&
	    substr($2, RSTART + RLENGTH) == name && $4 == "eiface", $0 = $2
' | sort | xargs -r -n 1 -I eiface ngctl shutdown eiface:
EOF
	fi
	chmod +x /usr/local/sbin/*
	www_conf ng0_www "$add" "$remove" \
	    'exec.prestop += "ifconfig ng0_www -vnet www";'
	www_lives ng0_www
	atf_check -o inline:"www\n" sh -c "ngctl ls |
	    awk '\$4 == \"bridge\", \$0 = \$2' |
	    xargs -r -n 1 -I bridge ngctl show bridge: 2>/dev/null |
	    awk 'sub(/^ng[[:digit:]]+_/, \"\", \$2), \$0 = \$2' | sort -u"
	atf_check -o match:'link2 +ng0_www +eiface ' \
	    -o match:'link0 +em0 +ether +[0-9a-f]+ +lower' \
	    ngctl show em0bridge:
	atf_check -o ignore -e ignore service jail restart www
	atf_check -o ignore jexec www ping -c 1 -W 5 192.0.2.9
	atf_check -o inline:"Stopping jails: www.\n" -e ignore \
	    service jail stop www
	atf_check -o inline:"lo0 em0\n" ifconfig -l
	atf_check -s exit:71 -e match:'No such file' ngctl info ng0_www:
}

atf_test_case chain
chain_head()
{
	atf_set descr "Jails that are routers, joined by eifaces (virtual.chain)"
}
chain_body()
{
	for n in ng_ether ng_bridge ng_eiface; do
		kldstat -v | grep -qw $n || atf_check kldload $n
		atf_check sh -c "kldstat -v | grep -qw $n"
	done
	for n in n1 n2 n3; do
		atf_check jail -c vnet name=$n host.hostname=$n path=/ persist
		atf_check -o inline:"net.inet.ip.forwarding: 0 -> 1\n" \
		    jexec $n sysctl -w net.inet.ip.forwarding=1
	done
	while read -r left addr right peer; do
		for n in "$left $addr" "$right $peer"; do
			atf_check ngctl mkpeer eiface ether ether
			new=$(ngctl l | grep ngeth | tail -n 1 |
			    awk '{ print $2 }')
			atf_check ifconfig "$new" vnet "${n% *}"
			atf_check jexec "${n% *}" ifconfig lo0 localhost
			# the node stays where it was made
			names="$names $new"
			atf_check jexec "${n% *}" ifconfig "$new" link \
			    "00:1d:92:00:00:${new#ngeth}1"
			atf_check jexec "${n% *}" ifconfig "$new" inet \
			    "${n#* }"
			[ "$n" = "$right $peer" ] || first=$new
		done
		atf_check ngctl connect "$first:" "$new:" ether ether
	done <<'EOF'
n1 10.0.2.1/30 n2 10.0.2.2/30
n2 10.0.2.5/30 n3 10.0.2.6/30
EOF
	atf_check -o ignore jexec n1 route add -inet default 10.0.2.2
	atf_check -o ignore jexec n3 route add -inet default 10.0.2.5
	atf_check -o match:' ttl=63 ' jexec n1 ping -c 1 -W 5 10.0.2.6
	for n in $names; do
		atf_check ngctl shutdown "$n:"
	done
	for n in n1 n2 n3; do
		atf_check -o inline:"lo0\n" jexec $n ifconfig -l
		atf_check jail -r $n
	done
}

atf_test_case buddy
buddy_head()
{
	atf_set descr "An rc.d script that keeps bridges and eifaces, and that \
jail.conf calls"
}
buddy_body()
{
	own_programs
	uplink
	ifconfig em0 inet 192.0.2.1/24
	route add default 192.0.2.9 >/dev/null
	cat >/usr/local/etc/rc.d/buddy <<'EOF'
#!/bin/sh
# PROVIDE: buddy
# REQUIRE: FILESYSTEMS
# BEFORE: NETWORKING
. /etc/rc.subr
name=buddy
rcvar=buddy_enable
enable_cmd=buddy_on
start_cmd=buddy_start
jail_cmd=buddy_jail
unjail_cmd=buddy_unjail
extra_commands="jail unjail"
load_rc_config
bridges=$(list_vars 'buddy_*_if' | sed -E 's/^buddy_|_if$//g' | xargs)
buddy_on()
{
	sysrc buddy_enable=YES
	sysrc buddy_public_if="$(netstat -rn | grep default | cut -wf4)"
}
buddy_start()
{
	kldload -nq ng_ether ng_bridge
	echo "Starting $name: $bridges."
	ngctl mkpeer "$buddy_public_if:" bridge lower link0
	ngctl name "$buddy_public_if:lower" public
	ngctl connect "$buddy_public_if:" public: upper link1
	ifconfig "$buddy_public_if" lro -tso4 -tso6 -vlanhwfilter -vlanhwtso
}
buddy_jail()
{
	last=$(ngctl list -l | awk -F'.*link| ' '/link/{if($2>x)x=$2}END{print x}')
	ngctl mkpeer public: eiface "link$((last + 1))" ether
	new=$(ngctl show -n "public:link$((last + 1))" | awk '{ print $2 }')
	ngctl name "$new:" "$1"
	ifconfig "$new" name "$1" >/dev/null
	ifconfig "$1" ether "02$(echo -n "$1" | sha1 | cut -c1-10)"
}
buddy_unjail()
{
	ifconfig "$1" -vnet "$2"
	ngctl shutdown "$1:"
}
run_rc_command "$@"
EOF
	chmod +x /usr/local/etc/rc.d/buddy
	atf_check -o inline:"buddy_enable:  -> YES
buddy_public_if:  -> em0\n" service buddy enable
	atf_check -o inline:"Starting buddy: public.\n" service buddy start
	www_conf web0 "service buddy jail web0;:" true \
	    'exec.prestop = "service buddy unjail web0 www";'
	mkdir /etc/jail.conf.d
	mv /etc/jail.conf /etc/jail.conf.d/www.conf
	atf_check -o inline:"Starting jails: www.\n" -e ignore \
	    service jail onestart www
	sum=$(printf web0 | sha1sum | sed 's/\(..\)/\1:/g' | cut -c1-14)
	atf_check -o match:"ether 02:$sum" jexec www ifconfig web0
	atf_check -o ignore jexec www ping -c 1 -W 5 192.0.2.9
	atf_check -o inline:"Stopping jails: www.\n" -e ignore \
	    service jail onestop www
	atf_check -o not-match:web0 ngctl ls
	atf_check -o inline:"lo0 em0\n" ifconfig -l
}

atf_init_test_cases()
{
	atf_add_test_case jib
	atf_add_test_case jng
	atf_add_test_case chain
	atf_add_test_case buddy
}
