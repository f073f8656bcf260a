/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_RATE_HOLD_H
#define RXRAY_RATE_HOLD_H

#include "name_hold.h"
#include "plan.h"
#include "problem.h"

/*
 * What all runs of one user send to one address, taken together: the 1,000 packets/s that a target is asked
 * for at most are cut into portions, and a run holds as many as it sends, by name. What root's plan allows
 * itself beyond that (max-pps-per-target) is not counted.
 */
#define RATE_PORTIONS 40
#define RATE_PORTION_PPS 25

/* Fails with E_RATE_LIMIT when other runs leave too little, with E_FILES when there are too few descriptors.
 */
bool rate_hold_take(struct name_hold *hold, const struct plan *plan, struct problem *problem);

#endif
