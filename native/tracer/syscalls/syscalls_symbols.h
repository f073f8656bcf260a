/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_SYSCALLS_SYMBOLS_H
#define RXRAY_SYSCALLS_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frames.h"

#define SYSCALLS_SYMBOLS_TOLD 16384 /* a power of 2 */

/* What addresses in stacks of processes are called; those of the kernel are symbols.h's. */
struct syscalls_symbols {
	uint64_t told[SYSCALLS_SYMBOLS_TOLD]; /* by hash of process and address */
};

/*
 * Writes the names of addresses of a process that the reader has not been told yet: by its maps, and the
 * symbols of the files mapped, where they have any.
 */
void syscalls_symbols_tell_user(struct syscalls_symbols *symbols, struct frames *frames, uint32_t pid,
                                const uint64_t *addresses, size_t count);

#endif
