/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_SAY_H
#define RXRAY_SAY_H

#include "frames.h"
#include "problem.h"

/* What a helper tells in words: as a line on stderr for people, as a `text` frame for the reader. */
void say_error(struct frames *frames, const char *helper, const struct problem *problem);

/* `path` is an index in the plan, -1 for none. */
void say_warning(struct frames *frames, const char *helper, const char *code, long path, const char *message);

#endif
