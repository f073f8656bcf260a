/* SPDX-License-Identifier: MIT */
#include "filter.h"
#include "hear_filter.h"
#include "hearing.h"
#include "prober.h"
#include "sender.h"

#define NS_PER_S 1000000000ll
#define RECEIVE_FRAMES_LEAST 2048u
#define RECEIVE_FRAMES_MOST 32768u

/* The one interface that all paths name, and all that is heard, else 0: replies may then come in anywhere. */
static int common_interface(const struct prober *prober)
{
	int common = 0;

	for (size_t i = 0; i < prober->plan.path_count; i++) {
		if (prober->sender.paths[i].route.bound == 0 ||
		    (common != 0 && common != prober->sender.paths[i].route.bound))
			return 0;
		common = prober->sender.paths[i].route.bound;
	}
	for (size_t i = 0; i < prober->plan.hear_count; i++) {
		if (common != prober->hearing->interfaces[i])
			return 0;
	}
	return common;
}

struct wanted_replies {
	struct sock_filter code[FILTER_MAX + HEAR_FILTER_MAX];
	struct sock_fprog program;
	uint64_t per_second;
};

/* What may answer the paths of a family; false when there are none. */
static bool want_replies(const struct prober *prober, int family, struct wanted_replies *wanted)
{
	struct filter_spec filter = {
	        .icmp_ids = prober->sender.ports.ids,
	        .pinned_ports = prober->sender.ports.pinned,
	        .fresh_ports = prober->sender.ports.fresh,
	        .family = family,
	};

	*wanted = (struct wanted_replies){0};
	for (size_t i = 0; i < prober->plan.path_count; i++) {
		const struct plan_path *path = &prober->plan.paths[i];

		if (path->target.family != family)
			continue;
		filter.tcp |= path->protocol == PROTOCOL_SYN || path->protocol == PROTOCOL_ACK;
		filter.udp |= path->protocol == PROTOCOL_UDP;
		wanted->per_second += NS_PER_S / path->interval_ns + path->fresh_pps;
	}
	if (wanted->per_second == 0)
		return false;
	wanted->program = (struct sock_fprog){.filter = wanted->code,
	                                      .len = (unsigned short)filter_make(&filter, wanted->code)};
	return true;
}

/* Room for the answers of a third of a second in which the prober does not run. */
static uint32_t frames_for(uint64_t per_second)
{
	uint64_t frames = per_second / 3;

	if (frames < RECEIVE_FRAMES_LEAST)
		return RECEIVE_FRAMES_LEAST;
	return frames > RECEIVE_FRAMES_MOST ? RECEIVE_FRAMES_MOST : (uint32_t)frames;
}

bool sockets_open(struct prober *prober, struct problem *problem)
{
	struct transmit_events events = send_events;
	struct wanted_replies wanted[2];
	struct tap_options options = {.stamps = prober->grants.stamps, .early = prober->plan.early};
	uint64_t per_second = 0;

	events.context = prober;
	for (int i = 0; i < 2; i++) {
		int family = i == 0 ? 4 : 6;

		bool probed = want_replies(prober, family, &wanted[i]);

		if (prober->hearing != NULL)
			wanted[i].program = (struct sock_fprog){
			        .filter = wanted[i].code,
			        .len = (unsigned short)hear_filter_before(prober->plan.hears[0].ports, family,
			                                                  wanted[i].code,
			                                                  wanted[i].program.len),
			};
		if (wanted[i].program.len > 0)
			options.filters[i] = &wanted[i].program;
		if (!probed)
			continue;
		per_second += wanted[i].per_second;
		if (!transmit_open(&prober->sender.transmit[i], family, prober->grants.stamps, &events,
		                   problem))
			return false;
	}
	options.ifindex = common_interface(prober);
	if (prober->hearing != NULL) {
		options.passes_over = hearing_passes_over;
		options.context = prober;
		/* As many probes come in as leave, more or less. */
		per_second *= 2;
	}
	options.frames = frames_for(per_second);
	return tap_open(&prober->sender.tap, &options, problem);
}
