/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_RECORDER_H
#define RXRAY_RECORDER_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "problem.h"
#include "question.h"
#include "sample_timers.h"
#include "stall.h"

/* The flight recorder: a timer on each CPU, and the memory that the kernel side writes its samples into. */
struct recorder {
	struct sample_timers timers;
	int cpus;
	const struct stall_sample *samples; /* CPU * STALL_SAMPLES, shared with the kernel */
	size_t bytes;
	bool spares_idle; /* its timers take no sample of an idle CPU: something else does */
};

bool recorder_open(struct recorder *recorder, struct bpf_program *program, const struct bpf_map *map,
                   unsigned int hertz, const struct scope *scope, struct problem *problem);
void recorder_close(struct recorder *recorder);

/* Since when the samples of a CPU reach back: what was before is overwritten. UINT64_MAX: there is none. */
uint64_t recorder_since(const struct recorder *recorder, int cpu);

/*
 * Calls back with the samples of a CPU between two instants, oldest first. Each is a copy: the kernel side
 * may write over the memory meanwhile.
 */
void recorder_read(const struct recorder *recorder, int cpu, uint64_t from_ns, uint64_t to_ns,
                   void (*take)(void *context, const struct stall_sample *sample), void *context);

#endif
