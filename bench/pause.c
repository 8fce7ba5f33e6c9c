/* pause: what runs in the containers and jails of the benchmark: nothing. */
#include <signal.h>
#include <unistd.h>

int main(void)
{
	/* As pid 1 it would ignore signals it does not handle. */
	signal(SIGTERM, _exit);
	for (;;)
		pause();
}
