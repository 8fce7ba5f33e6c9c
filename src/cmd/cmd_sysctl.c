/*
 * sysctl(8): FreeBSD's command on rc/sysctl.h.
 */
#include "cmd/cmd.h"
#include "cmd/injail.h"
#include "cmd/vnetopt.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "rc/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CONF_MAX (1u << 20)

static const char usage[] =
	"usage: sysctl [-bdehiNnoqTtWx] [-B bufsize] [-f filename] [-j jail] "
	"name[=value] ...\n"
	"       sysctl [-bdehNnoqTtWx] [-B bufsize] [-j jail] -a\n";

struct opts {
	bool all, binary, descr, equals, human, ignore, names, values, quiet;
	bool type, writable, hex, tunables;
	const char *file, *jail;
};

static const char *const type_names[] = {
	[SYSCTL_INT] = "integer",
	[SYSCTL_LONG] = "long integer",
	[SYSCTL_STRING] = "string",
	[SYSCTL_NODE] = "node",
};

/* 1234567 as 1,234,567. */
static void put_grouped(struct strbuf *b, const char *digits)
{
	size_t n = strlen(digits), sign = *digits == '-';

	for (size_t i = 0; i < n; i++) {
		if (i > sign && (n - i) % 3 == 0)
			strbuf_addch(b, ',');
		strbuf_addch(b, digits[i]);
	}
}

static bool is_number(enum sysctl_type t)
{
	return t == SYSCTL_INT || t == SYSCTL_LONG;
}

/* -b: the bytes a C program would get. */
static void put_binary(const struct sysctl_info *info, const char *value)
{
	if (info->type == SYSCTL_INT) {
		int v = (int)strtoll(value, NULL, 0);

		fwrite(&v, sizeof(v), 1, stdout);
	} else if (info->type == SYSCTL_LONG) {
		long v = (long)strtoll(value, NULL, 0);

		fwrite(&v, sizeof(v), 1, stdout);
	} else {
		fputs(value, stdout);
	}
}

static void put_value(const struct opts *o, const struct sysctl_info *info,
		      const char *value, struct strbuf *b)
{
	if (is_number(info->type) && o->hex)
		strbuf_addf(b, "0x%llx", strtoll(value, NULL, 0));
	else if (is_number(info->type) && o->human)
		put_grouped(b, value);
	else
		strbuf_adds(b, value);
}

static int failure(const struct opts *o, const struct err *e)
{
	if (e->code == ENOENT && o->ignore)
		return 0;
	if (!o->quiet || e->code != ENOENT)
		fprintf(stderr, "sysctl: %s\n", e->text);
	return 1;
}

/* One name that has a value. */
static int show(const struct opts *o, const char *name)
{
	const char *sep = o->equals ? "=" : ": ";
	cleanup_strbuf struct strbuf value = STRBUF_INIT, out = STRBUF_INIT;
	struct sysctl_info info;
	struct err e = ERR_INIT;

	if (sysctl_info(name, &info, &e) < 0)
		return failure(o, &e);
	if ((o->writable && !info.writable) || o->tunables)
		return 0;
	if (o->names) {
		puts(name);
		return 0;
	}
	if (!o->values)
		strbuf_addf(&out, "%s%s", name, sep);
	if (o->type)
		strbuf_adds(&out, type_names[info.type]);
	if (o->type && o->descr)
		strbuf_adds(&out, sep);
	if (o->descr)
		strbuf_adds(&out, info.descr);
	if (o->type || o->descr) {
		puts(out.s);
		return 0;
	}
	if (sysctl_get(name, &value, &e) < 0)
		return failure(o, &e);
	if (o->binary) {
		put_binary(&info, value.s);
		return 0;
	}
	put_value(o, &info, value.s, &out);
	puts(out.s);
	return 0;
}

/* A name, or everything below it. */
static int show_tree(const struct opts *o, const char *name)
{
	cleanup_strv struct strv list = {0};
	struct sysctl_info info;
	struct err e = ERR_INIT;
	int status = 0;

	if (name) {
		if (sysctl_info(name, &info, &e) < 0)
			return failure(o, &e);
		if (info.type != SYSCTL_NODE)
			return show(o, name);
	}
	if (sysctl_list(name, &list, &e) < 0)
		return failure(o, &e);
	for (size_t i = 0; i < list.n; i++) {
		/* a knob this kernel lacks is no reason to complain in -a */
		struct opts quiet = *o;

		quiet.ignore = true;
		status |= show(&quiet, list.v[i]);
	}
	return name ? status : 0;
}

static int change(const struct opts *o, const char *name, const char *value,
		  const char *where)
{
	cleanup_strbuf struct strbuf old = STRBUF_INIT, now = STRBUF_INIT;
	struct err e = ERR_INIT;
	const char *caveat;

	if (sysctl_set(name, value, &old, &e) < 0) {
		err_append(&e, "%s", where);
		return failure(o, &e);
	}
	caveat = sysctl_caveat(name, value);
	if (caveat && !o->quiet)
		fprintf(stderr,
			"sysctl: %s: the value is kept, but not in force yet "
			"(%s)\n",
			name, caveat);
	if (sysctl_get(name, &now, NULL) < 0)
		strbuf_adds(&now, value);
	if (o->quiet)
		return 0;
	if (o->values)
		printf("%s\n", now.s);
	else
		printf("%s%s%s -> %s\n", name, o->equals ? "=" : ": ", old.s,
		       now.s);
	return 0;
}

/* NAME, NAME=VALUE or NAME:VALUE; text is cut up. */
static int one(const struct opts *o, char *text, const char *where)
{
	char *name = text + strspn(text, " \t"), *eq, *end;

	/* a colon only assigns in files: it may be part of a Linux name */
	eq = strchr(name, '=');
	if (!eq && *where)
		eq = strchr(name, ':');
	if (eq) {
		*eq++ = '\0';
		eq += strspn(eq, " \t");
		end = eq + strlen(eq);
		while (end > eq && strchr(" \t\r", end[-1]))
			*--end = '\0';
		if ((*eq == '"' || *eq == '\'') && end > eq + 1 &&
		    end[-1] == *eq) {
			end[-1] = '\0';
			eq++;
		}
	}
	end = name + strlen(name);
	while (end > name && strchr(" \t\r", end[-1]))
		*--end = '\0';
	if (!eq)
		return show_tree(o, name);
	return change(o, name, eq, where);
}

/* '#' starts a comment unless quoted. */
static void cut_comment(char *line)
{
	char quote = 0;

	for (; *line; line++) {
		if (quote && *line == quote) {
			quote = 0;
		} else if (!quote && (*line == '"' || *line == '\'')) {
			quote = *line;
		} else if (!quote && *line == '#') {
			*line = '\0';
			return;
		}
	}
}

static int from_file(const struct opts *o)
{
	cleanup_free char *text = NULL;
	struct err e = ERR_INIT;
	unsigned int no = 0;
	int status = 0;

	if (file_read(AT_FDCWD, o->file, CONF_MAX, &text, NULL, &e) < 0) {
		fprintf(stderr, "sysctl: %s\n", e.text);
		return 1;
	}
	for (char *p = text, *nl; p; p = nl) {
		char where[64];

		nl = strchr(p, '\n');
		if (nl)
			*nl++ = '\0';
		no++;
		cut_comment(p);
		if (!p[strspn(p, " \t\r")])
			continue;
		snprintf(where, sizeof(where), " at line %u", no);
		status |= one(o, p, where);
	}
	return status;
}

static bool parse(int argc, char **argv, struct opts *o)
{
	int c;

	while ((c = getopt(argc, argv, "AaB:bdef:hij:NnoqTtWwXx")) != -1) {
		switch (c) {
		case 'X':
			o->hex = true;
			o->all = true;
			break;
		case 'A':
		case 'a':
			o->all = true;
			break;
		case 'B':
		case 'o':
		case 'w':
			break; /* no effect: sizes, opaque values, the old -w */
		case 'b':
			o->binary = true;
			break;
		case 'd':
			o->descr = true;
			break;
		case 'e':
			o->equals = true;
			break;
		case 'f':
			o->file = optarg;
			break;
		case 'h':
			o->human = true;
			break;
		case 'i':
			o->ignore = true;
			break;
		case 'j':
			o->jail = optarg;
			break;
		case 'N':
			o->names = true;
			break;
		case 'n':
			o->values = true;
			break;
		case 'q':
			o->quiet = true;
			break;
		case 'T':
			o->tunables = true;
			break;
		case 't':
			o->type = true;
			break;
		case 'W':
			o->writable = true;
			break;
		case 'x':
			o->hex = true;
			break;
		default:
			return false;
		}
	}
	return !(o->names && o->values);
}

static struct opts o;

static int run(int argc, char **argv)
{
	int status = 0;

	if (o.all && !argc)
		return show_tree(&o, NULL);
	if (o.file)
		status = from_file(&o);
	for (int i = 0; i < argc; i++) {
		cleanup_free char *text = strdup(argv[i]);

		if (!text)
			return 1;
		status |= one(&o, text, "");
	}
	return status;
}

int cmd_sysctl(int argc, char **argv)
{
	if (vnetopt_help(argc, argv, usage))
		return 0;
	if (!parse(argc, argv, &o) || (!o.all && !o.file && optind == argc)) {
		fputs(usage, stderr);
		return 1;
	}
	argc -= optind;
	argv += optind;
	if (o.jail)
		return injail("sysctl", o.jail, run, argc, argv);
	return run(argc, argv);
}
