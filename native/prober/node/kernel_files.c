/* SPDX-License-Identifier: MIT */
#include "kernel_files.h"

#include <errno.h>
#include <linux/magic.h>
#include <sys/statfs.h>

static bool filled_by_kernel(const struct statfs *system)
{
	switch (system->f_type) {
	case PROC_SUPER_MAGIC:
	case SYSFS_MAGIC:
	case CGROUP_SUPER_MAGIC:
	case CGROUP2_SUPER_MAGIC:
		return true;
	default:
		errno = EPERM;
		return false;
	}
}

bool kernel_files_path(const char *path)
{
	struct statfs system;

	return statfs(path, &system) == 0 && filled_by_kernel(&system);
}

bool kernel_files_descriptor(int fd)
{
	struct statfs system;

	return fstatfs(fd, &system) == 0 && filled_by_kernel(&system);
}
