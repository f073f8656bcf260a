/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_WAY_OUT_H
#define RXRAY_WAY_OUT_H

#include <stdint.h>

/*
 * Instants of one packet on its way out of this machine, all on one clock. What happens between hand-over and
 * transmit stamp is not in the round-trip time, which counts from that stamp: address resolution, rules that
 * hold packets, queues of the interface.
 */
struct way_out {
	int64_t handed_ns; /* just before the send call */
	int64_t returned_ns; /* when that call was over, of a batch for all its packets */
	int64_t queued_ns; /* when it was last given to an interface's queue; NO_STAMP unknown */
	int64_t left_ns; /* the driver's transmit stamp */
};

/* Where the packet was for most of the time between hand-over and transmit stamp. */
enum held {
	HELD_IN_CALL, /* it left before the send call was over, or that cannot be told: nothing but a CPU was
	               * waited for */
	HELD_BEFORE_QUEUE,
	HELD_IN_QUEUE,
};

/* `uncertainty_ns`: how far the two instants of this program may be off from those of the kernel. */
enum held way_out_held(const struct way_out *way, int64_t uncertainty_ns);

#endif
