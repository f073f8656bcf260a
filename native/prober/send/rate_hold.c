/* SPDX-License-Identifier: MIT */
#include "rate_hold.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "open_files.h"

struct demand {
	const struct address *target;
	uint64_t micro_pps;
};

static int compare(const void *left, const void *right)
{
	return address_compare(((const struct demand *)left)->target, ((const struct demand *)right)->target);
}

/* What the plan sends to each address, from the lowest on; returns how many there are. */
static size_t sum_up(const struct plan *plan, struct demand *demands)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->path_count; i++) {
		const struct plan_path *path = &plan->paths[i];

		demands[i] = (struct demand){&path->target, 1000000000000000ull / path->interval_ns +
		                                                    path->fresh_pps * 1000000ull};
	}
	qsort(demands, plan->path_count, sizeof(*demands), compare);
	for (size_t i = 0; i < plan->path_count; i++) {
		if (count > 0 && address_equal(demands[i].target, demands[count - 1].target))
			demands[count - 1].micro_pps += demands[i].micro_pps;
		else
			demands[count++] = demands[i];
	}
	return count;
}

static unsigned portions(const struct demand *demand)
{
	const uint64_t portion = RATE_PORTION_PPS * 1000000ull;
	uint64_t wanted = (demand->micro_pps + portion - 1) / portion;

	return wanted > RATE_PORTIONS ? RATE_PORTIONS : (unsigned)wanted;
}

static bool no_files(struct problem *problem, size_t wanted)
{
	return problem_set(problem, "E_FILES", EXIT_SYSTEM, -1, "raise `ulimit -n`, or give fewer paths",
	                   "a plan of this size needs %zu open files, and %lu are allowed", wanted,
	                   open_files_limit());
}

static bool take(struct name_hold *hold, const struct demand *demand, struct problem *problem)
{
	unsigned wanted = portions(demand), got = 0;
	char text[ADDRESS_TEXT];

	address_text(demand->target, text);
	for (unsigned i = 0; i < RATE_PORTIONS && got < wanted; i++) {
		switch (name_hold_take(hold, "rxray-rate-%u-%s-%u", (unsigned)getuid(), text, i)) {
		case NAME_HELD:
			got++;
			break;
		case NAME_TAKEN:
			break;
		case NAME_FAILED:
			if (open_files_spent())
				return no_files(problem, hold->count + wanted);
			return problem_set(problem, "E_SYSTEM", EXIT_SYSTEM, -1,
			                   "allow AF_UNIX sockets to this process",
			                   "cannot count what is sent to %s: %s", text, strerror(errno));
		}
	}
	return got == wanted ||
	       problem_set(problem, "E_RATE_LIMIT", EXIT_PLAN, -1,
	                   "end the other runs, lengthen the interval, or let root state a higher limit",
	                   "%s already gets so much from other runs of this user that all together would "
	                   "exceed %d packets/s",
	                   text, RATE_PORTIONS * RATE_PORTION_PPS);
}

bool rate_hold_take(struct name_hold *hold, const struct plan *plan, struct problem *problem)
{
	struct demand *demands;
	size_t count, wanted = 0;
	bool good = true;

	if (plan->max_pps_per_target > RATE_PORTIONS * RATE_PORTION_PPS)
		return true;
	demands = calloc(plan->path_count, sizeof(*demands));
	if (demands == NULL)
		return problem_set(problem, "E_MEMORY", EXIT_SYSTEM, -1, "give fewer paths",
		                   "no memory for the plan");
	count = sum_up(plan, demands);
	for (size_t i = 0; i < count; i++)
		wanted += portions(&demands[i]);
	if (!open_files_allow(wanted))
		good = no_files(problem, wanted);
	for (size_t i = 0; i < count && good; i++)
		good = take(hold, &demands[i], problem);
	free(demands);
	return good;
}
