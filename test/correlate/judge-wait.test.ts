import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeWait } from '../../src/correlate/judge-wait.js';
import { MS } from '../../src/model/time.js';
import { buildWait, type Situation } from './build-wait.js';

const INTERRUPT = ['hrtimer_interrupt', '__sysvec_apic_timer_interrupt', 'asm_sysvec_apic_timer_interrupt'];
const ARM64_INTERRUPT = [
  ...['__hrtimer_run_queues', 'hrtimer_interrupt', 'arch_timer_handler_virt', 'handle_percpu_devid_irq'],
  ...['gic_handle_irq', 'do_interrupt_handler', 'el1_interrupt', 'el1h_64_irq_handler', 'el1h_64_irq'],
];

const situations: readonly (readonly [title: string, situation: Situation, expected: string])[] = [
  ['a process in a system call at the raise', {}, 'bh-off-in-syscall cadvisor read'],
  [
    'a softirq raised while another one was handled',
    { wait: { handlerNs: 90 * MS, handler: 8, heldNs: 95 * MS } },
    'softirq-handler - - HRTIMER',
  ],
  [
    'a handler on a CPU that was idle and no longer sampled, long before',
    { wait: { handlerNs: 95 * MS, handler: 8, heldNs: 95 * MS }, ran: [[0, -1, 0, 100]], silent: [[0, 100]] },
    'softirq-handler - - HRTIMER',
  ],
  [
    'a handler by the count of time, on a CPU that was sampled until the wait began and then fell silent',
    { wait: { handlerNs: 95 * MS, handler: 8, heldNs: 95 * MS }, ran: [[0, -1, -50, 100]], silent: [[0, 100]] },
    'unattributed - - HRTIMER',
  ],
  [
    'a handler by the count of time, on a CPU no longer sampled whose timers came late all the while',
    {
      wait: { handlerNs: 95 * MS, handler: 8, heldNs: 95 * MS, lateNs: 90 * MS },
      ran: [[0, -1, 0, 100]],
      silent: [[0, 100]],
    },
    'unattributed - - HRTIMER',
  ],
  [
    'a handler that took a small part',
    { wait: { handlerNs: 2 * MS, handler: 1 } },
    'bh-off-in-syscall cadvisor read TIMER',
  ],
  ['the receive softirq raised again by itself', { wait: { raisedWithin: true } }, 'budget - -'],
  [
    'softirqs left to ksoftirqd, which waited for its CPU',
    { wait: { server: { thread: 22, name: 'ksoftirqd/1' } } },
    'kthread-starved cadvisor read',
  ],
  [
    'a thread that receives waited for its CPU',
    { wait: { waitKind: 'thread', heldNs: 110 * MS, server: { thread: 9, name: 'napi/eth0-8193' } } },
    'kthread-starved cadvisor read',
  ],
  [
    'a thread that receives slept for the lock of softirqs, which a process had',
    {
      wait: { waitKind: 'thread', forLock: true, server: { thread: 9, name: 'backlog_napi/1' } },
      ran: [
        [27_964, 0, 0, 99.5],
        [9, -1, 99.5, 100],
      ],
    },
    'kthread-starved cadvisor read',
  ],
  [
    'polls that found the queue full',
    {
      wait: { waitKind: 'polls', server: { thread: 22, name: 'ksoftirqd/1' } },
      ran: [[22, -1, 0, 100]],
    },
    'budget - -',
  ],
  ['polls that found the backlog full', { wait: { waitKind: 'polls', backlog: true } }, 'rps-backlog - -'],
  [
    'timers late where interrupts come on again',
    { wait: { waitKind: 'irq-off' }, stack: [...INTERRUPT, '_raw_spin_unlock_irqrestore', 'cgroup_rstat_flush'] },
    'irq-off cadvisor read',
  ],
  [
    'timers late where interrupts come on again, after what another CPU had handed over meanwhile',
    {
      wait: { waitKind: 'irq-off' },
      stack: [
        ...INTERRUPT,
        ...['handle_softirqs', '__irq_exit_rcu', 'sysvec_call_function_single', 'asm_sysvec_call_function_single'],
        ...['_raw_spin_unlock_irqrestore', 'hold_write'],
      ],
    },
    'irq-off cadvisor read',
  ],
  ...(['_raw_spin_unlock_irqrestore', 'mas_wr_store_entry.isra.0'] as const).map(
    (place): (typeof situations)[number] => [
      `timers late in ${place}, on arm64`,
      { wait: { waitKind: 'irq-off' }, stack: [...ARM64_INTERRUPT, place] },
      place.includes('irq') ? 'irq-off cadvisor read' : 'unattributed - -',
    ],
  ),
  [
    'timers late right behind an instruction of a driver that switches interrupts on, on arm64',
    { wait: { waitKind: 'irq-off', behindEnabling: true }, stack: [...ARM64_INTERRUPT, 'hold_write', 'vfs_write'] },
    'irq-off cadvisor read',
  ],
  [
    'the same as the interrupt that came first ended: it may be its handler that ran long',
    {
      wait: { waitKind: 'irq-off', behindEnabling: true },
      stack: [...ARM64_INTERRUPT, '__irq_exit_rcu', 'irq_exit_rcu', 'el1_interrupt', 'el1h_64_irq', 'hold_write'],
    },
    'unattributed - -',
  ],
  [
    'the same as a process that was woken meanwhile took the CPU',
    {
      wait: { waitKind: 'irq-off' },
      stack: [...INTERRUPT, 'preempt_schedule_irq', 'asm_sysvec_reschedule_ipi', 'do_exit', 'do_group_exit'],
    },
    'unattributed - -',
  ],
  [
    'timers late where softirqs come on again, which switches no interrupts',
    { wait: { waitKind: 'irq-off' }, stack: [...INTERRUPT, '__local_bh_enable_ip', 'hold_write'] },
    'unattributed - -',
  ],
  [
    'the same in the midst of something else',
    {
      wait: { waitKind: 'irq-off' },
      stack: [
        ...INTERRUPT,
        '__irq_exit_rcu',
        'sysvec_call_function_single',
        'asm_sysvec_call_function_single',
        'memcpy',
      ],
    },
    'unattributed - -',
  ],
  [
    'timers late as the interrupt of a card ended',
    {
      wait: { waitKind: 'irq-off' },
      stack: [
        ...[...INTERRUPT, '__irq_exit_rcu', 'common_interrupt', 'asm_common_interrupt'],
        '_raw_spin_unlock_irqrestore',
      ],
    },
    'unattributed - -',
  ],
  [
    'timers late until an interrupt ended',
    { wait: { waitKind: 'irq-off' }, stack: [...INTERRUPT, '__irq_exit_rcu', 'copy_page'] },
    'unattributed - -',
  ],
  [
    'softirqs that used their budget up and were left to ksoftirqd, which did not get the CPU',
    { wait: { raisedWithin: true, server: { thread: 22, name: 'ksoftirqd/1' } } },
    'kthread-starved cadvisor read',
  ],
  [
    'a backlog that stayed full as ksoftirqd did not get the CPU',
    { wait: { waitKind: 'polls', backlog: true, server: { thread: 22, name: 'ksoftirqd/1' } } },
    'kthread-starved cadvisor read',
  ],
  [
    'timers late in a function that opens a lock, and has nothing to do with interrupts',
    { wait: { waitKind: 'irq-off' }, stack: [...INTERRUPT, 'unlock_page', 'shmem_write_end', 'vfs_write'] },
    'unattributed - -',
  ],
  [
    'timers late in the midst of something else',
    { wait: { waitKind: 'irq-off' }, stack: [...INTERRUPT, 'memcpy', 'copy_page'] },
    'unattributed - -',
  ],
  [
    'timers late in user code',
    { wait: { waitKind: 'irq-off' }, holder: { context: 'user', syscall: -1 }, stack: INTERRUPT },
    'unattributed - -',
  ],
  [
    'steal that the hypervisor owns up to, while the CPU gave no sign of life',
    { wait: { stealNs: 90 * MS }, silent: [[5, 95]] },
    'steal - -',
  ],
  [
    'stolen time around a wait that somebody held all along',
    { wait: { stealNs: 90 * MS } },
    'bh-off-in-syscall cadvisor read',
  ],
  [
    'timers that came late all the while, with no stolen time on any account',
    { wait: { lateNs: 98 * MS }, ran: [[27_964, 0, -50, 1]] },
    'unattributed - -',
  ],
  [
    'an idle CPU that was not woken',
    { holder: { context: 'idle', thread: 0, syscall: -1 }, ran: [[0, -1, 0, 100]] },
    'unattributed - -',
  ],
  ['user code interrupted', { holder: { context: 'user', syscall: -1 } }, 'unattributed - -'],
  [
    'a kernel thread',
    { holder: { context: 'kthread', threadName: 'kworker/1:2', processName: 'kworker/1:2', syscall: -1 } },
    'bh-off-in-syscall kworker/1:2 -',
  ],
];

for (const [title, situation, expected] of situations) {
  test(`${title}: ${expected}`, () => {
    const { class: kind, process, syscall, handler } = judgeWait(buildWait(situation));
    const words = [kind, process?.name ?? '-', syscall?.name ?? '-', ...(handler === null ? [] : [handler])];
    assert.equal(words.join(' '), expected);
  });
}

test('the length is how long the culprit was at it, packets or not', () => {
  // At read() for 12 ms before the first packet came, at something else before that.
  const culprit = judgeWait(
    buildWait({
      ran: [
        [27_964, 257, -40, -12],
        [27_964, 0, -12, 100],
      ],
    }),
  );
  assert.equal(culprit.waitNs, 100 * MS);
  assert.ok(Math.abs(culprit.lengthNs - 112 * MS) < MS, `${culprit.lengthNs}`);
});

test('of a handler the length is its whole run', () => {
  const culprit = judgeWait(buildWait({ wait: { handlerNs: 99 * MS, handler: 8, heldNs: 107 * MS } }));
  assert.equal(culprit.lengthNs, 107 * MS);
});

const NAPI = { thread: 9, name: 'napi/eth0-8193' };
const HOG = 4_711;
const names = { [HOG]: 'hog', 9: 'napi/eth0-8193', 10: 'napi/eth0-8194', 21: 'rxray-prober' };
/** Of a thread that receives: who is named, on which CPU, with how much of the 100 ms. */
const threads: readonly (readonly [title: string, situation: Situation, expected: string])[] = [
  [
    'moved away from the CPU of a hog, it runs at once where somebody else was',
    {
      ran: [
        [HOG, -1, -1, 101, 1],
        [5, 1, 0, 100.4, 0],
      ],
      queued: [
        [1, 0, 99.8],
        [0, 99.8, 100],
      ],
      holder: { thread: 5, process: 5, threadName: 'bystander', processName: 'bystander', syscall: 1 },
    },
    'kthread-starved hog CPU 1 99.8',
  ],
  [
    'woken on one CPU and queued on another, where a hog is',
    {
      ran: [
        [5, 1, -50, 100, 0],
        [HOG, -1, -20, 100, 1],
      ],
      queued: [
        [0, 0, 0.01],
        [1, 0.01, 100],
      ],
      holder: { thread: HOG },
    },
    'kthread-starved hog CPU 1 100.0',
  ],
  [
    'a hog on the other CPU, where it is not queued',
    {
      ran: [
        [HOG, -1, -50, 150, 1],
        [5, -1, 0, 30, 0],
        [6, -1, 30, 60, 0],
        [7, -1, 60, 100, 0],
      ],
      queued: [[0, 0, 100]],
    },
    'unattributed nobody',
  ],
  [
    'many short runners',
    {
      ran: Array.from({ length: 50 }, (_, n) => [100 + n, -1, 2 * n, 2 * n + 2] as const),
    },
    'unattributed nobody',
  ],
  [
    'many short turns of one process, its threads taken together',
    {
      ran: Array.from({ length: 50 }, (_, n) => [100 + (n % 5), 0, 2 * n, 2 * n + 2] as const),
      processes: { 100: 99, 101: 99, 102: 99, 103: 99, 104: 98 },
    },
    'kthread-starved other-100 CPU 1 80.0',
  ],
  [
    'it had the CPU itself for most of the time: the victim is not the culprit',
    {
      ran: [
        [9, -1, 0, 70],
        [HOG, -1, 70, 100],
      ],
      kernelThreads: [9],
    },
    'unattributed nobody',
  ],
  [
    'another thread that receives had the CPU',
    { ran: [[10, -1, 0, 100]], kernelThreads: [10] },
    'kthread-starved napi/eth0-8194 CPU 1 100.0',
  ],
  [
    'queued on two CPUs in turn, one process on both',
    {
      ran: [
        [31, 0, -10, 50, 0],
        [32, 0, 40, 100, 1],
      ],
      processes: { 31: 30, 32: 30 },
      queued: [
        [0, 0, 45],
        [1, 45, 100],
      ],
    },
    'kthread-starved other-32 CPU 1 100.0',
  ],
  [
    'two CPUs, two processes: neither has half',
    {
      ran: [
        [31, 0, 0, 48, 0],
        [32, 0, 50, 98, 1],
      ],
      queued: [
        [0, 0, 50],
        [1, 50, 100],
      ],
    },
    'unattributed nobody',
  ],
  [
    'half of the wait and more is enough',
    {
      ran: [
        [5, -1, 0, 48],
        [HOG, -1, 48, 100],
      ],
    },
    'kthread-starved hog CPU 1 52.0',
  ],
  [
    'less than half is not',
    {
      ran: [
        [5, -1, 0, 30],
        [6, -1, 30, 52],
        [HOG, -1, 52, 100],
      ],
    },
    'unattributed nobody',
  ],
  [
    'a CPU that was idle for longer than anybody had it',
    {
      ran: [
        [0, -1, 0, 60],
        [HOG, -1, 60, 100],
      ],
    },
    'unattributed nobody',
  ],
  [
    'rxray itself, when it truly has the CPU',
    { ran: [[21, -1, 0, 100]], own: [21] },
    'kthread-starved rxray-prober CPU 1 100.0 rxray itself',
  ],
  [
    'rxray for a blink at the end',
    {
      ran: [
        [0, -1, 0, 99],
        [21, -1, 99, 100],
      ],
      own: [21],
    },
    'unattributed nobody',
  ],
  [
    'the machine paused under the hog for most of the time',
    { ran: [[HOG, -1, 0, 100]], silent: [[10, 90]] },
    'unattributed nobody',
  ],
  [
    'samples that were overwritten before they were read are no silence',
    { ran: [[HOG, -1, 0, 100]], sampledFromMs: 95 },
    'kthread-starved hog CPU 1 100.0',
  ],
  ['nothing is known of who had the CPU', { ran: [] }, 'unattributed nobody'],
];

for (const [title, situation, expected] of threads) {
  test(`a thread that receives waited; ${title}: ${expected}`, () => {
    const culprit = judgeWait(
      buildWait({ names, ...situation, wait: { waitKind: 'thread', heldNs: -1, server: NAPI, ...situation.wait } }),
    );
    const { class: kind, process, cpu, heldNs, rxray } = culprit;
    const who = process === null ? 'nobody' : `${process.threadName} CPU ${cpu} ${(heldNs / MS).toFixed(1)}`;
    assert.equal(`${kind} ${who}${rxray ? ' rxray itself' : ''}`, expected);
  });
}

test('where nobody qualifies it is told what was seen: who waited, and where for how long', () => {
  const { because, queuedOn, servedBy, waitNs, heldNs } = judgeWait(
    buildWait({
      wait: { waitKind: 'thread', server: NAPI },
      ran: [
        [31, 0, 0, 30, 1],
        [32, 0, 30, 60, 1],
        [33, 0, 60, 100, 0],
      ],
      queued: [
        [1, 0, 60],
        [0, 60, 100],
      ],
    }),
  );
  assert.equal(
    because,
    'napi/eth0-8193[9] waited on CPU 1 for 60.0 ms, then on CPU 0 for 40.0 ms; nobody had the CPU for half of it',
  );
  assert.deepEqual(
    queuedOn.map(({ cpu, lengthNs }) => [cpu, lengthNs]),
    [
      [1, 60 * MS],
      [0, 40 * MS],
    ],
  );
  assert.deepEqual([servedBy, waitNs, heldNs], ['napi/eth0-8193[9]', 100 * MS, 0]);
});

test('a hold that others interrupt for a moment goes back to its begin, by the samples', () => {
  const culprit = judgeWait(
    buildWait({
      wait: { waitKind: 'thread', server: NAPI },
      ran: [
        [5, -1, -60, -40],
        [HOG, -1, -40, -20],
        [6, 230, -20, -19],
        [HOG, -1, -19, 50],
        [6, 230, 50, 51],
        [HOG, -1, 51, 100],
      ],
    }),
  );
  assert.ok(Math.abs(culprit.lengthNs - 140 * MS) < 2 * MS, `${culprit.lengthNs}`);
  assert.equal(culprit.heldNs, 99 * MS);
});

test('of a hog the length is its whole turn, also where the thread was moved away before its end', () => {
  const { lengthNs, heldNs } = judgeWait(
    buildWait({
      wait: { waitKind: 'thread', server: NAPI },
      ran: [[HOG, -1, -7, 99, 1]],
      queued: [
        [1, 0, 98],
        [0, 98, 100],
      ],
    }),
  );
  assert.deepEqual([lengthNs / MS, heldNs / MS], [106, 98]);
});

const SLEEP = 230; // clock_nanosleep on x86-64
const calls: readonly (readonly [title: string, situation: Situation, expected: string])[] = [
  [
    'user code that went to sleep by itself, with samples',
    {
      ran: [
        [27_964, -1, -1, 99],
        [27_964, SLEEP, 99, 100],
      ],
      wait: { gaveUp: true },
      holder: { syscall: SLEEP },
    },
    'no call, work_of_27964',
  ],
  [
    'the same without samples',
    { sampledFromMs: 1e6, wait: { gaveUp: true }, holder: { syscall: SLEEP } },
    'no call, -',
  ],
  [
    'one that is always ready and lets others run at times, without samples',
    { sampledFromMs: 1e6, holder: { syscall: 24 } },
    'no call, -',
  ],
  ['a long call that was preempted at its end, without samples', { sampledFromMs: 1e6 }, 'read, memcg_stat_show'],
  [
    'a long call after which it went to sleep, with samples',
    { ran: [[27_964, 0, -1, 100]], wait: { gaveUp: true }, holder: { syscall: SLEEP } },
    'read, work_of_27964',
  ],
];

for (const [title, situation, expected] of calls) {
  test(`what kept the CPU from a thread that receives: ${title}: ${expected}`, () => {
    const wait = { waitKind: 'thread' as const, stackAtStart: false, server: NAPI, ...situation.wait };
    const { process, syscall, stack } = judgeWait(buildWait({ ...situation, wait }));
    assert.equal(process?.name, 'cadvisor');
    assert.equal(`${syscall?.name ?? 'no call'}, ${stack[0] ?? '-'}`, expected);
  });
}

test('the delay is shared out, and the shares add up to it', () => {
  const { shares } = judgeWait(
    buildWait({
      ran: [
        [27_964, 0, 0, 70],
        [6, 3, 70, 100],
      ],
    }),
  );
  assert.deepEqual(
    shares.map(({ what, share }) => `${what} ${share.toFixed(1)}`),
    ['cadvisor[27964] in read() 0.7', 'other-6[6] in close() 0.3'],
  );
  assert.equal(Math.round(shares.reduce((sum, { ns }) => sum + ns, 0) / MS), 100);
});

test('whoever reads memory.stat is told what helps against that', () => {
  const { fix, syscall } = judgeWait(buildWait({ holder: { file: '/kubepods/memory.stat', fileSystem: 'cgroup' } }));
  assert.deepEqual(syscall, { name: 'read', number: 0, file: '/kubepods/memory.stat', fileSystem: 'cgroup' });
  assert.match(fix, /^read memory\.stat less often/);
});

const remedies: readonly (readonly [what: string, situation: Situation, fix: RegExp])[] = [
  [
    'estimators of IPVS in a timer softirq',
    { wait: { handlerNs: 90 * MS, handler: 1, heldNs: 95 * MS }, stack: ['estimation_timer', 'call_timer_fn'] },
    /^the estimators of IPVS .*net\.ipv4\.vs\.run_estimation=0/,
  ],
  [
    'rules of the old iptables',
    { holder: { threadName: 'iptables-restor', syscall: 54 }, stack: ['xt_replace_table', '__do_replace'] },
    /^rules of the firewall are replaced there: .*firewall-rules/,
  ],
  ['rules of nftables', { holder: { threadName: 'nft' }, stack: ['nf_tables_commit'] }, /^rules of the firewall/],
  [
    'compaction within an allocation',
    { stack: ['isolate_migratepages_block', 'compact_zone', 'try_to_compact_pages'] },
    /^memory is compacted there .*memory-compaction/,
  ],
  [
    'a program that an agent attached to a system call',
    { stack: ['bpf_prog_6deef7357e7b4530_sys_enter', 'trace_call_bpf', 'perf_syscall_enter'] },
    /^a BPF program runs there, .*bpf_stats_enabled/,
  ],
  [
    'a program that is run by bpf() itself',
    { stack: ['bpf_prog_6deef7357e7b4530_spin', 'bpf_prog_test_run_syscall', '__sys_bpf'] },
    /^make cadvisor call this less often/,
  ],
  ['a reader of slabinfo', { holder: { file: '/slabinfo', fileSystem: 'proc' } }, /^read \/proc\/slabinfo less often/],
];
for (const [what, situation, fix] of remedies)
  test(`the remedy names what the kernel was at: ${what}`, () => {
    assert.match(judgeWait(buildWait(situation)).fix, fix);
  });

test('container and pod are read from the cgroup', () => {
  const id = '0123456789abcdef'.repeat(4);
  const paths = [
    `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod11111111_2222_3333_4444_555555555555.slice/cri-containerd-${id}.scope`,
    `/kubepods/burstable/pod11111111-2222-3333-4444-555555555555/${id}`,
    `/system.slice/docker-${id}.scope`,
    '/system.slice/ssh.service',
  ];
  const pod = '11111111-2222-3333-4444-555555555555';
  assert.deepEqual(
    paths.map((cgroup) => {
      const culprit = judgeWait(buildWait({ holder: { cgroup } }));
      return [culprit.container, culprit.pod];
    }),
    [
      [id, pod],
      [id, pod],
      [id, null],
      [null, null],
    ],
  );
});

test('a process that ended in between goes by the name of its thread, without a cgroup', () => {
  const { process, cgroup } = judgeWait(buildWait({ wait: { gone: true }, holder: { processName: '', cgroup: '' } }));
  assert.deepEqual(
    [process, cgroup],
    [{ name: 'cadvisor', pid: 27_960, thread: 27_964, threadName: 'cadvisor' }, null],
  );
});
