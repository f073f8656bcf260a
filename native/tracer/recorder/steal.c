/* SPDX-License-Identifier: MIT */
#include "steal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void steal_read(struct steal *steal, int64_t now)
{
	FILE *file = fopen("/proc/stat", "re");
	unsigned long long steal_ticks;
	char line[512];
	int cpu;

	if (file == NULL)
		return;
	steal->tick_ns = 1000000000 / sysconf(_SC_CLK_TCK);
	steal->readings[steal->next].mono_ns = now;
	/* The lines of the CPUs come first; what follows may be long. */
	while (fgets(line, sizeof(line), file) != NULL && strncmp(line, "cpu", 3) == 0) {
		if (sscanf(line, "cpu%d %*u %*u %*u %*u %*u %*u %*u %llu", &cpu, &steal_ticks) == 2 &&
		    cpu >= 0 && cpu < CPUS_MOST)
			steal->readings[steal->next].ticks[cpu] = (uint32_t)steal_ticks;
	}
	fclose(file);
	steal->next = (steal->next + 1) % STEAL_READINGS;
	if (steal->count < STEAL_READINGS)
		steal->count++;
}

int64_t steal_between(const struct steal *steal, int cpu, int64_t from_ns, int64_t to_ns)
{
	unsigned int newest = (steal->next + STEAL_READINGS - 1) % STEAL_READINGS, end = newest;

	for (unsigned int back = 0; back < steal->count; back++) {
		unsigned int at = (newest + STEAL_READINGS - back) % STEAL_READINGS;

		if (steal->readings[at].mono_ns >= to_ns)
			end = at;
		if (steal->readings[at].mono_ns <= from_ns)
			return (int64_t)(steal->readings[end].ticks[cpu] - steal->readings[at].ticks[cpu]) *
			       steal->tick_ns;
	}
	return -1;
}
