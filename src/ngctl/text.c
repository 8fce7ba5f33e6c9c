/* ngctl: config and status, nodes' own texts. */
#include "ngctl/ngctl.h"

#include "base/cleanup.h"
#include "net/bsderr.h"

#include <errno.h>
#include <string.h>

void ngctl_format_text(struct strbuf *b, const char *head, const char *path,
		       const char *text, size_t size)
{
	strbuf_addf(b, "%s for \"%s\":\n", head, path);
	for (size_t i = 0; i < size && text[i]; i++) {
		if (text[i] == '\n' || text[i] == '\t')
			strbuf_addch(b, text[i]);
		else
			ngctl_safe(b, text + i, 1);
	}
	strbuf_addch(b, '\n');
}

/*
 * Send it and show the answer.  Most nodes refuse (EINVAL), and one that obeys
 * need not answer: FreeBSD's ngctl says the same of both.
 */
static int ask_text(struct ngctl *c, const char *path, int cmd,
		    const char *args, const char *head, const char *none,
		    struct err *e)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	cleanup_free struct ng_mesg *m = NULL;
	size_t len = args && *args ? strlen(args) + 1 : 0;

	if (NgSendMsg(c->cs, path, NGM_GENERIC_COOKIE, cmd, args, len) < 0) {
		if (errno != EINVAL)
			return bsd_err(e, errno, "send msg");
	} else if (ngctl_ready(c->cs) && NgAllocRecvMsg(c->cs, &m, NULL) < 0) {
		return bsd_err(e, errno, "recv msg");
	}
	if (m && (m->header.flags & NGF_RESP))
		ngctl_format_text(&b, head, path, m->data, m->header.arglen);
	else
		strbuf_addf(&b, "No %s available for \"%s\"\n", none, path);
	return ngctl_put(c, &b, e);
}

int ngctl_config(struct ngctl *c, int argc, char **argv, struct err *e)
{
	cleanup_strbuf struct strbuf args = STRBUF_INIT;
	int rc;

	if (argc < 2)
		return NGCTL_USAGE;
	rc = ngctl_join(argc, argv, 2, &args, e);
	if (rc < 0)
		return rc;
	if (args.len > NG_TEXTRESPONSE)
		return bsd_err(e, EMSGSIZE, "send msg");
	return ask_text(c, argv[1], NGM_TEXT_CONFIG,
			args.s + (args.s[0] == ' '), "Config", "config", e);
}

int ngctl_status(struct ngctl *c, int argc, char **argv, struct err *e)
{
	if (argc != 2)
		return NGCTL_USAGE;
	return ask_text(c, argv[1], NGM_TEXT_STATUS, NULL, "Status", "status",
			e);
}
