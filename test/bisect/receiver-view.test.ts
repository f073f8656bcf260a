import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ArrivalsView, ReceiverView } from '../../src/bisect/evidence/receiver-view.js';
import { type ArrivalColumns, ArrivalFlags, allocateArrivals, Directions } from '../../src/model/arrival.js';
import { allocateSamples, Outcomes, type SampleColumns } from '../../src/model/sample.js';
import { MS, SECOND, US } from '../../src/model/time.js';

const PATH = 'shell>node/syn';
/** The watcher's clock is ahead by so much, and 20 ppm fast. */
const OFFSET_NS = 77 * SECOND;
const watcherClock = (ns: number): number => Math.round((ns + OFFSET_NS) * 1.000_02);

/** A wait on one part of the way: when a probe that gets there at `ns` on `flow` goes on. */
type Hold = (ns: number, flow: number) => number;
const passes: Hold = (ns) => ns;
const until = (fromNs: number, toNs: number): Hold => {
  return (ns) => (ns >= fromNs && ns < toNs ? toNs : ns);
};

interface Scenario {
  readonly flows?: number;
  readonly intervalNs?: number;
  readonly there?: Hold;
  readonly inside?: Hold;
  readonly back?: Hold;
  readonly lost?: (seq: number) => boolean;
}

const SECONDS = 12;

/** What prober and watcher report of 12 s of probing. */
function seen(scenario: Scenario): { samples: SampleColumns; arrivals: ArrivalColumns; probes: number } {
  const { flows = 4, intervalNs = 10 * MS, there = passes, inside = passes, back = passes, lost } = scenario;
  const probes = (SECONDS * SECOND) / intervalNs;
  const samples = allocateSamples(probes);
  const arrivals = allocateArrivals(2 * probes);
  for (let seq = 0; seq < probes; seq += 1) {
    const flow = seq % flows;
    // A microsecond a place, so that what is released together still has an order.
    const sentNs = seq * intervalNs + (seq % 7) * US;
    const arrivedNs = there(sentNs, flow) + 50 * US + seq * 10;
    const leftNs = inside(arrivedNs, flow) + 20 * US + seq * 10;
    const receivedNs = back(leftNs, flow) + 50 * US + seq * 10;
    samples.seq[seq] = seq;
    samples.flow[seq] = flow;
    samples.sentNs[seq] = sentNs;
    samples.rttNs[seq] = lost?.(seq) ? -1 : receivedNs - sentNs;
    samples.outcome[seq] = lost?.(seq) ? Outcomes.lost : Outcomes.reply;
    for (const [place, timeNs, direction] of [
      [2 * seq, arrivedNs, Directions.in],
      [2 * seq + 1, leftNs, Directions.out],
    ] as const) {
      arrivals.timeNs[place] = watcherClock(timeNs);
      arrivals.seq[place] = seq;
      arrivals.flow[place] = flow;
      arrivals.direction[place] = direction;
    }
  }
  return { samples, arrivals, probes };
}

const STALL = { path: PATH, startMin: 6_000 * MS, release: 6_130 * MS };
const stalled = until(STALL.startMin, STALL.release);

function explain(scenario: Scenario): ArrivalsView[] {
  const { samples, arrivals } = seen(scenario);
  const view = new ReceiverView('node', [PATH]);
  view.takeArrivals(arrivals);
  view.takeSamples(samples);
  return view.explain(STALL);
}

function only(views: readonly ArrivalsView[]): ArrivalsView {
  assert.equal(views.length, 1, JSON.stringify(views));
  return views[0] as ArrivalsView;
}

describe('receiver view', () => {
  const situations: readonly { title: string; scenario: Scenario; where: ArrivalsView['where'] }[] = [
    { title: 'held in the network: they arrive late', scenario: { there: stalled }, where: 'before-capture' },
    {
      title: 'held behind the capture point: the replies leave late',
      scenario: { inside: stalled },
      where: 'inside-node',
    },
    { title: 'held on the way back', scenario: { back: stalled }, where: 'on-the-way-back' },
  ];
  for (const { title, scenario, where } of situations) {
    it(title, () => {
      const view = only(explain(scenario));
      assert.equal(view.where, where);
      assert.equal(view.machine, 'node');
      assert.equal(view.path, PATH);
      assert.equal(view.heldProbes, 13);
      assert.deepEqual(view.flowsHeld, [0, 1, 2, 3]);
      assert.equal(view.order, 'fifo');
      assert.equal(view.bunched, true);
      assert.ok(Math.abs(view.excessNs - 130 * MS) < 1 * MS, `excess ${view.excessNs}`);
      assert.ok(Math.abs(view.fromNs - STALL.startMin) < 1 * MS, `from ${view.fromNs - STALL.startMin}`);
      assert.ok(Math.abs(view.toNs - STALL.release) < 1 * MS, `to ${view.toNs - STALL.release}`);
    });
  }

  it('names the one flow whose queue waited', () => {
    const view = only(explain({ there: (ns, flow) => (flow === 2 ? stalled(ns, flow) : ns) }));
    assert.deepEqual(view.flowsHeld, [2]);
    assert.equal(view.heldProbes, 3);
  });

  it('sees batches by flow where several queues are released one after the other', () => {
    // The queue of flows 2 and 3 is emptied 3 ms before that of flows 0 and 1.
    const queues: Hold = (ns, flow) => until(STALL.startMin, STALL.release + (flow < 2 ? 3 * MS : 0))(ns, flow);
    const view = only(explain({ flows: 4, there: queues }));
    assert.equal(view.order, 'by-flow');
    assert.equal(view.bunched, true);
  });

  it('gives two views where both the way there and the node held some', () => {
    const there = until(6_000 * MS, 6_050 * MS);
    const inside = until(6_060 * MS, 6_130 * MS);
    const views = explain({ there, inside });
    assert.deepEqual(
      views.map(({ where, heldProbes }) => [where, heldProbes]),
      [
        ['before-capture', 5],
        ['inside-node', 7],
      ],
    );
  });

  it('does not call a queue that empties slowly bunched', () => {
    const draining: Hold = (ns) => (ns >= 6_000 * MS && ns < 6_130 * MS ? 6_100 * MS + (ns - 6_000 * MS) * 0.8 : ns);
    assert.equal(only(explain({ there: draining })).bunched, false);
  });

  it('has nothing to say of a stall whose probes it never saw', () => {
    const view = new ReceiverView('node', [PATH]);
    assert.deepEqual(view.explain(STALL), []);
    const { samples } = seen({ there: stalled });
    view.takeSamples(samples);
    assert.deepEqual(view.explain(STALL), []);
    assert.deepEqual(view.explain({ ...STALL, path: 'another>path/syn' }), []);
  });

  it('gives a clean path no views', () => {
    assert.deepEqual(explain({}), []);
  });

  it('leaves out probes that a clock step or a user-space stamp makes worthless', () => {
    const { samples, arrivals } = seen({ there: stalled });
    arrivals.flags.fill(ArrivalFlags.clockStep);
    const view = new ReceiverView('node', [PATH]);
    view.takeArrivals(arrivals);
    view.takeSamples(samples);
    assert.deepEqual(view.legs(PATH), []);
  });

  it('remembers a bounded number of probes, whatever is lost', () => {
    const view = new ReceiverView('node', [PATH]);
    const { samples, arrivals, probes } = seen({ intervalNs: MS, lost: (seq) => seq % 3 === 0 });
    view.takeArrivals(arrivals);
    view.takeSamples(samples);
    assert.equal(probes, 12_000);
    assert.ok(view.legs(PATH).length <= 4_096);
  });

  it('puts what the watcher says about its machine on the common time line', () => {
    const { samples, arrivals } = seen({});
    const view = new ReceiverView('node', [PATH]);
    const gap = {
      fromNs: watcherClock(6_000 * MS),
      toNs: watcherClock(6_130 * MS),
      stealNs: 0,
      cpu: 1,
      servesInterface: true,
      realtime: true,
    };
    assert.equal(view.localEvidence({ kind: 'cpu-gap', gap }), undefined, 'before the clocks are aligned');
    view.takeArrivals(arrivals);
    view.takeSamples(samples);
    const evidence = view.localEvidence({ kind: 'cpu-gap', gap });
    assert.ok(evidence?.kind === 'cpu-gap');
    assert.ok(Math.abs(evidence.fromNs - 6_000 * MS) < 200 * US, `${evidence.fromNs}`);
    assert.ok(Math.abs(evidence.toNs - 6_130 * MS) < 200 * US, `${evidence.toNs}`);
    const delay = view.localEvidence({
      kind: 'thread-delay',
      delay: {
        fromNs: watcherClock(6_000 * MS),
        toNs: watcherClock(6_130 * MS),
        delayNs: 130 * MS,
        thread: 4658,
        threadKind: 'napi',
        uncertaintyNs: 0,
        cpu: 1,
        queue: 3,
      },
    });
    assert.ok(delay?.kind === 'napi-delay');
    assert.deepEqual([delay.thread, delay.queue, delay.delayNs], ['napi thread 4658', 3, 130 * MS]);
  });
});
