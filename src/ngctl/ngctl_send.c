/* Pieces that the commands of ngctl(8) are made of; see ngctl.h. */
#include "ngctl/ngctl.h"

#include "base/cleanup.h"
#include "net/bsderr.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void ngctl_putf(struct ngctl *c, const char *fmt, ...)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&b, fmt, ap);
	va_end(ap);
	c->put(c->data, b.s);
}

int ngctl_put(struct ngctl *c, const struct strbuf *b, struct err *e)
{
	if (strbuf_failed(b))
		return err_nomem(e);
	c->put(c->data, b->s);
	return 0;
}

int ngctl_flags(struct ngctl *c, int argc, char **argv, const char *letters,
		unsigned int *ret, int *ret_first)
{
	unsigned int flags = 0;
	char text[64];
	int i = 1;

	for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		if (!strcmp(argv[i], "--")) {
			i++;
			break;
		}
		for (const char *s = argv[i] + 1; *s; s++) {
			const char *p = strchr(letters, *s);

			if (!p) {
				snprintf(text, sizeof(text),
					 "illegal option -- %c", *s);
				c->warn(c->data, text);
				return NGCTL_USAGE;
			}
			flags |= 1u << (p - letters);
		}
	}
	*ret = flags;
	*ret_first = i;
	return 0;
}

int ngctl_copy(char *dst, size_t size, const char *src, struct err *e)
{
	size_t len = strlen(src);

	if (len >= size)
		return bsd_err(e, EINVAL, "send msg");
	memset(dst, 0, size);
	memcpy(dst, src, len);
	return 0;
}

int ngctl_join(int argc, char **argv, int first, struct strbuf *ret,
	       struct err *e)
{
	for (int i = first; i < argc; i++)
		strbuf_addf(ret, " %s", argv[i]);
	return strbuf_failed(ret) ? err_nomem(e) : 0;
}

int ngctl_send(struct ngctl *c, const char *path, int cmd, const void *arg,
	       size_t len, const char *what, struct err *e)
{
	if (NgSendMsg(c->cs, path, NGM_GENERIC_COOKIE, cmd, arg, len) < 0)
		return bsd_err(e, errno, "%s", what);
	return 0;
}

bool ngctl_ready(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

static int is_answer(const struct ng_mesg *m, int token)
{
	return (m->header.flags & NGF_RESP) &&
	       m->header.token == (uint32_t)token;
}

int ngctl_ask(struct ngctl *c, const struct ngctl_question *q,
	      struct ng_mesg **ret, struct err *e)
{
	cleanup_free struct ng_mesg *m = NULL;
	char from[NG_PATHSIZ];
	int token, rc;

	token = NgSendMsg(c->cs, q->path, NGM_GENERIC_COOKIE, q->cmd, q->arg,
			  q->len);
	if (token < 0)
		return bsd_err(e, errno, "send %smsg", q->what);
	for (;;) {
		free(m);
		m = NULL;
		if (NgAllocRecvMsg(c->cs, &m, from) < 0)
			return bsd_err(e, errno, "recv %smsg", q->what);
		if (is_answer(m, token))
			break;
		rc = ngctl_show_msg(c, m, from, e);
		if (rc < 0)
			return rc;
	}
	if (m->header.arglen < q->fixed)
		return bsd_err(e, EBADMSG, "recv %smsg", q->what);
	*ret = take_ptr(m);
	return 0;
}

/* An answer must have as many elements as it says. */
static int check_count(const struct ng_mesg *m, size_t fixed, uint32_t n,
		       size_t each, const char *what, struct err *e)
{
	return n > (m->header.arglen - fixed) / each
		       ? bsd_err(e, EBADMSG, "recv %smsg", what)
		       : 0;
}

int ngctl_ask_nodes(struct ngctl *c, bool named, const char *what,
		    struct ng_mesg **ret, struct err *e)
{
	cleanup_free struct ng_mesg *m = NULL;
	const struct ngctl_question q = {
		.path = ".",
		.cmd = named ? NGM_LISTNAMES : NGM_LISTNODES,
		.fixed = sizeof(struct namelist),
		.what = what,
	};
	const struct namelist *l;
	int rc;

	rc = ngctl_ask(c, &q, &m, e);
	if (rc < 0)
		return rc;
	l = (const struct namelist *)m->data;
	rc = check_count(m, sizeof(*l), l->numnames, sizeof(l->nodeinfo[0]),
			 what, e);
	if (rc < 0)
		return rc;
	*ret = take_ptr(m);
	return 0;
}

int ngctl_ask_hooks(struct ngctl *c, const char *path, const char *what,
		    struct ng_mesg **ret, struct err *e)
{
	cleanup_free struct ng_mesg *m = NULL;
	const struct ngctl_question q = {
		.path = path,
		.cmd = NGM_LISTHOOKS,
		.fixed = sizeof(struct hooklist),
		.what = what,
	};
	const struct hooklist *l;
	int rc;

	rc = ngctl_ask(c, &q, &m, e);
	if (rc < 0)
		return rc;
	l = (const struct hooklist *)m->data;
	rc = check_count(m, sizeof(*l), l->nodeinfo.hooks, sizeof(l->link[0]),
			 what, e);
	if (rc < 0)
		return rc;
	*ret = take_ptr(m);
	return 0;
}

int ngctl_ask_types(struct ngctl *c, struct ng_mesg **ret, struct err *e)
{
	cleanup_free struct ng_mesg *m = NULL;
	const struct ngctl_question q = {
		.path = ".",
		.cmd = NGM_LISTTYPES,
		.fixed = sizeof(struct typelist),
		.what = "",
	};
	const struct typelist *l;
	int rc;

	rc = ngctl_ask(c, &q, &m, e);
	if (rc < 0)
		return rc;
	l = (const struct typelist *)m->data;
	rc = check_count(m, sizeof(*l), l->numtypes, sizeof(l->typeinfo[0]), "",
			 e);
	if (rc < 0)
		return rc;
	*ret = take_ptr(m);
	return 0;
}
