/* SPDX-License-Identifier: MIT */
/*
 * Measures the three ways to see a probe and its answer that the prober could have been built on, and makes
 * the unrelated traffic to measure them beside. Only for the namespaces of measure.sh.
 *
 *   backends MODE SOURCE TARGET INTERFACE COUNT INTERVAL_US    SYNs to port 9; one line a probe: sent rtt
 *   backends load SOURCE TARGET - COUNT 0                      TCP packets to nobody, as fast as it goes
 *
 * MODE: errqueue+packet, ring-both, errqueue+raw.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/net_tstamp.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "clocks.h"
#include "filter.h"
#include "receive.h"
#include "transmit.h"

#define PORT_FIRST 61000
#define PORTS 16
#define MOST 200000

static int64_t sent[MOST], answered[MOST];
static unsigned count;

static void leaving(void *context, struct probe_name probe, int64_t mono_ns)
{
	(void)context;
	(void)probe;
	(void)mono_ns;
}

static void failed(void *context, struct probe_name probe, int error)
{
	(void)context;
	CHECK(false, "probe %llu: %s", (unsigned long long)probe.k, strerror(error));
}

static void stamped(void *context, const struct transmit_logged *packet, int64_t real_ns)
{
	(void)context;
	sent[packet->k] = real_ns;
}

static void take(void *context, const struct received *received)
{
	struct incoming in;
	uint32_t index;

	(void)context;
	if (!packet_parse(received->packet, received->length, &in) || in.transport != TRANSPORT_TCP)
		return;
	index = received->from->sll_pkttype == PACKET_OUTGOING ? in.tcp_seq : in.tcp_ack - 1;
	if (index < count)
		(received->from->sll_pkttype == PACKET_OUTGOING ? sent : answered)[index] = received->real_ns;
}

/* Like receive_open(), but on all protocols, with a filter for both directions. */
static void open_both(struct receive *receive, int ifindex)
{
	struct sock_filter code[] = {
	        {BPF_LD | BPF_B | BPF_ABS, 0, 0, 9},
	        {BPF_JMP | BPF_JEQ | BPF_K, 0, 8, IPPROTO_TCP},
	        {BPF_LDX | BPF_B | BPF_MSH, 0, 0, 0},
	        {BPF_LD | BPF_H | BPF_IND, 0, 0, 0},
	        {BPF_JMP | BPF_JGE | BPF_K, 0, 1, PORT_FIRST},
	        {BPF_JMP | BPF_JGT | BPF_K, 0, 3, PORT_FIRST + PORTS - 1},
	        {BPF_LD | BPF_H | BPF_IND, 0, 0, 2},
	        {BPF_JMP | BPF_JGE | BPF_K, 0, 2, PORT_FIRST},
	        {BPF_JMP | BPF_JGT | BPF_K, 1, 0, PORT_FIRST + PORTS - 1},
	        {BPF_RET | BPF_K, 0, 0, FILTER_SNAP},
	        {BPF_RET | BPF_K, 0, 0, 0},
	};
	struct sock_fprog program = {COUNT(code), code};
	struct tpacket_req request = {65536, 64, 256, 64 * 256};
	struct sockaddr_ll name = {
	        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = ifindex};
	unsigned flags = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
	int version = TPACKET_V2;

	memset(receive, 0, sizeof(*receive));
	receive->fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	CHECK(receive->fd >= 0 &&
	              setsockopt(receive->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0 &&
	              setsockopt(receive->fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof(flags)) == 0 &&
	              setsockopt(receive->fd, SOL_PACKET, PACKET_TIMESTAMP, &flags, sizeof(flags)) == 0 &&
	              setsockopt(receive->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) == 0 &&
	              setsockopt(receive->fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)) == 0,
	      "packet ring");
	receive->frames = request.tp_frame_nr;
	receive->ring_bytes = 64 * 65536;
	receive->ring = mmap(NULL, receive->ring_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, receive->fd, 0);
	CHECK(receive->ring != MAP_FAILED && bind(receive->fd, (struct sockaddr *)&name, sizeof(name)) == 0,
	      "ring");
}

/* The reading of receive.c leaves out what this machine sent, which is wanted here. */
static void read_both(struct receive *receive)
{
	for (;;) {
		struct tpacket2_hdr *frame =
		        (struct tpacket2_hdr *)(receive->ring + (size_t)receive->head * 256);
		struct received packet = {
		        .packet = (const uint8_t *)frame + frame->tp_net,
		        .length = frame->tp_snaplen,
		        .real_ns = (int64_t)frame->tp_sec * 1000000000 + frame->tp_nsec,
		        .from = (const struct sockaddr_ll *)((const uint8_t *)frame +
		                                             TPACKET_ALIGN(sizeof(struct tpacket2_hdr))),
		};

		if ((__atomic_load_n(&frame->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) == 0)
			return;
		take(NULL, &packet);
		__atomic_store_n(&frame->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
		receive->head = (receive->head + 1) % receive->frames;
	}
}

static int open_raw(const struct sock_filter *code, size_t length)
{
	struct sock_fprog program = {(unsigned short)length, (struct sock_filter *)code};
	int one = 1, fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);

	CHECK(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0 &&
	              setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one)) == 0,
	      "raw socket");
	return fd;
}

static void read_raw(int fd)
{
	struct sockaddr_ll from = {.sll_pkttype = PACKET_HOST};
	uint8_t packet[PACKET_MAX];
	_Alignas(struct cmsghdr) char control[128];
	struct iovec piece = {packet, sizeof(packet)};

	for (;;) {
		struct msghdr message = {.msg_iov = &piece,
		                         .msg_iovlen = 1,
		                         .msg_control = control,
		                         .msg_controllen = sizeof(control)};
		ssize_t length = recvmsg(fd, &message, MSG_DONTWAIT);
		struct timespec stamp = {0};

		if (length <= 0)
			return;
		for (struct cmsghdr *at = CMSG_FIRSTHDR(&message); at != NULL;
		     at = CMSG_NXTHDR(&message, at)) {
			if (at->cmsg_type == SCM_TIMESTAMPNS)
				memcpy(&stamp, CMSG_DATA(at), sizeof(stamp));
		}
		take(NULL, &(struct received){.packet = packet,
		                              .length = (size_t)length,
		                              .real_ns = (int64_t)stamp.tv_sec * 1000000000 + stamp.tv_nsec,
		                              .stamped = true,
		                              .from = &from});
	}
}

static int64_t processor_time(void)
{
	struct timespec now;

	CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0, "clock");
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static struct transmit transmit;

static void load(const struct address *source, const struct address *target)
{
	int64_t begin = processor_time();

	for (unsigned i = 0; i < count; i++) {
		struct outgoing out = {.source = source,
		                       .target = target,
		                       .transport = TRANSPORT_TCP,
		                       .ttl = 64,
		                       .tcp_flags = TCP_ACK,
		                       .source_port = (uint16_t)(1024 + i % 1000),
		                       .target_port = (uint16_t)(2024 + i % 1000),
		                       .ip_id = 1};

		transmit_queue(&transmit, packet_build(&out, transmit_buffer(&transmit)), target, 0,
		               (struct probe_name){0, i});
	}
	transmit_flush(&transmit);
	printf("%lld\n", (long long)((processor_time() - begin) / count));
}

int main(int argc, char **argv)
{
	struct transmit_events events = {.leaving = leaving, .failed = failed, .stamped = stamped};
	struct filter_spec spec = {{1, 0}, {PORT_FIRST, PORT_FIRST + PORTS - 1}, {1, 0}, true, false, 4};
	struct sock_filter code[FILTER_MAX];
	struct sock_fprog program = {.filter = code};
	struct receive_options options = {
	        .filter = &program, .protocol = ETH_P_IP, .frames = 16384, .stamps = STAMPS_KERNEL};
	struct address source, target;
	struct problem problem = {0};
	struct receive receive = {.fd = -1};
	int64_t start, begin, interval;
	int raw = -1, ifindex;
	bool both, errqueue_raw;

	CHECK(argc == 7 && address_parse(argv[2], &source) && address_parse(argv[3], &target),
	      "see the comment above");
	count = (unsigned)atoi(argv[5]);
	interval = atoi(argv[6]) * 1000ll;
	both = strcmp(argv[1], "ring-both") == 0;
	errqueue_raw = strcmp(argv[1], "errqueue+raw") == 0;
	if (strcmp(argv[1], "load") == 0) {
		CHECK(transmit_open(&transmit, 4, STAMPS_NONE, &events, &problem), "%s", problem.message);
		load(&source, &target);
		return 0;
	}
	CHECK(count <= MOST, "at most %d", MOST);
	ifindex = (int)if_nametoindex(argv[4]);
	CHECK(transmit_open(&transmit, 4, both ? STAMPS_NONE : STAMPS_KERNEL, &events, &problem), "%s",
	      problem.message);
	if (both) {
		open_both(&receive, ifindex);
	} else if (errqueue_raw) {
		raw = open_raw(code, filter_make(&spec, code));
	} else {
		program.len = (unsigned short)filter_make(&spec, code);
		options.ifindex = ifindex;
		CHECK(receive_open(&receive, &options, &problem), "%s", problem.message);
	}
	begin = processor_time();
	start = clocks_mono() + 10000000;
	for (unsigned i = 0; i <= count; i++) {
		int64_t due = start + i * interval + (i == count ? 100000000 : 0);
		struct timespec wake = {due / 1000000000, due % 1000000000};
		struct outgoing out = {.source = &source,
		                       .target = &target,
		                       .transport = TRANSPORT_TCP,
		                       .ttl = 64,
		                       .tcp_flags = TCP_SYN,
		                       .tcp_seq = i,
		                       .ip_id = 1,
		                       .target_port = 9,
		                       .source_port = (uint16_t)(PORT_FIRST + i % PORTS)};

		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wake, NULL);
		if (i < count) {
			transmit_queue(&transmit, packet_build(&out, transmit_buffer(&transmit)), &target, 0,
			               (struct probe_name){0, i});
			transmit_flush(&transmit);
		}
		if (both) {
			read_both(&receive);
			continue;
		}
		transmit_read_stamps(&transmit);
		if (errqueue_raw)
			read_raw(raw);
		else
			receive_read(&receive, receive_waiting(&receive, 4096), take, NULL);
	}
	fprintf(stderr, "%lld\n", (long long)((processor_time() - begin) / count));
	for (unsigned i = 0; i < count; i++) {
		if (sent[i] != 0 && answered[i] != 0)
			printf("%lld %lld\n", (long long)sent[i], (long long)(answered[i] - sent[i]));
	}
	return 0;
}
