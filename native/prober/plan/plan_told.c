/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "plan.h"

#define NS_PER_S 1000000000ull

/* `3,7,11`: the numbers of paths; `none` where the echoes tell of themselves alone. */
static bool take_announced(const char *value, struct plan_path *path)
{
	path->announces = true;
	path->payload = PLAN_ANNOUNCED_PAYLOAD;
	if (strcmp(value, "none") == 0)
		return true;
	while (path->announced_count < PLAN_MAX_ANNOUNCED) {
		char *end;
		unsigned long number = strtoul(value, &end, 10);

		if (end == value || number >= PLAN_MAX_PATHS)
			return false;
		path->announced[path->announced_count++] = (uint32_t)number;
		if (*end == '\0')
			return true;
		if (*end != ',')
			return false;
		value = end + 1;
	}
	return false;
}

bool plan_take_told(const struct plan *plan, struct plan_path *path, const char *word, bool *known,
                    struct problem *problem)
{
	*known = true;
	if (strncmp(word, "secret=", 7) == 0) {
		/* Not repeated in the message, which ends up in logs. */
		path->secret_given = plan_secret(word + 7, path->secret);
		return path->secret_given ||
		       PLAN_FAIL(problem, "line %u: a secret has 32 hexadecimal digits", plan->line);
	}
	if (strncmp(word, "phase-ns=", 9) == 0) {
		path->phase_given = plan_number(word + 9, 0, 3600 * NS_PER_S, &path->phase_ns);
		return path->phase_given ||
		       PLAN_FAIL(problem, "line %u: phase-ns must be 0 to 3600000000000", plan->line);
	}
	if (strncmp(word, "announce=", 9) == 0 && path->protocol == PROTOCOL_ICMP)
		return take_announced(word + 9, path) ||
		       PLAN_FAIL(problem, "line %u: announce takes none, or up to %d numbers of paths",
		                 plan->line, PLAN_MAX_ANNOUNCED);
	*known = false;
	return true;
}

bool plan_finish_told(const struct plan *plan, struct problem *problem)
{
	for (size_t i = 0; i < plan->path_count; i++) {
		const struct plan_path *path = &plan->paths[i];

		if (path->announces && !path->secret_given)
			return PLAN_FAIL(problem, "path %zu announces what only its own secret can prove", i);
		if (path->announces && path->payload < PLAN_ANNOUNCED_PAYLOAD)
			return PLAN_FAIL(problem, "path %zu announces in fewer than %d bytes", i,
			                 PLAN_ANNOUNCED_PAYLOAD);
		for (size_t j = 0; j < path->announced_count; j++) {
			if (path->announced[j] >= plan->path_count ||
			    plan->paths[path->announced[j]].protocol != PROTOCOL_SYN)
				return PLAN_FAIL(problem, "path %zu announces %u, which is no SYN path", i,
				                 path->announced[j]);
		}
	}
	return true;
}
