#!/bin/sh
# mkbin RT BIN STAMP: the commands of the build tree, BIN/NAME, as links to the
# program in the runtime directory RT, for every name that RT/bin has but
# those that are for jails alone: on the machine uname is Linux's.
set -eu
rm -rf "$2"
mkdir -p "$2"
for f in "$1"/bin/*; do
	[ "${f##*/}" != uname ] || continue
	ln -s ../rt/cellblock "$2/${f##*/}"
done
: >"$3"
