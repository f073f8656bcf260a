/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_QUESTION_H
#define RXRAY_QUESTION_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "cpus.h"
#include "hooks.h"
#include "json.h"
#include "problem.h"

struct tracer;

/* What a reader wants to know of one namespace and some CPUs. */
struct scope {
	uint32_t netns; /* inode number; 0: any */
	bool cpus_given;
	uint8_t cpus[CPUS_MOST]; /* 1: is in scope */
};

/*
 * One question that the tracer answers, with a BPF object of its own: NAME.bpf.c, NAME.h, NAME.c. A further
 * one is made by writing these three and naming it in questions.c.
 */
struct question {
	const char *name; /* as in the plan: `trace NAME key=value …` */

	/* Takes key=value of the plan; false when the key or the value is none of its own. */
	bool (*take_option)(void *state, const char *key, const char *value);

	/*
	 * Opens the skeleton and fills in what is constant; called once more with the other flavour when the
	 * first does not load. The object belongs to the question, which frees an earlier one.
	 */
	struct bpf_object_skeleton *(*open)(void *state, struct tracer *tracer);

	/* What `open` opened last, NULL before. */
	struct bpf_object *(*object)(void *state);

	/* Which programs of the object a run needs; NULL: all. */
	enum hook_use (*use)(const void *state, const char *program);

	/* After the hooks are attached: perf events, rings. */
	bool (*start)(void *state, struct tracer *tracer, struct problem *problem);

	/* Adds members to the object of the hello that is about this question: `,"key":value`. */
	void (*hello)(void *state, struct json *json);

	/*
	 * Writes frames of what has come; returns when it wants to be called again at the latest. `last`: the
	 * run ends, and what waits is written.
	 */
	int64_t (*turn)(void *state, struct tracer *tracer, int64_t now, bool last);

	/* A descriptor that becomes readable when there is something to do, or -1. */
	int (*wake_fd)(void *state);

	/* Events that the kernel side could not hand over. */
	uint64_t (*lost)(void *state);

	void (*close)(void *state);
	/* Another way of asking, which takes other programs: its options as in the plan, and its name; or
	 * NULL. */
	const char *other_options, *other_name;
	size_t state_bytes;
	bool counts_itself; /* it runs so often that the kernel's counting would cost more than it does */
};

/* questions.c: all there are, ended by NULL. */
extern const struct question *const questions[];

/* One question of the plan, and what became of it. */
struct asked {
	const struct question *question;
	void *state;
	struct hooks hooks;
};

#endif
