/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_STEERING_H
#define RXRAY_STEERING_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "cpus.h"
#include "napi.h"

#define STEERING_MOST_QUEUES 256

/* Which CPUs the packets that arrive on an interface are handled by, and who says so. */
struct steering {
	char interface[IF_NAMESIZE];
	int ask_fd; /* a socket to ask the kernel for the interface's number by */
	unsigned ifindex, rx_queues;
	struct napis napis;
	struct cpus rps, irqs, threads;
	bool known; /* IRQs or NAPI threads are visible: what is not in a set is not used */
	int64_t served_ns[CPUS_MOST]; /* when a CPU was last seen to be in one of the sets; 0 never */
};

void steering_open(struct steering *steering, const char *interface);
void steering_close(struct steering *steering);

/* Reads all of it anew. */
void steering_refresh(struct steering *steering, int64_t now);

/* Reads just the RPS masks, which somebody may have changed a moment ago. */
void steering_refresh_rps(struct steering *steering, int64_t now);

/* Notes that a NAPI thread may run on these CPUs now. */
void steering_note(struct steering *steering, const struct cpus *cpus, int64_t now);

/* Whether the CPU may have handled packets of the interface at some time since `since_ns`. */
bool steering_served(const struct steering *steering, int cpu, int64_t since_ns);

/* The CPUs of one queue's RPS mask, and those that its interrupt may go to; false when unknown or none. */
bool steering_rps(const char *interface, unsigned queue, struct cpus *cpus);
bool steering_irq(uint32_t irq, struct cpus *cpus);

/* The CPUs a thread may run on. */
bool steering_thread(uint32_t thread, struct cpus *cpus);

#endif
