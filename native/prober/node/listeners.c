/* SPDX-License-Identifier: MIT */
#include "listeners.h"

#include <dirent.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "json.h"
#include "netlink_dump.h"
#include "small_file.h"

#define LISTENERS_MOST 64 /* SO_REUSEPORT has one for each worker */
#define LISTEN_STATE 10 /* TCP_LISTEN of the kernel */

struct listener {
	uint32_t inode, waiting, limit;
	int pid; /* 0 unknown: of another user, or of another PID namespace */
};

struct listeners {
	struct listener list[LISTENERS_MOST];
	size_t count;
};

struct question {
	struct listeners *found;
	uint16_t port;
};

static void take(void *context, const struct nlmsghdr *header)
{
	const struct question *question = context;
	const struct inet_diag_msg *socket = NLMSG_DATA(header);
	struct listeners *found = question->found;

	if (ntohs(socket->id.idiag_sport) == question->port && found->count < LISTENERS_MOST)
		found->list[found->count++] = (struct listener){.inode = socket->idiag_inode,
		                                                .waiting = socket->idiag_rqueue,
		                                                .limit = socket->idiag_wqueue};
}

static bool ask(struct listeners *found, int fd, uint8_t family, uint16_t port)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 request;
	} asked = {.header = {.nlmsg_len = sizeof(asked),
	                      .nlmsg_type = SOCK_DIAG_BY_FAMILY,
	                      .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
	           .request = {.sdiag_family = family,
	                       .sdiag_protocol = IPPROTO_TCP,
	                       .idiag_states = 1u << LISTEN_STATE}};
	struct question question = {.found = found, .port = port};

	return netlink_dump(fd, &asked.header, ALL_TIME, take, &question) != DUMP_FAILED;
}

/* Whether a descriptor of a process is one of the sockets, which then belongs to it. */
static void take_descriptor(struct listeners *found, int pid, const char *path)
{
	char target[64];
	ssize_t length = readlink(path, target, sizeof(target) - 1);
	unsigned inode;

	if (length <= 0)
		return;
	target[length] = '\0';
	if (sscanf(target, "socket:[%u]", &inode) != 1)
		return;
	for (size_t i = 0; i < found->count; i++) {
		if (found->list[i].inode == inode && found->list[i].pid == 0)
			found->list[i].pid = pid;
	}
}

static bool all_known(const struct listeners *found)
{
	for (size_t i = 0; i < found->count; i++) {
		if (found->list[i].pid == 0)
			return false;
	}
	return true;
}

static void find_processes(struct listeners *found)
{
	DIR *processes = opendir("/proc");
	const struct dirent *process, *descriptor;

	while (processes != NULL && !all_known(found) && (process = readdir(processes)) != NULL) {
		int pid = atoi(process->d_name);
		char path[64];
		DIR *descriptors;

		if (pid <= 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/fd", pid);
		descriptors = opendir(path);
		while (descriptors != NULL && (descriptor = readdir(descriptors)) != NULL) {
			char link[sizeof(path) + 32];

			snprintf(link, sizeof(link), "%s/%.20s", path, descriptor->d_name);
			take_descriptor(found, pid, link);
		}
		if (descriptors != NULL)
			closedir(descriptors);
	}
	if (processes != NULL)
		closedir(processes);
}

static void add(struct json *json, const struct listener *listener)
{
	char name[32] = "";

	json_add(json, "{\"waiting\":%u,\"limit\":%u,\"process\":", listener->waiting, listener->limit);
	if (listener->pid == 0) {
		json_add(json, "null,\"name\":null}");
		return;
	}
	if (small_file_read(name, sizeof(name), "/proc/%d/comm", listener->pid))
		name[strcspn(name, "\n")] = '\0';
	json_add(json, "%d,\"name\":", listener->pid);
	json_string(json, name);
	json_add(json, "}");
}

void listeners_answer(FILE *answers, uint16_t port)
{
	struct listeners found = {.count = 0};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	struct json *json = json_new();
	bool known = fd >= 0 && ask(&found, fd, AF_INET, port);

	/* A kernel without IPv6 refuses the second question, and has answered the first. */
	if (known)
		ask(&found, fd, AF_INET6, port);
	if (fd >= 0)
		close(fd);
	find_processes(&found);
	if (json != NULL && known) {
		json_add(json, "[");
		for (size_t i = 0; i < found.count; i++) {
			json_add(json, "%s", i > 0 ? "," : "");
			add(json, &found.list[i]);
		}
		json_add(json, "]");
	}
	fprintf(answers, "listener %u %s\n", port, json != NULL && known ? json->text : "null");
	json_free(json);
}
