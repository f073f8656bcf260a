/* SPDX-License-Identifier: MIT */
/* The truth log: what an injector really did, one JSON object a line. */
#ifndef RXRAY_LAB_TRUTH_H
#define RXRAY_LAB_TRUTH_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define TRUTH_MAX_GAPS 32
/* Two clock reads further apart than this mean that somebody else had the CPU. */
#define TRUTH_GAP_NS 200000

struct truth_gap {
	uint64_t from_ns;
	uint64_t to_ns;
};

/* A stall as it happened; all instants are CLOCK_MONOTONIC. */
struct truth_stall {
	uint64_t start_ns;
	uint64_t end_ns;
	uint64_t requested_ns;
	unsigned int gap_count; /* may exceed what gaps[] holds */
	struct truth_gap gaps[TRUTH_MAX_GAPS];
	char extra[256]; /* further JSON members, each with a leading comma */
};

uint64_t mono_ns(void);
uint64_t real_of_mono(uint64_t mono);
void sleep_until_ns(uint64_t mono);
void truth_note_gap(struct truth_stall *stall, uint64_t from_ns, uint64_t to_ns);

/* Lines are written by one write() in append mode, so that they never interleave. */
int truth_open(const char *path);
void truth_line(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
