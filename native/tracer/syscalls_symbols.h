/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_SYSCALLS_SYMBOLS_H
#define RXRAY_SYSCALLS_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frames.h"

#define SYSCALLS_SYMBOLS_TOLD 16384 /* a power of 2 */

struct syscalls_symbol {
	uint64_t address;
	uint32_t name; /* offset in `names` */
};

/* What addresses in stacks are called. */
struct syscalls_symbols {
	struct syscalls_symbol *kernel; /* by address; none where /proc/kallsyms hides them */
	size_t count, capacity;
	char *names;
	size_t names_used, names_capacity;
	uint64_t told[SYSCALLS_SYMBOLS_TOLD]; /* by hash of process and address */
};

/* False: no memory, or no /proc. */
bool syscalls_symbols_read(struct syscalls_symbols *symbols);
void syscalls_symbols_free(struct syscalls_symbols *symbols);

/* Writes the names of addresses of the kernel that the reader has not been told yet. */
void syscalls_symbols_tell_kernel(struct syscalls_symbols *symbols, struct frames *frames,
                                  const uint64_t *addresses, size_t count);

/* The same of a process: by its maps, and the symbols of the files mapped, where they have any. */
void syscalls_symbols_tell_user(struct syscalls_symbols *symbols, struct frames *frames, uint32_t pid,
                                const uint64_t *addresses, size_t count);

/* How many frames at the inner end are the tracer's own, by name. */
size_t syscalls_symbols_own(const struct syscalls_symbols *symbols, const uint64_t *addresses, size_t count);

#endif
