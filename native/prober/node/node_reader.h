/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_NODE_READER_H
#define RXRAY_NODE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define NODE_TEXT_MOST (4u << 20) /* bytes of one file; /proc/interrupts of a large machine has 1.5 MB */
#define NODE_MATCHES_MOST 4096 /* paths that a pattern may lead to */

/*
 * Reads text files of /proc, /sys and cgroup file systems, and nothing else, for `rxray check`: by order of
 * the lines it is sent, each answered with how long the reading took. native/README.md has the protocol.
 */
struct node_reader {
	FILE *answers;
	char *text; /* NODE_TEXT_MOST */
	int64_t budget_ns; /* what may still be spent; reads beyond it are skipped */
};

/* Takes one order, without its newline; false when it is none. */
bool node_reader_take(struct node_reader *reader, char *order);

/* Takes orders from stdin until it ends; returns the exit status. */
int node_reader_run(void);

#endif
