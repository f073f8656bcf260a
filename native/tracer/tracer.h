/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_TRACER_H
#define RXRAY_TRACER_H

#include <bpf/btf.h>
#include <stdbool.h>
#include <stdint.h>

#include "clocks.h"
#include "frames.h"
#include "question.h"
#include "trace_plan.h"

#define TRACER "rxray-tracer"

/* The whole state of the process. */
struct tracer {
	struct trace_plan plan;
	struct frames frames;
	struct clocks clocks;
	struct btf *btf;
	int stats_fd; /* while open the kernel counts what BPF programs cost; -1 when it does not */
	int64_t epoch_ns;
	char command[64]; /* what was read of a line on stdin */
	size_t command_length;
	bool stdin_closed, stopping;
	char libbpf_said[2048]; /* its last words, told when loading fails */
};

/* setup.c: everything between the plan and the first event. */
bool setup_tracer(struct tracer *tracer, struct problem *problem);
/* The same without writing a word: whether the questions of the plan can be asked here. */
bool setup_try(struct tracer *tracer, struct problem *problem);
void setup_release(struct tracer *tracer);
/* The hooks of one question. */
struct hooks *setup_hooks(struct tracer *tracer, const void *state);

/* hello.c: what was got, and so which questions can be answered. */
void hello_tell(struct tracer *tracer);
int capabilities_print(void);

/* run.c: the loop; returns why it ended. */
enum rxray_end_reason run_tracer(struct tracer *tracer);

/* cost.c: what tracing itself takes, and what was lost. */
void cost_report(struct tracer *tracer, int64_t now);

/* An instant as frames have it. */
static inline int64_t tracer_time(const struct tracer *tracer, uint64_t mono_ns)
{
	return (int64_t)mono_ns - tracer->epoch_ns;
}

#endif
