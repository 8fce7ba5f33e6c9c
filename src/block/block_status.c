/* block_status: which blocks are up and what runs in them. */
#include "block/block.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "block/jsontext.h"
#include "jail/prison.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

static bool in_block(const struct prison *p, const struct block *b)
{
	size_t n = strlen(b->name);

	return !b->host && !strncmp(p->name, b->name, n) &&
	       (!p->name[n] || p->name[n] == '.');
}

struct status {
	struct block block;
	const struct prison *jails; /* of the whole level */
	size_t njails;
	bool up;
};

static void status_text(const struct status *s, struct strbuf *out)
{
	size_t n = 0;

	for (size_t i = 0; i < s->njails; i++)
		if (in_block(&s->jails[i], &s->block))
			n++;
	strbuf_addf(out, "%s: %s, %s%s", s->block.name,
		    s->up ? "up" : "down (its sandbox is gone)", s->block.dir,
		    s->block.host ? ", on the host" : "");
	if (!s->block.host)
		strbuf_addf(out, ", %zu jail%s", n ? n - 1 : 0,
			    n == 2 ? "" : "s");
	strbuf_addch(out, '\n');
	for (size_t i = 0; i < s->njails; i++) {
		const struct prison *p = &s->jails[i];

		if (!in_block(p, &s->block) || !strchr(p->name, '.'))
			continue;
		strbuf_addf(out, "  %6d  %-8s  %s\n", p->jid,
			    p->dying ? "dying" : "active", p->name);
	}
}

static json_t *status_json(const struct status *s)
{
	json_t *jails = json_array();

	for (size_t i = 0; i < s->njails; i++) {
		const struct prison *p = &s->jails[i];

		if (!in_block(p, &s->block) || !strchr(p->name, '.'))
			continue;
		json_array_append_new(jails, json_pack("{s:i, s:s, s:b}", "jid",
						       p->jid, "name", p->name,
						       "dying", p->dying));
	}
	return json_pack("{s:s, s:s, s:b, s:b, s:o}", "name", s->block.name,
			 "dir", s->block.dir, "host", s->block.host, "up",
			 s->up, "jails", jails);
}

static int status_one(const char *name, const struct prison *v, size_t n,
		      json_t *list, struct strbuf *out, struct err *e)
{
	struct status s = {.jails = v, .njails = n};
	int r = block_find(name, &s.block, e);

	if (r < 0)
		return r;
	s.up = s.block.host;
	for (size_t i = 0; i < n; i++)
		if (!strcmp(v[i].name, s.block.name) && !v[i].dying)
			s.up = true;
	if (list)
		json_array_append_new(list, status_json(&s));
	else
		status_text(&s, out);
	block_free(&s.block);
	return 0;
}

int block_status(const char *which, bool json, struct strbuf *out,
		 struct err *e)
{
	cleanup_prisons struct prisons *ps = NULL;
	cleanup_strv struct strv names = {0};
	json_t *list = json ? json_array() : NULL;
	struct prison *v = NULL;
	size_t n = 0;
	int r;

	r = prisons_open(&ps, e);
	if (r >= 0)
		r = prison_list(ps, true, &v, &n, e);
	if (r >= 0)
		r = which ? strv_add(&names, which) : block_list(&names, e);
	for (size_t i = 0; r >= 0 && i < names.n; i++)
		r = status_one(names.v[i], v, n, list, out, e);
	prison_list_free(&v, n);
	if (r < 0 || !json) {
		json_decref(list);
		return r < 0 ? r : 0;
	}
	return jsontext_put(json_pack("{s:o}", "blocks", list), out, e);
}
