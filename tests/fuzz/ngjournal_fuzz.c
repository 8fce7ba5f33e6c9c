/*
 * ngjournal_fuzz: a journal that says anything.  The input is cut at zero
 * lengths into batches, which get right sums, since no fuzzer would find them.
 * Whatever comes of it is whole: the model, and what packets see of it.  All
 * types are of the test: a journal is root's own, and what a type has written
 * into its node is believed.
 */
#include "../unit/ngworld.h"

#include "netgraph/journal_impl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TYPES 64

/* Instead of the real ones, types of their names that say nothing. */
static const struct ng_type *const *harmless(void)
{
	static struct ng_type shadow[TYPES];
	static const struct ng_type *all[TYPES + ARRAY_SIZE(world_types)];
	size_t n = 0, k = 0;

	for (; world_types[n]; n++)
		all[n] = world_types[n];
	for (; ng_types[k]; k++) {
		if (k == TYPES)
			abort();
		shadow[k] = world_mute;
		shadow[k].name = ng_types[k]->name;
		shadow[k].priv_size = k % 5;
		all[n + k] = &shadow[k];
	}
	all[n + k] = NULL;
	return all;
}

/* Bytes with a length of two before each batch, as a journal. */
static void journal_of(const uint8_t *data, size_t size, struct strbuf *ret)
{
	uint32_t version = JOURNAL_VERSION;

	strbuf_adds(ret, JOURNAL_MAGIC);
	strbuf_addn(ret, &version, sizeof(version));
	while (size > 2) {
		uint32_t head[2] = {data[0] + 256u * data[1]};

		data += 2;
		size -= 2;
		if (head[0] > size)
			head[0] = (uint32_t)size;
		head[1] = journal_sum(data, head[0]);
		strbuf_addn(ret, head, sizeof(head));
		strbuf_addn(ret, data, head[0]);
		data += head[0];
		size -= head[0];
	}
}

static void play(const struct strbuf *b, bool look)
{
	struct err e = ERR_INIT;
	struct world w;
	int r;

	world_open(&w);
	ng_graph_types(w.g, harmless());
	r = journal_play(w.g, b->s, b->len, look, &e);
	if (r && (!*e.text || ng_nodes(w.g)))
		abort();
	if (!look)
		world_check(w.g);
	world_end(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	world_same_roles = true;
	journal_of(data, size, &b);
	if (strbuf_failed(&b))
		return 0;
	play(&b, false);
	play(&b, true);
	return 0;
}
