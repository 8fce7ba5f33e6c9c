/* dhcpconf: see dhcpconf.h. */
#include "rc/dhcpconf.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/table.h"
#include "rc/dhcp.h"
#include "rc/resolv.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#define CONF_MAX (256u << 10)

/* ---- options ---- */

enum value_kind {
	VALUE_NONE, /* can be asked for, not given */
	VALUE_HOST, /* one name */
	VALUE_NAMES,
	VALUE_IP,
	VALUE_IPS,
	VALUE_MASK,
	VALUE_MTU,
	VALUE_BYTES, /* text or 1:2:3 */
	VALUE_SECONDS,
};

static const struct option_row {
	const char *name; /* dhcp-options(5)'s */
	const char *udhcpc;
	enum value_kind kind;
	const char *send; /* word of udhcpc's that sends it; NULL: none */
	bool changes;	  /* of a lease */
} options[] = {
	{"subnet-mask", "subnet", VALUE_MASK, NULL, true},
	{"broadcast-address", "broadcast", VALUE_NONE, NULL, false},
	{"routers", "router", VALUE_IPS, NULL, true},
	{"classless-routes", "staticroutes", VALUE_NONE, NULL, false},
	{"domain-name", "domain", VALUE_NAMES, NULL, true},
	{"domain-search", "search", VALUE_NAMES, NULL, true},
	{"domain-name-servers", "dns", VALUE_IPS, NULL, true},
	{"host-name", "hostname", VALUE_HOST, "hostname:", true},
	{"interface-mtu", "mtu", VALUE_MTU, NULL, true},
	{"time-offset", "timezone", VALUE_NONE, NULL, false},
	{"time-servers", "timesrv", VALUE_NONE, NULL, false},
	{"log-servers", "logsrv", VALUE_NONE, NULL, false},
	{"lpr-servers", "lprsrv", VALUE_NONE, NULL, false},
	{"ntp-servers", "ntpsrv", VALUE_NONE, NULL, false},
	{"netbios-name-servers", "wins", VALUE_NONE, NULL, false},
	{"nis-domain", "nisdomain", VALUE_NONE, NULL, false},
	{"nis-servers", "nissrv", VALUE_NONE, NULL, false},
	{"root-path", "rootpath", VALUE_NONE, NULL, false},
	{"tftp-server-name", "tftp", VALUE_NONE, NULL, false},
	{"bootfile-name", "bootfile", VALUE_NONE, NULL, false},
	{"dhcp-lease-time", "lease", VALUE_SECONDS, "lease:", false},
	{"dhcp-server-identifier", "serverid", VALUE_NONE, NULL, false},
	{"dhcp-client-identifier", "0x3d", VALUE_BYTES, "0x3d:", false},
	{"dhcp-class-identifier", "vendor", VALUE_BYTES, "0x3c:", false},
	{"user-class", "0x4d", VALUE_BYTES, "0x4d:", false},
};

/* ---- words ---- */

enum token {
	TOKEN_END,
	TOKEN_WORD,
	TOKEN_STRING,
	TOKEN_MARK, /* one of ; , { } */
};

struct reader {
	const char *path, *ifname, *p;
	unsigned int line; /* of the token */
	enum token token;
	struct strbuf text; /* of it */
	struct dhcpconf *c;
	struct err *e;
};

static int __attribute__((format(printf, 2, 3)))
bad(struct reader *x, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = err_vat(x->e, EINVAL, x->path, x->line, fmt, ap);
	va_end(ap);
	return r;
}

static void skip_blank(struct reader *x)
{
	for (;;) {
		if (*x->p == '#')
			x->p += strcspn(x->p, "\n");
		if (!isspace((unsigned char)*x->p))
			return;
		x->line += *x->p == '\n';
		x->p++;
	}
}

static int read_string(struct reader *x)
{
	x->token = TOKEN_STRING;
	for (x->p++; *x->p != '"'; x->p++) {
		if (*x->p == '\\' && x->p[1])
			x->p++;
		if (!*x->p || iscntrl((unsigned char)*x->p))
			return bad(x, "a quote is left open");
		strbuf_addch(&x->text, *x->p);
	}
	x->p++;
	return 0;
}

static int next(struct reader *x)
{
	size_t n;

	strbuf_clear(&x->text);
	skip_blank(x);
	x->token = TOKEN_END;
	if (!*x->p)
		return 0;
	if (*x->p == '"')
		return read_string(x);
	x->token = TOKEN_MARK;
	n = 1;
	if (!strchr(";,{}", *x->p)) {
		x->token = TOKEN_WORD;
		n = strcspn(x->p, " \t\r\n\f\v;,{}\"#");
	}
	for (size_t i = 0; i < n; i++)
		if (iscntrl((unsigned char)x->p[i]))
			return bad(x, "a control character");
	strbuf_addn(&x->text, x->p, n);
	x->p += n;
	return strbuf_failed(&x->text) ? err_nomem(x->e) : 0;
}

static bool is_mark(const struct reader *x, char c)
{
	return x->token == TOKEN_MARK && *x->text.s == c;
}

/* The mark, and what comes behind it. */
static int expect(struct reader *x, char c)
{
	if (!is_mark(x, c))
		return bad(x, "\"%c\" is missing before \"%s\"", c, x->text.s);
	return next(x);
}

static int option_word(struct reader *x, int *ret)
{
	if (x->token != TOKEN_WORD)
		return bad(x, "the name of an option is missing");
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (!strcasecmp(options[i].name, x->text.s)) {
			*ret = (int)i;
			return next(x);
		}
	return bad(x, "%s: unknown option", x->text.s);
}

/* ---- values ---- */

static bool ip_ok(const char *s)
{
	struct in_addr a;

	return inet_pton(AF_INET, s, &a) == 1;
}

static bool mask_ok(const char *s)
{
	struct in_addr a;
	uint32_t h;

	if (inet_pton(AF_INET, s, &a) != 1)
		return false;
	h = ~ntohl(a.s_addr);
	return h != UINT32_MAX && !(h & (h + 1));
}

static bool mtu_ok(const char *s)
{
	long long n;

	return !str_to_int(s, 576, 65535, &n);
}

static bool seconds_ok(const char *s)
{
	long long n;

	return !str_to_int(s, 1, UINT32_MAX, &n);
}

static bool host_ok(const char *s)
{
	return resolv_domain_ok(s) && strlen(s) <= 64;
}

static bool bytes_ok(const char *s)
{
	return *s && strlen(s) <= 255;
}

static const struct {
	bool (*ok)(const char *s);
	const char *what;
	bool several;
} kinds[] = {
	[VALUE_NONE] = {NULL, "", false},
	[VALUE_HOST] = {host_ok, "name of a host", false},
	[VALUE_NAMES] = {resolv_domain_ok, "domain", true},
	[VALUE_IP] = {ip_ok, "IPv4 address", false},
	[VALUE_IPS] = {ip_ok, "IPv4 address", true},
	[VALUE_MASK] = {mask_ok, "netmask", false},
	[VALUE_MTU] = {mtu_ok, "MTU", false},
	[VALUE_BYTES] = {bytes_ok, "text of 1 to 255 bytes", false},
	[VALUE_SECONDS] = {seconds_ok, "number of seconds", false},
};

/* One word or string; several names may lie in one. */
static int one_value(struct reader *x, const struct option_row *o,
		     struct strv *ret)
{
	cleanup_strv struct strv words = {0};
	int r;

	if (x->token != TOKEN_WORD && x->token != TOKEN_STRING)
		return bad(x, "%s: a value is missing", o->name);
	r = o->kind == VALUE_NAMES ? strv_split(&words, x->text.s, " \t")
				   : strv_add(&words, x->text.s);
	if (r)
		return err_nomem(x->e);
	for (size_t i = 0; i < words.n; i++) {
		if (!kinds[o->kind].ok(words.v[i]))
			return bad(x, "%s: \"%s\" is no %s", o->name,
				   words.v[i], kinds[o->kind].what);
		if (strv_add(ret, words.v[i]) < 0)
			return err_nomem(x->e);
	}
	return next(x);
}

/* The values of an option, and the semicolon. */
static int values(struct reader *x, const struct option_row *o,
		  struct strv *ret)
{
	int r = one_value(x, o, ret);

	while (!r && is_mark(x, ',')) {
		if (!kinds[o->kind].several)
			return bad(x, "%s: one value alone", o->name);
		r = next(x);
		if (!r)
			r = one_value(x, o, ret);
	}
	if (!r && !ret->n)
		return bad(x, "%s: a value is missing", o->name);
	return r ? r : expect(x, ';');
}

/* ---- statements ---- */

static int seconds(struct reader *x, const char *what, long long max,
		   long long *ret)
{
	if (x->token != TOKEN_WORD || str_to_int(x->text.s, 1, max, ret) < 0)
		return bad(x, "%s: a number from 1 to %lld is needed", what,
			   max);
	return next(x);
}

static int st_timeout(struct reader *x)
{
	long long n;
	int r = seconds(x, "timeout", 3600, &n);

	if (r < 0)
		return r;
	x->c->timeout = (int)n;
	return expect(x, ';');
}

static int argv_add(struct reader *x, const char *flag, const char *value)
{
	return strv_add(&x->c->argv, flag) < 0 ||
			       strv_add(&x->c->argv, value) < 0
		       ? err_nomem(x->e)
		       : 0;
}

static int timing(struct reader *x, const char *what, const char *flag)
{
	char text[24];
	long long n;
	int r = seconds(x, what, 86400, &n);

	if (r < 0)
		return r;
	snprintf(text, sizeof(text), "%lld", n);
	r = argv_add(x, flag, text);
	return r ? r : expect(x, ';');
}

static int st_retry(struct reader *x)
{
	return timing(x, "retry", "-A");
}

static int st_initial(struct reader *x)
{
	return timing(x, "initial-interval", "-T");
}

/* The first offer is taken, as FreeBSD's default is. */
static int st_select(struct reader *x)
{
	int r;

	if (x->token != TOKEN_WORD || strcmp(x->text.s, "0") != 0)
		return bad(x, "select-timeout: only 0: udhcpc takes the first "
			      "offer");
	r = next(x);
	return r ? r : expect(x, ';');
}

static int st_request(struct reader *x)
{
	int r = 0, option;

	x->c->requests = true;
	while (!r && !is_mark(x, ';')) {
		r = option_word(x, &option);
		if (!r)
			r = argv_add(x, "-O", options[option].udhcpc);
		if (!r && !is_mark(x, ';'))
			r = expect(x, ',');
	}
	return r ? r : expect(x, ';');
}

static int st_require(struct reader *x)
{
	int r = 0, option;

	while (!r && !is_mark(x, ';')) {
		r = option_word(x, &option);
		if (!r && strv_add(&x->c->requires, options[option].udhcpc) < 0)
			r = err_nomem(x->e);
		if (!r && !is_mark(x, ';'))
			r = expect(x, ',');
	}
	return r ? r : expect(x, ';');
}

static int st_reject(struct reader *x)
{
	int r = 0;

	do {
		if (x->token != TOKEN_WORD || !ip_ok(x->text.s))
			return bad(x, "reject: \"%s\" is no IPv4 address",
				   x->text.s);
		if (strv_add(&x->c->rejects, x->text.s) < 0)
			return err_nomem(x->e);
		r = next(x);
		if (r || !is_mark(x, ','))
			break;
		r = next(x);
	} while (!r);
	return r ? r : expect(x, ';');
}

/* "1:0:a0:24:ab:fb:9c" as two digits each; false: it is text. */
static bool hex_bytes(const char *s, struct strbuf *b)
{
	bool colon = false;

	while (*s) {
		size_t n = strspn(s, "0123456789abcdefABCDEF");

		if (n < 1 || n > 2 || (s[n] && s[n] != ':') ||
		    (s[n] == ':' && !s[n + 1]))
			return false;
		colon |= s[n] == ':';
		strbuf_addf(b, "%s%.*s", n == 1 ? "0" : "", (int)n, s);
		s += n + (s[n] == ':');
	}
	return colon;
}

static void put_bytes(const char *s, bool quoted, struct strbuf *b)
{
	cleanup_strbuf struct strbuf hex = STRBUF_INIT;

	if (!quoted && hex_bytes(s, &hex)) {
		strbuf_adds(b, hex.s);
		return;
	}
	for (; *s; s++)
		strbuf_addf(b, "%02x", (unsigned char)*s);
}

static int st_send(struct reader *x)
{
	cleanup_strbuf struct strbuf word = STRBUF_INIT;
	cleanup_strv struct strv list = {0};
	const struct option_row *o;
	int option, r = option_word(x, &option);
	bool quoted;

	if (r < 0)
		return r;
	o = &options[option];
	if (!o->send)
		return bad(x, "%s: cannot be sent", o->name);
	quoted = x->token == TOKEN_STRING;
	r = values(x, o, &list);
	if (r < 0)
		return r;
	strbuf_adds(&word, o->send);
	if (o->kind == VALUE_BYTES)
		put_bytes(list.v[0], quoted, &word);
	else
		strbuf_adds(&word, list.v[0]);
	if (o->kind == VALUE_HOST)
		x->c->sends_host = true;
	return strbuf_failed(&word) ? err_nomem(x->e)
				    : argv_add(x, "-x", word.s);
}

static int change(struct reader *x, enum dhcpconf_how how)
{
	struct dhcpconf *c = x->c;
	struct dhcpconf_change *v;
	int option, r = option_word(x, &option);

	if (r < 0)
		return r;
	if (!options[option].changes)
		return bad(x, "%s: cannot be changed here",
			   options[option].name);
	if (how >= DHCPCONF_PREPEND && !kinds[options[option].kind].several)
		return bad(x, "%s: has one value alone", options[option].name);
	v = reallocarray(c->v, c->n + 1, sizeof(*v));
	if (!v)
		return err_nomem(x->e);
	c->v = v;
	v[c->n] = (struct dhcpconf_change){.how = how, .option = option};
	c->n++;
	return values(x, &options[option], &v[c->n - 1].values);
}

static int st_default(struct reader *x)
{
	return change(x, DHCPCONF_DEFAULT);
}

static int st_supersede(struct reader *x)
{
	return change(x, DHCPCONF_SUPERSEDE);
}

static int st_prepend(struct reader *x)
{
	return change(x, DHCPCONF_PREPEND);
}

static int st_append(struct reader *x)
{
	return change(x, DHCPCONF_APPEND);
}

/* Statements that udhcpc can do nothing for, and why. */
static const struct {
	const char *word, *why;
} refused[] = {
	{"backoff-cutoff", "udhcpc asks at equal intervals"},
	{"reboot", "udhcpc asks for the old address as for a new one"},
	{"lease", "there are no leases but a server's"},
	{"alias", "use ifconfig_IF_aliasN"},
	{"script", "the script is dhclient-script(8)"},
	{"media", "use media in ifconfig_IF"},
	{"vlan-pcp", "use pcp in create_args_IF"},
	{"option", "only in a lease"},
	{"fixed-address", "only in a lease"},
};

static const struct {
	const char *word;
	int (*read)(struct reader *x);
} statements[] = {
	{"timeout", st_timeout},
	{"retry", st_retry},
	{"initial-interval", st_initial},
	{"select-timeout", st_select},
	{"request", st_request},
	{"require", st_require},
	{"reject", st_reject},
	{"send", st_send},
	{"default", st_default},
	{"supersede", st_supersede},
	{"prepend", st_prepend},
	{"append", st_append},
};

static int statement(struct reader *x)
{
	if (x->token != TOKEN_WORD)
		return bad(x, "\"%s\": a statement is missing", x->text.s);
	for (size_t i = 0; i < ARRAY_SIZE(statements); i++)
		if (!strcasecmp(statements[i].word, x->text.s)) {
			int r = next(x);

			return r ? r : statements[i].read(x);
		}
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		if (!strcasecmp(refused[i].word, x->text.s))
			return bad(x, "%s: not here: %s", refused[i].word,
				   refused[i].why);
	return bad(x, "%s: unknown statement", x->text.s);
}

/*
 * interface "em0" { ... }: what is for another is read, too, so that a mistake
 * in it is seen, and forgotten.
 */
static int interface_block(struct reader *x)
{
	cleanup_dhcpconf struct dhcpconf other = {0};
	struct dhcpconf *mine = x->c;
	int r = next(x);

	if (!r && x->token != TOKEN_STRING)
		return bad(x, "interface: a name in quotes is needed");
	if (!r && strcmp(x->text.s, x->ifname) != 0)
		x->c = &other;
	if (!r)
		r = next(x);
	if (!r)
		r = expect(x, '{');
	while (!r && !is_mark(x, '}')) {
		if (x->token == TOKEN_END)
			return bad(x, "interface: \"}\" is missing");
		r = statement(x);
	}
	x->c = mine;
	return r ? r : next(x);
}

int dhcpconf_parse(const char *text, const char *path, const char *ifname,
		   struct dhcpconf *ret, struct err *e)
{
	cleanup_dhcpconf struct dhcpconf c = {0};
	struct reader x = {.path = path,
			   .ifname = ifname,
			   .p = text,
			   .line = 1,
			   .text = STRBUF_INIT,
			   .c = &c,
			   .e = e};
	int r = next(&x);

	while (!r && x.token != TOKEN_END)
		r = x.token == TOKEN_WORD && !strcasecmp(x.text.s, "interface")
			    ? interface_block(&x)
			    : statement(&x);
	strbuf_free(&x.text);
	if (r < 0)
		return r;
	*ret = c;
	c = (struct dhcpconf){0};
	return 0;
}

int dhcpconf_load(const char *path, const char *ifname, struct dhcpconf *ret,
		  struct err *e)
{
	cleanup_free char *text = NULL;
	struct err fe = ERR_INIT;
	size_t len = 0;
	int r = file_read(AT_FDCWD, path, CONF_MAX, &text, &len, &fe);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return err_set(e, fe.code, "%s", fe.text);
	if (strlen(text) != len)
		return err_set(e, EINVAL, "%s: no text", path);
	return dhcpconf_parse(text, path, ifname, ret, e);
}

void dhcpconf_free(struct dhcpconf *c)
{
	strv_free(&c->argv);
	strv_free(&c->requires);
	strv_free(&c->rejects);
	for (size_t i = 0; i < c->n; i++)
		strv_free(&c->v[i].values);
	free(c->v);
	*c = (struct dhcpconf){0};
}

/* ---- a lease ---- */

int dhcpconf_judge(const struct dhcpconf *c, char *const *env, struct err *e)
{
	const char *server = str_env(env, "serverid");

	if (server && strv_has(&c->rejects, server))
		return err_set(e, EACCES, "an offer of %s, which is rejected",
			       server);
	for (size_t i = 0; i < c->requires.n; i++) {
		const char *v = str_env(env, c->requires.v[i]);

		if (!v || !*v)
			return err_set(e, EACCES,
				       "the offer lacks \"%s\", which is "
				       "required",
				       c->requires.v[i]);
	}
	return 0;
}

/* The list with the values before or behind what it has, or instead. */
static int change_list(const struct dhcpconf_change *v, struct strv *list)
{
	cleanup_strv struct strv out = {0};
	bool keep = v->how != DHCPCONF_SUPERSEDE, give = true;
	int r = 0;

	if (v->how == DHCPCONF_DEFAULT)
		give = !list->n;
	if (v->how == DHCPCONF_APPEND)
		r = strv_copy(&out, list);
	if (!r && give)
		r = strv_copy(&out, &v->values);
	if (!r && keep && v->how != DHCPCONF_APPEND)
		r = strv_copy(&out, list);
	if (r)
		return -ENOMEM;
	strv_free(list);
	*list = out;
	out = (struct strv){0};
	return 0;
}

/* The first of the routers is the default route, unless routes were told. */
static int change_routers(const struct dhcpconf_change *v, struct dhcp_lease *l)
{
	char buf[INET_ADDRSTRLEN];
	cleanup_strv struct strv list = {0};
	cleanup_free char *dflt = NULL;

	if (l->has_router && strv_add(&list, inet_ntop(AF_INET, &l->router, buf,
						       sizeof(buf))) < 0)
		return -ENOMEM;
	dflt = str_printf("default %s", list.n ? list.v[0] : "");
	if (!dflt || change_list(v, &list) < 0)
		return -ENOMEM;
	for (size_t i = l->routes.n; i-- > 0;)
		if (!strcmp(l->routes.v[i], dflt))
			strv_remove(&l->routes, i);
	l->has_router = inet_pton(AF_INET, list.v[0], &l->router) == 1;
	return strv_addf(&l->routes, "default %s", list.v[0]);
}

static int change_one(const struct dhcpconf_change *v, struct dhcp_lease *l)
{
	const char *value = v->values.v[0];
	bool weak = v->how == DHCPCONF_DEFAULT;
	struct in_addr mask;
	long long n;

	switch (options[v->option].kind) {
	case VALUE_IPS:
		return strcmp(options[v->option].name, "routers")
			       ? change_list(v, &l->servers)
			       : change_routers(v, l);
	case VALUE_NAMES:
		return change_list(v, &l->search);
	case VALUE_HOST:
		if (!weak || !*l->hostname)
			str_copy(l->hostname, sizeof(l->hostname), value);
		return 0;
	case VALUE_MTU:
		if ((!weak || !l->mtu) && !str_to_int(value, 576, 65535, &n))
			l->mtu = (unsigned int)n;
		return 0;
	case VALUE_MASK:
		/* a lease always has one */
		if (!weak && inet_pton(AF_INET, value, &mask) == 1)
			l->plen = (unsigned int)__builtin_popcount(mask.s_addr);
		return 0;
	default:
		return 0;
	}
}

int dhcpconf_change(const struct dhcpconf *c, struct dhcp_lease *l)
{
	int r = 0;

	for (size_t i = 0; !r && i < c->n; i++)
		r = change_one(&c->v[i], l);
	return r;
}
