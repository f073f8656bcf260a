/* SPDX-License-Identifier: MIT */
#include "route.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct answer {
	struct address source;
	int ifindex;
	unsigned char type; /* RTN_… */
	int error; /* errno of the kernel's refusal */
};

static void add_attribute(struct nlmsghdr *header, unsigned short type, const void *data, size_t length)
{
	struct rtattr *attribute = (struct rtattr *)((char *)header + NLMSG_ALIGN(header->nlmsg_len));

	attribute->rta_type = type;
	attribute->rta_len = (unsigned short)RTA_LENGTH(length);
	memcpy(RTA_DATA(attribute), data, length);
	header->nlmsg_len = NLMSG_ALIGN(header->nlmsg_len) + (uint32_t)RTA_ALIGN(attribute->rta_len);
}

static void read_attributes(struct nlmsghdr *header, size_t address_bytes, struct answer *answer)
{
	struct rtmsg *message = NLMSG_DATA(header);
	int left = (int)RTM_PAYLOAD(header);

	answer->type = message->rtm_type;
	for (struct rtattr *at = RTM_RTA(message); RTA_OK(at, left); at = RTA_NEXT(at, left)) {
		if (at->rta_type == RTA_OIF && RTA_PAYLOAD(at) == sizeof(int))
			memcpy(&answer->ifindex, RTA_DATA(at), sizeof(int));
		if (at->rta_type == RTA_PREFSRC && RTA_PAYLOAD(at) == address_bytes) {
			answer->source.family = address_bytes == 4 ? 4 : 6;
			memcpy(answer->source.bytes, RTA_DATA(at), address_bytes);
		}
	}
}

/* One question to the routing table; false when netlink itself fails. */
static bool ask(const struct address *target, const struct address *source, int ifindex,
                struct answer *answer)
{
	_Alignas(struct nlmsghdr) char request[256] = {0};
	struct nlmsghdr *question = (struct nlmsghdr *)request;
	struct rtmsg *message = NLMSG_DATA(question);
	_Alignas(struct nlmsghdr) char reply[8192];
	size_t bytes = target->family == 4 ? 4 : 16;
	struct nlmsghdr *header = (struct nlmsghdr *)reply;
	bool good = false;
	ssize_t length;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		return false;
	memset(answer, 0, sizeof(*answer));
	question->nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg));
	question->nlmsg_type = RTM_GETROUTE;
	question->nlmsg_flags = NLM_F_REQUEST;
	message->rtm_family = target->family == 4 ? AF_INET : AF_INET6;
	message->rtm_dst_len = (unsigned char)(8 * bytes);
	add_attribute(question, RTA_DST, target->bytes, bytes);
	if (source->family != 0) {
		message->rtm_src_len = (unsigned char)(8 * bytes);
		add_attribute(question, RTA_SRC, source->bytes, bytes);
	}
	if (ifindex != 0)
		add_attribute(question, RTA_OIF, &ifindex, sizeof(ifindex));
	if (send(fd, request, question->nlmsg_len, 0) == (ssize_t)question->nlmsg_len) {
		length = recv(fd, reply, sizeof(reply), 0);
		if (length > 0 && NLMSG_OK(header, (size_t)length)) {
			good = true;
			if (header->nlmsg_type == NLMSG_ERROR)
				answer->error = -((struct nlmsgerr *)NLMSG_DATA(header))->error;
			else
				read_attributes(header, bytes, answer);
		}
	}
	close(fd);
	return good;
}

bool route_find(const struct plan_path *path, long index, struct route *route, struct problem *problem)
{
	static const struct address none;
	struct answer answer;
	char text[ADDRESS_TEXT];

	memset(route, 0, sizeof(*route));
	if (path->interface[0] != '\0') {
		route->bound = (int)if_nametoindex(path->interface);
		if (route->bound == 0)
			return problem_set(problem, "E_NO_INTERFACE", EXIT_SYSTEM, index,
			                   "list the interfaces with `ip link` and correct if=",
			                   "path %ld: there is no interface %s here", index, path->interface);
	}
	if (path->source.family != 0) {
		if (!ask(&path->source, &none, 0, &answer))
			goto netlink;
		if (answer.error != 0 || answer.type != RTN_LOCAL)
			return problem_set(problem, "E_SOURCE", EXIT_SYSTEM, index,
			                   "name an address of this machine, or leave source= out",
			                   "path %ld: %s is not an address of this machine", index,
			                   address_text(&path->source, text));
	}
	if (!ask(&path->target, &path->source, route->bound, &answer))
		goto netlink;
	if (answer.type == RTN_BROADCAST || answer.type == RTN_MULTICAST)
		return problem_set(problem, "E_ADDRESS", EXIT_PLAN, index, "give the address of one machine",
		                   "path %ld: %s is a broadcast address here", index,
		                   address_text(&path->target, text));
	if (answer.error != 0 || answer.ifindex == 0 ||
	    (answer.type != RTN_UNICAST && answer.type != RTN_LOCAL))
		return problem_set(problem, "E_NO_ROUTE", EXIT_SYSTEM, index,
		                   "see `ip route get` for the address, or leave this path out",
		                   "path %ld: no route to %s%s%s (%s)", index,
		                   address_text(&path->target, text),
		                   path->interface[0] != '\0' ? " through " : "", path->interface,
		                   answer.error != 0 ? strerror(answer.error) : "not a unicast route");
	route->ifindex = answer.ifindex;
	if (if_indextoname((unsigned)answer.ifindex, route->interface) == NULL)
		strcpy(route->interface, "?");
	route->source = path->source.family != 0 ? path->source : answer.source;
	if (route->source.family == 0)
		return problem_set(problem, "E_SOURCE", EXIT_SYSTEM, index,
		                   "give source=", "path %ld: the route to %s has no source address", index,
		                   address_text(&path->target, text));
	return true;
netlink:
	return problem_set(problem, "E_NETLINK", EXIT_SYSTEM, index,
	                   "allow AF_NETLINK sockets to this process", "cannot ask the routing table: %s",
	                   strerror(errno));
}
