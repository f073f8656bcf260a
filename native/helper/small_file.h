/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_SMALL_FILE_H
#define RXRAY_SMALL_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* Reads a file of /proc or /sys as text; false when it is not there or empty. What does not fit is left out.
 */
__attribute__((format(printf, 3, 4))) bool small_file_read(char *text, size_t size, const char *path, ...);

/* The same from an open one, from its beginning. */
bool small_file_reread(int fd, char *text, size_t size);

#endif
