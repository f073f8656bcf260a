/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "classic_bpf.h"
#include "packet.h"
#include "segments.h"

#define DATA_BYTES 7u

/* A segment with data behind a header with options; returns its length. */
static size_t build(int family, const char *from, uint16_t port, uint8_t flags, uint8_t packet[PACKET_MAX])
{
	struct address source, target;
	struct outgoing out = {.source = &source,
	                       .target = &target,
	                       .ttl = 64,
	                       .tcp_seq = 0xfffffff0,
	                       .tcp_flags = flags,
	                       .transport = TRANSPORT_TCP,
	                       .source_port = port,
	                       .target_port = 40123};
	size_t header = family == 4 ? 20 : 40, bytes;

	CHECK(address_parse(from, &source), "an address");
	CHECK(address_parse(family == 4 ? "192.0.2.2" : "2001:db8::2", &target), "an address");
	bytes = packet_build(&out, packet);
	memset(packet + bytes, 'x', DATA_BYTES);
	bytes += DATA_BYTES;
	if (family == 4) {
		packet[2] = (uint8_t)(bytes >> 8);
		packet[3] = (uint8_t)bytes;
	} else {
		packet[4] = (uint8_t)((bytes - header) >> 8);
		packet[5] = (uint8_t)(bytes - header);
	}
	return bytes;
}

static void check_family(int family, const char *from, const char *other)
{
	struct plan_answers answers = {.port = 443};
	struct sock_filter code[SEGMENTS_FILTER_MAX];
	struct sock_fprog program = {.filter = code};
	struct rxray_frame_segment segment;
	uint8_t packet[PACKET_MAX];
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	size_t length, bytes;
#define KEPT() (classic_bpf_run(code, length, packet, bytes, false) == SEGMENTS_SNAP)

	CHECK(address_parse(from, &answers.from), "an address");
	length = segments_filter(&answers, code);
	program.len = (unsigned short)length;
	CHECK(length <= SEGMENTS_FILTER_MAX &&
	              setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0,
	      "the kernel takes the program");
	close(fd);
	bytes = build(family, from, 443, TCP_ACK, packet);
	CHECK(KEPT(), "data from there");
	CHECK(segments_parse(packet, bytes, &segment), "data is told");
	CHECK_EQUAL(segment.seq, 0xfffffff0, "its number");
	/* A probe of packet_build() may have options, which are no data. */
	CHECK_EQUAL(segment.data_bytes, DATA_BYTES, "its bytes");
	CHECK_EQUAL(segment.port, 40123, "the port here");
	CHECK_EQUAL(segment.flags, 0, "no SYN");
	for (size_t cut = 0; cut < bytes; cut++) {
		(void)classic_bpf_run(code, length, packet, cut, false);
		(void)segments_parse(packet, cut, &segment);
	}
	bytes = build(family, from, 443, TCP_SYN | TCP_ACK, packet);
	CHECK(KEPT() && segments_parse(packet, bytes, &segment), "a SYN-ACK");
	CHECK_EQUAL(segment.flags, RXRAY_SEGMENT_FLAGS_SYN, "a SYN");
	bytes = build(family, other, 443, TCP_ACK, packet);
	CHECK(!KEPT(), "from elsewhere");
	bytes = build(family, from, 444, TCP_ACK, packet);
	CHECK(!KEPT(), "from another port");
	bytes = build(family, from, 443, TCP_ACK, packet);
	packet[family == 4 ? 9 : 6] = IPPROTO_UDP;
	CHECK(!KEPT(), "a datagram");
	if (family == 4) {
		bytes = build(family, from, 443, TCP_ACK, packet);
		packet[7] = 9;
		CHECK(!KEPT(), "a later fragment");
	}
	bytes = build(family, from, 443, TCP_ACK, packet) - DATA_BYTES;
	packet[family == 4 ? 3 : 5] -= DATA_BYTES;
	CHECK(!segments_parse(packet, bytes, &segment), "an acknowledgement alone");
}

int main(void)
{
	check_family(4, "192.0.2.1", "192.0.2.9");
	check_family(6, "2001:db8::1", "2001:db8:0:0:1::1");
	return 0;
}
