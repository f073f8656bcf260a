/* SPDX-License-Identifier: MIT */
#include "hearts.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "clocks.h"

#define STACK_BYTES 65536
#define PRIORITY 10 /* as the prober: above ordinary processes, so that none of them can fake a gap */

static void sleep_until(int64_t mono_ns)
{
	struct timespec until = {mono_ns / 1000000000, mono_ns % 1000000000};

	/* A signal that ends the sleep early makes the beat early, which is no gap. */
	(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static void note(struct heart *heart, struct heart_gap gap)
{
	uint32_t written = heart->written;
	uint64_t one = 1;

	if (written - __atomic_load_n(&heart->read, __ATOMIC_ACQUIRE) == HEART_GAPS) {
		__atomic_add_fetch(&heart->lost, 1, __ATOMIC_RELAXED);
		return;
	}
	heart->gaps[written % HEART_GAPS] = gap;
	__atomic_store_n(&heart->written, written + 1, __ATOMIC_RELEASE);
	/* What the end of the gap set free is looked at now, not at the next regular turn. */
	if (write(heart->wake_fd, &one, sizeof(one)) != sizeof(one))
		return;
}

static void *beat(void *argument)
{
	struct heart *heart = argument;
	int64_t last = clocks_mono();

	while (!__atomic_load_n(&heart->stop, __ATOMIC_ACQUIRE)) {
		int64_t now;

		sleep_until(last + HEART_BEAT_NS);
		now = clocks_mono();
		if (now - last > HEART_BEAT_NS + HEART_GAP_NS)
			note(heart, (struct heart_gap){last + HEART_BEAT_NS, now});
		last = now;
	}
	return NULL;
}

bool hearts_open(struct hearts *hearts)
{
	hearts->count = 0;
	hearts->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	hearts->list = calloc(HEARTS_MOST, sizeof(*hearts->list));
	return hearts->wake_fd >= 0 && hearts->list != NULL;
}

void hearts_close(struct hearts *hearts)
{
	for (size_t i = 0; i < hearts->count; i++)
		__atomic_store_n(&hearts->list[i].stop, true, __ATOMIC_RELEASE);
	for (size_t i = 0; i < hearts->count; i++)
		pthread_join(hearts->list[i].thread, NULL);
	if (hearts->wake_fd >= 0)
		close(hearts->wake_fd);
	free(hearts->list);
	*hearts = (struct hearts){.wake_fd = -1};
}

static bool start(struct heart *heart, bool realtime)
{
	struct sched_param priority = {.sched_priority = PRIORITY};
	pthread_attr_t attributes;
	cpu_set_t set;
	bool started;

	if (pthread_attr_init(&attributes) != 0)
		return false;
	CPU_ZERO(&set);
	CPU_SET((size_t)heart->cpu, &set);
	heart->realtime = realtime;
	started = pthread_attr_setstacksize(&attributes, STACK_BYTES) == 0 &&
	          pthread_attr_setaffinity_np(&attributes, sizeof(set), &set) == 0;
	if (realtime)
		started = started && pthread_attr_setschedpolicy(&attributes, SCHED_FIFO) == 0 &&
		          pthread_attr_setschedparam(&attributes, &priority) == 0 &&
		          pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED) == 0;
	started = started && pthread_create(&heart->thread, &attributes, beat, heart) == 0;
	pthread_attr_destroy(&attributes);
	return started;
}

bool hearts_add(struct hearts *hearts, int cpu)
{
	struct heart *heart = &hearts->list[hearts->count];

	for (size_t i = 0; i < hearts->count; i++) {
		if (hearts->list[i].cpu == cpu)
			return true;
	}
	if (hearts->count == HEARTS_MOST || cpu < 0 || cpu >= CPU_SETSIZE)
		return false;
	*heart = (struct heart){.cpu = cpu, .wake_fd = hearts->wake_fd};
	/* Without the privilege an ordinary thread has to do; ordinary load may then look like a gap. */
	if (!start(heart, true) && !start(heart, false))
		return false;
	hearts->count++;
	return true;
}

bool hearts_next(struct hearts *hearts, struct heart_gap *gap, const struct heart **which)
{
	for (size_t i = 0; i < hearts->count; i++) {
		struct heart *heart = &hearts->list[i];
		uint32_t read = heart->read;

		if (__atomic_load_n(&heart->written, __ATOMIC_ACQUIRE) == read)
			continue;
		*gap = heart->gaps[read % HEART_GAPS];
		*which = heart;
		__atomic_store_n(&heart->read, read + 1, __ATOMIC_RELEASE);
		return true;
	}
	return false;
}

uint32_t hearts_lost(const struct hearts *hearts)
{
	uint32_t lost = 0;

	for (size_t i = 0; i < hearts->count; i++)
		lost += __atomic_load_n(&hearts->list[i].lost, __ATOMIC_RELAXED);
	return lost;
}
