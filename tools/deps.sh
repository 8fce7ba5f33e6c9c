#!/bin/sh
# deps FILE: install the Debian packages that FILE lists, if any is missing.
# Quiet when all are there; fetches the package lists only when it must.
set -eu

wanted=$(sed 's/#.*//' "$1" | tr -s ' \n' ' ')

if ! command -v dpkg-query >/dev/null; then
	echo "deps: not a Debian; what is needed is listed in $1" >&2
	exit 0
fi

missing() {
	for p in $wanted; do
		dpkg-query -W -f '${db:Status-Abbrev}\n' "$p" 2>/dev/null |
			grep -q '^.i' || echo "$p"
	done
}

miss=$(missing | tr '\n' ' ')
[ -n "$miss" ] || exit 0
if [ "$(id -u)" != 0 ]; then
	echo "deps: missing packages; as root: apt-get install $miss" >&2
	exit 1
fi

export DEBIAN_FRONTEND=noninteractive
install() {
	# shellcheck disable=SC2086 # a list of words
	apt-get install -q -y --no-install-recommends \
		-o DPkg::Lock::Timeout=120 $miss </dev/null
}

echo "deps: installing $miss"
# Old package lists name files that are gone: then, and only then, update.
install || {
	apt-get update -q -o DPkg::Lock::Timeout=120 </dev/null
	install
}
