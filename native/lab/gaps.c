// SPDX-License-Identifier: MIT
/*
 * The log of gaps: one thread per CPU wakes every millisecond at a real-time priority above everything else
 * in the lab, and writes down when it came late. Ordinary load cannot delay it, and a hog of lower priority
 * cannot either; what is left is a paused virtual CPU (steal), interrupts or preemption held off in the
 * kernel (which is what the softirq and starved faults do on purpose), and real-time throttling. A finding of
 * the fault `none` must match such a gap.
 */
#include "truth.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HEARTBEAT_NS ((uint64_t)1000000)
#define LATE_NS ((uint64_t)2000000)
#define GAPS_PRIORITY 90
#define MAX_CPUS 256

static volatile sig_atomic_t stop_signal;

struct heart {
	pthread_t thread;
	int cpu;
	int truth_fd;
};

static void on_signal(int number)
{
	stop_signal = number;
}

/* Steal of one CPU since boot, in ns. The kernel tells it in hundredths of a second only. */
static uint64_t steal_ns(int cpu)
{
	char line[256], name[16];
	uint64_t steal = 0;
	FILE *stat = fopen("/proc/stat", "re");

	if (!stat)
		return 0;
	snprintf(name, sizeof(name), "cpu%d ", cpu);
	while (fgets(line, sizeof(line), stat))
		if (!strncmp(line, name, strlen(name))) {
			if (sscanf(line + strlen(name), "%*u %*u %*u %*u %*u %*u %*u %" SCNu64, &steal) != 1)
				steal = 0;
			break;
		}
	fclose(stat);
	return steal * (1000000000ull / (uint64_t)sysconf(_SC_CLK_TCK));
}

static void *beat(void *argument)
{
	struct heart *heart = argument;
	struct sched_param param = {.sched_priority = GAPS_PRIORITY};
	cpu_set_t set;
	uint64_t last, steal;

	CPU_ZERO(&set);
	CPU_SET(heart->cpu, &set);
	if (pthread_setaffinity_np(pthread_self(), sizeof(set), &set) ||
	    pthread_setschedparam(pthread_self(), SCHED_FIFO, &param)) {
		fprintf(stderr, "cannot watch CPU %d: no affinity or real-time priority\n", heart->cpu);
		exit(1);
	}
	steal = steal_ns(heart->cpu);
	last = mono_ns();
	for (uint64_t beats = 1; !stop_signal; beats++) {
		uint64_t now;

		sleep_until_ns(last + HEARTBEAT_NS);
		now = mono_ns();
		if (now - last > HEARTBEAT_NS + LATE_NS) {
			uint64_t steal_now = steal_ns(heart->cpu);

			truth_line(heart->truth_fd,
			           "{\"type\":\"gap\",\"cpu\":%d,\"fromMonoNs\":%" PRIu64
			           ",\"toMonoNs\":%" PRIu64 ",\"stealNs\":%" PRIu64 "}",
			           heart->cpu, last + HEARTBEAT_NS, now, steal_now - steal);
			steal = steal_now;
			now = mono_ns();
		} else if (beats % 1000 == 0) {
			/* Steal of undisturbed times must not be charged to the next gap. */
			steal = steal_ns(heart->cpu);
			now = mono_ns();
		}
		last = now;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	static struct heart hearts[MAX_CPUS];
	struct sigaction action = {.sa_handler = on_signal};
	cpu_set_t online;
	char lease[512];
	int count = 0, truth_fd;

	if (argc != 5 || strcmp(argv[1], "--state") || strcmp(argv[3], "--truth")) {
		fprintf(stderr, "usage: rxray-lab-gaps --state DIR --truth FILE\n");
		return 2;
	}
	snprintf(lease, sizeof(lease), "%s/lease", argv[2]);
	if (sigaction(SIGTERM, &action, NULL) || sigaction(SIGINT, &action, NULL) ||
	    sched_getaffinity(0, sizeof(online), &online)) {
		perror("rxray-lab-gaps");
		return 1;
	}
	(void)mlockall(MCL_CURRENT);
	truth_fd = truth_open(argv[4]);
	truth_line(truth_fd,
	           "{\"type\":\"settings\",\"fault\":\"gaps\",\"heartbeatNs\":%" PRIu64 ",\"lateNs\":%" PRIu64
	           ",\"pid\":%d,"
	           "\"startMonoNs\":%" PRIu64 ",\"startRealNs\":\"%" PRIu64 "\"}",
	           HEARTBEAT_NS, LATE_NS, getpid(), mono_ns(), real_of_mono(mono_ns()));
	for (int cpu = 0; cpu < MAX_CPUS; cpu++) {
		if (!CPU_ISSET(cpu, &online))
			continue;
		hearts[count] = (struct heart){.cpu = cpu, .truth_fd = truth_fd};
		if (pthread_create(&hearts[count].thread, NULL, beat, &hearts[count])) {
			fprintf(stderr, "cannot start a thread for CPU %d\n", cpu);
			return 1;
		}
		count++;
	}
	while (!stop_signal && (access(lease, F_OK) == 0 || errno != ENOENT))
		sleep_until_ns(mono_ns() + 500000000ull);
	stop_signal = SIGTERM;
	for (int i = 0; i < count; i++)
		pthread_join(hearts[i].thread, NULL);
	return 0;
}
