/* SPDX-License-Identifier: MIT */
#include "way_out.h"

#include "stamps.h"

enum held way_out_held(const struct way_out *way, int64_t uncertainty_ns)
{
	/* A prober that is interrupted within the call delays the packet too, but the packet waits nowhere.
	 */
	if (way->left_ns <= way->returned_ns + uncertainty_ns || way->queued_ns == NO_STAMP)
		return HELD_IN_CALL;
	return way->queued_ns - way->handed_ns > way->left_ns - way->queued_ns ? HELD_BEFORE_QUEUE
	                                                                       : HELD_IN_QUEUE;
}
