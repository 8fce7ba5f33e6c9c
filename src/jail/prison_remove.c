/*
 * prison_remove: the end of a jail.
 *
 * Theory of operation.  Whoever removes a jail first claims it: pending/JID
 * names the claimer, so a claimer that dies is found by the next command,
 * which claims it in turn.  Every step takes "already gone" for success, so
 * the same steps undo a half-made jail, finish a half-removed one and clear
 * away one whose processes were killed.  Order:
 *
 *   children, processes, shared addresses below, netgraph, interfaces home,
 * cgroups, pins, registry, pending
 *
 * A step that fails is reported and the rest is done, except that a vnet
 * with interfaces that could not go home stays pinned, and the jail listed
 * as dying: the next command tries again.
 */
#include "jail/prison_int.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/plan.h"
#include "jail/alias.h"
#include "jail/netgraph.h"
#include "jail/rctl_int.h"
#include "jail/share_below.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#define KILL_WAIT_MS 10000
#define WAKE_MS 100

static bool is_me(const struct proc_id *id)
{
	struct proc_id me;

	return id->pid == getpid() && proc_id_self(&me, NULL) == 0 &&
	       me.start == id->start;
}

int jail_claim(struct prisons *ps, int jid, bool only_dead, struct err *e)
{
	cleanup_pending struct pending p = {0};
	cleanup_life struct life l = {0};
	cleanup_pset struct pset params = {0};
	cleanup_close int lock = -1;
	int r;

	r = reg_lock(ps, &lock, e);
	if (r < 0)
		return r;
	if (!jid_exists(ps, jid)) {
		/* the last jail's end: the lock has made a registry anew */
		reg_tidy(ps);
		return err_set(e, ENOENT, "jail %d not found", jid);
	}
	/* what looked dead may be another jail's, that got its jid since */
	if (only_dead && !pending_is(ps, jid) &&
	    life_read(ps, jid, &l, NULL) == 0 && proc_id_running(&l.init))
		return err_set(e, EBUSY, "jail %d is alive", jid);
	life_free(&l);
	if (pending_read(ps, jid, &p, NULL) == 0 && !is_me(&p.owner) &&
	    proc_id_alive(&p.owner) && (only_dead || p.remove))
		return err_set(e, EBUSY, "jail %d is dying", jid);
	/* the name goes with pending from here on */
	if (!p.name && params_read(ps, jid, &params, NULL) == 0 &&
	    pset_value(&params, "name"))
		p.name = strdup(pset_value(&params, "name"));
	if (!p.cgroup && life_read(ps, jid, &l, NULL) == 0)
		p.cgroup = take_ptr(l.cgroup);
	p.remove = true;
	r = proc_id_self(&p.owner, e);
	if (!r)
		r = pending_write(ps, jid, &p, e);
	/* with no space for the claim the jail is what has to make some */
	if (r == -ENOSPC || r == -EDQUOT) {
		err_clear(e);
		return 0;
	}
	return r;
}

/* What is known of a jail that has no room for its claim, see above. */
static int unclaimed(struct prisons *ps, int jid, const struct life *l,
		     struct pending *p, struct err *e)
{
	cleanup_pset struct pset params = {0};

	if (!p->name && params_read(ps, jid, &params, NULL) == 0 &&
	    pset_value(&params, "name")) {
		p->name = strdup(pset_value(&params, "name"));
		if (!p->name)
			return err_nomem(e);
	}
	if (!p->cgroup && l->cgroup && !(p->cgroup = strdup(l->cgroup)))
		return err_nomem(e);
	return 0;
}

/* End every process; the jail's vnet and files stay. */
static int kill_all(struct life *l, const char *cgroup, struct err *e)
{
	bool keeper = is_me(&l->keeper);
	cleanup_close int init = -1;
	cleanup_free char *tree = NULL;
	int r = 0;

	proc_id_open(&l->init, &init, NULL);
	if (!keeper)
		keeper_stop(l);
	if (cgroup) {
		/* as the keeper we live in CGROUP/init ourselves */
		tree = str_printf("%s%s", cgroup, keeper ? "/tree" : "");
		r = tree ? cgroup_kill(tree, e) : err_nomem(e);
	}
	if (init < 0)
		return r;
	/* the kernel ends a pid namespace with its first process, and lets
	 * that one go last */
	pidfd_signal(init, SIGKILL);
	for (int ms = 0; !pidfd_wait(init, WAKE_MS); ms += WAKE_MS) {
		if (ms >= KILL_WAIT_MS)
			return err_set(e, EBUSY, "processes do not end");
		proc_wake_parents(l->init.pid);
	}
	/* reap it if this process made it */
	waitpid(l->init.pid, NULL, WNOHANG);
	return r;
}

static int drop_cgroup(struct prisons *ps, const struct life *l,
		       const char *cgroup, struct err *e)
{
	cleanup_free char *base = strdup(cgroup);
	cleanup_free char *root = NULL, *procs = NULL, *self = NULL;
	int r;

	(void)ps;
	if (is_me(&l->keeper) && cgroup_root(&root, NULL) == 0) {
		/* slow (a migration), but everything urgent is done */
		procs = str_printf("%s/cgroup.procs", root);
		/* where the root's own are when it passes controllers on */
		self = str_printf("%s/" CGCTL_SELF "/cgroup.procs", root);
		if (procs && file_poke(AT_FDCWD, procs, "0", NULL) < 0 && self)
			file_poke(AT_FDCWD, self, "0", NULL);
	}
	r = cgroup_remove(cgroup, e);
	if (base) {
		*strrchr(base, '/') = '\0';
		rmdir(base); /* fails while another jail is in it */
	}
	return r;
}

static int unpin(int jid, const char *ns, struct err *e)
{
	cleanup_free char *path = jail_path(jid, ns);

	return path ? mnt_unpin(path, e) : err_nomem(e);
}

static int drop_files(struct prisons *ps, int jid, const struct pending *p,
		      struct err *e)
{
	cleanup_close int lock = -1;
	char path[64];
	int r;

	r = reg_lock(ps, &lock, e);
	if (r < 0)
		return r;
	plan_failpoint();
	if (p->name)
		name_drop(ps, p->name, jid);
	range_drop(ps, jid);
	users_drop(ps, jid);
	share_drop(ps, jid);
	plan_failpoint();
	snprintf(path, sizeof(path), "jails/%d", jid);
	r = file_rmtree(ps->dirfd, path, e);
	if (r < 0)
		return r;
	plan_failpoint();
	r = pending_drop(ps, jid, e);
	if (!r)
		reg_tidy(ps);
	return r;
}

int jail_destroy(struct prisons *ps, int jid, struct err *e)
{
	cleanup_pending struct pending p = {0};
	cleanup_life struct life l = {0};
	struct err se = ERR_INIT;
	int first = 0, r;

	/* either may be missing in a half-made jail */
	pending_read(ps, jid, &p, NULL);
	life_read(ps, jid, &l, NULL);
	r = unclaimed(ps, jid, &l, &p, e);
	if (r < 0)
		return r;
	/* whoever acts inside does not see who is outside */
	if (proc_id_alive(&l.init))
		proc_wake_parents(l.init.pid);
	if (l.lo)
		err_note(e, &first, nest_remove_all(ps, jid, &l, &se), &se);
	plan_failpoint();
	r = kill_all(&l, p.cgroup, &se);
	err_note(e, &first, r, &se);
	if (r < 0)
		return first;
	plan_failpoint();
	if (l.lo)
		err_note(e, &first, share_below_end(ps, jid, &se), &se);
	plan_failpoint();
	err_note(e, &first, netgraph_jail_end(ps, jid, &l, &se), &se);
	plan_failpoint();
	r = l.nlent ? lent_return(ps, jid, &l, &se) : 0;
	err_note(e, &first, r, &se);
	if (r < 0)
		return first;
	plan_failpoint();
	if (p.cgroup) {
		r = share_let_go(ps, jid, p.cgroup, &se);
		err_note(e, &first, r, &se);
	}
	plan_failpoint();
	if (p.cgroup)
		err_note(e, &first, drop_cgroup(ps, &l, p.cgroup, &se), &se);
	plan_failpoint();
	err_note(e, &first, rctl_jail_drop(ps, jid, &se), &se);
	plan_failpoint();
	err_note(e, &first, unpin(jid, "net", &se), &se);
	plan_failpoint();
	err_note(e, &first, unpin(jid, "mnt", &se), &se);
	err_note(e, &first, alias_end(ps, jid, l.lo, l.hi, &se), &se);
	plan_failpoint();
	if (first)
		return first;
	err_note(e, &first, drop_files(ps, jid, &p, &se), &se);
	return first;
}

/* Another command is at it: when we return it is gone all the same. */
static int wait_gone(struct prisons *ps, int jid, struct err *e)
{
	const struct timespec nap = {.tv_nsec = 2000000};

	for (int ms = 0; ms < KILL_WAIT_MS; ms += 2) {
		cleanup_pending struct pending p = {0};

		if (pending_read(ps, jid, &p, NULL) < 0 || !p.remove ||
		    !proc_id_alive(&p.owner))
			break;
		nanosleep(&nap, NULL);
	}
	if (jid_exists(ps, jid))
		return -EBUSY; /* as claiming it has said */
	return err_set(e, ENOENT, "jail %d not found", jid);
}

int prison_remove(struct prisons *ps, int jid, struct err *e)
{
	int r, owner;

	if (!ps->writable)
		return err_set(e, EPERM,
			       "jail_remove: Operation not permitted");
	if (ps->dirfd < 0)
		return err_set(e, ENOENT, "jail %d not found", jid);
	if (!jid_exists(ps, jid)) {
		owner = range_owner(ps, jid);
		if (owner)
			return nest_remove(ps, owner, jid, e);
		return err_set(e, ENOENT, "jail %d not found", jid);
	}
	r = jail_claim(ps, jid, false, e);
	if (r == -EBUSY)
		return wait_gone(ps, jid, e);
	return r < 0 ? r : jail_destroy(ps, jid, e);
}
