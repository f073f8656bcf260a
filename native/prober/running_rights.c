/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "prober.h"
#include "tell.h"
#include "user_limits.h"

/* Above ordinary work, below the kernel's own threaded interrupts (50) and whatever a user runs on purpose.
 */
#define FIFO_PRIORITY 10

#define LOCK_AT_ONCE_BYTES (32u << 20)

#ifndef MCL_ONFAULT
#define MCL_ONFAULT 4
#endif

/* Of the CPUs allowed, the one that has handled the fewest received packets: it disturbs the prober least. */
static int quietest_cpu(const cpu_set_t *allowed)
{
	char line[16384], *at, *end;
	FILE *file = fopen("/proc/softirqs", "re");
	int columns[1024], count = 0, best = -1;
	unsigned long long least = 0;

	if (file == NULL)
		return -1;
	if (fgets(line, sizeof(line), file) != NULL) {
		for (at = strstr(line, "CPU"); at != NULL && count < 1024; at = strstr(at + 3, "CPU"))
			columns[count++] = atoi(at + 3);
	}
	while (fgets(line, sizeof(line), file) != NULL) {
		at = strstr(line, "NET_RX:");
		if (at == NULL)
			continue;
		at += strlen("NET_RX:");
		for (int i = 0; i < count; i++) {
			unsigned long long handled = strtoull(at, &end, 10);

			if (end == at)
				break;
			at = end;
			if (!CPU_ISSET((size_t)columns[i], allowed) || (best >= 0 && handled >= least))
				continue;
			best = columns[i];
			least = handled;
		}
	}
	fclose(file);
	return best;
}

static void pin(struct prober *prober)
{
	cpu_set_t allowed, chosen;
	int cpu = prober->plan.cpu;

	prober->grants.cpu = -1;
	if (cpu == CPU_NONE || sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		return;
	/* With one or two CPUs the scheduler's freedom to move the prober off a held CPU is worth more. */
	if (cpu == CPU_AUTO)
		cpu = CPU_COUNT(&allowed) > 2 ? quietest_cpu(&allowed) : CPU_NONE;
	if (cpu < 0 || cpu >= CPU_SETSIZE)
		return;
	CPU_ZERO(&chosen);
	CPU_SET((size_t)cpu, &chosen);
	if (sched_setaffinity(0, sizeof(chosen), &chosen) == 0)
		prober->grants.cpu = cpu;
	else
		tell_warning(prober, "W_CPU", -1, "cannot run on the CPU that the plan names; not pinned");
}

/* Above ordinary work only what cannot fill a CPU, when an ordinary user asks for it. */
static bool may_fifo(const struct prober *prober)
{
	return !limits_hold() || limits_packets_per_second(&prober->plan) <= LIMIT_FIFO_PPS;
}

/*
 * Touching a page for the first time takes a microsecond or two, which a fast plan would feel; a huge one
 * would hold memory that it may never use. Pages of later are left out: they are few, and to lock them would
 * take a privilege that the prober gives up.
 */
static bool lock_memory(const struct prober *prober)
{
	int how = MCL_CURRENT | (prober->sender.outstanding_bytes > LOCK_AT_ONCE_BYTES ? MCL_ONFAULT : 0);

	return (!limits_hold() || prober->sender.outstanding_bytes <= LIMIT_LOCKED_BYTES) &&
	       mlockall(how) == 0;
}

void running_rights_take(struct prober *prober)
{
	struct sched_param priority = {.sched_priority = FIFO_PRIORITY};
	struct grants *grants = &prober->grants;

	pin(prober);
	snprintf(grants->sched_why, sizeof(grants->sched_why), "as asked for");
	if (prober->plan.scheduling != SCHEDULING_OTHER) {
		errno = EPERM;
		grants->fifo = may_fifo(prober) &&
		               sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &priority) == 0;
		if (!may_fifo(prober))
			snprintf(grants->sched_why, sizeof(grants->sched_why),
			         "not for plans of more than %d packets/s of an ordinary user",
			         LIMIT_FIFO_PPS);
		else if (grants->fifo)
			snprintf(grants->sched_why, sizeof(grants->sched_why),
			         "real-time priority %d granted", FIFO_PRIORITY);
		else
			snprintf(grants->sched_why, sizeof(grants->sched_why), "SCHED_FIFO refused: %s",
			         strerror(errno));
		grants->sched_refused = !grants->fifo && prober->plan.scheduling == SCHEDULING_FIFO;
	}
	/* Opened here, as no file is opened after the privileges are given up. */
	prober->statm_fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	grants->locked = lock_memory(prober);
	if (grants->locked)
		frames_lock_as_used(&prober->frames);
	/* By default the kernel may wake an ordinary process 50 µs late; it cannot refuse to be exact. */
	grants->slack_refused = prctl(PR_SET_TIMERSLACK, 1) != 0;
}

void running_rights_warn(struct prober *prober)
{
	if (prober->grants.sched_refused)
		tell_warning(prober, "W_SCHED", -1, "the plan asks for SCHED_FIFO, which was refused");
	if (prober->grants.slack_refused)
		tell_warning(prober, "W_TIMER_SLACK", -1, "the kernel wakes this process up to 50 µs late");
}
