/* SPDX-License-Identifier: MIT */
#include "problem.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

bool problem_set(struct problem *problem, const char *code, int exit_status, long path, const char *remedy,
                 const char *format, ...)
{
	va_list arguments;

	problem->code = code;
	problem->exit_status = exit_status;
	problem->path = path;
	snprintf(problem->remedy, sizeof(problem->remedy), "%s", remedy);
	va_start(arguments, format);
	vsnprintf(problem->message, sizeof(problem->message), format, arguments);
	va_end(arguments);
	return false;
}
