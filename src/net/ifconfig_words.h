/*
 * ifconfig_words: what the files that implement ifconfig(8)'s words share.
 */
#ifndef CB_NET_IFCONFIG_WORDS_H
#define CB_NET_IFCONFIG_WORDS_H

#include "net/ifconfig.h"
#include "net/ifconfig_addr.h"
#include "net/ifnet.h"

#include <stdbool.h>
#include <stdint.h>

/* One command line being applied. */
struct ifconfig_run {
	struct vnet *v; /* NULL when only checking */
	const struct ifconfig_opts *o;
	struct strbuf *out;
	char name[IFNAMSIZ]; /* follows renames */
	bool print_name;     /* at the end, as FreeBSD's atexit does */
	bool dry;	     /* check words and arguments, touch nothing */
	bool have, full;     /* `ifp` is loaded; with its addresses */
	struct ifnet ifp;    /* see run_ifp() */
	struct ifconfig_addr addr;
	struct {
		bool set, autoneg, half;
		int speed;
	} media;
};

/*
 * A word: its name, the number of arguments, what it does.  `neg` rows answer
 * to "-name" as well, which comes as on == false.  `arg` and `ext` are the
 * row's own parameters.
 */
struct ifconfig_word {
	const char *name;
	unsigned char nargs;
	bool neg;
	int (*fn)(struct ifconfig_run *run, const struct ifconfig_word *w,
		  bool on, char *const *args, struct err *e);
	uint32_t arg, ext;
};

/* Tables, each ended by a row without name. */
extern const struct ifconfig_word ifconfig_link_words[];
extern const struct ifconfig_word ifconfig_addr_words[];
extern const struct ifconfig_word ifconfig_bridge_words[];
extern const struct ifconfig_word ifconfig_later_words[];

/* NULL: not a word.  ret_on: false for "-name". */
const struct ifconfig_word *ifconfig_word_find(const char *s, bool *ret_on);

/*
 * The interface as the kernel has it, loaded when first asked for; `full`:
 * with its addresses.  The setters of net/ keep it true; after anything else
 * that changes it comes run_touch().
 */
int run_ifp(struct ifconfig_run *run, bool full, struct ifnet **ret,
	    struct err *e);
void run_touch(struct ifconfig_run *run);
/* A line for stderr that is no error. */
void run_warn(struct ifconfig_run *run, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* At the end of the line: addresses, then media. */
int run_addr(struct ifconfig_run *run, struct err *e);
int run_media(struct ifconfig_run *run, struct err *e);

/*
 * Words and arguments of `ifconfig IF WORDS...` without touching anything:
 * 0 when they would be understood.
 */
int ifconfig_check(const char *ifname, int nwords, char *const *words,
		   struct err *e);

#endif
