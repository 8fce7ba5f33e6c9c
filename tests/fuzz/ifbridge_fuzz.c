/*
 * ifbridge_fuzz: a hostile status of bridges, and sets of VLANs.  What is read
 * is printed within its bounds, and reads back as the same.
 */
#include "base/cleanup.h"
#include "net/ifbridge.h"
#include "net/rstp.h"
#include "net/vlanset.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void model(struct ifnet v[3])
{
	memset(v, 0, 3 * sizeof(*v));
	for (int i = 0; i < 3; i++)
		v[i].index = i + 1;
	v[0].is_bridge = true;
	v[1].is_port = v[2].is_port = true;
	v[1].port.flags = v[2].port.flags = IFBIF_STP;
}

static void status(const char *text)
{
	cleanup_strbuf struct strbuf one = STRBUF_INIT, two = STRBUF_INIT;
	cleanup_free char *copy = strdup(text), *again = NULL;
	struct ifnet v[3];
	struct ifnets all = {.v = v, .n = 3};

	model(v);
	ifbridge_status_parse(&all, copy);
	for (int i = 1; i < 3; i++)
		if (!rstp_role_name((enum rstp_role)v[i].port.stp.role) ||
		    !rstp_state_name((enum rstp_state)v[i].port.stp.state))
			abort();
	ifbridge_status_print(&all, &one);
	model(v);
	again = strdup(one.s ? one.s : "");
	ifbridge_status_parse(&all, again);
	ifbridge_status_print(&all, &two);
	if (one.len != two.len || (one.len && strcmp(one.s, two.s) != 0))
		abort();
}

static void vlans(const char *text)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;
	struct vlanset s, again;

	if (vlanset_parse(text, &s) < 0 || vlanset_empty(&s))
		return;
	vlanset_print(&s, &b);
	if (vlanset_parse(b.s, &again) < 0 ||
	    memcmp(&s, &again, sizeof(s)) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = strndup((const char *)data, size);

	if (text) {
		status(text);
		vlans(text);
	}
	return 0;
}
