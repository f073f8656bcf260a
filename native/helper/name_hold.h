/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_NAME_HOLD_H
#define RXRAY_NAME_HOLD_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Names that only one process of a network namespace can have at a time: abstract addresses of UNIX sockets.
 * The kernel lets go of them when their holder ends, however it ends, and no file is left that somebody could
 * change.
 */
struct name_hold {
	int *fds;
	size_t count, room;
};

enum name_held { NAME_HELD, NAME_TAKEN, NAME_FAILED };

/* Takes a name, at most 100 bytes; NAME_FAILED with errno when there is no descriptor or no memory for it. */
__attribute__((format(printf, 2, 3))) enum name_held name_hold_take(struct name_hold *hold,
                                                                    const char *format, ...);

/* Lets go of all names but the first `count`. */
void name_hold_drop(struct name_hold *hold, size_t count);
void name_hold_free(struct name_hold *hold);

#endif
