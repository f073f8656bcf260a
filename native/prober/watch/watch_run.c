/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <time.h>
#include <unistd.h>

#include "hearing.h"
#include "prober.h"
#include "stop.h"
#include "tell.h"
#include "watcher.h"

#define TURN_NS 20000000ll /* how long packets may lie in the ring */
#define SECOND_NS 1000000000ll
#define READ_MOST 1024u

static void flush(struct prober *prober)
{
	struct watcher *watcher = prober->watcher;

	if (watcher->batched > 0)
		frames_bulk(&prober->frames, RXRAY_RECORD_ARRIVAL, sizeof(watcher->batch[0]), watcher->batch,
		            watcher->batched);
	watcher->batched = 0;
}

static void take_packet(void *context, const struct received *packet)
{
	struct prober *prober = context;
	struct watcher *watcher = prober->watcher;
	struct rxray_frame_arrival *record = &watcher->batch[watcher->batched];
	uint16_t protocol = ntohs(packet->from->sll_protocol);
	int64_t mono;

	if (protocol != ETH_P_IP && protocol != ETH_P_IPV6) {
		prober->counters.strays++;
		return;
	}
	switch (arrivals_take(&watcher->arrivals, packet->packet, packet->length, packet->leaving, record)) {
	case ARRIVAL_REPEATED:
		prober->counters.duplicates++;
		return;
	case ARRIVAL_OTHER:
		return;
	case ARRIVAL_STRAY:
		prober->counters.strays++;
		return;
	case ARRIVAL_FORGED:
		prober->counters.forged++;
		return;
	case ARRIVAL_SEEN:
		break;
	}
	/* The ring always has a time: without a stamp of the stack's it is when the tap saw the packet. */
	mono = packet->real_ns - prober->clocks.real_minus_mono;
	if (prober->grants.stamps == STAMPS_NONE) {
		mono = prober->user_received_ns;
		record->flags |= RXRAY_ARRIVAL_FLAGS_USER_STAMP;
	}
	if (mono <= prober->clocks.stepped_mono)
		record->flags |= RXRAY_ARRIVAL_FLAGS_CLOCK_STEP;
	record->time_ns = mono - prober->epoch_ns;
	prober->counters.received++;
	watcher->batched++;
	if (watcher->batched == WATCH_BATCH)
		flush(prober);
}

static void read_packets(struct prober *prober)
{
	struct watcher *watcher = prober->watcher;
	int64_t step = clocks_update(&prober->clocks);

	if (step != 0)
		tell_clock(prober, step);
	prober->user_received_ns = clocks_mono();
	/* A bounded number at a time: a flood must not keep this loop from stdin. */
	for (size_t i = 0; i < watcher->interface_count; i++)
		receive_read(&watcher->interfaces[i].receive, READ_MOST, take_packet, prober);
	hearing_read(prober);
	segments_read(prober);
}

enum rxray_end_reason watch_run(struct prober *prober)
{
	int64_t now = clocks_mono(), second = now, turn = now, told = now, end = INT64_MAX, next;
	int64_t tell_ns = (int64_t)prober->plan.tell_ns, turn_ns = tell_ns < TURN_NS ? tell_ns : TURN_NS;
	enum rxray_end_reason reason = RXRAY_END_REASON_COMPLETE;

	if (prober->plan.duration_ns > 0)
		end = now + (int64_t)prober->plan.duration_ns;
	while (!prober->frames.broken && now < end && !prober->stopping && !prober->stdin_closed &&
	       !stop_requested()) {
		next = prober->watcher->local_open ? local_turn(prober, now) : INT64_MAX;
		if (now >= turn) {
			read_packets(prober);
			turn = now + turn_ns;
		}
		if (now >= told) {
			flush(prober);
			frames_write(&prober->frames);
			told = now + tell_ns;
		}
		if (turn < next)
			next = turn;
		if (now >= second) {
			tell_counters(prober, now);
			tell_clock(prober, 0);
			second = now + SECOND_NS;
		}
		if (told < next)
			next = told;
		wait_for_input(prober, next < end ? next : end, prober->watcher->local.hearts.wake_fd);
		now = clocks_mono();
	}
	if (stop_requested())
		reason = RXRAY_END_REASON_SIGNAL;
	else if (prober->stdin_closed)
		reason = RXRAY_END_REASON_STDIN_CLOSED;
	read_packets(prober);
	flush(prober);
	return reason;
}
