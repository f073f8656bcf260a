/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_RECEIVE_H
#define RXRAY_RECEIVE_H

#include <linux/if_packet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filter.h"
#include "problem.h"

/* One packet of the ring; valid within the callback only. */
struct received {
	const uint8_t *packet; /* from its IP header on */
	size_t length;
	int64_t real_ns;
	bool stamped; /* by the driver's hand-over, not when the tap saw it */
	const struct sockaddr_ll *from;
};

/*
 * Receives through a packet socket bound to one protocol (ETH_P_IP or ETH_P_IPV6), so that no transmitted
 * packet is cloned for it, behind a filter, into a ring shared with the kernel, so that reading takes no
 * system call.
 */
struct receive {
	int fd; /* -1: closed */
	uint8_t *ring;
	size_t ring_bytes;
	uint32_t frames, head;
	uint64_t drops;
};

bool receive_open(struct receive *receive, const struct filter_spec *filter, int ifindex, uint32_t frames,
                  bool stamps, struct problem *problem);
void receive_close(struct receive *receive);

/* How many packets wait, counting no further than `most`. */
uint32_t receive_waiting(const struct receive *receive, uint32_t most);

/* Hands over up to `count` packets; returns how many there were. */
uint32_t receive_read(struct receive *receive, uint32_t count, void (*take)(void *, const struct received *),
                      void *context);

/* Adds what the kernel dropped since it was last asked; returns the sum. */
uint64_t receive_drops(struct receive *receive);

#endif
