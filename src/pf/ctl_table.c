/* ctl: pfctl -T and -s Tables. */
#include "pf/ctl.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "pf/table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netdb.h>
#include <string.h>
#include <time.h>

#define FILE_MAX_SIZE (256u << 20)
#define STATUS_FAILED 255 /* exit(-1) of pfctl */

/* What a command works on. */
struct args {
	struct ctl *c;
	struct pf_entry *v;
	size_t n;
	char *what; /* with -v: n letters */
	bool plain; /* what is wrong is said without pfctl's name */
	struct err *e;
};

static void args_free(struct args *a)
{
	free(a->v);
	free(a->what);
}
#define cleanup_args __attribute__((cleanup(args_free)))

/* "text." or what -n makes of it. */
static void tell(const struct ctl *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static void tell(const struct ctl *c, const char *fmt, ...)
{
	char text[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ctl_tell(c, "%s%s", text,
		 !(c->opts & CTL_NOACTION) ? "."
		 : c->k			   ? " (dummy)."
					   : " (syntax only).");
}

/* -T test asks for addresses, not nets. */
static int plain_only(const struct args *a, size_t from, const char *word)
{
	for (size_t i = from; i < a->n; i++)
		if (a->v[i].neg ||
		    a->v[i].len != (a->v[i].af == AF_INET ? 32 : 128))
			return err_set(a->e, EINVAL, "cannot decode %s: %s",
				       word, strerror(EINVAL));
	return 0;
}

/* Of a word that is no address its reason is all; -ERANGE: no such length. */
static int not_read(struct args *a, int r, const char *verb, const char *what)
{
	a->plain = r == -EINVAL;
	if (r == -ERANGE)
		err_wrap(a->e, "cannot %s %s", verb, what);
	return r;
}

static int load_file(struct args *a, bool addresses)
{
	cleanup_free char *text = NULL;
	const char *file = a->c->file;
	size_t from = a->n, len = 0;
	int r;

	if (!strcmp(file, "-"))
		r = file_read_fd(STDIN_FILENO, FILE_MAX_SIZE, &text, &len);
	else
		r = file_read(AT_FDCWD, file, FILE_MAX_SIZE, &text, &len, NULL);
	if (r < 0)
		return err_sys(a->e, -r, "cannot load %s", file);
	r = pf_table_text(file, text, len, &a->c->names.resolve, &a->v, &a->n,
			  a->e);
	if (r < 0)
		return not_read(a, r, "load", file);
	return addresses ? plain_only(a, from, file) : 0;
}

/* Words of the command line and of -f; `addresses`: no nets among them. */
static int load(struct args *a, bool addresses)
{
	int r = 0;

	for (int i = 0; !r && i < a->c->argc; i++) {
		const char *word = a->c->argv[i];
		size_t from = a->n;

		r = pf_table_word(word, &a->c->names.resolve, &a->v, &a->n,
				  a->e);
		if (r < 0)
			not_read(a, r, "decode", word);
		if (!r && addresses)
			r = plain_only(a, from, word);
	}
	if (!r && a->c->file)
		r = load_file(a, addresses);
	if (r)
		return r < 0 ? r : -r;
	if (a->c->opts & CTL_VERBOSE) {
		a->what = calloc(a->n + 1, 1);
		if (!a->what)
			return err_nomem(a->e);
	}
	return 0;
}

static void put_addr(struct strbuf *out, const struct pf_entry *e)
{
	char buf[INET6_ADDRSTRLEN] = "?";

	inet_ntop(e->af, &e->addr, buf, sizeof(buf));
	strbuf_addf(out, "%c%s", e->neg ? '!' : ' ', buf);
	if (e->len < (e->af == AF_INET ? 32 : 128))
		strbuf_addf(out, "/%u", e->len);
}

static void put_dns(struct strbuf *out, const struct pf_entry *e)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6,
				   .sin6_addr = e->addr.v6};
	struct sockaddr_in four = {.sin_family = AF_INET,
				   .sin_addr = e->addr.v4};
	bool is4 = e->af == AF_INET;
	char host[NI_MAXHOST];

	if (e->len == (is4 ? 32 : 128) &&
	    !getnameinfo(is4 ? (const void *)&four : &six,
			 is4 ? sizeof(four) : sizeof(six), host, sizeof(host),
			 NULL, 0, NI_NAMEREQD))
		strbuf_addf(out, "\t(%s)", host);
}

static void put_entry(struct ctl *c, char letter, const struct pf_entry *e)
{
	strbuf_addf(&c->out, "%c ", letter);
	put_addr(&c->out, e);
	if (c->opts & CTL_USEDNS)
		put_dns(&c->out, e);
	strbuf_addch(&c->out, '\n');
}

/* What happened to each, with -v; with -vv also to what nothing happened. */
static void put_feedback(const struct args *a)
{
	for (size_t i = 0; a->what && i < a->n; i++)
		if (a->c->opts & CTL_VERBOSE2 || a->what[i] != ' ')
			put_entry(a->c, a->what[i], &a->v[i]);
}

/* Names are looked up in the anchor, then in the main ruleset. */
static int warn_doubles(struct ctl *c, struct err *e)
{
	struct pf_table_info *v = NULL;
	size_t n = 0;
	int r = pf_tables(c->k, "", true, false, &v, &n, e);

	for (size_t i = 0; r >= 0 && i < n; i++)
		if (v[i].active && strcmp(v[i].anchor, c->anchor) != 0 &&
		    !strcmp(v[i].name, c->table))
			report(c->r, REPORT_WARN,
			       "warning: table <%s> already defined in anchor "
			       "\"%s\"",
			       c->table, *v[i].anchor ? v[i].anchor : "/");
	pf_tables_free(v, n);
	return r;
}

static int change(struct args *a, enum pf_table_cmd cmd,
		  struct pf_table_result *ret)
{
	struct ctl *c = a->c;
	const struct pf_table_change todo = {
		.cmd = cmd,
		.v = a->v,
		.n = a->n,
		.dry = c->opts & CTL_NOACTION,
	};
	int r = 0;

	*ret = (struct pf_table_result){.what = a->what};
	if (!c->k)
		return 0;
	if (cmd == PF_TABLE_ADD || cmd == PF_TABLE_REPLACE)
		r = warn_doubles(c, a->e);
	if (r >= 0)
		r = pf_table_change(c->k, c->anchor, c->table, &todo, ret,
				    a->e);
	if (r >= 0 && ret->created)
		tell(c, "1 table created");
	if (r >= 0 && !(c->opts & CTL_NOACTION))
		r = pf_pools_refresh(c->k, c->table, a->e);
	return r;
}

static int no_words(struct args *a)
{
	if (!a->c->argc && !a->c->file)
		return 0;
	*a->e = (struct err){.code = EINVAL};
	return -EINVAL;
}

static int cmd_kill(struct args *a)
{
	struct pf_table_result res;
	int r = no_words(a);

	if (!r)
		r = change(a, PF_TABLE_KILL, &res);
	if (!r)
		tell(a->c, "%zu table deleted", res.deleted);
	return r;
}

static int cmd_flush(struct args *a)
{
	struct pf_table_result res;
	int r = no_words(a);

	if (!r)
		r = change(a, PF_TABLE_FLUSH, &res);
	if (!r)
		tell(a->c, "%zu addresses deleted", res.deleted);
	return r;
}

/* On trial a table that would be made is all that is told of. */
static bool only_created(const struct args *a, const struct pf_table_result *r)
{
	return r->created && a->c->opts & CTL_NOACTION;
}

static int cmd_add(struct args *a)
{
	struct pf_table_result res = {0};
	int r = load(a, false);

	if (!r)
		r = change(a, PF_TABLE_ADD, &res);
	if (r < 0 || only_created(a, &res))
		return r;
	tell(a->c, "%zu/%zu addresses added", res.added, a->n);
	put_feedback(a);
	return 0;
}

static int cmd_delete(struct args *a)
{
	struct pf_table_result res = {0};
	int r = load(a, false);

	if (!r)
		r = change(a, PF_TABLE_DELETE, &res);
	if (r < 0)
		return r;
	tell(a->c, "%zu/%zu addresses deleted", res.deleted, a->n);
	put_feedback(a);
	return 0;
}

static int cmd_replace(struct args *a)
{
	struct pf_table_result res = {0};
	struct pf_entries old = {0};
	int64_t cleared;
	int r = load(a, false);

	/* what goes is shown as well; a table that is not there loses none */
	if (!r && a->c->k && a->what)
		pf_table_show(a->c->k, a->c->anchor, a->c->table, &old.v,
			      &old.n, &cleared, NULL);
	if (!r)
		r = change(a, PF_TABLE_REPLACE, &res);
	if (r < 0 || only_created(a, &res)) {
		free(old.v);
		return r;
	}
	if (res.added)
		tell(a->c, "%zu addresses added", res.added);
	if (res.deleted)
		tell(a->c, "%zu addresses deleted", res.deleted);
	if (res.changed)
		tell(a->c, "%zu addresses changed", res.changed);
	if (!res.added && !res.deleted && !res.changed)
		tell(a->c, "no changes");
	put_feedback(a);
	if (old.n)
		a->n = pf_entries_sort(a->v, a->n);
	for (size_t i = 0; i < old.n; i++)
		if (!pf_entries_find(a->v, a->n, &old.v[i]))
			put_entry(a->c, 'D', &old.v[i]);
	free(old.v);
	return 0;
}

/* The entries there are; none without a kernel. */
static int entries(struct args *a, struct pf_entries *ret, int64_t *cleared)
{
	*cleared = 0;
	if (!a->c->k)
		return 0;
	return pf_table_show(a->c->k, a->c->anchor, a->c->table, &ret->v,
			     &ret->n, cleared, a->e);
}

static int cmd_expire(struct args *a)
{
	struct pf_table_result res;
	struct pf_entries all = {0};
	int64_t cleared, now = time(NULL);
	long long seconds;
	int r;

	if (a->c->argc != 1 || a->c->file) {
		*a->e = (struct err){.code = EINVAL};
		return -EINVAL;
	}
	r = str_to_int(a->c->argv[0], 0, UINT32_MAX, &seconds);
	if (r < 0)
		return err_set(a->e, EDOM, "expiry time: %s",
			       r == -ERANGE && *a->c->argv[0] == '-'
				       ? "too small"
			       : r == -ERANGE ? "too large"
					      : "invalid");
	r = entries(a, &all, &cleared);
	if (r < 0)
		return r;
	a->v = all.v;
	for (size_t i = 0; i < all.n; i++) {
		int64_t since = all.v[i].since ? all.v[i].since : cleared;

		if (now - since > seconds)
			a->v[a->n++] = all.v[i];
	}
	if (a->c->opts & CTL_VERBOSE)
		a->what = calloc(a->n + 1, 1);
	r = change(a, PF_TABLE_DELETE, &res);
	if (r < 0)
		return r;
	tell(a->c, "%zu/%zu addresses expired", res.deleted, a->n);
	put_feedback(a);
	return 0;
}

static void put_time(struct strbuf *out, int64_t when)
{
	time_t t = when;
	char buf[64];

	strbuf_addf(out, "\tCleared:     %s", ctime_r(&t, buf) ? buf : "?\n");
}

static void put_traffic(struct strbuf *out, const char *what, uint64_t packets,
			uint64_t bytes)
{
	strbuf_addf(out,
		    "\t%-12s [ Packets: %-18" PRIu64 " Bytes: %-18" PRIu64
		    " ]\n",
		    what, packets, bytes);
}

static void put_entry_stats(struct strbuf *out,
			    const struct pf_entry_counters *c)
{
	static const char *const what[2][2] = {
		{"In/Block:", "In/Pass:"},
		{"Out/Block:", "Out/Pass:"},
	};

	for (int i = 0; i < 4; i++)
		put_traffic(out, what[i / 2][i % 2], c->packets[i / 2][i % 2],
			    c->bytes[i / 2][i % 2]);
}

static int cmd_show(struct args *a)
{
	cleanup_free struct pf_entry_counters *n = NULL;
	const bool verbose = a->c->opts & CTL_VERBOSE;
	struct pf_entries all = {0};
	int64_t cleared;
	int r = no_words(a);

	if (!r)
		r = entries(a, &all, &cleared);
	if (!r && a->c->k && verbose)
		r = pf_table_counters(a->c->k, a->c->anchor, a->c->table, all.v,
				      all.n, &n, a->e);
	if (r == -ENODATA)
		r = 0;
	for (size_t i = 0; !r && i < all.n; i++) {
		put_entry(a->c, ' ', &all.v[i]);
		if (verbose)
			put_time(&a->c->out,
				 all.v[i].since ? all.v[i].since : cleared);
		if (n)
			put_entry_stats(&a->c->out, &n[i]);
	}
	free(all.v);
	return r;
}

static void put_test(struct ctl *c, const struct pf_entry *e,
		     const struct pf_entry *hit)
{
	bool in = hit && !hit->neg;

	if (!(c->opts & CTL_VERBOSE2)) {
		if (in && c->opts & CTL_VERBOSE)
			put_entry(c, 'M', e);
		return;
	}
	strbuf_addf(&c->out, "%c ", in ? 'M' : ' ');
	put_addr(&c->out, e);
	strbuf_addch(&c->out, '\t');
	if (hit)
		put_addr(&c->out, hit);
	else
		strbuf_adds(&c->out, " nomatch");
	strbuf_addch(&c->out, '\n');
}

static int cmd_test(struct args *a)
{
	struct pf_entries all = {0};
	int64_t cleared;
	size_t match = 0;
	int r = load(a, true);

	if (!r)
		r = entries(a, &all, &cleared);
	if (r < 0)
		return r;
	for (size_t i = 0; i < a->n; i++) {
		const struct pf_entry *hit =
			pf_entries_match(all.v, all.n, &a->v[i]);

		match += hit && !hit->neg;
		put_test(a->c, &a->v[i], hit);
	}
	free(all.v);
	tell(a->c, "%zu/%zu addresses match", match, a->n);
	if (match < a->n)
		a->c->status = 2;
	return 0;
}

static int must_be_there(struct args *a)
{
	struct pf_entries all = {0};
	int64_t cleared;
	int r = entries(a, &all, &cleared);

	free(all.v);
	return r;
}

static int cmd_zero(struct args *a)
{
	bool some = a->c->argc || a->c->file;
	struct pf_table_result res = {0};
	int r = some ? load(a, false) : 0;

	if (!r && some && !a->n)
		r = must_be_there(a);
	else if (!r)
		r = change(a, PF_TABLE_ZERO, &res);
	if (r < 0)
		return r;
	if (!some) {
		tell(a->c, "%zu table/stats cleared", res.changed);
		return 0;
	}
	tell(a->c, "%zu/%zu addresses cleared", res.changed, a->n);
	put_feedback(a);
	return 0;
}

static bool has_counted(const struct pf_entry_counters *n)
{
	static const struct pf_entry_counters zero;

	return memcmp(n, &zero, sizeof(zero)) != 0;
}

/* Of the entries, those that have counted something. */
static int counting(struct args *a, const struct pf_entries *all)
{
	cleanup_free struct pf_entry_counters *n = NULL;
	int r = -ENODATA;

	if (a->c->k)
		r = pf_table_counters(a->c->k, a->c->anchor, a->c->table,
				      all->v, all->n, &n, a->e);
	if (r < 0)
		return r == -ENODATA ? 0 : r;
	a->v = calloc(all->n + 1, sizeof(*a->v));
	if (!a->v)
		return err_nomem(a->e);
	for (size_t i = 0; i < all->n; i++)
		if (has_counted(&n[i]))
			a->v[a->n++] = all->v[i];
	return 0;
}

static int cmd_reset(struct args *a)
{
	struct pf_table_result res = {0};
	struct pf_entries all = {0};
	int64_t cleared;
	int r = no_words(a);

	if (!r)
		r = entries(a, &all, &cleared);
	if (!r)
		r = counting(a, &all);
	if (!r && a->c->opts & CTL_VERBOSE) {
		a->what = calloc(a->n + 1, 1);
		r = a->what ? 0 : err_nomem(a->e);
	}
	if (!r && a->n)
		r = change(a, PF_TABLE_ZERO, &res);
	if (!r) {
		tell(a->c, "%zu/%zu stats cleared", res.changed, all.n);
		put_feedback(a);
	}
	free(all.v);
	return r;
}

static const struct {
	const char *word;
	int (*fn)(struct args *a);
} cmds[] = {
	{"kill", cmd_kill},	  {"flush", cmd_flush},
	{"add", cmd_add},	  {"delete", cmd_delete},
	{"replace", cmd_replace}, {"show", cmd_show},
	{"test", cmd_test},	  {"zero", cmd_zero},
	{"expire", cmd_expire},	  {"reset", cmd_reset},
};

int ctl_tables(struct ctl *c, struct err *e)
{
	cleanup_args struct args a = {.c = c, .e = e};
	int r = -EINVAL;

	for (size_t i = 0; i < ARRAY_SIZE(cmds); i++)
		if (!strcmp(cmds[i].word, c->tblcmd))
			r = cmds[i].fn(&a);
	if (r >= 0 || !*e->text || e->code == EDOM)
		return r;
	/* as pfctl ends these: with a full stop, and exit(-1) */
	report(c->r, a.plain ? REPORT_OUT : REPORT_ERROR, "%s%s", e->text,
	       e->code == ESRCH || e->code == EPERM ? "." : "");
	c->status = STATUS_FAILED;
	return 0;
}

static void put_flags(struct strbuf *out, const struct pf_table_info *t)
{
	strbuf_addf(out, "%c%c%c-%c%c%c\t%s", t->flags & PF_T_CONST ? 'c' : '-',
		    t->flags & PF_T_PERSIST ? 'p' : '-', t->active ? 'a' : '-',
		    t->refs_rules ? 'r' : '-', t->refs_anchors ? 'h' : '-',
		    t->flags & PF_T_COUNTERS ? 'C' : '-', t->name);
	if (*t->anchor)
		strbuf_addf(out, "\t%s", t->anchor);
	strbuf_addch(out, '\n');
}

static void put_stats(struct strbuf *out, const struct pf_table_info *t)
{
	static const char *const what[2][3] = {
		{"In/Block:", "In/Pass:", "In/XPass:"},
		{"Out/Block:", "Out/Pass:", "Out/XPass:"},
	};

	strbuf_addf(out, "\tAddresses:   %zu\n", t->addrs);
	put_time(out, t->cleared);
	strbuf_addf(out, "\tReferences:  [ Anchors: %-18zu Rules: %-18zu ]\n",
		    t->refs_anchors, t->refs_rules);
	strbuf_addf(out,
		    "\tEvaluations: [ NoMatch: %-18" PRIu64
		    " Match: %-18" PRIu64 " ]\n",
		    t->eval_nomatch, t->eval_match);
	for (int i = 0; i < 6; i++)
		put_traffic(out, what[i / 3][i % 3], t->packets[i / 3][i % 3],
			    t->bytes[i / 3][i % 3]);
}

bool ctl_anchor_called(const struct pf_anchor *from, const char *path,
		       bool ether)
{
	const size_t n = strlen(path);

	for (int l = 0; l < PF_NLISTS; l++)
		for (size_t i = 0;
		     (l == PF_LIST_ETHER) == ether && i < from->list[l].n;
		     i++) {
			const struct pf_rule *r = &from->list[l].v[i];
			const char *to = r->anchor ? r->anchor->path : "";

			if (r->action == PF_ANCHOR && !strncmp(to, path, n) &&
			    (to[n] == '\0' || to[n] == '/'))
				return true;
		}
	for (size_t i = 0; i < from->nchild; i++)
		if (ctl_anchor_called(from->child[i], path, ether))
			return true;
	return false;
}

/* Neither rules nor tables, and no rule leads there. */
static bool is_ghost(const struct pf_conf *conf, const struct pf_anchor *a,
		     const struct pf_table_info *v, size_t n)
{
	for (int l = 0; l < PF_NLISTS; l++)
		if (a->list[l].n)
			return false;
	for (size_t i = 0; i < n; i++)
		if (v[i].active && !strcmp(v[i].anchor, a->path))
			return false;
	return a->parent && !a->nchild &&
	       !ctl_anchor_called(conf->root, a->path, false) &&
	       !ctl_anchor_called(conf->root, a->path, true);
}

static void drop_ghosts(const struct pf_conf *conf, struct pf_anchor *a,
			const struct pf_table_info *v, size_t n)
{
	for (size_t i = a->nchild; i-- > 0;)
		drop_ghosts(conf, a->child[i], v, n);
	if (is_ghost(conf, a, v, n))
		pf_anchor_remove(a);
}

int ctl_table_anchors(struct ctl *c, struct pf_conf *conf, struct err *e)
{
	struct pf_table_info *v = NULL;
	size_t n = 0;
	int r = pf_tables(c->k, "", true, false, &v, &n, e);

	for (size_t i = 0; r >= 0 && i < n; i++)
		if (v[i].active && !pf_anchor_find(conf, v[i].anchor, true))
			r = err_nomem(e);
	if (r >= 0)
		drop_ghosts(conf, conf->root, v, n);
	pf_tables_free(v, n);
	return r < 0 ? r : 0;
}

/* No tables: because there is no such anchor? */
static int must_be_anchor(struct ctl *c, const char *path, struct err *e)
{
	cleanup_pf_conf struct pf_conf *conf = NULL;
	int r = pf_loaded(c->k, &conf, e);

	if (r >= 0)
		r = ctl_table_anchors(c, conf, e);
	if (r >= 0 && !pf_anchor_find(conf, path, false))
		return err_set(e, ENOENT, "Anchor or Ruleset does not exist.");
	return r < 0 ? r : 0;
}

int ctl_show_tables(struct ctl *c, struct err *e)
{
	struct pf_table_info *v = NULL;
	size_t n = 0;
	int r = pf_tables(c->k, c->anchor, false, c->opts & CTL_VERBOSE2, &v,
			  &n, e);

	if (r >= 0 && !n)
		r = must_be_anchor(c, c->anchor, e);
	if (r < 0) {
		pf_tables_free(v, n);
		return r;
	}
	if (c->opts & CTL_SHOWALL && n)
		ctl_title(c, "TABLES:");
	for (size_t i = 0; i < n; i++) {
		if (!v[i].active && !(c->opts & CTL_DEBUG))
			continue;
		if (!(c->opts & CTL_VERBOSE)) {
			strbuf_addf(&c->out, "%s\n", v[i].name);
			continue;
		}
		put_flags(&c->out, &v[i]);
		if (c->opts & CTL_VERBOSE2)
			put_stats(&c->out, &v[i]);
	}
	pf_tables_free(v, n);
	return 0;
}

int ctl_flush_tables(struct ctl *c, const char *path, size_t *ret,
		     struct err *e)
{
	const struct pf_table_change kill = {.cmd = PF_TABLE_KILL};
	struct pf_table_info *v = NULL;
	size_t n = 0, done = 0;
	int r = pf_tables(c->k, path, false, false, &v, &n, e);

	if (r >= 0 && !n)
		r = must_be_anchor(c, path, e);
	for (size_t i = 0; r >= 0 && i < n; i++) {
		struct pf_table_result res = {0};

		if (!v[i].active)
			continue;
		r = pf_table_change(c->k, path, v[i].name, &kill, &res, e);
		done += res.deleted;
	}
	pf_tables_free(v, n);
	if (r >= 0)
		*ret = done;
	return r;
}
