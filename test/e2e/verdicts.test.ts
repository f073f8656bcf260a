import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAULT_NAMES, type FaultName, isKernelFault } from '../../src/lab/fault-plan.js';
import { needsRoot } from './lab-probing.js';
import { labVerdict, RIGHT_VERDICTS, standing } from './lab-verdict.js';

/** Without any stall it takes longer to say that there is none. */
const HEALTHY_S = 75;
const FAULTY_S = 40;
/** No cause explains them yet: their verdicts are shown by the campaign. */
const HIDDEN_BY_FLOW: readonly FaultName[] = ['device', 'ecmp', 'lag', 'backends'];
/** Of `labVerdict`. */
const THRESHOLD_NS = 25_000_000;

for (const [index, fault] of FAULT_NAMES.entries()) {
  if (isKernelFault(fault) || HIDDEN_BY_FLOW.includes(fault)) continue;
  const queues = [4, 8, 1][index % 3] ?? 4;
  test(`${fault} with ${queues} receive queues gets its own verdict`, { ...needsRoot, timeout: 150_000 }, async (t) => {
    const atMostS = fault === 'none' ? HEALTHY_S : FAULTY_S;
    const { verdict, text, err, longestPauseNs, seconds } = await labVerdict({
      lab: 'verdict',
      queues,
      seed: 2019 + index,
      faults: [fault],
      atMostS,
    });
    const also = verdict.indistinguishable.length > 0 ? `, not told from ${verdict.indistinguishable}` : '';
    t.diagnostic(
      `${fault}: ${text} ${verdict.probability.toFixed(3)}, ${verdict.incidents} incidents in ${seconds.toFixed(1)} s${also}`,
    );
    const how = standing(verdict, text, RIGHT_VERDICTS[fault]);
    // A machine that itself paused for as long as a stall is not healthy, and not told from a faulty one from inside.
    if (fault === 'none' && how === 'open' && longestPauseNs > THRESHOLD_NS) {
      t.diagnostic(`the machine itself paused for ${longestPauseNs / 1e6} ms`);
      return;
    }
    assert.ok(how === 'right' || how === 'alike', `${how}: ${JSON.stringify(verdict, null, 1)}${err}`);
  });
}

test('without a vantage on the bad node, last mile, host and queue are told apart only where they can be', {
  ...needsRoot,
  timeout: 150_000,
}, async (t) => {
  const { verdict, text } = await labVerdict({
    lab: 'verdict',
    queues: 1,
    seed: 5,
    faults: ['network-last-mile'],
    atMostS: FAULTY_S,
    args: ['--except', 'bad>*'],
  });
  t.diagnostic(`${text} ${verdict.probability.toFixed(3)}, not told from ${verdict.indistinguishable}`);
  assert.notEqual(
    standing(verdict, text, RIGHT_VERDICTS['network-last-mile']),
    'wrong',
    JSON.stringify(verdict, null, 1),
  );
  assert.ok(
    verdict.next.some((words) => /vantage/.test(words)),
    verdict.next.join('; '),
  );
});

test('one vantage and one target: its own side and the target are not told apart, and nobody is convicted', {
  ...needsRoot,
  timeout: 150_000,
}, async (t) => {
  const { verdict, text } = await labVerdict({
    lab: 'verdict',
    queues: 4,
    seed: 6,
    faults: ['sender'],
    atMostS: FAULTY_S,
    args: ['--only', 'shell>node/*'],
  });
  t.diagnostic(`${text} ${verdict.probability.toFixed(3)}, not told from ${verdict.indistinguishable}`);
  const causes = [verdict.cause, ...verdict.indistinguishable.map((cause) => cause.split('@')[0])];
  assert.ok(
    verdict.cause === 'inconclusive' || (causes.includes('sender') && causes.length > 1),
    JSON.stringify(verdict, null, 1),
  );
});

for (const faults of [
  ['ipip', 'nat'],
  ['network', 'rx-queue'],
] as const) {
  test(`${faults.join(' and ')} at once: both, or inconclusive, never one alone`, {
    ...needsRoot,
    timeout: 150_000,
  }, async (t) => {
    const { verdict, text } = await labVerdict({ lab: 'verdict', queues: 4, seed: 77, faults, atMostS: 45 });
    t.diagnostic(`${faults.join('+')}: ${text} ${verdict.probability.toFixed(3)}, ${verdict.incidents} incidents`);
    if (verdict.cause === 'inconclusive') return;
    assert.equal(verdict.cause, [...faults].sort().join('+'), JSON.stringify(verdict, null, 1));
  });
}
