/* SPDX-License-Identifier: MIT */
#include "receive.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/net_tstamp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRAME_BYTES 256u
#define BLOCK_BYTES 65536u
#define NO_PROTOCOL 0x88b5 /* for local experiments (IEEE 802): nobody sends it */

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

static bool set_up_ring(struct receive *receive, uint32_t frames)
{
	struct tpacket_req request = {
	        .tp_block_size = BLOCK_BYTES,
	        .tp_frame_size = FRAME_BYTES,
	};
	int version = TPACKET_V2;

	/* Version 2 hands over each packet as it comes; version 3 holds blocks back until a timer closes
	 * them. */
	if (setsockopt(receive->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) != 0)
		return false;
	request.tp_block_nr = (frames * FRAME_BYTES + BLOCK_BYTES - 1) / BLOCK_BYTES;
	request.tp_frame_nr = request.tp_block_nr * (BLOCK_BYTES / FRAME_BYTES);
	if (setsockopt(receive->fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)) != 0)
		return false;
	receive->frames = request.tp_frame_nr;
	receive->ring_bytes = (size_t)request.tp_block_nr * BLOCK_BYTES;
	receive->ring = mmap(NULL, receive->ring_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, receive->fd, 0);
	if (receive->ring == MAP_FAILED) {
		receive->ring = NULL;
		return false;
	}
	return true;
}

static bool set_up_stamps(int fd, enum stamp_source source)
{
	unsigned flags = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;

	if (source == STAMPS_NONE)
		return true;
	if (source == STAMPS_HARDWARE)
		flags |= SOF_TIMESTAMPING_RX_HARDWARE | SOF_TIMESTAMPING_RAW_HARDWARE;
	/* The first switches stamping at the driver's hand-over on, the second puts it into the ring. */
	return setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof(flags)) == 0 &&
	       setsockopt(fd, SOL_PACKET, PACKET_TIMESTAMP, &flags, sizeof(flags)) == 0;
}

bool receive_open(struct receive *receive, const struct receive_options *options, struct problem *problem)
{
	int one = 1;

	memset(receive, 0, sizeof(*receive));
	receive->name = (struct sockaddr_ll){
	        .sll_family = AF_PACKET,
	        .sll_protocol = htons(options->protocol),
	        .sll_ifindex = options->ifindex,
	};
	receive->both = options->protocol == ETH_P_ALL && !options->arriving_only;
	/* Protocol 0 receives nothing until bind(), so that no packet gets in before the filter stands. */
	receive->fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (receive->fd < 0)
		return problem_set(problem, "E_NO_RAW_SOCKET", EXIT_SYSTEM, -1,
		                   "run with sudo, or grant it once: rxray doctor --fix as root",
		                   "cannot open a packet socket: %s", strerror(errno));
	if (setsockopt(receive->fd, SOL_SOCKET, SO_ATTACH_FILTER, options->filter,
	               sizeof(*options->filter)) != 0 ||
	    !set_up_stamps(receive->fd, options->stamps) || !set_up_ring(receive, options->frames) ||
	    (options->arriving_only &&
	     setsockopt(receive->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) != 0) ||
	    !receive_hook(receive, true))
		return problem_set(problem, "E_PACKET_SOCKET", EXIT_SYSTEM, -1,
		                   "check that the kernel has CONFIG_PACKET, and memory to spare",
		                   "cannot set up the packet socket: %s", strerror(errno));
	return true;
}

bool receive_hook(struct receive *receive, bool hooked)
{
	struct sockaddr_ll name = receive->name;

	if (receive->hooked == hooked)
		return true;
	if (!hooked)
		name.sll_protocol = htons(NO_PROTOCOL);
	if (bind(receive->fd, (struct sockaddr *)&name, sizeof(name)) != 0)
		return false;
	receive->hooked = hooked;
	return true;
}

void receive_close(struct receive *receive)
{
	if (receive->ring != NULL)
		munmap(receive->ring, receive->ring_bytes);
	if (receive->fd >= 0)
		close(receive->fd);
	receive->ring = NULL;
	receive->fd = -1;
}

static struct tpacket2_hdr *frame_at(const struct receive *receive, uint32_t index)
{
	return (struct tpacket2_hdr *)(receive->ring + (size_t)(index % receive->frames) * FRAME_BYTES);
}

static uint32_t status_of(const struct tpacket2_hdr *frame)
{
	/* The kernel fills the frame first and hands it over with this word. */
	return __atomic_load_n(&frame->tp_status, __ATOMIC_ACQUIRE);
}

uint32_t receive_waiting(const struct receive *receive, uint32_t most)
{
	uint32_t count = 0;

	if (receive->fd < 0)
		return 0;
	most = most < receive->frames ? most : receive->frames;
	while (count < most && (status_of(frame_at(receive, receive->head + count)) & TP_STATUS_USER) != 0)
		count++;
	return count;
}

uint32_t receive_read(struct receive *receive, uint32_t count, void (*take)(void *, const struct received *),
                      void *context)
{
	uint32_t done;

	for (done = 0; done < count; done++) {
		struct tpacket2_hdr *frame = frame_at(receive, receive->head);
		uint32_t status = status_of(frame);
		struct received packet = {
		        .packet = (const uint8_t *)frame + frame->tp_net,
		        .length = frame->tp_snaplen,
		        .real_ns = (int64_t)frame->tp_sec * 1000000000 + frame->tp_nsec,
		        .stamped = (status & TP_STATUS_TS_SOFTWARE) != 0,
		        .hardware = (status & TP_STATUS_TS_RAW_HARDWARE) != 0,
		        .from = (const struct sockaddr_ll *)((const uint8_t *)frame +
		                                             TPACKET_ALIGN(sizeof(struct tpacket2_hdr))),
		};

		if ((status & TP_STATUS_USER) == 0)
			break;
		packet.ifindex = packet.from->sll_ifindex;
		packet.leaving = packet.from->sll_pkttype == PACKET_OUTGOING;
		/* Only what was sent to this machine answers a probe; copies of other sorts would count
		 * twice. */
		if (packet.from->sll_pkttype == PACKET_HOST || (packet.leaving && receive->both))
			take(context, &packet);
		__atomic_store_n(&frame->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
		receive->head = (receive->head + 1) % receive->frames;
	}
	return done;
}

uint64_t receive_drops(struct receive *receive)
{
	struct tpacket_stats statistics;
	socklen_t length = sizeof(statistics);

	if (receive->fd >= 0 &&
	    getsockopt(receive->fd, SOL_PACKET, PACKET_STATISTICS, &statistics, &length) == 0)
		receive->drops += statistics.tp_drops;
	return receive->drops;
}
