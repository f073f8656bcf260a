/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_SCHEDULE_H
#define RXRAY_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The grid as a pure function: slot k of a train is due at first + k * interval, whatever happened before.
 * It never drifts and never catches up.
 */
struct grid {
	int64_t first_ns; /* CLOCK_MONOTONIC */
	int64_t interval_ns;
	uint64_t slots; /* how many there are, UINT64_MAX without limit */
};

struct turn {
	uint64_t missed; /* slots from the one asked for that are too old to be sent any more */
	bool send; /* slot k, due at due_ns, is to be sent now */
	uint64_t k;
	int64_t due_ns;
};

int64_t grid_due(const struct grid *grid, uint64_t k);

/*
 * What to do at `now` when slot `next` is the first that was not dealt with. A slot up to half an interval
 * late is still sent, late: with long intervals at most one second, with very short ones at least 100 µs,
 * because slots that fall in one wake-up are served together.
 */
struct turn grid_turn(const struct grid *grid, uint64_t next, int64_t now);

/*
 * Where in its interval train `rank` of `count` with the same interval begins. Trains of one interval are
 * spread evenly; the golden section shifts each group against the others, so that trains of different
 * intervals do not start together either.
 */
int64_t grid_phase(int64_t interval_ns, uint32_t group, uint32_t rank, uint32_t count);

#endif
