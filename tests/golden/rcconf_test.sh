#! /usr/bin/env atf-sh
# rc.conf(5) against the corpus tests/golden/rc.conf: one test case a file.
#
# NAME.conf comes with NAME.plan, what rcconf_dump prints of it: warnings, the
# steps of a boot on an empty vnet, or the error.  NAME.etc, where it exists,
# is the folder of sysctl.conf and jail.conf.
#
# After a wanted change: CB_GOLDEN_UPDATE=1 kyua test ... writes what came out
# as expected; read the diff before you commit it.
CB_NO_BOX=1
. "$(atf_get_srcdir)/../system/common.sh"

corpus=$CB_SRC/tests/golden/rc.conf
dump=$CB_BUILD/tests/golden/rcconf_dump

golden()
{
	here=$PWD
	cd "$corpus" || atf_fail "no corpus"
	etc=
	if [ -d "$1.etc" ]; then
		etc=$1.etc
	fi
	"$dump" "$1.conf" $etc >"$here/out" 2>"$here/err" ||
		atf_fail "$(cat "$here/err")"
	[ ! -s "$here/err" ] || atf_fail "$(cat "$here/err")"
	if [ -n "$CB_GOLDEN_UPDATE" ]; then
		cat "$here/out" >"$1.plan"
	fi
	diff -u "$1.plan" "$here/out" || atf_fail "differs from $1.plan"
}

for f in "$corpus"/*.conf; do
	name=$(basename "$f" .conf)
	cases="$cases $name"
	eval "atf_test_case $name; ${name}_body() { golden $name; }"
done

atf_test_case corpus_size
corpus_size_head()
{
	atf_set descr "The corpus is there and has at least 25 files"
}
corpus_size_body()
{
	n=$(ls "$corpus"/*.conf | wc -l)
	[ "$n" -ge 25 ] || atf_fail "only $n files"
}

atf_init_test_cases()
{
	atf_add_test_case corpus_size
	for c in $cases; do
		atf_add_test_case "$c"
	done
}
