/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "wake_lead.h"

static void note(struct wake_lead *lead, int64_t late_ns, int times)
{
	for (int i = 0; i < times; i++)
		wake_lead_note(lead, late_ns);
}

int main(void)
{
	struct wake_lead lead = {0};

	CHECK_EQUAL(wake_lead_ns(&lead), 0, "nothing is known yet");
	note(&lead, 40000, 64);
	CHECK_EQUAL(wake_lead_ns(&lead), 0, "nor after one round");
	note(&lead, 90000, 1);
	CHECK_EQUAL(wake_lead_ns(&lead), 40000, "the least of the round before");
	note(&lead, 30000, 1);
	CHECK_EQUAL(wake_lead_ns(&lead), 30000, "an earlier one counts at once");
	note(&lead, 5000000, 62);
	CHECK_EQUAL(wake_lead_ns(&lead), 30000, "a late one does not count");
	note(&lead, -1, 1000);
	CHECK_EQUAL(wake_lead_ns(&lead), 30000, "nor does what was woken by something else");
	note(&lead, 60000, 129);
	CHECK_EQUAL(wake_lead_ns(&lead), 60000, "a machine that sleeps more deeply from now on");
	note(&lead, 900000, 200);
	CHECK_EQUAL(wake_lead_ns(&lead), 150000, "no more than is waited out");
	return 0;
}
