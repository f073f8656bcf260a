/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "arrivals.h"
#include "check.h"

static const struct secret secret = {{11, 22}};

static void take(struct plan *plan, const char *lines)
{
	struct problem problem = {0};

	plan_init(plan);
	CHECK(plan_take_line(plan, "rxray-plan 1", 12, &problem), "%s", problem.message);
	while (*lines != '\0') {
		size_t bytes = strcspn(lines, "\n");

		CHECK(plan_take_line(plan, lines, bytes, &problem), "%s", problem.message);
		lines += bytes + 1;
	}
	plan->secret[0] = secret.words[0];
	plan->secret[1] = secret.words[1];
}

static struct address prober, target;
static struct arrivals arrivals;
static struct rxray_frame_arrival record;

static enum arrival_kind see(struct outgoing out, bool leaving)
{
	uint8_t packet[PACKET_MAX];
	size_t length;

	out.source = leaving ? &target : &prober;
	out.target = leaving ? &prober : &target;
	out.ttl = 64;
	length = packet_build(&out, packet);
	if (out.transport == TRANSPORT_ICMP && leaving)
		packet[20] = 0;
	return arrivals_take(&arrivals, packet, length, leaving, &record);
}

static struct outgoing syn(uint16_t port, uint16_t flow, uint64_t n)
{
	return (struct outgoing){
	        .transport = TRANSPORT_TCP,
	        .tcp_flags = TCP_SYN,
	        .tcp_seq = key_number(&secret, KEY_SEQUENCE, 5, flow, n),
	        .source_port = port,
	        .target_port = 80,
	};
}

static struct outgoing syn_answer(uint16_t port, uint16_t flow, uint64_t n, uint8_t flags)
{
	return (struct outgoing){
	        .transport = TRANSPORT_TCP,
	        .tcp_flags = flags,
	        .tcp_ack = key_number(&secret, KEY_SEQUENCE, 5, flow, n) + 1,
	        .source_port = 80,
	        .target_port = port,
	};
}

static void check_syn(void)
{
	CHECK_EQUAL(see(syn(61002, 2, 10), false), ARRIVAL_SEEN, "a probe");
	CHECK_EQUAL(record.path, 9, "its path as the plan wants it called");
	CHECK_EQUAL(record.seq, 42, "its number: 10 rounds of 4 flows, and the third flow");
	CHECK_EQUAL(record.flow, 2, "its flow");
	CHECK_EQUAL(record.direction, RXRAY_DIRECTION_IN, "its direction");
	CHECK_EQUAL(see(syn(61002, 2, 10), false), ARRIVAL_REPEATED, "the same once more");
	CHECK_EQUAL(see(syn_answer(61002, 2, 10, TCP_SYN | TCP_ACK), true), ARRIVAL_SEEN, "its reply");
	CHECK_EQUAL(record.seq, 42, "of the same number");
	CHECK_EQUAL(record.reply, RXRAY_REPLY_SYN_ACK, "what it is");
	CHECK_EQUAL(record.direction, RXRAY_DIRECTION_OUT, "the other direction");
	CHECK_EQUAL(see(syn_answer(61002, 2, 10, TCP_RST | TCP_ACK), true), ARRIVAL_REPEATED,
	            "a second answer");
	CHECK_EQUAL(see(syn_answer(61003, 3, 10, TCP_RST | TCP_ACK), true), ARRIVAL_SEEN,
	            "a RST of another flow");
	CHECK_EQUAL(record.reply, RXRAY_REPLY_RST, "is told as one");
	CHECK_EQUAL(see(syn(61003, 2, 10), false), ARRIVAL_FORGED, "the key of another flow");
	CHECK_EQUAL(see(syn(61002, 2, 300000), false), ARRIVAL_FORGED, "a number out of the blue");
	CHECK_EQUAL(see(syn(61002, 2, 11), false), ARRIVAL_SEEN, "the numbers before it go on");
	CHECK_EQUAL(see(syn(61000, 0, 300001), false), ARRIVAL_FORGED, "out of the blue again");
	CHECK_EQUAL(see(syn(61001, 1, 300001), false), ARRIVAL_SEEN,
	            "one near it confirms that time has passed");
	CHECK_EQUAL(record.seq, 1200005, "its number");
	CHECK_EQUAL(see(syn(20003, FRESH_FLOW, 13), false), ARRIVAL_SEEN,
	            "a fresh flow on the port of its number");
	CHECK_EQUAL(record.seq, FRESH_SEQ_BIT | 13, "counts for itself");
	CHECK_EQUAL(record.flow, FRESH_FLOW, "has no flow");
	CHECK_EQUAL(see(syn(20004, FRESH_FLOW, 15), false), ARRIVAL_FORGED, "a fresh flow on another port");
	CHECK_EQUAL(see((struct outgoing){.transport = TRANSPORT_TCP,
	                                  .tcp_flags = TCP_RST,
	                                  .source_port = 61002,
	                                  .target_port = 80},
	                false),
	            ARRIVAL_OTHER, "the RST that follows a SYN-ACK");
	CHECK_EQUAL(see(syn(62000, 0, 1), false), ARRIVAL_STRAY, "a port that nobody watches");
}

static void check_icmp(void)
{
	struct outgoing echo = {.transport = TRANSPORT_ICMP,
	                        .source_port = 700,
	                        .target_port = 3,
	                        .payload = 56,
	                        .path = 6,
	                        .seq = 70000,
	                        .nonce = key_nonce(&secret, 6, 70000)};

	CHECK_EQUAL(see(echo, false), ARRIVAL_SEEN, "an echo request, whatever its number");
	CHECK_EQUAL(record.path, 6, "the path's own number");
	CHECK_EQUAL(record.seq, 70000, "its number");
	CHECK_EQUAL(see(echo, true), ARRIVAL_SEEN, "the reply");
	CHECK_EQUAL(record.reply, RXRAY_REPLY_ECHO, "what it is");
	echo.seq = 70001;
	CHECK_EQUAL(see(echo, false), ARRIVAL_FORGED, "the nonce of another probe");
	echo.seq = 0x7fffffff;
	echo.nonce = key_nonce(&secret, 6, echo.seq);
	CHECK_EQUAL(see(echo, false), ARRIVAL_SEEN, "the last number before they wrap");
	echo.seq = 0;
	echo.nonce = key_nonce(&secret, 6, echo.seq);
	CHECK_EQUAL(see(echo, false), ARRIVAL_SEEN, "the first one after");
	CHECK_EQUAL(see(echo, false), ARRIVAL_REPEATED, "which is known from then on");
	echo.source_port = 701;
	CHECK_EQUAL(see(echo, false), ARRIVAL_STRAY, "another id");
}

/* A port-unreachable message quotes the probe that it answers. */
static void check_udp(void)
{
	struct outgoing probe = {.source = &prober,
	                         .target = &target,
	                         .transport = TRANSPORT_UDP,
	                         .ttl = 64,
	                         .source_port = 61051,
	                         .target_port = 53,
	                         .payload = 56,
	                         .path = 7,
	                         .seq = 5,
	                         .nonce = key_nonce(&secret, 7, 5)};
	struct outgoing error = {
	        .source = &target, .target = &prober, .transport = TRANSPORT_ICMP, .ttl = 64};
	uint8_t packet[PACKET_MAX], quote[PACKET_MAX];
	size_t length = packet_build(&probe, quote);

	CHECK_EQUAL(see(probe, false), ARRIVAL_SEEN, "a UDP probe");
	CHECK_EQUAL(record.flow, 1, "its flow");
	packet_build(&error, packet);
	packet[20] = 3;
	packet[21] = 3;
	memcpy(packet + 28, quote, length);
	CHECK_EQUAL(arrivals_take(&arrivals, packet, 28 + length, true, &record), ARRIVAL_SEEN, "its answer");
	CHECK_EQUAL(record.reply, RXRAY_REPLY_UNREACHABLE, "what it is");
	CHECK_EQUAL(record.seq, 5, "its number");
}

static void check_listed(void)
{
	struct outgoing probe = syn(30007, 1, 3);

	/* Keys are made of the number of the path. */
	probe.tcp_seq = key_number(&secret, KEY_SEQUENCE, 8, 1, 3);
	probe.target_port = 81;
	CHECK_EQUAL(see(probe, false), ARRIVAL_SEEN, "from a port that is named");
	CHECK_EQUAL(record.flow, 1, "its flow is its place in the list");
	CHECK_EQUAL(record.seq, 10, "3 rounds of 3 flows, and the second flow");
	probe.source_port = 30003;
	CHECK_EQUAL(see(probe, false), ARRIVAL_FORGED, "the key of another flow");
	probe.source_port = 30004;
	CHECK_EQUAL(see(probe, false), ARRIVAL_STRAY, "a port in between");
	probe.source_port = 30005;
	probe.tcp_seq = key_number(&secret, KEY_SEQUENCE, 8, FRESH_FLOW, 0);
	CHECK_EQUAL(see(probe, false), ARRIVAL_SEEN, "a fresh port in between");
	CHECK_EQUAL(record.flow, FRESH_FLOW, "is of no flow");
}

static void check_tunnel(void)
{
	uint8_t packet[PACKET_MAX + 20] = {0x45, 0, 0, 0, 0, 0, 0, 0, 64, 4};
	struct outgoing probe = syn(61003, 3, 300010);
	size_t length;

	probe.source = &prober;
	probe.target = &target;
	probe.ttl = 64;
	length = packet_build(&probe, packet + 20) + 20;
	CHECK_EQUAL(arrivals_take(&arrivals, packet, length, false, &record), ARRIVAL_SEEN, "inside IPIP");
	CHECK((record.flags & RXRAY_ARRIVAL_FLAGS_TUNNELLED) != 0, "says so");
	CHECK_EQUAL(arrivals_take(&arrivals, packet, 24, false, &record), ARRIVAL_STRAY, "cut short");
}

static void check_sightings(void)
{
	struct sightings sightings = {0};

	CHECK_EQUAL(sightings_note(&sightings, 100, 0, true), SIGHTING_NEW, "the first");
	CHECK_EQUAL(sightings_note(&sightings, 90, 0, true), SIGHTING_NEW, "an older one that came late");
	CHECK_EQUAL(sightings_note(&sightings, 90, 1, true), SIGHTING_NEW, "the other direction");
	CHECK_EQUAL(sightings_note(&sightings, 90, 1, true), SIGHTING_REPEATED, "again");
	CHECK_EQUAL(sightings_note(&sightings, 100 + SIGHTINGS_WINDOW, 0, true), SIGHTING_NEW, "far ahead");
	CHECK_EQUAL(sightings_note(&sightings, 100, 0, true), SIGHTING_TOO_OLD, "out of the window");
	CHECK_EQUAL(sightings_note(&sightings, 101, 0, true), SIGHTING_NEW, "just within");
	for (uint64_t k = 101 + SIGHTINGS_WINDOW; k < 101 + 3 * SIGHTINGS_WINDOW; k++)
		CHECK_EQUAL(sightings_note(&sightings, k, 0, false), SIGHTING_NEW, "round after round");
}

int main(void)
{
	struct plan plan;

	CHECK(address_parse("10.0.0.1", &prober) && address_parse("10.0.0.2", &target), "addresses");
	take(&plan,
	     "watch 5 syn 10.0.0.2 port=80 source=10.0.0.1 ports=61000-61003 fresh=20000-20009 as=9 if=eth0 "
	     "tunnel=1\n"
	     "watch 6 icmp 10.0.0.2 source=10.0.0.1 id=700 if=eth0\n"
	     "watch 7 udp 10.0.0.2 port=53 source=10.0.0.1 ports=61050-61051 if=eth0\n"
	     "watch 8 syn 10.0.0.2 port=81 source=10.0.0.1 ports=30003,30007,30001 fresh=30005-30006 "
	     "if=eth0\n");
	CHECK(arrivals_open(&arrivals, &plan), "memory");
	check_syn();
	check_icmp();
	check_udp();
	check_listed();
	check_tunnel();
	check_sightings();
	arrivals_close(&arrivals);
	plan_free(&plan);
	return 0;
}
