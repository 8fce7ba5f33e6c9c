/* rtadvd: see rtadvd.h. */
#include "rc/rtadvd.h"

#include "base/cleanup.h"
#include "base/table.h"
#include "rc/resolv.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

/* ---- termcap's form ---- */

/* "rltime#0", "addr=\"2001:db8::\"", "noifprefix" */
struct cap {
	char *name; /* owned; value points into it, NULL: a bare word */
	char *value;
	unsigned int line;
};

struct entry {
	struct strv names;
	struct cap *v; /* owned */
	size_t n;
};

struct entries {
	const char *path;
	struct entry *v; /* owned */
	size_t n;
};

static void entries_free(struct entries *f)
{
	for (size_t i = 0; i < f->n; i++) {
		for (size_t k = 0; k < f->v[i].n; k++)
			free(f->v[i].v[k].name);
		free(f->v[i].v);
		strv_free(&f->v[i].names);
	}
	free(f->v);
}
#define cleanup_entries __attribute__((cleanup(entries_free)))

static struct entry *entry_new(struct entries *f)
{
	struct entry *v = reallocarray(f->v, f->n + 1, sizeof(*v));

	if (!v)
		return NULL;
	f->v = v;
	v[f->n] = (struct entry){0};
	return &v[f->n++];
}

static const struct entry *entry_find(const struct entries *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (strv_has(&f->v[i].names, name))
			return &f->v[i];
	return NULL;
}

static int cap_add(struct entry *en, const char *word, size_t len,
		   unsigned int line)
{
	struct cap *v = reallocarray(en->v, en->n + 1, sizeof(*v));
	char *text = strndup(word, len), *op;
	size_t n;

	if (v)
		en->v = v;
	if (!v || !text) {
		free(text);
		return -ENOMEM;
	}
	v[en->n] = (struct cap){.name = text, .line = line};
	op = strpbrk(text, "=#");
	if (op) {
		*op++ = '\0';
		n = strlen(op);
		if (n > 1 && *op == '"' && op[n - 1] == '"') {
			op[n - 1] = '\0';
			op++;
		}
		v[en->n].value = op;
	}
	en->n++;
	return 0;
}

/*
 * One field, up to a colon that is in no quotes, or to the end of the line;
 * blanks around it do not count.  false: a quote is left open.
 */
static bool next_field(const char **p, const char **ret, size_t *ret_len)
{
	const char *start = *p + strspn(*p, " \t"), *s = start, *end;
	bool quoted = false;

	for (; *s && *s != '\n' && (quoted || *s != ':'); s++)
		if (*s == '"')
			quoted = !quoted;
	end = s;
	while (end > start && strchr(" \t\r", end[-1]))
		end--;
	*ret = start;
	*ret_len = (size_t)(end - start);
	*p = *s == ':' ? s + 1 : s;
	return !quoted;
}

/* A line that a backslash ends goes on in the next. */
static bool goes_on(const char *field, size_t len)
{
	return len == 1 && *field == '\\';
}

static int entry_parse(struct entries *f, const char **p, unsigned int *line,
		       struct err *e)
{
	struct entry *en = entry_new(f);
	cleanup_free char *names = NULL;
	const char *field;
	size_t len;
	int r = 0;

	if (!en)
		return err_nomem(e);
	if (!next_field(p, &field, &len))
		return err_at(e, EINVAL, f->path, *line,
			      "a quote is left open");
	names = strndup(field, len);
	if (!names || strv_split(&en->names, names, "|") < 0)
		return err_nomem(e);
	if (!en->names.n)
		return err_at(e, EINVAL, f->path, *line,
			      "no name of an interface");
	while (!r && **p && **p != '\n') {
		if (!next_field(p, &field, &len))
			return err_at(e, EINVAL, f->path, *line,
				      "a quote is left open");
		if (goes_on(field, len)) {
			*p += **p == '\n';
			++*line;
		} else if (len) {
			r = cap_add(en, field, len, *line);
		}
	}
	return r ? err_nomem(e) : 0;
}

static int entries_parse(const char *text, struct entries *f, struct err *e)
{
	unsigned int line = 1;
	int r = 0;

	while (!r && *text) {
		const char *s = text + strspn(text, " \t\r");

		if (*s && *s != '\n' && *s != '#')
			r = entry_parse(f, &s, &line, e);
		text = s + strcspn(s, "\n");
		text += *text == '\n';
		line++;
	}
	return r;
}

/* ---- capabilities ---- */

/* What of a name with a number behind it belongs together. */
enum {
	MAX_GROUP = 100
};

struct prefix {
	bool here;
	struct in6_addr addr;
	unsigned int len, flags;
	uint32_t valid, preferred;
	bool decrement;
};

struct rt {
	bool here, has_life;
	struct in6_addr addr;
	unsigned int len, flags;
	uint32_t life;
};

struct names {
	struct strv v;
	uint32_t life;
	bool has_life;
};

/* What is announced on one interface. */
struct adv {
	uint32_t max, min, hops, flags, life, reach, retrans, mtu;
	bool has_min, mtu_auto, has_life, no_lladdr, no_prefix;
	struct prefix prefix[MAX_GROUP];
	struct rt route[MAX_GROUP];
	struct names rdnss[MAX_GROUP], dnssl[MAX_GROUP];
};

static void adv_free(struct adv **a)
{
	for (size_t i = 0; *a && i < MAX_GROUP; i++) {
		strv_free(&(*a)->rdnss[i].v);
		strv_free(&(*a)->dnssl[i].v);
	}
	free(*a);
}

static struct adv *adv_new(void)
{
	struct adv *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->max = 600;
	a->hops = 64;
	a->life = 1800;
	for (size_t i = 0; i < MAX_GROUP; i++) {
		a->prefix[i].len = a->route[i].len = 64;
		a->prefix[i].flags = 0xc0;
		a->prefix[i].valid = 2592000;
		a->prefix[i].preferred = 604800;
	}
	return a;
}

/* One capability as it is being read. */
struct reading {
	const struct entries *file;
	const struct cap *cap;
	struct adv *a;
	unsigned int group; /* 0: no number behind the name */
	struct err *e;
};

static int __attribute__((format(printf, 2, 3)))
bad(const struct reading *x, const char *fmt, ...)
{
	cleanup_free char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	return err_at(x->e, EINVAL, x->file->path, x->cap->line, "%s: %s",
		      x->cap->name, text ? text : "out of memory");
}

static int number(const struct reading *x, uint32_t min, uint32_t max,
		  uint32_t *ret)
{
	const char *s = x->cap->value ? x->cap->value : "";
	cleanup_free char *dec = NULL;
	char *end;
	long long n;

	/* 0x80, as C has it */
	if (str_prefix(s, "0x")) {
		unsigned long long hex = strtoull(s + 2, &end, 16);

		dec = *end || !s[2] ? NULL : str_printf("%llu", hex);
		s = dec ? dec : "";
	}
	if (str_to_int(s, min, max, &n) < 0)
		return bad(x, "a number from %u to %u is needed", min, max);
	*ret = (uint32_t)n;
	return 0;
}

/* Letters, or a number. */
static int flags(const struct reading *x, const char *letters,
		 const unsigned int *bits, uint32_t *ret)
{
	const char *s = x->cap->value ? x->cap->value : "";
	uint32_t v = 0;

	if (isdigit((unsigned char)*s))
		return number(x, 0, 255, ret);
	for (; *s; s++) {
		const char *at = strchr(letters, *s);

		if (!at)
			return bad(x, "%c: not one of the letters %s", *s,
				   letters);
		v |= bits[at - letters];
	}
	*ret = v;
	return 0;
}

static int address(const struct reading *x, struct in6_addr *ret)
{
	if (!x->cap->value || inet_pton(AF_INET6, x->cap->value, ret) != 1 ||
	    IN6_IS_ADDR_MULTICAST(ret) || IN6_IS_ADDR_LINKLOCAL(ret))
		return bad(x, "an IPv6 prefix in quotes is needed");
	return 0;
}

static int cap_max(const struct reading *x)
{
	return number(x, 4, 1800, &x->a->max);
}

static int cap_min(const struct reading *x)
{
	x->a->has_min = true;
	return number(x, 3, 1350, &x->a->min);
}

static int cap_hops(const struct reading *x)
{
	return number(x, 0, 255, &x->a->hops);
}

static const unsigned int ra_bits[] = {0x80, 0x40, 0x08, 0x18};

static int preference_ok(const struct reading *x, uint32_t v, uint32_t known)
{
	if ((v & 0x18) == 0x10)
		return bad(x, "there is no such preference");
	return v & ~known ? bad(x, "unknown bits") : 0;
}

static int cap_raflags(const struct reading *x)
{
	int r = flags(x, "mohl", ra_bits, &x->a->flags);

	return r ? r : preference_ok(x, x->a->flags, 0xd8);
}

static int cap_life(const struct reading *x)
{
	x->a->has_life = true;
	return number(x, 0, 9000, &x->a->life);
}

static int cap_reach(const struct reading *x)
{
	return number(x, 0, 3600000, &x->a->reach);
}

static int cap_retrans(const struct reading *x)
{
	return number(x, 0, UINT32_MAX, &x->a->retrans);
}

static int cap_mtu(const struct reading *x)
{
	x->a->mtu_auto = x->cap->value && !strcmp(x->cap->value, "auto");
	if (x->a->mtu_auto)
		return 0;
	if (x->cap->value && !strcmp(x->cap->value, "0"))
		return number(x, 0, 0, &x->a->mtu);
	return number(x, 1280, 131072, &x->a->mtu);
}

static int cap_nolladdr(const struct reading *x)
{
	x->a->no_lladdr = true;
	return 0;
}

static int cap_noifprefix(const struct reading *x)
{
	x->a->no_prefix = true;
	return 0;
}

static int cap_addr(const struct reading *x)
{
	x->a->prefix[x->group].here = true;
	return address(x, &x->a->prefix[x->group].addr);
}

static int cap_prefixlen(const struct reading *x)
{
	return number(x, 3, 127, &x->a->prefix[x->group].len);
}

static int cap_pinfoflags(const struct reading *x)
{
	static const unsigned int bits[] = {0x80, 0x40};
	uint32_t *to = &x->a->prefix[x->group].flags;
	int r = flags(x, "la", bits, to);

	return r ? r : (*to & ~0xc0u) ? bad(x, "unknown bits") : 0;
}

static int cap_vltime(const struct reading *x)
{
	return number(x, 0, UINT32_MAX, &x->a->prefix[x->group].valid);
}

static int cap_pltime(const struct reading *x)
{
	return number(x, 0, UINT32_MAX, &x->a->prefix[x->group].preferred);
}

static int cap_decrement(const struct reading *x)
{
	x->a->prefix[x->group].decrement = true;
	return 0;
}

static int cap_rtprefix(const struct reading *x)
{
	x->a->route[x->group].here = true;
	return address(x, &x->a->route[x->group].addr);
}

static int cap_rtplen(const struct reading *x)
{
	return number(x, 0, 128, &x->a->route[x->group].len);
}

static int cap_rtflags(const struct reading *x)
{
	static const unsigned int bits[] = {0x08, 0x18};
	uint32_t *to = &x->a->route[x->group].flags;
	int r = flags(x, "hl", bits, to);

	return r ? r : preference_ok(x, *to, 0x18);
}

static int cap_rtltime(const struct reading *x)
{
	x->a->route[x->group].has_life = true;
	return number(x, 0, UINT32_MAX, &x->a->route[x->group].life);
}

/* A list with commas of what `ok` says yes to. */
static int list(const struct reading *x, bool (*ok)(const char *s),
		const char *what, struct strv *ret)
{
	if (strv_split(ret, x->cap->value ? x->cap->value : "", ", ") < 0)
		return err_nomem(x->e);
	for (size_t i = 0; i < ret->n; i++)
		if (!ok(ret->v[i]))
			return bad(x, "\"%s\" is no %s", ret->v[i], what);
	return ret->n ? 0 : bad(x, "no %s", what);
}

static bool inet6_ok(const char *s)
{
	struct in6_addr a;

	return inet_pton(AF_INET6, s, &a) == 1;
}

static int cap_rdnss(const struct reading *x)
{
	return list(x, inet6_ok, "IPv6 address", &x->a->rdnss[x->group].v);
}

static int cap_dnssl(const struct reading *x)
{
	return list(x, resolv_domain_ok, "domain", &x->a->dnssl[x->group].v);
}

static int cap_rdnssltime(const struct reading *x)
{
	x->a->rdnss[x->group].has_life = true;
	return number(x, 0, UINT32_MAX, &x->a->rdnss[x->group].life);
}

static int cap_dnsslltime(const struct reading *x)
{
	x->a->dnssl[x->group].has_life = true;
	return number(x, 0, UINT32_MAX, &x->a->dnssl[x->group].life);
}

static int cap_skew(const struct reading *x)
{
	uint32_t v;
	int r = number(x, 0, 0, &v);

	return r ? bad(x, "radvd checks no prefixes of others: only 0") : 0;
}

static int cap_mobile(const struct reading *x)
{
	return bad(x, "no mobile IPv6 here");
}

static const struct {
	const char *name;
	bool numbered;
	int (*read)(const struct reading *x);
} caps[] = {
	{"maxinterval", false, cap_max},
	{"mininterval", false, cap_min},
	{"chlim", false, cap_hops},
	{"raflags", false, cap_raflags},
	{"rltime", false, cap_life},
	{"rtime", false, cap_reach},
	{"retrans", false, cap_retrans},
	{"mtu", false, cap_mtu},
	{"nolladdr", false, cap_nolladdr},
	{"noifprefix", false, cap_noifprefix},
	{"clockskew", false, cap_skew},
	{"hapref", false, cap_mobile},
	{"hatime", false, cap_mobile},
	{"addr", true, cap_addr},
	{"prefixlen", true, cap_prefixlen},
	{"pinfoflags", true, cap_pinfoflags},
	{"vltime", true, cap_vltime},
	{"pltime", true, cap_pltime},
	{"vltimedecr", true, cap_decrement},
	{"pltimedecr", true, cap_decrement},
	{"rtprefix", true, cap_rtprefix},
	{"rtplen", true, cap_rtplen},
	{"rtflags", true, cap_rtflags},
	{"rtltime", true, cap_rtltime},
	{"rtrprefix", true, cap_rtprefix},
	{"rtrplen", true, cap_rtplen},
	{"rtrflags", true, cap_rtflags},
	{"rtrltime", true, cap_rtltime},
	{"rdnss", true, cap_rdnss},
	{"rdnssltime", true, cap_rdnssltime},
	{"dnssl", true, cap_dnssl},
	{"dnsslltime", true, cap_dnsslltime},
};

static int cap_read(struct reading *x)
{
	size_t len = strcspn(x->cap->name, "0123456789");
	const char *digits = x->cap->name + len;
	long long n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(caps); i++) {
		if (strlen(caps[i].name) != len ||
		    strncmp(caps[i].name, x->cap->name, len) != 0)
			continue;
		if (*digits && (!caps[i].numbered ||
				str_to_int(digits, 0, MAX_GROUP - 2, &n) < 0))
			break;
		/* addr and addr0 are two */
		x->group = *digits ? (unsigned int)n + 1 : 0;
		return caps[i].read(x);
	}
	return bad(x, "unknown capability");
}

/* `tc` names another entry, which is read after this one's own words. */
static int entry_read(const struct entries *f, const struct entry *en,
		      int depth, struct adv *a, struct err *e)
{
	struct reading x = {.file = f, .a = a, .e = e};
	int r = 0;

	/* what this one says counts, so the other comes first */
	for (size_t i = 0; !r && i < en->n; i++) {
		const struct entry *other;

		x.cap = &en->v[i];
		if (strcmp(x.cap->name, "tc") != 0)
			continue;
		other = x.cap->value ? entry_find(f, x.cap->value) : NULL;
		if (!other || depth > 16)
			return bad(&x, "%s",
				   other ? "goes in circles"
					 : "there is no such entry");
		r = entry_read(f, other, depth + 1, a, e);
	}
	for (size_t i = 0; !r && i < en->n; i++) {
		x.cap = &en->v[i];
		if (strcmp(x.cap->name, "tc") != 0)
			r = cap_read(&x);
	}
	return r;
}

/* What one value says of another. */
static int adv_check(const struct entries *f, const struct entry *en,
		     struct adv *a, struct err *e)
{
	unsigned int line = en && en->n ? en->v[0].line : 0;

	if (!a->has_min)
		a->min = a->max < 9 ? 3 : a->max / 3;
	if (a->min * 4 > a->max * 3)
		return err_at(e, EINVAL, f->path, line,
			      "mininterval: more than 0.75 of maxinterval");
	if (a->has_life && a->life && a->life < a->max)
		return err_at(e, EINVAL, f->path, line,
			      "rltime: less than maxinterval");
	for (size_t i = 0; i < MAX_GROUP; i++)
		if (a->prefix[i].preferred > a->prefix[i].valid)
			return err_at(e, EINVAL, f->path, line,
				      "pltime: more than vltime");
	return 0;
}

/* ---- radvd.conf ---- */

static const char *preference(unsigned int bits)
{
	return bits & 0x10 ? "low" : bits & 0x08 ? "high" : "medium";
}

static void put_prefix(const struct prefix *p, const char *text,
		       struct strbuf *b)
{
	strbuf_addf(b,
		    "\tprefix %s/%u\n\t{\n"
		    "\t\tAdvOnLink %s;\n\t\tAdvAutonomous %s;\n"
		    "\t\tAdvValidLifetime %u;\n\t\tAdvPreferredLifetime %u;\n",
		    text, p->len, p->flags & 0x80 ? "on" : "off",
		    p->flags & 0x40 ? "on" : "off", p->valid, p->preferred);
	if (p->decrement)
		strbuf_adds(b, "\t\tDecrementLifetimes on;\n");
	strbuf_adds(b, "\t};\n");
}

static void put_routes(const struct adv *a, struct strbuf *b)
{
	for (size_t i = 0; i < MAX_GROUP; i++) {
		const struct rt *r = &a->route[i];
		char text[INET6_ADDRSTRLEN];

		if (!r->here)
			continue;
		strbuf_addf(b,
			    "\troute %s/%u\n\t{\n"
			    "\t\tAdvRouteLifetime %u;\n"
			    "\t\tAdvRoutePreference %s;\n\t};\n",
			    inet_ntop(AF_INET6, &r->addr, text, sizeof(text)),
			    r->len, r->has_life ? r->life : a->life,
			    preference(r->flags));
	}
}

static void put_names(const struct adv *a, const struct names *n,
		      const char *what, struct strbuf *b)
{
	for (size_t i = 0; i < MAX_GROUP; i++) {
		if (!n[i].v.n)
			continue;
		strbuf_addf(b, "\t%s", what);
		for (size_t k = 0; k < n[i].v.n; k++)
			strbuf_addf(b, " %s", n[i].v.v[k]);
		strbuf_addf(b, "\n\t{\n\t\tAdv%sLifetime %u;\n\t};\n", what,
			    n[i].has_life ? n[i].life : a->max * 3 / 2);
	}
}

static void put_interface(const struct rtadvd_if *ifp, const struct adv *a,
			  bool no_prefix, struct strbuf *b)
{
	static const struct prefix usual = {.len = 64,
					    .flags = 0xc0,
					    .valid = 2592000,
					    .preferred = 604800};

	strbuf_addf(b,
		    "interface %s\n{\n\tAdvSendAdvert on;\n"
		    "\tIgnoreIfMissing on;\n"
		    "\tMaxRtrAdvInterval %u;\n\tMinRtrAdvInterval %u;\n"
		    "\tAdvManagedFlag %s;\n\tAdvOtherConfigFlag %s;\n"
		    "\tAdvDefaultPreference %s;\n"
		    "\tAdvCurHopLimit %u;\n\tAdvDefaultLifetime %u;\n"
		    "\tAdvReachableTime %u;\n\tAdvRetransTimer %u;\n"
		    "\tAdvLinkMTU %u;\n\tAdvSourceLLAddress %s;\n",
		    ifp->kname, a->max, a->min, a->flags & 0x80 ? "on" : "off",
		    a->flags & 0x40 ? "on" : "off", preference(a->flags),
		    a->hops, a->life, a->reach, a->retrans,
		    a->mtu_auto ? ifp->mtu : a->mtu,
		    a->no_lladdr ? "off" : "on");
	/* those that the interface has addresses of, whatever they are */
	if (!no_prefix && !a->no_prefix)
		put_prefix(&usual, "::", b);
	for (size_t i = 0; i < MAX_GROUP; i++) {
		char text[INET6_ADDRSTRLEN];

		if (a->prefix[i].here)
			put_prefix(&a->prefix[i],
				   inet_ntop(AF_INET6, &a->prefix[i].addr, text,
					     sizeof(text)),
				   b);
	}
	put_routes(a, b);
	put_names(a, a->rdnss, "RDNSS", b);
	put_names(a, a->dnssl, "DNSSL", b);
	strbuf_adds(b, "};\n");
}

bool rtadvd_name_ok(const char *name)
{
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("._-", *name))
			return false;
	return true;
}

static int one_interface(const struct entries *f, const struct rtadvd_if *ifp,
			 bool no_prefix, struct strbuf *out, struct err *e)
{
	__attribute__((cleanup(adv_free))) struct adv *a = adv_new();
	const struct entry *en = entry_find(f, ifp->name);
	int r = 0;

	if (!a)
		return err_nomem(e);
	if (!rtadvd_name_ok(ifp->kname))
		return err_set(e, EINVAL, "%s: no name that radvd can take",
			       ifp->name);
	if (en)
		r = entry_read(f, en, 0, a, e);
	if (!r)
		r = adv_check(f, en, a, e);
	if (!r)
		put_interface(ifp, a, no_prefix, out);
	return r;
}

int rtadvd_conf(const char *text, const char *path, const struct rtadvd_if *ifs,
		size_t n, bool no_prefix, struct strbuf *out, struct err *e)
{
	cleanup_entries struct entries f = {.path = path};
	int r = entries_parse(text, &f, e);

	for (size_t i = 0; !r && i < n; i++)
		r = one_interface(&f, &ifs[i], no_prefix, out, e);
	if (!r && strbuf_failed(out))
		r = err_nomem(e);
	return r;
}
