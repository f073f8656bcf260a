/* SPDX-License-Identifier: MIT */
#include "stop.h"

#include <signal.h>
#include <stddef.h>

/* A signal handler gets no context, so this one word stands outside of it. */
static volatile sig_atomic_t requested;

static void request(int number)
{
	(void)number;
	requested = 1;
}

bool stop_catch(void)
{
	struct sigaction action = {.sa_handler = request};
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	return sigaction(SIGTERM, &action, NULL) == 0 && sigaction(SIGINT, &action, NULL) == 0 &&
	       sigaction(SIGPIPE, &ignore, NULL) == 0;
}

bool stop_requested(void)
{
	return requested != 0;
}
