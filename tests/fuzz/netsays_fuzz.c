/*
 * What the network says: a router's advertisement, and a lease as a DHCP
 * client hands it on (lines NAME=VALUE) and as it is kept.
 */
#include "base/cleanup.h"
#include "rc/dhcp.h"
#include "rc/rtsol.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void lease(const char *text)
{
	cleanup_lease struct dhcp_lease l = {0}, again = {0};
	cleanup_strbuf struct strbuf one = STRBUF_INIT, two = STRBUF_INIT;
	cleanup_strv struct strv env = {0};

	if (strv_split(&env, text, "\n") < 0 || !env.n ||
	    dhcp_lease_env(env.v, &l, NULL) < 0)
		return;
	dhcp_lease_print(&l, &one);
	if (dhcp_lease_parse(one.s, &again) < 0)
		abort();
	dhcp_lease_print(&again, &two);
	if (strcmp(one.s, two.s) != 0)
		abort();
	dhcp_lease_freebsd(&l, "em0", &two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_rtadv struct rtadv a = {0};
	cleanup_lease struct dhcp_lease l = {0};
	cleanup_free char *text = strndup((const char *)data, size);

	(void)rtadv_parse(data, size, "em0", &a);
	if (!text)
		return 0;
	(void)dhcp_lease_parse(text, &l);
	lease(text);
	return 0;
}
