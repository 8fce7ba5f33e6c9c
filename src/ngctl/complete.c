/*
 * ngctl: what may stand where the cursor is.  Nodes, hooks and types are asked
 * for when the key is pressed; one that does not answer has no candidates.
 */
#include "ngctl/ngctl.h"

#include "base/cleanup.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define BLANKS " \t"

/*
 * What a command's arguments are, one letter each: p path, h hook of the path
 * before it, t type, c command, m message.  opt: the first may be left out.
 */
static const struct {
	const char *command, *args;
	bool opt;
} shapes[] = {
	{"config", "p", false},	  {"connect", "pph", true},
	{"help", "c", false},	  {"mkpeer", "pth", true},
	{"msg", "pm", false},	  {"name", "p", false},
	{"rmhook", "ph", true},	  {"show", "p", false},
	{"shutdown", "p", false}, {"status", "p", false},
	{"write", "h", false},
};

/* Every node understands these. */
static const char *const generic[] = {"nodeinfo",  "listhooks", "listnames",
				      "listnodes", "listtypes", "textstatus",
				      "textconfig"};

static int add(struct strv *ret, const char *word, const char *before,
	       const char *name, const char *behind)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	strbuf_addf(&b, "%s%s%s", before, name, behind);
	if (strbuf_failed(&b))
		return -ENOMEM;
	if (!str_prefix(b.s, word) || strv_has(ret, b.s))
		return 0;
	return strv_add(ret, b.s);
}

static int add_commands(const char *word, struct strv *ret)
{
	int rc = 0;

	for (const struct ngctl_cmd *cmd = ngctl_cmds; !rc && cmd->usage;
	     cmd++) {
		char name[32];

		snprintf(name, sizeof(name), "%.*s", (int)ngctl_word(cmd),
			 cmd->usage);
		if (!strncasecmp(name, word, strlen(word)))
			rc = strv_add(ret, name);
	}
	return rc;
}

static int add_nodes(struct ngctl *c, const char *word, struct strv *ret)
{
	cleanup_free struct ng_mesg *m = NULL;
	struct err e = ERR_INIT;
	const struct namelist *l;
	int rc;

	if (ngctl_ask_nodes(c, false, "", &m, &e) < 0)
		return 0;
	l = (const struct namelist *)m->data;
	rc = add(ret, word, "", ".", ":");
	for (uint32_t i = 0; !rc && i < l->numnames; i++) {
		char name[NG_NODESIZ];

		memcpy(name, l->nodeinfo[i].name, sizeof(name));
		name[sizeof(name) - 1] = '\0';
		if (!name[0])
			snprintf(name, sizeof(name), "[%x]", l->nodeinfo[i].id);
		if (!strpbrk(name, BLANKS)) /* no command could say it */
			rc = add(ret, word, "", name, ":");
	}
	return rc;
}

/* Hooks of the node at `path`, each with `before` in front. */
static int add_hooks(struct ngctl *c, const char *path, const char *before,
		     const char *word, struct strv *ret)
{
	cleanup_free struct ng_mesg *m = NULL;
	struct err e = ERR_INIT;
	const struct hooklist *l;
	int rc = 0;

	if (ngctl_ask_hooks(c, path, "", &m, &e) < 0)
		return 0;
	l = (const struct hooklist *)m->data;
	for (uint32_t i = 0; !rc && i < l->nodeinfo.hooks; i++) {
		char name[NG_HOOKSIZ];

		memcpy(name, l->link[i].ourhook, sizeof(name));
		name[sizeof(name) - 1] = '\0';
		rc = add(ret, word, before, name, "");
	}
	return rc;
}

static int add_paths(struct ngctl *c, const char *word, struct strv *ret)
{
	const char *colon = strrchr(word, ':'), *dot = strrchr(word, '.');
	const char *last = dot && (!colon || dot > colon) ? dot : colon;
	char before[NG_PATHSIZ], path[NG_PATHSIZ];
	size_t len;

	if (!last)
		return add_nodes(c, word, ret);
	len = (size_t)(last - word) + 1;
	if (len >= sizeof(before))
		return 0;
	memcpy(before, word, len);
	before[len] = '\0';
	/* "a:b." is looked up as "a:b", "a:" as it is */
	str_copy(path, sizeof(path), before);
	if (last == dot)
		path[len - 1] = '\0';
	return add_hooks(c, *path ? path : ".", before, word, ret);
}

static int add_types(struct ngctl *c, const char *word, struct strv *ret)
{
	cleanup_free struct ng_mesg *m = NULL;
	struct err e = ERR_INIT;
	const struct typelist *l;
	int rc = 0;

	if (ngctl_ask_types(c, &m, &e) < 0)
		return 0;
	l = (const struct typelist *)m->data;
	for (uint32_t i = 0; !rc && i < l->numtypes; i++) {
		char name[NG_TYPESIZ];

		memcpy(name, l->typeinfo[i].type_name, sizeof(name));
		name[sizeof(name) - 1] = '\0';
		rc = add(ret, word, "", name, "");
	}
	return rc;
}

static int add_kind(struct ngctl *c, char kind, const struct strv *words,
		    const char *word, struct strv *ret)
{
	int rc = 0;

	switch (kind) {
	case 'c':
		return add_commands(word, ret);
	case 'p':
		return add_paths(c, word, ret);
	case 't':
		return add_types(c, word, ret);
	case 'h':
		return add_hooks(c, words->n > 1 ? words->v[1] : ".", "", word,
				 ret);
	case 'm':
		for (size_t i = 0; !rc && i < ARRAY_SIZE(generic); i++)
			rc = add(ret, word, "", generic[i], "");
		return rc;
	default:
		return 0;
	}
}

static bool is_path(const char *word)
{
	return strpbrk(word, ":.") != NULL;
}

/* Argument number `at` (1: the first) of the command words->v[0]. */
static int add_argument(struct ngctl *c, const struct strv *words, size_t at,
			const char *word, struct strv *ret)
{
	const struct ngctl_cmd *cmd = NULL;
	struct err e = ERR_INIT;
	size_t i;
	int rc;

	if (ngctl_find(words->v[0], &cmd, &e) < 0)
		return 0;
	for (i = 0; i < ARRAY_SIZE(shapes); i++)
		if (strlen(shapes[i].command) == ngctl_word(cmd) &&
		    str_prefix(cmd->usage, shapes[i].command))
			break;
	if (i == ARRAY_SIZE(shapes))
		return 0;
	for (size_t k = 1; k < words->n && *words->v[k] == '-'; k++)
		if (strstr(cmd->usage, " [-"))
			at--;
	/* A first path that was left out moves all others. */
	if (shapes[i].opt && at > 1 && !is_path(words->v[1]))
		at++;
	if (at > strlen(shapes[i].args))
		return 0;
	rc = add_kind(c, shapes[i].args[at - 1], words, word, ret);
	if (!rc && shapes[i].opt && at == 1)
		rc = add_kind(c, shapes[i].args[1], words, word, ret);
	return rc;
}

int ngctl_complete(struct ngctl *c, const char *text, struct strv *ret,
		   size_t *ret_from)
{
	cleanup_strv struct strv words = {0};
	size_t from = strlen(text);
	int rc;

	while (from > 0 && !strchr(BLANKS, text[from - 1]))
		from--;
	rc = strv_split(&words, text, BLANKS);
	if (rc < 0)
		return rc;
	*ret_from = from;
	if (text[from] && words.n)
		words.n--; /* the word that is being written */
	rc = words.n ? add_argument(c, &words, words.n, text + from, ret)
		     : add_commands(text + from, ret);
	if (text[from] && words.v)
		words.n++;
	strv_sort(ret);
	return rc;
}
