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
#include "outstanding.h"
#include "packet.h"
#include "pauses.h"
#include "plan.h"
#include "ports.h"
#include "rate_hold.h"
#include "receive.h"
#include "route.h"
#include "routers.h"
#include "schedule.h"
#include "stamps.h"
#include "transmit.h"

#define PROBER_VERSION "0.1.0"
#define NO_TRAIN UINT32_MAX

/* The probes of one path that share a grid and a sequence: those of its pinned flows, or its fresh ones. */
struct train {
	struct grid grid;
	struct outstanding outstanding; /* its `next` is the next slot of the grid */
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
	bool half_open; /* our kernel's RST does not get out: SYN-ACKs come back repeated */
};

/* What was asked of the machine and what it gave. */
struct grants {
	bool fifo, locked;
	enum stamp_source stamps;
	const char *stamps_why;
	int cpu; /* -1 not pinned */
	char sched_why[128];
};

struct watcher;
struct waiting;

/* The whole state of the process. */
struct prober {
	struct plan plan;
	struct secret secret;
	struct ports ports;
	struct name_hold rates; /* of what is sent to each target */
	struct path *paths;
	struct train *trains;
	uint32_t train_count;
	struct agenda agenda;
	struct clocks clocks;
	struct pauses pauses;
	struct grants grants;
	struct frames frames;
	struct transmit transmit[2]; /* IPv4, IPv6 */
	struct receive receive[2];
	struct routers routers;
	struct waiting *waiting; /* NULL unless network cards stamp */
	struct watcher *watcher; /* NULL when the plan sends */
	int reset_fd; /* sends RSTs past a firewall, opened while that is still allowed */
	int statm_fd; /* /proc/self/statm */

	int64_t start_ns, epoch_ns;
	int64_t last_sent_ns; /* the newest due time of a probe that was sent */
	int64_t wake_ns, user_received_ns;
	struct rxray_frame_counters counters;
	uint64_t outstanding_bytes; /* memory for probes that may still be answered */
	unsigned warnings;

	char command[64]; /* what was read of a line on stdin */
	size_t command_length;
	bool stdin_closed, stopping, overload_told;
};

/* setup.c: everything between the plan and the first probe. */
bool setup_prober(struct prober *prober, struct problem *problem);
void setup_release(struct prober *prober);

/* privileges.c */
void privileges_take(struct prober *prober);

/* send.c: serves the slots that are due; returns what was late and missed. */
struct service {
	int64_t first_late_ns; /* due time of the first slot not served in time */
	int64_t worst_lag_ns;
	uint64_t missed;
};
struct service send_due(struct prober *prober, int64_t now);
extern const struct transmit_events send_events;

/* reset.c: closes a half-open connection that a SYN-ACK announces, when our kernel's own RST is dropped. */
void reset_answer(struct prober *prober, const struct incoming *in, const struct sockaddr_ll *from);

/* commands.c: obeys what has come in on stdin, and notices its end. */
void commands_read(struct prober *prober);
/* Sleeps until `until`, or until stdin, stdout or `wake_fd` (-1 for none) want something. */
void idle_until(struct prober *prober, int64_t until, int wake_fd);

/* events.c: what is told in words. */
struct json;
bool events_begin_hello(struct json *json, const struct prober *prober, const char *transmit_via,
                        const char *receive_via);
void events_hello(struct prober *prober);
void events_warning(struct prober *prober, const char *code, long path, const char *message);

/* reports.c: periodic and final records. */
void reports_counters(struct prober *prober, int64_t now);
void reports_clock(struct prober *prober, int64_t step_ns);
void reports_pause(struct prober *prober, const struct service *service, int64_t now);
void reports_end(struct prober *prober, enum rxray_end_reason reason);

/* run.c: the loop; returns why it ended. */
enum rxray_end_reason run_prober(struct prober *prober);

/* capabilities.c: prints one JSON line about this machine. */
int capabilities_print(void);

/* interface_info.c: prints one JSON line about how an interface spreads what it receives. */
int interface_info_print(const char *name);
struct json;
struct steering;
/* Adds the same to a document; `null` where it would not fit. */
void interface_info_add(struct json *json, const struct steering *steering);

/* The same as an answer of the node reader: `interface NAME JSON`, or why not. */
void interface_info_answer(FILE *answers, const char *name);

/* The 32-bit number of a probe as frames and payloads show it. */
static inline uint32_t train_seq(const struct train *train, uint64_t k)
{
	return ((uint32_t)k & ~FRESH_SEQ_BIT) | (train->fresh ? FRESH_SEQ_BIT : 0);
}

#endif
