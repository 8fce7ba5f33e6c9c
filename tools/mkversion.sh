#!/bin/sh
# mkversion NAME FILE...: a header that defines NAME as 16 hexadecimal digits
# made of the files, so that no two versions of them have the same.
set -eu
name=$1
shift
sum=$(cat "$@" | sha256sum)
printf '/* of %d files, by tools/mkversion.sh */\n' $#
printf '#define %s "%.16s"\n' "$name" "$sum"
