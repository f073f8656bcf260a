/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_TOLD_H
#define RXRAY_TOLD_H

#include "frames.h"
#include "problem.h"

/* What a helper tells in words: as a line on stderr for people, as a `text` frame for the reader. */
void told_error(struct frames *frames, const char *helper, const struct problem *problem);

/* `path` is an index in the plan, -1 for none. */
void told_warning(struct frames *frames, const char *helper, const char *code, long path,
                  const char *message);

#endif
