/* SPDX-License-Identifier: MIT */
#include "open_files.h"

#include <dirent.h>
#include <errno.h>
#include <sys/resource.h>

#define SPARE 64 /* sockets, files of /proc and pipes that every run has */

static size_t open_now(void)
{
	DIR *folder = opendir("/proc/self/fd");
	size_t count = 0;

	if (folder == NULL)
		return 0;
	while (readdir(folder) != NULL)
		count++;
	closedir(folder);
	return count;
}

bool open_files_allow(size_t more)
{
	struct rlimit limit;
	size_t wanted = open_now() + more + SPARE;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return false;
	if (limit.rlim_cur >= wanted)
		return true;
	limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
	return setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= wanted;
}

bool open_files_spent(void)
{
	return errno == EMFILE || errno == ENFILE;
}

unsigned long open_files_limit(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}
