/* rcjailid: see rcjailid.h. */
#include "rc/rcjailid.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "base/str.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *path_of(const char *name)
{
	static const char head[] = "/var/run/jail_";
	char *path = str_printf("%s%s.id", head, name);

	for (char *p = path ? path + strlen(head) : NULL;
	     p && p < path + strlen(head) + strlen(name); p++)
		if (*p == '.' || *p == '/')
			*p = '_';
	return path;
}

void rcjailid_write(const char *name, int jid, const struct report *r)
{
	cleanup_free char *path = path_of(name);
	struct err e = ERR_INIT;
	char text[16];

	snprintf(text, sizeof(text), "%d\n", jid);
	if (path && file_write_atomic(AT_FDCWD, path, text, 0644, &e) < 0)
		report(r, REPORT_WARN, "%s", e.text);
}

void rcjailid_remove(const char *name)
{
	cleanup_free char *path = path_of(name);

	if (path)
		unlink(path);
}
