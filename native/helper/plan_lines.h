/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_PLAN_LINES_H
#define RXRAY_PLAN_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "problem.h"

#define PLAN_MAX_LINE 1152 /* room for two addresses of IPv6, and 64 ports with as many to fall back on */

/* How a helper takes its plan, line by line without the line feeds. */
struct plan_taker {
	/* A line longer than PLAN_MAX_LINE comes cut off, with a length above that. */
	bool (*take)(void *plan, const char *line, size_t length, struct problem *problem);
	bool (*complete)(const void *plan);
};

/* Reads stdin up to `run`; what follows it is left for the run itself. */
bool plan_lines_read(const struct plan_taker *taker, void *plan, struct problem *problem);

#endif
