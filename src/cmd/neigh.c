/* See neigh.h. */
#include "cmd/neigh.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "net/bsderr.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int neigh_file(struct vnet *v, const char *path, const char *open,
	       neigh_set_fn *set, const void *args, struct err *e)
{
	cleanup_fclose FILE *f = fopen(path, "re");
	cleanup_free char *line = NULL;
	size_t size = 0;
	int r = 0;

	if (!f)
		return err_sys(e, errno, "%s %s", open, path);
	for (unsigned int n = 1; r >= 0 && getline(&line, &size, f) >= 0; n++) {
		cleanup_strv struct strv sv = {0};

		line[strcspn(line, "#\n")] = 0;
		if (strv_split(&sv, line, " \t") < 0)
			return err_nomem(e);
		if (!sv.n)
			continue;
		if (sv.n < 2)
			return err_at(e, EINVAL, path, n, "bad line: %s", line);
		r = set(v, args, (int)sv.n, sv.v, e);
		if (r < 0)
			err_wrap(e, "%s line %u", path, n);
	}
	return r;
}

int neigh_set(struct vnet *v, const char *host, const struct arp_entry *entry,
	      struct err *e)
{
	int r = arp_set(v, entry, e);

	if (r == -EADDRNOTAVAIL)
		return err_set(e, EADDRNOTAVAIL,
			       "cannot intuit interface index and type for %s",
			       host);
	return r < 0 ? bsd_err(e, -r, "set %s", host) : 0;
}

void neigh_mac_text(const struct arp_row *row, char buf[32])
{
	const unsigned char *m = row->mac;

	snprintf(buf, 32, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2],
		 m[3], m[4], m[5]);
}
