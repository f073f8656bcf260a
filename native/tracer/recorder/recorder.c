/* SPDX-License-Identifier: MIT */
#include "recorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

bool recorder_open(struct recorder *recorder, struct bpf_program *program, const struct bpf_map *map,
                   unsigned int hertz, const struct scope *scope, struct problem *problem)
{
	void *memory;

	recorder->cpus = libbpf_num_possible_cpus();
	recorder->bytes = (size_t)recorder->cpus * STALL_SAMPLES * sizeof(struct stall_sample);
	memory = mmap(NULL, recorder->bytes, PROT_READ, MAP_SHARED, bpf_map__fd(map), 0);
	if (memory == MAP_FAILED) {
		recorder->bytes = 0;
		return problem_set(problem, "E_MEMORY", EXIT_SYSTEM, -1, "trace fewer CPUs",
		                   "no memory for the flight recorder: %s", strerror(errno));
	}
	recorder->samples = memory;
	return hertz == 0 ||
	       sample_timers_open(&recorder->timers, program, hertz, recorder->spares_idle, scope, problem);
}

void recorder_close(struct recorder *recorder)
{
	sample_timers_close(&recorder->timers);
	if (recorder->bytes > 0)
		munmap((void *)recorder->samples, recorder->bytes);
	recorder->bytes = 0;
}

uint64_t recorder_since(const struct recorder *recorder, int cpu)
{
	const struct stall_sample *ring = recorder->samples + (size_t)cpu * STALL_SAMPLES;
	uint64_t oldest = UINT64_MAX;

	for (size_t i = 0; i < STALL_SAMPLES; i++) {
		/* Room that was never used: all that was sampled is still there. */
		if (ring[i].ns == 0)
			return i == 0 ? UINT64_MAX : ring[0].ns;
		oldest = ring[i].ns < oldest ? ring[i].ns : oldest;
	}
	return oldest;
}

void recorder_read(const struct recorder *recorder, int cpu, uint64_t from_ns, uint64_t to_ns,
                   void (*take)(void *context, const struct stall_sample *sample), void *context)
{
	const struct stall_sample *ring = recorder->samples + (size_t)cpu * STALL_SAMPLES;
	size_t oldest = 0;

	for (size_t i = 1; i < STALL_SAMPLES; i++) {
		if (ring[i].ns < ring[oldest].ns)
			oldest = i;
	}
	for (size_t i = 0; i < STALL_SAMPLES; i++) {
		struct stall_sample copy = ring[(oldest + i) & (STALL_SAMPLES - 1)];

		if (copy.ns >= from_ns && copy.ns <= to_ns && copy.depth <= STALL_FRAMES)
			take(context, &copy);
	}
}
