#! /usr/bin/env atf-sh
# Interfaces between vnets: what goes along, what stays behind, what is refused.
. "$(atf_get_srcdir)/common.sh" || exit

# Vnet x, with its own state directory at the usual place for who runs ./x.
vnet_x()
{
	netns_new x
	mkdir -p /run/cellblock/if-x /run/cellblock/if
	cat >x <<-'EOF'
	#! /bin/sh
	exec ip netns exec x unshare -m sh -c '
		mount --bind /run/cellblock/if-x /run/cellblock/if &&
		exec "$@"' sh "$@"
	EOF
	chmod +x x
}

atf_test_case epair
epair_head()
{
	atf_set descr "Down, without addresses, out of its bridge; name stays"
}
epair_body()
{
	vnet_x
	ifconfig epair0 create >/dev/null
	ifconfig bridge0 create
	ifconfig bridge0 addm epair0a
	ifconfig epair0a inet 192.0.2.1/24
	ifconfig epair0a description "to x" group lan metric 4
	atf_check vnetmove . epair0a x
	atf_check -s exit:1 \
	    -e inline:"ifconfig: interface epair0a does not exist\n" \
	    ifconfig epair0a
	atf_check -o not-match:epair0a ifconfig bridge0
	atf_check -o match:"^epair0a: flags=[0-9a-f]+<BROADCAST" \
	    -o match:"metric 4" \
	    -o match:"description: to x$" -o match:"groups: epair$" \
	    -o not-match:inet -o not-match:"<UP" ./x ifconfig epair0a
	atf_check_equal "" "$(find /run/cellblock/if -type f -name '*.[0-9]*')"
	atf_check vnetmove x epair0a .
	atf_check -o match:"description: to x$" ifconfig epair0a
}

atf_test_case clash
clash_head()
{
	atf_set descr "A name that is taken there: refused, and nothing changed"
}
clash_body()
{
	vnet_x
	ifconfig epair0 create >/dev/null
	ifconfig bridge0 create
	ifconfig epair0a inet 192.0.2.1/24
	./x ifconfig epair0 create >/dev/null
	./x ifconfig bridge0 create
	atf_check -s exit:1 -e inline:"SIOCSIFVNET: File exists\n" \
	    vnetmove . epair0a x
	atf_check -o match:"inet 192.0.2.1" ifconfig epair0a
	atf_check -s exit:1 -e inline:"SIOCSIFVNET: File exists\n" \
	    vnetmove . bridge0 x
	atf_check -o ignore ifconfig bridge0
	atf_check -s exit:1 -e inline:"SIOCSIFVNET: Invalid argument\n" \
	    vnetmove . lo0 x
	atf_check -s exit:1 -e inline:"interface nope does not exist\n" \
	    vnetmove . nope x
	atf_check vnetmove . epair0a .
	atf_check -o match:"inet 192.0.2.1" ifconfig epair0a
}

atf_test_case renumbered
renumbered_head()
{
	atf_set descr "The state goes along when the index must change"
}
renumbered_body()
{
	local index n

	vnet_x
	ifconfig epair0 create >/dev/null
	index=$(cat /sys/class/net/epair0a/ifindex)
	for n in $(seq 0 9); do
		ip -n x link add taken$n type bridge
	done
	ip -n x link show | grep -q "^$index: taken" ||
	    atf_fail "the index is not taken"
	ifconfig epair0a metric 9
	atf_check -o inline:"up0\n" ifconfig epair0a name up0
	atf_check vnetmove . up0 x
	atf_check -o match:"metric 9" -o match:"groups: epair$" \
	    ./x ifconfig up0
	atf_check -o match:"metric 0" ./x ifconfig taken0
	atf_check vnetmove x up0 .
	atf_check -o match:"metric 9" ifconfig up0
	# still the pair of unit 0
	atf_check -o inline:"epair1a\n" ifconfig epair create
}

atf_test_case bridge
bridge_head()
{
	atf_set descr "A bridge is rebuilt there, with its settings"
}
bridge_body()
{
	local mac

	vnet_x
	ifconfig bridge0 create
	ifconfig epair0 create >/dev/null
	ifconfig epair1 create >/dev/null
	ifconfig bridge0 addm epair0a span epair1a mtu 1400 timeout 77
	ifconfig bridge0 description "a switch" metric 2
	ifconfig bridge0 inet 192.0.2.1/24
	mac=$(ifconfig bridge0 | sed -n 's/^	ether //p')
	atf_check -o inline:"net0\n" ifconfig bridge0 name net0
	atf_check vnetmove . net0 x
	atf_check -s exit:1 -e ignore ifconfig net0
	atf_check -o match:"mtu 1400$" -o match:"ether $mac" \
	    -o match:"timeout 77$" -o match:"description: a switch$" \
	    -o match:"metric 2" -o match:"groups: bridge$" \
	    -o not-match:member -o not-match:inet ./x ifconfig net0
	# members and span ports are free again
	atf_check -o not-match:clsact tc qdisc show
	ifconfig bridge1 create
	atf_check ifconfig bridge1 addm epair0a addm epair1a
	# it still is bridge0
	atf_check -o inline:"bridge2\n" ifconfig bridge create
	atf_check vnetmove x net0 .
	atf_check -o match:"timeout 77$" ifconfig net0
	atf_check ifconfig net0 destroy
	atf_check -o inline:"bridge0\n" ifconfig bridge create
}

atf_test_case span_port
span_port_head()
{
	atf_set descr "A span port or a member that moves leaves no mirror"
}
span_port_body()
{
	vnet_x
	ifconfig bridge0 create
	ifconfig epair0 create >/dev/null
	ifconfig epair1 create >/dev/null
	ifconfig bridge0 addm epair0a span epair1a
	atf_check vnetmove . epair0a x
	atf_check -o not-match:clsact ip netns exec x tc qdisc show
	ifconfig epair2 create >/dev/null
	ifconfig bridge0 addm epair2a
	atf_check -o match:clsact tc qdisc show dev epair2a
	atf_check vnetmove . epair1a x
	atf_check -o not-match:clsact tc qdisc show
	atf_check -o not-match:SPAN ifconfig bridge0
	atf_check ./x ifconfig bridge5 create addm epair1a
}

atf_test_case hostile
hostile_head()
{
	atf_set descr "What a jail wrote for its own level is not believed"
}
hostile_body()
{
	local f cookie dir=/run/cellblock/if-x

	vnet_x
	ifconfig epair0 create >/dev/null
	ifconfig epair1 create >/dev/null
	ifconfig epair0a metric 1
	atf_check vnetmove . epair0a x
	f=$(find $dir -type f -name '*.[0-9]*')
	printf 'home epair1a\ngroup lan\nmetric 5\ndescr \033[2Jx\n' >$f
	atf_check vnetmove x epair0a .
	atf_check -o match:"groups: epair$" -o not-match:"$(printf '\033')" \
	    ifconfig epair0a
	# a unit is what we noted, not what the file says
	atf_check ifconfig epair1a destroy
	atf_check -o inline:"epair1a\n" ifconfig epair create
	# links instead of files lead nowhere
	atf_check vnetmove . epair0a x
	rm -rf $dir/units
	mkdir /run/victim
	ln -s /run/victim $dir/units
	cookie=${f##*/}
	cookie=${cookie%.*}
	for f in $(seq 1 40); do
		ln -sf /run/victim/file $dir/$cookie.$f
	done
	atf_check vnetmove x epair0a .
	atf_check_equal "" "$(ls /run/victim)"
}

atf_init_test_cases()
{
	atf_add_test_case epair
	atf_add_test_case clash
	atf_add_test_case renumbered
	atf_add_test_case bridge
	atf_add_test_case span_port
	atf_add_test_case hostile
}
