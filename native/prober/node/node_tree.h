/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_NODE_TREE_H
#define RXRAY_NODE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TREE_DIRECTORIES_MOST 100000

/* A directory; those that are nearer to the root come first, so a parent's index is the smaller one. */
struct tree_directory {
	uint32_t parent;
	uint32_t name; /* where it begins in `names` */
	uint32_t descendants;
};

/* The directories of a cgroup hierarchy. */
struct tree {
	struct tree_directory *directories;
	size_t count, room;
	char *names;
	size_t names_used, names_room;
	dev_t device; /* of the root */
	bool complete; /* false when time, memory or TREE_DIRECTORIES_MOST ended the walk */
	int error; /* why the root itself could not be read */
};

/*
 * Walks `root` for at most `budget_ns`. Directories that hold none are told by their link count and never
 * opened, so that 10,000 groups cost 10,000 stat() and few more.
 */
void tree_walk(struct tree *tree, const char *root, int64_t budget_ns);
void tree_free(struct tree *tree);

/* The path of a directory below `root`, which is that of the first one; false when it does not fit. */
bool tree_path(const struct tree *tree, size_t index, const char *root, char *path, size_t size);

#endif
