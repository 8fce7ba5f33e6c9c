/*
 * ifconfig_words: `ifconfig IF WORDS...`.
 *
 * Theory of operation.  Words are rows of const tables, one table a file
 * (link, address, bridge, and those that come later).  They are applied from
 * left to right, each at once, on one vnet; what belongs to the address is
 * gathered on the way and applied at the end, like a change of media.  A word
 * in no table is taken for an address, and the next such for the
 * destination.  When a word fails, those before it stay applied, as on
 * FreeBSD; the name that a `create` or `name` gave is printed all the same.
 */
#include "net/ifconfig_words.h"

#include "base/cleanup.h"
#include "base/table.h"
#include "net/iptunnel.h"
#include "net/kind.h"
#include "net/relink.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const struct ifconfig_word *const tables[] = {
	ifconfig_link_words,	    ifconfig_addr_words,
	ifconfig_bridge_words,	    ifconfig_bridge_stp_words,
	ifconfig_bridge_vlan_words, ifconfig_vxlan_words,
	ifconfig_tunnel_words,	    ifconfig_carp_words,
	ifconfig_media_words,	    ifconfig_geneve_words,
	ifconfig_vlan_words,	    ifconfig_lagg_words,
	ifconfig_later_words,
};

const struct ifconfig_word *ifconfig_word_find(const char *s, bool *ret_on)
{
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		for (const struct ifconfig_word *w = tables[i]; w->name; w++) {
			if (!strcmp(w->name, s)) {
				*ret_on = true;
				return w;
			}
			if (w->neg && *s == '-' && !strcmp(w->name, s + 1)) {
				*ret_on = false;
				return w;
			}
		}
	return NULL;
}

int run_ifp(struct ifconfig_run *run, bool full, struct ifnet **ret,
	    struct err *e)
{
	struct ifnet ifp = {0};
	int r;

	if (!run->have || (full && !run->full)) {
		r = (full ? ifnet_get : ifnet_link)(run->v, run->name, &ifp, e);
		if (r < 0)
			return r;
		run_touch(run);
		run->ifp = ifp;
		run->have = true;
		run->full = full;
	}
	*ret = &run->ifp;
	return 0;
}

void run_touch(struct ifconfig_run *run)
{
	if (run->have)
		ifnet_free(&run->ifp);
	run->have = run->full = false;
}

void *run_gather(struct ifconfig_run *run, ifconfig_fn *fn,
		 ifconfig_finish *finish, size_t size)
{
	free(run->gathered.data);
	run->gathered.data = calloc(1, size);
	run->gathered.fn = fn;
	run->gathered.finish = finish;
	return run->gathered.data;
}

void *run_gathered(struct ifconfig_run *run, ifconfig_finish *finish)
{
	return run->gathered.finish == finish ? run->gathered.data : NULL;
}

static int gathered_finish(struct ifconfig_run *run, struct err *e)
{
	cleanup_free void *data = take_ptr(run->gathered.data);
	int r;

	if (!data)
		return 0;
	r = run->gathered.finish(run, data, e);
	run_touch(run);
	return r;
}

void run_warn(struct ifconfig_run *run, const char *fmt, ...)
{
	va_list ap;

	if (!run->o->warn)
		return;
	va_start(ap, fmt);
	strbuf_vaddf(run->o->warn, fmt, ap);
	va_end(ap);
	strbuf_addch(run->o->warn, '\n');
}

static bool is_create(const char *word)
{
	return !strcmp(word, "create") || !strcmp(word, "plumb");
}

/* IF create: ret_used words are consumed, `create` itself included. */
static int run_create(struct ifconfig_run *run, int nwords, char *const *words,
		      int *ret_used, struct err *e)
{
	char name[IFNAMSIZ];
	int used = 0, r;

	if (run->dry) {
		*ret_used = 1;
		return 0;
	}
	/*
	 * "lo" is the type here, not the kernel's name of lo0; and a gre0 that
	 * the driver has made by itself gives way.
	 */
	if (strcmp(run->name, "lo") != 0 && vnet_ifindex(run->v, run->name) &&
	    iptunnel_yield(run->v, run->name) <= 0) {
		if (nwords == 1)
			return err_set(e, EEXIST, "interface %s already exists",
				       run->name);
		*ret_used = 1;
		return 0;
	}
	r = if_create(run->v, run->name, nwords - 1, (char **)words + 1, &used,
		      name, e);
	if (r < 0)
		return r;
	if (strcmp(name, run->name) != 0)
		run->print_name = true;
	memcpy(run->name, name, sizeof(run->name));
	*ret_used = 1 + used;
	return 0;
}

static int run_word(struct ifconfig_run *run, int nwords, char *const *words,
		    int *ret_used, struct err *e)
{
	bool on = true;
	const struct ifconfig_word *w = ifconfig_word_find(words[0], &on);
	int r;

	if (run->gathered.data && (!w || w->fn != run->gathered.fn)) {
		r = gathered_finish(run, e);
		if (r < 0)
			return r;
	}
	if (!w) {
		*ret_used = 1;
		return ifconfig_addr_word(&run->addr, words[0], e);
	}
	if (nwords <= w->nargs)
		return err_set(e, EINVAL,
			       w->nargs > 1 ? "'%s' requires %d arguments"
					    : "'%s' requires argument",
			       words[0], w->nargs);
	run->left = nwords - 1 - w->nargs;
	run->extra = 0;
	r = w->fn(run, w, on, words + 1, e);
	*ret_used = 1 + w->nargs + run->extra;
	return r;
}

static int run_words(struct ifconfig_run *run, int nwords, char *const *words,
		     struct err *e)
{
	int i = 0, used = 0, r;

	if (nwords && is_create(words[0])) {
		r = run_create(run, nwords, words, &used, e);
		if (r < 0)
			return r;
		i = used;
	}
	run->addr.af = IFAF_INET;
	if (i < nwords && ifconfig_af_parse(words[i]))
		run->addr.af = ifconfig_af_parse(words[i++]);
	for (; i < nwords; i += used) {
		r = run_word(run, nwords - i, words + i, &used, e);
		if (r < 0)
			return r;
	}
	r = gathered_finish(run, e);
	if (r >= 0)
		r = run_vlan(run, e);
	if (r >= 0)
		r = run_addr(run, e);
	return r < 0 ? r : run_media(run, e);
}

static int run_begin(struct ifconfig_run *run, const char *ifname, int nwords,
		     char *const *words, struct err *e)
{
	bool create = nwords && is_create(words[0]);
	cleanup_close int lock = -1;

	if (strlen(ifname) >= sizeof(run->name)) {
		if (create)
			return err_set(e, ENAMETOOLONG,
				       "%s: cloning name too long", ifname);
		return err_set(e, ENXIO, "interface %s does not exist", ifname);
	}
	snprintf(run->name, sizeof(run->name), "%s", ifname);
	if (run->dry || create)
		return 0;
	/* that one lies in the jail and need not be visible here */
	if (nwords && !strcmp(words[0], "-vnet"))
		return 0;
	if (vnet_ifindex(run->v, ifname))
		return 0;
	lock = relink_wait(run->v); /* or it is being made anew just now */
	if (lock < 0 || !vnet_ifindex(run->v, ifname))
		return err_set(e, ENXIO, "interface %s does not exist", ifname);
	return 0;
}

/*
 * Whether words failed with `r` because the interface that was number `index`
 * when they began (0: they create it) has vanished meanwhile.  One of the same
 * name may be there again; what its files in /proc answer while it goes is any
 * of these.
 */
static bool gone(const struct ifconfig_run *run, int index, int r)
{
	switch (-r) {
	case ENODEV:
		return true;
	case ENOENT:
	case EACCES:
	case EPERM:
		return index && vnet_ifindex(run->v, run->name) != index;
	default:
		return false;
	}
}

int ifconfig_apply(struct vnet *v, const char *ifname, int nwords,
		   char *const *words, const struct ifconfig_opts *o,
		   struct strbuf *out, struct err *e)
{
	static const struct ifconfig_opts none;
	struct ifconfig_run run = {.v = v, .o = o ? o : &none, .out = out};
	int index = 0, r;

	r = run_begin(&run, ifname, nwords, words, e);
	if (r >= 0) {
		index = vnet_ifindex(v, run.name);
		r = run_words(&run, nwords, words, e);
	}
	if (run.print_name)
		strbuf_addf(out, "%s\n", run.name);
	run_touch(&run);
	free(run.gathered.data); /* of a line that failed */
	if (gone(&run, index, r))
		return err_set(e, ENODEV, "%s: no such interface", run.name);
	if (r == -EPERM || r == -EACCES)
		return err_set(e, -r, "%s: permission denied", run.name);
	return r;
}

int ifconfig_check(const char *ifname, int nwords, char *const *words,
		   struct err *e)
{
	static const struct ifconfig_opts none;
	struct ifconfig_run run = {.o = &none, .dry = true};
	int r;

	r = run_begin(&run, ifname, nwords, words, e);
	return r < 0 ? r : run_words(&run, nwords, words, e);
}
