/*
 * ngctl: msg, and messages and data that come.
 *
 * A message is shown in the words of the node that has sent it: it is asked to
 * turn what it sent into text.
 */
#include "ngctl/ngctl.h"

#include "base/cleanup.h"
#include "net/bsderr.h"

#include <errno.h>
#include <string.h>

/* Before and after a message, so many that are there already are shown. */
#define BURST_MAX 64

static int show_waiting(struct ngctl *c, struct err *e)
{
	int rc = 0;

	for (int i = 0; !rc && i < BURST_MAX && ngctl_ready(c->cs); i++)
		rc = ngctl_incoming_msg(c, e);
	return rc;
}

int ngctl_msg(struct ngctl *c, int argc, char **argv, struct err *e)
{
	cleanup_strbuf struct strbuf args = STRBUF_INIT;
	struct err none = ERR_INIT;
	int rc;

	if (argc < 3)
		return NGCTL_USAGE;
	rc = ngctl_join(argc, argv, 3, &args, e);
	if (rc < 0)
		return rc;
	/* What nodes say unasked is not to be lost when answers are looked for;
	 * if there is nobody left to say anything, sending will tell. */
	show_waiting(c, &none);
	if (NgSendAsciiMsg(c->cs, argv[1], "%s%s", argv[2], args.s) < 0)
		return bsd_err(e, errno, "send msg");
	/* Answers of nodes are there when a message has been sent. */
	return show_waiting(c, e);
}

static const char *kind(const struct ng_mesg *m)
{
	return m->header.flags & NGF_RESP ? "response" : "command";
}

/* The text form within the answer, if it is whole. */
static const struct ng_mesg *text_of(const struct ng_mesg *answer,
				     size_t *ret_len)
{
	const struct ng_mesg *t = (const struct ng_mesg *)answer->data;

	if (answer->header.arglen < sizeof(*t))
		return NULL;
	*ret_len = answer->header.arglen - sizeof(*t);
	return t;
}

void ngctl_format_msg(struct strbuf *b, const struct ng_mesg *m,
		      const char *from, const struct ng_mesg *ascii)
{
	size_t len = 0;
	const struct ng_mesg *t = ascii ? text_of(ascii, &len) : NULL;

	if (!t) {
		strbuf_addf(b, "Rec'd %s %d from \"%s\":\n", kind(m),
			    (int)m->header.cmd, from);
		if (m->header.arglen)
			ngctl_dump(b, m->data, m->header.arglen);
		else
			strbuf_adds(b, "No arguments\n");
		return;
	}
	strbuf_addf(b, "Rec'd %s \"%.*s\" (%d) from \"%s\":\n", kind(t),
		    NG_CMDSTRSIZ, (const char *)t->header.cmdstr,
		    (int)t->header.cmd, from);
	len = strnlen(t->data, len);
	if (len)
		strbuf_addf(b, "Args:\t%.*s\n", (int)len, t->data);
	else
		strbuf_adds(b, "No arguments\n");
}

void ngctl_format_data(struct strbuf *b, const char *hook, const void *data,
		       size_t len)
{
	strbuf_adds(b, "Rec'd data packet on hook \"");
	ngctl_safe(b, hook, NG_HOOKSIZ);
	strbuf_adds(b, "\":\n");
	ngctl_dump(b, data, len);
}

int ngctl_show_msg(struct ngctl *c, const struct ng_mesg *m, const char *from,
		   struct err *e)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	cleanup_free struct ng_mesg *ascii = NULL;
	const struct ngctl_question q = {
		.path = from,
		.cmd = NGM_BINARY2ASCII,
		.arg = m,
		.len = sizeof(*m) + m->header.arglen,
		.what = "",
	};
	struct err none = ERR_INIT;

	/* a node that is gone, or has no text for it: bytes it is */
	if (ngctl_ask(c, &q, &ascii, &none) < 0)
		ascii = NULL;
	ngctl_format_msg(&b, m, from, ascii);
	return ngctl_put(c, &b, e);
}

int ngctl_incoming_msg(struct ngctl *c, struct err *e)
{
	cleanup_free struct ng_mesg *m = NULL;
	char from[NG_PATHSIZ];

	if (NgAllocRecvMsg(c->cs, &m, from) < 0)
		return bsd_err(e, errno, "recv incoming message");
	return ngctl_show_msg(c, m, from, e);
}

int ngctl_incoming_data(struct ngctl *c, struct err *e)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	cleanup_free unsigned char *data = NULL;
	char hook[NG_HOOKSIZ] = "";
	int len;

	len = NgAllocRecvData(c->ds, &data, hook);
	if (len < 0)
		return bsd_err(e, errno, "reading hook \"%s\"", hook);
	if (!len)
		return err_set(e, EPIPE, "EOF from hook \"%s\"?", hook);
	ngctl_format_data(&b, hook, data, (size_t)len);
	return ngctl_put(c, &b, e);
}
