/* SPDX-License-Identifier: MIT */
/* Attaches the hook on returns of calls while a call is suspected, and takes it off again. */
#include <stdlib.h>
#include <string.h>

#include "clocks.h"
#include "syscalls_state.h"

#define CALM_NS 50000000ll /* nobody suspected for so long: it is not needed any more */
#define APART_NS 20000000ll
#define OFF_SHARE 4 /* where it was in vain, off for so many times as long as it was on */
#define COST_SHARE 100 /* and of all time, attaching takes a hundredth at most */

enum hook_use syscalls_use(const void *data, const char *program)
{
	const struct syscalls *state = data;
	bool is_sparing = strncmp(program, "sparing_", 8) == 0,
	     is_witness = strncmp(program, "witness_", 8) == 0;

	if (!state->options.sparing)
		return is_sparing || is_witness ? HOOK_UNUSED : HOOK_USED;
	if (is_witness)
		return HOOK_LATER;
	return strncmp(program, "sys_", 4) == 0 || strncmp(program, "switch_", 7) == 0 ? HOOK_UNUSED
	                                                                               : HOOK_USED;
}

static struct hook *find(struct syscalls *state)
{
	struct hooks *hooks = setup_hooks(state->tracer, state);

	for (unsigned int i = 0; i < hooks->count; i++) {
		if (hooks->list[i].later && hooks->list[i].program != NULL)
			return &hooks->list[i];
	}
	return NULL;
}

void syscalls_witness_call(struct syscalls *state)
{
	struct hook *hook = find(state);
	struct witness *witness = &state->witness;
	int64_t before = clocks_mono();

	if (hook == NULL || hook->link != NULL || before < witness->not_before_ns)
		return;
	hook->link = bpf_program__attach(hook->program);
	if (hook->link == NULL)
		return;
	witness->since_ns = clocks_mono();
	witness->cost_ns = witness->since_ns - before;
	state->skeleton->bss->witness_since_ns = (uint64_t)witness->since_ns;
}

void syscalls_witness_turn(struct syscalls *state, int64_t now)
{
	struct hook *hook = find(state);
	struct witness *witness = &state->witness;
	int64_t rest;

	if (hook == NULL || hook->link == NULL ||
	    now - (int64_t)state->skeleton->bss->suspected_ns < CALM_NS || now - witness->since_ns < CALM_NS)
		return;
	state->skeleton->bss->witness_since_ns = 0;
	bpf_link__destroy(hook->link);
	hook->link = NULL;
	rest = APART_NS;
	if (state->skeleton->bss->witnessed == witness->witnessed)
		rest += OFF_SHARE * (now - witness->since_ns);
	witness->witnessed = state->skeleton->bss->witnessed;
	if (rest < COST_SHARE * witness->cost_ns)
		rest = COST_SHARE * witness->cost_ns;
	witness->not_before_ns = now + rest;
}
