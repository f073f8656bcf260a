/* SPDX-License-Identifier: MIT */
/* Source ports that a plan names one by one, and what stands for those that somebody else has. */
#include <errno.h>
#include <string.h>

#include "open_files.h"
#include "port_set.h"
#include "ports.h"

/* What is left to be taken in place of those that are named. */
struct room {
	struct port_set named;
	uint32_t next, last;
};

/* Holds one port, or leaves nothing held of it. */
static bool hold_port(struct ports *ports, uint16_t port)
{
	int why;

	if (port_hold_this(&ports->held, port)) {
		ports->held.kept = ports->held.count;
		return true;
	}
	why = errno;
	port_hold_drop(&ports->held);
	errno = why;
	return false;
}

/* All within as many ports as the filter can enclose, from the lowest that is named. */
static void find_room(struct room *room, const struct plan *plan)
{
	*room = (struct room){.named = PORT_SET_EMPTY};
	for (size_t i = 0; i < plan->path_count; i++) {
		const struct plan_path *path = &plan->paths[i];

		for (size_t at = path->listed_at; path->listed && at < path->listed_at + (size_t)path->flows;
		     at++) {
			port_set_add(&room->named, plan->listed[at]);
			if (path->falls_back && plan->instead[at] != 0)
				port_set_add(&room->named, plan->instead[at]);
		}
	}
	room->next = room->named.first;
	room->last = room->next + PLAN_LISTED_SPAN - 1;
	if (plan->source_ports.first != 0 && room->last > plan->source_ports.last)
		room->last = plan->source_ports.last;
	room->last = room->last > UINT16_MAX ? UINT16_MAX : room->last;
}

/* Any port that nobody names; false when none is left, or nothing can be held any more. */
static bool hold_any(struct ports *ports, struct room *room, uint16_t *port)
{
	while (room->next <= room->last) {
		*port = (uint16_t)room->next++;
		if (port_set_has(&room->named, *port))
			continue;
		if (hold_port(ports, *port))
			return true;
		if (open_files_spent())
			return false;
	}
	errno = EADDRINUSE;
	return false;
}

/*
 * The port of a flow, or where the path falls back and somebody else has it the one that it names instead,
 * or any.
 */
static bool hold_flow(struct ports *ports, const struct plan *plan, const struct plan_path *path, size_t at,
                      struct room *room)
{
	uint16_t *port = &ports->listed[at];

	*port = plan->listed[at];
	if (hold_port(ports, *port))
		return true;
	if (!path->falls_back || open_files_spent())
		return false;
	*port = plan->instead[at];
	if (*port != 0 && hold_port(ports, *port))
		return true;
	return !open_files_spent() && hold_any(ports, room, port);
}

bool ports_hold_listed(struct ports *ports, const struct plan *plan, struct problem *problem)
{
	struct filter_range *around = &ports->pinned;
	struct room room;

	find_room(&room, plan);
	for (size_t i = 0; i < plan->path_count; i++) {
		const struct plan_path *path = &plan->paths[i];

		for (size_t at = path->listed_at; path->listed && at < path->listed_at + (size_t)path->flows;
		     at++) {
			uint16_t port;

			if (!hold_flow(ports, plan, path, at, &room))
				return open_files_spent()
				               ? ports_refused(problem, "", "source ports",
				                               (uint32_t)plan->listed_count)
				               : problem_set(problem, "E_PORTS", EXIT_SYSTEM, -1,
				                             "name other ports, or their number alone",
				                             "source port %u cannot be had: %s",
				                             plan->listed[at], strerror(errno));
			port = ports->listed[at];
			if (around->first > around->last)
				*around = (struct filter_range){port, port};
			around->first = port < around->first ? port : around->first;
			around->last = port > around->last ? port : around->last;
		}
	}
	return true;
}
