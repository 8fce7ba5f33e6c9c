/*
 * service(8): start, stop and ask the services of a level: rc's own and the
 * local scripts.
 */
#include "cmd/cmd.h"
#include "cmd/injail.h"
#include "cmd/service_word.h"
#include "cmd/vnetopt.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "jail/jailcmd.h"
#include "jail/prison.h"
#include "rc/rc.h"
#include "rc/rcdefaults.h"
#include "rc/rcedit.h"
#include "rc/rcjailid.h"
#include "rc/rcjailold.h"
#include "rc/rcmodel.h"
#include "rc/rcscript.h"
#include "rc/rcserv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
	"usage: service [-j jail] -e\n"
	"       service [-j jail] -R\n"
	"       service [-j jail] [-v] -l | -r\n"
	"       service [-j jail] [-dv] [-E var=value] <rc.d script> "
	"start|stop|restart|status|rcvar|enable|disable ...\n";

static struct {
	const char *jail;
	bool enabled, list, order, restart, verbose;
	struct strv env; /* of scripts */
} o;

static int load_conf(struct rcconf **ret, struct err *e)
{
	cleanup_strv struct strv files = {0};
	int r = rc_files(rc_level_dir(), &files, e);

	return r ? r : rcconf_load((const char *const *)files.v, ret, e);
}

static int load_servs(struct rcservs *ret, bool all, struct err *e)
{
	struct prison_self self = {0};
	cleanup_rcconf struct rcconf *c = NULL;
	int r = prison_self(&self, e);

	if (!r)
		r = load_conf(&c, e);
	return r ? r
		 : rcservs_load(rc_local(rc_level_dir(), c), self.jailed,
				!self.jailed || self.vnet, all, ret, e);
}

/* Milestones (NETWORKING, LOGIN) are no services. */
static bool is_service(const struct rcserv *s)
{
	return s->script || s->builtin >= 0;
}

static void put_path(const struct rcserv *s)
{
	if (s->script)
		puts(s->node.name);
	else
		printf("/etc/rc.d/%s\n", s->name);
}

static bool is_enabled(const struct rcserv *s, const struct rcconf *c)
{
	cleanup_free char *var = NULL;
	cleanup_strv struct strv files = {0};
	cleanup_rcconf struct rcconf *own = NULL;
	const char *value;
	bool has_own = false;

	if (!s->script)
		return !s->rcvar || rcconf_yes(c, s->rcvar, NULL);
	if (rc_files_of(rc_level_dir(), s->name, &files, &has_own, NULL) == 0 &&
	    has_own &&
	    rcconf_load((const char *const *)files.v, &own, NULL) == 0)
		c = own;
	var = str_printf("%s_enable", s->name);
	value = var ? rcconf_get(c, var) : NULL;
	return value && rcconf_bool(value) > 0;
}

/* -lv: where they lie. */
static void list_from(const char *dir, const struct rcservs *servs, bool script)
{
	printf("From %s:\n", dir);
	for (size_t i = 0; i < servs->n; i++)
		if (is_service(&servs->v[i]) && servs->v[i].script == script)
			puts(servs->v[i].name);
}

static int list(void)
{
	cleanup_rcservs struct rcservs servs = {0};
	cleanup_rcconf struct rcconf *conf = NULL;
	struct err e = ERR_INIT;

	if (load_servs(&servs, o.list, &e) < 0 || load_conf(&conf, &e) < 0)
		return service_complain(&e);
	if (o.list && o.verbose) {
		list_from("/etc/rc.d", &servs, false);
		list_from(rc_local(rc_level_dir(), conf), &servs, true);
		return 0;
	}
	for (size_t i = 0; i < servs.n; i++) {
		const struct rcserv *s = &servs.v[i];

		/* a boot from a disk would read its scripts anew here */
		if (o.order && o.verbose && !strcmp(s->name, "FILESYSTEMS"))
			puts("========= Early/Late Divider =========");
		if (!is_service(s) || (o.enabled && !is_enabled(s, conf)))
			continue;
		if (o.list)
			puts(s->name);
		else
			put_path(s);
	}
	return 0;
}

/* fast, force, one, quiet before the word. */
struct verb {
	const char *word;
	bool one, quiet;
};

static struct verb verb_parse(const char *arg)
{
	struct verb v = {.word = arg};

	for (;;) {
		if (str_prefix(v.word, "fast") || str_prefix(v.word, "quiet")) {
			v.quiet = true;
			v.word += *v.word == 'f' ? 4 : 5;
		} else if (str_prefix(v.word, "force")) {
			v.one = true;
			v.word += 5;
		} else if (str_prefix(v.word, "one")) {
			v.one = true;
			v.word += 3;
		} else {
			return v;
		}
	}
}

static int enable(const struct rcserv *s, bool yes)
{
	cleanup_free char *arg = str_printf("%s=%s", s->rcvar ? s->rcvar : "",
					    yes ? "YES" : "NO");
	int status;

	if (!s->rcvar || !arg) {
		fprintf(stderr, "service: %s has no variable to set\n",
			s->name);
		return 1;
	}
	status = sysrc_set(arg);
	if (!status)
		printf("%s %s in /etc/rc.conf\n", s->name,
		       yes ? "enabled" : "disabled");
	return status;
}

static int rcvar(const struct rcserv *s, const struct rcconf *c)
{
	printf("# %s\n#\n", s->name);
	if (s->rcvar) {
		const struct rcvar_def *d = rcvar_def_find(s->rcvar);
		const char *value = rcconf_get(c, s->rcvar);

		printf("%s=\"%s\"\n#   (default: \"%s\")\n", s->rcvar,
		       value ? value : "", d && d->dflt ? d->dflt : "NO");
	}
	putchar('\n');
	return 0;
}

static int start(const struct rcserv *s, struct rcconf *c, unsigned long kinds,
		 const struct strv *names, struct err *e)
{
	struct rc rc = {
		.dir = rc_level_dir(),
		.conf = c,
		.report = &service_sink,
		.messages = true,
		.keep_going = true,
		.service = s->name,
		.kinds = kinds,
	};
	int r = 0;

	if (names->n && !strcmp(s->name, "jail")) {
		cleanup_free char *l = strv_join(names, " ");

		r = l ? rcconf_set(c, "jail_list", l, e) : -ENOMEM;
	} else if (names->n) {
		rc.interfaces = names;
	}
	return r ? r : rc_start(&rc, NULL, e);
}

/* The file by which a jail was started: its commands are for its end, too. */
static char *jail_file(const struct rcconf *c, const char *name)
{
	const struct rcdir *dir = rc_level_dir();
	const struct rc_place place = {.etc = dir->etc, .block = dir->block};
	const char *conf = rcconf_get(c, "jail_conf");
	cleanup_free char *dflt =
		rcmodel_file(&place, conf && *conf ? conf : "/etc/jail.conf");
	cleanup_free char *file =
		dflt ? rcmodel_jail_file(&place, name, dflt) : NULL;
	cleanup_free char *old = rcjailold_file(name);

	if (file && old && !strcmp(file, dflt) && rcjailold_is(c, name) &&
	    access(old, R_OK) == 0)
		return take_ptr(old);
	return file && access(file, R_OK) == 0 ? take_ptr(file) : NULL;
}

/* `service jail stop www`: whoever started it. */
static int stop_jails(const struct rcconf *c, const struct strv *names,
		      struct err *e)
{
	cleanup_free char *l = strv_join(names, " ");
	int r = 0;

	printf("Stopping jails: %s.\n", l ? l : "");
	for (size_t i = 0; i < names->n; i++) {
		cleanup_free char *file = jail_file(c, names->v[i]);
		struct err one = ERR_INIT;
		int k = jailcmd_run(
			&(struct jailcmd){
				.ops = JAILCMD_REMOVE,
				.file = file,
				.hard = !file,
				.names = (const char *const *)&names->v[i],
				.nnames = 1,
				.verbosity = -1,
				.cancel_fd = -1,
				.report = &service_sink,
			},
			&one);

		if (!k)
			rcjailid_remove(names->v[i]);
		else if (!r) {
			r = k;
			*e = one;
		}
	}
	return r;
}

static int stop(const struct rcserv *s, const struct rcconf *c,
		unsigned long kinds, const struct strv *names, struct err *e)
{
	struct rc rc = {
		.dir = rc_level_dir(),
		.conf = c,
		.report = &service_sink,
		.messages = true,
		.service = s->name,
		.kinds = kinds,
		.interfaces = names->n ? names : NULL,
	};

	if (names->n && !strcmp(s->name, "jail"))
		return stop_jails(c, names, e);
	return rc_stop(&rc, e);
}

/* All rules, as FreeBSD's script does it. */
static int stop_rctl(void)
{
	char name[] = "rctl", flag[] = "-r", all[] = ":";
	char *argv[] = {name, flag, all, NULL};

	optind = 1;
	return cmd_rctl(3, argv);
}

static int usage_of(const struct rcserv *s, const char *word)
{
	fflush(stdout);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	printf("/etc/rc.d/%s: unknown directive '%s'.\n", s->name, word);
	printf("Usage: /etc/rc.d/%s "
	       "[fast|force|one|quiet](start|stop|restart|rcvar|enable|disable|"
	       "delete|enabled|describe|extracommands",
	       s->name);
	service_words_print(s->name, "|");
	puts(")");
	return 1;
}

/* Take the variable out of the files again. */
static int delete_var(const struct rcserv *s)
{
	char name[] = "sysrc", flag[] = "-x";
	cleanup_free char *var = strdup(s->rcvar ? s->rcvar : "");
	char *argv[] = {name, flag, var, NULL};

	if (!s->rcvar || !var) {
		fprintf(stderr, "service: %s has no variable to delete\n",
			s->name);
		return 1;
	}
	optind = 1;
	if (cmd_sysrc(3, argv))
		return 1;
	printf("%s deleted in /etc/rc.conf\n", s->rcvar);
	return 0;
}

static int builtin(const struct rcserv *s, int argc, char **argv)
{
	struct verb v = verb_parse(argv[0]);
	cleanup_rcconf struct rcconf *conf = NULL;
	cleanup_strv struct strv names = {0};
	struct err e = ERR_INIT;
	bool restart = !strcmp(v.word, "restart");
	bool up = restart || !strcmp(v.word, "start");
	const struct service_word *p;
	unsigned long kinds;
	int r;

	for (int i = 1; i < argc; i++)
		if (strv_add(&names, argv[i]) < 0)
			return 1;
	if (!strcmp(v.word, "enable") || !strcmp(v.word, "disable"))
		return enable(s, *v.word == 'e');
	if (!strcmp(v.word, "delete"))
		return delete_var(s);
	if (load_conf(&conf, &e) < 0)
		return service_complain(&e);
	if (!strcmp(v.word, "rcvar"))
		return rcvar(s, conf);
	if (!strcmp(v.word, "enabled"))
		return !is_enabled(s, conf);
	if (!strcmp(v.word, "describe")) {
		puts(s->descr ? s->descr : s->name);
		return 0;
	}
	if (!strcmp(v.word, "extracommands"))
		return service_words_print(s->name, " ");
	p = service_word_find(s->name, v.word);
	if (p && p->run)
		return p->run(&(struct service_call){.s = s,
						     .c = conf,
						     .names = &names,
						     .word = v.word,
						     .forced = v.one});
	if (p)
		up = p->does & VERB_START;
	if (!up && !p && strcmp(v.word, "stop"))
		return usage_of(s, v.word);
	if (s->rcvar && up && !v.one && !rcconf_yes(conf, s->rcvar, NULL))
		return v.quiet ? 0 : service_refuse(s, conf, v.word);
	kinds = p ? p->kinds : 0;
	r = s->rcvar ? rcconf_set(conf, s->rcvar, "YES", &e) : 0;
	if (!r && !strcmp(s->name, "rctl") && (restart || !up)) {
		if (stop_rctl() && !up)
			return 1;
	} else if (!r && (p ? p->does & VERB_STOP : restart || !up)) {
		r = stop(s, conf, kinds, &names, &e);
	}
	if (!r && up)
		r = start(s, conf, kinds, &names, &e);
	return r < 0 ? service_complain(&e) : 0;
}

static int run_one(const struct rcserv *s, int argc, char **argv)
{
	struct err e = ERR_INIT;
	int status = 1;

	if (o.verbose)
		printf("%s is located in %s\n", s->name,
		       s->script ? rc_level_dir()->local : "/etc/rc.d");
	fflush(stdout);
	if (!s->script && o.env.n) {
		fprintf(stderr, "service: %s is no script: it has no %s\n",
			s->name,
			str_prefix(o.env.v[0], "rc_debug=") ? "debugging"
							    : "environment");
		return 1;
	}
	if (!s->script)
		return builtin(s, argc, argv);
	if (rcscript_interactive(s->node.name, argc, argv, &o.env,
				 &service_sink, &status, &e) < 0)
		return service_complain(&e);
	return status;
}

/* -R: restart the enabled local scripts, in reverse and in order. */
static int restart_all(void)
{
	cleanup_rcservs struct rcservs servs = {0};
	cleanup_rcconf struct rcconf *conf = NULL;
	struct err e = ERR_INIT;
	char word_stop[] = "stop", word_start[] = "start";
	char *stop_argv[] = {word_stop, NULL};
	char *start_argv[] = {word_start, NULL};
	int status = 0;

	if (load_servs(&servs, false, &e) < 0 || load_conf(&conf, &e) < 0)
		return service_complain(&e);
	for (size_t i = servs.n; i-- > 0;)
		if (servs.v[i].script && is_enabled(&servs.v[i], conf))
			status |= run_one(&servs.v[i], 1, stop_argv);
	for (size_t i = 0; i < servs.n; i++)
		if (servs.v[i].script && is_enabled(&servs.v[i], conf))
			status |= run_one(&servs.v[i], 1, start_argv);
	return status;
}

static int run(int argc, char **argv)
{
	cleanup_rcservs struct rcservs servs = {0};
	const struct rcserv *s;
	struct err e = ERR_INIT;

	if (o.enabled || o.list || o.order)
		return list();
	if (o.restart)
		return restart_all();
	if (load_servs(&servs, true, &e) < 0)
		return service_complain(&e);
	s = rcservs_find(&servs, argv[0]);
	if (!s || !is_service(s)) {
		fprintf(stderr,
			"%s does not exist in /etc/rc.d or the local startup\n"
			"directories (%s), or is not executable\n",
			argv[0], rc_level_dir()->local);
		return 1;
	}
	return run_one(s, argc - 1, argv + 1);
}

/* NAME=VALUE */
static bool env_ok(const char *s)
{
	const char *eq = strchr(s, '=');
	cleanup_free char *name = eq ? strndup(s, (size_t)(eq - s)) : NULL;

	if (name && rcedit_name_ok(name))
		return true;
	fprintf(stderr, "service: -E: %s: not var=value\n", s);
	return false;
}

int cmd_service(int argc, char **argv)
{
	bool bad = false;
	int c;

	if (vnetopt_help(argc, argv, usage))
		return 0;
	/* the script's own words may look like options: stop at the first */
	while ((c = getopt(argc, argv, "+dE:ej:lRrv")) != -1) {
		switch (c) {
		case 'd':
			bad |= strv_add(&o.env, "rc_debug=YES") < 0;
			break;
		case 'E':
			bad |= !env_ok(optarg) || strv_add(&o.env, optarg) < 0;
			break;
		case 'e':
			o.enabled = true;
			break;
		case 'j':
			o.jail = optarg;
			break;
		case 'l':
			o.list = true;
			break;
		case 'R':
			o.restart = true;
			break;
		case 'r':
			o.order = true;
			break;
		case 'v':
			o.verbose = true;
			break;
		default:
			bad = true;
		}
	}
	argc -= optind;
	argv += optind;
	if (bad ||
	    (argc < 2 && !(o.enabled || o.list || o.order || o.restart))) {
		fputs(usage, stderr);
		return 1;
	}
	if (o.jail)
		return injail("service", o.jail, run, argc, argv);
	return run(argc, argv);
}
