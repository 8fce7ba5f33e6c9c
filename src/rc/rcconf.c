/*
 * rcconf: evaluates rc.conf(5).
 *
 * Theory of operation.  The files are shell text, so a shell reads them, but
 * for those in which it would find nothing to do (rcplain.h):
 * /bin/sh is started with a clean environment, given the built-in defaults
 * and then the files, and at the end prints its variables with `set` on a
 * descriptor of its own.  Nothing else comes back, and nothing else than the
 * text of the files goes in.  What the files print, and the shell's
 * complaints, are kept as messages; a complaint becomes the error when the
 * shell did not get to the end.  Ten seconds, then the shell and all it
 * started are killed.
 *
 * The stream on the descriptor: "file PATH" before each file, then "set", the
 * variables, and "end" as the last line, whose absence tells that the shell
 * did not get there.
 */
#include "rc/rc.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/table.h"
#include "jail/prison.h"
#include "rc/rcdefaults.h"
#include "rc/rcplain.h"
#include "rc/rcset.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#define RCCONF_SECONDS 10
#define RCCONF_OUT_MAX (4u << 20)
#define RCCONF_MSG_MAX (64u << 10)
#define RCCONF_FILE_MAX (4u << 20)
#define RCCONF_PATH                                                            \
	"PATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"

static const char rcconf_end[] = "\nend\n";

/* Variables of the shell itself, which are nobody's configuration. */
static const char *const shell_vars[] = {
	"BASH",
	"BASHOPTS",
	"BASHPID",
	"BASH_COMMAND",
	"BASH_EXECUTION_STRING",
	"BASH_LOADABLES_PATH",
	"BASH_SUBSHELL",
	"BASH_VERSION",
	"COLUMNS",
	"EPOCHREALTIME",
	"EPOCHSECONDS",
	"EUID",
	"FUNCNAME",
	"HISTCMD",
	"HOME",
	"HOSTNAME",
	"HOSTTYPE",
	"IFS",
	"KSHEGID",
	"KSHGID",
	"KSHUID",
	"KSH_VERSION",
	"LC_ALL",
	"LINENO",
	"LINES",
	"MACHTYPE",
	"OLDPWD",
	"OPTARG",
	"OPTERR",
	"OPTIND",
	"OSTYPE",
	"PATH",
	"PATHSEP",
	"PGRP",
	"POSIXLY_CORRECT",
	"PPID",
	"PS1",
	"PS2",
	"PS3",
	"PS4",
	"PWD",
	"RANDOM",
	"SECONDS",
	"SHELL",
	"SHELLOPTS",
	"SHLVL",
	"SRANDOM",
	"TERM",
	"TMOUT",
	"UID",
	"USER_ID",
	"_",
};

static const char rcconf_script[] =
	"for _cb_file do\n"
	"	if [ -f \"$_cb_file\" ] && [ -r \"$_cb_file\" ]; then\n"
	"		echo \"file $_cb_file\" >&3\n"
	"		. \"$_cb_file\"\n"
	"	fi\n"
	"done\n"
	"unset _cb_file\n"
	"{ echo set; set; echo; echo end; } >&3\n"
	"exit 0\n";

struct shell {
	pid_t pid;
	int pidfd, out, msg; /* owned */
	struct strbuf out_text, msg_text;
	bool out_cut, timed_out;
	int status;
};

static void shell_free(struct shell *s)
{
	if (s->pid > 0) {
		/* the group: also what a file left in the background */
		kill(-s->pid, SIGKILL);
		kill(s->pid, SIGKILL);
		while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	cleanup_close_p(&s->pidfd);
	cleanup_close_p(&s->out);
	cleanup_close_p(&s->msg);
	strbuf_free(&s->out_text);
	strbuf_free(&s->msg_text);
}

/* In the child: descriptors 0-3, limits, the shell.  Never returns. */
static void __attribute__((noreturn))
shell_exec(char *const *argv, int out, int msg)
{
	static char path[] = RCCONF_PATH, home[] = "HOME=/", lc[] = "LC_ALL=C";
	char *const envp[] = {path, home, lc, NULL};
	struct rlimit none = {0, 0};
	sigset_t sigs;
	int null = open("/dev/null", O_RDONLY);
	int r = -EIO;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CORE, &none);
	sigemptyset(&sigs);
	sigprocmask(SIG_SETMASK, &sigs, NULL);
	signal(SIGPIPE, SIG_DFL);
	/* first above the range that is about to be filled */
	out = fcntl(out, F_DUPFD, 10);
	msg = fcntl(msg, F_DUPFD, 10);
	if (out < 0 || msg < 0 || (null > 0 && dup2(null, 0) < 0) ||
	    dup2(msg, 1) < 0 || dup2(msg, 2) < 0 || dup2(out, 3) < 0)
		_exit(126);
	close(out);
	close(msg);
	if (null > 3)
		close(null);
	if (chdir("/") == 0)
		r = prison_execvp(argv, envp, "");
	_exit(r == -ENOENT ? 127 : 126);
}

static int shell_start(struct shell *s, char *const *argv, struct err *e)
{
	int out[2], msg[2];

	if (pipe2(out, O_CLOEXEC) < 0)
		return err_sys(e, errno, "pipe");
	if (pipe2(msg, O_CLOEXEC) < 0) {
		int code = errno;

		close(out[0]);
		close(out[1]);
		return err_sys(e, code, "pipe");
	}
	s->out = out[0];
	s->msg = msg[0];
	s->pid = fork();
	if (s->pid == 0)
		shell_exec(argv, out[1], msg[1]);
	close(out[1]);
	close(msg[1]);
	if (s->pid < 0)
		return err_sys(e, errno, "fork");
	setpgid(s->pid, s->pid);
	s->pidfd = (int)syscall(SYS_pidfd_open, s->pid, 0);
	if (s->pidfd < 0)
		return err_sys(e, errno, "pidfd_open");
	fcntl(s->out, F_SETFL, O_NONBLOCK);
	fcntl(s->msg, F_SETFL, O_NONBLOCK);
	return 0;
}

/* Read what is there; false at the end of the pipe. */
static bool shell_read(int fd, struct strbuf *b, size_t max, bool *ret_cut)
{
	char buf[4096];
	ssize_t n;

	for (;;) {
		n = read(fd, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 && errno == EAGAIN;
		if (b->len + (size_t)n <= max)
			strbuf_addn(b, buf, (size_t)n);
		else if (ret_cut)
			*ret_cut = true;
	}
}

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static void shell_wait(struct shell *s)
{
	long long end = now_ms() + RCCONF_SECONDS * 1000LL;
	struct pollfd p[3] = {
		{.fd = s->out, .events = POLLIN},
		{.fd = s->msg, .events = POLLIN},
		{.fd = s->pidfd, .events = POLLIN},
	};

	while (!p[2].revents) {
		long long left = end - now_ms();

		if (left <= 0 || s->out_cut) {
			s->timed_out = left <= 0;
			kill(-s->pid, SIGKILL);
			kill(s->pid, SIGKILL);
			break;
		}
		if (poll(p, 3, (int)left) < 0 && errno != EINTR)
			break;
		if (p[0].revents && !shell_read(s->out, &s->out_text,
						RCCONF_OUT_MAX, &s->out_cut))
			p[0].fd = -1;
		if (p[1].revents &&
		    !shell_read(s->msg, &s->msg_text, RCCONF_MSG_MAX, NULL))
			p[1].fd = -1;
	}
	shell_read(s->out, &s->out_text, RCCONF_OUT_MAX, &s->out_cut);
	shell_read(s->msg, &s->msg_text, RCCONF_MSG_MAX, NULL);
	while (waitpid(s->pid, &s->status, 0) < 0 && errno == EINTR)
		;
	/* what it left in the background goes too */
	kill(-s->pid, SIGKILL);
	s->pid = 0;
}

/*
 * One line of the shell's complaints as "FILE line N: TEXT".
 *   dash     sh: 4: FILE: TEXT
 *   busybox  sh: FILE: line 4: TEXT
 *   bash     FILE: line 4: TEXT
 * Other lines stay as they are.
 */
static void message_line(const char *line, struct strbuf *b)
{
	const char *p = line, *colon;
	char *end;
	unsigned long n;

	if (str_prefix(p, "sh: "))
		p += 4;
	n = strtoul(p, &end, 10);
	if (end != p && isdigit((unsigned char)*p) && str_prefix(end, ": /")) {
		p = end + 2;
		colon = strstr(p, ": ");
		if (colon) {
			strbuf_addf(b, "%.*s line %lu: %s", (int)(colon - p), p,
				    n, colon + 2);
			return;
		}
	}
	colon = strstr(p, ": line ");
	if (*p == '/' && colon) {
		n = strtoul(colon + 7, &end, 10);
		if (end != colon + 7 && str_prefix(end, ": ")) {
			strbuf_addf(b, "%.*s line %lu: %s", (int)(colon - p), p,
				    n, end + 2);
			return;
		}
	}
	strbuf_adds(b, line);
}

static int messages_split(const char *text, struct strv *ret)
{
	cleanup_strv struct strv lines = {0};

	if (strv_split(&lines, text, "\n") < 0)
		return -ENOMEM;
	for (size_t i = 0; i < lines.n; i++) {
		cleanup_strbuf struct strbuf b = STRBUF_INIT;

		message_line(lines.v[i], &b);
		if (strv_add(ret, b.s) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* bash goes on after a syntax error in a sourced file; dash does not. */
static const char *syntax_error(const struct strv *messages)
{
	for (size_t i = 0; i < messages->n; i++)
		if (strcasestr(messages->v[i], "syntax error") ||
		    strcasestr(messages->v[i], "unexpected EOF"))
			return messages->v[i];
	return NULL;
}

/* Why there is no list of variables. */
static int shell_error(const struct shell *s, const struct rcconf *c,
		       struct err *e)
{
	const char *file = c->files.n ? c->files.v[c->files.n - 1] : "rc.conf";
	const char *last =
		c->messages.n ? c->messages.v[c->messages.n - 1] : NULL;

	if (s->timed_out)
		return err_set(e, ETIMEDOUT,
			       "%s: not finished after %d seconds", file,
			       RCCONF_SECONDS);
	if (s->out_cut)
		return err_set(e, EFBIG, "%s: more than %u MB of variables",
			       file, RCCONF_OUT_MAX >> 20);
	if (WIFEXITED(s->status) && WEXITSTATUS(s->status) == 127 && !last)
		return err_set(e, ENOENT,
			       "/bin/sh: not found (rc.conf is shell text)");
	if (last && strstr(last, " line "))
		return err_set(e, EINVAL, "%s", last);
	if (WIFSIGNALED(s->status))
		return err_set(e, EINVAL, "%s: the shell died of signal %d",
			       file, WTERMSIG(s->status));
	return err_set(
		e, EINVAL, "%s: the shell ended early with status %d%s%s", file,
		WEXITSTATUS(s->status), last ? ": " : "", last ? last : "");
}

/* Leading "file PATH" lines, up to "set"; returns where the variables start. */
static const char *output_head(const char *p, struct strv *files)
{
	for (;;) {
		const char *nl = strchr(p, '\n');

		if (!nl)
			return NULL;
		if (str_prefix(p, "set\n"))
			return p + 4;
		if (str_prefix(p, "file ")) {
			cleanup_free char *f =
				strndup(p + 5, (size_t)(nl - p - 5));

			if (!f || strv_add(files, f) < 0)
				return NULL;
		}
		p = nl + 1;
	}
}

static int var_cmp(const void *a, const void *b)
{
	return strcmp(((const struct rcvar *)a)->name,
		      ((const struct rcvar *)b)->name);
}

bool rcconf_is_shell_var(const char *name)
{
	return str_prefix(name, "_cb_") || str_prefix(name, "BASH_") ||
	       table_index(shell_vars, ARRAY_SIZE(shell_vars), name) >= 0;
}

static void vars_settle(struct rcconf *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++) {
		if (rcconf_is_shell_var(c->v[i].name)) {
			free(c->v[i].name);
			free(c->v[i].value);
		} else {
			c->v[n++] = c->v[i];
		}
	}
	c->n = n;
	if (n)
		qsort(c->v, n, sizeof(*c->v), var_cmp);
}

static int shell_result(struct shell *s, struct rcconf *c, struct err *e)
{
	const char *vars, *bad;
	size_t len;

	if (strbuf_failed(&s->out_text) || strbuf_failed(&s->msg_text) ||
	    messages_split(s->msg_text.s, &c->messages) < 0)
		return err_nomem(e);
	vars = output_head(s->out_text.s, &c->files);
	bad = syntax_error(&c->messages);
	if (bad)
		return err_set(e, EINVAL, "%s", bad);
	if (!vars || s->timed_out || s->out_cut ||
	    !str_suffix(s->out_text.s, rcconf_end))
		return shell_error(s, c, e);
	len = strlen(vars) - (sizeof(rcconf_end) - 1);
	return rcset_parse(vars, len, &c->v, &c->n, e);
}

/* The defaults as text for the shell, then the script. */
static char *rcconf_text(bool defaults)
{
	struct strbuf b = STRBUF_INIT;
	const struct rcvar_def *d;

	for (size_t i = 0; defaults && (d = rcvar_def_at(i)); i++)
		if (d->dflt)
			strbuf_addf(&b, "%s='%s'\n", d->pattern, d->dflt);
	strbuf_adds(&b, rcconf_script);
	return strbuf_take(&b);
}

static int shell_argv(const char *const *files, bool defaults,
		      struct strv *argv, struct err *e)
{
	if (strv_add(argv, "/bin/sh") < 0 || strv_add(argv, "-c") < 0 ||
	    strv_take(argv, rcconf_text(defaults)) < 0 ||
	    strv_add(argv, "sh") < 0)
		return err_nomem(e);
	for (; *files; files++) {
		cleanup_free char *abs = NULL;

		if (strchr(*files, '\n'))
			return err_set(e, EINVAL, "%s: bad file name", *files);
		/* the shell runs in "/", and `.` would search PATH */
		abs = **files == '/' ? strdup(*files) : realpath(*files, NULL);
		if (abs && strv_add(argv, abs) < 0)
			return err_nomem(e);
	}
	return 0;
}

int rcconf_load_bare(const char *const *files, bool defaults,
		     struct rcconf **ret, struct err *e)
{
	cleanup_strv struct strv argv = {0};
	cleanup_rcconf struct rcconf *c = calloc(1, sizeof(*c));
	struct shell s = {.pidfd = -1,
			  .out = -1,
			  .msg = -1,
			  .out_text = STRBUF_INIT,
			  .msg_text = STRBUF_INIT};
	int r;

	if (!c || !(c->file = strdup(*files ? *files : "/etc/rc.conf")))
		return err_nomem(e);
	r = rcplain_load(files, defaults, c);
	if (!r)
		*ret = take_ptr(c);
	if (r != -EAGAIN)
		return r ? err_nomem(e) : 0;
	r = shell_argv(files, defaults, &argv, e);
	if (!r)
		r = shell_start(&s, argv.v, e);
	if (!r) {
		shell_wait(&s);
		r = shell_result(&s, c, e);
	}
	shell_free(&s);
	if (r < 0)
		return r;
	vars_settle(c);
	*ret = take_ptr(c);
	return 0;
}

/* The value that holds instead of one that cannot be. */
static int take_refuge(struct rcconf *c, struct rcvar *v,
		       const struct rcvar_def *d, const char *why)
{
	const char *dflt = d->dflt		      ? d->dflt
			   : d->type == RCTYPE_SWITCH ? "NO"
						      : "";
	char *value = strdup(dflt);
	const char *file = c->file;
	unsigned int line;
	int r;

	if (!value)
		return -ENOMEM;
	/* checkyesno's words are known to those who look for them */
	if (d->type == RCTYPE_SWITCH)
		r = strv_addf(&c->messages,
			      "$%s is not set properly - see rc.conf(5).",
			      v->name);
	else if (rcconf_where(c, v->name, &file, &line))
		r = strv_addf(&c->messages, "%s line %u: %s: %s (%s holds)",
			      file, line, v->name, why,
			      *dflt ? dflt : "nothing");
	else
		r = strv_addf(&c->messages, "%s: %s: %s (%s holds)", file,
			      v->name, why, *dflt ? dflt : "nothing");
	free(v->value);
	v->value = value;
	return r;
}

/* Values that are none are told of, and the defaults hold. */
static int vars_check(struct rcconf *c)
{
	int r = 0;

	for (size_t i = 0; !r && i < c->n; i++) {
		const struct rcvar_def *d = rcvar_def_find(c->v[i].name);
		cleanup_strbuf struct strbuf why = STRBUF_INIT;

		if (d && rcvar_has_refuge(d) &&
		    !rcvar_value_ok(d, c->v[i].value, &why))
			r = take_refuge(c, &c->v[i], d, why.s);
	}
	return r;
}

int rcconf_load(const char *const *files, struct rcconf **ret, struct err *e)
{
	int r = rcconf_load_bare(files, true, ret, e);

	if (!r && vars_check(*ret) < 0) {
		rcconf_free(ret);
		return err_nomem(e);
	}
	return r;
}

void rcconf_free(struct rcconf **c)
{
	if (!*c)
		return;
	rcset_free((*c)->v, (*c)->n);
	strv_free(&(*c)->files);
	strv_free(&(*c)->messages);
	free((*c)->file);
	free(*c);
	*c = NULL;
}

const char *rcconf_get(const struct rcconf *c, const char *name)
{
	struct rcvar key = {.name = (char *)name};
	const struct rcvar *v;

	if (!c->n)
		return NULL;
	v = bsearch(&key, c->v, c->n, sizeof(*c->v), var_cmp);
	return v ? v->value : NULL;
}

size_t rcconf_prefix(const struct rcconf *c, const char *prefix, size_t *ret_n)
{
	size_t len = strlen(prefix), lo = 0, hi = c->n, n = 0;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strncmp(c->v[mid].name, prefix, len) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	while (lo + n < c->n && str_prefix(c->v[lo + n].name, prefix))
		n++;
	*ret_n = n;
	return lo;
}

int rcconf_set(struct rcconf *c, const char *name, const char *value,
	       struct err *e)
{
	char *v = strdup(value), *k = strdup(name);
	struct rcvar *t;

	for (size_t i = 0; v && k && i < c->n; i++)
		if (!strcmp(c->v[i].name, name)) {
			free(k);
			free(c->v[i].value);
			c->v[i].value = v;
			return 0;
		}
	t = v && k ? reallocarray(c->v, c->n + 1, sizeof(*t)) : NULL;
	if (!t) {
		free(v);
		free(k);
		return err_nomem(e);
	}
	c->v = t;
	t[c->n++] = (struct rcvar){.name = k, .value = v};
	qsort(t, c->n, sizeof(*t), var_cmp);
	return 0;
}

int rcconf_bool(const char *value)
{
	static const char *const yes[] = {"yes", "true", "on", "1"};
	static const char *const no[] = {"no", "false", "off", "0"};

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (!strcasecmp(value, yes[i]))
			return 1;
		if (!strcasecmp(value, no[i]))
			return 0;
	}
	return -1;
}

bool rcconf_yes(const struct rcconf *c, const char *name,
		const struct report *r)
{
	const char *value = rcconf_get(c, name);
	int b = rcconf_bool(value ? value : "");

	if (b < 0)
		report(r, REPORT_WARN,
		       "$%s is not set properly - see rc.conf(5).", name);
	return b > 0;
}

/* The line's assignment to `name`: NAME= after blanks, `export ` or `;`. */
static bool line_assigns(const char *line, size_t len, const char *name)
{
	size_t nlen = strlen(name);

	for (const char *p = line; p + nlen < line + len; p++) {
		if (*p == '#')
			return false;
		if (strncmp(p, name, nlen) || p[nlen] != '=')
			continue;
		if (p == line || strchr(" \t;&|{(", p[-1]))
			return true;
	}
	return false;
}

bool rcconf_where(const struct rcconf *c, const char *name,
		  const char **ret_file, unsigned int *ret_line)
{
	bool found = false;

	for (size_t i = 0; i < c->files.n; i++) {
		cleanup_free char *text = NULL;
		unsigned int line = 0;

		if (file_read(AT_FDCWD, c->files.v[i], RCCONF_FILE_MAX, &text,
			      NULL, NULL) < 0)
			continue;
		for (const char *p = text; *p;) {
			const char *nl = strchrnul(p, '\n');

			line++;
			if (line_assigns(p, (size_t)(nl - p), name)) {
				found = true;
				*ret_file = c->files.v[i];
				*ret_line = line;
			}
			p = *nl ? nl + 1 : nl;
		}
	}
	return found;
}

int rcconf_err(const struct rcconf *c, const char *name, int code,
	       struct err *e, const char *fmt, ...)
{
	cleanup_free char *text = NULL;
	const char *file = c->file;
	unsigned int line;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	if (rcconf_where(c, name, &file, &line))
		return err_at(e, code, file, line, "%s: %s", name,
			      text ? text : "out of memory");
	return err_set(e, code, "%s: %s: %s", file, name,
		       text ? text : "out of memory");
}
