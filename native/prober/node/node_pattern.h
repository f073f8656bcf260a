/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_NODE_PATTERN_H
#define RXRAY_NODE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

typedef void node_match(void *context, const char *path);

/* Whether a path may be told of, and a folder looked into; false as well for what is not there. */
typedef bool node_allowed(const char *path);

/*
 * Calls back with every path that fits a pattern: an absolute path in which a component may have the wildcard
 * `*`. At most `most` of them; *found tells how many. False when there were more.
 */
bool node_pattern_match(const char *pattern, node_allowed *allowed, size_t most, node_match *match,
                        void *context, size_t *found);

#endif
