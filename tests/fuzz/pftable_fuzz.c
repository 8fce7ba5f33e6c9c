/*
 * pftable_fuzz: hostile files of addresses, words of pfctl -T.  What is taken
 * is what it says: printed, it reads the same.
 */
#include "pfconf_check.h"

#include "base/cleanup.h"
#include "pf/print.h"
#include "pf/table.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free struct pf_entry *v = NULL, *again = NULL;
	cleanup_free char *word = strndup((const char *)data, size);
	cleanup_strbuf struct strbuf text = STRBUF_INIT;
	size_t n = 0, nagain = 0;
	struct err e = ERR_INIT;

	if (!word)
		return 0;
	if (pf_table_word(word, &pfconf_world, &v, &n, &e) < 0 &&
	    (n || !e.text[0]))
		abort();
	if (pf_table_text("fuzz", (const char *)data, size, &pfconf_world, &v,
			  &n, &e) < 0)
		return 0;
	n = pf_entries_sort(v, n);
	for (size_t i = 0; i < n; i++) {
		pf_print_entry(&text, &v[i]);
		strbuf_addch(&text, '\n');
	}
	if (pf_table_text("again", text.s, text.len, NULL, &again, &nagain,
			  &e) < 0 ||
	    nagain != n)
		abort();
	for (size_t i = 0; i < n; i++)
		if (pf_entry_cmp(&v[i], &again[i]) || v[i].neg != again[i].neg)
			abort();
	return 0;
}
