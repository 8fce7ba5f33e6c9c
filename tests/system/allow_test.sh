#! /usr/bin/env atf-sh
# Rights of jails, allow.*: those that are in force, with and without.
. "$(atf_get_srcdir)/common.sh" || exit

# make_jail NAME PARAMETER...
make_jail()
{
	local name=$1

	shift
	atf_check -e ignore jail -c path=/ persist name="$name" "$@"
}

atf_test_case reserved_ports
reserved_ports_head()
{
	atf_set descr "allow.reserved_ports: on by default; without it no port below 1024"
}
reserved_ports_body()
{
	make_jail with
	make_jail without allow.noreserved_ports
	atf_check -s exit:124 -o inline:"ready\n" -e ignore \
		timeout -k 1 1 jexec with "$CB_TOOLS/peer" serve tcp 127.0.0.1 80
	atf_check -s exit:1 -e match:"Permission denied" \
		jexec without "$CB_TOOLS/peer" serve tcp 127.0.0.1 80
	atf_check -s exit:124 -o inline:"ready\n" -e ignore \
		timeout -k 1 1 jexec without "$CB_TOOLS/peer" serve tcp \
		127.0.0.1 1080
}

atf_test_case raw_sockets
raw_sockets_head()
{
	atf_set descr "allow.raw_sockets: off by default, always on in a stack of one's own"
}
raw_sockets_body()
{
	make_jail with allow.raw_sockets host.users=inherit
	make_jail without host.users=inherit
	make_jail own vnet
	atf_check -o inline:"ready\n0\n" \
		jexec with "$CB_TOOLS/sniff" -q -t 50 lo
	atf_check -s not-exit:0 -e match:"not permitted" \
		jexec without "$CB_TOOLS/sniff" -q -t 50 lo
	atf_check -o inline:"ready\n0\n" \
		jexec own "$CB_TOOLS/sniff" -q -t 50 lo
}

atf_test_case chflags
chflags_head()
{
	atf_set descr "allow.chflags: file flags can be changed only with it"
}
chflags_body()
{
	need chattr
	touch /tmp/file
	chattr +i /tmp/file 2>/dev/null ||
		atf_skip "this file system has no flags"
	chattr -i /tmp/file
	make_jail with allow.chflags host.users=inherit
	make_jail without host.users=inherit
	atf_check -s not-exit:0 -e match:"not permitted" \
		jexec without chattr +i /tmp/file
	atf_check jexec with chattr +i /tmp/file
	atf_check jexec with chattr -i /tmp/file
}

atf_test_case settime
settime_head()
{
	atf_set descr "allow.settime: the clock cannot be set without it"
}
settime_body()
{
	make_jail without host.users=inherit
	make_jail with allow.settime host.users=inherit
	atf_check -s exit:1 -o ignore -e match:"not permitted" \
		jexec without date -s 2001-01-01
	# with it the clock is the machine's: only look
	caps=$(jexec with sed -n 's/^CapEff:[ \t]*//p' /proc/self/status)
	[ $((0x$caps >> 25 & 1)) = 1 ] || atf_fail "no CAP_SYS_TIME: $caps"
}

atf_test_case no_more_than_parent
no_more_than_parent_head()
{
	atf_set descr "A jail's jail gets no right that the jail has not"
}
no_more_than_parent_body()
{
	make_jail outer children.max=2
	atf_check -s exit:1 -o ignore \
		-e match:"jail_set: Operation not permitted" \
		jexec outer jail -c name=in path=/ persist allow.settime
	atf_check -o ignore -e ignore jexec outer jail -c name=in path=/ persist
	atf_check -s exit:1 -o ignore -e match:"not permitted" \
		jexec outer.in date -s 2001-01-01
}

atf_init_test_cases()
{
	atf_add_test_case reserved_ports
	atf_add_test_case raw_sockets
	atf_add_test_case chflags
	atf_add_test_case settime
	atf_add_test_case no_more_than_parent
}
