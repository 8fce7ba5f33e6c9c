/*
 * ifconfig_fuzz: hostile command lines, one word a line.  The first line is
 * the interface, the rest its words; they are checked in dry mode.  A refusal
 * must say why.  The parsers of addresses and of -f get the same words.
 */
#include "base/cleanup.h"
#include "net/ifconfig_words.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void formats(const struct strv *words)
{
	struct ifconfig_format f = {0};

	for (size_t i = 0; i < words->n; i++) {
		struct err e = ERR_INIT;
		int r = ifconfig_format_parse(&f, words->v[i], &e);

		if ((r < 0) != (*e.text != 0))
			abort();
		if (f.addr < 0 || f.addr > ADDRFMT_FQDN || f.inet < 0 ||
		    f.inet > INETFMT_CIDR)
			abort();
	}
}

/* What was not refused holds sane numbers whatever was said before. */
static void addresses(const struct strv *words)
{
	for (int af = IFAF_INET; af <= IFAF_LINK; af++) {
		struct ifconfig_addr a = {.af = (enum ifconfig_af)af};
		bool warn;

		for (size_t i = 0; i < words->n; i++) {
			ifconfig_addr_word(&a, words->v[i], NULL);
			ifconfig_addr_netmask(&a, words->v[i], NULL);
			ifconfig_addr_prefixlen(&a, words->v[i], NULL);
			ifconfig_addr_lifetime(&a, words->v[i], i & 1, NULL);
		}
		ifconfig_addr_defaults(&a, IFF_BROADCAST, &warn);
		if (a.plen > (af == IFAF_INET6 ? 128 : 32))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = calloc(1, size + 1);
	cleanup_strv struct strv words = {0};
	struct err e = ERR_INIT;
	int r;

	if (!text)
		abort();
	memcpy(text, data, size);
	if (strv_split(&words, text, "\n") < 0)
		abort();
	if (!words.n)
		return 0;
	r = ifconfig_check(words.v[0], (int)words.n - 1, words.v + 1, &e);
	if ((r < 0) != (*e.text != 0))
		abort();
	formats(&words);
	addresses(&words);
	return 0;
}
