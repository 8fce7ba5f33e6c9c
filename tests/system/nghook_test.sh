#! /usr/bin/env atf-sh
# nghook(8): packets of a hook on standard input and output.
. "$(atf_get_srcdir)/common.sh" || exit

usage="usage: nghook [-adlnsS] [-m msg]* path [hookname]
   or: nghook -e [-n] [-m msg]* path hookname prog [args...]"

has_hook()
{
	ngctl show h: | grep -q "^  $1 "
}

# send BYTES: a packet into the hub
send()
{
	printf 'connect h: x from-ngctl\nwrite x %s\n' "$*" >script
	atf_check ngctl -f script
}

# hook NAME OPTION...: nghook at h:NAME in the background, output to NAME.out;
# its input stays open on fd 3.
hook()
{
	local name="$1"

	shift
	mkfifo "$name.in"
	nghook "$@" h: "$name" <"$name.in" >"$name.out" 2>"$name.err" &
	exec 3>"$name.in"
	must_wait 5 has_hook "$name"
}

atf_test_case usage
usage_head()
{
	atf_set descr "What nghook does not understand"
}
usage_body()
{
	atf_check -o inline:"$usage\n" nghook --help
	atf_check -s exit:64 -e inline:"$usage\n" nghook
	atf_check -s exit:64 -e inline:"$usage\n" nghook a b c
	atf_check -s exit:64 -e inline:"$usage\n" nghook -e h: hook
	atf_check -s exit:64 -e inline:"conflicting options\n$usage\n" \
	    nghook -ea h: hook cat
	atf_check -s exit:64 -e inline:"nghook: illegal option -- x\n$usage\n" \
	    nghook -x h:
	atf_check -s exit:71 -e inline:"nghook: can't connect to node: \
No such file or directory\n" nghook h:
}

atf_test_case relay
relay_head()
{
	atf_set descr "Input goes to the node, what comes to output, till EOF"
}
relay_body()
{
	a_hub
	hook one
	hook two -a
	send 72 105 10
	must_wait 5 grep -q Hi one.out
	must_wait 5 grep -q '^0000:  48 69 0a ' two.out
	atf_check -o inline:"Hi\n" cat one.out
	atf_check -o inline:"0000:  48 69 0a                                   \
      Hi.             \n\n" cat two.out
	# input of two is a packet to one
	printf 'there' >&3
	must_wait 5 grep -q there one.out
	exec 3>&-
	must_wait 5 sh -c "! ngctl show h: | grep -q '^  two '"
	atf_check -o inline:"nghook: EOF(stdin)\n" cat two.err
}

atf_test_case status
status_head()
{
	atf_set descr "The end of the input is status 71, as FreeBSD has it"
}
status_body()
{
	a_hub
	atf_check -s exit:71 -e inline:"nghook: EOF(stdin)\n" \
	    nghook h: debug </dev/null
	# the name of the hook when there is none
	nghook -n h: >out 2>&1 &
	must_wait 5 has_hook debug
	atf_check -s exit:71 -e inline:"nghook: can't connect to node: \
File exists\n" nghook h:
	kill $!
	must_wait 5 sh -c "! ngctl show h: | grep -q '^  debug '"
}

atf_test_case loop
loop_head()
{
	atf_set descr "-l sends back what comes"
}
loop_body()
{
	a_hub
	hook watch
	nghook -ln h: mirror >mirror.out 2>&1 &
	must_wait 5 has_hook mirror
	# to watch and mirror, and from mirror to watch
	send 65 66 67 10
	must_wait 5 sh -c "[ \$(grep -c ABC watch.out) = 2 ]"
	atf_check -o inline:"ABC\n" cat mirror.out
}

atf_test_case descriptors
descriptors_head()
{
	atf_set descr "-s writes to descriptor 0, -S reads from descriptor 1"
}
descriptors_body()
{
	a_hub
	nghook -sn h: out 0<>zero >one 2>&1 &
	must_wait 5 has_hook out
	send 111 10
	must_wait 5 grep -q o zero
	atf_check -o empty cat one
	printf 'abc' >file
	hook watch
	atf_check -s exit:71 -e inline:"nghook: EOF(stdin)\n" \
	    sh -c "nghook -S h: in 1<file"
	must_wait 5 grep -q abc watch.out
}

atf_test_case messages
messages_head()
{
	atf_set descr "-m sends messages when the hook is connected"
}
messages_body()
{
	atf_check ngctl -f - <<-'EOF'
		mkpeer . hub x a
		name .x h
		msg h: setpersistent
		mkpeer h: hub b c
		name h:b i
	EOF
	atf_check -s exit:71 -e inline:"nghook: EOF(stdin)\n" \
	    nghook -m setpersistent -m 'name { name="j" }' i: x </dev/null
	atf_check ngctl rmhook h: b
	atf_check -o match:"Name: j " ngctl list
	# an answer that nobody has taken is none to the next
	atf_check -s exit:71 -e inline:"nghook: EOF(stdin)\n" \
	    nghook -m nodeinfo -m 'name { name="k" }' h: x </dev/null
	atf_check -o match:"Name: k " ngctl list
	atf_check ngctl name k: h
	atf_check -s exit:71 -e inline:"nghook: sending message 'nosuch': \
Function not implemented\n" nghook -m nosuch h: x </dev/null
}

atf_test_case exec
exec_head()
{
	atf_set descr "-e: a program whose input and output are the hook"
}
exec_body()
{
	a_hub
	hook watch
	# a read(2) is a packet, so that `read`, byte by byte, would lose it
	cat >program <<-'EOF'
		#!/bin/sh
		printf hello
		printf '<%s>' "$(dd bs=2048 count=1 2>/dev/null)"
	EOF
	chmod +x program
	nghook -e h: prog ./program &
	must_wait 5 grep -q hello watch.out
	send 113 10
	must_wait 5 grep -q "<q>" watch.out
	atf_check -s exit:71 \
	    -e inline:"nghook: none: No such file or directory\n" \
	    nghook -e h: x none
}

atf_test_case large
large_head()
{
	atf_set descr "A packet is what one read gives, up to 64 KB"
}
large_body()
{
	a_hub
	hook watch
	head -c 1500 /dev/urandom >packet
	atf_check -s exit:71 -e inline:"nghook: EOF(stdin)\n" \
	    nghook h: x <packet
	must_wait 5 cmp packet watch.out
}

atf_init_test_cases()
{
	atf_add_test_case usage
	atf_add_test_case relay
	atf_add_test_case status
	atf_add_test_case loop
	atf_add_test_case descriptors
	atf_add_test_case messages
	atf_add_test_case exec
	atf_add_test_case large
}
