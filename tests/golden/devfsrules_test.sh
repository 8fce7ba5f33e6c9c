#! /usr/bin/env atf-sh
# devfs.rules(5) against the corpus tests/golden/devfs.rules: one test case a
# file.  NAME.rules comes with NAME.out, what devfsrules_dump prints of it.
. "$(atf_get_srcdir)/common.sh" || exit

golden()
{
	dumps "$1.out" "$1.rules"
}

corpus devfs.rules rules 20
