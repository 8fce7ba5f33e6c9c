/*
 * jail.h: libjail, the library of FreeBSD's jail(3), on Linux.  Link with
 * -ljail (pkg-config --cflags --libs cellblock-libjail).  Not for several
 * threads at once: errors are told in jail_errmsg.
 */
#ifndef CELLBLOCK_JAIL_H
#define CELLBLOCK_JAIL_H

#include <stddef.h>
#include <sys/jail.h>

#define JP_RAWVALUE 0x01 /* jp_value is the caller's */
#define JP_BOOL 0x02
#define JP_NOBOOL 0x04
#define JP_JAILSYS 0x08

#define JAIL_ERRMSGLEN 1024

/* jp_ctltype, numbers as in FreeBSD's sys/sysctl.h */
#define JP_CTLTYPE_INT 2
#define JP_CTLTYPE_STRING 3
#define JP_CTLTYPE_STRUCT 5
/* jp_structtype */
#define JP_STRUCT_IN_ADDR 1
#define JP_STRUCT_IN6_ADDR 2

#ifdef __cplusplus
extern "C" {
#endif

extern char jail_errmsg[JAIL_ERRMSGLEN];

struct jailparam {
	char *jp_name;
	void *jp_value;
	size_t jp_valuelen;
	size_t jp_elemlen; /* of a list's element, else 0 */
	int jp_ctltype;
	int jp_structtype;
	unsigned int jp_flags;
};

int jail_getid(const char *name);
char *jail_getname(int jid);
int jail_setv(int flags, ...);
int jail_getv(int flags, ...);

int jailparam_all(struct jailparam **jpp);
int jailparam_init(struct jailparam *jp, const char *name);
int jailparam_import(struct jailparam *jp, const char *value);
int jailparam_import_raw(struct jailparam *jp, void *value, size_t valuelen);
int jailparam_set(struct jailparam *jp, unsigned int njp, int flags);
int jailparam_get(struct jailparam *jp, unsigned int njp, int flags);
char *jailparam_export(struct jailparam *jp);
void jailparam_free(struct jailparam *jp, unsigned int njp);

#ifdef __cplusplus
}
#endif

#endif
