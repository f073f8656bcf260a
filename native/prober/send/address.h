/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_ADDRESS_H
#define RXRAY_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#define ADDRESS_TEXT 64

/* A numeric IPv4 or IPv6 address; of IPv4 only the first four bytes are in use, the others are 0. */
struct address {
	uint8_t family; /* 0 none, 4 or 6 */
	uint8_t bytes[16];
};

bool address_parse(const char *text, struct address *address);
const char *address_text(const struct address *address, char text[ADDRESS_TEXT]);
bool address_equal(const struct address *left, const struct address *right);
int address_compare(const struct address *left, const struct address *right);

/* True for an address that can stand for one single machine: not multicast, broadcast, reserved or unset. */
bool address_is_unicast(const struct address *address);

/* Turns it into what sendto() and bind() take; returns the length. */
socklen_t address_to_sockaddr(const struct address *address, uint16_t port, struct sockaddr_in6 *storage);

#endif
