// SPDX-License-Identifier: MIT
#include "truth.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000ull

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	if (clock_gettime(clock, &now)) {
		perror("clock_gettime");
		exit(1);
	}
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t mono_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t real_of_mono(uint64_t mono)
{
	/* The tightest of a few readings, so that a pause between the two clocks does not count. */
	uint64_t best_width = UINT64_MAX;
	uint64_t offset = 0;

	for (int i = 0; i < 3; i++) {
		uint64_t before = mono_ns();
		uint64_t real = clock_ns(CLOCK_REALTIME);
		uint64_t after = mono_ns();

		if (after - before < best_width) {
			best_width = after - before;
			offset = real - before - (after - before) / 2;
		}
	}
	return mono + offset;
}

void sleep_until_ns(uint64_t mono)
{
	struct timespec due = {.tv_sec = (time_t)(mono / NS_PER_S), .tv_nsec = (long)(mono % NS_PER_S)};

	/* A signal ends the sleep early: the caller looks at its stop flag. */
	(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
}

void truth_note_gap(struct truth_stall *stall, uint64_t from_ns, uint64_t to_ns)
{
	if (stall->gap_count < TRUTH_MAX_GAPS)
		stall->gaps[stall->gap_count] = (struct truth_gap){from_ns, to_ns};
	stall->gap_count++;
}

int truth_open(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	if (fd < 0) {
		fprintf(stderr, "cannot open the truth log %s: %m\n", path);
		exit(1);
	}
	return fd;
}

void truth_line(int fd, const char *format, ...)
{
	char line[8192];
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	if (length < 0 || (size_t)length >= sizeof(line) - 1) {
		fprintf(stderr, "a truth line is too long\n");
		exit(1);
	}
	line[length] = '\n';
	if (write(fd, line, (size_t)length + 1) != length + 1) {
		fprintf(stderr, "cannot write the truth log: %m\n");
		exit(1);
	}
}
