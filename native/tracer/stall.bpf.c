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

#include "holder.bpf.h"
#include "twin.bpf.h"

#define NET_RX_SOFTIRQ 3
#define CAPTURE_EVERY_NS 2000000ull /* bounds what looking up holders costs on a busy CPU */
#define ARMED_AFTER_NS 1000000ull /* a wait this old makes the next sample look up its holder */
#define SAME_NS 2000000ull
#define FOLLOWS_NS 3000000ull /* packets that interrupts held back come within this time */

char LICENSE[] SEC("license") = "Dual MIT/GPL";

const volatile __u64 min_ns = 10000000;
const volatile __u32 only_netns = 0; /* 0: any */
const volatile bool cpu_left_out[STALL_CPUS] = {};
/* Timers that are always set anew ahead of time, so that coming late means something; 0 unknown. */
const volatile __u64 trusted_timers[3] = {};

struct cpu_state {
	__u64 raised_ns; /* the oldest raise not yet served, 0 none */
	__u64 handler_ns; /* time of other handlers since then */
	__u64 longest_handler_ns;
	__u64 handler_since_ns;
	__u64 captured_ns;
	__u64 task_since_ns; /* what runs runs since then */
	__u64 full_since_ns; /* polls have found their queue full since then, 0: the last did not */
	__u64 late_from_ns, late_to_ns; /* the last time that timers came late */
	__u32 head; /* of the flight recorder */
	__u8 handler; /* that runs now */
	__u8 longest_handler;
	__u8 raised_within;
	__u8 full_backlog;
	bool ours_while_full;
	struct stall_wait softirq, thread, irq_off; /* not yet known to be ours */
} __attribute__((aligned(64)));

static struct cpu_state states[STALL_CPUS];
struct stall_totals totals[STALL_CPUS];
__u64 lost;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

/* Entry CPU * 4 + kind. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, STALL_CPUS * 4);
	__type(key, __u32);
	__type(value, struct stall_holder);
} holders SEC(".maps");

/* Entry CPU * STALL_SAMPLES + head: user space reads it without system calls. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, STALL_CPUS *STALL_SAMPLES);
	__type(key, __u32);
	__type(value, struct stall_sample);
} samples SEC(".maps");

/* Threads that receive, and since when they wait to run, 0: they do not. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, __u64);
} receivers SEC(".maps");

static __always_inline __u32 own_cpu(void)
{
	return bpf_get_smp_processor_id() & (STALL_CPUS - 1);
}

static __always_inline void read_file(struct stall_holder *holder, struct task_struct *task)
{
	struct pt_regs *registers = (struct pt_regs *)bpf_task_pt_regs(task);
	struct dentry *dentry, *parent;
	struct fdtable *table;
	struct file *file = NULL;
	__u64 descriptor;

	if (registers == NULL)
		return;
	descriptor = FIRST_ARGUMENT(registers);
	table = BPF_CORE_READ(task, files, fdt);
	if (table == NULL || descriptor >= BPF_CORE_READ(table, max_fds))
		return;
	bpf_probe_read_kernel(&file, sizeof(file), BPF_CORE_READ(table, fd) + descriptor);
	if (file == NULL)
		return;
	bpf_probe_read_kernel_str(holder->file_system, sizeof(holder->file_system),
	                          BPF_CORE_READ(file, f_inode, i_sb, s_type, name));
	dentry = BPF_CORE_READ(file, f_path.dentry);
	for (int i = 0; i < STALL_FILE_PARTS; i++) {
		parent = BPF_CORE_READ(dentry, d_parent);
		if (dentry == NULL || parent == dentry)
			break;
		bpf_probe_read_kernel_str(holder->file[i], STALL_FILE_PART,
		                          BPF_CORE_READ(dentry, d_name.name));
		dentry = parent;
	}
}

static __always_inline struct stall_holder *capture(void *context, __u32 cpu, __u32 kind, __u64 for_ns,
                                                    __u64 now)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 key = cpu * 4 + (kind & 3);
	struct stall_holder *holder = bpf_map_lookup_elem(&holders, &key);
	long bytes;

	if (holder == NULL)
		return NULL;
	holder->for_ns = for_ns;
	holder->since_ns = states[cpu].task_since_ns;
	holder->at_start = now == for_ns;
	holder->at.ns = now;
	holder->at.pid = task->pid;
	holder->at.tgid = task->tgid;
	bpf_get_current_comm(holder->at.comm, sizeof(holder->at.comm));
	holder->at.syscall = syscall_of(task);
	holder->context = context_of(task, holder->at.syscall, holder->at.comm);
	bytes = bpf_get_stack(context, holder->at.frames, sizeof(holder->at.frames), 0);
	holder->at.depth = bytes > 0 ? (__u32)bytes / 8 : 0;
	read_cgroups(task, &holder->cgroup1, &holder->cgroup2);
	holder->file_system[0] = '\0';
	for (int i = 0; i < STALL_FILE_PARTS; i++)
		holder->file[i][0] = '\0';
	if (holder->context == STALL_SYSCALL)
		read_file(holder, task);
	return holder;
}

static __always_inline void report(struct stall_wait *wait, __u32 netns, __u32 ifindex)
{
	struct stall_holder *holder;
	struct stall_event *event;
	__u32 key = (wait->cpu & (STALL_CPUS - 1)) * 4 + (wait->kind & 3);

	wait->open = 0;
	holder = bpf_map_lookup_elem(&holders, &key);
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (event == NULL || holder == NULL) {
		if (event != NULL)
			bpf_ringbuf_discard(event, 0);
		__sync_fetch_and_add(&lost, 1);
		return;
	}
	event->wait = *wait;
	event->wait.netns = netns;
	event->wait.ifindex = ifindex;
	bpf_probe_read_kernel(&event->holder, sizeof(event->holder), holder);
	bpf_ringbuf_submit(event, 0);
}

/* How much of a wait lies within the last time that timers came late. */
static __always_inline __u64 late_within(const struct cpu_state *state, __u64 from, __u64 to)
{
	__u64 begin = state->late_from_ns > from ? state->late_from_ns : from;
	__u64 end = state->late_to_ns < to ? state->late_to_ns : to;

	return end > begin ? end - begin : 0;
}

static __always_inline void open_wait(struct stall_wait *wait, __u32 kind, __u32 cpu, __u64 from, __u64 to)
{
	wait->from_ns = from;
	wait->to_ns = to;
	wait->kind = kind;
	wait->cpu = cpu;
	wait->handler_ns = wait->longest_handler_ns = 0;
	wait->late_ns = late_within(&states[cpu & (STALL_CPUS - 1)], from, to);
	wait->handler = STALL_NO_HANDLER;
	wait->raised_within = wait->backlog = 0;
	wait->server = (__u32)bpf_get_current_pid_tgid();
	bpf_get_current_comm(wait->server_comm, sizeof(wait->server_comm));
	wait->open = 1;
}

TWIN(softirq_raise, arguments)
{
	__u32 cpu = own_cpu();
	struct cpu_state *state = &states[cpu];
	__u64 now;

	if ((unsigned int)arguments[0] != NET_RX_SOFTIRQ || state->raised_ns != 0 || cpu_left_out[cpu])
		return;
	now = bpf_ktime_get_ns();
	state->raised_ns = now;
	state->handler_ns = state->longest_handler_ns = 0;
	state->longest_handler = STALL_NO_HANDLER;
	state->raised_within = state->handler_since_ns != 0 && state->handler == NET_RX_SOFTIRQ;
	/* Whoever was interrupted will be to blame, if anybody is; nobody is while the CPU idles. */
	if ((__u32)bpf_get_current_pid_tgid() == 0 && state->handler_since_ns == 0)
		return;
	if (now - state->captured_ns < CAPTURE_EVERY_NS)
		return;
	state->captured_ns = now;
	capture(context, cpu, STALL_SOFTIRQ, now, now);
}

static __always_inline void count_wait(__u32 cpu, __u64 length)
{
	struct stall_totals *total = &totals[cpu];
	__u32 bucket = 0;

	total->waits++;
	if (length > total->longest_ns)
		total->longest_ns = length;
	for (int i = 32; i > 0; i >>= 1) {
		if (length >> i) {
			bucket += i;
			length >>= i;
		}
	}
	if (bucket < STALL_BUCKETS)
		total->buckets[bucket]++;
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
			report(&state->softirq, 0, 0);
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

	if (!state->softirq.open && !state->thread.open && !state->irq_off.open && state->full_since_ns == 0)
		return;
	device = BPF_CORE_READ(packet, dev);
	netns = BPF_CORE_READ(device, nd_net.net, ns.inum);
	ifindex = BPF_CORE_READ(device, ifindex);
	if (state->irq_off.open && bpf_ktime_get_ns() - state->irq_off.to_ns > FOLLOWS_NS)
		state->irq_off.open = 0;
	if (only_netns != 0 && netns != only_netns)
		return;
	state->ours_while_full = true;
	if (state->irq_off.open) {
		/* What began only then waited for the same reason: it is told once. */
		if (state->softirq.from_ns + SAME_NS >= state->irq_off.from_ns)
			state->softirq.open = 0;
		if (state->thread.from_ns + SAME_NS >= state->irq_off.from_ns)
			state->thread.open = 0;
		report(&state->irq_off, netns, ifindex);
	}
	if (state->softirq.open)
		report(&state->softirq, netns, ifindex);
	if (state->thread.open && state->thread.server == (__u32)bpf_get_current_pid_tgid())
		report(&state->thread, netns, ifindex);
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
		report(&wait, state->ours_while_full ? only_netns : 0, 0);
	}
	state->full_since_ns = 0;
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
	if (since == NULL) {
		if (bpf_map_update_elem(&receivers, &pid, &now, BPF_ANY) != 0)
			__sync_fetch_and_add(&lost, 1);
	} else if (*since == 0) {
		*since = now;
	}
}

static __always_inline bool still_runnable(struct task_struct *task)
{
	struct task_struct___before_5_14 *old = (void *)task;

	if (bpf_core_field_exists(task->__state))
		return BPF_CORE_READ(task, __state) == 0;
	return BPF_CORE_READ(old, state) == 0;
}

TWIN(sched_switch, arguments)
{
	__u32 cpu = own_cpu(), pid;
	struct cpu_state *state = &states[cpu];
	struct task_struct *previous = (struct task_struct *)arguments[1];
	struct task_struct *next = (struct task_struct *)arguments[2];
	__u64 now = bpf_ktime_get_ns(), *since, from;

	state->thread.open = 0;
	if ((BPF_CORE_READ(previous, flags) & PF_KTHREAD) != 0) {
		pid = BPF_CORE_READ(previous, pid);
		since = pid == 0 ? NULL : bpf_map_lookup_elem(&receivers, &pid);
		if (since != NULL)
			*since = arguments[0] != 0 || still_runnable(previous) ? now : 0;
	}
	if ((BPF_CORE_READ(next, flags) & PF_KTHREAD) != 0) {
		pid = BPF_CORE_READ(next, pid);
		since = pid == 0 ? NULL : bpf_map_lookup_elem(&receivers, &pid);
		if (since != NULL && *since != 0) {
			from = *since;
			*since = 0;
			if (!cpu_left_out[cpu] && now > from) {
				count_wait(cpu, now - from);
				if (now - from >= min_ns) {
					open_wait(&state->thread, STALL_THREAD, cpu, from, now);
					state->thread.server = pid;
					bpf_core_read(state->thread.server_comm,
					              sizeof(state->thread.server_comm), &next->comm);
					/* This still runs as the one who leaves. */
					capture(context, cpu, STALL_THREAD, from, now);
				}
			}
		}
	}
	state->task_since_ns = now;
}

static __always_inline bool trusted(struct hrtimer *timer)
{
	__u64 function = (__u64)BPF_CORE_READ(timer, function);

	if (trusted_timers[0] == 0)
		return true;
	return function == trusted_timers[0] || function == trusted_timers[1] ||
	       function == trusted_timers[2];
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
	bpf_probe_read_kernel(&base_now, sizeof(base_now), (void *)arguments[1]);
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
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 cpu = own_cpu();
	struct cpu_state *state = &states[cpu];
	__u32 key = cpu * STALL_SAMPLES + (state->head++ & (STALL_SAMPLES - 1));
	struct stall_sample *sample = bpf_map_lookup_elem(&samples, &key);
	__u32 holder_key = cpu * 4 + STALL_SOFTIRQ;
	struct stall_holder *holder;
	__u64 now = bpf_ktime_get_ns(), raised = state->raised_ns;
	long bytes;

	if (sample == NULL)
		return 0;
	sample->ns = now;
	sample->pid = task->pid;
	sample->tgid = task->tgid;
	sample->depth = 0;
	sample->syscall = -1;
	/* Walking the stack is what a sample costs; that of the idle loop tells nothing. */
	if (sample->pid != 0 || state->handler_since_ns != 0) {
		bpf_get_current_comm(sample->comm, sizeof(sample->comm));
		sample->syscall = syscall_of(task);
		bytes = bpf_get_stack(context, sample->frames, sizeof(sample->frames), 0);
		sample->depth = bytes > 0 ? (__u32)bytes / 8 : 0;
	}
	if (raised == 0 || now < raised + ARMED_AFTER_NS)
		return 0;
	holder = bpf_map_lookup_elem(&holders, &holder_key);
	if (holder != NULL && holder->for_ns != raised)
		capture(context, cpu, STALL_SOFTIRQ, raised, now);
	return 0;
}
