/* SPDX-License-Identifier: MIT */
#include "wake_lead.h"

#define ROUND 64 /* wake-ups */
/* What is waited out where a wake-up comes earlier than foreseen, with the CPU running. */
#define MOST_NS 150000

void wake_lead_note(struct wake_lead *lead, int64_t late_ns)
{
	if (late_ns < 0)
		return;
	if (lead->count % ROUND == 0) {
		lead->before_ns = lead->least_ns;
		lead->least_ns = late_ns;
	}
	lead->count++;
	if (late_ns < lead->least_ns)
		lead->least_ns = late_ns;
}

int64_t wake_lead_ns(const struct wake_lead *lead)
{
	int64_t least = lead->least_ns < lead->before_ns ? lead->least_ns : lead->before_ns;

	if (lead->count <= ROUND)
		return 0;
	return least < MOST_NS ? least : MOST_NS;
}
