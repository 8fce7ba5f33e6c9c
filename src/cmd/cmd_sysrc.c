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

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONF_MAX (4u << 20)

static const char usage[] =
	"usage: sysrc [-cdDeEFhinNqvx] [-s name] [-f file] [-j jail | -R dir] "
	"name[[+|-]=value] ...\n"
	"       sysrc [-deEFhinNqv] [-s name] [-f file] [-j jail | -R dir] "
	"-a | -A\n";

static struct opts {
	bool all, all_defaults, check, descr, defaults, equals, files, which;
	bool ignore, values, names, quiet, verbose, remove;
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
	if (o.ignore)
		return 0;
	if (!o.quiet)
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

static int show_one(const struct rcconf *c, const char *name)
{
	const struct rcvar_def *d = rcvar_def_find(name);
	const char *value = rcconf_get(c, name), *file;
	unsigned int line;

	if (o.descr)
		return show_descr(name);
	if (o.defaults)
		value = d ? d->dflt : NULL;
	if (!value)
		return unknown(name);
	if (o.which || o.verbose) {
		if (!rcconf_where(c, name, &file, &line))
			file = "/etc/defaults/rc.conf";
		if (o.which) {
			show(name, file);
			return 0;
		}
		printf("%s: ", file);
	}
	show(name, value);
	return 0;
}

/* The file that has the variable last, or the first one. */
static const char *target(const struct rcconf *c, const char *name,
			  const struct strv *files)
{
	const char *file;
	unsigned int line;

	return rcconf_where(c, name, &file, &line) ? file : files->v[0];
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
 * "+=" and "-=" work on words; a value that begins with another character
 * than a letter or digit names the separator: +=,a
 */
static char *combine(const char *old, const char *value, char op)
{
	cleanup_strv struct strv have = {0}, words = {0};
	char sep[2] = " ";
	const char *split = " \t\n";

	if (*value && strchr(",;:|", *value)) {
		sep[0] = *value++;
		split = sep;
	}
	if (strv_split(&have, old, split) < 0 ||
	    strv_split(&words, value, split) < 0)
		return NULL;
	for (size_t i = 0; i < words.n; i++) {
		if (op == '+') {
			if (!strv_has(&have, words.v[i]) &&
			    strv_add(&have, words.v[i]) < 0)
				return NULL;
			continue;
		}
		for (size_t k = have.n; k-- > 0;)
			if (!strcmp(have.v[k], words.v[i]))
				strv_remove(&have, k);
	}
	return have.n ? strv_join(&have, sep) : strdup("");
}

static void show_change(const char *file, const char *name, const char *old,
			const char *value)
{
	if (o.quiet)
		return;
	if (o.verbose)
		printf("%s: ", file);
	if (o.values)
		printf("%s -> %s\n", old, value);
	else if (o.equals)
		printf("%s=\"%s\" -> \"%s\"\n", name, old, value);
	else
		printf("%s: %s -> %s\n", name, old, value);
}

static int set_one(const struct rcconf *c, const struct strv *files,
		   const char *name, const char *value, char op, struct err *e)
{
	const char *old = rcconf_get(c, name), *file = target(c, name, files);
	cleanup_free char *text = NULL, *joined = NULL;
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	int r;

	if (op) {
		joined = combine(old ? old : "", value, op);
		if (!joined)
			return err_nomem(e);
		value = joined;
	}
	if (o.check)
		return !old || strcmp(old, value);
	r = read_text(file, &text, e);
	if (r < 0)
		return r;
	if (!old || strcmp(old, value)) {
		if (!rcedit_set(text, name, value, &out))
			return err_set(e, EINVAL,
				       "%s: the last line is not complete",
				       file);
		r = write_text(file, &out, e);
	}
	if (!r)
		show_change(file, name, old ? old : "", value);
	return r;
}

/* One argument: 0, 1 (reported) or a negative error. */
static int one(const struct rcconf *c, const struct strv *files,
	       const char *arg, struct err *e)
{
	cleanup_free char *name = strdup(arg);
	char *eq = name ? strchr(name, '=') : NULL;
	char op = 0;

	if (!name)
		return err_nomem(e);
	if (eq) {
		if (eq > name && (eq[-1] == '+' || eq[-1] == '-')) {
			op = eq[-1];
			eq[-1] = '\0';
		}
		*eq++ = '\0';
	}
	if (!rcedit_name_ok(name))
		return err_set(
			e, EINVAL,
			"%s: name contains characters not allowed in shell",
			name);
	if (o.remove)
		return remove_one(c, files, name, e);
	if (eq)
		return set_one(c, files, name, eq, op, e);
	return show_one(c, name);
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
		show_one(c, c->v[i].name);
	}
	return 0;
}

static int file_list(struct strv *files, struct err *e)
{
	int r = 0;

	if (o.file.n)
		return strv_copy(files, &o.file) ? err_nomem(e) : 0;
	if (o.service)
		r = strv_addf(files, "%s/etc/rc.conf.d/%s",
			      o.root ? o.root : "", o.service);
	if (!r)
		r = strv_addf(files, "%s/etc/rc.conf", o.root ? o.root : "");
	if (!r)
		r = strv_addf(files, "%s/etc/rc.conf.local",
			      o.root ? o.root : "");
	return r ? err_nomem(e) : 0;
}

static int run(int argc, char **argv)
{
	cleanup_strv struct strv files = {0};
	struct err e = ERR_INIT;
	int status = 0, r = file_list(&files, &e);

	for (int i = 0; !r && i < (argc ? argc : 1); i++) {
		cleanup_rcconf struct rcconf *c = NULL;

		/* each change is seen by the next argument */
		r = rcconf_load_bare((const char *const *)files.v, !o.file.n,
				     &c, &e);
		if (r < 0)
			break;
		if (o.files) {
			for (size_t k = 0; k < c->files.n; k++)
				puts(c->files.v[k]);
			return 0;
		}
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

	while ((c = getopt(argc, argv, "aAcdDeEf:Fhij:nNqR:s:vx")) != -1) {
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
			o.files = true;
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
	return !(o.jail && o.root);
}

int cmd_sysrc(int argc, char **argv)
{
	bool ok;

	if (vnetopt_help(argc, argv, usage))
		return 0;
	ok = parse(argc, argv);
	argc -= optind;
	argv += optind;
	if (!ok || (!o.all && !o.files && !argc) || (o.all && argc)) {
		fputs(usage, stderr);
		return 1;
	}
	if (o.jail)
		return injail("sysrc", o.jail, run, argc, argv);
	return run(argc, argv);
}
