/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_SYSCALLS_CGROUPS_H
#define RXRAY_SYSCALLS_CGROUPS_H

#include <bpf/btf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frames.h"
#include "problem.h"
#include "syscalls_options.h"

#define CGROUPS_MOUNTS 24
#define CGROUPS_TOLD 16384 /* a power of 2 */

/* A hierarchy of cgroups, as it is mounted. */
struct cgroup_mount {
	int version; /* 1 or 2 */
	int subsystem; /* v1: number of a controller in this kernel; v2: -1; -2: none, as of systemd's own */
	char path[128];
};

struct cgroups {
	struct cgroup_mount mounts[CGROUPS_MOUNTS];
	int count;
	int memory; /* number of the memory controller, where it has a v1 hierarchy, else -1 */
	int subsystem; /* of the hierarchy that the selections are in, -1 v2 */
	int fd[2]; /* folders that numbers of v1 (memory) and v2 are looked up by; -1 none */
	uint32_t refused; /* that a map had no room for */
	/* Their folders are out of sight, as in a container: what is in them is followed process by process.
	 */
	bool by_process;
	int processes; /* the map of those */
	uint64_t told[CGROUPS_TOLD]; /* numbers whose paths the reader has, by hash */
};

/* What is mounted here; without any the rest finds nothing. */
void cgroups_read(struct cgroups *cgroups, const struct btf *btf);
void cgroups_close(struct cgroups *cgroups);

/*
 * Puts the inode numbers of all cgroups that the selections mean into the map `roots`; returns how many.
 * Call again for those that have come since: none is taken out. The first call settles the hierarchy.
 */
int cgroups_select(struct cgroups *cgroups, const struct syscalls_options *options, int roots);

/* Whether the last part of a cgroup's path is that of a selection: of a container or a pod. */
bool cgroups_is_meant(const struct selection *selection, const char *name);

/* Which hierarchy is meant: the same walk without a map. False: nothing matches. */
bool cgroups_settle(struct cgroups *cgroups, const struct syscalls_options *options, struct problem *problem);

/* Writes the path of a cgroup that the reader has not been told yet. `pid`: a process in it, where known. */
void cgroups_tell(struct cgroups *cgroups, struct frames *frames, uint64_t id, int version, uint32_t pid);

#endif
