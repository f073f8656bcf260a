/* SPDX-License-Identifier: MIT */
#include "pauses.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clocks.h"

#define REFRESH_NS 1000000000ll
#define REFRESH_COSTLY_NS 30000000000ll
#define COSTLY_NS 300000
#define STALE_NS 2500000000ll /* growth since so long ago says nothing about one pause */

static int64_t read_run_delay(const struct pauses *pauses)
{
	char text[128];
	ssize_t length =
	        pauses->schedstat_fd < 0 ? -1 : pread(pauses->schedstat_fd, text, sizeof(text) - 1, 0);
	unsigned long long on_cpu, delay;

	if (length <= 0)
		return -1;
	text[length] = '\0';
	return sscanf(text, "%llu %llu", &on_cpu, &delay) == 2 ? (int64_t)delay : -1;
}

static int64_t read_steal(const struct pauses *pauses, int cpu)
{
	char text[16384], name[16];
	ssize_t length = pauses->stat_fd < 0 ? -1 : pread(pauses->stat_fd, text, sizeof(text) - 1, 0);
	unsigned long long steal;
	const char *line;

	if (length <= 0 || cpu < 0)
		return -1;
	text[length] = '\0';
	snprintf(name, sizeof(name), "\ncpu%d ", cpu);
	line = strstr(text, name);
	if (line == NULL || sscanf(line + strlen(name), "%*u %*u %*u %*u %*u %*u %*u %llu", &steal) != 1)
		return -1;
	return (int64_t)steal * (1000000000 / sysconf(_SC_CLK_TCK));
}

static void renew(struct pauses *pauses, int64_t now, bool stat)
{
	int64_t before = clocks_mono();

	pauses->baseline_mono = now;
	pauses->run_delay_ns = read_run_delay(pauses);
	if (!stat)
		return;
	pauses->cpu = sched_getcpu();
	pauses->steal_ns = read_steal(pauses, pauses->cpu);
	pauses->stat_baseline_mono = now;
	pauses->stat_costly = clocks_mono() - before > COSTLY_NS;
}

void pauses_open(struct pauses *pauses)
{
	/* Where /proc is not there a pause is still reported, with its cause unknown. */
	pauses->schedstat_fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
	pauses->stat_fd = open("/proc/stat", O_RDONLY | O_CLOEXEC);
	renew(pauses, clocks_mono(), true);
}

void pauses_close(struct pauses *pauses)
{
	if (pauses->schedstat_fd >= 0)
		close(pauses->schedstat_fd);
	if (pauses->stat_fd >= 0)
		close(pauses->stat_fd);
}

void pauses_refresh(struct pauses *pauses, int64_t now)
{
	int64_t period = pauses->stat_costly ? REFRESH_COSTLY_NS : REFRESH_NS;

	if (now - pauses->baseline_mono < REFRESH_NS)
		return;
	renew(pauses, now, now - pauses->stat_baseline_mono >= period);
}

struct pause_cause pauses_explain(struct pauses *pauses, int64_t now)
{
	struct pause_cause cause = {.run_delay_ns = -1, .steal_ns = -1, .cpu = 255};
	int cpu = sched_getcpu();
	int64_t run_delay = read_run_delay(pauses);
	int64_t steal = read_steal(pauses, cpu);

	if (cpu >= 0 && cpu < 255)
		cause.cpu = (uint8_t)cpu;
	if (run_delay >= 0 && pauses->run_delay_ns >= 0)
		cause.run_delay_ns = run_delay - pauses->run_delay_ns;
	if (steal >= 0 && pauses->steal_ns >= 0 && cpu == pauses->cpu &&
	    now - pauses->stat_baseline_mono < STALE_NS)
		cause.steal_ns = steal - pauses->steal_ns;
	pauses->run_delay_ns = run_delay;
	pauses->steal_ns = steal;
	pauses->cpu = cpu;
	pauses->baseline_mono = pauses->stat_baseline_mono = now;
	return cause;
}
