// SPDX-License-Identifier: MIT
/*
 * Stalls one stage of a path: a firewall rule hands the packets of that stage over (NFQUEUE), and this
 * program returns them at once, except within its stalls, when it holds them all and then releases them in
 * their order. Kind `drop` drops a share of them instead.
 */
#include "injector.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define HELD_MAX 65536
/* Below the NAPI threads (70): each packet released goes all its way before the next, so their order stays.
 */
#define HOLD_PRIORITY 60
#define RECEIVE_BUFFER (4 << 20)

enum mode { PASS, HOLD, DROP };

struct holder {
	struct mnl_socket *nl;
	uint16_t number;
	enum mode mode;
	double probability; /* of a drop */
	struct schedule dice;
	uint32_t held[HELD_MAX];
	unsigned int held_count;
	uint64_t dropped;
};

static struct holder holder;

static void __attribute__((noreturn)) fail(const char *what)
{
	fprintf(stderr, "%s: %m\n", what);
	exit(1);
}

static void verdict(uint32_t id, uint32_t what)
{
	char buffer[256];
	struct nlmsghdr *message = nfq_nlmsg_put(buffer, NFQNL_MSG_VERDICT, holder.number);

	nfq_nlmsg_verdict_put(message, (int)id, (int)what);
	/* A packet that is gone already (its device was removed) is no reason to leave the others waiting. */
	(void)mnl_socket_sendto(holder.nl, message, message->nlmsg_len);
}

static int on_packet(const struct nlmsghdr *message, void *data)
{
	struct nlattr *attributes[NFQA_MAX + 1] = {};
	const struct nfqnl_msg_packet_hdr *header;
	uint32_t id;

	(void)data;
	if (nfq_nlmsg_parse(message, attributes) < 0 || !attributes[NFQA_PACKET_HDR])
		return MNL_CB_OK;
	header = mnl_attr_get_payload(attributes[NFQA_PACKET_HDR]);
	id = ntohl(header->packet_id);
	if (holder.mode == HOLD && holder.held_count < HELD_MAX) {
		holder.held[holder.held_count++] = id;
	} else if (holder.mode == DROP &&
	           (double)(schedule_random(&holder.dice) >> 11) * 0x1p-53 < holder.probability) {
		holder.dropped++;
		verdict(id, NF_DROP);
	} else {
		verdict(id, NF_ACCEPT);
	}
	return MNL_CB_OK;
}

static void read_packets(void)
{
	char buffer[65536];

	for (;;) {
		ssize_t length = recv(mnl_socket_get_fd(holder.nl), buffer, sizeof(buffer), MSG_DONTWAIT);

		if (length < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		/* An overrun means that packets passed without us (fail-open): the stall goes on with the
		 * rest. */
		if (length < 0 && errno == ENOBUFS)
			continue;
		if (length < 0)
			fail("cannot read the packet queue");
		mnl_cb_run(buffer, (size_t)length, 0, mnl_socket_get_portid(holder.nl), on_packet, NULL);
	}
}

static void serve_once(uint64_t until_ns)
{
	struct pollfd ready = {.fd = mnl_socket_get_fd(holder.nl), .events = POLLIN};
	uint64_t now = mono_ns();
	uint64_t left = until_ns > now ? until_ns - now : 0;
	struct timespec patience = {.tv_nsec = left < 200000000 ? (long)left : 200000000};

	if (ppoll(&ready, 1, &patience, NULL) > 0)
		read_packets();
}

static void serve_until(struct injector *injector, uint64_t until_ns)
{
	while (mono_ns() < until_ns && !injector_stopping(injector))
		serve_once(until_ns);
}

static bool stall(struct injector *injector, uint64_t length_ns, struct truth_stall *happened)
{
	bool drop = !strcmp(injector->kind, "drop");
	unsigned int held;

	holder.dropped = 0;
	holder.mode = drop ? DROP : HOLD;
	happened->start_ns = mono_ns();
	while (mono_ns() < happened->start_ns + length_ns && !injector_signalled())
		serve_once(happened->start_ns + length_ns);
	/* What waits in the socket belongs to the stall. */
	read_packets();
	holder.mode = PASS;
	happened->end_ns = mono_ns();
	for (unsigned int i = 0; i < holder.held_count; i++)
		verdict(holder.held[i], NF_ACCEPT);
	held = holder.held_count;
	holder.held_count = 0;
	snprintf(happened->extra, sizeof(happened->extra),
	         ",\"packets\":%" PRIu64 ",\"releasedMonoNs\":%" PRIu64, drop ? holder.dropped : held,
	         mono_ns());
	return true;
}

static void put_config(struct nlmsghdr *message)
{
	if (mnl_socket_sendto(holder.nl, message, message->nlmsg_len) < 0)
		fail("cannot configure the packet queue");
}

static void open_queue(uint16_t number)
{
	char buffer[512];
	struct nlmsghdr *message;
	int size = RECEIVE_BUFFER, on = 1;

	holder.number = number;
	holder.nl = mnl_socket_open(NETLINK_NETFILTER);
	if (!holder.nl || mnl_socket_bind(holder.nl, 0, MNL_SOCKET_AUTOPID))
		fail("cannot open the packet queue");
	if (setsockopt(mnl_socket_get_fd(holder.nl), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		fail("SO_RCVBUFFORCE");
	(void)setsockopt(mnl_socket_get_fd(holder.nl), SOL_NETLINK, NETLINK_NO_ENOBUFS, &on, sizeof(on));

	message = nfq_nlmsg_put(buffer, NFQNL_MSG_CONFIG, number);
	nfq_nlmsg_cfg_put_cmd(message, AF_INET, NFQNL_CFG_CMD_BIND);
	put_config(message);

	/* Packet contents are not needed; a full queue lets packets pass instead of losing them. */
	message = nfq_nlmsg_put(buffer, NFQNL_MSG_CONFIG, number);
	nfq_nlmsg_cfg_put_params(message, NFQNL_COPY_META, 0);
	nfq_nlmsg_cfg_put_qmaxlen(message, HELD_MAX);
	mnl_attr_put_u32(message, NFQA_CFG_FLAGS, htonl(NFQA_CFG_F_FAIL_OPEN));
	mnl_attr_put_u32(message, NFQA_CFG_MASK, htonl(NFQA_CFG_F_FAIL_OPEN));
	put_config(message);
}

int main(int argc, char **argv)
{
	struct injector injector;
	const char *netns;

	injector_parse(&injector, argc, argv);
	injector_prepare(&injector);
	netns = injector_value(&injector, "netns", NULL);
	if (!netns || !injector.kind || (strcmp(injector.kind, "hold") && strcmp(injector.kind, "drop"))) {
		fprintf(stderr, "--kind hold or drop and --set netns=NAME are needed\n");
		return 2;
	}
	holder.probability = atof(injector_value(&injector, "probability", "1"));
	holder.dice.state = injector.seed ^ 0x6c6f7373;
	injector_enter_netns(netns);
	/* Away from the CPU that is stalled, and ahead of what it feeds. */
	injector_pin_self(injector.home_cpu);
	injector_realtime(HOLD_PRIORITY);
	open_queue((uint16_t)atoi(injector_value(&injector, "nfqueue", "0")));
	injector_run(&injector, stall, serve_until);
	/*
	 * The rule is still there and goes on feeding us: what is unread when the queue closes is dropped. So
	 * go on passing packets until the fault is switched off, which removes the rule first.
	 */
	while (!injector_stopping(&injector))
		serve_once(mono_ns() + 200000000);
	for (uint64_t until = mono_ns() + 50000000; mono_ns() < until;)
		serve_once(until);
	mnl_socket_close(holder.nl);
	return 0;
}
