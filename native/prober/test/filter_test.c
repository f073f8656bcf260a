/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "filter.h"
#include "packet.h"

/* The kernel itself runs the program: it is attached to one end of a pair of local datagram sockets. */
static int pair[2];

static void attach(const struct filter_spec *spec)
{
	struct sock_filter code[FILTER_MAX];
	struct sock_fprog program = {.filter = code};

	program.len = (unsigned short)filter_make(spec, code);
	CHECK(program.len < FILTER_MAX, "the program fits");
	CHECK(setsockopt(pair[1], SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0,
	      "the kernel takes the program");
}

static bool kept(const uint8_t *packet, size_t length)
{
	uint8_t back[PACKET_MAX];
	ssize_t got;

	/* A datagram that the filter refuses is an error for the sender of a local socket, or is not there to
	 * read. */
	if (send(pair[0], packet, length, MSG_DONTWAIT) < 0)
		return false;
	got = recv(pair[1], back, sizeof(back), MSG_DONTWAIT);
	CHECK(got <= FILTER_SNAP, "no more is kept than asked for");
	return got > 0;
}

static void check_family(int family)
{
	struct address here, there;
	struct filter_spec spec = {
	        .icmp_ids = {100, 102},
	        .pinned_ports = {61000, 61015},
	        .fresh_ports = {20000, 20649},
	        .tcp = true,
	        .udp = true,
	        .family = family,
	};
	struct outgoing out = {
	        .source = &there, .target = &here, .payload = 56, .ttl = 64, .tcp_flags = TCP_RST};
	size_t header = family == 4 ? 20 : 40;
	uint8_t packet[PACKET_MAX], error[PACKET_MAX];
	const struct {
		uint16_t port;
		bool keep;
	} ports[] = {{60999, false}, {61000, true}, {61015, true}, {61016, false},
	             {19999, false}, {20000, true}, {20649, true}, {20650, false}};

	CHECK(address_parse(family == 4 ? "127.0.0.1" : "::1", &here) &&
	              address_parse(family == 4 ? "127.0.0.2" : "::2", &there),
	      "addresses");
	attach(&spec);
	for (enum transport transport = TRANSPORT_TCP; transport <= TRANSPORT_UDP; transport++) {
		for (size_t i = 0; i < COUNT(ports); i++) {
			size_t length;

			out.transport = (uint8_t)transport;
			out.source_port = 80;
			out.target_port = ports[i].port;
			length = packet_build(&out, packet);
			CHECK(kept(packet, length) == ports[i].keep, "to port %u", ports[i].port);
			if (family == 4) {
				packet[7] = 1;
				CHECK(!kept(packet, length), "a later fragment");
				memmove(packet + 24, packet + 20, length - 20);
				memset(packet + 20, 1, 4);
				packet[0] = 0x46;
				CHECK(!kept(packet, length + 4), "one with IP options");
				packet[7] = 0;
				CHECK(kept(packet, length + 4) == ports[i].keep,
				      "behind IP options to port %u", ports[i].port);
			}
			/* As an error quotes it, the port of ours is the source. */
			out.source_port = ports[i].port;
			out.target_port = 80;
			length = packet_build(&out, packet);
			CHECK(!kept(packet, length), "from port %u to somebody else's", ports[i].port);
			memset(error, 0, sizeof(error));
			memcpy(error, packet, header);
			error[family == 4 ? 9 : 6] = family == 4 ? 1 : 58;
			error[header] = family == 4 ? 3 : 1;
			memcpy(error + header + 8, packet, length);
			CHECK(kept(error, header + 8 + length) == ports[i].keep, "error about port %u",
			      ports[i].port);
			error[header] = family == 4 ? 5 : 5;
			CHECK(!kept(error, header + 8 + length), "ICMP of another type");
		}
	}
	for (uint16_t id = 99; id <= 103; id++) {
		size_t length;
		bool own = id >= 100 && id <= 102;

		out.transport = TRANSPORT_ICMP;
		out.source_port = id;
		length = packet_build(&out, packet);
		CHECK(!kept(packet, length), "an echo request");
		memset(error, 0, sizeof(error));
		memcpy(error, packet, header);
		error[header] = family == 4 ? 11 : 3;
		memcpy(error + header + 8, packet, length);
		CHECK(kept(error, header + 8 + length) == own, "error about the echo of id %u", id);
		packet[header] = family == 4 ? 0 : 129;
		CHECK(kept(packet, length) == own, "echo reply of id %u", id);
		if (family == 4) {
			packet[7] = 1;
			CHECK(!kept(packet, length), "a later fragment");
		}
	}
	/* A plan without TCP looks at no TCP. */
	spec.tcp = false;
	attach(&spec);
	out.transport = TRANSPORT_TCP;
	out.target_port = 61000;
	CHECK(!kept(packet, packet_build(&out, packet)), "TCP where only UDP was sent");
	spec.udp = false;
	attach(&spec);
	out.transport = TRANSPORT_UDP;
	CHECK(!kept(packet, packet_build(&out, packet)), "UDP where only ICMP was sent");
}

int main(void)
{
	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0, "a pair of sockets");
	check_family(4);
	check_family(6);
	close(pair[0]);
	close(pair[1]);
	return 0;
}
