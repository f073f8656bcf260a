/* SPDX-License-Identifier: MIT */
#include "address.h"

#include <arpa/inet.h>
#include <string.h>

bool address_parse(const char *text, struct address *address)
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

	memset(address, 0, sizeof(*address));
	if (inet_pton(AF_INET, text, address->bytes) == 1) {
		address->family = 4;
		return true;
	}
	/* An IPv4 address in IPv6 clothes never appears on the wire, so it is not taken here either. */
	if (inet_pton(AF_INET6, text, address->bytes) == 1 && memcmp(address->bytes, mapped, 12) != 0) {
		address->family = 6;
		return true;
	}
	memset(address, 0, sizeof(*address));
	return false;
}

const char *address_text(const struct address *address, char text[ADDRESS_TEXT])
{
	if (address->family == 0 ||
	    !inet_ntop(address->family == 4 ? AF_INET : AF_INET6, address->bytes, text, ADDRESS_TEXT))
		text[0] = '\0';
	return text;
}

int address_compare(const struct address *left, const struct address *right)
{
	if (left->family != right->family)
		return left->family < right->family ? -1 : 1;
	return memcmp(left->bytes, right->bytes, sizeof(left->bytes));
}

bool address_equal(const struct address *left, const struct address *right)
{
	return address_compare(left, right) == 0;
}

bool address_is_unicast(const struct address *address)
{
	static const uint8_t zero[16];

	if (address->family == 4)
		return address->bytes[0] != 0 && address->bytes[0] < 224;
	return address->family == 6 && address->bytes[0] != 0xff && memcmp(address->bytes, zero, 16) != 0;
}

socklen_t address_to_sockaddr(const struct address *address, uint16_t port, struct sockaddr_in6 *storage)
{
	memset(storage, 0, sizeof(*storage));
	if (address->family == 4) {
		struct sockaddr_in *v4 = (struct sockaddr_in *)storage;

		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		memcpy(&v4->sin_addr, address->bytes, 4);
		return sizeof(*v4);
	}
	storage->sin6_family = AF_INET6;
	storage->sin6_port = htons(port);
	memcpy(&storage->sin6_addr, address->bytes, 16);
	return sizeof(*storage);
}
