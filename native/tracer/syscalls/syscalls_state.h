/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_SYSCALLS_STATE_H
#define RXRAY_SYSCALLS_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "sample_timers.h"
#include "symbols.h"
#include "syscalls.h"
#include "syscalls.skel.h"
#include "syscalls_cgroups.h"
#include "syscalls_options.h"
#include "syscalls_symbols.h"
#include "tracer.h"

/* What a total was when it was last told. */
struct told_total {
	uint32_t tgid, call;
	uint64_t count;
};

/* What the programs of calls take, measured in moments. */
struct syscalls_sampling {
	int fd;
	bool on;
	int64_t next;
	uint64_t ns_before, runs_before, ns, runs;
};

/* The hook on returns, while a call is suspected. */
struct witness {
	int64_t since_ns, not_before_ns;
	int64_t cost_ns; /* of attaching it */
	uint64_t witnessed; /* long calls that were seen to return, until it was taken off last */
};

struct syscalls {
	struct syscalls_options options;
	struct tracer *tracer;
	struct syscalls_bpf *skeleton;
	struct ring_buffer *ring;
	struct cgroups cgroups;
	bool recorder_possible; /* this kernel has what the flight recorder needs */
	struct symbols symbols;
	struct syscalls_symbols process_symbols;
	struct told_total *told;
	size_t told_count;
	const struct syscalls_record *recorder; /* mapped */
	size_t recorder_bytes;
	uint64_t dumped[SYSCALLS_RINGS]; /* up to where each ring was told */
	int64_t dumped_at[SYSCALLS_RINGS];
	struct syscalls_sampling sampling;
	struct sample_timers timers;
	struct witness witness;
	uint32_t dumps;
	uint64_t gone;
	uint64_t out_of_sight; /* of the whole run */
	int64_t next_interval, next_second, next_look;
	uint16_t slow; /* a trigger without its dump: number of the ring plus 1 */
};

/* syscalls_open.c: the object, and after it is loaded the filters. */
struct bpf_object_skeleton *syscalls_open(void *data, struct tracer *tracer);
bool syscalls_fill_filters(struct syscalls *state, struct problem *problem);

/* syscalls_tell.c: what comes through the ring of events. */
int syscalls_take_event(void *context, void *data, size_t size);
/* The architecture whose numbers a call has, and the number. */
uint16_t syscalls_architecture(uint32_t call);

/* syscalls_totals.c: `all` or just those that have changed since. */
void syscalls_tell_totals(struct syscalls *state, int64_t now, bool all);

/* syscalls_in_flight.c: calls that have not returned, and how many of them their threads have parked. */
void syscalls_tell_in_flight(struct syscalls *state, int64_t now);
uint64_t syscalls_parked_count(struct syscalls *state);

/* syscalls_sample.c: returns when to call again. */
void syscalls_sample_begin(struct syscalls *state);
int64_t syscalls_sample(struct syscalls *state, int64_t now);
void syscalls_sample_end(struct syscalls *state);

/* syscalls_witness.c */
enum hook_use syscalls_use(const void *data, const char *program);
void syscalls_witness_call(struct syscalls *state);
void syscalls_witness_turn(struct syscalls *state, int64_t now);

/* syscalls_recorder.c */
bool syscalls_map_recorder(struct syscalls *state);
void syscalls_unmap_recorder(struct syscalls *state);
void syscalls_dump_ring(struct syscalls *state, uint32_t ring, int64_t now, bool on_slow);
void syscalls_dump_all(struct syscalls *state, int64_t now);

#endif
