import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { LocalEvidence } from '../../src/bisect/evidence/local-evidence.js';
import type { Inference } from '../../src/bisect/inference.js';
import type { ReceiveSide } from '../../src/model/receive-side.js';
import { MS, SECOND } from '../../src/model/time.js';
import type { Verdict } from '../../src/model/verdict.js';
import { bisectScenario, type FaultInput, labScenario } from './sim-cluster.js';

/** Stalls at known times, so that helpers on the node can be made to speak of them. */
const WINDOWS = Array.from({ length: 14 }, (_, i) => ({
  start: Math.round((2 + 1.7 * i) * SECOND),
  length: 150 * MS,
}));

const SIDE: ReceiveSide = {
  interface: 'eth0',
  rxQueues: 1,
  spreadBySoftware: false,
  cpusOfQueue: [],
  spread: { by: 'unknown', why: 'a virtual card' },
};

type Tell = (fromNs: number, toNs: number, window: number) => LocalEvidence[];

interface Situation {
  readonly is: string;
  readonly fault: object;
  /** What helpers on the node say of each stall; nothing by default. */
  readonly tell?: Tell;
  /** Its kernel is asked from this instant on; default never. */
  readonly tracedFromNs?: number;
  readonly watched?: boolean;
  readonly queues?: number;
  /** `cause at machines`. */
  readonly says: string;
  readonly alike: readonly string[];
  readonly probability: readonly [least: number, most: number];
}

const LAST_STRETCH = { stage: 'network', to: 'bad' };
const HOST = { stage: 'host', machine: 'bad' };
const RX_QUEUE = { stage: 'rx-queue', machine: 'bad', queue: 1 };

const wait =
  (share = 1): Tell =>
  (fromNs, toNs) => [
    { kind: 'kernel-wait', machine: 'node', cpu: 1, fromNs: Math.round(toNs - share * (toNs - fromNs)), toNs },
  ];
/** Told so much later than it was, by a watcher that may have been so late. */
const napiDelay =
  (laterNs = 0, uncertaintyNs = laterNs): Tell =>
  (fromNs, toNs) => [
    {
      kind: 'napi-delay',
      machine: 'node',
      thread: 'napi/eth0-8193',
      queue: 0,
      fromNs: fromNs + laterNs,
      delayNs: toNs - fromNs,
      uncertaintyNs,
    },
  ];
const gap: Tell = (fromNs, toNs) => [{ kind: 'cpu-gap', machine: 'node', cpu: 1, fromNs, toNs, servesInterface: true }];
const arrivals =
  (where: 'before-capture' | 'inside-node' | 'on-the-way-back', machine = 'node'): Tell =>
  (fromNs, toNs) => [
    {
      kind: 'arrivals',
      machine,
      path: machine === 'node' ? 'shell>node/icmp' : 'bad>node-remote/icmp',
      fromNs,
      toNs,
      where,
      excessNs: 140 * MS,
      heldProbes: 14,
      order: 'fifo',
    },
  ];

const SITUATIONS: readonly Situation[] = [
  {
    is: 'nobody on the node says anything: host or network, and nobody is accused for sure',
    fault: LAST_STRETCH,
    says: 'host at node',
    alike: ['device', 'network', 'rx-queue'],
    probability: [0.4, 0.85],
  },
  {
    is: 'the last stretch, and the kernel of the node shows no wait: network, the device remaining',
    fault: LAST_STRETCH,
    watched: true,
    tracedFromNs: 0,
    says: 'network at node',
    alike: ['device'],
    probability: [0.5, 0.89],
  },
  {
    is: 'the same where the trace began in the middle',
    fault: LAST_STRETCH,
    watched: true,
    tracedFromNs: 12 * SECOND,
    says: 'network at node',
    alike: ['device'],
    probability: [0.5, 0.89],
  },
  {
    is: 'the same with short waits by the way that explain nothing',
    fault: LAST_STRETCH,
    watched: true,
    tracedFromNs: 0,
    tell: wait(0.05),
    says: 'network at node',
    alike: ['device'],
    probability: [0.5, 0.89],
  },
  {
    is: 'heartbeats alone that never stop: network is likelier than before, and host still in it',
    fault: LAST_STRETCH,
    watched: true,
    tell: arrivals('before-capture'),
    says: 'network at node',
    alike: ['device', 'host', 'rx-queue'],
    probability: [0.3, 0.75],
  },
  {
    is: 'the same where another machine sees its replies come late: that fits device and network alike',
    fault: LAST_STRETCH,
    watched: true,
    tracedFromNs: 0,
    tell: (from, to, window) => [
      ...arrivals('before-capture')(from, to, window),
      ...arrivals('on-the-way-back', 'node-remote')(from, to, window),
    ],
    says: 'network at node',
    alike: ['device'],
    probability: [0.4, 0.89],
  },
  {
    is: 'the last stretch of a busy machine, traced at the end only, and its kernel shows a wait in that one incident',
    fault: LAST_STRETCH,
    queues: 4,
    watched: true,
    tracedFromNs: 23 * SECOND,
    tell: (from, to, window) => (from >= 23 * SECOND ? wait(0.95)(from, to, window) : []),
    says: 'host at node',
    alike: ['device', 'network'],
    probability: [0.4, 0.89],
  },
  {
    is: 'packets lost on the way to a busy machine, which waits for a CPU in the last four incidents by chance',
    fault: { kind: 'loss', ratio: 1, ...LAST_STRETCH },
    queues: 4,
    watched: true,
    tracedFromNs: 16 * SECOND,
    tell: (from, to, window) => (window >= WINDOWS.length - 4 ? wait()(from, to, window) : []),
    says: 'network at node',
    alike: ['host'],
    probability: [0.7, 0.98],
  },
  {
    is: 'the host, and its kernel shows a wait in each incident',
    fault: HOST,
    queues: 4,
    tracedFromNs: 0,
    tell: wait(0.95),
    says: 'host at node',
    alike: [],
    probability: [0.9, 1],
  },
  {
    is: 'the same where only two of three incidents have their wait',
    fault: HOST,
    queues: 4,
    tracedFromNs: 0,
    tell: (from, to, window) => (window % 3 === 0 ? [] : wait(0.95)(from, to, window)),
    says: 'host at node',
    alike: [],
    // The rest of it would decide if priors were off by a factor of ten.
    probability: [0.85, 1],
  },
  {
    is: 'a CPU that serves the card stood still each time',
    fault: HOST,
    queues: 4,
    watched: true,
    tell: gap,
    says: 'host at node',
    alike: [],
    probability: [0.9, 1],
  },
  {
    is: 'a receive thread of one queue waited for its CPU',
    fault: RX_QUEUE,
    queues: 4,
    watched: true,
    tell: napiDelay(),
    says: 'rx-queue at node',
    alike: [],
    probability: [0.9, 1],
  },
  {
    is: 'the same, told by a watcher that was late itself and knows it: the wait ended with the packets it held',
    fault: RX_QUEUE,
    queues: 4,
    watched: true,
    tell: napiDelay(115 * MS),
    says: 'rx-queue at node',
    alike: [],
    probability: [0.9, 1],
  },
  {
    is: 'all wait, and the receive thread of one queue did, by a watcher that was late itself',
    fault: HOST,
    queues: 4,
    watched: true,
    tell: napiDelay(115 * MS),
    says: 'host at node',
    alike: [],
    probability: [0.9, 1],
  },
  {
    is: 'waits that certainly began after the release explain nothing',
    fault: LAST_STRETCH,
    queues: 4,
    watched: true,
    tracedFromNs: 0,
    tell: napiDelay(160 * MS, 5 * MS),
    says: 'network at node',
    alike: ['device'],
    probability: [0.5, 0.89],
  },
  {
    is: 'one of four queues, and its kernel shows the wait',
    fault: RX_QUEUE,
    queues: 4,
    tracedFromNs: 0,
    tell: wait(),
    says: 'rx-queue at node',
    alike: [],
    probability: [0.9, 1],
  },
  {
    is: 'some flows wait, and its kernel shows no wait: a queue is not acquitted by that',
    fault: RX_QUEUE,
    queues: 4,
    watched: true,
    tracedFromNs: 0,
    says: 'rx-queue at node',
    alike: ['device', 'network'],
    probability: [0.3, 0.89],
  },
  {
    is: 'what a vantage has to take in waits, as both its targets see, and its kernel is not asked: it stays in question',
    fault: { stage: 'sender', machine: 'shell' },
    tell: (from, to, window) => [
      ...arrivals('on-the-way-back')(from, to, window),
      ...arrivals('on-the-way-back', 'node-remote')(from, to, window),
    ],
    says: 'sender at shell',
    alike: ['network'],
    probability: [0.4, 0.89],
  },
  {
    is: 'the tunnel, and its other end sees every reply late on the way back',
    fault: { stage: 'ipip', machine: 'bad' },
    tell: arrivals('on-the-way-back', 'node-remote'),
    says: 'ipip at node,node-remote',
    alike: [],
    probability: [0.9, 1],
  },
  {
    is: 'one delay seen inside the node does not overturn what the paths say',
    fault: { stage: 'ipip', machine: 'bad' },
    tell: (from, to, window) => (window === 3 ? arrivals('inside-node')(from, to, window) : []),
    says: 'ipip at node,node-remote',
    alike: [],
    probability: [0.9, 1],
  },
];

function judge({ fault, tell = () => [], tracedFromNs, watched, queues = 1 }: Situation): Verdict {
  const scenario = labScenario({ queues, faults: [{ kind: 'stall', when: WINDOWS, ...fault } as FaultInput] });
  const beside = (inference: Inference, nowNs: number): void => {
    if (tracedFromNs !== undefined && nowNs === SECOND)
      inference.trace({ machine: 'node', fromNs: tracedFromNs, toNs: Number.POSITIVE_INFINITY, minNs: 10 * MS });
    for (const [window, { start, length }] of WINDOWS.entries()) {
      const endNs = start + length;
      if (endNs <= nowNs && endNs > nowNs - SECOND)
        for (const piece of tell(start, endNs, window)) inference.local(piece);
    }
  };
  const receivers = { node: { side: { ...SIDE, rxQueues: queues }, packets: new Map() } };
  const heartbeats = watched ? ['node'] : [];
  return bisectScenario({ scenario, durationNs: 30 * SECOND, heartbeats, receivers, beside }).verdict;
}

suite('what helpers on the target saw', () => {
  for (const situation of SITUATIONS) {
    test(situation.is, () => {
      const verdict = judge(situation);
      const { cause, where, probability, indistinguishable, posterior } = verdict;
      assert.equal(`${cause} at ${String(where)}`, situation.says, JSON.stringify(posterior));
      assert.deepEqual(indistinguishable, situation.alike, JSON.stringify(posterior));
      const [least, most] = situation.probability;
      assert.ok(probability >= least && probability <= most, `${probability} ${JSON.stringify(posterior)}`);
    });
  }

  test('without them the verdict says what would decide; with them it does not ask for what is there', () => {
    const [blind, traced] = SITUATIONS as readonly [Situation, Situation];
    assert.match(judge(blind).next.join('\n'), /the kernel trace by its vantage bad/);
    assert.doesNotMatch(judge(traced).next.join('\n'), /name a vantage|kernel trace by/);
  });

  test('a kernel that was asked in one incident only is to be asked in more, before anything else is', () => {
    const late = SITUATIONS.find(({ is }) => is.includes('traced at the end only'));
    assert.match(
      judge(late as Situation).next.join('\n'),
      /the kernel of node was asked in 1 of 14 incidents only: measure longer/,
    );
  });

  test('the kernel that shows no wait is the reason why host is ruled out', () => {
    const { ruledOut } = judge(SITUATIONS[1] as Situation);
    assert.match(ruledOut.find(({ cause }) => cause === 'host')?.because ?? '', /kernel of node shows no wait/);
  });
});
