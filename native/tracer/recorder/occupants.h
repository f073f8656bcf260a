/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_OCCUPANTS_H
#define RXRAY_OCCUPANTS_H

/* Who had the CPUs while packets, or the thread that was to receive them, were queued there. */
#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "problem.h"
#include "stall.h"

struct tracer;

struct occupants {
	const struct stall_tenure *tenures; /* STALL_TENURES of each CPU, as the kernel writes them */
	size_t bytes;
	int cpus;
};

struct recorder;

/* One CPU where it was queued, and for how long. */
struct stall_place {
	uint32_t cpu;
	uint64_t from_ns, to_ns;
};

bool occupants_open(struct occupants *occupants, const struct bpf_map *map, struct problem *problem);
void occupants_close(struct occupants *occupants);

/* Where a wait was queued, in the order of time; how many places that are. */
size_t occupants_places(const struct stall_event *event, struct stall_place *places);

/* Writes the places of a wait, and those who had these CPUs longest meanwhile. */
void occupants_tell(const struct occupants *occupants, const struct recorder *recorder, struct tracer *tracer,
                    const struct stall_event *event, uint32_t wait);

#endif
