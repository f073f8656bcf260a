/* SPDX-License-Identifier: MIT */
#include "match_reply.h"
#include "hearing.h"
#include "sender.h"
#include "tell.h"

#include <stdio.h>

#include "probe_fate.h"

/* Widens the low bits of a number to the youngest probe that carries them. */
static uint64_t widen(const struct train *train, uint32_t low, uint32_t mask)
{
	uint64_t newest = train->outstanding.next - 1;

	return newest - (((uint32_t)newest - low) & mask);
}

static enum rxray_reply error_kind(const struct incoming *in)
{
	bool v4 = in->source.family == 4;

	if (in->icmp_type == (v4 ? 3 : 1))
		return RXRAY_REPLY_UNREACHABLE;
	return in->icmp_type == (v4 ? 11 : 3) ? RXRAY_REPLY_TTL_EXCEEDED : RXRAY_REPLY_OTHER_ICMP;
}

/* What is forwarded to another prober with the same numbers is no forgery. */
static void count_wrong_key(struct prober *prober, uint32_t path, const struct incoming *in)
{
	if (!in->error && !address_equal(&in->destination, &prober->sender.paths[path].route.source))
		prober->counters.strays++;
	else
		prober->counters.forged++;
}

/*
 * Whether an ICMP error quotes a probe of this path: its addresses, and its port. Only where this machine
 * itself translates addresses may they differ, as packets are seen here before they are translated back.
 */
static bool quotes_probe(const struct prober *prober, uint32_t path, const struct incoming *in)
{
	const struct plan_path *plan = &prober->plan.paths[path];

	if (!address_equal(&in->quoted_source, &in->destination))
		return false;
	if (prober->sender.paths[path].translated)
		return true;
	return address_equal(&in->quoted_source, &prober->sender.paths[path].route.source) &&
	       address_equal(&in->target, &plan->target) &&
	       (in->transport == TRANSPORT_ICMP || in->target_port == plan->port);
}

/*
 * A reply with the right key is an answer wherever it comes from: nobody else could have made it. Through the
 * translation of a NodePort it comes from the address that was probed; from another one where this machine
 * translates, or where the way back leaves a translation out, which a connection would not survive.
 */
static void notice_translation(struct prober *prober, uint32_t path, const struct incoming *in)
{
	const struct plan_path *plan = &prober->plan.paths[path];
	char message[256], target[ADDRESS_TEXT], source[ADDRESS_TEXT];

	if (in->error || prober->sender.paths[path].translated ||
	    (address_equal(&in->source, &plan->target) &&
	     (in->transport == TRANSPORT_ICMP || in->source_port == plan->port)))
		return;
	prober->sender.paths[path].translated = true;
	snprintf(message, sizeof(message),
	         "%s is answered by %s, port %u: a translation of addresses on this machine, or one that "
	         "replies "
	         "bypass",
	         address_text(&plan->target, target), address_text(&in->source, source), in->source_port);
	tell_warning(prober, "W_OTHER_SOURCE", (long)path, message);
}

/* The probe has been recognised by its key, or by what a router quoted of it. */
static void settle(struct prober *prober, uint32_t path, uint32_t train, uint64_t k,
                   const struct answer *answer)
{
	notice_translation(prober, path, answer->in);
	fate_settle(prober, train, k, answer, true);
}

/* ICMP and UDP probes carry their name and a nonce, unless a router quoted too little of them. */
static void take_named(struct prober *prober, uint32_t path, struct answer *answer)
{
	const struct incoming *in = answer->in;
	uint32_t index = prober->sender.paths[path].pinned;
	struct train *train = &prober->sender.trains[index];
	struct secret secret = prober_secret(prober, path);
	uint64_t k;

	if (train->outstanding.next == 0 || (in->error && !quotes_probe(prober, path, in))) {
		prober->counters.strays++;
		return;
	}
	if (in->echoed.whole) {
		if (in->echoed.path != path || in->echoed.nonce != key_nonce(&secret, path, in->echoed.seq)) {
			count_wrong_key(prober, path, in);
			return;
		}
		k = widen(train, in->echoed.seq, ~FRESH_SEQ_BIT);
	} else if (in->error && in->transport == TRANSPORT_ICMP) {
		k = widen(train, in->target_port, 0xffff);
	} else if (in->error && in->source.family == 4) {
		k = widen(train, in->quoted_ip_id, 0x7fff);
	} else {
		prober->counters.strays++;
		return;
	}
	settle(prober, path, index, k, answer);
}

static void take_icmp(struct prober *prober, struct answer *answer)
{
	uint32_t path;

	if (ports_find_id(&prober->sender.ports, answer->in->source_port, &path))
		take_named(prober, path, answer);
	else
		prober->counters.strays++;
}

static void take_tcp(struct prober *prober, struct answer *answer)
{
	const struct incoming *in = answer->in;
	uint16_t own = in->error ? in->source_port : in->target_port;
	uint16_t other = in->error ? in->target_port : in->source_port;
	uint8_t flags = in->tcp_flags & (TCP_SYN | TCP_RST | TCP_ACK | TCP_FIN);
	uint32_t path, number = in->tcp_seq, index;
	enum key_use use = KEY_SEQUENCE;
	const struct path_ports *ports;
	struct secret secret;
	struct train *train;
	uint16_t flow;
	uint64_t n, k, newest;

	if (!ports_find(&prober->sender.ports, TRANSPORT_TCP, own, in->error ? &in->target : &in->source,
	                other, &path) ||
	    (in->error && !quotes_probe(prober, path, in))) {
		prober->counters.strays++;
		return;
	}
	if (!in->error) {
		bool syn_ack = flags == (TCP_SYN | TCP_ACK);

		answer->reply = syn_ack ? RXRAY_REPLY_SYN_ACK : RXRAY_REPLY_RST;
		if (prober->plan.paths[path].protocol == PROTOCOL_ACK) {
			use = KEY_ACKNOWLEDGEMENT;
		} else {
			number = in->tcp_ack - 1;
			/* A bare ACK is a challenge (RFC 5961), which answers no probe in particular. */
			if (!syn_ack && flags != (TCP_RST | TCP_ACK)) {
				prober->counters.strays++;
				return;
			}
		}
		if (use == KEY_ACKNOWLEDGEMENT && (flags & TCP_RST) == 0) {
			prober->counters.strays++;
			return;
		}
		if (syn_ack && prober->sender.paths[path].half_open)
			reset_answer(prober, in, answer->packet->from);
	}
	ports = &prober->sender.ports.paths[path];
	if (own >= ports->fresh_first && own < (uint32_t)ports->fresh_first + ports->fresh_count) {
		index = prober->sender.paths[path].fresh;
		flow = FRESH_FLOW;
	} else {
		index = prober->sender.paths[path].pinned;
		flow = ports_flow(ports, own);
	}
	train = &prober->sender.trains[index];
	newest = train->outstanding.next == 0 ? 0 : train->outstanding.next - 1;
	if (!train->fresh)
		newest /= prober->plan.paths[path].flows;
	secret = prober_secret(prober, path);
	n = key_index(&secret, use, path, flow, number, newest);
	k = train->fresh ? n : n * prober->plan.paths[path].flows + flow;
	if (n == UINT64_MAX || (train->fresh && own != ports->fresh_first + n % ports->fresh_count)) {
		count_wrong_key(prober, path, in);
		return;
	}
	settle(prober, path, index, k, answer);
}

/* "Nobody listens on that port" is the answer that was asked for if the target itself says it, whose address
 * the quoted probe has: from a router on the way, or a rule there that rejects, it is an error. */
static bool says_closed(const struct incoming *in)
{
	return in->error && address_equal(&in->source, &in->target) &&
	       (in->source.family == 4 ? in->icmp_type == 3 && in->icmp_code == 3
	                               : in->icmp_type == 1 && in->icmp_code == 4);
}

static void take_udp(struct prober *prober, struct answer *answer)
{
	const struct incoming *in = answer->in;
	uint16_t own = in->error ? in->source_port : in->target_port;
	uint16_t other = in->error ? in->target_port : in->source_port;
	uint32_t path;

	if (!ports_find(&prober->sender.ports, TRANSPORT_UDP, own, in->error ? &in->target : &in->source,
	                other, &path)) {
		prober->counters.strays++;
		return;
	}
	if (says_closed(in)) {
		answer->outcome = RXRAY_OUTCOME_REPLY;
		if (quotes_probe(prober, path, in))
			prober->sender.paths[path].unreachable_seen = true;
	}
	take_named(prober, path, answer);
}

void match_reply(void *context, const struct received *from_ring)
{
	struct prober *prober = context;
	struct received packet = *from_ring;
	struct incoming in;
	struct answer answer = {.outcome = RXRAY_OUTCOME_REPLY, .in = &in, .packet = &packet};

	packet.user_ns = prober->user_received_ns;
	if (!packet_parse(packet.packet, packet.length, &in)) {
		prober->counters.strays++;
		return;
	}
	if (in.error) {
		answer.outcome = RXRAY_OUTCOME_ERROR;
		answer.reply = error_kind(&in);
	} else if (in.transport == TRANSPORT_ICMP) {
		answer.reply = RXRAY_REPLY_ECHO;
	} else if (in.transport == TRANSPORT_UDP) {
		answer.reply = RXRAY_REPLY_UDP;
	}
	if (in.transport == TRANSPORT_ICMP)
		take_icmp(prober, &answer);
	else if (in.transport == TRANSPORT_TCP)
		take_tcp(prober, &answer);
	else
		take_udp(prober, &answer);
}

static void take_packet(void *context, const struct received *packet)
{
	if (!hearing_take(context, packet))
		match_reply(context, packet);
}

void match_replies(struct prober *prober)
{
	int64_t began;
	bool more;

	do {
		began = clocks_mono() + prober->clocks.real_minus_mono;
		/* Counted first: the stamp of a probe is there before its answer is, so all are found. */
		more = tap_count(&prober->sender.tap, 1024);
		transmit_read_stamps(&prober->sender.transmit[0]);
		transmit_read_stamps(&prober->sender.transmit[1]);
		if (prober->grants.stamps != STAMPS_KERNEL)
			prober->user_received_ns = clocks_mono();
		tap_read(&prober->sender.tap, take_packet, prober);
	} while (more);
	hearing_looked(prober, began);
}
