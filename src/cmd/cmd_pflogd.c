/*
 * pflogd(8): keep what pf's rules log in a file.
 *
 * A file that cannot be written does not end it: packets are lost until it can
 * be opened again, which is tried every DELAY seconds and on a signal.
 */
#include "cmd/cmd.h"
#include "cmd/vnetopt.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/term.h"
#include "pf/pflog.h"
#include "pf/pflogd.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
	"usage: pflogd [-DFx] [-d delay] [-f filename] [-i interface] "
	"[-p pidname]\n"
	"              [-s snaplen]\n";

static struct {
	bool debug, foreground, check;
	long long delay, group, snaplen;
	const char *path, *ifname, *pidname;
} o = {.delay = 60,
       .snaplen = PFLOGD_SNAPLEN,
       .path = "/var/log/pflog",
       .ifname = "pflog0",
       .pidname = "pflogd"};

struct daemon {
	struct pflog *log;
	struct pflogd_file *file; /* NULL: nothing is written */
	char *pidfile;
	unsigned long long lost;
	time_t next; /* when to write what is kept */
};

static void say(int priority, const char *text)
{
	if (o.debug) {
		fputs("pflogd: ", stderr);
		term_put(stderr, text, INT_MAX);
		putc('\n', stderr);
	} else {
		syslog(priority, "%s", text);
	}
}

static time_t now(void)
{
	struct timespec t = {0};

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static bool parse(int argc, char **argv)
{
	bool ok = true;
	int c;

	while ((c = getopt(argc, argv, "DFxd:f:i:p:s:")) != -1) {
		switch (c) {
		case 'D':
			o.debug = true;
			break;
		case 'F':
			o.foreground = true;
			break;
		case 'x':
			o.check = o.debug = true;
			break;
		case 'd':
			ok &= !str_to_int(optarg, 5, 3600, &o.delay);
			break;
		case 'f':
			o.path = optarg;
			break;
		case 'i':
			o.ifname = optarg;
			break;
		case 'p':
			o.pidname = optarg;
			break;
		case 's':
			ok &= !str_to_int(optarg, 1, PFLOGD_MAXSNAPLEN,
					  &o.snaplen);
			break;
		default:
			ok = false;
		}
	}
	return ok && str_prefix(o.ifname, "pflog") &&
	       !str_to_int(o.ifname + 5, 0, PFLOG_MAX, &o.group) &&
	       *o.pidname && !strchr(o.pidname, '/');
}

static void suspend(struct daemon *d, const struct err *e)
{
	cleanup_free char *text = str_printf("Logging suspended: %s", e->text);

	say(LOG_ERR, text ? text : "Logging suspended");
	pflogd_close(&d->file);
}

static void reopen(struct daemon *d)
{
	cleanup_free char *moved = NULL, *text = NULL;
	struct err e = ERR_INIT;

	if (d->file && pflogd_flush(d->file, &e) < 0)
		suspend(d, &e);
	pflogd_close(&d->file);
	if (pflogd_open(o.path, (uint32_t)o.snaplen, &d->file, &moved, &e) < 0)
		return suspend(d, &e);
	if (moved)
		text = str_printf("%s was damaged: it is %s now", o.path,
				  moved);
	else if (pflogd_snaplen(d->file) != o.snaplen)
		text = str_printf("%s has snaplen %u, using it", o.path,
				  pflogd_snaplen(d->file));
	if (text)
		say(LOG_WARNING, text);
}

static void flush(struct daemon *d)
{
	struct err e = ERR_INIT;

	if (!d->file)
		reopen(d);
	else if (pflogd_flush(d->file, &e) < 0)
		suspend(d, &e);
	d->next = now() + (time_t)o.delay;
}

static int take(struct daemon *d, struct err *e)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	struct err fe = ERR_INIT;
	size_t n;
	int r = pflog_read(d->log, &b, &n, e);

	if (r < 0)
		return r;
	if (!d->file)
		d->lost += n;
	else if (pflogd_add(d->file, &b, &fe) < 0)
		suspend(d, &fe);
	return 0;
}

/* False: it is over. */
static bool signalled(struct daemon *d, int sigfd)
{
	struct signalfd_siginfo s;

	if (read(sigfd, &s, sizeof(s)) != sizeof(s))
		return true;
	if (s.ssi_signo == SIGHUP)
		reopen(d);
	else if (s.ssi_signo == SIGALRM)
		flush(d);
	return s.ssi_signo == SIGHUP || s.ssi_signo == SIGALRM;
}

static int serve(struct daemon *d, int sigfd, struct err *e)
{
	struct pollfd p[] = {{.fd = pflog_fd(d->log), .events = POLLIN},
			     {.fd = sigfd, .events = POLLIN}};

	d->next = now() + (time_t)o.delay;
	for (;;) {
		time_t left = d->next - now();
		int r = 0;

		if (left <= 0) {
			flush(d);
			continue;
		}
		if (poll(p, ARRAY_SIZE(p), (int)left * 1000) < 0) {
			if (errno == EINTR)
				continue;
			return err_sys(e, errno, "poll");
		}
		/* what came before a signal is written with it */
		if (p[0].revents)
			r = take(d, e);
		if (r < 0)
			return r;
		if (p[1].revents && !signalled(d, sigfd))
			return 0;
	}
}

static void finish(struct daemon *d)
{
	struct err e = ERR_INIT;
	cleanup_free char *text = NULL;

	if (d->file && pflogd_flush(d->file, &e) < 0)
		suspend(d, &e);
	if (d->lost)
		text = str_printf("%llu packets lost", d->lost);
	if (text)
		say(LOG_NOTICE, text);
	pflogd_close(&d->file);
	pflog_close(&d->log);
	if (d->pidfile)
		unlink(d->pidfile);
	free(d->pidfile);
}

static int signals(struct err *e)
{
	static const int sigs[] = {SIGHUP, SIGALRM, SIGTERM, SIGINT, SIGQUIT};
	sigset_t set;
	int fd;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(sigs); i++)
		sigaddset(&set, sigs[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return err_sys(e, errno, "sigprocmask");
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? err_sys(e, errno, "signalfd") : fd;
}

/* The child goes on: everything is open by then. */
static int go_background(struct err *e)
{
	cleanup_close int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t pid;

	if (null < 0)
		return err_sys(e, errno, "/dev/null");
	pid = fork();
	if (pid < 0)
		return err_sys(e, errno, "fork");
	if (pid > 0)
		_exit(0);
	if (setsid() < 0 || chdir("/") < 0)
		return err_sys(e, errno, "daemon");
	for (int fd = 0; fd < 3; fd++)
		(void)!dup2(null, fd);
	return 0;
}

/* It is opened again when the process stands elsewhere. */
static int full_path(struct err *e)
{
	static char path[PATH_MAX];
	size_t len;

	if (*o.path == '/')
		return 0;
	if (!getcwd(path, sizeof(path)))
		return err_sys(e, errno, "getcwd");
	len = strlen(path);
	if ((size_t)snprintf(path + len, sizeof(path) - len, "/%s", o.path) >=
	    sizeof(path) - len)
		return err_sys(e, ENAMETOOLONG, "%s", o.path);
	o.path = path;
	return 0;
}

static int start(struct daemon *d, struct err *e)
{
	cleanup_vnet struct vnet *v = NULL;
	cleanup_close int sigfd = signals(e);
	char pid[32];
	int r = sigfd < 0 ? sigfd : vnetopt_open(NULL, &v, e);

	if (!r)
		r = pflog_open(v, (uint16_t)o.group | PFLOG_DAEMON, &d->log, e);
	if (r == -EBUSY)
		err_append(e, " (another pflogd reads it)");
	if (r < 0)
		return r;
	if (!o.debug)
		openlog("pflogd", LOG_PID, LOG_DAEMON);
	umask(077);
	r = full_path(e);
	if (r < 0)
		return r;
	reopen(d);
	if (!o.debug && !o.foreground)
		r = go_background(e);
	if (r < 0)
		return r;
	d->pidfile = str_printf("/var/run/%s.pid", o.pidname);
	snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	if (!d->pidfile)
		return err_nomem(e);
	r = file_write_atomic(AT_FDCWD, d->pidfile, pid, 0644, e);
	return r < 0 ? r : serve(d, sigfd, e);
}

int cmd_pflogd(int argc, char **argv)
{
	struct daemon d = {0};
	struct err e = ERR_INIT;
	int r;

	if (vnetopt_help(argc, argv, usage))
		return 0;
	if (!parse(argc, argv)) {
		fputs(usage, stderr);
		return 1;
	}
	if (optind < argc) {
		fputs("pflogd: expressions are not supported\n", stderr);
		return 1;
	}
	r = o.check ? pflogd_check(o.path, &e) : start(&d, &e);
	if (r < 0)
		say(LOG_ERR, e.text);
	if (r < 0 && !o.debug)
		fprintf(stderr, "pflogd: %s\n", e.text);
	finish(&d);
	return r < 0;
}
