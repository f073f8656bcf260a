// SPDX-License-Identifier: MIT
/* Notices when received packets wait for a CPU to handle them. */
#include <linux/bpf.h>

#include "kernel.h"

#include "stall.h"
#include "twin.bpf.h"

#define NET_RX_SOFTIRQ 3

char LICENSE[] SEC("license") = "Dual MIT/GPL";

const volatile __u64 min_ns = 10000000;

struct cpu_state {
	__u64 raised_ns;
	__u64 padding[7];
};

static struct cpu_state states[STALL_CPUS];
__u64 lost;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

static __always_inline struct cpu_state *own_state(void)
{
	return &states[bpf_get_smp_processor_id() & (STALL_CPUS - 1)];
}

TWIN(softirq_raise, arguments)
{
	struct cpu_state *state = own_state();

	if ((unsigned int)arguments[0] == NET_RX_SOFTIRQ && state->raised_ns == 0)
		state->raised_ns = bpf_ktime_get_ns();
}

TWIN(softirq_entry, arguments)
{
	struct cpu_state *state = own_state();
	struct stall_wait *wait;
	__u64 now, raised;

	if ((unsigned int)arguments[0] != NET_RX_SOFTIRQ)
		return;
	raised = state->raised_ns;
	state->raised_ns = 0;
	if (raised == 0)
		return;
	now = bpf_ktime_get_ns();
	if (now < raised || now - raised < min_ns)
		return;
	wait = bpf_ringbuf_reserve(&events, sizeof(*wait), 0);
	if (wait == NULL) {
		__sync_fetch_and_add(&lost, 1);
		return;
	}
	wait->from_ns = raised;
	wait->to_ns = now;
	wait->cpu = bpf_get_smp_processor_id();
	wait->server = (__u32)bpf_get_current_pid_tgid();
	bpf_get_current_comm(wait->server_name, sizeof(wait->server_name));
	bpf_ringbuf_submit(wait, 0);
}
