/* SPDX-License-Identifier: MIT */
/*
 * What is in a pod, told from /proc. A container sees no cgroups but its own, and whoever let it see all of
 * them would let it write to those of v1; the processes of the machine it may see (hostPID), each with its
 * cgroups.
 */
#include "syscalls_cgroup_processes.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "syscalls_cgroups.h"

/* Of the namespace that every machine begins with (PROC_PID_INIT_INO). */
#define FIRST_PIDS 0xeffffffcu

static bool is_meant(const struct syscalls_options *options, const char *name)
{
	for (uint32_t i = 0; i < options->selection_count; i++) {
		if (cgroups_is_meant(&options->selections[i], name))
			return true;
	}
	return false;
}

/* `4:memory:/kubepods/burstable/pod<uid>/<id>`; in a cgroup namespace of its own `0::/../../pod<uid>/<id>`.
 */
static bool line_is_meant(const struct syscalls_options *options, char *line)
{
	char *path = strchr(line, ':'), *save = NULL;

	path = path == NULL ? NULL : strchr(path + 1, ':');
	if (path == NULL)
		return false;
	for (char *name = strtok_r(path + 1, "/\n", &save); name != NULL;
	     name = strtok_r(NULL, "/\n", &save)) {
		if (is_meant(options, name))
			return true;
	}
	return false;
}

static bool process_is_meant(const struct syscalls_options *options, const char *pid)
{
	char path[300], line[1024];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/cgroup", pid);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	while (!found && fgets(line, sizeof(line), file) != NULL)
		found = line_is_meant(options, line);
	fclose(file);
	return found;
}

int cgroup_processes_select(const struct syscalls_options *options, int processes, uint32_t *refused)
{
	struct stat pids;
	DIR *all;
	int found = 0;

	*refused = 0;
	if (stat("/proc/self/ns/pid", &pids) != 0 || pids.st_ino != FIRST_PIDS)
		return 0;
	all = opendir("/proc");
	if (all == NULL)
		return 0;
	for (struct dirent *entry = readdir(all); entry != NULL; entry = readdir(all)) {
		uint32_t pid = (uint32_t)strtoul(entry->d_name, NULL, 10);
		uint8_t yes = 1;

		if (pid == 0 || !process_is_meant(options, entry->d_name))
			continue;
		if (processes < 0 || bpf_map_update_elem(processes, &pid, &yes, BPF_ANY) == 0)
			found++;
		else
			++*refused;
	}
	closedir(all);
	return found;
}
