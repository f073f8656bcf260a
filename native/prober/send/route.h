/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_ROUTE_H
#define RXRAY_ROUTE_H

#include <stdbool.h>

#include "address.h"
#include "plan.h"
#include "problem.h"

/* How the kernel would send to the target of a path. */
struct route {
	struct address source;
	int ifindex; /* where the packets leave */
	int bound; /* the same when the plan names the interface, else 0 */
	char interface[IF_NAMESIZE];
};

/*
 * Asks the routing table, as hping3's way of taking any address of the interface breaks on overlays. Refuses
 * targets without a route, broadcast addresses, and source addresses that this machine does not own.
 */
bool route_find(const struct plan_path *path, long index, struct route *route, struct problem *problem);

#endif
