/* bpf/{car,pipe,source}: packet functions in the kernel. */
#include "netgraph_world.h"

#include "netgraph/car_data.h"
#include "netgraph/now.h"
#include "netgraph/pipe_queue.h"
#include "netgraph/source_role.h"

static void blob(uint32_t n, const void *data, size_t len)
{
	uint32_t slot;

	ATF_REQUIRE_EQ(0, dp_blob_alloc(dp, data, len, &slot));
	dp_store(&dp_node(dp, n)->blob, slot);
}

/* ---------------------------------------------------------------- pipe */

struct pipe {
	uint32_t n, up, low;
};

static struct pipe pipe_new(uint32_t flags, uint64_t ber, uint32_t twice)
{
	struct ngd_pipe_blob b;
	struct pipe p = {.n = node(NGD_PIPE)};
	uint32_t *conf = dp_node(dp, p.n)->conf;

	pipe_loss_set(&b.upper, ber);
	pipe_loss_set(&b.lower, ber);
	blob(p.n, &b, sizeof(b));
	conf[NGD_PIPE_FLAGS] = flags;
	conf[NGD_PIPE_DUPLICATE_UPPER] = twice;
	conf[NGD_PIPE_DUPLICATE_LOWER] = twice;
	p.up = port_role(p.n, NGD_PIPE_UPPER);
	p.low = port_role(p.n, NGD_PIPE_LOWER);
	return p;
}

ATF_TC_WITHOUT_HEAD(pipe_passes);
ATF_TC_BODY(pipe_passes, tc)
{
	struct pipe p;

	world();
	p = pipe_new(0, 1, 0);
	in(p.up, frame(1, 2, 60));
	out(p.low, frame(1, 2, 60));
	in(p.low, frame(-1, 2, 1514));
	out(p.up, frame(-1, 2, 1514));
	in(p.up, frame(1, 2, 7));
	out(p.low, frame(1, 2, 7));
	none();
	ATF_CHECK_EQ(2, counter(p.up, NGD_C_TYPE + NGD_PIPE_C_FRAMES));
	ATF_CHECK_EQ(67, counter(p.up, NGD_C_TYPE + NGD_PIPE_C_OCTETS));
	ATF_CHECK_EQ(1, counter(p.low, NGD_C_TYPE + NGD_PIPE_C_FRAMES));
	world_end();
}

ATF_TC_WITHOUT_HEAD(pipe_loses);
ATF_TC_BODY(pipe_loses, tc)
{
	size_t n;
	struct pipe p;

	world();
	/* one bit in a thousand: 100 bytes arrive with 0.449 */
	p = pipe_new(NGD_PIPE_LOSS_UPPER, 1000, 0);
	for (int i = 0; i < 2000; i++)
		in(p.up, frame(1, 2, 100));
	n = count_out(p.low);
	/* 898 of them, 22 is a standard deviation: ten of them */
	ATF_CHECK_MSG(n > 678 && n < 1118, "%zu", n);
	ATF_CHECK_EQ(n, counter(p.up, NGD_C_TYPE + NGD_PIPE_C_FRAMES));
	ATF_CHECK_EQ(2000 - n,
		     counter(p.up, NGD_C_TYPE + NGD_PIPE_C_LOST_FRAMES));
	ATF_CHECK_EQ(2000 - n, dp_drops(dp, NGD_D_RATE));
	forget();
	/* the other direction loses nothing */
	for (int i = 0; i < 100; i++)
		in(p.low, frame(1, 2, 1000));
	ATF_CHECK_EQ(100, count_out(p.up));
	forget();
	/* and a broken wire loses all */
	p = pipe_new(NGD_PIPE_LOSS_UPPER, 1, 0);
	for (int i = 0; i < 100; i++)
		in(p.up, frame(1, 2, 60));
	none();
	world_end();
}

ATF_TC_WITHOUT_HEAD(pipe_doubles);
ATF_TC_BODY(pipe_doubles, tc)
{
	size_t n;
	struct pipe p;

	world();
	p = pipe_new(0, 1, 50);
	for (int i = 0; i < 1000; i++)
		in(p.up, frame(1, 2, 100));
	n = count_out(p.low);
	/* 2000, 45 is a standard deviation */
	ATF_CHECK_MSG(n > 1550 && n < 2450, "%zu", n);
	ATF_CHECK_EQ(n, counter(p.up, NGD_C_TYPE + NGD_PIPE_C_FRAMES));
	for (size_t i = 0; i < n; i++)
		out(p.low, frame(1, 2, 100));
	world_end();
}

/* Packets go to the broker as long as that says that it is there. */
ATF_TC_WITHOUT_HEAD(pipe_queues);
ATF_TC_BODY(pipe_queues, tc)
{
	const struct came *c;
	struct pipe p;

	world();
	p = pipe_new(NGD_PIPE_QUEUE_UPPER, 1, 0);
	in(p.up, frame(1, 2, 60));
	out(p.low, frame(1, 2, 60));
	dp_state(dp, p.n)->word[NGD_LEASE_WORD] = ng_now() + 60000000000u;
	in(p.up, frame(1, 2, 60));
	c = came_next();
	ATF_REQUIRE(c != NULL);
	ATF_CHECK_EQ(dp_hook(dp, p.up)->peer, c->hook);
	in(p.low, frame(1, 2, 60));
	out(p.up, frame(1, 2, 60));
	dp_state(dp, p.n)->word[NGD_LEASE_WORD] = ng_now() - 1;
	in(p.up, frame(1, 2, 60));
	out(p.low, frame(1, 2, 60));
	none();
	world_end();
}

/* ----------------------------------------------------------------- car */

struct car {
	uint32_t n, up, low;
};

static struct car car_new(struct ngd_car_conf c)
{
	struct ngd_car_conf both[2] = {c, c};
	struct car k = {.n = node(NGD_CAR)};
	struct ngd_state *s = dp_state(dp, k.n);

	blob(k.n, both, sizeof(both));
	memset(s, 0, sizeof(*s));
	for (int i = 0; i < 2; i++) {
		s->word[i * NGD_CAR_WORDS + NGD_CAR_TC] = c.cbs;
		s->word[i * NGD_CAR_WORDS + NGD_CAR_TE] =
			c.mode == NGD_CAR_RED || c.mode == NGD_CAR_SHAPE
				? 0
				: c.ebs;
		s->word[i * NGD_CAR_WORDS + NGD_CAR_LAST] = ng_now();
	}
	k.up = port_role(k.n, NGD_CAR_UPPER);
	k.low = port_role(k.n, NGD_CAR_LOWER);
	return k;
}

#define ACTIONS                                                                \
	{                                                                      \
		NGD_CAR_FORWARD, NGD_CAR_FORWARD, NGD_CAR_DROP                 \
	}

static void colors(const struct car *k, uint64_t green, uint64_t yellow,
		   uint64_t red)
{
	ATF_CHECK_EQ(green, counter(k->up, NGD_C_TYPE + NGD_CAR_C_GREEN));
	ATF_CHECK_EQ(yellow, counter(k->up, NGD_C_TYPE + NGD_CAR_C_YELLOW));
	ATF_CHECK_EQ(red, counter(k->up, NGD_C_TYPE + NGD_CAR_C_RED));
	ATF_CHECK_EQ(red, counter(k->up, NGD_C_TYPE + NGD_CAR_C_DROPPED));
	ATF_CHECK_EQ(green + yellow,
		     counter(k->up, NGD_C_TYPE + NGD_CAR_C_PASSED));
}

/* A rate of one bit a second: what is in the buckets is all there is. */
ATF_TC_WITHOUT_HEAD(car_buckets);
ATF_TC_BODY(car_buckets, tc)
{
	struct car k;

	world();
	k = car_new((struct ngd_car_conf){
		.cbs = 10000, .ebs = 5000, .cir = 1, .action = ACTIONS});
	for (int i = 0; i < 20; i++)
		in(k.up, frame(1, 2, 1000));
	ATF_CHECK_EQ(15, count_out(k.low));
	colors(&k, 10, 5, 5);
	ATF_CHECK_EQ(5, dp_drops(dp, NGD_D_RATE));
	forget();
	/* the other direction has its own */
	for (int i = 0; i < 20; i++)
		in(k.low, frame(1, 2, 1000));
	ATF_CHECK_EQ(15, count_out(k.up));
	forget();
	/* yellow may be dropped, too, and green */
	k = car_new((struct ngd_car_conf){
		.cbs = 10000,
		.ebs = 5000,
		.cir = 1,
		.action = {NGD_CAR_FORWARD, NGD_CAR_DROP, NGD_CAR_DROP}});
	for (int i = 0; i < 20; i++)
		in(k.up, frame(1, 2, 1000));
	ATF_CHECK_EQ(10, count_out(k.low));
	forget();
	/* packets, not bytes */
	k = car_new((struct ngd_car_conf){.cbs = 3 * NGD_CAR_PACKET,
					  .ebs = NGD_CAR_PACKET,
					  .cir = 1,
					  .action = ACTIONS,
					  .opt = NGD_CAR_COUNT_PACKETS});
	for (int i = 0; i < 10; i++)
		in(k.up, frame(1, 2, i % 2 ? 60 : 1500));
	ATF_CHECK_EQ(4, count_out(k.low));
	colors(&k, 3, 1, 6);
	world_end();
}

/* RED: what is owed makes losses likelier, and each loss forgives. */
ATF_TC_WITHOUT_HEAD(car_red);
ATF_TC_BODY(car_red, tc)
{
	struct car k;

	world();
	k = car_new((struct ngd_car_conf){.cbs = 2000,
					  .ebs = 10000,
					  .cir = 1,
					  .action = ACTIONS,
					  .mode = NGD_CAR_RED});
	for (int i = 0; i < 6; i++)
		in(k.up, frame(1, 2, 1000));
	/* two are green, te grows by 1000, 2000, 3000; 4000 more are over */
	ATF_CHECK_EQ(5, count_out(k.low));
	colors(&k, 2, 3, 1);
	world_end();
}

/* A second's rate after a second, without waiting for it. */
ATF_TC_WITHOUT_HEAD(car_refill);
ATF_TC_BODY(car_refill, tc)
{
	struct ngd_car_conf c = {.cbs = 4000,
				 .ebs = 3000,
				 .cir = 8000, /* a kilobyte a second */
				 .pir = 16000,
				 .action = ACTIONS};
	struct car k;
	uint64_t *w;

	world();
	for (int mode = 0; mode <= NGD_CAR_DOUBLE_RATE; mode++) {
		c.mode = (uint8_t)mode;
		k = car_new(c);
		w = (uint64_t *)dp_state(dp, k.n)->word;
		w[NGD_CAR_TC] = w[NGD_CAR_TE] = 0;
		w[NGD_CAR_LAST] = ng_now() - 2000000000u;
		for (int i = 0; i < 8; i++)
			in(k.up, frame(1, 2, 1000));
		/* 2 kB, and of the peak's 4 kB as many as there is room for */
		if (mode == NGD_CAR_SINGLE_RATE)
			colors(&k, 2, 0, 6);
		else
			colors(&k, 2, 3, 3);
		forget();
	}
	/* a full bucket's rest goes to the other one */
	c.mode = NGD_CAR_SINGLE_RATE;
	k = car_new(c);
	w = (uint64_t *)dp_state(dp, k.n)->word;
	w[NGD_CAR_TC] = w[NGD_CAR_TE] = 0;
	w[NGD_CAR_LAST] = ng_now() - 6000000000u;
	for (int i = 0; i < 8; i++)
		in(k.up, frame(1, 2, 1000));
	colors(&k, 4, 2, 2);
	world_end();
}

ATF_TC_WITHOUT_HEAD(car_shape);
ATF_TC_BODY(car_shape, tc)
{
	struct car k;
	uint64_t *w;

	world();
	k = car_new((struct ngd_car_conf){.cbs = 2000,
					  .ebs = 1,
					  .cir = 1,
					  .action = ACTIONS,
					  .mode = NGD_CAR_SHAPE});
	w = (uint64_t *)dp_state(dp, k.n)->word;
	/* without a broker what would have to wait is red */
	for (int i = 0; i < 4; i++)
		in(k.up, frame(1, 2, 1000));
	ATF_CHECK_EQ(2, count_out(k.low));
	colors(&k, 2, 0, 2);
	forget();
	/* with one it goes there, and all that come behind it */
	w[NGD_LEASE_WORD] = ng_now() + 60000000000u;
	w[NGD_CAR_TE] = 0;
	in(k.up, frame(1, 2, 1000));
	ATF_CHECK_EQ(1, w[NGD_CAR_TE]);
	w[NGD_CAR_TC] = 2000;
	in(k.up, frame(1, 2, 60));
	ATF_CHECK_EQ(2, count_out(dp_hook(dp, k.up)->peer));
	ATF_CHECK_EQ(0, count_out(k.low));
	forget();
	w[NGD_CAR_TE] = 0;
	in(k.up, frame(1, 2, 60));
	ATF_CHECK_EQ(1, count_out(k.low));
	world_end();
}

/* Not connected on the other side. */
ATF_TC_WITHOUT_HEAD(car_nobody);
ATF_TC_BODY(car_nobody, tc)
{
	uint32_t n, up;
	struct ngd_car_conf c[2] = {
		{.cbs = 10000, .ebs = 1, .cir = 1, .action = ACTIONS}};

	world();
	n = node(NGD_CAR);
	blob(n, c, sizeof(c));
	dp_state(dp, n)->word[NGD_CAR_TC] = 10000;
	up = port_role(n, NGD_CAR_UPPER);
	in(up, frame(1, 2, 60));
	none();
	ATF_CHECK_EQ(1, counter(up, NGD_C_TYPE + NGD_CAR_C_ERRORS));
	ATF_CHECK_EQ(1, dp_drops(dp, NGD_D_NOPEER));
	world_end();
}

/* -------------------------------------------------------------- source */

ATF_TC_WITHOUT_HEAD(source);
ATF_TC_BODY(source, tc)
{
	uint32_t n, input, output;

	world();
	n = node(NGD_SOURCE);
	input = port_role(n, NGD_SOURCE_INPUT);
	output = port_role(n, NGD_SOURCE_OUTPUT);
	in(output, frame(1, 2, 60));
	none();
	ATF_CHECK_EQ(1, dp_drops(dp, NGD_D_HOLE));
	in(input, frame(1, 2, 60));
	ATF_CHECK_EQ(1, count_out(dp_hook(dp, input)->peer));
	world_end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, pipe_passes);
	ATF_TP_ADD_TC(tp, pipe_loses);
	ATF_TP_ADD_TC(tp, pipe_doubles);
	ATF_TP_ADD_TC(tp, pipe_queues);
	ATF_TP_ADD_TC(tp, car_buckets);
	ATF_TP_ADD_TC(tp, car_red);
	ATF_TP_ADD_TC(tp, car_refill);
	ATF_TP_ADD_TC(tp, car_shape);
	ATF_TP_ADD_TC(tp, car_nobody);
	ATF_TP_ADD_TC(tp, source);
	return atf_no_error();
}
