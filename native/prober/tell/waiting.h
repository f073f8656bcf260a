/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_WAITING_H
#define RXRAY_WAITING_H

#include "outcomes.h"
#include "receive.h"

#define WAITING_MOST 512
#define WAITING_NS 100000000ll /* drivers hand a transmit stamp over within some ms, if ever */

/* Answers that a card has stamped, to probes whose own stamp of that card has not come yet. */
struct waiting_answer {
	uint64_t k;
	uint32_t train;
	int64_t until_ns;
	struct answer answer;
	struct incoming in;
	struct received packet;
};

struct waiting {
	struct waiting_answer list[WAITING_MOST];
	uint32_t count;
};

/* Puts an answer aside; false when there is no room. */
bool waiting_add(struct waiting *waiting, uint32_t train, uint64_t k, const struct answer *answer,
                 int64_t now);

/* Takes the one to this probe out again; false when there is none. */
bool waiting_take(struct waiting *waiting, uint32_t train, uint64_t k, struct waiting_answer *taken);

/* Takes out one that has waited long enough; false when there is none. */
bool waiting_expired(struct waiting *waiting, int64_t now, struct waiting_answer *taken);

#endif
