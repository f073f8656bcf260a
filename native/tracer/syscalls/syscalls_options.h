/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_SYSCALLS_OPTIONS_H
#define RXRAY_SYSCALLS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "syscalls.h"

#define SYSCALLS_LISTED 64
#define SYSCALLS_SELECTIONS 16

enum selection_kind { SELECT_CGROUP, SELECT_CONTAINER, SELECT_POD };

/* Cgroups that are wanted, as the user named them. */
struct selection {
	enum selection_kind kind;
	char text[256];
};

/* What the plan asks of `trace syscalls`; its keys are described in native/README.md. */
struct syscalls_options {
	uint64_t min_ns, slow_ns, every_ns, rings;
	bool tells_calls, sums, stacks, records, in_flight, own_netns, follow, exact, sparing;
	uint32_t pids[SYSCALLS_LISTED];
	uint32_t pid_count;
	uint64_t command, spared; /* processes; 0: none */
	char names[SYSCALLS_LISTED][SYSCALLS_NAME];
	uint32_t name_count;
	struct selection selections[SYSCALLS_SELECTIONS];
	uint32_t selection_count;
	bool some_calls;
	uint8_t wanted[SYSCALLS_NUMBERS];
};

/* Takes key=value; false when the key or the value is none of its own. */
bool syscalls_options_take(struct syscalls_options *options, const char *key, const char *value);

#endif
