/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_SYSCALLS_TOTALS_BPF_H
#define RXRAY_SYSCALLS_TOTALS_BPF_H

/* Totals by process and call. */
#include "syscalls_filter.bpf.h"

#define MAX_ERRNO 4095

/* Buckets: four to each power of two, from 64 ns on. */
OWN __u32 bucket_of(__u64 ns)
{
	__u64 rest = ns >> 6;
	__u32 power = 0;

	if (rest == 0)
		return 0;
	if (rest >> 32 != 0) {
		rest >>= 32;
		power += 32;
	}
	if (rest >> 16 != 0) {
		rest >>= 16;
		power += 16;
	}
	if (rest >> 8 != 0) {
		rest >>= 8;
		power += 8;
	}
	if (rest >> 4 != 0) {
		rest >>= 4;
		power += 4;
	}
	if (rest >> 2 != 0) {
		rest >>= 2;
		power += 2;
	}
	if (rest >> 1 != 0)
		power += 1;
	power = (power << 2 | (__u32)(ns >> (power + 4) & 3)) + 1;
	return power < SYSCALLS_BUCKETS ? power : SYSCALLS_BUCKETS - 1;
}

static const struct syscalls_totals no_totals;

static __noinline struct syscalls_totals *new_totals(struct syscalls_key *key)
{
	struct task_struct *task = current_task();
	struct syscalls_totals *sum;

	if (key == NULL)
		return NULL;
	bpf_map_update_elem(&totals, key, &no_totals, BPF_NOEXIST);
	sum = bpf_map_lookup_elem(&totals, key);
	if (sum == NULL) {
		__sync_fetch_and_add(&lost_totals, 1);
		return NULL;
	}
	read_cgroups(&sum->cgroup1, &sum->cgroup2);
	bpf_probe_read_kernel_str(sum->name, sizeof(sum->name),
	                          BPF_CORE_READ(more_of(task), group_leader)->comm);
	return sum;
}

OWN void add_up(struct syscalls_slot *slot, __u64 length, long result)
{
	struct syscalls_key key = {slot->tgid, slot->call, bpf_get_smp_processor_id()};
	struct syscalls_totals *sum = bpf_map_lookup_elem(&totals, &key);
	__u32 bucket;

	if (sum == NULL) {
		sum = new_totals(&key);
		if (sum == NULL)
			return;
	}
	sum->count++;
	if (result < 0 && result >= -MAX_ERRNO)
		sum->errors++;
	sum->total_ns += length;
	if (length > sum->longest_ns)
		sum->longest_ns = length;
	bucket = bucket_of(length);
	if (bucket < SYSCALLS_BUCKETS)
		sum->buckets[bucket]++;
}

#endif
