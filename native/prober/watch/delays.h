/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_DELAYS_H
#define RXRAY_DELAYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../frames/frames.gen.h"
#include "cpus.h"
#include "steering.h"

#define DELAYS_MOST 256
#define DELAY_LEAST_NS 5000000ll

/* A kernel thread that receives packets, with how long it has waited for a CPU so far. */
struct delayed {
	uint32_t thread;
	int schedstat_fd;
	int64_t run_delay_ns; /* -1 before the first reading */
	int cpu; /* the one it may run on, when there is but one; else -1 */
	int queue; /* -1 unknown or none */
	uint8_t kind; /* enum rxray_thread_kind */
	bool kept; /* still there at the last listing */
};

struct delays {
	struct delayed list[DELAYS_MOST];
	size_t count;
	int64_t sampled_ns;
};

void delays_open(struct delays *delays);
void delays_close(struct delays *delays);

/* Takes over the NAPI threads of the interfaces and lets go of those that are no more. */
void delays_renew(struct delays *delays, const struct steering *steering, size_t interfaces);

/* Looks for the ksoftirqd of these CPUs; returns how many are visible. */
size_t delays_find_softirqd(struct delays *delays, const struct cpus *cpus);

/* Reads all of them and reports each that has waited for 5 ms or more since the reading before. */
void delays_sample(struct delays *delays, struct steering *steering, size_t interfaces, int64_t now,
                   void (*report)(void *, const struct rxray_frame_thread_delay *), void *context);

#endif
