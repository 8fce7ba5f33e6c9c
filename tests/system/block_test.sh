#! /usr/bin/env atf-sh
# cellblock up, down, diff, status: whole folders come up, talk, and go clean.
. "$(atf_get_srcdir)/common.sh" || exit

# What a block could leave behind.  Addresses of the box's own lo stay.
snapshot()
{
	ip -d link
	ip netns
	sed 's/^[0-9]* [0-9]* //' /proc/self/mountinfo
	find /run -mindepth 1 ! -path /run/cellblock ! -path '*/lock' \
	    ! -name next ! -path '/run/cellblock/*' -prune
	find /sys/fs/cgroup -type d -name '[0-9]*'
}

# same WHEN: as in `before`, once the kernel has taken vnets apart.
same()
{
	wait_for 30 same_now || {
		diff -u before after
		atf_fail "remains ${1:-}"
	}
}
same_now()
{
	snapshot >after
	cmp -s before after
}

# A block of one machine with one jail on a bridge: lab PATH
lab()
{
	mkdir -p "$1/jails/a"
	cat >"$1/rc.conf" <<-'EOF'
	hostname="top"
	cloned_interfaces="bridge0 epair0"
	ifconfig_epair0a="up"
	ifconfig_bridge0="inet 10.9.0.1/24 addm epair0a up"
	jail_enable="YES"
	EOF
	cat >"$1/jail.conf" <<-'EOF'
	vnet;
	persist;
	exec.start = "/bin/sh /etc/rc";
	exec.stop = "/bin/sh /etc/rc.shutdown";
	host.hostname = "inner";
	a { vnet.interface = "epair0b"; }
	EOF
	cat >"$1/jails/a/rc.conf" <<-'EOF'
	ifconfig_epair0b="inet 10.9.0.2/24"
	EOF
}

atf_test_case up_down
up_down_head()
{
	atf_set descr "up talks, up again changes nothing, down leaves nothing"
	atf_set timeout 60
	vm_also "copied roots, users and mounts on 6.1"
}
up_down_body()
{
	lab lab
	cellblock status >/dev/null
	snapshot >before
	atf_check -o match:"^lab: up, [0-9]+ changes$" -e ignore \
	    cellblock up lab
	atf_check -o ignore jexec lab ping -c 1 -W 10 10.9.0.2
	atf_check -o ignore jexec lab.a ping -c 1 -W 10 10.9.0.1
	atf_check -o inline:"inner\n" jexec lab.a hostname
	atf_check -o inline:"lab: as its files say, nothing to do\n" \
	    cellblock up lab
	atf_check -o empty cellblock diff lab
	atf_check -o match:"^lab: up, $PWD/lab, 1 jail$" \
	    -o match:" active +lab.a$" cellblock status
	cellblock map lab >byname
	atf_check -o file:byname cellblock map ./lab
	atf_check -o match:"^lab: down$" -e ignore cellblock down lab
	atf_check -s exit:1 -e inline:'jls: jail "lab" not found\n' jls -j lab
	same
}

atf_test_case descriptors
descriptors_head()
{
	atf_set descr "What a boot inside a jail starts has no descriptor of the host's"
}
# listing DIR NAME: a script of DIR/rc.d that tells what it has
listing()
{
	mkdir -p "$1/rc.d"
	cat >"$1/rc.d/$2" <<-EOF
	#!/bin/sh
	# PROVIDE: $2
	for fd in /proc/self/fd/*; do
		[ ! -e "\$fd" ] || echo "$2 \${fd##*/}"
	done
	EOF
}
descriptors_body()
{
	lab lab
	listing lab outer
	atf_check -o save:out -e ignore cellblock up lab
	# what is new in a jail within
	listing lab/jails/a later
	atf_check -o save:again -e ignore cellblock up lab
	cat out again
	# 10 is dash's for the script
	atf_check -o inline:"later\nouter\n" \
	    -x "grep -hoE '^(outer|later) [012]$' out again | cut -d ' ' -f 1 | sort -u"
	atf_check -s exit:1 \
	    -x "grep -hE '^(outer|later) ' out again | grep -vE ' (0|1|2|10)$'"
}

atf_test_case change
change_head()
{
	atf_set descr "up applies just the difference, also inside a jail"
	atf_set timeout 60
}
change_body()
{
	lab lab
	atf_check -o ignore -e ignore cellblock up lab
	jid=$(jls -j lab.a jid)
	sed -i s/10.9.0.2/10.9.0.22/ lab/jails/a/rc.conf
	sed -i 's/^cloned.*/cloned_interfaces="bridge0 epair0 epair1"/' \
	    lab/rc.conf
	atf_check -s exit:1 -o match:epair1 -o match:10.9.0.22 \
	    cellblock diff lab
	atf_check -s exit:1 -o ignore jexec lab ping -c 1 -W 1 10.9.0.22
	atf_check -o match:"^lab: up, " -e ignore cellblock up lab
	atf_check -o inline:"$jid\n" jls -j lab.a jid
	atf_check -o ignore jexec lab ping -c 1 -W 10 10.9.0.22
	atf_check -o ignore jexec lab ifconfig epair1a
	atf_check -o empty cellblock diff lab
	# the route goes with the address that it hangs on, and comes back
	echo 'defaultrouter="10.9.0.1"' >>lab/jails/a/rc.conf
	atf_check -o ignore -e ignore cellblock up lab
	sed -i s/10.9.0.22/10.9.0.23/ lab/jails/a/rc.conf
	atf_check -o ignore -e ignore cellblock up lab
	atf_check -o match:"^default +10.9.0.1 " jexec lab.a netstat -rn
	atf_check -o empty cellblock diff lab
}

atf_test_case change_address
change_address_head()
{
	atf_set descr "A changed address takes the old one's place, no alias's"
	atf_set timeout 60
}
change_address_body()
{
	lab lab
	echo 'ifconfig_bridge0_alias0="inet 10.9.0.2-4/24"' >>lab/rc.conf
	sed -i 's/10.9.0.2/10.9.0.22/' lab/jails/a/rc.conf
	atf_check -o ignore -e ignore cellblock up lab
	sed -i 's,inet 10.9.0.1/24,inet 10.9.0.9/24,' lab/rc.conf
	atf_check -o inline:"lab: up, 2 changes\n" \
	    -e inline:"bridge0: remove 10.9.0.1/24
bridge0: inet 10.9.0.9/24 alias\n" cellblock up lab
	atf_check -o empty cellblock diff lab
	jexec lab ifconfig -f inet:cidr bridge0 | grep -w inet | sort >inets
	atf_check -o inline:"	inet 10.9.0.2/24 broadcast 10.9.0.255
	inet 10.9.0.3/32
	inet 10.9.0.4/32
	inet 10.9.0.9/24 broadcast 10.9.0.255\n" cat inets
}

atf_test_case change_jail
change_jail_head()
{
	atf_set descr "A jail whose configuration changed is started anew"
	atf_set timeout 60
}
change_jail_body()
{
	lab lab
	echo 'b { host.hostname = "bee"; }' >>lab/jail.conf
	atf_check -o ignore -e ignore cellblock up lab
	jid=$(jls -j lab.b jid)
	sed -i 's/epair0"/epair0 epair1"/' lab/rc.conf
	sed -i 's/"epair0b"/"epair0b", "epair1b"/' lab/jail.conf
	atf_check -s exit:1 -o inline:"create epair1\nstop jail a\nstart jail a\n" \
	    cellblock diff lab
	atf_check -o match:"lab: up, 3 changes" -e ignore cellblock up lab
	atf_check -o inline:"lo0 epair0b epair1b\n" jexec lab.a ifconfig -l
	atf_check -o ignore jexec lab.a ping -c 1 -W 10 10.9.0.1
	atf_check -o inline:"$jid\n" jls -j lab.b jid
	atf_check -o empty cellblock diff lab
	# comments are no change
	sed -i 's/^a {/# the jail\na {/' lab/jail.conf
	atf_check -o empty cellblock diff lab
}

atf_test_case own_root
own_root_head()
{
	atf_set descr "A jail with a root of its own boots from its folder"
	atf_set timeout 60
	atf_set require.progs busybox
	vm_also "copied roots, users and mounts on 6.1"
}
own_root_body()
{
	lab lab
	mkdir -p root/bin root/etc
	cp "$(command -v busybox)" root/bin
	ln -s busybox root/bin/sh
	sed -i "s,^a {,a { path = $PWD/root; mount.devfs;," lab/jail.conf
	atf_check -o match:"^lab: up" -e ignore cellblock up --host lab
	atf_check -o match:"inet 10.9.0.2 netmask" jexec a ifconfig epair0b
	atf_check -o ignore jexec a busybox ping -c 1 10.9.0.1
	atf_check -o inline:"lo0 epair0b\n" jexec a ifconfig -l
	atf_check -o empty cellblock diff --host lab
	atf_check -o match:"down$" -e ignore cellblock down lab
	# a folder that says nothing of the network leaves the root's own
	mv lab/jails/a/rc.conf root/etc/rc.conf
	echo >lab/jails/a/pf.conf
	atf_check -o match:"^lab: up" -e ignore cellblock up --host lab
	atf_check -o match:"inet 10.9.0.2 netmask" jexec a ifconfig epair0b
	atf_check -o empty cellblock diff --host lab
	atf_check -o match:"down$" -e ignore cellblock down lab
}

atf_test_case interrupted
interrupted_head()
{
	atf_set descr "Ctrl-C during up undoes all, in a sandbox and on the host"
	atf_set timeout 90
}
interrupted_body()
{
	lab lab
	echo 'b { exec.start = "sleep 60"; }' >>lab/jail.conf
	cellblock status >/dev/null
	for host in "" --host; do
		snapshot >before
		# $! of a shell's background job ignores SIGINT: not this way
		timeout -s INT 2 cellblock up $host lab >out 2>err
		atf_check -o match:"^cellblock: interrupted$" \
		    -o match:"^undo: create bridge0" cat err
		atf_check -o inline:"no block is up\n" cellblock status
		atf_check test ! -e /run/cellblock/rc
		same
	done
}

atf_test_case hostnames
hostnames_head()
{
	atf_set descr "The hostname in a jail's rc.conf is the jail's alone"
	atf_set timeout 60
}
hostnames_body()
{
	lab lab
	sed -i '/host.hostname/d' lab/jail.conf
	echo 'b { exec.start = "true"; }' >>lab/jail.conf
	echo 'hostname="bench"' >>lab/jails/a/rc.conf
	sed -i 's/ "epair0b";/& children.max = 1;/' lab/jail.conf
	atf_check -o match:"^lab: up" -e ignore cellblock up lab
	atf_check -o inline:"bench\n" jexec lab.a hostname
	atf_check -o inline:"b\n" jexec lab.b hostname
	atf_check -o inline:"top\n" jexec lab hostname
	atf_check -o empty cellblock diff lab
}

atf_test_case fails
fails_head()
{
	atf_set descr "A step that fails undoes all, and says where"
	atf_set timeout 60
}
fails_body()
{
	lab lab
	cellblock status >/dev/null
	snapshot >before
	echo 'ifconfig_epair7a="up"' >>lab/rc.conf
	echo 'network_interfaces="epair7a"' >>lab/rc.conf
	atf_check -s exit:1 -e match:"^cellblock: .*epair7a" -o ignore \
	    cellblock up lab
	same
	atf_check -o inline:"no block is up\n" cellblock status
}

# The jail's rc ends and leaves no process behind, and nothing says persist
atf_test_case no_persist
no_persist_head()
{
	atf_set descr "A jail of a block stays when its exec.start has ended"
	atf_set timeout 60
}
no_persist_body()
{
	lab lab
	sed -i 's/^persist;//' lab/jail.conf
	atf_check -o ignore -e match:"a: no process is left.*kept" \
	    cellblock up lab
	atf_check -o ignore jexec lab.a ping -c 1 -W 10 10.9.0.1
	atf_check -o empty cellblock diff lab
	atf_check -o match:"down$" -e ignore cellblock down lab
	sed -i 's/^vnet;/vnet; nopersist;/' lab/jail.conf
	atf_check -o ignore -e not-match:"kept" cellblock up lab
	atf_check -s exit:1 -o ignore -e ignore jls -j lab.a
}

atf_test_case ipv6
ipv6_head()
{
	atf_set descr "IPv6 addresses are fit for use when exec.start runs"
	atf_set timeout 60
}
ipv6_body()
{
	lab lab
	echo 'ifconfig_bridge0_ipv6="inet6 2001:db8:9::1/64"' >>lab/rc.conf
	echo 'ifconfig_epair0b_ipv6="inet6 2001:db8:9::2/64"' \
	    >>lab/jails/a/rc.conf
	echo '* { exec.start += "ping -c 1 -W 10 2001:db8:9::1"; }' \
	    >>lab/jail.conf
	atf_check -o match:"^lab: up" -e match:"wait for IPv6 addresses" \
	    cellblock up lab
	atf_check -o ignore jexec lab ping -c 1 -W 10 2001:db8:9::2
	atf_check -o not-match:"tentative" jexec lab.a ifconfig
	atf_check -o empty cellblock diff lab
}

atf_test_case duplicate
duplicate_head()
{
	atf_set descr "An IPv6 address that two have is an error that names it"
	atf_set timeout 60
}
duplicate_body()
{
	lab lab
	echo 'ifconfig_bridge0_ipv6="inet6 2001:db8:9::1/64"' >>lab/rc.conf
	echo 'ifconfig_epair0b_ipv6="inet6 2001:db8:9::1/64"' \
	    >>lab/jails/a/rc.conf
	atf_check -s exit:1 -o ignore \
	    -e match:"2001:db8:9::1/64: duplicate address" \
	    cellblock up lab
	atf_check -o inline:"no block is up\n" cellblock status
}

# What the other jails said is of no interest
atf_test_case says_where
says_where_head()
{
	atf_set descr "An error names the block's file, and the jail that failed"
	atf_set timeout 60
}
says_where_body()
{
	lab lab
	echo 'ifconfig_bridge0_alias0="inet 10.9.0.x/24"' >>lab/rc.conf
	atf_check -s exit:1 -o ignore \
	    -e match:"^cellblock: $PWD/lab/rc.conf line 6: ifconfig_bridge0_alias0" \
	    cellblock up lab
	lab lab
	echo 'b { exec.start = "echo of b"; }' >>lab/jail.conf
	echo 'c { exec.start = "echo of c; false"; }' >>lab/jail.conf
	atf_check -s exit:1 -o ignore -e save:err cellblock up lab
	atf_check -o match:"^cellblock: $PWD/lab/rc.conf line 5: jail_enable: cannot start jail c$" \
	    -o match:"^cellblock: c: of c$" -o not-match:"of b" \
	    -o not-match:"flags=" -o not-match:'^$' cat err
}

atf_test_case says_where_inside
says_where_inside_head()
{
	atf_set descr "An error inside a jail names the file of the jail's folder"
	atf_set timeout 60
}
says_where_inside_body()
{
	lab lab
	echo 'ifconfig_epair0b_alias0="inet 10.9.0.x/24"' \
	    >>lab/jails/a/rc.conf
	for host in "" --host; do
		atf_check -s exit:1 -o ignore \
		    -e match:"a: rc: $PWD/lab/jails/a/rc.conf line 2: ifconfig_epair0b_alias0: 10.9.0.x" \
		    cellblock up $host lab
	done
}

atf_test_case no_start
no_start_head()
{
	atf_set descr "A folder is used without exec.start, too; jail_enable missing is told"
	atf_set timeout 60
}
no_start_body()
{
	lab lab
	sed -i '/^exec/d' lab/jail.conf
	mkdir lab/jails/a/rc.d
	echo 'a1 { persist; }' >lab/jails/a/jail.conf
	sed -i 's/^a {/a { children.max = 1;/' lab/jail.conf
	atf_check -o ignore -e match:"^epair0b: inet 10.9.0.2/24" \
	    -e match:"^cellblock: $PWD/lab/jails/a/jail.conf: no jail is started: rc.conf does not set jail_enable$" \
	    cellblock up lab
	atf_check -o match:" 10.9.0.2 " jexec lab.a ifconfig epair0b
	echo 'jail_enable=NO' >>lab/jails/a/rc.conf
	atf_check -o inline:"lab: as its files say, nothing to do\n" \
	    cellblock up lab
	atf_check -o ignore -e ignore cellblock down lab
	# whatever says yes
	sed -i '/jail_enable/d' lab/rc.conf lab/jails/a/rc.conf
	echo 'eval jail_enab''le=YES' >>lab/rc.conf
	rm lab/jails/a/jail.conf
	atf_check -o ignore -e not-match:jail_enable cellblock up lab
	atf_check -o inline:"lab.a\n" jls -j lab.a name
	atf_check -o ignore -e ignore cellblock down lab
	sed -i '/^eval/d' lab/rc.conf
	atf_check -s exit:1 -o not-empty \
	    -e match:"^cellblock: $PWD/lab/jail.conf: no jail is started: rc.conf does not set jail_enable$" \
	    cellblock diff lab
}

atf_test_case rights
rights_head()
{
	atf_set descr "Jails of a block get the rights that jail.conf files ask for; what a sandbox has not is named"
	atf_set timeout 60
}
rights_body()
{
	lab lab
	cat >>lab/jail.conf <<-'END'
	allow.raw_sockets;
	allow.mount;
	allow.mount.tmpfs;
	allow.mount.nullfs;
	allow.mount.procfs;
	enforce_statfs = 1;
	sysvshm = new;
	b { sysvsem = new; }
	END
	atf_check -o ignore -e ignore cellblock up lab
	atf_check -o ignore jexec lab.a ping -c 1 -W 2 10.9.0.1
	atf_check jexec lab.a mount -t tmpfs x /mnt
	atf_check -o match:"^[0-9]+$" \
	    -x "jexec lab.a ipcmk -M 4096 | sed 's/.*: //'"
	# not the sandbox's, not b's
	atf_check -o not-match:" 4096 " jexec lab ipcs -m
	atf_check -s not-exit:0 jexec lab mountpoint -q /mnt
	atf_check -o inline:"true true 1\n" \
	    jls -j lab.a allow.raw_sockets allow.mount.tmpfs enforce_statfs
	# a block in a jail of the block has what that jail has
	atf_check -o ignore -e ignore cellblock down lab
	sed -i '/^b /d; s/^a {/& children.max = 500; allow.mlock;/' lab/jail.conf
	atf_check -s exit:1 -o ignore \
	    -e match:"jail: a: jail_set: Operation not permitted .allow.mlock: the parent has not got it." \
	    cellblock up lab
	sed -i 's/ allow.mlock;//; /^sysv/d; /^enforce/d; /^allow/d' lab/jail.conf
	atf_check -o ignore -e ignore cellblock up lab
	atf_check -o ignore -e ignore jexec lab.a sh -c '
	    mkdir /root/in && cd /root/in && echo ifconfig_lo0=up >rc.conf &&
	    cellblock up . && jls -j in allow.raw_sockets sysvshm >had'
	atf_check -o inline:"false disable\n" jexec lab.a cat /root/in/had
	atf_check -o ignore -e ignore cellblock down lab
}

atf_test_case bad_text
bad_text_head()
{
	atf_set descr "Malformed files change nothing"
	atf_set timeout 60
}
bad_text_body()
{
	lab lab
	echo 'b { vnet.interface ' >>lab/jail.conf
	atf_check -s exit:1 -e match:"^cellblock: .*jail.conf.*unexpected EOF" \
	    cellblock up lab
	lab lab
	echo 'b { colour = "red"; }' >>lab/jail.conf
	atf_check -s exit:1 \
	    -e match:"^cellblock: .*jail.conf line 7: b: unknown parameter: colour" \
	    cellblock up lab
	lab lab
	echo 'if then' >>lab/rc.conf
	atf_check -s exit:1 -o ignore -e match:"rc.conf.*6" cellblock up lab
	atf_check -s exit:1 -e match:"not a block" cellblock up .
	atf_check -s exit:1 -e match:"No such file" cellblock up nothere
	atf_check -s exit:1 -e match:'is a number' cellblock up --name 7 lab
	atf_check -o inline:"no block is up\n" cellblock status
	atf_check -o empty jls -N jid
}

# rc.conf is shell, but never the machine's
atf_test_case shell_stays_inside
shell_stays_inside_head()
{
	atf_set descr "A block's rc.conf cannot touch the machine"
	atf_set timeout 60
}
shell_stays_inside_body()
{
	lab lab
	echo "echo owned >$PWD/owned; echo owned >/root/owned" >>lab/rc.conf
	cellblock diff lab
	cellblock up lab
	atf_check -o ignore jls -j lab jid
	atf_check -s exit:1 test -e owned
	atf_check -s exit:1 test -e /root/owned
}

atf_test_case snort_lab
snort_lab_head()
{
	atf_set descr "The essay's lab: routed out, and seen by the sensor"
	atf_set timeout 120
	atf_set require.progs tcpdump
}
snort_lab_body()
{
	cellblock status >/dev/null
	snapshot >before
	atf_check -o ignore -e ignore cellblock up "$CB_SRC/examples/snort-lab"
	atf_check -o not-match:FAILED "$CB_SRC/examples/snort-lab/check"
	atf_check -o empty cellblock diff "$CB_SRC/examples/snort-lab"
	atf_check -o ignore -e ignore cellblock down snort-lab
	same
}

atf_test_case ip_sharing
ip_sharing_head()
{
	atf_set descr "The essay's web jail: its address, and nothing else"
	atf_set timeout 120
	atf_set require.progs busybox
	vm_also "shared addresses on 6.1"
}
ip_sharing_body()
{
	cellblock status >/dev/null
	snapshot >before
	atf_check -o ignore -e ignore cellblock up "$CB_SRC/examples/ip-sharing"
	atf_check -o not-match:FAILED "$CB_SRC/examples/ip-sharing/check"
	atf_check -o empty cellblock diff "$CB_SRC/examples/ip-sharing"
	# nobody else is on their addresses
	atf_check -s ignore -o not-match:"^overlap" \
	    jexec ip-sharing cellblock doctor
	atf_check -o ignore -e ignore cellblock down ip-sharing
	snapshot >after
	atf_check diff -u before after
}

atf_test_case ip_sharing_host
ip_sharing_host_head()
{
	atf_set descr "The same on the machine itself, beside its own daemon"
	atf_set timeout 120
	atf_set require.progs busybox
}
ip_sharing_host_body()
{
	snapshot >before
	ip addr show lo >addrs
	# the machine's own server has the port already, on every address
	mkdir htdocs
	echo "the machine" >htdocs/index.html
	busybox httpd -f -p 80 -h htdocs &
	must_wait 5 busybox wget -q -O - http://127.0.0.1/
	atf_check -o ignore -e ignore \
	    cellblock up --host "$CB_SRC/examples/ip-sharing"
	atf_check -o not-match:FAILED "$CB_SRC/examples/ip-sharing/check" --host
	atf_check -o inline:"the machine\n" \
	    busybox wget -q -O - http://127.0.0.1/
	atf_check -o match:"^overlap: busybox .pid $!. on tcp46 \*:80 and" \
	    -o match:' and jails "www", "client": ' cellblock doctor
	kill $!
	wait
	atf_check -o not-match:FAILED "$CB_SRC/examples/ip-sharing/check" --host
	atf_check -o ignore -e ignore cellblock down ip-sharing
	atf_check -o file:addrs ip addr show lo
	snapshot >after
	atf_check diff -u before after
}

atf_test_case nested
nested_head()
{
	atf_set descr "Three levels of bridges and jails"
	atf_set timeout 120
}
nested_body()
{
	cellblock status >/dev/null
	snapshot >before
	atf_check -o ignore -e ignore cellblock up "$CB_SRC/examples/nested"
	atf_check -o not-match:FAILED "$CB_SRC/examples/nested/check"
	atf_check -o match:nested.campus.lab.bench jls -N
	atf_check -o match:'^ lab\.bench ' -o not-match:campus \
	    jexec nested.campus jls -N
	atf_check -o ignore -e ignore cellblock down nested
	same
}

atf_test_case two_blocks
two_blocks_head()
{
	atf_set descr "Blocks know nothing of each other; names must differ"
	atf_set timeout 60
}
two_blocks_body()
{
	lab one
	lab two
	mkdir other
	lab other/one
	atf_check -o ignore -e ignore cellblock up one
	atf_check -o ignore -e ignore cellblock up two
	atf_check -s exit:1 -e match:'block "one" is up already, from' \
	    cellblock up other/one
	atf_check -o ignore -e ignore cellblock up --name three other/one
	atf_check -o ignore -e ignore cellblock down two
	atf_check -o ignore jexec one ping -c 1 -W 10 10.9.0.2
	atf_check -o match:"^one: up" -o match:"^three: up" \
	    -o not-match:"^two" cellblock status
	atf_check -s exit:1 -e inline:'cellblock: block "two" is not up\n' \
	    cellblock down two
	atf_check -o ignore -e ignore cellblock down other/one
	atf_check -o ignore -e ignore cellblock down one
	atf_check -o inline:"no block is up\n" cellblock status
}

atf_test_case host
host_head()
{
	atf_set descr "--host works on the machine itself, and down restores it"
	atf_set timeout 60
}
host_body()
{
	lab lab
	cellblock status >/dev/null
	snapshot >before
	name=$(hostname)
	atf_check -o ignore -e ignore cellblock up --host lab
	atf_check -o inline:"top\n" hostname
	atf_check -o ignore ping -c 1 -W 10 10.9.0.2
	atf_check -o match:'"?a' jls -N
	atf_check -o inline:"lab: as its files say, nothing to do\n" \
	    cellblock up --host lab
	atf_check -o ignore -e ignore cellblock down lab
	atf_check -o inline:"$name\n" hostname
	same
	atf_check -s exit:1 test -e /run/cellblock
}

atf_test_case killed
killed_head()
{
	atf_set descr "up killed at every step: doctor --repair leaves nothing"
	atf_set timeout 300
}
killed_body()
{
	lab lab
	cellblock status >/dev/null
	snapshot >before
	n=1
	while [ $n -lt 200 ]; do
		if CELLBLOCK_DIE_AT=$n cellblock up lab >/dev/null 2>&1; then
			break
		fi
		cellblock doctor --repair >doctor.out ||
			atf_fail "step $n: $(cat doctor.out)"
		cellblock down lab >/dev/null 2>&1
		same "after step $n"
		n=$((n + 1))
	done
	[ $n -gt 5 ] || atf_fail "no failpoint was reached"
	[ $n -lt 200 ] || atf_fail "never came up"
	atf_check -o ignore jexec lab ping -c 1 -W 10 10.9.0.2
}

atf_test_case stuck
stuck_head()
{
	atf_set descr "down is ended while a script waits: the next one is free to"
	atf_set timeout 60
}
stuck_body()
{
	local down

	mkdir -p lab/rc.d
	: >lab/rc.conf
	cat >lab/rc.d/once <<-'EOF'
	#!/bin/sh
	# PROVIDE: once
	once_start() { :; }
	once_stop() {
		[ ! -e /tmp/once ] || return 0
		: >/tmp/once
		sleep 1234
	}
	EOF
	chmod +x lab/rc.d/once
	cellblock status >/dev/null
	snapshot >before
	atf_check cellblock up -q lab
	cellblock down -q lab &
	down=$!
	must_wait 5 pgrep -f "sleep 1234"
	kill -TERM $down
	wait $down
	atf_check timeout 30 cellblock down -q lab
	same
}

# watch: what happens to interfaces here from now on, into the file log
watch()
{
	ip monitor link >log &
	watcher=$!
	wait_for 30 watching
	: >log
}
watching()
{
	ip link add name watch0 type veth peer name watch1
	ip link del watch0
	grep -q watch0 log
}

atf_test_case ready
ready_head()
{
	atf_set descr "An epair is made with its end in the jail to come"
	atf_set timeout 60
	vm_also "ends made in other network namespaces on 6.1"
}
ready_body()
{
	lab lab
	cellblock status >/dev/null
	watch
	snapshot >before
	atf_check -o ignore -e ignore cellblock up --host lab
	atf_check -o ignore ping -c 1 -W 10 10.9.0.2
	atf_check -o inline:"epair0b lo0\n" -x "jexec a ifconfig -l | xargs -n1 |
	    sort | xargs"
	atf_check -o match:"groups: epair" jexec a ifconfig epair0b
	# its unit is taken, though its name is not here
	atf_check -s exit:1 -e match:"epair0 already exists" \
	    ifconfig epair0 create
	atf_check -o inline:"lab: as its files say, nothing to do\n" \
	    cellblock up --host lab
	atf_check -o ignore -e ignore cellblock down lab
	atf_check grep -q "epair0a" log
	atf_check -s exit:1 grep "epair0b[@:]" log
	same
	# one that is lent when the jail is there, and taken back, as ever
	atf_check -o ignore -e ignore cellblock up --host lab
	atf_check -o ignore jail -r a
	atf_check -o match:"^epair0b: " ifconfig epair0b
	atf_check -o ignore jail -c -f lab/jail.conf a
	atf_check -s exit:1 -e ignore ifconfig epair0b
	atf_check -o ignore -e ignore cellblock down lab
	kill $watcher
	same
}

atf_test_case ready_home
ready_home_head()
{
	atf_set descr "Commands that could look for an end find it at home"
	atf_set timeout 60
}
ready_home_body()
{
	lab lab
	sed -i "s|^a {|a { exec.prestart = \"ifconfig epair0b >$PWD/start\"; \
		exec.poststop = \"ifconfig epair0b >$PWD/stop\";|" lab/jail.conf
	cellblock status >/dev/null
	watch
	snapshot >before
	atf_check -o ignore -e ignore cellblock up --host lab
	atf_check -o match:"^epair0b: " cat start
	atf_check -o ignore -e ignore cellblock down lab
	atf_check -o match:"^epair0b: " cat stop
	atf_check grep -q "epair0b[@:]" log
	kill $watcher
	same
}

# fails_by REASON: rc goes on where `up` takes all back.
fails_by()
{
	atf_check -o ignore -e match:"$1" rc -d lab start
	atf_check -o match:"^epair0b: " ifconfig epair0b
	atf_check -o ignore -e ignore rc -d lab stop
	atf_check -s exit:1 -o ignore -e match:"$1" cellblock up --host lab
	same
}

atf_test_case ready_failed
ready_failed_head()
{
	atf_set descr "An end whose jail cannot be made comes home"
	atf_set timeout 60
}
ready_failed_body()
{
	lab lab
	sed -i 's|^a {|a { path = "/nowhere";|' lab/jail.conf
	cellblock status >/dev/null
	snapshot >before
	fails_by "path /nowhere"
	# a process that only makes jails comes so far before it fails
	sed -i 's|path = "/nowhere";|host.unconfined = nothing;|' lab/jail.conf
	echo 'jail_parallel_start="YES"' >>lab/rc.conf
	for j in c d e f; do
		echo "$j { persist; }" >>lab/jail.conf
	done
	fails_by 'unknown word "nothing"'
}

atf_test_case ready_killed
ready_killed_head()
{
	atf_set descr "up and down killed at any step between interface and jail"
	atf_set timeout 300
}
ready_killed_body()
{
	lab lab
	cellblock status >/dev/null
	snapshot >before
	n=1
	while [ $n -lt 200 ]; do
		if CELLBLOCK_DIE_AT=$n cellblock up --host lab >/dev/null 2>&1
		then
			break
		fi
		# a first process that was stopped for us has the block's lock
		jls >/dev/null
		# half of them come up at once, half go down
		if [ $((n % 4)) = 1 ]; then
			atf_check -o ignore -e ignore cellblock up --host lab
			atf_check -o ignore ping -c 1 -W 10 10.9.0.2
		fi
		cellblock down lab >/dev/null 2>&1
		same "after step $n"
		n=$((n + 2))
	done
	[ $n -gt 30 ] || atf_fail "only $n failpoints"
	[ $n -lt 200 ] || atf_fail "never came up"
	# which would be killed as well
	sed -i /exec.stop/d lab/jail.conf
	atf_check -o ignore -e ignore cellblock down lab
	atf_check -o ignore -e ignore cellblock up --host lab
	n=1
	while CELLBLOCK_DIE_AT=$n cellblock down lab >/dev/null 2>&1; st=$?
		[ $st = 137 ]; do
		jls >/dev/null
		cellblock down lab >/dev/null 2>&1
		same "after step $n of down"
		atf_check -o ignore -e ignore cellblock up --host lab
		n=$((n + 4))
	done
	[ $n -gt 10 ] || atf_fail "only $n failpoints of down"
	same
}

atf_test_case doctor
doctor_head()
{
	atf_set descr "doctor finds what is missing and what was left behind"
	atf_set timeout 60
}
doctor_body()
{
	atf_check -o match:"^engine: epair: the kernel's veth$" \
	    -o match:"^engine: vlan: (the kernel's 8021q|netgraph)$" \
	    -o match:"^engine: bridge stp: (the keeper of bridges|none)" \
	    cellblock doctor
	# what ip(8) cannot make, doctor must not call well
	for kind in dummy bond veth; do
		if ip link add name probe type $kind 2>/dev/null; then
			ip link del probe
			atf_check -o match:" $kind +ok$" cellblock doctor
		else
			atf_check -o match:" $kind +not here: this kernel lacks" \
			    cellblock doctor
		fi
	done
	atf_check -o match:"^nothing was left behind$" cellblock doctor
	# in a jail that may not try, nothing is made, nothing said to be missing
	jail -c name=y vnet persist
	jexec y ifconfig -l >before
	atf_check -o match:" veth +untold: the machine's root can try$" \
	    -o match:" cgroup2 +untold: " -o not-match:MISSING \
	    jexec y cellblock doctor
	atf_check -o file:before jexec y ifconfig -l
	# filters that see what bridges carry, and were not asked to
	ifconfig -j y bridge0 create
	if [ -d /proc/sys/net/bridge ]; then
		atf_check -o not-match:"^warning: bridges" cellblock doctor
		ifconfig bridge7 create
		echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables
		atf_check -o match:"^warning: bridges: what they carry" \
		    cellblock doctor
		atf_check -o ignore sysctl net.link.bridge.pfil_member=0
		atf_check -o not-match:"^warning: bridges" cellblock doctor
		ifconfig bridge7 destroy
	fi
	jail -r y
	jail -c name=x vnet persist
	root=/sys/fs/cgroup/unified
	[ -d $root ] || root=/sys/fs/cgroup
	base=$(find $root -maxdepth 1 -name 'cellblock*')
	mkdir "$base/77" "$root/cellblock.1"
	ln -s 77 /run/cellblock/names/ghost
	# a vnet whose jail is no more, pins without a vnet; one that lives is
	# left alone
	atf_check ngctl -f - <<-'EOF'
		mkpeer eiface a ether
		rmhook a
	EOF
	mkdir /run/cellblock/ng/bpf/ng-4d2
	mkdir -p /run/cellblock/ng/4711
	echo "77 -1" >/run/cellblock/ng/4711/owner
	atf_check -s exit:1 -o match:"^remains: cgroup $base/77 " \
	    -o match:'^remains: name "ghost" ' \
	    -o match:"^remains: cgroup $root/cellblock.1 " \
	    -o match:"^remains: netgraph of .*, /run/cellblock/ng/4711$" \
	    -o match:"^remains: netgraph of .*, /run/cellblock/ng/1234$" \
	    cellblock doctor
	atf_check -s exit:1 -o save:doctor.out cellblock doctor
	atf_check -o inline:"2\n" grep -c '^remains: .*netgraph' doctor.out
	atf_check -o match:"^nothing was left behind$" \
	    cellblock doctor --repair
	atf_check -o match:"^nothing was left behind$" cellblock doctor
	atf_check test ! -e /run/cellblock/ng/4711
	atf_check test ! -e /run/cellblock/ng/bpf/ng-4d2
	atf_check -o match:"ngeth0" ngctl msg ngeth0: getifname
	atf_check -o ignore jls -j x jid
	atf_check jail -r x
	atf_check -o match:'"what": "epair"' -o match:'"remains": ..' \
	    cellblock doctor --json
}

atf_test_case doctor_roots
doctor_roots_head()
{
	atf_set descr "doctor warns of a jail's root that everybody can reach"
}
doctor_roots_body()
{
	local said users=

	# no idmapped mounts of tmpfs
	case $(uname -r) in
	6.[0-2].*) users=host.users=inherit ;;
	esac
	mount -t tmpfs -o mode=0755 t /mnt
	mkdir -p /mnt/jails/a /mnt/nosuid
	mount -t tmpfs -o nosuid t /mnt/nosuid
	said='^warning: jail "a": every user of this machine can reach /mnt/jails/a '
	atf_check jail -c name=a path=/mnt/jails/a persist $users
	atf_check jail -c name=b path=/mnt/nosuid persist $users
	atf_check jail -c name=c persist
	atf_check -o match:"$said" -o not-match:'jail "[bc]"' cellblock doctor
	atf_check -o match:'"warnings": \[$' cellblock doctor --json
	chmod 0700 /mnt/jails
	atf_check -o not-match:"^warning:" cellblock doctor
	atf_check -o match:'"warnings": \[\]' cellblock doctor --json
}

atf_init_test_cases()
{
	atf_add_test_case doctor
	atf_add_test_case doctor_roots
	atf_add_test_case up_down
	atf_add_test_case descriptors
	atf_add_test_case change
	atf_add_test_case change_address
	atf_add_test_case change_jail
	atf_add_test_case own_root
	atf_add_test_case interrupted
	atf_add_test_case hostnames
	atf_add_test_case fails
	atf_add_test_case no_persist
	atf_add_test_case ipv6
	atf_add_test_case duplicate
	atf_add_test_case says_where
	atf_add_test_case says_where_inside
	atf_add_test_case no_start
	atf_add_test_case rights
	atf_add_test_case bad_text
	atf_add_test_case shell_stays_inside
	atf_add_test_case snort_lab
	atf_add_test_case ip_sharing
	atf_add_test_case ip_sharing_host
	atf_add_test_case nested
	atf_add_test_case two_blocks
	atf_add_test_case host
	atf_add_test_case killed
	atf_add_test_case stuck
	atf_add_test_case ready
	atf_add_test_case ready_home
	atf_add_test_case ready_failed
	atf_add_test_case ready_killed
}
