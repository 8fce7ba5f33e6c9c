/* conf_host: addresses, ports, from and to. */
#include "pf/conf_impl.h"

#include "base/cleanup.h"
#include "pf/names.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#define PF_MAX_NESTING 64

static struct pf_host *host_add(struct hosts *to, enum pf_addr_kind kind)
{
	struct pf_pool_entry *e = list_add(to);

	if (!e)
		return NULL;
	e->host.kind = kind;
	e->host.net = -1;
	return &e->host;
}

/* Mask of `bits`, and no bits of the address outside it. */
static void set_mask(struct pf_host *h, int bits)
{
	memset(&h->mask, 0, sizeof(h->mask));
	for (int i = 0; i < bits && i < 128; i++)
		h->mask.b[i / 8] |= (uint8_t)(0x80 >> i % 8);
	for (size_t i = 0; i < sizeof(h->addr.b); i++)
		h->addr.b[i] &= h->mask.b[i];
}

static int add_address(struct hosts *to, sa_family_t af, const void *addr,
		       int bits, unsigned int scope)
{
	struct pf_host *h = host_add(to, PF_ADDR_MASK);

	if (!h)
		return -ENOMEM;
	h->af = af;
	memcpy(&h->addr, addr, af == AF_INET ? 4 : 16);
	h->ifindex_of_scope = scope;
	set_mask(h, bits < 0 ? (af == AF_INET ? 32 : 128) : bits);
	return 0;
}

/* As inet_net_pton(3) takes it before a slash: "10", "192.168", "1.2.3.4". */
static bool short_v4(const char *s, uint8_t addr[4])
{
	memset(addr, 0, 4);
	for (size_t i = 0; i < 4; i++) {
		unsigned int v = 0, digits = 0;

		for (; *s >= '0' && *s <= '9' && digits < 3; s++, digits++)
			v = v * 10 + (unsigned int)(*s - '0');
		if (!digits || v > 255)
			return false;
		addr[i] = (uint8_t)v;
		if (!*s)
			return true;
		if (*s++ != '.')
			return false;
	}
	return false;
}

static const struct {
	const char *word;
	unsigned int flag;
} modifiers[] = {
	{"network", PF_IF_NETWORK},
	{"broadcast", PF_IF_BROADCAST},
	{"peer", PF_IF_PEER},
	{"0", PF_IF_NOALIAS},
};
#define PF_IF_MODES (PF_IF_NETWORK | PF_IF_BROADCAST | PF_IF_PEER)

/* Cut modifiers off an interface's name; false: one is unknown. */
static bool cut_modifiers(char *name, unsigned int *flags)
{
	char *colon;

	*flags = 0;
	while ((colon = strrchr(name, ':'))) {
		size_t i = 0;

		while (i < ARRAY_SIZE(modifiers) &&
		       strcmp(colon + 1, modifiers[i].word))
			i++;
		if (i == ARRAY_SIZE(modifiers))
			return false;
		*flags |= modifiers[i].flag;
		*colon = '\0';
	}
	return true;
}

static bool modes_clash(unsigned int flags)
{
	unsigned int m = flags & PF_IF_MODES;

	return m & (m - 1);
}

int ifaddrs_of(const struct pf_resolve *resolve, const char *ifname,
	       unsigned int flags, struct hosts *to, struct err *e)
{
	struct pf_host *v = NULL;
	size_t n = 0;
	int r;

	if (!resolve || !resolve->ifaddrs)
		return 0;
	r = resolve->ifaddrs(resolve->data, ifname, flags, &v, &n, e);
	for (size_t i = 0; i < n && !r; i++) {
		struct pf_host *h;

		/* a network is nobody's link-local one */
		if ((flags & PF_IF_NETWORK) && v[i].ifindex_of_scope)
			continue;
		h = host_add(to, PF_ADDR_MASK);
		if (!h) {
			r = -ENOMEM;
			break;
		}
		h->af = v[i].af;
		h->addr = v[i].addr;
		h->mask = v[i].mask;
		h->ifindex_of_scope = v[i].ifindex_of_scope;
		if (!(flags & PF_IF_NETWORK))
			set_mask(h, h->af == AF_INET ? 32 : 128);
		for (size_t k = 0; k < sizeof(h->addr.b); k++)
			h->addr.b[k] &= h->mask.b[k];
	}
	free(v);
	return r;
}

static int host_if(const char *s, int bits, const struct pf_resolve *resolve,
		   struct hosts *to, struct err *e)
{
	cleanup_free char *name = strdup(s);
	unsigned int flags;
	size_t first = to->n;
	int r;

	if (!name)
		return -ENOMEM;
	if (!*name || !cut_modifiers(name, &flags))
		return 0;
	if (modes_clash(flags))
		return err_set(e, EINVAL,
			       "illegal combination of interface modifiers");
	if ((flags & (PF_IF_NETWORK | PF_IF_BROADCAST)) && bits >= 0)
		return err_set(e, EINVAL,
			       "network or broadcast lookup, but extra netmask "
			       "given");
	if (strlen(name) >= IFNAMSIZ)
		return 0;
	r = ifaddrs_of(resolve, name, flags, to, e);
	for (size_t i = first; bits >= 0 && i < to->n; i++)
		set_mask(&to->v[i].host, bits);
	return r;
}

static int host_dns(const char *s, int bits, const struct pf_resolve *resolve,
		    struct hosts *to, struct err *e)
{
	cleanup_free char *name = strdup(s);
	struct pf_host *v = NULL;
	size_t n = 0, len = strlen(s);
	bool first_only = str_suffix(s, ":0"), seen[2] = {false, false};
	int r;

	if (!name)
		return -ENOMEM;
	if (!resolve || !resolve->host)
		return 0;
	if (first_only)
		name[len - 2] = '\0';
	r = resolve->host(resolve->data, name, &v, &n, e);
	for (size_t i = 0; i < n && !r; i++) {
		bool six = v[i].af == AF_INET6;

		if (first_only && seen[six])
			continue;
		seen[six] = true;
		r = add_address(to, v[i].af, &v[i].addr, bits,
				v[i].ifindex_of_scope);
	}
	free(v);
	return r;
}

int host_word(const char *word, const struct pf_resolve *resolve, bool names,
	      struct hosts *to, struct err *e)
{
	cleanup_free char *s = strdup(word);
	char *slash, *percent, *end;
	size_t first = to->n;
	union pf_addr a;
	long bits = -1;
	int r = 0;

	if (!s)
		return -ENOMEM;
	slash = strrchr(s, '/');
	if (slash) {
		bits = strtol(slash + 1, &end, 0);
		if (*end || end == slash + 1 || bits < 0 || bits > 128)
			return err_set(e, EINVAL, "invalid netmask '%s'",
				       slash);
		*slash = '\0';
	}
	if (slash ? bits <= 32 && short_v4(s, a.b) : inet_pton(AF_INET, s, &a))
		return add_address(to, AF_INET, &a, (int)bits, 0);
	percent = strchr(s, '%');
	if (percent)
		*percent = '\0';
	if (inet_pton(AF_INET6, s, &a) == 1) {
		unsigned int scope = 0;

		if (percent) {
			scope = if_nametoindex(!strcmp(percent + 1, "lo0")
						       ? "lo"
						       : percent + 1);
			if (!scope)
				scope = (unsigned int)strtoul(percent + 1, NULL,
							      10);
			if (!scope)
				return err_set(e, EINVAL,
					       "no IP address found for %s",
					       word);
		}
		return add_address(to, AF_INET6, &a, (int)bits, scope);
	}
	if (percent)
		*percent = '%';
	if (names)
		r = host_if(s, (int)bits, resolve, to, e);
	if (!r && names && to->n == first)
		r = host_dns(s, (int)bits, resolve, to, e);
	if (!r && to->n == first)
		return err_set(e, EINVAL, "no IP address found for %s", word);
	return r;
}

static int host_lookup(struct parser *p, const char *word, struct hosts *to,
		       struct err *e)
{
	struct pf_resolve res = {0};

	if (p->how->resolve)
		res = *p->how->resolve;
	if (p->how->flags & PF_PARSE_NO_DNS)
		res.host = NULL;
	return host_word(word, &res, !(p->how->flags & PF_PARSE_STORED), to, e);
}

/* A word that is a host: told as pfctl does, with the reason before. */
static int host_string(struct parser *p, const char *word, struct hosts *to)
{
	struct err e = ERR_INIT;
	int r = host_lookup(p, word, to, &e);

	if (!r || r == -ENOMEM)
		return r;
	conf_reason(p, "%s", e.text);
	return pf_conf_error(p, "could not parse host specification");
}

static bool whole(const struct hosts *l)
{
	const struct pf_host *h = &l->v[0].host;
	size_t n = h->af == AF_INET ? 4 : 16;

	if (l->n != 1 || h->kind != PF_ADDR_MASK)
		return false;
	for (size_t i = 0; i < n; i++)
		if (h->mask.b[i] != 0xff)
			return false;
	return true;
}

static int host_range(struct parser *p, const char *from, struct hosts *to)
{
	struct hosts a = {0}, b = {0};
	struct pf_host *h;
	int r = lex_next(p);

	if (!r && !at(p, T_STRING))
		r = conf_syntax(p);
	if (!r)
		r = host_string(p, from, &a);
	if (!r)
		r = host_string(p, p->t.s, &b);
	if (!r &&
	    (!whole(&a) || !whole(&b) || a.v[0].host.af != b.v[0].host.af))
		r = pf_conf_error(p, "invalid address range");
	if (!r) {
		h = host_add(to, PF_ADDR_RANGE);
		if (h) {
			h->af = a.v[0].host.af;
			h->addr = a.v[0].host.addr;
			h->mask = b.v[0].host.addr;
			r = lex_next(p);
		} else {
			r = -ENOMEM;
		}
	}
	hosts_clear(&a);
	hosts_clear(&b);
	return r;
}

/* (IF), (IF:network)/24 */
static int host_dynamic(struct parser *p, struct hosts *to)
{
	cleanup_free char *name = NULL;
	unsigned int flags;
	struct pf_host *h;
	long long bits = -1;
	bool slash = false;
	int r = lex_next(p);

	if (!r)
		r = take_string(p, &name);
	if (!r)
		r = expect_char(p, ')');
	if (r < 0)
		return r;
	if (!((name[0] | 0x20) >= 'a' && (name[0] | 0x20) <= 'z'))
		return pf_conf_error(p, "invalid interface name '%s'", name);
	if (!cut_modifiers(name, &flags))
		return pf_conf_error(p, "interface %s has bad modifier", name);
	if (modes_clash(flags))
		return pf_conf_error(p, "illegal combination of interface "
					"modifiers");
	if (strlen(name) >= IFNAMSIZ || !*name)
		return pf_conf_error(p, "interface name too long");
	r = accept_char(p, '/', &slash);
	if (!r && slash)
		r = take_number(p, 0, 128, "bit number too big", &bits);
	if (r < 0)
		return r;
	h = host_add(to, PF_ADDR_DYNIF);
	if (!h)
		return -ENOMEM;
	h->name = take_ptr(name);
	h->if_flags = flags;
	h->net = bits == 128 ? -1 : (int)bits;
	return 0;
}

static int host_table(struct parser *p, struct hosts *to)
{
	cleanup_free char *name = NULL;
	struct pf_host *h;
	int r = lex_next(p);

	if (!r && at(p, T_STRING) && strlen(p->t.s) >= PF_TABLE_NAME)
		return pf_conf_error(p, "table name '%s' too long", p->t.s);
	if (!r)
		r = take_string(p, &name);
	if (!r && !*name)
		return pf_conf_error(p, "table name is empty");
	if (!r)
		r = expect_char(p, '>');
	if (r < 0)
		return r;
	h = host_add(to, PF_ADDR_TABLE);
	if (!h)
		return -ENOMEM;
	h->name = take_ptr(name);
	return 0;
}

int conf_host(struct parser *p, struct hosts *to)
{
	cleanup_free char *s = NULL;
	long long bits = 0;
	bool slash = false;
	int r;

	if (at_char(p, '('))
		return host_dynamic(p, to);
	if (at_char(p, '<'))
		return host_table(p, to);
	if (at(p, T_NUMBER)) {
		s = str_printf("%lld", p->t.n);
		if (!s)
			return -ENOMEM;
		r = lex_next(p);
		if (!r && !at_char(p, '/'))
			return conf_syntax(p);
	} else {
		r = take_string(p, &s);
	}
	if (r < 0)
		return r;
	if (at_char(p, '-'))
		return host_range(p, s, to);
	r = accept_char(p, '/', &slash);
	if (!r && slash) {
		cleanup_free char *word = NULL;

		if (!at(p, T_NUMBER))
			return conf_syntax(p);
		bits = p->t.n;
		word = str_printf("%s/%lld", s, bits);
		if (!word)
			return -ENOMEM;
		r = host_string(p, word, to);
		return r < 0 ? r : lex_next(p);
	}
	return r < 0 ? r : host_string(p, s, to);
}

static int ipspec_item(struct parser *p, void *to);

static int ipspec_one(struct parser *p, struct hosts *to)
{
	size_t first = to->n;
	bool neg = false;
	int r;

	if (at(p, K_ANY))
		return lex_next(p);
	r = accept_char(p, '!', &neg);
	if (r < 0)
		return r;
	if (at(p, K_NO_ROUTE) || at(p, K_URPF_FAILED)) {
		if (!host_add(to, at(p, K_NO_ROUTE) ? PF_ADDR_NOROUTE
						    : PF_ADDR_URPFFAILED))
			return -ENOMEM;
		r = lex_next(p);
	} else {
		r = conf_host(p, to);
	}
	for (size_t i = first; i < to->n; i++)
		to->v[i].host.neg = neg;
	return r;
}

static int ipspec_item(struct parser *p, void *to)
{
	int r;

	if (!at_char(p, '{'))
		return ipspec_one(p, to);
	if (++p->nesting > PF_MAX_NESTING)
		return conf_syntax(p);
	r = conf_list(p, ipspec_item, to);
	p->nesting--;
	return r;
}

int conf_ipspec(struct parser *p, struct hosts *to)
{
	p->nesting = 0;
	return ipspec_item(p, to);
}

bool conf_hex(const char *s, long long *ret)
{
	char *end;

	if (s[0] != '0' || s[1] != 'x' || !s[2] || strlen(s) > 10)
		return false;
	*ret = (long long)strtoul(s + 2, &end, 16);
	return !*end;
}

/* A number or the name of a service. */
static int service(struct parser *p, const char *s, uint32_t *ret)
{
	long long n = 0;
	int r = conf_hex(s, &n) ? n > 65535 ? -ERANGE : 0
				: str_to_int(s, 0, 65535, &n);

	if (r == -ERANGE)
		return pf_conf_error(p, "illegal port value %s", s);
	if (r < 0)
		n = pf_service_port(s);
	if (n < 0)
		return pf_conf_error(p, "unknown port %s", s);
	*ret = (uint32_t)n;
	return 0;
}

/* "80", "ssh", "80:90", with star "80:*"; a.op says which. */
static int port_word(struct parser *p, struct pf_cmp *a, bool *star)
{
	cleanup_free char *s = NULL;
	char *colon;
	int r = 0;

	if (at(p, T_NUMBER))
		s = str_printf("%lld", p->t.n);
	else if (at(p, T_STRING))
		s = strdup(p->t.s);
	else
		return conf_syntax(p);
	if (!s)
		return -ENOMEM;
	*a = (struct pf_cmp){.op = PF_OP_EQ};
	colon = strchr(s, ':');
	if (colon)
		*colon++ = '\0';
	r = service(p, s, &a->a);
	if (r < 0)
		return r;
	if (colon && star && !strcmp(colon, "*")) {
		*star = true;
	} else if (colon) {
		r = service(p, colon, &a->b);
		if (r < 0)
			return r;
		a->op = a->a == a->b ? PF_OP_EQ : PF_OP_RRG;
		if (a->a == a->b)
			a->b = 0;
	}
	return lex_next(p);
}

int conf_portstar(struct parser *p, uint16_t port[2], bool *star)
{
	struct pf_cmp c;
	int r;

	*star = false;
	r = port_word(p, &c, star);
	if (r < 0)
		return r;
	port[0] = (uint16_t)c.a;
	port[1] = (uint16_t)c.b;
	return 0;
}

static int conf_port(struct parser *p, void *to)
{
	struct pf_cmp a, b, *c;
	enum pf_op op;
	int r = conf_unary(p, &op);

	if (!r)
		r = port_word(p, &a, NULL);
	if (r < 0)
		return r;
	if (op && a.op == PF_OP_RRG)
		return pf_conf_error(p, "':' cannot be used with an other port "
					"operator");
	if (op) {
		a.op = op;
	} else if (at(p, T_BETWEEN)) {
		op = p->t.op;
		r = lex_next(p);
		if (!r)
			r = port_word(p, &b, NULL);
		if (r < 0)
			return r;
		if (a.op == PF_OP_RRG || b.op == PF_OP_RRG)
			return pf_conf_error(p, "':' cannot be used with an "
						"other port operator");
		a.op = op;
		a.b = b.a;
	}
	c = list_add((struct cmps *)to);
	if (!c)
		return -ENOMEM;
	*c = a;
	return 0;
}

/* HOST [port P] | port P */
static int ipportspec(struct parser *p, struct hosts *h, struct cmps *ports)
{
	bool port = false;
	int r = at(p, K_PORT) ? 0 : conf_ipspec(p, h);

	if (!r)
		r = accept_kind(p, K_PORT, &port);
	if (!r && port)
		r = conf_list(p, conf_port, ports);
	return r;
}

static int os_item(struct parser *p, void *to)
{
	if (!at(p, T_STRING))
		return conf_syntax(p);
	if (strv_add(to, p->t.s) < 0)
		return -ENOMEM;
	return lex_next(p);
}

int conf_fromto(struct parser *p, struct draft *d)
{
	bool yes = false;
	int r = accept_kind(p, K_ALL, &yes);

	if (r < 0 || yes)
		return r;
	r = accept_kind(p, K_FROM, &yes);
	if (!r && yes)
		r = ipportspec(p, &d->src, &d->sport);
	if (!r)
		r = accept_kind(p, K_OS, &yes);
	if (!r && yes)
		r = conf_list(p, os_item, &d->os);
	if (!r)
		r = accept_kind(p, K_TO, &yes);
	if (r < 0 || !yes)
		return r;
	r = ipportspec(p, &d->dst, &d->dport);
	for (size_t i = 0; !r && i < d->dst.n; i++)
		if (d->dst.v[i].host.kind == PF_ADDR_URPFFAILED)
			return pf_conf_error(p,
					     "\"urpf-failed\" is not permitted "
					     "in a destination address");
	return r;
}
