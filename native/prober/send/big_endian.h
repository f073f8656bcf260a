/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_BIG_ENDIAN_H
#define RXRAY_BIG_ENDIAN_H

#include <stdint.h>

/* Numbers as headers have them; `at` need not be aligned. */

static inline uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

#endif
