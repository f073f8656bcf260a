/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_ANNOUNCEMENT_H
#define RXRAY_ANNOUNCEMENT_H

#include "prober.h"

/*
 * What the echo of an announcing path says behind its key (path, seq, nonce: 16 bytes), in network byte
 * order, so that its target can tell how late each probe comes:
 *
 *   16  u32  ANNOUNCEMENT_MAGIC
 *   20  u64  epoch: drawn anew by each run
 *   28  u64  due: when this echo was due, in ns of CLOCK_MONOTONIC since the start of the run
 *   36  u32  path: number of a SYN path to the same machine whose grid follows; 0xffffffff none
 *   40  u16  first source port of that path
 *   42  u16  its flows
 *   44  u16  its target port, as it is sent
 *   46  u16  0
 *   48  u64  when its slot 0 was due, ns since the start; slot k is due k intervals later on port first + k %
 * flows 56  u64  its interval in ns 64  u64  tag: SipHash of bytes 0 to 63 under the secret of the echo's
 * path
 */
#define ANNOUNCEMENT_MAGIC 0x72786731u /* rxg1 */

/* Fills in what follows the key of the echo, `out`, of slot k of its path. */
void announcement_make(const struct prober *prober, const struct train *train, uint64_t k,
                       const struct outgoing *out, uint8_t announcement[ANNOUNCEMENT_BYTES]);

#endif
