/* SPDX-License-Identifier: MIT */
#include "key.h"

#include <string.h>

static uint64_t rotate(uint64_t word, int bits)
{
	return word << bits | word >> (64 - bits);
}

static void round_once(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static uint64_t little_endian(const uint8_t *bytes, size_t count)
{
	uint64_t word = 0;

	for (size_t i = 0; i < count; i++)
		word |= (uint64_t)bytes[i] << (8 * i);
	return word;
}

uint64_t key_siphash(const struct secret *secret, const void *data, size_t length)
{
	const uint8_t *bytes = data;
	size_t whole = length & ~(size_t)7;
	uint64_t v[4] = {
	        secret->words[0] ^ 0x736f6d6570736575ull,
	        secret->words[1] ^ 0x646f72616e646f6dull,
	        secret->words[0] ^ 0x6c7967656e657261ull,
	        secret->words[1] ^ 0x7465646279746573ull,
	};

	for (size_t i = 0; i <= whole; i += 8) {
		uint64_t word = i < whole ? little_endian(bytes + i, 8)
		                          : little_endian(bytes + i, length - whole) | (uint64_t)length << 56;

		v[3] ^= word;
		round_once(v);
		round_once(v);
		v[0] ^= word;
	}
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		round_once(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static uint64_t hash(const struct secret *secret, enum key_use use, uint32_t path, uint32_t what)
{
	uint32_t words[3] = {(uint32_t)use, path, what};

	return key_siphash(secret, words, sizeof(words));
}

uint64_t key_nonce(const struct secret *secret, uint32_t path, uint32_t seq)
{
	return hash(secret, KEY_NONCE, path, seq);
}

uint32_t key_number(const struct secret *secret, enum key_use use, uint32_t path, uint16_t flow, uint64_t n)
{
	return (uint32_t)hash(secret, use, path, flow) + (uint32_t)(n * KEY_STEP);
}

uint64_t key_index(const struct secret *secret, enum key_use use, uint32_t path, uint16_t flow,
                   uint32_t number, uint64_t newest)
{
	const uint64_t period = (1ull << 32) / KEY_STEP;
	uint32_t distance = number - (uint32_t)hash(secret, use, path, flow);
	uint64_t n;

	if (distance % KEY_STEP != 0)
		return UINT64_MAX;
	n = newest - newest % period + distance / KEY_STEP;
	if (n > newest) {
		if (n < period)
			return UINT64_MAX;
		n -= period;
	}
	return n;
}

uint64_t key_nearest(const struct secret *secret, enum key_use use, uint32_t path, uint16_t flow,
                     uint32_t number, uint64_t expected)
{
	const uint64_t period = (1ull << 32) / KEY_STEP;
	uint32_t distance = number - (uint32_t)hash(secret, use, path, flow);
	uint64_t n;

	if (distance % KEY_STEP != 0)
		return UINT64_MAX;
	n = expected - expected % period + distance / KEY_STEP;
	if (n > expected + period / 2 && n >= period)
		n -= period;
	else if (n + period / 2 < expected)
		n += period;
	return n;
}
