/* SPDX-License-Identifier: MIT */
#include "transmit.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clocks.h"

#define SOCKET_BUFFER (8 << 20)

static bool ask_for_stamps(int fd, enum stamp_source source)
{
	/* Stamps without the packet: the number says which one it was, and nothing needs to be copied. */
	unsigned flags = source == STAMPS_NONE ? 0
	                                       : SOF_TIMESTAMPING_TX_SCHED | SOF_TIMESTAMPING_TX_SOFTWARE |
	                                                 SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_ID |
	                                                 SOF_TIMESTAMPING_OPT_TSONLY;

	/* Of each packet both the kernel's stamp and the card's, each in a message of its own. */
	if (source == STAMPS_HARDWARE)
		flags |= SOF_TIMESTAMPING_TX_HARDWARE | SOF_TIMESTAMPING_RAW_HARDWARE |
		         SOF_TIMESTAMPING_OPT_TX_SWHW;

	return setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof(flags)) == 0;
}

static void enlarge(int fd, int forced, int plain)
{
	int bytes = SOCKET_BUFFER;

	/* Without the privilege to force it the kernel's own limit has to do; then stamps may get lost,
	 * counted. */
	if (setsockopt(fd, SOL_SOCKET, forced, &bytes, sizeof(bytes)) != 0 &&
	    setsockopt(fd, SOL_SOCKET, plain, &bytes, sizeof(bytes)) != 0)
		return;
}

bool transmit_open(struct transmit *transmit, int family, enum stamp_source stamps,
                   const struct transmit_events *events, struct problem *problem)
{
	int one = 1;

	transmit->events = *events;
	transmit->stamps = stamps;
	transmit->number = 0;
	transmit->queued = 0;
	transmit->log = calloc(TRANSMIT_LOG, sizeof(*transmit->log));
	if (transmit->log == NULL)
		return problem_set(problem, "E_MEMORY", EXIT_SYSTEM, -1, "end what takes up the memory",
		                   "no memory for what is on its way out");
	transmit->fd = socket(family == 4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
	                      IPPROTO_RAW);
	if (transmit->fd < 0)
		return problem_set(problem, "E_NO_RAW_SOCKET", EXIT_SYSTEM, -1,
		                   "run with sudo, or grant it once: rxray doctor --fix as root",
		                   "cannot open a raw socket: %s", strerror(errno));
	if (family == 6 && setsockopt(transmit->fd, IPPROTO_IPV6, IPV6_HDRINCL, &one, sizeof(one)) != 0)
		return problem_set(problem, "E_NO_RAW_SOCKET", EXIT_SYSTEM, -1, "use a kernel from 4.5 on",
		                   "no IPV6_HDRINCL: %s", strerror(errno));
	enlarge(transmit->fd, SO_SNDBUFFORCE, SO_SNDBUF);
	enlarge(transmit->fd, SO_RCVBUFFORCE, SO_RCVBUF); /* the error queue counts against it */
	if (stamps && !ask_for_stamps(transmit->fd, stamps))
		return problem_set(problem, "E_TIMESTAMPS", EXIT_SYSTEM, -1, "use `timestamps user`",
		                   "the kernel gives no transmit stamps: %s", strerror(errno));
	return true;
}

void transmit_close(struct transmit *transmit)
{
	if (transmit->fd >= 0)
		close(transmit->fd);
	free(transmit->log);
	transmit->log = NULL;
	transmit->fd = -1;
}

uint8_t *transmit_buffer(struct transmit *transmit)
{
	return transmit->packets[transmit->queued];
}

static void name_interface(struct msghdr *message, char *control, bool v4, int ifindex)
{
	struct cmsghdr *header = (struct cmsghdr *)control;

	if (ifindex == 0)
		return;
	message->msg_control = control;
	if (v4) {
		struct in_pktinfo info = {.ipi_ifindex = ifindex};

		message->msg_controllen = CMSG_SPACE(sizeof(info));
		header->cmsg_len = CMSG_LEN(sizeof(info));
		header->cmsg_level = IPPROTO_IP;
		header->cmsg_type = IP_PKTINFO;
		memcpy(CMSG_DATA(header), &info, sizeof(info));
	} else {
		struct in6_pktinfo info = {.ipi6_ifindex = (unsigned)ifindex};

		message->msg_controllen = CMSG_SPACE(sizeof(info));
		header->cmsg_len = CMSG_LEN(sizeof(info));
		header->cmsg_level = IPPROTO_IPV6;
		header->cmsg_type = IPV6_PKTINFO;
		memcpy(CMSG_DATA(header), &info, sizeof(info));
	}
}

void transmit_queue(struct transmit *transmit, size_t length, const struct address *target, int ifindex,
                    struct probe_name probe)
{
	unsigned i = transmit->queued;
	struct msghdr *message = &transmit->messages[i].msg_hdr;

	transmit->pieces[i] = (struct iovec){transmit->packets[i], length};
	*message = (struct msghdr){
	        .msg_name = &transmit->names[i],
	        .msg_namelen = address_to_sockaddr(target, 0, &transmit->names[i]),
	        .msg_iov = &transmit->pieces[i],
	        .msg_iovlen = 1,
	};
	/* Link-local addresses mean nothing without their interface. */
	if (target->family == 6 && IN6_IS_ADDR_LINKLOCAL(&transmit->names[i].sin6_addr))
		transmit->names[i].sin6_scope_id = (uint32_t)ifindex;
	name_interface(message, transmit->controls[i].bytes, target->family == 4, ifindex);
	transmit->probes[i] = probe;
	transmit->queued++;
	if (transmit->queued == TRANSMIT_BATCH)
		transmit_flush(transmit);
}

/*
 * A packet that was refused may or may not have used up a number, depending on where it was refused. So the
 * numbering begins anew, with what has already come in read before.
 */
static void renumber(struct transmit *transmit)
{
	if (!transmit->stamps)
		return;
	transmit_read_stamps(transmit);
	if (ask_for_stamps(transmit->fd, STAMPS_NONE) && ask_for_stamps(transmit->fd, transmit->stamps))
		transmit->number = 0;
}

static void log_sent(struct transmit *transmit, unsigned first, unsigned count, int64_t call_ns)
{
	for (unsigned i = first; i < first + count; i++)
		transmit->log[transmit->number++ % TRANSMIT_LOG] = (struct transmit_logged){
		        .k = transmit->probes[i].k,
		        .train = transmit->probes[i].train,
		        .call_ns = call_ns > UINT32_MAX ? UINT32_MAX : (uint32_t)call_ns,
		};
}

void transmit_flush(struct transmit *transmit)
{
	unsigned done = 0;
	int64_t now;

	if (transmit->queued == 0)
		return;
	now = clocks_mono();
	for (unsigned i = 0; i < transmit->queued; i++)
		transmit->events.leaving(transmit->events.context, transmit->probes[i], now);
	while (done < transmit->queued) {
		int sent = sendmmsg(transmit->fd, transmit->messages + done, transmit->queued - done,
		                    MSG_DONTWAIT);
		int error = errno;

		if (sent > 0)
			log_sent(transmit, done, (unsigned)sent, clocks_mono() - now);
		if (sent > 0)
			done += (unsigned)sent;
		if (sent < 0 && error != EINTR) {
			transmit->events.failed(transmit->events.context, transmit->probes[done], error);
			renumber(transmit);
			done++;
		}
	}
	transmit->queued = 0;
}

static void read_stamp(struct transmit *transmit, struct msghdr *message)
{
	struct scm_timestamping times = {0};
	struct sock_extended_err error = {0};
	struct transmit_logged *packet;
	int64_t real_ns;

	for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at != NULL; at = CMSG_NXTHDR(message, at)) {
		if (at->cmsg_level == SOL_SOCKET && at->cmsg_type == SCM_TIMESTAMPING)
			memcpy(&times, CMSG_DATA(at), sizeof(times));
		if ((at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_RECVERR) ||
		    (at->cmsg_level == IPPROTO_IPV6 && at->cmsg_type == IPV6_RECVERR))
			memcpy(&error, CMSG_DATA(at), sizeof(error));
	}
	/* Only numbers handed out can be meant; an older one was logged over. */
	if (error.ee_origin != SO_EE_ORIGIN_TIMESTAMPING ||
	    transmit->number - 1 - error.ee_data >= TRANSMIT_LOG)
		return;
	packet = &transmit->log[error.ee_data % TRANSMIT_LOG];
	real_ns = (int64_t)times.ts[0].tv_sec * 1000000000 + times.ts[0].tv_nsec;
	if (error.ee_info == SCM_TSTAMP_SCHED) {
		packet->queued_real_ns = real_ns;
		return;
	}
	if (times.ts[0].tv_sec != 0)
		transmit->events.stamped(transmit->events.context, packet, real_ns);
	/* A card's clock may well count from its own start. */
	if (times.ts[2].tv_sec != 0 || times.ts[2].tv_nsec != 0)
		transmit->events.stamped_by_card(
		        transmit->events.context, (struct probe_name){packet->train, packet->k},
		        (int64_t)times.ts[2].tv_sec * 1000000000 + times.ts[2].tv_nsec);
}

void transmit_read_stamps(struct transmit *transmit)
{
	static const unsigned batch = 64;
	struct mmsghdr messages[64];
	union {
		char bytes[256];
		struct cmsghdr align;
	} controls[64];
	int got;

	if (transmit->fd < 0 || !transmit->stamps)
		return;
	do {
		memset(messages, 0, sizeof(messages));
		for (unsigned i = 0; i < batch; i++) {
			messages[i].msg_hdr.msg_control = controls[i].bytes;
			messages[i].msg_hdr.msg_controllen = sizeof(controls[i]);
		}
		got = recvmmsg(transmit->fd, messages, batch, MSG_ERRQUEUE | MSG_DONTWAIT, NULL);
		for (int i = 0; i < got; i++)
			read_stamp(transmit, &messages[i].msg_hdr);
	} while (got == (int)batch);
}
