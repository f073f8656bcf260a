/* SPDX-License-Identifier: MIT */
#include <linux/if_ether.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "hearing.h"
#include "prober.h"
#include "watch_filter.h"
#include "watcher.h"

#define RING_FRAMES 4096u /* a second in which the watcher does not run, at 4,000 packets a second */

static bool open_interface(struct prober *prober, const char *name, struct problem *problem)
{
	struct watcher *watcher = prober->watcher;
	struct watched_interface *interface = &watcher->interfaces[watcher->interface_count];
	struct sock_filter code[WATCH_FILTER_MAX];
	struct sock_fprog program = {.filter = code};
	struct receive_options options = {
	        .filter = &program,
	        .protocol = ETH_P_ALL,
	        .frames = RING_FRAMES,
	        .stamps = prober->grants.stamps,
	};

	for (size_t i = 0; i < watcher->interface_count; i++) {
		if (strcmp(watcher->interfaces[i].name, name) == 0)
			return true;
	}
	if (watcher->interface_count == WATCH_INTERFACES)
		return problem_set(problem, "E_PLAN", EXIT_PLAN, -1, "start a further watcher",
		                   "more than %d interfaces to watch", WATCH_INTERFACES);
	options.ifindex = (int)if_nametoindex(name);
	if (options.ifindex == 0)
		return problem_set(problem, "E_INTERFACE", EXIT_PLAN, -1,
		                   "name an interface of this machine; see `ip link`",
		                   "there is no interface %s", name);
	memcpy(interface->name, name, sizeof(interface->name));
	interface->ifindex = options.ifindex;
	interface->filter_length = watch_filter_make(&prober->plan, name, code);
	program.len = (unsigned short)interface->filter_length;
	if (program.len == 0)
		return problem_set(problem, "E_PLAN", EXIT_PLAN, -1, "watch fewer paths with one watcher",
		                   "too many watches on %s for one filter", name);
	watcher->interface_count++;
	return receive_open(&interface->receive, &options, problem);
}

bool watch_setup(struct prober *prober, struct problem *problem)
{
	uint64_t random;

	prober->watcher = calloc(1, sizeof(*prober->watcher));
	if (prober->watcher == NULL || !arrivals_open(&prober->watcher->arrivals, &prober->plan))
		return problem_set(problem, "E_MEMORY", EXIT_SYSTEM, -1, "give fewer watches",
		                   "no memory for the watches of this plan");
	prober->watcher->local.hearts.wake_fd = -1;
	for (size_t i = 0; i < WATCH_INTERFACES; i++)
		prober->watcher->interfaces[i].receive.fd = -1;
	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return problem_set(problem, "E_RANDOM", EXIT_SYSTEM, -1, "use a kernel that has getrandom",
		                   "no random numbers");
	/* The card's clock says nothing about other machines, so arrivals have the kernel's stamps in any
	 * case. */
	prober->grants.stamps = prober->plan.stamping == STAMPING_USER ? STAMPS_NONE : STAMPS_KERNEL;
	prober->grants.stamps_why = "the kernel's, which all machines have alike";
	for (size_t i = 0; i < prober->plan.watch_count; i++) {
		if (!open_interface(prober, prober->plan.watches[i].interface, problem))
			return false;
	}
	if (!hearing_open(prober, problem) || !segments_open(prober, problem))
		return false;
	clocks_init(&prober->clocks);
	prober->start_ns = clocks_mono();
	prober->epoch_ns =
	        prober->plan.epoch_mono_ns != 0 ? (int64_t)prober->plan.epoch_mono_ns : prober->start_ns;
	frames_header(&prober->frames, RXRAY_HELPER_PROBER, prober->epoch_ns + prober->clocks.real_minus_mono,
	              prober->epoch_ns, random);
	/* Asked first: this thread may then bind itself to one CPU, which is no limit for the others. */
	if (!steering_thread(0, &prober->watcher->local.allowed))
		memset(&prober->watcher->local.allowed, 0xff, sizeof(prober->watcher->local.allowed));
	running_rights_take(prober);
	if (prober->plan.local_count > 0) {
		prober->watcher->local_open = true;
		return local_open(prober, problem);
	}
	return true;
}

uint64_t watch_drops(struct watcher *watcher)
{
	uint64_t drops = 0;

	for (size_t i = 0; i < watcher->segments.count; i++)
		drops += receive_drops(&watcher->segments.sockets[i]);
	for (size_t i = 0; i < watcher->interface_count; i++)
		drops += receive_drops(&watcher->interfaces[i].receive);
	return drops;
}

void watch_release(struct prober *prober)
{
	struct watcher *watcher = prober->watcher;

	if (watcher == NULL)
		return;
	if (watcher->local_open)
		local_close(&watcher->local);
	for (size_t i = 0; i < watcher->interface_count; i++)
		receive_close(&watcher->interfaces[i].receive);
	segments_close(&watcher->segments);
	arrivals_close(&watcher->arrivals);
	free(watcher);
	prober->watcher = NULL;
}
