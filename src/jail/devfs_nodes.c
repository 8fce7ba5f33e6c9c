/*
 * devfs_nodes: which nodes a jail's /dev may have, and rules applied to them.
 *
 * Theory of operation.  Candidates are the rows of a table, for what FreeBSD
 * names and every Linux program expects, and, when a rule of the machine's
 * own making unhides anything, the nodes of the creator's /dev under their
 * Linux names.  Each starts visible or hidden, then the rules run over it in
 * order.  What they leave visible is shown if its device number stands in the
 * table `classes` as safe to share: what is not there (disks, consoles,
 * memory, whatever a driver registers tomorrow) could be used to leave the
 * jail or to spy on the machine, and takes host.unconfined=devices as well.
 *
 * Differences from FreeBSD, all towards fewer nodes or none: included
 * rulesets may include others (FreeBSD ends at the first level, so that
 * ruleset 5, included, would hide nothing); Linux nodes start hidden; a
 * ruleset that does not exist is an error and not an empty one that shows
 * everything; the directory of a visible node is visible.
 */
#include "jail/devfs.h"

#include "base/cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define NODES_MAX 4096
#define DEPTH_MAX 6
#define INCLUDES_MAX 16
/* Rules tried in one go, so that includes of includes come to an end. */
#define STEPS_MAX (4 * 1024 * 1024)

enum {
	SEEN = 1 << 0,	   /* only if the creator has it */
	EXPLICIT = 1 << 1, /* hidden until a rule unhides it */
};

static const struct row {
	const char *name;
	const char *also; /* names it has on FreeBSD */
	const char *with; /* it is visible with these (vnet: in a vnet jail) */
	const char *vnet;
	enum devfs_kind kind;
	unsigned int major, minor;
	mode_t mode;
	gid_t gid;
	const char *target;
	unsigned int flags;
} rows[] = {
	{.name = "null", .major = 1, .minor = 3, .mode = 0666},
	{.name = "zero", .major = 1, .minor = 5, .mode = 0666},
	{.name = "full", .with = "zero", .major = 1, .minor = 7, .mode = 0666},
	{.name = "random", .major = 1, .minor = 8, .mode = 0666},
	{.name = "urandom", .major = 1, .minor = 9, .mode = 0666},
	{.name = "tty", .with = "ptmx", .major = 5, .minor = 0, .mode = 0666},
	{.name = "ptmx", .kind = DEVFS_LINK, .target = "pts/ptmx"},
	{.name = "pts", .kind = DEVFS_PTS, .mode = 0755},
	{.name = "pts/0", .kind = DEVFS_PTY, .mode = 0620, .gid = 5},
	{.name = "fd", .kind = DEVFS_LINK, .target = "/proc/self/fd"},
	{.name = "stdin", .kind = DEVFS_LINK, .target = "/proc/self/fd/0"},
	{.name = "stdout", .kind = DEVFS_LINK, .target = "/proc/self/fd/1"},
	{.name = "stderr", .kind = DEVFS_LINK, .target = "/proc/self/fd/2"},
	/* of no use without the right to mount */
	{.name = "fuse",
	 .major = 10,
	 .minor = 229,
	 .mode = 0666,
	 .flags = SEEN},
	/*
	 * FreeBSD clones tun and tap interfaces without a device; here
	 * `ifconfig tap create` in a vnet jail needs this one, and its rights
	 * end with the vnet.
	 */
	{.name = "net/tun",
	 .also = "tun tun0 tap tap0 vmnet0",
	 .vnet = "zero",
	 .major = 10,
	 .minor = 200,
	 .mode = 0666,
	 .flags = SEEN},
	{.name = "kvm",
	 .also = "vmm vmmctl",
	 .major = 10,
	 .minor = 232,
	 .mode = 0660,
	 .flags = SEEN | EXPLICIT},
};

/* What may be shown, and to whom.  What has no row is for the trusted. */
enum class {
	TRUSTED,
	SAFE,
	NEVER
};
static const struct {
	enum devfs_kind kind;
	unsigned int major, first, last;
	enum class class;
	const char *why;
} classes[] = {
	{DEVFS_CHAR, 1, 1, 2, NEVER, "the machine's memory"},
	{DEVFS_CHAR, 1, 4, 4, NEVER, "the machine's I/O ports"},
	{DEVFS_CHAR, 1, 3, 3, SAFE, "null"},
	{DEVFS_CHAR, 1, 5, 5, SAFE, "zero"},
	{DEVFS_CHAR, 1, 7, 9, SAFE, "full, random, urandom"},
	{DEVFS_CHAR, 5, 0, 0, SAFE, "the caller's own terminal"},
	{DEVFS_CHAR, 5, 2, 2, SAFE, "new terminals, of the jail's instance"},
	{DEVFS_CHAR, 10, 200, 200, SAFE, "tun: rights by the vnet's owner"},
	{DEVFS_CHAR, 10, 229, 229, SAFE, "fuse: useless unmounted"},
	{DEVFS_CHAR, 10, 232, 232, SAFE, "kvm: bounded to its file"},
	{DEVFS_CHAR, 14, 0, 255, SAFE, "sound"},
	{DEVFS_CHAR, 81, 0, 255, SAFE, "video4linux"},
	{DEVFS_CHAR, 108, 0, 0, SAFE, "ppp: rights by the vnet's owner"},
	{DEVFS_CHAR, 116, 0, 255, SAFE, "sound"},
	{DEVFS_CHAR, 226, 0, 255, SAFE, "graphics"},
};

static const struct {
	enum devfs_kind kind;
	unsigned int first, last; /* major */
	unsigned int type;
} type_rows[] = {
	{DEVFS_BLOCK, 0, ~0U, DEVFS_DISK}, {DEVFS_CHAR, 9, 9, DEVFS_TAPE},
	{DEVFS_CHAR, 4, 4, DEVFS_TTY},	   {DEVFS_CHAR, 136, 143, DEVFS_TTY},
	{DEVFS_CHAR, 166, 166, DEVFS_TTY}, {DEVFS_CHAR, 188, 188, DEVFS_TTY},
	{DEVFS_CHAR, 204, 204, DEVFS_TTY},
};

static enum class class_of(const struct devfs_node *n) {
	for (size_t i = 0; i < ARRAY_SIZE(classes);
	     i++) if (classes[i].kind == n->kind &&
		      classes[i].major == n->major &&
		      n->minor >= classes[i].first &&
		      n->minor <= classes[i].last) return classes[i]
		.class;
		return TRUSTED;
}

static unsigned int types_of(const struct devfs_node *n)
{
	if (n->kind == DEVFS_PTY)
		return DEVFS_TTY;
	if (n->kind == DEVFS_CHAR && n->major == 1 &&
	    (n->minor == 1 || n->minor == 2 || n->minor == 4))
		return DEVFS_MEM;
	for (size_t i = 0; i < ARRAY_SIZE(type_rows); i++)
		if (type_rows[i].kind == n->kind &&
		    n->major >= type_rows[i].first &&
		    n->major <= type_rows[i].last)
			return type_rows[i].type;
	return 0;
}

void devfs_plan_free(struct devfs_plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->v[i].name);
	free(p->v);
	*p = (struct devfs_plan){0};
}

const struct devfs_node *devfs_plan_find(const struct devfs_plan *p,
					 const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (!strcmp(p->v[i].name, name))
			return &p->v[i];
	return NULL;
}

/* --- candidates ---------------------------------------------------------- */

static int add_node(struct devfs_plan *p, const struct devfs_node *n,
		    struct err *e)
{
	struct devfs_node *v;

	if (!p->n || !(p->n & (p->n - 1))) {
		v = realloc(p->v, (p->n ? p->n * 2 : 1) * sizeof(*v));
		if (!v)
			return err_nomem(e);
		p->v = v;
	}
	p->v[p->n] = *n;
	p->v[p->n].name = strdup(n->name);
	if (!p->v[p->n].name)
		return err_nomem(e);
	p->n++;
	return 0;
}

/* The creator has a node of that name and number. */
static bool seen(int devfd, const struct row *row)
{
	struct stat st;

	return devfd >= 0 &&
	       fstatat(devfd, row->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISCHR(st.st_mode) &&
	       st.st_rdev == makedev(row->major, row->minor);
}

static int add_rows(struct devfs_plan *p, const struct devfs_view *view,
		    struct err *e)
{
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(rows); i++) {
		const struct row *w = &rows[i];
		const struct devfs_node n = {
			.name = (char *)w->name,
			.target = w->target,
			.kind = w->kind,
			.major = w->major,
			.minor = w->minor,
			.gid = w->gid,
			.mode = w->mode,
			.visible = view->trusted || !(w->flags & EXPLICIT),
		};

		if (!(w->flags & SEEN) || seen(view->devfd, w))
			r = add_node(p, &n, e);
	}
	return r;
}

static bool name_ok(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s <= ' ' || *s == 0x7f)
			return false;
	return true;
}

struct walk {
	struct devfs_plan *plan;
	const struct devfs_view *view;
	dev_t dev; /* of the file system: others below are not /dev */
};

static int walk_dir(struct walk *w, int fd, const char *prefix, int depth,
		    struct err *e);

static int walk_entry(struct walk *w, int dirfd, const char *prefix,
		      const char *name, int depth, struct err *e)
{
	cleanup_free char *path = str_printf("%s%s", prefix, name);
	struct devfs_node n = {.name = path, .visible = w->view->trusted};
	struct stat st;
	int fd;

	if (!path)
		return err_nomem(e);
	if (!name_ok(name) ||
	    fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    st.st_dev != w->dev || w->plan->n >= NODES_MAX)
		return 0;
	if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX) {
		cleanup_free char *below = str_printf("%s/", path);

		fd = openat(dirfd, name,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			return 0; /* gone, or not for us */
		return below ? walk_dir(w, fd, below, depth + 1, e)
			     : err_nomem(e);
	}
	if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
		return 0;
	if (devfs_plan_find(w->plan, path))
		return 0;
	n.kind = S_ISBLK(st.st_mode) ? DEVFS_BLOCK : DEVFS_CHAR;
	n.major = major(st.st_rdev);
	n.minor = minor(st.st_rdev);
	n.mode = st.st_mode & 0777;
	n.uid = st.st_uid <= 65535 ? st.st_uid : 0;
	n.gid = st.st_gid <= 65535 ? st.st_gid : 0;
	return add_node(w->plan, &n, e);
}

/* Takes fd. */
static int walk_dir(struct walk *w, int fd, const char *prefix, int depth,
		    struct err *e)
{
	cleanup_closedir DIR *d = fdopendir(fd);
	struct dirent *de;
	int r = 0;

	if (!d) {
		close(fd);
		return err_nomem(e);
	}
	while (!r && (de = readdir(d)))
		if (strcmp(de->d_name, ".") != 0 &&
		    strcmp(de->d_name, "..") != 0)
			r = walk_entry(w, dirfd(d), prefix, de->d_name, depth,
				       e);
	return r;
}

static int node_cmp(const void *a, const void *b)
{
	const struct devfs_node *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int add_linux(struct devfs_plan *p, const struct devfs_view *view,
		     struct err *e)
{
	struct walk w = {.plan = p, .view = view};
	size_t from = p->n;
	struct stat st;
	int fd, r;

	if (view->devfd < 0)
		return 0;
	fd = openat(view->devfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		r = err_sys(e, errno, "/dev");
		if (fd >= 0)
			close(fd);
		return r;
	}
	w.dev = st.st_dev;
	r = walk_dir(&w, fd, "", 0, e);
	qsort(p->v + from, p->n - from, sizeof(*p->v), node_cmp);
	return r;
}

/* --- rules --------------------------------------------------------------- */

struct run {
	const struct devfs_sets *sets;
	const struct devfs_view *view;
	size_t steps;
};

static const struct row *row_of(const struct devfs_node *n)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].name, n->name))
			return &rows[i];
	return NULL;
}

/* Any of these words. */
static bool match_words(const char *pattern, const char *words)
{
	while (words && *words) {
		size_t n = strcspn(words, " ");
		char word[32];

		snprintf(word, sizeof(word), "%.*s", (int)n, words);
		if (devfs_match(pattern, word))
			return true;
		words += n + (words[n] == ' ');
	}
	return false;
}

enum match {
	MATCH_NO,
	MATCH_YES,
	MATCH_WITH
};

static enum match matches(const struct run *run, const struct devfs_rule *r,
			  const struct devfs_node *n)
{
	const struct row *row;

	if (r->types && !(r->types & types_of(n)))
		return MATCH_NO;
	if (!r->pattern || devfs_match(r->pattern, n->name))
		return MATCH_YES;
	row = row_of(n);
	if (!row)
		return MATCH_NO;
	if (match_words(r->pattern, row->also))
		return MATCH_YES;
	return match_words(r->pattern, row->with) ||
			       (run->view->vnet &&
				match_words(r->pattern, row->vnet))
		       ? MATCH_WITH
		       : MATCH_NO;
}

static int run_set(struct run *run, const struct devfs_set *set,
		   struct devfs_node *n, int depth, struct err *e);

static int run_rule(struct run *run, const struct devfs_rule *r, bool stock,
		    struct devfs_node *n, int depth, struct err *e)
{
	const struct devfs_set *set;
	enum match match;

	if (++run->steps > STEPS_MAX || depth > INCLUDES_MAX)
		return err_set(e, E2BIG, "too many included rulesets");
	match = matches(run, r, n);
	if (match == MATCH_NO)
		return 0;
	n->touched = true;
	if (match == MATCH_WITH) {
		n->visible |= !!(r->acts & DEVFS_UNHIDE);
		return 0;
	}
	if (r->acts & DEVFS_HIDE)
		n->visible = false;
	/*
	 * The stock rules mean FreeBSD's names: their ttyS* are pseudo
	 * terminals, Linux's are the machine's serial ports.
	 */
	if (r->acts & DEVFS_UNHIDE && (!stock || row_of(n)))
		n->visible = true;
	if (r->acts & DEVFS_USER)
		n->uid = r->uid;
	if (r->acts & DEVFS_GROUP)
		n->gid = r->gid;
	if (r->acts & DEVFS_MODE)
		n->mode = r->mode;
	if (!(r->acts & DEVFS_INCLUDE))
		return 0;
	set = devfs_set_find(run->sets, r->include);
	return set ? run_set(run, set, n, depth + 1, e) : 0;
}

static int run_set(struct run *run, const struct devfs_set *set,
		   struct devfs_node *n, int depth, struct err *e)
{
	int r = 0;

	for (size_t i = 0; !r && i < set->n; i++)
		r = run_rule(run, &set->v[i], set->stock, n, depth, e);
	return r;
}

/* Does a rule that is not FreeBSD's unhide something? */
static int unhides(struct run *run, const struct devfs_set *set, int depth,
		   bool *ret, struct err *e)
{
	int r = 0;

	if (depth > INCLUDES_MAX)
		return err_set(e, E2BIG, "too many included rulesets");
	for (size_t i = 0; !r && !*ret && i < set->n; i++) {
		const struct devfs_set *inc = NULL;

		if (++run->steps > STEPS_MAX)
			return err_set(e, E2BIG, "too many included rulesets");
		if (set->v[i].acts & DEVFS_UNHIDE && !set->stock)
			*ret = true;
		if (set->v[i].acts & DEVFS_INCLUDE)
			inc = devfs_set_find(run->sets, set->v[i].include);
		if (inc)
			r = unhides(run, inc, depth + 1, ret, e);
	}
	return r;
}

/* What the rules show but may not be shown. */
static void withhold(struct devfs_plan *p, const struct devfs_view *view)
{
	for (size_t i = 0; i < p->n; i++) {
		struct devfs_node *n = &p->v[i];
		enum class c = SAFE;

		if (n->kind == DEVFS_CHAR || n->kind == DEVFS_BLOCK)
			c = class_of(n);
		if (!n->visible || c == SAFE || (c == TRUSTED && view->trusted))
			continue;
		n->visible = false;
		if (c == TRUSTED && !p->withheld++)
			str_copy(p->first, sizeof(p->first), n->name);
	}
}

static int plan_run(struct run *run, const struct devfs_set *set,
		    struct devfs_plan *p, struct err *e)
{
	bool all = run->view->trusted;
	int r = add_rows(p, run->view, e);

	if (!r && set && !all)
		r = unhides(run, set, 0, &all, e);
	if (!r && all)
		r = add_linux(p, run->view, e);
	for (size_t i = 0; !r && set && i < p->n; i++)
		r = run_set(run, set, &p->v[i], 0, e);
	if (!r)
		withhold(p, run->view);
	return r;
}

static int no_such_set(int ruleset, struct err *e)
{
	return err_set(e, ENOENT,
		       "devfs_ruleset %d: no such ruleset (see "
		       "devfs.rules(5))",
		       ruleset);
}

int devfs_plan_make(const struct devfs_sets *sets, int ruleset,
		    const struct devfs_view *view, struct devfs_plan *ret,
		    struct err *e)
{
	struct run run = {.sets = sets, .view = view};
	cleanup_devfs_plan struct devfs_plan p = {0};
	const struct devfs_set *set = devfs_set_find(sets, ruleset);
	int r;

	if (ruleset < 0 || ruleset > DEVFS_NUMBER_MAX)
		return err_set(e, EINVAL, "devfs_ruleset %d: Invalid argument",
			       ruleset);
	if (!ruleset && !view->trusted)
		return err_set(e, EPERM,
			       "devfs_ruleset 0 shows every device of the "
			       "machine: it needs host.unconfined=devices");
	if (ruleset && !set)
		return no_such_set(ruleset, e);
	r = plan_run(&run, set, &p, e);
	if (r < 0)
		return err_wrap(e, "devfs_ruleset %d", ruleset);
	*ret = p;
	p = (struct devfs_plan){0};
	return 0;
}

int devfs_plan_all(const struct devfs_view *view, struct devfs_plan *ret,
		   struct err *e)
{
	cleanup_devfs_plan struct devfs_plan p = {0};
	int r = add_rows(&p, view, e);

	if (!r)
		r = add_linux(&p, view, e);
	if (r < 0)
		return r;
	*ret = p;
	p = (struct devfs_plan){0};
	return 0;
}

int devfs_plan_own(const struct devfs_view *view, struct devfs_plan *ret,
		   struct err *e)
{
	int r = devfs_plan_all(view, ret, e);

	for (size_t i = 0; !r && i < ret->n; i++) {
		struct devfs_node *n = &ret->v[i];
		struct stat st;

		/* terminals are made anew; devices are looked at when shown */
		n->visible =
			n->kind == DEVFS_PTY ||
			(view->devfd >= 0 && fstatat(view->devfd, n->name, &st,
						     AT_SYMLINK_NOFOLLOW) == 0);
	}
	if (!r)
		withhold(ret, view);
	return r;
}

int devfs_plan_apply(const struct devfs_sets *sets, int ruleset,
		     const struct devfs_rule *rule,
		     const struct devfs_view *view, struct devfs_plan *p,
		     struct err *e)
{
	const struct devfs_set *set = devfs_set_find(sets, ruleset);
	struct run run = {.sets = sets, .view = view};
	int r = 0;

	if (!rule && !set)
		return no_such_set(ruleset, e);
	for (size_t i = 0; !r && i < p->n; i++)
		r = rule ? run_rule(&run, rule, false, &p->v[i], 0, e)
			 : run_set(&run, set, &p->v[i], 0, e);
	if (!r)
		withhold(p, view);
	return r;
}

int devfs_plan_numbers(const struct devfs_plan *p, struct dev_rule **ret,
		       size_t *ret_n, struct err *e)
{
	struct dev_rule *v = calloc(p->n + 9, sizeof(*v));
	size_t n = 0;

	if (!v)
		return err_nomem(e);
	for (size_t i = 0; i < p->n; i++) {
		const struct devfs_node *d = &p->v[i];

		if (!d->visible)
			continue;
		if (d->kind == DEVFS_CHAR || d->kind == DEVFS_BLOCK)
			v[n++] = (struct dev_rule){d->kind == DEVFS_BLOCK,
						   (int32_t)d->major,
						   (int32_t)d->minor};
		if (d->kind != DEVFS_PTS)
			continue;
		v[n++] = (struct dev_rule){false, 5, 2};
		for (int major = 136; major <= 143; major++)
			v[n++] = (struct dev_rule){false, major, -1};
	}
	*ret = v;
	*ret_n = n;
	return 0;
}
