/*
 * rcnote: what rc has made, so that it can be taken back: a journal under
 * /run/cellblock/rc, written before each change.
 */
#ifndef CB_RC_RCNOTE_H
#define CB_RC_RCNOTE_H

#include "rc/rcfact.h"

#define RCNOTE_DIR "/run/cellblock/rc"

struct note {
	struct fact fact;
	int ifindex; /* of the interface when it was made; 0: none */
	char *old;   /* what was there before: a value, an address; or "" */
};

struct notes {
	struct note *v;
	size_t n;
	int fd;	    /* owned: the journal, for appending; -1: none */
	int lock;   /* owned */
	char *path; /* owned */
};
#define NOTES_INIT                                                             \
	{                                                                      \
		.fd = -1, .lock = -1                                           \
	}

/*
 * Open the journal of a level (etc names it: a block's folder has one of its
 * own on the machine) and read what it says.  write: take the lock, and
 * rewrite a journal that has grown.  Without write a missing journal is an
 * empty one.
 */
int notes_open(const char *etc, bool write, struct notes *ret, struct err *e);
void notes_free(struct notes *n);
#define cleanup_notes __attribute__((cleanup(notes_free)))

/* About to be made (an older note of the same fact keeps its `old`). */
int notes_made(struct notes *n, const struct fact *f, int ifindex,
	       const char *old, struct err *e);
/* It is gone again. */
int notes_gone(struct notes *n, const struct fact *f, struct err *e);
struct note *notes_find(const struct notes *n, const struct fact *like);
/* Is it noted with the same words? */
bool notes_have(const struct notes *n, const struct fact *f);
/* Nothing is left: remove the journal. */
void notes_drop(struct notes *n);

/* For tests: one journal line each way. */
void note_line(struct strbuf *b, char sign, const struct fact *f, int ifindex,
	       const char *old);
int note_parse(const char *line, char *ret_sign, struct note *ret);

#endif
