/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_PORT_HOLD_H
#define RXRAY_PORT_HOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filter.h"
#include "name_hold.h"

#define PORT_BLOCK 64

/* Sockets that are bound, and do nothing else, so that their ports are nobody else's. */
struct port_hold {
	bool tcp[2], udp[2]; /* what to hold of each port, for IPv4 and IPv6 */
	struct filter_range within; /* only these ports may be taken; empty: any */
	int *fds; /* room for four a port, and four more */
	size_t count;
	size_t kept; /* the first so many are not let go with the others */
	struct name_hold names; /* of the blocks that have been claimed */
	uint64_t blocks[65536 / PORT_BLOCK / 64]; /* those of ports, by number */
};

/*
 * Claims the blocks that a range lies in, of "ports" or of "ids", against all other probers of this network
 * namespace. NAME_TAKEN leaves nothing claimed.
 */
enum name_held port_hold_claim(struct port_hold *hold, const char *what, struct filter_range range);

/* So much more of `random` makes a search begin one port later. */
#define BEGIN_STEP 7

/*
 * Finds `length` free ports in a row, outside the ephemeral range where that leaves room, beginning anywhere.
 * Holds them all, or only looks when !keep; what was held before is let go then.
 */
bool port_hold_find(struct port_hold *hold, uint32_t length, bool keep, uint32_t random,
                    struct filter_range *found);
void port_hold_drop(struct port_hold *hold);

/* Holds this very port; false when it is another's, or cannot be had: errno tells. */
bool port_hold_this(struct port_hold *hold, uint16_t port);

#endif
