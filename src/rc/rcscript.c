/*
 * rcscript: runs a local rc.d script.
 *
 * Theory of operation.  The script is text for /bin/sh and finds FreeBSD's
 * commands first in PATH.  What it prints comes back line by line as results;
 * it is not waited for longer than its descriptors stay open by itself: a
 * daemon that it leaves behind keeps the pipe, so the wait ends with the
 * script.  A failing script is reported and does not stop the boot, as on
 * FreeBSD.
 *
 * Scripts begin with `. /etc/rc.subr`.  Where there is none, ours is written:
 * by a boot until stop (a fact in its notes), by service(8) for as long as the
 * script runs.
 *
 * One that never says run_rc_command but has functions NAME_start or NAME_stop
 * (NAME is what it provides, or the file's name) was meant to be run like any
 * other: it is read after rc.subr, and then these functions are its commands.
 */
#include "rc/rcscript.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/runtime.h"
#include "jail/prison.h"
#include "rc/rcnodes.h"
#include "rc/rcorder.h"
#include "rc/rcsubr.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#define SCRIPT_MAX (1u << 20)

#define SCRIPT_PATH                                                            \
	"PATH=" CELLBLOCK_RUN "/rt/scripts:" CELLBLOCK_RUN                     \
	"/rt/bin:%s/sbin:/bin:/usr/sbin:/usr/bin:/usr/"                        \
	"local/sbin:/usr/local/bin"

/*
 * Where FreeBSD's names are when this is not a jail: first those that hide
 * Linux's.
 */
static char *own_bin(void)
{
	cleanup_free char *rt = NULL;

	if (runtime_dir(&rt, NULL) < 0)
		return strdup("");
	return str_printf("%s/scripts:%s/bin:", rt, rt);
}

/*
 * A block that is applied to the machine has rc.conf beside its rc.d: rc.subr
 * reads that, not the machine's.  Elsewhere NULL, or what makes no difference.
 */
static char *own_etc(const char *script)
{
	cleanup_free char *dir = strdup(script ? script : "");
	cleanup_free char *conf = NULL;
	char *slash;

	for (int i = 0; dir && i < 2; i++) {
		slash = strrchr(dir, '/');
		if (!slash)
			return NULL;
		*slash = '\0';
	}
	if (!dir || !*dir || !strcmp(dir, "/usr/local/etc"))
		return NULL;
	conf = str_printf("%s/rc.conf", dir);
	return conf && access(conf, R_OK) == 0
		       ? str_printf("_CB_RC_ETC=%s", dir)
		       : NULL;
}

/* In the child; out -1: the caller's own descriptors. */
static void __attribute__((noreturn))
script_exec(char *const *argv, char *const *envp, int out)
{
	int null = open("/dev/null", O_RDONLY);
	sigset_t sigs;

	sigemptyset(&sigs);
	sigprocmask(SIG_SETMASK, &sigs, NULL);
	if (out >= 0 && ((null >= 0 && dup2(null, 0) < 0) || dup2(out, 1) < 0 ||
			 dup2(out, 2) < 0))
		_exit(126);
	if (null > 2)
		close(null);
	if (chdir("/") == 0)
		prison_execvp(argv, envp, "");
	_exit(127);
}

/* Complete lines go out; the rest stays. */
static void relay(struct strbuf *b, const struct report *r, bool all)
{
	for (;;) {
		char *nl = memchr(b->s, '\n', b->len);
		size_t len = nl ? (size_t)(nl - b->s) : b->len;

		if (!b->len || (!nl && !all && b->len < 4096))
			return;
		report(r, REPORT_OUT, "%.*s", (int)len, b->s);
		if (nl)
			len++;
		memmove(b->s, b->s + len, b->len - len + 1);
		b->len -= len;
	}
}

/* false: the time is over.  seconds 0: there is no end. */
static bool relay_until(int fd, int pidfd, int seconds, const struct report *r)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	struct timespec start, now;
	int left = -1;
	struct pollfd p[2] = {{.fd = fd, .events = POLLIN},
			      {.fd = pidfd, .events = POLLIN}};
	char buf[4096];

	clock_gettime(CLOCK_MONOTONIC, &start);
	while (!p[1].revents || (p[0].revents & POLLIN)) {
		ssize_t n;

		p[0].revents = p[1].revents = 0;
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (seconds)
			left = seconds - (int)(now.tv_sec - start.tv_sec);
		if (seconds && left <= 0)
			break;
		if (poll(p, 2, seconds ? left * 1000 : -1) < 0 &&
		    errno != EINTR)
			break;
		if (!p[0].revents)
			continue;
		n = read(fd, buf, sizeof(buf));
		if (n <= 0) {
			p[0].fd = -1;
			continue;
		}
		strbuf_addn(&b, buf, (size_t)n);
		relay(&b, r, false);
	}
	relay(&b, r, true);
	return !seconds || left > 0;
}

/* What is the same for all, then `more` (NULL: nothing). */
static int script_env(const char *script, const struct strv *more,
		      struct strv *ret)
{
	cleanup_free char *etc = own_etc(script);
	cleanup_free char *bin = own_bin();
	int r = strv_addf(ret, SCRIPT_PATH, bin ? bin : "");

	if (!r)
		r = strv_add(ret, "HOME=/") || strv_add(ret, "RC_PID=1");
	if (!r && etc)
		r = strv_add(ret, etc);
	if (!r && more)
		r = strv_copy(ret, more);
	return r ? -ENOMEM : 0;
}

/* Start the script; the pipe's reading end in *ret_in, or -1 without one. */
static int script_start(char *const *argv, const char *script,
			const struct strv *more, bool piped, int *ret_in,
			pid_t *ret_pid, struct err *e)
{
	cleanup_strv struct strv env = {0};
	cleanup_close int in = -1, out = -1;
	int fds[2];
	pid_t pid;

	if (script_env(script, more, &env) < 0)
		return err_nomem(e);
	if (piped) {
		if (pipe2(fds, O_CLOEXEC) < 0)
			return err_sys(e, errno, "pipe");
		in = fds[0];
		out = fds[1];
	}
	pid = fork();
	if (pid < 0)
		return err_sys(e, errno, "fork");
	if (pid == 0)
		script_exec(argv, env.v, out);
	*ret_in = take_fd(&in);
	*ret_pid = pid;
	return 0;
}

static int script_wait(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

/* Does a line of the text begin the function NAME_VERB? */
static bool has_function(const char *text, const char *name, const char *verb)
{
	cleanup_free char *word = str_printf("%s_%s", name, verb);
	size_t len = word ? strlen(word) : 0;

	for (const char *p = text; word && p; p = strchr(p, '\n')) {
		p += strspn(p, " \t\n");
		if (!strncmp(p, word, len) &&
		    !strncmp(p + len + strspn(p + len, " \t"), "()", 2))
			return true;
	}
	return false;
}

/* A name that can be part of a function's. */
static bool name_ok(const char *name)
{
	return *name && !name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
					   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					   "0123456789_")];
}

/* The name by which functions of a script without run_rc_command are called;
 * NULL: it is a script like others. */
static char *bare_name(const char *path, const char *text)
{
	struct rcnode node = {0};
	const char *slash = strrchr(path, '/'), *name = NULL;
	char *ret;

	if (strstr(text, "run_rc_command") || rcorder_parse(text, &node) < 0)
		return NULL;
	for (size_t i = 0; !name && i < node.provide.n; i++)
		if (name_ok(node.provide.v[i]) &&
		    (has_function(text, node.provide.v[i], "start") ||
		     has_function(text, node.provide.v[i], "stop")))
			name = node.provide.v[i];
	if (!name && slash && name_ok(slash + 1) &&
	    (has_function(text, slash + 1, "start") ||
	     has_function(text, slash + 1, "stop")))
		name = slash + 1;
	ret = name ? strdup(name) : NULL;
	rcnode_free(&node);
	return ret;
}

/* $0 is the script, name and words follow. */
#define BARE                                                                   \
	". " RC_SUBR "; _rc_bare=yes; name=$1; shift; . \"$0\"; "              \
	"for verb in start stop restart reload status; do "                    \
	"if command -v \"${name}_$verb\" >/dev/null; then "                    \
	"eval \"${verb}_cmd=\\${${verb}_cmd:-${name}_$verb}\"; fi; done; "     \
	"run_rc_command \"$@\""

/* A script that is to be run: the words before its own, and how. */
struct job {
	const char *path;
	struct strv argv;
	bool nodes; /* its netgraph nodes are looked after */
	bool piped; /* its lines are reported; else it has our descriptors */
	const struct strv *env; /* more of it; or NULL */
	const struct report *report;
};

static void job_free(struct job *j)
{
	strv_free(&j->argv);
}
#define cleanup_job __attribute__((cleanup(job_free)))

static int job_load(struct job *j, const char *path, struct err *e)
{
	cleanup_free char *text = NULL, *name = NULL;
	int r = file_read(AT_FDCWD, path, SCRIPT_MAX, &text, NULL, e);

	if (r < 0)
		return r;
	j->path = path;
	j->nodes = rcnodes_concerns(text);
	name = bare_name(path, text);
	r = strv_add(&j->argv, "/bin/sh");
	if (!r && name)
		r = strv_add(&j->argv, "-c") || strv_add(&j->argv, BARE);
	if (!r)
		r = strv_add(&j->argv, path);
	if (!r && name)
		r = strv_add(&j->argv, name);
	return r ? err_nomem(e) : 0;
}

/* Once, with these words; *ret_status as of waitpid(2). */
static int job_run(const struct job *j, int nargs, char *const *args,
		   int *ret_status, struct err *e)
{
	cleanup_strv struct strv argv = {0};
	cleanup_close int in = -1, pidfd = -1;
	pid_t pid = -1;
	int r;

	r = strv_copy(&argv, &j->argv);
	for (int i = 0; !r && i < nargs; i++)
		r = strv_add(&argv, args[i]);
	if (r)
		return err_nomem(e);
	r = script_start(argv.v, j->path, j->env, j->piped, &in, &pid, e);
	if (r < 0)
		return r;
	pidfd = j->piped ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	if (pidfd >= 0)
		(void)relay_until(in, pidfd, 0, j->report);
	*ret_status = script_wait(pid);
	return 0;
}

/* "restart" in "onerestart", "faststart", ...: NULL if it is another word. */
static const char *verb_of(const char *word, const char *verb)
{
	static const char *const ways[] = {"fast", "force", "one", "quiet"};
	size_t i = 0;

	while (i < ARRAY_SIZE(ways))
		if (str_prefix(word, ways[i])) {
			word += strlen(ways[i]);
			i = 0;
		} else {
			i++;
		}
	return strcmp(word, verb) ? NULL : word;
}

/* What concerns the script's nodes alone is said and goes no further. */
static void watched(const struct job *j, int r, const struct err *e)
{
	if (r < 0)
		report(j->report, REPORT_WARN, "%s: %s", j->path, e->text);
}

static int job_start(const struct job *j, int nargs, char *const *args,
		     int *ret_status, struct err *e)
{
	struct err ne = ERR_INIT;
	int r, begun = rcnodes_begin(j->path, &ne);

	watched(j, begun, &ne);
	r = job_run(j, nargs, args, ret_status, e);
	if (!begun)
		watched(j, rcnodes_end(j->path, &ne), &ne);
	return r;
}

static int job_stop(const struct job *j, int nargs, char *const *args,
		    int *ret_status, struct err *e)
{
	struct err ne = ERR_INIT;
	int r = job_run(j, nargs, args, ret_status, e);

	watched(j, rcnodes_remove(j->path, &ne), &ne);
	return r;
}

/* Stop, what it left, start: as run_rc_command does it, but for that. */
static int job_restart(const struct job *j, int nargs, char *const *args,
		       int *ret_status, struct err *e)
{
	size_t way = strlen(args[0]) - strlen("restart");
	cleanup_strv struct strv words = {0};
	cleanup_free char *stop = NULL, *start = NULL;
	int r = 0;

	for (int i = 0; !r && i < nargs; i++)
		r = strv_add(&words, args[i]);
	stop = str_printf("%.*sstop", (int)way, args[0]);
	start = str_printf("%.*sstart", (int)way, args[0]);
	if (r || !stop || !start)
		return err_nomem(e);
	free(words.v[0]);
	words.v[0] = take_ptr(stop);
	r = job_stop(j, nargs, words.v, ret_status, e);
	if (r < 0)
		return r;
	free(words.v[0]);
	words.v[0] = take_ptr(start);
	return job_start(j, nargs, words.v, ret_status, e);
}

static int job_do(const struct job *j, int nargs, char *const *args,
		  int *ret_status, struct err *e)
{
	const char *word = nargs ? args[0] : "";

	if (j->nodes && verb_of(word, "start"))
		return job_start(j, nargs, args, ret_status, e);
	if (j->nodes && verb_of(word, "stop"))
		return job_stop(j, nargs, args, ret_status, e);
	if (j->nodes && verb_of(word, "restart"))
		return job_restart(j, nargs, args, ret_status, e);
	return job_run(j, nargs, args, ret_status, e);
}

bool rcscript_needs_network(const char *path)
{
	cleanup_free char *text = NULL;

	return file_read(AT_FDCWD, path, SCRIPT_MAX, &text, NULL, NULL) == 0 &&
	       strstr(text, "network.subr");
}

int rcscript_run(const char *path, const char *arg, const struct report *r,
		 struct err *e)
{
	cleanup_job struct job j = {.report = r, .piped = true};
	char *args[] = {(char *)arg};
	int status = 0, ret;

	ret = job_load(&j, path, e);
	if (!ret)
		ret = job_do(&j, 1, args, &status, e);
	if (ret < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
		return ret;
	if (WIFSIGNALED(status))
		return err_set(e, EIO, "%s %s: died of signal %d", path, arg,
			       WTERMSIG(status));
	return err_set(e, EIO, "%s %s: failed with status %d", path, arg,
		       WEXITSTATUS(status));
}

int rcscript_program(char *const *argv, int seconds, const struct report *r,
		     struct err *e)
{
	cleanup_close int in = -1, pidfd = -1;
	bool in_time = true;
	pid_t pid = -1;
	int status, ret = script_start(argv, NULL, NULL, true, &in, &pid, e);

	if (ret < 0)
		return ret;
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd >= 0)
		in_time = relay_until(in, pidfd, seconds, r);
	if (!in_time)
		kill(pid, SIGKILL);
	status = script_wait(pid);
	if (!in_time)
		return err_set(e, ETIMEDOUT,
			       "%s: not finished after %d seconds", argv[0],
			       seconds);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFSIGNALED(status))
		return err_set(e, EIO, "%s: died of signal %d", argv[0],
			       WTERMSIG(status));
	return err_set(e, EIO, "%s: failed with status %d", argv[0],
		       WEXITSTATUS(status));
}

static const char *const subr_text = rc_subr_text;
static const char *const network_text = NETWORK_SUBR_TEXT;
/* What scripts read, where the system has none. */
static const struct subr {
	const char *path;
	const char *const *text;
} subrs[] = {
	{RC_SUBR, &subr_text},
	{NETWORK_SUBR, &network_text},
};

int rcscript_interactive(const char *path, int nargs, char *const *args,
			 const struct strv *env, const struct report *rep,
			 int *ret_status, struct err *e)
{
	cleanup_job struct job j = {.report = rep, .env = env};
	bool made[ARRAY_SIZE(subrs)] = {false};
	int status, r;

	r = job_load(&j, path, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(subrs); i++) {
		if (access(subrs[i].path, F_OK) == 0)
			continue;
		r = file_write_atomic(AT_FDCWD, subrs[i].path, *subrs[i].text,
				      0644, e);
		if (r < 0)
			break;
		made[i] = true;
	}
	if (!r)
		r = job_do(&j, nargs, args, &status, e);
	if (!r)
		*ret_status = WIFEXITED(status) ? WEXITSTATUS(status)
						: 128 + WTERMSIG(status);
	for (size_t i = 0; i < ARRAY_SIZE(subrs); i++)
		if (made[i])
			unlink(subrs[i].path);
	return r;
}
