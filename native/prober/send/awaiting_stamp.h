/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_AWAITING_STAMP_H
#define RXRAY_AWAITING_STAMP_H

#include "probe_fate.h"
#include "receive.h"

#define AWAITING_MOST 512
#define AWAITING_NS 100000000ll /* drivers hand a transmit stamp over within some ms, if ever */

/* Answers that a card has stamped, to probes whose own stamp of that card has not come yet. */
struct awaiting_answer {
	uint64_t k;
	uint32_t train;
	int64_t until_ns;
	struct answer answer;
	struct incoming in;
	struct received packet;
};

struct awaiting {
	struct awaiting_answer list[AWAITING_MOST];
	uint32_t count;
};

/* Puts an answer aside; false when there is no room. */
bool awaiting_add(struct awaiting *waiting, uint32_t train, uint64_t k, const struct answer *answer,
                  int64_t now);

/* Takes the one to this probe out again; false when there is none. */
bool awaiting_take(struct awaiting *waiting, uint32_t train, uint64_t k, struct awaiting_answer *taken);

/* Takes out one that has waited long enough; false when there is none. */
bool awaiting_expired(struct awaiting *waiting, int64_t now, struct awaiting_answer *taken);

#endif
