#!/bin/sh
# mkstatic MAP OUTPUT ARCHIVE...: one archive with one object in it, made of
# the first archive and what it needs of the others, of which only the symbols
# of MAP stay visible.
set -eu

map=$1 out=$2
shift 2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
first=$1
shift
sed -n 's/^	\([A-Za-z0-9_]*\);$/\1/p' "$map" >"$tmp/keep"
ld -r -o "$tmp/all.o" --whole-archive "$first" --no-whole-archive \
	--start-group "$@" --end-group
objcopy --keep-global-symbols="$tmp/keep" "$tmp/all.o" "$tmp/libjail.o"
rm -f "$out"
ar rcs "$out" "$tmp/libjail.o"
