/* SPDX-License-Identifier: MIT */
#include "delays.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "small_file.h"

void delays_open(struct delays *delays)
{
	delays->count = 0;
	delays->sampled_ns = 0;
}

static void drop(struct delays *delays, size_t i)
{
	close(delays->list[i].schedstat_fd);
	delays->list[i] = delays->list[--delays->count];
}

void delays_close(struct delays *delays)
{
	while (delays->count > 0)
		drop(delays, 0);
}

static void keep(struct delays *delays, uint32_t thread, uint8_t kind, int queue, int cpu)
{
	struct delayed *delayed = &delays->list[delays->count];
	char path[64];

	for (size_t i = 0; i < delays->count; i++) {
		if (delays->list[i].thread == thread) {
			delays->list[i].kept = true;
			delays->list[i].queue = queue;
			return;
		}
	}
	if (delays->count == DELAYS_MOST)
		return;
	snprintf(path, sizeof(path), "/proc/%u/schedstat", thread);
	*delayed = (struct delayed){
	        .thread = thread,
	        .kind = kind,
	        .queue = queue,
	        .cpu = cpu,
	        .kept = true,
	        .run_delay_ns = -1,
	        .schedstat_fd = open(path, O_RDONLY | O_CLOEXEC),
	};
	if (delayed->schedstat_fd >= 0)
		delays->count++;
}

void delays_renew(struct delays *delays, const struct steering *steering, size_t interfaces)
{
	for (size_t i = 0; i < delays->count; i++)
		delays->list[i].kept = delays->list[i].kind == RXRAY_THREAD_KIND_KSOFTIRQD;
	for (size_t i = 0; i < interfaces; i++) {
		const struct napis *napis = &steering[i].napis;

		for (size_t j = 0; j < napis->count; j++) {
			if (napis->list[j].thread != 0)
				keep(delays, napis->list[j].thread, RXRAY_THREAD_KIND_NAPI,
				     napis->list[j].queue, -1);
		}
	}
	for (size_t i = delays->count; i-- > 0;) {
		if (!delays->list[i].kept)
			drop(delays, i);
	}
}

size_t delays_find_softirqd(struct delays *delays, const struct cpus *cpus)
{
	static const char prefix[] = "ksoftirqd/";
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	size_t before = delays->count;
	char name[64];

	if (proc == NULL)
		return 0;
	while ((entry = readdir(proc)) != NULL) {
		int cpu;

		if (entry->d_name[0] < '1' || entry->d_name[0] > '9' ||
		    !small_file_read(name, sizeof(name), "/proc/%.20s/comm", entry->d_name) ||
		    strncmp(name, prefix, sizeof(prefix) - 1) != 0)
			continue;
		cpu = atoi(name + sizeof(prefix) - 1);
		if (cpus_has(cpus, cpu))
			keep(delays, (uint32_t)strtoul(entry->d_name, NULL, 10), RXRAY_THREAD_KIND_KSOFTIRQD,
			     -1, cpu);
	}
	closedir(proc);
	return delays->count - before;
}

/* The CPU it ran on last (proc(5), field 39 of stat), where it was bound to none. */
static int last_cpu(uint32_t thread)
{
	char text[1024], *at;
	int cpu;

	if (!small_file_read(text, sizeof(text), "/proc/%u/stat", thread))
		return -1;
	at = strrchr(text, ')');
	for (int field = 2; at != NULL && field < 39; field++)
		at = strchr(at + 1, ' ');
	return at != NULL && sscanf(at, "%d", &cpu) == 1 ? cpu : -1;
}

static int only_cpu(const struct cpus *cpus)
{
	for (int cpu = 0; cpus_count(cpus) == 1 && cpu < CPUS_MOST; cpu++) {
		if (cpus_has(cpus, cpu))
			return cpu;
	}
	return -1;
}

/* Where the thread may run now; it was as it was before while it waited. */
static void look_where(struct delayed *delayed, struct steering *steering, size_t interfaces, int64_t now)
{
	struct cpus cpus;

	if (delayed->kind != RXRAY_THREAD_KIND_NAPI || !steering_thread(delayed->thread, &cpus))
		return;
	delayed->cpu = only_cpu(&cpus);
	for (size_t i = 0; i < interfaces; i++) {
		for (size_t j = 0; j < steering[i].napis.count; j++) {
			if (steering[i].napis.list[j].thread == delayed->thread)
				steering_note(&steering[i], &cpus, now);
		}
	}
}

void delays_sample(struct delays *delays, struct steering *steering, size_t interfaces, int64_t now,
                   void (*report)(void *, const struct rxray_frame_thread_delay *), void *context)
{
	int64_t since = delays->sampled_ns == 0 ? 0 : now - delays->sampled_ns;

	for (size_t i = delays->count; i-- > 0;) {
		struct delayed *delayed = &delays->list[i];
		unsigned long long on_cpu, run_delay;
		int64_t growth;
		char text[128];

		if (!small_file_reread(delayed->schedstat_fd, text, sizeof(text)) ||
		    sscanf(text, "%llu %llu", &on_cpu, &run_delay) != 2) {
			drop(delays, i);
			continue;
		}
		growth = delayed->run_delay_ns < 0 ? 0 : (int64_t)run_delay - delayed->run_delay_ns;
		delayed->run_delay_ns = (int64_t)run_delay;
		if (growth >= DELAY_LEAST_NS) {
			int cpu = delayed->cpu >= 0 ? delayed->cpu : last_cpu(delayed->thread);
			struct rxray_frame_thread_delay record = {
			        .from_ns = now - growth,
			        .to_ns = now,
			        .delay_ns = growth,
			        .thread = delayed->thread,
			        .uncertainty_ns = since > UINT32_MAX ? UINT32_MAX : (uint32_t)since,
			        .cpu = cpu < 0 ? UINT16_MAX : (uint16_t)cpu,
			        .queue = delayed->queue < 0 ? UINT16_MAX : (uint16_t)delayed->queue,
			        .kind = delayed->kind,
			};

			report(context, &record);
		}
		look_where(delayed, steering, interfaces, now);
	}
	delays->sampled_ns = now;
}
