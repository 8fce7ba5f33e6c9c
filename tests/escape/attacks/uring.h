/*
 * uring: one call at a time by io_uring, with nothing but system calls.
 */
#ifndef CB_TESTS_URING_H
#define CB_TESTS_URING_H

#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

/* Numbers of the kernel's; headers of Debian 12 lack the last. */
enum {
	URING_SENDMSG = 9,
	URING_CONNECT = 16,
	URING_BIND = 56
};
#define URING_ASYNC IOSQE_ASYNC

struct uring {
	int fd;
	struct io_uring_params p;
	char *sq, *cq;
	struct io_uring_sqe *sqes;
};

/* NULL and errno when there is none to be had. */
static inline struct uring *uring_new(void)
{
	struct uring *u = calloc(1, sizeof(*u));
	int prot = PROT_READ | PROT_WRITE;

	if (!u)
		return NULL;
	u->fd = (int)syscall(SYS_io_uring_setup, 4, &u->p);
	if (u->fd < 0)
		return NULL;
	u->sq = mmap(NULL, u->p.sq_off.array + u->p.sq_entries * 4, prot,
		     MAP_SHARED, u->fd, IORING_OFF_SQ_RING);
	u->cq = mmap(NULL,
		     u->p.cq_off.cqes +
			     u->p.cq_entries * sizeof(struct io_uring_cqe),
		     prot, MAP_SHARED, u->fd, IORING_OFF_CQ_RING);
	u->sqes = mmap(NULL, u->p.sq_entries * sizeof(*u->sqes), prot,
		       MAP_SHARED, u->fd, IORING_OFF_SQES);
	if (u->sq == MAP_FAILED || u->cq == MAP_FAILED || u->sqes == MAP_FAILED)
		return NULL;
	return u;
}

/* As the call of that name: -1 and errno. */
static inline long uring_call(struct uring *u, const struct io_uring_sqe *sqe)
{
	unsigned int *sqtail = (void *)(u->sq + u->p.sq_off.tail);
	unsigned int *sqmask = (void *)(u->sq + u->p.sq_off.ring_mask);
	unsigned int *array = (void *)(u->sq + u->p.sq_off.array);
	unsigned int *cqhead = (void *)(u->cq + u->p.cq_off.head);
	unsigned int *cqmask = (void *)(u->cq + u->p.cq_off.ring_mask);
	struct io_uring_cqe *cqes = (void *)(u->cq + u->p.cq_off.cqes);
	unsigned int tail = *sqtail;
	int res;

	u->sqes[tail & *sqmask] = *sqe;
	array[tail & *sqmask] = tail & *sqmask;
	__atomic_store_n(sqtail, tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, u->fd, 1, 1, IORING_ENTER_GETEVENTS,
		    NULL, 0) < 0)
		return -1;
	res = cqes[*cqhead & *cqmask].res;
	__atomic_store_n(cqhead, *cqhead + 1, __ATOMIC_RELEASE);
	if (res >= 0)
		return res;
	errno = -res;
	return -1;
}

/* bind(2) or connect(2) */
static inline long uring_addr(struct uring *u, int op, int fd, void *addr,
			      socklen_t len, unsigned int flags)
{
	struct io_uring_sqe sqe = {.opcode = (uint8_t)op,
				   .flags = (uint8_t)flags,
				   .fd = fd,
				   .addr = (uint64_t)(uintptr_t)addr,
				   .off = len};

	return uring_call(u, &sqe);
}

static inline long uring_msg(struct uring *u, int fd, struct msghdr *m,
			     unsigned int flags)
{
	struct io_uring_sqe sqe = {.opcode = URING_SENDMSG,
				   .flags = (uint8_t)flags,
				   .fd = fd,
				   .addr = (uint64_t)(uintptr_t)m,
				   .len = 1,
				   .msg_flags = MSG_NOSIGNAL};

	return uring_call(u, &sqe);
}

#endif
