/* SPDX-License-Identifier: MIT */
#include "hearing.h"

#include <string.h>

#include "hear_filter.h"
#include "prober.h"
#include "watcher.h"

#define RING_FRAMES 1024u /* two seconds of 500 probes a second */
#define READ_MOST 256u
#define KEY_AND_ANNOUNCEMENT sizeof(((struct rxray_frame_heard *)NULL)->payload)

static bool open_tap(struct prober *prober, const struct plan_hear *hear, struct problem *problem)
{
	struct hearing *hearing = &prober->watcher->hearing;
	struct sock_filter code[2][HEAR_FILTER_MAX];
	struct sock_fprog programs[2];
	struct tap_options options = {
	        .filters = {&programs[0], &programs[1]},
	        .ifindex = (int)if_nametoindex(hear->interface),
	        .frames = RING_FRAMES,
	        .stamps = prober->grants.stamps,
	        .early = prober->plan.early,
	};

	if (options.ifindex == 0)
		return problem_set(problem, "E_INTERFACE", EXIT_PLAN, -1,
		                   "name an interface of this machine; see `ip link`",
		                   "there is no interface %s", hear->interface);
	for (int i = 0; i < 2; i++) {
		size_t length = hear_filter_make(hear->ports, i == 0 ? 4 : 6, code[i]);

		programs[i] = (struct sock_fprog){.filter = code[i], .len = (unsigned short)length};
	}
	return tap_open(&hearing->taps[hearing->count++], &options, problem);
}

bool hearing_open(struct prober *prober, struct problem *problem)
{
	struct hearing *hearing = &prober->watcher->hearing;

	for (size_t i = 0; i < PLAN_MAX_HEARS; i++)
		tap_init(&hearing->taps[i]);
	for (size_t i = 0; i < prober->plan.hear_count; i++) {
		if (!open_tap(prober, &prober->plan.hears[i], problem))
			return false;
	}
	return true;
}

void hearing_close(struct hearing *hearing)
{
	for (size_t i = 0; i < hearing->count; i++)
		tap_close(&hearing->taps[i]);
}

static void flush(struct prober *prober)
{
	struct hearing *hearing = &prober->watcher->hearing;

	if (hearing->batched > 0)
		frames_bulk(&prober->frames, RXRAY_RECORD_HEARD, sizeof(hearing->batch[0]), hearing->batch,
		            hearing->batched);
	hearing->batched = 0;
}

static const uint8_t *payload_of(const struct received *packet, uint8_t family, size_t *length)
{
	size_t header = family == 6 ? 40 : (size_t)(packet->packet[0] & 15) * 4;

	if (packet->length < header + 8)
		return NULL;
	*length = packet->length - header - 8;
	return packet->packet + header + 8;
}

/*
 * The stamp is that of the driver's poll; RPS and a full backlog come behind it. A packet that was not in the
 * ring when it was last read to its end had not passed them by then.
 */
static uint32_t backlog_of(const struct hearing *hearing, const struct received *packet)
{
	int64_t least = packet->stamped ? hearing->looked_real_ns - packet->real_ns : 0;

	if (hearing->looked_real_ns == 0 || least < 0)
		return 0;
	return least > UINT32_MAX ? UINT32_MAX : (uint32_t)least;
}

static void take_packet(void *context, const struct received *packet)
{
	struct prober *prober = context;
	struct hearing *hearing = &prober->watcher->hearing;
	struct rxray_frame_heard *heard = &hearing->batch[hearing->batched];
	int64_t mono = packet->real_ns - prober->clocks.real_minus_mono;
	const uint8_t *payload;
	struct incoming in;
	size_t length = 0;

	if (!packet_parse_any(packet->packet, packet->length, &in) || in.error) {
		prober->counters.strays++;
		return;
	}
	*heard = (struct rxray_frame_heard){
	        .tcp_seq = in.tcp_seq,
	        .source_port = in.source_port,
	        .target_port = in.target_port,
	        .family = in.source.family,
	        .protocol = in.transport == TRANSPORT_ICMP ? PROTOCOL_ICMP : PROTOCOL_SYN,
	        .backlog_ns = backlog_of(hearing, packet),
	};
	memcpy(heard->source, in.source.bytes, sizeof(heard->source));
	memcpy(heard->target, in.destination.bytes, sizeof(heard->target));
	if (in.transport == TRANSPORT_ICMP) {
		payload = payload_of(packet, in.source.family, &length);
		if (payload == NULL || length < KEY_AND_ANNOUNCEMENT) {
			prober->counters.strays++;
			return;
		}
		memcpy(heard->payload, payload, KEY_AND_ANNOUNCEMENT);
	}
	if (!packet->stamped)
		heard->flags |= RXRAY_ARRIVAL_FLAGS_USER_STAMP;
	if (mono <= prober->clocks.stepped_mono)
		heard->flags |= RXRAY_ARRIVAL_FLAGS_CLOCK_STEP;
	heard->time_ns = mono - prober->epoch_ns;
	prober->counters.received++;
	hearing->batched++;
	if (hearing->batched == HEARING_BATCH)
		flush(prober);
}

void hearing_read(struct prober *prober)
{
	struct hearing *hearing = &prober->watcher->hearing;
	int64_t began = clocks_mono() + prober->clocks.real_minus_mono;
	bool all = true;

	for (size_t i = 0; i < hearing->count; i++) {
		all = !tap_count(&hearing->taps[i], READ_MOST) && all;
		tap_read(&hearing->taps[i], take_packet, prober);
		tap_turn(&hearing->taps[i], clocks_mono());
	}
	flush(prober);
	if (all)
		hearing->looked_real_ns = began;
}
