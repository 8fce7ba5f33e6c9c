/*
 * jailcmd_exec: one exec.* command as a process.
 *
 * Theory of operation.  Commands of the host are forked here, commands of the
 * jail are put into it by prison_spawn(); both are then waited for by pidfd.
 * A host command leads a process group of its own unless jail(8) was called
 * from a terminal, where the command must stay in the foreground group: so a
 * timeout reaches what a script has started, too.  "/bin/sh /etc/rc" and
 * "/bin/sh /etc/rc.shutdown" in a jail without that file run the built-in rc.
 *
 * That rc is this program, and the child a copy of it that has become a process
 * of the jail; so where the jail's files are the machine's it goes on as rc
 * without executing anything, which takes a third less time.  Nobody in the
 * jail can look at its memory (prison_exec.c), and what it starts itself it
 * executes by way of rt/run.  Libraries of a root that may be a stranger's are
 * not loaded into a copy of our memory: there rc is executed.
 */
#include "jail/jailcmd_int.h"
#include "jail/jexec_tty.h"
#include "jail/prison_int.h"

#include "base/cancel.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/runtime.h"
#include "jail/jailcmd_split.h"
#include "jail/param.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#define RT_BIN CELLBLOCK_RUN "/rt/bin"
#define PATH_LOGIN                                                             \
	"/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"

extern char **environ;

/* What a child needs to know to become the command. */
struct jailcmd_child {
	char *const *argv;
	char *const *envp;  /* NULL: environ as it is */
	const char *prefix; /* "NAME: " for messages, or "" */
	char *const *rc;    /* instead of argv when argv[1] is missing */
	bool rc_here;	    /* and that without executing it */
	const struct passwd *pw;
	bool chdir_home;
	bool own_group;
	bool session;
	bool interactive; /* a person may talk with it */
	int output;	  /* becomes 1 and 2; -1: they stay */
};

/* ---- environment ---- */

static int env_put(struct strv *env, const char *name, const char *value)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < env->n; i++)
		if (!strncmp(env->v[i], name, n) && env->v[i][n] == '=') {
			strv_remove(env, i);
			break;
		}
	return value ? strv_addf(env, "%s=%s", name, value) : 0;
}

static int env_jail(struct strv *env, const struct jailjob *j)
{
	const char *name = pset_value(&j->params, "name");
	const char *path = pset_value(&j->params, "path");
	char jid[16];

	if (j->jid > 0) {
		snprintf(jid, sizeof(jid), "%d", j->jid);
		if (env_put(env, "JID", jid) < 0)
			return -ENOMEM;
	}
	if (env_put(env, "JNAME", name ? name : j->name) < 0 ||
	    env_put(env, "JPATH", path) < 0)
		return -ENOMEM;
	return 0;
}

static int env_user(struct strv *env, const struct passwd *pw)
{
	if (!pw)
		return 0;
	if (env_put(env, "USER", pw->pw_name) < 0 ||
	    env_put(env, "HOME", pw->pw_dir) < 0 ||
	    env_put(env, "SHELL", *pw->pw_shell ? pw->pw_shell : "/bin/sh") < 0)
		return -ENOMEM;
	return 0;
}

/* Where cellblock's commands are for one: malloc'd. */
static char *commands_dir(bool injail)
{
	cleanup_free char *rt = NULL;

	if (injail || runtime_dir(&rt, NULL) < 0)
		return strdup(RT_BIN);
	return str_printf("%s/bin", rt);
}

/*
 * Our commands come before those of `path`: "ifconfig epair create" is written
 * for FreeBSD's, wherever jail(8) was called from.
 */
static int env_path(struct strv *env, const char *path)
{
	cleanup_free char *rt = NULL, *ours = NULL, *all = NULL;

	if (runtime_dir(&rt, NULL) < 0)
		ours = strdup(CELLBLOCK_RUN "/rt/scripts:" RT_BIN);
	else
		ours = str_printf("%s/scripts:%s/bin", rt, rt);
	if (ours && str_prefix(path, ours)) /* from a command of such a one */
		return env_put(env, "PATH", path);
	all = ours ? str_printf("%s:%s", ours, path) : NULL;
	return all ? env_put(env, "PATH", all) : -ENOMEM;
}

/*
 * The environment of a command.  In a jail prison_spawn() puts the runtime
 * first in PATH, and makes the clean one itself.
 */
static int env_build(const struct jailjob *j, bool injail, bool clean,
		     const struct passwd *pw, struct strv *env)
{
	const char *term = getenv("TERM"), *path = getenv("PATH");

	if (clean) {
		if (env_path(env, PATH_LOGIN) < 0 ||
		    env_put(env, "TERM", term) < 0)
			return -ENOMEM;
		return env_user(env, pw);
	}
	for (char **v = environ; v && *v; v++)
		if (strv_add(env, *v) < 0)
			return -ENOMEM;
	if (!injail && env_path(env, path && *path ? path : PATH_LOGIN) < 0)
		return -ENOMEM;
	if (env_user(env, pw) < 0)
		return -ENOMEM;
	return env_jail(env, j);
}

/* ---- the child ---- */

static void child_say(const struct jailcmd_child *c, const char *what,
		      const char *arg, int code)
{
	/* stderr of this process, which may be exec.consolelog by now */
	dprintf(STDERR_FILENO, "jail: %s%s %s: %s\n", c->prefix, what, arg,
		strerror(code));
}

static void child_signals(void)
{
	static const int sigs[] = {SIGINT,  SIGTERM, SIGHUP,
				   SIGQUIT, SIGPIPE, SIGCHLD};
	sigset_t none;

	for (size_t i = 0; i < ARRAY_SIZE(sigs); i++)
		signal(sigs[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int child_user(const struct jailcmd_child *c)
{
	const struct passwd *pw = c->pw;

	if (!pw || pw->pw_uid == geteuid())
		return 0;
	if (initgroups(pw->pw_name, pw->pw_gid) < 0 || setgid(pw->pw_gid) < 0 ||
	    setuid(pw->pw_uid) < 0) {
		child_say(c, "setusercontext", pw->pw_name, errno);
		return -1;
	}
	return 0;
}

static int child_exec(const struct jailcmd_child *c, char *const *argv)
{
	char who[512];

	if (c->envp) /* a process of its own, which looks into its PATH */
		environ = (char **)c->envp;
	snprintf(who, sizeof(who), "jail: %sexec ", c->prefix);
	child_say(c, "exec", argv[0], -prison_execvp(argv, environ, who));
	return 1;
}

static int (*builtin_rc)(int argc, char **argv);

void jailcmd_set_rc(int (*rc)(int argc, char **argv))
{
	builtin_rc = rc;
}

/* Become rc.  What the process that this is a copy of has left unwritten, and
 * its descriptors, are not rc's. */
static int child_builtin(const struct jailcmd_child *c)
{
	char name[] = "rc";
	char *argv[] = {name, c->rc[1], NULL};
	int r;

	prctl(PR_SET_NAME, name);
	cancel_forget();
	__fpurge(stdout);
	__fpurge(stderr);
	optind = 0;
	r = builtin_rc(2, argv);
	fflush(stdout);
	return r;
}

/* The program itself; its return value is the exit status. */
static int child_main(void *data)
{
	const struct jailcmd_child *c = data;
	char *const *argv = c->argv;

	child_signals();
	if (c->output >= 0 && (dup2(c->output, STDOUT_FILENO) < 0 ||
			       dup2(c->output, STDERR_FILENO) < 0))
		return 1;
	if (c->session)
		setsid();
	else if (c->own_group)
		setpgid(0, 0);
	if (child_user(c) < 0)
		return 1;
	if (c->chdir_home && c->pw && chdir(c->pw->pw_dir) < 0) {
		child_say(c, "chdir", c->pw->pw_dir, errno);
		return 1;
	}
	if (c->rc && access(argv[1], F_OK) < 0)
		return c->rc_here ? child_builtin(c) : child_exec(c, c->rc);
	return child_exec(c, argv);
}

/* {".../rc", "start"} for "/bin/sh /etc/rc", and its like; NULL: neither. */
static char *const *child_rc(const struct strv *argv)
{
	static char rc[] = RT_BIN "/rc", start[] = "start", stop[] = "stop";
	static char *const rc_start[] = {rc, start, NULL};
	static char *const rc_stop[] = {rc, stop, NULL};

	if (argv->n < 2 || argv->n > 3 ||
	    (argv->n == 3 && strcmp(argv->v[2], "jail") != 0))
		return NULL;
	if (strcmp(argv->v[0], "/bin/sh") != 0 && strcmp(argv->v[0], "sh") != 0)
		return NULL;
	if (!strcmp(argv->v[1], "/etc/rc"))
		return rc_start;
	return strcmp(argv->v[1], "/etc/rc.shutdown") ? NULL : rc_stop;
}

/* ---- starting it ---- */

static int spawn_host(struct jailrun *run, struct jailjob *j,
		      struct jailcmd_child *c, pid_t *ret)
{
	pid_t pid;

	c->output = jailjob_output(run, j);
	c->own_group = !c->session && !isatty(STDIN_FILENO);
	pid = fork();
	if (pid < 0) {
		jailjob_error(run, j, "fork: %s", strerror(errno));
		return -1;
	}
	if (!pid)
		_exit(child_main(c));
	j->own_group = c->own_group;
	/* both sides do it, so that it is done whoever comes first */
	if (c->own_group)
		(void)setpgid(pid, pid);
	*ret = pid;
	return 0;
}

/* A jail may have put anything in its log's place. */
static int console_beneath(struct prisons *ps, const char *path,
			   const char *log, int flags, int *ret)
{
	cleanup_close int root = -1, fd = -1;
	char real[PATH_MAX];
	struct err e = ERR_INIT;
	struct stat st;
	int r;

	r = jail_path_open(ps, path, &root, real, &e);
	if (r < 0)
		return r;
	/* a fifo without a reader must not hold us up */
	r = file_open_beneath(root, log, flags | O_NONBLOCK, 0666, &fd, &e);
	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ENXIO;
	*ret = take_fd(&fd);
	return 0;
}

/* exec.consolelog; below the jail's path nothing may be a symlink. */
static int console_open(struct jailrun *run, struct jailjob *j, int *ret)
{
	const char *log = pset_value(&j->params, "exec.consolelog");
	const char *path = pset_value(&j->params, "path");
	const int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY;
	size_t n = path ? strlen(path) : 0;
	int r;

	if (!log || !*log)
		return 0;
	if (log[0] != '/') {
		jailjob_error(run, j,
			      "exec.consolelog: %s: not an absolute pathname",
			      log);
		return -1;
	}
	while (n && path[n - 1] == '/')
		n--;
	if (n && !strncmp(log, path, n) && log[n] == '/') {
		r = console_beneath(run->ps, path, log + n + 1, flags, ret);
	} else {
		int fd = open(log, flags, 0666);

		r = fd < 0 ? -errno : 0;
		if (fd >= 0)
			*ret = fd;
	}
	if (r == -ELOOP)
		jailjob_error(run, j, "exec.consolelog: %s is a symbolic link",
			      log);
	else if (r < 0)
		jailjob_error(run, j, "open %s: %s", log, strerror(-r));
	return r;
}

static int spawn_jail(struct jailrun *run, struct jailjob *j,
		      struct jailcmd_child *c, const struct strv *env,
		      const char *user, bool clean, pid_t *ret)
{
	cleanup_prison struct prison p = {0};
	cleanup_close int log = -1, in = -1, out = -1, err = -1;
	struct err e = ERR_INIT;
	char jid[16];
	struct prison_exec x = {
		.fn = child_main,
		.runs = true,
		.data = c,
		.envp = env->v,
		.user = user,
		.user_from_host =
			param_set_bool(&j->params, "exec.system_jail_user"),
		.login = clean,
		.stdio = {-1, -1, -1},
	};

	if (console_open(run, j, &log) < 0)
		return -1;
	if (!c->interactive) {
		x.stdio[0] = in = jexec_tty_one_way(STDIN_FILENO);
		x.stdio[1] = out = jexec_tty_one_way(STDOUT_FILENO);
		x.stdio[2] = err = jexec_tty_one_way(STDERR_FILENO);
		c->session = true;
	}
	if (log >= 0)
		x.stdio[1] = x.stdio[2] = log;
	else if (jailjob_output(run, j) >= 0)
		x.stdio[1] = x.stdio[2] = jailjob_output(run, j);
	snprintf(jid, sizeof(jid), "%d", j->jid);
	/* a jail of this level is known by its number */
	if (jid_exists(run->ps, j->jid)
		    ? jail_spawn(run->ps, j->jid, &x, ret, &e) < 0
		    : prison_get(run->ps, jid, false, &p, &e) < 0 ||
			      prison_spawn(run->ps, &p, &x, ret, &e) < 0) {
		/* a user that is not there is nothing of the jail's */
		jailjob_error(run, j, "%s%s",
			      user && e.code == ENOENT ? "" : "jail_attach: ",
			      e.text);
		return -1;
	}
	if ((j->flags & (JOB_CREATED | JOB_INHABITED)) == JOB_CREATED) {
		j->flags |= JOB_INHABITED;
		run->inhabited++;
	}
	j->own_group = c->session;
	return 0;
}

static int background_add(struct jailrun *run, pid_t pid)
{
	pid_t *v = reallocarray(run->background, run->nbackground + 1,
				sizeof(pid_t));

	if (!v)
		return -ENOMEM;
	run->background = v;
	v[run->nbackground++] = pid;
	return 0;
}

/* The started process is what the job waits for now. */
static int job_sleep(struct jailrun *run, struct jailjob *j, pid_t pid,
		     const char *line)
{
	struct jparam *t = pset_find(&j->params, "exec.timeout");
	int seconds = 0;

	if (t)
		(void)param_int(t, &seconds, NULL);
	j->pid = pid;
	j->line = strdup(line);
	j->pidfd = pidfd_open(pid, 0);
	if (j->pidfd < 0 || !j->line || jailrun_watch(run, j, j->pidfd) < 0) {
		jailjob_error(run, j, "%s: %s", line, strerror(errno));
		kill(pid, SIGKILL);
		if (j->pidfd >= 0)
			close(j->pidfd);
		j->pid = 0;
		j->pidfd = -1;
		return -1;
	}
	j->since = jailrun_now();
	j->deadline = seconds > 0 ? j->since + (int64_t)seconds * 1000 : 0;
	run->running++;
	jailjob_queue(run, j, QUEUE_SLEEP);
	return STEP_WAIT;
}

/* The words of a command: one string to split, or all values as argv. */
static int command_words(const struct jailjob *j, const struct jailstep *step,
			 const char *value, struct jailcmd_line *ret,
			 struct err *e)
{
	const struct jparam *p;

	if (j->name || strcmp(step->param, "command") != 0)
		return jailcmd_split(value, ret, e);
	p = pset_find(&j->params, "command");
	return strv_copy(&ret->argv, &p->values) < 0 ? err_nomem(e) : 0;
}

static int user_lookup(struct jailrun *run, struct jailjob *j, const char *user,
		       const struct passwd **ret)
{
	errno = 0;
	*ret = user ? getpwnam(user) : getpwuid(getuid());
	if (*ret)
		return 0;
	if (user)
		jailjob_error(run, j, "%s: no such user", user);
	else
		jailjob_error(run, j, "unknown uid %d", (int)getuid());
	return -1;
}

/* Jails that make jails are left alone, too: they are a world of their own. */
static bool rc_here(const struct jailjob *j)
{
	const char *path = pset_value(&j->params, "path");

	return builtin_rc && (!path || !strcmp(path, "/")) &&
	       param_int_of(&j->params, "children.max", 0) <= 0;
}

static int job_spawn(struct jailrun *run, struct jailjob *j,
		     const struct jailstep *step, struct jailcmd_line *l,
		     pid_t *ret)
{
	const char *user =
		pset_value(&j->params, step->injail ? "exec.jail_user"
						    : "exec.system_user");
	bool clean = param_set_bool(&j->params, "exec.clean");
	cleanup_strv struct strv env = {0};
	cleanup_free char *prefix = NULL;
	const struct passwd *pw = NULL;
	struct jailcmd_child c = {
		.argv = l->argv.v,
		.session = l->background,
		.output = -1,
	};

	if (!step->injail && (clean || user)) {
		if (user_lookup(run, j, user, &pw) < 0)
			return -1;
		c.pw = pw;
		c.chdir_home = clean;
	}
	prefix =
		str_printf("%s%s", j->name ? j->name : "", j->name ? ": " : "");
	if (!prefix || env_build(j, step->injail, clean, pw, &env) < 0)
		return -1;
	c.prefix = prefix;
	if (!step->injail) {
		c.envp = env.v;
		return spawn_host(run, j, &c, ret);
	}
	c.rc = child_rc(&l->argv);
	if (c.rc)
		j->flags |= JOB_RC;
	c.rc_here = c.rc && !user && rc_here(j);
	c.interactive = step->param && !strcmp(step->param, "command");
	return spawn_jail(run, j, &c, &env, user, clean, ret);
}

static int job_command(struct jailrun *run, struct jailjob *j,
		       const struct jailstep *step, struct jailcmd_line *l)
{
	const char *user =
		pset_value(&j->params, step->injail ? "exec.jail_user"
						    : "exec.system_user");
	cleanup_free char *text = jailcmd_line_text(&l->argv);
	cleanup_free char *dir = commands_dir(step->injail);
	pid_t pid = 0;

	if (!text || !dir || jailcmd_bsd_paths(l, dir, NULL) < 0)
		return -1;
	jailjob_note(run, j, REPORT_VERBOSE, "run command%s%s%s: %s",
		     step->injail ? " in jail" : "", user ? " as " : "",
		     user ? user : "", text);
	if (job_spawn(run, j, step, l, &pid) < 0)
		return -1;
	if (l->background)
		return background_add(run, pid) < 0 ? -1 : STEP_DONE;
	return job_sleep(run, j, pid, text);
}

int jailjob_exec(struct jailrun *run, struct jailjob *j,
		 const struct jailstep *step, const char *value)
{
	struct jailcmd_line l = {0};
	struct err e = ERR_INIT;
	int r;

	if (command_words(j, step, value, &l, &e) < 0) {
		jailjob_error(run, j, "%s", e.text);
		return -1;
	}
	r = l.argv.n ? job_command(run, j, step, &l) : STEP_DONE;
	strv_free(&l.argv);
	return r;
}
