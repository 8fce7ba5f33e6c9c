#! /usr/bin/env atf-sh
# jail(8): operations, flags, messages, order of work, failures.
. "$(atf_get_srcdir)/common.sh" || exit

# conf TEXT: write it to ./jail.conf.
conf()
{
	printf '%s\n' "$1" >jail.conf
}

# now_ms: milliseconds, to see that things happen at the same time.
now_ms()
{
	echo $(($(date +%s%N) / 1000000))
}

# between LOW X HIGH: in numbers.
between()
{
	[ "$1" -le "$2" ] && [ "$2" -lt "$3" ]
}

# meet.sh N, in meet.sh's folder: come, wait until N have come, go; `seen` has
# how many were there.
meet()
{
	rm -rf meet && mkdir meet meet/here meet/came
	cat >meet/meet.sh <<-'EOF'
	cd "${0%/*}" || exit
	: >here/$$
	: >came/$$
	ls here | wc -l >>seen
	until [ "$(ls came | wc -l)" -ge "$1" ]; do
		sleep 0.05
	done
	rm here/$$
	EOF
}

# A jail's processes, as the machine sees them.
jail_running()
{
	jls -j "$1" jid >/dev/null 2>&1
}

# Up, with all its commands done: nothing of jail -c can be interrupted.
jail_started()
{
	local jid

	jid=$(jls -j "$1" jid) && ! [ -e "/run/cellblock/pending/$jid" ]
}

jail_gone()
{
	! jail_running "$1"
}

usage_text='usage: jail [-dhilqv] [-J jid_file] [-u username] [-U username]
            -[cmr] param=value ... [command=command ...]
       jail [-dqv] [-f file] [-p limit] -[cmr] [jail]
       jail [-qv] [-f file] -[rR] ['\''*'\'' | jail ...]
       jail [-qv] [-f file] -C ['\''*'\'' | jail ...]
       jail [-f file] -e separator
       jail [-dhilqv] [-J jid_file] [-u username] [-U username]
            [-n jailname] [-s securelevel]
            path hostname [ip[,...]] command ...
'

atf_test_case usage
usage_body()
{
	printf '%s' "$usage_text" >usage
	atf_check -s exit:1 -e file:usage jail
	atf_check -s exit:1 -e file:usage jail -r
	atf_check -s exit:1 -e file:usage jail -r a=b
	atf_check -s exit:1 -e file:usage jail /path host ip
	atf_check -s exit:1 -e file:usage jail path host ip cmd
	{
		echo "jail: illegal option -- Z"
		cat usage
	} >illegal
	atf_check -s exit:1 -e file:illegal jail -Z
	atf_check -o file:usage jail --help
	atf_check -o match:"^jail .cellblock. [0-9]" jail --version
}

atf_test_case single
single_body()
{
	box_state before
	# a nameless jail of jail(8)'s own says nothing
	atf_check jail -c name=x persist
	atf_check -o inline:"1 x true\n" jls jid name persist
	atf_check -s exit:1 -e inline:'jail: "x" already exists\n' \
	    jail -c name=x persist
	atf_check jail -r x
	atf_check -s exit:1 -e inline:'jail: "x" not found\n' jail -r x
	atf_check -s exit:1 -e inline:'jail: "9" not found\n' jail -r 9
	atf_check -s exit:1 -e inline:'jail: "x" not found\n' \
	    jail -m name=x securelevel=1
	# without a name, the jid is the name
	atf_check -o inline:"1\n" jail -i -c persist=true
	atf_check -o inline:"1 1\n" jls jid name
	atf_check jail -r 1
	# two names are worth a line each
	atf_check jail -c name=a persist
	atf_check jail -c name=b persist
	atf_check -o inline:"b: removed\na: removed\n" jail -r a b
	box_same before
}

atf_test_case bad_params
bad_params_body()
{
	atf_check -s exit:1 -e inline:"jail: unknown parameter: foo\n" \
	    jail -c name=x foo=1 persist
	atf_check -s exit:1 -e inline:"jail: new jail must persist or attach\n" \
	    jail -c name=x
	atf_check -s exit:1 \
	    -e inline:"jail: path /nonexistent: No such file or directory\n" \
	    jail -c name=x path=/nonexistent persist
	touch file
	atf_check -s exit:1 \
	    -e inline:"jail: path $(pwd)/file: Not a directory\n" \
	    jail -c name=x path=file persist
	atf_check -s exit:1 \
	    -e inline:'jail: persist: unknown boolean value "maybe"\n' \
	    jail -c name=x persist=maybe
	atf_check -s exit:1 \
	    -e inline:'jail: stop.timeout: non-integer value "x"\n' \
	    jail -c name=x persist stop.timeout=x
	atf_check -s exit:1 \
	    -e inline:'jail: vnet: unknown jailsys value "x"\n' \
	    jail -c name=x persist vnet=x
	atf_check -s exit:1 \
	    -e inline:"jail: ip4.addr: not an IPv4 address: x\n" \
	    jail -c name=x persist ip4.addr=x
	atf_check -s exit:1 \
	    -e inline:"jail: mount: a b: missing information\n" \
	    jail -c name=x persist 'mount=a b'
	atf_check -s exit:1 \
	    -e inline:'jail: depends on nonexistent jail "y"\n' \
	    jail -c name=x persist depend=y
	conf 'x { path = etc; persist; } y { nonsense; persist; }'
	atf_check -s exit:1 -e save:err jail -f jail.conf -c
	atf_check -o inline:"jail: x: path etc: not an absolute pathname
jail: y: unknown parameter: nonsense\n" sort err
	atf_check -o empty jls jid
	# what is wrong with the file is said before anything is done
	conf 'x { persist } '
	atf_check -s exit:1 -e match:"jail: jail.conf line 1: .*syntax error" \
	    jail -f jail.conf -c
	atf_check -s exit:1 \
	    -e match:"jail: .*/nowhere: No such file or directory" \
	    jail -f /nowhere -c
	atf_check -s exit:1 -e inline:'jail: "z" not found\n' \
	    -x "echo 'x { persist; }' | jail -f - -c z"
}

atf_test_case not_root
not_root_body()
{
	atf_check -s exit:1 \
	    -e inline:"jail: jail_set: Operation not permitted\n" \
	    setpriv --reuid 65534 --regid 65534 --clear-groups \
	    jail -c name=x persist
	atf_check -s exit:1 \
	    -e inline:"jail: jail_remove: Operation not permitted\n" \
	    setpriv --reuid 65534 --regid 65534 --clear-groups jail -r x
}

atf_test_case file
file_body()
{
	box_state before
	conf 'persist; a { } b { } c { }'
	atf_check -o inline:"a: created\nb: created\nc: created\n" \
	    jail -f jail.conf -c
	# those that are there already are nothing to speak of
	atf_check jail -f jail.conf -c
	atf_check -s exit:1 -e inline:'jail: "a" already exists\n' \
	    jail -f jail.conf -c a
	atf_check -o inline:"b: removed\n" jail -f jail.conf -r b
	atf_check -s exit:1 -e inline:'jail: "b" not found\n' \
	    jail -f jail.conf -r b
	atf_check -o inline:"b: created\n" jail -f jail.conf -c b
	# the last one first
	atf_check -o inline:"c: removed\nb: removed\na: removed\n" \
	    jail -f jail.conf -r '*'
	atf_check -o inline:"a: created\n" -x "jail -f - -c a <jail.conf"
	# -R asks no file and knows wildcards of what runs
	atf_check -o inline:"a: removed\n" jail -R '*'
	atf_check -o empty jail -f jail.conf -q -c
	atf_check -o empty jail -f jail.conf -q -r '*'
	box_same before
}

atf_test_case wildcards
wildcards_body()
{
	conf 'persist; x1 { } foo { children.max = 5; } foo.bar { } foo.baz { }'
	atf_check -o inline:"foo: created\n" jail -f jail.conf -c foo
	atf_check jail -f jail.conf -q -c 'foo.*'
	atf_check -o inline:"foo\nfoo.bar\nfoo.baz\n" jls name
	atf_check -o inline:"foo.baz: removed\nfoo.bar: removed\n" \
	    jail -f jail.conf -r 'foo.*'
	atf_check -o inline:"foo\n" jls name
	atf_check -o inline:"foo: removed\n" jail -f jail.conf -r '*'
}

atf_test_case order
order_body()
{
	cat >jail.conf <<-'END'
	x {
		persist;
		exec.prepare = "echo prepare $JNAME $JID >>LOG";
		exec.prestart = "echo prestart >>LOG", "echo prestart2 >>LOG";
		exec.created = "echo created $JID >>LOG";
		exec.start = "echo start $JID $JNAME $JPATH >>LOG";
		exec.poststart = "echo poststart $JID >>LOG";
		exec.prestop = "echo prestop >>LOG";
		exec.stop = "echo stop >>LOG";
		exec.poststop = "echo poststop $JNAME >>LOG";
		exec.release = "echo release >>LOG";
		path = "/";
	}
	END
	# $NAME in double quotes is jail.conf's own
	sed -i "s/\"echo/'echo/; s/\"echo/'echo/; s/LOG\"/LOG'/g" jail.conf
	# in the jail root is one of the machine's other users
	log=/tmp/log
	: >$log
	chmod 666 $log
	sed -i "s,LOG,$log,g" jail.conf
	atf_check -o inline:"x: created\n" jail -f jail.conf -c
	atf_check -o inline:"prepare x
prestart
prestart2
created 1
start 1 x /
poststart 1\n" sed 's/ *$//' $log
	: >$log
	atf_check -o inline:"x: removed\n" jail -f jail.conf -r x
	atf_check -o inline:"prestop\nstop\npoststop x\nrelease\n" cat $log
	# -R: the file and its commands stay out of it
	: >$log
	atf_check -o ignore jail -f jail.conf -c
	: >$log
	atf_check jail -f jail.conf -R x
	atf_check test ! -s $log
	# -C: what follows a removal, for a jail that is gone
	atf_check jail -f jail.conf -C x
	atf_check -o inline:"poststop x\nrelease\n" cat $log
}

atf_test_case failing_start
failing_start_body()
{
	box_state before
	ip link add e0 type veth peer name e1
	ip addr add 192.0.2.99/24 dev e1
	cat >jail.conf <<-END
	persist; vnet;
	a {
		vnet.interface = e0;
		exec.start = "false";
		exec.poststart = "touch $(pwd)/poststart";
		exec.poststop = "touch $(pwd)/poststop";
	}
	b { depend = a; }
	c { exec.prestart = "kill -7 \\\$\\\$"; }
	d { exec.start = "/nonexistent/cmd x"; }
	e { vnet.interface = e1, nope0; }
	END
	atf_check -s exit:1 -o save:out -e save:err jail -f jail.conf -c
	sort err >err.sorted
	cat >want <<-'END'
	ifconfig: interface nope0 does not exist
	jail: a: false: failed
	jail: b: skipped
	jail: c: /bin/sh -c kill -7 $$: exited on signal 7
	jail: d: /nonexistent/cmd x: failed
	jail: d: exec /nonexistent/cmd: No such file or directory
	END
	atf_check -o file:want -x "grep -v '^jail: e:' err.sorted"
	atf_check -o match:"^jail: e: /sbin/ifconfig nope0 vnet [0-9]*: failed$" \
	    grep '^jail: e:' err
	atf_check -o match:"^a: removed$" cat out
	atf_check test ! -e poststart -a ! -e poststop
	atf_check -o empty jls jid
	# the interfaces are back
	atf_check -o ignore ip link show dev e0
	atf_check -o ignore ip link show dev e1
	ip link del e0
	box_same before
}

atf_test_case failing_stop
failing_stop_body()
{
	conf 'x { persist; exec.stop = "false"; }'
	atf_check -o ignore jail -f jail.conf -c
	atf_check -s exit:1 -e inline:"jail: x: false: failed\n" \
	    jail -f jail.conf -r x
	atf_check -o inline:"x\n" jls name
	atf_check -s exit:1 -e inline:"jail: x: false: failed\n" \
	    jail -f jail.conf -rc x
	atf_check -o inline:"1 x\n" jls jid name
	atf_check jail -R x
}

atf_test_case exec_timeout
exec_timeout_body()
{
	box_state before
	conf 'persist; exec.timeout = 1;
	a { exec.start = "sleep 60"; }
	b { exec.prestart = "sleep 61 & wait"; }'
	t=$(now_ms)
	atf_check -s exit:1 -o inline:"a: created\na: removed\n" -e save:err \
	    jail -f jail.conf -c
	t=$(($(now_ms) - t))
	atf_check -o inline:"jail: a: sleep 60: timed out
jail: b: /bin/sh -c sleep 61 & wait: timed out\n" sort err
	# they sleep for a minute
	between 1000 "$t" 50000 || atf_fail "took $t ms"
	# nothing of what was started is left, on either side
	box_same before
}

atf_test_case stop_timeout
stop_timeout_body()
{
	# one that ends at SIGTERM makes no jail wait
	atf_check jail -c name=x persist exec.start='sleep 62 &'
	t=$(now_ms)
	atf_check -o match:"sent SIGTERM to: [0-9]" -o match:removed \
	    jail -v -r x
	t=$(($(now_ms) - t))
	# else it is killed after ten seconds
	[ "$t" -lt 10000 ] || atf_fail "SIGTERM did nothing: $t ms"
	# one that does not is killed after stop.timeout
	conf "x { persist; stop.timeout = 1;
	exec.start = 'setsid sh -c \"trap : TERM; while :; do sleep 63; done\" &'; }"
	atf_check -o ignore jail -f jail.conf -c
	must_wait 5 pgrep -f 'sleep 6[3]'
	t=$(now_ms)
	atf_check -o inline:"x: removed\n" jail -f jail.conf -r x
	t=$(($(now_ms) - t))
	between 900 "$t" 10000 || atf_fail "took $t ms"
	atf_check -s exit:1 pgrep -f 'sleep 6[3]'
	# 0: no SIGTERM at all
	sed -i 's/stop.timeout = 1/stop.timeout = 0/' jail.conf
	atf_check -o ignore jail -f jail.conf -c
	must_wait 5 pgrep -f 'sleep 6[3]'
	atf_check -o match:"^x: removed" -o not-match:SIGTERM \
	    jail -v -f jail.conf -r x
}

atf_test_case depend
depend_body()
{
	conf 'persist;
	a { depend = c, b; } b { depend = c; } c { } d { depend = nope; }
	l1 { depend = l2; } l2 { depend = l1; }'
	atf_check -s exit:1 -o inline:"c: created\nb: created\na: created\n" \
	    -e inline:'jail: d: depends on undefined jail "nope"
jail: l1: dependency loop
jail: l2: skipped
' jail -f jail.conf -c
	conf 'persist; a { depend = c, b; } b { depend = c; } c { } e { }'
	# stopping what others need stops these first
	atf_check -o inline:"a: removed\nb: removed\nc: removed\n" \
	    jail -f jail.conf -r c
	# starting brings along what is needed, not more
	atf_check -o inline:"c: created\nb: created\n" jail -f jail.conf -c b
	atf_check -o inline:"a: created\n" jail -f jail.conf -c a
	atf_check -o ignore jail -f jail.conf -r c
	# and up to the end of their last command
	conf "persist; a { depend = b; exec.prestart = 'test -e done'; }
	b { exec.poststart = 'sleep 0.5', 'touch done'; }"
	atf_check -o inline:"b: created\na: created\n" jail -f jail.conf -c
}

atf_test_case parallel
parallel_body()
{
	conf "persist; exec.prestart = \"sh $PWD/meet/meet.sh \$n\";
	a { } b { } c { } d { } e { } f { }"
	# each waits for all others
	meet
	sed -i '1i $n = 6;' jail.conf
	atf_check -o save:out jail -f jail.conf -c
	atf_check_equal 6 "$(wc -l <out)"
	atf_check -o inline:"6\n" -x "sort -n meet/seen | tail -n 1"
	atf_check -o ignore jail -f jail.conf -r '*'
	# -p: three at a time, never more
	meet
	sed -i '1s/6/3/' jail.conf
	atf_check -o save:out jail -f jail.conf -p 3 -c
	atf_check_equal 6 "$(wc -l <out)"
	atf_check_equal 6 "$(wc -l <meet/seen)"
	atf_check -o inline:"3\n" -x "sort -n meet/seen | tail -n 1"
}

atf_test_case restart
restart_body()
{
	conf "persist; a { exec.start = 'echo start >>/tmp/log';
	    exec.stop = 'echo stop >>/tmp/log'; } b { }"
	: >/tmp/log
	chmod 666 /tmp/log
	atf_check -o ignore jail -f jail.conf -c a
	atf_check -o inline:"a: removed\na: created\n" jail -f jail.conf -rc a
	atf_check -o inline:"start\nstop\nstart\n" cat /tmp/log
	# "in succession": what is not there cannot be removed, but made
	atf_check -o inline:"b: created\n" -e inline:'jail: "b" not found\n' \
	    jail -f jail.conf -rc b
}

atf_test_case modify
modify_body()
{
	conf 'persist; a { host.hostname = one; } b { }'
	atf_check -o inline:"a: created\nb: created\n" jail -f jail.conf -cm
	sed -i 's/one/two/' jail.conf
	atf_check -o inline:"a: updated\n" jail -f jail.conf -m a
	atf_check -o inline:"two\n" jls -j a host.hostname
	atf_check -o inline:"two\n" jexec a hostname
	atf_check -o inline:"b: updated\n" jail -f jail.conf -cm b
	atf_check -s exit:1 -e inline:'jail: "z" not found\n' \
	    jail -f jail.conf -m z
	# what only a new jail can have
	sed -i 's/persist;/persist; vnet;/' jail.conf
	atf_check -s exit:1 \
	    -e inline:"jail: a: vnet cannot be changed after creation\n" \
	    jail -f jail.conf -m a
	atf_check -o inline:"inherit\n" jls -j a vnet
	atf_check -o inline:"a: removed\na: created\n" jail -f jail.conf -mr a
	atf_check -o inline:"new\n" jls -j a vnet
	atf_check -o inline:"a: updated\n" jail -f jail.conf -cmr a
	atf_check -s exit:1 -e match:'cannot be changed after creation' \
	    jail -m name=a path=/tmp
	atf_check -o ignore jail -f jail.conf -r '*'
	atf_check -s exit:1 -e inline:'jail: "a" not found\n' \
	    jail -f jail.conf -mr a
	atf_check -o inline:"a: created\n" jail -f jail.conf -cmr a
	# renaming, and a command run on the way
	atf_check -o inline:"hello\n" jail -m jid="$(jls -j a jid)" name=q \
	    command=echo hello
	atf_check -o inline:"q\n" jls name
}

atf_test_case jidfile
jidfile_body()
{
	conf 'a { persist; host.hostname = "a b"; } b { persist; depend = a; }'
	atf_check -o ignore jail -f jail.conf -J jids -c
	printf 'jid=1\tname=a\tpersist\thost.hostname="a b"\n' >want
	printf 'jid=2\tname=b\tpersist\tdepend=a\n' >>want
	atf_check -o file:want cat jids
	atf_check -o ignore jail -r '*'
	atf_check -o inline:"1\n" jail -i -J jids -c name=q persist
	printf 'jid=1\tname=q\tpersist\n' >want
	atf_check -o file:want cat jids
	atf_check jail -r q
	atf_check -o inline:"hi\n" jail -J jids / host '' /bin/echo hi
	printf '1\t/\thost\t\t/bin/echo hi\n' >want
	atf_check -o file:want cat jids
	atf_check -s exit:1 -e inline:"jail: /dev/full: No space left on device\n" \
	    jail -J /dev/full -c name=q persist
	atf_check jail -r q
	atf_check -s exit:1 -e match:"^jail: open /nowhere/x: No such file" \
	    jail -J /nowhere/x -c name=q persist
}

atf_test_case export
export_body()
{
	conf 'allow.mount; a { path = "/x y"; exec.start = "a", "b"; } b { }'
	atf_check -o inline:'name=a:allow.mount:path="/x y":exec.start=a,b
name=b:allow.mount
' -x "jail -f jail.conf -e : | sed 's/^allow.mount:\(name=[ab]\)/\1:allow.mount/'"
	atf_check -s exit:1 -e ignore jail -f jail.conf -e : x
}

atf_test_case verbose
verbose_body()
{
	atf_check -o save:out jail -v -c name=x persist exec.prestart='echo a' \
	    exec.start='echo b; true'
	cat >want <<-'END'
	run command: echo a
	a
	jail_set(JAIL_CREATE) name=x persist
	created
	run command in jail: /bin/sh -c echo b; true
	b
	END
	atf_check -o file:want cat out
	atf_check -o inline:"removed\n" -x "jail -v -r x | sed 's/^x: //'"
	atf_check -e inline:"jail: the 'allow.dying' parameter and '-d' flag are deprecated and have no effect.\n" \
	    jail -d -c name=x persist
}

atf_test_case command
command_body()
{
	box_state before
	# its own status is jail(8)'s business, its life the jail's
	atf_check -o inline:"x x 1\n" jail -c name=x command=/bin/sh -c \
	    'echo $JNAME x $JID'
	must_wait 5 jail_gone x
	atf_check -s exit:1 -o inline:"hi\n" \
	    -e inline:"jail: sh -c echo hi; exit 3: failed\n" \
	    jail -c name=x command=sh -c 'echo hi; exit 3'
	atf_check -s exit:1 \
	    -e inline:"jail: exec /nowhere: No such file or directory
jail: /nowhere: failed\n" jail -c name=x command=/nowhere
	# in a file it is a command line like the others
	conf 'x { command = "echo a   b"; }'
	atf_check -o inline:"x: created\na b\n" jail -f jail.conf -c
	must_wait 5 jail_gone x
	# old style
	atf_check -o inline:"myhost\n" jail / myhost '' hostname
	must_wait 5 jail_gone 1
	box_same before
}

atf_test_case nonpersist
nonpersist_body()
{
	# it lives as long as what exec.start left running
	atf_check jail -c name=x exec.start='sleep 64 &'
	atf_check -o inline:"x\n" jls name
	pkill -f 'sleep 6[4]'
	must_wait 8 jail_gone x
	atf_check jail -c name=x persist exec.start='sleep 65 &'
	pkill -f 'sleep 6[5]'
	must_wait 5 sh -c "! pgrep -f 'sleep 6[5]'"
	# time for the wrong thing to happen
	sleep 0.5
	atf_check -o inline:"x\n" jls name
}

atf_test_case consolelog
consolelog_body()
{
	mkdir -p root/var root/bin
	conf "x { persist; exec.consolelog = $(pwd)/log;
	    exec.prestart = 'echo outside';
	    exec.start = 'echo out; echo err >&2', 'nonexistentcmd'; }"
	atf_check -s exit:1 -o match:outside -e save:err jail -f jail.conf -c
	atf_check -o inline:"out
err
jail: x: exec nonexistentcmd: No such file or directory\n" cat log
	atf_check -o inline:"jail: x: nonexistentcmd: failed\n" cat err
	# a jail must not lead the machine's root astray
	ln -s /etc root/var/log
	conf "x { persist; path = $(pwd)/root; exec.start = 'true';
	    exec.consolelog = $(pwd)/root/var/log/victim; }"
	atf_check -s exit:1 -o ignore \
	    -e match:"x: exec.consolelog: .*/root/var/log/victim is a symbolic link" \
	    jail -f jail.conf -c
	atf_check test ! -e /etc/victim
	rm root/var/log
	mkfifo root/var/fifo
	sed -i 's,log/victim,fifo,' jail.conf
	atf_check -s exit:1 -o ignore \
	    -e match:"x: open .*/root/var/fifo: No such device or address" \
	    jail -f jail.conf -c
	conf "x { persist; exec.consolelog = log; exec.start = true; }"
	atf_check -s exit:1 -o ignore \
	    -e inline:"jail: x: exec.consolelog: log: not an absolute pathname\n" \
	    jail -f jail.conf -c
}

atf_test_case environment
environment_body()
{
	cat >show.sh <<-'END'
	#! /bin/sh
	echo "${JID-none} ${FOO-none} $HOME $USER $SHELL $(pwd) $(id -un)"
	END
	chmod 755 show.sh
	cp show.sh /tmp/show.sh
	FOO=bar
	export FOO
	conf "x { persist; exec.start = /tmp/show.sh; }"
	atf_check -o match:"^1 bar .* / root$" jail -f jail.conf -c
	atf_check -o ignore jail -r x
	conf "x { persist; exec.clean; exec.start = /tmp/show.sh;
	    exec.poststart = /tmp/show.sh; }"
	atf_check -o save:out jail -f jail.conf -c
	atf_check -o inline:"x: created
none none /root root /bin/bash / root
none none /root root /bin/bash /root root\n" cat out
	atf_check -o ignore jail -r x
	# the machine's /root is not the jail's root's, unless the users are
	conf "x { persist; exec.clean; host.users = inherit;
	    exec.start = /tmp/show.sh; }"
	atf_check -o inline:"x: created
none none /root root /bin/bash /root root\n" jail -f jail.conf -c
	atf_check -o ignore jail -r x
	conf "x { persist; exec.jail_user = nobody; exec.system_user = daemon;
	    exec.start = 'id -un'; exec.poststart = 'id -un'; }"
	atf_check -o inline:"x: created\nnobody\ndaemon\n" jail -f jail.conf -c
	atf_check -o ignore jail -r x
	atf_check -o inline:"nobody\n" jail -u nobody -c name=x persist \
	    exec.start='id -un'
	atf_check jail -r x
	atf_check -o inline:"nobody\n" jail -l -U nobody -c name=x persist \
	    exec.start='id -un'
	atf_check jail -r x
	conf "x { persist; exec.system_user = nosuch; exec.prestart = true; }"
	atf_check -s exit:1 -e inline:"jail: x: nosuch: no such user\n" \
	    jail -f jail.conf -c
	# what a file says of ifconfig is said of FreeBSD's, whatever comes
	# first where jail(8) is called from
	mkdir theirs
	printf '#! /bin/sh\necho theirs\n' >theirs/ifconfig
	chmod 755 theirs/ifconfig
	j=$(command -v jail)
	for clean in "" "exec.clean;"; do
		conf "x { persist; $clean
		    exec.prestart = 'ifconfig -g lo', 'sh -c \"ifconfig -g lo\"';
		    exec.poststop = 'ifconfig -g lo'; }"
		atf_check -o inline:"lo0\nlo0\nx: created\n" \
		    env PATH="$(pwd)/theirs:/usr/sbin:/usr/bin:/sbin:/bin" \
		    "$j" -f jail.conf -c
		atf_check -o inline:"x: removed\nlo0\n" \
		    env PATH="$(pwd)/theirs:/usr/sbin:/usr/bin:/sbin:/bin" \
		    "$j" -f jail.conf -r x
	done
}

atf_test_case background
background_body()
{
	t=$(now_ms)
	atf_check jail -c name=x persist exec.prestart='sleep 93 &' \
	    exec.start='sleep 94 &'
	t=$(($(now_ms) - t))
	[ "$t" -lt 60000 ] ||
	    atf_fail "waited for a background command: $t ms"
	atf_check -o ignore pgrep -f 'sleep 9[3]'
	atf_check -o ignore pgrep -f 'sleep 9[4]'
	atf_check jail -r x
	atf_check -s exit:1 pgrep -f 'sleep 9[4]'
	pkill -f 'sleep 9[3]'
}

atf_test_case vnet
vnet_head()
{
	vm_also "users, cgroups and mounts on 6.1"
}
vnet_body()
{
	box_state before
	ip link add e0 type veth peer name e1
	atf_check jail -c name=x vnet persist vnet.interface=e0
	atf_check -s exit:1 -e ignore ip link show dev e0
	atf_check -o match:"^e0: " jexec x ifconfig e0
	atf_check -o ignore jexec x ifconfig e0 inet 192.0.2.1/24 up
	ip addr add 192.0.2.2/24 dev e1
	ip link set e1 up
	atf_check -o ignore ping -c 1 -W 10 192.0.2.1
	atf_check jail -r x
	# back at once, and nothing of its address
	atf_check -o not-match:192.0.2.1 ip addr show dev e0
	atf_check -s exit:1 -e inline:"ifconfig: interface nope does not exist
jail: /sbin/ifconfig nope vnet 1: failed\n" \
	    jail -c name=x vnet persist vnet.interface=e0,nope
	atf_check -o ignore ip link show dev e0
	ip link del e0
	box_same before
}

# What scripts of jail.conf do: act on the jail that is being worked on.
atf_test_case inner_commands
inner_commands_body()
{
	ip link add e0 type veth peer name e1
	cat >jail.conf <<-'END'
	x {
		vnet; persist; host.hostname = one;
		exec.created = 'ifconfig e0 vnet $JID',
		    'ifconfig e1 vnet $JNAME';
		exec.poststart = 'jail -m jid=$JID host.hostname=two',
		    'jexec $JNAME hostname', 'jls -j $JID name';
		exec.prestop = 'ifconfig e1 -vnet x';
	}
	END
	atf_check -o inline:"x: created\ntwo\nx\n" jail -f jail.conf -c
	atf_check -s exit:1 -e ignore ip link show dev e0
	atf_check -s exit:1 -e ignore ip link show dev e1
	atf_check -o inline:"x: removed\n" jail -f jail.conf -r x
	atf_check -o ignore ip link show dev e0
	atf_check -o ignore ip link show dev e1
}

atf_test_case name_taken
name_taken_body()
{
	ip link add e0 type veth peer name e1
	atf_check jail -c name=x vnet persist vnet.interface=e0
	ip link add e0 type veth peer name e2
	atf_check -e match:"^jail: .*: interface e0 is back as .*: its name is taken$" \
	    jail -r x
}

atf_test_case nested
nested_head()
{
	vm_also "users, cgroups and mounts on 6.1"
}
nested_body()
{
	box_state before
	conf 'persist; a { children.max = 10; b { children.max = 3; c { } } }'
	atf_check -o inline:"a: created\na.b: created\na.b.c: created\n" \
	    jail -f jail.conf -c
	atf_check -o inline:"a\na.b\na.b.c\n" jls name
	atf_check -o inline:"b\nb.c\n" jexec a jls name
	atf_check -o inline:"0\n" jexec a.b.c id -u
	# a parent that goes takes its children along
	atf_check -o inline:"a.b: removed\n" -x \
	    "jail -v -r a.b | grep removed"
	atf_check -o inline:"a\n" jls name
	# from inside, and no further than children.max says
	atf_check jexec a jail -c name=q persist
	atf_check -o inline:"a\na.q\n" jls name
	atf_check -o inline:"a: removed\n" jail -f jail.conf -r a
	atf_check -o empty jls name
	atf_check jail -c name=p persist
	atf_check -s exit:1 \
	    -e inline:"jail: jail_set: Operation not permitted\n" \
	    jexec p jail -c name=q persist
	atf_check jail -r p
	atf_check jail -c name=p persist children.max=1
	atf_check jexec p jail -c name=q persist
	atf_check -s exit:1 -e inline:"jail: prison limit exceeded\n" \
	    jexec p jail -c name=r persist
	atf_check jail -r p
	box_same before
}

atf_test_case cleanup
cleanup_body()
{
	ip link add e0 type veth peer name e1
	conf "persist; a { ip4.addr = 'e0|192.0.2.1';
	    exec.release = 'touch $(pwd)/released'; } b { }"
	atf_check -o ignore -e ignore jail -f jail.conf -c
	atf_check -s exit:1 -e inline:"jail: a: still exists\n" \
	    jail -f jail.conf -C a
	# the others are none of a wildcard's business
	atf_check jail -f jail.conf -C '*'
	atf_check test ! -e released
	# its address goes with it, whoever ends it
	atf_check jail -R a
	atf_check -o not-match:192.0.2.1 ip addr show dev e0
	atf_check test ! -e released
	atf_check jail -f jail.conf -C '*'
	atf_check test -e released
	atf_check jail -r b
}

atf_test_case enospc
enospc_body()
{
	mount -t tmpfs -o nr_inodes=12 small /run
	atf_check -s exit:1 -e match:"No space left on device" \
	    jail -c name=x vnet persist
	atf_check -o empty jls jid
	mount -o remount,nr_inodes=1000 /run
	atf_check jail -c name=x vnet persist
	atf_check jail -r x
}

atf_test_case broken_pipe
broken_pipe_body()
{
	conf 'persist; exec.start = "sleep 0.3"; a { } b { depend = a; }'
	# a reader that has left
	{
		must_wait 5 test -e left
		jail -f jail.conf -c 2>err
		echo $? >status
	} | {
		exec <&-
		: >left
	}
	must_wait 5 test -s status
	atf_check -o inline:"1\n" cat status
	atf_check -o inline:"a\nb\n" jls name
}

atf_test_case aliases
aliases_body()
{
	ip link add e0 type veth peer name e1
	conf 'interface = e0; persist;
	a { ip4.addr = 192.0.2.1; ip6.addr = "2001:db8::1/64";
	    exec.prestart = "ip -o addr show dev e0"; }
	b { ip4.addr = "e1|198.51.100.1/24"; exec.start = "false"; }'
	atf_check -s exit:1 -o save:out -e ignore jail -f jail.conf -c
	atf_check -o match:"192.0.2.1/32" -o match:"2001:db8::1/64" cat out
	# b is gone again, with its address
	atf_check -o not-match:198.51.100.1 ip addr show dev e1
	atf_check -o match:192.0.2.1 jls -j a ip4.addr
	atf_check -o ignore jail -f jail.conf -r a
	atf_check -o not-match:192.0.2.1 -o not-match:2001:db8 \
	    ip addr show dev e0
}

atf_test_case interrupted
interrupted_body()
{
	box_state before
	conf 'persist; exec.poststop = "touch never";
	a { exec.start = "sleep 64"; } b { exec.prestart = "sleep 65"; }
	c { depend = a; } d { exec.start = "true"; }'
	jail -f jail.conf -c >out 2>err &
	pid=$!
	must_wait 5 pgrep -f 'sleep 6[4]'
	must_wait 5 pgrep -f 'sleep 6[5]'
	must_wait 5 jail_started d
	# a shell's background jobs ignore SIGINT
	kill -TERM $pid
	wait $pid && atf_fail "exit 0"
	atf_check -o inline:"jail: a: sleep 64: interrupted
jail: b: sleep 65: interrupted\n" sort err
	atf_check -o inline:"d\n" jls name
	atf_check test ! -e never
	atf_check -s exit:1 pgrep -f 'sleep 6[4-5]'
	atf_check -o ignore jail -R d
	box_same before
}

atf_test_case killed
killed_head()
{
	atf_set timeout 120
	atf_set descr "Killed before any step, the next command repairs"
}
killed_body()
{
	box_state before
	ip link add e0 type veth peer name e1
	box_state with_link
	n=1
	while :; do
		CELLBLOCK_DIE_AT=$n jail -c name=x vnet persist \
		    vnet.interface=e0 exec.start=true >/dev/null 2>&1
		rc=$?
		[ $rc = 0 ] && break
		[ $rc = 137 ] || atf_fail "step $n: exit $rc"
		# any command that changes something sees to it first
		atf_check -o empty -e ignore jail -q -c name=y persist
		atf_check jail -r y
		atf_check -o empty jls name
		must_wait 2 ip link show dev e0
		n=$((n + 1))
		[ $n -lt 200 ] || atf_fail "no end"
	done
	[ $n -gt 4 ] || atf_fail "only $n steps"
	n=1
	while :; do
		CELLBLOCK_DIE_AT=$n jail -r x >/dev/null 2>&1
		[ $? = 137 ] || break
		# removed by the next command, or still whole
		jail -q -c name=y persist && jail -q -r y
		if ! jail_running x; then
			must_wait 2 ip link show dev e0
			atf_check jail -c name=x vnet persist vnet.interface=e0
		fi
		n=$((n + 1))
		[ $n -lt 200 ] || atf_fail "no end"
	done
	box_same with_link
	ip link del e0
	box_same before
}

atf_test_case block
block_head()
{
	vm_also "users, cgroups and mounts on 6.1"
}
block_body()
{
	# 6.1 shows only what is on a disk with the jail's owners
	mkdir run /run/cellblock
	mount --bind run /run/cellblock
	mkdir -p /run/cellblock/block/jails/a
	echo 'hostname="inner"' >/run/cellblock/block/jails/a/rc.conf
	conf 'a { vnet; } b { vnet; exec.start = "/bin/sh /etc/rc"; persist; }'
	atf_check -o match:"^a: created$" -o match:"^b: created$" \
	    -o match:"^Starting Network: lo0" -e save:err jail -f jail.conf -c
	atf_check -o inline:"jail: a: has neither persist nor a command: kept as if it had persist\n" \
	    cat err
	atf_check -o match:inner jexec a cat /run/cellblock/block/rc.conf
	# the root is a copy
	atf_check jexec a touch /etc/only-here
	atf_check test ! -e /etc/only-here
	atf_check -o ignore jail -f jail.conf -r '*'
}

atf_test_case progress
progress_body()
{
	need script
	conf 'x { persist; exec.start = "sleep 1.5"; }'
	atf_check -o match:"x: waiting for sleep 1.5" \
	    script -qec "jail -f jail.conf -c" /dev/null
	atf_check -o ignore jail -r x
	# not without a terminal, and not with -q
	atf_check -o inline:"x: created\n" jail -f jail.conf -c
	atf_check -o ignore jail -r x
	atf_check -o empty script -qec "jail -q -f jail.conf -c" /dev/null
}

atf_test_case many
many_body()
{
	i=0
	echo 'persist; exec.start = "true";' >jail.conf
	while [ $i -lt 50 ]; do
		echo "j$i { }" >>jail.conf
		i=$((i + 1))
	done
	box_state before
	atf_check -o save:out jail -f jail.conf -c
	atf_check_equal 50 "$(jls name | wc -l)"
	atf_check -o save:out jail -f jail.conf -r '*'
	atf_check_equal 50 "$(grep -c ': removed$' out)"
	box_same before
}

atf_test_case crew
crew_head()
{
	atf_set descr "Jails that other processes make come in order, or not"
	atf_set timeout 120
}
crew_body()
{
	box_state before
	echo 'persist; children.max = 2; exec.start = "true";' >c
	printf 'j%d { }\n' 0 1 2 3 4 5 >>c
	printf 'j%d: created\n' 0 1 2 3 4 5 >out
	printf 'j%d\n' 0 1 2 3 4 5 >names
	atf_check -o file:out jail -f c -c
	atf_check -o file:names jls name
	atf_check -o ignore jail -f c -r '*'
	# one fails over there
	sed 's/^j2 {/& host.unconfined = nothing;/' c >bad
	sed -i /j2/d out names
	echo 'jail: j2: host.unconfined: unknown word "nothing"' >err
	atf_check -s exit:1 -o file:out -e file:err jail -f bad -c
	atf_check -o file:names jls name
	atf_check -o ignore jail -f c -r '*'
	# whoever of them it is that is killed
	n=1
	until CELLBLOCK_DIE_AT=$n jail -f c -c >/dev/null 2>&1; do
		# those that are complete stay, the others are taken back
		must_wait 5 nothing_pending
		jail -q -f c -r '*'
		atf_check -o empty jls name
		n=$((n + 9))
		[ $n -lt 500 ] || atf_fail "no end"
	done
	[ $n -gt 9 ] || atf_fail "only $n steps"
	atf_check -o ignore jail -f c -r '*'
	box_same before
}
# The kernel is about to kill those that served the one that was killed.
nothing_pending()
{
	jail -q -c name=y persist && jail -q -r y
	[ -z "$(ls /run/cellblock/pending 2>/dev/null)" ]
}

atf_test_case restart_chain
restart_chain_head()
{
	atf_set descr "-rc of a jail in the middle of a chain of depend"
}
restart_chain_body()
{
	cat >c <<-EOF
	persist;
	top { depend = mid; }
	mid { depend = low; }
	low { }
	EOF
	atf_check -o ignore jail -f c -c
	atf_check -o inline:"top: removed\nmid: removed\nmid: created\n" \
	    jail -f c -rc mid
	atf_check -o inline:"low\nmid\n" jls name
}

atf_test_case replaced
replaced_head()
{
	atf_set descr "A jail made anew while -r ran its stop commands stays"
}
replaced_body()
{
	cat >c <<-EOF
	a { persist; exec.prestop = "jail -R a; jail -c jid=\\\$JID name=a persist"; }
	EOF
	atf_check -o ignore jail -f c -c
	atf_check -o ignore jail -f c -r a
	atf_check -o inline:"a\n" jls name
}

atf_init_test_cases()
{
	for c in usage single bad_params not_root file wildcards order \
	    failing_start failing_stop exec_timeout stop_timeout depend \
	    parallel restart modify jidfile export verbose command \
	    nonpersist consolelog environment background vnet inner_commands \
	    name_taken nested cleanup enospc broken_pipe aliases \
	    interrupted killed block progress many crew; do
		atf_add_test_case $c
	done
	atf_add_test_case restart_chain
	atf_add_test_case replaced
}
