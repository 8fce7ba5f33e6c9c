/* ifstatus: see ifstatus.h. */
#include "net/ifstatus.h"

#include "base/cleanup.h"
#include "net/ifstate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define STATUS_MAX (256 * 1024)
#define NAME_SIZE 48

static void file_name(const struct ifstatus *s, const struct vnet *v,
		      char buf[NAME_SIZE])
{
	snprintf(buf, NAME_SIZE, "%" PRIu64 ".%s", v->cookie, s->name);
}

void ifstatus_load(const struct ifstatus *s, const struct vnet *v,
		   struct ifnets *all)
{
	cleanup_free char *text = NULL;
	char name[NAME_SIZE];
	size_t len;

	if (v->statefd < 0)
		return;
	file_name(s, v, name);
	text = malloc(STATUS_MAX);
	if (text &&
	    ifstate_read_file(v->statefd, name, text, STATUS_MAX, &len) >= 0)
		s->parse(all, text);
}

int ifstatus_write(const struct ifstatus *s, const struct vnet *v,
		   const struct ifnets *all, struct err *e)
{
	cleanup_strbuf struct strbuf text = STRBUF_INIT;
	char name[NAME_SIZE];

	s->print(all, &text);
	if (strbuf_failed(&text))
		return err_nomem(e);
	file_name(s, v, name);
	return ifstate_write_file(v->statefd, name, text.s, e);
}

void ifstatus_remove(const struct ifstatus *s, const struct vnet *v)
{
	char name[NAME_SIZE];

	file_name(s, v, name);
	unlinkat(v->statefd, name, 0);
}
