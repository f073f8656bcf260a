/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_NODE_PATTERN_H
#define RXRAY_NODE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

typedef void node_match(void *context, const char *path);

/*
 * Calls back with every path that fits a pattern: an absolute path in which a component may have the
 * wildcards of fnmatch(). At most `most` of them; *found tells how many. False when there were more.
 */
bool node_pattern_match(const char *pattern, size_t most, node_match *match, void *context, size_t *found);

#endif
