/* SPDX-License-Identifier: MIT */
#include "clocks.h"

#include <stdlib.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
	struct timespec now;

	/* Neither clock can fail on Linux; a broken machine is not worth going on for. */
	if (clock_gettime(id, &now) != 0)
		abort();
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t clocks_mono(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

/* Reads the wall clock between two readings of the other; of a few tries the narrowest counts. */
static void cross_read(int64_t *mono, int64_t *difference, uint32_t *uncertainty)
{
	int64_t narrowest = INT64_MAX;

	for (int i = 0; i < 4 && narrowest > 200; i++) {
		int64_t before = read_clock(CLOCK_MONOTONIC);
		int64_t real = read_clock(CLOCK_REALTIME);
		int64_t after = read_clock(CLOCK_MONOTONIC);

		if (after - before >= narrowest)
			continue;
		narrowest = after - before;
		*mono = after;
		*difference = real - (before + narrowest / 2);
	}
	*uncertainty = narrowest / 2 > UINT32_MAX ? UINT32_MAX : (uint32_t)(narrowest / 2 + 1);
}

void clocks_init(struct clocks *clocks)
{
	cross_read(&clocks->read_mono, &clocks->real_minus_mono, &clocks->uncertainty_ns);
	clocks->at_epoch = clocks->real_minus_mono;
	clocks->stepped_mono = INT64_MIN;
}

int64_t clocks_take(struct clocks *clocks, int64_t mono, int64_t real_minus_mono, uint32_t uncertainty_ns)
{
	int64_t change = real_minus_mono - clocks->real_minus_mono;
	int64_t distance = change < 0 ? -change : change;

	clocks->read_mono = mono;
	if (distance <= (int64_t)uncertainty_ns + clocks->uncertainty_ns) {
		/* Holding the old value keeps the noise of the readings out of every round-trip time. */
		if (uncertainty_ns < clocks->uncertainty_ns) {
			clocks->real_minus_mono = real_minus_mono;
			clocks->uncertainty_ns = uncertainty_ns;
		}
		return 0;
	}
	clocks->real_minus_mono = real_minus_mono;
	clocks->uncertainty_ns = uncertainty_ns;
	if (distance <= CLOCK_STEP_NS)
		return 0;
	clocks->stepped_mono = mono;
	return change;
}

int64_t clocks_update(struct clocks *clocks)
{
	int64_t mono = 0, difference = 0;
	uint32_t uncertainty = 0;

	cross_read(&mono, &difference, &uncertainty);
	return clocks_take(clocks, mono, difference, uncertainty);
}
