/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "small_file.h"
#include "tracer.h"

static uint64_t nanoseconds(struct timeval time)
{
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_usec * 1000u;
}

static uint64_t resident_bytes(void)
{
	char text[128];
	unsigned long long size, resident;

	if (!small_file_read(text, sizeof(text), "/proc/self/statm") ||
	    sscanf(text, "%llu %llu", &size, &resident) != 2)
		return 0;
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

void cost_report(struct tracer *tracer, int64_t now)
{
	struct rxray_frame_tracer_cost record = {.time_ns = tracer_time(tracer, (uint64_t)now),
	                                         .dropped_records = tracer->frames.dropped};
	struct hooks_cost cost = {0};
	struct rusage usage;

	for (size_t i = 0; i < tracer->plan.asked_count; i++) {
		struct asked *asked = &tracer->plan.asked[i];

		if (asked->question->object(asked->state) != NULL)
			hooks_add_cost(asked->question->object(asked->state), &cost);
		record.lost_events += asked->question->lost(asked->state);
	}
	record.bpf_run_ns = cost.run_ns;
	record.bpf_runs = cost.runs;
	record.recursion_misses = cost.recursion_misses;
	record.bpf_counted = tracer->stats_fd >= 0;
	if (getrusage(RUSAGE_SELF, &usage) == 0) {
		record.cpu_user_ns = nanoseconds(usage.ru_utime);
		record.cpu_system_ns = nanoseconds(usage.ru_stime);
	}
	record.resident_bytes = resident_bytes();
	frames_block(&tracer->frames, RXRAY_RECORD_TRACER_COST, sizeof(record), &record, 1);
}
