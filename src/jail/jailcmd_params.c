/*
 * jailcmd_params: a job's parameters, checked and split into what jail(8)
 * does itself and what prison_set() is given.
 *
 * Theory of operation.  ip4.addr may be written [IF|]ADDR[/MASK][ words]: the
 * jail gets ADDR, and an address with an interface (its own or that of
 * `interface`) becomes an alias that is made before the jail and taken away
 * after it (alias.h).
 */
#include "jail/jailcmd_int.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "jail/fstab.h"
#include "jail/param.h"
#include "jail/prison_int.h"
#include "jail/rights.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define FSTAB_MAX (1024 * 1024)

/* Values of ip4.addr or ip6.addr: aliases out, plain addresses left. */
static int jailjob_addrs(struct jailjob *j, const char *pname,
			 struct strv *aliases, struct err *e)
{
	struct jparam *p = pset_find(&j->params, pname);
	const char *iface = pset_value(&j->params, "interface");
	cleanup_strv struct strv plain = {0};
	struct param_addr a;

	if (!p)
		return 0;
	for (size_t i = 0; i < p->values.n; i++) {
		const char *v = p->values.v[i];
		const char *ifname;

		if (!*v)
			continue;
		if (param_addr_split(v, &a) < 0)
			return err_set(e, EINVAL,
				       "%s: not an IPv%c address: %s", pname,
				       pname[2], v);
		ifname = a.ifname[0] ? a.ifname : iface;
		if (strv_add(&plain, a.addr) < 0)
			return err_nomem(e);
		if (ifname && *ifname &&
		    strv_addf(aliases, "%s|%s%s%s%s%s", ifname, a.addr,
			      a.mask[0] ? "/" : "", a.mask,
			      a.words[0] ? " " : "", a.words) < 0)
			return err_nomem(e);
	}
	return pset_put_values(&j->params, pname, &plain, false, NULL, 0, e);
}

/* ip_hostname, -h: every address that host.hostname resolves to. */
static int jailjob_resolve(struct jailjob *j, struct err *e)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	const char *host = pset_value(&j->params, "host.hostname");
	struct addrinfo *list = NULL;
	char text[INET6_ADDRSTRLEN];
	int r;

	if (!param_set_bool(&j->params, "ip_hostname"))
		return 0;
	if (!host || !*host)
		return err_set(e, EINVAL, "ip_hostname without host.hostname");
	r = getaddrinfo(host, NULL, &hints, &list);
	if (r)
		return err_set(e, EINVAL, "host.hostname %s: %s", host,
			       gai_strerror(r));
	r = 0;
	for (struct addrinfo *ai = list; ai && !r; ai = ai->ai_next) {
		bool v4 = ai->ai_family == AF_INET;
		const void *addr =
			v4 ? (void *)&((struct sockaddr_in *)ai->ai_addr)
					->sin_addr
			   : (void *)&((struct sockaddr_in6 *)ai->ai_addr)
					->sin6_addr;

		if (inet_ntop(ai->ai_family, addr, text, sizeof(text)))
			r = pset_put(&j->params, v4 ? "ip4.addr" : "ip6.addr",
				     text, true, e);
	}
	freeaddrinfo(list);
	return r;
}

/* The files that mount.fstab names, as lines with their places. */
static int jailjob_fstab(struct jailjob *j, struct err *e)
{
	struct jparam *p = pset_find(&j->params, "mount.fstab");
	cleanup_strv struct strv lines = {0};

	if (!p)
		return 0;
	for (size_t i = 0; i < p->values.n; i++) {
		cleanup_strv struct strv some = {0};
		cleanup_free char *text = NULL;
		size_t len;
		int r;

		r = file_read(AT_FDCWD, p->values.v[i], FSTAB_MAX, &text, &len,
			      e);
		if (r < 0)
			return err_wrap(e, "mount.fstab");
		r = fstab_lines(p->values.v[i], text, len, &some, e);
		for (size_t k = 0; !r && k < some.n; k++)
			r = strv_add(&lines, some.v[k]) < 0 ? err_nomem(e) : 0;
		if (r < 0)
			return r;
	}
	return pset_put_values(&j->params, "mount.fstab", &lines, false, NULL,
			       0, e);
}

/* Are these the same value, whatever the spelling? */
static bool jparam_same(const struct jparam *p, const struct param_def *d,
			const struct pset *now)
{
	const struct jparam *q = pset_find(now, d->name);
	const char *was = q && q->values.n ? q->values.v[0] : d->dflt;
	const char *want = p->values.n ? p->values.v[0] : NULL;
	int a = 0, b = 0;

	switch (d->type) {
	case PARAM_JAILSYS:
		if (param_jailsys(p->name, want, &a, NULL) < 0)
			return false;
		if (q && param_jailsys(q->name, was, &b, NULL) < 0)
			return false;
		if (!q)
			(void)param_jailsys(d->name, d->dflt, &b, NULL);
		return a == b;
	case PARAM_BOOL: {
		bool x = false;

		return !param_bool(p, &x, NULL) &&
		       x == param_set_bool(now, d->name);
	}
	case PARAM_INT:
		return !param_int(p, &a, NULL) && was && atoi(was) == a;
	default:
		return want && was && !strcmp(want, was);
	}
}

/* What is understood here, and not on FreeBSD or not any more. */
void jailjob_spelling(struct jailrun *run, const struct jailjob *j)
{
	for (size_t i = 0; i < j->given.n; i++) {
		const char *name = j->given.v[i].name;
		const struct param_def *d = param_find(name, NULL);

		if (!d)
			continue;
		if (d->type == PARAM_IP4 || d->type == PARAM_IP6)
			if (strcmp(d->name, name) != 0)
				jailjob_warn(run, j,
					     "parameter %s: FreeBSD spells it "
					     "%s",
					     name, d->name);
		if (d->flags & PARAM_OLD)
			report(run->report, REPORT_WARN,
			       "jail: the 'allow.dying' parameter and '-d' "
			       "flag are deprecated and have no effect.");
	}
}

int jailjob_check(struct jailrun *run, struct jailjob *j)
{
	bool starts = j->ops & (JAILCMD_CREATE | JAILCMD_MODIFY);
	struct err e = ERR_INIT;
	int r = 0;

	j->flags |= JOB_CHECKED;
	for (size_t i = 0; i < j->params.n; i++) {
		/* what nobody knows keeps no jail from being stopped */
		if (!starts && !param_find(j->params.v[i].name, NULL))
			continue;
		r = param_check(&j->params.v[i], &e);
		if (r < 0) {
			jailjob_error(run, j, "%s", e.text);
			return r;
		}
	}
	if (pset_copy(&j->given, &j->params, &e) < 0)
		r = -ENOMEM;
	if (!r && starts && !(run->cmd->hard))
		r = jailjob_resolve(j, &e);
	if (!r)
		r = jailjob_addrs(j, "ip4.addr", &j->alias4, &e);
	if (!r)
		r = jailjob_addrs(j, "ip6.addr", &j->alias6, &e);
	if (!r && starts)
		r = rights_pseudo(&j->params, &e);
	if (!r && starts)
		r = jailjob_fstab(j, &e);
	if (r < 0) {
		jailjob_error(run, j, "%s", e.text);
		return r;
	}
	return 0;
}

const char *jailjob_key(const struct jailjob *j)
{
	const char *s = pset_value(&j->params, "jid");

	/* jid=0 stands for "give me one" */
	if (s && strcmp(s, "0") != 0)
		return s;
	s = pset_value(&j->params, "name");
	return s ? s : j->name;
}

/* Pseudo parameters that a new root needs are prison's, too. */
static bool param_for_prison(const struct jparam *p, bool create)
{
	const struct param_def *d = param_find(p->name, NULL);

	if (!d)
		return false;
	if (d->flags & PARAM_KERNEL)
		return true;
	return create &&
	       (str_prefix(d->name, "mount") || str_prefix(d->name, "block."));
}

/* In a block: the default root, and the folder of the jail's own block. */
static int jailjob_block_params(struct jailrun *run, struct jailjob *j,
				struct pset *ps, struct err *e)
{
	const char *name = pset_value(ps, "name");
	cleanup_free char *dir = NULL;
	struct stat st;
	int r;

	if (!run->blockdir)
		return 0;
	if (!pset_find(ps, "path") && !pset_find(ps, "block.root")) {
		r = pset_put(ps, "block.root", "copy", false, e);
		if (r < 0)
			return r;
	}
	/* its rc.conf may set a hostname, which must not be the block's */
	if (name && !pset_find(ps, "host") && !pset_find(ps, "host.hostname")) {
		r = pset_put(ps, "host.hostname", name, false, e);
		if (r < 0)
			return r;
	}
	if (!name || pset_find(ps, "block.dir"))
		return 0;
	if (strchr(name, '/') || name[0] == '.')
		return 0;
	dir = str_printf("%s/jails/%s", run->blockdir, name);
	if (!dir)
		return err_nomem(e);
	if (stat(dir, &st) < 0 || !S_ISDIR(st.st_mode))
		return 0;
	(void)j;
	return pset_put(ps, "block.dir", dir, false, e);
}

int jailjob_prison_params(struct jailrun *run, struct jailjob *j, bool create,
			  struct pset *ret, struct err *e)
{
	cleanup_pset struct pset ps = {0};
	const struct jparam *p;
	int r;

	for (size_t i = 0; i < j->params.n; i++) {
		p = &j->params.v[i];
		if (!param_for_prison(p, create))
			continue;
		r = pset_put_values(&ps, p->name, &p->values, false, p->file,
				    p->line, e);
		if (r < 0)
			return r;
	}
	if (j->name && !pset_find(&ps, "name") && !pset_find(&ps, "jid")) {
		r = pset_put(&ps, "name", j->name, false, e);
		if (r < 0)
			return r;
	}
	if (create) {
		r = jailjob_block_params(run, j, &ps, e);
		if (r < 0)
			return r;
	}
	*ret = ps;
	ps = (struct pset){0};
	return 0;
}

/*
 * `host` cannot come later, and what needs it cannot either: a jail that was
 * made without has the creator's own names.
 */
static bool host_differs(const struct jailjob *j, const struct prison *p)
{
	const struct jparam *host = pset_find(&j->params, "host");
	bool want = pset_find(&j->params, "host.hostname") ||
		    pset_find(&j->params, "host.domainname");
	bool has = param_jailsys_of(&p->params, "host", 2) == 1;

	if (host)
		want = param_jailsys_of(&j->params, "host", 2) == 1;
	return host ? want != has : want && !has;
}

const char *jailjob_create_only(const struct jailjob *j, const struct prison *p)
{
	if (host_differs(j, p))
		return "host";
	for (size_t i = 0; i < j->params.n; i++) {
		const struct param_def *d =
			param_find(j->params.v[i].name, NULL);

		if (!d || !(d->flags & PARAM_CREATE) || !strcmp(d->name, "jid"))
			continue;
		if (!jparam_same(&j->params.v[i], d, &p->params))
			return d->name;
	}
	return NULL;
}

const char *jailjob_taken(const struct jailjob *j, const struct prison *p)
{
	cleanup_pset struct pset now = {0};

	if (pset_copy(&now, &p->params, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < j->params.n; i++) {
		const struct jparam *q = &j->params.v[i];
		const struct param_def *d = param_find(q->name, NULL);

		if (d && (d->flags & PARAM_KERNEL) &&
		    pset_put_values(&now, q->name, &q->values, false, NULL, 0,
				    NULL) < 0)
			return NULL;
	}
	/* a jail that may have none was made without what they need */
	if (param_int_of(&p->params, "children.max", 0) == 0 &&
	    param_int_of(&now, "children.max", 0) > 0)
		return "children.max";
	return rights_taken(&p->params, &now);
}
