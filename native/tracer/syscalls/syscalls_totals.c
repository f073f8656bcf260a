/* SPDX-License-Identifier: MIT */
#include <bpf/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "syscalls_state.h"

#define BATCH 256
#define CHUNK 64 /* records in one block */
#define PATIENCE_MS 2000

struct row {
	struct syscalls_key key;
	struct syscalls_totals totals;
};

struct rows {
	struct row *list;
	size_t count, capacity;
};

static bool add_row(struct rows *rows, const struct syscalls_key *key, const struct syscalls_totals *totals)
{
	if (rows->count == rows->capacity) {
		size_t capacity = rows->capacity == 0 ? 1024 : rows->capacity * 2;
		struct row *grown = realloc(rows->list, capacity * sizeof(*grown));

		if (grown == NULL)
			return false;
		rows->list = grown;
		rows->capacity = capacity;
	}
	rows->list[rows->count++] = (struct row){*key, *totals};
	return true;
}

static bool read_rows(int map, struct rows *rows)
{
	struct syscalls_key *keys = calloc(BATCH, sizeof(*keys));
	struct syscalls_totals *values = calloc(BATCH, sizeof(*values));
	__u32 at, count;
	bool first = true, good = keys != NULL && values != NULL, more = good;

	while (more) {
		count = BATCH;
		/* An error says that this was the last of it, or that the kernel lacks the call. */
		more = bpf_map_lookup_batch(map, first ? NULL : &at, &at, keys, values, &count, NULL) == 0;
		first = false;
		for (__u32 i = 0; i < count && good; i++)
			good = add_row(rows, &keys[i], &values[i]);
		more = more && good;
	}
	free(keys);
	free(values);
	return good;
}

static int by_key(const void *a, const void *b)
{
	const struct syscalls_key *left = &((const struct row *)a)->key;
	const struct syscalls_key *right = &((const struct row *)b)->key;

	if (left->tgid != right->tgid)
		return left->tgid < right->tgid ? -1 : 1;
	if (left->call != right->call)
		return left->call < right->call ? -1 : 1;
	return 0;
}

/* One row for all CPUs. */
static void add_up(struct rows *rows)
{
	size_t kept = 0;

	if (rows->count == 0)
		return;
	qsort(rows->list, rows->count, sizeof(rows->list[0]), by_key);
	for (size_t i = 1; i < rows->count; i++) {
		struct syscalls_totals *sum = &rows->list[kept].totals, *more = &rows->list[i].totals;

		if (by_key(&rows->list[kept], &rows->list[i]) != 0) {
			rows->list[++kept] = rows->list[i];
			continue;
		}
		sum->count += more->count;
		sum->errors += more->errors;
		sum->total_ns += more->total_ns;
		if (more->longest_ns > sum->longest_ns)
			sum->longest_ns = more->longest_ns;
		for (int bucket = 0; bucket < SYSCALLS_BUCKETS; bucket++)
			sum->buckets[bucket] += more->buckets[bucket];
	}
	rows->count = kept + 1;
}

static uint64_t told_before(const struct syscalls *state, const struct syscalls_key *key)
{
	size_t low = 0, high = state->told_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct told_total *told = &state->told[middle];

		if (told->tgid == key->tgid && told->call == key->call)
			return told->count;
		if (told->tgid < key->tgid || (told->tgid == key->tgid && told->call < key->call))
			low = middle + 1;
		else
			high = middle;
	}
	return 0;
}

static void fill(const struct syscalls *state, const struct row *row, int64_t now,
                 struct rxray_frame_syscall_totals *record)
{
	const struct syscalls_totals *totals = &row->totals;

	memset(record, 0, sizeof(*record));
	record->time_ns = tracer_time(state->tracer, (uint64_t)now);
	record->count = totals->count;
	record->errors = totals->errors;
	record->total_ns = totals->total_ns;
	record->longest_ns = totals->longest_ns;
	record->cgroup1 = totals->cgroup1;
	record->cgroup2 = totals->cgroup2;
	record->process = row->key.tgid;
	record->number = row->key.call & ~SYSCALLS_COMPAT;
	record->architecture = syscalls_architecture(row->key.call);
	memcpy(record->process_name, totals->name, sizeof(record->process_name));
	memcpy(record->buckets, totals->buckets, sizeof(record->buckets));
}

static void remember(struct syscalls *state, const struct rows *rows)
{
	free(state->told);
	state->told_count = 0;
	state->told = calloc(rows->count + 1, sizeof(*state->told));
	if (state->told == NULL)
		return;
	for (size_t i = 0; i < rows->count; i++)
		state->told[i] = (struct told_total){rows->list[i].key.tgid, rows->list[i].key.call,
		                                     rows->list[i].totals.count};
	state->told_count = rows->count;
}

void syscalls_tell_totals(struct syscalls *state, int64_t now, bool all)
{
	struct frames *frames = &state->tracer->frames;
	struct rxray_frame_syscall_totals *chunk = calloc(CHUNK, sizeof(*chunk));
	struct rows rows = {0};
	uint32_t filled = 0;

	if (chunk != NULL && state->options.sums &&
	    read_rows(bpf_map__fd(state->skeleton->maps.totals), &rows)) {
		add_up(&rows);
		for (size_t i = 0; i < rows.count; i++) {
			const struct row *row = &rows.list[i];

			if (!all && told_before(state, &row->key) == row->totals.count)
				continue;
			cgroups_tell(&state->cgroups, frames, row->totals.cgroup1, 1, row->key.tgid);
			cgroups_tell(&state->cgroups, frames, row->totals.cgroup2, 2, row->key.tgid);
			fill(state, row, now, &chunk[filled++]);
			if (filled < CHUNK && i + 1 < rows.count)
				continue;
			frames_bulk(frames, RXRAY_RECORD_SYSCALL_TOTALS, sizeof(*chunk), chunk, filled);
			filled = 0;
			/* The last ones are what a run is for: a slow reader is waited for. */
			if (all)
				frames_finish(frames, PATIENCE_MS);
		}
		if (filled > 0)
			frames_bulk(frames, RXRAY_RECORD_SYSCALL_TOTALS, sizeof(*chunk), chunk, filled);
		if (!all)
			remember(state, &rows);
	}
	free(rows.list);
	free(chunk);
}
