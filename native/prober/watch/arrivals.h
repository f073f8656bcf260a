/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_ARRIVALS_H
#define RXRAY_ARRIVALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../frames/frames.gen.h"
#include "key.h"
#include "packet.h"
#include "plan.h"
#include "sightings.h"

struct watched {
	const struct plan_watch *plan;
	struct sightings pinned, fresh;
};

/* The probes looked for; groups of one pair of addresses stand together. */
struct arrivals {
	struct secret secret;
	struct watched *watched;
	size_t count;
};

enum arrival_kind {
	ARRIVAL_SEEN, /* a record has been filled in */
	ARRIVAL_REPEATED, /* that probe was seen in that direction before */
	ARRIVAL_OTHER, /* of a flow that is looked for, but neither probe nor reply: the RST that ends it */
	ARRIVAL_STRAY, /* nothing that is looked for */
	ARRIVAL_FORGED, /* what is looked for but for its key */
};

bool arrivals_open(struct arrivals *arrivals, const struct plan *plan);
void arrivals_close(struct arrivals *arrivals);

/*
 * Says which probe a packet is, from its IP header on. `leaving`: it was sent by this machine, so only the
 * reply to a probe can be meant; else only a probe. Fills in all of *record but its time.
 */
enum arrival_kind arrivals_take(struct arrivals *arrivals, const uint8_t *packet, size_t length, bool leaving,
                                struct rxray_frame_arrival *record);

#endif
