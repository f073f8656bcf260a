/* SPDX-License-Identifier: MIT */
#include "recorder.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool open_timer(struct recorder *recorder, struct bpf_program *program, int cpu, unsigned int hertz)
{
	struct perf_event_attr attributes = {
	        .type = PERF_TYPE_SOFTWARE,
	        .size = sizeof(attributes),
	        .config = PERF_COUNT_SW_CPU_CLOCK,
	        .freq = 1,
	        .sample_freq = hertz,
	        .exclude_idle = recorder->spares_idle,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		return errno == ENODEV; /* a CPU that is offline has nothing to record */
	/* The link owns the descriptor from here on. */
	recorder->links[cpu] = bpf_program__attach_perf_event(program, fd);
	if (recorder->links[cpu] != NULL)
		return true;
	close(fd);
	return false;
}

bool recorder_open(struct recorder *recorder, struct bpf_program *program, const struct bpf_map *map,
                   unsigned int hertz, const struct scope *scope, struct problem *problem)
{
	void *memory;

	recorder->cpus = libbpf_num_possible_cpus();
	recorder->links = calloc((size_t)recorder->cpus, sizeof(struct bpf_link *));
	recorder->bytes = (size_t)recorder->cpus * STALL_SAMPLES * sizeof(struct stall_sample);
	memory = mmap(NULL, recorder->bytes, PROT_READ, MAP_SHARED, bpf_map__fd(map), 0);
	if (recorder->links == NULL || memory == MAP_FAILED) {
		recorder->bytes = 0;
		return problem_set(problem, "E_MEMORY", EXIT_SYSTEM, -1, "trace fewer CPUs",
		                   "no memory for the flight recorder: %s", strerror(errno));
	}
	recorder->samples = memory;
	for (int cpu = 0; cpu < recorder->cpus && hertz > 0; cpu++) {
		if (scope->cpus_given && !scope->cpus[cpu])
			continue;
		if (!open_timer(recorder, program, cpu, hertz))
			return problem_set(problem, "E_NO_PERF", EXIT_SYSTEM, -1,
			                   "run with sudo, or grant it once: rxray doctor --fix as root",
			                   "no timer for the flight recorder on CPU %d: %s", cpu,
			                   strerror(errno));
	}
	return true;
}

void recorder_close(struct recorder *recorder)
{
	for (int cpu = 0; recorder->links != NULL && cpu < recorder->cpus; cpu++)
		bpf_link__destroy(recorder->links[cpu]);
	free(recorder->links);
	recorder->links = NULL;
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
