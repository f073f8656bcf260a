// SPDX-License-Identifier: MIT
#include "locks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

int lock_open(const char *state_dir, const char *name)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s.lock", state_dir, name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		perror(path);
	return fd;
}

void lock_pass(int lock)
{
	while (flock(lock, LOCK_SH) && errno == EINTR)
		;
	flock(lock, LOCK_UN);
}

bool lock_is_held(int lock)
{
	if (flock(lock, LOCK_SH | LOCK_NB))
		return errno == EWOULDBLOCK;
	flock(lock, LOCK_UN);
	return false;
}

bool lab_is_up(const char *state_dir)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/lease", state_dir);
	return access(path, F_OK) == 0 || errno != ENOENT;
}
