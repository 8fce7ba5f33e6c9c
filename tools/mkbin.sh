#!/bin/sh
# mkbin RT BIN STAMP: the commands of the build tree, BIN/NAME, as links to the
# program in the runtime directory RT, for every name that RT/bin has.
set -eu
rm -rf "$2"
mkdir -p "$2"
for f in "$1"/bin/*; do
	ln -s ../rt/cellblock "$2/${f##*/}"
done
: >"$3"
