/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_CRC32_H
#define RXRAY_CRC32_H

#include <stddef.h>
#include <stdint.h>

struct crc32 {
	uint32_t table[4][256];
};

void crc32_init(struct crc32 *crc);

/* The CRC-32 of zlib. Begin with 0 and pass on what was returned to continue over further pieces. */
uint32_t crc32_update(const struct crc32 *crc, uint32_t sum, const void *data, size_t length);

#endif
