#! /bin/sh
# mksyscalls HEADER CC...: the system calls of a kernel header, a line each:
# NAME NUMBER.
set -eu

header=$1
shift

# Some numbers are macros in turn: the compiler has the last word.
printf '#include <%s>\n' "$header" | "$@" -E -dM -x c - |
	sed -n 's/^#define __NR_\([a-z0-9_]*\) .*$/\1/p' | LC_ALL=C sort |
	{
		printf '#include <%s>\n' "$header"
		while read -r name; do
			printf 'CALL "%s" __NR_%s\n' "$name" "$name"
		done
	} | "$@" -E -P -x c - |
	sed -n -e "/\"syscalls\"/d" -e "/\"arch_specific_syscall\"/d" \
	    -e 's/^CALL "\([a-z0-9_]*\)" \([0-9][0-9]*\)$/\1 \2/p'
