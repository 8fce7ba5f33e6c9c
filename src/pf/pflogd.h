/*
 * pflogd: the file that pflogd(8) keeps.
 *
 * A capture as pflog.h makes it, to which only whole records are appended, and
 * only if all that is there is whole: what an interrupted machine or another
 * program has left is moved out of the way, to FILE.bad.NUMBER.
 */
#ifndef CB_PF_PFLOGD_H
#define CB_PF_PFLOGD_H

#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

#define PFLOGD_SNAPLEN 116 /* headers of IP, ICMP, TCP and UDP */
#define PFLOGD_MAXSNAPLEN 65535

/* -EBADMSG: no capture of pflog, or one with half a record. */
int pflogd_check(const char *path, struct err *e);

struct pflogd_file;
/*
 * Open or begin the file.  *ret_moved: where a damaged one went, or NULL.  One
 * that was begun with another length of packets keeps to it.
 */
int pflogd_open(const char *path, uint32_t snaplen, struct pflogd_file **ret,
		char **ret_moved, struct err *e);
/* What has not been written is lost: flush before. */
void pflogd_close(struct pflogd_file **f);
#define cleanup_pflogd_file __attribute__((cleanup(pflogd_close)))
uint32_t pflogd_snaplen(const struct pflogd_file *f);

/* Records of pflog_read(), cut; written when enough have come together. */
int pflogd_add(struct pflogd_file *f, const struct strbuf *records,
	       struct err *e);
/* On failure the file is as it was, and what was to be written is gone. */
int pflogd_flush(struct pflogd_file *f, struct err *e);

#endif
