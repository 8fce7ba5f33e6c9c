/*
 * jail_calls: jail_set(2), jail_get(2), jail_attach(2) and jail_remove(2) for
 * programs, over prison.h.
 *
 * Theory of operation.  A call opens the registry, turns its pairs of iovec
 * into parameters as text (or text into them), does one prison_ call and
 * closes the registry again.  What went wrong goes to the pair "errmsg", and
 * its number to errno.
 */
#include "base/cleanup.h"
#include "jail/param.h"
#include "jail/prison.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/jail.h>

#define KEEP_MAX 64

/* ---- pairs ---- */

/* The name of pair i, or NULL when it is no string. */
static const char *pair_name(const struct iovec *iov)
{
	const char *s = iov->iov_base;

	return s && iov->iov_len && !s[iov->iov_len - 1] ? s : NULL;
}

static struct iovec *pair_find(struct iovec *iov, unsigned int niov,
			       const char *name)
{
	for (unsigned int i = 0; i + 1 < niov; i += 2) {
		const char *s = pair_name(&iov[i]);

		if (s && !strcmp(s, name))
			return &iov[i + 1];
	}
	return NULL;
}

/* errno and the pair "errmsg"; -1. */
static int fail(struct iovec *iov, unsigned int niov, int r,
		const struct err *e)
{
	struct iovec *msg = pair_find(iov, niov, "errmsg");

	if (msg && msg->iov_base && msg->iov_len)
		snprintf(msg->iov_base, msg->iov_len, "%s", e->text);
	errno = -r;
	return -1;
}

static int pairs_check(const struct iovec *iov, unsigned int niov,
		       struct err *e)
{
	if (niov % 2)
		return err_set(e, EINVAL, "parameter without a value");
	for (unsigned int i = 0; i < niov; i += 2)
		if (!pair_name(&iov[i]))
			return err_set(e, EINVAL, "parameter without a name");
	return 0;
}

/* ---- raw values ---- */

static int raw_addrs(const struct iovec *v, int family, struct strv *ret,
		     struct err *e)
{
	size_t size = family == AF_INET ? 4 : 16;
	char text[INET6_ADDRSTRLEN];

	if (v->iov_len % size)
		return err_set(e, EINVAL, "addresses of a wrong size");
	for (size_t at = 0; at < v->iov_len; at += size)
		if (!inet_ntop(family, (const char *)v->iov_base + at, text,
			       sizeof(text)) ||
		    strv_add(ret, text) < 0)
			return err_nomem(e);
	return 0;
}

static int raw_int(const char *name, const struct iovec *v, int *ret,
		   struct err *e)
{
	if (!v->iov_base || v->iov_len != sizeof(*ret))
		return err_set(e, EINVAL, "%s: not an integer", name);
	memcpy(ret, v->iov_base, sizeof(*ret));
	return 0;
}

/* One pair as text into a set. */
static int raw_to_text(const char *name, const struct iovec *v, struct pset *ps,
		       struct err *e)
{
	const struct param_def *def = param_find(name, NULL);
	cleanup_strv struct strv values = {0};
	int n = 0, r = 0;

	if (!def || !(def->flags & PARAM_KERNEL))
		return err_set(e, EINVAL, "unknown parameter: %s", name);
	switch (def->type) {
	case PARAM_BOOL:
		break; /* the name says it */
	case PARAM_JAILSYS:
		if (!v->iov_len)
			break;
		r = raw_int(name, v, &n, e);
		if (!r && (n < 0 || n > 2))
			r = err_set(e, EINVAL, "%s: bad jailsys value", name);
		if (!r && strv_add(&values, param_jailsys_name(n)) < 0)
			r = err_nomem(e);
		break;
	case PARAM_INT:
		r = raw_int(name, v, &n, e);
		if (!r && strv_addf(&values, "%d", n) < 0)
			r = err_nomem(e);
		break;
	case PARAM_IP4:
		r = raw_addrs(v, AF_INET, &values, e);
		break;
	case PARAM_IP6:
		r = raw_addrs(v, AF_INET6, &values, e);
		break;
	case PARAM_STRING:
	case PARAM_LIST:
		if (!pair_name(v))
			r = err_set(e, EINVAL, "%s: not a string", name);
		else if (strv_add(&values, v->iov_base) < 0)
			r = err_nomem(e);
		break;
	}
	return r < 0 ? r
		     : pset_put_values(ps, name, &values, false, NULL, 0, e);
}

/* A jail's parameter as it lies in memory. */
static int text_to_raw(const struct prison *p, const char *name,
		       struct strbuf *ret, struct err *e)
{
	bool no = false;
	const struct param_def *def = param_find(name, &no);
	const struct jparam *jp = pset_find(&p->params, name);
	const char *s = jp && jp->values.n ? jp->values.v[0] : NULL;
	unsigned char addr[16];
	int n = 0;

	if (!def || !(def->flags & PARAM_KERNEL))
		return err_set(e, ENOENT, "unknown parameter: %s", name);
	switch (def->type) {
	case PARAM_BOOL:
		n = param_set_bool(&p->params, name) != no;
		strbuf_addn(ret, &n, sizeof(n));
		break;
	case PARAM_JAILSYS:
		param_jailsys(def->name, s ? s : "inherit", &n, NULL);
		strbuf_addn(ret, &n, sizeof(n));
		break;
	case PARAM_INT:
		if (jp)
			(void)param_int(jp, &n, NULL);
		strbuf_addn(ret, &n, sizeof(n));
		break;
	case PARAM_IP4:
	case PARAM_IP6:
		for (size_t i = 0; jp && i < jp->values.n; i++)
			if (inet_pton(def->type == PARAM_IP4 ? AF_INET
							     : AF_INET6,
				      jp->values.v[i], addr) == 1)
				strbuf_addn(ret, addr,
					    def->type == PARAM_IP4 ? 4 : 16);
		break;
	case PARAM_STRING:
	case PARAM_LIST:
		strbuf_addn(ret, s ? s : "", strlen(s ? s : "") + 1);
		break;
	}
	return strbuf_failed(ret) ? err_nomem(e) : 0;
}

/* ---- jail_attach ---- */

/* In the child, in the jail: go on where jail_attach was called. */
static int attached(void *data)
{
	longjmp(*(jmp_buf *)data, 1);
}

/* What is open now may go along; what the registry opens later may not. */
static size_t open_fds(int *fds, size_t max)
{
	size_t n = 0;

	for (int fd = 3; fd < 1024 && n < max; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			fds[n++] = fd;
	return n;
}

/*
 * Returns 0 in the jail, or an error here.  `unpersist`: the jail shall end
 * with what is now in it.
 */
static int attach(struct prisons *ps, const struct prison *p, const int *fds,
		  size_t nfds, bool unpersist, struct err *e)
{
	struct prison_exec x = {
		.fn = attached,
		.stdio = {-1, -1, -1},
		.keep_fds = fds,
		.nkeep = nfds,
	};
	cleanup_pset struct pset change = {0};
	jmp_buf here;
	pid_t pid;
	int jid, r;

	x.data = &here;
	if (setjmp(here))
		return 0;
	r = prison_spawn(ps, p, &x, &pid, e);
	if (r < 0)
		return r;
	if (unpersist &&
	    (pset_put(&change, "jid", pset_value(&p->params, "jid"), false,
		      NULL) < 0 ||
	     pset_put(&change, "nopersist", NULL, false, NULL) < 0 ||
	     prison_set(ps, &change, PRISON_UPDATE, &jid, NULL) < 0))
		fprintf(stderr, "jail_attach: the jail stays persistent\n");
	prisons_free(&ps);
	prison_proxy(pid);
}

int jail_attach(int jid)
{
	cleanup_prisons struct prisons *ps = NULL;
	cleanup_prison struct prison p = {0};
	struct err e = ERR_INIT;
	int fds[KEEP_MAX], r;
	size_t nfds = open_fds(fds, KEEP_MAX);
	char which[16];

	snprintf(which, sizeof(which), "%d", jid);
	r = prisons_open(&ps, &e);
	if (!r)
		r = prison_get(ps, which, false, &p, &e);
	if (!r)
		r = attach(ps, &p, fds, nfds, false, &e);
	return r < 0 ? fail(NULL, 0, r, &e) : 0;
}

/* ---- jail_set ---- */

static int set_params(struct iovec *iov, unsigned int niov, int flags,
		      struct pset *ps, bool *ret_unpersist, struct err *e)
{
	int r = pairs_check(iov, niov, e);

	if (!r &&
	    (flags & ~(JAIL_CREATE | JAIL_UPDATE | JAIL_ATTACH | JAIL_DYING)))
		r = err_set(e, EINVAL, "invalid flags");
	if (!r && !(flags & (JAIL_CREATE | JAIL_UPDATE)))
		r = err_set(e, EINVAL, "no valid operation (create or update)");
	for (unsigned int i = 0; !r && i < niov; i += 2)
		if (strcmp(iov[i].iov_base, "errmsg") != 0)
			r = raw_to_text(iov[i].iov_base, &iov[i + 1], ps, e);
	if (r < 0 || (flags & (JAIL_CREATE | JAIL_ATTACH)) !=
			     (JAIL_CREATE | JAIL_ATTACH))
		return r;
	/* it has to live until the caller is in it */
	*ret_unpersist = !param_set_bool(ps, "persist");
	return pset_put(ps, "persist", NULL, false, e);
}

/* After prison_set: complete a new jail; what fails takes it away again. */
static int set_finish(struct prisons *ps, int jid, bool created, bool enter,
		      const int *fds, size_t nfds, bool unpersist,
		      struct err *e)
{
	cleanup_prison struct prison p = {0};
	char which[16];
	int r = 0;

	snprintf(which, sizeof(which), "%d", jid);
	if (created)
		r = prison_started(ps, jid, e);
	if (!r && enter)
		r = prison_get(ps, which, false, &p, e);
	if (!r && enter)
		r = attach(ps, &p, fds, nfds, created && unpersist, e);
	if (r < 0 && created)
		prison_remove(ps, jid, NULL);
	return r;
}

/* Does the jail that these parameters name exist? */
static bool set_exists(struct prisons *ps, const struct pset *params,
		       bool dying)
{
	cleanup_prison struct prison p = {0};
	const char *which = pset_value(params, "jid");

	if (!which)
		which = pset_value(params, "name");
	return which && prison_get(ps, which, dying, &p, NULL) == 0;
}

int jail_set(struct iovec *iov, unsigned int niov, int flags)
{
	cleanup_prisons struct prisons *ps = NULL;
	cleanup_pset struct pset params = {0};
	bool unpersist = false, created;
	struct err e = ERR_INIT;
	int fds[KEEP_MAX], jid = 0, r;
	size_t nfds = open_fds(fds, KEEP_MAX);

	r = set_params(iov, niov, flags, &params, &unpersist, &e);
	if (!r)
		r = prisons_open(&ps, &e);
	if (r < 0)
		return fail(iov, niov, r, &e);
	created = (flags & JAIL_CREATE) &&
		  !((flags & JAIL_UPDATE) &&
		    set_exists(ps, &params, flags & JAIL_DYING));
	r = prison_set(ps, &params,
		       (created ? PRISON_CREATE : PRISON_UPDATE) |
			       (flags & JAIL_DYING ? PRISON_DYING : 0),
		       &jid, &e);
	if (!r)
		r = set_finish(ps, jid, created, flags & JAIL_ATTACH, fds, nfds,
			       unpersist, &e);
	return r < 0 ? fail(iov, niov, r, &e) : jid;
}

/* ---- jail_get ---- */

/* The first jail after a jid, in their order. */
static int get_next(struct prisons *ps, int last, bool dying,
		    struct prison *ret, struct err *e)
{
	struct prison *v = NULL;
	char which[16];
	size_t n = 0;
	int next = 0, r = prison_list(ps, dying, &v, &n, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n && !next; i++)
		if (v[i].jid > last)
			next = v[i].jid;
	prison_list_free(&v, n);
	if (!next)
		return err_set(e, ENOENT, "no jail after %d", last);
	snprintf(which, sizeof(which), "%d", next);
	return prison_get(ps, which, dying, ret, e);
}

/* The jail that "lastjid", "jid" or "name" ask for. */
static int get_jail(struct prisons *ps, struct iovec *iov, unsigned int niov,
		    bool dying, struct prison *ret, struct err *e)
{
	const struct iovec *last = pair_find(iov, niov, "lastjid");
	const struct iovec *jid = pair_find(iov, niov, "jid");
	const struct iovec *name = pair_find(iov, niov, "name");
	char which[16];
	int n = 0, r;

	if (last) {
		r = raw_int("lastjid", last, &n, e);
		return r < 0 ? r : get_next(ps, n, dying, ret, e);
	}
	if (jid && jid->iov_base && jid->iov_len == sizeof(n))
		memcpy(&n, jid->iov_base, sizeof(n));
	if (n) {
		snprintf(which, sizeof(which), "%d", n);
		return prison_get(ps, which, dying, ret, e);
	}
	if (!name || !pair_name(name) || !*pair_name(name))
		return err_set(e, ENOENT, "no jail specified");
	return prison_get(ps, name->iov_base, dying, ret, e);
}

/* Without a buffer tell its size, as jail_get(2). */
static int get_one(const struct prison *p, const char *name, struct iovec *v,
		   struct err *e)
{
	cleanup_strbuf struct strbuf raw = STRBUF_INIT;
	int r = text_to_raw(p, name, &raw, e);

	if (r < 0)
		return r;
	if (v->iov_base) {
		if (v->iov_len < raw.len)
			return err_set(e, EINVAL, "%s: buffer too small", name);
		memcpy(v->iov_base, raw.s, raw.len);
	}
	v->iov_len = raw.len;
	return 0;
}

int jail_get(struct iovec *iov, unsigned int niov, int flags)
{
	cleanup_prisons struct prisons *ps = NULL;
	cleanup_prison struct prison p = {0};
	struct err e = ERR_INIT;
	int r = pairs_check(iov, niov, &e);

	if (!r && (flags & ~JAIL_DYING))
		r = err_set(&e, EINVAL, "invalid flags");
	if (!r)
		r = prisons_open(&ps, &e);
	if (!r)
		r = get_jail(ps, iov, niov, flags & JAIL_DYING, &p, &e);
	for (unsigned int i = 0; !r && i < niov; i += 2) {
		const char *name = iov[i].iov_base;

		if (strcmp(name, "errmsg") != 0 && strcmp(name, "lastjid") != 0)
			r = get_one(&p, name, &iov[i + 1], &e);
	}
	return r < 0 ? fail(iov, niov, r, &e) : p.jid;
}

/* ---- jail_remove ---- */

int jail_remove(int jid)
{
	cleanup_prisons struct prisons *ps = NULL;
	struct err e = ERR_INIT;
	int r = prisons_open(&ps, &e);

	if (!r)
		r = prison_remove(ps, jid, &e);
	return r < 0 ? fail(NULL, 0, r, &e) : 0;
}
