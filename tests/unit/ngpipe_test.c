/* netgraph/pipe_queue: the wire of a pipe node, with a clock of the test's. */
#include "netgraph/pipe_queue.h"

#include <atf-c.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define MS 1000000ull

/* A queue, its settings, and what has come out: letters, in order. */
struct bench {
	struct ng_pipe_hookcfg cfg;
	struct pipe_conf conf;
	struct pipe_queue q;
	struct ng_pipe_hookstat st;
	char out[512];
	size_t nout;
	int refuse;
};

static struct bench *bench_new(void)
{
	static struct bench b;

	pipe_queue_clear(&b.q);
	b = (struct bench){
		.cfg = {.qin_size_limit = 50, .fifo = 1, .droptail = 1},
	};
	b.conf.cfg = &b.cfg;
	return &b;
}

static int take(void *arg, const void *data, size_t len)
{
	struct bench *b = arg;

	ATF_REQUIRE(len > 0 && b->nout < sizeof(b->out) - 1);
	if (b->refuse)
		return -1;
	b->out[b->nout++] = ((const char *)data)[len - 1];
	return 0;
}

static void put(struct bench *b, uint64_t now, const void *data, size_t len)
{
	ATF_REQUIRE_EQ(0,
		       pipe_queue_put(&b->q, &b->conf, &b->st, now, data, len));
}

/* A frame of len bytes whose last is `letter`. */
static void put_letter(struct bench *b, uint64_t now, size_t len, char letter)
{
	char frame[2048] = "";

	frame[len - 1] = letter;
	put(b, now, frame, len);
}

/* An IPv4 packet from 10.0.0.`flow`. */
static void put_flow(struct bench *b, uint64_t now, uint8_t flow, size_t len,
		     char letter)
{
	char frame[2048] = {0x45};

	frame[12] = 10;
	frame[15] = (char)flow;
	frame[len - 1] = letter;
	put(b, now, frame, len);
}

static void run(struct bench *b, uint64_t now)
{
	pipe_queue_run(&b->q, &b->conf, &b->st, now, take, b);
}

ATF_TC_WITHOUT_HEAD(delay);
ATF_TC_BODY(delay, tc)
{
	struct bench *b = bench_new();

	b->conf.delay_us = 20000;
	put_letter(b, 100 * MS, 60, 'a');
	run(b, 100 * MS);
	put_letter(b, 105 * MS, 60, 'b');
	run(b, 105 * MS);
	ATF_CHECK_EQ(2, b->q.run.qout_frames);
	ATF_CHECK_EQ(120, b->q.run.qout_octets);
	ATF_CHECK_EQ(120 * MS, pipe_queue_next(&b->q));
	run(b, 120 * MS - 1);
	ATF_CHECK_STREQ("", b->out);
	run(b, 120 * MS);
	ATF_CHECK_STREQ("a", b->out);
	ATF_CHECK_EQ(125 * MS, pipe_queue_next(&b->q));
	run(b, 200 * MS);
	ATF_CHECK_STREQ("ab", b->out);
	ATF_CHECK_EQ(0, pipe_queue_next(&b->q));
	ATF_CHECK_EQ(2, b->st.fwd_frames);
	ATF_CHECK_EQ(120, b->st.fwd_octets);
}

/* 1000 bytes at 8 Mbit/s take a millisecond. */
ATF_TC_WITHOUT_HEAD(bandwidth);
ATF_TC_BODY(bandwidth, tc)
{
	struct bench *b = bench_new();

	b->cfg.bandwidth = 8000000;
	b->conf.overhead = 10;
	for (int c = 'a'; c <= 'd'; c++)
		put_letter(b, 5 * MS, 990, c);
	run(b, 5 * MS);
	ATF_CHECK_EQ(6 * MS, pipe_queue_next(&b->q));
	run(b, 6 * MS);
	ATF_CHECK_STREQ("a", b->out);
	run(b, 9 * MS);
	ATF_CHECK_STREQ("abcd", b->out);
	/* a wire that was idle sends no burst */
	put_letter(b, 500 * MS, 990, 'e');
	put_letter(b, 500 * MS, 990, 'f');
	run(b, 500 * MS);
	ATF_CHECK_STREQ("abcd", b->out);
	run(b, 501 * MS);
	ATF_CHECK_STREQ("abcde", b->out);
	pipe_queue_clear(&b->q);
	ATF_CHECK_EQ(0, b->q.run.qin_frames + b->q.run.qout_frames);
}

ATF_TC_WITHOUT_HEAD(drop_policies);
ATF_TC_BODY(drop_policies, tc)
{
	struct bench *b = bench_new();

	b->cfg.bandwidth = 8000000;
	b->cfg.qin_size_limit = 5;
	for (int c = 'a'; c <= 'h'; c++)
		put_letter(b, MS, 1000, c);
	ATF_CHECK_EQ(3, b->st.in_disc_frames);
	ATF_CHECK_EQ(3000, b->st.in_disc_octets);
	run(b, 100 * MS);
	run(b, 200 * MS);
	ATF_CHECK_STREQ("abcde", b->out);

	b = bench_new();
	b->cfg.bandwidth = 8000000;
	b->cfg.qin_size_limit = 5;
	b->cfg.droptail = 0;
	b->cfg.drophead = 1;
	for (int c = 'a'; c <= 'h'; c++)
		put_letter(b, MS, 1000, c);
	run(b, 100 * MS);
	run(b, 200 * MS);
	ATF_CHECK_STREQ("defgh", b->out);

	/* the outbound queue has a limit, too */
	b = bench_new();
	b->cfg.qout_size_limit = 5;
	b->conf.delay_us = 1000;
	for (int c = 'a'; c <= 'h'; c++)
		put_letter(b, MS, 100, c);
	run(b, MS);
	run(b, 2 * MS);
	ATF_CHECK_STREQ("abcde", b->out);
	ATF_CHECK_EQ(3, b->st.out_disc_frames);
	ATF_CHECK_EQ(300, b->st.out_disc_octets);
}

/* One flow has many frames, the other one: whose turn is it? */
ATF_TC_WITHOUT_HEAD(flows);
ATF_TC_BODY(flows, tc)
{
	struct bench *b = bench_new();

	b->cfg.bandwidth = 8000000;
	for (int c = 'a'; c <= 'd'; c++)
		put_flow(b, MS, 1, 1000, c);
	put_flow(b, MS, 2, 1000, 'X');
	ATF_CHECK_EQ(1, b->q.run.fifo_queues);
	run(b, 100 * MS);
	run(b, 200 * MS);
	ATF_CHECK_STREQ("abcdX", b->out);

	b = bench_new();
	b->cfg.bandwidth = 8000000;
	b->cfg.fifo = 0;
	b->cfg.drr = 1000;
	for (int c = 'a'; c <= 'd'; c++)
		put_flow(b, MS, 1, 1000, c);
	put_flow(b, MS, 2, 1000, 'X');
	ATF_CHECK_EQ(2, b->q.run.fifo_queues);
	run(b, 100 * MS);
	run(b, 200 * MS);
	ATF_CHECK_STREQ("aXbcd", b->out);
	ATF_CHECK_EQ(0, b->q.run.fifo_queues);

	/* small frames of one flow go before the large ones of the other */
	b = bench_new();
	b->cfg.bandwidth = 8000000;
	b->cfg.fifo = 0;
	b->cfg.wfq = 1;
	put_flow(b, MS, 1, 1500, 'a');
	put_flow(b, MS, 1, 1500, 'b');
	put_flow(b, MS, 2, 100, 'X');
	put_flow(b, MS, 2, 100, 'Y');
	for (uint64_t now = MS; b->nout < 4; now += MS / 20)
		run(b, now);
	ATF_CHECK_STREQ("XYab", b->out);

	/* the longest queue is the one that loses */
	b = bench_new();
	b->cfg.bandwidth = 8000000;
	b->cfg.fifo = 0;
	b->cfg.drr = 2048;
	b->cfg.qin_size_limit = 5;
	for (int c = 'a'; c <= 'e'; c++)
		put_flow(b, MS, 1, 1000, c);
	put_flow(b, MS, 2, 1000, 'X');
	run(b, 100 * MS);
	run(b, 200 * MS);
	ATF_CHECK_STREQ("abXcd", b->out);
}

ATF_TC_WITHOUT_HEAD(loss);
ATF_TC_BODY(loss, tc)
{
	static const uint64_t bers[] = {2, 1000, 12000, 1000000, 1000000000};
	static const size_t lengths[] = {1, 60, 1500, 65535, 65536 + 255};
	struct bench *b = bench_new();
	struct ngd_pipe_loss l;

	for (size_t i = 0; i < 5; i++) {
		pipe_loss_set(&l, bers[i]);
		for (size_t k = 0; k < 5; k++) {
			double want = exp(8.0 * (double)lengths[k] *
					  log1p(-1.0 / (double)bers[i]));
			double is = (double)pipe_loss_arrives(&l, lengths[k]) /
				    18446744073709551616.0;

			ATF_CHECK_MSG(fabs(want - is) < 1e-9,
				      "ber %llu, %zu bytes: %g, not %g",
				      (unsigned long long)bers[i], lengths[k],
				      is, want);
		}
	}
	/* a broken wire loses all */
	b->cfg.ber = 1;
	pipe_loss_set(&b->conf.loss, 1);
	for (int i = 0; i < 40; i++) {
		put_letter(b, MS, 60, 'a');
		run(b, MS);
	}
	ATF_CHECK_STREQ("", b->out);
	ATF_CHECK_EQ(40, b->st.out_disc_frames);
}

ATF_TC_WITHOUT_HEAD(duplicates);
ATF_TC_BODY(duplicates, tc)
{
	struct bench *b = bench_new();
	unsigned long n = 0;

	b->cfg.duplicate = 50;
	for (int i = 0; i < 10000; i++) {
		put_letter(b, MS, 60, 'a');
		run(b, MS);
		ATF_REQUIRE(b->nout >= 1);
		n += b->nout;
		b->nout = 0;
	}
	/* twice as many, 30 standard deviations around */
	ATF_CHECK_MSG(n > 16000 && n < 24000, "%lu", n);
	ATF_CHECK_EQ(n, b->st.fwd_frames);
	ATF_CHECK_EQ(0, b->q.run.qin_frames);
}

/* Whatever is asked for, memory is bounded. */
ATF_TC_WITHOUT_HEAD(bounds);
ATF_TC_BODY(bounds, tc)
{
	struct bench *b = bench_new();
	static char frame[65536];

	b->cfg.qin_size_limit = UINT32_MAX;
	b->cfg.bandwidth = 100;
	for (int i = 0; i < 1000; i++)
		put(b, MS, frame, sizeof(frame));
	ATF_CHECK(b->q.run.qin_octets <= PIPE_QUEUE_BYTES);
	ATF_CHECK_EQ(1000 - b->st.in_disc_frames, b->q.run.qin_frames);
	for (int i = 0; i < 100000; i++)
		put(b, MS, frame, 1);
	ATF_CHECK(b->q.run.qin_octets <= PIPE_QUEUE_BYTES);
	ATF_CHECK(b->q.run.qin_frames <= PIPE_QUEUE_FRAMES);
	pipe_queue_clear(&b->q);

	/* the other side refuses */
	b = bench_new();
	b->refuse = 1;
	put(b, MS, frame, 100);
	run(b, MS);
	ATF_CHECK_EQ(1, b->st.out_disc_frames);
	ATF_CHECK_EQ(0, b->st.fwd_frames);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, delay);
	ATF_TP_ADD_TC(tp, bandwidth);
	ATF_TP_ADD_TC(tp, drop_policies);
	ATF_TP_ADD_TC(tp, flows);
	ATF_TP_ADD_TC(tp, loss);
	ATF_TP_ADD_TC(tp, duplicates);
	ATF_TP_ADD_TC(tp, bounds);
	return atf_no_error();
}
