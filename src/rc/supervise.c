/* supervise: see supervise.h. */
#include "rc/supervise.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "base/title.h"
#include "jail/pwfile.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>

#define PASSWD_MAX (4u << 20)
#define GROUPS_MAX 64
#define LINE_MAX_ 4096

/* What a process that stays has open. */
struct super {
	const struct supervise *s;
	int child_file, parent_file; /* locked pid files, or -1 */
	int log;		     /* output file, or -1 */
	int out;		     /* the child's output, or -1 */
	int sig;
	pid_t child; /* 0: none */
	bool ending;
	struct strbuf line; /* of output, for syslog */
};

static void super_close(struct super *p)
{
	const int fds[] = {p->child_file, p->parent_file, p->log, p->out,
			   p->sig};

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	strbuf_free(&p->line);
}

/* ---- pid files ---- */

static int pidfile_open(const char *path, int *ret, struct err *e)
{
	cleanup_close int fd =
		open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	char buf[32] = "";

	if (fd < 0)
		return err_set(e, errno, "pidfile ``%s'': %s", path,
			       strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		*ret = take_fd(&fd);
		return 0;
	}
	if (read(fd, buf, sizeof(buf) - 1) > 0)
		buf[strspn(buf, "0123456789")] = '\0';
	return err_set(e, EEXIST, "process already running, pid: %s",
		       *buf ? buf : "-1");
}

static void pidfile_write(int fd, pid_t pid)
{
	char buf[32];
	int n = snprintf(buf, sizeof(buf), "%d", (int)pid);

	if (fd >= 0 && ftruncate(fd, 0) == 0)
		(void)!pwrite(fd, buf, (size_t)n, 0);
}

static void pidfile_remove(int fd, const char *path)
{
	if (fd >= 0)
		unlink(path);
}

/* ---- becoming the program ---- */

static int become(const char *user, struct err *e)
{
	cleanup_free char *passwd = NULL, *group = NULL;
	cleanup_pwuser struct pwuser u = {0};
	gid_t groups[GROUPS_MAX];
	size_t n;
	int r;

	(void)file_read(AT_FDCWD, "/etc/passwd", PASSWD_MAX, &passwd, NULL,
			NULL);
	(void)file_read(AT_FDCWD, "/etc/group", PASSWD_MAX, &group, NULL, NULL);
	r = pwfile_user(passwd, user, &u, NULL);
	if (r < 0)
		return err_set(e, -r, "unknown user: %s", user);
	groups[0] = u.gid;
	n = 1 + pwfile_groups(group, user, groups + 1, GROUPS_MAX - 1);
	if (setgroups(n, groups) < 0 || setgid(u.gid) < 0 || setuid(u.uid) < 0)
		return err_sys(e, errno, "failed to set user environment");
	setenv("USER", u.name, 1);
	setenv("HOME", u.home, 1);
	if (*u.shell)
		setenv("SHELL", u.shell, 1);
	return 0;
}

static void __attribute__((noreturn))
program(const struct supervise *s, int out, int report_fd)
{
	struct err e = ERR_INIT;
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (out >= 0 && (((s->mask & 1) && dup2(out, 1) < 0) ||
			 ((s->mask & 2) && dup2(out, 2) < 0)))
		_exit(126);
	if (s->user && become(s->user, &e) < 0) {
		(void)!write(report_fd, e.text, strlen(e.text));
		_exit(126);
	}
	execvp(s->argv[0], s->argv);
	err_set(&e, errno, "%s: %s", s->argv[0], strerror(errno));
	(void)!write(report_fd, e.text, strlen(e.text));
	_exit(127);
}

/* ---- the process that stays ---- */

static int log_open(struct super *p, struct err *e)
{
	int fd;

	if (!p->s->output)
		return 0;
	fd = open(p->s->output, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC,
		  0600);
	if (fd < 0)
		return err_sys(e, errno, "open(%s)", p->s->output);
	if (p->log >= 0)
		close(p->log);
	p->log = fd;
	return 0;
}

static bool wants_output(const struct supervise *s)
{
	return s->output || s->syslog;
}

static void log_line(struct super *p, const char *text, size_t n)
{
	if (p->s->syslog)
		syslog(p->s->priority, "%.*s", (int)n, text);
}

/* To the file as it is, to syslog by lines. */
static void output(struct super *p, const char *buf, size_t n)
{
	if (p->log >= 0)
		(void)!write(p->log, buf, n);
	if (!p->s->syslog)
		return;
	for (size_t i = 0; i < n; i++)
		if (buf[i] == '\n' || p->line.len >= LINE_MAX_) {
			log_line(p, p->line.s, p->line.len);
			strbuf_clear(&p->line);
		} else {
			strbuf_addch(&p->line, buf[i]);
		}
}

static void take_output(struct super *p)
{
	char buf[4096];
	ssize_t n;

	while (p->out >= 0 && (n = read(p->out, buf, sizeof(buf))) != 0) {
		if (n < 0)
			return;
		output(p, buf, (size_t)n);
	}
	if (p->out >= 0)
		close(p->out);
	p->out = -1;
	if (p->line.len)
		log_line(p, p->line.s, p->line.len);
	strbuf_clear(&p->line);
}

static void set_title(const struct super *p)
{
	const char *what = p->s->title ? p->s->title : p->s->argv[0];
	char name[64];

	/* argv may lie where the title goes */
	str_copy(name, sizeof(name), what);
	if (p->s->title)
		title_set("%s", name);
	else
		title_set("daemon: %s[%d]", name, (int)p->child);
}

/* A pipe that closes by itself when the program runs says that it does. */
static int start_child(struct super *p, struct err *e)
{
	cleanup_close int said = -1, say = -1, out_r = -1, out_w = -1;
	char text[512] = "";
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(e, errno, "pipe");
	said = fds[0];
	say = fds[1];
	if (wants_output(p->s)) {
		if (pipe2(fds, O_CLOEXEC) < 0)
			return err_sys(e, errno, "pipe");
		out_r = fds[0];
		out_w = fds[1];
		(void)fcntl(out_r, F_SETFL, O_NONBLOCK);
	}
	pid = fork();
	if (pid < 0)
		return err_sys(e, errno, "fork");
	if (pid == 0)
		program(p->s, out_w, say);
	close(take_fd(&say));
	if (read(said, text, sizeof(text) - 1) > 0) {
		(void)waitpid(pid, NULL, 0);
		return err_set(e, ENOEXEC, "%s", text);
	}
	p->child = pid;
	p->out = take_fd(&out_r);
	pidfile_write(p->child_file, pid);
	return 0;
}

static void take_signals(struct super *p)
{
	struct signalfd_siginfo si;

	while (read(p->sig, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		switch (si.ssi_signo) {
		case SIGTERM:
			p->ending = true;
			if (p->child)
				kill(p->child, SIGTERM);
			break;
		case SIGHUP:
			if (p->s->reopen)
				(void)log_open(p, NULL);
			break;
		}
	}
}

static void reap(struct super *p)
{
	int status;

	if (!p->child || waitpid(p->child, &status, WNOHANG) != p->child)
		return;
	p->child = 0;
	take_output(p);
}

/* Until the child has ended (or, without one, for the delay). */
static void watch(struct super *p, int ms)
{
	struct pollfd f[2] = {{.fd = p->sig, .events = POLLIN},
			      {.fd = p->out, .events = POLLIN}};

	do {
		f[1].fd = p->out;
		(void)poll(f, 2, ms);
		take_signals(p);
		if (f[1].revents)
			take_output(p);
		reap(p);
	} while (p->child);
}

static void wait_delay(struct super *p)
{
	struct timespec now, end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += p->s->delay;
	while (!p->ending) {
		long left;

		clock_gettime(CLOCK_MONOTONIC, &now);
		left = (end.tv_sec - now.tv_sec) * 1000 +
		       (end.tv_nsec - now.tv_nsec) / 1000000;
		if (left <= 0)
			return;
		watch(p, (int)left);
	}
}

static int stay(struct super *p, struct err *e)
{
	int left = p->s->count, r = 0;

	for (;;) {
		/* the first one has been started already */
		if (!p->child)
			r = start_child(p, e);
		if (r < 0)
			break;
		set_title(p);
		watch(p, -1);
		if (p->ending || !p->s->restart || (p->s->count && --left <= 0))
			break;
		wait_delay(p);
		if (p->ending)
			break;
	}
	pidfile_remove(p->child_file, p->s->child_pidfile);
	pidfile_remove(p->parent_file, p->s->parent_pidfile);
	return r;
}

static bool must_stay(const struct supervise *s)
{
	return s->restart || s->child_pidfile || s->parent_pidfile ||
	       wants_output(s);
}

/* In the background: no terminal, no directory, as asked for. */
static int detach(const struct supervise *s, struct err *e)
{
	cleanup_close int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (setsid() < 0 && errno != EPERM)
		return err_sys(e, errno, "setsid");
	if (s->chdir_root && chdir("/") < 0)
		return err_sys(e, errno, "chdir");
	if (!s->null)
		return 0;
	for (int fd = 0; fd < 3; fd++)
		if (null < 0 || dup2(null, fd) < 0)
			return err_sys(e, errno, "/dev/null");
	return 0;
}

static int signals(struct super *p, struct err *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	p->sig = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return p->sig < 0 ? err_sys(e, errno, "signalfd") : 0;
}

static int prepare(struct super *p, struct err *e)
{
	const struct supervise *s = p->s;
	int r = 0;

	if (s->child_pidfile)
		r = pidfile_open(s->child_pidfile, &p->child_file, e);
	if (!r && s->parent_pidfile)
		r = pidfile_open(s->parent_pidfile, &p->parent_file, e);
	if (!r)
		r = log_open(p, e);
	if (r < 0)
		return r;
	if (s->syslog)
		openlog(s->tag, LOG_PID | LOG_NDELAY, s->facility);
	return 0;
}

/*
 * What goes wrong until the program runs is told to the process that was
 * called, which waits for that long.
 */
static int in_background(struct super *p, int tell, struct err *e)
{
	int r = detach(p->s, e);

	if (!r)
		r = signals(p, e);
	if (!r) {
		pidfile_write(p->parent_file, getpid());
		r = must_stay(p->s) ? start_child(p, e) : 0;
	}
	if (r < 0) {
		pidfile_remove(p->child_file, p->s->child_pidfile);
		pidfile_remove(p->parent_file, p->s->parent_pidfile);
		(void)!write(tell, e->text, strlen(e->text));
		return r;
	}
	if (!must_stay(p->s))
		program(p->s, -1, tell);
	close(tell);
	return stay(p, e);
}

int supervise_run(const struct supervise *s, bool *ret_stayed, struct err *e)
{
	__attribute__((cleanup(super_close))) struct super p = {
		.s = s,
		.child_file = -1,
		.parent_file = -1,
		.log = -1,
		.out = -1,
		.sig = -1,
		.line = STRBUF_INIT};
	cleanup_close int hear = -1, tell = -1;
	char text[512] = "";
	int fds[2], r = prepare(&p, e);
	pid_t pid;

	if (r < 0)
		return r;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(e, errno, "pipe");
	hear = fds[0];
	tell = fds[1];
	pid = fork();
	if (pid < 0)
		return err_sys(e, errno, "fork");
	*ret_stayed = !pid;
	if (pid == 0) {
		close(take_fd(&hear));
		return in_background(&p, take_fd(&tell), e);
	}
	close(take_fd(&tell));
	if (read(hear, text, sizeof(text) - 1) > 0)
		return err_set(e, ENOEXEC, "%s", text);
	return 0;
}
