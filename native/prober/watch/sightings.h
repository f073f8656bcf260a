/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_SIGHTINGS_H
#define RXRAY_SIGHTINGS_H

#include <stdbool.h>
#include <stdint.h>

/* Probes of a train that may still be told apart from repetitions; a power of two. */
#define SIGHTINGS_WINDOW 4096u

/*
 * How far a number may lie ahead of the newest one to be believed at once: twenty minutes at 100 probes a
 * second. The numbers of TCP probes carry few secret bits (one in 16 is possible at all), so that a place
 * near the last one is part of the proof.
 */
#define SIGHTINGS_AHEAD 131072u

enum sighting { SIGHTING_NEW, SIGHTING_REPEATED, SIGHTING_TOO_OLD, SIGHTING_DOUBTED };

/* Which probes of one train were seen already, each direction for itself, in constant memory. */
struct sightings {
	uint64_t newest;
	uint64_t doubted; /* a number out of the blue, which one more near it makes believable */
	bool any, doubting;
	uint64_t seen[2][SIGHTINGS_WINDOW / 64];
};

/*
 * Notes that probe k was seen in a direction (0 in, 1 out). `proven` when a whole nonce vouches for k; else k
 * is doubted when far from what was seen before, until a second one confirms that the numbers have moved on.
 */
enum sighting sightings_note(struct sightings *sightings, uint64_t k, int direction, bool proven);

#endif
