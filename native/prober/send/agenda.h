/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_AGENDA_H
#define RXRAY_AGENDA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct appointment {
	int64_t due_ns;
	uint32_t train;
};

/* Which train is due next: a binary heap, the earliest at the top. */
struct agenda {
	struct appointment *heap;
	size_t count;
};

/* Adds one; the caller has made room for all trains. */
void agenda_add(struct agenda *agenda, int64_t due_ns, uint32_t train);

/* Moves the earliest to a later time. */
void agenda_postpone(struct agenda *agenda, int64_t due_ns);

/* Takes the earliest off. */
void agenda_drop(struct agenda *agenda);

#endif
