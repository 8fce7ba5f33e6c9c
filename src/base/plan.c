/* See plan.h. */
#include "base/plan.h"

#include "base/cleanup.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Is this the step that the environment names?  *left is -1 at first. */
static bool count_down(const char *env, long *left)
{
	if (*left < 0) {
		const char *s = secure_getenv(env);

		*left = s ? strtol(s, NULL, 10) : 0;
		if (*left < 0)
			*left = 0;
	}
	return *left > 0 && --*left == 0;
}

bool plan_failpoint_hit(void)
{
	static long left = -1;

	return count_down("CELLBLOCK_DIE_AT", &left);
}

void plan_failpoint(void)
{
	static long left = -1;

	if (plan_failpoint_hit())
		kill(getpid(), SIGKILL);
	if (count_down("CELLBLOCK_STOP_AT", &left))
		kill(getpid(), SIGSTOP);
}

int plan_add(struct plan *p, int (*run)(void *, void *, struct err *),
	     int (*undo)(void *, void *, struct err *), void *arg,
	     void (*free_arg)(void *), struct err *e, const char *text, ...)
{
	cleanup_free char *t = NULL;
	struct plan_step *v;
	va_list ap;
	int n = 0;

	if (text) {
		va_start(ap, text);
		n = vasprintf(&t, text, ap);
		va_end(ap);
		if (n < 0)
			t = NULL;
	}
	v = n < 0 ? NULL : reallocarray(p->v, p->n + 1, sizeof(*v));
	if (!v) {
		if (free_arg)
			free_arg(arg);
		return err_nomem(e);
	}
	p->v = v;
	v[p->n++] = (struct plan_step){
		.text = take_ptr(t),
		.run = run,
		.undo = undo,
		.free_arg = free_arg,
		.arg = arg,
	};
	return 0;
}

int plan_undo(struct plan *p, void *ctx, plan_observer *obs, void *data,
	      struct err *e)
{
	int first = 0, r;

	for (size_t i = p->n; i-- > 0;) {
		struct plan_step *s = &p->v[i];
		struct err ue = ERR_INIT;

		if (!s->done)
			continue;
		s->done = false;
		if (!s->undo)
			continue;
		if (obs)
			obs(data, s, i, p->n, true);
		plan_failpoint();
		r = s->undo(ctx, s->arg, &ue);
		if (r < 0 && !first) {
			first = r;
			err_set(e, -r, "undo of %s failed: %s",
				s->text ? s->text : "a step", ue.text);
		}
	}
	return first;
}

int plan_run(struct plan *p, void *ctx, plan_observer *obs, void *data,
	     struct err *e)
{
	for (size_t i = 0; i < p->n; i++) {
		struct plan_step *s = &p->v[i];
		struct err ue = ERR_INIT;
		int r;

		if (s->done)
			continue;
		if (obs)
			obs(data, s, i, p->n, false);
		plan_failpoint();
		r = s->run(ctx, s->arg, e);
		if (r >= 0) {
			s->done = true;
			continue;
		}
		if (plan_undo(p, ctx, obs, data, &ue) < 0 && e) {
			err_append(e, "; %s", ue.text);
		}
		return r;
	}
	return 0;
}

void plan_free(struct plan *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->v[i].text);
		if (p->v[i].free_arg)
			p->v[i].free_arg(p->v[i].arg);
	}
	free(p->v);
	*p = (struct plan){0};
}
