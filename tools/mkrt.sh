#!/bin/sh
# mkrt.sh RT STAMP CELLBLOCK INIT KEEPER LAUNCH RUN: make the runtime directory,
# which is shown to every jail at /run/cellblock/rt (docs/ARCHITECTURE.md):
#	bin/NAME	links to ../launch
#	launch init keeper run
#	holder		init, readable
#	lib/		the loader, as ld.so, and exactly the libraries needed
#	cellblock
set -eu

rt=$1 stamp=$2 prog=$3
umask 022
rm -rf "$rt.new"
mkdir -p "$rt.new/bin" "$rt.new/lib"

cp "$prog" "$rt.new/cellblock"
cp "$4" "$rt.new/init"
chmod 711 "$rt.new/init" # why: open_program() in src/jail/prison_make.c
cp "$4" "$rt.new/holder"
cp "$5" "$rt.new/keeper"
cp "$6" "$rt.new/launch"
cp "$7" "$rt.new/run"

# ldd: "NAME => PATH (ADDRESS)", the loader without "=>", the vdso without path
ldd "$prog" | awk '
	$2 == "=>" && $3 ~ /^\// { print "lib", $3, $1; next }
	$1 ~ /^\// { print "ld", $1, "ld.so" }' |
while read -r kind path name; do
	cp -L "$path" "$rt.new/lib/$name"
	[ "$kind" = lib ] || ln -sf ld.so "$rt.new/lib/${path##*/}"
done
[ -x "$rt.new/lib/ld.so" ] || {
	echo "mkrt.sh: $prog names no loader" >&2
	exit 1
}

sed -n 's/.*{ *"\([a-z_-]*\)", *cmd_.*/\1/p' \
    "$(dirname "$0")/../src/cmd/commands.c" | while read -r name; do
	ln -s ../launch "$rt.new/bin/$name"
done
[ -L "$rt.new/bin/jail" ] || {
	echo "mkrt.sh: no names found in src/cmd/commands.c" >&2
	exit 1
}

# Running jails hold the old directory's files: replace it, do not rewrite it.
rm -rf "$rt.old"
[ ! -e "$rt" ] || mv "$rt" "$rt.old"
mv "$rt.new" "$rt"
rm -rf "$rt.old"
: >"$stamp"
