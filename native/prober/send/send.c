/* SPDX-License-Identifier: MIT */
#include "announcement.h"
#include "awaiting_stamp.h"
#include "probe_fate.h"
#include "prober.h"
#include "sender.h"
#include "way_out.h"

static uint16_t flow_of(const struct plan_path *plan, uint64_t k)
{
	return (uint16_t)(k % plan->flows);
}

static void describe(const struct prober *prober, const struct train *train, uint64_t k, struct outgoing *out)
{
	const struct plan_path *plan = &prober->plan.paths[train->path];
	const struct path_ports *ports = &prober->sender.ports.paths[train->path];
	uint16_t flow = train->fresh ? FRESH_FLOW : flow_of(plan, k);
	uint64_t n = train->fresh ? k : k / plan->flows;
	struct secret secret = prober_secret(prober, train->path);

	*out = (struct outgoing){
	        .source = &prober->sender.paths[train->path].route.source,
	        .target = &plan->target,
	        .path = train->path,
	        .seq = train_seq(train, k),
	        /* Never 0, for which the kernel would put in a number of its own. */
	        .ip_id = (uint16_t)(0x8000u | (k & 0x7fff)),
	        .ttl = plan->ttl,
	        .payload = plan->payload,
	        .target_port = plan->port,
	};
	if (plan->protocol == PROTOCOL_ICMP || plan->protocol == PROTOCOL_UDP)
		out->nonce = key_nonce(&secret, train->path, out->seq);
	if (plan->protocol == PROTOCOL_ICMP) {
		out->transport = TRANSPORT_ICMP;
		out->source_port = ports->first;
		out->target_port = (uint16_t)k;
		return;
	}
	out->source_port = train->fresh ? (uint16_t)(ports->fresh_first + k % ports->fresh_count)
	                                : ports_of_flow(ports, flow);
	out->transport = plan->protocol == PROTOCOL_UDP ? TRANSPORT_UDP : TRANSPORT_TCP;
	if (out->transport == TRANSPORT_TCP)
		out->tcp_seq = key_number(&secret, KEY_SEQUENCE, train->path, flow, n);
	out->tcp_flags = plan->protocol == PROTOCOL_ACK ? TCP_ACK : TCP_SYN;
	if (plan->protocol == PROTOCOL_ACK)
		out->tcp_ack = key_number(&secret, KEY_ACKNOWLEDGEMENT, train->path, flow, n);
}

static void send_probe(struct prober *prober, uint32_t index, uint64_t k, int64_t due)
{
	struct train *train = &prober->sender.trains[index];
	const struct plan_path *plan = &prober->plan.paths[train->path];
	struct transmit *transmit = &prober->sender.transmit[plan->target.family == 6];
	const struct route *route = &prober->sender.paths[train->path].route;
	uint8_t announcement[ANNOUNCEMENT_BYTES];
	struct outgoing out;
	size_t length;
	bool link_local = plan->target.family == 6 && plan->target.bytes[0] == 0xfe &&
	                  (plan->target.bytes[1] & 0xc0) == 0x80;

	unanswered_begin(&train->outstanding, k);
	describe(prober, train, k, &out);
	if (plan->announces) {
		announcement_make(prober, train, k, &out, announcement);
		out.announcement = announcement;
	}
	length = packet_build(&out, transmit_buffer(transmit));
	prober->counters.sent++;
	prober->counters.in_flight++;
	prober->sender.paths[train->path].totals.sent++;
	prober->sender.last_sent_ns = due;
	transmit_queue(transmit, length, &plan->target, link_local ? route->ifindex : route->bound,
	               (struct probe_name){index, k});
}

struct service send_due(struct prober *prober, int64_t now)
{
	struct service service = {.first_late_ns = INT64_MAX};
	struct agenda *agenda = &prober->sender.agenda;

	while (agenda->count > 0 && agenda->heap[0].due_ns <= now) {
		uint32_t index = agenda->heap[0].train;
		struct train *train = &prober->sender.trains[index];
		int64_t due = agenda->heap[0].due_ns;
		struct turn turn = grid_turn(&train->grid, train->outstanding.next, now);
		uint64_t next = turn.k + (turn.send ? 1 : 0);

		if (due < service.first_late_ns && (turn.missed > 0 || now - due >= 1000000))
			service.first_late_ns = due;
		if (now - due > service.worst_lag_ns)
			service.worst_lag_ns = now - due;
		service.missed += turn.missed;
		prober->counters.missed_slots += turn.missed;
		prober->sender.paths[train->path].totals.missed_slots += (uint32_t)turn.missed;
		if (turn.send)
			send_probe(prober, index, turn.k, turn.due_ns);
		else
			unanswered_skip(&train->outstanding, next);
		if (next < train->grid.slots)
			agenda_postpone(agenda, grid_due(&train->grid, next));
		else
			agenda_drop(agenda);
	}
	transmit_flush(&prober->sender.transmit[0]);
	transmit_flush(&prober->sender.transmit[1]);
	return service;
}

static struct slot *slot_named(struct prober *prober, struct probe_name probe, int64_t *due)
{
	struct train *train = &prober->sender.trains[probe.train];

	*due = grid_due(&train->grid, probe.k);
	return unanswered_find(&train->outstanding, probe.k);
}

static void leaving(void *context, struct probe_name probe, int64_t mono_ns)
{
	int64_t due;
	struct slot *slot = slot_named(context, probe, &due);

	if (slot == NULL)
		return;
	slot_set_lag(slot, mono_ns - due);
	/* A stand-in until the kernel's stamp comes. */
	slot_set_sent(slot, mono_ns - due, false);
}

static void failed(void *context, struct probe_name probe, int error)
{
	struct prober *prober = context;
	struct train *train = &prober->sender.trains[probe.train];
	struct rxray_frame_sample sample = {.outcome = RXRAY_OUTCOME_SEND_FAILED,
	                                    .error_code = (uint16_t)error};
	int64_t due;
	struct slot *slot = slot_named(prober, probe, &due);

	prober->counters.sent--;
	prober->counters.in_flight--;
	prober->counters.send_failed++;
	prober->sender.paths[train->path].totals.sent--;
	prober->sender.paths[train->path].totals.send_failed++;
	if (slot == NULL)
		return;
	slot->fate = FATE_FAILED;
	sample.rtt_ns = -1;
	fate_report(prober, train, probe.k, slot, &sample);
}

static void stamped(void *context, const struct transmit_logged *packet, int64_t real_ns)
{
	struct prober *prober = context;
	int64_t due, after_due;
	struct slot *slot = slot_named(prober, (struct probe_name){packet->train, packet->k}, &due);
	struct way_out way = {.queued_ns = NO_STAMP};

	/* One held for longer than its wait has been given up by now, and may still be answered. */
	if (slot == NULL || (slot->fate != FATE_SENT && slot->fate != FATE_LOST) || slot->kernel_stamp)
		return;
	after_due = real_ns - prober->clocks.real_minus_mono - due;
	/* A stamp from before the packet was handed over belongs to another, or to another time of the clock.
	 */
	if (after_due + (int64_t)prober->clocks.uncertainty_ns + 1000 < slot->sent_after_due_ns)
		return;
	slot_set_sent(slot, after_due, true);
	way.handed_ns = slot_lag_ns(slot);
	way.returned_ns = way.handed_ns + packet->call_ns;
	if (packet->queued_real_ns != 0)
		way.queued_ns = packet->queued_real_ns - prober->clocks.real_minus_mono - due;
	way.left_ns = after_due;
	slot->held = way_out_held(&way, (int64_t)prober->clocks.uncertainty_ns + LAG_UNIT_NS);
}

static void stamped_by_card(void *context, struct probe_name probe, int64_t card_ns)
{
	struct prober *prober = context;
	struct unanswered *ring = &prober->sender.trains[probe.train].outstanding;
	struct awaiting_answer waited;

	if (ring->hardware_ns == NULL || unanswered_find(ring, probe.k) == NULL)
		return;
	ring->hardware_ns[probe.k % ring->capacity] = card_ns;
	if (awaiting_take(prober->sender.waiting, probe.train, probe.k, &waited))
		fate_settle(prober, probe.train, probe.k, &waited.answer, false);
}

const struct transmit_events send_events = {
        .leaving = leaving,
        .failed = failed,
        .stamped = stamped,
        .stamped_by_card = stamped_by_card,
};
