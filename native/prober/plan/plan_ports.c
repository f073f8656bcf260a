/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "plan.h"
#include "port_set.h"

#define NUMBER_TEXT 8

/* Takes the number before the next comma; leaves *list at what follows, NULL behind the last one. */
static bool next_number(const char **list, uint16_t least, uint16_t *port)
{
	size_t length = strcspn(*list, ",");
	char text[NUMBER_TEXT];
	uint64_t number;

	if (length >= sizeof(text))
		return false;
	memcpy(text, *list, length);
	text[length] = '\0';
	if (!plan_number(text, least, 65535, &number))
		return false;
	*port = (uint16_t)number;
	*list = (*list)[length] == ',' ? *list + length + 1 : NULL;
	return true;
}

static bool next_port(const char **list, uint16_t *port)
{
	return next_number(list, 1, port);
}

bool plan_port_list(const char *list, uint16_t *ports, uint16_t most, uint16_t *count)
{
	for (*count = 0; list != NULL; (*count)++) {
		if (*count == most || !next_port(&list, &ports[*count]))
			return false;
		for (uint16_t i = 0; i < *count; i++) {
			if (ports[i] == ports[*count])
				return false;
		}
	}
	return true;
}

bool plan_take_ports(struct plan *plan, struct plan_path *path, const char *list, struct problem *problem)
{
	uint16_t *grown;
	uint16_t count = 0;

	if (path->flows != 0)
		return PLAN_FAIL(problem, "line %u: give flows= or ports=, and once", plan->line);
	if (plan->listed_count + PLAN_MAX_LISTED > PLAN_LISTED_SPAN)
		return PLAN_FAIL(problem, "line %u: a plan names at most %d source ports", plan->line,
		                 PLAN_LISTED_SPAN);
	grown = realloc(plan->listed, (plan->listed_count + PLAN_MAX_LISTED) * sizeof(*grown));
	if (grown == NULL)
		return problem_set(problem, "E_MEMORY", EXIT_SYSTEM, -1, "give fewer paths",
		                   "no memory for the plan");
	plan->listed = grown;
	path->listed = true;
	path->listed_at = (uint16_t)plan->listed_count;
	while (list != NULL) {
		if (count == PLAN_MAX_LISTED)
			return PLAN_FAIL(problem, "line %u: a path names at most %d source ports", plan->line,
			                 PLAN_MAX_LISTED);
		if (!next_port(&list, &plan->listed[plan->listed_count]))
			return PLAN_FAIL(problem, "line %u: ports must be numbers from 1 to 65535, by commas",
			                 plan->line);
		plan->listed_count++;
		count++;
	}
	path->flows = count;
	return true;
}

bool plan_take_instead(struct plan *plan, struct plan_path *path, const char *list, struct problem *problem)
{
	uint16_t *grown;

	if (!path->listed || path->falls_back)
		return PLAN_FAIL(problem, "line %u: give else= once, behind ports=", plan->line);
	grown = realloc(plan->instead, plan->listed_count * sizeof(*grown));
	if (grown == NULL)
		return problem_set(problem, "E_MEMORY", EXIT_SYSTEM, -1, "give fewer paths",
		                   "no memory for the plan");
	/* What stands there for paths before that do not fall back is never looked at. */
	plan->instead = grown;
	path->falls_back = true;
	for (uint16_t i = 0; i < path->flows; i++) {
		if (list == NULL || !next_number(&list, 0, &plan->instead[path->listed_at + i]))
			return PLAN_FAIL(problem, "line %u: else= has a port for each of ports=, or 0",
			                 plan->line);
	}
	return list == NULL || PLAN_FAIL(problem, "line %u: else= has more ports than ports=", plan->line);
}

static bool name_port(struct port_set *named, const struct plan *plan, uint16_t port, struct problem *problem)
{
	if (port_set_has(named, port))
		return PLAN_FAIL(problem, "source port %u is named twice", port);
	if (plan->source_ports.first != 0 &&
	    (port < plan->source_ports.first || port > plan->source_ports.last))
		return PLAN_FAIL(problem, "source port %u is outside of source-ports", port);
	port_set_add(named, port);
	return true;
}

bool plan_finish_ports(const struct plan *plan, struct problem *problem)
{
	struct port_set named = PORT_SET_EMPTY;

	for (size_t i = 0; i < plan->path_count && plan->listed_count > 0; i++) {
		const struct plan_path *path = &plan->paths[i];

		if (path->protocol != PROTOCOL_ICMP && !path->listed)
			return PLAN_FAIL(problem, "path %zu names no source ports, and others do", i);
		for (size_t j = 0; j < path->announced_count; j++) {
			/* An announcement has room for the first port and their number. */
			if (plan->paths[path->announced[j]].listed)
				return PLAN_FAIL(problem, "path %zu announces %u, whose ports are no row", i,
				                 path->announced[j]);
		}
	}
	for (size_t i = 0; i < plan->path_count; i++) {
		const struct plan_path *path = &plan->paths[i];

		for (size_t at = path->listed_at; path->listed && at < path->listed_at + (size_t)path->flows;
		     at++) {
			if (!name_port(&named, plan, plan->listed[at], problem))
				return false;
			if (path->falls_back && plan->instead[at] != 0 &&
			    !name_port(&named, plan, plan->instead[at], problem))
				return false;
		}
	}
	/* Packets to ports in between reach this program, to be looked at in vain. */
	return plan->listed_count == 0 || named.last - named.first < PLAN_LISTED_SPAN ||
	       PLAN_FAIL(problem, "source ports %u and %u are further apart than %d", named.first, named.last,
	                 PLAN_LISTED_SPAN);
}
