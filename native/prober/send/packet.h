/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_PACKET_H
#define RXRAY_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"

#define PACKET_MAX 1500
#define ANNOUNCEMENT_BYTES 56

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

enum transport { TRANSPORT_NONE, TRANSPORT_ICMP, TRANSPORT_TCP, TRANSPORT_UDP };

/* What a probe is made of. The payload begins with its key: path, seq, nonce. */
struct outgoing {
	const struct address *source, *target;
	uint64_t nonce;
	uint32_t path, seq;
	uint32_t tcp_seq, tcp_ack;
	uint16_t source_port, target_port; /* for ICMP the id and the sequence number of the echo */
	uint16_t payload; /* bytes, of ICMP and UDP only */
	uint16_t ip_id; /* IPv4 only; routers quote it even where they quote little else */
	uint8_t ttl;
	uint8_t transport; /* enum transport */
	uint8_t tcp_flags;
	const uint8_t *announcement; /* behind the key, ANNOUNCEMENT_BYTES; NULL none */
};

/* Writes the packet from its IP header on; returns its length, at most PACKET_MAX. */
size_t packet_build(const struct outgoing *out, uint8_t packet[PACKET_MAX]);

/* The part of a probe that a reply echoes or an ICMP error quotes. */
struct echoed {
	uint64_t nonce;
	uint32_t path, seq;
	bool whole; /* the three above were there to read */
};

/* A received packet, taken apart. For an ICMP error the ports and numbers are those of the quoted probe. */
struct incoming {
	struct address source, destination; /* of the packet itself */
	struct address target; /* the same as the destination, or for an ICMP error where the quoted probe was
	                          going */
	struct address quoted_source; /* where the probe came from that an ICMP error quotes */
	struct echoed echoed;
	uint32_t tcp_seq, tcp_ack;
	uint16_t source_port, target_port; /* as in struct outgoing for ICMP, and for quoted packets */
	uint16_t quoted_ip_id;
	uint8_t ttl;
	uint8_t transport;
	uint8_t tcp_flags;
	uint8_t icmp_type, icmp_code;
	bool request; /* an echo request */
	bool error; /* an ICMP error that quotes something of ours */
};

/* Takes a packet apart from its IP header on. False for all that is neither a probe nor can answer one. */
bool packet_parse_any(const uint8_t *packet, size_t length, struct incoming *in);

/* The packet inside an IPv4-in-IPv4 one (RFC 2003), NULL where there is none. */
const uint8_t *packet_inside(const uint8_t *packet, size_t *length);

/* The same for what can answer a probe only. */
bool packet_parse(const uint8_t *packet, size_t length, struct incoming *in);

/* The Internet checksum (RFC 1071), with a sum to begin with. */
uint16_t packet_checksum(const uint8_t *data, size_t length, uint32_t sum);

#endif
