import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeWait } from '../../src/correlate/judge-wait.js';
import { MS } from '../../src/model/time.js';
import { buildWait, type Situation } from './build-wait.js';

const INTERRUPT = ['hrtimer_interrupt', '__sysvec_apic_timer_interrupt', 'asm_sysvec_apic_timer_interrupt'];

const situations: readonly (readonly [title: string, situation: Situation, expected: string])[] = [
  ['a process in a system call at the raise', {}, 'bh-off-in-syscall cadvisor read'],
  [
    'a softirq raised while another one was handled',
    { wait: { handlerNs: 90 * MS, handler: 8, heldNs: 95 * MS } },
    'softirq-handler - - HRTIMER',
  ],
  [
    'a handler that took a small part',
    { wait: { handlerNs: 2 * MS, handler: 1 } },
    'bh-off-in-syscall cadvisor read TIMER',
  ],
  ['the receive softirq raised again by itself', { wait: { raisedWithin: true } }, 'budget cadvisor read'],
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
    'polls that found the queue full',
    { wait: { waitKind: 'polls', server: { thread: 22, name: 'ksoftirqd/1' } } },
    'budget cadvisor read',
  ],
  ['polls that found the backlog full', { wait: { waitKind: 'polls', backlog: true } }, 'rps-backlog cadvisor read'],
  [
    'timers late where interrupts come on again',
    { wait: { waitKind: 'irq-off' }, stack: [...INTERRUPT, '_raw_spin_unlock_irqrestore', 'cgroup_rstat_flush'] },
    'irq-off cadvisor read',
  ],
  [
    'timers late in the midst of something else',
    { wait: { waitKind: 'irq-off' }, stack: [...INTERRUPT, 'memcpy', 'copy_page'] },
    'steal - -',
  ],
  [
    'timers late in user code',
    { wait: { waitKind: 'irq-off' }, holder: { context: 'user', syscall: -1 }, stack: INTERRUPT },
    'steal - -',
  ],
  ['steal that the hypervisor owns up to', { wait: { stealNs: 90 * MS } }, 'steal - -'],
  [
    'a machine that paused: timers came late all the while',
    { wait: { lateNs: 98 * MS }, ran: [[27_964, 0, -50, 1]] },
    'steal - -',
  ],
  [
    'an idle CPU that was not woken',
    { holder: { context: 'idle', thread: 0, syscall: -1 }, ran: [[0, -1, 0, 100]] },
    'steal - -',
  ],
  ['user code interrupted', { holder: { context: 'user', syscall: -1 } }, 'steal - -'],
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

test('a thread that ran for the last blink of the wait is not to blame for the rest', () => {
  const culprit = judgeWait(
    buildWait({
      wait: { waitKind: 'thread', heldNs: 1 * MS, server: { thread: 9, name: 'napi/eth0-8193' } },
      holder: { thread: 5, threadName: 'bystander', processName: 'bystander', syscall: 1 },
      ran: [
        [27_964, 0, -8, 99],
        [5, 1, 99, 100],
      ],
    }),
  );
  assert.equal(culprit.process?.threadName, 'cadvisor');
  assert.ok(Math.abs(culprit.lengthNs - 107 * MS) < 2 * MS, `${culprit.lengthNs}`);
});

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
