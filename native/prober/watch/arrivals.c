/* SPDX-License-Identifier: MIT */
#include "arrivals.h"

#include <stdlib.h>

#define DIRECTION(leaving) ((leaving) ? RXRAY_DIRECTION_OUT : RXRAY_DIRECTION_IN)

bool arrivals_open(struct arrivals *arrivals, const struct plan *plan)
{
	arrivals->secret = (struct secret){{plan->secret[0], plan->secret[1]}};
	arrivals->count = plan->watch_count;
	arrivals->watched = calloc(plan->watch_count + 1, sizeof(*arrivals->watched));
	if (arrivals->watched == NULL)
		return false;
	for (size_t i = 0; i < plan->watch_count; i++)
		arrivals->watched[i].plan = &plan->watches[i];
	return true;
}

void arrivals_close(struct arrivals *arrivals)
{
	free(arrivals->watched);
	arrivals->watched = NULL;
}

/* A packet as both directions of it have it: the prober's end and the target's. */
struct ends {
	const struct address *prober, *target;
	uint16_t prober_port, target_port;
};

static struct ends ends_of(const struct incoming *in, const struct address *destination, bool leaving)
{
	struct ends ends = {&in->source, destination, in->source_port, in->target_port};

	/* What an ICMP error quotes stands the way round that the probe went. */
	if (leaving && !in->error) {
		ends = (struct ends){destination, &in->source, in->target_port, in->source_port};
	} else if (in->error) {
		ends.prober = destination;
		ends.target = &in->target;
	}
	return ends;
}

static bool within(uint16_t port, struct plan_range range)
{
	return port >= range.first && port <= range.last;
}

static uint32_t flows_of(const struct plan_watch *plan)
{
	return plan->listed_count > 0 ? plan->listed_count
	                              : (uint32_t)plan->ports.last - plan->ports.first + 1;
}

/* False for ports of fresh flows, which may lie between those of pinned ones. */
static bool flow_of(const struct plan_watch *plan, uint16_t port, uint16_t *flow)
{
	if (!within(port, plan->ports))
		return false;
	*flow = (uint16_t)(port - plan->ports.first);
	if (plan->listed_count == 0)
		return true;
	for (*flow = 0; *flow < plan->listed_count; (*flow)++) {
		if (plan->listed[*flow] == port)
			return true;
	}
	return false;
}

static bool is_of(const struct plan_watch *plan, const struct incoming *in, const struct ends *ends)
{
	static const uint8_t transports[] = {TRANSPORT_ICMP, TRANSPORT_TCP, TRANSPORT_TCP, TRANSPORT_UDP};
	uint16_t flow;

	if (transports[plan->protocol] != in->transport || !address_equal(&plan->source, ends->prober) ||
	    !address_equal(&plan->target, ends->target))
		return false;
	if (plan->protocol == PROTOCOL_ICMP)
		return in->source_port == plan->id;
	return ends->target_port == plan->port &&
	       (flow_of(plan, ends->prober_port, &flow) || within(ends->prober_port, plan->fresh));
}

/* Which number of the packet carries the key; false for packets that are neither probe nor answer. */
static bool keyed_number(const struct plan_watch *plan, const struct incoming *in, bool leaving,
                         enum key_use *use, uint32_t *number, uint8_t *reply)
{
	uint8_t flags = in->tcp_flags & (TCP_SYN | TCP_RST | TCP_ACK | TCP_FIN);
	bool ack = plan->protocol == PROTOCOL_ACK;

	*use = ack ? KEY_ACKNOWLEDGEMENT : KEY_SEQUENCE;
	*reply = flags == (TCP_SYN | TCP_ACK) ? RXRAY_REPLY_SYN_ACK : RXRAY_REPLY_RST;
	if (in->error)
		return false;
	if (!leaving) {
		*number = ack ? in->tcp_ack : in->tcp_seq;
		*reply = RXRAY_REPLY_NONE;
		return flags == (ack ? TCP_ACK : TCP_SYN);
	}
	*number = ack ? in->tcp_seq : in->tcp_ack - 1;
	return ack ? (flags & TCP_RST) != 0 : flags == (TCP_SYN | TCP_ACK) || flags == (TCP_RST | TCP_ACK);
}

static enum arrival_kind note(struct sightings *sightings, uint64_t k, bool leaving, bool proven)
{
	switch (sightings_note(sightings, k, DIRECTION(leaving), proven)) {
	case SIGHTING_NEW:
		return ARRIVAL_SEEN;
	case SIGHTING_REPEATED:
		return ARRIVAL_REPEATED;
	case SIGHTING_TOO_OLD:
		return ARRIVAL_STRAY;
	default:
		return ARRIVAL_FORGED;
	}
}

static enum arrival_kind take_tcp(const struct arrivals *arrivals, struct watched *watched, uint16_t port,
                                  const struct incoming *in, bool leaving, struct rxray_frame_arrival *record)
{
	const struct plan_watch *plan = watched->plan;
	uint32_t flows = flows_of(plan), number;
	uint16_t flow = FRESH_FLOW;
	bool fresh = !flow_of(plan, port, &flow);
	struct sightings *sightings = fresh ? &watched->fresh : &watched->pinned;
	enum key_use use;
	uint64_t n, k;

	if (!keyed_number(plan, in, leaving, &use, &number, &record->reply))
		return ARRIVAL_OTHER;
	record->flow = fresh ? FRESH_FLOW : flow;
	n = key_nearest(&arrivals->secret, use, plan->key_path, record->flow, number,
	                fresh ? sightings->newest : sightings->newest / flows);
	if (n == UINT64_MAX)
		return ARRIVAL_FORGED;
	if (fresh && port != plan->fresh.first + n % ((uint32_t)plan->fresh.last - plan->fresh.first + 1))
		return ARRIVAL_FORGED;
	k = fresh ? n : n * flows + record->flow;
	record->seq = ((uint32_t)k & ~FRESH_SEQ_BIT) | (fresh ? FRESH_SEQ_BIT : 0);
	record->flags |= fresh ? RXRAY_ARRIVAL_FLAGS_FRESH_FLOW : 0;
	return note(sightings, k, leaving, false);
}

static enum arrival_kind take_named(const struct arrivals *arrivals, struct watched *watched, uint16_t port,
                                    const struct incoming *in, bool leaving,
                                    struct rxray_frame_arrival *record)
{
	const struct plan_watch *plan = watched->plan;
	uint32_t flows = flows_of(plan);
	uint16_t flow;
	uint64_t newest = watched->pinned.newest, k;
	int32_t distance;

	if (plan->protocol == PROTOCOL_ICMP && (in->error || in->request == leaving))
		return ARRIVAL_STRAY;
	if (!leaving && in->error)
		return ARRIVAL_STRAY;
	if (!in->echoed.whole || in->echoed.path != plan->key_path ||
	    in->echoed.nonce != key_nonce(&arrivals->secret, plan->key_path, in->echoed.seq))
		return ARRIVAL_FORGED;
	record->seq = in->echoed.seq;
	/* The sequence wraps at 2^31; of the numbers with these low bits the one nearest to the newest is
	 * meant. */
	distance = (int32_t)((in->echoed.seq - (uint32_t)newest) << 1) / 2;
	k = newest + (uint64_t)(int64_t)distance;
	if (k > UINT64_MAX / 2)
		k = in->echoed.seq;
	record->flow = plan->protocol == PROTOCOL_ICMP ? 0 : (uint16_t)(k % flows);
	if (plan->protocol == PROTOCOL_UDP && (!flow_of(plan, port, &flow) || flow != record->flow))
		return ARRIVAL_FORGED;
	if (leaving && in->error)
		record->reply = RXRAY_REPLY_UNREACHABLE;
	else if (leaving)
		record->reply = plan->protocol == PROTOCOL_ICMP ? RXRAY_REPLY_ECHO : RXRAY_REPLY_UDP;
	return note(&watched->pinned, k, leaving, true);
}

enum arrival_kind arrivals_take(struct arrivals *arrivals, const uint8_t *packet, size_t length, bool leaving,
                                struct rxray_frame_arrival *record)
{
	struct incoming in;
	struct ends ends;
	size_t inner_length = length;
	const uint8_t *inner = packet_inside(packet, &inner_length);

	*record = (struct rxray_frame_arrival){.direction = (uint8_t)DIRECTION(leaving)};
	if (inner != NULL)
		record->flags |= RXRAY_ARRIVAL_FLAGS_TUNNELLED;
	if (!packet_parse_any(inner == NULL ? packet : inner, inner_length, &in))
		return ARRIVAL_STRAY;
	ends = ends_of(&in, &in.destination, leaving);
	for (size_t i = 0; i < arrivals->count; i++) {
		struct watched *watched = &arrivals->watched[i];
		bool tcp = watched->plan->protocol == PROTOCOL_SYN || watched->plan->protocol == PROTOCOL_ACK;

		if (!is_of(watched->plan, &in, &ends) || (inner != NULL && !watched->plan->tunnel))
			continue;
		record->path = watched->plan->path;
		return tcp ? take_tcp(arrivals, watched, ends.prober_port, &in, leaving, record)
		           : take_named(arrivals, watched, ends.prober_port, &in, leaving, record);
	}
	return ARRIVAL_STRAY;
}
