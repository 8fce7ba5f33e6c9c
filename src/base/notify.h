/*
 * notify: what `systemctl status` shows of a command that it runs
 * (sd_notify(3): datagrams to the socket that NOTIFY_SOCKET names).
 */
#ifndef CB_BASE_NOTIFY_H
#define CB_BASE_NOTIFY_H

#include <stdbool.h>

/*
 * The status text from now on; control characters in it become '?'.  Without
 * NOTIFY_SOCKET, or where nobody listens, nothing happens.
 */
void notify_status(const char *text);
/* Would somebody get it? */
bool notify_wanted(void);

#endif
