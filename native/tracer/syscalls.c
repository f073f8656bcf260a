/* SPDX-License-Identifier: MIT */
#include <bpf/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "small_file.h"
#include "syscalls_question.h"
#include "syscalls_state.h"
#include "syscalls_table.gen.h"

#define SECOND_NS 1000000000ll
#define TURN_NS 100000000ll
#define BUSY_TURN_NS 10000000ll
#define LOOK_NS 5000000000ll
#define RINGS_DEFAULT 64
/*
 * A call that begins and ends within one tick takes at most 20 ms (HZ=100). The count of ticks may stand
 * still while the CPU that keeps it does, as virtual ones do for some 50 ms at times: hence more.
 */
#define TICKS_NS 100000000ull
#define OFTEN_NS 1000000ull

static bool take_option(void *state, const char *key, const char *value)
{
	return syscalls_options_take(&((struct syscalls *)state)->options, key, value);
}

static uint32_t threads_now(void)
{
	char text[128];
	unsigned int threads;

	if (!small_file_read(text, sizeof(text), "/proc/loadavg") ||
	    sscanf(text, "%*s %*s %*s %*u/%u", &threads) != 1)
		return 0;
	return threads;
}

static bool size_maps(struct syscalls *state)
{
	const struct syscalls_options *options = &state->options;
	struct syscalls_bpf *skeleton = state->skeleton;
	uint32_t threads = threads_now() * 2, rings = (uint32_t)options->rings;

	if (rings == 0)
		rings = RINGS_DEFAULT;
	skeleton->rodata->ring_count = rings;
	return bpf_map__set_max_entries(skeleton->maps.events, (uint32_t)state->tracer->plan.ring_bytes) ==
	               0 &&
	       bpf_map__set_max_entries(skeleton->maps.parked, threads > 16384 ? threads : 16384) == 0 &&
	       bpf_map__set_max_entries(skeleton->maps.stacks, options->stacks ? 4096 : 1) == 0 &&
	       bpf_map__set_max_entries(skeleton->maps.totals, options->sums ? 16384 : 1) == 0 &&
	       bpf_map__set_max_entries(skeleton->maps.recorder,
	                                options->records ? rings * SYSCALLS_RING : 1) == 0;
}

static void fill_constants(struct syscalls *state)
{
	const struct syscalls_options *options = &state->options;
	struct syscalls_bpf__rodata *constant = state->skeleton->rodata;
	const struct scope *scope = &state->tracer->plan.scope;
	const size_t count = sizeof(syscall_table) / sizeof(syscall_table[0]);

	constant->min_ns = options->min_ns;
	constant->slow_ns = options->slow_ns;
	constant->tells_calls = options->tells_calls;
	constant->sums = options->sums;
	constant->takes_stacks = options->stacks;
	constant->records = options->records;
	constant->some_calls = options->some_calls;
	constant->by_process = options->pid_count > 0 || options->command != 0;
	constant->follows = options->command != 0 || options->follow;
	constant->by_name = options->name_count > 0;
	constant->by_cgroup = options->selection_count > 0;
	constant->by_netns = options->own_netns && scope->netns != 0;
	constant->netns = scope->netns;
	constant->own_process = (uint32_t)getpid();
	constant->spared_process = (uint32_t)options->spared;
	constant->cgroup_subsystem = state->cgroups.subsystem;
	constant->memory_subsystem = state->cgroups.memory;
	constant->quiet = options->tells_calls && options->min_ns < OFTEN_NS;
	constant->skips_by_ticks = !options->exact && !options->sums && !options->records &&
	                           (!options->tells_calls || options->min_ns >= TICKS_NS) &&
	                           (options->slow_ns == 0 || options->slow_ns >= TICKS_NS);
	memcpy((void *)constant->wanted_calls, options->wanted, sizeof(options->wanted));
	for (size_t i = 0; i < count && i < SYSCALLS_NUMBERS; i++)
		((uint8_t *)constant->argument_places)[i] =
		        (uint8_t)(syscall_table[i].descriptor | syscall_table[i].path << 4);
	for (int cpu = 0; cpu < SYSCALLS_CPUS && cpu < CPUS_MOST; cpu++)
		((uint8_t *)constant->cpus_off)[cpu] = scope->cpus_given && scope->cpus[cpu] == 0;
}

static struct bpf_object_skeleton *open_object(void *data, struct tracer *tracer)
{
	struct syscalls *state = data;
	struct problem problem = {0};

	state->tracer = tracer;
	if (state->cgroups.count == 0) {
		cgroups_read(&state->cgroups, tracer->btf);
		/* Told by `start`; until then any hierarchy does. */
		if (state->options.selection_count > 0)
			cgroups_settle(&state->cgroups, &state->options, &problem);
	}
	syscalls_bpf__destroy(state->skeleton);
	state->skeleton = syscalls_bpf__open();
	if (state->skeleton == NULL)
		return NULL;
	fill_constants(state);
	return size_maps(state) ? state->skeleton->skeleton : NULL;
}

static struct bpf_object *object(void *data)
{
	const struct syscalls *state = data;

	return state->skeleton == NULL ? NULL : state->skeleton->obj;
}

static bool fill_filters(struct syscalls *state, struct problem *problem)
{
	const struct syscalls_options *options = &state->options;
	int processes = bpf_map__fd(state->skeleton->maps.processes);
	int names = bpf_map__fd(state->skeleton->maps.names);
	uint8_t yes = 1, armed = 0;

	for (uint32_t i = 0; i < options->pid_count; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/%u", options->pids[i]);
		if (access(path, F_OK) != 0)
			return problem_set(problem, "E_NO_PROCESS", EXIT_SYSTEM, -1,
			                   "list processes with ps, or filter by --comm",
			                   "there is no process %u", options->pids[i]);
		bpf_map_update_elem(processes, &options->pids[i], &yes, BPF_ANY);
	}
	if (options->command != 0) {
		uint32_t pid = (uint32_t)options->command;

		bpf_map_update_elem(processes, &pid, &armed, BPF_ANY);
	}
	for (uint32_t i = 0; i < options->name_count; i++)
		bpf_map_update_elem(names, options->names[i], &yes, BPF_ANY);
	if (options->selection_count == 0)
		return true;
	if (!cgroups_settle(&state->cgroups, options, problem))
		return false;
	state->skeleton->bss->roots_wanted =
	        (uint32_t)cgroups_select(&state->cgroups, options, bpf_map__fd(state->skeleton->maps.roots));
	/* The hooks are on already, and may have answered from an empty map. */
	state->skeleton->bss->generation++;
	return true;
}

static bool start(void *data, struct tracer *tracer, struct problem *problem)
{
	struct syscalls *state = data;

	(void)tracer;
	if (!fill_filters(state, problem))
		return false;
	state->ring =
	        ring_buffer__new(bpf_map__fd(state->skeleton->maps.events), syscalls_take_event, state, NULL);
	if (state->ring == NULL || (state->options.records && !syscalls_map_recorder(state)) ||
	    (state->options.stacks && !syscalls_symbols_read(&state->symbols)))
		return problem_set(problem, "E_MEMORY", EXIT_SYSTEM, -1,
		                   "free some memory, or leave out --stacks and --flight-recorder",
		                   "no memory for the events of `trace syscalls`");
	return true;
}

static void hello(void *data, struct json *json)
{
	const struct syscalls *state = data;
	const struct syscalls_bpf__rodata *constant = state->skeleton->rodata;

	json_add(json, ",\"minNs\":%llu,\"cgroup1\":%s,\"cgroups\":%u,\"byTicks\":%s,\"machine\":%d",
	         (unsigned long long)constant->min_ns, state->cgroups.memory >= 0 ? "true" : "false",
	         state->skeleton->bss->roots_wanted, constant->skips_by_ticks ? "true" : "false",
	         SYSCALL_MACHINE);
}

static void tell_counters(struct syscalls *state, int64_t now)
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

	(void)tracer;
	ring_buffer__consume(state->ring);
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
		tell_counters(state, now);
		state->next_second = now + SECOND_NS;
	}
	if (options->selection_count > 0 && now >= state->next_look) {
		if (state->next_look != 0)
			look_for_cgroups(state);
		state->next_look = now + LOOK_NS;
	}
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

	syscalls_sample_end(state);
	ring_buffer__free(state->ring);
	state->ring = NULL;
	syscalls_unmap_recorder(state);
	syscalls_symbols_free(&state->symbols);
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
        .open = open_object,
        .object = object,
        .start = start,
        .hello = hello,
        .turn = turn,
        .wake_fd = wake_fd,
        .lost = lost,
        .close = close_syscalls,
        .counts_itself = true,
};
