/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_ANSWERS_H
#define RXRAY_ANSWERS_H

#include "prober.h"

/* Reads the transmit stamps and the packets that have come in, and finds the probe that each one answers. */
void answers_read(struct prober *prober);

/* One packet that has come in; the context is the prober. */
void answers_take(void *context, const struct received *packet);

#endif
