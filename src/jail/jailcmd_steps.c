/*
 * jailcmd_steps: what starting, stopping and modifying a jail consist of.
 *
 * Theory of operation.  The tables below are jail(8)'s order of work.  A step
 * with `param` is run once for each of its values, in order; a job keeps its
 * place as (step, value).  When a step of a start fails, the job goes back
 * from there through the same table, value by value, and undoes what has an
 * undo; no exec.* command of the start list runs then.  A failed step of a
 * stop leaves the jail as it is.
 *
 * Mounts have no steps of their own: they are made in the jail's own mount
 * namespace by prison_set() and go with it.
 */
#include "jail/jailcmd_int.h"

#include "base/cleanup.h"
#include "base/plan.h"
#include "jail/alias.h"
#include "jail/fstab.h"
#include "jail/jailcmd_split.h"
#include "jail/param.h"
#include "net/dad.h"
#include "net/ifconfig.h"
#include "net/vnet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int step_command(struct jailrun *run, struct jailjob *j,
			const char *value)
{
	return jailjob_exec(run, j, &j->steps[j->step], value);
}

/* ---- addresses on the host's interfaces ---- */

/* "ifconfig IF inet A[/n] [netmask m] [words] alias", words of one strv. */
static int alias_words(const char *value, bool v6, bool down, struct strv *ret,
		       struct err *e)
{
	struct param_addr a;
	bool dotted;

	if (param_addr_split(value, &a) < 0)
		return err_set(e, EINVAL, "bad address: %s", value);
	dotted = !v6 && strchr(a.mask, '.');
	if (strv_add(ret, a.ifname) < 0 ||
	    strv_add(ret, v6 ? "inet6" : "inet") < 0)
		return err_nomem(e);
	if (a.mask[0] && !dotted) {
		if (strv_addf(ret, "%s/%s", a.addr, a.mask) < 0)
			return err_nomem(e);
	} else if (strv_add(ret, a.addr) < 0 ||
		   strv_add(ret, v6 ? "prefixlen" : "netmask") < 0 ||
		   strv_add(ret, dotted ? a.mask
				 : v6	? "128"
					: "255.255.255.255") < 0) {
		return err_nomem(e);
	}
	if (a.words[0] && strv_split(ret, a.words, " \t") < 0)
		return err_nomem(e);
	return strv_add(ret, down ? "-alias" : "alias") < 0 ? err_nomem(e) : 0;
}

/* Fails as ifconfig run by jail(8) does: its line, then the command's. */
static int ifconfig_failed(struct jailrun *run, struct jailjob *j,
			   const struct strv *words, const struct err *e)
{
	cleanup_free char *line = jailcmd_line_text(words);

	report(run->report, REPORT_ERROR, "ifconfig: %s", e->text);
	jailjob_error(run, j, "/sbin/ifconfig %s: failed", line ? line : "");
	return -EIO;
}

/* One line of ifconfig(8) for one alias. */
struct alias_line {
	struct jailrun *run;
	struct jailjob *j;
	struct strv words;
	struct alias alias;
	unsigned char addr[16];
};

static void alias_line_free(struct alias_line *l)
{
	strv_free(&l->words);
}

static int alias_line_make(struct jailrun *run, struct jailjob *j,
			   const char *value, bool v6, bool down,
			   struct alias_line *ret, struct err *e)
{
	cleanup_free char *line = NULL;
	struct param_addr a;
	int r;

	*ret = (struct alias_line){.run = run, .j = j};
	r = alias_words(value, v6, down, &ret->words, e);
	if (r < 0 || param_addr_split(value, &a) < 0)
		return r;
	inet_pton(v6 ? AF_INET6 : AF_INET, a.addr, ret->addr);
	ret->alias = (struct alias){.ifname = ret->words.v[0],
				    .family = v6 ? AF_INET6 : AF_INET,
				    .addr = ret->addr};
	line = jailcmd_line_text(&ret->words);
	jailjob_note(run, j, REPORT_VERBOSE, "run command: /sbin/ifconfig %s",
		     line ? line : "");
	if (!j->aliases[0])
		r = alias_list_name(j->aliases, e);
	if (!r && !run->vnet)
		r = vnet_open(-1, VNET_STATEDIR, &run->vnet, e);
	return r;
}

static int alias_line_apply(void *data, struct err *e)
{
	cleanup_strbuf struct strbuf out = STRBUF_INIT, warn = STRBUF_INIT;
	struct alias_line *l = data;
	struct ifconfig_opts o = {.warn = &warn};

	/* "-no_dad" is said by who wants the check */
	if (l->alias.family == AF_INET6 && !strv_has(&l->words, "-no_dad"))
		o.nodad = dad_needless(l->run->vnet, l->alias.ifname);
	return ifconfig_apply(l->run->vnet, l->words.v[0], (int)l->words.n - 1,
			      l->words.v + 1, &o, &out, e);
}

static int step_alias_any(struct jailrun *run, struct jailjob *j,
			  const char *value, bool v6, bool down)
{
	struct alias_line l __attribute__((cleanup(alias_line_free))) = {0};
	struct err e = ERR_INIT;
	int r;

	r = alias_line_make(run, j, value, v6, down, &l, &e);
	if (r < 0) {
		jailjob_error(run, j, "%s", e.text);
		return r;
	}
	r = down ? alias_drop(run->ps, run->vnet, j->aliases, &l.alias, &e)
		 : alias_add(run->ps, run->vnet, j->aliases, &l.alias,
			     alias_line_apply, &l, &e);
	return r < 0 ? ifconfig_failed(run, j, &l.words, &e) : 0;
}

static int step_alias4(struct jailrun *run, struct jailjob *j, const char *v)
{
	return step_alias_any(run, j, v, false, false);
}

static int step_unalias4(struct jailrun *run, struct jailjob *j, const char *v)
{
	return step_alias_any(run, j, v, false, true);
}

static int step_alias6(struct jailrun *run, struct jailjob *j, const char *v)
{
	return step_alias_any(run, j, v, true, false);
}

static int step_unalias6(struct jailrun *run, struct jailjob *j, const char *v)
{
	return step_alias_any(run, j, v, true, true);
}

/* What was made for the jail is the jail's from here on. */
static int aliases_give(struct jailrun *run, struct jailjob *j)
{
	struct err e = ERR_INIT;
	int r = 0;

	if (j->aliases[0])
		r = alias_give(run->ps, j->aliases, j->jid, &e);
	if (r < 0)
		jailjob_error(run, j, "%s", e.text);
	return r;
}

/* The steps after the removal take away what the jail has; else it would. */
static void aliases_take(struct jailrun *run, struct jailjob *j)
{
	struct err e = ERR_INIT;
	int r = 0;

	if (!j->alias4.n && !j->alias6.n)
		return;
	if (!j->aliases[0])
		r = alias_list_name(j->aliases, &e);
	if (!r)
		r = alias_take(run->ps, j->jid, j->aliases, &e);
	if (r < 0)
		jailjob_warn(run, j, "%s", e.text);
}

/*
 * -m: the jail has the new ones before it may use them, so that whoever dies
 * here takes away nothing that is in use.
 */
static int step_alias_give(struct jailrun *run, struct jailjob *j,
			   const char *v)
{
	(void)v;
	return aliases_give(run, j);
}

/* Then, or when it failed, what is no address of the jail goes. */
static int step_alias_keep(struct jailrun *run, struct jailjob *j,
			   const char *v)
{
	static const char *const lists[] = {"ip4.addr", "ip6.addr"};
	cleanup_prison struct prison p = {0};
	cleanup_strv struct strv keep = {0};
	struct err e = ERR_INIT;
	char jid[16];
	int r;

	(void)v;
	if (!pset_find(&j->params, lists[0]) &&
	    !pset_find(&j->params, lists[1]))
		return 0;
	snprintf(jid, sizeof(jid), "%d", j->jid);
	r = prison_get(run->ps, jid, false, &p, &e);
	for (size_t i = 0; !r && i < ARRAY_SIZE(lists); i++) {
		const struct jparam *a = pset_find(&p.params, lists[i]);

		for (size_t k = 0; !r && a && k < a->values.n; k++)
			r = strv_add(&keep, a->values.v[k]);
	}
	if (!r)
		r = alias_keep(run->ps, j->jid, &keep, &e);
	if (r < 0)
		jailjob_error(run, j, "%s", e.text);
	return r;
}

void jailjob_aliases_end(struct jailrun *run, struct jailjob *j)
{
	struct err e = ERR_INIT;

	if (j->aliases[0] && alias_drop_all(run->ps, j->aliases, &e) < 0)
		jailjob_warn(run, j, "%s", e.text);
	if (j->steps == jail_update_steps && (j->flags & JOB_FAILED))
		(void)step_alias_keep(run, j, NULL);
}

/* ---- the jail itself ---- */

/* The mounts are made with the jail; what cannot be one is told here. */
static int step_mount_check(struct jailrun *run, struct jailjob *j,
			    const char *value)
{
	cleanup_fstab_line struct fstab_line l = {0};
	cleanup_free char *line = strndup(value, strcspn(value, "\n"));
	cleanup_strv struct strv f = {0};
	struct err e = ERR_INIT;
	int r = fstab_parse(j->steps[j->step].param, value, &l, &e);

	if (r < 0)
		jailjob_error(run, j, "%s", e.text);
	if (r)
		return r < 0 ? r : 0;
	if (!line || strv_split(&f, line, " \t\f\v\r") < 0)
		return -ENOMEM;
	/* FreeBSD's words; here it is mounted with the jail's root */
	jailjob_note(run, j, REPORT_VERBOSE,
		     "run command: /sbin/mount -t %s%s%s %s %s", f.v[2],
		     f.n > 3 ? " -o " : "", f.n > 3 ? f.v[3] : "", f.v[0],
		     f.v[1]);
	return 0;
}

static int jailjob_check_path(struct jailrun *run, struct jailjob *j)
{
	const char *path = pset_value(&j->params, "path");
	struct stat st;

	if (!path)
		return 0;
	if (path[0] != '/')
		jailjob_error(run, j, "path %s: not an absolute pathname",
			      path);
	else if (stat(path, &st) < 0)
		jailjob_error(run, j, "path %s: %s", path, strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		jailjob_error(run, j, "path %s: %s", path, strerror(ENOTDIR));
	else
		return 0;
	return -EINVAL;
}

static bool jailjob_has_values(const struct jailjob *j, const char *name)
{
	const struct jparam *p = pset_find(&j->params, name);

	return p && p->values.n;
}

/*
 * A jail lives by `persist` or by its processes.  While commands are run for
 * it, it persists; a block's jail with neither is kept.
 */
static int jailjob_persist(struct jailrun *run, struct jailjob *j,
			   struct pset *ps, struct err *e)
{
	static const char *const commands[] = {"exec.created", "exec.start",
					       "command", "exec.poststart"};
	bool runs = false;
	int r;

	if (param_set_bool(ps, "persist"))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		runs |= jailjob_has_values(j, commands[i]);
	if (runs) {
		j->flags |= JOB_PERSIST;
	} else if (run->blockdir && !pset_find(ps, "persist")) {
		jailjob_warn(run, j,
			     "has neither persist nor a command: kept as if "
			     "it had persist");
	} else {
		return err_set(e, EINVAL, "new jail must persist or attach");
	}
	pset_remove(ps, "persist");
	r = pset_put(ps, "persist", NULL, false, e);
	return r;
}

static void jailjob_verbose_set(struct jailrun *run, struct jailjob *j,
				const char *what, const struct pset *ps)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	if (run->cmd->verbosity < 1)
		return;
	for (size_t i = 0; i < ps->n; i++) {
		cleanup_free char *v = strv_join(&ps->v[i].values, ",");

		/* told as commands */
		if (str_prefix(ps->v[i].name, "mount"))
			continue;
		strbuf_addf(&b, " %s%s%s", ps->v[i].name,
			    ps->v[i].values.n ? "=" : "", v ? v : "");
	}
	jailjob_note(run, j, REPORT_VERBOSE, "jail_set(%s)%s", what, b.s);
}

int jailjob_created(struct jailrun *run, struct jailjob *j, int jid)
{
	struct jailcmd_started s = {
		.jid = jid,
		.name = j->name,
		.params = &j->given,
	};

	j->jid = jid;
	j->init = 0;
	j->flags |= JOB_CREATED | JOB_MADE;
	if (aliases_give(run, j) < 0)
		return -EIO;
	if (run->cmd->created)
		run->cmd->created(run->cmd->data, &s);
	if (run->cmd->verbosity > 0 || (run->cmd->verbosity == 0 && j->name))
		jailjob_note(run, j, REPORT_OUT, "created");
	jailgraph_done(run, j, true);
	return 0;
}

static int step_create(struct jailrun *run, struct jailjob *j, const char *v)
{
	cleanup_pset struct pset ps = {0};
	struct err e = ERR_INIT;
	int r, jid;

	(void)v;
	if (jailjob_check_path(run, j) < 0)
		return -EINVAL;
	jailjob_spelling(run, j);
	r = jailjob_prison_params(run, j, true, &ps, &e);
	if (!r)
		r = jailjob_persist(run, j, &ps, &e);
	if (!r) {
		jailjob_verbose_set(run, j, "JAIL_CREATE", &ps);
		if (crew_make(run, j, &ps) == STEP_WAIT)
			return STEP_WAIT;
		r = prison_set(run->ps, &ps, PRISON_CREATE, &jid, &e);
	}
	if (r < 0) {
		jailjob_error(run, j, "%s", e.text);
		return r;
	}
	return jailjob_created(run, j, jid);
}

/* Its stop commands took their time: is it still the jail they were for? */
static bool jailjob_replaced(struct jailrun *run, const struct jailjob *j)
{
	cleanup_prison struct prison p = {0};
	char jid[16];

	snprintf(jid, sizeof(jid), "%d", j->jid);
	return j->init > 0 && !prison_get(run->ps, jid, false, &p, NULL) &&
	       p.init > 0 && p.init != j->init;
}

static int jailjob_remove(struct jailrun *run, struct jailjob *j, bool say)
{
	struct err e = ERR_INIT;
	int r = 0;

	if (!jailjob_replaced(run, j))
		r = prison_remove(run->ps, j->jid, &e);
	/* gone already is as good as removed */
	if (r < 0 && r != -ENOENT && r != -ESRCH) {
		jailjob_error(run, j, "jail_remove: %s", e.text);
		return r;
	}
	if (run->cmd->verbosity > 0 || (run->cmd->verbosity == 0 && say))
		jailjob_note(run, j, REPORT_OUT, "removed");
	return 0;
}

static int step_uncreate(struct jailrun *run, struct jailjob *j, const char *v)
{
	int r;

	(void)v;
	r = jailjob_remove(run, j, j->name != NULL);
	j->flags &= ~(unsigned int)(JOB_CREATED | JOB_PERSIST);
	j->jid = -1;
	return r;
}

static int step_remove(struct jailrun *run, struct jailjob *j, const char *v)
{
	int r;

	(void)v;
	aliases_take(run, j);
	r = jailjob_remove(run, j, run->note_remove);
	if (r < 0) {
		(void)aliases_give(run, j);
		return r;
	}
	j->jid = -1;
	jailgraph_done(run, j, true);
	return 0;
}

static int step_update(struct jailrun *run, struct jailjob *j, const char *v)
{
	cleanup_pset struct pset ps = {0};
	struct err e = ERR_INIT;
	char jid[16];
	int r, ret;

	(void)v;
	jailjob_spelling(run, j);
	r = jailjob_prison_params(run, j, false, &ps, &e);
	if (!r && !pset_find(&ps, "jid")) {
		snprintf(jid, sizeof(jid), "%d", j->jid);
		r = pset_put(&ps, "jid", jid, false, &e);
	}
	if (!r) {
		jailjob_verbose_set(run, j, "JAIL_UPDATE", &ps);
		r = prison_set(run->ps, &ps, PRISON_UPDATE, &ret, &e);
	}
	if (r < 0) {
		jailjob_error(run, j, "%s", e.text);
		return r;
	}
	if (run->cmd->verbosity > 0 || (run->cmd->verbosity == 0 && j->name))
		jailjob_note(run, j, REPORT_OUT, "updated");
	return 0;
}

/* ---- interfaces ---- */

static int step_vnet_any(struct jailrun *run, struct jailjob *j,
			 const char *ifname, bool down)
{
	cleanup_strv struct strv words = {0};
	struct err e = ERR_INIT;
	int r;

	if (strv_add(&words, ifname) < 0 ||
	    strv_add(&words, down ? "-vnet" : "vnet") < 0 ||
	    strv_addf(&words, "%d", j->jid) < 0)
		return -ENOMEM;
	jailjob_note(run, j, REPORT_VERBOSE,
		     "run command: /sbin/ifconfig %s "
		     "%s %d",
		     ifname, words.v[1], j->jid);
	r = down ? prison_reclaim(run->ps, j->jid, ifname, &e)
		 : prison_lend(run->ps, j->jid, ifname, &e);
	return r < 0 ? ifconfig_failed(run, j, &words, &e) : 0;
}

static int step_vnet(struct jailrun *run, struct jailjob *j, const char *v)
{
	return step_vnet_any(run, j, v, false);
}

static int step_unvnet(struct jailrun *run, struct jailjob *j, const char *v)
{
	return step_vnet_any(run, j, v, true);
}

/* ---- the tables ---- */

static const struct strv *list_alias4(const struct jailjob *j)
{
	return &j->alias4;
}

static const struct strv *list_alias6(const struct jailjob *j)
{
	return &j->alias6;
}

const struct strv *jailstep_values(const struct jailstep *s,
				   const struct jailjob *j)
{
	static const struct strv none;
	const struct jparam *p;

	if (s->list)
		return s->list(j);
	if (!s->param)
		return NULL;
	p = pset_find(&j->params, s->param);
	return p ? &p->values : &none;
}

#define COMMAND(p)                                                             \
	{                                                                      \
		.name = p, .param = p, .run = step_command                     \
	}
#define INJAIL(p)                                                              \
	{                                                                      \
		.name = p, .param = p, .run = step_command, .injail = true     \
	}

const struct jailstep jail_start_steps[] = {
	COMMAND("exec.prepare"),
	{.name = "ip4 alias",
	 .list = list_alias4,
	 .run = step_alias4,
	 .undo = step_unalias4},
	{.name = "ip6 alias",
	 .list = list_alias6,
	 .run = step_alias6,
	 .undo = step_unalias6},
	{.name = "ip6 dad", .run = jailjob_dad},
	{.name = "mount", .param = "mount", .run = step_mount_check},
	{.name = "fstab", .param = "mount.fstab", .run = step_mount_check},
	COMMAND("exec.prestart"),
	{.name = "create", .run = step_create, .undo = step_uncreate},
	COMMAND("exec.created"),
	{.name = "vnet",
	 .param = "vnet.interface",
	 .run = step_vnet,
	 .undo = step_unvnet},
	INJAIL("exec.start"),
	INJAIL("command"),
	COMMAND("exec.poststart"),
	{.name = NULL},
};

const struct jailstep jail_stop_steps[] = {
	COMMAND("exec.prestop"),
	INJAIL("exec.stop"),
	{.name = "terminate", .run = jailjob_term},
	{.name = "remove", .run = step_remove},
	COMMAND("exec.poststop"),
	{.name = "ip6 alias", .list = list_alias6, .run = step_unalias6},
	{.name = "ip4 alias", .list = list_alias4, .run = step_unalias4},
	COMMAND("exec.release"),
	{.name = NULL},
};

const struct jailstep jail_cleanup_steps[] = {
	COMMAND("exec.poststop"),
	{.name = "ip6 alias", .list = list_alias6, .run = step_unalias6},
	{.name = "ip4 alias", .list = list_alias4, .run = step_unalias4},
	COMMAND("exec.release"),
	{.name = NULL},
};

/* A command line's -m with a command runs it in the jail. */
const struct jailstep jail_update_steps[] = {
	{.name = "ip4 alias", .list = list_alias4, .run = step_alias4},
	{.name = "ip6 alias", .list = list_alias6, .run = step_alias6},
	{.name = "ip6 dad", .run = jailjob_dad},
	{.name = "give", .run = step_alias_give},
	{.name = "update", .run = step_update},
	{.name = "keep", .run = step_alias_keep},
	INJAIL("exec.start"),
	INJAIL("command"),
	{.name = NULL},
};
