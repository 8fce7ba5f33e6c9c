/*
 * cmd_broker: what a jail's keeper starts for a connection to the jail's
 * broker (jail/broker.h, src/init/keeper.c):
 *
 *	cellblock-broker JID
 *
 * with the connection as descriptor 0.  It has as long as the keeper's timer.
 */
#include "base/str.h"
#include "cmd/cmd.h"
#include "jail/broker.h"

#include <stdio.h>

int cmd_broker(int argc, char **argv)
{
	struct err e = ERR_INIT;
	long long jid;

	if (argc != 2 || str_to_int(argv[1], 1, 999999, &jid) < 0) {
		fprintf(stderr, "usage: cellblock-broker jid\n");
		return 2;
	}
	return broker_serve((int)jid, 0, &e) < 0;
}
