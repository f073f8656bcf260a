/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_SENDER_H
#define RXRAY_SENDER_H

#include "prober.h"

/* What became of the slots that were due. */
struct service {
	int64_t first_late_ns; /* due time of the first slot not served in time */
	int64_t worst_lag_ns;
	uint64_t missed;
};

/* sockets.c: those that probes leave by and replies come in by, of either family. */
bool sockets_open(struct prober *prober, struct problem *problem);

/* send.c: serves the slots that are due. */
struct service send_due(struct prober *prober, int64_t now);
extern const struct transmit_events send_events;

/* reset.c: closes a half-open connection that a SYN-ACK announces, when our kernel's own RST is dropped. */
void reset_answer(struct prober *prober, const struct incoming *in, const struct sockaddr_ll *from);

/* The 32-bit number of a probe as frames and payloads show it. */
static inline uint32_t train_seq(const struct train *train, uint64_t k)
{
	return ((uint32_t)k & ~FRESH_SEQ_BIT) | (train->fresh ? FRESH_SEQ_BIT : 0);
}

#endif
