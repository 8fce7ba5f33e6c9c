/*
 * clientconf: any bytes as rtadvd.conf, dhclient.conf and ip6addrctl.conf.  No
 * crash, no leak; what is refused is refused in one line, and what is written
 * for other programs is text without control characters.
 */
#include "base/cleanup.h"
#include "rc/addrsel.h"
#include "rc/dhcp.h"
#include "rc/dhcpconf.h"
#include "rc/rtadvd.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_error(int r, const struct err *e)
{
	if (r < 0 && (!*e->text || strchr(e->text, '\n')))
		abort();
}

static void check_text(const char *s)
{
	for (; *s; s++)
		if (iscntrl((unsigned char)*s) && *s != '\n' && *s != '\t')
			abort();
}

static void rtadvd(const char *text)
{
	const struct rtadvd_if ifs[] = {
		{.name = "em0", .kname = "em0", .mtu = 1500},
		{.name = "em1", .kname = "em1", .mtu = 1500},
	};
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	struct err e = ERR_INIT;
	int r = rtadvd_conf(text, "f", ifs, ARRAY_SIZE(ifs), false, &out, &e);

	check_error(r, &e);
	if (!r)
		check_text(out.s);
}

static void dhclient(const char *text)
{
	static const char *const env[] = {"ip=192.0.2.5", "router=192.0.2.1",
					  "dns=192.0.2.2", NULL};
	cleanup_dhcpconf struct dhcpconf c = {0};
	cleanup_lease struct dhcp_lease l = {0};
	struct err e = ERR_INIT;
	int r = dhcpconf_parse(text, "f", "em0", &c, &e);

	check_error(r, &e);
	if (r < 0)
		return;
	for (size_t i = 0; i < c.argv.n; i++)
		check_text(c.argv.v[i]);
	r = dhcpconf_judge(&c, (char *const *)env, &e);
	check_error(r, &e);
	if (dhcp_lease_env((char *const *)env, &l, &e) < 0 ||
	    dhcpconf_change(&c, &l) < 0)
		abort();
	for (size_t i = 0; i < l.servers.n; i++)
		check_text(l.servers.v[i]);
}

static void policy(const char *text)
{
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	struct err e = ERR_INIT;
	int r = addrsel_file(text, "f", &out, &e);

	check_error(r, &e);
	if (!r)
		check_text(out.s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = strndup((const char *)data, size);

	if (!text)
		return 0;
	rtadvd(text);
	dhclient(text);
	policy(text);
	return 0;
}
