import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import type { Engine } from '../../src/engines/engine.js';
import { CodedError } from '../../src/model/errors.js';
import type { PlannedPath, ProbePlan } from '../../src/model/plan.js';
import { FRESH_FLOW, SampleFlags } from '../../src/model/sample.js';
import { MS, SECOND } from '../../src/model/time.js';
import { CollectedRun, collect } from './collected-run.js';
import { assertComplete, assertRefused, assertTotals, changed, copies, neighbours } from './engine-assertions.js';

/** What a setup offers beside a target that answers at once; or why it does not. */
export type Offer<T> = T | { readonly skip: string };

export interface EngineUnderTest {
  readonly engine: Engine;
  /**
   * A plan with one SYN path (4 flows, no fresh ports, 10 ms, to an open port that answers within 100 ms),
   * 20 probes and a wait of 1 s, in which the overrides are put.
   */
  plan(overrides?: Partial<ProbePlan>): ProbePlan;
  readonly capabilities: {
    /** Time is virtual: no slot is ever missed, however busy the machine is. */
    readonly virtualTime: boolean;
    /** Changes to the path: a port that answers with RST. */
    readonly closedPort: Offer<Partial<PlannedPath>>;
    /** A target that never answers. */
    readonly unanswered: Offer<Partial<PlannedPath>>;
    /** ICMP echo is answered. */
    readonly icmp: Offer<Partial<PlannedPath>>;
    /** Some replies take more than 200 ms and less than 1.5 s. */
    readonly delayReply: Offer<Partial<PlannedPath>>;
    /** Fixed flows of the path, 4 where it does not say; 0 where each probe has a port of its own. */
    readonly flows?: number;
    /** Probes from new ports go beside those of the fixed flows; default yes. */
    readonly freshPorts?: Offer<object>;
    /** Plans that the engine cannot carry out, beside those that no engine can. */
    readonly unsupported: readonly Partial<ProbePlan>[];
  };
}

export type Setup = (t: TestContext) => EngineUnderTest | Promise<EngineUnderTest>;

/** A run ends at most this long after its last probe; the rest is for starting and ending a process. */
const LONGEST_END_NS = 2 * SECOND;
const SLACK_NS = 1.5 * SECOND;
/** Probes of a second: a process that gets no CPU for part of it sends some of them all the same. */
const AWHILE = 100;

/** Registers the tests that every engine has to pass. */
export function engineContract(name: string, setup: Setup): void {
  suite(`engine contract: ${name}`, () => {
    test('start comes first, then hello, and end last and once', async (t) => {
      const { engine, plan } = await setup(t);
      const { events } = await collect(engine.start(plan()));
      assert.deepEqual(
        events.slice(0, 2).map((event) => event.kind),
        ['start', 'hello'],
      );
      assert.equal(
        events.findIndex((event) => event.kind === 'end'),
        events.length - 1,
      );
      assert.equal(events.filter((event) => event.kind === 'start' || event.kind === 'hello').length, 2);
    });

    test('hello describes each path of the plan', async (t) => {
      const { engine, plan } = await setup(t);
      const { events } = await collect(engine.start(plan()));
      const hello = events.find((event) => event.kind === 'hello')?.hello;
      assert.deepEqual(
        hello?.paths.map((path) => path.path),
        [0],
      );
      assert.ok((hello?.footprint.packetsPerSecond ?? 0) >= 100);
    });

    test('a count of n gives each seq from 0 to n - 1 one final outcome', async (t) => {
      const under = await setup(t);
      const run = await collect(under.engine.start(under.plan({ count: 37 })));
      assertComplete(run, 0, 37, under.capabilities.virtualTime);
    });

    test('several paths each get their count, and their totals agree with their samples', async (t) => {
      const under = await setup(t);
      const run = await collect(under.engine.start(under.plan({ count: 12, paths: copies(under.plan(), 5) })));
      assert.equal(run.totals.length, 5);
      for (let path = 0; path < 5; path++) assertComplete(run, path, 12, under.capabilities.virtualTime);
      assertTotals(run);
    });

    test('due instants keep the interval exactly, and the phases of paths are spread over it', async (t) => {
      const { engine, plan } = await setup(t);
      const intervalNs = 10 * MS;
      const run = await collect(engine.start(plan({ count: AWHILE, paths: copies(plan(), 4) })));
      const phases = run.totals.map(({ path }) => {
        const samples = run.final(path);
        const first = samples[0];
        assert.ok(first !== undefined, `path ${path} has no sample`);
        for (const { seq, dueNs } of samples) assert.equal(dueNs - first.dueNs, (seq - first.seq) * intervalNs);
        return first.dueNs - first.seq * intervalNs;
      });
      const base = Math.min(...phases);
      assert.equal(new Set(phases).size, 4, 'two paths send at the same instant');
      assert.ok(Math.max(...phases) - base < intervalNs, 'a phase lies beyond the first interval');
    });

    test('all paths of a plan keep their own interval', async (t) => {
      const { engine, plan } = await setup(t);
      const [slow, fast] = copies(plan(), 2);
      assert.ok(slow !== undefined && fast !== undefined);
      const paths = [
        { ...slow, intervalNs: 20 * MS },
        { ...fast, intervalNs: 5 * MS },
      ];
      const run = await collect(engine.start(plan({ count: 0, durationNs: 200 * MS, paths })));
      for (const [path, intervalNs] of [20 * MS, 5 * MS].entries())
        for (const [a, b] of neighbours(run.final(path)))
          assert.equal(b.dueNs - a.dueNs, (b.seq - a.seq) * intervalNs, `path ${path}`);
    });

    test('flows take turns: flow = seq mod flows', async (t) => {
      const { engine, plan, capabilities } = await setup(t);
      const run = await collect(engine.start(plan({ count: 20 })));
      for (const { seq, flow } of run.final()) {
        const flows = capabilities.flows ?? 4;
        assert.equal(flow, flows === 0 ? FRESH_FLOW : seq % flows);
      }
    });

    test('fresh ports have seqs of their own, and leave the fixed flows alone', async (t) => {
      const under = await setup(t);
      if (offered(t, under.capabilities.freshPorts ?? {}) === undefined) return;
      const paths = copies(under.plan(), 1).map((path) => ({ ...path, freshPerSecond: 50 }));
      const run = await collect(under.engine.start(under.plan({ count: 40, paths })));
      assertComplete(run, 0, 40, under.capabilities.virtualTime);
      const fresh = run.fresh();
      const missed = run.totals[0]?.missedSlots ?? 0;
      assert.ok(fresh.length + missed >= 10 && fresh.length <= 25, `${fresh.length} fresh probes in 0.4 s at 50/s`);
      for (const sample of fresh) {
        assert.equal(sample.flow, FRESH_FLOW);
        assert.equal(sample.flags & SampleFlags.freshFlow, SampleFlags.freshFlow);
      }
      assertTotals(run);
    });

    test('instants are integers, sent is never before due, and replies come within the run', async (t) => {
      const { engine, plan } = await setup(t);
      const run = await collect(engine.start(plan()));
      for (const { dueNs, sentNs, rttNs, lagNs, outcome } of run.samples) {
        for (const value of [dueNs, sentNs, rttNs, lagNs]) assert.ok(Number.isSafeInteger(value), String(value));
        assert.equal(outcome, 'reply');
        assert.ok(dueNs >= 0 && rttNs >= 0 && rttNs < SECOND, `rtt ${rttNs}`);
        // Two clocks are read against each other, which costs some microseconds of certainty.
        assert.ok(sentNs >= dueNs - MS, `sent ${dueNs - sentNs} ns before due`);
        assert.ok(sentNs + rttNs <= run.endNs + MS, 'a reply after the end of the run');
      }
    });

    test('samples come in the order in which their outcome became known', async (t) => {
      const { engine, plan } = await setup(t);
      const run = await collect(engine.start(plan({ count: 50 })));
      for (const [a, b] of neighbours(run.samples.filter((sample) => sample.outcome === 'reply')))
        assert.ok(a.sentNs + a.rttNs <= b.sentNs + b.rttNs + MS, `seq ${a.seq} before seq ${b.seq}`);
    });

    test('a duration ends a run without a count', async (t) => {
      const under = await setup(t);
      const run = await collect(under.engine.start(under.plan({ count: 0, durationNs: 500 * MS })));
      const samples = run.final();
      const spanNs = (samples.at(-1)?.dueNs ?? 0) - (samples[0]?.dueNs ?? 0);
      assert.ok(spanNs < 500 * MS && spanNs >= 250 * MS, `${spanNs} ns from the first to the last probe`);
      assert.ok(run.endNs <= 500 * MS + LONGEST_END_NS + SLACK_NS);
    });

    test('of a count and a duration the one that is reached first ends the run', async (t) => {
      const under = await setup(t);
      const run = await collect(under.engine.start(under.plan({ count: 5, durationNs: 10 * SECOND })));
      assertComplete(run, 0, 5, under.capabilities.virtualTime);
      assert.ok(run.endNs <= 50 * MS + LONGEST_END_NS + SLACK_NS, `the run ended at ${run.endNs} ns`);
    });

    test('without count and duration it runs until stop(), and then ends cleanly and soon', async (t) => {
      const { engine, plan } = await setup(t);
      const run = engine.start(plan({ count: 0, durationNs: 0 }));
      const events = [];
      let askedAt = Number.NaN;
      for await (const event of run.events) {
        events.push(event);
        if (event.kind !== 'hello') continue;
        setTimeout(() => {
          askedAt = performance.now();
          run.stop();
        }, 200);
      }
      const collected = new CollectedRun(events);
      assert.ok(performance.now() - askedAt < (LONGEST_END_NS + SLACK_NS) / MS, 'stop took too long');
      assert.ok(collected.samples.length > 0, 'nothing was probed before the stop');
      assert.equal(collected.events.at(-1)?.kind, 'end');
      assertTotals(collected);
    });

    test('stop() before the first event, or twice, or after the end does no harm', async (t) => {
      const { engine, plan } = await setup(t);
      const run = engine.start(plan({ count: 0 }));
      run.stop();
      run.stop();
      const { events } = await collect(run);
      run.stop();
      assert.equal(events.at(-1)?.kind, 'end');
    });

    test('a closed port answers: RST is a reply', async (t) => {
      const { engine, plan, capabilities } = await setup(t);
      const change = offered(t, capabilities.closedPort);
      if (change === undefined) return;
      const run = await collect(engine.start(plan({ count: AWHILE, paths: changed(plan(), change) })));
      assert.ok(run.final().length > 0);
      for (const { outcome, reply } of run.final())
        assert.deepEqual({ outcome, reply }, { outcome: 'reply', reply: 'rst' });
    });

    test('ICMP has one flow, and its reply is an echo', async (t) => {
      const { engine, plan, capabilities } = await setup(t);
      const change = offered(t, capabilities.icmp);
      if (change === undefined) return;
      const paths = changed(plan(), { ...change, protocol: 'icmp', flows: 1 });
      const run = await collect(engine.start(plan({ count: AWHILE, paths })));
      assert.ok(run.final().length > 0);
      for (const { flow, reply } of run.final()) assert.deepEqual({ flow, reply }, { flow: 0, reply: 'echo' });
    });

    test('a target that never answers is lost, and not before the wait is over', async (t) => {
      const under = await setup(t);
      const change = offered(t, under.capabilities.unanswered);
      if (change === undefined) return;
      const waitNs = 200 * MS;
      const paths = changed(under.plan(), change);
      const run = await collect(under.engine.start(under.plan({ count: 60, waitNs, paths })));
      assertComplete(run, 0, 60, under.capabilities.virtualTime);
      assertTotals(run);
      for (const { outcome, rttNs, reply } of run.samples)
        assert.deepEqual({ outcome, rttNs, reply }, { outcome: 'lost', rttNs: -1, reply: 'none' });
      assert.ok(run.endNs >= (run.final().at(-1)?.sentNs ?? 0) + waitNs, 'the run ended before the last wait');
    });

    test('what is younger than the wait at the end is in flight, not lost', async (t) => {
      const { engine, plan, capabilities } = await setup(t);
      const change = offered(t, capabilities.unanswered);
      if (change === undefined) return;
      const run = await collect(engine.start(plan({ count: 10, waitNs: 20 * SECOND, paths: changed(plan(), change) })));
      const [totals] = run.totals;
      assert.deepEqual({ lost: totals?.lost, samples: run.samples.length }, { lost: 0, samples: 0 });
      assert.equal(totals?.inFlight, totals?.sent);
      assert.ok(run.endNs <= 100 * MS + LONGEST_END_NS + SLACK_NS, `the run ended at ${run.endNs} ns`);
    });

    test('a reply after the wait supersedes the loss', async (t) => {
      const { engine, plan, capabilities } = await setup(t);
      const change = offered(t, capabilities.delayReply);
      if (change === undefined) return;
      const waitNs = 100 * MS;
      const run = await collect(engine.start(plan({ count: 100, waitNs, paths: changed(plan(), change) })));
      const late = run.final().filter((sample) => sample.outcome === 'late');
      assert.ok(late.length > 0, 'no reply was late');
      for (const { seq, rttNs, txDelayNs } of late) {
        // What waited on its own way out has a short round trip, and was answered late all the same.
        assert.ok(rttNs + txDelayNs > waitNs, `${rttNs} + ${txDelayNs}`);
        const words = run.samples.filter((sample) => sample.seq === seq).map((sample) => sample.outcome);
        assert.deepEqual(words, ['lost', 'late']);
      }
      assertTotals(run);
    });

    test('a plan over the rate limit is refused with E_RATE_LIMIT at the first step', async (t) => {
      const { engine, plan } = await setup(t);
      await assertRefused(engine, plan({ maxPacketsPerSecondToTarget: 99 }), 'E_RATE_LIMIT');
    });

    test('the rate limit counts all paths to one address together', async (t) => {
      const { engine, plan } = await setup(t);
      await assertRefused(
        engine,
        plan({ paths: copies(plan(), 11), maxPacketsPerSecondToTarget: 1_000 }),
        'E_RATE_LIMIT',
      );
    });

    test('an address that is none is refused with a code', async (t) => {
      const { engine, plan } = await setup(t);
      await assertRefused(engine, plan({ paths: changed(plan(), { address: 'no-address' }) }));
    });

    test('what the engine cannot do is refused with a code', async (t) => {
      const { engine, plan, capabilities } = await setup(t);
      if (capabilities.unsupported.length === 0) t.skip('the engine claims to do all that a plan can ask for');
      for (const overrides of capabilities.unsupported) await assertRefused(engine, plan(overrides));
    });

    test('a second reader is refused, or finds nothing', async (t) => {
      const { engine, plan } = await setup(t);
      const run = engine.start(plan({ count: 3 }));
      await collect(run);
      const second = await collect(run).catch((error: unknown) => error);
      if (second instanceof CodedError) return;
      assert.ok(typeof second === 'object' && second !== null && 'events' in second, String(second));
      assert.deepEqual(second.events, []);
    });

    test('two runs at once do not touch each other', async (t) => {
      const under = await setup(t);
      const plans = [under.plan({ count: 30 }), under.plan({ count: 10, paths: copies(under.plan(), 2) })];
      const [one, two] = await Promise.all(plans.map((plan) => collect(under.engine.start(plan))));
      assert.ok(one !== undefined && two !== undefined);
      assertComplete(one, 0, 30, under.capabilities.virtualTime);
      assertComplete(two, 0, 10, under.capabilities.virtualTime);
      assertComplete(two, 1, 10, under.capabilities.virtualTime);
    });

    test('a slow reader gets everything in order', async (t) => {
      const under = await setup(t);
      const run = under.engine.start(under.plan({ count: 60 }));
      const events = [];
      for await (const event of run.events) {
        events.push(event);
        // The point of this test is a reader that takes its time.
        await new Promise((resolve) => setTimeout(resolve, 20));
      }

      const collected = new CollectedRun(events);
      assertComplete(collected, 0, 60, under.capabilities.virtualTime);
      for (const [a, b] of neighbours(collected.samples)) assert.ok(a.sentNs + a.rttNs <= b.sentNs + b.rttNs + MS);
      assert.equal(events.at(-1)?.kind, 'end');
    });

    test('a reader that leaves ends the run', async (t) => {
      const { engine, plan } = await setup(t);
      for await (const event of engine.start(plan({ count: 0 })).events) if (event.kind === 'hello') break;
      // A run that goes on would keep this process, or its helper, alive and fail the whole file.
    });
  });
}

function offered<T extends object>(t: TestContext, offer: Offer<T>): T | undefined {
  if (!('skip' in offer)) return offer;
  t.skip(offer.skip);
  return undefined;
}
