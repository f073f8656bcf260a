/* SPDX-License-Identifier: MIT */
#ifndef RXRAY_HOOKS_H
#define RXRAY_HOOKS_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "problem.h"

#define HOOKS_MOST 32

enum flavour { FLAVOUR_AUTO, FLAVOUR_TP_BTF, FLAVOUR_RAW_TP };

/* What becomes of a program: attached at once, or by the question when it wants it. */
enum hook_use { HOOK_UNUSED, HOOK_USED, HOOK_LATER };

struct hook {
	char tracepoint[48];
	bool got; /* the running kernel has it, and it was attached */
	bool later; /* attached by the question */
	struct bpf_link *link;
	struct bpf_program *program;
};

/* The tracepoints of one BPF object. */
struct hooks {
	struct hook list[HOOKS_MOST];
	unsigned int count;
	enum flavour flavour; /* that which loaded */
};

struct tracer;
struct asked;

/*
 * How the objects are opened. Where the kernel lacks a type, libbpf goes on to look for it in the types of
 * modules, which only CAP_SYS_ADMIN may list; a file that is named is the only one it looks into.
 */
const struct bpf_object_open_opts *kernel_types(void);

/* Loads the object of a question with the flavour that works, and attaches all hooks the kernel has. */
bool hooks_open(struct tracer *tracer, struct asked *asked, struct problem *problem);
void hooks_close(struct hooks *hooks);

/* The programs of a question: time run, times run, runs that were dropped as they would have nested. */
struct hooks_cost {
	uint64_t run_ns, runs, recursion_misses;
};
void hooks_add_cost(struct bpf_object *object, struct hooks_cost *cost);

#endif
