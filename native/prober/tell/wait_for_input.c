/* SPDX-License-Identifier: MIT */
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "prober.h"
#include "tell.h"

#define SECOND_NS 1000000000ll

void wait_for_input(struct prober *prober, int64_t until, int wake_fd)
{
	/* poll passes over a negative descriptor. */
	struct pollfd wanted[3] = {
	        {.fd = STDIN_FILENO, .events = POLLIN},
	        {.fd = prober->frames.fd, .events = prober->frames.stuck_mono != 0 ? POLLOUT : 0},
	        {.fd = wake_fd, .events = POLLIN},
	};
	int64_t left = until - clocks_mono();
	struct timespec time = {0};

	if (left > 0)
		time = (struct timespec){left / SECOND_NS, left % SECOND_NS};
	if (ppoll(wanted, 3, &time, NULL) <= 0)
		return;
	if ((wanted[0].revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL)) != 0)
		commands_read(prober);
	if ((wanted[1].revents & (POLLERR | POLLNVAL)) != 0)
		prober->frames.broken = true;
	if ((wanted[1].revents & POLLOUT) != 0)
		frames_write(&prober->frames);
}
