/*
 * libxo: the --libxo option as FreeBSD's netstat and arp have it, of which
 * JSON is supported: "--libxo json", "--libxo=json,pretty", "--libxo:JP".
 */
#ifndef CB_CMD_LIBXO_H
#define CB_CMD_LIBXO_H

#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>

struct libxo {
	bool json, pretty;
};

/* Takes the option out of argv; -EINVAL for another style than json. */
int libxo_parse(struct libxo *xo, int *argc, char **argv, struct err *e);

/* Print {"__version": "1", NAME: body} and take body; -ENOMEM. */
int libxo_print(const struct libxo *xo, const char *name, json_t *body,
		struct err *e);

#endif
