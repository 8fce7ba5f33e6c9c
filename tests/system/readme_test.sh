#! /usr/bin/env atf-sh
# The tour of the README is what one gets who types it.
. "$(atf_get_srcdir)/common.sh" || exit

# What differs from machine to machine, and from one time to the next.
mask()
{
	sed 's/time=[0-9.]* ms/time=T ms/; s/^rtt .*/rtt/
	    s/, time [0-9]*ms/, time T/; s/ether [0-9a-f:]*/ether E/
	    s/options=.*/options/; s/^ *[0-9][0-9]* \(  *[a-z]\)/JID\1/'
}

atf_test_case tour
tour_head()
{
	atf_set descr "Each command of the README's tour prints what stands there"
	atf_set timeout 60
}
tour_body()
{
	local line

	COLUMNS=78
	export COLUMNS
	awk '/^```console/ { on = 1; next } /^```/ { on = 0 } on' \
	    "$CB_SRC/README.md" >said
	grep -q '^# cellblock up ' said || atf_fail "no tour in the README"
	cp -R "$CB_SRC/examples" .
	while IFS= read -r line; do
		case $line in
		'# '*)
			echo "$line"
			# The README's own words, run as they stand.
			eval "${line#??}" 2>&1 </dev/null
			;;
		esac
	done <said >got
	mask <said >want
	mask <got >have
	diff -u want have || atf_fail "the README shows something else"
}

atf_init_test_cases()
{
	atf_add_test_case tour
}
