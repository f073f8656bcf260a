/* SPDX-License-Identifier: MIT */
#include "netlink_dump.h"

#include <errno.h>
#include <sys/socket.h>
#include <time.h>

#define BUFFER_BYTES 65536

static int64_t cpu_time(void)
{
	struct timespec now;

	return clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0 ? now.tv_sec * 1000000000ll + now.tv_nsec
	                                                         : 0;
}

enum dump netlink_dump(int fd, const struct nlmsghdr *asked, int64_t cpu_ns,
                       void (*take)(void *context, const struct nlmsghdr *message), void *context)
{
	static _Alignas(struct nlmsghdr) char buffer[BUFFER_BYTES];
	int64_t began = cpu_time();

	if (send(fd, asked, asked->nlmsg_len, 0) != (ssize_t)asked->nlmsg_len)
		return DUMP_FAILED;
	while (cpu_time() - began < cpu_ns) {
		ssize_t got = recv(fd, buffer, sizeof(buffer), 0);
		size_t left = got > 0 ? (size_t)got : 0;

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return DUMP_FAILED;
		for (struct nlmsghdr *message = (void *)buffer; NLMSG_OK(message, left);
		     message = NLMSG_NEXT(message, left)) {
			if (message->nlmsg_type == NLMSG_DONE)
				return DUMP_COMPLETE;
			if (message->nlmsg_type == NLMSG_ERROR)
				return DUMP_FAILED;
			take(context, message);
		}
	}
	return DUMP_GIVEN_UP;
}
