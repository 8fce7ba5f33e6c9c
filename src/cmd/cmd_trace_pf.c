/*
 * cmd_trace_pf: cellblock trace -p, packets on their way through the vnets
 * here, and the rule of pf that decides on each (pf/trace.h).
 */
#include "base/cleanup.h"
#include "cmd/cmd_trace.h"
#include "cmd/injail.h"
#include "jail/prison.h"
#include "pf/names.h"
#include "pf/trace.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct {
	struct pf_trace_filter filter;
	bool drops;
	long long left; /* < 0: no end */
} o;

static volatile sig_atomic_t ended;

static void on_signal(int sig)
{
	(void)sig;
	ended = 1;
}

/* --- what is asked for */

static int parse_addr(const char *word, uint8_t *af, union pf_addr *addr,
		      uint8_t *len)
{
	cleanup_free char *text = strdup(word);
	char *slash;
	long long n;

	if (!text)
		return -ENOMEM;
	slash = strchr(text, '/');
	if (slash)
		*slash++ = '\0';
	if (inet_pton(AF_INET, text, addr) == 1)
		*af = AF_INET;
	else if (inet_pton(AF_INET6, text, addr) == 1)
		*af = AF_INET6;
	else
		return -EINVAL;
	n = *af == AF_INET ? 32 : 128;
	if (slash && str_to_int(slash, 0, n, &n) < 0)
		return -EINVAL;
	*len = (uint8_t)n;
	return 0;
}

/* `named`: what the word stands for as a name; else it is a number. */
static int parse_number(int named, const char *word, int max, int *ret)
{
	long long n = named;

	if (named <= 0 && str_to_int(word, 1, max, &n) < 0)
		return -EINVAL;
	*ret = (int)n;
	return 0;
}

static int parse_proto(const char *word, uint8_t *ret)
{
	int n = 0, r = parse_number(pf_proto_number(word), word, UINT8_MAX, &n);

	if (!r)
		*ret = (uint8_t)n;
	return r;
}

static int parse_port(const char *word, uint16_t *ret)
{
	int n = 0,
	    r = parse_number(pf_service_port(word), word, UINT16_MAX, &n);

	if (!r)
		*ret = (uint16_t)n;
	return r;
}

static int parse_word(const char *key, const char *word)
{
	struct pf_trace_filter *f = &o.filter;

	if (!strcmp(key, "proto"))
		return parse_proto(word, &f->proto);
	if (!strcmp(key, "port"))
		return parse_port(word, &f->port);
	if (!strcmp(key, "from"))
		return parse_addr(word, &f->src.af, &f->src.addr, &f->src.len);
	if (!strcmp(key, "to"))
		return parse_addr(word, &f->dst.af, &f->dst.addr, &f->dst.len);
	return -ENOENT;
}

/* false: a message was given. */
static bool parse(int argc, char **argv, const char *usage)
{
	for (int i = 0; i < argc; i += 2) {
		int r = i + 1 < argc ? parse_word(argv[i], argv[i + 1])
				     : -ENOENT;

		if (r == -ENOENT) {
			fputs(usage, stderr);
			return false;
		}
		if (r < 0) {
			fprintf(stderr, "cellblock trace: %s: bad %s\n",
				argv[i + 1], argv[i]);
			return false;
		}
	}
	if (o.filter.src.af && o.filter.dst.af &&
	    o.filter.src.af != o.filter.dst.af) {
		fputs("cellblock trace: from and to are of two families\n",
		      stderr);
		return false;
	}
	return true;
}

/* --- the vnets here */

struct traces {
	struct vnet **vnet;
	struct pf_trace **trace;
	struct pollfd *fd;
	size_t n, size;
};

static void traces_free(struct traces *t)
{
	for (size_t i = 0; i < t->n; i++) {
		pf_trace_close(&t->trace[i]);
		vnet_free(&t->vnet[i]);
	}
	free(t->trace);
	free(t->vnet);
	free(t->fd);
}

static int traces_room(struct traces *t, size_t n, struct err *e)
{
	t->vnet = calloc(n, sizeof(*t->vnet));
	t->trace = calloc(n, sizeof(*t->trace));
	t->fd = calloc(n, sizeof(*t->fd));
	t->size = n;
	return t->vnet && t->trace && t->fd ? 0 : err_nomem(e);
}

/* Takes the vnet. */
static int follow(struct traces *t, struct vnet **v, const char *name,
		  struct err *e)
{
	int r = pf_trace_open(*v, name, &o.filter, &t->trace[t->n], e);

	if (r < 0)
		return r;
	t->fd[t->n] = (struct pollfd){.fd = pf_trace_fd(t->trace[t->n]),
				      .events = POLLIN};
	t->vnet[t->n] = take_ptr(*v);
	t->n++;
	return 0;
}

static int follow_self(struct traces *t, struct err *e)
{
	cleanup_vnet struct vnet *v = NULL;
	struct prison_self self;
	int r = prison_self(&self, e);

	if (r >= 0)
		r = vnet_open(-1, NULL, &v, e);
	return r < 0 ? r : follow(t, &v, self.jailed ? self.name : "host", e);
}

/* A jail that goes meanwhile is none, and none keeps us from the others. */
static void follow_jails(struct traces *t, struct prisons *ps,
			 const struct prison *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		cleanup_vnet struct vnet *v = NULL;
		struct err e = ERR_INIT;

		if (!p[i].vnet || prison_vnet(ps, &p[i], &v, NULL) < 0)
			continue;
		if (follow(t, &v, p[i].name, &e) < 0)
			fprintf(stderr, "cellblock trace: jail \"%s\": %s\n",
				p[i].name, e.text);
	}
}

static int follow_all(struct traces *t, struct err *e)
{
	cleanup_prisons struct prisons *ps = NULL;
	struct prison *p = NULL;
	size_t n = 0;
	int r;

	/* without a registry there are no jails */
	if (prisons_open(&ps, NULL) < 0 ||
	    prison_list(ps, false, &p, &n, NULL) < 0)
		n = 0;
	r = traces_room(t, n + 1, e);
	if (r >= 0)
		r = follow_self(t, e);
	if (r >= 0)
		follow_jails(t, ps, p, n);
	if (p)
		prison_list_free(&p, n);
	return r;
}

static void put_line(const struct pf_trace_line *l, void *data)
{
	struct timespec now;
	struct tm tm = {0};

	(void)data;
	if ((o.drops && !l->drop) || !o.left)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	printf("%02d:%02d:%02d.%06ld  %s\n", tm.tm_hour, tm.tm_min, tm.tm_sec,
	       now.tv_nsec / 1000, l->text);
	if (o.left > 0)
		o.left--;
}

static int work(int argc, char **argv)
{
	const struct sigaction sa = {.sa_handler = on_signal};
	__attribute__((cleanup(traces_free))) struct traces t = {.n = 0};
	struct err e = ERR_INIT;
	int r;

	(void)argc;
	(void)argv;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	r = follow_all(&t, &e);
	while (r >= 0 && !ended && o.left && !ferror(stdout)) {
		if (poll(t.fd, t.n, 1000) <= 0)
			continue;
		for (size_t i = 0; r >= 0 && i < t.n; i++)
			if (t.fd[i].revents)
				r = pf_trace_read(t.trace[i], put_line, NULL,
						  &e);
		fflush(stdout);
	}
	if (r < 0)
		fprintf(stderr, "cellblock trace: %s\n", e.text);
	return r < 0 || ferror(stdout);
}

int trace_pf_main(int argc, char **argv, const char *jail, bool drops,
		  long long count, const char *usage)
{
	if (!parse(argc, argv, usage))
		return 1;
	o.drops = drops;
	o.left = count ? count : -1;
	return jail ? injail("cellblock trace", jail, work, 0, argv)
		    : work(0, argv);
}
