/* pfconf_check: a world of known interfaces; what is printed must read back. */
#include "pfconf_check.h"

#include "base/cleanup.h"
#include "pf/altq.h"
#include "pf/print.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct world_addr {
	const char *ifname, *addr, *broadcast, *peer;
	int len;
	unsigned int scope;
} addrs[] = {
	{"lo0", "127.0.0.1", NULL, NULL, 8, 0},
	{"lo0", "::1", NULL, NULL, 128, 0},
	{"em0", "192.0.2.10", "192.0.2.255", NULL, 24, 0},
	{"em0", "192.0.2.11", "192.0.2.255", NULL, 24, 0},
	{"em0", "2001:db8::10", NULL, NULL, 64, 0},
	{"em1", "10.1.0.1", "10.1.255.255", NULL, 16, 0},
	{"tun0", "10.9.0.1", NULL, "10.9.0.2", 32, 0},
};
static const char *const interfaces[] = {"lo0", "em0", "em1", "tun0", "fxp0"};

static void prefix(union pf_addr *mask, int len)
{
	memset(mask, 0, sizeof(*mask));
	for (int i = 0; i < len; i++)
		mask->b[i / 8] |= (uint8_t)(0x80 >> i % 8);
}

static bool on(const char *name, const char *ifname)
{
	if (!strcmp(name, "self"))
		return true;
	if (!strcmp(name, "egress"))
		name = "em0";
	return !strcmp(name, ifname);
}

static int world_ifaddrs(void *data, const char *ifname, unsigned int flags,
			 struct pf_host **ret, size_t *n, struct err *e)
{
	struct pf_host *v = calloc(ARRAY_SIZE(addrs), sizeof(*v));
	size_t k = 0;
	bool seen[2] = {false, false};

	(void)data;
	if (!v)
		return err_nomem(e);
	for (size_t i = 0; i < ARRAY_SIZE(addrs); i++) {
		const struct world_addr *w = &addrs[i];
		bool six = strchr(w->addr, ':');
		const char *a = flags & PF_IF_BROADCAST ? w->broadcast
				: flags & PF_IF_PEER	? w->peer
							: w->addr;

		if (!on(ifname, w->ifname) || !a)
			continue;
		if ((flags & PF_IF_NOALIAS) && seen[six])
			continue;
		seen[six] = true;
		v[k].kind = PF_ADDR_MASK;
		v[k].af = six ? AF_INET6 : AF_INET;
		inet_pton(v[k].af, a, &v[k].addr);
		prefix(&v[k].mask, w->len);
		k++;
	}
	*ret = v;
	*n = k;
	return 0;
}

static int world_ifkind(void *data, const char *name)
{
	(void)data;
	for (size_t i = 0; i < ARRAY_SIZE(interfaces); i++)
		if (!strcmp(name, interfaces[i]))
			return 1;
	return !strcmp(name, "egress") ? 2 : 0;
}

static int world_host(void *data, const char *name, struct pf_host **ret,
		      size_t *n, struct err *e)
{
	struct pf_host *v;

	(void)data;
	if (strcmp(name, "www.example.com"))
		return 0;
	v = calloc(3, sizeof(*v));
	if (!v)
		return err_nomem(e);
	for (size_t i = 0; i < 3; i++)
		v[i].kind = PF_ADDR_MASK;
	v[0].af = v[1].af = AF_INET;
	v[2].af = AF_INET6;
	inet_pton(AF_INET, "203.0.113.80", &v[0].addr);
	inet_pton(AF_INET, "203.0.113.81", &v[1].addr);
	inet_pton(AF_INET6, "2001:db8:80::80", &v[2].addr);
	*ret = v;
	*n = 3;
	return 0;
}

static bool world_link(void *data, const char *name, struct altq_link *ret)
{
	static const struct {
		const char *name;
		struct altq_link link;
	} links[] = {
		{"em0", {.ifindex = 2, .mtu = 1500, .speed = 1000000000}},
		{"em1", {.ifindex = 3, .mtu = 9000}},
	};

	(void)data;
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		if (!strcmp(name, links[i].name)) {
			*ret = links[i].link;
			return true;
		}
	return false;
}

const struct pf_resolve pfconf_world = {
	.ifaddrs = world_ifaddrs,
	.ifkind = world_ifkind,
	.host = world_host,
	.link = world_link,
};

static void note(void *data, enum report_level level, const char *text)
{
	(void)level;
	strbuf_addf(data, "%s\n", text);
}

static bool differ(struct strbuf *why, const char *what, const char *a,
		   const char *b)
{
	strbuf_addf(why, "%s:\n%s---- read again:\n%s", what, a, b);
	return false;
}

bool pfconf_check_stored(const struct pf_conf *c, struct strbuf *why)
{
	cleanup_pf_conf struct pf_conf *again = NULL;
	cleanup_strbuf struct strbuf a = STRBUF_INIT, b = STRBUF_INIT;
	struct report r = {.line = note, .data = why};
	struct pf_parse how = {.flags = PF_PARSE_STORED, .report = &r};
	struct err e = ERR_INIT;

	pf_print_conf(&a, c);
	if (pf_conf_parse("stored", a.s, a.len, &how, &again, &e) < 0)
		return differ(why, "what is stored does not parse", a.s,
			      e.text);
	pf_print_conf(&b, again);
	return !strcmp(a.s, b.s) ? true : differ(why, "stored", a.s, b.s);
}

bool pfconf_check(const struct pf_conf *c, const struct pf_parse *how,
		  struct strbuf *why)
{
	cleanup_pf_conf struct pf_conf *again = NULL;
	cleanup_strbuf struct strbuf a = STRBUF_INIT, b = STRBUF_INIT;
	struct report r = {.line = note, .data = why};
	struct pf_parse h = {
		.resolve = how->resolve,
		.report = &r,
		.has_optimize = true,
		.optimize = PF_OPT_NONE,
	};
	struct err e = ERR_INIT;

	if (!pfconf_check_stored(c, why))
		return false;
	/* pfctl shows scrub before ether, which no file may have so */
	strbuf_adds(&a, "set require-order no\n");
	pf_print_rules(&a, c->root, 0);
	if (pf_conf_parse("echo", a.s, a.len, &h, &again, &e) < 0)
		return differ(why, "what is echoed does not parse", a.s,
			      e.text);
	strbuf_adds(&b, "set require-order no\n");
	pf_print_rules(&b, again->root, 0);
	return !strcmp(a.s, b.s) ? true : differ(why, "echo", a.s, b.s);
}
