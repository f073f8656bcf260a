/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_UNANSWERED_H
#define RXRAY_UNANSWERED_H

#include <stdbool.h>
#include <stdint.h>

/* What has become of a probe. */
enum fate { FATE_NONE, FATE_SENT, FATE_ANSWERED, FATE_LOST, FATE_RATE_LIMITED, FATE_ERROR, FATE_FAILED };

/*
 * Eight bytes for each probe that may still be answered: when it was due follows from its number, so only
 * the distance of the true send instant is kept.
 */
struct slot {
	uint32_t sent_after_due_ns; /* saturates at 4.29 s */
	uint32_t lag : 23; /* of the hand-over, in units of LAG_UNIT_NS, saturates at 1.07 s */
	uint32_t fate : 3; /* enum fate */
	uint32_t kernel_stamp : 1; /* the distance above comes from a transmit stamp */
	uint32_t repeats : 2; /* further replies, saturates at 3 */
	uint32_t held : 2; /* enum held: where it waited between hand-over and transmit stamp */
	uint32_t unused : 1;
};
_Static_assert(sizeof(struct slot) == 8, "memory for outstanding probes is reckoned with 8 bytes each");

#define LAG_UNIT_NS 128

/* The last `capacity` probes of a train, by number. */
struct unanswered {
	struct slot *slots;
	int64_t *hardware_ns; /* of each, the network card's transmit stamp; NULL unless those are used */
	uint64_t next; /* number of the probe after the newest */
	uint32_t capacity;
};

/* Room for every probe younger than match_ns; 0 when that is more than 2^31. */
uint32_t unanswered_capacity(int64_t interval_ns, int64_t match_ns);

/* Leaves out all probes before k: they were never sent. */
void unanswered_skip(struct unanswered *ring, uint64_t k);

/* Begins probe k, forgetting the oldest; those between the newest and k were never sent. */
struct slot *unanswered_begin(struct unanswered *ring, uint64_t k);

/* The slot of probe k, NULL when it is too old, was never sent, or lies ahead. */
struct slot *unanswered_find(const struct unanswered *ring, uint64_t k);

void slot_set_lag(struct slot *slot, int64_t lag_ns);
void slot_set_sent(struct slot *slot, int64_t after_due_ns, bool kernel_stamp);
uint32_t slot_lag_ns(const struct slot *slot);

/* From the hand-over to the transmit stamp; 0 without that stamp, else at least 1. */
uint32_t slot_tx_delay_ns(const struct slot *slot);

#endif
