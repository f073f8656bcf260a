/* SPDX-License-Identifier: MIT */
#include "node_tree.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "clocks.h"

static bool add_directory(struct tree *tree, size_t parent, const char *name)
{
	size_t length = strlen(name) + 1;

	if (tree->count == TREE_DIRECTORIES_MOST)
		return false;
	if (tree->count == tree->room) {
		size_t room = tree->room == 0 ? 256 : tree->room * 2;
		void *larger = realloc(tree->directories, room * sizeof(*tree->directories));

		if (larger == NULL)
			return false;
		tree->directories = larger;
		tree->room = room;
	}
	while (tree->names_used + length > tree->names_room) {
		size_t room = tree->names_room == 0 ? 4096 : tree->names_room * 2;
		void *larger = realloc(tree->names, room);

		if (larger == NULL)
			return false;
		tree->names = larger;
		tree->names_room = room;
	}
	memcpy(tree->names + tree->names_used, name, length);
	tree->directories[tree->count++] =
	        (struct tree_directory){.parent = (uint32_t)parent, .name = (uint32_t)tree->names_used};
	tree->names_used += length;
	return true;
}

/* Adds the directories right below one; false when memory or the limit was reached. */
static bool list(struct tree *tree, size_t parent, const char *path)
{
	struct stat status;
	struct dirent *entry;
	nlink_t below;
	bool good = true;
	DIR *open;

	if (stat(path, &status) != 0) {
		/* A group that was removed since it was listed is no failure. */
		tree->error = parent == 0 ? errno : tree->error;
		return true;
	}
	/* What is mounted below is another tree, maybe of another kind. */
	if (tree->device == 0)
		tree->device = status.st_dev;
	if (status.st_dev != tree->device)
		return true;
	below = status.st_nlink - 2;
	if (status.st_nlink == 2)
		return true;
	open = opendir(path);
	if (open == NULL) {
		tree->error = parent == 0 ? errno : tree->error;
		tree->complete = tree->complete && errno == ENOENT;
		return true;
	}
	while (good && below > 0 && (entry = readdir(open)) != NULL) {
		if (entry->d_type != DT_DIR || strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		good = add_directory(tree, parent, entry->d_name);
		below--;
	}
	closedir(open);
	return good;
}

void tree_walk(struct tree *tree, const char *root, int64_t budget_ns)
{
	int64_t end = clocks_mono() + budget_ns;
	char path[PATH_MAX];

	*tree = (struct tree){.complete = true};
	if (!add_directory(tree, 0, "")) {
		tree->error = ENOMEM;
		return;
	}
	for (size_t i = 0; i < tree->count && tree->error == 0; i++) {
		if (i > 0 && clocks_mono() >= end) {
			tree->complete = false;
			break;
		}
		if (tree_path(tree, i, root, path, sizeof(path)) && list(tree, i, path))
			continue;
		tree->complete = false;
		break;
	}
	for (size_t i = tree->count - 1; i > 0; i--)
		tree->directories[tree->directories[i].parent].descendants +=
		        tree->directories[i].descendants + 1;
}

bool tree_path(const struct tree *tree, size_t index, const char *root, char *path, size_t size)
{
	char *place = path + size;
	size_t length = strlen(root);

	*--place = '\0';
	for (; index > 0; index = tree->directories[index].parent) {
		const char *name = tree->names + tree->directories[index].name;
		size_t needed = strlen(name) + 1;

		if ((size_t)(place - path) < needed + length)
			return false;
		place -= needed;
		*place = '/';
		memcpy(place + 1, name, needed - 1);
	}
	if ((size_t)(place - path) < length)
		return false;
	place -= length;
	memcpy(place, root, length);
	memmove(path, place, (size_t)(path + size - place));
	return true;
}

void tree_free(struct tree *tree)
{
	free(tree->directories);
	free(tree->names);
	*tree = (struct tree){0};
}
