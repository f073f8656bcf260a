/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_PROBE_FATE_H
#define RXRAY_PROBE_FATE_H

#include "prober.h"

/* What a packet says about the probe it answers. */
struct answer {
	enum rxray_outcome outcome; /* reply or error */
	enum rxray_reply reply;
	const struct incoming *in;
	const struct received *packet;
};

/* Writes down what became of probe k, in `sample` as far as its outcome goes. */
void fate_report(struct prober *prober, const struct train *train, uint64_t k, const struct slot *slot,
                 struct rxray_frame_sample *sample);

/*
 * An answer to probe k has come: the first one, a late one, a repeated one, or one to nothing. `patient`: it
 * may be put aside until the network card's stamp of the probe comes.
 */
void fate_settle(struct prober *prober, uint32_t train, uint64_t k, const struct answer *answer,
                 bool patient);

/* Settles the answers that have been put aside for long enough. */
void fate_settle_waiting(struct prober *prober, int64_t now);

/* Gives up the probes that have waited long enough. */
void fate_expire(struct prober *prober, int64_t now);

#endif
