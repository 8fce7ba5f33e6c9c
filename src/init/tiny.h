/*
 * tiny: what the programs without libc need.  They are static, hold no data
 * worth a page, and run as pid 1 of every jail, so what they do not contain
 * cannot be attacked and what they do not map costs nothing.
 */
#ifndef CB_INIT_TINY_H
#define CB_INIT_TINY_H

#include <stddef.h>
#include <asm/unistd.h>

/* The entry point gives the initial stack to tiny_main(). */
#if defined(__x86_64__)
__asm__(".globl _start\n"
	"_start:\n"
	"	xor %ebp, %ebp\n"
	"	mov %rsp, %rdi\n"
	"	and $-16, %rsp\n"
	"	call tiny_main\n"
	"	hlt\n");

static inline long tiny_call(long nr, long a, long b, long c, long d, long e)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return ret;
}
#elif defined(__aarch64__)
__asm__(".globl _start\n"
	"_start:\n"
	"	mov x29, #0\n"
	"	mov x30, #0\n"
	"	mov x0, sp\n"
	"	bl tiny_main\n"
	"	brk #0\n");

static inline long tiny_call(long nr, long a, long b, long c, long d, long e)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
			 : "memory");
	return x0;
}
#else
#error "tiny: not written for this processor yet"
#endif

void tiny_main(long *stack);

#define TINY_EINTR (-4L)
#define TINY_AT_FDCWD (-100L)

_Noreturn static inline void tiny_exit(int status)
{
	for (;;)
		tiny_call(__NR_exit_group, status, 0, 0, 0, 0);
}

#endif
