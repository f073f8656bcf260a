/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_PAUSES_H
#define RXRAY_PAUSES_H

#include <stdbool.h>
#include <stdint.h>

/* Why the prober itself did not run: what /proc says about its thread and about the CPU it is on. */
struct pauses {
	int schedstat_fd, stat_fd;
	int64_t run_delay_ns, steal_ns; /* at the baseline, -1 unknown */
	int64_t baseline_mono;
	int64_t stat_baseline_mono;
	bool stat_costly; /* reading /proc/stat takes long on big machines, so it is done seldom there */
	int cpu;
};

struct pause_cause {
	int64_t run_delay_ns, steal_ns;
	uint8_t cpu;
};

void pauses_open(struct pauses *pauses);
void pauses_close(struct pauses *pauses);

/* Renews the baseline when it is about a second old. */
void pauses_refresh(struct pauses *pauses, int64_t now);

/* What has grown since the baseline, which is then renewed. */
struct pause_cause pauses_explain(struct pauses *pauses, int64_t now);

#endif
