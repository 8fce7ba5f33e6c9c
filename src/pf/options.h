/*
 * options: pf's options that are settings of a vnet on Linux (nft_option.c).
 */
#ifndef CB_PF_OPTIONS_H
#define CB_PF_OPTIONS_H

#include "base/report.h"
#include "net/vnet.h"
#include "pf/pf.h"

struct gen;

/* Conntrack's timeouts; what the kernel does not know is left. */
void pf_options_apply(const struct vnet *v, const struct pf_options *o);
/* A warning for each option the file sets that does nothing. */
void pf_options_tell(const struct pf_options *o, const struct report *r);
void pf_options_check(struct gen *g);

#endif
