/*
 * resolv: see resolv.h.
 *
 * Theory of operation.  Each source of each interface has a file of lines in
 * resolv.conf's own words under /run/cellblock/resolv; /etc/resolv.conf is
 * these, in the order of their names, without repetitions.  What was there
 * before the first is kept beside them and comes back after the last.  A
 * resolv.conf that is a link belongs to another program and stays.
 */
#include "rc/resolv.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "jail/prison.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <sys/stat.h>

#define RESOLV_CONF "/etc/resolv.conf"
#define RESOLV_DIR CELLBLOCK_RUN "/resolv"
#define BEFORE RESOLV_DIR "/.before"
#define RESOLV_MAX (64u << 10)
#define HEAD "# Made by cellblock from DHCP leases and router advertisements\n"

/* The C library looks at no more. */
#define MAX_SERVERS 3
#define MAX_DOMAINS 6

bool resolv_domain_ok(const char *s)
{
	size_t n = strlen(s);

	if (!n || n > 253 || *s == '-' || *s == '.')
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("-._", *s))
			return false;
	return true;
}

/* An address, an IPv6 one perhaps with %IF. */
static bool server_ok(const char *s)
{
	char buf[INET6_ADDRSTRLEN + IFNAMSIZ];
	unsigned char bin[16];
	char *scope;

	if (strlen(s) >= sizeof(buf))
		return false;
	str_copy(buf, sizeof(buf), s);
	scope = strchr(buf, '%');
	if (scope)
		*scope++ = '\0';
	if (scope && (!*scope || strpbrk(scope, " \t\n/#")))
		return false;
	return inet_pton(scope ? AF_INET6 : AF_INET, buf, bin) == 1 ||
	       inet_pton(AF_INET6, buf, bin) == 1;
}

struct merged {
	struct strv servers, search;
};

static void merged_free(struct merged *m)
{
	strv_free(&m->servers);
	strv_free(&m->search);
}

/* Words of one line into the list that its first word names. */
static int merge_line(struct merged *m, const char *line)
{
	cleanup_strv struct strv words = {0};
	int r = strv_split(&words, line, " \t");

	for (size_t i = 1; !r && i < words.n; i++) {
		bool server = !strcmp(words.v[0], "nameserver");
		struct strv *list = server ? &m->servers : &m->search;

		if (list->n < (server ? MAX_SERVERS : MAX_DOMAINS) &&
		    !strv_has(list, words.v[i]))
			r = strv_add(list, words.v[i]);
	}
	return r;
}

static int source_names(struct strv *ret, struct err *e)
{
	cleanup_closedir DIR *d = opendir(RESOLV_DIR);
	struct dirent *de;

	if (!d)
		return errno == ENOENT ? 0 : err_sys(e, errno, RESOLV_DIR);
	while ((de = readdir(d)) != NULL)
		if (*de->d_name != '.' && strv_add(ret, de->d_name) < 0)
			return err_nomem(e);
	strv_sort(ret);
	return 0;
}

static int merge_all(const struct strv *names, struct strbuf *out,
		     struct err *e)
{
	__attribute__((cleanup(merged_free))) struct merged m = {0};

	for (size_t i = 0; i < names->n; i++) {
		cleanup_free char *path =
			str_printf(RESOLV_DIR "/%s", names->v[i]);
		cleanup_free char *text = NULL;
		cleanup_strv struct strv lines = {0};
		int r = path ? file_read(AT_FDCWD, path, RESOLV_MAX, &text,
					 NULL, e)
			     : err_nomem(e);

		if (r < 0)
			return r;
		if (strv_split(&lines, text, "\n") < 0)
			return err_nomem(e);
		for (size_t k = 0; k < lines.n; k++)
			if (merge_line(&m, lines.v[k]) < 0)
				return err_nomem(e);
	}
	strbuf_adds(out, HEAD);
	for (size_t i = 0; i < m.search.n; i++)
		strbuf_addf(out, "%s%s", i ? " " : "search ", m.search.v[i]);
	if (m.search.n)
		strbuf_addch(out, '\n');
	for (size_t i = 0; i < m.servers.n; i++)
		strbuf_addf(out, "nameserver %s\n", m.servers.v[i]);
	return strbuf_failed(out) ? err_nomem(e) : 0;
}

/* By rename; a file that is mounted there can only be written into. */
static int conf_write(const char *text, struct err *e)
{
	struct err we = ERR_INIT;
	int r = file_write_atomic(AT_FDCWD, RESOLV_CONF, text, 0644, &we);
	cleanup_close int fd = -1;
	size_t n = strlen(text);

	if (r != -EBUSY)
		return r < 0 ? err_set(e, we.code, "%s", we.text) : 0;
	fd = open(RESOLV_CONF, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || write(fd, text, n) != (ssize_t)n)
		return err_sys(e, errno, RESOLV_CONF);
	return 0;
}

/* Once, before the first change: what was there, or that nothing was. */
static int remember(struct err *e)
{
	cleanup_free char *text = NULL;
	struct err fe = ERR_INIT;
	int r;

	if (access(BEFORE, F_OK) == 0)
		return 0;
	r = file_read(AT_FDCWD, RESOLV_CONF, RESOLV_MAX, &text, NULL, &fe);
	if (r < 0 && r != -ENOENT)
		return err_set(e, fe.code, "%s", fe.text);
	/* ours from an earlier life: nobody knows what was before */
	if (text && str_prefix(text, HEAD))
		*text = '\0';
	return file_write_atomic(AT_FDCWD, BEFORE, text ? text : "", 0600, e);
}

static int restore(struct err *e)
{
	cleanup_free char *text = NULL;
	struct err fe = ERR_INIT;
	int r = file_read(AT_FDCWD, BEFORE, RESOLV_MAX, &text, NULL, &fe);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return err_set(e, fe.code, "%s", fe.text);
	if (*text)
		r = conf_write(text, e);
	else if (unlink(RESOLV_CONF) < 0 && errno != ENOENT)
		r = conf_write("", e);
	unlink(BEFORE);
	return r;
}

static bool is_link(void)
{
	struct stat st;

	return lstat(RESOLV_CONF, &st) == 0 && S_ISLNK(st.st_mode);
}

static int rebuild(struct err *e)
{
	cleanup_strbuf struct strbuf text = STRBUF_INIT;
	cleanup_strv struct strv names = {0};
	int r = source_names(&names, e);

	if (r < 0 || is_link())
		return r;
	if (!names.n)
		return restore(e);
	r = remember(e);
	if (!r)
		r = merge_all(&names, &text, e);
	return r < 0 ? r : conf_write(text.s, e);
}

static int lock(int *ret, struct err *e)
{
	int r = file_mkdirs(AT_FDCWD, RESOLV_DIR, 0755, e);

	return r < 0 ? r
		     : file_lock(AT_FDCWD, RESOLV_DIR "/.lock", false, ret, e);
}

static void source_text(struct strbuf *b, const struct strv *servers,
			const struct strv *search)
{
	for (size_t i = 0; i < search->n; i++)
		if (resolv_domain_ok(search->v[i]))
			strbuf_addf(b, "search %s\n", search->v[i]);
	for (size_t i = 0; i < servers->n; i++)
		if (server_ok(servers->v[i]))
			strbuf_addf(b, "nameserver %s\n", servers->v[i]);
}

int resolv_put(const char *ifname, const char *source,
	       const struct strv *servers, const struct strv *search,
	       bool *ret_changed, struct err *e)
{
	cleanup_free char *path =
		str_printf(RESOLV_DIR "/%s.%s", ifname, source);
	cleanup_free char *old = NULL;
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	cleanup_close int fd = -1;
	int r;

	source_text(&b, servers, search);
	if (!path || strbuf_failed(&b))
		return err_nomem(e);
	if (ret_changed)
		*ret_changed = false;
	r = lock(&fd, e);
	if (r < 0)
		return r;
	if (file_read(AT_FDCWD, path, RESOLV_MAX, &old, NULL, NULL) == 0 &&
	    !strcmp(old, b.s))
		return 0;
	if (!old && !b.len)
		return 0;
	if (b.len)
		r = file_write_atomic(AT_FDCWD, path, b.s, 0600, e);
	else
		unlink(path);
	if (!r)
		r = rebuild(e);
	if (!r && ret_changed)
		*ret_changed = true;
	return r;
}

int resolv_drop(const char *ifname, const char *source, struct err *e)
{
	const struct strv none = {0};

	return resolv_put(ifname, source, &none, &none, NULL, e);
}
