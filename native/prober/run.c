/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hearing.h"
#include "match_reply.h"
#include "probe_fate.h"
#include "prober.h"
#include "sender.h"
#include "stop.h"
#include "tell.h"
#include "wake_lead.h"

#define STAMP_LATER_NS 5000000
#define COALESCE_NS 50000 /* slots that fall due within this of a wake-up wait for the next one */
/* A CPU that is left for so long may fall asleep: only then is it woken late each time. */
#define IDLE_NS 500000
#define HOUSEKEEPING_NS 50000000ll /* how long answers may lie about */
#define UNREAD_PROBES 16u /* whose answers may wait to be read: a fraction of what an error queue holds */
#define TELL_BYTES (64u << 10) /* results that are written before their time: what a pipe holds */
#define HOUSEKEEPING_EARLY_NS 6000000ll /* so much sooner when awake anyway, to save a wake-up */
#define SECOND_NS 1000000000ll
#define GRACE_MOST_NS (2 * SECOND_NS)
#define BUSY_MOST_NS 50000000ll /* running for so long without a rest, the prober makes room for others */
#define REST_NS 1000000ll
#define UNREAD_MOST_NS (60 * SECOND_NS)

struct times {
	int64_t housekeeping, told, counters, clock, rested;
	int64_t rested_cpu; /* processor time of this thread then */
	int64_t end; /* when to stop waiting for answers; INT64_MAX while probes are still being sent */
	uint64_t sent_read; /* probes sent when answers were last read */
	bool polled; /* whether stdin and stdout have been waited for since the house was last kept */
	struct wake_lead lead;
};

static void keep_house(struct prober *prober, struct times *times, int64_t now)
{
	fate_settle_waiting(prober, now);
	fate_expire(prober, now);
	pauses_refresh(&prober->pauses, now);
	tap_turn(&prober->sender.tap, now);
	if (now >= times->counters) {
		tell_counters(prober, now);
		routers_repeat(&prober->sender.routers);
		times->counters = now + SECOND_NS;
	}
	if (now >= times->clock) {
		tell_clock(prober, 0);
		times->clock = now + SECOND_NS;
	}
	times->housekeeping = now + HOUSEKEEPING_NS;
	times->polled = false;
	/* Whoever reads is woken by each writing. */
	if (now >= times->told - HOUSEKEEPING_EARLY_NS || frames_waiting(&prober->frames) >= TELL_BYTES) {
		hearing_flush(prober);
		frames_close_batch(&prober->frames);
		frames_write(&prober->frames);
		times->told = now + (int64_t)prober->plan.tell_ns;
	}
	if (times->told < times->housekeeping)
		times->housekeeping = times->told;
}

/*
 * The kernel has stamped what came, so it may be read later, and many for the price of one. Not where the
 * time of reading says something: that what is heard has not passed a backlog by then, or when it came at
 * all; nor where an answer is to be reset.
 */
static bool answers_may_wait(const struct prober *prober, const struct times *times, int64_t now)
{
	return prober->grants.stamps == STAMPS_KERNEL && prober->hearing == NULL && !prober->sender.resets &&
	       times->end == INT64_MAX && prober->counters.sent - times->sent_read < UNREAD_PROBES &&
	       now < times->housekeeping - HOUSEKEEPING_EARLY_NS;
}

static void read_answers(struct prober *prober)
{
	/* The clocks first: a step must be known before stamps from beyond it are converted. */
	int64_t step = clocks_update(&prober->clocks);

	if (step != 0)
		tell_clock(prober, step);
	match_replies(prober);
}

/*
 * A reader that was stopped (Ctrl-Z, a laptop put to sleep) takes nothing. For a while what was seen waits
 * for it; then nobody is there to answer for the packets, so none are sent until it goes on. The slots in
 * between are missed, and told as a pause.
 */
static bool nobody_reads(const struct prober *prober, int64_t now)
{
	return frames_stuck_ns(&prober->frames, now) > UNREAD_MOST_NS;
}

static int64_t next_wake(const struct prober *prober, const struct times *times, int64_t now)
{
	int64_t wake = times->housekeeping;

	if (prober->sender.agenda.count > 0 && prober->sender.agenda.heap[0].due_ns < wake &&
	    !nobody_reads(prober, now))
		wake = prober->sender.agenda.heap[0].due_ns;
	if (times->end < wake)
		wake = times->end;
	return wake < now + COALESCE_NS ? now + COALESCE_NS : wake;
}

/* Processor time of this thread. */
static int64_t cpu_time(void)
{
	struct timespec now;

	return clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0 ? now.tv_sec * SECOND_NS + now.tv_nsec : 0;
}

/* An overloaded real-time thread would starve its CPU, so it rests although that costs slots. */
static void rest_if_overloaded(struct prober *prober, struct times *times, int64_t wake)
{
	int64_t now = clocks_mono();
	struct timespec rest = {.tv_nsec = REST_NS};

	if (wake > now || times->rested_cpu < 0) {
		times->rested = now;
		times->rested_cpu = wake > now ? -1 : cpu_time();
		return;
	}
	/* The wall clock is read for nothing; what counts is that it has worked, not that others have. */
	if (now - times->rested < BUSY_MOST_NS || cpu_time() - times->rested_cpu < BUSY_MOST_NS)
		return;
	if (!prober->sender.overload_told)
		tell_warning(prober, "W_OVERLOAD", -1,
		             "this machine cannot send so many probes: slots are missed");
	prober->sender.overload_told = true;
	/* Interrupted or not, the rest has served its purpose. */
	nanosleep(&rest, NULL);
	times->rested = clocks_mono();
	times->rested_cpu = cpu_time();
}

/* Waiting for descriptors costs a good part of a probe: once in a while is enough for what is told by them.
 */
static void sleep_until(struct prober *prober, struct times *times, int64_t until)
{
	struct timespec time = {until / SECOND_NS, until % SECOND_NS};

	if (times->polled && prober->frames.stuck_mono == 0) {
		/* Interrupted or not, the loop looks at all there is to do. */
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
		return;
	}
	wait_for_input(prober, until, -1);
	times->polled = true;
}

/* Asks to be woken as much earlier as this machine wakes late anyway, and waits out what may be left. */
static void wait_until(struct prober *prober, struct times *times, int64_t wake)
{
	struct wake_lead *lead = &times->lead;
	int64_t now = clocks_mono();
	bool long_enough = wake - now >= IDLE_NS;
	int64_t early = long_enough ? wake_lead_ns(lead) : 0;

	sleep_until(prober, times, wake - early);
	now = clocks_mono();
	if (long_enough)
		wake_lead_note(lead, now - (wake - early));
	while (now < wake && wake - now <= early)
		now = clocks_mono();
}

static int64_t grace(const struct prober *prober)
{
	/* The kernel's stamp of the last probe, from which its wait counts, is later than our own reading. */
	int64_t wait = (int64_t)prober->plan.wait_ns + STAMP_LATER_NS;

	return wait < GRACE_MOST_NS ? wait : GRACE_MOST_NS;
}

enum rxray_end_reason run_prober(struct prober *prober)
{
	enum rxray_end_reason reason = RXRAY_END_REASON_COMPLETE;
	int64_t now = clocks_mono();
	struct times times = {
	        .housekeeping = now,
	        .told = now,
	        .counters = now + SECOND_NS,
	        .clock = now,
	        .rested = now,
	        .rested_cpu = -1,
	        .end = INT64_MAX,
	};

	while (!prober->frames.broken) {
		struct service service;
		int64_t wake;

		now = clocks_mono();
		if (stop_requested())
			return RXRAY_END_REASON_SIGNAL;
		if ((prober->stdin_closed || prober->stopping) && prober->sender.agenda.count > 0) {
			reason = prober->stdin_closed ? RXRAY_END_REASON_STDIN_CLOSED
			                              : RXRAY_END_REASON_COMPLETE;
			prober->sender.agenda.count = 0;
		}
		service = (struct service){0};
		if (!nobody_reads(prober, now))
			service = send_due(prober, now);
		if (!answers_may_wait(prober, &times, now)) {
			read_answers(prober);
			times.sent_read = prober->counters.sent;
		}
		if (service.missed > 0 || service.worst_lag_ns >= 1000000)
			tell_pause(prober, &service, now);
		if (now >= times.housekeeping - HOUSEKEEPING_EARLY_NS)
			keep_house(prober, &times, now);
		if (prober->sender.agenda.count == 0 && times.end == INT64_MAX) {
			times.end = (prober->sender.last_sent_ns > 0 ? prober->sender.last_sent_ns : now) +
			            grace(prober);
			/* Someone who asked for the end need not wait from a last probe long past. */
			if (times.end < now)
				times.end = now;
		}
		if (times.end != INT64_MAX && (prober->counters.in_flight == 0 || now >= times.end))
			break;
		if (prober->stdin_closed && times.end == INT64_MAX)
			times.end = now;
		wake = next_wake(prober, &times, now);
		rest_if_overloaded(prober, &times, wake);
		if (prober->stdin_closed) {
			struct timespec nap = {.tv_nsec = REST_NS};

			/* A closed stdin is always readable, so it must not be waited on. */
			nanosleep(&nap, NULL);
			continue;
		}
		wait_until(prober, &times, wake);
	}
	fate_settle_waiting(prober, INT64_MAX);
	fate_expire(prober, clocks_mono());
	hearing_flush(prober);
	return reason;
}
