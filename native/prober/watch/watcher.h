/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_WATCHER_H
#define RXRAY_WATCHER_H

#include "arrivals.h"
#include "frames.h"
#include "local_evidence.h"
#include "problem.h"
#include "receive.h"
#include "segments.h"

struct prober;

#define WATCH_INTERFACES 8
#define WATCH_BATCH 512

/* One interface that watches name, and the socket that sees it. */
struct watched_interface {
	char name[IF_NAMESIZE];
	int ifindex;
	size_t filter_length;
	struct receive receive;
};

/* The part of a run that looks on: it sees probes arrive and replies leave, and never sends. */
struct watcher {
	struct arrivals arrivals;
	struct watched_interface interfaces[WATCH_INTERFACES];
	size_t interface_count;
	struct segments segments;
	struct local local;
	bool local_open;
	struct rxray_frame_arrival batch[WATCH_BATCH];
	uint32_t batched;
};

/* watch_setup.c */
bool watch_setup(struct prober *prober, struct problem *problem);
void watch_release(struct prober *prober);

/* watch_run.c: the loop; returns why it ended. */
enum rxray_end_reason watch_run(struct prober *prober);

/* Packets that the kernel dropped before they were read. */
uint64_t watch_drops(struct watcher *watcher);

/* watch_hello.c */
void watch_hello(struct prober *prober);

#endif
