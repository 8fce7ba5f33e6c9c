/*
 * ngwire_fuzz: hostile bytes to netgraph's broker, and from it.  A request
 * that is taken lies within the bytes, its name ends, its message is as long
 * as it says, and it is written as it was read.
 */
#include "netgraph/wire.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_request(const uint8_t *data, size_t size)
{
	uint8_t head[sizeof(struct wire_head) + WIRE_NAME_MAX];
	struct wire_request q;
	struct ng_mesg m;
	int n;

	if (wire_request_parse(data, size, &q) < 0)
		return;
	if (q.op < WIRE_MAKE || q.op >= WIRE_OPS ||
	    strlen(q.name) >= WIRE_NAME_MAX ||
	    (const uint8_t *)q.body + q.size != data + size)
		abort();
	if (q.op == WIRE_MSG) {
		memcpy(&m, q.body, sizeof(m));
		if (m.header.arglen + sizeof(m) != q.size)
			abort();
	}
	n = wire_request_print(q.op, q.name, q.size, head);
	if (n < 0 || (size_t)n + q.size != size ||
	    memcmp(head, data, (size_t)n))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_from f;
	uint32_t id;

	check_request(data, size);
	if (wire_answer_parse(data, size, &id) > 0)
		abort();
	if (wire_from_parse(data, size, &f) == 0 && !f.file &&
	    f.size + sizeof(f) != size)
		abort();
	return 0;
}
