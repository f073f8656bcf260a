/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_MATCH_REPLY_H
#define RXRAY_MATCH_REPLY_H

#include "prober.h"

/* Reads the transmit stamps and the packets that have come in, and finds the probe that each one answers. */
void match_replies(struct prober *prober);

/* One packet that has come in; the context is the prober. */
void match_reply(void *context, const struct received *packet);

#endif
