/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_CLOCKS_H
#define RXRAY_CLOCKS_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_STEP_NS 50000 /* more than slewing explains between two readings */

/*
 * Stamps of packets are CLOCK_REALTIME, the grid is CLOCK_MONOTONIC. Their difference changes only when
 * somebody sets the clock, so a held value converts stamps exactly; it is read again and again to notice
 * that.
 */
struct clocks {
	int64_t real_minus_mono;
	int64_t at_epoch; /* the same at the first reading */
	uint32_t uncertainty_ns;
	int64_t read_mono; /* when it was last read */
	int64_t stepped_mono; /* when a step was last noticed; INT64_MIN when never */
};

int64_t clocks_mono(void);
void clocks_init(struct clocks *clocks);

/* Reads both clocks; returns the size of a step since the reading before, 0 when there was none. */
int64_t clocks_update(struct clocks *clocks);

/* The decision of clocks_update(), apart from the reading itself. */
int64_t clocks_take(struct clocks *clocks, int64_t mono, int64_t real_minus_mono, uint32_t uncertainty_ns);

#endif
