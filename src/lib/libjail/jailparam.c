/*
 * jailparam: libjail's records of parameters, between text and memory, after
 * jail(3).  All knowledge of names and types is in jail/param.h's table.
 */
#include "base/cleanup.h"
#include "jail/param.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jail.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char jail_errmsg[JAIL_ERRMSGLEN];

static int fail(int code, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static int fail(int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(jail_errmsg, sizeof(jail_errmsg), fmt, ap);
	va_end(ap);
	errno = code;
	return -1;
}

/* A call failed; it may have left its words in jail_errmsg. */
static int call_failed(const char *call)
{
	int code = errno;

	if (!jail_errmsg[0])
		fail(code, "%s: %s", call, strerror(code));
	errno = code;
	return -1;
}

/* ---- records ---- */

/* Type and size from the table; an unknown name is none. */
static int jailparam_type(struct jailparam *jp)
{
	bool no = false;
	const struct param_def *def = param_find(jp->jp_name, &no);

	if (!strcmp(jp->jp_name, "lastjid")) {
		jp->jp_ctltype = JP_CTLTYPE_INT;
		return 0;
	}
	if (!def || !(def->flags & PARAM_KERNEL))
		return fail(ENOENT, "unknown parameter: %s", jp->jp_name);
	jp->jp_ctltype = JP_CTLTYPE_INT;
	switch (def->type) {
	case PARAM_BOOL:
		jp->jp_flags |= no ? JP_NOBOOL : JP_BOOL;
		break;
	case PARAM_JAILSYS:
		jp->jp_flags |= JP_JAILSYS;
		break;
	case PARAM_INT:
		break;
	case PARAM_STRING:
	case PARAM_LIST:
		jp->jp_ctltype = JP_CTLTYPE_STRING;
		break;
	case PARAM_IP4:
		jp->jp_ctltype = JP_CTLTYPE_STRUCT;
		jp->jp_structtype = JP_STRUCT_IN_ADDR;
		jp->jp_elemlen = sizeof(struct in_addr);
		break;
	case PARAM_IP6:
		jp->jp_ctltype = JP_CTLTYPE_STRUCT;
		jp->jp_structtype = JP_STRUCT_IN6_ADDR;
		jp->jp_elemlen = sizeof(struct in6_addr);
		break;
	}
	return 0;
}

int jailparam_init(struct jailparam *jp, const char *name)
{
	memset(jp, 0, sizeof(*jp));
	jp->jp_name = strdup(name);
	if (!jp->jp_name)
		return fail(ENOMEM, "%s", strerror(ENOMEM));
	if (jailparam_type(jp) == 0)
		return 0;
	jailparam_free(jp, 1);
	return -1;
}

static void value_drop(struct jailparam *jp)
{
	if (!(jp->jp_flags & JP_RAWVALUE))
		free(jp->jp_value);
	jp->jp_flags &= ~(unsigned int)JP_RAWVALUE;
	jp->jp_value = NULL;
	jp->jp_valuelen = 0;
}

void jailparam_free(struct jailparam *jp, unsigned int njp)
{
	for (unsigned int i = 0; i < njp; i++) {
		int code = errno;

		value_drop(&jp[i]);
		free(jp[i].jp_name);
		jp[i].jp_name = NULL;
		errno = code;
	}
}

int jailparam_all(struct jailparam **jpp)
{
	const struct param_def *def;
	struct jailparam *v = NULL, *w;
	unsigned int n = 0;

	for (size_t i = 0; (def = param_at(i)); i++) {
		if (!(def->flags & PARAM_KERNEL))
			continue;
		w = reallocarray(v, n + 1, sizeof(*v));
		if (w)
			v = w;
		if (!w || jailparam_init(&v[n], def->name) < 0) {
			jailparam_free(v, n);
			free(v);
			return fail(ENOMEM, "%s", strerror(ENOMEM));
		}
		n++;
	}
	*jpp = v;
	return (int)n;
}

/* ---- values ---- */

static int value_take(struct jailparam *jp, const void *p, size_t len)
{
	void *copy = malloc(len ? len : 1);

	if (!copy)
		return fail(ENOMEM, "%s", strerror(ENOMEM));
	memcpy(copy, p, len);
	value_drop(jp);
	jp->jp_value = copy;
	jp->jp_valuelen = len;
	return 0;
}

static int import_addrs(struct jailparam *jp, const char *value)
{
	int family =
		jp->jp_structtype == JP_STRUCT_IN_ADDR ? AF_INET : AF_INET6;
	cleanup_strbuf struct strbuf raw = STRBUF_INIT;
	cleanup_strv struct strv list = {0};
	unsigned char addr[16];

	if (strv_split(&list, value, ",") < 0)
		return fail(ENOMEM, "%s", strerror(ENOMEM));
	for (size_t i = 0; i < list.n; i++) {
		if (inet_pton(family, list.v[i], addr) != 1)
			return fail(EINVAL, "%s: not an IPv%c address: %s",
				    jp->jp_name, family == AF_INET ? '4' : '6',
				    list.v[i]);
		strbuf_addn(&raw, addr, jp->jp_elemlen);
	}
	return value_take(jp, raw.s, raw.len);
}

static int import_int(struct jailparam *jp, const char *value)
{
	char *text[] = {(char *)value, NULL};
	struct jparam p = {.name = jp->jp_name, .values = {text, 1}};
	struct err e = ERR_INIT;
	bool b = false;
	int n = 0, r;

	if (jp->jp_flags & (JP_BOOL | JP_NOBOOL)) {
		/* the value of the name as it stands, "no" and all */
		p.name = (char *)"persist";
		r = param_bool(&p, &b, &e);
		n = b;
		if (r < 0)
			return fail(EINVAL, "%s: unknown boolean value \"%s\"",
				    jp->jp_name, value);
	} else if (jp->jp_flags & JP_JAILSYS) {
		r = param_jailsys(jp->jp_name, value, &n, &e);
	} else {
		r = param_int(&p, &n, &e);
	}
	if (r < 0)
		return fail(-r, "%s", e.text);
	return value_take(jp, &n, sizeof(n));
}

int jailparam_import(struct jailparam *jp, const char *value)
{
	if (!value ||
	    (!*value && (jp->jp_flags & (JP_BOOL | JP_NOBOOL | JP_JAILSYS)))) {
		value_drop(jp);
		return 0;
	}
	if (jp->jp_ctltype == JP_CTLTYPE_STRING)
		return value_take(jp, value, strlen(value) + 1);
	if (jp->jp_ctltype == JP_CTLTYPE_STRUCT)
		return import_addrs(jp, value);
	return import_int(jp, value);
}

int jailparam_import_raw(struct jailparam *jp, void *value, size_t valuelen)
{
	value_drop(jp);
	jp->jp_value = value;
	jp->jp_valuelen = valuelen;
	jp->jp_flags |= JP_RAWVALUE;
	return 0;
}

static char *export_addrs(const struct jailparam *jp)
{
	int family =
		jp->jp_structtype == JP_STRUCT_IN_ADDR ? AF_INET : AF_INET6;
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	char text[INET6_ADDRSTRLEN];

	for (size_t at = 0; at + jp->jp_elemlen <= jp->jp_valuelen;
	     at += jp->jp_elemlen) {
		inet_ntop(family, (const char *)jp->jp_value + at, text,
			  sizeof(text));
		strbuf_addf(&b, "%s%s", at ? "," : "", text);
	}
	return strbuf_take(&b);
}

char *jailparam_export(struct jailparam *jp)
{
	char *s = NULL;
	int n;

	if (jp->jp_ctltype == JP_CTLTYPE_STRUCT) {
		s = export_addrs(jp);
	} else if (!jp->jp_value) {
		/* a name alone: what it says of itself */
		s = strdup(jp->jp_flags & (JP_BOOL | JP_NOBOOL) ? "true"
			   : jp->jp_flags & JP_JAILSYS		? "new"
								: "");
	} else if (jp->jp_ctltype == JP_CTLTYPE_STRING) {
		s = strndup(jp->jp_value, jp->jp_valuelen);
	} else if (jp->jp_valuelen == sizeof(n)) {
		memcpy(&n, jp->jp_value, sizeof(n));
		if (jp->jp_flags & (JP_BOOL | JP_NOBOOL))
			s = strdup(n ? "true" : "false");
		else if (jp->jp_flags & JP_JAILSYS)
			s = strdup(param_jailsys_name(n));
		else
			s = str_printf("%d", n);
	} else {
		fail(EINVAL, "%s: value of a wrong size", jp->jp_name);
		return NULL;
	}
	if (!s)
		fail(ENOMEM, "%s", strerror(ENOMEM));
	return s;
}

/* ---- calls ---- */

struct pairs {
	struct iovec *v;
	unsigned int n;
	char **names; /* those that are ours */
	unsigned int nnames;
};

static void pairs_free(struct pairs *p)
{
	for (unsigned int i = 0; i < p->nnames; i++)
		free(p->names[i]);
	free(p->names);
	free(p->v);
	*p = (struct pairs){0};
}
#define cleanup_pairs __attribute__((cleanup(pairs_free)))

/* Room for njp parameters and "errmsg". */
static int pairs_new(struct pairs *p, unsigned int njp)
{
	p->v = calloc(njp * 2u + 2, sizeof(*p->v));
	p->names = calloc(njp + 1u, sizeof(*p->names));
	if (!p->v || !p->names)
		return fail(ENOMEM, "%s", strerror(ENOMEM));
	jail_errmsg[0] = '\0';
	p->v[0] = (struct iovec){(char *)"errmsg", sizeof("errmsg")};
	p->v[1] = (struct iovec){jail_errmsg, sizeof(jail_errmsg)};
	p->n = 2;
	return 0;
}

static void pairs_add(struct pairs *p, char *name, void *value, size_t len)
{
	p->v[p->n++] = (struct iovec){name, strlen(name) + 1};
	p->v[p->n++] = (struct iovec){value, len};
}

/* "persist" from "nopersist" and the other way. */
static char *name_reversed(const struct jailparam *jp)
{
	const char *dot = strrchr(jp->jp_name, '.');
	const char *last = dot ? dot + 1 : jp->jp_name;
	int head = (int)(last - jp->jp_name);

	if (jp->jp_flags & JP_NOBOOL)
		return str_printf("%.*s%s", head, jp->jp_name, last + 2);
	return str_printf("%.*sno%s", head, jp->jp_name, last);
}

int jailparam_set(struct jailparam *jp, unsigned int njp, int flags)
{
	cleanup_pairs struct pairs p = {0};
	int n, r;

	if (pairs_new(&p, njp) < 0)
		return -1;
	for (unsigned int i = 0; i < njp; i++) {
		bool boolean = jp[i].jp_flags & (JP_BOOL | JP_NOBOOL);
		char *name = jp[i].jp_name;

		if (!boolean) {
			pairs_add(&p, name, jp[i].jp_value, jp[i].jp_valuelen);
			continue;
		}
		/* a boolean goes by its name alone */
		n = 1;
		if (jp[i].jp_value && jp[i].jp_valuelen == sizeof(n))
			memcpy(&n, jp[i].jp_value, sizeof(n));
		if (!n) {
			name = name_reversed(&jp[i]);
			if (!name)
				return fail(ENOMEM, "%s", strerror(ENOMEM));
			p.names[p.nnames++] = name;
		}
		pairs_add(&p, name, NULL, 0);
	}
	r = jail_set(p.v, p.n, flags);
	return r < 0 ? call_failed("jail_set") : r;
}

static bool is_key(const struct jailparam *jp)
{
	return jp->jp_value &&
	       (!strcmp(jp->jp_name, "lastjid") ||
		!strcmp(jp->jp_name, "jid") || !strcmp(jp->jp_name, "name"));
}

/* All but the key, first for their sizes, then with room for them. */
static int get_fill(struct pairs *p, struct jailparam *jp, unsigned int njp,
		    const struct jailparam *key)
{
	unsigned int at = 4;

	for (unsigned int i = 0; i < njp; i++) {
		if (&jp[i] == key)
			continue;
		value_drop(&jp[i]);
		jp[i].jp_value = calloc(1, p->v[at + 1].iov_len + 1);
		if (!jp[i].jp_value)
			return fail(ENOMEM, "%s", strerror(ENOMEM));
		jp[i].jp_valuelen = p->v[at + 1].iov_len;
		p->v[at + 1].iov_base = jp[i].jp_value;
		at += 2;
	}
	return 0;
}

int jailparam_get(struct jailparam *jp, unsigned int njp, int flags)
{
	cleanup_pairs struct pairs p = {0};
	struct jailparam *key = NULL;
	int r;

	for (unsigned int i = 0; i < njp && !key; i++)
		if (is_key(&jp[i]))
			key = &jp[i];
	if (!key)
		return fail(ENOENT, "no jail specified");
	if (pairs_new(&p, njp) < 0)
		return -1;
	pairs_add(&p, key->jp_name, key->jp_value, key->jp_valuelen);
	for (unsigned int i = 0; i < njp; i++)
		if (&jp[i] != key)
			pairs_add(&p, jp[i].jp_name, NULL, 0);
	r = jail_get(p.v, p.n, flags);
	if (r < 0)
		return call_failed("jail_get");
	if (get_fill(&p, jp, njp, key) < 0)
		return -1;
	r = jail_get(p.v, p.n, flags);
	if (r < 0)
		return call_failed("jail_get");
	/* it may have become shorter in between */
	for (unsigned int i = 0, at = 4; i < njp; i++) {
		if (&jp[i] == key)
			continue;
		jp[i].jp_valuelen = p.v[at + 1].iov_len;
		at += 2;
	}
	return r;
}
