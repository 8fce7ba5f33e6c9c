/*
 * ifconfig_tunnel: words of ifconfig(8) on gif, gre and stf interfaces.
 */
#include "net/ifconfig_words.h"

#include "net/bsderr.h"
#include "net/iptunnel.h"
#include "net/kind_rows.h"
#include "net/kind_stf.h"

#include <errno.h>

/* The tunnel of the run's interface; `gre`: only gre's have the word. */
static int tunnel_of(struct ifconfig_run *run, bool gre, const char *what,
		     struct iptunnel *ret, struct err *e)
{
	struct ifnet *ifp;
	int r = run_ifp(run, false, &ifp, e);

	if (r < 0)
		return r;
	if (ifp->kind != &kind_gre && (gre || ifp->kind != &kind_gif))
		return bsd_err(e, EINVAL, "%s", what);
	iptunnel_read(ifp, ret);
	return 0;
}

static int apply(struct ifconfig_run *run, const struct iptunnel *t,
		 const char *what, struct err *e)
{
	int r = iptunnel_apply(run->v, run->name, t, what, e);

	run_touch(run);
	return r;
}

static int word_tunnel(struct ifconfig_run *run, const struct ifconfig_word *w,
		       bool on, char *const *args, struct err *e)
{
	struct iptunnel ends = {0}, t = {0};
	const char *what = "SIOCSIFPHYADDR";
	int r = iptunnel_ends(&ends, args[0], args[1], e);

	(void)w;
	(void)on;
	if (r < 0 || run->dry)
		return r;
	if (ends.local.family == AF_INET6)
		what = "SIOCSIFPHYADDR_IN6";
	r = tunnel_of(run, false, what, &t, e);
	if (r < 0)
		return r;
	t.local = ends.local;
	t.remote = ends.remote;
	return apply(run, &t, what, e);
}

static int word_untunnel(struct ifconfig_run *run,
			 const struct ifconfig_word *w, bool on,
			 char *const *args, struct err *e)
{
	struct iptunnel t = {0};
	int r;

	(void)w;
	(void)on;
	(void)args;
	if (run->dry)
		return 0;
	r = tunnel_of(run, false, "SIOCDIFPHYADDR", &t, e);
	if (r < 0)
		return r;
	t.local = t.remote = (struct tunnel_addr){0};
	return apply(run, &t, "SIOCDIFPHYADDR", e);
}

static int word_grekey(struct ifconfig_run *run, const struct ifconfig_word *w,
		       bool on, char *const *args, struct err *e)
{
	struct iptunnel t = {0};
	unsigned long key;
	int r;

	(void)w;
	(void)on;
	if (!tunnel_number(args[0], UINT32_MAX, &key))
		return bsd_err(e, EINVAL, "ioctl (set grekey)");
	if (run->dry)
		return 0;
	r = tunnel_of(run, true, "ioctl (set grekey)", &t, e);
	if (r < 0)
		return r;
	t.key = (uint32_t)key;
	return apply(run, &t, "ioctl (set grekey)", e);
}

enum {
	CSUM,
	SEQ
};

static int word_greopt(struct ifconfig_run *run, const struct ifconfig_word *w,
		       bool on, char *const *args, struct err *e)
{
	struct iptunnel t = {0};
	int r;

	(void)args;
	if (run->dry)
		return 0;
	r = tunnel_of(run, true, "ioctl(GRESOPTS)", &t, e);
	if (r < 0)
		return r;
	*(w->arg == CSUM ? &t.csum : &t.seq) = on;
	return apply(run, &t, "ioctl(GRESOPTS)", e);
}

static int word_stfv4net(struct ifconfig_run *run,
			 const struct ifconfig_word *w, bool on,
			 char *const *args, struct err *e)
{
	(void)w;
	(void)on;
	return stf_v4net(run->dry ? NULL : run->v, run->name, args[0], e);
}

/* What is off on Linux and cannot be turned on. */
static int word_never(struct ifconfig_run *run, const struct ifconfig_word *w,
		      bool on, char *const *args, struct err *e)
{
	static const char *const why[] = {
		"Linux has no EtherIP",
		"Linux asks for the far end's address always",
		"routes say where Linux sends a packet: by way of ::A.B.C.D",
	};

	(void)run;
	(void)args;
	return on ? err_set(e, EOPNOTSUPP, "%s: %s", w->name, why[w->arg]) : 0;
}

const struct ifconfig_word ifconfig_tunnel_words[] = {
	{"tunnel", 2, false, word_tunnel, 0, 0},
	{"-tunnel", 0, false, word_untunnel, 0, 0},
	{"deletetunnel", 0, false, word_untunnel, 0, 0},
	{"accept_rev_ethip_ver", 0, true, word_never, 0, 0},
	{"send_rev_ethip_ver", 0, true, word_never, 0, 0},
	{"ignore_source", 0, true, word_never, 1, 0},
	{"grekey", 1, false, word_grekey, 0, 0},
	{"enable_csum", 0, true, word_greopt, CSUM, 0},
	{"enable_seq", 0, true, word_greopt, SEQ, 0},
	{"stfv4net", 1, false, word_stfv4net, 0, 0},
	{"stfv4br", 1, false, word_never, 2, 0},
	{NULL, 0, false, NULL, 0, 0},
};
