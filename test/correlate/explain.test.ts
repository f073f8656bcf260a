import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainIncidents, type HeldInterval, type SentProbe } from '../../src/correlate/explain.js';
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

const traced = (culprits: readonly Culprit[], clockUncertaintyNs = 0) => [
  { vantage: 'bad', culprits, clockUncertaintyNs },
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

test('a pause of the machine explains an incident, but nobody is accused of it', () => {
  const paused = culpritAt(300, { wait: { lateNs: 98 * MS } });
  const explanation = explainIncidents([incidentAt(300)], [], traced([paused]));
  assert.deepEqual(
    [explanation.conclusion, explanation.explained, explanation.paused, explanation.accused[0]?.process],
    ['steal', 0, 1, null],
  );
});

test('a release seen over a long way is late by up to its RTT, and no later', () => {
  const far = (lateMs: number): HeldInterval => ({
    startMinNs: 200 * MS,
    releaseNs: (300 + lateMs) * MS,
    usualRttNs: 100 * MS,
  });
  const conclusions = [50, 120].map(
    (lateMs) => explainIncidents([far(lateMs)], [], traced([culpritAt(300)])).conclusion,
  );
  assert.deepEqual(conclusions, ['culprit', 'not-this-node']);
});

test('clocks that may be off by 20 ms widen what counts as the same instant', () => {
  const conclusions = [0, 20 * MS].map(
    (uncertainty) => explainIncidents([incidentAt(315)], [], traced([culpritAt(300)], uncertainty)).conclusion,
  );
  assert.deepEqual(conclusions, ['not-this-node', 'culprit']);
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
