// SPDX-License-Identifier: MIT
/*
 * Tells about the receive queues of a device in a namespace, as JSON on stdout:
 *   threads NETNS DEVICE          the NAPI thread of each queue
 *   flows   NETNS DEVICE          which flow arrived on which queue (from the map of flows.bpf.c)
 *   send    NETNS ADDRESS PORT FIRST LAST   one SYN from each source port FIRST to LAST, for learning
 */
#include "injector.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/types.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "flows.h"

/* Of the generic netlink family "netdev" (Documentation/netlink/specs/netdev.yaml of the kernel). */
#define NETDEV_CMD_NAPI_GET 11
#define NETDEV_A_NAPI_IFINDEX 1
#define NETDEV_A_NAPI_ID 2
#define NETDEV_A_NAPI_PID 4

#define FLOWS_PREFERENCE 1
#define MAX_QUEUES 64

struct napi {
	uint32_t id;
	uint32_t thread;
};

struct napis {
	uint32_t ifindex;
	unsigned int count;
	struct napi list[MAX_QUEUES];
};

static void __attribute__((noreturn)) fail(const char *what)
{
	fprintf(stderr, "%s: %m\n", what);
	exit(1);
}

static int on_family(const struct nlmsghdr *message, void *data)
{
	struct nlattr *attribute;

	mnl_attr_for_each(attribute, message, sizeof(struct genlmsghdr))
	{
		if (mnl_attr_get_type(attribute) == CTRL_ATTR_FAMILY_ID)
			*(uint16_t *)data = mnl_attr_get_u16(attribute);
	}
	return MNL_CB_OK;
}

static int on_napi(const struct nlmsghdr *message, void *data)
{
	struct napis *napis = data;
	struct napi napi = {};
	struct nlattr *attribute;
	uint32_t ifindex = 0;

	mnl_attr_for_each(attribute, message, sizeof(struct genlmsghdr))
	{
		switch (mnl_attr_get_type(attribute)) {
		case NETDEV_A_NAPI_IFINDEX:
			ifindex = mnl_attr_get_u32(attribute);
			break;
		case NETDEV_A_NAPI_ID:
			napi.id = mnl_attr_get_u32(attribute);
			break;
		case NETDEV_A_NAPI_PID:
			napi.thread = mnl_attr_get_u32(attribute);
			break;
		}
	}
	if (ifindex == napis->ifindex && napis->count < MAX_QUEUES)
		napis->list[napis->count++] = napi;
	return MNL_CB_OK;
}

/* Sends one generic netlink request and gives each answer to the callback. */
static void genl_request(uint16_t family, uint8_t command, uint16_t flags, uint16_t attribute,
                         const void *value, size_t size, mnl_cb_t callback, void *data)
{
	char buffer[32768];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct mnl_socket *nl = mnl_socket_open(NETLINK_GENERIC);
	struct genlmsghdr *genl;
	ssize_t length;
	int result = MNL_CB_OK;

	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID))
		fail("netlink");
	message->nlmsg_type = family;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	message->nlmsg_seq = 1;
	genl = mnl_nlmsg_put_extra_header(message, sizeof(*genl));
	genl->cmd = command;
	genl->version = 1;
	if (value)
		mnl_attr_put(message, attribute, size, value);
	if (mnl_socket_sendto(nl, message, message->nlmsg_len) < 0)
		fail("netlink");
	while (result > MNL_CB_STOP) {
		length = mnl_socket_recvfrom(nl, buffer, sizeof(buffer));
		if (length < 0)
			fail("netlink");
		result = mnl_cb_run(buffer, (size_t)length, 1, mnl_socket_get_portid(nl), callback, data);
	}
	if (result < 0)
		fail("the kernel cannot list NAPI instances (netdev netlink family)");
	mnl_socket_close(nl);
}

static int by_id(const void *a, const void *b)
{
	const struct napi *left = a, *right = b;

	return left->id < right->id ? -1 : left->id > right->id;
}

static void print_threads(const char *device)
{
	struct napis napis = {.ifindex = if_nametoindex(device)};
	uint16_t family = 0;

	if (!napis.ifindex)
		fail(device);
	genl_request(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0, CTRL_ATTR_FAMILY_NAME, "netdev", sizeof("netdev"),
	             on_family, &family);
	genl_request(family, NETDEV_CMD_NAPI_GET, NLM_F_DUMP, 0, NULL, 0, on_napi, &napis);
	/* veth adds its NAPI instances in the order of the queues, so the ids rise with them. */
	qsort(napis.list, napis.count, sizeof(napis.list[0]), by_id);
	printf("[");
	for (unsigned int i = 0; i < napis.count; i++)
		printf("%s{\"queue\":%u,\"napi\":%u,\"tid\":%u}", i ? "," : "", i, napis.list[i].id,
		       napis.list[i].thread);
	printf("]\n");
}

static int flows_map(uint32_t ifindex)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, filter, .handle = 1, .priority = FLOWS_PREFERENCE);
	struct bpf_prog_info info = {};
	uint32_t maps[4], length = sizeof(info);
	int program;

	if (bpf_tc_query(&hook, &filter))
		fail("no flow counter on the device");
	program = bpf_prog_get_fd_by_id(filter.prog_id);
	info.nr_map_ids = 4;
	info.map_ids = (uintptr_t)maps;
	if (program < 0 || bpf_obj_get_info_by_fd(program, &info, &length) || !info.nr_map_ids)
		fail("no map of flows");
	return bpf_map_get_fd_by_id(maps[0]);
}

static void print_flows(const char *device)
{
	uint32_t ifindex = if_nametoindex(device);
	struct flow_key key, *last = NULL;
	struct flow_value value;
	bool first = true;
	int map;

	if (!ifindex)
		fail(device);
	map = flows_map(ifindex);
	if (map < 0)
		fail("map of flows");
	printf("[");
	while (!bpf_map_get_next_key(map, last, &key)) {
		char source[INET_ADDRSTRLEN], destination[INET_ADDRSTRLEN];

		last = &key;
		if (bpf_map_lookup_elem(map, &key, &value))
			continue;
		inet_ntop(AF_INET, &key.source, source, sizeof(source));
		inet_ntop(AF_INET, &key.destination, destination, sizeof(destination));
		printf("%s{\"source\":\"%s\",\"sourcePort\":%u,\"destination\":\"%s\",\"destinationPort\":%u,"
		       "\"protocol\":%u,\"tunnelled\":%s,\"mapping\":%u,\"packets\":%llu,\"lastMonoNs\":%llu,"
		       "\"tid\":%u,\"cpu\":%u}",
		       first ? "" : ",", source, ntohs(key.source_port), destination,
		       ntohs(key.destination_port), key.protocol, key.tunnelled ? "true" : "false", key.queue,
		       value.packets, value.last_ns, value.thread, value.cpu);
		first = false;
	}
	printf("]\n");
}

static void send_syns(const char *address, const char *port, const char *first, const char *last)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	struct linger linger = {.l_onoff = 1};
	int one = 1;

	if (inet_pton(AF_INET, address, &to.sin_addr) != 1)
		fail(address);
	for (int source = atoi(first); source <= atoi(last); source++) {
		struct sockaddr_in from = {.sin_family = AF_INET, .sin_port = htons((uint16_t)source)};
		struct timespec pause = {.tv_nsec = 2000000};
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

		if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
		    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) ||
		    bind(fd, (struct sockaddr *)&from, sizeof(from)))
			fail("cannot use the source port");
		if (connect(fd, (struct sockaddr *)&to, sizeof(to)) && errno != EINPROGRESS)
			fail("connect");
		nanosleep(&pause, NULL);
		close(fd);
	}
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "threads")) {
		injector_enter_netns(argv[2]);
		print_threads(argv[3]);
	} else if (argc == 4 && !strcmp(argv[1], "flows")) {
		injector_enter_netns(argv[2]);
		print_flows(argv[3]);
	} else if (argc == 7 && !strcmp(argv[1], "send")) {
		injector_enter_netns(argv[2]);
		send_syns(argv[3], argv[4], argv[5], argv[6]);
	} else {
		fprintf(stderr, "usage: rxray-lab-queues threads|flows NETNS DEVICE\n"
		                "       rxray-lab-queues send NETNS ADDRESS PORT FIRST LAST\n");
		return 2;
	}
	return 0;
}
