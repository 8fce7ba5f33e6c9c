/*
 * sockstat(1): which process has which socket open.
 *
 * Sockets are those of one vnet, as on FreeBSD: the caller's own, or with -j a
 * jail's.  The kernel tells of them by inode number, and /proc whose
 * descriptors these are; of a jail only its own processes count.  Without a
 * vnet a jail is shown what its own processes have open.
 */
#include "cmd/cmd.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "base/table.h"
#include "block/doctor_owner.h"
#include "cmd/libxo.h"
#include "cmd/netstat.h"
#include "cmd/vnetopt.h"
#include "jail/prison.h"
#include "net/socks.h"
#include "net/socks_unix.h"
#include "ns/ns.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <net/if.h>
#include <netdb.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"usage: sockstat [-46cLlnqsuw] [-j jail] [-p ports] [-P protocols]\n"
	"       [--libxo json]\n";

#define PORTS 65536

struct args {
	struct libxo xo;
	const char *jail;
	bool v4, v6, local; /* families */
	bool connected, listening, no_loopback;
	bool numeric, quiet, state, wide;
	bool protocols_given, *ports; /* NULL: any */
	bool protocol[IPPROTO_MAX];
};

static void args_free(struct args *a)
{
	free(a->ports);
}

/* All that is shown. */
struct shown {
	struct vnet *vnet;
	struct sock *socks; /* sorted by inode */
	size_t nsocks;
	struct sock_unix *locals; /* sorted by inode */
	size_t nlocals;
	struct socket_fd *fds;
	size_t nfds;
	bool *had, *local_had; /* by a process, of socks and locals */
	bool orphans;	       /* also what no process has open */
	json_t *json;
};

static void shown_free(struct shown *s)
{
	vnet_free(&s->vnet);
	free(s->socks);
	free(s->locals);
	free(s->fds);
	free(s->had);
	free(s->local_had);
	json_decref(s->json);
}

/* ---- arguments */

/* "22,80-90" */
static int parse_ports(struct args *a, const char *s, struct err *e)
{
	if (!a->ports && !(a->ports = calloc(PORTS, sizeof(*a->ports))))
		return err_nomem(e);
	while (*s) {
		long first, last;
		char *end;

		if (!isdigit((unsigned char)*s))
			return err_set(e, EINVAL, "syntax error in port range");
		first = last = strtol(s, &end, 10);
		if (*end == '-' && isdigit((unsigned char)end[1]))
			last = strtol(end + 1, &end, 10);
		if (first >= PORTS || last >= PORTS || last < first)
			return err_set(e, EINVAL, "invalid port number");
		if (*end && *end != ',')
			return err_set(e, EINVAL, "syntax error in port range");
		for (long i = first; i <= last; i++)
			a->ports[i] = true;
		s = end + (*end == ',');
	}
	return 0;
}

/* What the kernel lists sockets of, and how it is said. */
static const struct {
	int protocol;
	const char *name;
} protocols[] = {
	{IPPROTO_SCTP, "sctp"},
	{IPPROTO_TCP, "tcp"},
	{IPPROTO_UDP, "udp"},
	{IPPROTO_UDPLITE, "udplite"},
};

static const char *protocol_name(int protocol)
{
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
		if (protocols[i].protocol == protocol)
			return protocols[i].name;
	return "?";
}

static int parse_protocols(struct args *a, const char *s, struct err *e)
{
	cleanup_strv struct strv names = {0};

	if (strv_split(&names, s, ",") < 0)
		return err_nomem(e);
	a->protocols_given = true;
	for (size_t i = 0; i < names.n; i++) {
		size_t k = 0;

		while (k < ARRAY_SIZE(protocols) &&
		       strcmp(protocols[k].name, names.v[i]) != 0)
			k++;
		if (k < ARRAY_SIZE(protocols))
			a->protocol[protocols[k].protocol] = true;
		else if (*names.v[i])
			return err_set(e, EINVAL, "protocol %s not supported",
				       names.v[i]);
	}
	return 0;
}

/* What is asked for when nothing is. */
static void args_default(struct args *a)
{
	if (!a->v4 && !a->v6 && a->protocols_given)
		a->v4 = a->v6 = true;
	if (!a->v4 && !a->v6 && !a->local)
		a->v4 = a->v6 = a->local = true;
	for (size_t i = 0; !a->protocols_given && i < ARRAY_SIZE(protocols);
	     i++)
		a->protocol[protocols[i].protocol] = true;
	if (!a->connected && !a->listening)
		a->connected = a->listening = true;
}

/* ---- what is shown of the vnet's sockets */

/* An IPv6 socket that speaks IPv4. */
static bool is_mapped(const struct sock *s)
{
	return s->family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&s->local.in6);
}

static bool is_any(const struct sock *s, const union route_addr *a)
{
	return s->family == AF_INET ? !a->in.s_addr
				    : IN6_IS_ADDR_UNSPECIFIED(&a->in6);
}

static bool is_dual(const struct sock *s)
{
	return s->family == AF_INET6 && !s->v6only && is_any(s, &s->local);
}

static bool is_loopback(const struct sock *s, const union route_addr *a)
{
	if (s->family == AF_INET)
		return ntohl(a->in.s_addr) >> 24 == IN_LOOPBACKNET;
	return IN6_IS_ADDR_LOOPBACK(&a->in6) ||
	       (IN6_IS_ADDR_V4MAPPED(&a->in6) &&
		a->in6.s6_addr[12] == IN_LOOPBACKNET);
}

static bool sock_wanted(const struct args *a, const struct sock *s)
{
	bool four = s->family == AF_INET || is_mapped(s) || is_dual(s);
	bool six = s->family == AF_INET6 && !is_mapped(s);

	return ((a->v4 && four) || (a->v6 && six)) &&
	       (s->rport ? a->connected : a->listening) &&
	       (!a->ports || a->ports[s->lport] || a->ports[s->rport]) &&
	       (!a->no_loopback ||
		(!is_loopback(s, &s->local) && !is_loopback(s, &s->remote)));
}

static bool local_wanted(const struct args *a, const struct sock_unix *s)
{
	return s->peer ? a->connected : a->listening;
}

static int by_inode(const void *a, const void *b)
{
	const struct sock *x = a, *y = b;

	return (x->inode > y->inode) - (x->inode < y->inode);
}

static int load_socks(const struct args *a, struct shown *sh, struct err *e)
{
	static const int families[] = {AF_INET, AF_INET6};
	int r = 0;

	for (size_t p = 0; p < ARRAY_SIZE(protocols); p++)
		for (size_t f = 0; r >= 0 && f < ARRAY_SIZE(families); f++)
			if (a->protocol[protocols[p].protocol])
				r = socks_load(sh->vnet, families[f],
					       protocols[p].protocol, false,
					       &sh->socks, &sh->nsocks, e);
	if (r >= 0)
		r = netstat_seen(a->jail, sh->socks, &sh->nsocks, e);
	if (r >= 0 && sh->nsocks)
		qsort(sh->socks, sh->nsocks, sizeof(*sh->socks), by_inode);
	return r;
}

/* The pid namespace of the jail; -ENOENT: it has no process. */
static int jail_pidns(const char *jail, struct err *e)
{
	cleanup_prisons struct prisons *ps = NULL;
	cleanup_prison struct prison p = {0};
	char path[64];
	int r = prisons_open(&ps, e);

	if (r >= 0)
		r = prison_get(ps, jail, false, &p, e);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)p.init);
	r = p.init ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	return r < 0 ? err_set(e, ENOENT, "jail \"%s\": no process", jail) : r;
}

static int load_fds(const struct args *a, struct shown *sh, struct err *e)
{
	cleanup_close int pidns = -1;

	if (a->jail) {
		pidns = jail_pidns(a->jail, e);
		if (pidns == -ENOENT) {
			err_clear(e);
			return 0;
		}
		if (pidns < 0)
			return pidns;
	}
	return owner_sockets(pidns, &sh->fds, &sh->nfds, e);
}

static int load(const struct args *a, struct shown *sh, struct err *e)
{
	cleanup_sight struct sight sight = {0};
	int r = vnetopt_open(a->jail, &sh->vnet, e);

	if (r >= 0)
		r = prison_sight(a->jail, &sight, e);
	if (r >= 0 && (a->v4 || a->v6))
		r = load_socks(a, sh, e);
	if (r >= 0 && a->local)
		r = socks_unix_load(sh->vnet, &sh->locals, &sh->nlocals, e);
	if (r >= 0)
		r = load_fds(a, sh, e);
	if (r < 0)
		return r;
	/* of a stack that is shared they could be anybody's */
	sh->orphans = !sight.shared;
	sh->had = calloc(sh->nsocks + 1, sizeof(*sh->had));
	sh->local_had = calloc(sh->nlocals + 1, sizeof(*sh->local_had));
	return sh->had && sh->local_had ? 0 : err_nomem(e);
}

/* ---- a line */

static void put_addr(const struct shown *sh, const struct sock *s,
		     const union route_addr *a, char *buf, size_t size)
{
	char text[INET6_ADDRSTRLEN] = "*", name[IFNAMSIZ] = "";

	if (is_mapped(s))
		inet_ntop(AF_INET, &a->in6.s6_addr[12], text, sizeof(text));
	else if (!is_any(s, a))
		inet_ntop(s->family, a, text, sizeof(text));
	if (s->ifindex && s->family == AF_INET6 &&
	    IN6_IS_ADDR_LINKLOCAL(&a->in6))
		vnet_ifname(sh->vnet, (int)s->ifindex, name);
	snprintf(buf, size, "%s%s%s", text, *name ? "%" : "", name);
}

static void put_proto(const struct sock *s, char *buf, size_t size)
{
	snprintf(buf, size, "%s%s", protocol_name(s->protocol),
		 s->family == AF_INET || is_mapped(s) ? "4"
		 : is_dual(s)			      ? "46"
						      : "6");
}

/* As its process says it: root of a jail is root, as on FreeBSD. */
static const char *user_name(const struct args *a, const struct socket_fd *fd,
			     char buf[32])
{
	uid_t uid = userns_uid_in(fd->pid, fd->uid);
	const struct passwd *pw = a->numeric ? NULL : getpwuid(uid);

	snprintf(buf, 32, "%u", uid);
	if (!pw)
		return buf;
	snprintf(buf, 32, "%s", pw->pw_name);
	/* a jail's own file may say anything */
	for (char *c = buf; *c; c++)
		if (*c <= ' ' || *c > '~')
			*c = '?';
	return buf;
}

/* The first four columns; fd NULL: nobody's. */
static int print_owner(const struct args *a, const struct socket_fd *fd)
{
	char user[32];

	if (!fd)
		return printf("%-8s %-10s %-5s %-3s ", "?", "?", "?", "?");
	return printf("%-8s %-10.10s %5d %-3d ", user_name(a, fd, user),
		      fd->name, (int)fd->pid, fd->fd);
}

static json_t *owner_json(const struct args *a, const struct socket_fd *fd)
{
	json_t *o = json_object();
	char user[32];

	if (!fd)
		return o;
	json_object_set_new(o, "user", json_string(user_name(a, fd, user)));
	json_object_set_new(o, "command", json_string(fd->name));
	json_object_set_new(o, "pid", json_integer(fd->pid));
	json_object_set_new(o, "fd", json_integer(fd->fd));
	return o;
}

static json_t *end_json(const char *address, uint16_t port)
{
	json_t *o = json_pack("{s:s}", "address", address);

	if (port)
		json_object_set_new(o, "port", json_integer(port));
	else
		json_object_set_new(o, "port", json_string("*"));
	return o;
}

static void put_sock(const struct args *a, struct shown *sh,
		     const struct sock *s, const struct socket_fd *fd)
{
	char local[64], remote[64], end[72], proto[16], port[8] = "*";
	int width = a->wide ? 45 : 21;

	put_proto(s, proto, sizeof(proto));
	put_addr(sh, s, &s->local, local, sizeof(local));
	put_addr(sh, s, &s->remote, remote, sizeof(remote));
	if (sh->json) {
		json_t *o = owner_json(a, fd);

		json_object_set_new(o, "proto", json_string(proto));
		json_object_set_new(o, "local", end_json(local, s->lport));
		json_object_set_new(o, "foreign", end_json(remote, s->rport));
		if (a->state && *s->state)
			json_object_set_new(o, "conn-state",
					    json_string(s->state));
		json_array_append_new(sh->json, o);
		return;
	}
	print_owner(a, fd);
	if (s->lport)
		snprintf(port, sizeof(port), "%u", s->lport);
	snprintf(end, sizeof(end), "%s:%s", local, port);
	printf("%-6s %-*s ", proto, width, end);
	snprintf(port, sizeof(port), "*");
	if (s->rport)
		snprintf(port, sizeof(port), "%u", s->rport);
	snprintf(end, sizeof(end), "%s:%s", remote, port);
	if (a->state && *s->state)
		printf("%-*s %-12s %s\n", width, end, "", s->state);
	else
		printf("%s\n", end);
}

static int local_by_inode(const void *a, const void *b)
{
	const struct sock_unix *x = a, *y = b;

	return (x->inode > y->inode) - (x->inode < y->inode);
}

static const struct sock_unix *local_find(const struct shown *sh,
					  uint32_t inode)
{
	const struct sock_unix key = {.inode = inode};

	return sh->nlocals ? bsearch(&key, sh->locals, sh->nlocals, sizeof(key),
				     local_by_inode)
			   : NULL;
}

/* Its own address, and by name or as [pid fd] the one it is connected to. */
static void put_path(const struct shown *sh, const struct sock_unix *s,
		     char *buf, size_t size)
{
	const struct sock_unix *peer = s->peer ? local_find(sh, s->peer) : NULL;
	char other[sizeof(peer->name)] = "??";

	if (!s->peer) {
		snprintf(buf, size, "%s",
			 *s->name ? s->name : "(not connected)");
		return;
	}
	if (peer && *peer->name)
		snprintf(other, sizeof(other), "%s", peer->name);
	for (size_t i = 0; !(peer && *peer->name) && i < sh->nfds; i++)
		if (sh->fds[i].inode == s->peer) {
			snprintf(other, sizeof(other), "[%d %d]",
				 (int)sh->fds[i].pid, sh->fds[i].fd);
			break;
		}
	snprintf(buf, size, "%s%s-> %s", s->name, *s->name ? " " : "", other);
}

static void put_local(const struct args *a, struct shown *sh,
		      const struct sock_unix *s, const struct socket_fd *fd)
{
	const char *type = s->type == SOCK_STREAM      ? "stream"
			   : s->type == SOCK_SEQPACKET ? "seqpac"
						       : "dgram";
	char path[256];

	put_path(sh, s, path, sizeof(path));
	if (sh->json) {
		json_t *o = owner_json(a, fd);

		json_object_set_new(o, "proto", json_string(type));
		json_object_set_new(o, "path", json_string(path));
		json_array_append_new(sh->json, o);
		return;
	}
	print_owner(a, fd);
	printf("%-6s %s\n", type, path);
}

/* ---- all lines */

static void put_fd(const struct args *a, struct shown *sh,
		   const struct socket_fd *fd)
{
	const struct sock key = {.inode = fd->inode}, *s;
	const struct sock_unix *u;

	s = sh->nsocks ? bsearch(&key, sh->socks, sh->nsocks, sizeof(key),
				 by_inode)
		       : NULL;
	if (s) {
		sh->had[s - sh->socks] = true;
		if (sock_wanted(a, s))
			put_sock(a, sh, s, fd);
		return;
	}
	u = local_find(sh, fd->inode);
	if (!u)
		return;
	sh->local_had[u - sh->locals] = true;
	if (local_wanted(a, u))
		put_local(a, sh, u, fd);
}

static void put_all(const struct args *a, struct shown *sh)
{
	if (!sh->json && !a->quiet) {
		printf("%-8s %-10s %-5s %-3s %-6s %-*s %-*s", "USER", "COMMAND",
		       "PID", "FD", "PROTO", a->wide ? 45 : 21, "LOCAL ADDRESS",
		       a->wide ? 45 : 21, "FOREIGN ADDRESS");
		if (a->state)
			printf(" %-12s %-12s", "PATH STATE", "CONN STATE");
		printf("\n");
	}
	for (size_t i = 0; i < sh->nfds; i++)
		put_fd(a, sh, &sh->fds[i]);
	for (size_t i = 0; sh->orphans && i < sh->nsocks; i++)
		if (!sh->had[i] && sock_wanted(a, &sh->socks[i]))
			put_sock(a, sh, &sh->socks[i], NULL);
	for (size_t i = 0; sh->orphans && i < sh->nlocals; i++)
		if (!sh->local_had[i] && local_wanted(a, &sh->locals[i]))
			put_local(a, sh, &sh->locals[i], NULL);
}

/* -EINVAL without a text: the usage is to be said. */
static int option(struct args *a, int c, struct err *e)
{
	static const struct {
		int c;
		size_t at;
	} flags[] = {
		{'4', offsetof(struct args, v4)},
		{'6', offsetof(struct args, v6)},
		{'c', offsetof(struct args, connected)},
		{'L', offsetof(struct args, no_loopback)},
		{'l', offsetof(struct args, listening)},
		{'n', offsetof(struct args, numeric)},
		{'q', offsetof(struct args, quiet)},
		{'s', offsetof(struct args, state)},
		{'u', offsetof(struct args, local)},
		{'w', offsetof(struct args, wide)},
	};

	switch (c) {
	case 'j':
		a->jail = optarg;
		return 0;
	case 'p':
		return parse_ports(a, optarg, e);
	case 'P':
		return parse_protocols(a, optarg, e);
	default:
		for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
			if (flags[i].c == c) {
				*(bool *)((char *)a + flags[i].at) = true;
				return 0;
			}
		return -EINVAL;
	}
}

int cmd_sockstat(int argc, char **argv)
{
	__attribute__((cleanup(args_free))) struct args a = {0};
	__attribute__((cleanup(shown_free))) struct shown sh = {0};
	struct err e = ERR_INIT;
	int c, r;

	if (vnetopt_help(argc, argv, usage))
		return 0;
	r = libxo_parse(&a.xo, &argc, argv, &e);
	while (r >= 0 && (c = getopt(argc, argv, "+:46cj:Llnp:P:qsuw")) != -1)
		r = option(&a, c, &e);
	if (r >= 0 && optind < argc)
		r = -EINVAL;
	if (r < 0 && !*e.text) {
		fputs(usage, stderr);
		return 1;
	}
	args_default(&a);
	if (r >= 0)
		r = load(&a, &sh, &e);
	if (r >= 0 && a.xo.json)
		sh.json = json_array();
	if (r >= 0)
		put_all(&a, &sh);
	if (r >= 0 && sh.json)
		r = libxo_print(&a.xo, "sockstat",
				json_pack("{s:O}", "socket", sh.json), &e);
	return r < 0 ? vnetopt_fail("sockstat", &e) : 0;
}
