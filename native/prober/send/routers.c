/* SPDX-License-Identifier: MIT */
#include "routers.h"

#include <string.h>

static uint16_t place_of(struct routers *routers, const struct address *address)
{
	uint16_t at = 0;

	while (at < routers->count && !address_equal(&routers->list[at], address))
		at++;
	if (at == routers->count && at < ROUTERS_MOST) {
		routers->list[at] = *address;
		routers->told[at] = false;
		routers->count++;
	}
	return at;
}

uint16_t routers_number(struct routers *routers, const struct address *address, struct frames *frames)
{
	uint16_t at = place_of(routers, address);
	struct rxray_frame_router record = {.number = (uint16_t)(at + 1), .family = address->family};

	if (at == ROUTERS_MOST)
		return 0;
	if (!routers->told[at]) {
		memcpy(record.address, address->bytes, sizeof(record.address));
		frames_block(frames, RXRAY_RECORD_ROUTER, sizeof(record), &record, 1);
		routers->told[at] = true;
	}
	return record.number;
}

void routers_repeat(struct routers *routers)
{
	memset(routers->told, 0, sizeof(routers->told));
}
