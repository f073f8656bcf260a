/* SPDX-License-Identifier: MIT */
#include "crc32.h"

void crc32_init(struct crc32 *crc)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t sum = i;

		for (int bit = 0; bit < 8; bit++)
			sum = (sum & 1) != 0 ? sum >> 1 ^ 0xedb88320u : sum >> 1;
		crc->table[0][i] = sum;
	}
	for (uint32_t i = 0; i < 256; i++) {
		for (int t = 1; t < 4; t++) {
			uint32_t before = crc->table[t - 1][i];

			crc->table[t][i] = before >> 8 ^ crc->table[0][before & 0xff];
		}
	}
}

uint32_t crc32_update(const struct crc32 *crc, uint32_t sum, const void *data, size_t length)
{
	const uint8_t *bytes = data;

	sum = ~sum;
	/* Four bytes a step, each through the table for its distance from the end of the step. */
	for (; length >= 4; bytes += 4, length -= 4) {
		sum ^= (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
		       (uint32_t)bytes[3] << 24;
		sum = crc->table[3][sum & 0xff] ^ crc->table[2][sum >> 8 & 0xff] ^
		      crc->table[1][sum >> 16 & 0xff] ^ crc->table[0][sum >> 24];
	}
	for (; length > 0; bytes++, length--)
		sum = sum >> 8 ^ crc->table[0][(sum ^ *bytes) & 0xff];
	return ~sum;
}
