/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_CPUS_H
#define RXRAY_CPUS_H

#include <stdbool.h>
#include <stdint.h>

#define CPUS_MOST 1024

/* A set of CPUs. */
struct cpus {
	uint64_t words[CPUS_MOST / 64];
};

void cpus_add(struct cpus *cpus, int cpu);
void cpus_join(struct cpus *cpus, const struct cpus *more);
bool cpus_has(const struct cpus *cpus, int cpu);
bool cpus_any(const struct cpus *cpus);
int cpus_count(const struct cpus *cpus);

/* Reads `0-3,8` as the files of /proc/irq have it, and `ff,ffffffff` as masks of /sys have it. */
bool cpus_parse_list(const char *text, struct cpus *cpus);
bool cpus_parse_mask(const char *text, struct cpus *cpus);

#endif
