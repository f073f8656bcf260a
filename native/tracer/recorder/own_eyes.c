/* SPDX-License-Identifier: MIT */
#include "own_eyes.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char another[16] = "another user's";

bool own_eyes_only(void)
{
	/* The real one: file capabilities leave it as it is. */
	return getuid() != 0;
}

static bool is_own(uint32_t process)
{
	struct stat status;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%u", process);
	return stat(path, &status) == 0 && status.st_uid == getuid();
}

/* Whether what ran in this context was a process, and one of somebody else, or of nobody knows whom. */
static bool hidden(uint8_t context, uint32_t process)
{
	bool user = context == RXRAY_CONTEXT_SYSCALL || context == RXRAY_CONTEXT_USER;

	return own_eyes_only() && user && !is_own(process);
}

void own_eyes_wait(struct rxray_frame_receive_wait *record)
{
	if (!hidden(record->context, record->holder_process))
		return;
	record->holder_thread = record->holder_process = 0;
	record->syscall = UINT32_MAX;
	record->cgroup1 = record->cgroup2 = 0;
	memcpy(record->thread_name, another, sizeof(another));
	memcpy(record->process_name, another, sizeof(another));
	memset(record->file_system, 0, sizeof(record->file_system));
	memset(record->file, 0, sizeof(record->file));
	memset(record->cgroup, 0, sizeof(record->cgroup));
}

void own_eyes_stack(struct rxray_frame_stack *record)
{
	/* Of a sample no context is kept: what is no process of the user's own goes unnamed. */
	if (record->process == 0 || !own_eyes_only() || is_own(record->process))
		return;
	record->thread = record->process = 0;
	record->syscall = UINT32_MAX;
	memcpy(record->thread_name, another, sizeof(another));
}

void own_eyes_occupant(struct rxray_frame_occupant *record)
{
	bool kernel = (record->flags & RXRAY_OCCUPANT_FLAGS_KERNEL_THREAD) != 0;

	if (record->thread == 0 || kernel || !own_eyes_only() || is_own(record->process))
		return;
	/* Its number stays, so that turns of one can be told from those of several. */
	memcpy(record->thread_name, another, sizeof(another));
	memcpy(record->process_name, another, sizeof(another));
	memset(record->cgroup, 0, sizeof(record->cgroup));
}

void own_eyes_packet(struct rxray_frame_rx_packet *record)
{
	if (!hidden(record->context, record->process))
		return;
	record->thread = record->process = 0;
	record->syscall = UINT32_MAX;
	memcpy(record->thread_name, another, sizeof(another));
}
