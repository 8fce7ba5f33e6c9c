#! /usr/bin/env atf-sh
# Static analysis by cppcheck and clang-tidy, each within limited time.
CB_NO_BOX=1
. "$(atf_get_srcdir)/../system/common.sh" || exit

LIMIT=${CB_STATIC_SECONDS:-400}

atf_test_case cppcheck
cppcheck_head()
{
	atf_set descr "cppcheck finds no errors"
	atf_set timeout 450
}
cppcheck_body()
{
	need cppcheck
	# It takes cleanup attributes for leaks; fuzzers and tests are code too.
	cd "$CB_SRC" || atf_fail "no source"
	atf_check -o ignore -e empty timeout "$LIMIT" cppcheck -j 2 --quiet \
	    --std=c11 --enable=warning,portability --inline-suppr \
	    --suppress=memleak --suppress=resourceLeak \
	    --suppress=unknownMacro --suppress=pointerSize \
	    --suppress=varFuncNullUB --suppress=autoVariables --suppress=uninitStructMember \
	    --error-exitcode=1 --template=gcc \
	    -D_GNU_SOURCE -D__x86_64__ -Isrc src tests/unit tests/tools bench
}

atf_test_case clang_tidy
clang_tidy_head()
{
	atf_set descr "clang-tidy finds nothing (.clang-tidy says what it looks for)"
	atf_set timeout 450
}
clang_tidy_body()
{
	need clang-tidy
	[ -f "$CB_BUILD/compile_commands.json" ] ||
	    atf_skip "no compile_commands.json"
	find "$CB_SRC/src" "$CB_SRC/tests/unit" "$CB_SRC/tests/tools" \
	    "$CB_SRC/bench" -name '*.c' |
	    while read -r f; do
		    grep -q "\"file\": \".*/\{0,1\}${f#"$CB_SRC"/}\"" \
			"$CB_BUILD/compile_commands.json" && echo "$f"
	    done >files
	[ -s files ] || atf_fail "no file to look at"
	timeout "$LIMIT" xargs -P 2 -n 4 clang-tidy --quiet -p "$CB_BUILD" \
	    <files >out 2>err
	case $? in
	0) ;;
	124) atf_skip "no time for all of it" ;;
	*)
		grep -E '(error|warning): ' out | sort -u
		atf_fail "clang-tidy found something"
		;;
	esac
}

atf_init_test_cases()
{
	atf_add_test_case cppcheck
	atf_add_test_case clang_tidy
}
