/* SPDX-License-Identifier: MIT */
#include <bpf/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "syscalls_state.h"

#define CHUNK 256
#define AGAIN_NS 1000000000ll /* a cgroup is not dumped more often */
#define PATIENCE_MS 2000

bool syscalls_map_recorder(struct syscalls *state)
{
	size_t bytes = bpf_map__max_entries(state->skeleton->maps.recorder) * sizeof(struct syscalls_record);
	void *mapped =
	        mmap(NULL, bytes, PROT_READ, MAP_SHARED, bpf_map__fd(state->skeleton->maps.recorder), 0);

	if (mapped == MAP_FAILED)
		return false;
	state->recorder = mapped;
	state->recorder_bytes = bytes;
	return true;
}

void syscalls_unmap_recorder(struct syscalls *state)
{
	if (state->recorder != NULL)
		munmap((void *)state->recorder, state->recorder_bytes);
	state->recorder = NULL;
}

/* Those that are whole: one that is just being overwritten has another turn, or no begin. */
static uint32_t collect(const struct syscalls *state, uint32_t ring, uint64_t from, uint64_t to,
                        struct rxray_frame_recorded_call *list)
{
	uint32_t count = 0;

	for (uint64_t at = from; at < to; at++) {
		const volatile struct syscalls_record *record =
		        &state->recorder[ring * SYSCALLS_RING + (at & (SYSCALLS_RING - 1))];
		uint64_t began = record->began_ns;
		struct rxray_frame_recorded_call *told = &list[count];

		*told = (struct rxray_frame_recorded_call){
		        .began_ns = tracer_time(state->tracer, began),
		        .length_ns = record->length_ns,
		        .result = record->result,
		        .arguments = {record->arguments[0], record->arguments[1], record->arguments[2]},
		        .dump = state->dumps,
		        .thread = record->tid,
		        .process = record->tgid,
		        .number = record->call & ~SYSCALLS_COMPAT,
		        .architecture = syscalls_architecture(record->call),
		};
		memcpy(told->thread_name, (const void *)record->name, sizeof(told->thread_name));
		if (began != 0 && record->turn == (uint32_t)(at / SYSCALLS_RING) && record->began_ns == began)
			count++;
	}
	return count;
}

void syscalls_dump_ring(struct syscalls *state, uint32_t ring, int64_t now, bool on_slow)
{
	const struct syscalls_cgroup *cgroup = &state->skeleton->bss->rings[ring % SYSCALLS_RINGS];
	struct frames *frames = &state->tracer->frames;
	struct rxray_frame_recorded_call *list;
	uint64_t to = cgroup->head, from = to > SYSCALLS_RING ? to - SYSCALLS_RING : 0;
	struct rxray_frame_recorder_dump dump = {.time_ns = tracer_time(state->tracer, (uint64_t)now),
	                                         .cgroup = cgroup->id,
	                                         .written = to,
	                                         .on_slow = on_slow};

	if (ring >= state->skeleton->rodata->ring_count || state->recorder == NULL)
		return;
	if (on_slow && state->dumped_at[ring] != 0 && now - state->dumped_at[ring] < AGAIN_NS)
		return;
	if (from < state->dumped[ring])
		from = state->dumped[ring];
	list = calloc(SYSCALLS_RING, sizeof(*list));
	if (list == NULL || to <= from) {
		free(list);
		return;
	}
	dump.dump = ++state->dumps;
	dump.calls = collect(state, ring, from, to, list);
	cgroups_tell(&state->cgroups, frames, cgroup->id, state->cgroups.subsystem < 0 ? 2 : 1, 0);
	frames_block(frames, RXRAY_RECORD_RECORDER_DUMP, sizeof(dump), &dump, 1);
	for (uint32_t i = 0; i < dump.calls; i += CHUNK) {
		uint32_t count = dump.calls - i < CHUNK ? dump.calls - i : CHUNK;

		frames_bulk(frames, RXRAY_RECORD_RECORDED_CALL, sizeof(*list), list + i, count);
		if (!on_slow)
			frames_finish(frames, PATIENCE_MS);
	}
	state->dumped[ring] = to;
	state->dumped_at[ring] = now;
	free(list);
}

void syscalls_dump_all(struct syscalls *state, int64_t now)
{
	uint32_t used = state->skeleton->bss->rings_used;

	for (uint32_t ring = 0; ring < used && ring < SYSCALLS_RINGS; ring++)
		syscalls_dump_ring(state, ring, now, false);
}
