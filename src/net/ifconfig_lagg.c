/* ifconfig_lagg: words of ifconfig(8) on laggs, on net/lagg.h. */
#include "net/ifconfig_words.h"

#include "base/str.h"
#include "net/lagg.h"

#include <errno.h>
#include <string.h>

static int word_port(struct ifconfig_run *run, const struct ifconfig_word *w,
		     bool on, char *const *args, struct err *e)
{
	(void)w;
	if (run->dry)
		return 0;
	run_touch(run);
	return (on ? lagg_port_add : lagg_port_delete)(run->v, run->name,
						       args[0], e);
}

static int set(struct ifconfig_run *run, enum lagg_setting what, uint32_t value,
	       struct err *e)
{
	if (run->dry)
		return 0;
	run_touch(run);
	return lagg_set(run->v, run->name, what, value, e);
}

static int word_proto(struct ifconfig_run *run, const struct ifconfig_word *w,
		      bool on, char *const *args, struct err *e)
{
	uint32_t proto;
	int r = lagg_proto_parse(args[0], &proto, e);

	(void)w;
	(void)on;
	return r < 0 ? r : set(run, LAGG_SET_PROTO, proto, e);
}

static int word_hash(struct ifconfig_run *run, const struct ifconfig_word *w,
		     bool on, char *const *args, struct err *e)
{
	uint32_t hash;
	int r = lagg_hash_parse(args[0], &hash, e);

	(void)w;
	(void)on;
	return r < 0 ? r : set(run, LAGG_SET_HASH, hash, e);
}

static int word_opt(struct ifconfig_run *run, const struct ifconfig_word *w,
		    bool on, char *const *args, struct err *e)
{
	(void)args;
	/* without it is how it works here anyway */
	if (on && w->arg == LAGG_OPT_NUMA)
		return err_set(e, EOPNOTSUPP,
			       "use_numa: Linux tells no port's domain");
	return set(run, on ? LAGG_SET_OPT : LAGG_CLEAR_OPT, w->arg, e);
}

/* A number up to w->ext. */
static int word_number(struct ifconfig_run *run, const struct ifconfig_word *w,
		       bool on, char *const *args, struct err *e)
{
	long long n;

	(void)on;
	if (str_to_int(args[0], w->arg == LAGG_SET_LIMIT, w->ext, &n) < 0)
		return err_set(e, EINVAL, "Invalid %s option: %s", w->name,
			       args[0]);
	return set(run, (enum lagg_setting)w->arg, (uint32_t)n, e);
}

static int word_type(struct ifconfig_run *run, const struct ifconfig_word *w,
		     bool on, char *const *args, struct err *e)
{
	(void)run;
	(void)w;
	(void)on;
	if (!strcmp(args[0], "ethernet"))
		return 0; /* as all are */
	if (!strcmp(args[0], "infiniband"))
		return err_set(e, EOPNOTSUPP,
			       "laggtype infiniband: not available here");
	return err_set(e, EINVAL, "Invalid lagg type: %s", args[0]);
}

const struct ifconfig_word ifconfig_lagg_words[] = {
	{"laggport", 1, true, word_port, 0, 0},
	{"laggproto", 1, false, word_proto, 0, 0},
	{"lagghash", 1, false, word_hash, 0, 0},
	{"laggtype", 1, false, word_type, 0, 0},
	{"use_flowid", 0, true, word_opt, LAGG_OPT_FLOWID, 0},
	{"use_numa", 0, true, word_opt, LAGG_OPT_NUMA, 0},
	{"lacp_strict", 0, true, word_opt, LAGG_OPT_STRICT, 0},
	{"lacp_fast_timeout", 0, true, word_opt, LAGG_OPT_FAST, 0},
	{"flowid_shift", 1, false, word_number, LAGG_SET_SHIFT, 31},
	{"rr_limit", 1, false, word_number, LAGG_SET_LIMIT, 65535},
	{NULL, 0, false, NULL, 0, 0},
};
