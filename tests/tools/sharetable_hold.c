/*
 * sharetable_hold: several holders of one port.
 *
 * Servers of the host and of jails are started on one port in some order, then
 * every address is called from another machine and from the host, and it is
 * noted whose server was reached.  On FreeBSD a jail's socket is preferred to
 * the host's, and an exact address to the wildcard (in_pcblookup_hash()); two
 * sockets are in each other's way only in the same jail (prison_equal_ip4()).
 */
#include "sharetable.h"

#include <string.h>

enum {
	STEPS = 5,
	ROUNDS = 100,
	HOLD_PORT = 9000,
};

/* Kinds of servers */
enum kind {
	K_TCP,	 /* with SO_REUSEADDR, as servers have it */
	K_PLAIN, /* TCP without */
	K_UDP,
	K_UDPREUSE, /* the host's has SO_REUSEADDR */
	K_MAX
};

static const char *const kind_name[K_MAX] = {
	[K_TCP] = "TCP",
	[K_PLAIN] = "TCP, no SO_REUSEADDR",
	[K_UDP] = "UDP",
	[K_UDPREUSE] = "UDP, the host's with SO_REUSEADDR",
};

/* One step: a server starts, or the one of an earlier step ends. */
struct step {
	enum where w;
	enum class class;
	int ends; /* number of the step, from 1, whose server ends */
};

struct story {
	const char *title;
	struct step step[STEPS];
	/* Whose server is reached: at host, own1, own2 of two, jail2 */
	const char *freebsd;
	struct {
		const char *out;  /* NULL: the same */
		const char *dual; /* NULL: as out */
		const char *why;
	} here[K_MAX];
};

#define STAYS                                                                  \
	"a TCP socket without SO_REUSEADDR may be for calling: at a free "     \
	"port "                                                                \
	"it stays in the host's table"
#define ONE_TABLE                                                              \
	"UDP sockets are in the kernel's one table, where a wildcard of the "  \
	"host's without SO_REUSEADDR keeps others from its port, and is kept " \
	"from theirs"
#define STOLEN                                                                 \
	"the host's own exact bind with SO_REUSEADDR takes a UDP address over"

static const struct story stories[] = {
	{.title = "host any, two any, jail2 any",
	 .step = {{W_HOST, A_ANY, 0}, {W_TWO, A_ANY, 0}, {W_JAIL2, A_ANY, 0}},
	 .freebsd = "host=host own1=two own2=two jail2=jail2",
	 .here = {
		 [K_UDP] = {
			 .out = "2: EADDRINUSE 3: EADDRINUSE "
				"host=host own1=host own2=host jail2=host",
			 .why = ONE_TABLE,
		 },
	 }},
	{.title = "two any, jail2 any, host any",
	 .step = {{W_TWO, A_ANY, 0}, {W_JAIL2, A_ANY, 0}, {W_HOST, A_ANY, 0}},
	 .freebsd = "host=host own1=two own2=two jail2=jail2",
	 .here = {
		 [K_PLAIN] = {
			 .out = "3: EADDRINUSE "
				"host=- own1=two own2=two jail2=jail2",
			 .dual = "host=host own1=two own2=two jail2=jail2",
			 .why = STAYS,
		 },
		 [K_UDP] = {
			 .out = "3: EADDRINUSE "
				"host=- own1=two own2=two jail2=jail2",
			 .why = ONE_TABLE,
		 },
	 }},
	{.title = "two any, jail2 any",
	 .step = {{W_TWO, A_ANY, 0}, {W_JAIL2, A_ANY, 0}},
	 .freebsd = "host=- own1=two own2=two jail2=jail2"},
	{.title = "two any, nosel any",
	 .step = {{W_TWO, A_ANY, 0}, {W_NOSEL, A_ANY, 0}},
	 .freebsd = "host=- own1=two own2=two jail2=-"},
	{.title = "host any, jail2 any",
	 .step = {{W_HOST, A_ANY, 0}, {W_JAIL2, A_ANY, 0}},
	 .freebsd = "host=host own1=host own2=host jail2=jail2",
	 .here = {
		 [K_UDP] = {
			 .out = "2: EADDRINUSE "
				"host=host own1=host own2=host jail2=host",
			 .why = ONE_TABLE,
		 },
	 }},
	{.title = "jail2 any, host any",
	 .step = {{W_JAIL2, A_ANY, 0}, {W_HOST, A_ANY, 0}},
	 .freebsd = "host=host own1=host own2=host jail2=jail2",
	 .here = {
		 [K_PLAIN] = {
			 .out = "2: EADDRINUSE "
				"host=- own1=- own2=- jail2=jail2",
			 .dual = "host=host own1=host own2=host jail2=jail2",
			 .why = STAYS,
		 },
		 [K_UDP] = {
			 .out = "2: EADDRINUSE "
				"host=- own1=- own2=- jail2=jail2",
			 .why = ONE_TABLE,
		 },
	 }},
	{.title = "host any, two own1",
	 .step = {{W_HOST, A_ANY, 0}, {W_TWO, A_OWN1, 0}},
	 .freebsd = "host=host own1=two own2=host jail2=host",
	 .here = {
		 [K_UDP] = {
			 .out = "2: EADDRINUSE "
				"host=host own1=host own2=host jail2=host",
			 .why = ONE_TABLE,
		 },
	 }},
	{.title = "two own2, host any",
	 .step = {{W_TWO, A_OWN2, 0}, {W_HOST, A_ANY, 0}},
	 .freebsd = "host=host own1=host own2=two jail2=host",
	 .here = {
		 [K_PLAIN] = {
			 .out = "2: EADDRINUSE "
				"host=- own1=- own2=two jail2=-",
			 .why = STAYS,
		 },
		 [K_UDP] = {
			 .out = "2: EADDRINUSE "
				"host=- own1=- own2=two jail2=-",
			 .why = ONE_TABLE,
		 },
	 }},
	{.title = "host own1 of two, two own1",
	 .step = {{W_HOST, A_OWN1, 0}, {W_TWO, A_OWN1, 0}},
	 .freebsd = "host=- own1=two own2=- jail2=-",
	 .here = {
		 [K_UDP] = {
			 .out = "2: EADDRINUSE "
				"host=- own1=host own2=- jail2=-",
			 .why = ONE_TABLE,
		 },
	 }},
	{.title = "two own1, host own1 of two",
	 .step = {{W_TWO, A_OWN1, 0}, {W_HOST, A_OWN1, 0}},
	 .freebsd = "host=- own1=two own2=- jail2=-",
	 .here = {
		 [K_PLAIN] = {
			 .out = "2: EADDRINUSE "
				"host=- own1=two own2=- jail2=-",
			 .why = STAYS,
		 },
		 [K_UDP] = {
			 .out = "2: EADDRINUSE "
				"host=- own1=two own2=- jail2=-",
			 .why = ONE_TABLE,
		 },
		 [K_UDPREUSE] = {
			 .out = "host=- own1=host own2=- jail2=-",
			 .why = STOLEN,
		 },
	 }},
	{.title = "two own1, two own2, host any",
	 .step = {{W_TWO, A_OWN1, 0}, {W_TWO, A_OWN2, 0}, {W_HOST, A_ANY, 0}},
	 .freebsd = "host=host own1=two own2=two jail2=host",
	 .here = {
		 [K_PLAIN] = {
			 .out = "3: EADDRINUSE "
				"host=- own1=two own2=two jail2=-",
			 .why = STAYS,
		 },
		 [K_UDP] = {
			 .out = "3: EADDRINUSE "
				"host=- own1=two own2=two jail2=-",
			 .why = ONE_TABLE,
		 },
	 }},
	{.title = "two own1 twice",
	 .step = {{W_TWO, A_OWN1, 0}, {W_TWO, A_OWN1, 0}},
	 .freebsd = "2: EADDRINUSE host=- own1=two own2=- jail2=-"},
	{.title = "host any, two any, two's ends",
	 .step = {{W_HOST, A_ANY, 0}, {W_TWO, A_ANY, 0}, {.ends = 2}},
	 .freebsd = "host=host own1=host own2=host jail2=host",
	 .here = {
		 [K_UDP] = {
			 .out = "2: EADDRINUSE "
				"host=host own1=host own2=host jail2=host",
			 .why = ONE_TABLE,
		 },
	 }},
	{.title = "host any, jail2 any, host's ends, host any again",
	 .step = {{W_HOST, A_ANY, 0},
		  {W_JAIL2, A_ANY, 0},
		  {.ends = 1},
		  {W_HOST, A_ANY, 0}},
	 .freebsd = "host=host own1=host own2=host jail2=jail2",
	 .here = {
		 [K_UDP] = {
			 .out = "2: EADDRINUSE "
				"host=host own1=host own2=host jail2=host",
			 .why = ONE_TABLE,
		 },
	 }},
	{.title = "host any, two any, two's ends, two any again",
	 .step = {{W_HOST, A_ANY, 0},
		  {W_TWO, A_ANY, 0},
		  {.ends = 2},
		  {W_TWO, A_ANY, 0}},
	 .freebsd = "host=host own1=two own2=two jail2=host",
	 .here = {
		 [K_UDP] = {
			 .out = "2: EADDRINUSE 4: EADDRINUSE "
				"host=host own1=host own2=host jail2=host",
			 .why = ONE_TABLE,
		 },
	 }},
};

static const struct dial {
	const char *name;
	enum where owner;
	enum class class;
} dials[] = {
	{"host", W_TWO, A_HOST},
	{"own1", W_TWO, A_OWN1},
	{"own2", W_TWO, A_OWN2},
	{"jail2", W_TWO, A_JAIL2},
};

/* The servers of a story are in slots 11 and on, by step. */
static const char *start_server(const struct step *s, int nr, enum kind kind,
				enum fam fam, int port)
{
	/* Whose address: the host binds those of jail two. */
	enum where owner = s->w == W_HOST ? W_TWO : s->w;
	const char *a = ask(s->w, "socket %d %s %s", 10 + nr,
			    kind < K_UDP ? "tcp" : "udp", family_word(fam));

	if (ok(a) && (kind == K_TCP || (kind == K_UDPREUSE && s->w == W_HOST)))
		ask(s->w, "opt %d reuseaddr 1", 10 + nr);
	if (ok(a))
		a = ask(s->w, "bind %d %s %d", 10 + nr,
			addr_of(owner, s->class, wire_six(fam)), port);
	if (ok(a) && kind < K_UDP)
		a = ask(s->w, "listen %d", 10 + nr);
	if (!ok(a))
		ask(s->w, "close %d", 10 + nr);
	return a;
}

/* The name of who has got something in one of his slots, or NULL. */
static const char *who_got(const struct story *s, enum kind kind)
{
	for (int i = 0; i < STEPS; i++) {
		enum where w = s->step[i].w;
		const char *a;

		if (s->step[i].class == A_NONE)
			continue;
		a = kind < K_UDP ? ask(w, "accept %d 2 0", 11 + i)
				 : ask(w, "recv %d 0", 11 + i);
		if (ok(a))
			return where_name[w];
	}
	return NULL;
}

static const char *reached(const struct story *s, enum kind kind, enum where by,
			   const char *addr, int port, bool six)
{
	const char *who = NULL, *a;

	ask(by, "socket 1 %s %s", kind < K_UDP ? "tcp" : "udp",
	    six ? "6" : "4");
	a = ask(by, "connect 1 %s %d", addr, port);
	if (kind >= K_UDP)
		a = ask(by, "send 1 hello");
	if (!strcmp(a, "ECONNREFUSED"))
		return "-";
	if (!ok(a))
		return a;
	for (int i = 0; i < ROUNDS && !who; i++) {
		who = who_got(s, kind);
		if (who)
			break;
		if (!strcmp(ask(by, "recv 1 50"), "ECONNREFUSED"))
			return "-";
	}
	return who ? who : "nobody";
}

static void tell(const struct story *s, enum kind kind, enum fam fam, int port,
		 char *buf)
{
	size_t n = 0;

	buf[0] = '\0';
	for (int i = 0; i < STEPS; i++) {
		const struct step *st = &s->step[i];
		const char *a = "ok";

		if (st->ends)
			ask(s->step[st->ends - 1].w, "close %d", 10 + st->ends);
		else if (st->class != A_NONE)
			a = start_server(st, i + 1, kind, fam, port);
		if (!ok(a))
			n += (size_t)snprintf(buf + n, OUTCOME - n, "%d: %s ",
					      i + 1, a);
	}
	for (size_t i = 0; i < sizeof(dials) / sizeof(dials[0]); i++) {
		bool six = wire_six(fam);
		const char *addr = addr_of(dials[i].owner, dials[i].class, six);
		const char *out = reached(s, kind, W_OUT, addr, port, six);
		const char *host = reached(s, kind, W_HOST, addr, port, six);

		n += (size_t)snprintf(buf + n, OUTCOME - n, "%s%s=%s",
				      i ? " " : "", dials[i].name, out);
		if (strcmp(out, host))
			n += (size_t)snprintf(buf + n, OUTCOME - n,
					      "(from host: %s)", host);
	}
	for (int i = 0; i < STEPS; i++)
		if (s->step[i].class != A_NONE)
			ask(s->step[i].w, "close %d", 11 + i);
}

/* One line for all families that are alike. */
static int print_story(FILE *f, const struct story *s, enum kind kind)
{
	static const enum fam fams[] = {F_4, F_6, F_MAP, F_DUAL};
	static int port = HOLD_PORT;
	char buf[F_MAX][OUTCOME];
	bool done[F_MAX] = {false};
	int bad = 0;

	for (int i = 0; i < F_MAX; i++)
		tell(s, kind, fams[i], port++, buf[i]);
	for (int i = 0; i < F_MAX; i++) {
		const char *expected = s->here[kind].out;
		bool same = !strcmp(buf[i], s->freebsd);

		if (s->here[kind].dual && fams[i] == F_DUAL)
			expected = s->here[kind].dual;
		if (done[i])
			continue;
		fprintf(f, "| %s | %s |", kind_name[kind], s->title);
		for (int j = i; j < F_MAX; j++) {
			if (strcmp(buf[i], buf[j]))
				continue;
			done[j] = true;
			fprintf(f, " %s", fam_name[fams[j]]);
		}
		fprintf(f, " | %s |", s->freebsd);
		if (same)
			fprintf(f, " same | |\n");
		else
			fprintf(f, " %s | %d |\n", buf[i],
				expected ? reason(s->here[kind].why) : 0);
		if (!strcmp(buf[i], expected ? expected : s->freebsd))
			continue;
		bad++;
		fprintf(stderr, "%s: %s: FreeBSD: %s, here (%s): %s\n",
			kind_name[kind], s->title, s->freebsd,
			fam_name[fams[i]], buf[i]);
	}
	return bad;
}

int hold_run(FILE *f)
{
	int bad = 0;

	fprintf(f, "| Socket | Holders of one port, in order | Families | "
		   "FreeBSD | Here | Why |\n|---|---|---|---|---|---|\n");
	for (enum kind k = 0; k < K_MAX; k++)
		for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]);
		     i++)
			bad += print_story(f, &stories[i], k);
	return bad;
}
