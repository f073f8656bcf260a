import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainIncidents, type SentProbe } from '../../src/correlate/explain.js';
import type { HeldInterval, TracedMachine } from '../../src/correlate/incident-trace.js';
import { judgeWait } from '../../src/correlate/judge-wait.js';
import { shiftCulprit } from '../../src/correlate/shift-culprit.js';
import type { Culprit } from '../../src/model/culprit.js';
import { MS } from '../../src/model/time.js';
import { buildWait, type Situation } from './build-wait.js';

const USUAL_NS = 0.2 * MS;

/** Of a wait of 100 ms that ended then. */
const culpritAt = (releaseMs: number, situation: Situation = {}): Culprit =>
  shiftCulprit(judgeWait(buildWait(situation)), releaseMs * MS - 1_100 * MS);
const incidentAt = (releaseMs: number, lengthMs = 100): HeldInterval => ({
  startMinNs: (releaseMs - lengthMs - 10) * MS,
  startMaxNs: (releaseMs - lengthMs) * MS,
  releaseNs: releaseMs * MS + USUAL_NS,
  usualRttNs: USUAL_NS,
});
/** Sent every 10 ms; those that a hold catches are answered at its release. */
const probesUntil = (endMs: number, holds: readonly (readonly [fromMs: number, releaseMs: number])[]): SentProbe[] =>
  Array.from({ length: endMs / 10 }, (_, seq) => {
    const sentMs = seq * 10 + 3;
    const hold = holds.find(([from, release]) => sentMs >= from && sentMs < release);
    const rttNs = USUAL_NS + (hold === undefined ? 0 : (hold[1] - sentMs) * MS);
    return { path: 'shell>node/icmp', seq, sentNs: sentMs * MS, rttNs, usualRttNs: USUAL_NS };
  });

const traced = (culprits: readonly Culprit[], more: Partial<TracedMachine> = {}): TracedMachine[] => [
  {
    ...{ vantage: 'bad', culprits, clockUncertaintyNs: 0, minNs: 10 * MS, losses: [] },
    ...{ tracedFromNs: 0, tracedToNs: Number.POSITIVE_INFINITY, ...more },
  },
];

test('a culprit that let packets go at the releases explains them, with the probes it delayed', () => {
  const holds = [
    [200, 300],
    [700, 800],
  ] as const;
  const explanation = explainIncidents(
    [incidentAt(300), incidentAt(800)],
    probesUntil(1_000, holds),
    traced([culpritAt(300), culpritAt(800), culpritAt(950)]),
  );
  const [accused] = explanation.accused;
  assert.equal(explanation.conclusion, 'culprit');
  assert.deepEqual(
    [accused?.process, accused?.syscall, accused?.cpus, accused?.incidents, accused?.share, accused?.times],
    ['cadvisor', 'read', [1], [0, 1], 1, 3],
  );
  // Seq 20 was sent 97 ms before the release, 29 7 ms before it.
  const seqs = (from: number) => Array.from({ length: 10 }, (_, index) => from + index);
  assert.deepEqual(
    accused?.probes.map(({ seq }) => seq),
    [...seqs(20), ...seqs(70)],
  );
  assert.deepEqual(accused?.probes[0], { path: 'shell>node/icmp', seq: 20, delayNs: 97 * MS });
  assert.deepEqual(accused?.probes[9], { path: 'shell>node/icmp', seq: 29, delayNs: 7 * MS });
});

test('culprits at other times explain nothing: not this node', () => {
  const explanation = explainIncidents(
    [incidentAt(300), incidentAt(800)],
    probesUntil(1_000, [[200, 300]]),
    traced([culpritAt(450), culpritAt(600)]),
  );
  assert.equal(explanation.conclusion, 'not-this-node');
  assert.deepEqual(explanation.unexplained, [0, 1]);
  assert.deepEqual(
    explanation.accused.map(({ probes }) => probes),
    [[]],
  );
});

test('stolen time explains an incident, but nobody is accused of it', () => {
  const stolen = { wait: { stealNs: 100 * MS }, silent: [[1, 99]] } as const;
  const explanation = explainIncidents([incidentAt(300)], [], traced([culpritAt(300, stolen)]));
  assert.deepEqual(
    [explanation.conclusion, explanation.explained, explanation.paused, explanation.accused[0]?.process],
    ['steal', 0, 1, null],
  );
});

test('a release seen over a long way is late by up to its RTT, and no later', () => {
  const far = (lateMs: number): HeldInterval => ({
    startMinNs: 200 * MS,
    startMaxNs: 210 * MS,
    releaseNs: (300 + lateMs) * MS,
    usualRttNs: 100 * MS,
  });
  const conclusions = [50, 120].map(
    (lateMs) => explainIncidents([far(lateMs)], [], traced([culpritAt(300)])).accused[0]?.incidents,
  );
  assert.deepEqual(conclusions, [[0], []]);
});

test('clocks that may be off by 20 ms widen what counts as the same instant', () => {
  const found = [0, 20 * MS].map(
    (clockUncertaintyNs) =>
      explainIncidents([incidentAt(315)], [], traced([culpritAt(300)], { clockUncertaintyNs })).accused[0]?.incidents,
  );
  assert.deepEqual(found, [[], [0]]);
});

test('two culprits share the incidents between them', () => {
  const other: Situation = {
    holder: { thread: 5, process: 5, threadName: 'backup', processName: 'backup', syscall: 3 },
    ran: [[5, 3, 0, 100]],
  };
  const explanation = explainIncidents(
    [incidentAt(300), incidentAt(800), incidentAt(1_300)],
    [],
    traced([culpritAt(300), culpritAt(800, other), culpritAt(1_300)]),
  );
  assert.deepEqual(
    explanation.accused.map(({ process, incidents, share }) => `${process} ${incidents} ${share.toFixed(2)}`),
    ['cadvisor 0,2 0.67', 'backup 1 0.33'],
  );
});

test('without incidents there is nothing to explain', () => {
  assert.equal(explainIncidents([], [], traced([culpritAt(300)])).conclusion, 'nothing-to-explain');
});

/** Who is named for three incidents of 100 ms, how many each explains, and what the traces say. */
const runs: readonly (readonly [
  title: string,
  culprits: readonly Culprit[],
  machine: Partial<TracedMachine>,
  expected: string,
])[] = [
  [
    'a culprit in all three',
    [culpritAt(300), culpritAt(800), culpritAt(1_300)],
    {},
    'culprit: cadvisor 3 convicted; waited yes yes yes',
  ],
  [
    'a culprit in one only: it is not repeated, so it is not named',
    [culpritAt(300)],
    {},
    'unattributed: cadvisor 1; waited yes no no',
  ],
  [
    'waits half as long as the probes were held',
    [300, 800, 1_300].map((at) => culpritAt(at, { wait: { fromNs: 1_045 * MS } })),
    {},
    'culprit: cadvisor 3 convicted; waited yes yes yes',
  ],
  [
    'waits shorter than half: nobody',
    [300, 800, 1_300].map((at) => culpritAt(at, { wait: { fromNs: 1_055 * MS } })),
    {},
    'not-this-node: cadvisor 0; waited no no no',
  ],
  [
    'waits of nobody in particular',
    [300, 800, 1_300].map((at) => culpritAt(at, { ran: [[0, -1, 0, 100]] })),
    {},
    'unattributed: ; waited yes yes yes',
  ],
  [
    'two waits one after the other, by one process, make up one incident',
    [300, 800].flatMap((at) => [
      culpritAt(at - 55, { wait: { fromNs: 1_060 * MS } }),
      culpritAt(at, { wait: { fromNs: 1_060 * MS } }),
    ]),
    {},
    'culprit: cadvisor 2 convicted; waited yes yes no',
  ],
  [
    'four queues that waited at once for one process count once',
    [300, 800, 1_300].flatMap((at) => Array.from({ length: 4 }, () => culpritAt(at, { wait: { fromNs: 1_080 * MS } }))),
    {},
    'not-this-node: cadvisor 0; waited no no no',
  ],
  [
    'no wait, and the trace lost something',
    [],
    { losses: [{ timeNs: 900 * MS, lostEvents: 2 }] },
    'unattributed: ; waited unknown unknown no',
  ],
  ['no wait, but the trace began late', [], { tracedFromNs: 250 * MS }, 'unattributed: ; waited unknown no no'],
  ['no wait, but the trace ended early', [], { tracedToNs: 1_000 * MS }, 'unattributed: ; waited no no unknown'],
  [
    'no wait, but the trace leaves out waits so short',
    [],
    { minNs: 80 * MS },
    'unattributed: ; waited unknown unknown unknown',
  ],
  ['no wait at all', [], {}, 'not-this-node: ; waited no no no'],
];

for (const [title, culprits, machine, expected] of runs) {
  test(`${title}: ${expected}`, () => {
    const incidents = [incidentAt(300), incidentAt(800), incidentAt(1_300)];
    const { conclusion, accused, traces } = explainIncidents(incidents, [], traced(culprits, machine));
    const who = accused.map(
      ({ process, incidents: explained, convicted }) =>
        `${process} ${explained.length}${convicted ? ' convicted' : ''}`,
    );
    assert.equal(`${conclusion}: ${who.join(', ')}; waited ${traces.map(({ waited }) => waited).join(' ')}`, expected);
  });
}
