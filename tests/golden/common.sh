# shellcheck shell=sh
#
# common: what the tests of a corpus share.  A test program defines golden(),
# which is called in the corpus with NAME of NAME.EXT, then says
#
#	corpus devfs.rules rules 20
#
# and has a test case for each tests/golden/devfs.rules/*.rules, and one that
# wants 20 of them at least.  $dump is build/tests/golden/devfsrules_dump.
#
# After a wanted change: CB_GOLDEN_UPDATE=1 kyua test ... writes what came out
# as expected; read the diff before you commit it.
# shellcheck disable=SC2034 # for system/common.sh
CB_NO_BOX=1
. "$(atf_get_srcdir)/../system/common.sh" || exit

# compare WANT GOT: show a difference, or take GOT as wanted
compare()
{
	if [ -n "$CB_GOLDEN_UPDATE" ] && ! cmp -s "$1" "$2"; then
		cat "$2" >"$1"
	fi
	diff -u "$1" "$2" || atf_fail "differs from ${1##*/}"
}

# dumps WANT ARGUMENT...: that is what $dump prints, and no error
dumps()
{
	local want

	want=$1
	shift
	"$dump" "$@" >"$here/out" 2>"$here/err" ||
		atf_fail "$(cat "$here/err")"
	[ ! -s "$here/err" ] || atf_fail "$(cat "$here/err")"
	compare "$want" "$here/out"
}

golden_in()
{
	here=$PWD
	# messages name files as the command line does
	cd "$corpus" || atf_fail "no corpus"
	golden "$1"
}

corpus()
{
	local f name

	corpus=$CB_SRC/tests/golden/$1
	dump=$CB_BUILD/tests/golden/${1%.*}${1#*.}_dump
	corpus_ext=$2
	corpus_least=$3
	cases=corpus_size
	for f in "$corpus"/*."$2"; do
		name=${f##*/}
		name=${name%."$2"}
		cases="$cases $name"
		eval "atf_test_case $name; ${name}_body() { golden_in $name; }"
	done
}

atf_test_case corpus_size
corpus_size_head()
{
	atf_set descr "The corpus is there and has at least $corpus_least files"
}
corpus_size_body()
{
	n=$(ls "$corpus"/*."$corpus_ext" | wc -l)
	[ "$n" -ge "$corpus_least" ] || atf_fail "only $n files"
}

atf_init_test_cases()
{
	for c in $cases; do
		atf_add_test_case "$c"
	done
}
