// SPDX-License-Identifier: MIT
/*
 * Stalls receive queues: it takes one CPU at real-time priority, moves the NAPI threads of the queues there
 * and spins, so that they are runnable and do not run. The threads live on another CPU between stalls: two
 * such faults can be on at once without holding each other's queues.
 */
#include "injector.h"

#include <inttypes.h>

/* Above the NAPI threads (70), below the log of gaps (90). */
#define HOG_PRIORITY 80

static bool stall(struct injector *injector, uint64_t length_ns, struct truth_stall *happened)
{
	uint64_t switches, last, now, until;

	injector_pin_threads(injector, injector->cpu);
	/* From here on none of them can run. */
	happened->start_ns = last = mono_ns();
	until = happened->start_ns + length_ns;
	switches = injector_thread_switches(injector);
	while ((now = mono_ns()) < until && !injector_signalled()) {
		if (now - last > TRUTH_GAP_NS)
			truth_note_gap(happened, last, now);
		last = now;
	}
	if (now - last > TRUTH_GAP_NS)
		truth_note_gap(happened, last, now);
	switches = injector_thread_switches(injector) - switches;
	happened->end_ns = mono_ns();
	injector_pin_threads(injector, injector->home_cpu);
	/* Zero switches prove that no held queue was served in between, whatever the gaps. */
	snprintf(happened->extra, sizeof(happened->extra),
	         ",\"threadSwitches\":%" PRIu64 ",\"releasedMonoNs\":%" PRIu64, switches, mono_ns());
	return true;
}

int main(int argc, char **argv)
{
	struct injector injector;

	injector_parse(&injector, argc, argv);
	injector_prepare(&injector);
	injector_pin_self(injector.cpu);
	injector_realtime(HOG_PRIORITY);
	injector_run(&injector, stall, NULL);
	return 0;
}
