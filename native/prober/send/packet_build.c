/* SPDX-License-Identifier: MIT */
#include <netinet/in.h>
#include <string.h>

#include "packet.h"

#define TCP_BYTES 24 /* the header and the option that states the largest segment */

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, (uint16_t)(value >> 16));
	put16(at + 2, (uint16_t)value);
}

uint16_t packet_checksum(const uint8_t *data, size_t length, uint32_t sum)
{
	for (; length > 1; data += 2, length -= 2)
		sum += (uint32_t)data[0] << 8 | data[1];
	if (length == 1)
		sum += (uint32_t)data[0] << 8;
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static uint32_t pseudo_header(const struct outgoing *out, uint8_t protocol, size_t length)
{
	size_t bytes = out->target->family == 4 ? 4 : 16;
	uint16_t source = (uint16_t)~packet_checksum(out->source->bytes, bytes, 0);
	uint16_t target = (uint16_t)~packet_checksum(out->target->bytes, bytes, 0);

	return (uint32_t)source + target + protocol + (uint32_t)length;
}

static void put_payload(const struct outgoing *out, uint8_t *at)
{
	/* A constant filler: a payload of zeros can read as padding, and a random one costs time. */
	memset(at, 0x55, out->payload);
	put32(at, out->path);
	put32(at + 4, out->seq);
	put32(at + 8, (uint32_t)(out->nonce >> 32));
	put32(at + 12, (uint32_t)out->nonce);
	if (out->announcement != NULL)
		memcpy(at + 16, out->announcement, ANNOUNCEMENT_BYTES);
}

static size_t build_icmp(const struct outgoing *out, uint8_t *at)
{
	size_t length = 8 + (size_t)out->payload;
	bool v4 = out->target->family == 4;

	memset(at, 0, 8);
	at[0] = v4 ? 8 : 128;
	put16(at + 4, out->source_port);
	put16(at + 6, out->target_port);
	put_payload(out, at + 8);
	put16(at + 2, packet_checksum(at, length, v4 ? 0 : pseudo_header(out, IPPROTO_ICMPV6, length)));
	return length;
}

static size_t build_tcp(const struct outgoing *out, uint8_t *at)
{
	bool syn = (out->tcp_flags & TCP_SYN) != 0;
	size_t length = syn ? TCP_BYTES : TCP_BYTES - 4;

	memset(at, 0, TCP_BYTES);
	put16(at, out->source_port);
	put16(at + 2, out->target_port);
	put32(at + 4, out->tcp_seq);
	put32(at + 8, out->tcp_ack);
	at[12] = (uint8_t)(length / 4 << 4);
	at[13] = out->tcp_flags;
	put16(at + 14, (out->tcp_flags & TCP_RST) != 0 ? 0 : 65535);
	if (syn) {
		/* Some middleboxes drop a SYN without this option. */
		at[20] = 2;
		at[21] = 4;
		put16(at + 22, out->target->family == 4 ? 1460 : 1440);
	}
	put16(at + 16, packet_checksum(at, length, pseudo_header(out, IPPROTO_TCP, length)));
	return length;
}

static size_t build_udp(const struct outgoing *out, uint8_t *at)
{
	size_t length = 8 + (size_t)out->payload;
	uint16_t checksum;

	put16(at, out->source_port);
	put16(at + 2, out->target_port);
	put16(at + 4, (uint16_t)length);
	put16(at + 6, 0);
	put_payload(out, at + 8);
	checksum = packet_checksum(at, length, pseudo_header(out, IPPROTO_UDP, length));
	put16(at + 6, checksum == 0 ? 0xffff : checksum); /* 0 would say that there is none (RFC 768) */
	return length;
}

size_t packet_build(const struct outgoing *out, uint8_t packet[PACKET_MAX])
{
	bool v4 = out->target->family == 4;
	size_t header = v4 ? 20 : 40;
	uint8_t protocol = IPPROTO_UDP;
	size_t length;

	if (out->transport == TRANSPORT_ICMP) {
		length = build_icmp(out, packet + header);
		protocol = v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	} else if (out->transport == TRANSPORT_TCP) {
		length = build_tcp(out, packet + header);
		protocol = IPPROTO_TCP;
	} else {
		length = build_udp(out, packet + header);
	}
	memset(packet, 0, header);
	if (v4) {
		packet[0] = 0x45;
		put16(packet + 2, (uint16_t)(header + length));
		put16(packet + 4, out->ip_id);
		packet[6] = 0x40; /* do not fragment */
		packet[8] = out->ttl;
		packet[9] = protocol;
		memcpy(packet + 12, out->source->bytes, 4);
		memcpy(packet + 16, out->target->bytes, 4);
		put16(packet + 10, packet_checksum(packet, header, 0));
	} else {
		packet[0] = 0x60;
		put16(packet + 4, (uint16_t)length);
		packet[6] = protocol;
		packet[7] = out->ttl;
		memcpy(packet + 8, out->source->bytes, 16);
		memcpy(packet + 24, out->target->bytes, 16);
	}
	return header + length;
}
