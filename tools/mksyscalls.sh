#! /bin/sh
# mksyscalls HEADER CC...: the system calls of a kernel header, a line each:
# NAME NUMBER.
set -eu

header=$1
shift
printf '#include <%s>\n' "$header" | "$@" -E -dM -x c - |
	sed -n 's/^#define __NR_\([a-z0-9_]*\) \([0-9][0-9]*\)$/\1 \2/p' |
	LC_ALL=C sort
