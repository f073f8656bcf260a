/* SPDX-License-Identifier: MIT */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "announcement.h"
#include "check.h"
#include "classic_bpf.h"
#include "hear_filter.h"
#include "packet.h"

static const struct plan_range ports = {18432, 22527};

static size_t build(int family, enum transport transport, uint16_t source_port, uint8_t tcp_flags,
                    uint32_t magic, uint8_t packet[PACKET_MAX])
{
	uint8_t announcement[ANNOUNCEMENT_BYTES] = {(uint8_t)(magic >> 24), (uint8_t)(magic >> 16),
	                                            (uint8_t)(magic >> 8), (uint8_t)magic};
	struct address source, target;
	struct outgoing out = {.source = &source,
	                       .target = &target,
	                       .payload = PLAN_ANNOUNCED_PAYLOAD,
	                       .ttl = 64,
	                       .tcp_flags = tcp_flags,
	                       .transport = transport,
	                       .source_port = source_port,
	                       .target_port = 9876,
	                       .announcement = announcement};

	CHECK(address_parse(family == 4 ? "192.0.2.1" : "2001:db8::1", &source), "an address");
	CHECK(address_parse(family == 4 ? "192.0.2.2" : "2001:db8::2", &target), "an address");
	return packet_build(&out, packet);
}

/* Four bytes of options that do nothing; returns how many. */
static size_t packet_add_options(uint8_t *packet, size_t bytes)
{
	memmove(packet + 24, packet + 20, bytes - 20);
	memset(packet + 20, 1, 4);
	packet[0] = 0x46;
	return 4;
}

static void check_family(int family)
{
	struct sock_filter code[HEAR_FILTER_MAX];
	struct sock_fprog program = {.filter = code};
	size_t length = hear_filter_make(ports, family, code), bytes;
	uint8_t packet[PACKET_MAX];
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
#define KEPT() (classic_bpf_run(code, length, packet, bytes, false) == HEAR_FILTER_SNAP)

	program.len = (unsigned short)length;
	CHECK(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0,
	      "the kernel takes the program");
	close(fd);
	bytes = build(family, TRANSPORT_ICMP, 7, 0, ANNOUNCEMENT_MAGIC, packet);
	CHECK(KEPT(), "an echo with an announcement");
	for (size_t cut = 0; cut < bytes; cut++)
		(void)classic_bpf_run(code, length, packet, cut, false);
	bytes = build(family, TRANSPORT_ICMP, 7, 0, ANNOUNCEMENT_MAGIC + 1, packet);
	CHECK(!KEPT(), "an echo of somebody else");
	bytes = build(family, TRANSPORT_ICMP, 7, 0, ANNOUNCEMENT_MAGIC, packet);
	packet[family == 4 ? 20 : 40] = family == 4 ? 0 : 129;
	CHECK(!KEPT(), "a reply");
	for (uint32_t port = 18431; port <= 22528; port += 1) {
		bytes = build(family, TRANSPORT_TCP, (uint16_t)port, TCP_SYN, 0, packet);
		CHECK(KEPT() == (port >= ports.first && port <= ports.last), "a SYN from port %u", port);
	}
	bytes = build(family, TRANSPORT_TCP, 18432, TCP_SYN | TCP_ACK, 0, packet);
	CHECK(!KEPT(), "a SYN-ACK");
	bytes = build(family, TRANSPORT_TCP, 18432, TCP_RST, 0, packet);
	CHECK(!KEPT(), "a RST");
	bytes = build(family, TRANSPORT_UDP, 18432, 0, 0, packet);
	CHECK(!KEPT(), "a datagram");
	if (family == 4) {
		bytes = build(family, TRANSPORT_TCP, 18432, TCP_SYN, 0, packet);
		packet[7] = 9;
		CHECK(!KEPT(), "a later fragment");
		for (int syn = 0; syn < 2; syn++) {
			bytes = build(family, TRANSPORT_TCP, 18432, syn ? TCP_SYN : TCP_RST, 0, packet);
			bytes += packet_add_options(packet, bytes);
			CHECK(KEPT() == (syn == 1), "behind IP options, a SYN or not: %d", syn);
			packet[7] = 9;
			CHECK(!KEPT(), "a later fragment with options");
		}
	}
}

/* In front of a program that keeps datagrams. */
static void check_before(int family)
{
	const struct sock_filter datagrams[] = {
	        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, family == 4 ? 9 : 6),
	        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 1),
	        BPF_STMT(BPF_RET | BPF_K, 77),
	        BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_filter code[HEAR_FILTER_MAX + 4];
	uint8_t packet[PACKET_MAX];
	size_t length, bytes;

	memcpy(code, datagrams, sizeof(datagrams));
	length = hear_filter_before(ports, family, code, 4);
	bytes = build(family, TRANSPORT_UDP, 18432, 0, 0, packet);
	CHECK_EQUAL(classic_bpf_run(code, length, packet, bytes, false), 77, "what the other keeps");
	bytes = build(family, TRANSPORT_TCP, 18432, TCP_SYN, 0, packet);
	CHECK_EQUAL(classic_bpf_run(code, length, packet, bytes, false), HEAR_FILTER_SNAP, "a SYN");
	bytes = build(family, TRANSPORT_ICMP, 7, 0, ANNOUNCEMENT_MAGIC, packet);
	CHECK_EQUAL(classic_bpf_run(code, length, packet, bytes, false), HEAR_FILTER_SNAP, "an echo");
	bytes = build(family, TRANSPORT_TCP, 18432, TCP_RST, 0, packet);
	CHECK_EQUAL(classic_bpf_run(code, length, packet, bytes, false), 0, "what neither keeps");
	length = hear_filter_before(ports, family, code, 0);
	CHECK_EQUAL(classic_bpf_run(code, length, packet, bytes, false), 0, "alone");
}

int main(void)
{
	check_family(4);
	check_family(6);
	check_before(4);
	check_before(6);
	return 0;
}
