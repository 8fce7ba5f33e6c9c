/*
 * doctor_listen: who else listens on the addresses of a jail.
 *
 * Theory of operation.  A jail without a vnet that has addresses shares them
 * with the network stack it is in, and on FreeBSD the manual page says to keep
 * others off them: a daemon that listens on the wildcard answers on the
 * jail's addresses, too, as long as nothing in the jail does.  Jails are put
 * under the stack they are in; of each stack that has such jails the
 * listening sockets are taken once.  A socket overlaps a jail when its address
 * is the wildcard or one of the jail's and it was not made in the jail or in
 * a jail of it (doctor_owner.h).  TCP listeners of other jails that are held
 * to their addresses overlap nothing, whatever they are bound to; UDP sockets
 * are told of all the same, because they keep the port.
 */
#include "block/doctor_listen.h"

#include "base/cleanup.h"
#include "block/doctor_owner.h"
#include "net/socks.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#define NONE SIZE_MAX

struct addr {
	int family;
	union route_addr a;
};

struct jail {
	size_t parent; /* index, or NONE: of this level */
	size_t stack;  /* the jail whose vnet it is in, or NONE: the level's */
	bool held;     /* to addresses, its own or those of one above */
	struct addr *addrs;
	size_t naddrs;
};

struct find {
	struct prisons *ps;
	struct prison *v;
	struct jail *jails;
	size_t n;
	struct cgroup_owner *owners;
	size_t nowners;
	bool walked; /* owners were asked for */
	struct listeners found;
	struct socket_user *users; /* one each of found */
};

/*
 * How well-known daemons are told to listen on some addresses only.  By the
 * process's name, which anybody may bear: it is advice.  systemd's is cut to
 * 15 characters by the kernel.
 */
static const struct setting {
	const char *process;
	const char *text;
} settings[] = {
	{"apache2", "Listen ADDRESS:PORT in Apache's configuration"},
	{"chronyd", "bindaddress in chrony.conf (or port 0 for a client)"},
	{"cupsd", "Listen ADDRESS:631 in cupsd.conf"},
	{"dnsmasq", "bind-interfaces and listen-address in dnsmasq.conf"},
	{"dovecot", "listen in dovecot.conf"},
	{"exim4", "local_interfaces in exim's configuration"},
	{"lighttpd", "server.bind in lighttpd.conf"},
	{"mariadbd", "bind-address in MariaDB's configuration"},
	{"master", "inet_interfaces in Postfix's main.cf"},
	{"mysqld", "bind-address in my.cnf"},
	{"named", "listen-on and listen-on-v6 in named.conf"},
	{"nginx", "listen ADDRESS:PORT in nginx's configuration"},
	{"ntpd", "interface ignore wildcard, interface listen ADDRESS in "
		 "ntp.conf"},
	{"openvpn", "local in its configuration"},
	{"postgres", "listen_addresses in postgresql.conf"},
	{"redis-server", "bind in redis.conf"},
	{"smbd", "interfaces and bind interfaces only in smb.conf"},
	{"nmbd", "interfaces and bind interfaces only in smb.conf"},
	{"snmpd", "agentAddress in snmpd.conf"},
	{"sshd", "ListenAddress in sshd_config"},
	{"systemd", "ListenStream or ListenDatagram with an address in the "
		    ".socket unit"},
	{"systemd-resolve", "LLMNR=no and MulticastDNS=no in resolved.conf"},
	{"unbound", "interface in unbound.conf"},
	{"vsftpd", "listen_address in vsftpd.conf"},
};

static void listener_free(struct listener *l)
{
	free(l->jail);
	strv_free(&l->jails);
}

void listeners_free(struct listeners *l)
{
	for (size_t i = 0; i < l->n; i++)
		listener_free(&l->v[i]);
	free(l->v);
	*l = (struct listeners){0};
}

static void find_free(struct find *f)
{
	for (size_t i = 0; f->jails && i < f->n; i++)
		free(f->jails[i].addrs);
	free(f->jails);
	free(f->owners);
	free(f->users);
	listeners_free(&f->found);
	prison_list_free(&f->v, f->n);
}
#define cleanup_find __attribute__((cleanup(find_free)))

/* ---- the jails and their addresses */

static int add_addrs(struct jail *j, const struct pset *params,
		     const char *name, int family, struct err *e)
{
	const struct jparam *p = pset_find(params, name);
	size_t n = p ? p->values.n : 0;
	struct addr *v;

	if (!n)
		return 0;
	v = reallocarray(j->addrs, j->naddrs + n, sizeof(*v));
	if (!v)
		return err_nomem(e);
	j->addrs = v;
	for (size_t i = 0; i < n; i++) {
		struct addr a = {.family = family};

		if (inet_pton(family, p->values.v[i], &a.a) == 1)
			v[j->naddrs++] = a;
	}
	return 0;
}

/* The jail that the i-th lies in; those above come before it in the list. */
static size_t parent_of(const struct find *f, size_t i)
{
	const struct strv *path = &f->v[i].path;

	for (size_t k = i; path->n > 1 && k-- > 0;)
		if (f->v[k].path.n == path->n - 1 &&
		    !strcmp(f->v[k].path.v[path->n - 2], path->v[path->n - 2]))
			return k;
	return NONE;
}

static int load_jails(struct find *f, struct err *e)
{
	int r = prison_list(f->ps, false, &f->v, &f->n, e);

	if (r < 0)
		return r;
	f->jails = calloc(f->n + 1, sizeof(*f->jails));
	if (!f->jails)
		return err_nomem(e);
	for (size_t i = 0; r >= 0 && i < f->n; i++) {
		struct jail *j = &f->jails[i];
		const struct jail *up;

		j->parent = parent_of(f, i);
		up = j->parent == NONE ? NULL : &f->jails[j->parent];
		j->stack = f->v[i].vnet ? i : up ? up->stack : NONE;
		if (f->v[i].vnet)
			continue;
		r = add_addrs(j, &f->v[i].params, "ip4.addr", AF_INET, e);
		if (r >= 0)
			r = add_addrs(j, &f->v[i].params, "ip6.addr", AF_INET6,
				      e);
		j->held = j->naddrs || (up && up->held);
	}
	return r;
}

static bool has_addrs(const struct find *f, size_t stack)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->jails[i].stack == stack && f->jails[i].naddrs)
			return true;
	return false;
}

/* ---- which socket overlaps which jail */

static bool is_any(const struct sock *s)
{
	return s->family == AF_INET ? !s->local.in.s_addr
				    : IN6_IS_ADDR_UNSPECIFIED(&s->local.in6);
}

static bool has_addr(const struct sock *s, const struct addr *a)
{
	if (s->family == a->family)
		return is_any(s) ||
		       !memcmp(&s->local, &a->a, a->family == AF_INET ? 4 : 16);
	if (s->family == AF_INET || s->v6only)
		return false;
	/* a dual-stack socket hears IPv4, or is for one address of it */
	return is_any(s) || (IN6_IS_ADDR_V4MAPPED(&s->local.in6) &&
			     !memcmp(&s->local.in6.s6_addr[12], &a->a, 4));
}

static bool overlaps(const struct find *f, const struct sock *s, size_t owner,
		     size_t jail)
{
	const struct jail *j = &f->jails[jail];

	for (size_t o = owner; o != NONE; o = f->jails[o].parent)
		if (o == jail)
			return false;
	if (s->protocol == IPPROTO_TCP && owner != NONE && f->jails[owner].held)
		return false;
	for (size_t i = 0; i < j->naddrs; i++)
		if (has_addr(s, &j->addrs[i]))
			return true;
	return false;
}

static const char *setting_of(const char *process)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		if (!strcmp(settings[i].process, process))
			return settings[i].text;
	return NULL;
}

static void put_address(const struct vnet *vn, const struct sock *s,
			struct listener *l)
{
	char name[IFNAMSIZ] = "?", text[INET6_ADDRSTRLEN] = "*";
	bool six = s->family == AF_INET6;

	if (!is_any(s))
		inet_ntop(s->family, &s->local, text, sizeof(text));
	if (s->ifindex)
		vnet_ifname(vn, (int)s->ifindex, name);
	snprintf(l->address, sizeof(l->address), "%s%s%s", text,
		 s->ifindex ? "%" : "", s->ifindex ? name : "");
	snprintf(l->protocol, sizeof(l->protocol), "%s%s",
		 s->protocol == IPPROTO_TCP ? "tcp" : "udp",
		 !six			   ? "4"
		 : is_any(s) && !s->v6only ? "46"
					   : "6");
}

/* Append it, if it overlaps any jail of the stack. */
static int add_sock(struct find *f, const struct vnet *vn, size_t stack,
		    const struct sock *s, struct err *e)
{
	struct listener l = {.udp = s->protocol == IPPROTO_UDP,
			     .port = s->lport};
	size_t owner = owner_of(f->owners, f->nowners, s->cgroup), n;
	struct socket_user *u;
	struct listener *v;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < f->n; i++)
		if (f->jails[i].stack == stack && overlaps(f, s, owner, i))
			r = strv_add(&l.jails, f->v[i].name);
	if (r >= 0 && l.jails.n && owner != NONE &&
	    !(l.jail = strdup(f->v[owner].name)))
		r = -ENOMEM;
	if (r < 0 || !l.jails.n) {
		listener_free(&l);
		return r < 0 ? err_nomem(e) : 0;
	}
	put_address(vn, s, &l);
	n = f->found.n;
	v = reallocarray(f->found.v, n + 1, sizeof(*v));
	f->found.v = v ? v : f->found.v;
	u = reallocarray(f->users, n + 1, sizeof(*u));
	f->users = u ? u : f->users;
	if (!v || !u) {
		listener_free(&l);
		return err_nomem(e);
	}
	v[n] = l;
	u[n] = (struct socket_user){.inode = s->inode, .what = n};
	f->found.n++;
	return 0;
}

/* The stack that the jail `stack` has, or the level's. */
static int find_in(struct find *f, size_t stack, struct err *e)
{
	static const int protocols[] = {IPPROTO_TCP, IPPROTO_UDP};
	static const int families[] = {AF_INET, AF_INET6};
	cleanup_vnet struct vnet *vn = NULL;
	cleanup_free struct sock *socks = NULL;
	size_t n = 0;
	int r;

	if (stack == NONE)
		r = vnet_open(-1, NULL, &vn, e);
	else
		r = prison_vnet(f->ps, &f->v[stack], &vn, e);
	if (r < 0) {
		/* a jail that ends meanwhile, or whose maker plays tricks */
		if (stack == NONE)
			return r;
		err_clear(e);
		return 0;
	}
	for (size_t p = 0; p < ARRAY_SIZE(protocols); p++)
		for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(families); i++)
			r = socks_load(vn, families[i], protocols[p], true,
				       &socks, &n, e);
	if (r >= 0 && n && !f->walked) {
		f->walked = true;
		r = owner_cgroups(f->ps, f->v, f->n, &f->owners, &f->nowners,
				  e);
	}
	for (size_t i = 0; r >= 0 && i < n; i++)
		if (socks[i].listening)
			r = add_sock(f, vn, stack, &socks[i], e);
	return r;
}

/* By which process each is held, and what to set there. */
static void find_processes(struct find *f)
{
	owner_processes(f->users, f->found.n);
	for (size_t i = 0; i < f->found.n; i++) {
		const struct socket_user *u = &f->users[i];
		struct listener *l = &f->found.v[u->what];

		l->pid = u->pid;
		memcpy(l->process, u->name, sizeof(l->process));
		if (l->pid)
			l->setting = setting_of(l->process);
	}
}

static int listener_cmp(const void *a, const void *b)
{
	const struct listener *x = a, *y = b;
	int r = x->udp - y->udp;

	r = r ? r : x->port - y->port;
	r = r ? r : strcmp(x->address, y->address);
	r = r ? r : strcmp(x->protocol, y->protocol);
	return r ? r : x->pid - y->pid;
}

int doctor_listeners(struct prisons *ps, struct listeners *ret, struct err *e)
{
	cleanup_find struct find f = {.ps = ps};
	int r = load_jails(&f, e);

	if (r >= 0 && has_addrs(&f, NONE))
		r = find_in(&f, NONE, e);
	for (size_t i = 0; r >= 0 && i < f.n; i++)
		if (f.v[i].vnet && has_addrs(&f, i))
			r = find_in(&f, i, e);
	if (r < 0)
		return r;
	find_processes(&f);
	if (f.found.n)
		qsort(f.found.v, f.found.n, sizeof(*f.found.v), listener_cmp);
	*ret = f.found;
	f.found = (struct listeners){0};
	return 0;
}

/* ---- how it is told */

/* What it means for the jails. */
static const char *meaning(const struct listener *l)
{
	return l->udp ? "keeps them from binding this port (EADDRINUSE) unless "
			"it has SO_REUSEADDR"
		      : "answers on their addresses where no listener of "
			"their own does";
}

static void put_names(const struct strv *names, struct strbuf *out)
{
	static const size_t shown = 4;

	strbuf_adds(out, names->n == 1 ? "jail " : "jails ");
	for (size_t i = 0; i < names->n && i < shown; i++)
		strbuf_addf(out, "%s\"%s\"", i ? ", " : "", names->v[i]);
	if (names->n > shown)
		strbuf_addf(out, " and %zu more", names->n - shown);
}

void listeners_text(const struct listeners *l, struct strbuf *out)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct listener *s = &l->v[i];

		strbuf_adds(out, "overlap: ");
		if (s->pid)
			strbuf_addf(out, "%s (pid %d", s->process, (int)s->pid);
		else
			strbuf_adds(out, "a socket (of no process seen here");
		if (s->jail)
			strbuf_addf(out, ", jail \"%s\"", s->jail);
		strbuf_addf(out, ") on %s %s:%u and ", s->protocol, s->address,
			    s->port);
		put_names(&s->jails, out);
		strbuf_addf(out, ": %s; ", meaning(s));
		if (s->setting)
			strbuf_addf(out, "set %s\n", s->setting);
		else
			strbuf_adds(out, "bind it to addresses of its own\n");
	}
}

static json_t *listener_json(const struct listener *l)
{
	json_t *jails = json_array(), *o;

	for (size_t i = 0; i < l->jails.n; i++)
		json_array_append_new(jails, json_string(l->jails.v[i]));
	o = json_pack("{s:s, s:s, s:i, s:o, s:s, s:s?, s:s?}", "protocol",
		      l->protocol, "address", l->address, "port", (int)l->port,
		      "overlaps", jails, "meaning", meaning(l), "jail", l->jail,
		      "setting", l->setting);
	if (o && l->pid) {
		json_object_set_new(o, "process", json_string(l->process));
		json_object_set_new(o, "pid", json_integer(l->pid));
	}
	return o;
}

json_t *listeners_json(const struct listeners *l)
{
	json_t *list = json_array();

	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(list, listener_json(&l->v[i]));
	return list;
}
