// SPDX-License-Identifier: MIT
/*
 * Notices when received packets wait for a CPU to handle them, in four ways: the receive softirq is raised
 * and does not run; a thread that receives is woken and does not run; timers come late as interrupts are off;
 * polls find the queue full again and again. A flight recorder keeps what every CPU was at, a thousand times
 * a second.
 *
 * A wait is reported when a packet of the network namespace asked about follows it on that CPU: which softirq
 * or interrupt is whose cannot be told before.
 */
#include <linux/bpf.h>
#include <stdbool.h>

#include "kernel.h"
#include "stall.h"

#include "stall_capture.bpf.h"
#include "stall_threads.bpf.h"
#include "twin.bpf.h"

#define NET_RX_SOFTIRQ 3
#define CAPTURE_EVERY_NS 2000000ull /* bounds what looking up holders costs on a busy CPU */
#define SAME_NS 2000000ull
#define SAMPLE_APART_NS 500000ull /* timers of other people's perf events expire too */
#define FOLLOWS_NS 3000000ull /* packets that interrupts held back come within this time */

char LICENSE[] SEC("license") = "Dual MIT/GPL";

/* Whether a wait has lasted, and whoever kept it up was not looked up: ksoftirqd itself is to receive. */
static __always_inline bool asks_for_holder(__u32 cpu, __u64 now)
{
	__u32 key = cpu * 4 + STALL_SOFTIRQ;
	__u64 raised = states[cpu].raised_ns;
	struct stall_holder *holder;

	if (raised == 0 || now < raised + ARMED_AFTER_NS)
		return false;
	holder = bpf_map_lookup_elem(&holders, &key);
	return holder != NULL && (holder->for_ns != raised || holder->context == STALL_KSOFTIRQD);
}

TWIN(softirq_raise, arguments)
{
	__u32 cpu = own_cpu();
	struct cpu_state *state = &states[cpu];
	bool idle;
	__u64 now;

	if (cpu_left_out[cpu])
		return;
	/* The tick raises others while one waits: without samples that is when its holder is met. */
	if ((unsigned int)arguments[0] != NET_RX_SOFTIRQ) {
		if (state->raised_ns == 0)
			return;
		now = bpf_ktime_get_ns();
		if (now - state->captured_ns < CAPTURE_EVERY_NS || !asks_for_holder(cpu, now))
			return;
		state->captured_ns = now;
		capture(context, cpu, STALL_SOFTIRQ, state->raised_ns, now);
		return;
	}
	/* A CPU idles only with nothing raised: what was noted before was served where no program runs. */
	idle = (__u32)bpf_get_current_pid_tgid() == 0 && state->handler_since_ns == 0;
	if (state->raised_ns != 0 && !idle)
		return;
	now = bpf_ktime_get_ns();
	state->raised_ns = now;
	state->handler_ns = state->longest_handler_ns = 0;
	state->longest_handler = STALL_NO_HANDLER;
	state->raised_within = state->handler_since_ns != 0 && state->handler == NET_RX_SOFTIRQ;
	/* Whoever was interrupted will be to blame, if anybody is; nobody is while the CPU idles. */
	if (idle)
		return;
	if (now - state->captured_ns < CAPTURE_EVERY_NS)
		return;
	state->captured_ns = now;
	capture(context, cpu, STALL_SOFTIRQ, now, now);
}

TWIN(softirq_entry, arguments)
{
	__u32 cpu = own_cpu(), vec = (__u32)arguments[0];
	struct cpu_state *state = &states[cpu];
	__u64 now, raised = state->raised_ns;
	struct stall_wait *wait = &state->softirq;

	if (cpu_left_out[cpu])
		return;
	now = bpf_ktime_get_ns();
	state->handler = vec;
	state->handler_since_ns = now;
	if (vec != NET_RX_SOFTIRQ || raised == 0)
		return;
	state->raised_ns = 0;
	state->served_ns = raised;
	if (now < raised)
		return;
	count_wait(cpu, now - raised);
	if (now - raised < min_ns)
		return;
	open_wait(wait, STALL_SOFTIRQ, cpu, raised, now);
	wait->handler_ns = state->handler_ns;
	wait->longest_handler_ns = state->longest_handler_ns;
	wait->handler = state->longest_handler;
	wait->raised_within = state->raised_within;
}

TWIN(softirq_exit, arguments)
{
	__u32 cpu = own_cpu(), vec = (__u32)arguments[0];
	struct cpu_state *state = &states[cpu];
	__u64 now, since = state->handler_since_ns, within;

	state->handler_since_ns = 0;
	if (vec == NET_RX_SOFTIRQ) {
		/* No packet of ours has followed: somebody else's wait. */
		if (state->softirq.open && only_netns == 0)
			report(&state->softirq, NULL, 0, 0);
		state->softirq.open = 0;
		return;
	}
	if (state->raised_ns == 0 || since == 0)
		return;
	now = bpf_ktime_get_ns();
	within = now - (since > state->raised_ns ? since : state->raised_ns);
	state->handler_ns += within;
	if (now - since > state->longest_handler_ns) {
		state->longest_handler_ns = now - since;
		state->longest_handler = vec;
	}
}

/* A packet tells whose the waits were that came before it. */
TWIN(netif_receive_skb, arguments)
{
	__u32 cpu = own_cpu(), netns, ifindex;
	struct cpu_state *state = &states[cpu];
	struct sk_buff *packet = (struct sk_buff *)arguments[0];
	struct net_device *device;

	if (!state->softirq.open && !state->thread.open && !state->irq_off.open &&
	    state->full_since_ns == 0 && totals[cpu].received != 0)
		return;
	device = BPF_CORE_READ(packet, dev);
	netns = BPF_CORE_READ(device, nd_net.net, ns.inum);
	ifindex = BPF_CORE_READ(device, ifindex);
	/* On a busy hypervisor the softirq itself may take longer to come to them: then its raise tells. */
	if (state->irq_off.open && bpf_ktime_get_ns() - state->irq_off.to_ns > FOLLOWS_NS &&
	    (state->served_ns < state->irq_off.from_ns ||
	     state->served_ns > state->irq_off.to_ns + FOLLOWS_NS))
		state->irq_off.open = 0;
	if (only_netns != 0 && netns != only_netns)
		return;
	totals[cpu].received = 1;
	state->ours_while_full = true;
	if (state->irq_off.open) {
		/* What began only then waited for the same reason: it is told once. */
		if (state->softirq.from_ns + SAME_NS >= state->irq_off.from_ns)
			state->softirq.open = 0;
		if (state->thread.from_ns + SAME_NS >= state->irq_off.from_ns)
			state->thread.open = 0;
		report(&state->irq_off, NULL, netns, ifindex);
	}
	if (state->softirq.open)
		report(&state->softirq, NULL, netns, ifindex);
	if (state->thread.open && state->thread.server == (__u32)bpf_get_current_pid_tgid())
		report(&state->thread, &state->places, netns, ifindex);
}

TWIN(napi_poll, arguments)
{
	__u32 cpu = own_cpu();
	struct cpu_state *state = &states[cpu];
	struct napi_struct *napi = (struct napi_struct *)arguments[0];
	int work = (int)arguments[1], budget = (int)arguments[2];
	struct stall_wait wait;
	__u64 now;

	if (cpu_left_out[cpu])
		return;
	if (work >= budget && budget > 0) {
		if (state->full_since_ns == 0) {
			state->full_since_ns = bpf_ktime_get_ns();
			state->full_backlog = BPF_CORE_READ(napi, dev) == NULL;
			state->ours_while_full = false;
		}
		return;
	}
	if (state->full_since_ns == 0)
		return;
	now = bpf_ktime_get_ns();
	if (now - state->full_since_ns >= min_ns && (only_netns == 0 || state->ours_while_full)) {
		__builtin_memset(&wait, 0, sizeof(wait));
		open_wait(&wait, STALL_POLLS, cpu, state->full_since_ns, now);
		wait.backlog = state->full_backlog;
		capture(context, cpu, STALL_POLLS, state->full_since_ns, now);
		report(&wait, NULL, state->ours_while_full ? only_netns : 0, 0);
	}
	state->full_since_ns = 0;
}

static __always_inline bool trusted(struct hrtimer *timer)
{
	__u64 function = (__u64)BPF_CORE_READ(timer, function);

	if (trusted_timers[0] == 0)
		return true;
	return function == trusted_timers[0] || function == trusted_timers[1] ||
	       function == trusted_timers[2];
}

/* Notes in the flight recorder what this CPU is at. */
static __always_inline void sample_now(void *context, __u32 cpu, __u64 now)
{
	struct task_struct *task = current_task();
	struct cpu_state *state = &states[cpu];
	__u32 key = cpu * STALL_SAMPLES + (state->head++ & (STALL_SAMPLES - 1));
	struct stall_sample *sample = bpf_map_lookup_elem(&samples, &key);
	long bytes;

	if (sample == NULL)
		return;
	state->sampled_ns = now;
	sample->ns = now;
	sample->pid = BPF_CORE_READ(task, pid);
	sample->tgid = BPF_CORE_READ(task, tgid);
	sample->depth = 0;
	sample->syscall = -1;
	see_task(state, cpu, task, sample->pid, now);
	/* Walking the stack is what a sample costs; that of the idle loop tells nothing. */
	if (sample->pid != 0 || state->handler_since_ns != 0) {
		bpf_get_current_comm(sample->comm, sizeof(sample->comm));
		sample->syscall = syscall_of(task);
		bytes = bpf_get_stack(context, sample->frames, sizeof(sample->frames), 0);
		sample->depth = bytes > 0 ? (__u32)bytes / 8 : 0;
	}
	if (asks_for_holder(cpu, now))
		capture(context, cpu, STALL_SOFTIRQ, state->raised_ns, now);
}

/*
 * The kernel stops the timers of perf events on a CPU that takes some hundred samples without a tick of the
 * scheduler, of which an idle CPU has none, also while the handler of a softirq runs there. Samples taken as
 * the timer expires do not count for that.
 */
static __always_inline void sample_idle(void *context, __u32 cpu, __u64 function)
{
	__u64 now;

	if (idle_sampler == 0 || function != idle_sampler || (__u32)bpf_get_current_pid_tgid() != 0)
		return;
	now = bpf_ktime_get_ns();
	if (now - states[cpu].sampled_ns >= SAMPLE_APART_NS)
		sample_now(context, cpu, now);
}

TWIN(hrtimer_expire_entry, arguments)
{
	__u32 cpu = own_cpu();
	struct cpu_state *state = &states[cpu];
	struct hrtimer *timer = (struct hrtimer *)arguments[0];
	__s64 base_now = 0, late;
	__u64 now;

	if (cpu_left_out[cpu])
		return;
	sample_idle(context, cpu, (__u64)BPF_CORE_READ(timer, function));
	/* Where it lies, an address of the kernel; newer kernels (7.0) give the time itself. */
	if ((__s64)arguments[1] < 0)
		bpf_probe_read_kernel(&base_now, sizeof(base_now), (void *)arguments[1]);
	else
		base_now = (__s64)arguments[1];
	late = base_now - BPF_CORE_READ(timer, node.expires);
	if (2 * late < (__s64)min_ns || BPF_CORE_READ(timer, is_soft) || !trusted(timer))
		return;
	now = bpf_ktime_get_ns();
	/* The timer that was due first comes first; those behind it are late for the same reason. */
	if (now - state->late_to_ns < (__u64)late)
		return;
	state->late_from_ns = now - late;
	state->late_to_ns = now;
	/* Nobody holds interrupts off on an idle CPU; a hypervisor lets it sleep. */
	if (late < (__s64)min_ns || (__u32)bpf_get_current_pid_tgid() == 0)
		return;
	open_wait(&state->irq_off, STALL_IRQ_OFF, cpu, now - late, now);
	capture(context, cpu, STALL_IRQ_OFF, now - late, now);
}

SEC("perf_event")
int record_sample(void *context)
{
	sample_now(context, own_cpu(), bpf_ktime_get_ns());
	return 0;
}
