#! /usr/bin/env atf-sh
# Ways out by the one kernel that all share: system calls that change or show
# the whole machine, and those whose bugs have been ways out before.
. "$(atf_get_srcdir)/common.sh" || exit

# both ATTACK...: it succeeds in a jail without walls, and in no other.  What
# this kernel has not for anybody (modules, kexec) is shown where it has.
both()
{
	over each_kind "$@"
}

# The attacks of attacks/kernel.c that need no more than that.
CASES='modules kexec bpf perf dmesg userfaultfd io_uring userns namespaces
clock reboot swap priority mounts doors'

about()
{
	case $1 in
	modules) echo "Loading and unloading modules" ;;
	kexec) echo "Another kernel in the place of this one" ;;
	bpf) echo "BPF programs and maps" ;;
	perf) echo "Performance counters of processors and processes" ;;
	dmesg) echo "The kernel's messages" ;;
	userfaultfd) echo "userfaultfd" ;;
	io_uring) echo "io_uring" ;;
	userns) echo "A user namespace of its own, full of capabilities" ;;
	namespaces) echo "Other namespaces" ;;
	clock) echo "The machine's clock" ;;
	reboot) echo "Restarting the machine" ;;
	swap) echo "Swap and accounting" ;;
	priority) echo "Real-time scheduling and priority" ;;
	doors) echo "System calls of 32-bit and x32 programs" ;;
	mounts) echo "Mounting, in every way there is" ;;
	esac
}

for c in $CASES; do
	eval "${c}_head() { atf_set descr \"$(about "$c")\"; }
	      ${c}_body() { both \"\$ESC/kernel\" $c; }"
done

atf_test_case ports
ports_head()
{
	atf_set descr "The machine's I/O ports"
	[ "$(uname -m)" = x86_64 ] || atf_set require.arch x86_64
}
ports_body()
{
	both "$ESC/kernel" ports
}

atf_test_case limits
limits_head()
{
	atf_set descr "Raising resource limits above what the jail was given"
}
limits_body()
{
	# bit 24: CAP_SYS_RESOURCE, which whoever gave us this machine may lack
	if [ $((0x$(sed -n 's/^CapEff:\t//p' /proc/self/status) >> 24 & 1)) = 0 ]
	then
		cannot "the machine's root may not do it either"
		each_kind limits_held
		return
	fi
	ulimit -n 1000
	both "$ESC/kernel" limits
}
limits_held()
{
	must_hold jexec "$1" "$ESC/kernel" limits
}

atf_test_case hostname
hostname_head()
{
	atf_set descr "The host's name, from a jail that has none of its own"
}
hostname_body()
{
	weak_jail w path=/
	must_escape jexec w "$ESC/kernel" hostname owned
	atf_check -o inline:"owned\n" uname -n
	atf_check jail -r w
	/usr/bin/hostname box
	each_kind hostname_held
	# with a name of its own it sets that one
	plain_jail n path=/ host.hostname=n
	atf_check -o match:'^escaped: sethostname' \
	    jexec n "$ESC/kernel" hostname mine
	atf_check -o inline:"mine\n" jexec n uname -n
	atf_check -o inline:"box\n" uname -n
}
hostname_held()
{
	must_hold jexec "$1" "$ESC/kernel" hostname owned
	atf_check -o inline:"box\n" uname -n
}

atf_test_case keys
keys_head()
{
	atf_set descr "Keys of the host's session, inherited by what jexec runs"
}
keys_body()
{
	need_key
	weak_jail w path=/
	must_escape "$ESC/kernel" with_key cellblock.test \
	    jexec w "$ESC/kernel" keys cellblock.test
	atf_check jail -r w
	each_kind keys_held
	# the filter of system calls is not all that stands there
	plain_jail n path=/ host.unconfined=syscalls
	must_hold_key n
}
need_key()
{
	atf_check -o match:'^escaped: read the key' "$ESC/kernel" \
	    with_key cellblock.test "$ESC/kernel" keys cellblock.test
}
keys_held()
{
	must_hold "$ESC/kernel" with_key cellblock.test \
	    jexec "$1" "$ESC/kernel" keys cellblock.test
}
# It may have keys of its own: adding one is no way out, reading this one is.
must_hold_key()
{
	KIND="without the filter"
	attempt "$ESC/kernel" with_key cellblock.test \
	    jexec "$1" "$ESC/kernel" keys cellblock.test
	case $VERDICT in
	*'read the key'*) atf_fail "$VERDICT" ;;
	esac
}

atf_test_case terminal
terminal_head()
{
	atf_set descr "Typing into the terminal that jexec was called on"
}
terminal_body()
{
	# jexec has a terminal of its own for the command; who has not is read
	weak_jail w path=/
	must_escape "$ESC/tty" on "$ESC/naive" "$(init_pid w)" "$ESC/tty" push
	atf_check jail -r w
	each_kind terminal_held
}
terminal_held()
{
	must_hold "$ESC/tty" on jexec "$1" "$ESC/tty" push
}

atf_init_test_cases()
{
	for c in $CASES; do
		atf_add_test_case "$c"
	done
	atf_add_test_case ports
	atf_add_test_case limits
	atf_add_test_case hostname
	atf_add_test_case keys
	atf_add_test_case terminal
}
