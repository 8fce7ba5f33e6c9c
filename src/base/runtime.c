/* runtime: see runtime.h. */
#include "base/runtime.h"

#include "base/cleanup.h"
#include "base/str.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static bool is_runtime(const char *dir)
{
	cleanup_free char *p = str_printf("%s/keeper", dir);

	return p && access(p, X_OK) == 0;
}

int runtime_dir(char **ret, struct err *e)
{
	/* installed; in the build tree; started by rt/lib/ld.so */
	static const char *const where[] = {"", "/../../rt", "/.."};
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (n < 0)
		return err_sys(e, errno, "/proc/self/exe");
	exe[n] = '\0';
	*strrchr(exe, '/') = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(where); i++) {
		cleanup_free char *p = str_printf("%s%s", exe, where[i]);

		if (!p)
			return err_nomem(e);
		if (is_runtime(p)) {
			*ret = realpath(p, NULL);
			return *ret ? 0 : err_sys(e, errno, "%s", p);
		}
	}
	/* another program, with one of the libraries */
	for (size_t i = 0; i < 2; i++) {
		const char *p = i ? CELLBLOCK_LIBEXEC
				  : secure_getenv("CELLBLOCK_RUNTIME");

		if (p && is_runtime(p)) {
			*ret = strdup(p);
			return *ret ? 0 : err_nomem(e);
		}
	}
	return err_set(e, ENOENT, "no runtime directory beside %s or in %s",
		       exe, CELLBLOCK_LIBEXEC);
}
