/* SPDX-License-Identifier: MIT */
/* When stalls begin and how long they last: random within bounds, the same for the same seed. */
#ifndef RXRAY_LAB_SCHEDULE_H
#define RXRAY_LAB_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

struct range {
	uint64_t min_ns;
	uint64_t max_ns;
};

struct schedule {
	struct range period; /* from the start of one stall to the start of the next */
	struct range length;
	uint64_t state; /* of the generator; the seed at first */
};

struct turn {
	uint64_t pause_ns; /* from the planned start of the stall before */
	uint64_t length_ns;
};

/* Parses "130" or "100:200", in milliseconds. */
bool range_parse(const char *text, struct range *range);
uint64_t schedule_random(struct schedule *schedule);
struct turn schedule_next(struct schedule *schedule);

#endif
