/* SPDX-License-Identifier: MIT */
#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "syscalls_state.h"
#include "syscalls_table.gen.h"

#define DESCRIPTOR_PATH 512

uint16_t syscalls_architecture(uint32_t call)
{
	if ((call & SYSCALLS_COMPAT) == 0)
		return SYSCALL_MACHINE;
	return SYSCALL_MACHINE == EM_X86_64 ? EM_386 : EM_ARM;
}

/* The parts come innermost first; the last is the root, whose name is `/`. */
static void join_parts(const struct syscalls_call *call, char *path, size_t size)
{
	const char *parts[SYSCALLS_DEEPEST + 1], *part = call->path;
	size_t count = 0, used = 0;

	for (; count < call->parts && count < SYSCALLS_DEEPEST; count++) {
		parts[count] = part;
		part += strnlen(part, SYSCALLS_PART) + 1;
	}
	path[0] = '\0';
	for (size_t i = count; i-- > 0;) {
		size_t length = strlen(parts[i]);
		/* A socket or pipe has a name of its own alone, and no root. */
		bool slash = parts[i][0] != '/' && (count > 1 || strncmp(call->file_system, "sock", 4) != 0);

		if (used + length + 2 > size)
			return;
		if (slash)
			path[used++] = '/';
		if (parts[i][0] != '/' || count == 1) {
			memcpy(path + used, parts[i], length);
			used += length;
		}
		path[used] = '\0';
	}
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);

	return tail <= length && strcmp(text + length - tail, end) == 0;
}

/*
 * The kernel side has told the path below the mount. The whole one stands in /proc while the process lives
 * and the descriptor is open; that it ends alike shows that the descriptor still is the one that was meant.
 */
static void name_file(struct syscalls *state, const struct syscalls_call *call,
                      struct rxray_frame_syscall_call *record)
{
	char below[DESCRIPTOR_PATH], link[64], whole[DESCRIPTOR_PATH];
	ssize_t length;

	join_parts(call, below, sizeof(below));
	memcpy(record->file_system, call->file_system, sizeof(record->file_system));
	snprintf(link, sizeof(link), "/proc/%u/task/%u/fd/%d", call->tgid, call->tid,
	         (int)call->arguments[syscall_table[call->call].descriptor - 1]);
	length = readlink(link, whole, sizeof(whole) - 1);
	if (length > 0) {
		whole[length] = '\0';
		if (strcmp(below, "/") == 0 || ends_with(whole, below) || strchr(whole, ':') != NULL) {
			memcpy(record->file, whole, (size_t)length);
			return;
		}
	}
	state->gone++;
	record->flags |= RXRAY_CALL_FLAGS_PATH_BELOW_MOUNT;
	snprintf(link, sizeof(link), "/proc/%u/task/%u", call->tgid, call->tid);
	if (access(link, F_OK) != 0)
		record->flags |= RXRAY_CALL_FLAGS_GONE;
	memcpy(record->file, below, strnlen(below, sizeof(record->file) - 1));
}

static int proof_flags(const struct syscalls_call *call)
{
	if (call->proof == SYSCALLS_SEEN)
		return 0;
	return RXRAY_CALL_FLAGS_SAMPLED | (call->proof == SYSCALLS_UNPROVEN ? RXRAY_CALL_FLAGS_UNPROVEN : 0);
}

static void take_call(struct syscalls *state, const struct syscalls_call *call)
{
	struct frames *frames = &state->tracer->frames;
	struct rxray_frame_syscall_call record = {
	        .began_ns = tracer_time(state->tracer, call->began_ns),
	        .ended_ns = tracer_time(state->tracer, call->ended_ns),
	        .waiting_ns = call->waiting_ns,
	        .sleeping_ns = call->sleeping_ns,
	        .result = call->result,
	        .cgroup1 = call->cgroup1,
	        .cgroup2 = call->cgroup2,
	        .thread = call->tid,
	        .process = call->tgid,
	        .number = call->call & ~SYSCALLS_COMPAT,
	        .cpu = (uint16_t)call->cpu,
	        .architecture = syscalls_architecture(call->call),
	        .flags = (uint16_t)((call->trigger ? RXRAY_CALL_FLAGS_SLOW : 0) | proof_flags(call)),
	};

	memcpy(record.arguments, call->arguments, sizeof(record.arguments));
	memcpy(record.thread_name, call->name, sizeof(record.thread_name));
	memcpy(record.process_name, call->process, sizeof(record.process_name));
	memcpy(record.text, call->text, strnlen(call->text, sizeof(record.text) - 1));
	if (call->parts > 0 && call->call < sizeof(syscall_table) / sizeof(syscall_table[0]) &&
	    syscall_table[call->call].descriptor > 0)
		name_file(state, call, &record);
	cgroups_tell(&state->cgroups, frames, call->cgroup1, 1, call->tgid);
	cgroups_tell(&state->cgroups, frames, call->cgroup2, 2, call->tgid);
	frames_bulk(frames, RXRAY_RECORD_SYSCALL_CALL, sizeof(record), &record, 1);
	if (call->trigger && state->options.records)
		state->slow = (uint16_t)(call->ring + 1u);
}

static void take_stack(struct syscalls *state, const struct syscalls_stack *stack)
{
	struct frames *frames = &state->tracer->frames;
	struct rxray_frame_call_stack record = {
	        .began_ns = tracer_time(state->tracer, stack->began_ns),
	        .thread = stack->tid,
	        .process = stack->tgid,
	        .user = stack->user,
	};
	size_t depth = stack->depth < SYSCALLS_FRAMES ? stack->depth : SYSCALLS_FRAMES, skip = 0;
	uint64_t addresses[SYSCALLS_FRAMES];

	memcpy(addresses, stack->addresses, sizeof(addresses));
	if (stack->user) {
		syscalls_symbols_tell_user(&state->process_symbols, frames, stack->tgid, addresses, depth);
	} else {
		skip = symbols_own_frames(&state->symbols, addresses, depth);
		symbols_tell(&state->symbols, frames, addresses + skip, depth - skip);
	}
	record.depth = (uint8_t)(depth - skip);
	memcpy(record.addresses, addresses + skip, (depth - skip) * sizeof(addresses[0]));
	frames_bulk(frames, RXRAY_RECORD_CALL_STACK, sizeof(record), &record, 1);
}

int syscalls_take_event(void *context, void *data, size_t size)
{
	const uint32_t *event = data;

	if (size >= sizeof(struct syscalls_call) && *event == SYSCALLS_CALL)
		take_call(context, data);
	else if (size >= sizeof(struct syscalls_stack) && *event == SYSCALLS_STACK)
		take_stack(context, data);
	else if (size >= sizeof(*event) && *event == SYSCALLS_SUSPECT)
		syscalls_witness_call(context);
	return 0;
}
