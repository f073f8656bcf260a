/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "stamps.h"
#include "way_out.h"

#define MS 1000000ll

/* Instants in ms: handed over, call returned, queued, left. */
static const struct situation {
	const char *title;
	int64_t handed, returned, queued, left;
	enum held held;
} situations[] = {
        {"sent at once", 0, 2, 1, 1, HELD_IN_CALL},
        {"the prober was interrupted within the call", 0, 80, 60, 70, HELD_IN_CALL},
        {"address resolution took a second", 0, 1, 1000, 1001, HELD_BEFORE_QUEUE},
        {"a shaper held it", 0, 1, 0, 120, HELD_IN_QUEUE},
        {"both, the queue for longer", 0, 1, 30, 120, HELD_IN_QUEUE},
        {"both, the queue for less", 0, 1, 90, 120, HELD_BEFORE_QUEUE},
        {"given to a second queue: the last one counts", 0, 1, 100, 110, HELD_BEFORE_QUEUE},
        {"no stamp of the queue", 0, 1, -1, 120, HELD_IN_CALL},
};

int main(void)
{
	for (size_t i = 0; i < sizeof(situations) / sizeof(situations[0]); i++) {
		const struct situation *now = &situations[i];
		struct way_out way = {now->handed * MS, now->returned * MS,
		                      now->queued < 0 ? NO_STAMP : now->queued * MS, now->left * MS};

		CHECK_EQUAL(way_out_held(&way, 1000), now->held, now->title);
	}
	return 0;
}
