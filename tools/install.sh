#!/bin/sh
# install.sh install|uninstall BUILD DESTDIR PREFIX
#
#   PREFIX/libexec/cellblock     the runtime directory: program, loader,
#                                bin/ with every FreeBSD name; manifest
#   PREFIX/libexec/cellblock/man pages of the commands in that bin/, which
#                                would hide those of Linux's own tools
#   PREFIX/sbin                  links cellblock, jail, jls, jexec, rctl,
#                                ngctl, nghook, pfctl
#   PREFIX/share/man             their pages, and those of their files
#   PREFIX/share/cellblock       examples
#   PREFIX/lib/systemd/system    cellblock@.service: a block from boot on
#   PREFIX/lib, include          libjail, libnetgraph, with FreeBSD's headers
#   shell completions            where each shell looks below PREFIX/share
#
# The manifest lists every file put there, so that uninstall removes exactly
# these, and then the directories that this leaves empty.
set -eu

usage() {
	echo "usage: install.sh install|uninstall BUILD DESTDIR PREFIX" >&2
	exit 2
}

[ $# = 4 ] || usage
verb=$1 build=$2 dest=$3 prefix=$4
case $prefix in
/*) ;;
*) usage ;;
esac
src=$(cd "$(dirname "$0")/.." && pwd)
root=$dest$prefix
libexec=$root/libexec/cellblock
manifest=$libexec/manifest
links="jail jls jexec rctl ngctl nghook pfctl"
umask 022

# Note a path, relative to the root, as ours.
note() {
	echo "$1" >>"$manifest.new"
}

# put FILE DIR MODE: copy it below the root.
put() {
	mkdir -p "$root/$2"
	install -m "$3" "$1" "$root/$2/"
	note "$2/$(basename "$1")"
}

# tree FROM TO: a directory as it is, links and all.
tree() {
	mkdir -p "$root/$2"
	(cd "$1" && find . -type d) | while read -r d; do
		mkdir -p "$root/$2/$d"
	done
	(cd "$1" && find . ! -type d) | sed 's|^\./||' | while read -r f; do
		# Never write into a file that runs: put a new one in its place.
		rm -f "$root/$2/$f"
		cp -P "$1/$f" "$root/$2/$f"
		[ -L "$root/$2/$f" ] || chmod go-w,a+rX "$root/$2/$f"
		[ "$f" != init ] || chmod 711 "$root/$2/$f" # see mkrt.sh
		note "$2/$f"
	done
}

# Is it a page that hides none of Linux's?
public_page() {
	case $1 in
	cellblock* | jail* | jexec* | jls* | netgraph* | ngctl* | nghook* | \
		pf.* | pfctl* | rctl*) return 0 ;;
	esac
	return 1
}

# library NAME: one of src/lib, shared and static, with its headers and what
# pkg-config wants to know.
library() {
	lib=$build/src/lib/$1
	put "$lib/$1.a" lib 644
	put "$lib/$1.so.1.0.0" lib 755
	for n in $1.so.1 $1.so; do
		ln -sfn "$1.so.1.0.0" "$root/lib/$n"
		note "lib/$n"
	done
	(cd "$src/src/lib/$1/include" && find . -name '*.h') |
		sed 's|^\./||' | while read -r f; do
		dir=include/$(dirname "$f")
		put "$src/src/lib/$1/include/$f" "${dir%/.}" 644
	done
	mkdir -p "$root/lib/pkgconfig"
	sed "s|@PREFIX@|$prefix|" "$src/src/lib/$1/cellblock-$1.pc.in" \
		>"$root/lib/pkgconfig/cellblock-$1.pc"
	note "lib/pkgconfig/cellblock-$1.pc"
}

do_install() {
	[ -x "$build/rt/cellblock" ] || {
		echo "install: $build is not built" >&2
		exit 1
	}
	mkdir -p "$libexec"
	: >"$manifest.new"
	tree "$build/rt" libexec/cellblock
	mkdir -p "$root/sbin"
	ln -sfn ../libexec/cellblock/cellblock "$root/sbin/cellblock"
	note sbin/cellblock
	for n in $links; do
		ln -sfn cellblock "$root/sbin/$n"
		note "sbin/$n"
	done
	for f in "$src"/man/*.[1-9]; do
		[ -f "$f" ] || continue
		dir=share/man
		public_page "$(basename "$f")" || dir=libexec/cellblock/man
		put "$f" "$dir/man${f##*.}" 644
	done
	for pair in bash:bash-completion/completions zsh:zsh/site-functions \
		fish:fish/vendor_completions.d; do
		for f in "$src/completions/${pair%%:*}"/*; do
			[ -f "$f" ] && put "$f" "share/${pair#*:}" 644
		done
	done
	tree "$src/examples" share/cellblock/examples
	library libjail
	library libnetgraph
	sed "s|@PREFIX@|$prefix|" "$src/systemd/cellblock@.service.in" \
		>"$build/cellblock@.service"
	put "$build/cellblock@.service" lib/systemd/system 644
	put "$src/LICENSE" share/cellblock 644
	note libexec/cellblock/manifest
	# What an older version had and this one has not.
	if [ -f "$manifest" ]; then
		sort "$manifest.new" >"$manifest.tmp"
		sort "$manifest" | comm -23 - "$manifest.tmp" | remove_listed
		rm -f "$manifest.tmp"
	fi
	mv "$manifest.new" "$manifest"
	echo "installed in $root"
}

# Remove the paths on stdin, then each directory above them, up to the root
# (with DESTDIR: up to that), that has become empty.
remove_listed() {
	while read -r f; do
		case $f in
		/* | *..*) continue ;;
		esac
		rm -f "$root/$f"
		d=$(dirname "$f")
		while [ "$d" != . ]; do
			case $dest/$d in
			/sbin | /share | /libexec | /lib | /include | \
				/lib/systemd | /lib/systemd/system | \
				/include/sys | /lib/pkgconfig | /share/man | /share/man/man?)
				break ;;
			esac
			rmdir "$root/$d" 2>/dev/null || break
			d=$(dirname "$d")
		done
	done
	# Of PREFIX itself nothing goes unless the whole tree was a DESTDIR.
	[ -n "$dest" ] || return 0
	d=$prefix
	while [ "$d" != / ] && rmdir "$dest$d" 2>/dev/null; do
		d=$(dirname "$d")
	done
}

case $verb in
install)
	do_install
	;;
uninstall)
	[ -f "$manifest" ] || {
		echo "uninstall: nothing is installed in $root" >&2
		exit 1
	}
	copy=$(mktemp)
	trap 'rm -f "$copy"' EXIT
	cp "$manifest" "$copy"
	remove_listed <"$copy"
	echo "removed from $root"
	;;
*)
	usage
	;;
esac
