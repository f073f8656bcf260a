/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_STALL_STATE_H
#define RXRAY_STALL_STATE_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "occupants.h"
#include "recorder.h"
#include "stall.h"
#include "steal.h"
#include "symbols.h"

#define STALL_PENDING 64

struct tracer;

/* The state of the question `stall` in user space. */
struct stall {
	uint64_t min_ns, before_ns;
	unsigned int hertz;
	bool before_given, hertz_given;
	struct stall_bpf *skeleton;
	struct ring_buffer *ring;
	struct recorder recorder;
	struct occupants occupants;
	struct symbols symbols;
	/* Of each CPU, the samples that the reader has already: waits that overlap share them. */
	struct {
		uint64_t from_ns, to_ns;
	} told[STALL_CPUS];
	struct steal steal;
	int64_t steal_due_ns;
	struct stall_event pending[STALL_PENDING]; /* until the samples behind them are there, oldest first */
	size_t pending_count;
	uint64_t lost_pending;
	uint32_t waits; /* reported so far */
};

/* stall_report.c: symbols, stacks and the record of one wait. */
void stall_report(struct stall *stall, struct tracer *tracer, const struct stall_event *event);
void stall_report_totals(struct stall *stall, struct tracer *tracer, int64_t now);

#endif
