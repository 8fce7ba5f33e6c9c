#! /usr/bin/env atf-sh
# The commands in each example's README, as written there, one after the other:
# one test case an example.
. "$(atf_get_srcdir)/common.sh" || exit

# commands EXAMPLE: the blocks of its README that begin with cellblock or jexec.
commands()
{
	awk '!/^    / { on = 0; next }
	     /^    (cellblock|jexec) / { on = 1 }
	     on { print substr($0, 5) }' "$CB_SRC/examples/$1/README.md"
}

# What LINE of a README shall exit with.
status_of()
{
	case $1 in
	*"# no answer" | "cellblock diff "*) echo 1 ;;
	*) echo 0 ;;
	esac
}

# None is left of what was started with an & and ends with the block.
none_runs()
{
	local p

	for p in $behind; do
		! kill -0 "$p" 2>/dev/null || return 1
	done
}

# as_written EXAMPLE
as_written()
{
	local line want got work behind=

	work=$(pwd)
	cd "$CB_SRC" || atf_fail "no source"
	commands "$1" >"$work/lines"
	grep -q "^cellblock down $1" "$work/lines" ||
	    atf_fail "the README does not say how it ends"
	while IFS= read -r line; do
		echo "# $line"
		want=$(status_of "$line")
		got=0
		# The README's own words, run as they stand.
		eval "$line" </dev/null >"$work/said" 2>&1 || got=$?
		case ${line%%#*} in
		*'& '* | *'&') behind="$behind $!" ;;
		esac
		[ "$got" = "$want" ] ||
		    atf_fail "$line: exit $got: $(cat "$work/said")"
	done <"$work/lines"
	must_wait 5 none_runs
	atf_check -o inline:"lo0\n" ifconfig -l
	atf_check jls name
}

for example in "$CB_SRC"/examples/*/; do
	example=$(basename "$example")
	name=$(echo "$example" | tr - _)
	atf_test_case "$name"
	eval "${name}_head()
	{
		atf_set descr \"The commands of examples/$example work as written\"
		atf_set timeout 120
		atf_set require.progs \"busybox dnsmasq tcpdump\"
	}
	${name}_body()
	{
		as_written $example
	}"
	names="$names $name"
done

atf_init_test_cases()
{
	local name

	for name in $names; do
		atf_add_test_case "$name"
	done
}
