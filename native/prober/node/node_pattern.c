/* SPDX-License-Identifier: MIT */
#include "node_pattern.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct matching {
	node_allowed *allowed;
	node_match *match;
	void *context;
	size_t most, found;
	bool cut;
};

static int by_name(const struct dirent **left, const struct dirent **right)
{
	/* eth10 comes after eth9. */
	return strverscmp((*left)->d_name, (*right)->d_name);
}

static bool fits(const char *pattern, const char *name)
{
	for (; *pattern != '*'; pattern++, name++) {
		if (*pattern != *name)
			return false;
		if (*name == '\0')
			return true;
	}
	while (*pattern == '*')
		pattern++;
	for (; *name != '\0'; name++)
		if (fits(pattern, name))
			return true;
	return *pattern == '\0';
}

/* `path` is what has been settled, without a slash at its end; `rest` begins with a slash, or is empty. */
static void match_from(struct matching *matching, const char *path, const char *rest)
{
	char longer[PATH_MAX], wanted[NAME_MAX + 1];
	struct dirent **names;
	size_t length;
	int count;

	if (*rest == '\0') {
		if (!matching->allowed(path))
			return;
		if (matching->found == matching->most) {
			matching->cut = true;
			return;
		}
		matching->found++;
		matching->match(matching->context, path);
		return;
	}
	length = strcspn(++rest, "/");
	if (length == 0 || length > NAME_MAX)
		return;
	if (memchr(rest, '*', length) == NULL) {
		count = snprintf(longer, sizeof(longer), "%s/%.*s", path, (int)length, rest);
		if (count > 0 && (size_t)count < sizeof(longer))
			match_from(matching, longer, rest + length);
		return;
	}
	memcpy(wanted, rest, length);
	wanted[length] = '\0';
	if (!matching->allowed(path[0] == '\0' ? "/" : path))
		return;
	count = scandir(path[0] == '\0' ? "/" : path, &names, NULL, by_name);
	for (int i = 0; i < count; i++) {
		const char *name = names[i]->d_name;

		if (!matching->cut && name[0] != '.' && fits(wanted, name)) {
			int size = snprintf(longer, sizeof(longer), "%s/%s", path, name);

			if (size > 0 && (size_t)size < sizeof(longer))
				match_from(matching, longer, rest + length);
		}
		free(names[i]);
	}
	if (count >= 0)
		free(names);
}

bool node_pattern_match(const char *pattern, node_allowed *allowed, size_t most, node_match *match,
                        void *context, size_t *found)
{
	struct matching matching = {.allowed = allowed, .match = match, .context = context, .most = most};

	if (pattern[0] == '/')
		match_from(&matching, "", pattern);
	*found = matching.found;
	return !matching.cut;
}
