/* SPDX-License-Identifier: MIT */
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "classic_bpf.h"
#include "packet.h"
#include "watch_filter.h"

static struct sock_filter code[WATCH_FILTER_MAX];
static size_t length;

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
}

static void load(const struct plan *plan, const char *interface)
{
	struct sock_fprog program = {.filter = code};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	length = watch_filter_make(plan, interface, code);
	CHECK(length > 0, "the filter fits");
	program.len = (unsigned short)length;
	CHECK(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0,
	      "the kernel takes the program");
	close(fd);
}

struct shape {
	const char *source, *target;
	enum transport transport;
	uint16_t source_port, target_port;
	uint8_t icmp_type; /* put in place of what a probe has, unless 0xff */
};

static size_t build(const struct shape *shape, uint8_t packet[PACKET_MAX])
{
	struct address source, target;
	struct outgoing out = {
	        .source = &source, .target = &target, .payload = 56, .ttl = 64, .tcp_flags = TCP_SYN};
	size_t bytes;

	CHECK(address_parse(shape->source, &source) && address_parse(shape->target, &target), "addresses");
	out.transport = (uint8_t)shape->transport;
	out.source_port = shape->source_port;
	out.target_port = shape->target_port;
	bytes = packet_build(&out, packet);
	if (shape->icmp_type != 0xff)
		packet[source.family == 4 ? 20 : 40] = shape->icmp_type;
	return bytes;
}

static bool kept(const struct shape *shape, bool leaving)
{
	uint8_t packet[PACKET_MAX];
	size_t bytes = build(shape, packet);
	uint32_t result = classic_bpf_run(code, length, packet, bytes, leaving);

	CHECK(result == 0 || result == WATCH_FILTER_SNAP, "all or nothing");
	return result != 0;
}

/* The same inside an IPv4 packet of protocol 4. */
static bool kept_inside(const struct shape *shape, bool leaving, uint8_t outer_version)
{
	uint8_t packet[PACKET_MAX + 20] = {outer_version, 0, 0, 0, 0, 0, 0, 0, 64, IPPROTO_IPIP};
	size_t bytes = build(shape, packet + 20) + 20;

	return classic_bpf_run(code, length, packet, bytes, leaving) != 0;
}

/* A port-unreachable message about a packet. */
static bool kept_about(const struct shape *quoted, const char *from, const char *to, uint8_t type)
{
	uint8_t packet[PACKET_MAX * 2], quote[PACKET_MAX];
	struct shape error = {from, to, TRANSPORT_ICMP, 0, 0, type};
	size_t bytes = build(quoted, quote);
	size_t header = strchr(from, ':') == NULL ? 20 : 40;

	build(&error, packet);
	memcpy(packet + header + 8, quote, bytes);
	return classic_bpf_run(code, length, packet, header + 8 + bytes, true) != 0;
}

static void check_family(const char *prober, const char *target, const char *stranger, uint8_t request,
                         uint8_t reply, uint8_t unreachable)
{
	char lines[1024];
	struct plan plan;
	struct shape icmp = {prober, target, TRANSPORT_ICMP, 700, 1, request};
	struct shape echo = {target, prober, TRANSPORT_ICMP, 700, 1, reply};
	struct shape udp = {prober, target, TRANSPORT_UDP, 61020, 53, 0xff};
	const struct {
		uint16_t port;
		bool keep;
	} ports[] = {{60999, false}, {61000, true}, {61015, true}, {61016, false},
	             {19999, false}, {20000, true}, {20649, true}, {20650, false}};

	snprintf(lines, sizeof(lines),
	         "watch 0 syn %s port=80 source=%s ports=61000-61015 fresh=20000-20649 if=eth0\n"
	         "watch 1 icmp %s source=%s id=700 if=eth0\n"
	         "watch 2 udp %s port=53 source=%s ports=61020-61020 if=eth0\n"
	         "watch 3 syn %s port=80 source=%s ports=1-1 if=eth1\n",
	         target, prober, target, prober, target, prober, target, stranger);
	take(&plan, lines);
	load(&plan, "eth0");
	for (size_t i = 0; i < COUNT(ports); i++) {
		struct shape syn = {prober, target, TRANSPORT_TCP, ports[i].port, 80, 0xff};
		struct shape answer = {target, prober, TRANSPORT_TCP, 80, ports[i].port, 0xff};

		CHECK(kept(&syn, false) == ports[i].keep, "a SYN from port %u arrives", ports[i].port);
		CHECK(!kept(&syn, true), "a SYN that leaves is not a reply");
		CHECK(kept(&answer, true) == ports[i].keep, "an answer to port %u leaves", ports[i].port);
		CHECK(!kept(&answer, false), "an answer that arrives is not a probe");
		syn.target_port = 81;
		CHECK(!kept(&syn, false), "to another port");
		syn.target_port = 80;
		syn.transport = TRANSPORT_UDP;
		CHECK(!kept(&syn, false), "by another protocol");
		syn.transport = TRANSPORT_TCP;
		syn.source = stranger;
		CHECK(!kept(&syn, false), "from a stranger");
		answer.target = stranger;
		CHECK(!kept(&answer, true), "to a stranger");
	}
	CHECK(kept(&icmp, false) && !kept(&icmp, true), "an echo request that arrives");
	CHECK(kept(&echo, true) && !kept(&echo, false), "an echo reply that leaves");
	icmp.source_port = echo.source_port = 701;
	CHECK(!kept(&icmp, false) && !kept(&echo, true), "echoes of another id");
	CHECK(kept(&udp, false), "a UDP probe");
	CHECK(kept_about(&udp, target, prober, unreachable), "nobody listens on its port");
	CHECK(!kept_about(&udp, target, prober, 11), "another error about it");
	CHECK(!kept_about(&udp, target, stranger, unreachable), "an error that goes to somebody else");
	udp.source_port = 61021;
	CHECK(!kept_about(&udp, target, prober, unreachable), "an error about another port");
	udp.source_port = 61020;
	CHECK(!kept_inside(&udp, false, 0x45), "in a tunnel where none is watched");
	plan_free(&plan);
}

static void check_tunnel(void)
{
	struct plan plan;
	struct shape syn = {"10.0.1.1", "10.0.2.2", TRANSPORT_TCP, 61000, 80, 0xff};
	struct shape answer = {"10.0.2.2", "10.0.1.1", TRANSPORT_TCP, 80, 61000, 0xff};
	struct shape echo = {"10.0.2.2", "10.0.1.1", TRANSPORT_ICMP, 700, 1, 0};

	take(&plan, "watch 0 syn 10.0.2.2 port=80 source=10.0.1.1 ports=61000-61000 if=eth0 tunnel=1\n"
	            "watch 1 icmp 10.0.2.2 source=10.0.1.1 id=700 if=eth0\n");
	load(&plan, "eth0");
	CHECK(kept_inside(&syn, false, 0x45) && kept_inside(&answer, true, 0x45), "inside the tunnel");
	CHECK(!kept_inside(&syn, true, 0x45) && !kept_inside(&answer, false, 0x45), "the wrong way");
	CHECK(kept_inside(&echo, true, 0x45), "ICMP inside the tunnel");
	CHECK(!kept_inside(&syn, false, 0x46), "an outer header with options");
	CHECK(kept(&syn, false), "and beside it");
	plan_free(&plan);
}

static void check_most(void)
{
	static char lines[PLAN_MAX_WATCHES * 128];
	struct plan plan;
	size_t at = 0;
	struct shape syn = {"10.0.1.1", "10.0.2.2", TRANSPORT_TCP, 61000 + PLAN_MAX_WATCHES - 1, 80, 0xff};

	for (int i = 0; i < PLAN_MAX_WATCHES; i++)
		at += (size_t)snprintf(
		        lines + at, sizeof(lines) - at,
		        "watch %d syn 10.0.2.%d port=80 source=10.0.1.1 ports=%d-%d fresh=20000-20009 "
		        "if=eth0 tunnel=1\n",
		        i, i % 2 == 0 ? i : 2, 61000 + i, 61000 + i);
	take(&plan, lines);
	load(&plan, "eth0");
	CHECK(kept(&syn, false), "the last of as many watches as may be");
	plan_free(&plan);
}

int main(void)
{
	check_family("10.0.1.1", "10.0.2.2", "10.0.1.9", 8, 0, 3);
	check_family("2001:db8::1", "2001:db8::2", "2001:db8::9", 128, 129, 1);
	check_tunnel();
	check_most();
	return 0;
}
