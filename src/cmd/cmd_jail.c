/* jail(8): parse, run, print; the work is in jail/jailcmd.h. */
#include "cmd/cmd.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "base/report.h"
#include "base/str.h"
#include "jail/conf.h"
#include "jail/jailcmd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* What the callbacks need. */
struct jailmain {
	const struct jailcmd_args *args;
	FILE *jidfile;
	bool tty;    /* progress on stderr */
	bool failed; /* to write the file of jids */
};

static volatile sig_atomic_t cancel_fd = -1;

static void on_signal(int sig)
{
	const uint64_t one = 1;
	int saved = errno;

	(void)sig;
	if (cancel_fd >= 0 && write(cancel_fd, &one, sizeof(one)) < 0) {
		/* nothing can be done about it here */
	}
	errno = saved;
}

static void on_line(void *data, enum report_level level, const char *text)
{
	const struct jailmain *m = data;

	if (level == REPORT_STEP) {
		if (m->tty && text[0])
			fprintf(stderr, "%s\n", text);
		return;
	}
	if (level == REPORT_WARN || level == REPORT_ERROR) {
		fflush(stdout);
		fprintf(stderr, "%s\n", text);
		return;
	}
	printf("%s\n", text);
	fflush(stdout);
}

static void on_created(void *data, const struct jailcmd_started *s)
{
	const struct jailmain *m = data;

	if (m->args->print_jid) {
		printf("%d\n", s->jid);
		fflush(stdout);
	}
}

static void on_started(void *data, const struct jailcmd_started *s)
{
	struct jailmain *m = data;
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	if (!m->jidfile || m->failed)
		return;
	jailcmd_print_started(&b, s, m->args->old_style, "\t");
	if (fputs(b.s, m->jidfile) >= 0 && fflush(m->jidfile) == 0)
		return;
	fprintf(stderr, "jail: %s: %s\n", m->args->jidfile, strerror(errno));
	m->failed = true;
}

static int export_file(const struct jailcmd_args *a, struct err *e)
{
	cleanup_jailconf struct jailconf *conf = NULL;
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	int r;

	r = jailconf_load_lenient(a->cmd.file, &conf, e);
	if (!r)
		r = jailconf_export(conf, a->export, &out, e);
	if (r < 0)
		return r;
	fputs(out.s, stdout);
	/* jails that have errors are not in there: say why */
	for (size_t i = 0; i < conf->n; i++) {
		if (!conf->v[i].error)
			continue;
		if (r < 0)
			fprintf(stderr, "jail: %s\n", e->text);
		r = err_set(e, EINVAL, "%s", conf->v[i].error);
	}
	return r;
}

static void signals_install(void)
{
	struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	static const int sigs[] = {SIGINT, SIGTERM, SIGHUP};

	/* a reader that goes away must not leave half a jail */
	signal(SIGPIPE, SIG_IGN);
	cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	for (size_t i = 0; i < ARRAY_SIZE(sigs); i++) {
		struct sigaction old;

		/* one that nohup ignores stays ignored */
		if (!sigaction(sigs[i], NULL, &old) &&
		    old.sa_handler != SIG_IGN)
			(void)sigaction(sigs[i], &sa, NULL);
	}
}

static int run(struct jailcmd_args *a, struct err *e)
{
	cleanup_fclose FILE *jidfile = NULL;
	struct jailmain m = {.args = a};
	struct report r = {.line = on_line, .data = &m};
	int rc;

	if (geteuid() != 0)
		return err_set(e, EPERM, "%s: Operation not permitted",
			       a->cmd.ops == JAILCMD_REMOVE ? "jail_remove"
							    : "jail_set");
	if (a->jidfile) {
		jidfile = fopen(a->jidfile, "we");
		if (!jidfile)
			return err_sys(e, errno, "open %s", a->jidfile);
	}
	m.jidfile = jidfile;
	m.tty = a->cmd.verbosity >= 0 && isatty(STDERR_FILENO);
	signals_install();
	a->cmd.cancel_fd = cancel_fd;
	a->cmd.report = &r;
	a->cmd.created = on_created;
	a->cmd.started = on_started;
	a->cmd.data = &m;
	rc = jailcmd_run(&a->cmd, e);
	return m.failed && !rc ? err_set(e, EIO, "%s", "") : rc;
}

int cmd_jail(int argc, char **argv)
{
	cleanup_jailcmd_args struct jailcmd_args a = {0};
	struct err e = ERR_INIT;
	int r;

	r = jailcmd_args_parse(argc, argv, &a, &e);
	if (r < 0) {
		if (e.text[0])
			fprintf(stderr, "jail: %s\n", e.text);
		if (r == -EINVAL)
			fputs(jailcmd_usage, stderr);
		return 1;
	}
	if (a.help) {
		fputs(jailcmd_usage, stdout);
		return 0;
	}
	if (a.version) {
		puts("jail (cellblock) " CELLBLOCK_VERSION);
		return 0;
	}
	r = a.export ? export_file(&a, &e) : run(&a, &e);
	if (r < 0 && e.text[0])
		fprintf(stderr, "jail: %s\n", e.text);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "jail: stdout: %s\n", strerror(errno));
		return 1;
	}
	return r < 0;
}
