#! /usr/bin/env atf-sh
# jail.conf(5) as jail(8) shows it: merge, messages, exit status, -e.
# The language itself is tested by tests/golden/jailconf_test.
. "$(atf_get_srcdir)/common.sh"

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

atf_init_test_cases()
{
	atf_add_test_case syntax
	atf_add_test_case one_bad_jail
	atf_add_test_case export
	atf_add_test_case wildcard_start
}
