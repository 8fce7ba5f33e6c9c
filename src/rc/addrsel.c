/* addrsel: see addrsel.h. */
#include "rc/addrsel.h"

#include "base/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#define HEAD "# Made by cellblock from ip6addrctl_policy\n"

struct row {
	const char *prefix;
	int precedence, label;
};

/* RFC 6724, 2.1; with IPv4 in front its own row says 100. */
static const struct row rows[] = {
	{"::1/128", 50, 0},   {"::/0", 40, 1},	    {"::ffff:0:0/96", 35, 4},
	{"2002::/16", 30, 2}, {"2001::/32", 5, 5},  {"fc00::/7", 3, 13},
	{"::/96", 1, 3},      {"fec0::/10", 1, 11}, {"3ffe::/16", 1, 12},
};

static void put(struct strbuf *out, const char *prefix, long long precedence,
		long long label)
{
	strbuf_addf(out, "label %s %lld\nprecedence %s %lld\n", prefix, label,
		    prefix, precedence);
}

int addrsel_policy(bool ipv6, struct strbuf *out, struct err *e)
{
	strbuf_adds(out, HEAD);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool v4 = !strcmp(rows[i].prefix, "::ffff:0:0/96");

		put(out, rows[i].prefix, v4 && !ipv6 ? 100 : rows[i].precedence,
		    rows[i].label);
	}
	return strbuf_failed(out) ? err_nomem(e) : 0;
}

/* "2001:db8::/32" in one way of writing. */
static bool prefix_text(char *word, char *buf, size_t size)
{
	char *slash = strchr(word, '/'), text[INET6_ADDRSTRLEN];
	struct in6_addr a;
	long long len = 128;

	if (slash)
		*slash++ = '\0';
	if (inet_pton(AF_INET6, word, &a) != 1 ||
	    (slash && str_to_int(slash, 0, 128, &len) < 0))
		return false;
	snprintf(buf, size, "%s/%lld",
		 inet_ntop(AF_INET6, &a, text, sizeof(text)), len);
	return true;
}

static int one_line(char *line, const char *path, unsigned int no,
		    struct strbuf *out, struct err *e)
{
	char prefix[INET6_ADDRSTRLEN + 8];
	cleanup_strv struct strv w = {0};
	long long precedence, label;

	*strchrnul(line, '#') = '\0';
	if (strv_split(&w, line, " \t\r") < 0)
		return err_nomem(e);
	if (!w.n)
		return 0;
	if (w.n != 3)
		return err_at(e, EINVAL, path, no,
			      "a prefix, a precedence and a label are needed");
	if (!prefix_text(w.v[0], prefix, sizeof(prefix)))
		return err_at(e, EINVAL, path, no, "%s: no IPv6 prefix",
			      w.v[0]);
	if (str_to_int(w.v[1], 0, INT32_MAX, &precedence) < 0 ||
	    str_to_int(w.v[2], 0, INT32_MAX, &label) < 0)
		return err_at(e, EINVAL, path, no,
			      "precedence and label are numbers");
	put(out, prefix, precedence, label);
	return 0;
}

int addrsel_file(const char *text, const char *path, struct strbuf *out,
		 struct err *e)
{
	cleanup_free char *copy = strdup(text);
	unsigned int no = 0;
	int r = copy ? 0 : err_nomem(e);

	strbuf_adds(out, HEAD);
	for (char *p = copy, *nl; !r && p; p = nl) {
		nl = strchr(p, '\n');
		if (nl)
			*nl++ = '\0';
		r = one_line(p, path, ++no, out, e);
	}
	return r < 0 ? r : strbuf_failed(out) ? err_nomem(e) : 0;
}
