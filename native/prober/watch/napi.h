/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_NAPI_H
#define RXRAY_NAPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAPI_MOST 256

/* A NAPI instance of an interface: what polls a receive queue. */
struct napi {
	uint32_t id;
	uint32_t irq; /* 0 unknown */
	uint32_t thread; /* 0: polled in softirq, or unknown */
	int queue; /* receive queue that it serves, -1 unknown */
};

enum queue_source { QUEUES_UNKNOWN, QUEUES_BY_DRIVER, QUEUES_BY_ORDER };

struct napis {
	struct napi list[NAPI_MOST];
	size_t count;
	bool told; /* the kernel has the netdev netlink family (6.7 on); else thread names were looked for */
	enum queue_source
	        queues; /* by order: as many instances as queues, numbered in the order they were made */
};

/* Lists the NAPI instances of an interface of this network namespace; `rx_queues` is their number, 0 unknown.
 */
void napis_read(struct napis *napis, unsigned ifindex, const char *interface, unsigned rx_queues);

/* Whether a thread's name, as /proc has it, is `wanted` with a number behind, or is that cut at 15
 * characters. */
bool napi_named(const char *thread, const char *wanted);

/* How many receive queues /sys shows of an interface, 0 when there is no such interface. */
unsigned rx_queues_of(const char *interface);

#endif
