/* SPDX-License-Identifier: MIT */
#include <bpf/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "syscalls_question.h"
#include "syscalls_state.h"
#include "syscalls_table.gen.h"

#define SECOND_NS 1000000000ll
#define TURN_NS 100000000ll
#define BUSY_TURN_NS 10000000ll
#define LOOK_NS 5000000000ll
#define HERTZ 999

static bool take_option(void *state, const char *key, const char *value)
{
	return syscalls_options_take(&((struct syscalls *)state)->options, key, value);
}

static struct bpf_object *object(void *data)
{
	const struct syscalls *state = data;

	return state->skeleton == NULL ? NULL : state->skeleton->obj;
}

static bool start(void *data, struct tracer *tracer, struct problem *problem)
{
	struct syscalls *state = data;

	if (state->options.records && !state->recorder_possible)
		return problem_set(problem, "E_NO_RECORDER", EXIT_SYSTEM, -1,
		                   "leave out --flight-recorder; the rest of `trace syscalls` works here",
		                   "this kernel's BPF has no atomic operations that give back a value, "
		                   "which the flight recorder needs (Linux 5.12 has them)");
	if (!syscalls_fill_filters(state, problem))
		return false;
	state->ring =
	        ring_buffer__new(bpf_map__fd(state->skeleton->maps.events), syscalls_take_event, state, NULL);
	if (state->ring == NULL || (state->options.records && !syscalls_map_recorder(state)) ||
	    (state->options.stacks && !symbols_read(&state->symbols)))
		return problem_set(problem, "E_MEMORY", EXIT_SYSTEM, -1,
		                   "free some memory, or leave out --stacks and --flight-recorder",
		                   "no memory for the events of `trace syscalls`");
	if (state->options.sparing)
		return sample_timers_open(&state->timers, state->skeleton->progs.sparing_sample, HERTZ, true,
		                          &tracer->plan.scope, problem);
	syscalls_sample_begin(state);
	return true;
}

static void hello(void *data, struct json *json)
{
	const struct syscalls *state = data;
	const struct syscalls_bpf__rodata *constant = state->skeleton->rodata;

	json_add(json, ",\"flightRecorder\":%s", state->recorder_possible ? "true" : "false");
	json_add(json, ",\"minNs\":%llu,\"cgroup1\":%s,\"cgroups\":%u,\"byTicks\":%s,\"machine\":%d",
	         (unsigned long long)constant->min_ns, state->cgroups.memory >= 0 ? "true" : "false",
	         state->skeleton->bss->roots_wanted, constant->skips_by_ticks ? "true" : "false",
	         SYSCALL_MACHINE);
}

/*
 * Calls that were begun, and neither returned, nor ended with their thread, nor are under way: the switch of
 * their thread was not seen, or found no room. Adds up only while no hook runs.
 */
static uint64_t out_of_sight(struct syscalls *state)
{
	const struct syscalls_bpf__bss *shared = state->skeleton->bss;
	uint64_t begun = 0, known = shared->never_returned + syscalls_parked_count(state);

	for (int cpu = 0; cpu < SYSCALLS_CPUS; cpu++) {
		const struct syscalls_slot *slot = &shared->slots[cpu];

		begun += slot->begun;
		known += slot->calls + (slot->began_ns != 0 && slot->left == 0);
	}
	return begun > known ? begun - known : 0;
}

static void tell_counters(struct syscalls *state, int64_t now, bool last)
{
	const struct syscalls_bpf__bss *shared = state->skeleton->bss;
	struct rxray_frame_syscall_counters record = {
	        .time_ns = tracer_time(state->tracer, (uint64_t)now),
	        .lost_events = shared->lost_events,
	        .lost_totals = shared->lost_totals,
	        .lost_parked = shared->lost_parked,
	        .unrecorded = shared->unrecorded,
	        .gone = state->gone,
	        .sampled_ns = state->sampling.ns,
	        .sampled_runs = state->sampling.runs,
	        .cgroups = shared->roots_wanted,
	};

	for (int cpu = 0; cpu < SYSCALLS_CPUS; cpu++)
		record.calls += shared->slots[cpu].calls;
	if (last && state->out_of_sight > record.lost_parked)
		record.lost_parked = state->out_of_sight;
	frames_block(&state->tracer->frames, RXRAY_RECORD_SYSCALL_COUNTERS, sizeof(record), &record, 1);
}

static void look_for_cgroups(struct syscalls *state)
{
	int found =
	        cgroups_select(&state->cgroups, &state->options, bpf_map__fd(state->skeleton->maps.roots));

	/* One known to be outside may be a root now; the answers are given anew. */
	state->skeleton->bss->generation++;
	state->skeleton->bss->roots_wanted = (uint32_t)found;
}

static int64_t turn(void *data, struct tracer *tracer, int64_t now, bool last)
{
	struct syscalls *state = data;
	const struct syscalls_options *options = &state->options;
	int64_t next = now + (state->skeleton->rodata->quiet ? BUSY_TURN_NS : TURN_NS);
	int64_t sample = syscalls_sample(state, now);

	if (last) {
		hooks_close(setup_hooks(tracer, state));
		state->out_of_sight = options->sparing ? 0 : out_of_sight(state);
	}
	ring_buffer__consume(state->ring);
	if (options->sparing)
		syscalls_witness_turn(state, now);
	if (state->slow != 0)
		syscalls_dump_ring(state, state->slow - 1u, now, true);
	state->slow = 0;
	if (last) {
		syscalls_tell_totals(state, now, true);
		if (options->tells_calls || options->in_flight)
			syscalls_tell_in_flight(state, now);
		if (options->records && options->slow_ns == 0)
			syscalls_dump_all(state, now);
	} else if (options->every_ns != 0 && now >= state->next_interval) {
		if (state->next_interval != 0) {
			syscalls_tell_totals(state, now, false);
			if (options->in_flight)
				syscalls_tell_in_flight(state, now);
		}
		state->next_interval = now + (int64_t)options->every_ns;
	}
	if (last || now >= state->next_second) {
		tell_counters(state, now, last);
		state->next_second = now + SECOND_NS;
	}
	if (options->stacks)
		symbols_refresh(&state->symbols);
	if (options->selection_count > 0 && now >= state->next_look) {
		if (state->next_look != 0)
			look_for_cgroups(state);
		state->next_look = now + LOOK_NS;
	}
	if (state->skeleton->bss->witness_since_ns != 0)
		next = now + BUSY_TURN_NS;
	if (options->every_ns != 0 && state->next_interval < next)
		next = state->next_interval;
	return sample < next ? sample : next;
}

static int wake_fd(void *data)
{
	return ring_buffer__epoll_fd(((struct syscalls *)data)->ring);
}

static uint64_t lost(void *data)
{
	const struct syscalls *state = data;
	const struct syscalls_bpf__bss *shared;

	if (state->skeleton == NULL || state->skeleton->bss == NULL)
		return 0;
	shared = state->skeleton->bss;
	return shared->lost_events + shared->lost_totals + shared->lost_parked;
}

static void close_syscalls(void *data)
{
	struct syscalls *state = data;

	sample_timers_close(&state->timers);
	syscalls_sample_end(state);
	ring_buffer__free(state->ring);
	state->ring = NULL;
	syscalls_unmap_recorder(state);
	symbols_free(&state->symbols);
	cgroups_close(&state->cgroups);
	free(state->told);
	state->told = NULL;
	syscalls_bpf__destroy(state->skeleton);
	state->skeleton = NULL;
}

const struct question syscalls_question = {
        .name = "syscalls",
        .state_bytes = sizeof(struct syscalls),
        .take_option = take_option,
        .open = syscalls_open,
        .use = syscalls_use,
        .object = object,
        .start = start,
        .hello = hello,
        .turn = turn,
        .wake_fd = wake_fd,
        .lost = lost,
        .close = close_syscalls,
        .other_options = "min-ns=10000000 sparing=1",
        .other_name = "sparing",
        .counts_itself = true,
};
