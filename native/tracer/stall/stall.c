/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "plan.h"
#include "stall.h"

#include "stall.skel.h"
#include "stall_question.h"
#include "stall_state.h"
#include "tracer.h"

#define TURN_NS 200000000ll
#define NICE (-15) /* where it may; elsewhere it waits its turn like others */
#define AFTERMATH_NS 15000000ull /* the samples of 10 ms behind a wait belong to it */

static bool take_option(void *state, const char *key, const char *value)
{
	struct stall *stall = state;
	uint64_t number;

	if (strcmp(key, "min-ns") == 0)
		return plan_number(value, 1000, 60000000000ull, &stall->min_ns);
	if (strcmp(key, "before-ns") == 0)
		return plan_number(value, 0, 400000000, &stall->before_ns) && (stall->before_given = true);
	if (strcmp(key, "hz") == 0 && plan_number(value, 0, 1000, &number)) {
		stall->hertz = (unsigned int)number;
		stall->hertz_given = true;
		return true;
	}
	return false;
}

static bool size_maps(struct stall_bpf *skeleton, const struct tracer *tracer)
{
	uint32_t cpus = (uint32_t)libbpf_num_possible_cpus();

	return bpf_map__set_max_entries(skeleton->maps.events, (uint32_t)tracer->plan.ring_bytes) == 0 &&
	       bpf_map__set_max_entries(skeleton->maps.samples, cpus * STALL_SAMPLES) == 0 &&
	       bpf_map__set_max_entries(skeleton->maps.tenures, cpus * STALL_TENURES) == 0 &&
	       bpf_map__set_max_entries(skeleton->maps.holders, cpus * 4) == 0;
}

static struct bpf_object_skeleton *open_object(void *state, struct tracer *tracer)
{
	static const char *const timers[] = {"perf_swevent_hrtimer", "tick_nohz_handler", "tick_sched_timer"};
	struct stall *stall = state;
	const struct scope *scope = &tracer->plan.scope;

	stall_bpf__destroy(stall->skeleton);
	stall->skeleton = stall_bpf__open_opts(kernel_types());
	if (stall->skeleton == NULL || !size_maps(stall->skeleton, tracer))
		return NULL;
	if (stall->symbols.count == 0)
		symbols_read(&stall->symbols);
	if (stall->min_ns == 0)
		stall->min_ns = 10000000;
	stall->skeleton->rodata->min_ns = stall->min_ns;
	stall->skeleton->rodata->only_netns = scope->netns;
	for (int cpu = 0; cpu < STALL_CPUS && scope->cpus_given; cpu++)
		stall->skeleton->rodata->cpu_left_out[cpu] = !scope->cpus[cpu];
	for (int i = 0; i < 3; i++)
		stall->skeleton->rodata->trusted_timers[i] = symbols_address(&stall->symbols, timers[i]);
	stall->skeleton->rodata->idle_sampler = stall->skeleton->rodata->trusted_timers[0];
	return stall->skeleton->skeleton;
}

static struct bpf_object *object(void *state)
{
	const struct stall *stall = state;

	return stall->skeleton == NULL ? NULL : stall->skeleton->obj;
}

static int take_event(void *context, void *data, size_t size)
{
	struct stall *stall = context;

	if (size < sizeof(struct stall_event))
		return 0;
	if (stall->pending_count == STALL_PENDING) {
		stall->lost_pending++;
		return 0;
	}
	memcpy(&stall->pending[stall->pending_count++], data, sizeof(struct stall_event));
	return 0;
}

static bool start(void *state, struct tracer *tracer, struct problem *problem)
{
	struct stall *stall = state;

	if (!stall->hertz_given)
		stall->hertz = 999;
	if (!stall->before_given)
		stall->before_ns = 200000000;
	stall->ring = ring_buffer__new(bpf_map__fd(stall->skeleton->maps.events), take_event, stall, NULL);
	if (stall->ring == NULL)
		return problem_set(problem, "E_MEMORY", EXIT_SYSTEM, -1, "give a smaller ring-bytes",
		                   "no memory for the events of `trace stall`");
	steal_read(&stall->steal, clocks_mono());
	/* What it reads is overwritten within a second: also on a busy machine it must come to reading. */
	setpriority(PRIO_PROCESS, 0, NICE);
	if (!occupants_open(&stall->occupants, stall->skeleton->maps.tenures, problem))
		return false;
	stall->recorder.spares_idle = stall->skeleton->rodata->idle_sampler != 0;
	return recorder_open(&stall->recorder, stall->skeleton->progs.record_sample,
	                     stall->skeleton->maps.samples, stall->hertz, &tracer->plan.scope, problem);
}

static void hello(void *state, struct json *json)
{
	const struct stall *stall = state;

	json_add(json, ",\"minNs\":%llu,\"recorderHertz\":%u,\"symbols\":%zu",
	         (unsigned long long)stall->min_ns, stall->hertz, stall->symbols.count);
}

static int64_t turn(void *state, struct tracer *tracer, int64_t now, bool last)
{
	struct stall *stall = state;
	size_t ready = 0;
	int64_t next = now + TURN_NS;

	ring_buffer__consume(stall->ring);
	if (now >= stall->steal_due_ns) {
		steal_read(&stall->steal, now);
		stall->steal_due_ns = now + TURN_NS;
	}
	while (ready < stall->pending_count &&
	       (last || stall->pending[ready].wait.to_ns + AFTERMATH_NS <= (uint64_t)now))
		ready++;
	if (ready > 0)
		steal_read(&stall->steal, now);
	for (size_t i = 0; i < ready; i++)
		stall_report(stall, tracer, &stall->pending[i]);
	stall->pending_count -= ready;
	memmove(stall->pending, stall->pending + ready, stall->pending_count * sizeof(stall->pending[0]));
	if (stall->pending_count == 0 && ready == 0)
		symbols_refresh(&stall->symbols);
	if (stall->pending_count > 0)
		next = (int64_t)(stall->pending[0].wait.to_ns + AFTERMATH_NS);
	if (last)
		stall_report_totals(stall, tracer, now);
	return next;
}

static int wake_fd(void *state)
{
	return ring_buffer__epoll_fd(((struct stall *)state)->ring);
}

static uint64_t lost(void *state)
{
	const struct stall *stall = state;

	return stall->skeleton->bss->lost + stall->lost_pending;
}

static void close_stall(void *state)
{
	struct stall *stall = state;

	occupants_close(&stall->occupants);
	recorder_close(&stall->recorder);
	ring_buffer__free(stall->ring);
	stall->ring = NULL;
	stall_bpf__destroy(stall->skeleton);
	stall->skeleton = NULL;
	symbols_free(&stall->symbols);
}

const struct question stall_question = {
        .name = "stall",
        .state_bytes = sizeof(struct stall),
        .take_option = take_option,
        .open = open_object,
        .object = object,
        .start = start,
        .hello = hello,
        .turn = turn,
        .wake_fd = wake_fd,
        .lost = lost,
        .close = close_stall,
};
