/*
 * rctl_fuzz: hostile rctl.conf(5) text.  A word that is a rule must survive
 * parse -> print -> parse; an error is one printable line.
 */
#include "base/cleanup.h"
#include "jail/rctl_limit.h"
#include "jail/rctl_rule.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_error(const struct err *e, const char *word)
{
	if (!e->code || !e->text[0])
		abort();
	/* it quotes the word, which has what it has */
	for (const char *s = e->text; *s; s++)
		if ((unsigned char)*s < ' ' && !strchr(word, *s))
			abort();
}

static int check_word(void *data, const char *word, unsigned int line)
{
	cleanup_strbuf struct strbuf one = STRBUF_INIT, two = STRBUF_INIT;
	cleanup_strbuf struct strbuf human = STRBUF_INIT;
	struct rctl_limits l = rctl_no_limits;
	struct err e = ERR_INIT;
	struct rctl_rule r, again;

	(void)data;
	if (!line)
		abort();
	if (rctl_parse_rule(word, &r, &e) < 0) {
		check_error(&e, word);
		return 0;
	}
	rctl_print(&one, &r, false, true);
	rctl_print(&human, &r, true, true);
	if (strpbrk(one.s, "\n\t\r"))
		abort();
	if (!rctl_complete(&r))
		return 0;
	if (rctl_parse_rule(one.s, &again, NULL) < 0)
		abort();
	rctl_print(&two, &again, false, true);
	if (strcmp(one.s, two.s) || !rctl_match(&again, &r) ||
	    !rctl_replaces(&again, &r))
		abort();
	if (rctl_check(&r, &e) < 0 || rctl_limits_add(&l, &r, &e) < 0)
		check_error(&e, word);
	else if (!rctl_limits_any(&l, 0, KNOBS))
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	rctl_conf((const char *)data, size, check_word, NULL);
	return 0;
}
