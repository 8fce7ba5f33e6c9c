#!/bin/sh
# What `meson install` runs: the same as `make install`.
exec "$MESON_SOURCE_ROOT/tools/install.sh" install "$MESON_BUILD_ROOT" \
	"${DESTDIR:-}" "${MESON_INSTALL_PREFIX:?}"
