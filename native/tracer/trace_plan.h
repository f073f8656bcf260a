/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_TRACE_PLAN_H
#define RXRAY_TRACE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hooks.h"
#include "plan.h"
#include "question.h"

#define TRACE_PLAN_QUESTIONS 8

/* What the tracer is asked; the lines are described in native/README.md. */
struct trace_plan {
	struct asked asked[TRACE_PLAN_QUESTIONS];
	size_t asked_count;
	/* Of the prober's plans its watches: which packets are probes. */
	struct plan probes;
	struct scope scope;
	uint64_t duration_ns; /* 0: until told to end */
	uint64_t epoch_mono_ns; /* 0: the start */
	uint64_t ring_bytes;
	enum flavour flavour;
	char btf[256]; /* "" is the running kernel's own */
	unsigned int line;
	bool versioned, complete;
};

bool trace_plan_init(struct trace_plan *plan, struct problem *problem);
void trace_plan_free(struct trace_plan *plan);
bool trace_plan_take_line(struct trace_plan *plan, const char *line, size_t length, struct problem *problem);
bool trace_plan_finish(struct trace_plan *plan, struct problem *problem);

#endif
