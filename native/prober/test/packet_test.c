/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "check.h"
#include "packet.h"

static struct address address(const char *text)
{
	struct address parsed;

	CHECK(address_parse(text, &parsed), "%s", text);
	return parsed;
}

/* Sums the transport part with its pseudo-header; a right checksum makes that 0 (RFC 1071). */
static uint16_t residue(const uint8_t *packet, size_t length, bool pseudo)
{
	bool v4 = packet[0] >> 4 == 4;
	size_t header = v4 ? 20 : 40;
	uint32_t sum = 0;

	if (pseudo) {
		sum = (uint16_t)~packet_checksum(packet + (v4 ? 12 : 8), v4 ? 8 : 32, 0);
		sum += (uint32_t)(length - header) + (v4 ? packet[9] : packet[6]);
	}
	return packet_checksum(packet + header, length - header, sum);
}

static struct outgoing outgoing(const struct address *source, const struct address *target,
                                enum transport transport)
{
	return (struct outgoing){
	        .source = source,
	        .target = target,
	        .transport = (uint8_t)transport,
	        .tcp_flags = TCP_SYN,
	        .tcp_seq = 0x01020304,
	        .source_port = 61000,
	        .target_port = 80,
	        .payload = 57, /* odd, so that the checksum has a byte over */
	        .path = 7,
	        .seq = 9,
	        .nonce = 0x1122334455667788ull,
	        .ip_id = 0x8009,
	        .ttl = 64,
	};
}

static void check_family(const char *from, const char *to)
{
	struct address source = address(from), target = address(to);
	uint8_t packet[PACKET_MAX], reply[PACKET_MAX];
	bool v4 = source.family == 4;
	size_t header = v4 ? 20 : 40;
	struct incoming in;

	for (enum transport transport = TRANSPORT_ICMP; transport <= TRANSPORT_UDP; transport++) {
		struct outgoing out = outgoing(&source, &target, transport);
		size_t length = packet_build(&out, packet);

		CHECK(!v4 || packet_checksum(packet, 20, 0) == 0, "checksum of the IPv4 header");
		CHECK_EQUAL(residue(packet, length, transport != TRANSPORT_ICMP || !v4), 0,
		            "checksum of the rest");
		/* An error of a router that quotes the packet whole, then one that quotes only the least. */
		memset(reply, 0, sizeof(reply));
		memcpy(reply, packet, header);
		reply[v4 ? 9 : 6] = v4 ? 1 : 58;
		reply[header] = v4 ? 11 : 3;
		memcpy(reply + header + 8, packet, length);
		CHECK(packet_parse(reply, header + 8 + length, &in), "an ICMP error");
		CHECK(in.error && in.transport == transport && in.source_port == 61000 &&
		              in.target_port == 80,
		      "what it quotes");
		CHECK(address_equal(&in.target, &target), "where the quoted packet was going");
		CHECK(transport == TRANSPORT_TCP ? in.tcp_seq == 0x01020304
		                                 : in.echoed.whole && in.echoed.seq == 9,
		      "the key that it quotes");
		CHECK(packet_parse(reply, header + 8 + header + 8, &in), "a short quote");
		CHECK(in.error && !in.echoed.whole && (!v4 || in.quoted_ip_id == 0x8009),
		      "a short quote has the IP id");
		for (size_t cut = 0; cut < header + 8 + header + 8; cut++)
			CHECK(!packet_parse(reply, cut, &in), "an error cut off at %zu", cut);
	}
}

static void check_answers(void)
{
	struct address here = address("127.0.0.1"), there = address("127.0.0.2");
	struct outgoing out = outgoing(&there, &here, TRANSPORT_TCP);
	uint8_t packet[PACKET_MAX];
	struct incoming in;
	size_t length;

	out.tcp_flags = TCP_RST | TCP_ACK;
	out.tcp_ack = 4711;
	length = packet_build(&out, packet);
	CHECK_EQUAL(length, 40, "a RST has no options");
	CHECK(packet_parse(packet, length, &in), "a RST");
	CHECK(in.tcp_flags == (TCP_RST | TCP_ACK) && in.tcp_ack == 4711 && in.ttl == 64 && !in.error,
	      "its numbers");
	packet[7] = 1;
	CHECK(!packet_parse(packet, length, &in), "a later fragment has no ports to look at");

	out = outgoing(&there, &here, TRANSPORT_ICMP);
	length = packet_build(&out, packet);
	CHECK(!packet_parse(packet, length, &in), "an echo request answers nothing");
	packet[20] = 0;
	CHECK(packet_parse(packet, length, &in), "an echo reply");
	CHECK(in.echoed.whole && in.echoed.path == 7 && in.echoed.nonce == out.nonce &&
	              in.source_port == 61000,
	      "its key");
	memmove(packet + 24, packet + 20, length - 20);
	packet[0] = 0x46;
	CHECK(packet_parse(packet, length + 4, &in) && in.echoed.nonce == out.nonce, "behind IP options");
}

int main(void)
{
	check_family("127.0.0.1", "127.0.0.2");
	check_family("::1", "fe80::2");
	check_answers();
	return 0;
}
