/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_OWN_EYES_H
#define RXRAY_OWN_EYES_H

#include <stdbool.h>
#include <stdint.h>

#include "frames.h"

/*
 * An ordinary user whom file capabilities let trace is told of that user's own processes only. Of another's
 * is left that it was another's, when, and for how long; threads of the kernel are nobody's. Root is told of
 * all.
 */
bool own_eyes_only(void);

/* Take out of a record what its reader may not be told. */
void own_eyes_wait(struct rxray_frame_receive_wait *record);
void own_eyes_stack(struct rxray_frame_stack *record);
void own_eyes_occupant(struct rxray_frame_occupant *record);
void own_eyes_packet(struct rxray_frame_rx_packet *record);

#endif
