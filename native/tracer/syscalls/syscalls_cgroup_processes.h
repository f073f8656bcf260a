/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_SYSCALLS_CGROUP_PROCESSES_H
#define RXRAY_SYSCALLS_CGROUP_PROCESSES_H

#include "syscalls_options.h"

/*
 * Puts the processes whose cgroups the selections of containers and pods mean into the map `processes`, -1
 * for none; returns how many there are, and in `refused` how many the map had no room for. Nothing is found
 * where the numbers of processes are not those of the whole machine.
 */
int cgroup_processes_select(const struct syscalls_options *options, int processes, uint32_t *refused);

#endif
