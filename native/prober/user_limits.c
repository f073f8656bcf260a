/* SPDX-License-Identifier: MIT */
#include "user_limits.h"

#include <unistd.h>

bool limits_hold(void)
{
	/* The real one: a set-user-id program would have another effective one. */
	return getuid() != 0;
}

void limits_apply(struct plan *plan)
{
	if (limits_hold() && plan->max_pps_per_target > LIMIT_PPS_TO_TARGET)
		plan->max_pps_per_target = LIMIT_PPS_TO_TARGET;
}

double limits_packets_per_second(const struct plan *plan)
{
	double sum = 0;

	for (size_t i = 0; i < plan->path_count; i++)
		sum += 1e9 / (double)plan->paths[i].interval_ns + plan->paths[i].fresh_pps;
	return sum;
}
