/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_HEAR_FILTER_H
#define RXRAY_HEAR_FILTER_H

#include <linux/filter.h>
#include <stddef.h>

#include "plan.h"

#define HEAR_FILTER_MAX 32
#define HEAR_FILTER_SNAP 160 /* bytes kept: an IPv6 echo up to the tag of its announcement */

/*
 * Makes a classic BPF program for a packet socket that sees what arrives of one family, from its IP header
 * on: it keeps echo requests with an announcement and SYNs from the source ports, of whatever sender, and
 * nothing else. Returns its length.
 */
size_t hear_filter_make(struct plan_range ports, int family, struct sock_filter program[HEAR_FILTER_MAX]);

/*
 * Puts it in front of another program of that family: what it drops, that one decides. `program` has that
 * one, `length` instructions (0: none), and room for HEAR_FILTER_MAX more. Returns the length of both.
 */
size_t hear_filter_before(struct plan_range ports, int family, struct sock_filter *program, size_t length);

#endif
