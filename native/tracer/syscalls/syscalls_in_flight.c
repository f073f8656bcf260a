/* SPDX-License-Identifier: MIT */
#include <bpf/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "small_file.h"
#include "syscalls_state.h"
#include "syscalls_table.gen.h"

#define BATCH 256
#define SECOND_NS 1000000000ull

/* What /proc tells of a call that sleeps: its number and arguments. Of one that runs it tells nothing. */
static void read_arguments(struct rxray_frame_syscall_call *record)
{
	unsigned long long number, given[6];
	char text[256], link[64];
	uint8_t descriptor;

	record->flags |= RXRAY_CALL_FLAGS_ARGUMENTS_UNKNOWN;
	if (!small_file_read(text, sizeof(text), "/proc/%u/task/%u/syscall", record->process,
	                     record->thread) ||
	    sscanf(text, "%llu %llx %llx %llx %llx %llx %llx", &number, &given[0], &given[1], &given[2],
	           &given[3], &given[4], &given[5]) != 7 ||
	    number != record->number)
		return;
	record->flags &= (uint16_t)~RXRAY_CALL_FLAGS_ARGUMENTS_UNKNOWN;
	for (int i = 0; i < 6; i++)
		record->arguments[i] = given[i];
	if (record->architecture != SYSCALL_MACHINE ||
	    number >= sizeof(syscall_table) / sizeof(syscall_table[0]))
		return;
	descriptor = syscall_table[number].descriptor;
	if (descriptor == 0)
		return;
	snprintf(link, sizeof(link), "/proc/%u/task/%u/fd/%d", record->process, record->thread,
	         (int)given[descriptor - 1]);
	if (readlink(link, (char *)record->file, sizeof(record->file) - 1) < 0)
		record->file[0] = '\0';
}

static void tell(struct syscalls *state, int64_t now, uint32_t tid, const struct syscalls_parked *off)
{
	struct frames *frames = &state->tracer->frames;
	struct rxray_frame_syscall_call record = {
	        .began_ns = tracer_time(state->tracer, off->began_ns),
	        .ended_ns = tracer_time(state->tracer, (uint64_t)now),
	        .waiting_ns = off->waiting_ns,
	        .sleeping_ns = off->sleeping_ns,
	        .thread = tid,
	        .process = off->tgid,
	        .number = off->call & ~SYSCALLS_COMPAT,
	        .cpu = UINT16_MAX,
	        .architecture = syscalls_architecture(off->call),
	        .flags = RXRAY_CALL_FLAGS_IN_FLIGHT,
	};
	uint64_t away = off->off_ns != 0 && (uint64_t)now > off->off_ns ? (uint64_t)now - off->off_ns : 0;
	uint64_t asleep = !off->asleep ? 0 : off->woken_ns > off->off_ns ? off->woken_ns - off->off_ns : away;

	record.sleeping_ns += asleep;
	record.waiting_ns += away - asleep;
	memcpy(record.thread_name, off->name, sizeof(record.thread_name));
	if (!small_file_read((char *)record.process_name, sizeof(record.process_name), "/proc/%u/comm",
	                     off->tgid)) {
		record.flags |= RXRAY_CALL_FLAGS_GONE;
		state->gone++;
	}
	record.process_name[strcspn((char *)record.process_name, "\n")] = '\0';
	if (record.thread_name[0] == '\0') {
		small_file_read((char *)record.thread_name, sizeof(record.thread_name),
		                "/proc/%u/task/%u/comm", off->tgid, tid);
		record.thread_name[strcspn((char *)record.thread_name, "\n")] = '\0';
	}
	read_arguments(&record);
	record.cgroup1 = off->cgroup1;
	record.cgroup2 = off->cgroup2;
	cgroups_tell(&state->cgroups, frames, record.cgroup1, 1, off->tgid);
	cgroups_tell(&state->cgroups, frames, record.cgroup2, 2, off->tgid);
	frames_bulk(frames, RXRAY_RECORD_SYSCALL_CALL, sizeof(record), &record, 1);
}

static bool is_old(const struct syscalls *state, int64_t now, uint64_t began)
{
	/* Where calls are not told one by one, those of a second are worth it. */
	uint64_t least = state->options.tells_calls ? state->options.min_ns : SECOND_NS;

	return began != 0 && (uint64_t)now > began && (uint64_t)now - began >= least;
}

/* Those that have been on a CPU all the time. */
static void tell_running(struct syscalls *state, int64_t now)
{
	const struct syscalls_bpf__bss *shared = state->skeleton->bss;

	for (int cpu = 0; cpu < SYSCALLS_CPUS; cpu++) {
		struct syscalls_slot slot = shared->slots[cpu];
		struct syscalls_parked running = {
		        .began_ns = slot.began_ns, .call = slot.call, .tgid = slot.tgid};

		if (slot.left == 0 && is_old(state, now, slot.began_ns))
			tell(state, now, slot.tid, &running);
	}
}

static void each_parked(struct syscalls *state,
                        void (*take)(void *context, uint32_t tid, const struct syscalls_parked *off),
                        void *context)
{
	int map = bpf_map__fd(state->skeleton->maps.parked);
	uint32_t *keys = calloc(BATCH, sizeof(*keys)), count, at;
	struct syscalls_parked *values = calloc(BATCH, sizeof(*values));
	bool more = keys != NULL && values != NULL, first = true;

	while (more) {
		count = BATCH;
		more = bpf_map_lookup_batch(map, first ? NULL : &at, &at, keys, values, &count, NULL) == 0;
		first = false;
		for (uint32_t i = 0; i < count; i++)
			take(context, keys[i], &values[i]);
	}
	free(keys);
	free(values);
}

struct telling {
	struct syscalls *state;
	int64_t now;
};

static void tell_parked(void *context, uint32_t tid, const struct syscalls_parked *off)
{
	const struct telling *telling = context;

	if (is_old(telling->state, telling->now, off->began_ns))
		tell(telling->state, telling->now, tid, off);
}

static void count_parked(void *context, uint32_t tid, const struct syscalls_parked *off)
{
	uint64_t *count = context;

	(void)tid;
	*count += off->began_ns != 0;
}

void syscalls_tell_in_flight(struct syscalls *state, int64_t now)
{
	struct telling telling = {state, now};

	tell_running(state, now);
	each_parked(state, tell_parked, &telling);
}

uint64_t syscalls_parked_count(struct syscalls *state)
{
	uint64_t count = 0;

	each_parked(state, count_parked, &count);
	return count;
}
