/* SPDX-License-Identifier: MIT */
#include "schedule.h"

int64_t grid_due(const struct grid *grid, uint64_t k)
{
	return grid->first_ns + (int64_t)k * grid->interval_ns;
}

static int64_t allowed_lateness(int64_t interval_ns)
{
	int64_t half = interval_ns / 2;

	if (half > 1000000000)
		return 1000000000;
	return half < 100000 ? 100000 : half;
}

struct turn grid_turn(const struct grid *grid, uint64_t next, int64_t now)
{
	int64_t late = now - grid_due(grid, next);
	int64_t allowed = allowed_lateness(grid->interval_ns);
	struct turn turn = {.k = next};

	if (next >= grid->slots)
		return turn;
	if (late > allowed) {
		/* The number of whole intervals that bring the lateness back into what is allowed. */
		turn.missed = (uint64_t)((late - allowed + grid->interval_ns - 1) / grid->interval_ns);
		if (turn.missed > grid->slots - next)
			turn.missed = grid->slots - next;
		turn.k = next + turn.missed;
	}
	turn.due_ns = grid_due(grid, turn.k);
	turn.send = turn.k < grid->slots && turn.due_ns <= now;
	return turn;
}

int64_t grid_phase(int64_t interval_ns, uint32_t group, uint32_t rank, uint32_t count)
{
	/* 2^32 divided by the golden section; the product wraps, which is the fractional part. */
	uint32_t shift = group * 2654435769u;
	double share = (rank + shift / 4294967296.0) / count;

	return (int64_t)(share * (double)interval_ns);
}
