/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_PROCESS_H
#define RXRAY_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What /proc tells of a process while it lives. False: it has ended. */
bool process_name(uint32_t pid, char *name, size_t size);

/* Path of its cgroup: of the hierarchy where it is not in the root, the unified one first. */
bool process_cgroup(uint32_t pid, char *path, size_t size);

#endif
