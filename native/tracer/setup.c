/* SPDX-License-Identifier: MIT */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "tracer.h"

/* libbpf hands its messages to a function without a context of ours. */
static struct tracer *listening;

/* Of what it says the end counts: that is where the verifier gives its reason. */
static int take_words(enum libbpf_print_level level, const char *format, va_list arguments)
{
	size_t room = sizeof(listening->libbpf_said) - 1, used = strlen(listening->libbpf_said), length;
	char *text = NULL;

	if (level == LIBBPF_DEBUG || vasprintf(&text, format, arguments) < 0)
		return 0;
	length = strlen(text);
	if (length > room)
		used = 0;
	else if (used + length > room) {
		memmove(listening->libbpf_said, listening->libbpf_said + used + length - room, room - length);
		used = room - length;
	}
	snprintf(listening->libbpf_said + used, room - used + 1, "%s",
	         length > room ? text + length - room : text);
	free(text);
	return 0;
}

static bool open_btf(struct tracer *tracer, struct problem *problem)
{
	const char *path = tracer->plan.btf;

	tracer->btf = path[0] == '\0' ? btf__load_vmlinux_btf() : btf__parse(path, NULL);
	if (tracer->btf != NULL)
		return true;
	return problem_set(
	        problem, "E_NO_BTF", EXIT_SYSTEM, -1,
	        "use a kernel built with CONFIG_DEBUG_INFO_BTF (all current distributions have it)",
	        "the kernel does not describe its types: no %s",
	        path[0] == '\0' ? "/sys/kernel/btf/vmlinux" : path);
}

bool setup_try(struct tracer *tracer, struct problem *problem)
{
	listening = tracer;
	libbpf_set_print(take_words);
	if (!open_btf(tracer, problem))
		return false;
	/* What programs cost is counted from here on, so that the figures are of this run. */
	if (!tracer->plan.asked[0].question->counts_itself || tracer->plan.asked_count > 1)
		tracer->stats_fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
	for (size_t i = 0; i < tracer->plan.asked_count; i++) {
		struct asked *asked = &tracer->plan.asked[i];

		if (!hooks_open(tracer, asked, problem) ||
		    !asked->question->start(asked->state, tracer, problem))
			return false;
	}
	return true;
}

bool setup_tracer(struct tracer *tracer, struct problem *problem)
{
	uint64_t random;

	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return problem_set(problem, "E_RANDOM", EXIT_SYSTEM, -1, "use a kernel that has getrandom",
		                   "no random numbers");
	clocks_init(&tracer->clocks);
	tracer->epoch_ns = tracer->plan.epoch_mono_ns != 0 ? (int64_t)tracer->plan.epoch_mono_ns
	                                                   : tracer->clocks.read_mono;
	frames_header(&tracer->frames, RXRAY_HELPER_TRACER, tracer->epoch_ns + tracer->clocks.real_minus_mono,
	              tracer->epoch_ns, random);
	return setup_try(tracer, problem);
}

struct hooks *setup_hooks(struct tracer *tracer, const void *state)
{
	size_t i = 0;

	while (i + 1 < tracer->plan.asked_count && tracer->plan.asked[i].state != state)
		i++;
	return &tracer->plan.asked[i].hooks;
}

void setup_release(struct tracer *tracer)
{
	for (size_t i = 0; i < tracer->plan.asked_count; i++) {
		struct asked *asked = &tracer->plan.asked[i];

		hooks_close(&asked->hooks);
		asked->question->close(asked->state);
	}
	if (tracer->stats_fd >= 0)
		close(tracer->stats_fd);
	tracer->stats_fd = -1;
	btf__free(tracer->btf);
	tracer->btf = NULL;
	trace_plan_free(&tracer->plan);
	frames_free(&tracer->frames);
}
