/* SPDX-License-Identifier: MIT */
#include "probe_fate.h"
#include "sender.h"
#include "tell.h"

#include "awaiting_stamp.h"
#include "way_out.h"

#define DOUBTED_LOSSES 3 /* of one path, one after the other */

void fate_report(struct prober *prober, const struct train *train, uint64_t k, const struct slot *slot,
                 struct rxray_frame_sample *sample)
{
	int64_t due = grid_due(&train->grid, k);

	sample->due_ns = due - prober->epoch_ns;
	sample->sent_ns = sample->due_ns + slot->sent_after_due_ns;
	sample->path = train->path;
	sample->seq = train_seq(train, k);
	sample->lag_ns = slot_lag_ns(slot);
	sample->tx_delay_ns = slot_tx_delay_ns(slot);
	sample->flow = train->fresh ? FRESH_FLOW : (uint16_t)(k % prober->plan.paths[train->path].flows);
	if (!slot->kernel_stamp)
		sample->flags |= RXRAY_SAMPLE_FLAGS_USER_SENT_STAMP;
	if (slot->held == HELD_BEFORE_QUEUE)
		sample->flags |= RXRAY_SAMPLE_FLAGS_HELD_BEFORE_QUEUE;
	if (slot->held == HELD_IN_QUEUE)
		sample->flags |= RXRAY_SAMPLE_FLAGS_HELD_IN_QUEUE;
	if (train->fresh)
		sample->flags |= RXRAY_SAMPLE_FLAGS_FRESH_FLOW;
	/* Its stamps may be of before the step or of after it, so they do not tell. */
	if (due <= prober->clocks.stepped_mono)
		sample->flags |= RXRAY_SAMPLE_FLAGS_CLOCK_STEP;
	frames_sample(&prober->frames, sample);
}

static void take_back(struct prober *prober, struct rxray_frame_path_totals *totals, enum fate fate,
                      bool stamped)
{
	if (fate == FATE_SENT) {
		prober->counters.in_flight--;
		prober->counters.sent_stamps_missing += prober->grants.stamps && !stamped;
	} else if (fate == FATE_LOST) {
		prober->counters.lost--;
		totals->lost--;
	}
}

static void repeat(struct prober *prober, const struct train *train, struct slot *slot,
                   const struct answer *answer)
{
	struct path *path = &prober->sender.paths[train->path];

	prober->counters.duplicates++;
	path->totals.duplicates++;
	if (slot->repeats < 3)
		slot->repeats++;
	/* The target goes on repeating a SYN-ACK only when no RST reached it. */
	if (answer->reply != RXRAY_REPLY_SYN_ACK || slot->repeats < 3 || path->half_open)
		return;
	path->half_open = true;
	prober->sender.resets = true;
	tell_warning(prober, "W_RST_BY_PROBER", train->path,
	             "this machine's RST packets do not reach the target (a firewall?): the prober sends "
	             "them itself");
}

static struct stamp sent_stamp(const struct prober *prober, const struct train *train, uint64_t k,
                               const struct slot *slot)
{
	const struct unanswered *ring = &train->outstanding;
	int64_t sent = grid_due(&train->grid, k) + slot->sent_after_due_ns;

	return (struct stamp){
	        .hardware_ns = ring->hardware_ns == NULL ? NO_STAMP : ring->hardware_ns[k % ring->capacity],
	        .kernel_ns = slot->kernel_stamp ? sent : NO_STAMP,
	        .user_ns = sent,
	        .ifindex = prober->sender.paths[train->path].route.ifindex,
	};
}

static struct stamp received_stamp(const struct prober *prober, const struct received *packet)
{
	bool kernel = prober->grants.stamps != STAMPS_NONE && !packet->hardware;

	return (struct stamp){
	        .hardware_ns = packet->hardware ? packet->real_ns : NO_STAMP,
	        .kernel_ns = kernel ? packet->real_ns - prober->clocks.real_minus_mono : NO_STAMP,
	        .user_ns = packet->user_ns,
	        .ifindex = packet->ifindex,
	};
}

void fate_settle(struct prober *prober, uint32_t index, uint64_t k, const struct answer *answer, bool patient)
{
	struct train *train = &prober->sender.trains[index];
	struct path *path = &prober->sender.paths[train->path];
	struct slot *slot = unanswered_find(&train->outstanding, k);
	struct rxray_frame_sample sample = {
	        .outcome = (uint8_t)answer->outcome,
	        .reply = (uint8_t)answer->reply,
	        .ttl = answer->in->ttl,
	};
	struct stamp sent, received;
	bool late;

	if (slot == NULL || slot->fate == FATE_FAILED) {
		prober->counters.strays++;
		return;
	}
	if (slot->fate == FATE_ANSWERED || slot->fate == FATE_ERROR) {
		repeat(prober, train, slot, answer);
		return;
	}
	sent = sent_stamp(prober, train, k, slot);
	received = received_stamp(prober, answer->packet);
	switch (stamps_choose(&sent, &received, patient, &sample.rtt_ns)) {
	case CHOICE_WAIT:
		if (awaiting_add(prober->sender.waiting, index, k, answer, clocks_mono()))
			return;
		stamps_choose(&sent, &received, false, &sample.rtt_ns);
		/* fall through */
	case CHOICE_USER:
		if (received.kernel_ns == NO_STAMP)
			sample.flags |= RXRAY_SAMPLE_FLAGS_USER_RECEIVED_STAMP;
		break;
	case CHOICE_HARDWARE:
		sample.flags |= RXRAY_SAMPLE_FLAGS_HARDWARE_STAMPS;
		break;
	case CHOICE_KERNEL:
		break;
	}
	/* bpf_redirect_peer and other crossings into a namespace take the driver's stamp off; the packet
	 * socket then reads the clock itself. */
	if (received.kernel_ns != NO_STAMP && !answer->packet->stamped)
		sample.flags |= RXRAY_SAMPLE_FLAGS_SOCKET_RECEIVED_STAMP;
	if (sample.rtt_ns < 0)
		sample.rtt_ns = 0;
	/* One that was held on this machine has a short round trip, but its answer came after the wait all
	 * the same. */
	late = sample.rtt_ns > (int64_t)prober->plan.wait_ns || slot->fate == FATE_LOST;
	take_back(prober, &path->totals, slot->fate, slot->kernel_stamp);
	if (answer->outcome == RXRAY_OUTCOME_ERROR) {
		slot->fate = FATE_ERROR;
		sample.icmp_type = answer->in->icmp_type;
		sample.icmp_code = answer->in->icmp_code;
		sample.router = routers_number(&prober->sender.routers, &answer->in->source, &prober->frames);
		prober->counters.errors++;
		path->totals.errors++;
	} else {
		slot->fate = FATE_ANSWERED;
		prober->counters.received++;
		path->totals.received++;
		path->lost_in_row = 0;
		if (late) {
			sample.outcome = RXRAY_OUTCOME_LATE;
			prober->counters.late++;
			path->totals.late++;
		}
	}
	fate_report(prober, train, k, slot, &sample);
}

void fate_settle_waiting(struct prober *prober, int64_t now)
{
	struct awaiting_answer late;

	while (prober->sender.waiting != NULL && awaiting_expired(prober->sender.waiting, now, &late))
		fate_settle(prober, late.train, late.k, &late.answer, false);
}

static void give_up(struct prober *prober, struct train *train, uint64_t k, struct slot *slot)
{
	struct path *path = &prober->sender.paths[train->path];
	struct rxray_frame_sample sample = {.outcome = RXRAY_OUTCOME_LOST, .rtt_ns = -1};

	prober->counters.in_flight--;
	if (prober->plan.paths[train->path].protocol == PROTOCOL_UDP && path->unreachable_seen) {
		/* Machines limit these replies to about one a second per peer (RFC 1812, 4.3.2.8). */
		slot->fate = FATE_RATE_LIMITED;
		sample.outcome = RXRAY_OUTCOME_RATE_LIMITED;
	} else {
		slot->fate = FATE_LOST;
		prober->counters.lost++;
		path->totals.lost++;
		if (++path->lost_in_row == DOUBTED_LOSSES)
			tap_doubt(&prober->sender.tap);
	}
	if (!slot->kernel_stamp && prober->grants.stamps)
		prober->counters.sent_stamps_missing++;
	fate_report(prober, train, k, slot, &sample);
}

void fate_expire(struct prober *prober, int64_t now)
{
	int64_t oldest = now - (int64_t)prober->plan.wait_ns;

	for (uint32_t i = 0; i < prober->sender.train_count; i++) {
		struct train *train = &prober->sender.trains[i];

		for (; train->expire < train->outstanding.next; train->expire++) {
			struct slot *slot = unanswered_find(&train->outstanding, train->expire);

			if (slot == NULL || slot->fate != FATE_SENT)
				continue;
			if (grid_due(&train->grid, train->expire) + slot->sent_after_due_ns >= oldest)
				break;
			give_up(prober, train, train->expire, slot);
		}
	}
}
