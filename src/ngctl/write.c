/* ngctl: write, a packet out of a hook of our node; and packets as text. */
#include "ngctl/ngctl.h"

#include "base/cleanup.h"
#include "net/bsderr.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PACKET_MAX 8192
#define LINE 16

void ngctl_dump(struct strbuf *b, const void *data, size_t len)
{
	const unsigned char *p = data;

	for (size_t at = 0; at < len; at += LINE) {
		strbuf_addf(b, "%04zx:  ", at);
		for (size_t i = at; i < at + LINE; i++) {
			if (i < len)
				strbuf_addf(b, "%02x ", p[i]);
			else
				strbuf_adds(b, "   ");
		}
		strbuf_addch(b, ' ');
		for (size_t i = at; i < at + LINE; i++) {
			char ch = ' ';

			if (i < len)
				ch = p[i] < ' ' || p[i] > '~' ? '.'
							      : (char)p[i];
			strbuf_addch(b, ch);
		}
		strbuf_addch(b, '\n');
	}
}

static int too_long(const char *hook, struct err *e)
{
	return bsd_err(e, EMSGSIZE, "writing to hook \"%s\"", hook);
}

static int read_packet(const char *hook, const char *path, unsigned char *buf,
		       size_t *ret_len, struct err *e)
{
	cleanup_fclose FILE *f = fopen(path, "re");
	size_t n;

	if (!f)
		return bsd_err(e, errno, "can't read file \"%s\"", path);
	errno = 0;
	n = fread(buf, 1, PACKET_MAX + 1, f);
	if (ferror(f))
		return bsd_err(e, errno, "can't read file \"%s\"", path);
	if (!n)
		return err_set(e, ENODATA, "file \"%s\" is empty", path);
	if (n > PACKET_MAX)
		return too_long(hook, e);
	*ret_len = n;
	return 0;
}

static int read_bytes(char **words, int n, unsigned char *buf, struct err *e)
{
	for (int i = 0; i < n; i++) {
		char *end;
		long v;

		errno = 0;
		v = strtol(words[i], &end, 0);
		if (end == words[i] || *end || errno || v < -128 || v > 255)
			return err_set(e, EINVAL, "invalid byte \"%s\"",
				       words[i]);
		buf[i] = (unsigned char)v;
	}
	return 0;
}

int ngctl_write(struct ngctl *c, int argc, char **argv, struct err *e)
{
	unsigned char buf[PACKET_MAX + 1];
	size_t len = 0;
	int rc;

	if (argc < 3)
		return NGCTL_USAGE;
	if (!strcmp(argv[2], "-f")) {
		if (argc != 4)
			return NGCTL_USAGE;
		rc = read_packet(argv[1], argv[3], buf, &len, e);
	} else {
		len = (size_t)argc - 2;
		if (len > PACKET_MAX)
			return too_long(argv[1], e);
		rc = read_bytes(argv + 2, argc - 2, buf, e);
	}
	if (rc < 0)
		return rc;
	if (NgSendData(c->ds, argv[1], buf, len) < 0)
		return bsd_err(e, errno, "writing to hook \"%s\"", argv[1]);
	return 0;
}
