/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_STEAL_H
#define RXRAY_STEAL_H

#include <stdint.h>

#include "cpus.h"

#define STEAL_READINGS 8

/* What the hypervisor took from each CPU: the last readings, the newest at `next` - 1. */
struct steal {
	struct {
		int64_t mono_ns;
		uint32_t ticks[CPUS_MOST];
	} readings[STEAL_READINGS];
	unsigned int next, count;
	int64_t tick_ns;
};

void steal_read(struct steal *steal, int64_t now);

/* Growth from the last reading before `from_ns` to the first after `to_ns`; -1 when there is none before. */
int64_t steal_between(const struct steal *steal, int cpu, int64_t from_ns, int64_t to_ns);

#endif
