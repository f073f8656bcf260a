/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_TRANSMIT_H
#define RXRAY_TRANSMIT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "address.h"
#include "packet.h"
#include "problem.h"
#include "stamps.h"

#define TRANSMIT_BATCH 64
#define TRANSMIT_LOG 65536 /* packets whose transmit stamp may still be on its way; a power of two */

/* Names a probe: its train, and its number there. */
struct probe_name {
	uint32_t train;
	uint64_t k;
};

/* What is kept of a packet handed over until its transmit stamp has come. */
struct transmit_logged {
	uint64_t k;
	int64_t queued_real_ns; /* when it was last given to an interface's queue; 0 unknown */
	uint32_t train;
	uint32_t call_ns; /* how long the send call took that it was in; saturates */
};

/* Who is told what became of the packets handed over. */
struct transmit_events {
	void *context;
	/* Just before a batch goes to the kernel, for each probe in it. */
	void (*leaving)(void *context, struct probe_name probe, int64_t mono_ns);
	void (*failed)(void *context, struct probe_name probe, int error);
	void (*stamped)(void *context, const struct transmit_logged *packet, int64_t real_ns);
	/* The same by the network card, on its own clock. */
	void (*stamped_by_card)(void *context, struct probe_name probe, int64_t card_ns);
};

/*
 * Sends finished IP packets of one family through a raw socket. The kernel numbers them as they are sent
 * and returns stamps with that number through the error queue of the socket: when the packet was given to the
 * queue of an interface, and when the driver sent it.
 */
struct transmit {
	int fd; /* -1: closed */
	enum stamp_source stamps;
	uint32_t number; /* that the kernel gives to the next packet */
	struct transmit_logged *log; /* TRANSMIT_LOG of them */
	struct transmit_events events;

	unsigned queued;
	struct mmsghdr messages[TRANSMIT_BATCH];
	struct iovec pieces[TRANSMIT_BATCH];
	struct sockaddr_in6 names[TRANSMIT_BATCH];
	struct probe_name probes[TRANSMIT_BATCH];
	union {
		char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
		struct cmsghdr align;
	} controls[TRANSMIT_BATCH];
	uint8_t packets[TRANSMIT_BATCH][PACKET_MAX];
};

bool transmit_open(struct transmit *transmit, int family, enum stamp_source stamps,
                   const struct transmit_events *events, struct problem *problem);
void transmit_close(struct transmit *transmit);

/* Where the caller writes its next packet, before transmit_queue(). */
uint8_t *transmit_buffer(struct transmit *transmit);

/* Queues that packet; sends the batch when it is full. An ifindex of 0 leaves the way out to the routing
 * table. */
void transmit_queue(struct transmit *transmit, size_t length, const struct address *target, int ifindex,
                    struct probe_name probe);
void transmit_flush(struct transmit *transmit);

/* Reads the transmit stamps that have come in. */
void transmit_read_stamps(struct transmit *transmit);

#endif
