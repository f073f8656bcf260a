/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_SAMPLE_TIMERS_H
#define RXRAY_SAMPLE_TIMERS_H

#include <bpf/libbpf.h>
#include <stdbool.h>

#include "problem.h"
#include "question.h"

/* A timer (cpu-clock) on each CPU in scope that runs a BPF program. */
struct sample_timers {
	struct bpf_link **links; /* one a CPU, NULL where it has none */
	int cpus;
};

/* @spares_idle: not on a CPU that idles */
bool sample_timers_open(struct sample_timers *timers, struct bpf_program *program, unsigned int hertz,
                        bool spares_idle, const struct scope *scope, struct problem *problem);
void sample_timers_close(struct sample_timers *timers);

#endif
