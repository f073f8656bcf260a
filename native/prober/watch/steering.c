/* SPDX-License-Identifier: MIT */
#include "steering.h"

#include <dirent.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "small_file.h"

bool steering_rps(const char *interface, unsigned queue, struct cpus *cpus)
{
	char text[1024];

	return small_file_read(text, sizeof(text), "/sys/class/net/%.16s/queues/rx-%u/rps_cpus", interface,
	                       queue) &&
	       cpus_parse_mask(text, cpus);
}

bool steering_irq(uint32_t irq, struct cpus *cpus)
{
	char text[1024];

	/* The effective affinity is where the interrupt controller really sends it. */
	return (small_file_read(text, sizeof(text), "/proc/irq/%u/effective_affinity_list", irq) &&
	        cpus_parse_list(text, cpus)) ||
	       (small_file_read(text, sizeof(text), "/proc/irq/%u/smp_affinity_list", irq) &&
	        cpus_parse_list(text, cpus));
}

bool steering_thread(uint32_t thread, struct cpus *cpus)
{
	cpu_set_t set;

	memset(cpus, 0, sizeof(*cpus));
	if (sched_getaffinity((pid_t)thread, sizeof(set), &set) != 0)
		return false;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET((size_t)cpu, &set))
			cpus_add(cpus, cpu);
	}
	return true;
}

/* The interrupts of the device behind the interface, where the driver has not told which queue each belongs
 * to. */
static void add_device_irqs(struct steering *steering, const char *folder)
{
	char path[80];
	DIR *irqs;
	struct dirent *entry;

	snprintf(path, sizeof(path), "/sys/class/net/%.16s/device/%s", steering->interface, folder);
	irqs = opendir(path);
	if (irqs == NULL)
		return;
	while ((entry = readdir(irqs)) != NULL) {
		struct cpus cpus;

		if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9' &&
		    steering_irq((uint32_t)strtoul(entry->d_name, NULL, 10), &cpus))
			cpus_join(&steering->irqs, &cpus);
	}
	closedir(irqs);
}

void steering_open(struct steering *steering, const char *interface)
{
	memset(steering, 0, sizeof(*steering));
	snprintf(steering->interface, sizeof(steering->interface), "%.15s", interface);
	steering->ask_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

void steering_close(struct steering *steering)
{
	if (steering->ask_fd >= 0)
		close(steering->ask_fd);
	steering->ask_fd = -1;
}

/* The number of the interface now, which changes when it is made anew; by a socket that is open already. */
static unsigned index_now(const struct steering *steering)
{
	struct ifreq request = {0};

	memcpy(request.ifr_name, steering->interface, sizeof(steering->interface));
	return ioctl(steering->ask_fd, SIOCGIFINDEX, &request) == 0 ? (unsigned)request.ifr_ifindex : 0;
}

void steering_note(struct steering *steering, const struct cpus *cpus, int64_t now)
{
	for (int word = 0; word < CPUS_MOST / 64; word++) {
		for (uint64_t left = cpus->words[word]; left != 0; left &= left - 1)
			steering->served_ns[word * 64 + __builtin_ctzll(left)] = now;
	}
}

void steering_refresh_rps(struct steering *steering, int64_t now)
{
	struct cpus cpus;

	memset(&steering->rps, 0, sizeof(steering->rps));
	for (unsigned i = 0; i < steering->rx_queues && i < STEERING_MOST_QUEUES; i++) {
		if (steering_rps(steering->interface, i, &cpus))
			cpus_join(&steering->rps, &cpus);
	}
	steering_note(steering, &steering->rps, now);
}

void steering_refresh(struct steering *steering, int64_t now)
{
	struct cpus cpus;
	bool irqs_named = false;

	steering->ifindex = index_now(steering);
	steering->rx_queues = rx_queues_of(steering->interface);
	napis_read(&steering->napis, steering->ifindex, steering->interface, steering->rx_queues);
	steering_refresh_rps(steering, now);
	memset(&steering->irqs, 0, sizeof(steering->irqs));
	memset(&steering->threads, 0, sizeof(steering->threads));
	for (size_t i = 0; i < steering->napis.count; i++) {
		const struct napi *napi = &steering->napis.list[i];

		if (napi->irq != 0 && steering_irq(napi->irq, &cpus)) {
			cpus_join(&steering->irqs, &cpus);
			irqs_named = true;
		}
		if (napi->thread != 0 && steering_thread(napi->thread, &cpus))
			cpus_join(&steering->threads, &cpus);
	}
	if (!irqs_named) {
		add_device_irqs(steering, "msi_irqs");
		/* A virtio device has those of the PCI device that it is part of. */
		add_device_irqs(steering, "../msi_irqs");
	}
	steering->known = cpus_any(&steering->irqs) || cpus_any(&steering->threads);
	steering_note(steering, &steering->irqs, now);
	steering_note(steering, &steering->threads, now);
}

bool steering_served(const struct steering *steering, int cpu, int64_t since_ns)
{
	/* Where nothing is visible any CPU may have been the one. */
	return !steering->known || cpus_has(&steering->rps, cpu) || cpus_has(&steering->irqs, cpu) ||
	       (cpu >= 0 && cpu < CPUS_MOST && steering->served_ns[cpu] != 0 &&
	        steering->served_ns[cpu] >= since_ns);
}
