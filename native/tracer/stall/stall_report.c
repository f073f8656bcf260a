/* SPDX-License-Identifier: MIT */
#include <elf.h>
#include <stdio.h>
#include <string.h>

#include "own_eyes.h"
#include "process.h"
#include "stall.h"

#include "stall.skel.h"
#include "stall_state.h"
#include "tracer.h"

#define AFTER_NS 10000000ull

#if defined(__x86_64__)
#define ARCHITECTURE EM_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE EM_AARCH64
#else
#define ARCHITECTURE EM_NONE
#endif

static_assert(STALL_FRAMES * 8 == sizeof(((struct rxray_frame_stack *)0)->addresses), "stack record");
static_assert(STALL_BUCKETS * 8 == sizeof(((struct rxray_frame_wait_totals *)0)->buckets), "totals record");
static_assert((int)STALL_KTHREAD == RXRAY_CONTEXT_KTHREAD, "contexts");
static_assert((int)STALL_POLLS == RXRAY_WAIT_KIND_POLLS, "kinds");

struct reporting {
	struct stall *stall;
	struct tracer *tracer;
	uint64_t told_from_ns, told_to_ns; /* samples that the reader has already */
	uint32_t cpu;
};

static void tell_stack(struct reporting *reporting, const struct stall_sample *sample, uint8_t flags,
                       bool own)
{
	struct stall *stall = reporting->stall;
	struct frames *frames = &reporting->tracer->frames;
	size_t depth = sample->depth <= STALL_FRAMES ? sample->depth : STALL_FRAMES;
	size_t skip;
	struct rxray_frame_stack record = {
	        .time_ns = tracer_time(reporting->tracer, sample->ns),
	        .wait = stall->waits,
	        .thread = sample->pid,
	        .process = sample->tgid,
	        .syscall = sample->syscall < 0 ? UINT32_MAX : (uint32_t)sample->syscall,
	        .cpu = (uint16_t)reporting->cpu,
	        .flags = flags,
	};

	if (sample->pid != 0)
		memcpy(record.thread_name, sample->comm, sizeof(record.thread_name));
	memcpy(record.addresses, sample->frames, depth * sizeof(record.addresses[0]));
	skip = own ? symbols_own_frames(&stall->symbols, record.addresses, depth) : 0;
	/* Taken as the timer expired, and not of what it interrupted. */
	if (!own && sample->pid == 0 && stall->recorder.spares_idle)
		skip = symbols_interrupted(&stall->symbols, record.addresses, depth);
	memmove(record.addresses, record.addresses + skip, (depth - skip) * sizeof(record.addresses[0]));
	memset(record.addresses + depth - skip, 0, skip * sizeof(record.addresses[0]));
	record.depth = (uint8_t)(depth - skip);
	symbols_tell(&stall->symbols, frames, record.addresses, record.depth);
	own_eyes_stack(&record);
	frames_bulk(frames, RXRAY_RECORD_STACK, sizeof(record), &record, 1);
}

static void take_sample(void *context, const struct stall_sample *sample)
{
	struct reporting *reporting = context;

	if (sample->ns < reporting->told_from_ns || sample->ns > reporting->told_to_ns)
		tell_stack(reporting, sample, 0, false);
}

/* The parts come innermost first. */
static void join_file(const struct stall_holder *holder, char *path, size_t size)
{
	size_t used = 0;

	path[0] = '\0';
	for (int i = STALL_FILE_PARTS - 1; i >= 0; i--) {
		if (holder->file[i][0] != '\0' && used < size)
			used += (size_t)snprintf(path + used, size - used, "/%.*s", STALL_FILE_PART,
			                         holder->file[i]);
	}
}

static void add_holder(struct rxray_frame_receive_wait *record, const struct stall_holder *holder)
{
	record->context = (uint8_t)holder->context;
	record->holder_thread = holder->at.pid;
	record->holder_process = holder->at.tgid;
	record->syscall = holder->at.syscall < 0 ? UINT32_MAX : (uint32_t)holder->at.syscall;
	record->architecture = ARCHITECTURE;
	record->cgroup1 = holder->cgroup1;
	record->cgroup2 = holder->cgroup2;
	memcpy(record->thread_name, holder->at.comm, sizeof(record->thread_name));
	memcpy(record->file_system, holder->file_system, sizeof(record->file_system));
	join_file(holder, (char *)record->file, sizeof(record->file));
	if (holder->since_ns != 0 && holder->since_ns < (uint64_t)record->to_ns)
		record->held_ns = record->to_ns - (int64_t)holder->since_ns;
	if (holder->at_start != 0)
		record->flags |= RXRAY_WAIT_FLAGS_STACK_AT_START;
	if (holder->gave_up != 0)
		record->flags |= RXRAY_WAIT_FLAGS_GAVE_UP;
	if (holder->behind_enabling != 0)
		record->flags |= RXRAY_WAIT_FLAGS_BEHIND_ENABLING;
	if (holder->context == STALL_IDLE)
		return;
	if (!process_name(holder->at.tgid, (char *)record->process_name, sizeof(record->process_name)) ||
	    !process_cgroup(holder->at.pid, (char *)record->cgroup, sizeof(record->cgroup)))
		record->flags |= RXRAY_WAIT_FLAGS_GONE;
}

/* What ran where the packets, or their thread, were queued: before the wait, within it, and a little after.
 */
static void tell_samples(struct reporting *reporting, struct stall *stall, const struct stall_event *event)
{
	struct stall_place places[STALL_PLACES];
	size_t count = occupants_places(event, places);

	for (size_t i = 0; i < count; i++) {
		uint64_t from = places[i].from_ns - stall->before_ns, to = places[i].to_ns + AFTER_NS;
		uint64_t *told_from = &stall->told[places[i].cpu & (STALL_CPUS - 1)].from_ns;
		uint64_t *told_to = &stall->told[places[i].cpu & (STALL_CPUS - 1)].to_ns;

		if (places[i].cpu >= (uint32_t)stall->recorder.cpus)
			continue;

		reporting->cpu = places[i].cpu;
		reporting->told_from_ns = *told_from;
		reporting->told_to_ns = *told_to;
		recorder_read(&stall->recorder, (int)places[i].cpu, from, to, take_sample, reporting);
		/* Stretches that touch are one; of two apart the later one is remembered. */
		if (from > *told_to || to < *told_from) {
			*told_from = from;
			*told_to = to;
		}
		*told_from = from < *told_from ? from : *told_from;
		*told_to = to > *told_to ? to : *told_to;
	}
}

/* What the hypervisor took from the CPUs while the wait was queued there; -1 unknown. */
static int64_t stolen(const struct stall *stall, const struct stall_event *event)
{
	struct stall_place places[STALL_PLACES];
	size_t count = occupants_places(event, places);
	int64_t sum = 0;

	for (size_t i = 0; i < count; i++) {
		int64_t took = places[i].cpu < CPUS_MOST
		                       ? steal_between(&stall->steal, (int)places[i].cpu,
		                                       (int64_t)places[i].from_ns, (int64_t)places[i].to_ns)
		                       : -1;

		if (took < 0)
			return -1;
		sum += took;
	}
	return sum;
}

void stall_report(struct stall *stall, struct tracer *tracer, const struct stall_event *event)
{
	const struct stall_wait *wait = &event->wait;
	struct reporting reporting = {stall, tracer, 0, 0, wait->cpu};
	bool known = event->holder.for_ns == wait->from_ns;
	struct rxray_frame_receive_wait record = {
	        .from_ns = (int64_t)wait->from_ns,
	        .to_ns = (int64_t)wait->to_ns,
	        .held_ns = -1,
	        .handler_ns = wait->handler_ns,
	        .late_ns = wait->late_ns,
	        .wait = ++stall->waits,
	        .netns = wait->netns,
	        .interface = wait->ifindex,
	        .server_thread = wait->server,
	        .syscall = UINT32_MAX,
	        .cpu = (uint16_t)wait->cpu,
	        .kind = (uint8_t)wait->kind,
	        .context = RXRAY_CONTEXT_IDLE,
	        .handler = wait->handler,
	        .architecture = ARCHITECTURE,
	};

	if (wait->cpu >= (uint32_t)stall->recorder.cpus)
		return;
	occupants_tell(&stall->occupants, &stall->recorder, tracer, event, stall->waits);
	tell_samples(&reporting, stall, event);
	reporting.cpu = wait->cpu;
	record.steal_ns = stolen(stall, event);
	if (known) {
		tell_stack(&reporting, &event->holder.at, RXRAY_STACK_FLAGS_HOLDER, true);
		add_holder(&record, &event->holder);
	}
	/* Of a handler what counts is all of it, also before packets came to wait for it. */
	if (wait->handler != STALL_NO_HANDLER)
		record.held_ns = (int64_t)wait->longest_handler_ns;
	if (wait->raised_within != 0)
		record.flags |= RXRAY_WAIT_FLAGS_RAISED_WITHIN;
	if (wait->for_lock != 0)
		record.flags |= RXRAY_WAIT_FLAGS_FOR_LOCK;
	if (wait->backlog != 0)
		record.flags |= RXRAY_WAIT_FLAGS_BACKLOG;
	if (wait->netns == 0)
		record.flags |= RXRAY_WAIT_FLAGS_NAMESPACE_UNKNOWN;
	record.from_ns -= tracer->epoch_ns;
	record.to_ns -= tracer->epoch_ns;
	memcpy(record.server_name, wait->server_comm, sizeof(record.server_name));
	own_eyes_wait(&record);
	frames_bulk(&tracer->frames, RXRAY_RECORD_RECEIVE_WAIT, sizeof(record), &record, 1);
}

void stall_report_totals(struct stall *stall, struct tracer *tracer, int64_t now)
{
	for (int cpu = 0; cpu < stall->recorder.cpus && cpu < STALL_CPUS; cpu++) {
		const struct stall_totals *totals = &stall->skeleton->bss->totals[cpu];
		struct rxray_frame_wait_totals record = {.time_ns = now - tracer->epoch_ns,
		                                         .waits = totals->waits,
		                                         .longest_ns = totals->longest_ns,
		                                         .received = (uint8_t)totals->received,
		                                         .cpu = (uint16_t)cpu};

		if (totals->waits == 0 && totals->received == 0)
			continue;
		memcpy(record.buckets, totals->buckets, sizeof(record.buckets));
		frames_block(&tracer->frames, RXRAY_RECORD_WAIT_TOTALS, sizeof(record), &record, 1);
	}
}
