/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_FILTER_H
#define RXRAY_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILTER_MAX 96
#define FILTER_SNAP                                                                                          \
	160 /* bytes kept of a packet: enough for the key of a probe that an IPv6 error quotes               \
	     */

/* What may answer the probes of a plan. A range with first > last is empty. */
struct filter_range {
	uint16_t first, last;
};

struct filter_spec {
	struct filter_range icmp_ids;
	struct filter_range pinned_ports;
	struct filter_range fresh_ports;
	bool tcp, udp;
	int family; /* 4 or 6 */
};

/*
 * Makes a classic BPF program that sees packets from the IP header on and keeps only what can answer a probe
 * of this plan, so that nobody else's packets ever reach user space. Returns its length.
 */
size_t filter_make(const struct filter_spec *spec, struct sock_filter program[FILTER_MAX]);

#endif
