/*
 * rcstate: see rcstate.h.  One row per kind of fact says how to look it up and
 * what of the present to remember before it is changed.
 */
#include "rc/rcstate.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/table.h"
#include "jail/prison.h"
#include "jail/rctl.h"
#include "rc/rcclient.h"
#include "rc/kld.h"
#include "rc/rcdevfs.h"
#include "rc/rcneigh.h"
#include "rc/rcpf.h"
#include "rc/rcpflog.h"
#include "rc/rcwords.h"
#include "rc/sysctl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static int jails_load(struct rcstate *s, struct err *e)
{
	cleanup_prisons struct prisons *ps = NULL;
	int r = prisons_open(&ps, e);

	return r < 0 ? r : prison_names(ps, &s->jails, &s->given, e);
}

int rcstate_load(struct rcstate *ret, bool vnet, struct err *e)
{
	cleanup_rcstate struct rcstate s = {0};
	int r = 0;

	if (vnet) {
		r = vnet_open(-1, VNET_STATEDIR, &s.vnet, e);
		if (!r)
			r = ifnets_load(s.vnet, &s.ifs, e);
		if (!r)
			r = rcroutes_load(s.vnet, &s.ifs, &s.routes, e);
	}
	if (!r)
		r = jails_load(&s, e);
	if (r < 0)
		return r;
	*ret = s;
	s = (struct rcstate){0};
	return 0;
}

void rcstate_free(struct rcstate *s)
{
	vnet_free(&s->vnet);
	ifnets_free(&s->ifs);
	strv_free(&s->routes);
	strv_free(&s->jails);
	strv_free(&s->lent);
	strv_free(&s->given);
	*s = (struct rcstate){0};
}

struct ifnet *rcstate_if(const struct rcstate *s, const char *name)
{
	struct ifnet *ifp = ifnets_find(&s->ifs, name);

	for (size_t i = 0; !ifp && i < s->ifs.n; i++)
		if (!strcmp(s->ifs.v[i].home_name, name))
			ifp = &s->ifs.v[i];
	return ifp;
}

/* All interfaces of all jails below, by both their names. */
static void lent_load(struct rcstate *s)
{
	cleanup_prisons struct prisons *ps = NULL;
	struct prison *v = NULL;
	size_t n = 0;

	s->lent_loaded = true;
	if (prisons_open(&ps, NULL) < 0 ||
	    prison_list(ps, true, &v, &n, NULL) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		cleanup_vnet struct vnet *vn = NULL;
		cleanup_ifnets struct ifnets ifs = {0};

		if (!v[i].vnet || prison_vnet(ps, &v[i], &vn, NULL) < 0 ||
		    ifnets_load(vn, &ifs, NULL) < 0)
			continue;
		for (size_t k = 0; k < ifs.n; k++) {
			strv_add(&s->lent, ifs.v[k].name);
			strv_add(&s->lent, ifs.v[k].home_name);
		}
	}
	prison_list_free(&v, n);
}

bool rcstate_lent(struct rcstate *s, const char *ifname)
{
	if (!s->vnet)
		return false;
	if (!s->lent_loaded)
		lent_load(s);
	return strv_has(&s->lent, ifname);
}

#define GOING_MS 3000
#define GOING_POLL_MS 2

/* An epair of the notes with one end here and the other nobody knows where. */
static bool half_here(struct rcstate *s, const struct fact *f,
		      char ret[IFNAMSIZ])
{
	char end[2][IFNAMSIZ];
	bool is[2];

	if (f->kind != FACT_CLONE || !str_prefix(f->ifname, "epair"))
		return false;
	for (int i = 0; i < 2; i++) {
		snprintf(end[i], IFNAMSIZ, "%.*s%c", IFNAMSIZ - 2, f->ifname,
			 "ab"[i]);
		is[i] = rcstate_if(s, end[i]);
	}
	if (is[0] == is[1])
		return false;
	memcpy(ret, end[is[1]], IFNAMSIZ);
	return !strv_has(&s->given, end[is[0]]) && !rcstate_lent(s, end[is[0]]);
}

int rcstate_settle(struct rcstate *s, const struct notes *n, struct err *e)
{
	const struct timespec nap = {.tv_nsec = GOING_POLL_MS * 1000000L};
	cleanup_ifnets struct ifnets ifs = {0};
	char end[IFNAMSIZ];
	bool gone = false;
	int r, left = GOING_MS;

	for (size_t i = 0; s->vnet && i < n->n; i++) {
		if (!half_here(s, &n->v[i].fact, end))
			continue;
		for (; left > 0 && vnet_ifindex(s->vnet, end);
		     left -= GOING_POLL_MS)
			nanosleep(&nap, NULL);
		gone |= !vnet_ifindex(s->vnet, end);
	}
	if (!gone)
		return 0;
	r = ifnets_load(s->vnet, &ifs, e);
	if (r < 0)
		return r;
	ifnets_free(&s->ifs);
	s->ifs = ifs;
	ifs = (struct ifnets){0};
	return 0;
}

static bool here(struct rcstate *s, const char *name, const char *suffix)
{
	cleanup_free char *n = str_printf("%s%s", name, suffix);

	return n && rcstate_if(s, n);
}

static bool named(struct rcstate *s, const char *name, const char *suffix)
{
	cleanup_free char *n = str_printf("%s%s", name, suffix);

	return n && ifnets_find(&s->ifs, n);
}

static bool elsewhere(struct rcstate *s, const char *name, const char *suffix)
{
	cleanup_free char *n = str_printf("%s%s", name, suffix);

	return n && rcstate_lent(s, n);
}

/*
 * A clone is there when it, or an end of it, is.  Both ends may be in jails:
 * then only those can tell, and they are asked when the notes say that it was
 * made.
 */
static bool has_clone(struct rcstate *s, const struct notes *n,
		      const struct fact *f, struct ifnet *ifp)
{
	/*
	 * Not made by us: then only its name counts.  An end that came into a
	 * jail renamed holds a unit of the vnet it was made in, not of this.
	 */
	if (!notes_find(n, f))
		return named(s, f->ifname, "") ||
		       (str_prefix(f->ifname, "epair") &&
			(named(s, f->ifname, "a") || named(s, f->ifname, "b")));
	if (ifp || (str_prefix(f->ifname, "epair") &&
		    (here(s, f->ifname, "a") || here(s, f->ifname, "b"))))
		return true;
	return elsewhere(s, f->ifname, "") || elsewhere(s, f->ifname, "a") ||
	       elsewhere(s, f->ifname, "b");
}

static bool has_rename(struct rcstate *s, const struct notes *n,
		       const struct fact *f, struct ifnet *ifp)
{
	(void)n;
	(void)ifp;
	return !ifnets_find(&s->ifs, f->ifname) && rcstate_if(s, f->key);
}

static bool has_member(struct rcstate *s, const struct notes *n,
		       const struct fact *f, struct ifnet *ifp)
{
	const struct ifnet *port = rcstate_if(s, f->key);

	(void)n;
	return ifp && port && port->master == ifp->index;
}

static bool has_span(struct rcstate *s, const struct notes *n,
		     const struct fact *f, struct ifnet *ifp)
{
	(void)s;
	(void)n;
	return ifp && strv_has(&ifp->spans, f->key);
}

static bool has_group(struct rcstate *s, const struct notes *n,
		      const struct fact *f, struct ifnet *ifp)
{
	(void)s;
	(void)n;
	return ifp && strv_has(&ifp->groups, f->key);
}

static void addr_text(const struct if_addr *a, char *buf, size_t size)
{
	char t[INET6_ADDRSTRLEN];

	inet_ntop(a->family, &a->addr, t, sizeof(t));
	snprintf(buf, size, "%s/%d", t, a->plen);
}

static bool has_addr(struct rcstate *s, const struct notes *n,
		     const struct fact *f, struct ifnet *ifp)
{
	char buf[INET6_ADDRSTRLEN + 8];

	(void)s;
	(void)n;
	for (size_t i = 0; ifp && i < ifp->naddrs; i++) {
		addr_text(&ifp->addrs[i], buf, sizeof(buf));
		if (!strcmp(buf, f->key))
			return true;
	}
	return false;
}

static bool has_up(struct rcstate *s, const struct notes *n,
		   const struct fact *f, struct ifnet *ifp)
{
	(void)s;
	(void)n;
	(void)f;
	return ifp && (ifp->flags & IFF_UP);
}

static bool has_down(struct rcstate *s, const struct notes *n,
		     const struct fact *f, struct ifnet *ifp)
{
	return ifp && !has_up(s, n, f, ifp);
}

/* Known by the note alone, and only for the very interface it was made on. */
static bool has_words(struct rcstate *s, const struct notes *n,
		      const struct fact *f, struct ifnet *ifp)
{
	const struct note *note = notes_find(n, f);

	(void)s;
	return ifp && note && note->ifindex == ifp->index;
}

static bool has_client(struct rcstate *s, const struct notes *n,
		       const struct fact *f, struct ifnet *ifp)
{
	return rcclient_runs(f) && (!ifp || has_words(s, n, f, ifp));
}

static bool has_route(struct rcstate *s, const struct notes *n,
		      const struct fact *f, struct ifnet *ifp)
{
	cleanup_free char *k = str_printf("%s %s", f->value, f->key);

	(void)ifp;
	if (*f->key == '?')
		return notes_find(n, f);
	return k && strv_has(&s->routes, k);
}

/* What is there is the system's; what rc made is as rc makes it now. */
static bool has_file(struct rcstate *s, const struct notes *n,
		     const struct fact *f, struct ifnet *ifp)
{
	cleanup_free char *text = NULL;

	(void)s;
	(void)ifp;
	if (!notes_find(n, f))
		return access(f->key, F_OK) == 0;
	return file_read(AT_FDCWD, f->key, 1u << 20, &text, NULL, NULL) == 0 &&
	       !strcmp(text, f->value);
}

/* Of the same configuration, which a running one does not read again. */
static bool has_rtadvd(struct rcstate *s, const struct notes *n,
		       const struct fact *f, struct ifnet *ifp)
{
	const struct note *note = notes_find(n, f);

	(void)s;
	(void)ifp;
	return note && !strcmp(note->fact.value, f->value) && rcclient_runs(f);
}

static char *old_text(const struct fact *f, struct ifnet *ifp)
{
	char *text = NULL;

	(void)ifp;
	return file_read(AT_FDCWD, f->key, 1u << 20, &text, NULL, NULL) < 0
		       ? NULL
		       : text;
}

static bool has_text(struct rcstate *s, const struct notes *n,
		     const struct fact *f, struct ifnet *ifp)
{
	cleanup_free char *text = old_text(f, ifp);

	(void)s;
	(void)n;
	return text && !strcmp(text, f->value);
}

static bool has_kld(struct rcstate *s, const struct notes *n,
		    const struct fact *f, struct ifnet *ifp)
{
	cleanup_strv struct strv loaded = {0};
	char name[64];

	(void)s;
	(void)n;
	(void)ifp;
	kld_name(f->key, name, sizeof(name));
	return kld_list(&loaded, NULL) == 0 && strv_has(&loaded, name);
}

static bool has_neigh(struct rcstate *s, const struct notes *n,
		      const struct fact *f, struct ifnet *ifp)
{
	(void)n;
	(void)ifp;
	return rcneigh_has(s->vnet, f);
}

static bool has_devfs(struct rcstate *s, const struct notes *n,
		      const struct fact *f, struct ifnet *ifp)
{
	(void)s;
	(void)n;
	(void)ifp;
	return rcdevfs_has(f);
}

static bool has_script(struct rcstate *s, const struct notes *n,
		       const struct fact *f, struct ifnet *ifp)
{
	(void)s;
	(void)ifp;
	return notes_find(n, f);
}

static bool has_pf(struct rcstate *s, const struct notes *n,
		   const struct fact *f, struct ifnet *ifp)
{
	(void)s;
	(void)ifp;
	return rcpf_has(n, f);
}

static bool has_pflog(struct rcstate *s, const struct notes *n,
		      const struct fact *f, struct ifnet *ifp)
{
	(void)s;
	(void)ifp;
	return rcpflog_has(n, f);
}

static bool has_jail(struct rcstate *s, const struct notes *n,
		     const struct fact *f, struct ifnet *ifp)
{
	(void)n;
	(void)ifp;
	return strv_has(&s->jails, f->key);
}

static char *old_sysctl(const struct fact *f, struct ifnet *ifp)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	(void)ifp;
	return sysctl_get(f->key, &b, NULL) < 0 ? NULL : strbuf_take(&b);
}

static char *old_hostname(const struct fact *f, struct ifnet *ifp)
{
	char buf[65] = "";

	(void)f;
	(void)ifp;
	return gethostname(buf, sizeof(buf) - 1) < 0 ? NULL : strdup(buf);
}

static char *old_ip6(const struct fact *f, struct ifnet *ifp)
{
	(void)f;
	if (!ifp)
		return NULL;
	return strdup(ifp->nd6 & ND6_IFDISABLED ? "ifdisabled" : "-ifdisabled");
}

static char *old_rtsol(const struct fact *f, struct ifnet *ifp)
{
	(void)f;
	return ifp && (ifp->nd6 & ND6_ACCEPT_RTADV) ? strdup("accept_rtadv")
						    : NULL;
}

static char *old_ether(const struct fact *f, struct ifnet *ifp)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	(void)f;
	for (int i = 0; ifp && i < ifp->maclen; i++)
		strbuf_addf(&b, "%s%02x", i ? ":" : "", ifp->mac[i]);
	return strbuf_take(&b);
}

static char *old_mtu(const struct fact *f, struct ifnet *ifp)
{
	(void)f;
	return ifp ? str_printf("%u", ifp->mtu) : NULL;
}

static char *old_descr(const struct fact *f, struct ifnet *ifp)
{
	(void)f;
	return ifp && ifp->descr ? strdup(ifp->descr) : NULL;
}

static char *old_metric(const struct fact *f, struct ifnet *ifp)
{
	(void)f;
	return ifp ? str_printf("%d", ifp->metric) : NULL;
}

/* The primary address that `ifconfig IF inet A` is going to replace. */
static char *old_addr(const struct fact *f, struct ifnet *ifp)
{
	char buf[INET6_ADDRSTRLEN + 8];

	for (size_t i = 0; f->primary && ifp && i < ifp->naddrs; i++) {
		if (ifp->addrs[i].family != AF_INET)
			continue;
		addr_text(&ifp->addrs[i], buf, sizeof(buf));
		return strdup(buf);
	}
	return NULL;
}

/* The rule about the same thing that is there now. */
static char *old_rule(const struct fact *f, struct ifnet *ifp)
{
	cleanup_prisons struct prisons *ps = NULL;
	cleanup_rctl_rules struct rctl_rules rules = {0};
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	struct rctl_rule filter;

	(void)ifp;
	if (rctl_parse_rule(f->key, &filter, NULL) < 0 ||
	    prisons_open(&ps, NULL) < 0 ||
	    rctl_list(ps, &filter, &rules, NULL) < 0 || !rules.n)
		return NULL;
	rctl_print(&b, &rules.v[0], false, true);
	return strbuf_take(&b);
}

/* Kinds with `old` and without `has` are there when old equals value. */
static const struct state_row {
	bool (*has)(struct rcstate *s, const struct notes *n,
		    const struct fact *f, struct ifnet *ifp);
	char *(*old)(const struct fact *f, struct ifnet *ifp);
} rows[] = {
	[FACT_SYSCTL] = {.old = old_sysctl},
	[FACT_HOSTNAME] = {.old = old_hostname},
	[FACT_CLONE] = {.has = has_clone},
	[FACT_RENAME] = {.has = has_rename},
	[FACT_IP6] = {.old = old_ip6},
	[FACT_ETHER] = {.old = old_ether},
	[FACT_MTU] = {.old = old_mtu},
	[FACT_DESCR] = {.old = old_descr},
	[FACT_METRIC] = {.old = old_metric},
	[FACT_GROUP] = {.has = has_group},
	[FACT_MEMBER] = {.has = has_member},
	[FACT_SPAN] = {.has = has_span},
	[FACT_ADDR] = {.has = has_addr, .old = old_addr},
	[FACT_FLAG_UP] = {.has = has_up},
	[FACT_FLAG_DOWN] = {.has = has_down},
	[FACT_WORDS] = {.has = has_words},
	[FACT_RTSOL] = {.has = has_words, .old = old_rtsol},
	[FACT_DHCP] = {.has = has_client},
	[FACT_RTSOLD] = {.has = has_client},
	[FACT_RTADVD] = {.has = has_rtadvd},
	[FACT_TEXT] = {.has = has_text, .old = old_text},
	[FACT_KLD] = {.has = has_kld},
	[FACT_NEIGH] = {.has = has_neigh},
	[FACT_IFSCRIPT] = {.has = has_words},
	[FACT_ROUTE] = {.has = has_route},
	[FACT_PF] = {.has = has_pf},
	[FACT_PFLOG] = {.has = has_pflog},
	[FACT_RULE] = {.old = old_rule},
	[FACT_FILE] = {.has = has_file},
	[FACT_DEVFS] = {.has = has_devfs},
	[FACT_DEVMOUNT] = {.has = has_devfs},
	[FACT_SCRIPT] = {.has = has_script},
	[FACT_JAIL] = {.has = has_jail},
};
TABLE_COMPLETE(rows, FACT_KINDS);

/* One word against another: 0x10 is 16, and case does not matter. */
static bool same_word(const char *a, size_t la, const char *b, size_t lb)
{
	char *ea, *eb;
	long long na = strtoll(a, &ea, 0), nb = strtoll(b, &eb, 0);

	if (la && lb && ea == a + la && eb == b + lb)
		return na == nb;
	return la == lb && !strncasecmp(a, b, la);
}

/* "1 2" equals "1\t2": the kernel separates with tabs. */
static bool same_value(const char *a, const char *b)
{
	for (;;) {
		size_t la = strcspn(a, " \t"), lb = strcspn(b, " \t");

		if (!same_word(a, la, b, lb))
			return false;
		a += la + strspn(a + la, " \t");
		b += lb + strspn(b + lb, " \t");
		if (!*a || !*b)
			return !*a && !*b;
	}
}

bool rcstate_has(struct rcstate *s, const struct notes *n, const struct fact *f)
{
	struct ifnet *ifp = *f->ifname ? rcstate_if(s, f->ifname) : NULL;
	cleanup_free char *old = NULL;

	if (s->blank && !*f->ifname)
		return false;
	if (rows[f->kind].has)
		return rows[f->kind].has(s, n, f, ifp);
	old = rows[f->kind].old(f, ifp);
	if (!old)
		return false;
	return f->kind == FACT_DESCR || f->kind == FACT_HOSTNAME
		       ? !strcmp(old, f->value)
		       : same_value(old, f->value);
}

char *rcstate_old(struct rcstate *s, const struct fact *f)
{
	struct ifnet *ifp = *f->ifname ? rcstate_if(s, f->ifname) : NULL;
	char *old = rows[f->kind].old ? rows[f->kind].old(f, ifp) : NULL;

	return old ? old : strdup("");
}
