import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createInference } from '../../src/bisect/inference.js';
import { measuredPaths } from '../../src/hosts/measured-paths.js';
import { allocateSamples, Outcomes } from '../../src/model/sample.js';
import { MS, SECOND } from '../../src/model/time.js';
import { heldStall } from './held-stall.js';
import { LAB_HOSTS } from './sim-cluster.js';

const PATHS = measuredPaths(LAB_HOSTS).map(({ measured }) => measured);
const EVERY_NS = 2 * SECOND;
const LENGTH_NS = 150 * MS;
const STALLS = 8;

/** Samples with the usual RTT every 10 ms on all paths: nothing that they cross waited. */
function answered(fromNs: number, toNs: number) {
  const count = Math.floor((toNs - fromNs) / (10 * MS));
  const columns = allocateSamples(count * PATHS.length);
  for (let i = 0; i < columns.length; i += 1) {
    columns.path[i] = i % PATHS.length;
    columns.sentNs[i] = fromNs + Math.floor(i / PATHS.length) * 10 * MS;
    columns.rttNs[i] = 200_000;
    columns.seq[i] = Math.round((columns.sentNs[i] ?? 0) / MS);
    columns.outcome[i] = Outcomes.reply;
  }
  return columns;
}

function verdictOf(held: (path: (typeof PATHS)[number]) => boolean, leg: { leg?: 'out' }) {
  const inference = createInference(PATHS, { thresholdNs: 50 * MS });
  const indices = PATHS.map((_, index) => index);
  for (let stall = 1; stall <= STALLS; stall += 1) {
    inference.samples(answered((stall - 1) * EVERY_NS, stall * EVERY_NS), indices);
    const release = stall * EVERY_NS - SECOND;
    for (const path of PATHS.filter(held)) inference.finding(heldStall(path.name, release, LENGTH_NS, leg));
    inference.advance(stall * EVERY_NS - SECOND);
  }
  inference.finish(STALLS * EVERY_NS);
  return inference.verdict(STALLS * EVERY_NS, { summaries: [], excluded: [], notes: [] });
}

test('what a vantage held before it sent it is the sender, whatever stages would explain the paths as well', () => {
  const { cause, where, probability } = verdictOf(({ vantage }) => vantage === 'shell', { leg: 'out' });
  assert.deepEqual([cause, where], ['sender', 'shell']);
  assert.ok(probability >= 0.9, String(probability));
});

test('also where the paths held are those to one machine, whose receive side would explain them', () => {
  const toNode = verdictOf(({ vantage, target }) => vantage === 'shell' && target === 'node', { leg: 'out' });
  assert.deepEqual([toNode.cause, toNode.where], ['sender', 'shell']);
});
