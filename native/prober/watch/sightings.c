/* SPDX-License-Identifier: MIT */
#include "sightings.h"

#include <string.h>

static bool is_near(uint64_t k, uint64_t newest)
{
	return k < newest + SIGHTINGS_AHEAD && k + SIGHTINGS_AHEAD > newest;
}

/* Makes room for k: what falls out of the window behind it is forgotten. */
static void advance(struct sightings *sightings, uint64_t k)
{
	uint64_t from = sightings->any ? sightings->newest + 1 : 0;

	if (!sightings->any || k - sightings->newest >= SIGHTINGS_WINDOW) {
		memset(sightings->seen, 0, sizeof(sightings->seen));
	} else {
		for (; from <= k; from++) {
			uint64_t bit = ~(1ull << (from % 64));

			sightings->seen[0][from % SIGHTINGS_WINDOW / 64] &= bit;
			sightings->seen[1][from % SIGHTINGS_WINDOW / 64] &= bit;
		}
	}
	sightings->newest = k;
	sightings->any = true;
}

static bool believe(struct sightings *sightings, uint64_t k)
{
	if (is_near(k, sightings->newest)) {
		sightings->doubting = false;
		return true;
	}
	if (sightings->doubting && is_near(k, sightings->doubted)) {
		sightings->doubting = false;
		sightings->any = false;
		return true;
	}
	sightings->doubted = k;
	sightings->doubting = true;
	return false;
}

enum sighting sightings_note(struct sightings *sightings, uint64_t k, int direction, bool proven)
{
	uint64_t *word = &sightings->seen[direction][k % SIGHTINGS_WINDOW / 64];
	uint64_t bit = 1ull << (k % 64);

	if (!proven && !believe(sightings, k))
		return SIGHTING_DOUBTED;
	if (!sightings->any || k > sightings->newest)
		advance(sightings, k);
	else if (sightings->newest - k >= SIGHTINGS_WINDOW)
		return SIGHTING_TOO_OLD;
	if ((*word & bit) != 0)
		return SIGHTING_REPEATED;
	*word |= bit;
	return SIGHTING_NEW;
}
