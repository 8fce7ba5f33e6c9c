/*
 * ngctl: commands from a terminal.
 *
 * libedit asks for one character after the other; while it waits, the node's
 * sockets are watched too, so that what comes is shown at once, on lines of
 * its own, and the line being written drawn again below.  One thread.
 */
#include "ngctl/ngctl.h"

#include "base/cleanup.h"
#include "net/bsderr.h"

#include <errno.h>
#include <histedit.h>
#include <locale.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

/* The most a broker that ends takes between its two sockets. */
#define BOTH_MS 200
#define HISTORY 100

struct terminal {
	struct ngctl *c;
	EditLine *el;
	History *history;
	mbstate_t partial; /* of a character of several bytes */
	int failed;
	struct err *e;
};

static void terminal_close(struct terminal *t)
{
	if (t->el)
		el_end(t->el);
	if (t->history)
		history_end(t->history);
}

static char *prompt(EditLine *el)
{
	static char text[] = "+ ";

	(void)el;
	return text;
}

/* Something has come, and maybe the end of our node. */
static int show_incoming(struct terminal *t, struct pollfd *cs,
			 const struct pollfd *ds)
{
	int rc = 0;

	t->c->put(t->c->data, "\n");
	/* a broker that ends closes both, in no order: told of the first */
	if (!cs->revents && ds->revents & POLLHUP)
		poll(cs, 1, BOTH_MS);
	if (cs->revents)
		rc = ngctl_incoming_msg(t->c, t->e);
	if (!rc && ds->revents)
		rc = ngctl_incoming_data(t->c, t->e);
	if (rc < 0)
		t->failed = rc;
	else
		el_set(t->el, EL_REFRESH);
	return rc;
}

static int wait_for_key(struct terminal *t)
{
	struct pollfd p[] = {
		{.fd = STDIN_FILENO, .events = POLLIN},
		{.fd = t->c->cs, .events = POLLIN},
		{.fd = t->c->ds, .events = POLLIN},
	};

	for (;;) {
		fflush(stdout);
		if (poll(p, ARRAY_SIZE(p), -1) < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		if ((p[1].revents || p[2].revents) &&
		    show_incoming(t, &p[1], &p[2]) < 0)
			return t->failed;
		if (p[0].revents)
			return 0;
	}
}

/* libedit's read: 1 character, 0 at the end, -1 and errno. */
static int get_char(EditLine *el, wchar_t *ret)
{
	struct terminal *t = NULL;
	char byte;

	el_get(el, EL_CLIENTDATA, &t);
	for (;;) {
		ssize_t n;
		size_t used;

		if (wait_for_key(t) < 0)
			return 0;
		n = read(STDIN_FILENO, &byte, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return (int)n;
		used = mbrtowc(ret, &byte, 1, &t->partial);
		if (used == (size_t)-2)
			continue;
		if (used == (size_t)-1) {
			memset(&t->partial, 0, sizeof(t->partial));
			continue;
		}
		return 1;
	}
}

/* The longest beginning that all candidates have. */
static size_t common_prefix(const struct strv *sv)
{
	size_t len = strlen(sv->v[0]);

	for (size_t i = 1; i < sv->n; i++) {
		size_t same = 0;

		while (same < len && sv->v[i][same] == sv->v[0][same])
			same++;
		len = same;
	}
	return len;
}

static void show_candidates(struct terminal *t, const struct strv *sv)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	strbuf_addch(&b, '\n');
	for (size_t i = 0; i < sv->n; i++)
		strbuf_addf(&b, "%s%s", sv->v[i], i + 1 < sv->n ? "  " : "\n");
	t->c->put(t->c->data, b.s);
}

static unsigned char complete(EditLine *el, int ch)
{
	cleanup_free char *text = NULL, *more = NULL;
	cleanup_strv struct strv sv = {0};
	const LineInfo *line = el_line(el);
	struct terminal *t = NULL;
	size_t from = 0, have, len;

	(void)ch;
	el_get(el, EL_CLIENTDATA, &t);
	text = strndup(line->buffer, (size_t)(line->cursor - line->buffer));
	if (!text || ngctl_complete(t->c, text, &sv, &from) < 0 || !sv.n)
		return CC_REFRESH_BEEP;
	have = strlen(text) - from;
	len = common_prefix(&sv);
	if (len > have) {
		more = strndup(sv.v[0] + have, len - have);
		if (!more || el_insertstr(el, more) < 0)
			return CC_REFRESH_BEEP;
	}
	if (sv.n == 1 && !str_suffix(sv.v[0], ":"))
		el_insertstr(el, " ");
	if (sv.n > 1 && len <= have) {
		show_candidates(t, &sv);
		return CC_REDISPLAY;
	}
	return CC_REFRESH;
}

static int terminal_open(struct terminal *t, struct err *e)
{
	HistEvent ev;

	t->el = el_init("ngctl", stdin, stdout, stderr);
	t->history = history_init();
	if (!t->el || !t->history)
		return err_nomem(e);
	el_set(t->el, EL_CLIENTDATA, t);
	el_set(t->el, EL_PROMPT, prompt);
	el_set(t->el, EL_SIGNAL, 1);
	el_set(t->el, EL_EDITOR, "emacs");
	el_set(t->el, EL_GETCFN, get_char);
	history(t->history, &ev, H_SETSIZE, HISTORY);
	history(t->history, &ev, H_SETUNIQUE, 1);
	el_set(t->el, EL_HIST, history, t->history);
	el_set(t->el, EL_ADDFN, "ngctl-complete", "Complete the word",
	       complete);
	el_set(t->el, EL_BIND, "^I", "ngctl-complete", NULL);
	el_source(t->el, NULL);
	return 0;
}

int ngctl_interactive(struct ngctl *c, struct err *e)
{
	__attribute__((cleanup(terminal_close))) struct terminal t = {.c = c,
								      .e = e};
	char *help[] = {(char *)"help", NULL};
	const char *line;
	HistEvent ev;
	int n, rc;

	setlocale(LC_CTYPE, "");
	rc = ngctl_run(c, 1, help);
	if (!rc)
		rc = terminal_open(&t, e);
	if (rc < 0)
		return rc;
	while ((line = el_gets(t.el, &n)) && n > 0) {
		if (line[strspn(line, " \t\r\n")])
			history(t.history, &ev, H_ENTER, line);
		if (ngctl_line(c, line) == NGCTL_QUIT)
			return NGCTL_QUIT;
	}
	if (t.failed)
		return t.failed;
	c->put(c->data, "\n");
	return NGCTL_QUIT;
}
