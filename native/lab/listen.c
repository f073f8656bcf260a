// SPDX-License-Identifier: MIT
/* A small HTTP listener inside one namespace: one answer per connection, bounded, gone with the lab. */
#include "injector.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n";

static void serve(int connection)
{
	struct timeval patience = {.tv_usec = 200000};
	char request[1024];

	/* One connection at a time is enough: probes never complete the handshake. */
	setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (recv(connection, request, sizeof(request), 0) > 0)
		(void)!send(connection, answer, sizeof(answer) - 1, MSG_NOSIGNAL);
	close(connection);
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
	int one = 1, fd;
	char lease[512];

	if (argc != 7 || strcmp(argv[1], "--state") || strcmp(argv[3], "--netns") ||
	    strcmp(argv[5], "--port")) {
		fprintf(stderr, "usage: rxray-lab-listen --state DIR --netns NAME --port PORT\n");
		return 2;
	}
	snprintf(lease, sizeof(lease), "%s/lease", argv[2]);
	injector_enter_netns(argv[4]);
	address.sin_port = htons((uint16_t)atoi(argv[6]));
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 4096)) {
		fprintf(stderr, "cannot listen on port %s in %s: %m\n", argv[6], argv[4]);
		return 1;
	}
	signal(SIGPIPE, SIG_IGN);
	while (access(lease, F_OK) == 0 || errno != ENOENT) {
		struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
		int connection;

		if (poll(&poll_fd, 1, 500) <= 0)
			continue;
		connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		if (connection >= 0)
			serve(connection);
	}
	return 0;
}
