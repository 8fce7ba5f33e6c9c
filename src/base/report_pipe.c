/* See report_pipe.h. */
#include "base/report_pipe.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define RECORD_MAX 65536

enum {
	KIND_RESULT = 'R'
};

struct record {
	uint8_t kind;
	uint8_t pad[3];
	uint32_t len;
};

struct result {
	int32_t code; /* 0 or positive errno */
	uint32_t pad;
	uint64_t changes;
	char text[ERR_TEXT_MAX];
};

static void write_all(int fd, const void *p, size_t n)
{
	const char *s = p;

	while (n) {
		ssize_t w = write(fd, s, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return; /* nobody listens: the work goes on */
		s += w;
		n -= (size_t)w;
	}
}

static int read_all(int fd, void *p, size_t n)
{
	char *s = p;

	while (n) {
		ssize_t r = read(fd, s, n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return r < 0 ? -errno : -EPIPE;
		s += r;
		n -= (size_t)r;
	}
	return 0;
}

static void record_write(int fd, uint8_t kind, const void *p, size_t len)
{
	struct record h = {.kind = kind, .len = (uint32_t)len};

	write_all(fd, &h, sizeof(h));
	write_all(fd, p, len);
}

static void pipe_line(void *data, enum report_level level, const char *text)
{
	const struct report_pipe *p = data;
	size_t len = strlen(text);

	record_write(p->fd, (uint8_t)level, text,
		     len < RECORD_MAX ? len : RECORD_MAX - 1);
}

void report_pipe_init(struct report_pipe *p, int fd)
{
	p->fd = fd;
	p->report = (struct report){.line = pipe_line, .data = p};
}

void report_pipe_result(int fd, int r, size_t changes, const struct err *e)
{
	struct result res = {.changes = changes};

	if (r < 0) {
		res.code = -r;
		snprintf(res.text, sizeof(res.text), "%s", e->text);
	}
	record_write(fd, KIND_RESULT, &res, sizeof(res));
}

int report_pipe_drain(int fd, const struct report *to, size_t *ret_changes,
		      struct err *e)
{
	cleanup_free char *buf = malloc(RECORD_MAX + 1);
	struct result res = {0};
	bool have = false;
	struct record h;

	if (!buf)
		return err_nomem(e);
	while (!read_all(fd, &h, sizeof(h))) {
		if (h.len > RECORD_MAX || read_all(fd, buf, h.len) < 0)
			break;
		buf[h.len] = '\0';
		if (h.kind <= REPORT_ERROR) {
			report(to, h.kind, "%s", buf);
		} else if (h.kind == KIND_RESULT && h.len == sizeof(res)) {
			memcpy(&res, buf, sizeof(res));
			res.text[sizeof(res.text) - 1] = '\0';
			have = true;
		}
	}
	if (!have)
		return err_set(e, EPIPE, "died before it was done");
	if (res.code > 0)
		return err_set(e, res.code, "%s", res.text);
	if (ret_changes)
		*ret_changes = (size_t)res.changes;
	return 0;
}
