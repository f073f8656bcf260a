// SPDX-License-Identifier: MIT
/*
 * Congestion: in its stalls it sends UDP packets faster than the shaped port of the fabric lets through, from
 * one host to another, and measures at the receiver how late they came. A stall lasts until the last one has
 * arrived, that is until the port's buffer is empty again.
 */
#include "injector.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define PACKET_BYTES 1400
#define WIRE_BYTES (PACKET_BYTES + 8 + 20 + 14)
#define PACE_NS 2000000ull
#define DRAIN_NS 1500000000ull
#define RECEIVE_BUFFER (8 << 20)

struct bulk_packet {
	uint64_t sequence;
	uint64_t sent_ns;
	char padding[PACKET_BYTES - 16];
};

struct bulk {
	int sender;
	int receiver;
	uint64_t bits_per_s;
	uint64_t sequence;
	uint64_t received;
	uint64_t last_received; /* sequence number */
	uint64_t last_arrival_ns;
	uint64_t max_delay_ns;
};

static struct bulk bulk;

static void __attribute__((noreturn)) fail(const char *what)
{
	fprintf(stderr, "%s: %m\n", what);
	exit(1);
}

static void open_sockets(struct injector *injector)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	int size = RECEIVE_BUFFER;

	address.sin_port = htons((uint16_t)atoi(injector_value(injector, "port", "9")));
	if (inet_pton(AF_INET, injector_value(injector, "address", ""), &address.sin_addr) != 1)
		fail("--set address=ADDRESS is needed");
	injector_enter_netns(injector_value(injector, "to", ""));
	bulk.receiver = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (bulk.receiver < 0 || setsockopt(bulk.receiver, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) ||
	    bind(bulk.receiver, (struct sockaddr *)&address, sizeof(address)))
		fail("cannot receive");
	injector_enter_netns(injector_value(injector, "netns", ""));
	bulk.sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (bulk.sender < 0 || connect(bulk.sender, (struct sockaddr *)&address, sizeof(address)))
		fail("cannot send");
}

static void receive(void)
{
	struct bulk_packet packet;

	while (recv(bulk.receiver, &packet, sizeof(packet), MSG_DONTWAIT) == sizeof(packet)) {
		uint64_t now = mono_ns();

		bulk.received++;
		bulk.last_received = packet.sequence;
		bulk.last_arrival_ns = now;
		if (now - packet.sent_ns > bulk.max_delay_ns)
			bulk.max_delay_ns = now - packet.sent_ns;
	}
}

static bool stall(struct injector *injector, uint64_t length_ns, struct truth_stall *happened)
{
	struct bulk_packet packet = {};
	uint64_t first = bulk.sequence, pace, send_end_ns, per_pace;

	(void)injector;
	per_pace = bulk.bits_per_s / 8 * PACE_NS / 1000000000ull / WIRE_BYTES;
	bulk.received = 0;
	bulk.max_delay_ns = 0;
	happened->start_ns = pace = mono_ns();
	while (pace < happened->start_ns + length_ns && !injector_signalled()) {
		for (uint64_t i = 0; i < per_pace; i++) {
			packet.sequence = ++bulk.sequence;
			packet.sent_ns = mono_ns();
			/* A full buffer at the port is what this is about. */
			if (send(bulk.sender, &packet, sizeof(packet), 0) < 0 && errno != ENOBUFS)
				fail("cannot send");
		}
		receive();
		pace += PACE_NS;
		sleep_until_ns(pace);
		/* A pause is not made up for by a flood. */
		if (mono_ns() > pace + 10 * PACE_NS)
			pace = mono_ns();
	}
	send_end_ns = mono_ns();
	bulk.last_arrival_ns = send_end_ns;
	while (bulk.last_received < bulk.sequence && mono_ns() < send_end_ns + DRAIN_NS &&
	       !injector_signalled()) {
		struct pollfd ready = {.fd = bulk.receiver, .events = POLLIN};

		/* The last ones may have been dropped by the full buffer. */
		if (!poll(&ready, 1, 50) && bulk.last_arrival_ns + 100000000 < mono_ns())
			break;
		receive();
	}
	happened->end_ns = bulk.last_arrival_ns;
	snprintf(happened->extra, sizeof(happened->extra),
	         ",\"packets\":%" PRIu64 ",\"arrived\":%" PRIu64 ",\"sendEndMonoNs\":%" PRIu64
	         ",\"maxDelayNs\":%" PRIu64,
	         bulk.sequence - first, bulk.received, send_end_ns, bulk.max_delay_ns);
	return true;
}

int main(int argc, char **argv)
{
	struct injector injector;

	injector_parse(&injector, argc, argv);
	injector_prepare(&injector);
	bulk.bits_per_s = strtoull(injector_value(&injector, "bits-per-s", "40000000"), NULL, 10);
	if (bulk.bits_per_s < 8000000 || bulk.bits_per_s > 1000000000) {
		fprintf(stderr, "--set bits-per-s must be 8000000 to 1000000000\n");
		return 2;
	}
	open_sockets(&injector);
	injector_pin_self(injector.home_cpu);
	injector_run(&injector, stall, NULL);
	return 0;
}
