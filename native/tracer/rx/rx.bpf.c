// SPDX-License-Identifier: MIT
/* Tells of every probe packet where and in whose context the receiving stack took it up. */
#include <linux/bpf.h>
#include <stdbool.h>

#include "kernel.h"
#include "rx.h"
#include "stall.h"

#include "holder.bpf.h"
#include "twin.bpf.h"

#define NET_RX_SOFTIRQ 3
#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86dd
#define IPPROTO_ICMP 1
#define IPPROTO_IPIP 4
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_ICMPV6 58

char LICENSE[] SEC("license") = "Dual MIT/GPL";

const volatile __u32 only_netns = 0; /* 0: any */
const volatile bool cpu_left_out[RX_CPUS] = {};
const volatile struct rx_filter filters[RX_FILTERS] = {};
const volatile __u32 filter_count = 0;

struct cpu_state {
	__u64 raised_ns; /* the oldest raise not yet served, 0 none */
	__u64 softirq_asked_ns, softirq_ran_ns; /* of the softirq that runs now; 0: none does */
	__u64 thread_asked_ns, thread_ran_ns; /* of the thread that receives and runs now */
	__u32 thread;
} __attribute__((aligned(64)));

static struct cpu_state states[RX_CPUS];
__u64 lost;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

/* Threads that receive, and since when they wait to run, 0: they do not. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, __u64);
} receivers SEC(".maps");

static __always_inline struct cpu_state *own_state(void)
{
	return &states[bpf_get_smp_processor_id() & (RX_CPUS - 1)];
}

TWIN(softirq_raise, arguments)
{
	struct cpu_state *state = own_state();

	if ((__u32)arguments[0] == NET_RX_SOFTIRQ && state->raised_ns == 0)
		state->raised_ns = bpf_ktime_get_ns();
}

TWIN(softirq_entry, arguments)
{
	struct cpu_state *state = own_state();

	if ((__u32)arguments[0] != NET_RX_SOFTIRQ)
		return;
	state->softirq_asked_ns = state->raised_ns;
	state->softirq_ran_ns = bpf_ktime_get_ns();
	state->raised_ns = 0;
}

TWIN(softirq_exit, arguments)
{
	if ((__u32)arguments[0] == NET_RX_SOFTIRQ)
		own_state()->softirq_ran_ns = 0;
}

static __always_inline bool receives(struct task_struct *task)
{
	char comm[16];

	if ((BPF_CORE_READ(task, flags) & PF_KTHREAD) == 0)
		return false;
	if (bpf_core_read(comm, sizeof(comm), &task->comm) != 0)
		return false;
	return begins_with(comm, "napi/", 5) || begins_with(comm, "backlog_napi/", 13);
}

TWIN(sched_waking, arguments)
{
	struct task_struct *task = (struct task_struct *)arguments[0];
	__u64 now, *since;
	__u32 pid;

	if (!receives(task))
		return;
	now = bpf_ktime_get_ns();
	pid = BPF_CORE_READ(task, pid);
	since = bpf_map_lookup_elem(&receivers, &pid);
	if (since == NULL)
		bpf_map_update_elem(&receivers, &pid, &now, BPF_ANY);
	else if (*since == 0)
		*since = now;
}

TWIN(sched_switch, arguments)
{
	struct cpu_state *state = own_state();
	struct task_struct *next = (struct task_struct *)arguments[2];
	__u64 *since;
	__u32 pid;

	state->thread_ran_ns = 0;
	if ((BPF_CORE_READ(next, flags) & PF_KTHREAD) == 0)
		return;
	pid = BPF_CORE_READ(next, pid);
	since = pid == 0 ? NULL : bpf_map_lookup_elem(&receivers, &pid);
	if (since == NULL || *since == 0)
		return;
	state->thread = pid;
	state->thread_asked_ns = *since;
	state->thread_ran_ns = bpf_ktime_get_ns();
	*since = 0;
}

/* What of a packet the filters look at. */
struct looked_at {
	__u8 target[16];
	__u8 family, protocol;
	__u16 number;
};

/* Reads an IP header and what follows it; `*inside` becomes where a packet within begins, 0 none does. */
static __always_inline bool look(const unsigned char *at, struct looked_at *seen, __u32 *inside)
{
	__u8 header[40] = {}, next[14] = {};
	__u32 length;

	__builtin_memset(seen, 0, sizeof(*seen));
	*inside = 0;
	if (bpf_probe_read_kernel(header, 20, at) != 0)
		return false;
	if (header[0] >> 4 == 4) {
		length = (header[0] & 15) * 4;
		seen->family = 4;
		seen->protocol = header[9];
		__builtin_memcpy(seen->target, header + 16, 4);
		/* Of a fragment only the first has what is looked for. */
		if (length < 20 || (header[6] & 0x1f) != 0 || header[7] != 0)
			return false;
	} else {
		if (header[0] >> 4 != 6 || bpf_probe_read_kernel(header, 40, at) != 0)
			return false;
		length = 40;
		seen->family = 6;
		seen->protocol = header[6];
		__builtin_memcpy(seen->target, header + 24, 16);
	}
	if (seen->protocol == IPPROTO_IPIP) {
		*inside = length;
		return false;
	}
	if (bpf_probe_read_kernel(next, seen->protocol == IPPROTO_TCP ? 14 : 8, at + length) != 0)
		return false;
	if (seen->protocol == IPPROTO_TCP) {
		/* SYN without ACK begins a connection; ACK probes carry nothing but that flag. */
		seen->number = (__u16)(next[2] << 8 | next[3]);
		return (next[13] & 0x17) == 0x02 || (next[13] & 0x17) == 0x10;
	}
	if (seen->protocol == IPPROTO_UDP) {
		seen->number = (__u16)(next[2] << 8 | next[3]);
		return true;
	}
	seen->number = (__u16)(next[4] << 8 | next[5]);
	return (seen->protocol == IPPROTO_ICMP && next[0] == 8) ||
	       (seen->protocol == IPPROTO_ICMPV6 && next[0] == 128);
}

static __always_inline bool passes(const struct looked_at *seen)
{
	for (__u32 i = 0; i < RX_FILTERS; i++) {
		const volatile struct rx_filter *filter = &filters[i];
		bool same = true;

		if (i >= filter_count)
			break;
		if (filter->number != 0 && filter->number != seen->number)
			continue;
		if (filter->protocol != seen->protocol &&
		    !(filter->family == 0 && filter->protocol == IPPROTO_ICMP &&
		      seen->protocol == IPPROTO_ICMPV6))
			continue;
		if (filter->family == 0)
			return true;
		for (int b = 0; b < 16; b++)
			same = same && filter->target[b] == seen->target[b];
		if (filter->family == seen->family && same)
			return true;
	}
	return false;
}

TWIN(netif_receive_skb, arguments)
{
	struct sk_buff *packet = (struct sk_buff *)arguments[0];
	struct cpu_state *state = own_state();
	struct task_struct *task;
	struct net_device *device;
	struct looked_at seen;
	struct rx_event *event;
	const unsigned char *data;
	__u32 inside, length, cpu = bpf_get_smp_processor_id() & (RX_CPUS - 1);
	__u16 protocol = BPF_CORE_READ(packet, protocol);

	if ((protocol != __builtin_bswap16(ETH_P_IP) && protocol != __builtin_bswap16(ETH_P_IPV6)) ||
	    cpu_left_out[cpu])
		return;
	data = BPF_CORE_READ(packet, data);
	if (!look(data, &seen, &inside) && (inside == 0 || !look(data + inside, &seen, &inside)))
		return;
	if (!passes(&seen))
		return;
	device = BPF_CORE_READ(packet, dev);
	if (only_netns != 0 && BPF_CORE_READ(device, nd_net.net, ns.inum) != only_netns)
		return;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (event == NULL) {
		__sync_fetch_and_add(&lost, 1);
		return;
	}
	task = current_task();
	event->ns = bpf_ktime_get_ns();
	event->cpu = cpu;
	event->ifindex = BPF_CORE_READ(device, ifindex);
	event->queue_mapping = BPF_CORE_READ(packet, queue_mapping);
	event->pid = BPF_CORE_READ(task, pid);
	event->tgid = BPF_CORE_READ(task, tgid);
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	event->syscall = syscall_of(task);
	event->context = context_of(task, event->syscall, event->comm);
	event->asked_ns = event->ran_ns = 0;
	event->in_softirq = state->softirq_ran_ns != 0;
	if (event->in_softirq) {
		event->asked_ns = state->softirq_asked_ns;
		event->ran_ns = state->softirq_ran_ns;
	} else if (state->thread_ran_ns != 0 && state->thread == event->pid) {
		event->asked_ns = state->thread_asked_ns;
		event->ran_ns = state->thread_ran_ns;
	}
	length = BPF_CORE_READ(packet, len) - BPF_CORE_READ(packet, data_len);
	if (length > RX_BYTES - 1)
		length = RX_BYTES - 1;
	/* Said once more in the way that the verifier follows. */
	asm volatile("%0 &= %1" : "+r"(length) : "i"(RX_BYTES - 1));
	event->length = bpf_probe_read_kernel(event->bytes, length, data) == 0 ? length : 0;
	bpf_ringbuf_submit(event, 0);
}
