#! /usr/bin/env atf-sh
# The rules of tests/lint/lint.sh hold in the tree, and each rule finds a
# mistake planted for it.
CB_NO_BOX=1
. "$(atf_get_srcdir)/../system/common.sh" || exit

# The tree obeys rule $1.
clean()
{
	"$CB_SRC/tests/lint/lint.sh" "$1" "$CB_SRC" || atf_fail "rule $1 broken"
}

# plant FILE, text on stdin: a small tree with one mistake.
plant()
{
	mkdir -p "bad/$(dirname "$1")"
	cat >"bad/$1"
}

# caught RULE PATTERN: the rule finds it and says so.
caught()
{
	atf_check -s exit:1 -o match:"$2" "$CB_SRC/tests/lint/lint.sh" "$1" bad
	rm -r bad
}

atf_test_case layers
layers_head()
{
	atf_set descr "Includes point from a layer to those below it"
}
layers_body()
{
	clean layers
	echo '#include "net/ifnet.h"' | plant src/nl/x.c
	caught layers '^src/nl/x.c:1: nl includes net/ifnet.h of a layer above$'
	echo '#include "base/err.h"' | plant src/init/x.c
	caught layers 'init includes base/err.h'
	echo '#include "err.h"' | plant src/base/x.c
	caught layers 'include "LAYER/err.h"'
	echo '#include "zfs/zfs.h"' | plant src/net/x.c
	caught layers 'zfs is not a layer'
}

atf_test_case length
length_head()
{
	atf_set descr "Files have at most about 1,000 lines"
}
length_body()
{
	clean length
	seq 1100 | plant src/nl/x.c
	caught length 'src/nl/x.c:1100: 1100 lines'
}

atf_test_case format
format_head()
{
	atf_set descr "C is formatted by clang-format; no stray spaces"
}
format_body()
{
	need clang-format
	clean space
	printf '/* x */ \n' | plant src/nl/x.c
	caught space 'src/nl/x.c:1: space at the end'
	printf '/* x */' | plant src/nl/x.c
	caught space 'no newline'
	printf '/* x */\n  int   x ;\n' | plant src/nl/x.c
	cp "$CB_SRC/.clang-format" bad/
	caught format '^src/nl/x.c:[12]: '
	clean format
}

atf_test_case calls
calls_head()
{
	atf_set descr "No system(), no unbounded copies, no forks of ip and nft"
}
calls_body()
{
	clean calls
	clean tools
	printf '/* x */\nint x(void)\n{\n\treturn system("ls");\n}\n' |
	    plant src/nl/x.c
	caught calls '^src/nl/x.c:4: calls system()'
	printf '\tstrcpy(a, b);\n' | plant src/nl/x.c
	caught calls 'calls strcpy()'
	# Neither comments, nor strings, nor longer names.
	printf '/* system(x) */\n\tsnprintf(a, 1, "popen(%%d)", 1);\n' |
	    plant src/nl/x.c
	atf_check "$CB_SRC/tests/lint/lint.sh" calls bad
	rm -r bad
	printf '\texeclp("ip", "ip", "link", NULL);\n' | plant src/nl/x.c
	caught tools '^src/nl/x.c:1: runs'
	printf '\tconst char *p = "/sbin/nft";\n' | plant src/nl/x.c
	caught tools 'src/nl/x.c:1: runs'
}

atf_test_case comment
comment_head()
{
	atf_set descr "Each C file and header says at its head what it is"
}
comment_body()
{
	clean comment
	echo '#include <x.h>' | plant src/nl/x.h
	caught comment 'src/nl/x.h:1: no comment'
}

atf_test_case man
man_head()
{
	atf_set descr "Manual pages are there for all commands and well-formed"
}
man_body()
{
	need mandoc
	clean man
	printf '.Dd x\n.Dt X 1\n.Os\n.Sh NAME\n.Bl -tag\n.It x\n' |
	    plant man/x.1
	printf '.Ed\n.Xr\n' >>bad/man/x.1
	caught man 'man/x.1:'
	printf '.Sh NAME\n.Ql a , b\n' | plant man/x.1
	caught man 'man/x.1:2: Ql takes all that follows'
	printf '.Bl -tag\n.It No such file\n' | plant man/x.1
	caught man 'man/x.1:2: No is a macro'
	printf '\t{ "frob", cmd_frob, "x" },\n' | plant src/cmd/commands.c
	caught pages 'frob has no page'
	clean pages
}

atf_test_case rcvars
rcvars_head()
{
	atf_set descr "rc.conf(5) and the table of rc's variables agree"
}
# want TEXT: what is said of the page on stdin beside a table of three rows
want()
{
	plant man/rc.conf.5
	plant src/rc/rcdefaults.c <<'EOF'
	{"a_enable", "NO", ON, "x", SWITCH},
	{"b_*_alias[0-9]*", NULL, ON,
	{"c", NULL, NEVER, "x", TEXT},
EOF
	[ -z "$1" ] || { caught rcvars "$1"; return; }
	atf_check "$CB_SRC/tests/lint/lint.sh" rcvars bad
}
rcvars_body()
{
	clean rcvars
	printf '.It Va a_enable Po NO Pc , Va b_IF_aliasN\n.Ss Without effect\n.It Va c\n' |
	    want ''
	printf '.It Va a_enable Pq YES , Va b_IF_aliasN\n.Ss Without effect\n.It Va c\n' |
	    want '^man/rc.conf.5:1: the default of a_enable is NO$'
	printf '.It Va a_enable , b_IF_aliasN , d\n.Ss Without effect\n.It Va c\n' |
	    want '^man/rc.conf.5:1: d is not in '
	printf '.It Va a_enable , c\n.Va b_IF_aliasN\n' |
	    want '^man/rc.conf.5:1: c is NEVER in '
	printf '.It Va a_enable\n.Ss Without effect\n.It Va c\n' |
	    want '^src/rc/rcdefaults.c:2: b_\*_alias\* is not in man/rc.conf.5$'
}

atf_test_case packages
packages_head()
{
	atf_set descr "packages.txt is sorted"
}
packages_body()
{
	clean packages
	printf 'b\na\n' | plant packages.txt
	caught packages 'packages.txt:2'
	printf 'a b\n' | plant packages.txt
	caught packages 'packages.txt:1'
}

atf_test_case shell
shell_head()
{
	atf_set descr "shellcheck has nothing to say about the shell scripts"
	atf_set timeout 300
}
shell_body()
{
	need shellcheck
	clean shell
	# shellcheck disable=SC2016
	printf '#!/bin/sh\nrm $1\n' | plant tools/x.sh
	caught shell 'tools/x.sh:2'
}

atf_test_case boxed
boxed_head()
{
	atf_set descr "No test goes on without what puts it into a box"
}
boxed_body()
{
	clean boxed
	echo '. "$(atf_get_srcdir)/common.sh"' |
	    plant tests/system/x_test.sh
	caught boxed 'tests/system/x_test.sh:1: no "|| exit" behind it'
}

atf_test_case tree
tree_head()
{
	atf_set descr "Nothing is in the tree that is no part of it"
}
tree_body()
{
	clean tree
	echo root | plant etc2/passwd
	caught tree '^etc2:1: is no part of the tree$'
}

atf_test_case security
security_head()
{
	atf_set descr "docs/SECURITY.md names only tests that exist"
}
security_body()
{
	clean security
	printf '## Promises\n| x | y | escape/none:nothing |\n' |
	    plant docs/SECURITY.md
	caught security 'docs/SECURITY.md:2: there is no test escape/none:noth'
	printf '## Promises\n| x | y | z |\n' | plant docs/SECURITY.md
	caught security 'docs/SECURITY.md:2: a promise without a test'
}

atf_init_test_cases()
{
	atf_add_test_case layers
	atf_add_test_case length
	atf_add_test_case format
	atf_add_test_case calls
	atf_add_test_case comment
	atf_add_test_case man
	atf_add_test_case rcvars
	atf_add_test_case packages
	atf_add_test_case shell
	atf_add_test_case boxed
	atf_add_test_case tree
	atf_add_test_case security
}
