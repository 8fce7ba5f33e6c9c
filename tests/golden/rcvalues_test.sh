#! /usr/bin/env atf-sh
# rc.conf(5)'s variables: what becomes of each, and what is said of values
# that are none.
. "$(atf_get_srcdir)/common.sh" || exit

corpus=$CB_SRC/tests/golden/rc.values
dump=$CB_BUILD/tests/golden/rcconf_dump

atf_test_case table
table_head()
{
	atf_set descr "The table of variables is as written, and whole"
}
table_body()
{
	here=$PWD
	dumps "$corpus/table" -t
	# every variable that reference/rc.md names (globs as it writes them)
	cat "$corpus/named" >named
	while read -r name; do
		case $name in
		''|'#'*) continue ;;
		esac
		grep -q -F -- "$name=" "$corpus/table" ||
		    atf_fail "$name is not in the table"
	done <named
}

atf_test_case bad
bad_head()
{
	atf_set descr "A value that is none gives a line with its variable"
	atf_set timeout 120
}
bad_body()
{
	here=$PWD
	cd "$corpus" || atf_fail "no corpus"
	dumps bad.out -l bad.lines
	# no terminal is reached by what a value holds
	! grep -q '[[:cntrl:]]' "$here/out" || atf_fail "control characters"
}

atf_init_test_cases()
{
	atf_add_test_case table
	atf_add_test_case bad
}
