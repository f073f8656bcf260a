/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "match_reply.h"

#define SYN_PATH 0
#define ICMP_PATH 1
#define UDP_PATH 2
#define PATHS 3
#define SENT 8 /* probes of each path under way */
#define FLOWS 4

static struct prober prober;
static struct address own, target, router, third;

/* Probes 0 to SENT - 1 of each path have been sent. */
static void begin_with(const char *syn, const char *udp)
{
	const char *const lines[] = {"rxray-plan 1", syn, "path 1 icmp 192.0.2.2", udp, "run"};
	struct problem problem = {0};

	memset(&prober, 0, sizeof(prober));
	CHECK(frames_init(&prober.frames, open("/dev/null", O_WRONLY | O_CLOEXEC)), "a place for frames");
	plan_init(&prober.plan);
	for (size_t i = 0; i < COUNT(lines); i++)
		CHECK(plan_take_line(&prober.plan, lines[i], strlen(lines[i]), &problem), "%s",
		      problem.message);
	CHECK(plan_finish(&prober.plan, &problem), "%s", problem.message);
	CHECK(ports_reserve(&prober.sender.ports, &prober.plan, 4711, &problem), "%s", problem.message);
	prober.sender.paths = calloc(PATHS, sizeof(*prober.sender.paths));
	prober.sender.trains = calloc(PATHS, sizeof(*prober.sender.trains));
	prober.sender.train_count = PATHS;
	for (uint32_t i = 0; i < PATHS; i++) {
		prober.sender.paths[i] = (struct path){.pinned = i, .fresh = NO_TRAIN};
		prober.sender.paths[i].route.source = own;
		prober.sender.trains[i].path = i;
		prober.sender.trains[i].outstanding =
		        (struct unanswered){.slots = calloc(64, sizeof(struct slot)), .capacity = 64};
		for (uint64_t k = 0; k < SENT; k++)
			unanswered_begin(&prober.sender.trains[i].outstanding, k);
	}
}

static void begin(void)
{
	begin_with("path 0 syn 192.0.2.2 port=80 flows=4",
	           "path 2 udp 192.0.2.2 port=33434 interval-ns=10000000");
}

static void end(void)
{
	for (uint32_t i = 0; i < PATHS; i++)
		free(prober.sender.trains[i].outstanding.slots);
	free(prober.sender.paths);
	free(prober.sender.trains);
	ports_release(&prober.sender.ports);
	plan_free(&prober.plan);
	close(prober.frames.fd);
	frames_free(&prober.frames);
}

/* Probe k as it was sent. */
static struct outgoing probe(uint32_t path, uint64_t k)
{
	struct outgoing out = {
	        .source = &own,
	        .target = &target,
	        .path = path,
	        .seq = (uint32_t)k,
	        .nonce = key_nonce(&prober.secret, path, (uint32_t)k),
	        .ip_id = (uint16_t)(0x8000u | k),
	        .ttl = 64,
	        .payload = 56,
	        .source_port = prober.sender.ports.paths[path].first,
	        .target_port = prober.plan.paths[path].port,
	        .transport = TRANSPORT_UDP,
	};

	if (path == ICMP_PATH) {
		out.transport = TRANSPORT_ICMP;
		out.target_port = (uint16_t)k;
	}
	if (path == SYN_PATH) {
		out.transport = TRANSPORT_TCP;
		out.tcp_flags = TCP_SYN;
		out.source_port = ports_of_flow(&prober.sender.ports.paths[path], (uint16_t)(k % FLOWS));
		out.tcp_seq = key_number(&prober.secret, KEY_SEQUENCE, path, k % FLOWS, k / FLOWS);
	}
	return out;
}

static void deliver(const uint8_t *packet, size_t length)
{
	struct sockaddr_ll from = {0};
	struct received received = {.packet = packet, .length = length, .from = &from};

	match_reply(&prober, &received);
}

/* `quoted` bytes of the probe behind its IP header, in an ICMP error of `sender`. */
static void refuse(const struct outgoing *quote, size_t quoted, const struct address *sender, uint8_t type,
                   uint8_t code)
{
	uint8_t inner[PACKET_MAX], packet[PACKET_MAX];
	struct outgoing carrier = {.source = sender,
	                           .target = &own,
	                           .ttl = 60,
	                           .ip_id = 1,
	                           .payload = 16,
	                           .transport = TRANSPORT_ICMP};
	size_t length = packet_build(quote, inner);

	packet_build(&carrier, packet);
	length = length < 20 + quoted ? length : 20 + quoted;
	packet[20] = type;
	packet[21] = code;
	memcpy(packet + 28, inner, length);
	deliver(packet, 28 + length);
}

/* What the target, or another, sends back to probe k of the SYN path. */
static void answer_syn(uint64_t k, const struct address *source, uint16_t port, uint32_t more)
{
	uint8_t packet[PACKET_MAX];
	struct outgoing asked = probe(SYN_PATH, k), out = asked;

	out.source = source;
	out.target = &own;
	out.source_port = port;
	out.target_port = asked.source_port;
	out.tcp_flags = TCP_SYN | TCP_ACK;
	out.tcp_ack = asked.tcp_seq + 1 + more;
	deliver(packet, packet_build(&out, packet));
}

static enum fate fate(uint32_t path, uint64_t k)
{
	return unanswered_find(&prober.sender.trains[path].outstanding, k)->fate;
}

static void check_replies(void)
{
	begin();
	answer_syn(1, &target, 80, 0);
	CHECK_EQUAL(fate(SYN_PATH, 1), FATE_ANSWERED, "the target's own reply");
	answer_syn(2, &target, 80, 3);
	CHECK_EQUAL(fate(SYN_PATH, 2), FATE_SENT, "a wrong key is not believed");
	CHECK_EQUAL(prober.counters.forged, 1, "and counted");
	CHECK_EQUAL(prober.warnings, 0, "nothing to tell of so far");
	answer_syn(2, &third, 8080, 0);
	CHECK_EQUAL(fate(SYN_PATH, 2), FATE_ANSWERED,
	            "the right key proves it, through whatever translation");
	CHECK_EQUAL(prober.warnings, 1, "which is told");
	answer_syn(3, &third, 8080, 0);
	CHECK_EQUAL(prober.warnings, 1, "once");
	end();
}

/* A step of the wall clock puts the stamps of a probe that waits to be read wherever: when it was due
 * decides. */
static void check_step(void)
{
	begin();
	prober.clocks.stepped_mono = grid_due(&prober.sender.trains[SYN_PATH].grid, 1) + 5;
	slot_set_sent(unanswered_find(&prober.sender.trains[SYN_PATH].outstanding, 1), 1000000000, true);
	answer_syn(1, &target, 80, 0);
	CHECK_EQUAL(prober.frames.batch[0].flags & RXRAY_SAMPLE_FLAGS_CLOCK_STEP,
	            RXRAY_SAMPLE_FLAGS_CLOCK_STEP, "what was due before the step is of no use");
	prober.clocks.stepped_mono = grid_due(&prober.sender.trains[SYN_PATH].grid, 2) - 1;
	answer_syn(2, &target, 80, 0);
	CHECK_EQUAL(prober.frames.batch[1].flags & RXRAY_SAMPLE_FLAGS_CLOCK_STEP, 0, "what came after it is");
	end();
}

/* Ports that the plan names, in whatever order: the flow of each is its place in the list. */
static void check_listed(void)
{
	begin_with("path 0 syn 192.0.2.2 port=80 ports=61040,61003,61035,61007",
	           "path 2 udp 192.0.2.2 port=33434 interval-ns=10000000 ports=61010");
	for (uint64_t k = 0; k < SENT; k++) {
		answer_syn(k, &target, 80, 0);
		CHECK_EQUAL(fate(SYN_PATH, k), FATE_ANSWERED, "the reply to a port that is named");
	}
	CHECK_EQUAL(prober.counters.forged + prober.counters.strays, 0, "none is taken for another's");
	end();
}

/* An ICMP error of `sender` that quotes probe 3 of a path, changed or cut. */
enum change { SAME, OTHER_TARGET, OTHER_SOURCE, OTHER_PORT, OTHER_KEY };
static const struct refusal {
	const char *title;
	uint32_t path;
	const struct address *sender;
	uint8_t type, code;
	enum change change;
	size_t quoted; /* bytes behind the IP header */
	enum fate fate;
	unsigned strays, forged;
	bool named; /* its sender */
} refusals[] = {
        {"the target says that nobody listens", UDP_PATH, &target, 3, 3, SAME, 64, FATE_ANSWERED, 0, 0,
         false},
        {"the same, quoting 8 bytes", UDP_PATH, &target, 3, 3, SAME, 8, FATE_ANSWERED, 0, 0, false},
        {"a router rejects for it", UDP_PATH, &router, 3, 3, SAME, 64, FATE_ERROR, 0, 0, true},
        {"the target forbids it", UDP_PATH, &target, 3, 13, SAME, 64, FATE_ERROR, 0, 0, true},
        {"a third party quotes a wrong key", UDP_PATH, &third, 3, 3, OTHER_KEY, 64, FATE_SENT, 0, 1, false},
        {"a quote with another target", UDP_PATH, &target, 3, 3, OTHER_TARGET, 64, FATE_SENT, 1, 0, false},
        {"another source", UDP_PATH, &target, 3, 3, OTHER_SOURCE, 64, FATE_SENT, 1, 0, false},
        {"another port", UDP_PATH, &target, 3, 3, OTHER_PORT, 64, FATE_SENT, 1, 0, false},
        {"8 bytes, another target", UDP_PATH, &third, 3, 3, OTHER_TARGET, 8, FATE_SENT, 1, 0, false},
        {"a router rejects a SYN", SYN_PATH, &router, 3, 13, SAME, 8, FATE_ERROR, 0, 0, true},
        {"a SYN, another target", SYN_PATH, &router, 3, 1, OTHER_TARGET, 8, FATE_SENT, 1, 0, false},
        {"a SYN, another source", SYN_PATH, &router, 3, 1, OTHER_SOURCE, 8, FATE_SENT, 1, 0, false},
        {"a SYN, another port", SYN_PATH, &router, 3, 1, OTHER_PORT, 8, FATE_SENT, 1, 0, false},
        {"a SYN, another key", SYN_PATH, &router, 3, 1, OTHER_KEY, 8, FATE_SENT, 0, 1, false},
        {"an echo that expired", ICMP_PATH, &router, 11, 0, SAME, 8, FATE_ERROR, 0, 0, true},
        {"an echo, unreachable says the target", ICMP_PATH, &target, 3, 10, SAME, 64, FATE_ERROR, 0, 0, true},
        {"an echo, another target", ICMP_PATH, &router, 11, 0, OTHER_TARGET, 8, FATE_SENT, 1, 0, false},
        {"an echo, another source", ICMP_PATH, &router, 11, 0, OTHER_SOURCE, 8, FATE_SENT, 1, 0, false},
        {"an echo, another key", ICMP_PATH, &router, 11, 0, OTHER_KEY, 64, FATE_SENT, 0, 1, false},
};

static void check_refusals(void)
{
	for (size_t i = 0; i < COUNT(refusals); i++) {
		const struct refusal *now = &refusals[i];
		struct outgoing quote;

		begin();
		quote = probe(now->path, 3);
		if (now->change == OTHER_TARGET)
			quote.target = &third;
		if (now->change == OTHER_SOURCE)
			quote.source = &third;
		if (now->change == OTHER_PORT)
			quote.target_port = 4711;
		if (now->change == OTHER_KEY) {
			quote.nonce ^= 1;
			quote.tcp_seq ^= 1;
		}
		refuse(&quote, now->quoted, now->sender, now->type, now->code);
		CHECK_EQUAL(fate(now->path, 3), now->fate, now->title);
		CHECK_EQUAL(prober.counters.strays, now->strays, now->title);
		CHECK_EQUAL(prober.counters.forged, now->forged, now->title);
		CHECK_EQUAL(prober.sender.routers.count, now->named, now->title);
		if (now->named)
			CHECK(address_equal(&prober.sender.routers.list[0], now->sender), "%s", now->title);
		end();
	}
}

int main(void)
{
	CHECK(address_parse("192.0.2.1", &own) && address_parse("192.0.2.2", &target) &&
	              address_parse("192.0.2.254", &router) && address_parse("198.51.100.3", &third),
	      "addresses");
	check_replies();
	check_listed();
	check_step();
	check_refusals();
	return 0;
}
