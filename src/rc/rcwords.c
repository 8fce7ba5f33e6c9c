/* rcwords: see rcwords.h. */
#include "rc/rcwords.h"

#include "base/cleanup.h"
#include "net/ifconfig_words.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Words of ifconfig(8) that are more to rc than words. */
static const struct {
	const char *name;
	enum fact_kind kind;
} kinds[] = {
	{"addm", FACT_MEMBER},	     {"descr", FACT_DESCR},
	{"description", FACT_DESCR}, {"down", FACT_FLAG_DOWN},
	{"ether", FACT_ETHER},	     {"group", FACT_GROUP},
	{"link", FACT_ETHER},	     {"lladdr", FACT_ETHER},
	{"metric", FACT_METRIC},     {"mtu", FACT_MTU},
	{"span", FACT_SPAN},	     {"up", FACT_FLAG_UP},
};

struct word {
	int nargs;
	enum fact_kind kind;
};

/* Settings that are made together: what their words begin with. */
static const char *const sets[] = {"vxlan", "geneve"};

/* Words that go on with an address and belong to it. */
static const struct addr_word {
	const char *name;
	int nargs;
} addr_words[] = {
	{"netmask", 1},	  {"broadcast", 1},	{"prefixlen", 1},
	{"alias", 0},	  {"add", 0},		{"anycast", 0},
	{"tentative", 0}, {"deprecated", 0},	{"autoconf", 0},
	{"no_dad", 0},	  {"prefer_source", 0}, {"pltime", 1},
	{"vltime", 1},	  {"eui64", 0},
};

/* Words that need their family before them, each of them. */
static bool is_inet6_flag(const char *s)
{
	static const char *const flags[] = {
		"accept_rtadv", "auto_linklocal",  "defaultif", "no_dad",
		"no_radr",	"no_prefer_iface", "nud",	"ipv6_only",
	};

	s += *s == '-';
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (!strcmp(flags[i], s))
			return true;
	return false;
}

static const struct addr_word *addr_word_find(const char *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(addr_words); i++)
		if (!strcmp(addr_words[i].name, s))
			return &addr_words[i];
	return NULL;
}

/* An address's own words are none: they go with it. */
static bool word_find(const char *s, struct word *ret)
{
	const struct ifconfig_word *w;
	bool on = true;

	*ret = (struct word){.kind = FACT_WORDS};
	if (strcmp(s, "no_dad") != 0 && addr_word_find(s + (*s == '-')))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].name, s))
			ret->kind = kinds[i].kind;
	w = ifconfig_word_find(s, &on);
	ret->nargs = w ? w->nargs : 1;
	/* to ifconfig "ether" is a family */
	return w || ret->kind == FACT_ETHER;
}

static bool is_known(const char *s)
{
	struct word w;

	return word_find(s, &w);
}

static bool is_family(const char *s)
{
	return !strcmp(s, "inet") || !strcmp(s, "inet6");
}

/* Length of a netmask in 0xffffff00 or dotted form, or -1. */
static int mask_plen(const char *s)
{
	struct in_addr in;
	uint32_t m;
	char *end;
	int n = 0;

	if (str_prefix(s, "0x")) {
		m = (uint32_t)strtoul(s, &end, 16);
		if (*end)
			return -1;
	} else if (inet_pton(AF_INET, s, &in) == 1) {
		m = ntohl(in.s_addr);
	} else {
		return -1;
	}
	while (m & 0x80000000u) {
		m <<= 1;
		n++;
	}
	return m ? -1 : n;
}

static int class_plen(const struct in_addr *in)
{
	uint32_t a = ntohl(in->s_addr);

	return a < 0x80000000u ? 8 : a < 0xc0000000u ? 16 : 24;
}

/* "192.0.2.1/24" and so on, canonical; false when it is no numeric address. */
static bool rcwords_addr(int family, const char *text, int plen, char *buf,
			 size_t size)
{
	char addr[INET6_ADDRSTRLEN + 4], out[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	unsigned char bin[16];
	long long n;

	if (len >= sizeof(addr))
		return false;
	memcpy(addr, text, len);
	addr[len] = '\0';
	if (inet_pton(family, addr, bin) != 1)
		return false;
	if (slash) {
		if (str_to_int(slash + 1, 0, family == AF_INET ? 32 : 128, &n) <
		    0)
			return false;
		plen = (int)n;
	} else if (plen < 0) {
		plen = family == AF_INET
			       ? class_plen((const struct in_addr *)bin)
			       : 64;
	}
	inet_ntop(family, bin, out, sizeof(out));
	snprintf(buf, size, "%s/%d", out, plen);
	return true;
}

struct scan {
	struct facts *out;
	const char *ifname, *var;
	const struct strv *w;
	size_t i;
	bool alias;
	bool inet6; /* the last family that was said */
	struct err *e;
};

static int scan_add(struct scan *s, enum fact_kind kind, const char *key,
		    const char *value, const struct strv *words, bool primary)
{
	struct fact *f = facts_add(s->out, kind, s->ifname, key, value, words);

	if (!f || (s->var && !(f->var = strdup(s->var))))
		return err_nomem(s->e);
	f->primary = primary;
	return 0;
}

static int scan_words(struct scan *s, const struct strv *words)
{
	cleanup_free char *key = strv_join(words, " ");

	if (!key)
		return err_nomem(s->e);
	return scan_add(s, FACT_WORDS, key, NULL, words, false);
}

/* Take word i and its n arguments into `words`. */
static int scan_take(struct scan *s, int n, struct strv *words)
{
	const char *word = s->w->v[s->i];

	if (s->i + (size_t)n >= s->w->n)
		return n == 1 ? err_set(s->e, EINVAL, "'%s' requires argument",
					word)
			      : err_set(s->e, EINVAL,
					"'%s' requires %d arguments", word, n);
	for (int k = 0; k <= n; k++)
		if (strv_add(words, s->w->v[s->i++]) < 0)
			return err_nomem(s->e);
	return 0;
}

/* An address and what belongs to it; `family` was said or not. */
static int scan_addr(struct scan *s, int family, struct strv *words)
{
	const char *addr = s->w->v[s->i];
	const struct addr_word *aw;
	char key[INET6_ADDRSTRLEN + 8];
	bool exact = true, alias = s->alias;
	int plen = -1, r;

	r = scan_take(s, 0, words);
	/* a second address is the far end */
	if (!r && s->i < s->w->n) {
		unsigned char bin[16];

		if (inet_pton(family, s->w->v[s->i], bin) == 1) {
			r = scan_take(s, 0, words);
			plen = family == AF_INET ? 32 : 128;
		}
	}
	while (!r && s->i < s->w->n &&
	       (aw = addr_word_find(s->w->v[s->i])) != NULL) {
		r = scan_take(s, aw->nargs, words);
		if (r)
			break;
		if (!strcmp(aw->name, "netmask"))
			plen = mask_plen(words->v[words->n - 1]);
		else if (!strcmp(aw->name, "prefixlen"))
			plen = atoi(words->v[words->n - 1]);
		else if (!strcmp(aw->name, "eui64"))
			exact = false;
		else if (!strcmp(aw->name, "alias") || !strcmp(aw->name, "add"))
			alias = true;
	}
	if (r)
		return r;
	if (exact && rcwords_addr(family, addr, plen, key, sizeof(key))) {
		if (s->alias && strcmp(words->v[words->n - 1], "alias") &&
		    strv_add(words, "alias") < 0)
			return err_nomem(s->e);
		return scan_add(s, FACT_ADDR, key, NULL, words,
				family == AF_INET && !alias);
	}
	return scan_words(s, words);
}

static bool numeric(int family, const char *s)
{
	char buf[INET6_ADDRSTRLEN + 8];

	return rcwords_addr(family, s, -1, buf, sizeof(buf));
}

static bool is_switch(const char *s)
{
	return !strcmp(s, "ifdisabled") || !strcmp(s, "-ifdisabled");
}

/* After "inet" or "inet6". */
static int scan_family(struct scan *s)
{
	cleanup_strv struct strv words = {0};
	const char *fam = s->w->v[s->i++];
	int family = !strcmp(fam, "inet") ? AF_INET : AF_INET6;
	const char *next = s->i < s->w->n ? s->w->v[s->i] : NULL;
	struct word w;
	bool is_word = next && word_find(next, &w);

	s->inet6 = family == AF_INET6;
	if (strv_add(&words, fam) < 0)
		return err_nomem(s->e);
	if (!next)
		return 0; /* the family alone changes nothing */
	if (numeric(family, next))
		return scan_addr(s, family, &words);
	if (is_switch(next)) {
		s->i++;
		return scan_add(s, FACT_IP6, NULL, next, NULL, false);
	}
	/* a flag word of the family; the next one stands for itself */
	if (is_word && w.nargs == 0 && w.kind == FACT_WORDS) {
		int r = scan_take(s, 0, &words);

		return r ? r : scan_words(s, &words);
	}
	if (is_word)
		return 0;
	/* a host name, or something newer than this table: to the end */
	while (s->i < s->w->n && !is_known(s->w->v[s->i]) &&
	       !is_family(s->w->v[s->i]))
		if (strv_add(&words, s->w->v[s->i++]) < 0)
			return err_nomem(s->e);
	return scan_words(s, &words);
}

/* addm IF untagged N tagged LIST: what follows the member, in words alone. */
static int scan_vlans(struct scan *s, const char *member)
{
	int r = 0;

	while (!r && s->i + 1 < s->w->n &&
	       (!strcmp(s->w->v[s->i], "untagged") ||
		!strcmp(s->w->v[s->i], "tagged"))) {
		cleanup_strv struct strv words = {0};

		if (strv_addf(&words, "if%s", s->w->v[s->i]) < 0 ||
		    strv_add(&words, member) < 0 ||
		    strv_add(&words, s->w->v[s->i + 1]) < 0)
			return err_nomem(s->e);
		s->i += 2;
		r = scan_words(s, &words);
	}
	return r;
}

static const char *set_of(const char *word)
{
	static const char vlan[] = "vlan";

	if (vlan_is_word(word))
		return vlan;
	if (!strcmp(word, "vni"))
		return sets[0];
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		if (str_prefix(word + (*word == '-'), sets[i]))
			return sets[i];
	return NULL;
}

/* What else belongs to the words that were taken. */
static int scan_rest(struct scan *s, const char *name, struct strv *words)
{
	const char *set = set_of(name);
	struct word w;
	int r = 0;

	/* static IF MAC vlan N, deladdr MAC vlan N */
	if ((!strcmp(name, "static") || !strcmp(name, "deladdr")) &&
	    s->i + 1 < s->w->n && !strcmp(s->w->v[s->i], "vlan"))
		return scan_take(s, 1, words);
	/* half of what a vlan is cannot be set */
	while (!r && set && s->i < s->w->n && set_of(s->w->v[s->i]) == set &&
	       word_find(s->w->v[s->i], &w))
		r = scan_take(s, w.nargs, words);
	return r;
}

/* One known word. */
static int scan_word(struct scan *s, const struct word *w)
{
	cleanup_strv struct strv words = {0};
	const char *name = s->w->v[s->i];
	const char *arg;
	int r = 0;

	if (s->inet6 && is_inet6_flag(name) && strv_add(&words, "inet6") < 0)
		return err_nomem(s->e);
	r = scan_take(s, w->nargs, &words);
	arg = words.n > 1 ? words.v[1] : NULL;
	if (r)
		return r;
	switch (w->kind) {
	case FACT_MEMBER:
		r = scan_add(s, w->kind, arg, NULL, &words, false);
		return r ? r : scan_vlans(s, arg);
	case FACT_SPAN:
	case FACT_GROUP:
		return scan_add(s, w->kind, arg, NULL, &words, false);
	case FACT_ETHER:
		if (!strcmp(arg, "random"))
			return scan_words(s, &words);
		return scan_add(s, w->kind, NULL, arg, &words, false);
	case FACT_WORDS:
		r = scan_rest(s, name, &words);
		return r ? r : scan_words(s, &words);
	default:
		return scan_add(s, w->kind, NULL, arg, &words, false);
	}
}

/* An unknown word with all that follows up to the next known one. */
static int scan_unknown(struct scan *s)
{
	cleanup_strv struct strv words = {0};

	do {
		if (strv_add(&words, s->w->v[s->i++]) < 0)
			return err_nomem(s->e);
	} while (s->i < s->w->n && !is_known(s->w->v[s->i]) &&
		 !is_family(s->w->v[s->i]) && !numeric(AF_INET, s->w->v[s->i]));
	return scan_words(s, &words);
}

int rcwords_ifconfig(struct facts *out, const char *ifname,
		     const struct strv *words, bool alias, const char *var,
		     struct err *e)
{
	struct scan s = {.out = out,
			 .ifname = ifname,
			 .var = var,
			 .w = words,
			 .alias = alias,
			 .e = e};
	int r = 0;

	while (!r && s.i < words->n) {
		const char *t = words->v[s.i];
		struct word w;

		if (is_family(t)) {
			r = scan_family(&s);
		} else if (s.inet6 && is_switch(t)) {
			s.i++;
			r = scan_add(&s, FACT_IP6, NULL, t, NULL, false);
		} else if (word_find(t, &w)) {
			r = scan_word(&s, &w);
		} else if (numeric(AF_INET, t)) {
			cleanup_strv struct strv aw = {0};

			r = strv_add(&aw, "inet") < 0
				    ? err_nomem(e)
				    : scan_addr(&s, AF_INET, &aw);
		} else {
			r = scan_unknown(&s);
		}
	}
	return r;
}

/* "10.1.2.3/8" -> "10.0.0.0/8", as the kernel has it. */
static void mask_host_bits(int family, char *buf, size_t size)
{
	unsigned char bin[16];
	char *slash = strchr(buf, '/');
	int plen = atoi(slash + 1);

	*slash = '\0';
	if (inet_pton(family, buf, bin) != 1)
		return;
	for (int i = 0; i < (family == AF_INET ? 4 : 16); i++) {
		int keep = plen - i * 8;

		if (keep <= 0)
			bin[i] = 0;
		else if (keep < 8)
			bin[i] &= (unsigned char)(0xff << (8 - keep));
	}
	inet_ntop(family, bin, buf, (socklen_t)size);
	snprintf(buf + strlen(buf), size - strlen(buf), "/%d", plen);
}

/* Destination and gateway as rcstate prints the kernel's: "DEST GATEWAY". */
static bool route_key(const struct strv *w, bool inet6, struct strbuf *b)
{
	int family = inet6 ? AF_INET6 : AF_INET, plen = -1;
	const char *dest = NULL, *gw = NULL;
	char buf[INET6_ADDRSTRLEN + 8];
	bool host = false, iface = false;

	for (size_t i = 0; i < w->n; i++) {
		const char *t = w->v[i];

		if (!strcmp(t, "-inet6"))
			family = AF_INET6;
		else if (!strcmp(t, "-host"))
			host = true;
		else if (!strcmp(t, "-iface") || !strcmp(t, "-interface"))
			iface = true;
		else if (!strcmp(t, "-netmask") && i + 1 < w->n)
			plen = mask_plen(w->v[++i]);
		else if (!strcmp(t, "-prefixlen") && i + 1 < w->n)
			plen = atoi(w->v[++i]);
		else if (*t == '-' && strcmp(t, "-inet") && strcmp(t, "-net"))
			return false; /* -fib N and the like: by the notes */
		else if (*t == '-')
			continue;
		else if (!dest)
			dest = t;
		else if (!gw)
			gw = t;
		else if (plen < 0 && family == AF_INET)
			plen = mask_plen(t);
	}
	if (!dest || !gw)
		return false;
	if (!strcmp(dest, "default")) {
		strbuf_adds(b, "default");
	} else {
		if (plen < 0 && (host || !strchr(dest, '/')))
			plen = family == AF_INET ? 32 : 128;
		if (!rcwords_addr(family, dest, plen, buf, sizeof(buf)))
			return false;
		mask_host_bits(family, buf, sizeof(buf));
		strbuf_adds(b, buf);
	}
	if (iface) {
		strbuf_addf(b, " %s", gw);
	} else {
		if (!rcwords_addr(family, gw, 0, buf, sizeof(buf)))
			return false;
		*strchrnul(buf, '/') = '\0';
		strbuf_addf(b, " %s", buf);
	}
	return true;
}

int rcwords_route(struct facts *out, const struct strv *words, bool inet6,
		  const char *var, struct err *e)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	cleanup_free char *raw = strv_join(words, " ");
	cleanup_strv struct strv w = {0};
	struct fact *f;

	if (!raw)
		return err_nomem(e);
	if (inet6 && !strv_has(words, "-inet6") && strv_add(&w, "-inet6") < 0)
		return err_nomem(e);
	for (size_t i = 0; i < words->n; i++)
		if (strv_add(&w, words->v[i]) < 0)
			return err_nomem(e);
	if (!route_key(&w, inet6, &b)) {
		strbuf_clear(&b);
		strbuf_addf(&b, "? %s", raw);
	}
	/* value: the family, which "default" does not tell */
	f = facts_add(out, FACT_ROUTE, NULL, b.s,
		      strv_has(&w, "-inet6") ? "inet6" : "inet", &w);
	if (!f || (var && !(f->var = strdup(var))))
		return err_nomem(e);
	return 0;
}

int rcwords_split(struct strv *out, const char *p)
{
	for (;;) {
		cleanup_strbuf struct strbuf b = STRBUF_INIT;
		char quote = 0;

		p += strspn(p, " \t\n");
		if (!*p)
			return 0;
		for (; *p && (quote || !strchr(" \t\n", *p)); p++) {
			if (quote && *p == quote)
				quote = 0;
			else if (!quote && (*p == '"' || *p == '\''))
				quote = *p;
			else if (*p == '\\' && p[1] && quote != '\'')
				strbuf_addch(&b, *++p);
			else
				strbuf_addch(&b, *p);
		}
		if (strv_take(out, strbuf_take(&b)) < 0)
			return -ENOMEM;
	}
}
