/* rcsubr: the text of our /etc/rc.subr (made from rc.subr at build time). */
#ifndef CB_RC_RCSUBR_H
#define CB_RC_RCSUBR_H

extern const char rc_subr_text[];

#endif
