// SPDX-License-Identifier: MIT
/* The schedule is the same for the same seed, stays within its bounds, and ranges are parsed strictly. */
#include "schedule.h"

#include <stdio.h>

static int failures;

static void expect(bool holds, const char *what)
{
	if (!holds) {
		fprintf(stderr, "not ok: %s\n", what);
		failures++;
	}
}

int main(void)
{
	struct range range;
	struct schedule a, b, c;
	bool differs = false;

	expect(range_parse("130", &range) && range.min_ns == 130000000 && range.max_ns == 130000000,
	       "a fixed length");
	expect(range_parse("100:200", &range) && range.min_ns == 100000000 && range.max_ns == 200000000,
	       "a range");
	expect(!range_parse("", &range), "nothing");
	expect(!range_parse("-5", &range), "a negative length");
	expect(!range_parse("200:100", &range), "an inverted range");
	expect(!range_parse("10:", &range), "half a range");
	expect(!range_parse("10ms", &range), "a unit");
	expect(!range_parse("99999999", &range), "a length beyond all bounds");

	a = (struct schedule){{400000000, 900000000}, {100000000, 200000000}, 7};
	b = a;
	c = a;
	c.state = 8;
	for (int i = 0; i < 1000; i++) {
		struct turn x = schedule_next(&a), y = schedule_next(&b), z = schedule_next(&c);

		expect(x.pause_ns == y.pause_ns && x.length_ns == y.length_ns, "same seed, same turn");
		expect(x.pause_ns >= 400000000 && x.pause_ns <= 900000000, "pause within its bounds");
		expect(x.length_ns >= 100000000 && x.length_ns <= 200000000, "length within its bounds");
		differs |= x.pause_ns != z.pause_ns;
	}
	expect(differs, "another seed, other turns");
	if (!failures)
		printf("schedule: ok\n");
	return failures != 0;
}
