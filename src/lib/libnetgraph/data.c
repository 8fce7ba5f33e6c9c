/* data: packets; netgraph(3). */
#include "base/cleanup.h"
#include "base/str.h"
#include "lib/libnetgraph/internal.h"

#include <errno.h>
#include <string.h>

int NgSendData(int ds, const char *hook, const unsigned char *buf, size_t len)
{
	const struct iovec body = {.iov_base = (void *)(uintptr_t)buf,
				   .iov_len = len};
	char cut[NG_HOOKSIZ];
	bool silent;
	uint32_t id;
	int r;

	str_copy(cut, sizeof(cut), hook);
	debug_data("WRITE PACKET", cut, buf, len);
	r = len > WIRE_DATA_MAX
		    ? -EMSGSIZE
		    : ng_call(ds, WIRE_DATA, cut, &body, 1, &id, NULL, &silent);
	return r < 0 ? debug_fail(r, "packet to hook \"%s\"", cut) : 0;
}

/* The hook's name is in the file that came along. */
static int receive(int ds, void *buf, size_t len, char *hook)
{
	const struct iovec iov = {.iov_base = buf, .iov_len = len};
	cleanup_close int file = -1;
	char name[NG_HOOKSIZ] = "";
	ssize_t n = ng_receive(ds, &iov, 1, &file);

	if (n < 0)
		return debug_fail((int)n, "receive a packet");
	if (file >= 0 && (hook || debug_wants(DEBUG_MESSAGES)) &&
	    pread(file, name, sizeof(name) - 1, 0) < 0)
		return debug_fail(-errno, "name of a hook");
	if (hook)
		memcpy(hook, name, sizeof(name));
	debug_data("READ PACKET", name, buf, (size_t)n);
	return (int)n;
}

int NgRecvData(int ds, unsigned char *buf, size_t len, char *hook)
{
	return receive(ds, buf, len, hook);
}

int NgAllocRecvData(int ds, unsigned char **buf, char *hook)
{
	cleanup_free unsigned char *b = malloc(WIRE_DATA_MAX);
	unsigned char *fit;
	int n;

	if (!b)
		return debug_fail(-ENOMEM, "receive a packet");
	n = receive(ds, b, WIRE_DATA_MAX, hook);
	if (n < 0)
		return -1;
	fit = realloc(b, (size_t)n + 1);
	if (fit)
		b = fit;
	*buf = take_ptr(b);
	return n;
}
