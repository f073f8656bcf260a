/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_CONFINE_H
#define RXRAY_CONFINE_H

#include <stdbool.h>
#include <stdint.h>

/* What a helper does beside reading its input, writing frames and waiting; each adds system calls. */
enum confine_work {
	CONFINE_SENDS = 1, /* on sockets that are open already */
	CONFINE_READS_FILES = 2, /* opens files and folders, to read only */
	CONFINE_STARTS_THREADS = 4,
	CONFINE_ASKS_NETLINK = 8,
	CONFINE_USES_BPF = 16, /* maps that are open already, their events and statistics */
};

/*
 * Gives up all capabilities but `keep` (bits by number), the way to new ones (PR_SET_NO_NEW_PRIVS), and all
 * system calls that `work` does not need: those then fail with EPERM. To be called when the set-up is done
 * and before anything from outside is parsed. False with errno when the kernel refuses, which has no seccomp
 * filters then.
 */
bool confine(uint64_t keep, unsigned work);

#endif
