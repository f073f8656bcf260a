/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "hearing.h"
#include "prober.h"
#include "sender.h"
#include "small_file.h"
#include "tell.h"
#include "watcher.h"

#define FINISH_PATIENCE_MS 2000

static uint64_t nanoseconds(struct timeval time)
{
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_usec * 1000u;
}

static uint64_t resident_bytes(int statm_fd)
{
	char text[128];
	unsigned long long size, resident;

	if (!small_file_reread(statm_fd, text, sizeof(text)))
		return 0;
	if (sscanf(text, "%llu %llu", &size, &resident) != 2)
		return 0;
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

void tell_counters(struct prober *prober, int64_t now)
{
	struct rxray_frame_counters *counters = &prober->counters;
	struct rusage usage;

	counters->time_ns = now - prober->epoch_ns;
	counters->dropped_records = prober->frames.dropped;
	counters->kernel_drops = tap_drops(&prober->sender.tap);
	counters->kernel_drops += hearing_drops(prober);
	if (prober->watcher != NULL)
		counters->kernel_drops += watch_drops(prober->watcher);
	if (getrusage(RUSAGE_SELF, &usage) == 0) {
		counters->cpu_user_ns = nanoseconds(usage.ru_utime);
		counters->cpu_system_ns = nanoseconds(usage.ru_stime);
	}
	counters->resident_bytes = resident_bytes(prober->statm_fd);
	frames_block(&prober->frames, RXRAY_RECORD_COUNTERS, sizeof(*counters), counters, 1);
}

void tell_clock(struct prober *prober, int64_t step_ns)
{
	struct rxray_frame_clock record = {
	        .time_ns = prober->clocks.read_mono - prober->epoch_ns,
	        .real_drift_ns = prober->clocks.real_minus_mono - prober->clocks.at_epoch,
	        .step_ns = step_ns,
	        .uncertainty_ns = prober->clocks.uncertainty_ns,
	};

	frames_block(&prober->frames, RXRAY_RECORD_CLOCK, sizeof(record), &record, 1);
	if (step_ns != 0) {
		struct rxray_frame_pause pause = {
		        .from_ns = record.time_ns,
		        .to_ns = record.time_ns,
		        .run_delay_ns = -1,
		        .steal_ns = -1,
		        .cause = RXRAY_PAUSE_CAUSE_CLOCK_STEP,
		        .cpu = 255,
		};

		frames_block(&prober->frames, RXRAY_RECORD_PAUSE, sizeof(pause), &pause, 1);
	}
}

void tell_pause(struct prober *prober, const struct service *service, int64_t now)
{
	struct pause_cause cause = pauses_explain(&prober->pauses, clocks_mono());
	struct rxray_frame_pause pause = {
	        .from_ns = service->first_late_ns - prober->epoch_ns,
	        .to_ns = now - prober->epoch_ns,
	        .run_delay_ns = cause.run_delay_ns,
	        .steal_ns = cause.steal_ns,
	        .missed_slots = service->missed > UINT32_MAX ? UINT32_MAX : (uint32_t)service->missed,
	        .cause = service->missed > 0 ? RXRAY_PAUSE_CAUSE_MISSED_SLOTS : RXRAY_PAUSE_CAUSE_LATE_WAKE,
	        .cpu = cause.cpu,
	};

	frames_block(&prober->frames, RXRAY_RECORD_PAUSE, sizeof(pause), &pause, 1);
}

void tell_end(struct prober *prober, enum rxray_end_reason reason)
{
	struct frames *frames = &prober->frames;
	struct rxray_frame_end end = {.reason = (uint8_t)reason};

	for (size_t i = 0; i < prober->plan.path_count; i++) {
		struct rxray_frame_path_totals *totals = &prober->sender.paths[i].totals;
		const struct path *path = &prober->sender.paths[i];

		for (int fresh = 0; fresh < 2; fresh++) {
			uint32_t index = fresh == 0 ? path->pinned : path->fresh;
			const struct train *train = index == NO_TRAIN ? NULL : &prober->sender.trains[index];

			for (uint64_t k = train == NULL ? 0 : train->expire;
			     train && k < train->outstanding.next; k++) {
				const struct slot *slot = unanswered_find(&train->outstanding, k);

				totals->in_flight += slot != NULL && slot->fate == FATE_SENT;
			}
		}
	}
	/* So many at a time that a large plan does not overrun the buffer before the reader has had a turn.
	 */
	for (size_t i = 0; i < prober->plan.path_count; i++) {
		frames_block(frames, RXRAY_RECORD_PATH_TOTALS, sizeof(prober->sender.paths[i].totals),
		             &prober->sender.paths[i].totals, 1);
		if (i % 1024 == 1023)
			frames_finish(frames, FINISH_PATIENCE_MS);
	}
	tell_counters(prober, clocks_mono());
	end.time_ns = clocks_mono() - prober->epoch_ns;
	frames_block(frames, RXRAY_RECORD_END, sizeof(end), &end, 1);
	frames_finish(frames, FINISH_PATIENCE_MS);
}
