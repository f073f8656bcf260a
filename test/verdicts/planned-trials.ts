import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { FAULT_NAMES, type FaultName, isServingFault } from '../../src/lab/fault-plan.js';
import { labDown, labUp } from '../../src/lab/lab.js';
import type { Verdict } from '../../src/model/verdict.js';
import { needsRoot } from '../e2e/lab-probing.js';
import { assertNobodyAccused } from './innocent.js';
import { type LabTrial, labTrial, packetsOf, takesCpu, trialWords } from './lab-trial.js';

/** Some ten stalls; a few more where it is also asked who held the CPU. */
const AT_MOST_S = { holding: 7, takingCpu: 9 };
/** So often that five incidents come within a few seconds, and far enough apart to be told from one another. */
const PERIOD_MS = [300, 900] as const;

/**
 * `none` is in none.test.ts, softirq in recorded-bisection.test.ts, interrupts off in trace-stall.test.ts, and other
 * tunnels than IPIP in lab/overlay.test.ts, and what serves in request-verdicts.test.ts.
 */
const ELSEWHERE: readonly FaultName[] = ['none', 'softirq', 'irq-off', 'vxlan', 'geneve'];
const FAULTS = FAULT_NAMES.filter((fault) => !ELSEWHERE.includes(fault) && !isServingFault(fault));

interface Planned {
  readonly title: string;
  readonly faults: readonly FaultName[];
  readonly queues: number;
  readonly within?: boolean;
  readonly only?: string;
  /** What has to hold beside the standing. */
  readonly also?: (verdict: Verdict) => boolean;
}

// biome-ignore format: a table
const PLANNED: readonly Planned[] = [
  ...FAULTS.map((fault, index) => ({ title: fault, faults: [fault], queues: [4, 8, 1][index % 3] ?? 4 })),
  { title: 'network-last-mile without a vantage there', faults: ['network-last-mile'], queues: 1, within: false,
    also: ({ next }) => next.some((words) => /vantage/.test(words)) },
  // One vantage with one target cannot tell its own side from the target's, unless its kernel shows who held the CPU.
  { title: 'sender, one vantage and one target', faults: ['sender'], queues: 4, only: 'shell>node/*',
    also: ({ cause, indistinguishable, culprit }) =>
      cause === 'inconclusive' || indistinguishable.length > 0 || culprit !== undefined },
  { title: 'ipip and nat at once', faults: ['ipip', 'nat'], queues: 4 },
  { title: 'network and rx-queue at once', faults: ['network', 'rx-queue'], queues: 4 },
];
/** Share that has to be right; `alike` and `inconclusive` are honest, but a tool that says nothing else is of no use. */
const LEAST_RIGHT = 0.6;

export type TitledTrial = LabTrial & { readonly title: string };

/**
 * Declares the trials of the faults that take a CPU, or of the others, as tests: nobody innocent is accused in any, and
 * most are right.
 *
 * @param labs names, as many as may be up at once
 * @returns what came of each, as they end
 */
export function plannedTrials(labs: string[], wantsCpu: boolean): readonly TitledTrial[] {
  const trials: TitledTrial[] = [];
  const plans = PLANNED.filter(({ faults }) => faults.some(takesCpu) === wantsCpu);
  describe(`verdicts about faults that ${wantsCpu ? 'take a CPU' : `hold packets, ${labs.length} labs at a time`}`, {
    ...needsRoot,
    timeout: 400_000,
    concurrency: labs.length,
  }, () => {
    after(() => Promise.all(labs.map((name) => labDown({ name }, () => {}))));
    // In the order of queues, so that one lab serves for all of a number.
    for (const plan of [...plans].sort((a, b) => a.queues - b.queues)) {
      const { title, queues } = plan;
      it(`${title} with ${queues} receive queues: nobody innocent is accused`, { timeout: 120_000 }, async (t) => {
        const name = labs.pop() ?? '';
        try {
          const trial = await tried(name, plan);
          trials.push({ ...trial, title });
          t.diagnostic(`${title}: ${trialWords(trial)}`);
          assertNobodyAccused(trial.standing === 'accuses' ? [trial.verdict] : []);
          assert.notEqual(trial.standing, 'wrong', JSON.stringify(trial.verdict, null, 1));
          assertNobodyAccused(trial.culprit === 'wrong' ? [trial.verdict.culprit] : []);
          assert.ok(plan.also?.(trial.verdict) !== false, JSON.stringify(trial.verdict, null, 1));
        } finally {
          labs.push(name);
        }
      });
    }
  });
  it('most of these verdicts are right', needsRoot, (t) => {
    const right = trials.filter(({ standing }) => standing === 'right');
    const others = trials
      .filter(({ standing }) => standing !== 'right')
      .map(({ title, standing }) => `${title} ${standing}`);
    t.diagnostic(`${right.length} of ${plans.length} right; ${others.join(', ')}`);
    const least = Math.floor(LEAST_RIGHT * plans.length);
    assert.ok(right.length >= least, `${right.length} of ${plans.length} right, at least ${least} wanted`);
  });
  return trials;
}

async function tried(name: string, { title, faults, queues, within = true, only }: Planned): Promise<LabTrial> {
  const lab = await labUp({ name, queues }, () => {});
  const args = only === undefined ? [] : ['--only', only];
  const seed = 2019 + PLANNED.findIndex((plan) => plan.title === title);
  return labTrial({
    lab,
    faults,
    seed,
    within,
    args: [...packetsOf(faults), ...args],
    atMostS: faults.some(takesCpu) ? AT_MOST_S.takingCpu : AT_MOST_S.holding,
    periodMs: PERIOD_MS,
  });
}
