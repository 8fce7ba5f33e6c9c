#! /usr/bin/env atf-sh
# jexec(8): running things in jails.
. "$(atf_get_srcdir)/common.sh" || exit

usage='usage: jexec [-l] [-d working-directory] [-e name=value]
             [-u username | -U username] jail [command ...]'

atf_test_case usage
usage_body()
{
	atf_check -s exit:1 -e inline:"$usage\n" jexec
	atf_check -s exit:1 -e inline:"$usage\n" jexec -u a -U b x true
	atf_check -s exit:1 -e inline:"jexec: illegal option -- Z\n$usage\n" \
	    jexec -Z
	atf_check -s exit:1 -e inline:"jexec: -e requires name=value\n$usage\n" \
	    jexec -e foo x true
	atf_check -o inline:"$usage\n" jexec --help
	atf_check -o match:"^jexec .cellblock. [0-9]" jexec --version
}

atf_test_case errors
errors_body()
{
	atf_check -s exit:1 -e inline:'jexec: jail "x" not found\n' jexec x true
	atf_check -s exit:1 \
	    -e inline:"jexec: jail_attach(5): Invalid argument\n" jexec 5 true
	atf_check jail -c name=x persist
	atf_check -s exit:1 \
	    -e inline:"jexec: execvp: nocmd: No such file or directory\n" \
	    jexec x nocmd
	atf_check -s exit:1 -e inline:"jexec: nosuch: no such user\n" \
	    jexec -u nosuch x true
	atf_check -s exit:1 -e inline:"jexec: nosuch: no such user\n" \
	    jexec -U nosuch x true
	atf_check -s exit:1 \
	    -e inline:"jexec: chdir(): /nowhere: No such file or directory\n" \
	    jexec -d /nowhere x true
	atf_check -s exit:1 -e match:"^jexec: .*ermi" \
	    setpriv --reuid 65534 --regid 65534 --clear-groups jexec x true
	# jail_attach(2) asks for the right first, then for the jail
	atf_check -s exit:1 \
	    -e inline:"jexec: jail_attach(5): Operation not permitted\n" \
	    setpriv --reuid 65534 --regid 65534 --clear-groups jexec 5 true
	# the last part of one jail's name, as its host name often is
	atf_check jail -c name=a children.max=4 persist
	atf_check jail -c name=a.b persist
	atf_check -s exit:1 \
	    -e inline:'jexec: jail "b" not found; there is "a.b"\n' \
	    jexec b true
	atf_check jail -c name=a.c children.max=1 persist
	atf_check jail -c name=a.c.b persist
	atf_check -s exit:1 -e inline:'jexec: jail "b" not found\n' \
	    jexec b true
}

atf_test_case status
status_body()
{
	atf_check jail -c name=x persist
	atf_check jexec x true
	atf_check -s exit:7 jexec x sh -c 'exit 7'
	atf_check -s exit:255 jexec x sh -c 'exit 255'
	atf_check -s signal:term jexec x sh -c 'kill -TERM $$; sleep 9'
	atf_check -s signal:kill jexec x sh -c 'kill -KILL $$; sleep 9'
	# by number, with input and output
	atf_check -o inline:"abc\n" -x "echo abc | jexec 1 cat"
	atf_check -e inline:"err\n" jexec -n x sh -c 'echo err >&2'
}

atf_test_case environment
environment_body()
{
	atf_check jail -c name=x persist
	atf_check -o inline:"bar /\n" -x "FOO=bar jexec x sh -c 'echo \$FOO \$(pwd)'"
	atf_check -o inline:"/etc\n" jexec -d /etc x pwd
	atf_check -o inline:"1 2\n" -x \
	    "B=9 jexec -e A=1 -e B=2 x sh -c 'echo \$A \$B'"
	# -l: nothing of the caller's but TERM
	atf_check -o inline:"HOME PATH PWD SHELL TERM USER\n" -x \
	    "FOO=bar jexec -l x env | cut -d= -f1 | grep -v '^_$' | sort |
	    grep -v -e SHLVL | { cat; echo PWD; } | sort -u | xargs"
	# the machine's /root is closed to a root that is not the machine's
	atf_check -o inline:"/\n" jexec -l x pwd
	atf_check jail -c name=y persist host.users=inherit
	atf_check -o inline:"/root\n" jexec -l y pwd
	# cellblock's commands come first
	atf_check -o inline:"/run/cellblock/rt/bin/ifconfig\n" \
	    jexec x sh -c 'command -v ifconfig'
}

atf_test_case users
users_body()
{
	atf_check jail -c name=x persist
	atf_check -o inline:"root\n" jexec x id -un
	atf_check -o inline:"nobody nogroup\n" -x \
	    "jexec -u nobody x sh -c 'echo \$(id -un) \$(id -gn)'"
	atf_check -o inline:"daemon\n" jexec -U daemon x id -un
	# a user is one for good
	atf_check -s not-exit:0 -e ignore jexec -u nobody x touch /etc/x
}

atf_test_case isolation
isolation_body()
{
	sleep 66 &
	atf_check jail -c name=x persist host.hostname=inside
	atf_check -o inline:"inside\n" jexec x hostname
	atf_check -s exit:1 jexec x pgrep -f 'sleep 6[6]'
	atf_check -o match:"^ *1 " jexec x ps -e -o pid=,comm= --sort pid
	# no descriptor of ours but 0 to 2
	exec 7</etc/passwd
	atf_check -o inline:"0\n1\n2\n" jexec x sh -c 'ls /proc/self/fd | head -n 3'
	atf_check -s exit:1 -e ignore jexec x test -e /proc/self/fd/7
}

# Signals sent to jexec reach the command; its death is the command's.
atf_test_case signals
signals_body()
{
	atf_check jail -c name=x persist
	jexec x sh -c 'trap "echo got; exit 4" TERM; echo ready
	    while :; do sleep 0.1; done' >out &
	pid=$!
	must_wait 5 grep ready out
	kill -TERM $pid
	wait $pid
	atf_check_equal 4 $?
	atf_check -o inline:"ready\ngot\n" cat out
	jexec x sleep 67 &
	pid=$!
	must_wait 5 pgrep -f 'sleep 6[7]'
	kill -KILL $pid
	wait $pid
	must_wait 5 sh -c "! pgrep -f 'sleep 6[7]'"
}

# terminal COMMAND: run it on a terminal, its output in `log`; type() is what a
# person types there, shows() waits for the answer.
terminal()
{
	mkfifo keys
	script -qefc "$1" log <keys >/dev/null &
	TERMINAL=$!
	exec 3>keys
}
type()
{
	# shellcheck disable=SC2059 # with characters such as ^Z
	printf "$1" >&3
}
shows()
{
	must_wait 5 grep "$1" log
}
hang_up()
{
	exec 3>&-
	wait $TERMINAL
}

# An interactive shell in the jail has job control, and the terminal comes
# back.
atf_test_case terminal
terminal_head()
{
	atf_set timeout 120
}
terminal_body()
{
	need script
	atf_check jail -c name=x persist
	terminal "jexec x bash --norc -i; echo status \$?"
	type 'echo is $((40 + 2))\n'
	shows "is 42"
	type 'sleep 68\n'
	must_wait 5 pgrep -f '^sleep 6[8]'
	type '\032'
	shows "Stopped .*sleep 68"
	type 'kill -9 %%1; wait; jobs; exit 5\n'
	# it tells of the job that ended, or of none, and goes
	must_wait 5 sh -c "! pgrep -f '^sleep 6[8]'"
	shows "status 5"
	hang_up
	atf_check -o not-match:"no job control" cat log
}

atf_test_case stop
stop_head()
{
	atf_set descr "^Z stops jexec and its command, fg continues both"
	atf_set timeout 120
}
stop_body()
{
	need script
	atf_check jail -c name=x persist
	terminal "bash --norc -i"
	type 'jexec x sh -c "echo b""egin; read a; echo got \\$a"\n'
	shows begin
	type '\032'
	shows Stopped
	type 'echo mark $((1 + 1))\n'
	shows "mark 2"
	type 'fg\n'
	shows '^jexec x sh'
	type 'the end\n'
	shows "^got the end"
	type 'exit\n'
	hang_up
}

# The other end of a pipe keeps the terminal.
atf_test_case pipe
pipe_head()
{
	atf_set timeout 120
}
pipe_body()
{
	need script
	atf_check jail -c name=x persist
	terminal "bash --norc -i"
	type 'jexec x echo one | (read a; echo "rea""d"; read b </dev/tty; echo got $a $b)\n'
	shows "^read"
	type 'two\n'
	shows "^got one two"
	type 'exit\n'
	hang_up
}

atf_test_case shell
shell_body()
{
	atf_check jail -c name=x persist
	atf_check -o match:"^from jail$" -e ignore -x \
	    "echo 'echo from jail' | SHELL=/bin/sh jexec x"
}

atf_test_case hostile_passwd
hostile_passwd_head()
{
	atf_set descr "A jail's passwd cannot make -U run somebody else's command"
}
hostile_passwd_body()
{
	local n r

	r=$(pwd)/root
	mkdir -p "$r/etc"
	for n in usr bin lib lib64; do
		[ ! -e /$n ] || echo "/$n $r/$n nullfs ro 0 0"
	done >tab
	cat >"$r/etc/passwd" <<-EOF
	keep:x:4294967295:4294967295::/:/bin/sh
	minus:x:-1:-1::/:/bin/sh
	+nis:x:0:0::/:/bin/sh
	good:x:70:71::usr:/bin/sh
	big:x:70000:1::/:/bin/sh
	EOF
	printf 'a:x:-1:good\nb:x:4294967295:good\nc:x:72:x,good\n' \
	    >"$r/etc/group"
	atf_check jail -c name=a path="$r" persist mount.fstab="$(pwd)/tab"
	for n in keep minus +nis; do
		atf_check -s exit:1 -e inline:"jexec: $n: no such user\n" \
		    jexec -U "$n" a id
	done
	atf_check -o inline:"70 71 71 72\n" \
	    jexec -U good a sh -c 'echo $(id -u) $(id -g) $(id -G)'
	atf_check -s exit:1 -e inline:"jexec: big: user or group 70000: a \
jail's end at 65535\n" jexec -U big a id
	# a FIFO in its place is not waited for
	rm "$r/etc/passwd"
	mkfifo "$r/etc/passwd"
	atf_check -s exit:1 -e inline:"jexec: good: no such user\n" \
	    jexec -U good a id
	atf_check -o inline:"0\n" jexec a id -u
}

atf_init_test_cases()
{
	for c in usage errors status environment users isolation signals \
	    terminal stop pipe shell; do
		atf_add_test_case $c
	done
	atf_add_test_case hostile_passwd
}
