/* SPDX-License-Identifier: MIT */
#include "ports.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "open_files.h"

#define SHARED UINT32_MAX

static enum transport transport_of(const struct plan_path *path)
{
	if (path->protocol == PROTOCOL_ICMP)
		return TRANSPORT_ICMP;
	return path->protocol == PROTOCOL_UDP ? TRANSPORT_UDP : TRANSPORT_TCP;
}

static int compare_owners(const void *left, const void *right)
{
	const struct port_owner *a = left, *b = right;
	int order = a->transport - b->transport;

	if (order == 0)
		order = address_compare(&a->target, &b->target);
	if (order == 0)
		order = a->port - b->port;
	return order;
}

static bool same_group(const struct port_owner *a, const struct port_owner *b)
{
	return compare_owners(a, b) == 0;
}

static uint32_t fresh_count(const struct ports *ports, const struct plan_path *path)
{
	return path->fresh_pps * ports->fresh_rest_s;
}

/*
 * Gives each path its place within the blocks, from 0. Paths to different targets may stand on the same
 * ports when `shared`. Returns the length of the block.
 */
static uint32_t place(struct ports *ports, const struct plan *plan, bool fresh, bool shared)
{
	uint32_t at = 0, longest = 0;

	for (size_t i = 0; i < ports->sorted_count; i++) {
		const struct port_owner *owner = &ports->sorted[i];
		const struct plan_path *path = &plan->paths[owner->path];

		if (shared && i > 0 && !same_group(owner, &ports->sorted[i - 1]))
			at = 0;
		if (fresh)
			ports->paths[owner->path].fresh_first = (uint16_t)at;
		else
			ports->paths[owner->path].first = (uint16_t)at;
		at += fresh ? fresh_count(ports, path) : path->flows;
		longest = at > longest ? at : longest;
	}
	return longest;
}

static bool allocate(struct ports *ports, const struct plan *plan)
{
	ports->paths = calloc(plan->path_count, sizeof(*ports->paths));
	ports->sorted = calloc(plan->path_count, sizeof(*ports->sorted));
	ports->icmp_paths = calloc(plan->path_count, sizeof(*ports->icmp_paths));
	ports->owner[0] = calloc(65536, sizeof(uint32_t));
	ports->owner[1] = calloc(65536, sizeof(uint32_t));
	return ports->icmp_paths != NULL && ports->paths != NULL && ports->sorted != NULL &&
	       ports->owner[0] != NULL && ports->owner[1] != NULL;
}

/* Draws identifiers for the echoes of all ICMP paths, in a row, that no other prober here has. */
static bool choose_ids(struct ports *ports, uint32_t count, uint64_t random)
{
	for (uint32_t tries = 0; tries < 64; tries++) {
		uint32_t base = 1 + (uint32_t)((random >> 32) + tries * 10007u) % (65535 - count);

		ports->ids = (struct filter_range){(uint16_t)base, (uint16_t)(base + count - 1)};
		switch (port_hold_claim(&ports->held, "ids", ports->ids)) {
		case NAME_HELD:
			return true;
		case NAME_TAKEN:
			break;
		case NAME_FAILED:
			return false;
		}
	}
	return false;
}

bool ports_refused(struct problem *problem, const char *remedy, const char *what, uint32_t count)
{
	if (open_files_spent())
		return problem_set(problem, "E_FILES", EXIT_SYSTEM, -1,
		                   "raise `ulimit -n`, or ask for fewer flows",
		                   "%u %s need more open files than the %lu that are allowed", count, what,
		                   open_files_limit());
	return problem_set(problem, "E_PORTS", EXIT_SYSTEM, -1, remedy, "no %u free %s in a row", count,
	                   what);
}

static void claim(struct ports *ports, enum transport transport, uint32_t port, uint32_t path)
{
	uint32_t *owner = &ports->owner[transport == TRANSPORT_UDP][port];

	*owner = *owner == 0 ? path + 1 : SHARED;
}

/* Gives each path its place among the fresh ports, for how long they rest. Returns the length of the block.
 */
static uint32_t place_fresh(struct ports *ports, const struct plan *plan, uint32_t per_second)
{
	return place(ports, plan, true, per_second * ports->fresh_rest_s > PORTS_DISTINCT);
}

/*
 * Finds fresh ports in a row, as many as there are: ports of another prober in the middle of a share would
 * else leave none.
 */
static bool find_fresh(struct ports *ports, const struct plan *plan, uint32_t per_second, uint32_t random)
{
	while (ports->fresh_rest_s >= FRESH_REST_LEAST_S) {
		uint32_t block = place_fresh(ports, plan, per_second);

		if (block == 0 || port_hold_find(&ports->held, block, false, random, &ports->fresh))
			return true;
		if (open_files_spent())
			return false;
		ports->fresh_rest_s -= ports->fresh_rest_s / 5;
	}
	return false;
}

bool ports_reserve(struct ports *ports, const struct plan *plan, uint64_t random, struct problem *problem)
{
	uint64_t pinned = 0;
	uint32_t icmp = 0, per_second = 0, block, fresh_block, names;
	bool listed = plan->listed_count > 0;

	memset(ports, 0, sizeof(*ports));
	ports->pinned = ports->fresh = ports->ids = (struct filter_range){1, 0};
	if (!allocate(ports, plan))
		return problem_set(problem, "E_MEMORY", EXIT_SYSTEM, -1, "give fewer paths",
		                   "no memory for ports");
	for (size_t i = 0; i < plan->path_count; i++) {
		const struct plan_path *path = &plan->paths[i];
		int v6 = path->target.family == 6;

		if (path->protocol == PROTOCOL_ICMP) {
			ports->icmp_paths[icmp] = (uint32_t)i;
			ports->paths[i].first = (uint16_t)icmp++;
			continue;
		}
		pinned += path->flows;
		per_second += path->fresh_pps;
		ports->held.udp[v6] |= path->protocol == PROTOCOL_UDP;
		ports->held.tcp[v6] |= path->protocol != PROTOCOL_UDP;
		ports->sorted[ports->sorted_count++] =
		        (struct port_owner){transport_of(path), path->target, path->port, (uint32_t)i};
	}
	ports->held.within = plan->source_ports.first == 0 ? (struct filter_range){1, 0}
	                                                   : (struct filter_range){plan->source_ports.first,
	                                                                           plan->source_ports.last};
	errno = 0;
	if (icmp > 0 && !choose_ids(ports, icmp, random))
		return ports_refused(problem, "give fewer ICMP paths", "identifiers of echoes", icmp);
	qsort(ports->sorted, ports->sorted_count, sizeof(*ports->sorted), compare_owners);
	block = listed ? (uint32_t)plan->listed_count : place(ports, plan, false, pinned > PORTS_DISTINCT);
	ports->held.fds = calloc(4 * (size_t)block + 4, sizeof(*ports->held.fds));
	ports->listed = calloc(plan->listed_count + 1, sizeof(*ports->listed));
	if (ports->held.fds == NULL || ports->listed == NULL)
		return problem_set(problem, "E_MEMORY", EXIT_SYSTEM, -1, "give fewer flows",
		                   "no memory for ports");
	ports->fresh_rest_s = FRESH_REST_S;
	fresh_block = place_fresh(ports, plan, per_second);
	/* Ports that are named may lie in as many blocks, and what is tried in their place in all of them. */
	names = (listed ? block + (plan->instead == NULL ? 0 : PLAN_LISTED_SPAN / PORT_BLOCK + 1)
	                : block / PORT_BLOCK) +
	        fresh_block / PORT_BLOCK;
	if (!open_files_allow(4 * (size_t)block + names + 9)) {
		errno = EMFILE;
		return ports_refused(problem, "", "source ports", block);
	}
	errno = 0;
	if (!ports_hold_listed(ports, plan, problem))
		return false;
	/* Fresh ports are looked at first, because looking drops what is held. */
	if (!find_fresh(ports, plan, per_second, (uint32_t)random))
		return ports_refused(problem, "lower fresh-pps", "source ports for fresh flows", fresh_block);
	/* Block by block, as a share of a bisection is little longer than the fresh ports that lie in it. */
	for (uint32_t tries = 0; block > 0 && !listed; tries++) {
		if (tries * block > UINT16_MAX ||
		    !port_hold_find(&ports->held, block, true, (uint32_t)random + tries * block * BEGIN_STEP,
		                    &ports->pinned))
			return ports_refused(problem, "ask for fewer flows", "source ports", block);
		if (ports->fresh.first > ports->fresh.last || ports->pinned.first > ports->fresh.last ||
		    ports->pinned.last < ports->fresh.first)
			break;
		port_hold_drop(&ports->held);
	}
	for (size_t i = 0; i < plan->path_count; i++) {
		const struct plan_path *path = &plan->paths[i];
		struct path_ports *own = &ports->paths[i];

		if (path->protocol == PROTOCOL_ICMP) {
			own->first = (uint16_t)(own->first + ports->ids.first);
			continue;
		}
		own->flows = path->flows;
		own->listed = path->listed ? &ports->listed[path->listed_at] : NULL;
		own->first = (uint16_t)(own->first + ports->pinned.first);
		own->fresh_first = (uint16_t)(own->fresh_first + ports->fresh.first);
		own->fresh_count = (uint16_t)fresh_count(ports, path);
		for (uint16_t f = 0; f < path->flows; f++)
			claim(ports, transport_of(path), ports_of_flow(own, f), (uint32_t)i);
		for (uint32_t f = 0; f < own->fresh_count; f++)
			claim(ports, transport_of(path), own->fresh_first + f, (uint32_t)i);
	}
	return true;
}

void ports_release(struct ports *ports)
{
	ports->held.kept = 0;
	port_hold_drop(&ports->held);
	name_hold_free(&ports->held.names);
	free(ports->held.fds);
	free(ports->listed);
	free(ports->paths);
	free(ports->sorted);
	free(ports->icmp_paths);
	free(ports->owner[0]);
	free(ports->owner[1]);
	memset(ports, 0, sizeof(*ports));
}

uint16_t ports_of_flow(const struct path_ports *own, uint16_t flow)
{
	return own->listed == NULL ? (uint16_t)(own->first + flow) : own->listed[flow];
}

uint16_t ports_flow(const struct path_ports *own, uint16_t port)
{
	uint16_t flow = 0;

	if (own->listed == NULL)
		return (uint16_t)(port - own->first);
	while (flow + 1 < own->flows && own->listed[flow] != port)
		flow++;
	return flow;
}

static bool within(uint16_t port, uint16_t first, uint32_t count)
{
	return port >= first && port < (uint32_t)first + count;
}

bool ports_find(const struct ports *ports, enum transport transport, uint16_t port,
                const struct address *remote, uint16_t remote_port, uint32_t *path)
{
	struct port_owner wanted = {.transport = (uint8_t)transport, .target = *remote, .port = remote_port};
	uint32_t owner = ports->owner[transport == TRANSPORT_UDP][port];
	size_t low = 0, high = ports->sorted_count;

	if (owner == 0)
		return false;
	if (owner != SHARED) {
		/* The remote address may differ: a service address is translated on this very machine. */
		*path = owner - 1;
		return true;
	}
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (compare_owners(&ports->sorted[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < ports->sorted_count && same_group(&ports->sorted[low], &wanted); low++) {
		const struct path_ports *own = &ports->paths[ports->sorted[low].path];
		uint32_t next = low + 1 < ports->sorted_count && same_group(&ports->sorted[low + 1], &wanted)
		                        ? ports->paths[ports->sorted[low + 1].path].first
		                        : 65536u;

		/* Within a group the pinned ports of the paths follow each other; those that are named have
		 * one path each. */
		if ((own->listed == NULL && port >= own->first && port < next && port <= ports->pinned.last &&
		     port >= ports->pinned.first) ||
		    within(port, own->fresh_first, own->fresh_count)) {
			*path = ports->sorted[low].path;
			return true;
		}
	}
	return false;
}

bool ports_find_id(const struct ports *ports, uint16_t id, uint32_t *path)
{
	if (id < ports->ids.first || id > ports->ids.last)
		return false;
	*path = ports->icmp_paths[id - ports->ids.first];
	return true;
}
