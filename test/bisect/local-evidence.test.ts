import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { LocalEvidence } from '../../src/bisect/evidence/local-evidence.js';
import type { Inference } from '../../src/bisect/inference.js';
import { MS, SECOND } from '../../src/model/time.js';
import type { Verdict } from '../../src/model/verdict.js';
import { bisectScenario, type FaultInput, labScenario } from './sim-cluster.js';

/** Stalls at known times, so that the helper on the node can be made to speak of them. */
const WINDOWS = Array.from({ length: 14 }, (_, i) => ({ start: (2 + 1.7 * i) * SECOND, length: 150 * MS }));

function verdictWith(
  fault: object,
  tell: (fromNs: number, toNs: number) => LocalEvidence[],
  heartbeats: readonly string[],
  queues = 1,
): Verdict {
  const when = WINDOWS.map(({ start, length }) => ({ start: Math.round(start), length }));
  const scenario = labScenario({ queues, faults: [{ kind: 'stall', when, ...fault } as FaultInput] });
  const beside = (inference: Inference, nowNs: number): void => {
    for (const { start, length } of WINDOWS) {
      const endNs = start + length;
      if (endNs <= nowNs && endNs > nowNs - SECOND) for (const piece of tell(start, endNs)) inference.local(piece);
    }
  };
  return bisectScenario({ scenario, durationNs: 30 * SECOND, heartbeats, beside }).verdict;
}

const gap = (fromNs: number, toNs: number): LocalEvidence => ({
  kind: 'cpu-gap',
  machine: 'node',
  cpu: 1,
  fromNs,
  toNs,
  servesInterface: true,
});
const arrivals =
  (where: 'before-capture' | 'inside-node' | 'on-the-way-back') =>
  (fromNs: number, toNs: number): LocalEvidence => ({
    kind: 'arrivals',
    machine: 'node',
    path: 'shell>node/icmp',
    fromNs,
    toNs,
    where,
    excessNs: 140 * MS,
    heldProbes: 14,
    order: 'fifo',
  });

suite('what a helper on the target saw', () => {
  test('its CPU stood still each time: the machine, not the network', () => {
    const verdict = verdictWith({ stage: 'host', machine: 'bad' }, (from, to) => [gap(from, to)], ['node']);
    assert.equal(verdict.cause, 'host');
    assert.equal(verdict.indistinguishable.includes('network'), false, `${verdict.indistinguishable}`);
  });

  test('probes came late and its CPUs never stood still: the network', () => {
    const tell = (from: number, to: number): LocalEvidence[] => [arrivals('before-capture')(from, to)];
    const verdict = verdictWith({ stage: 'network', to: 'bad' }, tell, ['node']);
    assert.equal(verdict.cause, 'network', JSON.stringify(verdict.posterior));
    assert.equal(verdict.where, 'node');
    assert.match(verdict.ruledOut.find(({ cause }) => cause === 'host')?.because ?? '', /seen from node/);
  });

  test('a receive thread waited for its CPU: rx-queue or host', () => {
    const tell = (fromNs: number, toNs: number): LocalEvidence[] => [
      { kind: 'napi-delay', machine: 'node', thread: 'napi/eth0-8193', queue: 0, fromNs, delayNs: toNs - fromNs },
    ];
    const verdict = verdictWith({ stage: 'host', machine: 'bad' }, tell, ['node']);
    assert.match(verdict.cause, /host|rx-queue/);
    assert.equal(verdict.indistinguishable.includes('network'), false);
  });

  test('one delay seen inside the node does not overturn what the paths say', () => {
    let told = false;
    const tell = (from: number, to: number): LocalEvidence[] => {
      if (told) return [];
      told = true;
      return [arrivals('inside-node')(from, to)];
    };
    assert.equal(verdictWith({ stage: 'ipip', machine: 'bad' }, tell, []).cause, 'ipip');
  });

  test('without it the three look the same, and the verdict says what would decide', () => {
    const verdict = verdictWith({ stage: 'network', to: 'bad' }, () => [], []);
    assert.deepEqual([verdict.cause, ...verdict.indistinguishable], ['host', 'network', 'rx-queue']);
    assert.match(verdict.next.join('\n'), /name a vantage on node/);
  });
});
