#!/bin/sh
# mkrt.sh RT STAMP CELLBLOCK INIT KEEPER LAUNCH RUN: make the runtime directory,
# which is shown to every jail at /run/cellblock/rt (docs/ARCHITECTURE.md):
#	bin/NAME	links to ../launch
#	scripts/NAME	the same, for rc.d scripts alone
#	launch init keeper run
#	udhcpc		busybox, if the machine has a static one
#	radvd		for rtadvd, if the machine has it
#	holder		init, readable
#	lib/		the loader, as ld.so, and exactly the libraries needed
#	cellblock
set -eu

rt=$1 stamp=$2 prog=$3
umask 022
rm -rf "$rt.new"
mkdir -p "$rt.new/bin" "$rt.new/lib" "$rt.new/scripts"

cp "$prog" "$rt.new/cellblock"
cp "$4" "$rt.new/init"
chmod 711 "$rt.new/init" # why: open_program() in src/jail/prison_make.c
cp "$4" "$rt.new/holder"
cp "$5" "$rt.new/keeper"
cp "$6" "$rt.new/launch"
cp "$7" "$rt.new/run"

# The DHCP client that dhclient runs.  It must work in any root file system, so
# only a static one goes along.
for f in /usr/bin/busybox /bin/busybox; do
	if [ -x "$f" ] && ! ldd "$f" >/dev/null 2>&1 &&
	    "$f" --list | grep -qx udhcpc; then
		cp -L "$f" "$rt.new/udhcpc"
		break
	fi
done

# What rtadvd runs, by the loader and the libraries below: it wants no others.
for f in /usr/sbin/radvd /sbin/radvd; do
	if [ -x "$f" ] && ! ldd "$f" | grep '=> /' | grep -qv 'libc\.so\.6'; then
		cp -L "$f" "$rt.new/radvd"
		break
	fi
done

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
sed -n 's/.*{\.name = "\([a-z0-9_]*\)", \.main = script_.*/\1/p' \
    "$(dirname "$0")/../src/cmd/commands.c" | while read -r name; do
	ln -s ../launch "$rt.new/scripts/$name"
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
