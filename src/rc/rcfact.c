/* rcfact: see rcfact.h. */
#include "rc/rcfact.h"

#include "base/cleanup.h"
#include "base/table.h"

#include <errno.h>

#include <string.h>

/*
 * How a kind reads.  In the texts: %i interface, %k key, %v value, %w words,
 * %s the last component of the key.
 */
static const struct fact_row {
	const char *name;
	const char *make, *undo;
} rows[] = {
	[FACT_SYSCTL] = {"sysctl", "sysctl %k=%v", "restore sysctl %k"},
	[FACT_HOSTNAME] = {"hostname", "hostname %v", "restore hostname"},
	[FACT_CLONE] = {"clone", "create %i%w", "destroy %i"},
	[FACT_RENAME] = {"rename", "%i: name %k", "%k: name %i"},
	[FACT_IP6] = {"ip6", "%i: inet6 %v", "%i: restore inet6"},
	[FACT_ETHER] = {"ether", "%i: ether %v", "%i: restore ether"},
	[FACT_MTU] = {"mtu", "%i: mtu %v", "%i: restore mtu"},
	[FACT_DESCR] = {"descr", "%i: description %v",
			"%i: restore description"},
	[FACT_METRIC] = {"metric", "%i: metric %v", "%i: restore metric"},
	[FACT_GROUP] = {"group", "%i: group %k", "%i: -group %k"},
	[FACT_MEMBER] = {"member", "%i: addm %k", "%i: deletem %k"},
	[FACT_SPAN] = {"span", "%i: span %k", "%i: -span %k"},
	[FACT_ADDR] = {"addr", "%i:%w", "%i: remove %k"},
	[FACT_FLAG_UP] = {"up", "%i: up", "%i: down"},
	[FACT_FLAG_DOWN] = {"down", "%i: down", "%i: up"},
	[FACT_WORDS] = {"words", "%i:%w", "%i: forget %k"},
	[FACT_RTSOL] = {"rtsol", "%i: rtsol", "%i: -accept_rtadv"},
	[FACT_DHCP] = {"dhcp", "%i: dhclient", "%i: give the DHCP lease back"},
	[FACT_RTSOLD] = {"rtsold", "start rtsold%w", "stop rtsold"},
	[FACT_RTADVD] = {"rtadvd", "start rtadvd%w", "stop rtadvd"},
	[FACT_TEXT] = {"text", "write %k", "restore %k"},
	[FACT_KLD] = {"kld", "kldload %k", "kldunload %k"},
	[FACT_NEIGH] = {"neigh", "fix %k at %v", "forget %k"},
	[FACT_IFSCRIPT] = {"ifscript", "%i: run %s", "%i: run %v"},
	[FACT_ROUTE] = {"route", "route add%w", "route delete %k"},
	[FACT_PF] = {"pf", "pfctl -f %v", "pfctl -dF all"},
	[FACT_PFLOG] = {"pflog", "start pflogd%w", "stop pflogd %k"},
	[FACT_RULE] = {"rule", "rctl -a %v", "rctl -r %k"},
	[FACT_FILE] = {"file", "write %k", "remove %k"},
	[FACT_DEVFS] = {"devfs", "load %k", "unload %k"},
	[FACT_DEVMOUNT] = {"devmount", "devfs -m %k ruleset %v",
			   "forget the ruleset of %k"},
	[FACT_SCRIPT] = {"script", "start %s", "stop %s"},
	[FACT_JAIL] = {"jail", "start jail %k", "stop jail %k"},
};
TABLE_COMPLETE(rows, FACT_KINDS);

bool clone_is_pair(const char *clone)
{
	const char *unit = clone + strlen("epair");

	return str_prefix(clone, "epair") && *unit &&
	       !unit[strspn(unit, "0123456789")];
}

int clone_ends_add(struct strv *sv, const char *clone)
{
	int r;

	if (!clone_is_pair(clone))
		return strv_add(sv, clone);
	r = strv_addf(sv, "%sa", clone);
	return r < 0 ? r : strv_addf(sv, "%sb", clone);
}

bool clone_has_end(const char *clone, const char *ifname)
{
	size_t len = strlen(clone);

	if (!str_prefix(ifname, clone))
		return false;
	if (!ifname[len])
		return true;
	return clone_is_pair(clone) && strchr("ab", ifname[len]) &&
	       !ifname[len + 1];
}

const char *fact_kind_name(enum fact_kind k)
{
	return rows[k].name;
}

int fact_kind_find(const char *name)
{
	for (int i = 0; i < FACT_KINDS; i++)
		if (!strcmp(rows[i].name, name))
			return i;
	return -1;
}

void fact_free(struct fact *f)
{
	free(f->ifname);
	free(f->key);
	free(f->value);
	free(f->var);
	strv_free(&f->words);
	*f = (struct fact){0};
}

void facts_free(struct facts *f)
{
	for (size_t i = 0; i < f->n; i++)
		fact_free(&f->v[i]);
	free(f->v);
	*f = (struct facts){0};
}

static int fact_fill(struct fact *f, enum fact_kind kind, const char *ifname,
		     const char *key, const char *value,
		     const struct strv *words)
{
	*f = (struct fact){.kind = kind};
	f->ifname = strdup(ifname ? ifname : "");
	f->key = strdup(key ? key : "");
	f->value = strdup(value ? value : "");
	if (!f->ifname || !f->key || !f->value ||
	    (words && strv_copy(&f->words, words) < 0)) {
		fact_free(f);
		return -ENOMEM;
	}
	return 0;
}

struct fact *facts_add(struct facts *f, enum fact_kind kind, const char *ifname,
		       const char *key, const char *value,
		       const struct strv *words)
{
	struct fact *v = reallocarray(f->v, f->n + 1, sizeof(*v));

	if (!v)
		return NULL;
	f->v = v;
	if (fact_fill(&v[f->n], kind, ifname, key, value, words) < 0)
		return NULL;
	return &v[f->n++];
}

int fact_copy(struct fact *dst, const struct fact *src)
{
	struct fact f;

	if (fact_fill(&f, src->kind, src->ifname, src->key, src->value,
		      &src->words) < 0)
		return -ENOMEM;
	if (src->var && !(f.var = strdup(src->var))) {
		fact_free(&f);
		return -ENOMEM;
	}
	f.primary = src->primary;
	f.implied = src->implied;
	*dst = f;
	return 0;
}

bool fact_same(const struct fact *a, const struct fact *b)
{
	return a->kind == b->kind && !strcmp(a->key, b->key) &&
	       !strcmp(a->ifname, b->ifname);
}

const struct fact *facts_find(const struct facts *f, const struct fact *like)
{
	for (size_t i = 0; i < f->n; i++)
		if (fact_same(&f->v[i], like))
			return &f->v[i];
	return NULL;
}

/* A word as a person would type it. */
static void put_word(struct strbuf *b, const char *w)
{
	if (*w && !strpbrk(w, " \t\n\"'"))
		strbuf_adds(b, w);
	else
		strbuf_addf(b, "\"%s\"", w);
}

void fact_text(const struct fact *f, bool undo, struct strbuf *b)
{
	const char *p = undo ? rows[f->kind].undo : rows[f->kind].make;
	const char *slash = strrchr(f->key, '/');

	for (; *p; p++) {
		if (*p != '%') {
			strbuf_addch(b, *p);
			continue;
		}
		switch (*++p) {
		case 'i':
			strbuf_adds(b, f->ifname);
			break;
		case 'k':
			strbuf_adds(b, f->key);
			break;
		case 's':
			strbuf_adds(b, slash ? slash + 1 : f->key);
			break;
		case 'v':
			put_word(b, f->value);
			break;
		case 'w':
			for (size_t i = 0; i < f->words.n; i++) {
				strbuf_addch(b, ' ');
				put_word(b, f->words.v[i]);
			}
			break;
		}
	}
}
