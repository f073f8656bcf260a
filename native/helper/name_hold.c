/* SPDX-License-Identifier: MIT */
#include "name_hold.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static bool make_room(struct name_hold *hold)
{
	size_t room = hold->room == 0 ? 16 : 2 * hold->room;
	int *grown;

	if (hold->count < hold->room)
		return true;
	grown = realloc(hold->fds, room * sizeof(*grown));
	if (grown == NULL)
		return false;
	hold->fds = grown;
	hold->room = room;
	return true;
}

enum name_held name_hold_take(struct name_hold *hold, const char *format, ...)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	va_list arguments;
	int fd, length, error;

	if (!make_room(hold))
		return NAME_FAILED;
	/* The first byte stays 0, which makes it abstract. */
	va_start(arguments, format);
	length = vsnprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, format, arguments);
	va_end(arguments);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return NAME_FAILED;
	if (bind(fd, (struct sockaddr *)&name,
	         (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)) == 0) {
		hold->fds[hold->count++] = fd;
		return NAME_HELD;
	}
	error = errno;
	close(fd);
	errno = error;
	return error == EADDRINUSE ? NAME_TAKEN : NAME_FAILED;
}

void name_hold_drop(struct name_hold *hold, size_t count)
{
	while (hold->count > count)
		close(hold->fds[--hold->count]);
}

void name_hold_free(struct name_hold *hold)
{
	name_hold_drop(hold, 0);
	free(hold->fds);
	*hold = (struct name_hold){0};
}
