/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_PORTS_H
#define RXRAY_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filter.h"
#include "packet.h"
#include "plan.h"
#include "port_hold.h"
#include "problem.h"

/*
 * A source port for fresh flows rests so long before it is used again: longer than conntrack remembers a SYN
 * without an answer (120 s). Where fewer ports are free in a row it rests for less, but for longer than an
 * answered one is remembered after the RST (10 s, nf_conntrack_tcp_timeout_close).
 */
#define FRESH_REST_S 130
#define FRESH_REST_LEAST_S 20

/* Up to so many ports each path gets its own; beyond, paths to different targets share them. */
#define PORTS_DISTINCT 4096

struct path_ports {
	uint16_t first; /* flow f of the path sends from first + f; for ICMP the id */
	const uint16_t *listed; /* where the plan names them flow f sends from listed[f]; else NULL */
	uint16_t flows;
	uint16_t fresh_first; /* fresh probe n sends from fresh_first + n % fresh_count */
	uint16_t fresh_count;
};

struct port_owner {
	uint8_t transport;
	struct address target;
	uint16_t port;
	uint32_t path;
};

/*
 * Which source port belongs to which path. The pinned ports are one contiguous block outside the ephemeral
 * range, each held by a bound socket that does not listen: so nobody else is given it, and the kernel answers
 * SYN-ACKs with RST. Fresh ports are too many to be held so; they are a range outside the ephemeral one in
 * which no socket was found. Both, and the identifiers of echoes, are claimed in blocks against other
 * probers. Pinned ports that the plan names one by one are held the same way, wherever they lie.
 */
struct ports {
	struct path_ports *paths;
	uint16_t *listed; /* those that are named one by one, as they could be had */
	struct filter_range pinned; /* of ports that are named one by one, what encloses them */
	struct filter_range fresh, ids;
	uint32_t fresh_rest_s; /* for how long a fresh port rests */
	uint32_t *owner[2]; /* for TCP and UDP, by port: path + 1 where only one path has it */
	struct port_owner *sorted; /* by transport, target and port */
	size_t sorted_count;
	uint32_t *icmp_paths; /* by id, from the first on */
	struct port_hold held;
};

bool ports_reserve(struct ports *ports, const struct plan *plan, uint64_t random, struct problem *problem);
void ports_release(struct ports *ports);

/* The path that a packet from `remote`:`remote_port` to our port belongs to; false when to none. */
bool ports_find(const struct ports *ports, enum transport transport, uint16_t port,
                const struct address *remote, uint16_t remote_port, uint32_t *path);

/* The source port of a pinned flow, and the flow of a pinned source port of the path. */
uint16_t ports_of_flow(const struct path_ports *own, uint16_t flow);
uint16_t ports_flow(const struct path_ports *own, uint16_t port);

/* The path that the id of an echo belongs to. */
bool ports_find_id(const struct ports *ports, uint16_t id, uint32_t *path);

/* Tells that so many could not be had, or not for open files; returns false. */
bool ports_refused(struct problem *problem, const char *remedy, const char *what, uint32_t count);

/* listed_ports.c: holds what the plan names one by one, or what stands for it; `pinned` becomes what encloses
 * them. */
bool ports_hold_listed(struct ports *ports, const struct plan *plan, struct problem *problem);

#endif
