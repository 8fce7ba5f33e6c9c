/*
 * keyring: what the kernel keeps of keys goes along with credentials, through
 * every namespace: a child has its parent's session keyring.
 */
#include "ns/ns.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int keyring_new_session(struct err *e)
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) >= 0)
		return 0;
	/* no keys in this kernel, or none for us, a jail's root: none to leak
	 */
	if (errno == ENOSYS || errno == EPERM)
		return 0;
	return err_sys(e, errno, "session keyring");
}
