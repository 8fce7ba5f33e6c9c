/*
 * ngctl: commands that change the graph: mkpeer, connect, name, rmhook,
 * shutdown.  Each is one generic message.
 */
#include "ngctl/ngctl.h"

/* Both are a field of `size` bytes, then our hook and the peer's. */
_Static_assert(sizeof(struct ngm_mkpeer) == NG_TYPESIZ + 2 * NG_HOOKSIZ, "so");
_Static_assert(sizeof(struct ngm_connect) == NG_PATHSIZ + 2 * NG_HOOKSIZ, "so");

/* [path] FIRST hook peerhook */
static int two_hooks(struct ngctl *c, int argc, char **argv, uint32_t cmd,
		     size_t size, struct err *e)
{
	char m[NG_PATHSIZ + 2 * NG_HOOKSIZ];
	char **a;
	int rc;

	if (argc != 4 && argc != 5)
		return NGCTL_USAGE;
	a = argv + argc - 3;
	rc = ngctl_copy(m, size, a[0], e);
	if (!rc)
		rc = ngctl_copy(m + size, NG_HOOKSIZ, a[1], e);
	if (!rc)
		rc = ngctl_copy(m + size + NG_HOOKSIZ, NG_HOOKSIZ, a[2], e);
	if (rc < 0)
		return rc;
	return ngctl_send(c, argc == 5 ? argv[1] : ".", cmd, m,
			  size + 2 * NG_HOOKSIZ, "send msg", e);
}

int ngctl_mkpeer(struct ngctl *c, int argc, char **argv, struct err *e)
{
	return two_hooks(c, argc, argv, NGM_MKPEER, NG_TYPESIZ, e);
}

int ngctl_connect(struct ngctl *c, int argc, char **argv, struct err *e)
{
	return two_hooks(c, argc, argv, NGM_CONNECT, NG_PATHSIZ, e);
}

int ngctl_name(struct ngctl *c, int argc, char **argv, struct err *e)
{
	struct ngm_name m;
	int rc;

	if (argc != 3)
		return NGCTL_USAGE;
	rc = ngctl_copy(m.name, sizeof(m.name), argv[2], e);
	if (rc < 0)
		return rc;
	return ngctl_send(c, argv[1], NGM_NAME, &m, sizeof(m), "send msg", e);
}

int ngctl_rmhook(struct ngctl *c, int argc, char **argv, struct err *e)
{
	struct ngm_rmhook m;
	int rc;

	if (argc != 2 && argc != 3)
		return NGCTL_USAGE;
	rc = ngctl_copy(m.ourhook, sizeof(m.ourhook), argv[argc - 1], e);
	if (rc < 0)
		return rc;
	return ngctl_send(c, argc == 3 ? argv[1] : ".", NGM_RMHOOK, &m,
			  sizeof(m), "send msg", e);
}

int ngctl_shutdown(struct ngctl *c, int argc, char **argv, struct err *e)
{
	if (argc != 2)
		return NGCTL_USAGE;
	return ngctl_send(c, argv[1], NGM_SHUTDOWN, NULL, 0, "shutdown", e);
}
