// SPDX-License-Identifier: MIT
/*
 * The web server of the lab: a thread that accepts and one for each connection, HTTP/1.1 with keep-alive.
 * Before it accepts it passes the lock `door` of the lab's directory, before it answers the lock `desk`: a
 * fault takes one of them, and the server sits in flock(2) as others sit in a lock of theirs. SIGUSR1 makes
 * its accept queue one connection long, SIGUSR2 as long as it was.
 */
#include "injector.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "locks.h"

#define USUAL_BACKLOG 4096
#define SHORT_BACKLOG 1
#define MOST_CONNECTIONS 512
#define IDLE_MS 5000

static const char *state_dir;
static int listener;
static atomic_int connections;

/* Whether the head of a request is complete; what follows it is not asked for. */
static bool receive(int connection)
{
	char request[4096];
	size_t used = 0;

	while (used < sizeof(request) - 1) {
		struct pollfd ready = {.fd = connection, .events = POLLIN};
		ssize_t got;

		if (poll(&ready, 1, IDLE_MS) <= 0)
			return false;
		got = recv(connection, request + used, sizeof(request) - 1 - used, 0);
		if (got <= 0)
			return false;
		used += (size_t)got;
		request[used] = '\0';
		if (strstr(request, "\r\n\r\n"))
			return true;
	}
	return false;
}

static void *serve(void *argument)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n";
	int connection = (int)(intptr_t)argument;
	int desk = lock_open(state_dir, "desk");

	while (desk >= 0 && receive(connection)) {
		lock_pass(desk);
		if (send(connection, answer, sizeof(answer) - 1, MSG_NOSIGNAL) < 0)
			break;
	}
	close(desk);
	close(connection);
	atomic_fetch_sub(&connections, 1);
	return NULL;
}

static void *accept_all(void *argument)
{
	int door = lock_open(state_dir, "door");
	pthread_attr_t detached;

	(void)argument;
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&detached, 128 * 1024);
	for (;;) {
		struct pollfd ready = {.fd = listener, .events = POLLIN};
		pthread_t thread;
		int connection;

		if (poll(&ready, 1, -1) <= 0)
			continue;
		lock_pass(door);
		connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (connection < 0)
			continue;
		if (atomic_fetch_add(&connections, 1) >= MOST_CONNECTIONS ||
		    pthread_create(&thread, &detached, serve, (void *)(intptr_t)connection)) {
			atomic_fetch_sub(&connections, 1);
			close(connection);
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
	const struct timespec nap = {.tv_nsec = 500000000};
	pthread_t acceptor;
	sigset_t signals;
	int one = 1;

	if (argc != 9 || strcmp(argv[1], "--state") || strcmp(argv[3], "--netns") ||
	    strcmp(argv[5], "--port") || strcmp(argv[7], "--cpu")) {
		fprintf(stderr, "usage: rxray-lab-serve --state DIR --netns NAME --port PORT --cpu CPU\n");
		return 2;
	}
	state_dir = argv[2];
	injector_enter_netns(argv[4]);
	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	sigaddset(&signals, SIGUSR2);
	/* Threads inherit it: only the wait below takes them. */
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	address.sin_port = htons((uint16_t)atoi(argv[6]));
	/* Threads inherit it, as they do the signals. */
	injector_realtime(SERVER_PRIORITY);
	/* Faults take another one, and nothing that waits there is the server's fault. */
	injector_pin_self(atoi(argv[8]));
	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(listener, (struct sockaddr *)&address, sizeof(address)) || listen(listener, USUAL_BACKLOG)) {
		fprintf(stderr, "cannot listen on port %s in %s: %m\n", argv[6], argv[4]);
		return 1;
	}
	errno = pthread_create(&acceptor, NULL, accept_all, NULL);
	if (errno) {
		perror("pthread_create");
		return 1;
	}
	while (lab_is_up(state_dir)) {
		int number = sigtimedwait(&signals, NULL, &nap);

		if (number > 0)
			listen(listener, number == SIGUSR1 ? SHORT_BACKLOG : USUAL_BACKLOG);
	}
	return 0;
}
