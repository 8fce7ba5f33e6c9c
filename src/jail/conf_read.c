/*
 * conf_read: files and strings of jail.conf(5) into the tree; see
 * conf_impl.h for the whole.
 */
#include "jail/conf_impl.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- errors ---- */

void conf_printable(struct strbuf *out, const char *s, size_t len)
{
	size_t n = len > 64 ? 64 : len;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c < 0x20 || c >= 0x7f)
			strbuf_addf(out, "\\x%02x", c);
		else
			strbuf_addch(out, (char)c);
	}
	if (n < len)
		strbuf_adds(out, "...");
}

void conf_error(struct conf_parser *p, unsigned int line, const char *fmt, ...)
{
	va_list ap;

	if (p->load->failed)
		return;
	va_start(ap, fmt);
	err_vat(p->load->e, EINVAL, p->file, line, fmt, ap);
	va_end(ap);
	p->load->failed = true;
}

void conf_syntax_error(struct conf_parser *p, const char *msg)
{
	cleanup_strbuf struct strbuf tok = STRBUF_INIT;

	if (p->load->failed)
		return;
	if (!p->token_len) {
		err_set(p->load->e, EINVAL, "%s: unexpected EOF", p->file);
		p->load->failed = true;
		return;
	}
	conf_printable(&tok, p->token, p->token_len);
	conf_error(p, p->token_line, "%s: %s", tok.s, msg);
}

void conf_nomem(struct conf_parser *p)
{
	if (!p->load->failed)
		err_nomem(p->load->e);
	p->load->failed = true;
}

/* ---- statements ---- */

struct conf_values *conf_values_add(struct conf_parser *p,
				    struct conf_values *vs,
				    struct conf_string *s)
{
	struct conf_string **v;

	if (!vs)
		vs = calloc(1, sizeof(*vs));
	v = vs ? reallocarray(vs->v, vs->n + 1, sizeof(*v)) : NULL;
	if (!v) {
		conf_values_free(vs);
		conf_string_free(s);
		conf_nomem(p);
		return NULL;
	}
	vs->v = v;
	vs->v[vs->n++] = s;
	return vs;
}

static void values_clear(struct conf_values *vs)
{
	for (size_t i = 0; i < vs->n; i++)
		conf_string_free(vs->v[i]);
	free(vs->v);
	*vs = (struct conf_values){0};
}

void conf_values_free(struct conf_values *vs)
{
	if (!vs)
		return;
	values_clear(vs);
	free(vs);
}

static void cleanup_string_p(struct conf_string **s)
{
	conf_string_free(*s);
}

static void cleanup_values_p(struct conf_values **vs)
{
	conf_values_free(*vs);
}

static void block_free(struct conf_block *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->n; i++) {
		free(b->v[i].name);
		values_clear(&b->v[i].values);
		block_free(b->v[i].body);
	}
	free(b->v);
	free(b);
}

static struct conf_stmt *block_push(struct conf_parser *p)
{
	struct conf_block *b = p->block;
	struct conf_stmt *v;

	/* grow by doubling: a file may hold a million statements */
	if ((b->n & (b->n - 1)) == 0) {
		v = reallocarray(b->v, b->n ? b->n * 2 : 1, sizeof(*v));
		if (!v) {
			conf_nomem(p);
			return NULL;
		}
		b->v = v;
	}
	b->v[b->n] = (struct conf_stmt){.file = p->file};
	return &b->v[b->n++];
}

/*
 * A name is literal text or one variable.  The grammar lets any string
 * through; what else it may hold is a syntax error here.
 */
static int head_check(struct conf_parser *p, const struct conf_string *head,
		      bool may_var)
{
	cleanup_strbuf struct strbuf shown = STRBUF_INIT;
	const char *text;

	if (head->n == 1 && (may_var || !head->v[0].var)) {
		text = head->v[0].text;
		if (strlen(text) > CONF_MAX_NAME) {
			conf_printable(&shown, text, strlen(text));
			conf_error(p, head->line, "%s: name too long", shown.s);
			return -EINVAL;
		}
		return 0;
	}
	for (size_t i = 0; i < head->n && !shown.len; i++) {
		if (!head->v[i].var)
			continue;
		strbuf_addch(&shown, '$');
		conf_printable(&shown, head->v[i].text,
			       strlen(head->v[i].text));
	}
	conf_error(p, head->line, "%s: syntax error",
		   shown.len ? shown.s : "\"\"");
	return -EINVAL;
}

static int conf_include(struct conf_parser *p, const struct conf_values *values,
			unsigned int line);

int conf_statement(struct conf_parser *p, struct conf_string *head,
		   struct conf_values *values, bool append)
{
	__attribute__((cleanup(cleanup_string_p))) struct conf_string *h = head;
	__attribute__((cleanup(cleanup_values_p))) struct conf_values *vs =
		values;
	struct conf_stmt *st;

	if (head_check(p, h, true) < 0)
		return -EINVAL;
	if (!h->v[0].var && !strcmp(h->v[0].text, ".include"))
		return conf_include(p, vs, h->line);
	st = block_push(p);
	if (!st)
		return -ENOMEM;
	st->kind = h->v[0].var ? CONF_VAR : CONF_PARAM;
	st->name = take_ptr(h->v[0].text);
	st->hash = conf_hash(st->name);
	st->def = param_find(st->name, NULL);
	st->append = append;
	st->line = h->line;
	if (vs) {
		st->values = *vs;
		*vs = (struct conf_values){0};
	}
	return 0;
}

int conf_open_block(struct conf_parser *p, const struct conf_string *head)
{
	struct conf_block *body;
	struct conf_stmt *st;

	if (head_check(p, head, false) < 0)
		return -EINVAL;
	if (p->block->depth >= CONF_MAX_NEST) {
		conf_error(p, head->line, "jails nested too deeply");
		return -EINVAL;
	}
	body = calloc(1, sizeof(*body));
	st = body ? block_push(p) : NULL;
	if (!st) {
		free(body);
		conf_nomem(p);
		return -ENOMEM;
	}
	body->parent = p->block;
	body->depth = p->block->depth + 1;
	st->kind = CONF_JAIL;
	st->line = head->line;
	st->body = body;
	st->name = strdup(head->v[0].text);
	p->block = body;
	if (!st->name) {
		conf_nomem(p);
		return -ENOMEM;
	}
	return 0;
}

void conf_close_block(struct conf_parser *p)
{
	p->block = p->block->parent;
}

/* ---- files ---- */

/* All of a descriptor, with the two NUL bytes behind that flex wants. */
static int read_all(int fd, const char *name, size_t max, char **ret,
		    size_t *ret_len, struct err *e)
{
	cleanup_free char *text = NULL;
	size_t len = 0;
	char *two;
	int r = file_read_fd(fd, max, &text, &len);

	if (r < 0)
		return err_sys(e, -r, "%s", name);
	two = realloc(text, len + 2);
	if (!two)
		return err_nomem(e);
	text = two;
	text[len + 1] = '\0';
	*ret = take_ptr(text);
	*ret_len = len;
	return 0;
}

/* One buffer into the tree, its name among the files. */
static int parse_buffer(struct conf_load *load, struct conf_block *block,
			const char *name, const char *dir, unsigned int depth,
			char *buf, size_t len)
{
	struct conf_parser p = {
		.load = load,
		.dir = dir,
		.depth = depth,
		.block = block,
	};

	if (strv_add(&load->conf->files, name) < 0) {
		load->failed = true;
		return err_nomem(load->e);
	}
	p.file = load->conf->files.v[load->conf->files.n - 1];
	load->bytes += len;
	load->files++;
	if (conf_scan(&p, buf, len + 2) < 0 || load->failed) {
		/* whatever went wrong has said so */
		load->failed = true;
		return -EINVAL;
	}
	return 0;
}

/* A whole file, or stdin; max is what the limit of all files leaves. */
static int read_file(const char *path, bool is_stdin, size_t max, char **ret,
		     size_t *ret_len, struct err *e)
{
	cleanup_close int fd = -1;

	if (is_stdin)
		return read_all(STDIN_FILENO, "STDIN", max, ret, ret_len, e);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return err_sys(e, errno, "%s", path);
	return read_all(fd, path, max, ret, ret_len, e);
}

/* from: the parser whose .include at `line` names the file, or NULL. */
static int parse_file(struct conf_load *load, struct conf_block *block,
		      const char *path, const struct conf_parser *from,
		      unsigned int line)
{
	cleanup_free char *buf = NULL, *dir = NULL;
	bool is_stdin = !from && !strcmp(path, "-");
	const char *slash = is_stdin ? NULL : strrchr(path, '/');
	size_t len = 0;
	int r;

	r = read_file(path, is_stdin, CONF_MAX_BYTES - load->bytes, &buf, &len,
		      load->e);
	if (r < 0) {
		load->failed = true;
		if (from)
			err_wrap(load->e, "%s line %u", from->file, line);
		return r;
	}
	if (slash) {
		dir = strndup(path, (size_t)(slash - path) + 1);
		if (!dir) {
			load->failed = true;
			return err_nomem(load->e);
		}
	}
	return parse_buffer(load, block, is_stdin ? "STDIN" : path, dir,
			    from ? from->depth + 1 : 0, buf, len);
}

static int include_one(struct conf_parser *p, const char *path,
		       unsigned int line)
{
	if (p->load->files >= CONF_MAX_FILES) {
		conf_error(p, line, "too many included files");
		return -EINVAL;
	}
	return parse_file(p->load, p->block, path, p, line);
}

/* A plain name must exist, a pattern may match nothing. */
static int include_name(struct conf_parser *p, const char *name,
			unsigned int line)
{
	cleanup_strbuf struct strbuf path = STRBUF_INIT;
	bool pattern = strpbrk(name, "*?[") != NULL;
	const char *dir = name[0] != '/' && p->dir ? p->dir : "";
	glob_t g = {0};
	int r;

	/* the directory's own characters are no pattern */
	for (; *dir; dir++) {
		if (pattern && strchr("*?[\\", *dir))
			strbuf_addch(&path, '\\');
		strbuf_addch(&path, *dir);
	}
	strbuf_adds(&path, name);
	if (strbuf_failed(&path)) {
		conf_nomem(p);
		return -ENOMEM;
	}
	if (!pattern)
		return include_one(p, path.s, line);
	r = glob(path.s, 0, NULL, &g);
	if (r == GLOB_NOMATCH) {
		r = 0;
	} else if (r != 0) {
		conf_error(p, line, "%s: %s", name,
			   r == GLOB_NOSPACE ? "Cannot allocate memory"
					     : "cannot read directory");
		r = -EINVAL;
	}
	for (size_t i = 0; i < g.gl_pathc && r == 0; i++)
		r = include_one(p, g.gl_pathv[i], line);
	globfree(&g);
	return r;
}

static int conf_include(struct conf_parser *p, const struct conf_values *values,
			unsigned int line)
{
	int r;

	if (!values || !values->n) {
		conf_error(p, line, ".include: missing filename");
		return -EINVAL;
	}
	if (!p->load->may_include) {
		conf_error(p, line, ".include: not permitted here");
		return -EINVAL;
	}
	if (p->depth >= CONF_MAX_INCLUDE) {
		conf_error(p, line, "maximum include depth exceeded");
		return -EINVAL;
	}
	for (size_t i = 0; i < values->n; i++) {
		const struct conf_string *s = values->v[i];

		if (s->n > 1 || (s->n && s->v[0].var)) {
			conf_error(p, line,
				   "variables not permitted in "
				   "'.include' filename");
			return -EINVAL;
		}
		r = include_name(p, s->n ? s->v[0].text : "", line);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- entry points ---- */

static int load_finish(struct conf_load *load, int r, bool lenient,
		       struct jailconf **ret)
{
	if (r == 0)
		r = conf_merge(load->conf, lenient, load->e);
	if (r < 0)
		return r;
	*ret = take_ptr(load->conf);
	return 0;
}

static int load_start(struct conf_load *load, struct jailconf **conf)
{
	*conf = calloc(1, sizeof(**conf));
	if (*conf)
		(*conf)->raw = calloc(1, sizeof(struct conf_block));
	if (!*conf || !(*conf)->raw)
		return err_nomem(load->e);
	load->conf = *conf;
	return 0;
}

static int load_file(const char *file, bool lenient, struct jailconf **ret,
		     struct err *e)
{
	cleanup_jailconf struct jailconf *conf = NULL;
	struct conf_load load = {.e = e, .may_include = true};
	int r;

	r = load_start(&load, &conf);
	if (r == 0)
		r = parse_file(&load, conf->raw, file, NULL, 0);
	r = load_finish(&load, r, lenient, ret);
	if (r == 0)
		conf = NULL;
	return r;
}

int jailconf_load(const char *file, struct jailconf **ret, struct err *e)
{
	return load_file(file, false, ret, e);
}

int jailconf_load_lenient(const char *file, struct jailconf **ret,
			  struct err *e)
{
	return load_file(file, true, ret, e);
}

int conf_parse_text(const char *name, const char *text, size_t len,
		    bool lenient, struct jailconf **ret, struct err *e)
{
	cleanup_jailconf struct jailconf *conf = NULL;
	cleanup_free char *buf = NULL;
	struct conf_load load = {.e = e};
	int r;

	if (len > CONF_MAX_BYTES)
		return err_sys(e, EFBIG, "%s", name);
	buf = malloc(len + 2);
	if (!buf)
		return err_nomem(e);
	memcpy(buf, text, len);
	memset(buf + len, 0, 2);
	r = load_start(&load, &conf);
	if (r == 0)
		r = parse_buffer(&load, conf->raw, name, NULL, 0, buf, len);
	r = load_finish(&load, r, lenient, ret);
	if (r == 0)
		conf = NULL;
	return r;
}

int jailconf_parse(const char *name, const char *text, size_t len,
		   struct jailconf **ret, struct err *e)
{
	return conf_parse_text(name, text, len, false, ret, e);
}

void jailconf_free(struct jailconf **cp)
{
	struct jailconf *c = *cp;

	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++) {
		free(c->v[i].name);
		pset_free(&c->v[i].params);
		free(c->v[i].file);
		free(c->v[i].error);
	}
	free(c->v);
	block_free(c->raw);
	strv_free(&c->files);
	free(c);
	*cp = NULL;
}
