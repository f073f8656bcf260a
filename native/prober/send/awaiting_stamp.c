/* SPDX-License-Identifier: MIT */
#include "awaiting_stamp.h"

bool awaiting_add(struct awaiting *waiting, uint32_t train, uint64_t k, const struct answer *answer,
                  int64_t now)
{
	struct awaiting_answer *added = &waiting->list[waiting->count];

	if (waiting->count == AWAITING_MOST)
		return false;
	*added = (struct awaiting_answer){
	        .train = train,
	        .k = k,
	        .until_ns = now + AWAITING_NS,
	        .answer = *answer,
	        .in = *answer->in,
	        .packet = *answer->packet,
	};
	/* What these point to is valid while the packet is in the ring only. */
	added->packet.packet = NULL;
	added->packet.from = NULL;
	waiting->count++;
	return true;
}

static void take_out(struct awaiting *waiting, uint32_t i, struct awaiting_answer *taken)
{
	*taken = waiting->list[i];
	taken->answer.in = &taken->in;
	taken->answer.packet = &taken->packet;
	waiting->list[i] = waiting->list[--waiting->count];
}

bool awaiting_take(struct awaiting *waiting, uint32_t train, uint64_t k, struct awaiting_answer *taken)
{
	for (uint32_t i = 0; i < waiting->count; i++) {
		if (waiting->list[i].train == train && waiting->list[i].k == k) {
			take_out(waiting, i, taken);
			return true;
		}
	}
	return false;
}

bool awaiting_expired(struct awaiting *waiting, int64_t now, struct awaiting_answer *taken)
{
	for (uint32_t i = 0; i < waiting->count; i++) {
		if (waiting->list[i].until_ns <= now) {
			take_out(waiting, i, taken);
			return true;
		}
	}
	return false;
}
