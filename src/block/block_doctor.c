/*
 * block_doctor: is all well?  Five parts: what the kernel offers, what was
 * left behind, which blocks lost their sandbox, and what is no fault but not
 * wise: roots that are open to all, bridges whose packets are filtered by
 * somebody's chance, and others on the addresses of jails.
 */
#include "block/block.h"

#include "base/cleanup.h"
#include "block/doctor.h"
#include "block/doctor_listen.h"
#include "block/jsontext.h"
#include "jail/prison.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

static size_t nprobes(void)
{
	size_t n = 0;

	while (doctor_probes[n].what)
		n++;
	return n;
}

static size_t kernel_text(const enum doctor_can *can, size_t n,
			  struct strbuf *out)
{
	size_t bad = 0;

	for (size_t i = 0; i < n; i++) {
		const struct doctor_probe *p = &doctor_probes[i];

		strbuf_addf(out, "%-12s %-20s ", p->what, p->needs);
		if (can[i] == DOCTOR_OK)
			strbuf_adds(out, "ok\n");
		else if (can[i] == DOCTOR_UNTOLD)
			strbuf_adds(out,
				    "untold: the machine's root can try\n");
		else
			strbuf_addf(out, "%s: this kernel lacks %s\n",
				    p->required ? "MISSING" : "not here",
				    p->option);
		bad += can[i] == DOCTOR_LACKS && p->required;
	}
	return bad;
}

static const char *engine_of(const struct doctor_probe *p, enum doctor_can can)
{
	return can == DOCTOR_OK ? p->engine : p->engine ? p->instead : NULL;
}

/* What makes each kind of interface on this kernel. */
static void engines_text(const enum doctor_can *can, size_t n,
			 struct strbuf *out)
{
	for (size_t i = 0; i < n; i++) {
		const struct doctor_probe *p = &doctor_probes[i];
		const char *engine = engine_of(p, can[i]);

		if (p->engine)
			strbuf_addf(out, "engine: %s: %s\n", p->what,
				    engine ? engine : "none");
	}
}

static json_t *kernel_json(const enum doctor_can *can, size_t n, size_t *bad)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		const struct doctor_probe *p = &doctor_probes[i];

		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:b, s:b, s:s?}",
					"what", p->what, "needs", p->needs,
					"option", p->option, "required",
					p->required, "ok", can[i] == DOCTOR_OK,
					"engine", engine_of(p, can[i])));
		if (can[i] == DOCTOR_UNTOLD)
			json_object_set_new(
				json_array_get(list, json_array_size(list) - 1),
				"untold", json_true());
		*bad += can[i] == DOCTOR_LACKS && p->required;
	}
	return list;
}

/* Blocks on record whose sandbox is no more. */
static int lost_blocks(struct prisons *ps, bool repair, struct strv *found,
		       struct err *e)
{
	cleanup_strv struct strv names = {0};
	int r = block_list(&names, e);

	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		cleanup_block struct block b = {0};
		cleanup_prison struct prison p = {0};
		struct err re = ERR_INIT;

		r = block_find(names.v[i], &b, e);
		if (r < 0 || b.host ||
		    prison_get(ps, b.name, true, &p, NULL) >= 0)
			continue;
		if (repair &&
		    block_down(&(struct block_opts){.name = b.name}, &re) < 0)
			r = strv_addf(found, "block \"%s\": %s", b.name,
				      re.text);
		else if (!repair)
			r = strv_addf(found,
				      "block \"%s\" is on record, its sandbox "
				      "is gone",
				      b.name);
		if (r == -ENOMEM)
			return err_nomem(e);
	}
	return r < 0 ? r : 0;
}

static int remains(bool repair, struct strv *found, struct strv *unwise,
		   struct listeners *others, struct err *e)
{
	cleanup_prisons struct prisons *ps = NULL;
	int r = prisons_open(&ps, e);

	if (r >= 0)
		r = prisons_check(ps, repair, found, e);
	if (r >= 0)
		r = lost_blocks(ps, repair, found, e);
	if (r >= 0)
		r = doctor_keepers(ps, repair, found, e);
	if (r >= 0)
		r = doctor_roots(ps, unwise, e);
	if (r >= 0)
		r = doctor_bridges(ps, unwise, e);
	if (r >= 0)
		r = doctor_listeners(ps, others, e);
	if (r >= 0 && repair)
		prisons_tidy(ps);
	return r;
}

static json_t *strings_json(const struct strv *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->n; i++)
		json_array_append_new(list, json_string(v->v[i]));
	return list;
}

static int put_json(json_t *kernel, const struct strv *found,
		    const struct strv *unwise, const struct listeners *others,
		    struct strbuf *out, struct err *e)
{
	return jsontext_put(json_pack("{s:o, s:o, s:o, s:o}", "kernel", kernel,
				      "remains", strings_json(found),
				      "warnings", strings_json(unwise),
				      "overlaps", listeners_json(others)),
			    out, e);
}

int block_doctor(bool repair, bool json, struct strbuf *out,
		 size_t *ret_problems, struct err *e)
{
	cleanup_strv struct strv found = {0}, unwise = {0};
	cleanup_listeners struct listeners others = {0};
	size_t n = nprobes(), bad = 0;
	cleanup_free enum doctor_can *can = calloc(n, sizeof(*can));
	int r;

	if (!can)
		return err_nomem(e);
	r = doctor_kernel(can, n, e);
	if (r >= 0)
		r = remains(repair, &found, &unwise, &others, e);
	if (r < 0)
		return r;
	if (json) {
		r = put_json(kernel_json(can, n, &bad), &found, &unwise,
			     &others, out, e);
		if (r < 0)
			return r;
	} else {
		bad = kernel_text(can, n, out);
		engines_text(can, n, out);
		for (size_t i = 0; i < found.n; i++)
			strbuf_addf(out, "remains: %s\n", found.v[i]);
		if (!found.n)
			strbuf_adds(out, "nothing was left behind\n");
		for (size_t i = 0; i < unwise.n; i++)
			strbuf_addf(out, "warning: %s\n", unwise.v[i]);
		listeners_text(&others, out);
	}
	*ret_problems = bad + found.n;
	return 0;
}
