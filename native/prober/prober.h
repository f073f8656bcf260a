/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_PROBER_H
#define RXRAY_PROBER_H

#include <linux/if_packet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "agenda.h"
#include "clocks.h"
#include "frames.h"
#include "key.h"
#include "packet.h"
#include "pauses.h"
#include "plan.h"
#include "ports.h"
#include "rate_hold.h"
#include "route.h"
#include "routers.h"
#include "schedule.h"
#include "stamps.h"
#include "tap.h"
#include "transmit.h"
#include "unanswered.h"

#define NO_TRAIN UINT32_MAX

/* The probes of one path that share a grid and a sequence: those of its pinned flows, or its fresh ones. */
struct train {
	struct grid grid;
	struct unanswered outstanding; /* its `next` is the next slot of the grid */
	uint64_t expire; /* all probes before this one have been answered or given up */
	uint32_t path;
	bool fresh;
};

struct path {
	struct route route;
	struct rxray_frame_path_totals totals;
	uint32_t pinned, fresh; /* trains; NO_TRAIN without fresh flows */
	bool unreachable_seen; /* port-unreachable replies do arrive on this path */
	bool translated; /* answers with the right key come from another address or port than was probed */
	uint32_t lost_in_row; /* probes of this path, told as lost since the last answer */
	bool half_open; /* our kernel's RST does not get out: SYN-ACKs come back repeated */
};

/* What was asked of the machine and what it gave. */
struct grants {
	bool fifo, locked;
	enum stamp_source stamps;
	const char *stamps_why;
	int cpu; /* -1 not pinned */
	char sched_why[128];
	bool sched_refused, slack_refused; /* to be warned of */
};

struct awaiting;

/* The part of a run that sends probes and matches what answers them. */
struct sender {
	struct ports ports;
	struct name_hold rates; /* of what is sent to each target */
	struct path *paths;
	struct train *trains;
	uint32_t train_count;
	struct agenda agenda;
	struct transmit transmit[2]; /* IPv4, IPv6 */
	struct tap tap;
	struct routers routers;
	struct awaiting *waiting; /* NULL unless network cards stamp */
	int reset_fd; /* sends RSTs past a firewall, opened while that is still allowed */
	int64_t last_sent_ns; /* the newest due time of a probe that was sent */
	uint64_t outstanding_bytes; /* memory for probes that may still be answered */
	bool overload_told;
	bool resets; /* some path is half open */
};

struct watcher;
struct hearing;

/* The whole state of the process. */
struct prober {
	struct plan plan;
	struct secret secret;
	uint64_t announced_epoch; /* tells this run from others in announcements */
	struct clocks clocks;
	struct pauses pauses;
	struct grants grants;
	struct frames frames;
	struct sender sender;
	struct watcher *watcher; /* NULL when the plan sends */
	struct hearing *hearing; /* NULL unless the plan hears */
	int statm_fd; /* /proc/self/statm */

	int64_t start_ns, epoch_ns;
	int64_t wake_ns, user_received_ns;
	struct rxray_frame_counters counters;
	unsigned warnings;

	char command[64]; /* what was read of a line on stdin */
	size_t command_length;
	bool stdin_closed, stopping;
};

/* A path whose target knows its probes has a secret of its own. */
static inline struct secret prober_secret(const struct prober *prober, uint32_t path)
{
	const struct plan_path *plan = &prober->plan.paths[path];

	return plan->secret_given ? (struct secret){{plan->secret[0], plan->secret[1]}} : prober->secret;
}

/* setup.c: everything between the plan and the first probe. */
bool setup_prober(struct prober *prober, struct problem *problem);
void setup_release(struct prober *prober);

/* running_rights.c: the CPU, its priority and memory that stays; then, as frames, what was refused. */
void running_rights_take(struct prober *prober);
void running_rights_warn(struct prober *prober);

/* run.c: the loop; returns why it ended. */
enum rxray_end_reason run_prober(struct prober *prober);

/* capabilities.c: prints one JSON line about this machine. */
int capabilities_print(void);

#endif
