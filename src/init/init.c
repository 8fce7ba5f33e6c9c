/*
 * init: a jail's first process.  It waits on descriptor 3 until the creator
 * has written the jail down (one byte; the end of the file means that the
 * creator died, and the jail with it), then reaps whatever is orphaned in the
 * jail.  It starts nothing and forwards nothing: commands enter the jail from
 * outside.  When it ends, the kernel ends the jail.
 */
#include "init/tiny.h"

#define GO_FD 3
#define SIGCHLD_BIT (1UL << (17 - 1))
#define SIG_BLOCK_ALL 2 /* SIG_SETMASK */
#define PR_SET_DUMPABLE 4

void tiny_main(long *stack)
{
	unsigned long all = ~0UL, chld = SIGCHLD_BIT;
	char go;
	long n;

	(void)stack;
	tiny_call(__NR_rt_sigprocmask, SIG_BLOCK_ALL, (long)&all, 0,
		  sizeof(all), 0);
	do
		n = tiny_call(__NR_read, GO_FD, (long)&go, 1, 0, 0);
	while (n == TINY_EINTR);
	if (n != 1)
		tiny_exit(1);
	tiny_call(__NR_close, GO_FD, 0, 0, 0, 0);
	/*
	 * /proc/1/exe and /proc/1/mem are nobody's business in the jail.  Not
	 * before: the creator has files to write there (ns/userns.c).
	 */
	tiny_call(__NR_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
	for (;;) {
		/* blocked signals stay pending: none is lost in between */
		while (tiny_call(__NR_wait4, -1, 0, 1 /* WNOHANG */, 0, 0) > 0)
			;
		tiny_call(__NR_rt_sigtimedwait, (long)&chld, 0, 0, sizeof(chld),
			  0);
	}
}
