/* SPDX-License-Identifier: MIT */
#include <bpf/bpf.h>
#include <string.h>
#include <unistd.h>

#include "syscalls_state.h"

/*
 * The kernel measures what programs take only while somebody asks, as the measuring itself takes about 50 ns
 * a run: half of what a call's two programs do. So it is asked for one moment only, the first: later the
 * right to ask (CAP_SYS_ADMIN) has been given up.
 */
#define MOMENT_NS 400000000ll

static void read_runs(const struct syscalls *state, uint64_t *ns, uint64_t *runs)
{
	const struct hooks *hooks = setup_hooks(state->tracer, state);

	*ns = *runs = 0;
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
	if (!sampling->on)
		return INT64_MAX;
	if (sampling->next == 0) {
		read_runs(state, &sampling->ns_before, &sampling->runs_before);
		sampling->next = now + MOMENT_NS;
	}
	if (now < sampling->next)
		return sampling->next;
	syscalls_sample_end(state);
	read_runs(state, &ns, &runs);
	sampling->ns = ns - sampling->ns_before;
	sampling->runs = runs - sampling->runs_before;
	return INT64_MAX;
}

void syscalls_sample_begin(struct syscalls *state)
{
	/* Beside another question the kernel measures already. */
	if (state->tracer->stats_fd >= 0)
		return;
	state->sampling.fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
	state->sampling.on = state->sampling.fd >= 0;
}

void syscalls_sample_end(struct syscalls *state)
{
	if (state->sampling.on)
		close(state->sampling.fd);
	state->sampling.on = false;
}
