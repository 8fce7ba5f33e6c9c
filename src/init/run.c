/*
 * run: the last step into a jail.
 *
 *	run STATUS WHO PROGRAM ARG0 ARG...
 *
 * Whoever joins a jail becomes this before it becomes a program of the jail.
 * A program may be a script whose interpreter is /proc/self/exe; so that this
 * is nothing that the host would run again, it runs from a sealed copy in
 * memory (prison_run.c), and holds nothing of the host's any more: no
 * descriptor, no memory, no right.  When PROGRAM cannot be executed it says so,
 * after WHO, and exits with STATUS.
 */
#include "init/tiny.h"

#define ENOEXEC 8
#define SHELL "/bin/sh"

static const struct {
	int code;
	const char *text;
} errors[] = {
	{1, "Operation not permitted"},
	{2, "No such file or directory"},
	{5, "Input/output error"},
	{7, "Argument list too long"},
	{8, "Exec format error"},
	{12, "Cannot allocate memory"},
	{13, "Permission denied"},
	{20, "Not a directory"},
	{21, "Is a directory"},
	{22, "Invalid argument"},
	{26, "Text file busy"},
	{36, "File name too long"},
	{40, "Too many levels of symbolic links"},
	{80, "Accessing a corrupted shared library"},
};

static void say(const char *s)
{
	long n = 0;

	while (s[n])
		n++;
	tiny_call(__NR_write, 2, (long)s, n, 0, 0);
}

static void say_error(long code)
{
	char num[] = "error 000\n";

	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
		if (errors[i].code == code) {
			say(errors[i].text);
			say("\n");
			return;
		}
	for (int i = 8; i > 5; i--, code /= 10)
		num[i] = (char)('0' + code % 10);
	say(num);
}

static int number(const char *s)
{
	int n = 0;

	while (*s >= '0' && *s <= '9')
		n = n * 10 + (*s++ - '0');
	return n;
}

static long execute(const char *path, char **argv, char **envp)
{
	return -tiny_call(__NR_execve, (long)path, (long)argv, (long)envp, 0,
			  0);
}

void tiny_main(long *stack)
{
	long argc = stack[0], code;
	char **argv = (char **)(stack + 1), **envp = argv + argc + 1;
	char *status = argv[0], *who = argv[1], *path = argv[2];

	/* as an interpreter it is called otherwise */
	if (argc < 4)
		tiny_exit(126);
	code = execute(path, argv + 3, envp);
	if (code == ENOEXEC) {
		/* no "#!": a shell's, as execvp(3) has it */
		argv[2] = (char *)SHELL;
		argv[3] = path;
		code = execute(SHELL, argv + 2, envp);
	}
	say(who);
	say(": ");
	say_error(code);
	tiny_exit(number(status));
}
