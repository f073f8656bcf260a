/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_RECEIVE_H
#define RXRAY_RECEIVE_H

#include <linux/filter.h>
#include <linux/if_packet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "problem.h"
#include "stamps.h"

/* One packet of the ring; valid within the callback only. */
struct received {
	const uint8_t *packet; /* from its IP header on */
	size_t length;
	int64_t real_ns;
	bool stamped; /* by the driver's hand-over, not when the tap saw it */
	bool hardware; /* real_ns is the network card's own clock */
	int ifindex;
	int64_t user_ns; /* CLOCK_MONOTONIC when it was read; filled in by whoever needs it */
	bool leaving; /* sent by this machine */
	const struct sockaddr_ll *from;
};

struct receive_options {
	const struct sock_fprog *filter;
	uint16_t protocol; /* ETH_P_IP, ETH_P_IPV6, or ETH_P_ALL to see also what leaves */
	bool arriving_only; /* with ETH_P_ALL: not what leaves */
	int ifindex; /* 0: any */
	uint32_t frames;
	enum stamp_source stamps;
};

/*
 * Receives through a packet socket behind a filter, into a ring shared with the kernel, so that reading takes
 * no system call. Bound to one protocol no transmitted packet is cloned for it; only ETH_P_ALL sees what
 * leaves, and can do without.
 */
struct receive {
	int fd; /* -1: closed */
	bool both; /* also what leaves */
	struct sockaddr_ll name; /* what it is bound to while it is hooked */
	bool hooked; /* the kernel hands packets to it */
	uint8_t *ring;
	size_t ring_bytes;
	uint32_t frames, head;
	uint64_t drops;
};

bool receive_open(struct receive *receive, const struct receive_options *options, struct problem *problem);
void receive_close(struct receive *receive);

/*
 * Lets the kernel hand packets to it, or not: then it costs nobody anything. What it has seen stays there to
 * be read. To end it waits for all CPUs, some 10 ms.
 */
bool receive_hook(struct receive *receive, bool hooked);

/* How many packets wait, counting no further than `most`. */
uint32_t receive_waiting(const struct receive *receive, uint32_t most);

/* Hands over up to `count` packets; returns how many there were. */
uint32_t receive_read(struct receive *receive, uint32_t count, void (*take)(void *, const struct received *),
                      void *context);

/* Adds what the kernel dropped since it was last asked; returns the sum. */
uint64_t receive_drops(struct receive *receive);

#endif
