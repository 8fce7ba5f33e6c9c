/*
 * pfctl(8): control the packet filter of a vnet.
 */
#include "cmd/cmd.h"
#include "cmd/injail.h"
#include "cmd/vnetopt.h"

#include "base/cleanup.h"
#include "jail/prison.h"
#include "pf/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Names and labels are those of a jail's root. */
static bool of_jail;

static int put(struct ctl *c)
{
	if (of_jail)
		str_tame(c->out.s, c->out.len);
	fwrite(c->out.s, 1, c->out.len, stdout);
	strbuf_clear(&c->out);
	return fflush(stdout) == EOF ? -EIO : 0;
}

/* What was shown so far comes before what goes wrong then. */
static void line(void *data, enum report_level level, const char *text)
{
	struct ctl *c = data;
	char told[ERR_TEXT_MAX];

	if (c->out.len)
		put(c);
	if (of_jail) {
		str_copy(told, sizeof(told), text);
		str_tame(told, strlen(told));
		text = told;
	}
	if (level == REPORT_ERROR || level == REPORT_WARN)
		fprintf(stderr, "pfctl: %s\n", text);
	else
		fprintf(stderr, "%s\n", text);
}

static int usage(const struct err *e)
{
	if (e->text[0])
		fprintf(stderr, "pfctl: %s\n", e->text);
	fprintf(stderr, "usage: pfctl%s", ctl_usage);
	return 1;
}

static int run(int argc, char **argv)
{
	cleanup_vnet struct vnet *v = NULL;
	cleanup_ctl struct ctl c = {.out = STRBUF_INIT, .put = put};
	struct report sink = {.line = line, .data = &c};
	struct prison_self self = {0};
	struct err e = ERR_INIT;
	int r;

	c.r = &sink;
	r = ctl_args(&c, argc, argv, &e);
	if (r == -EINVAL)
		return usage(&e);
	if (r >= 0)
		r = prison_self(&self, &e);
	/* its creator's pf is not a jail's to see or change */
	if (r >= 0 && self.jailed && !self.vnet && !(c.opts & CTL_NOACTION))
		r = err_set(&e, ENOENT, "/dev/pf: No such file or directory");
	if (r >= 0)
		r = vnet_open(-1, VNET_STATEDIR, &v, &e);
	c.v = v;
	if (r >= 0)
		r = ctl_run(&c, &e);
	if (strbuf_failed(&c.out)) {
		fputs("pfctl: Cannot allocate memory\n", stderr);
		return 1;
	}
	if (put(&c) < 0)
		return 1;
	if (r >= 0)
		return c.status;
	if (c.bad_usage || (r == -EINVAL && !e.text[0]))
		return usage(&e);
	line(&c, REPORT_ERROR, e.text);
	return 1;
}

/* `-j JAIL`, first: the pf of a jail's vnet, as its root would. */
int cmd_pfctl(int argc, char **argv)
{
	char usage_line[512];

	snprintf(usage_line, sizeof(usage_line), "usage: pfctl [-j jail]%s",
		 ctl_usage);
	if (vnetopt_help(argc, argv, usage_line))
		return 0;
	if (argc > 2 && !strcmp(argv[1], "-j")) {
		const char *jail = argv[2];

		argv[2] = argv[0];
		of_jail = true;
		return injail("pfctl", jail, run, argc - 2, argv + 2);
	}
	return run(argc, argv);
}
