/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_KEY_H
#define RXRAY_KEY_H

#include <stddef.h>
#include <stdint.h>

/*
 * Every probe carries a key that only this process can make, so that a reply proves which probe it
 * answers. The secret is random and lives as long as the process.
 */
struct secret {
	uint64_t words[2];
};

enum key_use { KEY_NONCE = 1, KEY_SEQUENCE = 2, KEY_ACKNOWLEDGEMENT = 3 };

/*
 * Distance of the initial sequence numbers of two successive probes of one flow. The later SYN then lies
 * inside the receive window that an earlier one opened and is answered with its own number; an unrelated
 * number would draw a rate-limited challenge ACK (RFC 5961) and read as loss.
 */
#define KEY_STEP 16u

/* SipHash-2-4 (Aumasson and Bernstein, 2012). */
uint64_t key_siphash(const struct secret *secret, const void *data, size_t length);

/* The 64-bit nonce in the payload of ICMP and UDP probes. */
uint64_t key_nonce(const struct secret *secret, uint32_t path, uint32_t seq);

/* The number that probe n of a flow carries, as sequence or acknowledgement number. */
uint32_t key_number(const struct secret *secret, enum key_use use, uint32_t path, uint16_t flow, uint64_t n);

/*
 * The reverse: which probe of the flow carries this number. `newest` is the newest n in question; numbers
 * repeat after 2^28 probes, and the youngest candidate not newer than it is meant. Returns UINT64_MAX for a
 * number that no probe of the flow carries.
 */
uint64_t key_index(const struct secret *secret, enum key_use use, uint32_t path, uint16_t flow,
                   uint32_t number, uint64_t newest);

/*
 * The same for somebody who does not know what was sent: of the n that carry this number, the one nearest to
 * `expected`.
 */
uint64_t key_nearest(const struct secret *secret, enum key_use use, uint32_t path, uint16_t flow,
                     uint32_t number, uint64_t expected);

#endif
