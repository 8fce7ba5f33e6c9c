#! /usr/bin/env atf-sh
# jail.conf(5) as jail(8) shows it: merge, messages, exit status, -e.
# The language itself is tested by tests/golden/jailconf_test.
. "$(atf_get_srcdir)/common.sh" || exit

atf_test_case syntax
syntax_head()
{
	atf_set descr "An error in the file: told with its line, nothing is done"
}
syntax_body()
{
	cat >bad.conf <<-'END'
	good { path = /; persist; }
	bad {
		path = /
		persist;
	}
	END
	atf_check -s exit:1 -e inline:"jail: bad.conf line 4: persist: syntax error\n" \
		jail -f bad.conf -c
	atf_check -s exit:1 -e inline:"jail: bad.conf line 4: persist: syntax error\n" \
		jail -f bad.conf -e :
	atf_check -s exit:1 -e inline:"jail: STDIN line 4: persist: syntax error\n" \
		jail -f - -c good <bad.conf
	atf_check -s exit:1 -e inline:"jail: STDIN: unexpected EOF\n" \
		jail -f - -c <<-'END'
	a {
	END
	atf_check -s exit:1 \
		-e inline:"jail: none.conf: No such file or directory\n" \
		jail -f none.conf -c
	atf_check -o empty jls name
}

atf_test_case one_bad_jail
one_bad_jail_head()
{
	atf_set descr "An error in one jail is that jail's; the others start"
}
one_bad_jail_body()
{
	cat >jail.conf <<-'END'
	path = /;
	persist;
	a { host.hostname = "$nothing.example"; }
	b { host.hostname = "$name.example"; }
	c { depend = a; }
	d { allow.mount = perhaps; }
	END
	atf_check -s exit:1 -o inline:"b: created\n" -e save:err \
		jail -f jail.conf -c
	atf_check -o ignore grep -x \
		'jail: a: host.hostname: variable "nothing" not found' err
	atf_check -o ignore grep -x \
		'jail: d: allow.mount: unknown boolean value "perhaps"' err
	atf_check -o inline:"b\n" jls name
	atf_check -o inline:"b.example\n" jexec b uname -n
	# asked for alone, what is wrong elsewhere is told and does not matter
	atf_check -o inline:"b: removed\n" -e ignore jail -f jail.conf -r b
	atf_check -o inline:"b: created\n" -e ignore jail -f jail.conf -c b
	atf_check -s exit:1 -e ignore jail -f jail.conf -c a
}

atf_test_case export
export_head()
{
	atf_set descr "-e prints each jail after merge; lines read back the same"
}
export_body()
{
	mkdir -p conf.d
	cat >jail.conf <<-'END'
	exec.start = "/bin/sh /etc/rc";
	* { path = "/j/$name"; }
	.include "conf.d/*.conf";
	5 { name = five; ip4.addr = 10.0.0.1, 10.0.0.2; allow.nomount; }
	foo.* { persist; }
	END
	cat >conf.d/foo.conf <<-'END'
	foo { exec.start += ""; bar { host.hostname = 'it"s'; } }
	END
	cat >expected <<-'END'
	name=foo|exec.start="/bin/sh /etc/rc",""|path=/j/foo
	name=foo.bar|exec.start="/bin/sh /etc/rc"|path=/j/foo.bar|host.hostname='it"s'|persist
	jid=5|exec.start="/bin/sh /etc/rc"|path=/j/five|name=five|ip4.addr=10.0.0.1,10.0.0.2|allow.nomount
	END
	atf_check -o file:expected jail -f jail.conf -e '|'
	# from elsewhere too: includes are relative to the file
	atf_check -o file:expected sh -c "cd / && jail -f '$PWD/jail.conf' -e '|'"
	# bad jails are left out and told
	echo 'bad { path = $x; }' >conf.d/z.conf
	atf_check -s exit:1 -o file:expected \
		-e inline:'jail: bad: path: variable "x" not found\n' \
		jail -f jail.conf -e '|'
}

atf_test_case wildcard_start
wildcard_start_head()
{
	atf_set descr "Names on the command line: wildcards, nested names"
}
wildcard_start_body()
{
	cat >jail.conf <<-'END'
	path = /;
	persist;
	outer { children.max = 3; }
	outer.a { }
	outer.b { }
	other { }
	END
	atf_check -o inline:"outer: created\n" jail -f jail.conf -c outer
	atf_check -o save:out jail -f jail.conf -c 'outer.*'
	atf_check -o inline:"outer.a: created\nouter.b: created\n" sort out
	atf_check -o save:names jls name
	atf_check -o inline:"outer\nouter.a\nouter.b\n" sort names
	atf_check -s exit:1 -e inline:'jail: "nobody" not found\n' \
		jail -f jail.conf -c nobody
}

atf_test_case two_of_a_name
two_of_a_name_head()
{
	atf_set descr "Two blocks with one name are two jails, never merged"
}
two_of_a_name_body()
{
	cat >jail.conf <<-'END'
	path = /;
	persist;
	a { host.hostname = first; exec.prestart = "sleep 0.5"; }
	a { host.hostname = second; exec.poststart = "touch second"; }
	END
	# -e shows both
	atf_check -o save:pairs jail -f jail.conf -e '|'
	atf_check -o inline:"2\n" grep -c '^name=a|' pairs
	# the first waits for its command: the second is made meanwhile
	atf_check -s exit:1 -o inline:"a: created\n" \
	    -e inline:'jail: a: jail "a" already exists\n' \
	    jail -f jail.conf -c
	atf_check -o inline:"second\n" jls -j a host.hostname
	atf_check -o ignore test -e second
	# both are asked for, one is there
	atf_check -o inline:"a: removed\n" jail -f jail.conf -r '*'
	# by its name alone the last is meant, where there are no others
	rm second
	atf_check -o inline:"a: created\n" jail -f jail.conf -c a
	atf_check -o inline:"second\n" jls -j a host.hostname
	atf_check -o ignore jail -f jail.conf -r a
	# both have something to wait for, a mount: the second comes too late
	cat >mount.conf <<-'END'
	path = /;
	persist;
	mount.fdescfs;
	a { host.hostname = first; }
	a { host.hostname = second; exec.created = "touch made"; }
	5 { }
	5 { }
	END
	atf_check -s exit:1 -o inline:"a: created\n5: created\n" \
	    -e inline:'jail: a: jail "a" already exists
jail: 5: jail 5 already exists
' jail -f mount.conf -c
	atf_check -s exit:1 test -e made
	atf_check -o inline:"first\n" jls -j a host.hostname
	atf_check -o ignore jail -f mount.conf -r '*'
	# nothing to wait for: the second finds all done
	sed -i '/^mount/d' mount.conf
	atf_check -o inline:"a: created\n5: created\n" jail -f mount.conf -c
	atf_check -o inline:"first\n" jls -j a host.hostname
	atf_check -s exit:1 test -e made
}

atf_test_case handbook
handbook_head()
{
	atf_set descr "Commands by FreeBSD's paths; /etc/rc that leaves nobody"
}
handbook_body()
{
	ifconfig bridge0 create
	ifconfig bridge0 inet 10.0.0.1/24
	cat >jail.conf <<-'END'
	web {
		exec.clean;
		host.hostname = "${name}";
		path = "/";
		vnet;
		vnet.interface = "${epair}b";
		$id = "54";
		$bridge = "bridge0";
		$epair = "epair${id}";
		exec.prestart = "/sbin/ifconfig ${epair} create up";
		exec.prestart += "true; /sbin/ifconfig ${epair}a up descr jail:${name}";
		exec.prestart += "/sbin/ifconfig ${bridge} addm ${epair}a up";
		exec.start = "/sbin/ifconfig ${epair}b 10.0.0.${id}/24 up";
		exec.start += "/sbin/route add default 10.0.0.1";
		exec.start += "/bin/sh /etc/rc";
		exec.stop = "/bin/sh /etc/rc.shutdown";
		exec.poststop = "/sbin/ifconfig ${bridge} deletem ${epair}a";
		exec.poststop += "/sbin/ifconfig ${epair}a destroy";
	}
	END
	atf_check -o match:"^web: created$" -e inline:"jail: web: no process is \
left and it has no persist: kept as if it had\n" jail -f jail.conf -c web
	atf_check -o match:"description: jail:web" ifconfig epair54a
	must_wait 10 jexec web ping -q -c 1 -W 1 10.0.0.1 >/dev/null
	atf_check -o match:"default +10.0.0.1 +UGS" jexec web netstat -rn -4
	atf_check -o match:"^web: removed$" jail -f jail.conf -r web
	atf_check -o inline:"lo0 bridge0\n" ifconfig -l
}

atf_init_test_cases()
{
	atf_add_test_case syntax
	atf_add_test_case one_bad_jail
	atf_add_test_case export
	atf_add_test_case wildcard_start
	atf_add_test_case two_of_a_name
	atf_add_test_case handbook
}
