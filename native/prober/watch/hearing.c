/* SPDX-License-Identifier: MIT */
#include "hearing.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hear_filter.h"
#include "prober.h"
#include "tell.h"

#define RING_FRAMES 1024u /* two seconds of 500 probes a second */
#define READ_MOST 256u
#define KEY_AND_ANNOUNCEMENT sizeof(((struct rxray_frame_heard *)NULL)->payload)

static bool open_tap(struct prober *prober, const struct plan_hear *hear, struct problem *problem)
{
	struct hearing *hearing = prober->hearing;
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

static bool make(struct prober *prober, struct problem *problem)
{
	prober->hearing = calloc(1, sizeof(*prober->hearing));
	if (prober->hearing == NULL)
		return problem_set(problem, "E_MEMORY", EXIT_SYSTEM, -1, "end what takes up the memory",
		                   "no memory for what is heard");
	for (size_t i = 0; i < PLAN_MAX_HEARS; i++)
		tap_init(&prober->hearing->taps[i]);
	return true;
}

bool hearing_open(struct prober *prober, struct problem *problem)
{
	if (prober->plan.hear_count > 0 && !make(prober, problem))
		return false;
	for (size_t i = 0; i < prober->plan.hear_count; i++) {
		if (!open_tap(prober, &prober->plan.hears[i], problem))
			return false;
	}
	return true;
}

bool hearing_join(struct prober *prober, struct problem *problem)
{
	if (prober->plan.hear_count == 0)
		return true;
	if (!make(prober, problem))
		return false;
	for (size_t i = 0; i < prober->plan.hear_count; i++)
		prober->hearing->interfaces[i] = (int)if_nametoindex(prober->plan.hears[i].interface);
	return true;
}

void hearing_warn(struct prober *prober)
{
	for (size_t i = 0; prober->hearing != NULL && i < prober->plan.hear_count; i++) {
		char message[96];

		if (prober->hearing->interfaces[i] != 0)
			continue;
		snprintf(message, sizeof(message), "nothing is heard on %s: there is no such interface",
		         prober->plan.hears[i].interface);
		tell_warning(prober, "W_NOT_HEARD", -1, message);
	}
}

void hearing_close(struct prober *prober)
{
	if (prober->hearing == NULL)
		return;
	for (size_t i = 0; i < prober->hearing->count; i++)
		tap_close(&prober->hearing->taps[i]);
	free(prober->hearing);
	prober->hearing = NULL;
}

uint64_t hearing_drops(struct prober *prober)
{
	uint64_t drops = 0;

	for (size_t i = 0; prober->hearing != NULL && i < prober->hearing->count; i++)
		drops += tap_drops(&prober->hearing->taps[i]);
	return drops;
}

void hearing_flush(struct prober *prober)
{
	struct hearing *hearing = prober->hearing;

	if (hearing == NULL)
		return;
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
	struct hearing *hearing = prober->hearing;
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
	if (hearing->count > 0)
		prober->counters.received++;
	hearing->batched++;
	if (hearing->batched == HEARING_BATCH)
		hearing_flush(prober);
}

void hearing_read(struct prober *prober)
{
	struct hearing *hearing = prober->hearing;
	int64_t began = clocks_mono() + prober->clocks.real_minus_mono;
	bool all = true;

	if (hearing == NULL)
		return;
	for (size_t i = 0; i < hearing->count; i++) {
		all = !tap_count(&hearing->taps[i], READ_MOST) && all;
		tap_read(&hearing->taps[i], take_packet, prober);
		tap_turn(&hearing->taps[i], clocks_mono());
	}
	hearing_flush(prober);
	if (all)
		hearing->looked_real_ns = began;
}

static bool is_syn(const uint8_t *tcp)
{
	return (tcp[13] & (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK)) == TCP_SYN;
}

/* What answers a probe is no SYN alone, and no request. */
static bool is_probe(const struct received *packet)
{
	bool v4 = packet->length >= 20 && packet->packet[0] >> 4 == 4;
	size_t header = v4 ? (size_t)(packet->packet[0] & 15) * 4 : 40;
	const uint8_t *behind = packet->packet + header;
	uint8_t protocol;

	if (packet->length < header + 14)
		return false;
	protocol = packet->packet[v4 ? 9 : 6];
	if (protocol == IPPROTO_TCP)
		return is_syn(behind);
	return v4 ? protocol == IPPROTO_ICMP && behind[0] == 8
	          : protocol == IPPROTO_ICMPV6 && behind[0] == 128;
}

static bool is_heard_on(const struct hearing *hearing, const struct plan *plan, int interface)
{
	for (size_t i = 0; i < plan->hear_count; i++) {
		if (hearing->interfaces[i] == interface)
			return true;
	}
	return false;
}

bool hearing_passes_over(void *context, const struct received *packet)
{
	const struct prober *prober = context;

	return is_probe(packet) && !is_heard_on(prober->hearing, &prober->plan, packet->ifindex);
}

bool hearing_take(struct prober *prober, const struct received *packet)
{
	if (prober->hearing == NULL || !is_probe(packet))
		return false;
	take_packet(prober, packet);
	return true;
}

void hearing_looked(struct prober *prober, int64_t real_ns)
{
	if (prober->hearing != NULL)
		prober->hearing->looked_real_ns = real_ns;
}
