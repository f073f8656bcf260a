/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_SEGMENTS_H
#define RXRAY_SEGMENTS_H

#include <linux/filter.h>

#include "frames.h"
#include "plan.h"
#include "problem.h"
#include "receive.h"

struct prober;

#define SEGMENTS_BATCH 128
#define SEGMENTS_SNAP 96 /* the longest header of IPv4, and of TCP up to its flags */
#define SEGMENTS_FILTER_MAX 20

/* Tells of every segment that comes from places to which somebody beside sends requests: a socket for each.
 */
struct segments {
	struct receive sockets[PLAN_MAX_ANSWERS];
	size_t count;
	uint16_t place; /* whose socket is being read */
	struct rxray_frame_segment batch[SEGMENTS_BATCH];
	uint32_t batched;
};

bool segments_open(struct prober *prober, struct problem *problem);
void segments_close(struct segments *segments);

/* Reads what has come, and tells of it. */
void segments_read(struct prober *prober);

/* Keeps segments of TCP from that place, the first fragment of each only; returns the length. */
size_t segments_filter(const struct plan_answers *answers, struct sock_filter program[SEGMENTS_FILTER_MAX]);

/* What the segment says, without its time. False for one that carries no data and opens no connection. */
bool segments_parse(const uint8_t *packet, size_t length, struct rxray_frame_segment *segment);

#endif
