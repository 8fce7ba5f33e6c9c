/*
 * jailcmd_crew: processes that make jails while the loop sees to others.
 *
 * Theory of operation.  Making a jail is some hundred system calls one after
 * the other, so where there are several jails to start and processors to do
 * it, copies of this process are forked when the first of them is due:
 *
 *     loop   --parameters-->      maker     prison_set() and nothing else
 *            <--it has a jid--              then the next one is sent
 *            <--warnings, the result--
 *
 * They answer by a socket each.  A job sleeps from the time it is handed in
 * until its jail is there, and every job before it has gone on: jids, messages
 * and all that follows come in the order in which jails are due, as if they
 * had been made here.
 *
 * To the registry makers are commands like any others, and two of them may
 * always be at work at once: pending/JID names the maker until the jail is
 * complete, then the run.  If the run is killed its makers are killed, too (or
 * end with the jail that they are at), and the next command finds what they had
 * begun.  If a maker is killed, the jail that it was making is taken back here
 * and its job fails.
 *
 * No crew works where a command of the host could see the difference: where
 * any jail has commands that run before or at its creation, or commands are
 * to run one at a time.
 */
#include "jail/jailcmd_int.h"
#include "jail/prison_int.h"

#include "base/cleanup.h"
#include "jail/regtext.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAKERS_MAX 4
/* With fewer jails to start a crew is not worth its forks. */
#define JOBS_MIN 4
#define REQUEST_MAX 65536
#define TEXT_MAX 4096

enum {
	ANSWER_ENTERED,
	ANSWER_LINE,
	ANSWER_DONE
};

struct answer {
	int kind;
	int value; /* LINE: its level; DONE: the jid or a negative errno */
	char text[TEXT_MAX];
};

struct maker {
	pid_t pid;
	int fd; /* -1: it has ended */
	struct jailjob *job;
};

struct crew {
	struct maker v[MAKERS_MAX];
	size_t n;
	/* jobs in the order they came: gone on, with makers, waiting */
	struct jailjob **jobs;
	size_t gone, sent, end;
	bool entering; /* the last one sent has no jid yet */
};

/* ---- a maker ---- */

static void answer_send(int fd, int kind, int value, const char *text)
{
	struct answer a = {.kind = kind, .value = value};
	size_t n = offsetof(struct answer, text) + 1;

	str_copy(a.text, sizeof(a.text), text);
	n += strlen(a.text);
	if (send(fd, &a, n, MSG_NOSIGNAL) < 0)
		_exit(1); /* the run has gone */
}

static void maker_line(void *data, enum report_level level, const char *text)
{
	answer_send(*(int *)data, ANSWER_LINE, (int)level, text);
}

static void maker_entered(void *data)
{
	answer_send(*(int *)data, ANSWER_ENTERED, 0, "");
}

static void maker_make(struct prisons *ps, int fd, const char *text, size_t len)
{
	cleanup_pset struct pset params = {0};
	struct err e = ERR_INIT;
	int jid = 0, r = regtext_parse(text, len, &params, &e);

	if (!r)
		r = prison_set(ps, &params, PRISON_CREATE, &jid, &e);
	if (r < 0)
		nets_forget(ps->nets, pset_value(&params, "name"));
	answer_send(fd, ANSWER_DONE, r < 0 ? r : jid, e.text);
}

_Noreturn static void maker_main(struct jailrun *run, int fd,
				 const struct proc_id *parent)
{
	static char text[REQUEST_MAX];
	struct report report = {.line = maker_line, .data = &fd};
	ssize_t n;

	/* else the others would not see the end of theirs */
	for (size_t i = 0; i < run->crew->n; i++)
		close(run->crew->v[i].fd);
	close(run->epfd);
	prisons_report(run->ps, &report);
	run->ps->owner = *parent;
	run->ps->entered = maker_entered;
	run->ps->entered_data = &fd;
	while ((n = recv(fd, text, sizeof(text), 0)) > 0) {
		/* anew each time: the kernel forgets it with changes of ids */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent->pid)
			break;
		maker_make(run->ps, fd, text, (size_t)n);
		/* first processes of jails that have ended meanwhile */
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
	_exit(0);
}

/* ---- the crew ---- */

static bool host_commands(const struct jailjob *j)
{
	static const char *const before[] = {"exec.prepare", "exec.prestart",
					     "exec.created"};

	for (size_t i = 0; i < ARRAY_SIZE(before); i++) {
		const struct jparam *p = pset_find(&j->params, before[i]);

		if (p && p->values.n)
			return true;
	}
	return false;
}

static bool crew_wanted(const struct jailrun *run)
{
	size_t n = 0;

	/* a handle of the caller's has a report of the caller's */
	if (!run->own_ps || run->cmd->limit > 0)
		return false;
	for (size_t i = 0; i < run->njobs; i++) {
		const struct jailjob *j = run->jobs[i];

		if (host_commands(j))
			return false;
		if (j->queue != QUEUE_IDLE || j->steps)
			n += j->ops & JAILCMD_CREATE ? 1 : 0;
	}
	return n >= JOBS_MIN;
}

static int maker_start(struct jailrun *run, struct maker *m)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = run->crew};
	struct proc_id self;
	int fds[2];

	if (proc_id_self(&self, NULL) < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -EAGAIN;
	m->pid = fork();
	if (!m->pid) {
		close(fds[0]);
		maker_main(run, fds[1], &self);
	}
	close(fds[1]);
	if (m->pid < 0 ||
	    epoll_ctl(run->epfd, EPOLL_CTL_ADD, fds[0], &ev) < 0) {
		close(fds[0]);
		return -EAGAIN;
	}
	m->fd = fds[0];
	return 0;
}

/* As many as there are processors; one would only be in the way. */
static void crew_start(struct jailrun *run)
{
	struct crew *c = calloc(1, sizeof(*c));
	cpu_set_t cpus;
	size_t n;

	run->crew_asked = true;
	if (!c || sched_getaffinity(0, sizeof(cpus), &cpus) < 0 ||
	    !crew_wanted(run) ||
	    !(c->jobs = calloc(run->njobs, sizeof(struct jailjob *)))) {
		free(c);
		return;
	}
	n = (size_t)CPU_COUNT(&cpus);
	run->crew = c;
	for (size_t i = 0; n > 1 && i < n && i < MAKERS_MAX; i++) {
		if (maker_start(run, &c->v[i]) < 0)
			break;
		c->n++;
	}
	if (!c->n)
		crew_free(run);
}

void crew_free(struct jailrun *run)
{
	struct crew *c = run->crew;

	run->crew = NULL;
	for (size_t i = 0; c && i < c->n; i++)
		cleanup_close_p(&c->v[i].fd);
	for (size_t i = 0; c && i < c->n; i++)
		while (waitpid(c->v[i].pid, NULL, 0) < 0 && errno == EINTR)
			;
	if (c)
		free(c->jobs);
	free(c);
}

/* ---- what the loop does ---- */

static const char *job_name(const struct jailjob *j)
{
	const char *name = pset_value(&j->params, "name");

	return name ? name : j->name;
}

static int maker_send(struct jailrun *run, struct maker *m, struct jailjob *j)
{
	struct strbuf *b = &j->request;

	nets_away(run->ps->nets, job_name(j));
	if (send(m->fd, b->s, b->len, MSG_NOSIGNAL) < 0)
		return -errno;
	m->job = j;
	return 0;
}

/* What became of it; the job goes on when its turn has come. */
static void job_made(struct jailjob *j, int result, const char *text)
{
	j->made = result;
	if (result < 0) {
		free(j->made_text);
		j->made_text = strdup(text);
	}
	j->flags |= JOB_CREW;
}

static void crew_send(struct jailrun *run)
{
	struct crew *c = run->crew;

	for (size_t i = 0; i < c->n && !c->entering && c->sent < c->end; i++) {
		struct maker *m = &c->v[i];

		if (m->fd < 0 || m->job)
			continue;
		if (maker_send(run, m, c->jobs[c->sent]) < 0)
			continue;
		c->sent++;
		c->entering = true;
	}
}

/* Those that are done, up to the first that is not. */
static void crew_go_on(struct jailrun *run)
{
	struct crew *c = run->crew;

	while (c->gone < c->sent && (c->jobs[c->gone]->flags & JOB_CREW))
		jailjob_queue(run, c->jobs[c->gone++], QUEUE_READY);
}

/* Nobody is left to make them. */
static void crew_fail(struct crew *c, const char *why)
{
	while (c->sent < c->end)
		job_made(c->jobs[c->sent++], -ECANCELED, why);
}

static void maker_gone(struct jailrun *run, struct maker *m)
{
	struct jailjob *j = take_ptr(m->job);
	struct epoll_event ev = {0};
	bool left = false;

	(void)epoll_ctl(run->epfd, EPOLL_CTL_DEL, m->fd, &ev);
	cleanup_close_p(&m->fd);
	m->fd = -1;
	/* so that it is known to be dead */
	while (waitpid(m->pid, NULL, 0) < 0 && errno == EINTR)
		;
	run->crew->entering = false;
	if (j) {
		prisons_take_back(run->ps, job_name(j));
		job_made(j, -ECANCELED, "the process that made it was killed");
	}
	for (size_t i = 0; i < run->crew->n; i++)
		left |= run->crew->v[i].fd >= 0;
	if (!left)
		crew_fail(run->crew, "the process that made it was killed");
}

static void maker_answer(struct jailrun *run, struct maker *m,
			 const struct answer *a)
{
	if (a->kind == ANSWER_LINE) {
		report(run->ps->report, (enum report_level)a->value, "%s",
		       a->text);
		return;
	}
	run->crew->entering = false;
	if (a->kind == ANSWER_DONE && m->job)
		job_made(take_ptr(m->job), a->value, a->text);
}

static void maker_read(struct jailrun *run, struct maker *m)
{
	struct answer a;
	ssize_t n;

	while (m->fd >= 0) {
		n = recv(m->fd, &a, sizeof(a), MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= (ssize_t)offsetof(struct answer, text))
			maker_gone(run, m);
		else
			maker_answer(run, m, &a);
	}
}

void crew_event(struct jailrun *run)
{
	for (size_t i = 0; i < run->crew->n; i++)
		maker_read(run, &run->crew->v[i]);
	crew_send(run);
	crew_go_on(run);
}

void crew_cancel(struct jailrun *run)
{
	if (!run->crew)
		return;
	crew_fail(run->crew, "interrupted");
	crew_go_on(run);
}

int crew_make(struct jailrun *run, struct jailjob *j, const struct pset *params)
{
	struct crew *c;

	if (!run->crew_asked)
		crew_start(run);
	c = run->crew;
	if (!c || c->end == run->njobs)
		return STEP_DONE;
	regtext_print(&j->request, params);
	if (strbuf_failed(&j->request) || j->request.len >= REQUEST_MAX) {
		strbuf_free(&j->request);
		return STEP_DONE;
	}
	j->line = strdup("its creation");
	c->jobs[c->end++] = j;
	j->since = jailrun_now();
	j->deadline = 0;
	jailjob_queue(run, j, QUEUE_SLEEP);
	crew_send(run);
	return STEP_WAIT;
}

int crew_result(struct jailrun *run, struct jailjob *j)
{
	bool cancelled = j->flags & JOB_CANCEL;
	struct err e = ERR_INIT;
	int r;

	j->flags &= ~(unsigned int)(JOB_CREW | JOB_CANCEL | JOB_KILLED);
	j->deadline = 0;
	strbuf_free(&j->request);
	free(take_ptr(j->line));
	nets_back(run->ps->nets, job_name(j), j->made);
	if (j->made < 0) {
		jailjob_error(run, j, "%s",
			      j->made_text ? j->made_text : "out of memory");
		return j->made;
	}
	/* the makers may have made the registry */
	r = reg_open(run->ps, false, &e);
	if (r < 0) {
		jailjob_error(run, j, "%s", e.text);
		return r;
	}
	r = jailjob_created(run, j, j->made);
	if (r < 0 || !cancelled)
		return r;
	jailjob_error(run, j, "interrupted");
	j->value++; /* this step is to be undone, too */
	return -ECANCELED;
}
