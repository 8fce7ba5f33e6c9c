/*
 * ngctl(8): netgraph control.  Options and where output goes; the commands are
 * in ngctl/.
 */
#include "cmd/cmd.h"
#include "cmd/injail.h"
#include "cmd/vnetopt.h"

#include "base/cleanup.h"
#include "net/bsderr.h"
#include "ngctl/ngctl.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

static const char usage_text[] =
	"usage: ngctl [-j jail] [-d] [-f filename] [-n nodename] "
	"[command [argument ...]]\n";

static struct {
	const char *file, *jail, *node;
	FILE *f;	    /* the open file */
	struct strbuf text; /* of it, where a jail could not see it */
} o = {.text = STRBUF_INIT};

static void put(void *data, const char *text)
{
	(void)data;
	fputs(text, stdout);
}

static void warn(void *data, const char *text)
{
	(void)data;
	fflush(stdout);
	fprintf(stderr, "ngctl: %s\n", text);
}

static int usage(const char *text)
{
	if (text)
		warn(NULL, text);
	fputs(usage_text, stderr);
	return EX_USAGE;
}

static int failed(int status, const char *text)
{
	warn(NULL, text);
	return status;
}

/* --- the work, in whatever jail it is --- */

static int run_file(struct ngctl *c)
{
	cleanup_fclose FILE *f = NULL;

	if (!strcmp(o.file, "-"))
		return ngctl_file(c, stdin, "stdin");
	if (!o.jail)
		return ngctl_file(c, o.f, o.file);
	if (!o.text.len)
		return 0;
	f = fmemopen(o.text.s, o.text.len, "r");
	if (!f) {
		struct err e = ERR_INIT;

		bsd_err(&e, errno, "%s", o.file);
		warn(NULL, e.text);
		return -EIO;
	}
	return ngctl_file(c, f, o.file);
}

static int work(int argc, char **argv)
{
	struct ngctl c = {.cs = -1, .ds = -1, .put = put, .warn = warn};
	struct err e = ERR_INIT;
	char name[NG_NODESIZ];
	int rc;

	snprintf(name, sizeof(name), "ngctl%d", (int)getpid());
	if (NgMkSockNode(o.node ? o.node : name, &c.cs, &c.ds) < 0) {
		bsd_err(&e, errno, "can't create node");
		return failed(EX_OSERR, e.text);
	}
	if (argc > 0) {
		rc = ngctl_run(&c, argc, argv);
	} else if (o.file) {
		rc = run_file(&c);
	} else {
		rc = ngctl_interactive(&c, &e);
		if (rc < 0 && e.text[0])
			warn(NULL, e.text);
	}
	if (fflush(stdout) != 0 || ferror(stdout)) {
		bsd_err(&e, errno, "stdout");
		return failed(EX_OSERR, e.text);
	}
	close(c.ds);
	close(c.cs);
	return ngctl_status_of(rc);
}

/* --- options --- */

/* A file is the caller's, not the jail's. */
static int load_file(struct err *e)
{
	char buf[4096];
	size_t n;

	errno = 0;
	while ((n = fread(buf, 1, sizeof(buf), o.f)) > 0)
		strbuf_addn(&o.text, buf, n);
	if (ferror(o.f))
		return bsd_err(e, errno, "%s", o.file);
	return strbuf_failed(&o.text) ? err_nomem(e) : 0;
}

/* Once: it may be a pipe. */
static int open_file(struct err *e)
{
	struct stat st;

	if (!o.file || !strcmp(o.file, "-"))
		return 0;
	o.f = fopen(o.file, "re");
	if (!o.f)
		return bsd_err(e, errno, "%s", o.file);
	if (fstat(fileno(o.f), &st) == 0 && S_ISDIR(st.st_mode))
		return bsd_err(e, EISDIR, "%s", o.file);
	return o.jail ? load_file(e) : 0;
}

static int work_in_jail(int argc, char **argv)
{
	struct err e = ERR_INIT;
	int status = EX_OSERR, rc;

	rc = injail_try(o.jail, work, argc, argv, &status, &e);
	if (rc == -ENOENT)
		return failed(EX_NOHOST, e.text);
	if (rc == -EPERM || rc == -EACCES) {
		bsd_err(&e, -rc, "cannot attach to jail");
		return failed(EX_NOPERM, e.text);
	}
	return rc < 0 ? failed(EX_OSERR, e.text) : status;
}

static int option_error(int c)
{
	char text[64];

	snprintf(text, sizeof(text),
		 c == ':' ? "option requires an argument -- %c"
			  : "illegal option -- %c",
		 optopt);
	return usage(text);
}

int cmd_ngctl(int argc, char **argv)
{
	struct err e = ERR_INIT;
	int c;

	if (vnetopt_help(argc, argv, usage_text))
		return 0;
	while ((c = getopt(argc, argv, "+:df:j:n:")) != -1) {
		switch (c) {
		case 'd':
			NgSetDebug(NgSetDebug(-1) + 1);
			break;
		case 'f':
			o.file = optarg;
			break;
		case 'j':
			o.jail = optarg;
			break;
		case 'n':
			o.node = optarg;
			break;
		default:
			return option_error(c);
		}
	}
	if (o.jail && !*o.jail)
		return usage("invalid jail name");
	if (optind == argc && !o.file && (!isatty(0) || !isatty(1)))
		return usage("no command specified");
	if (open_file(&e) < 0)
		return failed(EX_NOINPUT, e.text);
	argc -= optind;
	argv += optind;
	return o.jail ? work_in_jail(argc, argv) : work(argc, argv);
}
