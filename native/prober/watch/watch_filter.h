/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_WATCH_FILTER_H
#define RXRAY_WATCH_FILTER_H

#include <linux/filter.h>
#include <stddef.h>

#include "plan.h"

#define WATCH_FILTER_MAX 4096 /* the kernel's own limit */
#define WATCH_FILTER_SNAP 160 /* bytes kept: a tunnelled packet up to the key that an ICMP error quotes */

/*
 * Makes a classic BPF program for a packet socket that sees all packets of one interface, both directions,
 * from their IP header on: it keeps the arriving probes and the leaving replies of the watches on this
 * interface, also inside IPIP where a watch says so, and nothing else. Returns its length, 0 when there are
 * too many watches.
 */
size_t watch_filter_make(const struct plan *plan, const char *interface,
                         struct sock_filter program[WATCH_FILTER_MAX]);

#endif
