/* apart: see apart.h. */
#include "apart.h"

#include "bench.h"

#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

static char there[FLOWS_CHUNK], here[FLOWS_CHUNK]; /* one of each thread */
static cpu_set_t other;

bool apart_init(void)
{
	const int mine = sched_getcpu();
	cpu_set_t all;

	CPU_ZERO(&other);
	if (sched_getaffinity(getpid(), sizeof(all), &all) < 0)
		return false;
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &all) && i != mine) {
			CPU_SET(i, &other);
			return true;
		}
	return false;
}

static bool byte_back(int fd)
{
	char c;

	return recv(fd, &c, 1, MSG_WAITALL) == 1 && send(fd, &c, 1, 0) == 1;
}

static bool byte_there(int fd)
{
	char c = 'x';

	return send(fd, &c, 1, 0) == 1 && recv(fd, &c, 1, MSG_WAITALL) == 1;
}

/* What end 1 does, until there is no more. */

static void *sink(void *p)
{
	const struct flows *f = p;

	while (recv(f->stream[1], there, sizeof(there), 0) > 0)
		;
	return NULL;
}

static void *echo(void *p)
{
	const struct flows *f = p;

	while (byte_back(f->stream[1]))
		;
	return NULL;
}

static void *serve(void *p)
{
	const struct flows *f = p;
	int fd;

	while ((fd = accept4(f->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		byte_back(fd);
		close(fd);
	}
	return NULL;
}

/* What end 0 does. */

static bool chunk(const struct flows *f)
{
	return send(f->stream[0], here, sizeof(here), 0) ==
	       (ssize_t)sizeof(here);
}

static bool trip(const struct flows *f)
{
	return byte_there(f->stream[0]);
}

static bool begin(const struct flows *f)
{
	const struct linger now = {.l_onoff = 1};
	struct sockaddr_in a;
	socklen_t len = sizeof(a);
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok;

	getsockname(f->listener, (struct sockaddr *)&a, &len);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	ok = connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0 &&
	     byte_there(fd);
	close(fd);
	return ok;
}

static double measure(const struct flows *f, double ms,
		      bool (*op)(const struct flows *f), void *(*end)(void *),
		      int last)
{
	pthread_attr_t attr;
	pthread_t thread;
	double t0, us;
	long n = 0;
	bool ok = true;

	pthread_attr_init(&attr);
	pthread_attr_setaffinity_np(&attr, sizeof(other), &other);
	if (pthread_create(&thread, &attr, end, (void *)(uintptr_t)f))
		return 0;
	pthread_attr_destroy(&attr);
	enter(f->end[0].ns);
	t0 = now_ms();
	while (ok && now_ms() - t0 < ms) {
		ok = op(f);
		n++;
	}
	/* what is on its way arrives first */
	shutdown(last, last == f->listener ? SHUT_RDWR : SHUT_WR);
	pthread_join(thread, NULL);
	us = (now_ms() - t0) * 1e3 / (double)n;
	return ok ? us : 0;
}

double apart_chunks(const struct flows *f, double ms)
{
	return measure(f, ms, chunk, sink, f->stream[0]);
}

double apart_trips(const struct flows *f, double ms)
{
	return measure(f, ms, trip, echo, f->stream[0]);
}

double apart_connects(const struct flows *f, double ms)
{
	return measure(f, ms, begin, serve, f->listener);
}
