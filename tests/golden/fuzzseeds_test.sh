#! /usr/bin/env atf-sh
# The seeds of each fuzzer, and what it once found, run through it again.
CB_NO_BOX=1
. "$(atf_get_srcdir)/../system/common.sh"

atf_test_case ifconfig
ifconfig_head()
{
	atf_set descr "Command lines of ifconfig(8): hostile seeds"
}
ifconfig_body()
{
	atf_check -o match:"^[0-9]+ inputs$" -e ignore \
		"$CB_BUILD/tests/fuzz/ifconfig_replay" \
		"$CB_SRC/tests/fuzz/ifconfig"
}

atf_test_case ifstate
ifstate_head()
{
	atf_set descr "State files of interfaces: hostile seeds"
}
ifstate_body()
{
	atf_check -o match:"^[0-9]+ inputs$" -e ignore \
		"$CB_BUILD/tests/fuzz/ifstate_replay" \
		"$CB_SRC/tests/fuzz/ifstate"
}

atf_test_case jailconf
jailconf_head()
{
	atf_set descr "jail.conf(5): hostile seeds and the golden corpus"
}
jailconf_body()
{
	atf_check -o match:"^[0-9]+ inputs$" -e ignore \
		"$CB_BUILD/tests/fuzz/jailconf_replay" \
		"$CB_SRC/tests/fuzz/jailconf" "$CB_SRC/tests/golden/jail.conf"
}

atf_test_case rcedit
rcedit_head()
{
	atf_set descr "Changes to rc.conf: hostile seeds"
}
rcedit_body()
{
	atf_check -o match:"^[0-9]+ inputs$" -e ignore \
		"$CB_BUILD/tests/fuzz/rcedit_replay" \
		"$CB_SRC/tests/fuzz/rcedit"
}

atf_test_case rcset
rcset_head()
{
	atf_set descr "What shells print for set: hostile seeds"
}
rcset_body()
{
	atf_check -o match:"^[0-9]+ inputs$" -e ignore \
		"$CB_BUILD/tests/fuzz/rcset_replay" \
		"$CB_SRC/tests/fuzz/rcset"
}

atf_init_test_cases()
{
	atf_add_test_case ifconfig
	atf_add_test_case ifstate
	atf_add_test_case jailconf
	atf_add_test_case rcedit
	atf_add_test_case rcset
}
