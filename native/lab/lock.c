// SPDX-License-Identifier: MIT
/*
 * Holds, for the length of each stall, a lock that a server of the lab has to pass. Before that it may fill
 * the server's accept queue with connections of its own, as other clients would.
 */
#include "injector.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include "locks.h"

/*
 * A queue of one takes two (it is full once there are more in it than it may hold), or one and the one that
 * the server was about to accept, less those of other clients: the one that finds no place tells that it is
 * full.
 */
#define FILLERS 4

static int lock;
static bool fills;
static struct sockaddr_in server;

static int connect_one(void)
{
	struct timeval patience = {.tv_usec = 50000};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&server, sizeof(server)) == 0)
		return fd;
	close(fd);
	return -1;
}

static bool stall(struct injector *injector, uint64_t length_ns, struct truth_stall *happened)
{
	int fillers[FILLERS], filled = 0;
	bool full = false;

	(void)injector;
	if (flock(lock, LOCK_EX)) {
		perror("flock");
		return false;
	}
	happened->start_ns = mono_ns();
	while (fills && !full && filled < FILLERS) {
		fillers[filled] = connect_one();
		full = fillers[filled] < 0;
		filled += !full;
	}
	while (mono_ns() < happened->start_ns + length_ns && !injector_signalled())
		sleep_until_ns(happened->start_ns + length_ns);
	flock(lock, LOCK_UN);
	happened->end_ns = mono_ns();
	for (int i = 0; i < filled; i++)
		close(fillers[i]);
	if (fills)
		snprintf(happened->extra, sizeof(happened->extra), ",\"full\":%s", full ? "true" : "false");
	return true;
}

int main(int argc, char **argv)
{
	struct injector injector;
	const char *address;

	injector_parse(&injector, argc, argv);
	injector_prepare(&injector);
	lock = lock_open(injector.state_dir, injector_value(&injector, "lock", ""));
	if (lock < 0)
		return 1;
	address = injector_value(&injector, "fill", "");
	fills = inet_pton(AF_INET, address, &server.sin_addr) == 1;
	if (fills) {
		server.sin_family = AF_INET;
		server.sin_port = htons((uint16_t)atoi(injector_value(&injector, "port", "0")));
		injector_enter_netns(injector_value(&injector, "netns", ""));
	}
	injector_pin_self(injector.home_cpu);
	injector_run(&injector, stall, NULL);
	return 0;
}
