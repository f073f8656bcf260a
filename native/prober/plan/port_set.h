/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_PORT_SET_H
#define RXRAY_PORT_SET_H

#include <stdbool.h>
#include <stdint.h>

/* Some ports, and what encloses them; to begin with PORT_SET_EMPTY. */
struct port_set {
	uint8_t bits[65536 / 8];
	uint16_t first, last; /* first > last: none */
};

#define PORT_SET_EMPTY                                                                                       \
	{                                                                                                    \
		.first = UINT16_MAX                                                                          \
	}

static inline bool port_set_has(const struct port_set *set, uint16_t port)
{
	return (set->bits[port / 8] >> port % 8 & 1) != 0;
}

static inline void port_set_add(struct port_set *set, uint16_t port)
{
	set->bits[port / 8] |= (uint8_t)(1u << port % 8);
	set->first = port < set->first ? port : set->first;
	set->last = port > set->last ? port : set->last;
}

#endif
