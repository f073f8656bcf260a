/* SPDX-License-Identifier: MIT */
#include "napi.h"

#include <dirent.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "small_file.h"

#define THREAD_NAME_CUT 15

/* Documentation/netlink/specs/netdev.yaml of the kernel; older headers do not have the family. */
#define NETDEV_QUEUE_GET 10
#define NETDEV_NAPI_GET 11
#define NAPI_IFINDEX 1
#define NAPI_ID 2
#define NAPI_IRQ 3
#define NAPI_PID 4
#define QUEUE_ID 1
#define QUEUE_IFINDEX 2
#define QUEUE_TYPE 3
#define QUEUE_NAPI_ID 4
#define QUEUE_TYPE_RX 0

#define ATTRIBUTES 8

/* The attributes of one answer that are single 32-bit numbers, or 16-bit ones. */
struct answer_numbers {
	uint32_t value[ATTRIBUTES];
	bool present[ATTRIBUTES];
};

struct listing {
	struct napis *napis;
	unsigned ifindex;
	uint16_t family;
};

typedef void take_answer(struct listing *, const struct answer_numbers *);

static struct answer_numbers read_numbers(const struct nlmsghdr *message)
{
	struct answer_numbers numbers = {0};
	const uint8_t *at = (const uint8_t *)NLMSG_DATA(message) + GENL_HDRLEN;
	const uint8_t *end = (const uint8_t *)message + message->nlmsg_len;

	while (end - at >= NLA_HDRLEN) {
		struct nlattr attribute;
		unsigned type;

		memcpy(&attribute, at, sizeof(attribute));
		if (attribute.nla_len < NLA_HDRLEN || attribute.nla_len > end - at)
			break;
		type = attribute.nla_type & NLA_TYPE_MASK;
		if (type < ATTRIBUTES && attribute.nla_len - NLA_HDRLEN <= 4) {
			memcpy(&numbers.value[type], at + NLA_HDRLEN,
			       (size_t)(attribute.nla_len - NLA_HDRLEN));
			numbers.present[type] = true;
		}
		at += NLA_ALIGN(attribute.nla_len);
	}
	return numbers;
}

/* Hands over the answers to one request, up to the end of the listing; false when the kernel refuses. */
static bool request(int fd, uint16_t family, uint8_t command, bool dump, uint16_t attribute,
                    const void *value, size_t size, struct listing *listing, take_answer *take)
{
	struct {
		struct nlmsghdr header;
		struct genlmsghdr generic;
		char attributes[64];
	} out = {0};
	struct nlattr head = {.nla_len = (uint16_t)(NLA_HDRLEN + size), .nla_type = attribute};
	char buffer[32768];

	out.header.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN + NLA_ALIGN(NLA_HDRLEN + size));
	out.header.nlmsg_type = family;
	out.header.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | (dump ? NLM_F_DUMP : 0));
	out.generic.cmd = command;
	out.generic.version = 1;
	memcpy(out.attributes, &head, sizeof(head));
	memcpy(out.attributes + NLA_HDRLEN, value, size);
	if (send(fd, &out, out.header.nlmsg_len, 0) < 0)
		return false;
	for (;;) {
		ssize_t got = recv(fd, buffer, sizeof(buffer), 0);
		size_t left;

		if (got <= 0)
			return false;
		left = (size_t)got;
		for (struct nlmsghdr *at = (struct nlmsghdr *)buffer; NLMSG_OK(at, left);
		     at = NLMSG_NEXT(at, left)) {
			struct answer_numbers numbers;

			if (at->nlmsg_type == NLMSG_DONE)
				return true;
			if (at->nlmsg_type == NLMSG_ERROR)
				return ((struct nlmsgerr *)NLMSG_DATA(at))->error == 0;
			if (at->nlmsg_len < NLMSG_LENGTH(GENL_HDRLEN))
				continue;
			numbers = read_numbers(at);
			take(listing, &numbers);
		}
	}
}

static void take_family(struct listing *listing, const struct answer_numbers *numbers)
{
	if (numbers->present[CTRL_ATTR_FAMILY_ID])
		listing->family = (uint16_t)numbers->value[CTRL_ATTR_FAMILY_ID];
}

static void take_napi(struct listing *listing, const struct answer_numbers *numbers)
{
	struct napis *napis = listing->napis;

	if (numbers->value[NAPI_IFINDEX] != listing->ifindex || napis->count == NAPI_MOST)
		return;
	napis->list[napis->count++] = (struct napi){
	        .id = numbers->value[NAPI_ID],
	        .irq = numbers->value[NAPI_IRQ],
	        .thread = numbers->value[NAPI_PID],
	        .queue = -1,
	};
}

static void take_queue(struct listing *listing, const struct answer_numbers *numbers)
{
	if (numbers->value[QUEUE_IFINDEX] != listing->ifindex ||
	    numbers->value[QUEUE_TYPE] != QUEUE_TYPE_RX || !numbers->present[QUEUE_NAPI_ID])
		return;
	for (size_t i = 0; i < listing->napis->count; i++) {
		if (listing->napis->list[i].id == numbers->value[QUEUE_NAPI_ID]) {
			listing->napis->list[i].queue = (int)numbers->value[QUEUE_ID];
			listing->napis->queues = QUEUES_BY_DRIVER;
		}
	}
}

static bool ask_kernel(struct listing *listing)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	struct timeval patience = {.tv_sec = 1};
	bool good;

	if (fd < 0)
		return false;
	good = setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0 &&
	       request(fd, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, false, CTRL_ATTR_FAMILY_NAME, "netdev",
	               sizeof("netdev"), listing, take_family);
	if (good && listing->family != 0)
		good = request(fd, listing->family, NETDEV_NAPI_GET, true, NAPI_IFINDEX, &listing->ifindex, 4,
		               listing, take_napi);
	else
		good = false;
	/* A driver that does not say which queue is whose leaves the guess by order. */
	if (good)
		(void)request(fd, listing->family, NETDEV_QUEUE_GET, true, QUEUE_IFINDEX, &listing->ifindex,
		              4, listing, take_queue);
	close(fd);
	return good;
}

/*
 * Whether a thread has that name. Kernels before 5.17 cut names at 15 characters (TASK_COMM_LEN): of a long
 * interface name the hyphen and the number are then missing, and maybe some of its own end.
 */
bool napi_named(const char *thread, const char *wanted)
{
	size_t cut = strcspn(thread, "\n");

	if (strncmp(thread, wanted, strlen(wanted)) == 0)
		return true;
	return cut == THREAD_NAME_CUT && cut < strlen(wanted) && strncmp(thread, wanted, cut) == 0;
}

/* What follows the name; of a cut one nothing does. */
static uint32_t napi_number(const char *thread, const char *wanted)
{
	return strlen(thread) > strlen(wanted) ? (uint32_t)strtoul(thread + strlen(wanted), NULL, 10) : 0;
}

/* Before the netdev family only the threads' names tell: `napi/eth0-8201`. */
static void look_for_threads(struct napis *napis, const char *interface)
{
	DIR *proc = opendir("/proc");
	char name[64], wanted[32];
	struct dirent *entry;

	if (proc == NULL)
		return;
	snprintf(wanted, sizeof(wanted), "napi/%s-", interface);
	while ((entry = readdir(proc)) != NULL && napis->count < NAPI_MOST) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9' ||
		    !small_file_read(name, sizeof(name), "/proc/%.20s/comm", entry->d_name) ||
		    !napi_named(name, wanted))
			continue;
		napis->list[napis->count++] = (struct napi){
		        .id = napi_number(name, wanted),
		        .thread = (uint32_t)strtoul(entry->d_name, NULL, 10),
		        .queue = -1,
		};
	}
	closedir(proc);
}

static int by_id(const void *left, const void *right)
{
	const struct napi *a = left, *b = right;

	/* Where names are cut the threads' own numbers have to do, which are given in the same order. */
	if (a->id == b->id)
		return a->thread < b->thread ? -1 : a->thread > b->thread;
	return a->id < b->id ? -1 : 1;
}

void napis_read(struct napis *napis, unsigned ifindex, const char *interface, unsigned rx_queues)
{
	struct listing listing = {.napis = napis, .ifindex = ifindex};

	memset(napis, 0, sizeof(*napis));
	napis->told = ask_kernel(&listing);
	if (!napis->told)
		look_for_threads(napis, interface);
	qsort(napis->list, napis->count, sizeof(napis->list[0]), by_id);
	if (napis->queues == QUEUES_UNKNOWN && rx_queues > 0 && napis->count == rx_queues) {
		napis->queues = QUEUES_BY_ORDER;
		for (size_t i = 0; i < napis->count; i++)
			napis->list[i].queue = (int)i;
	}
}

unsigned rx_queues_of(const char *interface)
{
	char path[64 + 16];
	DIR *queues;
	struct dirent *entry;
	unsigned count = 0;

	snprintf(path, sizeof(path), "/sys/class/net/%.16s/queues", interface);
	queues = opendir(path);
	if (queues == NULL)
		return 0;
	while ((entry = readdir(queues)) != NULL)
		count += strncmp(entry->d_name, "rx-", 3) == 0;
	closedir(queues);
	return count;
}
