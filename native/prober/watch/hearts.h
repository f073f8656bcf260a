/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_HEARTS_H
#define RXRAY_HEARTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEART_BEAT_NS 1000000ll
#define HEART_GAP_NS 5000000ll /* a beat later than this is a gap */
#define HEART_GAPS 64 /* that may wait to be read, for each CPU; a power of two */
#define HEARTS_MOST 64

struct heart_gap {
	int64_t from_ns, to_ns; /* when the beat was due, and when it came */
};

/* A thread bound to one CPU that wakes every millisecond and notes when it could not. */
struct heart {
	pthread_t thread;
	int cpu;
	int wake_fd;
	bool realtime;
	bool stop; /* shared between threads, like the three below */
	uint32_t written, read, lost;
	struct heart_gap gaps[HEART_GAPS];
};

struct hearts {
	struct heart *list;
	size_t count;
	int wake_fd; /* readable after a gap has ended */
};

bool hearts_open(struct hearts *hearts);
void hearts_close(struct hearts *hearts);

/* Starts one for a CPU that has none yet, at real-time priority where allowed; false when there can be none.
 */
bool hearts_add(struct hearts *hearts, int cpu);

/* The next gap that is over, and on which CPU; false when there is none. */
bool hearts_next(struct hearts *hearts, struct heart_gap *gap, const struct heart **heart);

/* Gaps that found no room. */
uint32_t hearts_lost(const struct hearts *hearts);

#endif
