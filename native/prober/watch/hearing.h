/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_HEARING_H
#define RXRAY_HEARING_H

#include "frames.h"
#include "plan.h"
#include "problem.h"
#include "tap.h"

struct prober;

#define HEARING_BATCH 64

/*
 * Tells of every packet that looks like an announced probe. A prober that only looks on has a tap for each
 * interface; one that sends has a tap already, and finds them among its replies: one socket costs others
 * half of what two do.
 */
struct hearing {
	struct tap taps[PLAN_MAX_HEARS];
	size_t count;
	int interfaces[PLAN_MAX_HEARS]; /* their numbers, 0 where there is none of that name */
	int64_t looked_real_ns; /* when the rings were read to their end last; 0 never */
	struct rxray_frame_heard batch[HEARING_BATCH];
	uint32_t batched;
};

/* With taps of its own. */
bool hearing_open(struct prober *prober, struct problem *problem);
/* Beside what the prober sends, by its tap; an interface that is not there is told, and is no failure. */
bool hearing_join(struct prober *prober, struct problem *problem);
void hearing_warn(struct prober *prober);
void hearing_close(struct prober *prober);
uint64_t hearing_drops(struct prober *prober);

/* Reads what has come, and tells of it. */
void hearing_read(struct prober *prober);

/* Of the prober's tap: whether a packet is a probe of somebody, and none that came in where it is heard. */
bool hearing_passes_over(void *prober, const struct received *packet);
/* Takes a packet of the prober's tap if it is a probe of somebody. */
bool hearing_take(struct prober *prober, const struct received *packet);
/* The prober's tap was read to its end at that time, of the wall clock. */
void hearing_looked(struct prober *prober, int64_t real_ns);
/* Tells of what was taken. */
void hearing_flush(struct prober *prober);

#endif
