/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_SYSCALLS_FILTER_BPF_H
#define RXRAY_SYSCALLS_FILTER_BPF_H

/* Whether the calls of a task are wanted. */
#include "syscalls_maps.bpf.h"

#define CGROUP_LEVELS 24

OWN struct cgroup___syscalls *cgroup_of(struct task_struct *task, int subsystem)
{
	struct css_set *set = BPF_CORE_READ(task, cgroups);
	struct cgroup_subsys_state *state = NULL;

	if (subsystem < 0)
		return BPF_CORE_READ((struct css_set___syscalls *)set, dfl_cgrp);
	bpf_probe_read_kernel(&state, sizeof(state), &set->subsys[subsystem & 15]);
	return BPF_CORE_READ((struct cgroup_subsys_state___syscalls *)state, cgroup);
}

OWN __u64 cgroup_id(struct cgroup___syscalls *cgroup)
{
	return cgroup == NULL ? 0 : BPF_CORE_READ(cgroup, kn, id);
}

OWN void read_cgroups(__u64 *v1, __u64 *v2)
{
	struct task_struct *task = current_task();

	*v2 = cgroup_id(cgroup_of(task, -1));
	*v1 = memory_subsystem < 0 ? 0 : cgroup_id(cgroup_of(task, memory_subsystem));
}

OWN __u64 ancestor_id(struct cgroup___syscalls *cgroup, int level)
{
	__u64 id = 0;

	if (bpf_core_field_exists(cgroup->ancestors)) {
		struct cgroup___syscalls *ancestor = NULL;

		bpf_probe_read_kernel(&ancestor, sizeof(ancestor), &cgroup->ancestors[level]);
		return cgroup_id(ancestor);
	}
	bpf_probe_read_kernel(&id, sizeof(id), &((struct cgroup___numbered *)cgroup)->ancestor_ids[level]);
	return id;
}

/* A cgroup is wanted with all below it. */
static __noinline bool find_in_tree(__u64 id)
{
	struct task_struct *task = current_task();
	struct cgroup___syscalls *cgroup = cgroup_of(task, cgroup_subsystem);
	int level = cgroup == NULL ? -1 : BPF_CORE_READ(cgroup, level);
	__u64 found = (__u64)generation << 1;

	for (int i = 0; i < CGROUP_LEVELS; i++) {
		__u64 above;

		if (i > level)
			break;
		above = ancestor_id(cgroup, i);
		if (bpf_map_lookup_elem(&roots, &above) != NULL) {
			found |= 1;
			break;
		}
	}
	bpf_map_update_elem(&in_tree, &id, &found, BPF_ANY);
	return (found & 1) != 0;
}

OWN bool cgroup_is_wanted(__u64 id)
{
	__u64 *known = bpf_map_lookup_elem(&in_tree, &id);

	return known != NULL && *known >> 1 == generation ? (*known & 1) != 0 : find_in_tree(id);
}

OWN bool name_is_wanted(struct task_struct *task)
{
	char name[SYSCALLS_NAME] = {};

	bpf_get_current_comm(name, sizeof(name));
	if (bpf_map_lookup_elem(&names, name) != NULL)
		return true;
	__builtin_memset(name, 0, sizeof(name));
	bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ(more_of(task), group_leader)->comm);
	return bpf_map_lookup_elem(&names, name) != NULL;
}

/* Each cgroup gets a ring of the recorder with its first call, until all are taken. */
static __noinline __u32 find_ring(__u64 id)
{
	__u32 *known = bpf_map_lookup_elem(&ring_of, &id), ring;

	if (known != NULL)
		return *known;
	ring = FETCH_AND_INCREMENT(&rings_used);
	if (ring >= ring_count)
		return SYSCALLS_NO_RING;
	rings[ring & (SYSCALLS_RINGS - 1)].id = id;
	if (bpf_map_update_elem(&ring_of, &id, &ring, BPF_NOEXIST) != 0) {
		/* Another CPU was faster; the ring taken here stays empty. */
		known = bpf_map_lookup_elem(&ring_of, &id);
		return known == NULL ? SYSCALLS_NO_RING : *known;
	}
	return ring;
}

/* Whether the calls of the task that runs here are wanted; keeps the answer until the next switch. */
static __noinline bool consider(struct syscalls_slot *slot)
{
	struct task_struct *task = current_task();
	__u64 ids = bpf_get_current_pid_tgid();
	__u32 tgid = ids >> 32;

	if (slot == NULL)
		return false;
	slot->state = SYSCALLS_OFF;
	slot->tgid = tgid;
	slot->tid = (__u32)ids;
	if (tgid == own_process || tgid == spared_process)
		return false;
	if (cpus_off[bpf_get_smp_processor_id() & (SYSCALLS_CPUS - 1)] != 0)
		return false;
	if (by_user && (__u32)bpf_get_current_uid_gid() != user)
		return false;
	if (by_process) {
		__u8 *wanted = bpf_map_lookup_elem(&processes, &tgid);

		if (wanted == NULL || *wanted == 0)
			return false;
	}
	if (by_name && !name_is_wanted(task))
		return false;
	if (by_netns && BPF_CORE_READ(more_of(task), nsproxy, net_ns, ns.inum) != netns)
		return false;
	if (by_cgroup || records) {
		slot->cgroup = cgroup_id(cgroup_of(task, cgroup_subsystem));
		if (by_cgroup && !cgroup_is_wanted(slot->cgroup))
			return false;
		if (records)
			slot->ring = find_ring(slot->cgroup);
	}
	slot->state = SYSCALLS_ON;
	return true;
}

#endif
