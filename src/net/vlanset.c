/* vlanset: see vlanset.h. */
#include "net/vlanset.h"

#include <errno.h>
#include <string.h>

bool vlanset_empty(const struct vlanset *s)
{
	for (size_t i = 0; i < 64; i++)
		if (s->bits[i])
			return false;
	return true;
}

bool vlanset_next(const struct vlanset *s, unsigned int *vid,
		  unsigned int *ret_last)
{
	unsigned int v = *vid, last;

	while (v <= VLAN_MAX && !vlanset_has(s, v))
		v++;
	if (v > VLAN_MAX)
		return false;
	last = v;
	while (last < VLAN_MAX && vlanset_has(s, last + 1))
		last++;
	*vid = v;
	*ret_last = last;
	return true;
}

/* Digits at *p, which moves on: 0 when they are no VLAN. */
static unsigned int parse_vid(const char **p)
{
	unsigned int n = 0;

	if (**p < '0' || **p > '9')
		return 0;
	for (; **p >= '0' && **p <= '9'; ++*p) {
		n = n * 10 + (unsigned int)(**p - '0');
		if (n > VLAN_MAX)
			return 0;
	}
	return n;
}

int vlanset_parse(const char *text, struct vlanset *ret)
{
	struct vlanset s = {{0}};
	const char *p = text;

	if (!strcmp(text, "none")) {
		*ret = s;
		return 0;
	}
	if (!strcmp(text, "all"))
		p = "1-4094";
	for (;; p++) {
		unsigned int first = parse_vid(&p), last = first;

		if (*p == '-') {
			p++;
			last = parse_vid(&p);
		}
		if (!first || last < first || (*p && *p != ','))
			return -EINVAL;
		for (unsigned int v = first; v <= last; v++)
			vlanset_add(&s, v);
		if (!*p)
			break;
	}
	*ret = s;
	return 0;
}

void vlanset_print(const struct vlanset *s, struct strbuf *out)
{
	const char *sep = "";

	for (unsigned int v = VLAN_MIN, last; vlanset_next(s, &v, &last);
	     v = last + 1) {
		strbuf_addf(out, "%s%u", sep, v);
		if (last != v)
			strbuf_addf(out, "-%u", last);
		sep = ",";
	}
}
