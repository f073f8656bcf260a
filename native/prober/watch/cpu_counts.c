/* SPDX-License-Identifier: MIT */
#include "cpu_counts.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "small_file.h"

void cpu_counts_open(struct cpu_counts *counts)
{
	memset(counts, 0, sizeof(*counts));
	counts->stat_fd = open("/proc/stat", O_RDONLY | O_CLOEXEC);
	counts->softnet_fd = open("/proc/net/softnet_stat", O_RDONLY | O_CLOEXEC);
	for (int cpu = 0; cpu < CPUS_MOST; cpu++)
		counts->steal_ns[cpu] = -1;
	(void)cpu_counts_steal(counts, -1);
}

void cpu_counts_close(struct cpu_counts *counts)
{
	if (counts->stat_fd >= 0)
		close(counts->stat_fd);
	if (counts->softnet_fd >= 0)
		close(counts->softnet_fd);
	counts->stat_fd = counts->softnet_fd = -1;
}

int64_t cpu_counts_steal(struct cpu_counts *counts, int wanted)
{
	int64_t growth = -1, unit = 1000000000 / sysconf(_SC_CLK_TCK);
	const char *line = counts->text;

	if (!small_file_reread(counts->stat_fd, counts->text, sizeof(counts->text)))
		return -1;
	while ((line = strstr(line, "\ncpu")) != NULL) {
		unsigned long long steal;
		int cpu;

		line += 4;
		if (sscanf(line, "%d %*u %*u %*u %*u %*u %*u %*u %llu", &cpu, &steal) != 2 || cpu < 0 ||
		    cpu >= CPUS_MOST)
			continue;
		if (cpu == wanted && counts->steal_ns[cpu] >= 0)
			growth = (int64_t)steal * unit - counts->steal_ns[cpu];
		counts->steal_ns[cpu] = (int64_t)steal * unit;
	}
	return growth;
}

bool cpu_counts_softnet(struct cpu_counts *counts, int64_t now,
                        void (*report)(void *, const struct rxray_frame_softnet *), void *context)
{
	int64_t before = counts->softnet_ns;
	int row = 0;

	if (!small_file_reread(counts->softnet_fd, counts->text, sizeof(counts->text)))
		return false;
	counts->softnet_ns = now;
	for (char *line = counts->text; *line != '\0' && row < CPUS_MOST; row++) {
		uint32_t field[13] = {0};
		char *at = line, *end = strchr(line, '\n');
		int fields = 0;
		uint32_t cpu;

		if (end == NULL)
			break;
		*end = '\0';
		for (; fields < 13; fields++) {
			char *after;

			field[fields] = (uint32_t)strtoul(at, &after, 16);
			if (after == at)
				break;
			at = after;
		}
		line = end + 1;
		/* The CPU's number stands in the row since Linux 5.10; before, rows of offline CPUs were left
		 * out. */
		cpu = fields > 12 ? field[12] : (uint32_t)row;
		if (fields < 3 || cpu >= CPUS_MOST)
			continue;
		if (before != 0 &&
		    (field[1] != counts->dropped[cpu] || field[2] != counts->time_squeeze[cpu])) {
			struct rxray_frame_softnet record = {
			        .from_ns = before,
			        .to_ns = now,
			        .dropped = field[1] - counts->dropped[cpu],
			        .time_squeeze = field[2] - counts->time_squeeze[cpu],
			        .cpu = (uint16_t)cpu,
			};

			report(context, &record);
		}
		counts->dropped[cpu] = field[1];
		counts->time_squeeze[cpu] = field[2];
	}
	return true;
}
