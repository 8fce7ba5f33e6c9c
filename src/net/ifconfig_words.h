/*
 * ifconfig_words: what the files that implement ifconfig(8)'s words share.
 */
#ifndef CB_NET_IFCONFIG_WORDS_H
#define CB_NET_IFCONFIG_WORDS_H

#include "net/ifconfig.h"
#include "net/ifconfig_addr.h"
#include "net/ifnet.h"
#include "net/vlan.h"

#include <stdbool.h>
#include <stdint.h>

struct ifconfig_run;
struct ifconfig_word;

/* What a word does. */
typedef int ifconfig_fn(struct ifconfig_run *run, const struct ifconfig_word *w,
			bool on, char *const *args, struct err *e);
/* Applies what words have gathered. */
typedef int ifconfig_finish(struct ifconfig_run *run, void *data,
			    struct err *e);

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
	/* words behind the one being applied and its arguments, and how many
	 * of them it has taken as well ("addm em0 untagged 5") */
	int left, extra;
	struct vlan_words vlan;
	struct {
		bool set, autoneg; /* media */
		bool duplex, half; /* mediaopt */
		unsigned char pause, pause_mask;
		int speed;
	} media;
	/* words of one kind that follow each other; see run_gather() */
	struct {
		void *data;
		ifconfig_fn *fn;
		ifconfig_finish *finish;
	} gathered;
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
	ifconfig_fn *fn;
	uint32_t arg, ext;
};

/* Tables, each ended by a row without name. */
extern const struct ifconfig_word ifconfig_link_words[];
extern const struct ifconfig_word ifconfig_addr_words[];
extern const struct ifconfig_word ifconfig_bridge_words[];
extern const struct ifconfig_word ifconfig_vlan_words[];
extern const struct ifconfig_word ifconfig_lagg_words[];
extern const struct ifconfig_word ifconfig_vxlan_words[];
extern const struct ifconfig_word ifconfig_tunnel_words[];
extern const struct ifconfig_word ifconfig_bridge_stp_words[];
extern const struct ifconfig_word ifconfig_bridge_vlan_words[];
extern const struct ifconfig_word ifconfig_carp_words[];
extern const struct ifconfig_word ifconfig_media_words[];
extern const struct ifconfig_word ifconfig_geneve_words[];
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
/*
 * Words that go to the driver together: run_gather() gives `size` zeroed bytes
 * (the run's own; NULL: no memory) that `finish` is called with before the
 * first word whose function is not `fn`, or at the end of the line.
 * run_gathered(): those of this `finish`, if there are any.
 */
void *run_gather(struct ifconfig_run *run, ifconfig_fn *fn,
		 ifconfig_finish *finish, size_t size);
void *run_gathered(struct ifconfig_run *run, ifconfig_finish *finish);
/* A line for stderr that is no error. */
void run_warn(struct ifconfig_run *run, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* At the end of the line: were words half said?  Addresses, then media. */
int run_vlan(struct ifconfig_run *run, struct err *e);
int run_addr(struct ifconfig_run *run, struct err *e);
int run_media(struct ifconfig_run *run, struct err *e);

/*
 * Words and arguments of `ifconfig IF WORDS...` without touching anything:
 * 0 when they would be understood.
 */
int ifconfig_check(const char *ifname, int nwords, char *const *words,
		   struct err *e);

#endif
