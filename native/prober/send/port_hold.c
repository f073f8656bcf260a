/* SPDX-License-Identifier: MIT */
#include "port_hold.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"
#include "open_files.h"

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
	while (hold->count > hold->kept)
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

/*
 * Blocks of ports, and of ICMP identifiers, are agreed on by name among the probers of a network namespace:
 * fresh ports are held by nothing else, and identifiers cannot be.
 */
static bool own(const struct port_hold *hold, uint32_t block)
{
	return (hold->blocks[block / 64] >> (block % 64) & 1) != 0;
}

enum name_held port_hold_claim(struct port_hold *hold, const char *what, struct filter_range range)
{
	size_t before = hold->names.count;

	for (uint32_t block = range.first / PORT_BLOCK; block <= range.last / PORT_BLOCK; block++) {
		bool port = what[0] == 'p';
		enum name_held held = port && own(hold, block) ? NAME_HELD
		                                               : name_hold_take(&hold->names, "rxray-%s-%u",
		                                                                what, block * PORT_BLOCK);

		if (held != NAME_HELD) {
			name_hold_drop(&hold->names, before);
			return held;
		}
	}
	for (uint32_t block = range.first / PORT_BLOCK; what[0] == 'p' && block <= range.last / PORT_BLOCK;
	     block++)
		hold->blocks[block / 64] |= 1ull << (block % 64);
	return NAME_HELD;
}

bool port_hold_this(struct port_hold *hold, uint16_t port)
{
	switch (port_hold_claim(hold, "ports", (struct filter_range){port, port})) {
	case NAME_HELD:
		return add(hold, port);
	case NAME_TAKEN:
		errno = EADDRINUSE;
		return false;
	default:
		return false;
	}
}

/* Seeks `length` free ports in a row between first and last; holds them all, or only looks when !keep. */
static bool seek(struct port_hold *hold, struct span span, uint32_t length, bool keep,
                 struct filter_range *found)
{
	uint32_t base = span.first, got = 0;

	while (base + length - 1 <= span.last) {
		if (got == length) {
			*found = (struct filter_range){(uint16_t)base, (uint16_t)(base + length - 1)};
			switch (port_hold_claim(hold, "ports", *found)) {
			case NAME_HELD:
				return true;
			case NAME_TAKEN:
				/* Another prober's: look behind the block in which this one would begin. */
				port_hold_drop(hold);
				base += PORT_BLOCK;
				got = 0;
				continue;
			case NAME_FAILED:
				port_hold_drop(hold);
				return false;
			}
		}
		if (add(hold, (uint16_t)(base + got))) {
			got++;
			if (!keep)
				port_hold_drop(hold);
			continue;
		}
		if (open_files_spent())
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

/* What is left of a wish outside the ephemeral range; false when nothing is. */
static bool outside(struct span wish, struct span ephemeral, struct span *left)
{
	*left = wish;
	if (ephemeral.first > wish.last || ephemeral.last < wish.first)
		return true;
	if (ephemeral.last < wish.last)
		*left = (struct span){ephemeral.last + 1, wish.last};
	else if (ephemeral.first > wish.first)
		*left = (struct span){wish.first, ephemeral.first - 1};
	else
		return false;
	return true;
}

/*
 * Candidate ranges in order of preference; NodePorts (30000 to 32767) are nobody's to take. Which of the
 * first two comes first is left to chance, by their size: probers of several network namespaces may leave by
 * one masquerade, and know nothing of each other.
 */
static int candidates(struct span ephemeral, uint32_t random, struct span spans[5])
{
	const struct span wishes[] = {{10000, 29999}, {61000, 65535}, {33000, 60999}};
	bool low_first = random % 24536 < 20000;
	int count = 0;

	if (outside(wishes[low_first ? 0 : 1], ephemeral, &spans[count]))
		count++;
	if (outside(wishes[low_first ? 1 : 0], ephemeral, &spans[count]))
		count++;
	if (outside(wishes[2], ephemeral, &spans[count]))
		count++;
	/* Where nearly all ports are ephemeral, a bound one is still not handed out to anybody else. */
	spans[count++] = wishes[0];
	return count;
}

bool port_hold_find(struct port_hold *hold, uint32_t length, bool keep, uint32_t random,
                    struct filter_range *found)
{
	struct span spans[5];
	int count = candidates(ephemeral_range(), random, spans);

	if (hold->within.first <= hold->within.last) {
		spans[0] = (struct span){hold->within.first, hold->within.last};
		count = 1;
	}
	for (int i = 0; i < count; i++) {
		struct span span = spans[i];
		uint32_t room;

		if (span.last + 1 < span.first + length)
			continue;
		/* Beginning anywhere keeps two probers, and two runs of one, off each other's ports. */
		room = span.last + 1 - span.first - length;
		if (seek(hold,
		         (struct span){span.first + (room == 0 ? 0 : random / BEGIN_STEP % room), span.last},
		         length, keep, found) ||
		    seek(hold, span, length, keep, found))
			return true;
	}
	return false;
}
