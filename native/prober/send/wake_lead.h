/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_WAKE_LEAD_H
#define RXRAY_WAKE_LEAD_H

#include <stdint.h>

/*
 * How much later than asked this machine wakes a thread at the least: from an idle CPU tens of microseconds,
 * in a virtual machine and from deep idle states more, and as good as the same each time. Whoever asks so
 * much earlier is there in time. What it wakes later now and then is not foreseen.
 */
struct wake_lead {
	int64_t least_ns, before_ns; /* of the wake-ups of this round, and of the one before it */
	unsigned count;
};

/* A wake-up that came so long after the instant it was asked for; negative: something else ended the wait. */
void wake_lead_note(struct wake_lead *lead, int64_t late_ns);

/* How much earlier to ask; 0 until some wake-ups were seen. */
int64_t wake_lead_ns(const struct wake_lead *lead);

#endif
