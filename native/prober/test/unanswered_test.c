/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "clocks.h"
#include "unanswered.h"

static void check_ring(void)
{
	struct slot slots[8] = {0};
	struct unanswered ring = {.slots = slots, .capacity = 8};

	CHECK(unanswered_find(&ring, 0) == NULL, "nothing was sent yet");
	slot_set_sent(unanswered_begin(&ring, 0), 77, true);
	CHECK(unanswered_find(&ring, 0) != NULL && unanswered_find(&ring, 0)->sent_after_due_ns == 77,
	      "the probe just sent");
	CHECK(unanswered_find(&ring, 1) == NULL, "one that lies ahead");
	unanswered_begin(&ring, 3);
	CHECK(unanswered_find(&ring, 1) == NULL && unanswered_find(&ring, 2) == NULL,
	      "missed slots were never sent");
	CHECK(unanswered_find(&ring, 0) != NULL, "an old one is kept");
	for (uint64_t k = 4; k < 9; k++)
		unanswered_begin(&ring, k);
	CHECK(unanswered_find(&ring, 0) == NULL, "one too old is forgotten");
	unanswered_skip(&ring, 1000000);
	for (uint64_t k = 0; k < 20; k++)
		CHECK(unanswered_find(&ring, 999990 + k) == NULL, "a long pause leaves nothing behind");
	CHECK_EQUAL(ring.next, 1000000, "the sequence goes on over a pause");
}

static void check_slot(void)
{
	struct slot slot = {0};

	slot_set_sent(&slot, -5, true);
	CHECK_EQUAL(slot.sent_after_due_ns, 0, "never before it was due");
	slot_set_sent(&slot, 10000000000, false);
	CHECK_EQUAL(slot.sent_after_due_ns, UINT32_MAX, "saturates");
	slot_set_lag(&slot, 1000000);
	CHECK(slot_lag_ns(&slot) <= 1000000 && slot_lag_ns(&slot) > 1000000 - LAG_UNIT_NS,
	      "lag in its units");
	slot_set_lag(&slot, 100000000000);
	CHECK(slot_lag_ns(&slot) > 1000000000, "lag saturates above a second");
	slot_set_lag(&slot, 1000000);
	slot_set_sent(&slot, 31000000, false);
	CHECK_EQUAL(slot_tx_delay_ns(&slot), 0, "no way out is known without the kernel's stamp");
	slot_set_sent(&slot, 31000000, true);
	CHECK(slot_tx_delay_ns(&slot) >= 30000000 && slot_tx_delay_ns(&slot) < 30000000 + LAG_UNIT_NS,
	      "from hand-over to transmit stamp");
	slot_set_sent(&slot, 900000, true);
	CHECK_EQUAL(slot_tx_delay_ns(&slot), 1, "known, however short");
	slot_set_sent(&slot, 10000000000, true);
	CHECK_EQUAL(slot_tx_delay_ns(&slot), UINT32_MAX, "saturates");
	CHECK_EQUAL(unanswered_capacity(10000000, 30000000000), 3004, "30 s at 10 ms");
	CHECK_EQUAL(unanswered_capacity(10000, 100000000000000), 0, "too many to number");
}

/* Readings of both clocks one after another, in ns. */
static void check_clocks(void)
{
	struct clocks clocks = {.real_minus_mono = 1000000, .uncertainty_ns = 50, .stepped_mono = INT64_MIN};

	CHECK_EQUAL(clocks_take(&clocks, 10, 1000040, 60), 0, "the noise of a reading is no step");
	CHECK_EQUAL(clocks.real_minus_mono, 1000000, "and leaves the conversion alone");
	CHECK_EQUAL(clocks_take(&clocks, 20, 1010000, 50), 0, "slewing is no step");
	CHECK_EQUAL(clocks.real_minus_mono, 1010000, "but is followed");
	CHECK_EQUAL(clocks_take(&clocks, 30, 51010000, 50), 50000000, "a step is told with its size");
	CHECK_EQUAL(clocks.stepped_mono, 30, "and its instant");
	CHECK_EQUAL(clocks_take(&clocks, 40, 1010000, 50), -50000000, "a step back too");
}

int main(void)
{
	check_ring();
	check_slot();
	check_clocks();
	return 0;
}
