/*
 * launch: what the names in rt/bin are links to.  A jail's root may have no
 * glibc or another one, so cellblock is started with the loader and the
 * libraries that lie beside it:
 *
 *	RT/lib/ld.so --library-path RT/lib --argv0 NAME RT/cellblock ARGS
 *
 * RT is the directory of this program, or the place where jails have it when
 * there is no /proc to tell.
 */
#include "init/tiny.h"

#define PATH_SIZE 4096
#define RT_USUAL "/run/cellblock/rt"

static size_t length(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

static void join(char *dst, const char *dir, size_t len, const char *name)
{
	size_t n = length(name);

	for (size_t i = 0; i < len; i++)
		dst[i] = dir[i];
	for (size_t i = 0; i <= n; i++)
		dst[len + i] = name[i];
}

/* The directory's length; its text in buf. */
static size_t find_rt(char *buf)
{
	long n =
		tiny_call(__NR_readlinkat, TINY_AT_FDCWD,
			  (long)"/proc/self/exe", (long)buf, PATH_SIZE - 64, 0);

	/* "/x/launch" has its slash; "(deleted)" and the like do not matter */
	while (n > 0 && buf[n - 1] != '/')
		n--;
	if (n > 1)
		return (size_t)n - 1;
	join(buf, "", 0, RT_USUAL);
	return sizeof(RT_USUAL) - 1;
}

void tiny_main(long *stack)
{
	long argc = stack[0];
	char **argv = (char **)(stack + 1), **envp = argv + argc + 1;
	char rt[PATH_SIZE], ld[PATH_SIZE], lib[PATH_SIZE], prog[PATH_SIZE];
	char *nv[argc + 7]; /* the stack is as large as the arguments' limit */
	size_t len = find_rt(rt);

	join(ld, rt, len, "/lib/ld.so");
	join(lib, rt, len, "/lib");
	join(prog, rt, len, "/cellblock");
	nv[0] = ld;
	nv[1] = "--library-path";
	nv[2] = lib;
	nv[3] = "--argv0";
	nv[4] = argc > 0 ? argv[0] : "cellblock";
	nv[5] = prog;
	for (long i = 1; i < argc; i++)
		nv[5 + i] = argv[i];
	nv[argc > 0 ? 5 + argc : 6] = 0;
	tiny_call(__NR_execve, (long)ld, (long)nv, (long)envp, 0, 0);
	tiny_exit(127);
}
