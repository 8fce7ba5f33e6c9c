/* service_word: see service_word.h. */
#include "cmd/service_word.h"

#include "cmd/cmd.h"

#include "base/cleanup.h"
#include "base/term.h"
#include "rc/dhcp.h"
#include "rc/rc.h"
#include "rc/rcclient.h"
#include "rc/rcdaemon.h"
#include "rc/rcfact.h"
#include "rc/rcjailold.h"
#include "rc/rcmodel.h"
#include "rc/rcpf.h"
#include "rc/rcpflog.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* --- what is said ------------------------------------------------------- */

static void line(void *data, enum report_level level, const char *text)
{
	(void)data;
	if (level == REPORT_OUT)
		puts(text);
	else if (level == REPORT_WARN || level == REPORT_ERROR) {
		fputs("service: ", stderr);
		term_put(stderr, text, INT_MAX);
		putc('\n', stderr);
	}
	fflush(stdout);
}

const struct report service_sink = {.line = line};

int service_complain(const struct err *e)
{
	if (*e->text)
		fprintf(stderr, "service: %s\n", e->text);
	return 1;
}

/* What is wrong with values; who goes on to rc is told there. */
static void say_messages(const struct rcconf *c)
{
	for (size_t i = 0; i < c->messages.n; i++)
		report(&service_sink, REPORT_WARN, "%s", c->messages.v[i]);
}

int service_refuse(const struct rcserv *s, const struct rcconf *c,
		   const char *word)
{
	say_messages(c);
	printf("Cannot '%s' %s. Set %s to YES in /etc/rc.conf or use 'one%s' "
	       "instead of '%s'.\n",
	       word, s->name, s->rcvar, word, word);
	return 1;
}

/* --- jails -------------------------------------------------------------- */

static int jail_status(const struct service_call *x)
{
	char name[] = "jls", flag[] = "-N";
	char *argv[] = {name, flag, NULL};

	(void)x;
	optind = 1;
	return cmd_jls(2, argv);
}

static int jail_console(const struct service_call *x)
{
	char name[] = "jexec", flag[] = "-l", sh[] = "/bin/sh";
	char *argv[] = {name, flag, x->names->n ? x->names->v[0] : NULL, sh,
			NULL};

	if (!x->names->n) {
		fputs("service: console: which jail?\n", stderr);
		return 1;
	}
	optind = 1;
	return cmd_jexec(4, argv);
}

/* The jail.conf of jails that variables describe. */
static int jail_config(const struct service_call *x)
{
	const char *list = rcconf_get(x->c, "jail_list");
	cleanup_strv struct strv all = {0};
	struct err e = ERR_INIT;

	if (x->names->n ? strv_copy(&all, x->names)
			: strv_split(&all, list ? list : "", " \t\n"))
		return 1;
	for (size_t i = 0; i < all.n; i++) {
		cleanup_strbuf struct strbuf b = STRBUF_INIT;

		if (!rcjailold_is(x->c, all.v[i]))
			continue;
		if (rcjailold_text(x->c, all.v[i], &b, &e) < 0)
			return service_complain(&e);
		fputs(b.s, stdout);
	}
	return 0;
}

/* --- interfaces --------------------------------------------------------- */

/* What rc.conf(5) says of an interface. */
static struct strv words_of(const struct rcconf *c, const char *ifname)
{
	cleanup_strbuf struct strbuf var = STRBUF_INIT;
	struct strv words = {0};
	const char *v;

	rcmodel_ifvar(&var, "ifconfig_", ifname, "");
	v = rcconf_get(c, var.s);
	if (!v)
		v = rcconf_get(c, "ifconfig_DEFAULT");
	if (v && strv_split(&words, v, " \t\n") < 0)
		strv_free(&words);
	return words;
}

/* The jail of `ifconfig_IF="vnet JAIL"`; NULL: none. */
static char *vnet_of(const struct rcconf *c, const char *ifname)
{
	cleanup_strv struct strv words = words_of(c, ifname);

	for (size_t i = 0; i + 1 < words.n; i++)
		if (!strcmp(words.v[i], "vnet"))
			return strdup(words.v[i + 1]);
	return NULL;
}

/* `ifconfig IF vnet JAIL`, or -vnet, for each that has one. */
static int vnet_move(const struct service_call *x)
{
	cleanup_strv struct strv all = {0}, moved = {0};
	cleanup_free char *line_text = NULL;
	const bool up = !strcmp(x->word, "vnetup");
	int status = 0;

	for (size_t i = 0; i < x->c->n && !x->names->n; i++)
		if (str_prefix(x->c->v[i].name, "ifconfig_") &&
		    strv_add(&all, x->c->v[i].name + strlen("ifconfig_")) < 0)
			return 1;
	if (x->names->n && strv_copy(&all, x->names) < 0)
		return 1;
	for (size_t i = 0; i < all.n; i++) {
		cleanup_free char *jail = vnet_of(x->c, all.v[i]);
		char name[] = "ifconfig", word[] = "vnet", back[] = "-vnet";
		char *argv[] = {name, all.v[i], up ? word : back, jail, NULL};

		if (!jail)
			continue;
		optind = 1;
		if (cmd_ifconfig(4, argv))
			status = 1;
		else if (strv_add(&moved, all.v[i]) < 0)
			return 1;
	}
	line_text = strv_join(&moved, " ");
	if (moved.n && line_text)
		printf("%s Network: %s.\n", up ? "Moving" : "Reclaiming",
		       line_text);
	return status;
}

/* Has ifconfig_IF one of the words? */
static bool dhcp_if(const struct rcconf *c, const char *ifname)
{
	static const char *const words[] = {"DHCP", "SYNCDHCP", "NOSYNCDHCP"};
	cleanup_strv struct strv list = words_of(c, ifname);

	for (size_t i = 0; i < list.n; i++)
		for (size_t k = 0; k < ARRAY_SIZE(words); k++)
			if (!strcasecmp(list.v[i], words[k]))
				return true;
	return false;
}

static int dhclient(const struct service_call *x)
{
	char name[] = "dhclient", flag[] = "-r";
	char *stop_argv[] = {name, flag, NULL, NULL};
	char *start_argv[] = {name, NULL, NULL};
	const bool stop_it = strcmp(x->word, "start") != 0;
	const bool start_it = strcmp(x->word, "stop") != 0;

	if (!x->names->n) {
		fprintf(stderr, "service: %s: no interface specified\n",
			x->s->name);
		return 1;
	}
	if (!x->forced && !dhcp_if(x->c, x->names->v[0])) {
		printf("'%s' is not a DHCP-enabled interface\n",
		       x->names->v[0]);
		return 1;
	}
	stop_argv[2] = x->names->v[0];
	start_argv[1] = x->names->v[0];
	if (stop_it) {
		puts("Stopping dhclient.");
		optind = 1;
		if (cmd_dhclient(3, stop_argv))
			return 1;
	}
	if (!start_it)
		return 0;
	puts("Starting dhclient.");
	optind = 1;
	return cmd_dhclient(2, start_argv);
}

/* --- daemons ------------------------------------------------------------ */

static int say_pid(const char *name, pid_t pid)
{
	if (pid)
		printf("%s is running as pid %d.\n", name, (int)pid);
	else
		printf("%s is not running.\n", name);
	return !pid;
}

static int dhclient_status(const struct service_call *x)
{
	return say_pid(x->s->name,
		       x->names->n ? dhcp_running(x->names->v[0]) : 0);
}

static int rtadvd_status(const struct service_call *x)
{
	return say_pid(x->s->name, rcdaemon_running(RCCLIENT_RTADVD));
}

static int rtsold_status(const struct service_call *x)
{
	return say_pid(x->s->name, rcdaemon_running(RCCLIENT_RTSOLD));
}

/* --- pf ----------------------------------------------------------------- */

/* Rules that are loaded are no part of an interface: rcpf does it all. */
static int pf(const struct service_call *x)
{
	struct err e = ERR_INIT;
	int status = 0, r;

	if (!x->forced && !rcconf_yes(x->c, x->s->rcvar, NULL))
		return service_refuse(x->s, x->c, x->word);
	r = rcpf_service(rc_level_dir(), x->c, x->word, &service_sink, &status,
			 &e);
	return r < 0 ? service_complain(&e) : status;
}

static int pflog(const struct service_call *x)
{
	struct err e = ERR_INIT;
	int status = 0, r;

	if (!x->forced && !rcconf_yes(x->c, x->s->rcvar, NULL))
		return service_refuse(x->s, x->c, x->word);
	r = rcpflog_service(x->c, x->word, x->names->n ? x->names->v[0] : NULL,
			    &service_sink, &status, &e);
	return r < 0 ? service_complain(&e) : status;
}

/* --- all of them -------------------------------------------------------- */

static const struct service_word words[] = {
	{"netif", "cloneup", VERB_START, 1ul << FACT_CLONE | 1ul << FACT_RENAME,
	 NULL},
	{"netif", "clonedown", VERB_STOP,
	 1ul << FACT_CLONE | 1ul << FACT_RENAME, NULL},
	{"netif", "clear", VERB_STOP | VERB_START, 0, NULL},
	{"netif", "vnetup", VERB_FLAG, 0, vnet_move},
	{"netif", "vnetdown", VERB_FLAG, 0, vnet_move},
	{"routing", "static", VERB_START, 1ul << FACT_ROUTE, NULL},
	{"routing", "options", VERB_START, 1ul << FACT_SYSCTL, NULL},
	{"jail", "status", VERB_FLAG, 0, jail_status},
	{"jail", "console", VERB_FLAG, 0, jail_console},
	{"jail", "config", VERB_FLAG, 0, jail_config},
	{"pf", "start", VERB_FLAG, 0, pf},
	{"pf", "stop", VERB_FLAG, 0, pf},
	{"pf", "restart", VERB_FLAG, 0, pf},
	{"pf", "check", VERB_FLAG, 0, pf},
	{"pf", "reload", VERB_FLAG, 0, pf},
	{"pf", "resync", VERB_FLAG, 0, pf},
	{"pf", "status", VERB_FLAG, 0, pf},
	{"pflog", "start", VERB_FLAG, 0, pflog},
	{"pflog", "stop", VERB_FLAG, 0, pflog},
	{"pflog", "restart", VERB_FLAG, 0, pflog},
	{"pflog", "reload", VERB_FLAG, 0, pflog},
	{"pflog", "resync", VERB_FLAG, 0, pflog},
	{"pflog", "status", VERB_FLAG, 0, pflog},
	{"dhclient", "start", VERB_FLAG, 0, dhclient},
	{"dhclient", "stop", VERB_FLAG, 0, dhclient},
	{"dhclient", "restart", VERB_FLAG, 0, dhclient},
	{"dhclient", "status", VERB_FLAG, 0, dhclient_status},
	{"rtsold", "status", VERB_FLAG, 0, rtsold_status},
	{"rtadvd", "status", VERB_FLAG, 0, rtadvd_status},
	/* the file is read anew; without a change nothing happens */
	{"rtadvd", "reload", VERB_START, 0, NULL},
};

const struct service_word *service_word_find(const char *service,
					     const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i].service, service) &&
		    !strcmp(words[i].word, word))
			return &words[i];
	return NULL;
}

/* The words that this service has beside those of all. */
int service_words_print(const char *service, const char *sep)
{
	bool first = true;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const char *w = words[i].word;

		if (strcmp(words[i].service, service) != 0 ||
		    !strcmp(w, "start") || !strcmp(w, "stop") ||
		    !strcmp(w, "restart"))
			continue;
		printf("%s%s", *sep == '|' || !first ? sep : "", w);
		first = false;
	}
	if (*sep != '|')
		putchar('\n');
	return 0;
}
