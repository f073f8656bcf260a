// SPDX-License-Identifier: MIT
/*
 * The resolver of the lab: answers every name with one address, over UDP. It passes the lock `page` before it
 * answers, and while the lock `book` is held it leaves queries for AAAA unanswered, as resolvers do that drop
 * the second of two queries which come from one socket.
 */
#include "injector.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "locks.h"

#define HEADER_BYTES 12
#define TYPE_A 1
#define TYPE_AAAA 28
#define TTL_BYTES 0, 0, 0, 60

/* Where the question ends, its type being the two bytes before the last two; 0 where there is none. */
static size_t question_end(const uint8_t *query, size_t length)
{
	size_t at = HEADER_BYTES;

	while (at < length && query[at] != 0) {
		if (query[at] > 63)
			return 0;
		at += 1u + query[at];
	}
	return at + 5 <= length ? at + 5 : 0;
}

/* Makes the answer in place of the query. Returns its length, 0 for none. */
static size_t answer(uint8_t *message, size_t length, const struct in_addr *address, bool drops_aaaa)
{
	static const uint8_t record[] = {0xc0, HEADER_BYTES, 0, TYPE_A, 0, 1, TTL_BYTES, 0, 4};
	size_t end = length > HEADER_BYTES ? question_end(message, length) : 0;
	unsigned int type;

	if (end == 0 || (message[2] & 0x80))
		return 0;
	type = (unsigned int)(message[end - 4] << 8 | message[end - 3]);
	if (type == TYPE_AAAA && drops_aaaa)
		return 0;
	/* An answer, recursion available, without error; nothing but the question is repeated. */
	message[2] |= 0x80;
	message[3] = 0x80;
	memset(message + 6, 0, 6);
	if (type != TYPE_A)
		return end;
	message[7] = 1;
	memcpy(message + end, record, sizeof(record));
	memcpy(message + end + sizeof(record), address, sizeof(*address));
	return end + sizeof(record) + sizeof(*address);
}

int main(int argc, char **argv)
{
	struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
	struct in_addr address;
	int fd, page, book;

	if (argc != 11 || strcmp(argv[1], "--state") || strcmp(argv[3], "--netns") ||
	    strcmp(argv[5], "--port") || strcmp(argv[7], "--cpu") || strcmp(argv[9], "--answer") ||
	    inet_pton(AF_INET, argv[10], &address) != 1) {
		fprintf(stderr, "usage: rxray-lab-names --state DIR --netns NAME --port PORT --cpu CPU "
		                "--answer ADDRESS\n");
		return 2;
	}
	page = lock_open(argv[2], "page");
	book = lock_open(argv[2], "book");
	injector_enter_netns(argv[4]);
	injector_realtime(SERVER_PRIORITY);
	injector_pin_self(atoi(argv[8]));
	own.sin_port = htons((uint16_t)atoi(argv[6]));
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (page < 0 || book < 0 || fd < 0 || bind(fd, (struct sockaddr *)&own, sizeof(own))) {
		fprintf(stderr, "cannot serve names on port %s in %s: %m\n", argv[6], argv[4]);
		return 1;
	}
	while (lab_is_up(argv[2])) {
		struct pollfd ready = {.fd = fd, .events = POLLIN};
		struct sockaddr_storage from;
		socklen_t from_length = sizeof(from);
		uint8_t message[1024];
		ssize_t got;
		size_t length;

		if (poll(&ready, 1, 500) <= 0)
			continue;
		/* Room for the answer behind the question. */
		got = recvfrom(fd, message, sizeof(message) - 64, 0, (struct sockaddr *)&from, &from_length);
		if (got <= 0)
			continue;
		lock_pass(page);
		length = answer(message, (size_t)got, &address, lock_is_held(book));
		if (length > 0)
			sendto(fd, message, length, 0, (struct sockaddr *)&from, from_length);
	}
	return 0;
}
