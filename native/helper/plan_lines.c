/* SPDX-License-Identifier: MIT */
#include "plan_lines.h"

#include <errno.h>
#include <unistd.h>

#include "stop.h"

bool plan_lines_read(const struct plan_taker *taker, void *plan, struct problem *problem)
{
	char line[PLAN_MAX_LINE + 1];
	size_t length = 0;

	while (!taker->complete(plan)) {
		char byte;
		/* One byte at a time: nothing behind `run` may be swallowed, and a plan is short and read
		 * once. */
		ssize_t got = read(STDIN_FILENO, &byte, 1);

		if (got < 0 && errno == EINTR && !stop_requested())
			continue;
		if (got <= 0)
			return length == 0 || taker->take(plan, line, length, problem);
		if (byte != '\n' && length <= PLAN_MAX_LINE) {
			line[length++] = byte;
			if (length <= PLAN_MAX_LINE)
				continue;
		}
		if (!taker->take(plan, line, length, problem))
			return false;
		length = 0;
	}
	return true;
}
