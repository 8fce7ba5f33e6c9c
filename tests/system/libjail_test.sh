#! /usr/bin/env atf-sh
# libjail: jail(3) for programs that know only its headers, shared and static.
. "$(atf_get_srcdir)/common.sh" || exit

atf_test_case import
import_head()
{
	atf_set descr "Texts become values and texts again; bad ones are told"
}
import_body()
{
	atf_check -o inline:"4 7\n" libjail_probe import jid 7
	atf_check -o inline:"4 true\n" libjail_probe import persist 1
	atf_check -o inline:"4 false\n" libjail_probe import nopersist false
	atf_check -o inline:"4 inherit\n" libjail_probe import vnet inherit
	atf_check -o inline:"0 new\n" libjail_probe import vnet ""
	atf_check -o inline:"5 /a b\n" libjail_probe import path "/a b"
	atf_check -o inline:"8 10.0.0.1,10.0.0.2\n" \
		libjail_probe import ip4.addr 10.0.0.1,10.0.0.2
	atf_check -o inline:"16 2001:db8::1\n" \
		libjail_probe import ip6.addr 2001:db8:0::1
	atf_check -o inline:"0 \n" libjail_probe import ip4.addr ""
	atf_check -o inline:"3 me\n" libjail_probe import meta.owner me
	while IFS='|' read -r name value text; do
		atf_check -s exit:1 -e inline:"$text\n" \
			libjail_probe import "$name" "$value"
	done <<-LIST
	colour|red|unknown parameter: colour
	exec.start|x|unknown parameter: exec.start
	jid|x|jid: non-integer value "x"
	allow.mount|perhaps|allow.mount: unknown boolean value "perhaps"
	vnet|maybe|vnet: unknown jailsys value "maybe"
	ip4.addr|10.0.0.1,::1|ip4.addr: not an IPv4 address: ::1
	LIST
}

atf_test_case all
all_head()
{
	atf_set descr "jailparam_all lists what belongs to running jails"
}
all_body()
{
	libjail_probe all >table || atf_fail "jailparam_all"
	atf_check -o inline:"jid 2 0\n" grep "^jid " table
	atf_check -o inline:"persist 2 2\n" grep "^persist " table
	atf_check -o inline:"vnet 2 8\n" grep "^vnet " table
	atf_check -o inline:"ip6.addr 5 0\n" grep "^ip6.addr " table
	atf_check -s exit:1 grep -E "^(exec|mount|depend)" table
}

atf_test_case life
life_head()
{
	atf_set descr "Make, find, change and remove a jail, as jls sees it"
}
life_body()
{
	for probe in libjail_probe libjail_probe_static; do
		atf_check -o save:jid $probe set 1 name=one path=/ persist \
			vnet host.hostname=first allow.set_hostname=false
		jid=$(cat jid)
		atf_check -o inline:"$jid /\n" jls -j one jid path
		atf_check -o inline:"$jid\n" $probe id one
		atf_check -o inline:"$jid\n" $probe id "$jid"
		atf_check -o inline:"one\n" $probe name "$jid"
		atf_check -o inline:"first\n" jexec one uname -n
		atf_check -o inline:"second\n" $probe hostname one second
		atf_check -o inline:"second\n" jexec one uname -n
		atf_check -o inline:"path=/\npersist=true\nnopersist=false\nvnet=new\nhost.hostname=second\nallow.set_hostname=false\nchildren.max=0\nip4.addr=\n" \
			$probe get name one path persist nopersist vnet \
			host.hostname allow.set_hostname children.max ip4.addr
		atf_check -s exit:1 -e inline:'jail "one" already exists\n' \
			$probe set 1 name=one path=/ persist
		atf_check $probe remove "$jid"
		atf_check -s exit:1 -e inline:'jail "one" not found\n' \
			$probe id one
		atf_check -s exit:1 -e match:"not found" $probe name "$jid"
		atf_check -s exit:1 -e ignore $probe remove "$jid"
	done
}

atf_test_case list
list_head()
{
	atf_set descr "lastjid walks over all jails in order"
}
list_body()
{
	atf_check -o empty libjail_probe list
	for n in a b c; do
		atf_check -o ignore libjail_probe set 1 name=$n path=/ persist
	done
	jls jid | sort -n >expected
	atf_check -o file:expected libjail_probe list
	atf_check -o inline:"3\n" sh -c 'libjail_probe list | wc -l'
}

atf_test_case errors
errors_head()
{
	atf_set descr "What cannot be set says so, and nothing is made"
}
errors_body()
{
	while IFS='|' read -r flags params text; do
		# shellcheck disable=SC2086 # a list of words
		atf_check -s exit:1 -e inline:"$text\n" \
			libjail_probe set "$flags" $params
	done <<-LIST
	1|name=x path=/|new jail must persist or attach
	1|name=x path=/nowhere persist|path /nowhere: No such file or directory
	0|name=x path=/ persist|no valid operation (create or update)
	2|name=x persist|jail "x" not found
	64|name=x|invalid flags
	LIST
	atf_check -o empty libjail_probe list
}

atf_test_case attach
attach_head()
{
	atf_set descr "jail_attach: the caller goes on inside, to its end"
}
attach_body()
{
	jail -c name=j path=/ persist vnet host.hostname=inside ||
		atf_fail "jail -c"
	jid=$(jls -j j jid)
	atf_check -o inline:"inside\n" libjail_probe attach "$jid" uname -n
	atf_check -s exit:7 libjail_probe attach "$jid" sh -c 'exit 7'
	atf_check -o inline:"/\n" libjail_probe attach "$jid" pwd
	# its processes, its interfaces
	atf_check -o inline:"lo\n" libjail_probe attach "$jid" sh -c \
		'ls /proc/self/ns >/dev/null; sed -n "s/ *\([a-z0-9]*\):.*/\1/p" /proc/self/net/dev'
	atf_check -s exit:1 -e match:"^jail_attach: " libjail_probe attach 99 \
		true
	# a descriptor goes along, as on FreeBSD
	echo text >file
	atf_check -o inline:"text\n" libjail_probe attach "$jid" \
		sh -c 'cat <&7' 7<file
}

atf_test_case create_attach
create_attach_head()
{
	atf_set descr "A jail made and entered in one call ends with its caller"
}
create_attach_body()
{
	libjail_probe enter mine sh -c 'echo in; read x; exit 5' <&- >out &
	wait $! # no input: it ends at once
	atf_check_equal 5 $?
	atf_check -o inline:"in\n" cat out
	mkfifo hold
	libjail_probe enter other sh -c 'read x' <hold &
	exec 9>hold
	must_wait 5 libjail_probe id other
	atf_check -o inline:"nopersist\n" sh -c 'jls -n -j other persist'
	exec 9>&-
	wait $!
	must_wait 5 sh -c '! libjail_probe id other'
}

atf_init_test_cases()
{
	atf_add_test_case import
	atf_add_test_case all
	atf_add_test_case life
	atf_add_test_case list
	atf_add_test_case errors
	atf_add_test_case attach
	atf_add_test_case create_attach
}
