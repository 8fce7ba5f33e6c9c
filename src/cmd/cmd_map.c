/*
 * cmd_map: cellblock map, the drawing of what runs.
 */
#include "cmd/cmd_map.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "base/term.h"
#include "block/block.h"
#include "block/map.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define WIDTH_DEFAULT 80

enum form {
	FORM_BOXES,
	FORM_DOT,
	FORM_JSON,
	FORM_SVG,
};

enum {
	OPT_ALL = 256,
	OPT_ASCII,
	OPT_COLOUR,
	OPT_HELP,
	OPT_UNICODE,
	OPT_DOT,
	OPT_JSON,
	OPT_SVG,
};

struct map_args {
	enum form form;
	int forms;	  /* how many of --dot, --json, --svg were given */
	const char *file; /* -o, --svg=FILE */
	const char *jail;
	const char *colour;
	bool ascii, unicode;
	struct map_opts o;
};

static const struct option options[] = {
	{"all", no_argument, NULL, OPT_ALL},
	{"ascii", no_argument, NULL, OPT_ASCII},
	{"color", required_argument, NULL, OPT_COLOUR},
	{"colour", required_argument, NULL, OPT_COLOUR},
	{"dot", no_argument, NULL, OPT_DOT},
	{"help", no_argument, NULL, OPT_HELP},
	{"json", no_argument, NULL, OPT_JSON},
	{"output", required_argument, NULL, 'o'},
	{"svg", optional_argument, NULL, OPT_SVG},
	{"unicode", no_argument, NULL, OPT_UNICODE},
	{"width", required_argument, NULL, 'w'},
	{NULL, 0, NULL, 0},
};

static int usage(FILE *f)
{
	fprintf(f, "usage: cellblock map [--all] [--ascii | --unicode] "
		   "[--colour=WHEN] [-w COLUMNS]\n"
		   "                     [--dot | --json | --svg[=FILE]] "
		   "[-o FILE] [NAME|DIR]\n");
	return f == stderr;
}

static int fail(const char *text)
{
	fprintf(stderr, "cellblock map: %s\n", text);
	return 1;
}

static bool is_colour(const char *s)
{
	return !strcmp(s, "auto") || !strcmp(s, "always") ||
	       !strcmp(s, "never");
}

static void set_form(struct map_args *a, enum form form)
{
	a->form = form;
	a->forms++;
}

/* One option; NULL, or what is wrong with it ("" after getopt has spoken). */
static const char *option(struct map_args *a, int c)
{
	long long v;

	switch (c) {
	case OPT_ALL:
		a->o.all = true;
		return NULL;
	case OPT_ASCII:
		a->ascii = true;
		return NULL;
	case OPT_UNICODE:
		a->unicode = true;
		return NULL;
	case OPT_COLOUR:
		a->colour = optarg;
		return is_colour(optarg)
			       ? NULL
			       : "--colour: expected auto, always or never";
	case OPT_DOT:
		set_form(a, FORM_DOT);
		return NULL;
	case OPT_JSON:
		set_form(a, FORM_JSON);
		return NULL;
	case OPT_SVG:
		set_form(a, FORM_SVG);
		if (optarg)
			a->file = optarg;
		return NULL;
	case 'o':
		a->file = optarg;
		return NULL;
	case 'w':
		if (str_to_int(optarg, 24, 10000, &v))
			return "-w: expected a number from 24 to 10000";
		a->o.width = (int)v;
		return NULL;
	default:
		return "";
	}
}

/* 0: go on; 1 or -1: leave with status 0 or 1. */
static int parse(int argc, char **argv, struct map_args *a)
{
	const char *wrong;
	int c;

	while ((c = getopt_long(argc, argv, "o:w:", options, NULL)) >= 0) {
		if (c == OPT_HELP)
			return usage(stdout) ? -1 : 1;
		wrong = option(a, c);
		if (!wrong)
			continue;
		if (*wrong)
			fail(wrong);
		else
			usage(stderr);
		return -1;
	}
	if (a->forms > 1) {
		fail("--dot, --json and --svg exclude each other");
		return -1;
	}
	if (argc - optind > 1) {
		usage(stderr);
		return -1;
	}
	a->jail = argv[optind];
	return 0;
}

/* What was not said depends on where the drawing goes. */
static void settle(struct map_args *a)
{
	struct map_opts *o = &a->o;

	if (!o->width)
		o->width = a->file ? WIDTH_DEFAULT
				   : term_width(STDOUT_FILENO, WIDTH_DEFAULT);
	o->ascii = a->ascii || (!a->unicode && !a->file && !term_utf8());
	if (a->colour && strcmp(a->colour, "auto"))
		o->colour = !strcmp(a->colour, "always");
	else
		o->colour = !a->file && term_colour(STDOUT_FILENO);
}

static int draw(const struct map_args *a, const struct topo *t,
		struct strbuf *out, struct err *e)
{
	switch (a->form) {
	case FORM_DOT:
		return map_dot(t, out, e);
	case FORM_JSON:
		return map_json(t, out, e);
	case FORM_SVG:
		return map_svg(t, out, e);
	case FORM_BOXES:
		break;
	}
	return map_boxes(t, &a->o, out, e);
}

static int write_stream(FILE *f, const char *name, const struct strbuf *out,
			struct err *e)
{
	if (fwrite(out->s, 1, out->len, f) != out->len || fflush(f))
		return err_sys(e, errno, "%s", name);
	return 0;
}

/* A plain file is replaced by renaming, anything else is written to. */
static int write_out(const struct map_args *a, const struct strbuf *out,
		     struct err *e)
{
	cleanup_fclose FILE *f = NULL;
	struct stat st;

	if (!a->file || !strcmp(a->file, "-"))
		return write_stream(stdout, "standard output", out, e);
	if (stat(a->file, &st) || S_ISREG(st.st_mode))
		return file_write_atomic(AT_FDCWD, a->file, out->s, 0644, e);
	f = fopen(a->file, "we");
	if (!f)
		return err_sys(e, errno, "%s", a->file);
	return write_stream(f, a->file, out, e);
}

int map_main(int argc, char **argv)
{
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	struct map_args a = {.form = FORM_BOXES};
	cleanup_block struct block b = {0};
	struct err e = ERR_INIT;
	struct topo t;
	int r;

	r = parse(argc, argv, &a);
	if (r)
		return r < 0;
	settle(&a);
	/* a block is its sandbox jail; one on the host is the machine */
	if (a.jail && block_find(a.jail, &b, NULL) >= 0)
		a.jail = b.host ? NULL : b.name;
	r = topo_load(a.jail, &t, &e);
	if (r)
		return fail(e.text);
	r = draw(&a, &t, &out, &e);
	topo_free(&t);
	if (!r)
		r = write_out(&a, &out, &e);
	return r ? fail(e.text) : 0;
}
