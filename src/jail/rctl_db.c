/*
 * rctl_db: the rules of a level, and what is done to them; see rctl.h.
 */
#include "jail/rctl_int.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/plan.h"
#include "jail/regtext.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define RULES_MAX 256 /* of one subject */
#define PATH_SIZE (sizeof("rctl/process/") + 3 * RCTL_ID_MAX)

/* One subject's file. */
struct subject {
	int kind; /* RCTL_JAIL or RCTL_PROCESS */
	char id[RCTL_ID_MAX];
	uint64_t seq;	     /* when its first rule came: newest listed first */
	uint64_t start;	     /* of a process, with its pid */
	struct rctl_rules v; /* oldest first */
	struct rlimit was[KNOBS]; /* of a process, by knob */
	bool has_was[KNOBS];
};

void rctl_rules_free(struct rctl_rules *r)
{
	free(r->v);
	*r = (struct rctl_rules){0};
}

static void subject_free(struct subject *s)
{
	rctl_rules_free(&s->v);
}
#define cleanup_subject __attribute__((cleanup(subject_free)))

static int rules_add(struct rctl_rules *rs, const struct rctl_rule *r,
		     struct err *e)
{
	struct rctl_rule *v = reallocarray(rs->v, rs->n + 1, sizeof(*v));

	if (!v)
		return err_nomem(e);
	rs->v = v;
	v[rs->n++] = *r;
	return 0;
}

static int may_change(const struct prisons *ps, struct err *e)
{
	if (!ps->writable || (ps->jailed && ps->children_max <= 0))
		return err_set(e, EPERM, "%s", strerror(EPERM));
	return 0;
}

/* --- files
 * ----------------------------------------------------------------------------
 */

static int subject_path(int kind, const char *id, char *path, size_t size)
{
	const char *dir = kind == RCTL_JAIL ? "rctl/jail/" : "rctl/process/";
	size_t n = strlen(dir);

	if (!*id || !strcmp(id, ".") || !strcmp(id, ".."))
		return -EINVAL;
	str_copy(path, size, dir);
	return name_encode(id, path + n, size - n);
}

static int read_was(struct subject *s, const char *text)
{
	char name[32];
	unsigned long long cur, max;
	int knob;

	if (sscanf(text, "%31[a-z] %llu %llu", name, &cur, &max) != 3)
		return -EBADMSG;
	knob = rctl_knob_find(name);
	if (knob < KNOB_CGROUPS || knob >= KNOB_RLIMITS)
		return -EBADMSG;
	s->was[knob] = (struct rlimit){cur, max};
	s->has_was[knob] = true;
	return 0;
}

static int fill(struct subject *s, const struct pset *set, struct err *e)
{
	const struct jparam *rules = pset_find(set, "rules");
	const struct jparam *was = pset_find(set, "was");
	const char *seq = pset_value(set, "seq");
	const char *start = pset_value(set, "start");
	long long n;
	int r = 0;

	if (!seq || str_to_int(seq, 0, INT64_MAX, &n) < 0)
		return err_set(e, EBADMSG, "damaged registry file");
	s->seq = (uint64_t)n;
	if (start && str_to_int(start, 0, INT64_MAX, &n) == 0)
		s->start = (uint64_t)n;
	for (size_t i = 0; !r && was && i < was->values.n; i++)
		if (read_was(s, was->values.v[i]) < 0)
			return err_set(e, EBADMSG, "damaged registry file");
	for (size_t i = 0; !r && rules && i < rules->values.n; i++) {
		struct rctl_rule rule;

		r = rctl_parse(rules->values.v[i], &rule, e);
		if (r < 0)
			break;
		if (rule.per < 0)
			rule.per = rule.subject;
		if (rctl_check(&rule, NULL) < 0 || rule.subject != s->kind ||
		    strcmp(rule.id, s->id) != 0 || i >= RULES_MAX)
			return err_set(e, EBADMSG, "damaged registry file");
		r = rules_add(&s->v, &rule, e);
	}
	return r;
}

/* An empty one where there is no file. */
static int subject_read(struct prisons *ps, int kind, const char *id,
			struct subject *ret, struct err *e)
{
	cleanup_subject struct subject s = {.kind = kind};
	cleanup_pset struct pset set = {0};
	struct err re = ERR_INIT;
	char path[PATH_SIZE];
	int r;

	str_copy(s.id, sizeof(s.id), id);
	r = subject_path(kind, id, path, sizeof(path));
	if (r < 0)
		return err_sys(e, -r, "%s", id);
	r = ps->dirfd < 0 ? -ENOENT : regtext_read(ps->dirfd, path, &set, &re);
	if (r < 0 && r != -ENOENT)
		return err_set(e, re.code, "%s", re.text);
	if (!r)
		r = fill(&s, &set, e);
	else
		r = 0;
	if (r < 0)
		return err_wrap(e, CELLBLOCK_RUN "/%s", path);
	*ret = s;
	s.v = (struct rctl_rules){0};
	return 0;
}

static int subject_text(const struct subject *s, struct pset *set,
			struct err *e)
{
	char num[96];
	int r;

	snprintf(num, sizeof(num), "%" PRIu64, s->seq);
	r = pset_put(set, "name", s->id, false, e);
	if (!r)
		r = pset_put(set, "seq", num, false, e);
	snprintf(num, sizeof(num), "%" PRIu64, s->start);
	if (!r && s->kind == RCTL_PROCESS)
		r = pset_put(set, "start", num, false, e);
	for (int k = 0; !r && k < KNOBS; k++) {
		if (!s->has_was[k])
			continue;
		snprintf(num, sizeof(num), "%s %llu %llu", rctl_knob_name(k),
			 (unsigned long long)s->was[k].rlim_cur,
			 (unsigned long long)s->was[k].rlim_max);
		r = pset_put(set, "was", num, true, e);
	}
	for (size_t i = 0; !r && i < s->v.n; i++) {
		cleanup_strbuf struct strbuf b = STRBUF_INIT;

		rctl_print(&b, &s->v.v[i], false, true);
		r = strbuf_failed(&b) ? err_nomem(e)
				      : pset_put(set, "rules", b.s, true, e);
	}
	return r;
}

/* With the lock held.  One without rules has no file. */
static int subject_write(struct prisons *ps, const struct subject *s,
			 struct err *e)
{
	static const char *const dirs[] = {"rctl", "rctl/jail", "rctl/process"};
	cleanup_pset struct pset set = {0};
	char path[PATH_SIZE];
	int r = subject_path(s->kind, s->id, path, sizeof(path));

	if (r < 0)
		return err_sys(e, -r, "%s", s->id);
	plan_failpoint();
	if (!s->v.n) {
		if (unlinkat(ps->dirfd, path, 0) < 0 && errno != ENOENT)
			return err_sys(e, errno, CELLBLOCK_RUN "/%s", path);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (mkdirat(ps->dirfd, dirs[i], 0755) < 0 && errno != EEXIST)
			return err_sys(e, errno, CELLBLOCK_RUN "/%s", dirs[i]);
	r = subject_text(s, &set, e);
	return r < 0 ? r : regtext_write(ps->dirfd, path, &set, e);
}

bool rctl_has_rules(struct prisons *ps, const char *jail)
{
	char path[PATH_SIZE];

	return ps->dirfd >= 0 &&
	       subject_path(RCTL_JAIL, jail, path, sizeof(path)) == 0 &&
	       faccessat(ps->dirfd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int rctl_rules_of(struct prisons *ps, const char *jail, struct rctl_rules *ret,
		  struct err *e)
{
	cleanup_subject struct subject s = {0};
	int r = subject_read(ps, RCTL_JAIL, jail, &s, e);

	for (size_t i = s.v.n; !r && i-- > 0;)
		r = rules_add(ret, &s.v.v[i], e);
	return r;
}

/* --- processes ----------------------------------------------------------- */

static pid_t pid_of(const char *id)
{
	return (pid_t)strtol(id, NULL, 10);
}

/* Rules of a process end with it, as on FreeBSD. */
static bool process_alive(const struct subject *s)
{
	const struct proc_id id = {pid_of(s->id), s->start};

	return proc_id_alive(&id);
}

/* Its knobs from `old`'s rules to what s has now. */
static int process_limit(struct prisons *ps, struct subject *s, struct err *e)
{
	struct rctl_limits l = rctl_no_limits;
	int r = 0;

	for (size_t i = 0; !r && i < s->v.n; i++)
		r = rctl_limits_add(&l, &s->v.v[i], e);
	for (int k = KNOB_CGROUPS; !r && k < KNOB_RLIMITS; k++) {
		struct rlimit was;

		/* up to where it was first: a higher amount counts from there
		 */
		if (s->has_was[k])
			r = rctl_rlimit_put(pid_of(s->id), k, &s->was[k], e);
		if (r == -EPERM) {
			err_clear(e);
			report(ps->report, REPORT_WARN, RCTL_KEPT);
			r = 0;
		}
		if (r < 0)
			return r;
		if (l.v[k] == KNOB_OFF) {
			s->has_was[k] = false;
			continue;
		}
		r = rctl_rlimit(pid_of(s->id), k, l.v[k], &was, e);
		if (!r && !s->has_was[k]) {
			s->was[k] = was;
			s->has_was[k] = true;
		}
	}
	return r;
}

/* --- judging a rule ------------------------------------------------------ */

static int check_process(const struct rctl_rule *r, struct proc_id *ret,
			 struct err *e)
{
	if (proc_id_of(pid_of(r->id), ret, NULL) < 0)
		return err_set(e, ESRCH, "%s", strerror(ESRCH));
	if (r->per != RCTL_PROCESS)
		return err_set(e, EOPNOTSUPP,
			       "%s: Linux limits one process or a whole jail",
			       strerror(EOPNOTSUPP));
	return 0;
}

static int check_jail(const struct rctl_rule *r, struct err *e)
{
	const char *dot = strrchr(r->id, '.');

	if (dot)
		return err_set(e, EOPNOTSUPP,
			       "%s: a jail in a jail gets its rules there: "
			       "jexec %.*s rctl -a jail:%s:...",
			       strerror(EOPNOTSUPP), (int)(dot - r->id), r->id,
			       dot + 1);
	return 0;
}

/* Can it be held here?  `ret_start` names a process. */
static int check_rule(const struct rctl_rule *r, struct proc_id *ret,
		      struct err *e)
{
	int knob, c = rctl_check(r, e);

	if (!c)
		c = rctl_knob_of(r, &knob, e);
	if (!c && r->subject == RCTL_JAIL)
		c = check_jail(r, e);
	if (!c && r->subject == RCTL_PROCESS)
		c = check_process(r, ret, e);
	if (c < 0)
		return c;
	if (r->subject == RCTL_PROCESS &&
	    (knob < KNOB_CGROUPS || knob >= KNOB_RLIMITS))
		return err_set(e, EOPNOTSUPP,
			       "%s: Linux has no such limit for one process",
			       strerror(EOPNOTSUPP));
	return knob < KNOB_CGROUPS ? rctl_cgroup_check(knob, e) : 0;
}

/* --- changing ------------------------------------------------------------ */

static uint64_t sequence(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void drop_rules(struct rctl_rules *rs,
		       bool (*drops)(const struct rctl_rule *,
				     const struct rctl_rule *),
		       const struct rctl_rule *by, size_t *n)
{
	size_t kept = 0;

	for (size_t i = 0; i < rs->n; i++) {
		if (drops(by, &rs->v[i]))
			++*n;
		else
			rs->v[kept++] = rs->v[i];
	}
	rs->n = kept;
}

static bool filter_drops(const struct rctl_rule *filter,
			 const struct rctl_rule *r)
{
	return rctl_match(r, filter);
}

/* Write s down and put it in force. */
static int commit(struct prisons *ps, struct subject *s, struct err *e)
{
	int jid, r;

	if (s->kind == RCTL_PROCESS) {
		r = process_limit(ps, s, e);
		return r < 0 ? r : subject_write(ps, s, e);
	}
	r = subject_write(ps, s, e);
	plan_failpoint();
	if (!r && name_find(ps, s->id, &jid) == 0)
		r = rctl_apply(ps, jid, s->id, e);
	return r;
}

/* As it was; what cannot be undone is told.  A process has not changed. */
static int revert(struct prisons *ps, struct subject *was, int r, struct err *e)
{
	struct err ue = ERR_INIT;

	if (was->kind == RCTL_JAIL && commit(ps, was, &ue) < 0 && e)
		err_append(e, "; undo failed: %s", ue.text);
	reg_tidy(ps);
	return r;
}

int rctl_add(struct prisons *ps, const struct rctl_rule *r, struct err *e)
{
	cleanup_subject struct subject s = {0}, was = {0};
	struct proc_id id = {0};
	cleanup_close int lock = -1;
	size_t replaced = 0;
	int c;

	c = may_change(ps, e);
	if (!c)
		c = check_rule(r, &id, e);
	if (!c)
		c = reg_lock(ps, &lock, e);
	if (!c)
		c = subject_read(ps, r->subject, r->id, &was, e);
	if (!c)
		c = subject_read(ps, r->subject, r->id, &s, e);
	if (c < 0)
		return c;
	/* of a process that had the number before */
	if (r->subject == RCTL_PROCESS && s.start != id.start) {
		subject_free(&s);
		s = (struct subject){.kind = RCTL_PROCESS, .start = id.start};
		str_copy(s.id, sizeof(s.id), r->id);
	}
	drop_rules(&s.v, rctl_replaces, r, &replaced);
	if (s.v.n >= RULES_MAX)
		return err_set(e, ENOSPC, "%s", strerror(ENOSPC));
	if (!s.v.n && !replaced)
		s.seq = sequence();
	c = rules_add(&s.v, r, e);
	if (c < 0)
		return c;
	c = commit(ps, &s, e);
	if (c < 0)
		c = revert(ps, &was, c, e);
	return c;
}

/* --- looking at all ------------------------------------------------------ */

struct subjects {
	struct subject *v;
	size_t n;
};

static void subjects_free(struct subjects *s)
{
	for (size_t i = 0; i < s->n; i++)
		subject_free(&s->v[i]);
	free(s->v);
}

static int subject_cmp(const void *a, const void *b)
{
	const struct subject *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind - y->kind;
	return x->seq < y->seq ? 1 : x->seq > y->seq ? -1 : 0;
}

/* The id in a file of that name; false for what is no subject's file. */
static bool id_of_file(struct prisons *ps, int kind, const char *file, char *id,
		       size_t size)
{
	cleanup_pset struct pset set = {0};
	char path[PATH_SIZE], again[PATH_SIZE];
	const char *name;
	int n = snprintf(path, sizeof(path), "rctl/%s/%s",
			 rctl_subject_name(kind), file);

	if (n < 0 || (size_t)n >= sizeof(path) ||
	    regtext_read(ps->dirfd, path, &set, NULL) < 0)
		return false;
	name = pset_value(&set, "name");
	if (!name || strlen(name) >= size ||
	    subject_path(kind, name, again, sizeof(again)) < 0 ||
	    strcmp(path, again) != 0)
		return false;
	str_copy(id, size, name);
	return true;
}

static int load_kind(struct prisons *ps, int kind, const char *only,
		     struct subjects *ret, struct err *e)
{
	cleanup_closedir DIR *d = NULL;
	struct dirent *de;
	char dir[32];
	int fd, r = 0;

	snprintf(dir, sizeof(dir), "rctl/%s", rctl_subject_name(kind));
	fd = openat(ps->dirfd, dir,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while (!r && (de = readdir(d))) {
		char id[RCTL_ID_MAX];
		struct subject *v;

		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, "..") ||
		    !id_of_file(ps, kind, de->d_name, id, sizeof(id)) ||
		    (*only && strcmp(only, id) != 0))
			continue;
		v = reallocarray(ret->v, ret->n + 1, sizeof(*v));
		if (!v)
			return err_nomem(e);
		ret->v = v;
		v[ret->n] = (struct subject){0};
		r = subject_read(ps, kind, id, &v[ret->n], e);
		if (!r)
			ret->n++;
	}
	return r;
}

void rctl_purge(struct prisons *ps)
{
	__attribute__((cleanup(subjects_free))) struct subjects all = {0};

	if (load_kind(ps, RCTL_PROCESS, "", &all, NULL) < 0)
		return;
	for (size_t i = 0; i < all.n; i++) {
		if (process_alive(&all.v[i]))
			continue;
		all.v[i].v.n = 0;
		subject_write(ps, &all.v[i], NULL);
	}
}

/* Those a filter can match, in the order in which they are listed. */
static int load(struct prisons *ps, const struct rctl_rule *f,
		struct subjects *ret, struct err *e)
{
	static const int kinds[] = {RCTL_PROCESS, RCTL_JAIL};
	int r = 0;

	if (ps->dirfd < 0)
		return 0;
	for (size_t i = 0; !r && i < ARRAY_SIZE(kinds); i++)
		if (f->subject < 0 || f->subject == kinds[i])
			r = load_kind(ps, kinds[i], f->id, ret, e);
	if (!r && ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), subject_cmp);
	return r;
}

/* FreeBSD looks a process up when it reads the filter. */
static int check_filter(const struct rctl_rule *f, struct err *e)
{
	struct proc_id id;

	if (f->subject < 0 && f->id[0])
		return err_set(e, EINVAL, "%s", strerror(EINVAL));
	if (f->subject == RCTL_PROCESS && f->id[0] &&
	    proc_id_of(pid_of(f->id), &id, NULL) < 0)
		return err_set(e, ESRCH, "%s", strerror(ESRCH));
	return 0;
}

static int list(const struct subject *s, const struct rctl_rule *filter,
		struct rctl_rules *ret, struct err *e)
{
	int r = 0;

	if (s->kind == RCTL_PROCESS && !process_alive(s))
		return 0;
	for (size_t k = s->v.n; !r && k-- > 0;)
		if (rctl_match(&s->v.v[k], filter))
			r = rules_add(ret, &s->v.v[k], e);
	return r;
}

int rctl_list(struct prisons *ps, const struct rctl_rule *filter,
	      struct rctl_rules *ret, struct err *e)
{
	__attribute__((cleanup(subjects_free))) struct subjects all = {0};
	int r = may_change(ps, e);

	if (!r)
		r = check_filter(filter, e);
	if (!r)
		r = load(ps, filter, &all, e);
	for (size_t i = 0; !r && i < all.n; i++)
		r = list(&all.v[i], filter, ret, e);
	return r;
}

int rctl_remove(struct prisons *ps, const struct rctl_rule *filter,
		struct err *e)
{
	__attribute__((cleanup(subjects_free))) struct subjects all = {0};
	cleanup_close int lock = -1;
	struct err se = ERR_INIT;
	size_t removed = 0;
	int first = 0, r = may_change(ps, e);

	if (!r)
		r = check_filter(filter, e);
	if (r < 0)
		return r;
	if (ps->dirfd < 0)
		return err_set(e, ESRCH, "%s", strerror(ESRCH));
	r = reg_lock(ps, &lock, e);
	if (!r)
		r = load(ps, filter, &all, e);
	for (size_t i = 0; !r && i < all.n; i++) {
		struct subject *s = &all.v[i];
		size_t n = 0;

		if (s->kind == RCTL_PROCESS && !process_alive(s))
			continue; /* reg_tidy() purges them */
		drop_rules(&s->v, filter_drops, filter, &n);
		if (n)
			err_note(e, &first, commit(ps, s, &se), &se);
		removed += n;
	}
	if (!r)
		reg_tidy(ps);
	if (r < 0 || first)
		return r < 0 ? r : first;
	return removed ? 0 : err_set(e, ESRCH, "%s", strerror(ESRCH));
}

int rctl_list_process(struct prisons *ps, const struct rctl_rule *filter,
		      struct rctl_rules *ret, struct err *e)
{
	struct rctl_rule f = {.subject = RCTL_PROCESS,
			      .resource = RCTL_OMITTED,
			      .action = RCTL_OMITTED,
			      .amount = RCTL_OMITTED,
			      .per = RCTL_OMITTED};
	cleanup_free char *jail = NULL;
	int r = may_change(ps, e);

	if (!r && filter->subject < 0)
		return err_set(e, EINVAL, "%s", strerror(EINVAL));
	if (!r && filter->subject != RCTL_PROCESS)
		return err_set(e, EOPNOTSUPP, "%s", strerror(EOPNOTSUPP));
	if (!r && !filter->id[0])
		return err_set(e, EINVAL, "%s", strerror(EINVAL));
	if (!r)
		r = check_filter(filter, e);
	str_copy(f.id, sizeof(f.id), filter->id);
	if (!r)
		r = rctl_list(ps, &f, ret, e);
	if (!r)
		r = rctl_jail_of(ps, pid_of(f.id), &jail, e);
	return !r && jail ? rctl_rules_of(ps, jail, ret, e) : r;
}
