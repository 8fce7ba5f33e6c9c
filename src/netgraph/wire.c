/* wire: see wire.h. */
#include "netgraph/wire.h"

#include <errno.h>
#include <string.h>

#define MAGIC UINT32_C(0x474e4b43) /* "CKNG" */

_Static_assert(sizeof(struct wire_head) == 16, "no padding");
_Static_assert(sizeof(struct wire_answer) == 16, "no padding");
_Static_assert(sizeof(struct wire_from) == 16, "no padding");
_Static_assert(WIRE_NAME_MAX % 8 == 0, "the body stays aligned");
_Static_assert(sizeof(struct ng_mesg) == 56, "FreeBSD's");

/* The name ends where its padding begins, and that is within 8 bytes. */
static int name_check(const char *name, size_t size)
{
	size_t len = strnlen(name, size);

	if (len == size || size - len > 8)
		return -EBADMSG;
	for (size_t i = len; i < size; i++)
		if (name[i])
			return -EBADMSG;
	return 0;
}

static int body_check(enum wire_op op, const void *body, size_t size)
{
	struct ng_mesg m;

	if (op == WIRE_MAKE || op == WIRE_NAME)
		return size ? -EBADMSG : 0;
	if (op == WIRE_DATA)
		return size > WIRE_DATA_MAX ? -EBADMSG : 0;
	if (size < sizeof(m))
		return -EINVAL;
	memcpy(&m, body, sizeof(m));
	return m.header.arglen == size - sizeof(m) &&
			       m.header.version == NG_VERSION
		       ? 0
		       : -EINVAL;
}

int wire_request_parse(const void *data, size_t n, struct wire_request *ret)
{
	struct wire_head h;
	const char *name;
	int r;

	if (n < sizeof(h))
		return -EBADMSG;
	memcpy(&h, data, sizeof(h));
	if (h.magic != MAGIC)
		return -EBADMSG;
	if (h.version != WIRE_VERSION)
		return -EPROTO;
	if (!h.op || h.op >= WIRE_OPS || !h.name || h.name % 8 ||
	    h.name > WIRE_NAME_MAX || h.body > WIRE_BODY_MAX ||
	    n != sizeof(h) + h.name + h.body)
		return -EBADMSG;
	name = (const char *)data + sizeof(h);
	r = name_check(name, h.name);
	if (!r)
		r = body_check((enum wire_op)h.op, name + h.name, h.body);
	if (r < 0)
		return r;
	*ret = (struct wire_request){
		.op = (enum wire_op)h.op,
		.name = name,
		.body = name + h.name,
		.size = h.body,
	};
	return 0;
}

int wire_request_print(
	enum wire_op op, const char *name, size_t body,
	uint8_t ret[static sizeof(struct wire_head) + WIRE_NAME_MAX])
{
	size_t len = strlen(name), padded = (len / 8 + 1) * 8;
	struct wire_head h = {
		.magic = MAGIC,
		.version = WIRE_VERSION,
		.op = (uint16_t)op,
		.name = (uint32_t)padded,
		.body = (uint32_t)body,
	};

	if (padded > WIRE_NAME_MAX)
		return -ENAMETOOLONG;
	if (body > WIRE_BODY_MAX)
		return -EMSGSIZE;
	memcpy(ret, &h, sizeof(h));
	memset(ret + sizeof(h), 0, padded);
	memcpy(ret + sizeof(h), name, len);
	return (int)(sizeof(h) + padded);
}

struct wire_answer wire_answer_make(int code, uint32_t id)
{
	return (struct wire_answer){
		.magic = MAGIC, .code = (uint32_t)code, .id = id};
}

int wire_answer_parse(const void *data, size_t n, uint32_t *ret_id)
{
	struct wire_answer a;

	if (n != sizeof(a))
		return -EBADMSG;
	memcpy(&a, data, sizeof(a));
	if (a.magic != MAGIC || a.code >= 4096 || a.zero)
		return -EBADMSG;
	if (a.code)
		return -(int)a.code;
	*ret_id = a.id;
	return 0;
}

struct wire_from wire_from_make(uint32_t id, size_t size, int file)
{
	return (struct wire_from){.magic = MAGIC,
				  .id = id,
				  .size = (uint32_t)size,
				  .file = (uint32_t)file};
}

int wire_from_parse(const void *data, size_t n, struct wire_from *ret)
{
	struct wire_from f;

	if (n < sizeof(f))
		return -EBADMSG;
	memcpy(&f, data, sizeof(f));
	if (f.magic != MAGIC || f.file > 1 || f.size < sizeof(struct ng_mesg) ||
	    n - sizeof(f) != (f.file ? 0 : f.size))
		return -EBADMSG;
	*ret = f;
	return 0;
}
