/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_SYSCALLS_MAPS_BPF_H
#define RXRAY_SYSCALLS_MAPS_BPF_H

/* What the parts of syscalls.bpf.c share: constants that the loader fills in, maps, the slot of a CPU. */
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "syscalls.h"

#define OWN __always_inline static
#define TS_COMPAT 2 /* x86: this call came through the 32-bit interface */
#define TIF_32BIT 22 /* arm64: a 32-bit task */

const volatile __u64 min_ns = 0; /* of calls told one by one */
const volatile __u64 slow_ns = 0; /* of a call that triggers a dump of the recorder; 0: none */
const volatile bool tells_calls = false;
const volatile bool skips_by_ticks = false; /* a call within one tick is certainly shorter than min_ns */
const volatile bool sums = false;
const volatile bool takes_stacks = false;
const volatile bool records = false;
const volatile bool some_calls = false;
const volatile bool by_process = false, by_name = false, by_cgroup = false, by_netns = false;
const volatile bool follows = false;
const volatile __u32 own_process = 0, spared_process = 0;
const volatile bool quiet = false; /* events are many: they wait until they are fetched */
const volatile __u32 netns = 0;
const volatile bool by_user = false; /* only calls of threads that run as `user` */
const volatile __u32 user = 0;
const volatile __u32 ring_count = 1; /* of the recorder */
const volatile int cgroup_subsystem = -1; /* of cgroup v1, whose tree is meant; -1: v2 */
const volatile int memory_subsystem = -1;
const volatile __u8 wanted_calls[SYSCALLS_NUMBERS] = {};
/* Which argument is a descriptor (low 4 bits) and which a path (high 4), from 1; 0: none. */
const volatile __u8 argument_places[SYSCALLS_NUMBERS] = {};
const volatile __u8 cpus_off[SYSCALLS_CPUS] = {};

/* Without hooks on calls: */
const volatile bool sparing = false;
struct syscalls_seen seen[SYSCALLS_CPUS];
__u64 witness_since_ns; /* every return of a call is seen since then; 0: none is */
__u64 suspected_ns; /* a call that asks for it was seen last then */
__u64 witnessed; /* long calls that were seen to return */

struct syscalls_slot slots[SYSCALLS_CPUS] __attribute__((aligned(64)));
struct syscalls_cgroup rings[SYSCALLS_RINGS];
__u32 rings_used;
__u32 roots_wanted; /* how many `roots` has */
__u32 generation; /* of `roots` */
/* Lost: calls no room was found for in the ring of events, in `totals`, in `parked`, in the recorder. */
__u64 lost_events, lost_totals, lost_parked, unrecorded;
__u64 never_returned; /* traced calls within which their thread ended: `exit` */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

/* By thread. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct syscalls_parked);
} parked SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct syscalls_stacks);
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, struct syscalls_key);
	__type(value, struct syscalls_totals);
} totals SEC(".maps");

/* A process: 1, or 0 while it has yet to execute the command that is to be traced. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, __u8);
} processes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, char[SYSCALLS_NAME]);
	__type(value, __u8);
} names SEC(".maps");

/* Roots of the trees of cgroups that are wanted. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, __u8);
} roots SEC(".maps");

/* Whether a cgroup is in one of the trees: of which generation of `roots` the answer is, times 2, plus 1 for
 * yes. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, __u64);
} in_tree SEC(".maps");

/* Which ring of the recorder a cgroup has. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SYSCALLS_RINGS);
	__type(key, __u64);
	__type(value, __u32);
} ring_of SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SYSCALLS_RING);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct syscalls_record);
} recorder SEC(".maps");

/* By thread: what will be told of a call that is long already. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct syscalls_call);
} captured SEC(".maps");

OWN struct syscalls_slot *own_slot(void)
{
	return &slots[bpf_get_smp_processor_id() & (SYSCALLS_CPUS - 1)];
}

OWN struct task_struct___syscalls *more_of(struct task_struct *task)
{
	return (struct task_struct___syscalls *)task;
}

/* Of what runs here; read its fields with BPF_CORE_READ. */
OWN struct task_struct *current_task(void)
{
	return (struct task_struct *)bpf_get_current_task();
}

#if defined(__TARGET_ARCH_x86)
#define COMPAT_FIELD thread_info.status
#define COMPAT_BIT(field) ((field)&TS_COMPAT)
#else
#define COMPAT_FIELD thread_info.flags
#define COMPAT_BIT(field) ((field) >> TIF_32BIT & 1)
#endif

/* Whether the call of the task that runs here came through the 32-bit interface; runs for every call. */
OWN __u32 compat_of_current(void)
{
	__u64 field;

	/* Reading directly costs least; it takes a pointer that kernels give from 5.11 on. */
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf))
		field = more_of(bpf_get_current_task_btf())->COMPAT_FIELD;
	else
		field = BPF_CORE_READ(more_of(current_task()), COMPAT_FIELD);
	return COMPAT_BIT(field) != 0 ? SYSCALLS_COMPAT : 0;
}

/*
 * Adds one, and gives back what was there before. The instruction is of 5.12; the second build of this
 * program is without it, and without the flight recorder, which is all that needs it.
 */
#ifdef RXRAY_NO_FETCH
#define FETCH_AND_INCREMENT(place) ((void)(place), 0)
#define HAS_RECORDER 0
#else
#define FETCH_AND_INCREMENT(place) __sync_fetch_and_add(place, 1)
#define HAS_RECORDER 1
#endif

#endif
