/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_USER_LIMITS_H
#define RXRAY_USER_LIMITS_H

#include <stdbool.h>

#include "plan.h"
#include "problem.h"

/*
 * What an ordinary user may do through a prober that file capabilities lift above its station: the plan comes
 * from that user, so these are not the plan's to state. For root they do not hold.
 */
#define LIMIT_PPS_TO_TARGET 1000 /* all runs of the user taken together */
#define LIMIT_FIFO_PPS 2000 /* in all, at real-time priority: about a tenth of a CPU */
#define LIMIT_LOCKED_BYTES (64u << 20)

bool limits_hold(void);

/* Lowers what the plan allows itself. */
void limits_apply(struct plan *plan);

/* Packets a second of the whole plan. */
double limits_packets_per_second(const struct plan *plan);

#endif
