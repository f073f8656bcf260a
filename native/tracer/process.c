/* SPDX-License-Identifier: MIT */
#include "process.h"

#include <stdio.h>
#include <string.h>

#include "small_file.h"

bool process_name(uint32_t pid, char *name, size_t size)
{
	char text[64];

	if (!small_file_read(text, sizeof(text), "/proc/%u/comm", pid))
		return false;
	text[strcspn(text, "\n")] = '\0';
	snprintf(name, size, "%s", text);
	return true;
}

bool process_cgroup(uint32_t pid, char *path, size_t size)
{
	char text[8192], *save = NULL;

	if (!small_file_read(text, sizeof(text), "/proc/%u/cgroup", pid))
		return false;
	path[0] = '\0';
	/* Lines are `4:memory:/path`; that of the unified hierarchy is `0::/path`. */
	for (char *line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		char *controllers = strchr(line, ':');
		char *place = controllers == NULL ? NULL : strchr(controllers + 1, ':');
		bool unified = place == controllers + 1;

		if (place == NULL || strcmp(place + 1, "/") == 0)
			continue;
		if (unified || path[0] == '\0' || strncmp(controllers, ":memory:", 8) == 0)
			snprintf(path, size, "%s", place + 1);
		if (unified)
			return true;
	}
	if (path[0] == '\0')
		snprintf(path, size, "/");
	return true;
}
