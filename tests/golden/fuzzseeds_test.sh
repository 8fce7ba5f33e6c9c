#! /usr/bin/env atf-sh
# The seeds of each fuzzer, and what it once found, run through it again: one
# case for each directory of tests/fuzz.
CB_NO_BOX=1
. "$(atf_get_srcdir)/../system/common.sh" || exit

# replay NAME [DIRECTORY...]: with the seeds that lie elsewhere.
replay()
{
	name=$1
	shift
	atf_check -o match:"^[0-9]+ inputs$" -e ignore \
		"$CB_BUILD/tests/fuzz/${name}_replay" \
		"$CB_SRC/tests/fuzz/$name" "$@"
}

for f in "$CB_SRC"/tests/fuzz/*_fuzz.c; do
	name=${f##*/}
	name=${name%_fuzz.c}
	case $name in
	devfsrules) more=$CB_SRC/tests/golden/devfs.rules ;;
	jailconf) more=$CB_SRC/tests/golden/jail.conf ;;
	*) more= ;;
	esac
	cases="$cases $name"
	atf_test_case "$name"
	eval "${name}_body() { replay $name $more; }"
done

atf_init_test_cases()
{
	for c in $cases; do
		atf_add_test_case "$c"
	done
}
