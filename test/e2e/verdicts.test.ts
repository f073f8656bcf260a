import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { FAULT_NAMES, type FaultName, isServingFault } from '../../src/lab/fault-plan.js';
import { labDown, labUp } from '../../src/lab/lab.js';
import type { Verdict } from '../../src/model/verdict.js';
import { type LabTrial, labTrial, takesCpu, trialWords } from '../verdicts/lab-trial.js';
import { needsRoot } from './lab-probing.js';

/** Some twelve stalls. */
const AT_MOST_S = 9;
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
/** What today's inference gets wrong, each for one reason: these fail, are told, and stand here until they do not. */
const OPEN: Readonly<Record<string, string>> = {
  loss: 'a sender that loses nothing is named beside the network, now and then',
};

/** So many have to be right; `alike` and `inconclusive` are honest, but a tool that says nothing else is of no use. */
const LEAST_RIGHT = Math.floor(0.6 * PLANNED.length);

/**
 * Threads that receive are moved to a hog's CPU and back, on either end; a starved one; the handler of another softirq.
 * Of these the right one is named in so many at least; in the others nobody, and never a wrong one.
 */
const WHO_HELD: readonly string[] = ['rx-queue', 'sender', 'starved', 'handler'] satisfies readonly FaultName[];
const LEAST_NAMED = 3;

const trials: (LabTrial & { title: string })[] = [];

function planned(labs: string[], wanted: (plan: Planned) => boolean): void {
  after(() => Promise.all(labs.map((name) => labDown({ name }, () => {}))));
  // In the order of queues, so that one lab serves for all of a number.
  for (const plan of PLANNED.filter(wanted).sort((a, b) => a.queues - b.queues)) {
    const { title, faults, queues, within = true, only, also } = plan;
    it(`${title} with ${queues} receive queues: nobody innocent is accused`, { timeout: 120_000 }, async (t) => {
      const name = labs.pop() ?? '';
      try {
        const lab = await labUp({ name, queues }, () => {});
        const args = only === undefined ? [] : ['--only', only];
        const seed = 2019 + PLANNED.indexOf(plan);
        const trial = await labTrial({ lab, faults, seed, within, args, atMostS: AT_MOST_S, periodMs: PERIOD_MS });
        trials.push({ ...trial, title });
        if (OPEN[title] !== undefined) t.todo(OPEN[title]);
        t.diagnostic(`${title}: ${trialWords(trial)}`);
        assert.notEqual(trial.standing, 'accuses', JSON.stringify(trial.verdict, null, 1));
        assert.notEqual(trial.standing, 'wrong', JSON.stringify(trial.verdict, null, 1));
        assert.notEqual(trial.culprit, 'wrong', JSON.stringify(trial.verdict.culprit, null, 1));
        assert.ok(also?.(trial.verdict) !== false, JSON.stringify(trial.verdict, null, 1));
      } finally {
        labs.push(name);
      }
    });
  }
}

describe('verdicts about faults that take a CPU', { ...needsRoot, timeout: 400_000 }, () => {
  planned(['verdict-a'], ({ faults }) => faults.some(takesCpu));
});

describe('verdicts about faults that hold packets, three labs at a time', {
  ...needsRoot,
  timeout: 400_000,
  concurrency: 3,
}, () => {
  planned(['verdict-b', 'verdict-c', 'verdict-d'], ({ faults }) => !faults.some(takesCpu));
});

describe('verdicts of all', needsRoot, () => {
  it('most are right', (t) => {
    const right = trials.filter(({ standing }) => standing === 'right');
    const others = trials
      .filter(({ standing }) => standing !== 'right')
      .map(({ title, standing }) => `${title} ${standing}`);
    t.diagnostic(`${right.length} of ${PLANNED.length} right; ${others.join(', ')}`);
    assert.ok(
      right.length >= LEAST_RIGHT,
      `${right.length} of ${PLANNED.length} right, at least ${LEAST_RIGHT} wanted`,
    );
  });

  it(`who held the CPU under ${WHO_HELD.join(', ')}: named in ${LEAST_NAMED} and more`, (t) => {
    const standings = trials
      .filter(({ title }) => WHO_HELD.includes(title))
      .map(({ title, culprit }) => ({ title, culprit }));
    t.diagnostic(standings.map(({ title, culprit }) => `${title} ${culprit}`).join(', '));
    assert.ok(standings.filter(({ culprit }) => culprit === 'right').length >= LEAST_NAMED, JSON.stringify(standings));
  });
});
