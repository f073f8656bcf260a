/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_HEARING_H
#define RXRAY_HEARING_H

#include "frames.h"
#include "plan.h"
#include "problem.h"
#include "tap.h"

struct prober;

#define HEARING_BATCH 64

/* Tells of every packet that looks like an announced probe: a tap for each interface. */
struct hearing {
	struct tap taps[PLAN_MAX_HEARS];
	size_t count;
	int64_t looked_real_ns; /* when the rings were read to their end last; 0 never */
	struct rxray_frame_heard batch[HEARING_BATCH];
	uint32_t batched;
};

bool hearing_open(struct prober *prober, struct problem *problem);
void hearing_close(struct hearing *hearing);

/* Reads what has come, and tells of it. */
void hearing_read(struct prober *prober);

#endif
