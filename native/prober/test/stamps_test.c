/* SPDX-License-Identifier: MIT */
#include "awaiting_stamp.h"
#include "check.h"
#include "stamps.h"

#define NONE NO_STAMP

/* Stamps of a probe and of its answer, and what is made of them. */
struct situation {
	const char *title;
	struct stamp sent, received;
	bool patient;
	enum stamp_choice choice;
	int64_t rtt;
};

static const struct situation situations[] = {
        {"both by one card", {500, 1000, 900, 2}, {620, NONE, 5000, 2}, true, CHOICE_HARDWARE, 120},
        {"both by one card, and the kernel's besides",
         {500, 1000, 900, 2},
         {620, 1200, 5000, 2},
         true,
         CHOICE_HARDWARE,
         120},
        {"a card's clock that is behind everything",
         {-900, 1000, 900, 2},
         {-780, NONE, 5000, 2},
         true,
         CHOICE_HARDWARE,
         120},
        {"both by the kernel", {NONE, 1000, 900, 2}, {NONE, 1200, 5000, 2}, true, CHOICE_KERNEL, 200},
        {"the answer came without a card's stamp",
         {500, 1000, 900, 2},
         {NONE, 1200, 5000, 2},
         true,
         CHOICE_KERNEL,
         200},
        {"the card's transmit stamp may still come",
         {NONE, 1000, 900, 2},
         {620, NONE, 5000, 2},
         true,
         CHOICE_WAIT,
         0},
        {"it has not come: never the card's and the kernel's",
         {NONE, 1000, 900, 2},
         {620, NONE, 5000, 2},
         false,
         CHOICE_USER,
         4000},
        {"neither has the kernel's", {NONE, NONE, 900, 2}, {620, NONE, 5000, 2}, false, CHOICE_USER, 4100},
        {"the answer came in by another card",
         {500, 1000, 900, 2},
         {620, NONE, 5000, 3},
         true,
         CHOICE_USER,
         4000},
        {"another card, but the kernel's stamps on both",
         {500, 1000, 900, 2},
         {620, 1200, 5000, 3},
         true,
         CHOICE_KERNEL,
         200},
        {"no transmit stamp of the kernel",
         {NONE, NONE, 900, 2},
         {NONE, 1200, 5000, 2},
         true,
         CHOICE_USER,
         300},
        {"no stamps at all", {NONE, NONE, 900, 2}, {NONE, NONE, 5000, 2}, true, CHOICE_USER, 4100},
};

static void check_waiting(void)
{
	static struct awaiting waiting;
	struct awaiting_answer taken;
	struct incoming in = {.ttl = 59};
	struct received packet = {.hardware = true, .real_ns = 620};
	struct answer answer = {.reply = RXRAY_REPLY_ECHO, .in = &in, .packet = &packet};

	CHECK(awaiting_add(&waiting, 1, 7, &answer, 1000) && awaiting_add(&waiting, 1, 8, &answer, 2000),
	      "two wait");
	CHECK(!awaiting_take(&waiting, 2, 7, &taken), "an answer of another train");
	CHECK(awaiting_take(&waiting, 1, 7, &taken), "the stamp of the first has come");
	CHECK(taken.answer.in == &taken.in && taken.answer.packet == &taken.packet, "it is whole");
	CHECK_EQUAL(taken.in.ttl, 59, "with what it was");
	CHECK_EQUAL(taken.packet.real_ns, 620, "and when");
	CHECK(!awaiting_take(&waiting, 1, 7, &taken), "only once");
	CHECK(!awaiting_expired(&waiting, 2000 + AWAITING_NS - 1, &taken), "the second may still wait");
	CHECK(awaiting_expired(&waiting, 2000 + AWAITING_NS, &taken), "no longer");
	CHECK_EQUAL(taken.k, 8, "that was it");
	for (uint64_t k = 0; k < AWAITING_MOST; k++)
		CHECK(awaiting_add(&waiting, 1, k, &answer, 0), "room");
	CHECK(!awaiting_add(&waiting, 1, 9999, &answer, 0), "no more room");
}

int main(void)
{
	for (size_t i = 0; i < COUNT(situations); i++) {
		const struct situation *at = &situations[i];
		int64_t rtt = 0;

		CHECK_EQUAL(stamps_choose(&at->sent, &at->received, at->patient, &rtt), at->choice,
		            at->title);
		CHECK_EQUAL(rtt, at->rtt, at->title);
	}
	CHECK(!stamps_hardware_on("lo"), "loopback has no card");
	CHECK(!stamps_hardware_on("no-such-if"), "neither has nothing");
	check_waiting();
	return 0;
}
