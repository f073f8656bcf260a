/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "key.h"

int main(void)
{
	/* The test vector of the SipHash paper: key 00…0f, message 00…0e. */
	const struct secret reference = {{0x0706050403020100ull, 0x0f0e0d0c0b0a0908ull}};
	const struct secret secret = {{1, 2}};
	uint8_t message[15];
	uint32_t first, number;

	for (uint8_t i = 0; i < sizeof(message); i++)
		message[i] = i;
	CHECK(key_siphash(&reference, message, sizeof(message)) == 0xa129ca6149be45e5ull, "SipHash-2-4");
	CHECK(key_nonce(&secret, 0, 1) != key_nonce(&secret, 0, 2), "nonces of two probes differ");
	CHECK(key_nonce(&secret, 0, 1) != key_nonce(&secret, 1, 1), "nonces of two paths differ");
	first = key_number(&secret, KEY_SEQUENCE, 3, 4, 0);
	CHECK(first != key_number(&secret, KEY_SEQUENCE, 3, 5, 0), "flows begin at different numbers");
	CHECK(first != key_number(&secret, KEY_ACKNOWLEDGEMENT, 3, 4, 0), "uses begin at different numbers");
	number = key_number(&secret, KEY_SEQUENCE, 3, 4, 1000);
	CHECK_EQUAL((uint32_t)(number - first), 16000, "successive probes are 16 apart");
	CHECK_EQUAL(key_index(&secret, KEY_SEQUENCE, 3, 4, number, 1005), 1000,
	            "a number leads back to its probe");
	CHECK_EQUAL(key_index(&secret, KEY_SEQUENCE, 3, 4, number, 1000), 1000, "also to the newest one");
	CHECK(key_index(&secret, KEY_SEQUENCE, 3, 4, number, 999) == UINT64_MAX,
	      "not to one that was not sent");
	CHECK(key_index(&secret, KEY_SEQUENCE, 3, 4, number + 1, 1005) == UINT64_MAX,
	      "a number in between is forged");
	CHECK(key_index(&secret, KEY_SEQUENCE, 3, 5, number, 1005) == UINT64_MAX,
	      "another flow's number is forged");
	CHECK_EQUAL(key_index(&secret, KEY_SEQUENCE, 3, 4,
	                      key_number(&secret, KEY_SEQUENCE, 3, 4, (1ull << 28) - 1), (1ull << 28) + 5),
	            (1ull << 28) - 1, "numbers that have wrapped still lead to the youngest");
	CHECK_EQUAL(key_nearest(&secret, KEY_SEQUENCE, 3, 4, number, 0), 1000,
	            "an onlooker finds the probe from nothing");
	CHECK_EQUAL(key_nearest(&secret, KEY_SEQUENCE, 3, 4, number, 5000), 1000,
	            "also one before what it expects");
	CHECK_EQUAL(key_nearest(&secret, KEY_SEQUENCE, 3, 4, number, (1ull << 28) + 5), (1ull << 28) + 1000,
	            "numbers that have wrapped lead to the nearest");
	CHECK_EQUAL(key_nearest(&secret, KEY_SEQUENCE, 3, 4, number, (1ull << 28) - 5), (1ull << 28) + 1000,
	            "just before they wrap, too");
	CHECK(key_nearest(&secret, KEY_SEQUENCE, 3, 4, number + 1, 0) == UINT64_MAX, "in between nothing");
	return 0;
}
