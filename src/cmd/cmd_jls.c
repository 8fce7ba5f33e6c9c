/* jls(8): parse, look, print; the layout is in jail/jls.h. */
#include "cmd/cmd.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "base/str.h"
#include "jail/jls.h"
#include "jail/prison.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* A jail that is not there, in jls(8)'s words. */
static int not_found(const char *jail, struct err *e)
{
	long long jid;

	if (!str_to_int(jail, 1, INT_MAX, &jid))
		return err_set(e, ENOENT, "jail %lld not found", jid);
	return err_set(e, ENOENT, "jail \"%s\" not found", jail);
}

static int list_one(const struct jls_opts *o, struct prisons *ps,
		    struct strbuf *out, struct err *e)
{
	cleanup_prison struct prison p = {0};
	int r;

	r = prison_get(ps, o->jail, o->dying, &p, e);
	if (r == -ENOENT)
		return not_found(o->jail, e);
	if (r < 0 || o->check)
		return r;
	return jls_print(o, &p, 1, out, e);
}

static int list_all(const struct jls_opts *o, struct prisons *ps,
		    struct strbuf *out, struct err *e)
{
	struct prison *v = NULL;
	size_t n = 0;
	int r;

	r = prison_list(ps, o->dying, &v, &n, e);
	if (!r)
		r = jls_print(o, v, n, out, e);
	prison_list_free(&v, n);
	return r;
}

static int run(const struct jls_opts *o, struct err *e)
{
	cleanup_prisons struct prisons *ps = NULL;
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	int r;

	r = prisons_open(&ps, e);
	if (!r)
		r = o->jail ? list_one(o, ps, &out, e)
			    : list_all(o, ps, &out, e);
	if (r < 0)
		return r;
	fputs(out.s, stdout);
	if (fflush(stdout) != 0 || ferror(stdout))
		return err_sys(e, errno, "stdout");
	return 0;
}

int cmd_jls(int argc, char **argv)
{
	cleanup_jls_opts struct jls_opts o = {0};
	struct err e = ERR_INIT;
	int r;

	r = jls_parse(argc, argv, &o, &e);
	if (r < 0) {
		if (e.text[0])
			fprintf(stderr, "jls: %s\n", e.text);
		if (r == -EINVAL)
			fputs(jls_usage, stderr);
		return 1;
	}
	if (o.help) {
		fputs(jls_usage, stdout);
		return 0;
	}
	if (o.version) {
		puts("jls (cellblock) " CELLBLOCK_VERSION);
		return 0;
	}
	r = run(&o, &e);
	/* -c answers by its exit status alone */
	if (r < 0 && !(o.check && r == -ENOENT))
		fprintf(stderr, "jls: %s\n", e.text);
	return r < 0;
}
