/* SPDX-License-Identifier: MIT */
/* Ports within a share of a bisection that is hardly longer than what a prober needs: every draw finds some.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "ports.h"

#define PATHS 4
#define FLOWS 16
#define FRESH_PPS 5
#define FIRST 12000

int main(void)
{
	struct plan_path paths[PATHS];
	struct plan plan = {.path_count = PATHS, .paths = paths};
	uint32_t needed = PATHS * (FLOWS + FRESH_PPS * FRESH_REST_S);

	memset(paths, 0, sizeof(paths));
	for (uint16_t i = 0; i < PATHS; i++) {
		paths[i].protocol = PROTOCOL_SYN;
		paths[i].flows = FLOWS;
		paths[i].fresh_pps = FRESH_PPS;
		paths[i].port = (uint16_t)(80 + i);
		address_parse("127.0.0.1", &paths[i].target);
	}
	plan.source_ports.first = FIRST;
	plan.source_ports.last = (uint16_t)(FIRST + needed + needed / 4 - 1);
	for (uint64_t draw = 0; draw < 200; draw++) {
		struct problem problem;
		struct ports ports;

		CHECK(ports_reserve(&ports, &plan, draw * 6364136223846793005ull + 1442695040888963407ull,
		                    &problem),
		      "no ports found");
		CHECK(ports.pinned.first >= FIRST && ports.pinned.last <= plan.source_ports.last,
		      "outside of the share");
		CHECK(ports.pinned.last < ports.fresh.first || ports.pinned.first > ports.fresh.last,
		      "pinned and fresh ports overlap");
		ports_release(&ports);
	}
	return 0;
}
