/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_KERNEL_FILES_H
#define RXRAY_KERNEL_FILES_H

#include <stdbool.h>

/* Whether what a path leads to, or a descriptor, is of /proc, /sys or a cgroup file system: the kernel fills
 * those by itself, and nobody's own files are there. False with errno, EPERM for all others. */
bool kernel_files_path(const char *path);
bool kernel_files_descriptor(int fd);

#endif
