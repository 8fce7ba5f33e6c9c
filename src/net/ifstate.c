/* The state files; see ifstate.h for the theory of operation. */
#include "net/ifstate.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "net/bsderr.h"
#include "net/kind.h"
#include "net/vlan.h"
#include "net/vlanset.h"
#include "net/link.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#define STATE_MAX 65536

void ifstate_free(struct ifstate *s)
{
	free(s->descr);
	free(s->ports);
	strv_free(&s->groups);
	strv_free(&s->words);
	*s = (struct ifstate){0};
}

bool ifstate_is_default(const struct ifstate *s)
{
	return !s->home[0] && !s->descr && !s->groups.n && !s->no_type_group &&
	       !s->metric && !s->fib && !s->tunnelfib && !s->ext &&
	       !s->nd6_set && !s->nd6_clr && !s->nspans && !s->nports &&
	       !s->span_of && !s->words.n && !s->stp.set && !s->def_untagged &&
	       !s->has_vlan && !s->has_lagg;
}

struct ifstate_port ifstate_port_get(const struct ifstate *s, int index)
{
	struct ifstate_port p = IFSTATE_PORT_DEFAULT;

	p.index = index;
	for (size_t i = 0; i < s->nports; i++)
		if (s->ports[i].index == index)
			return s->ports[i];
	return p;
}

static bool port_is_default(const struct ifstate_port *p)
{
	const struct ifstate_port d = IFSTATE_PORT_DEFAULT;

	return p->flags == d.flags && p->cost == d.cost &&
	       p->maxaddr == d.maxaddr && p->priority == d.priority;
}

int ifstate_port_put(struct ifstate *s, const struct ifstate_port *p)
{
	struct ifstate_port *ports;

	for (size_t i = 0; i < s->nports; i++)
		if (s->ports[i].index == p->index)
			s->ports[i--] = s->ports[--s->nports];
	if (port_is_default(p))
		return 0;
	if (s->nports >= IFSTATE_MAX_PORTS)
		return -ENOSPC;
	ports = reallocarray(s->ports, s->nports + 1, sizeof(*ports));
	if (!ports)
		return -ENOMEM;
	s->ports = ports;
	s->ports[s->nports++] = *p;
	return 0;
}

struct ifstate_stp ifstate_stp_get(const struct ifstate *s)
{
	return s->stp.set ? s->stp : IFSTATE_STP_DEFAULT;
}

/* A name that Linux would take for an interface, without control characters */
static bool name_ok(const char *s)
{
	size_t n = strlen(s);

	if (!n || n >= IFNAMSIZ || !strcmp(s, ".") || !strcmp(s, ".."))
		return false;
	for (; *s; s++)
		if ((unsigned char)*s <= ' ' || *s == 0x7f || *s == '/' ||
		    *s == ':')
			return false;
	return true;
}

static bool group_ok(const char *s)
{
	size_t n = strlen(s);

	return name_ok(s) && !(s[n - 1] >= '0' && s[n - 1] <= '9');
}

static bool in_range(const char *s, long long min, long long max,
		     long long *ret)
{
	return str_to_int(s, min, max, ret) == 0;
}

static int parse_home(struct ifstate *s, const char *v)
{
	if (name_ok(v))
		str_copy(s->home, sizeof(s->home), v);
	return 0;
}

/* Backslash escapes come back; control characters do not. */
static int parse_descr(struct ifstate *s, const char *v)
{
	size_t n = strlen(v), o = 0;
	char *d;

	if (!n || n > IFDESCR_MAX || s->descr)
		return 0;
	d = malloc(n + 1);
	if (!d)
		return -ENOMEM;
	for (; *v; v++)
		if ((unsigned char)*v >= ' ' && *v != 0x7f)
			d[o++] = *v;
	d[o] = '\0';
	if (o)
		s->descr = d;
	else
		free(d);
	return 0;
}

static int parse_group(struct ifstate *s, const char *v)
{
	if (!group_ok(v) || s->groups.n >= IFSTATE_MAX_GROUPS ||
	    strv_has(&s->groups, v))
		return 0;
	return strv_add(&s->groups, v);
}

static int parse_ungroup(struct ifstate *s, const char *v)
{
	(void)v;
	s->no_type_group = true;
	return 0;
}

static int parse_metric(struct ifstate *s, const char *v)
{
	long long n;

	if (in_range(v, 0, INT32_MAX, &n))
		s->metric = (int)n;
	return 0;
}

static int parse_fib(struct ifstate *s, const char *v)
{
	long long n;

	if (in_range(v, 0, 65535, &n))
		s->fib = (int)n;
	return 0;
}

static int parse_tunnelfib(struct ifstate *s, const char *v)
{
	long long n;

	if (in_range(v, 0, 65535, &n))
		s->tunnelfib = (int)n;
	return 0;
}

static int parse_ext(struct ifstate *s, const char *v)
{
	long long n;

	if (in_range(v, 0, UINT32_MAX, &n) &&
	    (n & IFEXT_PCP) >> IFEXT_PCP_SHIFT <= IFEXT_PCP_MAX + 1)
		s->ext = (uint32_t)n;
	return 0;
}

static int parse_nd6(struct ifstate *s, const char *v)
{
	unsigned int set, clr;
	char extra;

	if (sscanf(v, "%x %x%c", &set, &clr, &extra) == 2) {
		s->nd6_set = set & 0xffff;
		s->nd6_clr = clr & 0xffff & ~s->nd6_set;
	}
	return 0;
}

static int parse_word(struct ifstate *s, const char *v)
{
	if (strlen(v) > IFSTATE_WORD_LEN || s->words.n >= IFSTATE_MAX_WORDS)
		return 0;
	for (const char *p = v; *p; p++)
		if (*p < ' ' || *p == 0x7f)
			return 0;
	return strv_add(&s->words, v);
}

static int parse_span(struct ifstate *s, const char *v)
{
	long long n;

	if (in_range(v, 1, INT32_MAX, &n) && s->nspans < IFSTATE_MAX_SPANS)
		s->spans[s->nspans++] = (int)n;
	return 0;
}

static int parse_port(struct ifstate *s, const char *v)
{
	struct ifstate_port p = {0};
	unsigned int priority;
	char extra;
	int r;

	if (sscanf(v, "%d %x %u %u %u%c", &p.index, &p.flags, &priority,
		   &p.cost, &p.maxaddr, &extra) != 5 ||
	    p.index <= 0 || priority > 240 || p.cost > IFBRIDGE_COST_MAX)
		return 0;
	p.flags &= IFBIF_STATE;
	p.priority = (uint8_t)(priority & 0xf0);
	r = ifstate_port_put(s, &p);
	return r == -ENOSPC ? 0 : r;
}

static int parse_defuntagged(struct ifstate *s, const char *v)
{
	long long n;

	if (in_range(v, VLAN_MIN, VLAN_MAX, &n))
		s->def_untagged = (uint16_t)n;
	return 0;
}

static int parse_stp(struct ifstate *s, const char *v)
{
	unsigned int proto, hello, fwd, age, hold, priority;
	char extra;

	if (sscanf(v, "%u %u %u %u %u %u%c", &proto, &priority, &hello, &fwd,
		   &age, &hold, &extra) != 6)
		return 0;
	if ((proto != 0 && proto != 2) || hello < 1 || hello > 2 || fwd < 4 ||
	    fwd > 30 || age < 6 || age > 40 || hold < 1 || hold > 10 ||
	    priority > 61440 || priority % 4096)
		return 0;
	s->stp = (struct ifstate_stp){
		.set = true,
		.proto = (uint8_t)proto,
		.hello = (uint8_t)hello,
		.forward_delay = (uint8_t)fwd,
		.max_age = (uint8_t)age,
		.hold_count = (uint8_t)hold,
		.priority = (uint16_t)priority,
	};
	return 0;
}

static int parse_spanof(struct ifstate *s, const char *v)
{
	long long n;

	if (in_range(v, 1, INT32_MAX, &n))
		s->span_of = (int)n;
	return 0;
}

static int parse_lagg(struct ifstate *s, const char *v)
{
	struct iflagg l = IFLAGG_DEFAULT;
	unsigned int proto, hash;

	if (sscanf(v, "%u %u %x %u %u %" SCNu64, &proto, &hash, &l.opts,
		   &l.shift, &l.limit, &l.cookie) != 6 ||
	    proto >= LAGG_PROTOS || !hash || hash > 7 || l.shift > 31 ||
	    l.limit > UINT16_MAX)
		return 0;
	l.proto = (uint8_t)proto;
	l.hash = (uint8_t)hash;
	s->lagg = l;
	s->has_lagg = true;
	return 0;
}

static int parse_laggport(struct ifstate *s, const char *v)
{
	unsigned char m[MAC_LEN];
	unsigned int v6 = 0;
	int index;

	if (!s->has_lagg || s->lagg.nports >= IFLAGG_PORTS ||
	    sscanf(v, "%d %hhx:%hhx:%hhx:%hhx:%hhx:%hhx %u", &index, &m[0],
		   &m[1], &m[2], &m[3], &m[4], &m[5], &v6) < 7 ||
	    index <= 0 || (m[0] & 1))
		return 0;
	memcpy(s->lagg.ports[s->lagg.nports].mac, m, MAC_LEN);
	s->lagg.ports[s->lagg.nports].v6 = v6;
	s->lagg.ports[s->lagg.nports++].index = index;
	return 0;
}

static int parse_vlan(struct ifstate *s, const char *v)
{
	struct ifvlan l = {0};
	unsigned int vid, proto, pcp;
	int at = 0;

	if (sscanf(v, "%u %x %u %d %" SCNu64 " %n", &vid, &proto, &pcp,
		   &l.parent, &l.cookie, &at) < 5 ||
	    !at || vid > 4094 || pcp > 7 || l.parent < 0 ||
	    (proto != VLAN_PROTO_8021Q && proto != VLAN_PROTO_8021AD))
		return 0;
	if (v[at] && !name_ok(v + at))
		return 0;
	l.vid = (uint16_t)vid;
	l.proto = (uint16_t)proto;
	l.pcp = (uint8_t)pcp;
	str_copy(l.parent_name, sizeof(l.parent_name), v + at);
	s->vlan = l;
	s->has_vlan = true;
	return 0;
}

static const struct {
	const char *key;
	int (*parse)(struct ifstate *s, const char *value);
} keys[] = {
	{"home", parse_home},
	{"descr", parse_descr},
	{"group", parse_group},
	{"ungroup", parse_ungroup},
	{"metric", parse_metric},
	{"fib", parse_fib},
	{"ext", parse_ext},
	{"tunnelfib", parse_tunnelfib},
	{"nd6", parse_nd6},
	{"span", parse_span},
	{"port", parse_port},
	{"spanof", parse_spanof},
	{"word", parse_word},
	{"stp", parse_stp},
	{"defuntagged", parse_defuntagged},
	{"vlan", parse_vlan},
	{"lagg", parse_lagg},
	{"laggport", parse_laggport},
};

static int parse_line(struct ifstate *s, char *line)
{
	char *value = strchr(line, ' ');

	if (!value)
		return 0;
	*value++ = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!strcmp(keys[i].key, line))
			return keys[i].parse(s, value);
	return 0;
}

int ifstate_parse(const char *text, size_t len, struct ifstate *ret,
		  struct err *e)
{
	cleanup_ifstate struct ifstate s = {0};
	cleanup_free char *copy = NULL;
	char *p, *line;

	if (len > STATE_MAX || memchr(text, '\0', len))
		len = 0; /* not ours: as if it were empty */
	copy = malloc(len + 1);
	if (!copy)
		return err_nomem(e);
	memcpy(copy, text, len);
	copy[len] = '\0';
	for (p = copy; (line = strsep(&p, "\n"));)
		if (parse_line(&s, line) < 0)
			return err_nomem(e);
	*ret = s;
	s = (struct ifstate){0};
	return 0;
}

void ifstate_print(const struct ifstate *s, struct strbuf *out)
{
	if (s->home[0])
		strbuf_addf(out, "home %s\n", s->home);
	if (s->descr)
		strbuf_addf(out, "descr %s\n", s->descr);
	for (size_t i = 0; i < s->groups.n; i++)
		strbuf_addf(out, "group %s\n", s->groups.v[i]);
	if (s->no_type_group)
		strbuf_adds(out, "ungroup type\n");
	if (s->metric)
		strbuf_addf(out, "metric %d\n", s->metric);
	if (s->fib)
		strbuf_addf(out, "fib %d\n", s->fib);
	if (s->tunnelfib)
		strbuf_addf(out, "tunnelfib %d\n", s->tunnelfib);
	if (s->ext)
		strbuf_addf(out, "ext %u\n", s->ext);
	if (s->nd6_set || s->nd6_clr)
		strbuf_addf(out, "nd6 %x %x\n", s->nd6_set, s->nd6_clr);
	for (size_t i = 0; i < s->words.n; i++)
		strbuf_addf(out, "word %s\n", s->words.v[i]);
	for (size_t i = 0; i < s->nspans; i++)
		strbuf_addf(out, "span %d\n", s->spans[i]);
	for (size_t i = 0; i < s->nports; i++)
		strbuf_addf(out, "port %d %x %u %u %u\n", s->ports[i].index,
			    s->ports[i].flags, s->ports[i].priority,
			    s->ports[i].cost, s->ports[i].maxaddr);
	if (s->span_of)
		strbuf_addf(out, "spanof %d\n", s->span_of);
	if (s->def_untagged)
		strbuf_addf(out, "defuntagged %u\n", s->def_untagged);
	if (s->stp.set)
		strbuf_addf(out, "stp %u %u %u %u %u %u\n", s->stp.proto,
			    s->stp.priority, s->stp.hello, s->stp.forward_delay,
			    s->stp.max_age, s->stp.hold_count);
	if (s->has_lagg)
		strbuf_addf(out, "lagg %u %u %x %u %u %" PRIu64 "\n",
			    s->lagg.proto, s->lagg.hash, s->lagg.opts,
			    s->lagg.shift, s->lagg.limit, s->lagg.cookie);
	for (size_t i = 0; s->has_lagg && i < s->lagg.nports; i++) {
		const unsigned char *m = s->lagg.ports[i].mac;

		strbuf_addf(out,
			    "laggport %d %02x:%02x:%02x:%02x:%02x:%02x %d\n",
			    s->lagg.ports[i].index, m[0], m[1], m[2], m[3],
			    m[4], m[5], s->lagg.ports[i].v6);
	}
	if (s->has_vlan)
		strbuf_addf(out, "vlan %u %x %u %d %" PRIu64 " %s\n",
			    s->vlan.vid, s->vlan.proto, s->vlan.pcp,
			    s->vlan.parent, s->vlan.cookie,
			    s->vlan.parent_name);
}

static void state_name(const struct vnet *v, int ifindex, char *buf, size_t n)
{
	snprintf(buf, n, "%" PRIu64 ".%d", v->cookie, ifindex);
}

/*
 * A jail may have put anything in place of the file: a link, a fifo that
 * blocks the reader, a device.
 */
int ifstate_read_file(int dirfd, const char *name, char *buf, size_t size,
		      size_t *ret_len)
{
	cleanup_close int fd = -1;
	struct stat st;
	size_t len = 0;
	ssize_t n;
	int r;

	r = file_open_same_mount(dirfd, name, O_RDONLY | O_NONBLOCK, 0, &fd,
				 NULL);
	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	while (len < size && (n = read(fd, buf + len, size - len)) > 0)
		len += (size_t)n;
	if (len == size)
		return -EFBIG;
	buf[len] = '\0';
	*ret_len = len;
	return 0;
}

/*
 * No space for a second file: into the one that is there, if it is one.  Not
 * atomic, but what has been moved must not be told as not moved.
 */
static int write_in_place(int dirfd, const char *name, const char *text)
{
	cleanup_close int fd = -1;
	size_t len = strlen(text);
	struct stat st;

	/* a jail's root may have mounted another file on it */
	if (file_open_same_mount(dirfd, name, O_WRONLY | O_NONBLOCK, 0, &fd,
				 NULL) < 0 ||
	    fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_nlink != 1)
		return -ENOSPC;
	if (write(fd, text, len) != (ssize_t)len ||
	    ftruncate(fd, (off_t)len) < 0)
		return -ENOSPC;
	return 0;
}

/* O_EXCL: never write through something that lies there already. */
int ifstate_write_file(int dirfd, const char *name, const char *text,
		       struct err *e)
{
	cleanup_close int fd = -1;
	size_t len = strlen(text);
	char tmp[64];
	int r = 0;

	snprintf(tmp, sizeof(tmp), "%s.tmp", name);
	for (int i = 0; fd < 0 && i < 2; i++) {
		fd = openat(dirfd, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			    0644);
		if (fd < 0 && errno == EEXIST)
			unlinkat(dirfd, tmp, 0);
		else if (fd < 0)
			break;
	}
	if (fd < 0) {
		r = errno;
		if (r == ENOSPC && write_in_place(dirfd, name, text) == 0)
			return 0;
		return err_sys(e, r, "interface state %s", tmp);
	}
	if (write(fd, text, len) != (ssize_t)len)
		r = errno ? -errno : -ENOSPC;
	else if (renameat(dirfd, tmp, dirfd, name) < 0)
		r = -errno;
	if (r < 0) {
		unlinkat(dirfd, tmp, 0);
		return err_sys(e, -r, "interface state %s", name);
	}
	return 0;
}

static int state_read(const struct vnet *v, const char *name,
		      struct ifstate *ret, struct err *e)
{
	cleanup_free char *big = NULL;
	char small[4096], *buf = small;
	size_t len;
	int r;

	r = ifstate_read_file(v->statefd, name, small, sizeof(small), &len);
	if (r == -EFBIG) {
		big = malloc(STATE_MAX);
		if (!big)
			return err_nomem(e);
		buf = big;
		r = ifstate_read_file(v->statefd, name, big, STATE_MAX, &len);
	}
	if (r < 0) {
		*ret = (struct ifstate){0};
		return 0;
	}
	return ifstate_parse(buf, len, ret, e);
}

int ifstate_get(const struct vnet *v, int ifindex, struct ifstate *ret,
		struct err *e)
{
	char name[48];

	if (v->statefd < 0) {
		*ret = (struct ifstate){0};
		return 0;
	}
	state_name(v, ifindex, name, sizeof(name));
	return state_read(v, name, ret, e);
}

int ifstate_put(const struct vnet *v, int ifindex, const struct ifstate *s,
		struct err *e)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	char name[48];

	if (ifstate_is_default(s)) {
		ifstate_remove(v, ifindex);
		return 0;
	}
	if (v->statefd < 0)
		return err_set(e, EROFS,
			       "no directory to keep interface state in");
	ifstate_print(s, &b);
	if (strbuf_failed(&b))
		return err_nomem(e);
	state_name(v, ifindex, name, sizeof(name));
	return ifstate_write_file(v->statefd, name, b.s, e);
}

void ifstate_remove(const struct vnet *v, int ifindex)
{
	char name[48];

	if (v->statefd < 0)
		return;
	state_name(v, ifindex, name, sizeof(name));
	unlinkat(v->statefd, name, 0);
}

/* "COOKIE.IFINDEX" of this vnet, nothing behind it. */
static bool state_name_parse(const struct vnet *v, const char *name,
			     int *ret_ifindex)
{
	char want[24];
	const char *dot = strchr(name, '.');
	long long n;

	if (!dot)
		return false;
	snprintf(want, sizeof(want), "%" PRIu64, v->cookie);
	if (strlen(want) != (size_t)(dot - name) ||
	    strncmp(want, name, (size_t)(dot - name)))
		return false;
	if (str_to_int(dot + 1, 1, INT32_MAX, &n) < 0)
		return false;
	*ret_ifindex = (int)n;
	return true;
}

int ifstate_each(const struct vnet *v,
		 int (*fn)(int ifindex, const struct ifstate *s, void *data,
			   struct err *e),
		 void *data, struct err *e)
{
	cleanup_closedir DIR *d = NULL;
	struct dirent *de;
	char ifname[IFNAMSIZ];
	int fd, index, r = 0;

	if (v->statefd < 0)
		return 0;
	fd = openat(v->statefd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, errno, "interface state");
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return err_nomem(e);
	}
	while (r >= 0 && (de = readdir(d))) {
		cleanup_ifstate struct ifstate s = {0};

		if (!state_name_parse(v, de->d_name, &index))
			continue;
		if (!vnet_ifname(v, index, ifname)) {
			unlinkat(v->statefd, de->d_name, 0);
			continue;
		}
		r = state_read(v, de->d_name, &s, e);
		if (r >= 0)
			r = fn(index, &s, data, e);
	}
	return r < 0 ? r : 0;
}

/*
 * The lock orders two commands that change one file.  It is not waited for
 * forever: a jail's root could hold its own level's.
 */
int ifstate_lock(const struct vnet *v, const char *name, bool create)
{
	const struct timespec nap = {.tv_nsec = 5000000};
	int fd = -1;

	if (v->statefd < 0 ||
	    file_open_same_mount(v->statefd, name,
				 O_RDWR | O_NONBLOCK | (create ? O_CREAT : 0),
				 create ? 0600 : 0, &fd, NULL) < 0)
		return -1;
	for (int i = 0; fd >= 0 && i < 200; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
			break;
		nanosleep(&nap, NULL);
	}
	return fd;
}

int ifstate_update(const struct vnet *v, int ifindex,
		   int (*fn)(struct ifstate *s, void *data, struct err *e),
		   void *data, struct err *e)
{
	cleanup_ifstate struct ifstate s = {0};
	cleanup_close int lock = -1;
	int r;

	lock = ifstate_lock(v, "lock", true);
	r = ifstate_get(v, ifindex, &s, e);
	if (r < 0)
		return r;
	r = fn(&s, data, e);
	if (r < 0)
		return r;
	return ifstate_put(v, ifindex, &s, e);
}
