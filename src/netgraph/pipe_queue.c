/* pipe_queue: see pipe_queue.h. */
#include "netgraph/pipe_queue.h"

#include <errno.h>
#include <netinet/ip.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define NS_A_SECOND 1000000000ull
#define NS_A_US 1000u

struct pipe_frame {
	struct pipe_frame *next;
	uint64_t due; /* in the outbound queue */
	size_t len;
	uint8_t data[];
};

/* Frames of one flow, or all. */
struct pipe_fifo {
	struct pipe_fifo *next;
	struct pipe_frame *first, *last;
	uint32_t hash;
	uint32_t frames;
	uint64_t vtime;	  /* wfq: whose is lowest is next */
	uint64_t deficit; /* drr: bytes that it may still send */
};

/* ---------------------------------------------------------- frames */

static void frame_append(struct pipe_frame **first, struct pipe_frame **last,
			 struct pipe_frame *f)
{
	f->next = NULL;
	if (*first)
		(*last)->next = f;
	else
		*first = f;
	*last = f;
}

static struct pipe_frame *frame_new(const void *data, size_t len)
{
	struct pipe_frame *f = malloc(sizeof(*f) + len);

	if (!f)
		return NULL;
	f->len = len;
	f->due = 0;
	memcpy(f->data, data, len);
	return f;
}

static struct pipe_frame *fifo_take_first(struct pipe_fifo *ff)
{
	struct pipe_frame *f = ff->first;

	ff->first = f->next;
	ff->frames--;
	return f;
}

static struct pipe_frame *fifo_take_last(struct pipe_fifo *ff)
{
	struct pipe_frame **p = &ff->first, *before = NULL, *f;

	while ((*p)->next) {
		before = *p;
		p = &(*p)->next;
	}
	f = *p;
	*p = NULL;
	ff->last = before;
	ff->frames--;
	return f;
}

/* ---------------------------------------------------- inbound queues */

/* Flows are told apart by their IPv4 addresses; all else is one flow. */
static uint32_t flow_hash(const struct pipe_conf *c, const uint8_t *data,
			  size_t len)
{
	struct iphdr ip;
	uint64_t h;

	if (c->cfg->fifo || len < c->header_offset + sizeof(ip))
		return 0;
	memcpy(&ip, data + c->header_offset, sizeof(ip));
	if (ip.version != 4 || ip.ihl != 5)
		return 0;
	/* of 64 bits, and multiplied by odd numbers: neighbours differ */
	h = (uint64_t)ip.saddr * 0x9e3779b97f4a7c15u ^
	    (uint64_t)ip.daddr * 0xc2b2ae3d27d4eb4fu;
	return (uint32_t)(h >> 32);
}

static void fifo_unlink(struct pipe_queue *q, struct pipe_fifo *ff)
{
	struct pipe_fifo **p = &q->fifos;

	while (*p != ff)
		p = &(*p)->next;
	*p = ff->next;
}

static uint64_t wire_ns(const struct pipe_conf *c, size_t len)
{
	return ((uint64_t)len + c->overhead) * 8 * NS_A_SECOND /
	       c->cfg->bandwidth;
}

/* Into the order of turns: wfq by when its first frame would have been sent if
 * all flows were served at once, else last. */
static void fifo_link(struct pipe_queue *q, const struct pipe_conf *c,
		      struct pipe_fifo *ff, uint64_t now)
{
	struct pipe_fifo **p = &q->fifos;
	bool sorted = c->cfg->wfq && c->cfg->bandwidth;

	if (sorted)
		ff->vtime =
			now + wire_ns(c, ff->first->len) * q->run.fifo_queues;
	while (*p && (!sorted || (*p)->vtime <= ff->vtime))
		p = &(*p)->next;
	ff->next = *p;
	*p = ff;
}

static struct pipe_fifo *fifo_of(struct pipe_queue *q, uint32_t hash)
{
	struct pipe_fifo *ff = q->fifos;

	while (ff && ff->hash != hash)
		ff = ff->next;
	return ff;
}

static void fifo_end(struct pipe_queue *q, struct pipe_fifo *ff)
{
	fifo_unlink(q, ff);
	free(ff);
	q->run.fifo_queues--;
}

static int enqueue(struct pipe_queue *q, const struct pipe_conf *c,
		   uint32_t hash, struct pipe_frame *f, uint64_t now)
{
	struct pipe_fifo *ff = fifo_of(q, hash);
	bool fresh = !ff;

	if (fresh) {
		ff = calloc(1, sizeof(*ff));
		if (!ff)
			return -ENOMEM;
		ff->hash = hash;
		ff->deficit = c->cfg->drr;
		q->run.fifo_queues++;
	}
	frame_append(&ff->first, &ff->last, f);
	ff->frames++;
	q->run.qin_frames++;
	q->run.qin_octets += (uint32_t)f->len;
	if (fresh)
		fifo_link(q, c, ff, now);
	return 0;
}

/* One frame too many: the longest queue loses one. */
static void drop_one(struct pipe_queue *q, const struct pipe_conf *c,
		     struct ng_pipe_hookstat *st)
{
	struct pipe_fifo *longest = q->fifos;
	struct pipe_frame *f;

	for (struct pipe_fifo *ff = q->fifos; ff; ff = ff->next)
		if (ff->frames > longest->frames)
			longest = ff;
	f = c->cfg->drophead ? fifo_take_first(longest)
			     : fifo_take_last(longest);
	q->run.qin_frames--;
	q->run.qin_octets -= (uint32_t)f->len;
	st->in_disc_frames++;
	st->in_disc_octets += f->len;
	free(f);
	if (!longest->frames)
		fifo_end(q, longest);
}

int pipe_queue_put(struct pipe_queue *q, const struct pipe_conf *c,
		   struct ng_pipe_hookstat *st, uint64_t now, const void *data,
		   size_t len)
{
	struct pipe_frame *f = frame_new(data, len);
	int r;

	if (!f)
		return -ENOMEM;
	/* a wire that has been idle does not catch up */
	if (!q->run.qin_frames && q->sent < now)
		q->sent = now;
	r = enqueue(q, c, flow_hash(c, data, len), f, now);
	if (r < 0) {
		free(f);
		return r;
	}
	while (q->run.qin_frames > c->cfg->qin_size_limit ||
	       q->run.qin_frames > PIPE_QUEUE_FRAMES ||
	       q->run.qin_octets > PIPE_QUEUE_BYTES)
		drop_one(q, c, st);
	return 0;
}

/* ------------------------------------------------------------- chance */

static uint64_t mul_high(uint64_t a, uint64_t b)
{
	return (uint64_t)((unsigned __int128)a * b >> 64);
}

void pipe_loss_set(struct ngd_pipe_loss *l, uint64_t ber)
{
	/* one bit arrives: 1 - 1/ber */
	uint64_t p = ber <= 1 ? 0 : UINT64_MAX - UINT64_MAX / ber;

	for (int bits = 1; bits < 8; bits *= 2)
		p = mul_high(p, p);
	for (int k = 0; k < NGD_PIPE_POWERS; k++) {
		l->power[k] = p;
		p = mul_high(p, p);
	}
}

uint64_t pipe_loss_arrives(const struct ngd_pipe_loss *l, size_t len)
{
	uint64_t p = UINT64_MAX;

	for (int k = 0; k < NGD_PIPE_POWERS; k++)
		if (len >> k & 1)
			p = mul_high(p, l->power[k]);
	return p;
}

/* xorshift64*, seeded once; what may be guessed here harms nobody. */
static uint64_t chance(struct pipe_queue *q)
{
	if (!q->random &&
	    getrandom(&q->random, sizeof(q->random), GRND_NONBLOCK) !=
		    (ssize_t)sizeof(q->random))
		q->random = q->sent;
	q->random |= !q->random;
	q->random ^= q->random >> 12;
	q->random ^= q->random << 25;
	q->random ^= q->random >> 27;
	return q->random * 0x2545f4914f6cdd1du;
}

/* ----------------------------------------------------- outbound queue */

static void drop_out(struct ng_pipe_hookstat *st, struct pipe_frame *f)
{
	st->out_disc_frames++;
	st->out_disc_octets += f->len;
	free(f);
}

/* f has left the inbound queue, the wire has it: on to the outbound queue. */
static void travel(struct pipe_queue *q, const struct pipe_conf *c,
		   struct ng_pipe_hookstat *st, struct pipe_frame *f)
{
	const struct ng_pipe_hookcfg *cfg = c->cfg;

	if (cfg->bandwidth)
		q->sent += wire_ns(c, f->len);
	f->due = q->sent + c->delay_us * NS_A_US;
	if ((cfg->ber &&
	     chance(q) >= pipe_loss_arrives(&c->loss, f->len + c->overhead)) ||
	    (cfg->qout_size_limit &&
	     q->run.qout_frames >= cfg->qout_size_limit) ||
	    q->run.qout_frames > PIPE_QUEUE_FRAMES ||
	    q->run.qout_octets > PIPE_QUEUE_BYTES) {
		drop_out(st, f);
		return;
	}
	frame_append(&q->out, &q->out_last, f);
	q->run.qout_frames++;
	q->run.qout_octets += (uint32_t)f->len;
}

/* The first frame of ff, or a copy of it that goes before it. */
static struct pipe_frame *next_frame(struct pipe_queue *q,
				     const struct pipe_conf *c,
				     struct pipe_fifo *ff)
{
	struct pipe_frame *f;

	if (c->cfg->duplicate && chance(q) % 100 < c->cfg->duplicate) {
		f = frame_new(ff->first->data, ff->first->len);
		if (f)
			return f;
	}
	f = fifo_take_first(ff);
	q->run.qin_frames--;
	q->run.qin_octets -= (uint32_t)f->len;
	return f;
}

/* drr: may ff send its first frame?  Else its turn is over. */
static bool has_credit(struct pipe_queue *q, const struct pipe_conf *c,
		       struct pipe_fifo *ff)
{
	struct pipe_fifo **p = &q->fifos;

	if (!c->cfg->drr)
		return true;
	if (ff->deficit >= ff->first->len) {
		ff->deficit -= ff->first->len;
		return true;
	}
	ff->deficit += c->cfg->drr;
	fifo_unlink(q, ff);
	while (*p)
		p = &(*p)->next;
	*p = ff;
	ff->next = NULL;
	return false;
}

static void run_inbound(struct pipe_queue *q, const struct pipe_conf *c,
			struct ng_pipe_hookstat *st, uint64_t now)
{
	while (q->fifos && q->sent <= now) {
		struct pipe_fifo *ff = q->fifos;

		if (!has_credit(q, c, ff))
			continue;
		travel(q, c, st, next_frame(q, c, ff));
		if (!ff->frames) {
			fifo_end(q, ff);
		} else if (c->cfg->wfq) {
			fifo_unlink(q, ff);
			fifo_link(q, c, ff, now);
		}
	}
}

void pipe_queue_run(struct pipe_queue *q, const struct pipe_conf *c,
		    struct ng_pipe_hookstat *st, uint64_t now, pipe_out_fn *out,
		    void *arg)
{
	struct pipe_frame *f;

	run_inbound(q, c, st, now);
	while ((f = q->out) && f->due <= now) {
		q->out = f->next;
		q->run.qout_frames--;
		q->run.qout_octets -= (uint32_t)f->len;
		if (out(arg, f->data, f->len) < 0) {
			drop_out(st, f);
			continue;
		}
		st->fwd_frames++;
		st->fwd_octets += f->len;
		free(f);
	}
}

uint64_t pipe_queue_next(const struct pipe_queue *q)
{
	uint64_t next = q->out ? q->out->due : 0;

	if (q->fifos && (!next || q->sent < next))
		next = q->sent;
	return next;
}

void pipe_queue_clear(struct pipe_queue *q)
{
	struct pipe_frame *f;

	while (q->fifos) {
		while (q->fifos->frames)
			free(fifo_take_first(q->fifos));
		fifo_end(q, q->fifos);
	}
	while ((f = q->out)) {
		q->out = f->next;
		free(f);
	}
	memset(&q->run, 0, sizeof(q->run));
}
