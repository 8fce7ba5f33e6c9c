/* conf_lex: tokens of pf.conf(5): files, macros, words, numbers. */
#include "pf/conf_impl.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#define PF_MAX_FILE (256u << 20)
#define PF_MAX_MACROS 65536

struct source {
	char *name, *text;
	size_t len, pos;
	unsigned int line;
	bool ended; /* the newline that a file may lack was given */
	struct source *up;
	unsigned int depth;
};

/* Sorted: lookup is by halves. */
static const struct {
	const char *word;
	enum kind kind;
} words[] = {
	{"af-to", K_AF_TO},
	{"all", K_ALL},
	{"allow-opts", K_ALLOW_OPTS},
	{"allow-related", K_ALLOW_RELATED},
	{"altq", K_ALTQ},
	{"anchor", K_ANCHOR},
	{"antispoof", K_ANTISPOOF},
	{"any", K_ANY},
	{"bandwidth", K_BANDWIDTH},
	{"binat", K_BINAT},
	{"binat-anchor", K_BINAT_ANCHOR},
	{"binat-to", K_BINAT_TO},
	{"bitmask", K_BITMASK},
	{"block", K_BLOCK},
	{"block-policy", K_BLOCK_POLICY},
	{"bridge-to", K_BRIDGE_TO},
	{"buckets", K_BUCKETS},
	{"cbq", K_CBQ},
	{"code", K_CODE},
	{"codelq", K_CODEL},
	{"debug", K_DEBUG},
	{"divert-reply", K_DIVERT_REPLY},
	{"divert-to", K_DIVERT_TO},
	{"dnpipe", K_DNPIPE},
	{"dnqueue", K_DNQUEUE},
	{"drop", K_DROP},
	{"dup-to", K_DUP_TO},
	{"endpoint-independent", K_ENDPI},
	{"ether", K_ETHER},
	{"fail-policy", K_FAIL_POLICY},
	{"fairq", K_FAIRQ},
	{"fastroute", K_FASTROUTE},
	{"file", K_FILE},
	{"fingerprints", K_FINGERPRINTS},
	{"flags", K_FLAGS},
	{"floating", K_FLOATING},
	{"flush", K_FLUSH},
	{"for", K_FOR},
	{"fragment", K_FRAGMENT},
	{"from", K_FROM},
	{"global", K_GLOBAL},
	{"group", K_GROUP},
	{"hfsc", K_HFSC},
	{"hogs", K_HOGS},
	{"hostid", K_HOSTID},
	{"icmp-type", K_ICMP_TYPE},
	{"icmp6-type", K_ICMP6_TYPE},
	{"if-bound", K_IF_BOUND},
	{"in", K_IN},
	{"include", K_INCLUDE},
	{"inet", K_INET},
	{"inet6", K_INET6},
	{"interval", K_INTERVAL},
	{"keep", K_KEEP},
	{"keepcounters", K_KEEPCOUNTERS},
	{"l3", K_L3},
	{"label", K_LABEL},
	{"limit", K_LIMIT},
	{"linkshare", K_LINKSHARE},
	{"load", K_LOAD},
	{"log", K_LOG},
	{"loginterface", K_LOGINTERFACE},
	{"map-e-portset", K_MAP_E_PORTSET},
	{"match", K_MATCH},
	{"matches", K_MATCHES},
	{"max", K_MAX},
	{"max-mss", K_MAX_MSS},
	{"max-pkt-rate", K_MAX_PKT_RATE},
	{"max-pkt-size", K_MAX_PKT_SIZE},
	{"max-src-conn", K_MAX_SRC_CONN},
	{"max-src-conn-rate", K_MAX_SRC_CONN_RATE},
	{"max-src-nodes", K_MAX_SRC_NODES},
	{"max-src-states", K_MAX_SRC_STATES},
	{"min-ttl", K_MIN_TTL},
	{"modulate", K_MODULATE},
	{"nat", K_NAT},
	{"nat-anchor", K_NAT_ANCHOR},
	{"nat-to", K_NAT_TO},
	{"no", K_NO},
	{"no-df", K_NO_DF},
	{"no-route", K_NO_ROUTE},
	{"no-sync", K_NO_SYNC},
	{"on", K_ON},
	{"once", K_ONCE},
	{"optimization", K_OPTIMIZATION},
	{"os", K_OS},
	{"out", K_OUT},
	{"overload", K_OVERLOAD},
	{"pass", K_PASS},
	{"pflow", K_PFLOW},
	{"port", K_PORT},
	{"prio", K_PRIO},
	{"priority", K_PRIORITY},
	{"priq", K_PRIQ},
	{"probability", K_PROBABILITY},
	{"proto", K_PROTO},
	{"qlimit", K_QLIMIT},
	{"queue", K_QUEUE},
	{"quick", K_QUICK},
	{"random", K_RANDOM},
	{"random-id", K_RANDOM_ID},
	{"rdr", K_RDR},
	{"rdr-anchor", K_RDR_ANCHOR},
	{"rdr-to", K_RDR_TO},
	{"realtime", K_REALTIME},
	{"reassemble", K_REASSEMBLE},
	{"received-on", K_RECEIVED_ON},
	{"reply-to", K_REPLY_TO},
	{"require-order", K_REQUIRE_ORDER},
	{"return", K_RETURN},
	{"return-icmp", K_RETURN_ICMP},
	{"return-icmp6", K_RETURN_ICMP6},
	{"return-rst", K_RETURN_RST},
	{"ridentifier", K_RIDENTIFIER},
	{"round-robin", K_ROUND_ROBIN},
	{"route", K_ROUTE},
	{"route-to", K_ROUTE_TO},
	{"rtable", K_RTABLE},
	{"rule", K_RULE},
	{"ruleset-optimization", K_RULESET_OPTIMIZATION},
	{"scrub", K_SCRUB},
	{"set", K_SET},
	{"set-tos", K_SET_TOS},
	{"skip", K_SKIP},
	{"sloppy", K_SLOPPY},
	{"source-hash", K_SOURCE_HASH},
	{"source-track", K_SOURCE_TRACK},
	{"state", K_STATE},
	{"state-defaults", K_STATE_DEFAULTS},
	{"state-policy", K_STATE_POLICY},
	{"static-port", K_STATIC_PORT},
	{"sticky-address", K_STICKY_ADDRESS},
	{"syncookies", K_SYNCOOKIES},
	{"synproxy", K_SYNPROXY},
	{"table", K_TABLE},
	{"tag", K_TAG},
	{"tagged", K_TAGGED},
	{"target", K_TARGET},
	{"tbrsize", K_TBRSIZE},
	{"timeout", K_TIMEOUT},
	{"to", K_TO},
	{"tos", K_TOS},
	{"ttl", K_TTL},
	{"upperlimit", K_UPPERLIMIT},
	{"urpf-failed", K_URPF_FAILED},
	{"user", K_USER},
};
_Static_assert(sizeof(words) / sizeof(words[0]) == T_NKINDS - K_ALL,
	       "a word lacks its row");

static enum kind word_kind(const char *s)
{
	size_t lo = 0, hi = ARRAY_SIZE(words);

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int d = strcmp(s, words[mid].word);

		if (!d)
			return words[mid].kind;
		if (d < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return T_STRING;
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(int c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* In a word that has begun. */
static bool in_word(int c)
{
	if (is_alnum(c))
		return true;
	return c > ' ' && c < 0x7f && !strchr("(){}<>!=/#,", c);
}

/* What may follow a number, so that "10.0.0.1" is none. */
static bool ends_number(int c)
{
	return c == EOF || (c >= '\t' && c <= '\r') || c == ' ' || c == ')' ||
	       c == ',' || c == '/' || c == '}' || c == '=';
}

const char *lex_file(const struct parser *p)
{
	return p->source ? p->source->name : p->main_name;
}

/* Takes text. */
static int source_push(struct parser *p, const char *name, char *text,
		       size_t len)
{
	struct source *s = calloc(1, sizeof(*s));

	if (s)
		s->name = strdup(name);
	if (!s || !s->name) {
		free(s);
		free(text);
		return -ENOMEM;
	}
	s->text = text;
	s->len = len;
	s->line = 1;
	s->up = p->source;
	s->depth = s->up ? s->up->depth + 1 : 0;
	p->source = s;
	return 0;
}

static void source_pop(struct parser *p)
{
	struct source *s = p->source;

	p->source = s->up;
	free(s->name);
	free(s->text);
	free(s);
}

int lex_open(struct parser *p, const char *name, const char *text, size_t len)
{
	char *copy = malloc(len + 1);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, text, len);
	copy[len] = '\0';
	p->pushback = malloc(PF_MAX_WORD + 8);
	p->main_name = strdup(name);
	if (!p->pushback || !p->main_name) {
		free(copy);
		return -ENOMEM;
	}
	return source_push(p, name, copy, len);
}

int lex_include(struct parser *p, const char *name, int *ret_errno)
{
	char *text = NULL;
	size_t len;
	int r;

	*ret_errno = 0;
	if (p->source->depth + 1 >= PF_MAX_FILES)
		r = -ELOOP;
	else
		r = file_read(AT_FDCWD, name, PF_MAX_FILE, &text, &len, NULL);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		*ret_errno = -r;
		return -EINVAL;
	}
	return source_push(p, name, text, len);
}

void lex_close(struct parser *p)
{
	while (p->source)
		source_pop(p);
	for (size_t i = 0; i < p->nmacros; i++) {
		free(p->macros[i].name);
		free(p->macros[i].value);
	}
	free(p->macros);
	free(p->pushback);
	free(p->main_name);
	free(p->t.s);
}

int lex_macro_set(struct parser *p, const char *name, const char *value,
		  bool fixed)
{
	struct macro *m = NULL, *v;
	char *s;

	for (size_t i = 0; i < p->nmacros && !m; i++)
		if (!strcmp(p->macros[i].name, name))
			m = &p->macros[i];
	if (m && m->fixed && !fixed)
		return 0;
	if (!m && p->nmacros >= PF_MAX_MACROS)
		return pf_conf_error(p, "too many macros");
	if (!m) {
		v = reallocarray(p->macros, p->nmacros + 1, sizeof(*v));
		if (!v)
			return -ENOMEM;
		p->macros = v;
		m = &v[p->nmacros];
		memset(m, 0, sizeof(*m));
		m->name = strdup(name);
		if (!m->name)
			return -ENOMEM;
		p->nmacros++;
	}
	s = strdup(value);
	if (!s)
		return -ENOMEM;
	/* so a statement never ends within a value, and none is freed there */
	for (char *nl = s; (nl = strchr(nl, '\n'));)
		*nl = ' ';
	free(m->value);
	m->value = s;
	m->fixed = fixed;
	return 0;
}

static int source_char(struct parser *p)
{
	struct source *s = p->source;

	if (s->pos < s->len)
		return (unsigned char)s->text[s->pos++];
	if (!s->ended) {
		s->ended = true;
		if (s->len && s->text[s->len - 1] != '\n')
			return '\n';
	}
	return EOF;
}

/* quoted: backslashes mean nothing here, and a file may not end. */
static int get_char(struct parser *p, bool quoted)
{
	int c;

	if (p->npushback > p->mark)
		return (unsigned char)p->pushback[--p->npushback];
	if (p->macro && *p->macro)
		return (unsigned char)*p->macro++;
	p->macro = NULL;
	p->mark = 0;
	if (p->npushback)
		return (unsigned char)p->pushback[--p->npushback];
	if (quoted)
		return source_char(p);
	while ((c = source_char(p)) == '\\') {
		int next = source_char(p);

		if (next != '\n') {
			c = next;
			break;
		}
		p->source->line++;
	}
	while (c == EOF && p->source->up) {
		source_pop(p);
		p->t.line = p->source->line;
		c = source_char(p);
	}
	return c;
}

static void unget_char(struct parser *p, int c)
{
	if (c != EOF && p->npushback < PF_MAX_WORD + 8)
		p->pushback[p->npushback++] = (char)c;
}

/* Give up the rest of the line. */
static int lex_error(struct parser *p)
{
	int c;

	p->macro = NULL;
	p->mark = 0;
	do {
		c = get_char(p, false);
		if (c == '\n')
			p->source->line++;
	} while (c != '\n' && c != EOF);
	p->t.kind = T_ERROR;
	return 0;
}

static int too_long(struct parser *p)
{
	int r = pf_conf_error(p, "string too long");

	return r == -EINVAL ? lex_error(p) : r;
}

static int use_macro(struct parser *p, bool *ret)
{
	char name[PF_MAX_WORD];
	size_t n = 0;
	int c, r;

	*ret = false;
	while ((c = get_char(p, false)) != EOF && (is_alnum(c) || c == '_')) {
		if (n + 1 >= sizeof(name))
			return too_long(p);
		name[n++] = (char)c;
	}
	unget_char(p, c);
	name[n] = '\0';
	for (size_t i = 0; i < p->nmacros; i++) {
		struct macro *m = &p->macros[i];

		if (strcmp(m->name, name))
			continue;
		m->used = true;
		p->macro = m->value;
		p->mark = p->npushback;
		*ret = true;
		return 0;
	}
	r = pf_conf_error(p, "macro '%s' not defined", name);
	return r == -EINVAL ? lex_error(p) : r;
}

static int string_token(struct parser *p, const char *s)
{
	size_t n = strlen(s);

	/* there is no way to write such a word down again */
	if (n && s[n - 1] == '\\') {
		int r = pf_conf_error(p, "a word ends in a backslash");

		return r == -EINVAL ? lex_error(p) : r;
	}
	p->t.s = strdup(s);
	p->t.kind = T_STRING;
	return p->t.s ? 0 : -ENOMEM;
}

static int quoted(struct parser *p, int quote)
{
	char buf[PF_MAX_WORD];
	size_t n = 0;
	int c, next;

	while ((c = get_char(p, true)) != quote) {
		if (c == EOF || !c)
			goto unended;
		if (c == '\n') {
			p->source->line++;
			continue;
		}
		if (c == '\\') {
			next = get_char(p, true);
			if (next == EOF)
				goto unended;
			if (next == '\n') {
				p->source->line++;
				continue;
			}
			if (next == quote)
				c = next;
			else
				unget_char(p, next);
		}
		if (n + 1 >= sizeof(buf))
			return too_long(p);
		buf[n++] = (char)c;
	}
	buf[n] = '\0';
	return string_token(p, buf);
unended:
	next = pf_conf_error(p, c ? "reached end of file while parsing quoted "
				    "string"
				  : "NUL in a quoted string");
	return next == -EINVAL ? lex_error(p) : next;
}

/* A number, or, as in 10.0.0.1, the beginning of a word: then *ret false. */
static int number(struct parser *p, int c, bool *ret)
{
	char buf[PF_MAX_WORD];
	size_t n = 0;

	*ret = false;
	do {
		if (n + 1 >= sizeof(buf))
			return too_long(p);
		buf[n++] = (char)c;
	} while ((c = get_char(p, false)) != EOF && is_digit(c));
	unget_char(p, c);
	buf[n] = '\0';
	*ret = ends_number(c) && (n > 1 || buf[0] != '-');
	if (!*ret) {
		while (n > 1)
			unget_char(p, buf[--n]);
		return 0;
	}
	errno = 0;
	p->t.kind = T_NUMBER;
	p->t.n = strtoll(buf, NULL, 10);
	if (errno) {
		int r = pf_conf_error(p, "\"%s\" invalid number: too %s", buf,
				      p->t.n < 0 ? "small" : "large");

		return r == -EINVAL ? lex_error(p) : r;
	}
	return 0;
}

static int word(struct parser *p, int c)
{
	char buf[PF_MAX_WORD];
	size_t n = 0;

	do {
		if (n + 1 >= sizeof(buf))
			return too_long(p);
		buf[n++] = (char)c;
	} while ((c = get_char(p, false)) != EOF && in_word(c));
	unget_char(p, c);
	buf[n] = '\0';
	p->t.kind = word_kind(buf);
	return p->t.kind == T_STRING ? string_token(p, buf) : 0;
}

/* Two characters that are one token; true when they were. */
static bool twin(struct parser *p, int c)
{
	static const struct {
		char a, b;
		enum kind kind;
		enum pf_op op;
	} twins[] = {
		{'<', '>', T_BETWEEN, PF_OP_XRG},
		{'>', '<', T_BETWEEN, PF_OP_IRG},
		{'-', '>', T_ARROW, PF_OP_NONE},
	};

	for (size_t i = 0; i < ARRAY_SIZE(twins); i++) {
		int next;

		if (twins[i].a != c)
			continue;
		next = get_char(p, false);
		if (next == twins[i].b) {
			p->t.kind = twins[i].kind;
			p->t.op = twins[i].op;
			return true;
		}
		unget_char(p, next);
	}
	return false;
}

int lex_next(struct parser *p)
{
	bool yes = false;
	int c, r;

	free(p->t.s);
	p->t.s = NULL;
	for (;;) {
		while ((c = get_char(p, false)) == ' ' || c == '\t')
			;
		p->t.line = p->source->line;
		if (c == '#')
			while ((c = get_char(p, false)) != '\n' && c != EOF)
				;
		if (c != '$' || p->macro)
			break;
		r = use_macro(p, &yes);
		if (r < 0 || !yes)
			return r;
	}
	p->t.kind = T_CHAR;
	p->t.c = (char)c;
	if (c == EOF) {
		p->t.kind = T_EOF;
		return 0;
	}
	if (c == '\n') {
		p->t.line = p->source->line++;
		p->t.kind = T_NEWLINE;
		return 0;
	}
	if (c == '\'' || c == '"')
		return quoted(p, c);
	if (twin(p, c))
		return 0;
	if (c == '-' || is_digit(c)) {
		r = number(p, c, &yes);
		if (r < 0 || yes || p->t.kind == T_ERROR)
			return r;
	}
	if (is_alnum(c) || c == ':' || c == '_')
		return word(p, c);
	return 0;
}
