import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../../src/model/finding.js';
import { MS } from '../../src/model/time.js';
import { buildStream, findIn, type StreamOptions } from './build-stream.js';

/** 4 flows, one every 10 ms; from 2000 ms to 2200 ms all are held. */
const held = { jitterNs: () => 0, flows: 4, stalls: [{ fromNs: 2000 * MS, toNs: 2200 * MS }] };

const see = (options: StreamOptions): Finding[] => findIn(buildStream(options));

function losses(findings: readonly Finding[]) {
  return findings.flatMap((finding) =>
    finding.kind === 'loss-episode' ? [[finding.probes, finding.duringStall ?? false]] : [],
  );
}

test('probes lost while a stall held their flows are marked, and the stall stays one stall', () => {
  const findings = see({ ...held, isLost: (sentNs) => sentNs >= 2100 * MS && sentNs < 2190 * MS });
  assert.deepEqual(losses(findings), [[9, true]]);
  assert.equal(findings.filter((finding) => finding.kind === 'stall').length, 1);
});

test('losses beside the stall, or over its end, are losses of the network', () => {
  const before = see({ ...held, isLost: (sentNs) => sentNs >= 1500 * MS && sentNs < 1600 * MS });
  assert.deepEqual(losses(before), [[10, false]]);
  const over = see({ ...held, isLost: (sentNs) => sentNs >= 2150 * MS && sentNs < 2300 * MS });
  assert.deepEqual(losses(over), [[15, false]]);
});

test('losses on flows that the stall did not hold are losses of the network', () => {
  const queueOf = (flow: number) => flow % 2;
  const findings = see({
    ...held,
    queues: 2,
    queueOf,
    stalls: [{ fromNs: 2000 * MS, toNs: 2200 * MS, queue: 0 }],
    isLost: (sentNs) => sentNs >= 2100 * MS && sentNs < 2140 * MS,
  });
  assert.deepEqual(losses(findings), [[4, false]]);
});
