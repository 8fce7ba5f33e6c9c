/*
 * conf_read: files and strings of jail.conf(5) into the tree; see
 * conf_impl.h for the whole.
 */
#include "jail/conf_impl.h"

#include "base/cleanup.h"

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
	char text[512];
	va_list ap;

	if (p->load->failed)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_at(p->load->e, EINVAL, p->file, line, "%s", text);
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

/* ---- strings ---- */

struct conf_string *conf_string_new(unsigned int line)
{
	struct conf_string *s = calloc(1, sizeof(*s));

	if (s)
		s->line = line;
	return s;
}

void conf_string_free(struct conf_string *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i].text);
	free(s->v);
	free(s);
}

/* More text for a literal part; doubling, since pieces may be many. */
static int part_append(struct conf_part *part, const char *text, size_t len)
{
	size_t size = part->size;
	char *t;

	while (size < part->len + len + 1)
		size = size ? size * 2 : 32;
	if (size != part->size) {
		t = realloc(part->text, size);
		if (!t)
			return -ENOMEM;
		part->text = t;
		part->size = size;
	}
	memcpy(part->text + part->len, text, len);
	part->len += len;
	part->text[part->len] = '\0';
	return 0;
}

int conf_string_add(struct conf_string *s, const char *text, size_t len,
		    bool var)
{
	struct conf_part *v, *last = s->n ? &s->v[s->n - 1] : NULL;
	struct conf_part part = {.var = var};

	if (!len && !var)
		return 0;
	if (last && !last->var && !var)
		return part_append(last, text, len);
	if (part_append(&part, text, len) < 0)
		return -ENOMEM;
	v = reallocarray(s->v, s->n + 1, sizeof(*v));
	if (!v) {
		free(part.text);
		return -ENOMEM;
	}
	s->v = v;
	s->v[s->n++] = part;
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/*
 * Decode the escape after a backslash at s[0..len).  Returns the bytes used;
 * *ret is the character, or -1 for none (a line that goes on).
 */
static size_t escape_decode(const char *s, size_t len, int *ret)
{
	static const char from[] = "abfnrtv", to[] = "\a\b\f\n\r\t\v";
	const char *at;
	size_t n = 0;
	int v = 0;

	if (s[0] == '\n') {
		*ret = -1;
		return 1;
	}
	while (n < 3 && n < len && s[n] >= '0' && s[n] <= '7')
		v = v * 8 + (s[n++] - '0');
	if (n) {
		*ret = v & 0xff;
		return n;
	}
	if (s[0] == 'x' && len > 1 && hex_digit(s[1]) >= 0) {
		for (n = 1; n < 3 && n < len && hex_digit(s[n]) >= 0; n++)
			v = v * 16 + hex_digit(s[n]);
		*ret = v;
		return n;
	}
	at = s[0] ? strchr(from, s[0]) : NULL;
	*ret = at ? to[at - from] : (unsigned char)s[0];
	return 1;
}

/* Text with its escapes decoded; a NUL has no place in any value. */
static int text_decode(struct conf_parser *p, struct strbuf *out, const char *s,
		       size_t len, unsigned int line)
{
	int c;

	for (size_t i = 0; i < len;) {
		c = (unsigned char)s[i++];
		/* a backslash with nothing behind stands for itself */
		if (c == '\\' && i < len)
			i += escape_decode(s + i, len - i, &c);
		if (c == 0) {
			conf_error(p, line, "NUL character in string");
			return -EINVAL;
		}
		if (c > 0)
			strbuf_addch(out, (char)c);
	}
	if (strbuf_failed(out)) {
		conf_nomem(p);
		return -ENOMEM;
	}
	return 0;
}

static int string_add_decoded(struct conf_parser *p, struct conf_string *str,
			      const char *s, size_t len, bool var)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	if (text_decode(p, &b, s, len, str->line) < 0)
		return -EINVAL;
	if (conf_string_add(str, b.s, b.len, var) < 0) {
		conf_nomem(p);
		return -ENOMEM;
	}
	return 0;
}

static bool name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/*
 * The variable at s[0] == '$': its name's place and length, and the bytes it
 * takes in all.  0: this "$" is just a character.  -1: "${" without "}".
 */
static long variable_at(const char *s, size_t len, size_t *ret_start,
			size_t *ret_len)
{
	size_t i = 1;

	if (len > 1 && name_start(s[1])) {
		while (i < len &&
		       (name_start(s[i]) || (s[i] >= '0' && s[i] <= '9')))
			i++;
		*ret_start = 1;
		*ret_len = i - 1;
		return (long)i;
	}
	if (len < 2 || s[1] != '{')
		return 0;
	for (i = 2; i < len; i++) {
		if (s[i] == '\\' && i + 1 < len) {
			i++;
			continue;
		}
		if (s[i] == '\n' || s[i] == '{')
			return -1;
		if (s[i] == '}') {
			*ret_start = 2;
			*ret_len = i - 2;
			return (long)i + 1;
		}
	}
	return -1;
}

/* Length of the text up to the next "$" that no backslash precedes. */
static size_t literal_length(const char *s, size_t len)
{
	size_t i = 0;

	while (i < len && s[i] != '$')
		i += s[i] == '\\' && i + 1 < len ? 2 : 1;
	return i;
}

static int string_parse_subst(struct conf_parser *p, struct conf_string *str,
			      const char *s, size_t len)
{
	size_t n, start, name_len;
	long used;
	int r;

	for (size_t i = 0; i < len; i += n) {
		n = literal_length(s + i, len - i);
		if (!n) {
			used = variable_at(s + i, len - i, &start, &name_len);
			if (used < 0) {
				conf_error(p, str->line,
					   "unterminated variable");
				return -EINVAL;
			}
			if (used > 0) {
				n = (size_t)used;
				r = string_add_decoded(p, str, s + i + start,
						       name_len, true);
				if (r < 0)
					return r;
				continue;
			}
			n = 1;
		}
		r = string_add_decoded(p, str, s + i, n, false);
		if (r < 0)
			return r;
	}
	return 0;
}

struct conf_string *conf_string_parse(struct conf_parser *p, const char *s,
				      size_t len, bool subst, unsigned int line)
{
	struct conf_string *str = conf_string_new(line);
	int r;

	if (!str) {
		conf_nomem(p);
		return NULL;
	}
	if (subst)
		r = string_parse_subst(p, str, s, len);
	else
		r = string_add_decoded(p, str, s, len, false);
	if (r < 0) {
		conf_string_free(str);
		return NULL;
	}
	return str;
}

struct conf_string *conf_string_var(struct conf_parser *p, const char *s,
				    size_t len, unsigned int line)
{
	struct conf_string *str = conf_string_new(line);

	if (!str) {
		conf_nomem(p);
		return NULL;
	}
	if (string_add_decoded(p, str, s, len, true) < 0) {
		conf_string_free(str);
		return NULL;
	}
	return str;
}

struct conf_string *conf_string_join(struct conf_parser *p,
				     struct conf_string *a,
				     struct conf_string *b)
{
	for (size_t i = 0; i < b->n; i++) {
		if (conf_string_add(a, b->v[i].text, b->v[i].len, b->v[i].var) <
		    0) {
			conf_string_free(a);
			a = NULL;
			conf_nomem(p);
			break;
		}
	}
	conf_string_free(b);
	return a;
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

void conf_block_free(struct conf_block *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->n; i++) {
		free(b->v[i].name);
		values_clear(&b->v[i].values);
		conf_block_free(b->v[i].body);
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
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	char chunk[16384];
	ssize_t n;

	for (;;) {
		n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, errno, "%s", name);
		if (!n)
			break;
		if ((size_t)n > max - b.len)
			return err_sys(e, EFBIG, "%s", name);
		strbuf_addn(&b, chunk, (size_t)n);
	}
	*ret_len = b.len;
	strbuf_addn(&b, "\0", 2);
	*ret = strbuf_take(&b);
	return *ret ? 0 : err_nomem(e);
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
	conf_block_free(c->raw);
	strv_free(&c->files);
	free(c);
	*cp = NULL;
}
