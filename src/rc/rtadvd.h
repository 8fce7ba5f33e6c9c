/*
 * rtadvd: rtadvd(8)'s configuration for radvd.
 *
 * Theory of operation.  Debian's radvd sends the advertisements; what it is to
 * send is what FreeBSD's rtadvd would: its defaults, changed by what
 * rtadvd.conf(5), a file of termcap(5)'s form, says of an interface.  Nothing
 * of that file is copied: every value is read as what it is and written anew.
 * A capability that radvd has not is refused with its line.
 */
#ifndef CB_RC_RTADVD_H
#define CB_RC_RTADVD_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

struct rtadvd_if {
	const char *name;  /* as rtadvd.conf calls it */
	const char *kname; /* as the kernel does */
	unsigned int mtu;
};

/* A word that means itself in radvd.conf. */
bool rtadvd_name_ok(const char *name);

/*
 * radvd.conf for these interfaces, of the text of an rtadvd.conf (may be
 * empty) that lies at `path`.  no_prefix: rtadvd -s.
 */
int rtadvd_conf(const char *text, const char *path, const struct rtadvd_if *ifs,
		size_t n, bool no_prefix, struct strbuf *out, struct err *e);

#endif
