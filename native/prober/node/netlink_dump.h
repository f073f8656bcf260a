/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_NETLINK_DUMP_H
#define RXRAY_NETLINK_DUMP_H

#include <linux/netlink.h>
#include <stdint.h>

#define ALL_TIME INT64_MAX

enum dump {
	DUMP_COMPLETE,
	DUMP_GIVEN_UP, /* it took too long: what had come by then was taken in */
	DUMP_FAILED,
};

/*
 * Asks the kernel for a list over a netlink socket, and hands on each message of the answer. A dump that was
 * given up goes on in its socket, which is of no use for another.
 *
 * asked:  with its length and NLM_F_DUMP
 * cpu_ns: CPU time that it may take
 */
enum dump netlink_dump(int fd, const struct nlmsghdr *asked, int64_t cpu_ns,
                       void (*take)(void *context, const struct nlmsghdr *message), void *context);

#endif
