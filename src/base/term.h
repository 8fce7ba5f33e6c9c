/* term: what the terminal can do, and one live progress line. */
#ifndef CB_BASE_TERM_H
#define CB_BASE_TERM_H

#include <stdbool.h>
#include <stdio.h>

/* Columns of the terminal on fd, $COLUMNS, or `fallback`. */
int term_width(int fd, int fallback);
/* Colour wanted on fd: a terminal, no NO_COLOR, TERM not "dumb". */
bool term_colour(int fd);
/* The locale's character set is UTF-8 (setlocale was called by main). */
bool term_utf8(void);
/*
 * Text that may come out of a jail, at most max characters of it: nothing in
 * it steers the terminal.
 */
void term_put(FILE *f, const char *s, int max);

#endif
