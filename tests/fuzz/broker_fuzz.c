/*
 * broker_fuzz: hostile bytes to the broker, and from it.  A request that is
 * taken is in all of its bounds and is written as it was read; an error is one
 * line that steers no terminal.
 */
#include "jail/broker_wire.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_error(const struct err *e)
{
	if (e->code <= 0)
		abort();
	for (const char *s = e->text; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			abort();
}

static void check_share(const struct broker_share *s)
{
	if (s->n4 > IPSHARE_MAX || s->n6 > IPSHARE_MAX ||
	    s->mode4 > IPSHARE_INHERIT || s->mode6 > IPSHARE_INHERIT ||
	    (s->mode4 == IPSHARE_NEW) != (s->n4 > 0) ||
	    (s->mode6 == IPSHARE_NEW) != (s->n6 > 0))
		abort();
}

static void check_request(const uint8_t *data, size_t size)
{
	uint8_t out[BROKER_MSG_MAX];
	struct err e = ERR_INIT;
	struct broker_msg m;

	if (broker_parse(data, size, &m, &e) < 0) {
		check_error(&e);
		return;
	}
	if ((!m.depth && m.request < BROKER_NG_OPEN) ||
	    m.depth > BROKER_DEPTH || !broker_name(m.request))
		abort();
	for (size_t i = 0; i < m.depth; i++)
		if (m.path[i] < 1 || m.path[i] > BROKER_JID_MAX)
			abort();
	check_share(&m.share);
	if (broker_print(&m, out) != size || memcmp(out, data, size) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t nonce[BROKER_NONCE], out[BROKER_MSG_MAX];
	struct err e = ERR_INIT;

	check_request(data, size);
	if (broker_hello_parse(data, size, nonce, &e) < 0)
		check_error(&e);
	else if (broker_hello_print(nonce, out) != size ||
		 memcmp(out, data, size) != 0)
		abort();
	err_clear(&e);
	if (broker_answer_parse(data, size, &e) < 0)
		check_error(&e);
	return 0;
}
