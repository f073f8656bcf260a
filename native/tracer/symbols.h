/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_SYMBOLS_H
#define RXRAY_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frames.h"

#define SYMBOLS_TOLD 16384 /* a power of 2 */

struct symbol {
	uint64_t address;
	uint32_t name; /* offset in `names` */
};

/* The kernel's function names, as /proc/kallsyms has them; none where it hides their addresses. */
struct symbols {
	struct symbol *list; /* by address */
	size_t count, capacity;
	char *names;
	size_t names_used, names_capacity;
	int64_t read_ns; /* when they were read */
	bool stale; /* an address was met that may be of what has come since */
	uint64_t told[SYMBOLS_TOLD]; /* addresses whose names the reader has, by hash */
};

/* False: no memory, or no /proc. */
bool symbols_read(struct symbols *symbols);
void symbols_free(struct symbols *symbols);

/* 0 when unknown. */
uint64_t symbols_address(const struct symbols *symbols, const char *name);

/* Writes the names of the addresses that the reader has not been told yet. */
void symbols_tell(struct symbols *symbols, struct frames *frames, const uint64_t *addresses, size_t count);

/*
 * Reads them again where that may help, at most once a minute. For moments in which nothing waits to be read
 * that is overwritten meanwhile: it takes long on a busy machine.
 */
void symbols_refresh(struct symbols *symbols);

/*
 * How many frames at the inner end are the tracer's own: BPF programs run on a tracepoint, and what calls
 * them. By name, as their number differs between kernels.
 */
size_t symbols_own_frames(const struct symbols *symbols, const uint64_t *addresses, size_t count);
/* The same with those of the interrupt in which the stack was taken: up to where the kernel took it. */
size_t symbols_interrupted(const struct symbols *symbols, const uint64_t *addresses, size_t count);

#endif
