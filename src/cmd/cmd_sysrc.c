/*
 * sysrc(8): read and edit rc.conf.  Values are read as rc reads them, by a
 * shell; changes are made in the text (rc/rcedit.h).
 */
#include "cmd/cmd.h"
#include "cmd/injail.h"
#include "cmd/vnetopt.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "rc/rc.h"
#include "rc/rcdefaults.h"
#include "rc/rcedit.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONF_MAX (4u << 20)

static const char usage[] =
	"usage: sysrc [-cdDeEFhinNqvx] [-s name] [-f file] [-j jail | -R dir] "
	"name[[+|-]=value] ...\n"
	"       sysrc [-deEFhinNqv] [-s name] [-f file] [-j jail | -R dir] "
	"-a | -A\n"
	"       sysrc [-E] [-s name] [-f file] [-j jail | -R dir] -l\n"
	"       sysrc [-eEqv] [-j jail | -R dir] -L [name ...]\n";

static struct opts {
	bool all, all_defaults, check, descr, defaults, equals, existing, which;
	bool list, list_all;
	bool ignore, values, names, quiet, verbose, remove;
	bool silent; /* changes are not said */
	const char *root, *jail, *service;
	struct strv file;
} o;

/* How a value is put: NAME: VALUE, NAME="VALUE", or less. */
static void show(const char *name, const char *value)
{
	if (o.names)
		printf("%s\n", name);
	else if (o.values)
		printf("%s\n", value);
	else if (o.equals)
		printf("%s=\"%s\"\n", name, value);
	else
		printf("%s: %s\n", name, value);
}

static int unknown(const char *name)
{
	if (!o.ignore && !o.quiet)
		fprintf(stderr, "sysrc: unknown variable '%s'\n", name);
	return 1;
}

static int show_descr(const char *name)
{
	const struct rcvar_def *d = rcvar_def_find(name);

	if (!d)
		return unknown(name);
	show(name, d->what);
	return 0;
}

/* Names are words of the shell's; what follows one may work on its value. */
static size_t name_len(const char *arg)
{
	return strspn(arg, "abcdefghijklmnopqrstuvwxyz"
			   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
}

/* $IFS, $name and ${name} in a pattern or a default. */
static int word_expand(const struct rcconf *c, const char *s,
		       struct strbuf *out)
{
	while (*s) {
		bool brace = s[0] == '$' && s[1] == '{';
		const char *from = s + 1 + brace;
		size_t n = *s == '$' ? name_len(from) : 0;
		cleanup_free char *name = NULL;
		const char *value;

		if (!n || (brace && from[n] != '}')) {
			strbuf_addch(out, *s++);
			continue;
		}
		name = strndup(from, n);
		if (!name)
			return -ENOMEM;
		value = strcmp(name, "IFS") ? rcconf_get(c, name) : " \t\n";
		strbuf_adds(out, value ? value : "");
		s = from + n + brace;
	}
	return strbuf_failed(out) ? -ENOMEM : 0;
}

/* The value without what the pattern matches at its beginning or end. */
static int trim(const char *value, const char *pattern, bool front,
		bool longest, struct strbuf *out)
{
	cleanup_free char *copy = strdup(value);
	size_t len = strlen(value);

	if (!copy)
		return -ENOMEM;
	for (size_t i = 0; i <= len; i++) {
		/* so much of it stays, at the other side */
		size_t keep = longest ? i : len - i;
		const char *part = front ? copy : copy + keep;

		if (front)
			copy[len - keep] = '\0';
		if (fnmatch(pattern, part, 0)) {
			if (front)
				copy[len - keep] = value[len - keep];
			continue;
		}
		strbuf_addn(out, front ? value + len - keep : value, keep);
		return strbuf_failed(out) ? -ENOMEM : 0;
	}
	strbuf_adds(out, value);
	return strbuf_failed(out) ? -ENOMEM : 0;
}

/*
 * What the shell makes of ${NAME...}: patterns after % and #, words after - and
 * +.  -EINVAL: `how` is nothing of the kind.
 */
static int expand(const struct rcconf *c, const char *value, const char *how,
		  struct strbuf *out)
{
	cleanup_strbuf struct strbuf word = STRBUF_INIT;
	bool colon = *how == ':', has;
	char op = how[colon];
	bool twice = !colon && op && strchr("%#", op) && how[1] == op;

	if (!op || !strchr(colon ? "-+" : "%#-+", op))
		return -EINVAL;
	if (word_expand(c, how + 1 + colon + twice, &word) < 0)
		return -ENOMEM;
	has = value && !(colon && !*value);
	if (op == '-' || op == '+') {
		if (has == (op == '+'))
			strbuf_adds(out, word.s);
		else if (op == '-')
			strbuf_adds(out, value);
		return strbuf_failed(out) ? -ENOMEM : 0;
	}
	return trim(value ? value : "", word.s, op == '#', twice, out);
}

/* Before a line: where the variable is from. */
static void show_file(const char *file)
{
	if (!o.verbose)
		return;
	printf(o.equals ? ": %s; " : "%s: ", file);
}

/* `how`: what follows the name, "" mostly. */
static int show_one(const struct rcconf *c, const char *name, const char *how)
{
	const struct rcvar_def *d = rcvar_def_find(name);
	const char *value = rcconf_get(c, name), *file;
	cleanup_strbuf struct strbuf made = STRBUF_INIT;
	cleanup_free char *arg = str_printf("%s%s", name, how);
	unsigned int line;

	if (!arg)
		return -ENOMEM;
	if (o.descr)
		return show_descr(name);
	if (o.defaults)
		value = d ? d->dflt : NULL;
	if (*how) {
		if (expand(c, value, how, &made) < 0)
			return -ENOMEM;
		value = made.s;
	}
	if (!value)
		return unknown(arg);
	if (o.check)
		return 0;
	if (!rcconf_where(c, name, &file, &line))
		file = "/etc/defaults/rc.conf";
	if (o.which) {
		show(name, file);
		return 0;
	}
	show_file(file);
	show(arg, value);
	return 0;
}

/*
 * The file that has the variable last, or the first one; with -E the first
 * that is there.
 */
static const char *target(const struct rcconf *c, const char *name,
			  const struct strv *files)
{
	const char *file;
	unsigned int line;

	if (rcconf_where(c, name, &file, &line))
		return file;
	for (size_t i = 0; o.existing && i < files->n; i++)
		if (access(files->v[i], F_OK) == 0)
			return files->v[i];
	return files->n ? files->v[0] : NULL;
}

static int read_text(const char *file, char **ret, struct err *e)
{
	struct err re = ERR_INIT;
	int r = file_read(AT_FDCWD, file, CONF_MAX, ret, NULL, &re);

	if (r == -ENOENT)
		return (*ret = strdup("")) ? 0 : err_nomem(e);
	return r < 0 ? err_set(e, re.code, "%s", re.text) : 0;
}

static int write_text(const char *file, struct strbuf *out, struct err *e)
{
	struct stat st;
	mode_t mode = 0644;

	if (strbuf_failed(out))
		return err_nomem(e);
	if (stat(file, &st) == 0)
		mode = st.st_mode & 0777;
	return file_write_atomic(AT_FDCWD, file, out->s, mode, e);
}

static int remove_one(const struct rcconf *c, const struct strv *files,
		      const char *name, struct err *e)
{
	bool found = false;
	int r = 0;

	(void)c;
	for (size_t i = 0; !r && i < files->n; i++) {
		cleanup_free char *text = NULL;
		cleanup_strbuf struct strbuf out = STRBUF_INIT;

		r = read_text(files->v[i], &text, e);
		if (r || !rcedit_delete(text, name, &out))
			continue;
		found = true;
		if (!o.check)
			r = write_text(files->v[i], &out, e);
	}
	if (r < 0)
		return r;
	if (!found)
		return unknown(name);
	return o.check;
}

/*
 * "+=" and "-=" work on words; a value that begins with anything but a letter,
 * a digit, a dot, a slash or a blank names the separator: +=,a
 */
static char *combine(const char *old, const char *value, char op)
{
	cleanup_strv struct strv have = {0}, words = {0};
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	unsigned char first = (unsigned char)*value;
	char sep[2] = " ";
	const char *split = " \t\n";

	if (first && !isalnum(first) && !strchr("./ \t\n", first)) {
		sep[0] = *value++;
		split = sep;
	}
	if (strv_split(&have, old, split) < 0 ||
	    strv_split(&words, value, split) < 0)
		return NULL;
	/* what is there stays as it is written; less of it is written anew */
	if (op == '+')
		strbuf_adds(&out, old);
	for (size_t i = 0; op == '+' && i < words.n; i++)
		if (!strv_has(&have, words.v[i]))
			strbuf_addf(&out, "%s%s", sep, words.v[i]);
	for (size_t i = 0; op == '-' && i < have.n; i++)
		if (!strv_has(&words, have.v[i]))
			strbuf_addf(&out, "%s%s", sep, have.v[i]);
	if (strbuf_failed(&out))
		return NULL;
	return strdup(*out.s == sep[0] ? out.s + 1 : out.s);
}

/* before, after: values, or with -F files. */
static void show_change(const char *file, const char *name, const char *before,
			const char *after)
{
	if (o.silent)
		return;
	if (o.names) {
		printf("%s\n", name);
		return;
	}
	show_file(file);
	if (o.equals)
		printf("%s%s%s\" # -> \"%s\"\n", o.values ? "" : name,
		       o.values ? "" : "=\"", before, after);
	else
		printf("%s%s%s -> %s\n", o.values ? "" : name,
		       o.values ? "" : ": ", before, after);
}

/* -c of an assignment: 0, it is so; 1. */
static int check_one(const char *file, const char *name, const char *old,
		     const char *value)
{
	if (!old) {
		if (o.verbose)
			printf("%s: not currently set\n", name);
		return 1;
	}
	if (o.verbose && strcmp(old, value) != 0)
		printf("%s: %s: would change from `%s' to `%s'\n", file, name,
		       old, value);
	else if (o.verbose)
		printf("%s: %s: already set to `%s'\n", file, name, old);
	return strcmp(old, value) != 0;
}

static int set_one(const struct rcconf *c, const struct strv *files,
		   const char *name, const char *value, char op, struct err *e)
{
	const char *old = rcconf_get(c, name), *file = target(c, name, files);
	cleanup_free char *text = NULL, *joined = NULL;
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	const char *from;
	unsigned int no;
	int r;

	if (op) {
		joined = combine(old ? old : "", value, op);
		if (!joined)
			return err_nomem(e);
		value = joined;
	}
	if (!rcconf_where(c, name, &from, &no))
		from = "/etc/defaults/rc.conf";
	if (o.check)
		return check_one(from, name, old, value);
	if (!file)
		return err_set(e, ENOENT, "there is no file to write to");
	r = read_text(file, &text, e);
	if (r < 0)
		return r;
	/* a default that is asked for is written, too: it may change */
	if (!old || strcmp(old, value) || !rcconf_where(c, name, &from, &no)) {
		if (!rcedit_set(text, name, value, &out))
			return err_set(e, EINVAL,
				       "%s: the last line is not complete",
				       file);
		r = write_text(file, &out, e);
	}
	if (!r)
		show_change(file, name,
			    o.which ? from
			    : old   ? old
				    : "",
			    o.which ? file : value);
	return r;
}

/* One argument: 0, 1 (reported) or a negative error. */
static int one(const struct rcconf *c, const struct strv *files,
	       const char *arg, struct err *e)
{
	cleanup_free char *text = strdup(arg), *name = NULL;
	char *eq = text ? strchr(text, '=') : NULL, *end;
	const char *how = "";
	char op = 0;
	size_t n;

	if (!text)
		return err_nomem(e);
	if (eq)
		*eq++ = '\0';
	end = text + strlen(text) - 1;
	if (*text && (*end == '+' || *end == '-')) {
		op = *end;
		*end = '\0';
	}
	n = name_len(text);
	name = strndup(text, n);
	if (!name)
		return err_nomem(e);
	if (!eq && !o.remove && strchr("%#:-+", text[n]))
		how = text + n;
	if (!rcedit_name_ok(name) || (text[n] && !*how) ||
	    (*how == ':' && (!how[1] || !strchr("-+", how[1]))))
		return err_set(
			e, EINVAL,
			"%s: name contains characters not allowed in shell",
			text);
	if (eq && o.descr)
		show_descr(name);
	if (o.remove)
		return remove_one(c, files, name, e);
	if (eq)
		return set_one(c, files, name, eq, op, e);
	return show_one(c, name, how);
}

static int show_all(const struct rcconf *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct rcvar_def *d = rcvar_def_find(c->v[i].name);
		const char *file;
		unsigned int line;

		if (!o.all_defaults && d && d->dflt &&
		    !strcmp(d->dflt, c->v[i].value) &&
		    !rcconf_where(c, c->v[i].name, &file, &line))
			continue;
		show_one(c, c->v[i].name, "");
	}
	return 0;
}

/* Files of rc.conf.d/NAME beside a rc.conf, or in a folder of that name. */
static int confd(const char *dir, const char *name, struct strv *ret)
{
	cleanup_free char *path = str_printf("%s%s/rc.conf.d/%s",
					     o.root ? o.root : "", dir, name);
	cleanup_strv struct strv list = {0};
	cleanup_closedir DIR *d = path ? opendir(path) : NULL;
	struct dirent *de;
	int r = path ? 0 : -ENOMEM;

	if (!d)
		return r ? r : strv_add(ret, path);
	while (!r && (de = readdir(d)) != NULL)
		if (*de->d_name != '.')
			r = strv_addf(&list, "%s/%s", path, de->d_name);
	strv_sort(&list);
	return r ? r : strv_copy(ret, &list);
}

static const char *const confd_dirs[] = {"/etc", "/usr/local/etc"};

/* RC_CONFS names other files; empty: none, which leaves the defaults. */
static int usual_files(struct strv *files)
{
	const char *env = getenv("RC_CONFS");
	int r;

	if (env)
		return strv_split(files, env, " \t\n");
	r = strv_addf(files, "%s/etc/rc.conf", o.root ? o.root : "");
	return r ? r
		 : strv_addf(files, "%s/etc/rc.conf.local",
			     o.root ? o.root : "");
}

static int file_list(struct strv *files, struct err *e)
{
	int r = 0;

	if (o.file.n)
		return strv_copy(files, &o.file) ? err_nomem(e) : 0;
	for (size_t i = 0; !r && o.service && i < ARRAY_SIZE(confd_dirs); i++)
		r = confd(confd_dirs[i], o.service, files);
	if (!r)
		r = usual_files(files);
	return r ? err_nomem(e) : 0;
}

/* ---- lists of files ---- */

/* As one line: the files, after the name of what reads them or not. */
static void put_files(const char *name, const struct strv *files)
{
	bool first = true;

	if (o.equals)
		printf("%s=\"", name);
	else if (o.verbose)
		printf("%s: ", name);
	for (size_t i = 0; i < files->n; i++) {
		if (o.existing && access(files->v[i], F_OK) < 0)
			continue;
		printf("%s%s", first ? "" : " ", files->v[i]);
		first = false;
	}
	puts(o.equals ? "\"" : "");
}

/* Names of services that have files of their own. */
static int confd_names(struct strv *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(confd_dirs); i++) {
		cleanup_free char *path = str_printf(
			"%s%s/rc.conf.d", o.root ? o.root : "", confd_dirs[i]);
		cleanup_closedir DIR *d = path ? opendir(path) : NULL;
		struct dirent *de;

		while (d && (de = readdir(d)) != NULL)
			if (*de->d_name != '.' && !strv_has(ret, de->d_name) &&
			    strv_add(ret, de->d_name) < 0)
				return -ENOMEM;
	}
	strv_sort(ret);
	return 0;
}

/* -L: rc.conf's, then each service's; with -e and -v a line for each. */
static int list_services(int argc, char **argv, struct err *e)
{
	cleanup_strv struct strv all = {0}, names = {0};
	int r = argc ? 0 : usual_files(&all);

	if (!r && !argc && (o.equals || (o.verbose))) {
		put_files("rc_conf_files", &all);
		strv_free(&all);
	}
	for (int i = 0; !r && i < argc; i++)
		r = strv_add(&names, argv[i]);
	if (!r && !argc)
		r = confd_names(&names);
	for (size_t i = 0; !r && i < names.n; i++) {
		cleanup_strv struct strv own = {0};

		for (size_t k = 0; !r && k < ARRAY_SIZE(confd_dirs); k++)
			r = confd(confd_dirs[k], names.v[i], &own);
		/* a name that nobody gave is there somewhere, not everywhere */
		for (size_t k = own.n; !argc && k-- > 0;)
			if (access(own.v[k], F_OK) < 0)
				strv_remove(&own, k);
		if (!r && (o.equals || (o.verbose)))
			put_files(names.v[i], &own);
		else if (!r)
			r = strv_copy(&all, &own);
	}
	if (!r && all.n) {
		bool verbose = o.verbose;

		o.verbose = false;
		put_files("", &all);
		o.verbose = verbose;
	}
	return r ? err_nomem(e) : 0;
}

/* -l, -L, and -E alone: nothing is read. */
static int list_files(int argc, char **argv)
{
	cleanup_strv struct strv files = {0};
	struct err e = ERR_INIT;
	int r;

	if (o.list_all) {
		r = list_services(argc, argv, &e);
	} else {
		r = file_list(&files, &e);
		o.equals = o.verbose = false;
		if (!r)
			put_files("", &files);
	}
	if (r < 0)
		fprintf(stderr, "sysrc: %s\n", e.text);
	return r < 0;
}

static int run(int argc, char **argv)
{
	static const char *const no_files[] = {NULL};
	cleanup_strv struct strv files = {0};
	struct err e = ERR_INIT;
	int status = 0, r;

	if (o.list || o.list_all)
		return list_files(argc, argv);
	r = file_list(&files, &e);
	for (int i = 0; !r && i < (argc ? argc : 1); i++) {
		cleanup_rcconf struct rcconf *c = NULL;

		/* each change is seen by the next argument */
		r = rcconf_load_bare(files.n ? (const char *const *)files.v
					     : no_files,
				     !o.file.n, &c, &e);
		if (r < 0)
			break;
		r = argc ? one(c, &files, argv[i], &e) : show_all(c);
		if (r > 0) {
			status = 1;
			r = 0;
		}
	}
	if (r < 0) {
		fprintf(stderr, "sysrc: %s\n", e.text);
		return 1;
	}
	return status;
}

static bool parse(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "aAcdDeEf:Fhij:lLnNqR:s:vx")) != -1) {
		switch (c) {
		case 'a':
			o.all = true;
			break;
		case 'A':
			o.all = o.all_defaults = true;
			break;
		case 'c':
			o.check = true;
			break;
		case 'd':
			o.descr = true;
			break;
		case 'D':
			o.defaults = true;
			break;
		case 'e':
			o.equals = true;
			break;
		case 'E':
			o.existing = true;
			break;
		case 'f':
			strv_add(&o.file, optarg);
			break;
		case 'F':
			o.which = true;
			break;
		case 'i':
			o.ignore = true;
			break;
		case 'j':
			o.jail = optarg;
			break;
		case 'l':
			o.list = true;
			break;
		case 'L':
			o.list_all = true;
			break;
		case 'n':
			o.values = true;
			break;
		case 'N':
			o.names = true;
			break;
		case 'q':
			o.quiet = true;
			break;
		case 'R':
			o.root = optarg;
			break;
		case 's':
			o.service = optarg;
			break;
		case 'v':
			o.verbose = true;
			break;
		case 'x':
			o.remove = true;
			break;
		default:
			return false;
		}
	}
	if (o.quiet)
		o.verbose = false;
	return !(o.jail && o.root);
}

int sysrc_set(char *assignment)
{
	o = (struct opts){.silent = true};
	return run(1, &assignment);
}

int cmd_sysrc(int argc, char **argv)
{
	bool ok;

	if (vnetopt_help(argc, argv, usage))
		return 0;
	o.verbose = getenv("SYSRC_VERBOSE") && *getenv("SYSRC_VERBOSE");
	ok = parse(argc, argv);
	argc -= optind;
	argv += optind;
	/* -E alone, as before there was -l */
	if (o.existing && !argc && !o.all && !o.list_all)
		o.list = true;
	if (!ok || (!o.all && !o.list && !o.list_all && !argc) ||
	    ((o.all || o.list) && argc)) {
		fputs(usage, stderr);
		return 1;
	}
	if (o.jail)
		return injail("sysrc", o.jail, run, argc, argv);
	return run(argc, argv);
}
