/*
 * pwfile_fuzz: a jail's passwd and group, with a name to look up: the first
 * line is the name, the rest both files.  No id is one that setresuid(2) takes
 * for "leave it", no string is one that an environment or a terminal minds.
 */
#include "base/cleanup.h"
#include "jail/pwfile.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			abort();
}

static void look(const char *text, const char *name)
{
	cleanup_pwuser struct pwuser u = {0};
	gid_t v[16];
	size_t n = pwfile_groups(text, name, v, 16);

	if (n > 16)
		abort();
	for (size_t i = 0; i < n; i++)
		if (v[i] == (gid_t)-1)
			abort();
	if (pwfile_user(text, name, &u, NULL) < 0)
		return;
	if (u.uid == (uid_t)-1 || u.gid == (gid_t)-1 || *u.home != '/' ||
	    strcmp(u.name, name))
		abort();
	check_text(u.home);
	check_text(u.shell);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = strndup((const char *)data, size);
	char *nl = text ? strchr(text, '\n') : NULL;

	if (!nl)
		return 0;
	*nl = '\0';
	look(nl + 1, text);
	look(nl + 1, "root");
	return 0;
}
