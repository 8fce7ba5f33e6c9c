#!/bin/sh
# quickstart BUILD: the lab examples/snort-lab up, drawn and checked.
set -eu

build=${1:-build}
lab=snort-lab
PATH=$(cd "$build" && pwd)/bin:$PATH
export PATH

if [ "$(id -u)" != 0 ]; then
	echo "quickstart: jails need root: run it with sudo" >&2
	exit 1
fi

cellblock up "examples/$lab"
echo
cellblock map "$lab"
echo
"examples/$lab/check" "$lab"
cat <<EOF

The lab is running. Try, with PATH=$PWD/$build/bin:\$PATH

    jls -N
    jexec $lab.snort-jail ifconfig
    cellblock shell $lab
    cellblock down $lab          # removes all of it
EOF
