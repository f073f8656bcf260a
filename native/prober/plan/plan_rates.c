/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "plan.h"

#define NS_PER_S 1000000000ull

struct rated {
	const struct address *target;
	size_t path;
	uint64_t micro_pps;
};

static int compare_rated(const void *left, const void *right)
{
	return address_compare(((const struct rated *)left)->target, ((const struct rated *)right)->target);
}

bool plan_check_rates(const struct plan *plan, struct problem *problem)
{
	struct rated *rated = calloc(plan->path_count, sizeof(*rated));
	uint64_t sum = 0;
	bool good = true;

	if (rated == NULL)
		return problem_set(problem, "E_MEMORY", EXIT_SYSTEM, -1, "give fewer paths",
		                   "no memory for the plan");
	for (size_t i = 0; i < plan->path_count; i++) {
		const struct plan_path *path = &plan->paths[i];

		rated[i] =
		        (struct rated){&path->target, i,
		                       NS_PER_S * 1000000 / path->interval_ns + path->fresh_pps * 1000000ull};
	}
	qsort(rated, plan->path_count, sizeof(*rated), compare_rated);
	for (size_t i = 0; i < plan->path_count && good; i++) {
		char text[ADDRESS_TEXT];

		if (i > 0 && !address_equal(rated[i].target, rated[i - 1].target))
			sum = 0;
		sum += rated[i].micro_pps;
		if (sum > plan->max_pps_per_target * 1000000)
			good = problem_set(
			        problem, "E_RATE_LIMIT", EXIT_PLAN, (long)rated[i].path,
			        "lengthen the interval, or raise max-pps-per-target if the target's owner "
			        "agrees",
			        "%s would get more than %llu packets/s, all its paths taken together",
			        address_text(rated[i].target, text),
			        (unsigned long long)plan->max_pps_per_target);
	}
	free(rated);
	return good;
}
