/*
 * ifconfig: ifconfig(8) of FreeBSD 14 over net/ifconfig.h.  Options and which
 * interfaces to list are decided here; what words do and how an interface is
 * printed, there.
 */
#include "cmd/cmd.h"

#include "base/cleanup.h"
#include "cmd/vnetopt.h"
#include "jail/prison.h"
#include "net/keeper.h"
#include "net/ifconfig.h"
#include "net/kind.h"
#include "pf/load.h"

#include <errno.h>
#include <getopt.h>
#include <linux/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"usage: ifconfig [-j jail] [-DkLmnv] [-f type:format] interface\n"
	"                [address_family] [address [dest_address]] "
	"[parameters]\n"
	"       ifconfig [-j jail] interface create [parameters]\n"
	"       ifconfig [-j jail] interface destroy\n"
	"       ifconfig [-j jail] -a [-dDkLmuv] [-f type:format] [-g group] "
	"[-G group]\n"
	"                [address_family]\n"
	"       ifconfig [-j jail] -l [-du] [address_family]\n"
	"       ifconfig [-j jail] -g group\n"
	"       ifconfig -C\n";

struct args {
	const char *jail, *group, *match, *skip;
	bool all, names, cloners, down, up;
	struct ifconfig_opts o;
};

static int usage_exit(void)
{
	fflush(stdout);
	fputs(usage, stderr);
	return 1;
}

static void format_set(struct args *a, const char *spec)
{
	struct err e = ERR_INIT;

	if (ifconfig_format_parse(&a->o.format, spec, &e) < 0)
		fprintf(stderr, "ifconfig: %s\n", e.text);
}

/* false: not understood. */
static bool option(struct args *a, int c)
{
	switch (c) {
	case 'a':
		a->all = true;
		return true;
	case 'C':
		a->cloners = true;
		return true;
	case 'd':
		a->down = true;
		return true;
	case 'D':
		a->o.driver = true;
		return true;
	case 'f':
		format_set(a, optarg);
		return true;
	case 'g':
		if (a->group || a->match)
			return false;
		*(a->all ? &a->match : &a->group) = optarg;
		return true;
	case 'G':
		if (!a->all || a->skip)
			return false;
		a->skip = optarg;
		return true;
	case 'j':
		a->jail = optarg;
		return true;
	case 'k':
		a->o.keys = true;
		return true;
	case 'l':
		a->names = true;
		return true;
	case 'L':
		a->o.lifetimes = true;
		return true;
	case 'm':
		a->o.media = true;
		return true;
	case 'n': /* no modules are loaded here anyway */
		return true;
	case 'u':
		a->up = true;
		return true;
	case 'v':
		a->o.verbose = true;
		return true;
	default:
		return false;
	}
}

static bool has_family(const struct ifnet *ifp, enum ifconfig_af af)
{
	int family = af == IFAF_INET ? AF_INET : AF_INET6;

	if (af == IFAF_NONE)
		return true;
	if (af == IFAF_LINK)
		return ifp->arptype == ARPHRD_ETHER &&
		       (!ifp->kind || ifp->kind->ethernet);
	for (size_t i = 0; i < ifp->naddrs; i++)
		if (ifp->addrs[i].family == family)
			return true;
	return false;
}

static bool wanted(const struct args *a, const struct ifnet *ifp)
{
	bool up = ifp->flags & IFF_UP;

	if ((a->down && up) || (a->up && !up))
		return false;
	if (a->match && !strv_has(&ifp->groups, a->match) &&
	    strcmp(a->match, "all") != 0)
		return false;
	return !a->skip || (!strv_has(&ifp->groups, a->skip) &&
			    strcmp(a->skip, "all") != 0);
}

static void put(struct strbuf *out)
{
	fwrite(out->s, 1, out->len, stdout);
	strbuf_clear(out);
}

/* Lines that begin with a tab go on where the one before stopped. */
static void put_warnings(const struct strbuf *warn)
{
	const char *p = warn->s;

	fflush(stdout);
	while (*p) {
		int n = (int)strcspn(p, "\n");

		if (*p == '\t')
			fprintf(stderr, "%.*s\n", n - 1, p + 1);
		else
			fprintf(stderr, "ifconfig: %.*s\n", n, p);
		p += n + (p[n] == '\n');
	}
}

static int list_cloners(void)
{
	const struct ifkind *k;
	const char *sep = "";

	for (size_t i = 0; (k = ifkind_by_index(i)); i++) {
		if (!k->clonable)
			continue;
		printf("%s%s", sep, k->name);
		sep = " ";
	}
	putchar('\n');
	return 0;
}

static int list_group(struct vnet *v, const char *group, struct err *e)
{
	cleanup_ifnets struct ifnets all = {0};
	int r = ifnets_load(v, &all, e);

	for (size_t i = 0; i < all.n; i++)
		if (!strcmp(group, "all") || strv_has(&all.v[i].groups, group))
			puts(all.v[i].name);
	return r;
}

static int list_all(struct vnet *v, const struct args *a, struct err *e)
{
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	cleanup_ifnets struct ifnets all = {0};
	cleanup_sight struct sight sight = {0};
	const char *sep = "";
	int r = prison_sight(a->jail, &sight, e);

	if (r >= 0)
		r = ifnets_load(v, &all, e);
	sight_ifnets(&sight, &all);
	for (size_t i = 0; r >= 0 && i < all.n; i++) {
		if (!wanted(a, &all.v[i]) ||
		    (a->names && !has_family(&all.v[i], a->o.af)))
			continue;
		if (a->names) {
			printf("%s%s", sep, all.v[i].name);
			sep = " ";
			continue;
		}
		r = ifconfig_print(v, &all, &all.v[i], &a->o, &out, e);
		put(&out);
	}
	if (r >= 0 && a->names)
		putchar('\n');
	return r;
}

/* A bridge's listing names its members, a vlan's its parent; others need only
 * themselves. */
static int list_one(struct vnet *v, const char *name, const struct args *a,
		    struct err *e)
{
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	cleanup_ifnets struct ifnets all = {0};
	cleanup_ifnet struct ifnet one = {0};
	cleanup_sight struct sight sight = {0};
	struct ifnet *ifp = &one;
	int r = prison_sight(a->jail, &sight, e);

	if (r >= 0)
		r = ifnet_get(v, name, &one, e);
	if (r >= 0 && (one.is_bridge || one.is_vlan || one.is_lagg)) {
		r = ifnets_load(v, &all, e);
		ifp = r < 0 ? NULL : ifnets_find(&all, name);
		if (r >= 0 && !ifp)
			r = err_set(e, ENXIO, "interface %s does not exist",
				    name);
	}
	if (r >= 0)
		sight_ifnet(&sight, ifp);
	if (r >= 0)
		r = ifconfig_print(v, &all, ifp, &a->o, &out, e);
	if (r >= 0)
		put(&out);
	return r;
}

static int interface(struct vnet *v, struct args *a, int argc, char **argv,
		     struct err *e)
{
	cleanup_strbuf struct strbuf out = STRBUF_INIT, warn = STRBUF_INIT;
	enum ifconfig_af af =
		argc == 2 ? ifconfig_af_parse(argv[1]) : IFAF_NONE;
	int r;

	if (argc == 1 || af != IFAF_NONE) {
		a->o.af = af;
		return list_one(v, argv[0], a, e);
	}
	a->o.warn = &warn;
	a->o.jails = a->jail ? NULL : &vnetopt_jails;
	r = ifconfig_apply(v, argv[0], argc - 1, argv + 1, &a->o, &out, e);
	put(&out);
	put_warnings(&warn);
	return r;
}

/*
 * Who does what the kernel cannot may have been killed, or be wanted for the
 * first time.  In a jail it must be a process of the jail's: a command in there
 * starts it.
 */
static void keep(const struct args *a, struct vnet *v)
{
	for (size_t i = 0; keeper_sorts[i]; i++) {
		struct err e = ERR_INIT;
		int r = 0;

		if (!keeper_missing(keeper_sorts[i], v))
			continue;
		if (a->jail)
			r = vnetopt_inside(a->jail, "ifconfig", "-l", &e);
		else
			r = keeper_again(keeper_sorts[i], v, &e);
		if (r < 0)
			fprintf(stderr, "ifconfig: %s\n", e.text);
	}
}

static int run(struct args *a, int argc, char **argv)
{
	cleanup_vnet struct vnet *v = NULL;
	struct err e = ERR_INIT;
	int r;

	r = vnetopt_open(a->jail, &v, &e);
	if (r < 0)
		return vnetopt_fail("ifconfig", &e);
	keep(a, v);
	if (a->group)
		r = list_group(v, a->group, &e);
	else if (a->all || a->names)
		r = list_all(v, a, &e);
	else
		r = interface(v, a, argc, argv, &e);
	if (a->jail)
		keep(a, v);
	if (r >= 0 && argc > 1 && pf_refresh(v, &e) < 0)
		fprintf(stderr, "ifconfig: pf: %s\n", e.text);
	return r < 0 ? vnetopt_fail("ifconfig", &e) : 0;
}

int cmd_ifconfig(int argc, char **argv)
{
	struct args a = {.all = false};
	const char *env = getenv("IFCONFIG_FORMAT");
	int c;

	if (vnetopt_help(argc, argv, usage))
		return 0;
	if (env)
		format_set(&a, env);
	opterr = 0;
	while ((c = getopt(argc, argv, "+aCdDf:g:G:j:klLmnuv")) != -1)
		if (!option(&a, c))
			return usage_exit();
	argc -= optind;
	argv += optind;
	if (a.cloners)
		return argc || a.all || a.names ? usage_exit() : list_cloners();
	if (a.group)
		return argc || a.all || a.names ? usage_exit()
						: run(&a, 0, NULL);
	if ((a.names && (a.all || a.o.media)) || (a.up && a.down))
		return usage_exit();
	if (!argc && !a.names)
		a.all = true;
	if (!a.all && !a.names)
		return a.down || a.up ? usage_exit() : run(&a, argc, argv);
	if (argc > 1)
		return usage_exit();
	if (argc == 1) {
		a.o.af = ifconfig_af_parse(argv[0]);
		if (a.o.af == IFAF_NONE) {
			fprintf(stderr,
				"ifconfig: Address family '%s' unknown.\n",
				argv[0]);
			return usage_exit();
		}
	}
	return run(&a, 0, NULL);
}
