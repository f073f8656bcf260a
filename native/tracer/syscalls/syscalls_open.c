/* SPDX-License-Identifier: MIT */
/* Opens the BPF object of `trace syscalls`, and fills in what the plan asks for. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf_features.h"
#include "own_eyes.h"
#include "small_file.h"
#include "syscalls_state.h"

#include "syscalls_no_fetch.skel.h"
#include "syscalls_table.gen.h"

#define RINGS_DEFAULT 64
/*
 * A call that begins and ends within one tick takes at most 20 ms (HZ=100). The count of ticks may stand
 * still while the CPU that keeps it does, as virtual ones do for some 50 ms at times: hence more.
 */
#define TICKS_NS 100000000ull
#define OFTEN_NS 1000000ull
#define CAPTURED 1024 /* calls that are long already, at a time */

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
	       bpf_map__set_max_entries(skeleton->maps.captured, options->sparing ? CAPTURED : 1) == 0 &&
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
	constant->sparing = options->sparing;
	constant->takes_stacks = options->stacks;
	constant->records = options->records;
	constant->some_calls = options->some_calls;
	constant->by_process = options->pid_count > 0 || options->command != 0 || state->cgroups.by_process;
	constant->follows = options->command != 0 || options->follow || state->cgroups.by_process;
	constant->by_name = options->name_count > 0;
	constant->by_cgroup = options->selection_count > 0 && !state->cgroups.by_process;
	constant->by_netns = options->own_netns && scope->netns != 0;
	constant->netns = scope->netns;
	constant->by_user = own_eyes_only();
	constant->user = getuid();
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

/* Both builds have the same maps and constants, so the one skeleton fits the other's bytes too. */
static struct syscalls_bpf *open_skeleton(struct syscalls *state)
{
	struct syscalls_bpf *skeleton;
	size_t size;

	state->recorder_possible = bpf_features_fetching_atomics();
	if (state->recorder_possible)
		return syscalls_bpf__open_opts(kernel_types());
	skeleton = calloc(1, sizeof(*skeleton));
	if (skeleton == NULL || syscalls_bpf__create_skeleton(skeleton) != 0) {
		free(skeleton);
		return NULL;
	}
	skeleton->skeleton->data = (void *)syscalls_no_fetch_bpf__elf_bytes(&size);
	skeleton->skeleton->data_sz = size;
	if (bpf_object__open_skeleton(skeleton->skeleton, kernel_types()) != 0) {
		syscalls_bpf__destroy(skeleton);
		return NULL;
	}
	return skeleton;
}

struct bpf_object_skeleton *syscalls_open(void *data, struct tracer *tracer)
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
	state->skeleton = open_skeleton(state);
	if (state->skeleton == NULL)
		return NULL;
	fill_constants(state);
	return size_maps(state) ? state->skeleton->skeleton : NULL;
}

bool syscalls_fill_filters(struct syscalls *state, struct problem *problem)
{
	const struct syscalls_options *options = &state->options;
	int processes = bpf_map__fd(state->skeleton->maps.processes);
	int names = bpf_map__fd(state->skeleton->maps.names);
	uint8_t yes = 1, armed = 0;
	int refused = 0;

	for (uint32_t i = 0; i < options->pid_count; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/%u", options->pids[i]);
		if (access(path, F_OK) != 0)
			return problem_set(problem, "E_NO_PROCESS", EXIT_SYSTEM, -1,
			                   "list processes with ps, or filter by --comm",
			                   "there is no process %u", options->pids[i]);
		refused |= bpf_map_update_elem(processes, &options->pids[i], &yes, BPF_ANY);
	}
	if (options->command != 0) {
		uint32_t pid = (uint32_t)options->command;

		refused |= bpf_map_update_elem(processes, &pid, &armed, BPF_ANY);
	}
	for (uint32_t i = 0; i < options->name_count; i++)
		refused |= bpf_map_update_elem(names, options->names[i], &yes, BPF_ANY);
	/* A trace that leaves out what it was asked for would look as if nothing happened there. */
	if (refused != 0)
		return problem_set(problem, "E_FILTER", EXIT_SYSTEM, -1, "ask for fewer processes or names",
		                   "the kernel has no room for all of the filter: %s", strerror(errno));
	if (options->selection_count == 0)
		return true;
	if (!cgroups_settle(&state->cgroups, options, problem))
		return false;
	state->cgroups.processes = processes;
	state->skeleton->bss->roots_wanted =
	        (uint32_t)cgroups_select(&state->cgroups, options, bpf_map__fd(state->skeleton->maps.roots));
	if (state->cgroups.refused > 0)
		return problem_set(problem, "E_FILTER", EXIT_SYSTEM, -1,
		                   "name a smaller part of the tree of cgroups",
		                   "the kernel has no room for %u of the cgroups that are meant",
		                   state->cgroups.refused);
	/* The hooks are on already, and may have answered from an empty map. */
	state->skeleton->bss->generation++;
	return true;
}
