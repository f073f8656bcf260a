/* SPDX-License-Identifier: MIT */
#include <bpf/bpf.h>
#include <string.h>
#include <unistd.h>

#include "syscalls_state.h"

/*
 * The kernel measures what programs take only while somebody asks, as the measuring itself takes about 50 ns
 * a run: half of what a call's two programs do. So it is asked for moments only.
 */
#define FIRST_NS 300000000ll
#define AGAIN_NS 10000000000ll
#define MOMENT_NS 20000000ll

static void read_runs(const struct syscalls *state, uint64_t *ns, uint64_t *runs)
{
	const struct trace_plan *plan = &state->tracer->plan;
	const struct hooks *hooks = &plan->asked[0].hooks;

	*ns = *runs = 0;
	for (size_t i = 0; i < plan->asked_count; i++) {
		if (plan->asked[i].state == state)
			hooks = &plan->asked[i].hooks;
	}
	for (unsigned int i = 0; i < hooks->count; i++) {
		struct bpf_prog_info info = {0};
		__u32 size = sizeof(info);

		if (hooks->list[i].program == NULL || strncmp(hooks->list[i].tracepoint, "sys_", 4) != 0 ||
		    bpf_obj_get_info_by_fd(bpf_program__fd(hooks->list[i].program), &info, &size) != 0)
			continue;
		*ns += info.run_time_ns;
		*runs += info.run_cnt;
	}
}

int64_t syscalls_sample(struct syscalls *state, int64_t now)
{
	struct syscalls_sampling *sampling = &state->sampling;
	uint64_t ns, runs;

	/* Beside another question the kernel measures all the time. */
	if (state->tracer->stats_fd >= 0) {
		read_runs(state, &sampling->ns, &sampling->runs);
		return INT64_MAX;
	}
	if (sampling->next == 0)
		sampling->next = now + FIRST_NS;
	if (now < sampling->next)
		return sampling->next;
	if (!sampling->on) {
		read_runs(state, &sampling->ns_before, &sampling->runs_before);
		sampling->fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
		sampling->on = sampling->fd >= 0;
		sampling->next = now + (sampling->on ? MOMENT_NS : AGAIN_NS);
		return sampling->next;
	}
	close(sampling->fd);
	sampling->on = false;
	read_runs(state, &ns, &runs);
	sampling->ns += ns - sampling->ns_before;
	sampling->runs += runs - sampling->runs_before;
	sampling->next = now + AGAIN_NS;
	return sampling->next;
}

void syscalls_sample_end(struct syscalls *state)
{
	if (state->sampling.on)
		close(state->sampling.fd);
	state->sampling.on = false;
}
