#! /usr/bin/env atf-sh
# The walls around a jail's processes, from inside: the filter of system calls
# and the capabilities, of the first process, of commands, in jails in jails.
. "$(atf_get_srcdir)/common.sh" || exit

# field NAME: of a process's status, from standard input
field()
{
	sed -n "s/^$1:[[:blank:]]*//p"
}

# bits HEX: the numbers of the bits that are set
bits()
{
	local n=$((0x$1)) i=0 out=

	while [ $i -lt 64 ]; do
		[ $((n >> i & 1)) = 0 ] || out="$out $i"
		i=$((i + 1))
	done
	echo "${out# }"
}

# The bounding set of this test's own processes may be smaller than all.
full()
{
	field CapBnd </proc/self/status
}

atf_test_case all_behind
all_behind_head()
{
	atf_set descr "The first process and all that enters are behind the filter; set-user-id programs still work"
}
all_behind_body()
{
	local status

	make_jail x exec.start="cp /proc/self/status /tmp/started"
	jexec x cat /proc/self/status >joined
	jexec x cat /proc/1/status >first
	jexec -U nobody x cat /proc/self/status >nobody
	for status in /tmp/started joined first nobody; do
		atf_check -o inline:"2\n" -x "sed -n 's/^Seccomp:.//p' $status"
		atf_check -o inline:"0\n" \
		    -x "sed -n 's/^NoNewPrivs:.//p' $status"
		# CVE-2022-27650
		atf_check -o inline:"0000000000000000\n0000000000000000\n" \
		    -x "sed -n 's/^Cap\(Inh\|Amb\):.//p' $status"
	done
	atf_check -o inline:"0000000000000000\n0000000000000000\n" \
	    -x "sed -n 's/^Cap\(Prm\|Eff\):.//p' nobody"
	make_jail none host.unconfined=syscalls
	atf_check -o inline:"0\n" \
	    -x "jexec none cat /proc/self/status | sed -n 's/^Seccomp:.//p'"
}

atf_test_case setuid
setuid_head()
{
	atf_set descr "A set-user-id program of the jail's root is that in the jail"
}
setuid_body()
{
	need busybox
	mkdir /tmp/root
	# the box's own /tmp is without set-user-id
	mount -t tmpfs tmpfs /tmp/root
	mkdir /tmp/root/bin /tmp/root/etc
	cp "$(command -v busybox)" /tmp/root/bin/busybox
	ldd /tmp/root/bin/busybox >/dev/null 2>&1 &&
	    atf_skip "busybox is not static"
	for f in sh su id; do
		ln -s busybox /tmp/root/bin/$f
	done
	chmod 4755 /tmp/root/bin/busybox
	printf '%s\n' 'root::0:0::/:/bin/sh' 'user:x:1000:1000::/:/bin/sh' \
	    >/tmp/root/etc/passwd
	jail -c path=/tmp/root name=x persist 2>err ||
	    atf_skip "$(cat err)"
	atf_check -o inline:"1000\n" jexec -U user x id -u
	atf_check -o inline:"0\n" jexec -U user x su root -c 'id -u'
	chmod 755 /tmp/root/bin/busybox
	atf_check -s not-exit:0 -e match:"must be suid" \
	    jexec -U user x su root -c 'id -u'
}

atf_test_case refused
refused_head()
{
	atf_set descr "What no jail may, and what only one with children may"
}
refused_body()
{
	make_jail x
	make_jail net vnet
	make_jail kids children.max=2
	make_jail weak host.unconfined=syscalls
	for j in x net kids; do
		cannot EPERM $j call bpf 9999 1 0 0
		cannot EPERM $j call perf_event_open 1 0 -1 -1
		cannot EPERM $j call userfaultfd 0xffff 0 0 0
		cannot ENOSYS $j call keyctl 9999 0 0 0
		cannot ENOSYS $j call io_uring_setup 1 1 0 0
		# TIOCSTI, and with a high bit that the kernel does not see
		cannot EPERM $j call ioctl -1 0x5412 0 0
		cannot EPERM $j call ioctl -1 0x100005412 0 0
		cannot EPERM $j call personality 0x400000 0 0 0
		cannot ENOSYS $j call young 0 0 0 0
		can $j call personality 8 0 0 0
		can $j call getppid 0 0 0 0
	done
	for j in x net; do
		# user, mount and time namespaces
		cannot EPERM $j call unshare 0x10000000 0 0 0
		cannot EPERM $j call unshare 0x20000 0 0 0
		cannot EPERM $j call unshare 0x80 0 0 0
		cannot ENOSYS $j call clone3 0 0 0 0
		cannot EPERM $j call setns -1 0 0 0
		cannot ENOSYS $j call fsopen 1 0 0 0
		cannot EPERM $j call mknodat -1 0 0x6000 0x800
		can $j call unshare 0x400 0 0 0
	done
	can kids call unshare 0x10000000 0 0 0
	cannot EINVAL kids call clone3 0 0 0 0
	cannot EBADF kids call setns -1 0 0 0
	# the wall is what refused these
	can weak call unshare 0x10000000 0 0 0
	cannot EBADF weak call ioctl -1 0x5412 0 0
	cannot EINVAL weak call clone3 0 0 0 0
	cannot EINVAL weak call bpf 9999 1 0 0
}

atf_test_case other_ways
other_ways_head()
{
	atf_set descr "32-bit system calls and x32's meet the same wall"
}
other_ways_body()
{
	[ "$(uname -m)" = x86_64 ] || atf_skip "another processor"
	make_jail x
	cannot ENOSYS x call x32_getppid 0 0 0 0
	# a kernel without them ends who tries
	[ "$("$CB_TOOLS/attempt" call32 20 0 0 0)" = ok ] ||
	    atf_skip "this kernel has no 32-bit system calls"
	can x call32 20 0 0 0
	# keyctl, unshare, mount, add_key, shmget by ipc, TIOCSTI
	cannot ENOSYS x call32 288 9999 0 0
	cannot EPERM x call32 310 0x10000000 0 0
	cannot EPERM x call32 21 1 1 1
	cannot ENOSYS x call32 286 1 1 1
	cannot ENOSYS x call32 117 23 1 1
	cannot ENOSYS x call32 117 0x10017 1 1
	cannot EPERM x call32 54 -1 0x5412 0
	# socket by socketcall: its family is in memory; and by itself
	cannot EPROTONOSUPPORT x call32 102 1 1 0
	cannot EPROTONOSUPPORT x call32 359 38 5 0
	can x call32 359 1 1 0
}

atf_test_case families
families_head()
{
	atf_set descr "Families of sockets: FreeBSD's by default, others with allow.socket_af"
}
families_body()
{
	make_jail x
	make_jail net vnet
	make_jail af allow.socket_af
	for j in x net; do
		# X.25, AF_ALG, AF_VSOCK
		for f in 9 38 40; do
			cannot EPROTONOSUPPORT $j socket $f 5 0
		done
		# audit, connector
		cannot EPROTONOSUPPORT $j socket 16 3 9
		cannot EPROTONOSUPPORT $j socket 16 3 11
		can $j socket 1 1 0
		can $j socket 2 1 0
		can $j socket 10 2 0
		can $j socket 16 3 0
	done
	cannot EPERM x socket 17 3 0
	can net socket 17 3 0
	cannot EPROTONOSUPPORT x socket 16 3 12
	can net socket 16 3 12
	# the kernel's answer, which has no X.25
	cannot EAFNOSUPPORT af socket 9 5 0
	make_jail level vnet securelevel=3
	cannot EPERM level socket 16 3 12
	can level socket 16 3 0
}

atf_test_case nested
nested_head()
{
	atf_set descr "A jail in a jail is behind the walls of both, however it is entered"
}
nested_body()
{
	local params

	make_jail a children.max=3 allow.nounprivileged_proc_debug
	atf_check jexec a jail -c name=b path=/ persist
	# born inside and entered from the host
	atf_check -s exit:1 -o inline:"EPERM\n" \
	    jexec a jexec b "$CB_TOOLS/attempt" ptrace
	cannot EPERM a.b ptrace
	cannot EPERM a.b call unshare 0x10000000 0 0 0
	atf_check -o inline:"2\n" \
	    -x "jexec a jexec b cat /proc/self/status |
	    sed -n 's/^Seccomp_filters:.//p'"
	# what the jail writes of its own jail does not open the host's wall
	cannot ENOSYS a.b msg
	params=/run/cellblock/jails/$(jls -j a.b jid)/params
	atf_check jexec a sh -c "
	    echo 'sysvmsg = \"new\";' >>$params
	    echo 'allow.unprivileged_proc_debug;' >>$params
	    echo 'host.unconfined = \"syscalls\", \"caps\";' >>$params"
	cannot ENOSYS a.b msg
	cannot EPERM a.b ptrace
	cannot EPERM a.b call bpf 9999 1 0 0
	jexec a cat /proc/self/status | field CapBnd >a
	jexec a.b cat /proc/self/status | field CapBnd >ab
	atf_check_equal "$(cat a)" "$(cat ab)"
}

atf_test_case capabilities
capabilities_body()
{
	local base="0 1 3 4 5 6 7 8 18 31" has

	# caps LIST PARAMETER...: CAP_ numbers
	caps()
	{
		local want=$1

		shift
		make_jail c "$@"
		has=$(bits "$(jexec c cat /proc/self/status | field CapEff)")
		atf_check_equal "$*: $want" "$*: $has"
		has=$(bits "$(jexec c cat /proc/1/status | field CapBnd)")
		atf_check_equal "$*: $want" "$*: $has"
		atf_check jail -r c
	}
	# with NET_BIND_SERVICE; NET_ADMIN and NET_RAW; SYS_PTRACE, SYS_ADMIN
	caps "0 1 3 4 5 6 7 8 10 18 31"
	caps "$base" allow.noreserved_ports
	caps "0 1 3 4 5 6 7 8 10 12 13 18 31" vnet
	caps "0 1 3 4 5 6 7 8 10 12 13 18 19 21 31" children.max=2
	caps "0 1 3 4 5 6 7 8 10 18 21 31" enforce_statfs=1 allow.mount \
	    allow.mount.tmpfs
	caps "0 1 3 4 5 6 7 8 10 18 31" allow.mount allow.mount.tmpfs
	caps "" allow.nosuser
	caps "" allow.nosuser host.unconfined=caps children.max=2
	# the machine's: without MKNOD, with what login programs need
	caps "0 1 3 4 5 6 7 8 10 18 29 31" host.users=inherit
	caps "0 1 3 4 5 6 7 8 9 10 18 29 31" host.users=inherit allow.chflags
	caps "0 1 3 4 5 6 7 8 10 18 29 31" host.users=inherit allow.chflags \
	    securelevel=1
	caps "0 1 3 4 5 6 7 8 10 18 25 29 31" host.users=inherit allow.settime
	caps "0 1 3 4 5 6 7 8 10 18 29 31" host.users=inherit allow.settime \
	    securelevel=2
	caps "$(bits "$(full)")" host.unconfined=caps
}
capabilities_head()
{
	atf_set descr "Capabilities of root: few, and by parameters"
	atf_set timeout 120
}

atf_test_case first_process
first_process_head()
{
	atf_set descr "Nothing in a jail reaches into its first process, SYS_PTRACE or not"
}
first_process_body()
{
	make_jail x
	make_jail kids children.max=2
	make_jail caps host.unconfined=caps
	for j in x kids caps; do
		for f in exe cwd root; do
			atf_check -s not-exit:0 -e ignore -o ignore \
			    jexec $j readlink /proc/1/$f
		done
		for f in mem maps environ; do
			atf_check -s not-exit:0 -e match:"denied|permitted" \
			    jexec $j head -c 1 /proc/1/$f
		done
		atf_check -s not-exit:0 -e match:"denied" \
		    jexec $j sh -c 'exec 9>/proc/1/mem'
	done
	# but a jail that made a jail enters it
	atf_check jexec kids jail -c name=in path=/ persist
	atf_check -o inline:"in\n" jexec kids jexec in echo in
	atf_check jexec kids jail -r in
}

atf_init_test_cases()
{
	atf_add_test_case all_behind
	atf_add_test_case setuid
	atf_add_test_case refused
	atf_add_test_case other_ways
	atf_add_test_case families
	atf_add_test_case nested
	atf_add_test_case capabilities
	atf_add_test_case first_process
}
