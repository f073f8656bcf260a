/* SPDX-License-Identifier: MIT */
#include "small_file.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

bool small_file_reread(int fd, char *text, size_t size)
{
	ssize_t length = fd < 0 ? -1 : pread(fd, text, size - 1, 0);

	text[length > 0 ? length : 0] = '\0';
	return length > 0;
}

bool small_file_read(char *text, size_t size, const char *path, ...)
{
	char name[512];
	va_list arguments;
	int length, fd;
	bool good;

	text[0] = '\0';
	va_start(arguments, path);
	length = vsnprintf(name, sizeof(name), path, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= sizeof(name))
		return false;
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	good = small_file_reread(fd, text, size);
	close(fd);
	return good;
}
