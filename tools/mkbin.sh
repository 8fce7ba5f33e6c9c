#!/bin/sh
# mkbin COMMANDS.C PROGRAM DIR: DIR/NAME links to PROGRAM for every command.
set -eu
mkdir -p "$3"
sed -n 's/^	{ "\([^"]*\)",.*/\1/p' "$1" | while read -r name; do
	ln -sf "$(realpath --relative-to="$3" "$2")" "$3/$name"
done
touch "$3.stamp"
