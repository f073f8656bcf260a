/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_TAP_H
#define RXRAY_TAP_H

#include <pthread.h>
#include <semaphore.h>

#include "receive.h"

#define TAP_SETS 1024u
#define TAP_WAYS 4u

/* Which of its sockets the kernel hands packets to. */
enum tap_view {
	TAP_LATE, /* behind this machine's own programs at the interface: what they make of a packet */
	TAP_EARLY, /* before them */
	TAP_BOTH,
};

/* How long two views are compared, and what came of it. */
struct tap_trial {
	int64_t began, next;
	uint32_t alike, late_only;
	bool over; /* late only, for as long as this run lasts */
};

/* Stamps that have one hash, the oldest replaced first: several, or packets of one reading would push each
 * other out. */
struct tap_set {
	uint64_t keys[TAP_WAYS];
	uint32_t next;
};

/*
 * All packets of both families that pass a filter. A socket for IPv4 or IPv6 gets a packet after the kernel's
 * own IP layer has had it: while it may still be looked at, that layer works on a copy, of each packet of
 * anybody. One for all protocols comes before, so that nothing is copied, but it also comes before programs
 * at the interface (tc, netfilter's ingress hook), which may unpack or translate what is looked for. So an
 * early tap looks at both places at first, and then now and again, and keeps to the late one where that shows
 * what the early one does not.
 */
struct tap {
	struct receive early, late[2]; /* late: IPv4, IPv6 */
	uint32_t counted[3];
	struct tap_trial trial;
	enum tap_view view, asked; /* as the thread last left it; as it is to be */
	struct tap_set *seen; /* what has lately been handed over; NULL unless the tap may be early */
	pthread_t thread;
	sem_t ready, wanted;
	bool (*passes_over)(void *, const struct received *); /* NULL: nothing */
	void *context; /* for it */
	bool threaded, stop;
};

struct tap_options {
	const struct sock_fprog *filters[2]; /* IPv4, IPv6; NULL: nothing of that family */
	int ifindex; /* 0: any */
	uint32_t frames;
	enum stamp_source stamps;
	bool early; /* where that is as good */
	/* What is as if it had not come there, also if it comes again elsewhere; NULL: nothing. */
	bool (*passes_over)(void *, const struct received *);
	void *context;
};

void tap_init(struct tap *tap);
bool tap_open(struct tap *tap, const struct tap_options *options, struct problem *problem);
void tap_close(struct tap *tap);

/* Counts what waits, `most` of each socket; returns whether there may be more. */
bool tap_count(struct tap *tap, uint32_t most);

/* Hands over what was counted, each packet once. */
void tap_read(struct tap *tap, void (*take)(void *, const struct received *), void *context);

/* Begins and ends trials; to be called a few times a second at least. */
void tap_turn(struct tap *tap, int64_t now);

/* What came before comes no more: the next trial begins at once. */
void tap_doubt(struct tap *tap);

uint64_t tap_drops(struct tap *tap);

/* tap_trial.c: which view is next, by what the trial has shown so far. */
enum tap_view tap_trial_view(struct tap_trial *trial, enum tap_view view, int64_t now);

/* Joins the filters of both families, of which each sees packets from the IP header on, into one; returns its
 * length. */
#define TAP_FILTER_MAX 288
size_t tap_filter(const struct tap_options *options, struct sock_filter program[TAP_FILTER_MAX]);

#endif
