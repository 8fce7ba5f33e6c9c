#! /usr/bin/env atf-sh
# Ways out by the network: sockets that no mount keeps apart, a stack that is
# the host's, interfaces of another's, and what the host learns from a jail.
. "$(atf_get_srcdir)/common.sh" || exit

# The kinds of jail that share the box's stack.
each_sharing()
{
	local root

	root=$PWD/root
	[ -d "$root" ] || root_new "$root"
	for KIND in "path=/" "path=$root"; do
		ROOT=${KIND#path=}
		plain_jail d "$KIND"
		"$@" d
		atf_check jail -r d
	done
}

# --- abstract unix sockets (CVE-2020-15257)

abstract_wall()
{
	jail -q -c name=probe persist 2>probe.err || atf_fail "jail"
	jail -r probe
	! grep -q 'abstract unix sockets' probe.err ||
	    atf_skip "$(cat probe.err)"
}

atf_test_case abstract
abstract_head()
{
	atf_set descr "The host's abstract unix sockets, from a shared stack"
}
abstract_body()
{
	abstract_wall
	started host.out "$ESC/sockets" listen @cellblock.test
	weak_jail w path=/
	must_escape jexec w "$ESC/sockets" connect @cellblock.test
	atf_check jail -r w
	plain_jail a path=/ allow.socket_af
	must_escape jexec a "$ESC/sockets" connect @cellblock.test
	each_sharing abstract_held
	# the parameter counts from when it is set
	atf_check jail -m name=a allow.nosocket_af
	KIND="allow.nosocket_af"
	must_hold jexec a "$ESC/sockets" connect @cellblock.test
	atf_check jail -m name=a allow.socket_af
	must_escape jexec a "$ESC/sockets" connect @cellblock.test
	atf_check jail -r a
	# with a stack of its own there is nobody at that name
	plain_jail v path=/ vnet
	KIND="vnet"
	must_hold jexec v "$ESC/sockets" connect @cellblock.test
}
abstract_held()
{
	must_hold jexec "$1" "$ESC/sockets" connect @cellblock.test
}

atf_test_case abstract_name
abstract_name_head()
{
	atf_set descr "An abstract name that the host's programs would call"
	vm_also "kernels with BPF LSM programs tell of bind"
}
abstract_name_body()
{
	abstract_wall
	weak_jail w path=/
	must_escape jexec w "$ESC/sockets" bind @cellblock.test
	atf_check jail -r w
	plain_jail d path=/
	# where the kernel tells of names only it cannot be held
	"$CB_BUILD/tests/unit/cgbpf_unix_test" names 2>&1 |
	    grep -q 'does not tell of bind' &&
	    atf_skip "this kernel does not tell of bind"
	atf_check jail -r d
	each_sharing abstract_name_held
}
abstract_name_held()
{
	must_hold jexec "$1" "$ESC/sockets" bind @cellblock.test
}

atf_test_case abstract_siblings
abstract_siblings_head()
{
	atf_set descr "A jail's abstract unix sockets, from its sibling"
}
abstract_siblings_body()
{
	abstract_wall
	plain_jail a path=/
	plain_jail b path=/
	weak_jail w path=/
	started a.out jexec a "$ESC/sockets" auto
	must_escape jexec w "$ESC/sockets" reach "$(cat a.out)"
	KIND=sibling
	must_hold jexec b "$ESC/sockets" reach "$(cat a.out)"
}

# --- families and a stack that is shared

atf_test_case families
families_head()
{
	atf_set descr "Socket families that know nothing of jails"
}
families_body()
{
	weak_jail w path=/
	must_escape jexec w "$ESC/sockets" families
	must_escape jexec w "$ESC/sockets" families vnet
	must_escape jexec w "$ESC/sockets" raw
	atf_check jail -r w
	each_jail families_held
}
families_held()
{
	case $KIND in
	*vnet*) must_hold jexec "$1" "$ESC/sockets" families vnet ;;
	*)
		must_hold jexec "$1" "$ESC/sockets" families
		must_hold jexec "$1" "$ESC/sockets" raw
		;;
	esac
}

atf_test_case shared_stack
shared_stack_head()
{
	atf_set descr "Addresses, interfaces and flags of a stack it shares"
}
shared_stack_body()
{
	local before

	before=$(ip addr)
	each_sharing shared_stack_held
	[ "$(ip addr)" = "$before" ] || atf_fail "the stack has changed"
	weak_jail w path=/
	must_escape jexec w "$ESC/netcfg" addr
	must_escape jexec w "$ESC/netcfg" link escape0
	must_escape jexec w "$ESC/netcfg" up lo
}
shared_stack_held()
{
	must_hold jexec "$1" "$ESC/netcfg" addr
	must_hold jexec "$1" "$ESC/netcfg" link escape0
	must_hold jexec "$1" "$ESC/netcfg" up lo
	must_hold jexec "$1" "$ESC/files" writable /proc/sys/net
}

# --- another's interfaces (CVE-2017-5985)

atf_test_case foreign_if
foreign_if_head()
{
	atf_set descr "Moving interfaces of a stack it has a descriptor of"
}
foreign_if_body()
{
	local before

	# a pair gives the jail's stack a number for the box's
	ifconfig epair create >/dev/null || atf_fail "epair"
	mkdir -p /tmp/shared
	chmod 1777 /tmp/shared
	started give.out "$ESC/netcfg" give /tmp/shared/ns /proc/self/ns/net
	before=$(ip link | sed 's/ state.*//')
	for d in "" " children.max=2"; do
		KIND="vnet$d"
		# shellcheck disable=SC2086 # words
		plain_jail d path=/ vnet vnet.interface=epair0b $d
		must_hold jexec d "$ESC/netcfg" take /tmp/shared/ns epair0a
		ip link show epair0a >/dev/null || atf_fail "epair0a is gone"
		atf_check jail -r d
		[ "$(ip link | sed 's/ state.*//')" = "$before" ] || {
			ip link
			atf_fail "the box has other interfaces now"
		}
	done
	weak_jail w path=/ vnet vnet.interface=epair0b
	must_escape jexec w "$ESC/netcfg" take /tmp/shared/ns epair0a
}

atf_test_case handed_back
handed_back_head()
{
	atf_set descr "What comes home from a jail is what was lent, no other"
}
handed_back_body()
{
	ifconfig epair create >/dev/null || atf_fail "epair"
	ip link show epair0b | sed -n 's/.*ether \([^ ]*\).*/\1/p' >mac
	plain_jail d path=/ vnet vnet.interface=epair0b
	# it hides the lent one, and shows one of its own in its place
	atf_check jexec d ip link set epair0b name hidden
	atf_check jexec d ip link add epair0b address "$(cat mac)" \
	    type bridge
	atf_check jexec d ip link add other type veth peer name other2
	atf_check jail -r d
	ip -d link show epair0b >after || atf_fail "epair0b is not back"
	grep -q veth after || atf_fail "that is not epair0b: $(cat after)"
	ip link set epair0a up
	ip link set epair0b up
	wait_for 30 sh -c 'ip link show epair0a | grep -q "state UP"' ||
	    atf_fail "it is another pair's"
	ip link show | grep -q 'hidden\|other' && atf_fail "a planted one came"
	true
}

# --- router advertisements (CVE-2020-10749)

# took IF: the box has made itself an address or a route of what was sent.
took()
{
	ip -6 addr show dev "$1" | grep -q 2001:db8:bad: ||
	    ip -6 route show dev "$1" | grep -q 'proto ra'
}

ready_if()
{
	ip -6 addr show dev "$1" | grep -q inet6 &&
	    ! ip -6 addr show dev "$1" | grep -q tentative
}

atf_test_case routeradv
routeradv_head()
{
	atf_set descr "A jail that says it is the host's router"
}
routeradv_body()
{
	ifconfig bridge create >/dev/null || atf_fail "bridge"
	ifconfig epair create >/dev/null || atf_fail "epair"
	ifconfig epair create >/dev/null || atf_fail "epair"
	ifconfig bridge0 addm epair0a up || atf_fail "bridge0"
	ifconfig epair0a up
	ifconfig epair1a up
	plain_jail d path=/ vnet vnet.interface=epair0b,epair1b
	for i in epair0b epair1b; do
		atf_check jexec d ip link set "$i" up
	done
	# as configured: an address of its own on each, so that IPv6 is on
	ifconfig bridge0 inet6 fd00:1::1/64 || atf_fail "bridge0 inet6"
	ifconfig epair1a inet6 fd00:2::1/64 || atf_fail "epair1a inet6"
	must_wait 5 ready_if bridge0
	must_wait 5 ready_if epair1a
	for i in epair0b epair1b; do
		atf_check -o inline:"sent\n" jexec d "$ESC/routeradv" "$i"
	done
	for i in bridge0 epair0a epair1a; do
		wait_for 1 took "$i" && atf_fail "$i took it"
	done
	# asked for, it does
	ifconfig epair1a inet6 accept_rtadv || atf_fail "accept_rtadv"
	atf_check -o inline:"sent\n" jexec d "$ESC/routeradv" epair1b
	must_wait 5 took epair1a
}

atf_init_test_cases()
{
	atf_add_test_case abstract
	atf_add_test_case abstract_name
	atf_add_test_case abstract_siblings
	atf_add_test_case families
	atf_add_test_case shared_stack
	atf_add_test_case foreign_if
	atf_add_test_case handed_back
	atf_add_test_case routeradv
}
