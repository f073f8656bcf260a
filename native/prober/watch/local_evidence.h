/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_LOCAL_EVIDENCE_H
#define RXRAY_LOCAL_EVIDENCE_H

#include "cpu_counts.h"
#include "delays.h"
#include "hearts.h"
#include "plan.h"
#include "steering.h"

struct prober;

/* Up to so many CPUs each gets a heartbeat; on larger machines only those that serve the interfaces. */
#define LOCAL_ALL_CPUS 8

/* What the receiving machine says about itself. */
struct local {
	struct steering *steering; /* of each interface */
	size_t interfaces;
	struct cpus allowed;
	struct hearts hearts;
	struct delays delays;
	struct cpu_counts counts;
	size_t softirqd; /* threads found */
	bool softnet;
	int64_t refresh_ns, sample_ns, softnet_ns; /* when next */
};

bool local_open(struct prober *prober, struct problem *problem);
void local_close(struct local *local);

/* Does what is due, and writes records; returns when it wants to run again. */
int64_t local_turn(struct prober *prober, int64_t now);

#endif
