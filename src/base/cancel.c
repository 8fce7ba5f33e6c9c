/* See cancel.h. */
#include "base/cancel.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

static volatile sig_atomic_t asked_fd = -1;

static void note_signal(int sig)
{
	const uint64_t one = 1;
	int old = errno;

	(void)sig;
	/* a full counter has been noted often enough */
	if (write(asked_fd, &one, sizeof(one)) < 0) {
	}
	errno = old;
}

int cancel_catch(struct err *e)
{
	static const int sigs[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction sa = {.sa_handler = note_signal,
			       .sa_flags = SA_RESTART};

	if (asked_fd < 0)
		asked_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (asked_fd < 0)
		return err_sys(e, errno, "eventfd");
	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++) {
		struct sigaction old;

		/* nohup, or a shell's background job: stays ignored */
		if (!sigaction(sigs[i], NULL, &old) &&
		    old.sa_handler != SIG_IGN)
			sigaction(sigs[i], &sa, NULL);
	}
	return 0;
}

void cancel_forget(void)
{
	asked_fd = -1;
}

int cancel_fd(void)
{
	return asked_fd;
}

bool cancel_asked(void)
{
	struct pollfd p = {.fd = asked_fd, .events = POLLIN};

	return asked_fd >= 0 && poll(&p, 1, 0) > 0;
}
