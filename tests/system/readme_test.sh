#! /usr/bin/env atf-sh
# The tour of the README is what one gets who types it.
. "$(atf_get_srcdir)/common.sh" || exit

# What differs from machine to machine, and from one time to the next.
mask()
{
	sed 's/time=[0-9.]* ms/time=T ms/; s/^rtt .*/rtt/
	    s/, time [0-9]*ms/, time T/; s/ether [0-9a-f:]*/ether E/
	    s/options=.*/options/; s/^ *[0-9][0-9]* \(  *[a-z]\)/JID\1/'
}

atf_test_case tour
tour_head()
{
	atf_set descr "Each command of the README's tour prints what stands there"
	atf_set timeout 60
}
tour_body()
{
	local line

	COLUMNS=78
	export COLUMNS
	awk '/^```console/ { on = 1; next } /^```/ { on = 0 } on' \
	    "$CB_SRC/README.md" >said
	grep -q '^# cellblock up ' said || atf_fail "no tour in the README"
	cp -R "$CB_SRC/examples" .
	while IFS= read -r line; do
		case $line in
		'# '*)
			echo "$line"
			# The README's own words, run as they stand.
			eval "${line#??}" 2>&1 </dev/null
			;;
		esac
	done <said >got
	mask <said >want
	mask <got >have
	diff -u want have || atf_fail "the README shows something else"
}

atf_test_case cable
cable_head()
{
	atf_set descr "The README's cable leads from the lab to the world"
	atf_set timeout 60
}
cable_body()
{
	# the world: a machine at the other end of eth0
	atf_check jail -c name=world vnet persist
	ip link add eth0 type veth peer name eth1
	atf_check ifconfig eth0 inet 192.0.2.2/24
	atf_check ifconfig eth1 vnet world
	atf_check ifconfig -j world eth1 inet 192.0.2.1/24
	atf_check ifconfig -j world lo0 inet 198.51.100.1/32
	atf_check -o ignore route add default 192.0.2.1
	atf_check cellblock up -q "$CB_SRC/examples/router"
	awk '/^No cable leads/ { on = 1 } /^`ifconfig epair9a destroy/ { on = 0 }
	    on && /^    / { print substr($0, 5) }' "$CB_SRC/README.md" >plug
	atf_check -o not-empty grep pfctl plug
	atf_check -o ignore -e ignore sh -e plug
	atf_check -o match:" 0% packet loss" \
	    jexec router.left ping -c 1 -W 5 198.51.100.1
}

atf_init_test_cases()
{
	atf_add_test_case cable
	atf_add_test_case tour
}
