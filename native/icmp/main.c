/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Opens the two datagram sockets for ICMP echo that Linux gives to groups in net.ipv4.ping_group_range, and
 * becomes the program that is to use them, which may be written in a language without a call for it. The
 * program finds the sockets at the descriptors 3 (IPv4) and 4 (IPv6), or in RXRAY_ICMP_ERRNO why there are
 * none. It needs no privilege and gives none.
 */
enum { FIRST_FD = 3, FAMILIES = 2, USAGE = 2, CANNOT_RUN = 4 };

/* Bound, so that the kernel has chosen the identifier of its echoes before the first is sent. */
static int open_socket(int family)
{
	struct sockaddr_in6 any = {.sin6_family = (sa_family_t)family};
	socklen_t length = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
	int fd = socket(family, SOCK_DGRAM, family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&any, length) != 0) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

/* Whatever the caller left open there would be taken for a socket of ours. */
static bool make_room(void)
{
	for (int fd = FIRST_FD; fd < FIRST_FD + FAMILIES; fd++)
		if (close(fd) != 0 && errno != EBADF)
			return false;
	return true;
}

/* Returns 0 or the reason; the socket is open across the exec at `wanted`. */
static int place(int family, int wanted)
{
	int fd = open_socket(family);
	int error = 0;

	if (fd < 0)
		return errno;
	if (fd == wanted)
		return 0;
	if (dup2(fd, wanted) < 0)
		error = errno;
	close(fd);
	return error;
}

int main(int argc, char **argv)
{
	char reasons[32];
	int v4, v6;

	if (argc < 2) {
		fprintf(stderr, "usage: rxray-icmp PROGRAM [ARGUMENT…]\n");
		return USAGE;
	}
	if (!make_room()) {
		fprintf(stderr, "rxray-icmp: cannot close a descriptor: %s\n", strerror(errno));
		return CANNOT_RUN;
	}
	v4 = place(AF_INET, FIRST_FD);
	v6 = place(AF_INET6, FIRST_FD + 1);
	snprintf(reasons, sizeof(reasons), "%d %d", v4, v6);
	if (setenv("RXRAY_ICMP_ERRNO", reasons, 1) != 0) {
		fprintf(stderr, "rxray-icmp: no memory\n");
		return CANNOT_RUN;
	}
	execvp(argv[1], argv + 1);
	fprintf(stderr, "rxray-icmp: cannot run %s: %s\n", argv[1], strerror(errno));
	return CANNOT_RUN;
}
