/* SPDX-License-Identifier: MIT */
#include "local_evidence.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "prober.h"
#include "watcher.h"

#define REFRESH_NS 1000000000ll
#define SOFTNET_NS 100000000ll
#define SAMPLE_NS 5000000ll /* for up to 16 threads; more are read less often */
#define SAMPLE_THREADS 16

static void add_hearts(struct local *local)
{
	bool all = cpus_count(&local->allowed) <= LOCAL_ALL_CPUS;

	for (int cpu = 0; cpu < CPUS_MOST; cpu++) {
		bool wanted = all;

		if (!cpus_has(&local->allowed, cpu))
			continue;
		for (size_t i = 0; i < local->interfaces && !wanted; i++)
			wanted = steering_served(&local->steering[i], cpu, 1);
		/* Where there is no room for one more the hello has told which CPUs are watched. */
		if (wanted)
			(void)hearts_add(&local->hearts, cpu);
	}
}

static void refresh(struct local *local, int64_t now)
{
	for (size_t i = 0; i < local->interfaces; i++)
		steering_refresh(&local->steering[i], now);
	delays_renew(&local->delays, local->steering, local->interfaces);
	add_hearts(local);
	/* Only for the baseline. */
	(void)cpu_counts_steal(&local->counts, -1);
	local->refresh_ns = now + REFRESH_NS;
}

bool local_open(struct prober *prober, struct problem *problem)
{
	struct local *local = &prober->watcher->local;
	int64_t now = clocks_mono();

	local->interfaces = prober->plan.local_count;
	local->steering = calloc(local->interfaces, sizeof(*local->steering));
	if (local->steering == NULL || !hearts_open(&local->hearts))
		return problem_set(problem, "E_MEMORY", EXIT_SYSTEM, -1, "free some memory",
		                   "no memory for local evidence");
	for (size_t i = 0; i < local->interfaces; i++)
		local->steering[i].ask_fd = -1;
	for (size_t i = 0; i < local->interfaces; i++) {
		steering_open(&local->steering[i], prober->plan.locals[i]);
		if (if_nametoindex(prober->plan.locals[i]) == 0)
			return problem_set(problem, "E_INTERFACE", EXIT_PLAN, -1,
			                   "name an interface of this machine; see `ip link`",
			                   "there is no interface %s", prober->plan.locals[i]);
	}
	cpu_counts_open(&local->counts);
	delays_open(&local->delays);
	local->softirqd = delays_find_softirqd(&local->delays, &local->allowed);
	refresh(local, now);
	local->softnet = cpu_counts_softnet(&local->counts, now, NULL, NULL);
	return true;
}

void local_close(struct local *local)
{
	hearts_close(&local->hearts);
	delays_close(&local->delays);
	cpu_counts_close(&local->counts);
	for (size_t i = 0; local->steering != NULL && i < local->interfaces; i++)
		steering_close(&local->steering[i]);
	free(local->steering);
	local->steering = NULL;
}

static void report_delay(void *context, const struct rxray_frame_thread_delay *delay)
{
	struct prober *prober = context;
	struct rxray_frame_thread_delay record = *delay;

	record.from_ns -= prober->epoch_ns;
	record.to_ns -= prober->epoch_ns;
	frames_bulk(&prober->frames, RXRAY_RECORD_THREAD_DELAY, sizeof(record), &record, 1);
}

static void report_softnet(void *context, const struct rxray_frame_softnet *softnet)
{
	struct prober *prober = context;
	struct rxray_frame_softnet record = *softnet;

	record.from_ns -= prober->epoch_ns;
	record.to_ns -= prober->epoch_ns;
	frames_bulk(&prober->frames, RXRAY_RECORD_SOFTNET, sizeof(record), &record, 1);
}

static void report_gap(struct prober *prober, const struct heart_gap *gap, const struct heart *heart)
{
	struct local *local = &prober->watcher->local;
	struct rxray_frame_cpu_gap record = {
	        .from_ns = gap->from_ns - prober->epoch_ns,
	        .to_ns = gap->to_ns - prober->epoch_ns,
	        .steal_ns = cpu_counts_steal(&local->counts, heart->cpu),
	        .cpu = (uint16_t)heart->cpu,
	        .flags = heart->realtime ? RXRAY_CPU_GAP_FLAGS_REALTIME : 0,
	};

	for (size_t i = 0; i < local->interfaces; i++) {
		steering_refresh_rps(&local->steering[i], gap->to_ns);
		/* Looked at every few ms, so a little before the gap counts as within. */
		if (steering_served(&local->steering[i], heart->cpu, gap->from_ns - REFRESH_NS / 50))
			record.flags |= RXRAY_CPU_GAP_FLAGS_SERVES_INTERFACE;
	}
	frames_bulk(&prober->frames, RXRAY_RECORD_CPU_GAP, sizeof(record), &record, 1);
}

int64_t local_turn(struct prober *prober, int64_t now)
{
	struct local *local = &prober->watcher->local;
	const struct heart *heart;
	struct heart_gap gap;
	uint64_t wakes;
	bool woken = read(local->hearts.wake_fd, &wakes, sizeof(wakes)) == sizeof(wakes);

	if (woken || now >= local->sample_ns) {
		size_t share = 1 + local->delays.count / SAMPLE_THREADS;

		delays_sample(&local->delays, local->steering, local->interfaces, now, report_delay, prober);
		local->sample_ns = now + SAMPLE_NS * (int64_t)share;
	}
	while (hearts_next(&local->hearts, &gap, &heart))
		report_gap(prober, &gap, heart);
	if (local->softnet && now >= local->softnet_ns) {
		cpu_counts_softnet(&local->counts, now, report_softnet, prober);
		local->softnet_ns = now + SOFTNET_NS;
	}
	if (now >= local->refresh_ns)
		refresh(local, now);
	return local->sample_ns;
}
