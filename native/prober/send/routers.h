/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_ROUTERS_H
#define RXRAY_ROUTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "address.h"
#include "frames.h"

#define ROUTERS_MOST 256 /* beyond, the sender of an ICMP error stays unnamed */

/* Who sent ICMP errors, by the numbers that samples carry. */
struct routers {
	struct address list[ROUTERS_MOST];
	bool told[ROUTERS_MOST];
	uint16_t count;
};

/* The number of this sender, told to the reader beforehand; 0 where there are too many. */
uint16_t routers_number(struct routers *routers, const struct address *address, struct frames *frames);

/* All are told again when they are next needed, for whoever begins to read in the middle. */
void routers_repeat(struct routers *routers);

#endif
