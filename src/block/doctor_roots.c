/*
 * doctor_roots: directories that jails have for a root and that others on the
 * machine can reach.  A jail's root makes setuid programs there, which belong
 * to the machine's root outside; jail(8) of FreeBSD says why that directory's
 * parent should be closed.
 */
#include "block/doctor.h"

#include "base/cleanup.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

/*
 * Everybody may enter all directories down to path, and setuid programs work
 * there.  A missing one is nobody's to reach.
 */
static bool open_to_all(const char *path)
{
	char real[PATH_MAX];
	struct statvfs v;
	struct stat st;

	if (!realpath(path, real) || statvfs(real, &v) < 0 ||
	    (v.f_flag & ST_NOSUID))
		return false;
	for (char *slash; *real; *slash = '\0') {
		if (stat(real, &st) < 0 || !(st.st_mode & S_IXOTH))
			return false;
		slash = strrchr(real, '/');
	}
	return true;
}

int doctor_roots(struct prisons *ps, struct strv *ret, struct err *e)
{
	struct prison *v = NULL;
	size_t n = 0;
	int r = prison_list(ps, false, &v, &n, e);

	for (size_t i = 0; r >= 0 && i < n; i++) {
		const char *path = pset_value(&v[i].params, "path");

		/* a nested jail's path is its maker's affair */
		if (!path || !strcmp(path, "/") || strchr(v[i].name, '.') ||
		    !open_to_all(path))
			continue;
		r = strv_addf(ret,
			      "jail \"%s\": every user of this machine can "
			      "reach %s and run setuid programs made in there; "
			      "close a directory above it (chmod 0700)",
			      v[i].name, path);
		if (r < 0)
			r = err_nomem(e);
	}
	prison_list_free(&v, n);
	return r < 0 ? r : 0;
}
