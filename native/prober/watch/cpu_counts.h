/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_CPU_COUNTS_H
#define RXRAY_CPU_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "../../frames/frames.gen.h"
#include "cpus.h"

/* What the kernel counts for each CPU: steal (/proc/stat) and the receive softirq's troubles (softnet_stat).
 */
struct cpu_counts {
	int stat_fd, softnet_fd;
	int64_t steal_ns[CPUS_MOST]; /* at the baseline, -1 unknown */
	uint32_t dropped[CPUS_MOST], time_squeeze[CPUS_MOST];
	int64_t softnet_ns; /* when it was last read; 0 never */
	char text[CPUS_MOST * 144]; /* what is being read: the lines of the CPUs, some 100 bytes each */
};

void cpu_counts_open(struct cpu_counts *counts);
void cpu_counts_close(struct cpu_counts *counts);

/* Renews the baseline of steal; returns its growth on one CPU, -1 unknown. */
int64_t cpu_counts_steal(struct cpu_counts *counts, int cpu);

/* Reports the CPUs whose counts have changed since the reading before; false when they cannot be read. */
bool cpu_counts_softnet(struct cpu_counts *counts, int64_t now,
                        void (*report)(void *, const struct rxray_frame_softnet *), void *context);

#endif
