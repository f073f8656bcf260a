// SPDX-License-Identifier: MIT
/*
 * What packets pay: `rxray-lab-toll FAR ROUNDS PACKETS NETNS=ADDRESS…` sends packets of 200 bytes from the
 * namespace FAR to each of the others, and back, a few milliseconds at a time and in turn, so that whatever
 * else the machine does falls on all of them alike. One line a round: CPU time of this process per packet in
 * ns, sending, the softirq of a virtual link and receiving included, for each namespace in the order given.
 * While any socket asks for time stamps the kernel stamps what arrives anywhere on the machine: every other
 * round has such a socket.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/net_tstamp.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PLACES_MOST 8
#define BYTES 200
#define BATCH 32
#define PORT 5001
#define BUFFER (4 << 20)
#define SETTLE_US 5000

enum way { UDP_RECEIVED, UDP_SENT, TCP_RECEIVED, WAYS };

static const char *const names[WAYS] = {"udpReceived", "udpSent", "tcpReceived"};

/* Each way has a connected socket at either end. */
struct place {
	int netns;
	struct sockaddr_in address;
	int from[WAYS], to[WAYS];
};

static void __attribute__((noreturn)) fail(const char *what)
{
	fprintf(stderr, "rxray-lab-toll: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_netns(const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail(path);
	return fd;
}

static int socket_in(int netns, int type)
{
	int fd, one = 1, bytes = BUFFER;

	if (setns(netns, CLONE_NEWNET) != 0)
		fail("setns");
	fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) != 0)
		fail("socket");
	return fd;
}

static void name_of(int fd, struct sockaddr_in *name)
{
	socklen_t length = sizeof(*name);

	if (getsockname(fd, (struct sockaddr *)name, &length) != 0)
		fail("getsockname");
}

static void join(int a, int b)
{
	struct sockaddr_in name;

	name_of(b, &name);
	if (connect(a, (struct sockaddr *)&name, sizeof(name)) != 0)
		fail("connect");
	name_of(a, &name);
	if (connect(b, (struct sockaddr *)&name, sizeof(name)) != 0)
		fail("connect");
}

static void join_tcp(int far, struct place *place)
{
	int one = 1, listener = socket_in(place->netns, SOCK_STREAM);
	struct sockaddr_in name = place->address;

	if (bind(listener, (struct sockaddr *)&name, sizeof(name)) != 0 || listen(listener, 1) != 0)
		fail("listen");
	place->from[TCP_RECEIVED] = socket_in(far, SOCK_STREAM);
	if (connect(place->from[TCP_RECEIVED], (struct sockaddr *)&name, sizeof(name)) != 0 ||
	    setsockopt(place->from[TCP_RECEIVED], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) != 0)
		fail("connect");
	place->to[TCP_RECEIVED] = accept(listener, NULL, NULL);
	if (place->to[TCP_RECEIVED] < 0)
		fail("accept");
	close(listener);
}

static void open_place(int far, struct place *place)
{
	int here = socket_in(place->netns, SOCK_DGRAM), there = socket_in(far, SOCK_DGRAM);

	if (bind(here, (struct sockaddr *)&place->address, sizeof(place->address)) != 0)
		fail("bind");
	join(there, here);
	place->from[UDP_RECEIVED] = place->to[UDP_SENT] = there;
	place->to[UDP_RECEIVED] = place->from[UDP_SENT] = here;
	join_tcp(far, place);
}

static int ask_for_stamps(void)
{
	unsigned flags = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof(flags)) != 0)
		fail("stamps");
	return fd;
}

static double cpu_ns(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) != 0)
		fail("clock_gettime");
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void drain(int fd)
{
	static char bytes[BATCH][BYTES];
	struct iovec pieces[BATCH];
	struct mmsghdr messages[BATCH] = {0};

	for (unsigned i = 0; i < BATCH; i++) {
		pieces[i] = (struct iovec){bytes[i], BYTES};
		messages[i].msg_hdr.msg_iov = &pieces[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	while (recvmmsg(fd, messages, BATCH, MSG_DONTWAIT, NULL) > 0)
		continue;
}

static double pay(const struct place *place, enum way way, unsigned packets)
{
	static char bytes[BYTES];
	double began = cpu_ns();

	for (unsigned i = 0; i < packets; i++) {
		if (send(place->from[way], bytes, BYTES, 0) != BYTES)
			fail("send");
		if (i % BATCH == BATCH - 1)
			drain(place->to[way]);
	}
	drain(place->to[way]);
	return (cpu_ns() - began) / packets;
}

static void round_of(struct place *places, int count, unsigned round, unsigned packets)
{
	double ns[WAYS][PLACES_MOST];
	bool stamps = round % 2 == 1;
	int stamping = stamps ? ask_for_stamps() : -1;

	/* Stamping is switched off a while after the last who asked has gone. */
	usleep(SETTLE_US);
	for (int turn = 0; turn < count; turn++) {
		int i = (turn + (int)(round / 2)) % count;

		for (enum way way = 0; way < WAYS; way++)
			ns[way][i] = pay(&places[i], way, packets);
	}
	if (stamping >= 0)
		close(stamping);
	printf("{\"stamps\":%s,", stamps ? "true" : "false");
	for (enum way way = 0; way < WAYS; way++) {
		printf("%s\"%s\":[", way == 0 ? "" : ",", names[way]);
		for (int i = 0; i < count; i++)
			printf("%s%.1f", i == 0 ? "" : ",", ns[way][i]);
		printf("]");
	}
	printf("}\n");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct place places[PLACES_MOST];
	int far, count = argc - 4;
	unsigned rounds, packets;

	if (count < 1 || count > PLACES_MOST) {
		fprintf(stderr, "usage: rxray-lab-toll FAR ROUNDS PACKETS NETNS=ADDRESS…\n");
		return 2;
	}
	far = open_netns(argv[1]);
	rounds = (unsigned)atoi(argv[2]);
	packets = (unsigned)atoi(argv[3]);
	for (int i = 0; i < count; i++) {
		char *address = strchr(argv[4 + i], '=');

		places[i] = (struct place){.address = {.sin_family = AF_INET, .sin_port = htons(PORT)}};
		if (address == NULL || inet_pton(AF_INET, address + 1, &places[i].address.sin_addr) != 1)
			fail(argv[4 + i]);
		*address = '\0';
		places[i].netns = open_netns(argv[4 + i]);
		open_place(far, &places[i]);
	}
	for (unsigned round = 0; round < rounds; round++)
		round_of(places, count, round, packets);
	return 0;
}
