/*
 * jls: see jls.h.
 *
 * Theory of operation.  Options settle which of three layouts is printed (the
 * default table, the four-line one of -v, or a list of parameters); a row of
 * each is made from a jail's parameters as text.  JSON has the same fields
 * under the names and with the spacing that libxo gives them.  Values come
 * from jails, so control characters never reach the terminal; line feeds and
 * tabs are kept in parameters that are asked for by name.
 */
#include "jail/jls.h"

#include "base/cleanup.h"
#include "jail/param.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

const char jls_usage[] = "usage: jls [-cdhNnqsv] [-j jail] [param ...]\n";

/* ---- command line ---- */

/* "json,pretty", or letters ("JP") as after "--libxo:". */
static int jls_libxo(struct jls_opts *o, const char *spec, bool colon,
		     struct err *e)
{
	cleanup_strv struct strv words = {0};

	if (colon && !strpbrk(spec, "abcdefghijklmnopqrstuvwxyz")) {
		for (const char *s = spec; *s; s++) {
			if (*s == 'J')
				o->json = true;
			else if (*s == 'P')
				o->pretty = true;
			else if (*s != 'T')
				return err_set(e, ENOTSUP,
					       "unsupported --libxo style: %c",
					       *s);
		}
		return 0;
	}
	if (strv_split(&words, spec, ",:") < 0)
		return err_nomem(e);
	for (size_t i = 0; i < words.n; i++) {
		if (!strcmp(words.v[i], "json"))
			o->json = true;
		else if (!strcmp(words.v[i], "pretty"))
			o->pretty = true;
		else if (strcmp(words.v[i], "text") != 0)
			return err_set(e, ENOTSUP,
				       "unsupported --libxo style: %s",
				       words.v[i]);
	}
	return 0;
}

/* Options that switch each other off, as in jls(8). */
static int jls_option(struct jls_opts *o, int ch, struct err *e)
{
	switch (ch) {
	case 'a':
	case 'd':
		o->dying = true;
		break;
	case 'c':
		o->check = true;
		break;
	case 'h':
		o->header = true;
		o->skip = o->verbose = false;
		break;
	case 'j':
		o->jail = optarg;
		break;
	case 'N':
		o->names = true;
		break;
	case 'n':
		o->nameval = true;
		o->verbose = false;
		break;
	case 'q':
		o->quoted = true;
		break;
	case 's':
		o->nameval = o->quoted = o->skip = true;
		o->header = o->verbose = false;
		break;
	case 'v':
		o->verbose = true;
		o->header = o->nameval = o->skip = false;
		break;
	case 1000:
		o->help = true;
		break;
	case 1001:
		o->version = true;
		break;
	case 1002:
		return jls_libxo(o, optarg, false, e);
	case ':':
		return err_set(e, EINVAL, "option requires an argument -- %c",
			       optopt);
	default:
		return err_set(e, EINVAL, "illegal option -- %c",
			       optopt ? optopt : '-');
	}
	return 0;
}

int jls_parse(int argc, char **argv, struct jls_opts *ret, struct err *e)
{
	static const struct option longs[] = {
		{"help", no_argument, NULL, 1000},
		{"version", no_argument, NULL, 1001},
		{"libxo", required_argument, NULL, 1002},
		{NULL, 0, NULL, 0},
	};
	cleanup_free char **args = NULL;
	int ch, r = 0;

	*ret = (struct jls_opts){0};
	/* "--libxo:json" is no option getopt could take apart */
	args = calloc((size_t)argc + 1, sizeof(char *));
	if (!args)
		return err_nomem(e);
	for (int i = 0, n = 0; i < argc; i++) {
		if (i && str_prefix(argv[i], "--libxo:"))
			r = jls_libxo(ret, argv[i] + strlen("--libxo:"), true,
				      e);
		else
			args[n++] = argv[i];
		if (r < 0)
			return r;
	}
	for (argc = 0; args[argc];)
		argc++;
	optind = 0;
	opterr = 0;
	while ((ch = getopt_long(argc, args, "+:acdhj:Nnqsv", longs, NULL)) !=
	       -1) {
		r = jls_option(ret, ch, e);
		if (r < 0)
			return r;
	}
	for (int i = optind; i < argc; i++)
		if (strv_add(&ret->params, args[i]) < 0)
			return err_nomem(e);
	if (ret->params.n)
		ret->verbose = false;
	if (ret->check && !ret->jail && !ret->help && !ret->version)
		return err_set(e, EINVAL, "-c requires -j");
	return 0;
}

void jls_opts_free(struct jls_opts *o)
{
	strv_free(&o->params);
}

/* ---- values ---- */

static void put_safe(struct strbuf *out, const char *s, size_t max, bool lines)
{
	for (size_t i = 0; i < max && s[i]; i++) {
		unsigned char c = (unsigned char)s[i];
		bool ok = c >= 0x20 && c != 0x7f;

		if (lines && (c == '\n' || c == '\t'))
			ok = true;
		strbuf_addch(out, ok ? (char)c : '?');
	}
}

/* printf's "%-W.Ws" with control characters masked. */
static void put_column(struct strbuf *out, const char *s, size_t width,
		       size_t max)
{
	size_t before = out->len;

	put_safe(out, s, max, false);
	while (out->len - before < width && !strbuf_failed(out))
		strbuf_addch(out, ' ');
}

static const char *value_or(const struct prison *p, const char *name,
			    const char *other)
{
	const char *s = pset_value(&p->params, name);

	return s ? s : other;
}

static bool param_is_list(const struct param_def *d)
{
	return d->type == PARAM_IP4 || d->type == PARAM_IP6 ||
	       d->type == PARAM_LIST;
}

/* "meta.KEY": one line of the text "meta"; empty when there is none. */
static void param_key(const struct prison *p, const struct param_def *d,
		      const char *name, struct strbuf *out)
{
	const char *text = pset_value(&p->params, d->name);
	size_t len = 0;
	const char *s = prison_meta_find(text ? text : "",
					 name + strlen(d->name) + 1, &len);

	if (s)
		strbuf_addf(out, "%.*s", (int)len, s);
}

/* The text of one parameter of a jail; lists are joined with commas. */
static void param_text(const struct prison *p, const struct param_def *d,
		       const char *name, struct strbuf *out)
{
	const struct jparam *v = pset_find(&p->params, name);
	int sys = 2;

	if (!strcmp(name, "jid")) {
		strbuf_addf(out, "%d", p->jid);
		return;
	}
	if (!strcmp(name, "name")) {
		strbuf_adds(out, p->name);
		return;
	}
	if (!strcmp(name, "dying")) {
		strbuf_adds(out, p->dying ? "true" : "false");
		return;
	}
	switch (d->type) {
	case PARAM_BOOL:
		strbuf_adds(out, param_set_bool(&p->params, name) ? "true"
								  : "false");
		return;
	case PARAM_JAILSYS:
		if (!v ||
		    param_jailsys(v->name, v->values.n ? v->values.v[0] : NULL,
				  &sys, NULL) < 0)
			(void)param_jailsys(d->name, d->dflt, &sys, NULL);
		strbuf_adds(out, param_jailsys_name(sys));
		return;
	case PARAM_INT:
	case PARAM_STRING:
		if (d->flags & PARAM_KEYVAL && strcmp(d->name, name) != 0) {
			param_key(p, d, name, out);
			return;
		}
		strbuf_adds(out, v && v->values.n	? v->values.v[0]
				 : d->dflt		? d->dflt
				 : d->type == PARAM_INT ? "0"
							: "");
		return;
	default:
		for (size_t i = 0; v && i < v->values.n; i++)
			strbuf_addf(out, "%s%s", i ? "," : "", v->values.v[i]);
	}
}

/* ---- which parameters ---- */

struct column {
	const char *name;
	const struct param_def *def;
	bool no; /* "nopersist": the reverse is asked for */
};

static int column_by_name(const void *a, const void *b)
{
	const char *x = ((const struct column *)a)->name;
	const char *y = ((const struct column *)b)->name;
	bool xdot = strchr(x, '.'), ydot = strchr(y, '.');

	if (xdot != ydot)
		return xdot ? 1 : -1;
	return strcmp(x, y);
}

static int columns_all(struct column **ret, size_t *ret_n, struct err *e)
{
	const struct param_def *d;
	struct column *v;
	size_t n = 0;

	while (param_at(n))
		n++;
	v = calloc(n + 1, sizeof(*v));
	if (!v)
		return err_nomem(e);
	n = 0;
	for (size_t i = 0; (d = param_at(i)); i++)
		if (d->flags & PARAM_KERNEL)
			v[n++] = (struct column){.name = d->name, .def = d};
	qsort(v, n, sizeof(*v), column_by_name);
	*ret = v;
	*ret_n = n;
	return 0;
}

static int columns_named(const struct strv *names, struct column **ret,
			 size_t *ret_n, struct err *e)
{
	cleanup_free struct column *v = calloc(names->n + 1, sizeof(*v));
	size_t n = 0;

	if (!v)
		return err_nomem(e);
	for (size_t i = 0; i < names->n; i++) {
		struct column c = {.name = names->v[i]};
		bool seen = false;

		c.def = param_find(c.name, &c.no);
		if (!c.def || !(c.def->flags & PARAM_KERNEL))
			return err_set(e, EINVAL, "unknown parameter: %s",
				       c.name);
		for (size_t k = 0; k < n; k++)
			seen |= !strcmp(v[k].name, c.name);
		if (!seen)
			v[n++] = c;
	}
	*ret = take_ptr(v);
	*ret_n = n;
	return 0;
}

/* -s leaves out what jail(8) cannot set and what an inherited part holds. */
static bool column_skipped(const struct prison *p, const struct column *c)
{
	cleanup_strbuf struct strbuf v = STRBUF_INIT;
	cleanup_free char *parent = NULL;
	const struct param_def *d;
	size_t n = strcspn(c->name, ".");

	if (c->def->flags & PARAM_RDONLY)
		return true;
	/* host.users and the like are no fields of the host */
	if (!c->name[n] || c->def->flags & PARAM_LINUX)
		return false;
	parent = strndup(c->name, n);
	d = parent ? param_find(parent, NULL) : NULL;
	if (!d || d->type != PARAM_JAILSYS)
		return false;
	param_text(p, d, parent, &v);
	return strcmp(v.s, "new") != 0;
}

/* ---- text ---- */

/* What is quoted reads back as it was, in jail.conf and on a command line. */
static void put_quoted(struct strbuf *out, const char *s, bool quoted)
{
	char q = strchr(s, '\'')	  ? '"'
		 : strchr(s, '"')	  ? '\''
		 : strpbrk(s, " \t\n\\;") ? '"'
					  : '\0';

	if (!q || !quoted) {
		put_safe(out, s, SIZE_MAX, true);
		return;
	}
	strbuf_addch(out, q);
	for (; *s; s++) {
		if (*s == '\\' || *s == q)
			strbuf_addch(out, '\\');
		put_safe(out, s, 1, true);
	}
	strbuf_addch(out, q);
}

/* "name" or "noname"; the "no" goes before the last component. */
static void put_flag(struct strbuf *out, const char *name, bool value)
{
	const char *dot = strrchr(name, '.');
	const char *last = dot ? dot + 1 : name;

	if (value)
		strbuf_adds(out, name);
	else
		strbuf_addf(out, "%.*sno%s", (int)(last - name), name, last);
}

static void put_param(const struct jls_opts *o, const struct prison *p,
		      const struct column *c, struct strbuf *out)
{
	cleanup_strbuf struct strbuf v = STRBUF_INIT;

	param_text(p, c->def, c->name, &v);
	if (c->def->type == PARAM_BOOL) {
		bool set = !strcmp(v.s, "true");

		if (o->nameval)
			put_flag(out, c->def->name, set);
		else
			strbuf_adds(out, set != c->no ? "true" : "false");
		return;
	}
	if (o->nameval)
		strbuf_addf(out, "%s=", c->name);
	if (v.len)
		put_quoted(out, v.s, o->quoted);
	else if (!param_is_list(c->def) || o->quoted)
		strbuf_adds(out, "\"\"");
	else if (!o->nameval)
		strbuf_addch(out, '-');
}

static void put_row(const struct jls_opts *o, const struct prison *p,
		    const struct column *cols, size_t n, struct strbuf *out)
{
	bool first = true;

	for (size_t i = 0; i < n; i++) {
		if (o->skip && column_skipped(p, &cols[i]))
			continue;
		if (!first)
			strbuf_addch(out, ' ');
		first = false;
		put_param(o, p, &cols[i], out);
	}
	strbuf_addch(out, '\n');
}

static void put_default(const struct jls_opts *o, const struct prison *p,
			struct strbuf *out)
{
	if (o->names) {
		strbuf_addch(out, ' ');
		put_column(out, p->name, 15, SIZE_MAX);
		strbuf_addch(out, ' ');
	} else {
		strbuf_addf(out, "%6d  ", p->jid);
	}
	put_column(out, value_or(p, "ip4.addr", ""), 15, 15);
	strbuf_addch(out, ' ');
	put_column(out, value_or(p, "host.hostname", ""), 29, 29);
	strbuf_addch(out, ' ');
	put_column(out, value_or(p, "path", ""), 0, 74);
	strbuf_addch(out, '\n');
}

static void put_addrs(const struct prison *p, const char *name,
		      struct strbuf *out)
{
	const struct jparam *v = pset_find(&p->params, name);

	for (size_t i = 0; v && i < v->values.n; i++) {
		strbuf_adds(out, "        ");
		put_column(out, v->values.v[i], 0, SIZE_MAX);
		strbuf_addch(out, '\n');
	}
}

static void put_verbose(const struct prison *p, struct strbuf *out)
{
	strbuf_addf(out, "%6d  ", p->jid);
	put_column(out, value_or(p, "host.hostname", ""), 29, 29);
	strbuf_addch(out, ' ');
	put_column(out, value_or(p, "path", ""), 0, 74);
	strbuf_adds(out, "\n        ");
	put_column(out, p->name, 29, 29);
	strbuf_addf(out, " %s\n        ", p->dying ? "DYING" : "ACTIVE");
	put_column(out, value_or(p, "cpuset.id", "0"), 0, 20);
	strbuf_addch(out, '\n');
	put_addrs(p, "ip4.addr", out);
	put_addrs(p, "ip6.addr", out);
}

static void put_header(const struct jls_opts *o, const struct column *cols,
		       size_t n, bool dflt, struct strbuf *out)
{
	if (o->verbose) {
		strbuf_adds(out, "   JID  Hostname                      Path\n"
				 "        Name                          State\n"
				 "        CPUSetID\n"
				 "        IP Address(es)\n");
	} else if (dflt && o->names) {
		strbuf_addf(out, " %-15s %-15s %-29s %s\n", "JID", "IP Address",
			    "Hostname", "Path");
	} else if (dflt) {
		strbuf_adds(out, "   JID  IP Address      Hostname            "
				 "          Path\n");
	} else if (o->header) {
		for (size_t i = 0; i < n; i++)
			strbuf_addf(out, "%s%s", i ? " " : "", cols[i].name);
		strbuf_addch(out, '\n');
	}
}

/* ---- JSON ---- */

static json_t *json_list(const struct prison *p, const char *name)
{
	const struct jparam *v = pset_find(&p->params, name);
	json_t *list = json_array();

	for (size_t i = 0; v && i < v->values.n; i++)
		json_array_append_new(list, json_string(v->values.v[i]));
	return list;
}

static void json_text(json_t *j, const char *key, const char *s)
{
	json_t *v = json_string(s);

	/* not UTF-8: libxo drops such text, an empty one keeps the field */
	json_object_set_new(j, key, v ? v : json_string(""));
}

static json_t *json_default(const struct jls_opts *o, const struct prison *p)
{
	json_t *j = json_object();

	if (o->names && !o->verbose)
		json_text(j, "name", p->name);
	else
		json_object_set_new(j, "jid", json_integer(p->jid));
	if (!o->verbose)
		json_text(j, "ipv4", value_or(p, "ip4.addr", ""));
	json_text(j, "hostname", value_or(p, "host.hostname", ""));
	json_text(j, "path", value_or(p, "path", ""));
	if (!o->verbose)
		return j;
	json_text(j, "name", p->name);
	json_text(j, "state", p->dying ? "DYING" : "ACTIVE");
	json_object_set_new(j, "cpusetid",
			    json_integer(atoi(value_or(p, "cpuset.id", "0"))));
	json_object_set_new(j, "ipv4_addrs", json_list(p, "ip4.addr"));
	json_object_set_new(j, "ipv6_addrs", json_list(p, "ip6.addr"));
	return j;
}

static json_t *json_params(const struct jls_opts *o, const struct prison *p,
			   const struct column *cols, size_t n)
{
	json_t *j = json_object();

	for (size_t i = 0; i < n; i++) {
		const struct column *c = &cols[i];
		cleanup_strbuf struct strbuf v = STRBUF_INIT;

		if (o->skip && column_skipped(p, c))
			continue;
		param_text(p, c->def, c->name, &v);
		if (c->def->type == PARAM_IP4 || c->def->type == PARAM_IP6)
			json_object_set_new(j, c->name, json_list(p, c->name));
		else if (c->def->type == PARAM_BOOL && o->nameval)
			json_object_set_new(j, c->name,
					    json_boolean(!strcmp(v.s, "true")));
		else
			json_text(j, c->name, v.s);
	}
	return j;
}

/* One instance with libxo's blanks: none but before lists. */
static void json_put(struct strbuf *out, json_t *obj)
{
	const char *key;
	json_t *v;
	bool first = true;

	strbuf_addch(out, '{');
	json_object_foreach(obj, key, v)
	{
		bool list = json_is_array(v);
		cleanup_free char *text =
			json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
		json_t *k = json_string(key);
		cleanup_free char *kt = json_dumps(k, JSON_ENCODE_ANY);

		json_decref(k);
		strbuf_addf(out, "%s%s:%s%s",
			    first  ? ""
			    : list ? ", "
				   : ",",
			    kt ? kt : "", list ? " " : "", text ? text : "");
		first = false;
	}
	strbuf_addch(out, '}');
}

static int json_finish(const struct jls_opts *o, json_t *list,
		       struct strbuf *out, struct err *e)
{
	cleanup_free char *text = NULL;
	json_t *root;

	if (!o->pretty) {
		strbuf_adds(out, "{\"__version\": \"2\", \"jail-information\": "
				 "{\"jail\": [");
		for (size_t i = 0; i < json_array_size(list); i++) {
			strbuf_adds(out, i ? ", " : "");
			json_put(out, json_array_get(list, i));
		}
		strbuf_adds(out, "]}}\n");
		json_decref(list);
		return 0;
	}
	root = json_pack("{s:s, s:{s:o}}", "__version", "2", "jail-information",
			 "jail", list);
	text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
	json_decref(root);
	if (!text)
		return err_nomem(e);
	strbuf_addf(out, "%s\n", text);
	return 0;
}

/* ---- the listing ---- */

int jls_print(const struct jls_opts *o, const struct prison *jails, size_t n,
	      struct strbuf *out, struct err *e)
{
	bool dflt = !o->params.n && !o->header && !o->nameval;
	cleanup_free struct column *cols = NULL;
	size_t ncols = 0;
	json_t *list;
	int r = 0;

	if (o->params.n == 1 && !strcmp(o->params.v[0], "all"))
		r = columns_all(&cols, &ncols, e);
	else if (o->params.n)
		r = columns_named(&o->params, &cols, &ncols, e);
	else if (!dflt)
		r = columns_all(&cols, &ncols, e);
	if (r < 0)
		return r;
	if (!o->json) {
		put_header(o, cols, ncols, dflt, out);
		for (size_t i = 0; i < n; i++) {
			if (!dflt)
				put_row(o, &jails[i], cols, ncols, out);
			else if (o->verbose)
				put_verbose(&jails[i], out);
			else
				put_default(o, &jails[i], out);
		}
		return strbuf_failed(out) ? err_nomem(e) : 0;
	}
	list = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(
			list, dflt ? json_default(o, &jails[i])
				   : json_params(o, &jails[i], cols, ncols));
	return json_finish(o, list, out, e);
}
