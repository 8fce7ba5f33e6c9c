/*
 * clone: children by clone3(2), which alone can put a child into a cgroup at
 * its birth.
 *
 * Theory of operation.  ns_vfork() shares the caller's memory with the child
 * and needs the child on a stack of its own, so the first instructions after
 * the system call are in assembler: the child finds its function and argument
 * in registers that the kernel preserves, and never returns.  Thread-local
 * storage is shared too (errno, the allocator's caches), which is fine since
 * the caller sleeps.  CLONE_CLEAR_SIGHAND keeps the caller's handlers from
 * running in the child on the caller's memory.
 */
#include "ns/ns.h"

#include "base/cleanup.h"

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define CHILD_STACK (256 * 1024)

static int64_t clone3_on_stack(struct clone_args *a, int (*fn)(void *),
			       void *arg)
{
#if defined(__x86_64__)
	register int (*r12)(void *) __asm__("r12") = fn;
	register void *r13 __asm__("r13") = arg;
	int64_t ret;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "mov %%r13, %%rdi\n\t"
			 "call *%%r12\n\t"
			 "mov %%eax, %%edi\n\t"
			 "mov $60, %%eax\n\t"
			 "syscall\n\t"
			 "hlt\n\t"
			 "1:\n\t"
			 : "=a"(ret)
			 : "0"((int64_t)SYS_clone3), "D"(a), "S"(sizeof(*a)),
			   "r"(r12), "r"(r13)
			 : "rcx", "r11", "memory", "cc");
	return ret;
#elif defined(__aarch64__)
	register int64_t x8 __asm__("x8") = SYS_clone3;
	register int64_t x0 __asm__("x0") = (int64_t)a;
	register int64_t x1 __asm__("x1") = sizeof(*a);
	register int (*x20)(void *) __asm__("x20") = fn;
	register void *x21 __asm__("x21") = arg;

	__asm__ volatile("svc #0\n\t"
			 "cbnz x0, 1f\n\t"
			 "mov x29, #0\n\t"
			 "mov x30, #0\n\t"
			 "mov x0, x21\n\t"
			 "blr x20\n\t"
			 "mov x8, #93\n\t"
			 "svc #0\n\t"
			 "brk #0\n\t"
			 "1:\n\t"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x20), "r"(x21)
			 : "memory", "cc");
	return x0;
#else
#error "clone3_on_stack: not written for this processor yet"
#endif
}

static void args_fill(struct clone_args *a, const struct ns_child *c,
		      int *pidfd)
{
	*a = (struct clone_args){
		.flags = c->flags | CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
		.pidfd = (uint64_t)(uintptr_t)pidfd,
		/* a sibling's is what the caller's is */
		.exit_signal =
			c->flags & CLONE_PARENT || c->quiet ? 0 : SIGCHLD,
	};
	if (c->cgroup_fd >= 0) {
		a->flags |= CLONE_INTO_CGROUP;
		a->cgroup = (uint64_t)c->cgroup_fd;
	}
}

static int done(int64_t r, int *pidfd, pid_t *ret_pid, int *ret_pidfd,
		struct err *e)
{
	if (r < 0)
		return err_sys(e, (int)-r, "clone");
	*ret_pid = (pid_t)r;
	if (ret_pidfd)
		*ret_pidfd = *pidfd;
	else
		close(*pidfd);
	return 0;
}

/* The caller's signal mask while a child of ns_vfork() runs. */
static sigset_t vfork_mask;

void ns_vfork_unblock(void)
{
	sigprocmask(SIG_SETMASK, &vfork_mask, NULL);
}

int ns_vfork(const struct ns_child *c, pid_t *ret_pid, int *ret_pidfd,
	     struct err *e)
{
	struct clone_args a;
	sigset_t all, mask;
	int pidfd = -1;
	void *stack;
	int64_t r;

	stack = mmap(NULL, CHILD_STACK, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stack == MAP_FAILED)
		return err_sys(e, errno, "stack of a child");
	args_fill(&a, c, &pidfd);
	a.flags |= CLONE_VM | CLONE_VFORK;
	a.stack = (uint64_t)(uintptr_t)stack;
	a.stack_size = CHILD_STACK;
	/*
	 * A signal that ended the child in the middle of malloc() would leave
	 * the caller a broken heap; fn ends with ns_vfork_unblock().
	 */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &mask);
	vfork_mask = mask; /* a child that does the same writes over it */
	r = clone3_on_stack(&a, c->fn, c->arg);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	munmap(stack, CHILD_STACK);
	return done(r, &pidfd, ret_pid, ret_pidfd, e);
}

int ns_fork(const struct ns_child *c, pid_t *ret_pid, int *ret_pidfd,
	    struct err *e)
{
	struct clone_args a;
	int pidfd = -1;
	int64_t r;

	args_fill(&a, c, &pidfd);
	r = syscall(SYS_clone3, &a, sizeof(a));
	if (r == 0)
		_exit(c->fn(c->arg));
	if (r < 0)
		r = -errno;
	return done(r, &pidfd, ret_pid, ret_pidfd, e);
}
