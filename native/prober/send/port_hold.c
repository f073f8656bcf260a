/* SPDX-License-Identifier: MIT */
#include "port_hold.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"

struct span {
	uint32_t first, last;
};

static struct span ephemeral_range(void)
{
	struct span range = {32768, 60999};
	FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");

	if (file != NULL) {
		if (fscanf(file, "%u %u", &range.first, &range.last) != 2)
			range = (struct span){32768, 60999};
		fclose(file);
	}
	return range;
}

static int bind_port(int family, int type, uint16_t port)
{
	struct sockaddr_in6 name;
	struct address any = {.family = family == AF_INET ? 4 : 6};
	int one = 1, smallest = 0;
	int fd = socket(family, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)) != 0)
		goto fail;
	/* What reaches a bound UDP port is never read here, so it may hold next to nothing. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &smallest, sizeof(smallest)) != 0)
		goto fail;
	if (bind(fd, (struct sockaddr *)&name, address_to_sockaddr(&any, port, &name)) != 0)
		goto fail;
	return fd;
fail:
	close(fd);
	return -1;
}

void port_hold_drop(struct port_hold *hold)
{
	while (hold->count > 0)
		close(hold->fds[--hold->count]);
}

/* Holds one port for all transports and families of the plan. */
static bool add(struct port_hold *hold, uint16_t port)
{
	for (int i = 0; i < 4; i++) {
		bool v6 = i >= 2, udp = i % 2 == 1;
		int fd;

		if (udp ? !hold->udp[v6] : !hold->tcp[v6])
			continue;
		fd = bind_port(v6 ? AF_INET6 : AF_INET, udp ? SOCK_DGRAM : SOCK_STREAM, port);
		if (fd < 0)
			return false;
		hold->fds[hold->count++] = fd;
	}
	return true;
}

/* Seeks `length` free ports in a row between first and last; holds them all, or only looks when !keep. */
static bool seek(struct port_hold *hold, struct span span, uint32_t length, bool keep,
                 struct filter_range *found)
{
	uint32_t base = span.first, got = 0;

	while (base + length - 1 <= span.last) {
		if (got == length) {
			*found = (struct filter_range){(uint16_t)base, (uint16_t)(base + length - 1)};
			return true;
		}
		if (add(hold, (uint16_t)(base + got))) {
			got++;
			if (!keep)
				port_hold_drop(hold);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE)
			break;
		/* That port is somebody's: begin again behind it. */
		port_hold_drop(hold);
		base += got + 1;
		got = 0;
	}
	if (keep)
		port_hold_drop(hold);
	return false;
}

/* Candidate ranges in order of preference; NodePorts (30000 to 32767) are nobody's to take. */
static int candidates(struct span ephemeral, struct span spans[5])
{
	const struct span wishes[] = {{61000, 65535}, {20000, 29999}, {10000, 19999}, {33000, 60999}};
	int count = 0;

	for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++) {
		struct span wish = wishes[i];

		if (ephemeral.first > wish.last || ephemeral.last < wish.first)
			spans[count++] = wish;
		else if (ephemeral.last < wish.last)
			spans[count++] = (struct span){ephemeral.last + 1, wish.last};
		else if (ephemeral.first > wish.first)
			spans[count++] = (struct span){wish.first, ephemeral.first - 1};
	}
	/* Where nearly all ports are ephemeral, a bound one is still not handed out to anybody else. */
	spans[count++] = (struct span){10000, 29999};
	return count;
}

bool port_hold_find(struct port_hold *hold, uint32_t length, bool keep, uint32_t random,
                    struct filter_range *found)
{
	struct span spans[5];
	int count = candidates(ephemeral_range(), spans);

	for (int i = 0; i < count; i++) {
		struct span span = spans[i];
		uint32_t room;

		if (span.last + 1 < span.first + length)
			continue;
		/* Beginning anywhere keeps two probers, and two runs of one, off each other's ports. */
		room = span.last + 1 - span.first - length;
		if (seek(hold, (struct span){span.first + (room == 0 ? 0 : random % room), span.last}, length,
		         keep, found) ||
		    seek(hold, span, length, keep, found))
			return true;
	}
	return false;
}
