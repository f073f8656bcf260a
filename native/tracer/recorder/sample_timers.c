/* SPDX-License-Identifier: MIT */
#include "sample_timers.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool open_timer(struct sample_timers *timers, struct bpf_program *program, int cpu, unsigned int hertz,
                       bool spares_idle)
{
	struct perf_event_attr attributes = {
	        .type = PERF_TYPE_SOFTWARE,
	        .size = sizeof(attributes),
	        .config = PERF_COUNT_SW_CPU_CLOCK,
	        .freq = 1,
	        .sample_freq = hertz,
	        .exclude_idle = spares_idle,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		return errno == ENODEV; /* a CPU that is offline has nothing to record */
	/* The link owns the descriptor from here on. */
	timers->links[cpu] = bpf_program__attach_perf_event(program, fd);
	if (timers->links[cpu] != NULL)
		return true;
	close(fd);
	return false;
}

bool sample_timers_open(struct sample_timers *timers, struct bpf_program *program, unsigned int hertz,
                        bool spares_idle, const struct scope *scope, struct problem *problem)
{
	timers->cpus = libbpf_num_possible_cpus();
	timers->links = calloc((size_t)timers->cpus, sizeof(struct bpf_link *));
	if (timers->links == NULL)
		return problem_set(problem, "E_MEMORY", EXIT_SYSTEM, -1, "free some memory",
		                   "no memory for the timers of CPUs");
	for (int cpu = 0; cpu < timers->cpus; cpu++) {
		if (scope->cpus_given && !scope->cpus[cpu])
			continue;
		if (!open_timer(timers, program, cpu, hertz, spares_idle))
			return problem_set(problem, "E_NO_PERF", EXIT_SYSTEM, -1,
			                   "run with sudo, or grant it once: rxray doctor --fix as root",
			                   "no timer for samples on CPU %d: %s", cpu, strerror(errno));
	}
	return true;
}

void sample_timers_close(struct sample_timers *timers)
{
	for (int cpu = 0; timers->links != NULL && cpu < timers->cpus; cpu++)
		bpf_link__destroy(timers->links[cpu]);
	free(timers->links);
	timers->links = NULL;
}
