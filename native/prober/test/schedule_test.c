/* SPDX-License-Identifier: MIT */
#include "agenda.h"
#include "check.h"
#include "schedule.h"

#define MS 1000000ll

struct situation {
	const char *title;
	int64_t interval, now;
	uint64_t next, slots;
	uint64_t missed, k;
	bool send;
};

/* The grid begins at 1000 ms. */
static const struct situation situations[] = {
        {"before the slot nothing is sent", 10 * MS, 999 * MS, 0, UINT64_MAX, 0, 0, false},
        {"on time", 10 * MS, 1000 * MS, 0, UINT64_MAX, 0, 0, true},
        {"a little late is sent late", 10 * MS, 1004 * MS, 0, UINT64_MAX, 0, 0, true},
        {"half an interval late is still sent", 10 * MS, 1005 * MS, 0, UINT64_MAX, 0, 0, true},
        {"more is missed, and the next not yet due", 10 * MS, 1006 * MS, 0, UINT64_MAX, 1, 1, false},
        {"a long pause costs all but the slot just due", 10 * MS, 1131 * MS, 1, UINT64_MAX, 12, 13, true},
        {"a long pause that ends between two slots", 10 * MS, 1138 * MS, 1, UINT64_MAX, 13, 14, false},
        {"a pause over the end of the run", 10 * MS, 5000 * MS, 1, 10, 9, 10, false},
        {"after the last slot nothing", 10 * MS, 1100 * MS, 10, 10, 0, 10, false},
        {"long intervals allow one second", 60000 * MS, 2001 * MS, 0, UINT64_MAX, 1, 1, false},
        {"short intervals allow 100 µs", MS / 100, 1000 * MS + 100000, 0, UINT64_MAX, 0, 0, true},
};

static void check_phases(void)
{
	CHECK_EQUAL(grid_phase(10 * MS, 0, 0, 4), 0, "the first train begins at once");
	CHECK_EQUAL(grid_phase(10 * MS, 0, 1, 4), 2.5 * MS, "trains of one interval are spread evenly");
	CHECK_EQUAL(grid_phase(10 * MS, 0, 3, 4), 7.5 * MS, "the last one leaves room before the first");
	CHECK(grid_phase(20 * MS, 1, 0, 1) > 12 * MS && grid_phase(20 * MS, 1, 0, 1) < 13 * MS,
	      "another interval is shifted by the golden section");
	for (uint32_t group = 0; group < 100; group++)
		CHECK(grid_phase(10 * MS, group, 6, 7) < 10 * MS, "a phase lies within the interval");
}

static void check_agenda(void)
{
	struct appointment room[100];
	struct agenda agenda = {.heap = room};
	int64_t before = -1;

	for (uint32_t i = 0; i < 100; i++)
		agenda_add(&agenda, i * 37 % 100, i);
	agenda_postpone(&agenda, 50);
	while (agenda.count > 0) {
		CHECK(agenda.heap[0].due_ns >= before, "the earliest comes first");
		before = agenda.heap[0].due_ns;
		agenda_drop(&agenda);
	}
	CHECK_EQUAL(before, 99, "the last appointment");
}

int main(void)
{
	for (size_t i = 0; i < COUNT(situations); i++) {
		const struct situation *at = &situations[i];
		struct grid grid = {1000 * MS, at->interval, at->slots};
		struct turn turn = grid_turn(&grid, at->next, at->now);

		CHECK_EQUAL(turn.missed, at->missed, at->title);
		CHECK_EQUAL(turn.k, at->k, at->title);
		CHECK_EQUAL(turn.send, at->send, at->title);
	}
	check_phases();
	check_agenda();
	return 0;
}
