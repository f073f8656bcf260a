// SPDX-License-Identifier: MIT
#include "schedule.h"

#include <errno.h>
#include <stdlib.h>

#define NS_PER_MS 1000000ull
#define RANGE_MAX_MS 600000ull

static bool parse_ms(const char *text, char **end, uint64_t *ns)
{
	unsigned long long ms;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	ms = strtoull(text, end, 10);
	if (errno || ms > RANGE_MAX_MS)
		return false;
	*ns = ms * NS_PER_MS;
	return true;
}

bool range_parse(const char *text, struct range *range)
{
	char *end;

	if (!parse_ms(text, &end, &range->min_ns))
		return false;
	range->max_ns = range->min_ns;
	if (*end == ':' && !parse_ms(end + 1, &end, &range->max_ns))
		return false;
	return *end == '\0' && range->min_ns <= range->max_ns;
}

/* SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014). */
uint64_t schedule_random(struct schedule *schedule)
{
	uint64_t z = (schedule->state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static uint64_t draw(struct schedule *schedule, struct range range)
{
	uint64_t width = range.max_ns - range.min_ns;

	/* The generator advances even for a fixed range: a fixed length does not shift the periods. */
	uint64_t random = schedule_random(schedule);

	return range.min_ns + (width ? random % (width + 1) : 0);
}

struct turn schedule_next(struct schedule *schedule)
{
	struct turn turn;

	turn.pause_ns = draw(schedule, schedule->period);
	turn.length_ns = draw(schedule, schedule->length);
	return turn;
}
