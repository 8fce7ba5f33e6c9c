/*
 * jailcmd_wait: the event loop's one place to sleep.
 *
 * Theory of operation.  Every process that a job waits for has a pidfd in one
 * epoll set, tagged with the job; the caller's cancel descriptor is in it
 * too.  A job sleeps for one command, for all the processes of a jail that
 * was sent SIGTERM, for its addresses (jailcmd_dad.c), or for the crew that
 * makes its jail (jailcmd_crew.c).  Deadlines
 * (exec.timeout, stop.timeout) belong to jobs.
 */
#include "jail/jailcmd_int.h"

#include "base/cleanup.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>

/* After this long a wait is worth a line on the terminal. */
#define PROGRESS_MS 1000
/* A command that ends sooner is not worth a keeper of its own. */
#define INHABITED_MS 10
/* What a cancelled command gets to end by itself. */
#define CANCEL_MS 2000

int64_t jailrun_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int jailrun_watch(struct jailrun *run, struct jailjob *j, int fd)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = j};

	return epoll_ctl(run->epfd, EPOLL_CTL_ADD, fd, &ev) < 0 ? -errno : 0;
}

/* Kill a job's command with all it started, as far as we can name it. */
static void jailjob_kill(struct jailjob *j, int sig)
{
	if (!j->pid)
		return;
	if (j->own_group)
		kill(-j->pid, sig);
	pidfd_send_signal(j->pidfd, sig, NULL, 0);
}

/* SIGINT to jail(8): starts fail and are undone, stops are left. */
static void jailrun_cancel(struct jailrun *run)
{
	struct epoll_event ev = {0};

	run->cancelled = true;
	(void)epoll_ctl(run->epfd, EPOLL_CTL_DEL, run->cmd->cancel_fd, &ev);
	for (size_t i = 0; i < run->njobs; i++) {
		struct jailjob *j = run->jobs[i];

		if (j->queue == QUEUE_IDLE)
			continue;
		if (j->queue == QUEUE_SLEEP) {
			j->flags |= JOB_CANCEL;
			jailjob_kill(j, SIGTERM);
			j->deadline = jailrun_now() + (j->pid ? CANCEL_MS : 0);
			continue;
		}
		if (j->steps && !(j->flags & JOB_FAILED)) {
			jailjob_error(run, j, "interrupted");
			jailjob_fail(run, j);
		} else if (!j->steps) {
			j->flags |= JOB_FAILED;
			jailjob_queue(run, j, QUEUE_READY);
		}
	}
	crew_cancel(run);
}

/* Forget the descriptors of processes that were sent SIGTERM. */
static void jailjob_term_done(struct jailrun *run, struct jailjob *j)
{
	struct epoll_event ev = {0};

	for (size_t i = 0; i < j->nterm; i++) {
		(void)epoll_ctl(run->epfd, EPOLL_CTL_DEL, j->termfds[i], &ev);
		close(j->termfds[i]);
	}
	free(j->termfds);
	j->termfds = NULL;
	j->nterm = 0;
}

/* Drop those that have ended; true when none is left. */
static bool jailjob_term_check(struct jailrun *run, struct jailjob *j)
{
	struct epoll_event ev = {0};

	for (size_t i = 0; i < j->nterm;) {
		struct pollfd pf = {.fd = j->termfds[i], .events = POLLIN};

		if (poll(&pf, 1, 0) <= 0) {
			i++;
			continue;
		}
		(void)epoll_ctl(run->epfd, EPOLL_CTL_DEL, pf.fd, &ev);
		close(pf.fd);
		j->termfds[i] = j->termfds[--j->nterm];
	}
	return !j->nterm;
}

/* The job whose deadline comes first; NULL when there is none. */
static struct jailjob *jailrun_deadline(struct jailrun *run)
{
	struct jailjob *j, *first = NULL;

	TAILQ_FOREACH(j, &run->queues[QUEUE_SLEEP], link)
	if (j->deadline && (!first || j->deadline < first->deadline))
		first = j;
	return first;
}

static void jailrun_progress(struct jailrun *run, int64_t now)
{
	struct jailjob *j = TAILQ_FIRST(&run->queues[QUEUE_SLEEP]);
	size_t n = 0;

	if (run->progress || !j || now - j->since < PROGRESS_MS)
		return;
	run->progress = true;
	/* a `command` may well be a shell that somebody types into */
	if (j->steps[j->step].param &&
	    !strcmp(j->steps[j->step].param, "command"))
		return;
	for (struct jailjob *k = j; k; k = TAILQ_NEXT(k, link))
		n++;
	if (n > 1)
		report(run->report, REPORT_STEP,
		       "waiting for %zu jails, first %s: %s", n,
		       j->name ? j->name : "jail",
		       j->line ? j->line : "processes to end");
	else
		report(run->report, REPORT_STEP, "%s%swaiting for %s",
		       j->name ? j->name : "", j->name ? ": " : "",
		       j->line ? j->line : "its processes to end");
}

static void jailrun_progress_end(struct jailrun *run)
{
	if (run->progress)
		report(run->report, REPORT_STEP, "%s", "");
	run->progress = false;
}

/* A deadline has passed: 1 when the job is done with sleeping. */
static bool jailjob_expire(struct jailrun *run, struct jailjob *j)
{
	if (j->flags & JOB_TERM) {
		jailjob_term_done(run, j);
		return true;
	}
	if (j->flags & JOB_DAD)
		return true;
	/* the wait for its end goes on: it cannot refuse */
	jailjob_kill(j, SIGKILL);
	j->flags |= JOB_KILLED;
	j->deadline = 0;
	return false;
}

static int jailrun_timeout(struct jailrun *run, bool block, int64_t now)
{
	struct jailjob *d = jailrun_deadline(run);
	struct jailjob *first = TAILQ_FIRST(&run->queues[QUEUE_SLEEP]);
	int64_t until = -1;

	if (!block)
		return 0;
	if (d)
		until = d->deadline > now ? d->deadline - now : 0;
	if (!run->progress && first) {
		int64_t p = first->since + PROGRESS_MS - now;

		/* one that is late already was told of; see below */
		if (p < 0)
			p = 0;
		if (until < 0 || p < until)
			until = p;
	}
	return until > 60000 ? 60000 : (int)until;
}

/* Take one event; the job that is ready by it, or NULL. */
static struct jailjob *jailrun_event(struct jailrun *run, struct jailjob *j)
{
	if (!j) {
		jailrun_cancel(run);
		return NULL;
	}
	if ((void *)j == (void *)run->crew) {
		crew_event(run);
		jailrun_progress_end(run);
		return NULL;
	}
	/* the one event that is of no job or crew, see jailcmd_dad.c */
	if ((void *)j == (void *)run) {
		jailrun_dad(run);
		jailrun_progress_end(run);
		return NULL;
	}
	if (j->flags & JOB_TERM)
		return jailjob_term_check(run, j) ? j : NULL;
	return j;
}

static void jailjob_no_inhabited(struct jailrun *run, struct jailjob *j)
{
	if (j->flags & JOB_INHABITED)
		run->inhabited--;
	j->flags &= ~(unsigned int)JOB_INHABITED;
}

/*
 * Commands that have not ended at once may ask for a broker: those that do end
 * at once need not wait for its start on a machine with few CPUs.
 */
static void jailrun_inhabited(struct jailrun *run)
{
	struct jailjob *j = TAILQ_FIRST(&run->queues[QUEUE_SLEEP]);

	for (; j; j = TAILQ_NEXT(j, link)) {
		if (j->flags & JOB_INHABITED)
			prison_inhabited(run->ps, j->jid);
		jailjob_no_inhabited(run, j);
	}
}

static int jailrun_sleep(struct jailrun *run, struct epoll_event *ev,
			 int timeout)
{
	/* several at once take that much longer to end "at once" */
	int n, patience = INHABITED_MS;

	if (run->running > 1)
		patience *= run->running < 10 ? (int)run->running : 10;
	if (!run->inhabited || (timeout >= 0 && timeout <= patience))
		return epoll_wait(run->epfd, ev, 1, timeout);
	n = epoll_wait(run->epfd, ev, 1, patience);
	if (!n)
		jailrun_inhabited(run);
	return n;
}

struct jailjob *jailrun_wait(struct jailrun *run, bool block)
{
	while (!TAILQ_EMPTY(&run->queues[QUEUE_SLEEP]) ||
	       (!block && !run->cancelled)) {
		int64_t now = jailrun_now();
		struct jailjob *d = jailrun_deadline(run), *j;
		struct epoll_event ev;
		int n;

		if (d && d->deadline <= now) {
			if (jailjob_expire(run, d)) {
				jailrun_progress_end(run);
				return d;
			}
			continue;
		}
		if (block)
			jailrun_progress(run, now);
		n = jailrun_sleep(run, &ev, jailrun_timeout(run, block, now));
		if (n > 0) {
			j = jailrun_event(run, ev.data.ptr);
			if (j) {
				jailrun_progress_end(run);
				return j;
			}
			if (!TAILQ_EMPTY(&run->queues[QUEUE_READY]))
				return NULL;
		} else if (!block) {
			return NULL;
		}
	}
	return NULL;
}

/* What a command's end means; text is NULL when it went well. */
static int jailjob_status(struct jailrun *run, struct jailjob *j)
{
	siginfo_t si = {0};

	while (waitid(P_PIDFD, (id_t)j->pidfd, &si, WEXITED) < 0)
		if (errno != EINTR)
			break;
	if (j->flags & JOB_CANCEL)
		jailjob_error(run, j, "%s: interrupted", j->line);
	else if (j->flags & JOB_KILLED)
		jailjob_error(run, j, "%s: timed out", j->line);
	else if (si.si_code == CLD_KILLED || si.si_code == CLD_DUMPED)
		jailjob_error(run, j, "%s: exited on signal %d", j->line,
			      si.si_status);
	else if (si.si_code != CLD_EXITED || si.si_status != 0)
		jailjob_error(run, j, "%s: failed", j->line);
	else
		return 0;
	return -1;
}

int jailjob_reap(struct jailrun *run, struct jailjob *j)
{
	struct epoll_event ev = {0};
	struct jailjob *waiting;
	int r;

	if (j->flags & JOB_TERM) {
		jailjob_term_done(run, j);
		j->flags &= ~(unsigned int)JOB_TERM;
		j->deadline = 0;
		if (!(j->flags & JOB_CANCEL))
			return 0;
		jailjob_error(run, j, "interrupted");
		return -1;
	}
	if (j->flags & JOB_DAD)
		return jailjob_dad_end(run, j);
	if (j->flags & JOB_CREW)
		return crew_result(run, j);
	if (!j->pid)
		return 0;
	jailjob_no_inhabited(run, j);
	r = jailjob_status(run, j);
	(void)epoll_ctl(run->epfd, EPOLL_CTL_DEL, j->pidfd, &ev);
	close(j->pidfd);
	free(j->line);
	j->line = NULL;
	j->pidfd = -1;
	j->pid = 0;
	j->deadline = 0;
	j->flags &= ~(unsigned int)(JOB_KILLED | JOB_CANCEL);
	run->running--;
	waiting = TAILQ_FIRST(&run->queues[QUEUE_LIMIT]);
	if (waiting)
		jailjob_queue(run, waiting, QUEUE_READY);
	return r;
}
