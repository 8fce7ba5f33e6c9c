/*
 * rcjailid: /var/run/jail_NAME.id, which FreeBSD's rc.d/jail keeps of each jail
 * that it has started: its number, for scripts (rc.d/jail, jail_start).
 */
#ifndef CB_RC_RCJAILID_H
#define CB_RC_RCJAILID_H

#include "base/report.h"

/* What cannot be written is told, and hinders nothing.  In the file's name `.'
 * and `/' of the jail's are `_'. */
void rcjailid_write(const char *name, int jid, const struct report *r);
void rcjailid_remove(const char *name);

#endif
