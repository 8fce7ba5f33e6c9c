#! /usr/bin/env atf-sh
# pf.conf(5) against the corpus tests/golden/pf.conf: one test case for all
# files whose names begin with the same word.
#
# NAME.conf comes with NAME.out, what `pfctl -nv` echoes of it on the machine of
# tests/tools/pfconf_check.c, with NAME.err, what it says besides, where it says
# anything, and with NAME.args, more of pfconf_dump's arguments, where there are
# any.  The optimiser is off unless they say something else.  Every file that
# loads must also survive print -> parse, both of what is echoed and of what the
# kernel keeps.
. "$(atf_get_srcdir)/common.sh" || exit

# one NAME
one()
{
	local name

	name=$1
	set --
	if [ -f "$name.args" ]; then
		# shellcheck disable=SC2046 # several words
		set -- $(cat "$name.args")
	fi
	timeout 60 "$dump" "$@" echo "$name.conf" >"$here/out" 2>"$here/err"
	status=$?
	compare "$name.out" "$here/out"
	if [ -f "$name.err" ]; then
		compare "$name.err" "$here/err"
	else
		[ ! -s "$here/err" ] || atf_fail "$name: $(cat "$here/err")"
	fi
	if grep -q '^pfctl: ' "$here/err"; then
		[ "$status" = 1 ] || atf_fail "$name: exit status $status"
		return
	fi
	[ "$status" = 0 ] || atf_fail "$name: exit status $status"
	timeout 60 "$dump" "$@" check "$name.conf" >"$here/check" 2>&1 ||
		atf_fail "$name: $(cat "$here/check")"
}

golden()
{
	for f in "$1".conf "$1"_*.conf; do
		[ ! -f "$f" ] || one "${f%.conf}"
	done
}

corpus=$CB_SRC/tests/golden/pf.conf
dump=$CB_BUILD/tests/golden/pfconf_dump
corpus_ext=conf
corpus_least=200
cases=corpus_size
for f in "$corpus"/*.conf; do
	name=${f##*/}
	name=${name%.conf}
	name=${name%%_*}
	case " $cases " in
	*" $name "*)
		;;
	*)
		cases="$cases $name"
		eval "atf_test_case $name; ${name}_body() { golden_in $name; }"
		;;
	esac
done
