import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { detectableStallNs } from '../../src/detect/detectable-stall.js';
import { findingSchema, type Stall } from '../../src/model/finding.js';
import { FRESH_FLOW } from '../../src/model/sample.js';
import { MS, SECOND, US } from '../../src/model/time.js';
import { buildStream, findIn, logNormal, type SimulatedStream, seeded } from './build-stream.js';

const BASE_NS = 200 * US;
const FLOW_COUNTS = [1, 2, 4, 8, 16];

/** One stall of a random queue, at a random time, of a random length, among random flows. */
function randomStall(seed: number, lengthNs: (certainNs: number, random: () => number) => number) {
  const random = seeded(seed);
  const flows = FLOW_COUNTS[Math.floor(random() * FLOW_COUNTS.length)] as number;
  const queues = 1 + Math.floor(random() * Math.min(flows, 8));
  const intervalNs = random() < 0.8 ? 10 * MS : 5 * MS;
  const queueOf = (flow: number): number => (flow * 7 + seed) % queues;
  const queue = queueOf(Math.floor(random() * flows));
  const onQueue = Array.from({ length: flows }, (_, flow) => queueOf(flow)).filter((other) => other === queue).length;
  // Flows that share a queue need not be spread evenly: the worst spacing is that of a single one.
  const certainNs = detectableStallNs({ stallNs: 2 * intervalNs, intervalNs: intervalNs * flows });
  const fromNs = Math.round(1500 * MS + random() * 500 * MS);
  const toNs = Math.round(fromNs + lengthNs(certainNs, random));
  const stream = buildStream({
    seed,
    flows,
    queues,
    queueOf,
    intervalNs,
    baseNs: BASE_NS,
    freshPerSecond: random() < 0.5 ? 5 : 0,
    durationNs: 3500 * MS,
    jitterNs: (r) => Math.min(2 * MS, logNormal(r, 30 * US, 1)),
    stalls: [{ fromNs, toNs, queue }],
  });
  return { stream, fromNs, toNs, queue, queueOf, onQueue, flows };
}

function stallsIn(stream: SimulatedStream): Stall[] {
  return findIn(stream).filter((finding) => finding.kind === 'stall');
}

describe('over random streams', () => {
  it('finds each stall of at least detectableStallNs once, of 2000', () => {
    const missed: string[] = [];
    for (let seed = 1; seed <= 2_000; seed += 1) {
      const { stream } = randomStall(seed, (certainNs, random) => certainNs * (1 + 0.5 * random()) + MS);
      const findings = findIn(stream);
      if (findings.length !== 1 || findings[0]?.kind !== 'stall') {
        missed.push(`${seed}: ${findings.map((finding) => finding.kind).join(' ')}`);
      }
    }
    assert.ok(missed.length <= 2, missed.join(', '));
  });

  it('brackets the true start and meets the true release, of 2000', () => {
    const wrong: string[] = [];
    let seen = 0;
    for (let seed = 1; seed <= 2_000; seed += 1) {
      const { stream, fromNs, toNs } = randomStall(seed, (_, random) => (120 + 600 * random()) * MS);
      // A probe meets the queue half of the idle RTT after its sending.
      const startNs = fromNs - BASE_NS / 2;
      for (const stall of stallsIn(stream)) {
        seen += 1;
        const late = stall.release - toNs;
        if (stall.startMin > startNs || stall.startMax < startNs || late < 0 || late > 1.5 * MS) {
          wrong.push(`${seed}: [${stall.startMin}, ${stall.startMax}] ${startNs}, released ${late} ns late`);
        }
      }
    }
    assert.ok(seen > 1_750, `${seen}`);
    assert.deepEqual(wrong, []);
  });

  it('names the flows hit and exposed, of 2000', () => {
    const wrong: string[] = [];
    for (let seed = 1; seed <= 2_000; seed += 1) {
      const { stream, queue, queueOf } = randomStall(seed, (certainNs) => certainNs + 50 * MS);
      for (const stall of stallsIn(stream)) {
        const ofQueue = stall.flowsHit.every((flow) => queueOf(flow) === queue);
        const others = stall.flowsExposed.every((flow) => queueOf(flow) !== queue);
        // Exposed is each flow of another queue that sent within the time in which the hold was certainly on.
        const sent = stream.probes.filter(
          (probe) =>
            probe.flow !== FRESH_FLOW &&
            queueOf(probe.flow) !== queue &&
            probe.sentNs >= stall.startMax &&
            probe.sentNs + probe.rttNs < stall.release - 2 * MS,
        );
        const missing = sent.filter((probe) => !stall.flowsExposed.includes(probe.flow));
        const heldLong = stream.probes.filter((probe) => probe.flow !== FRESH_FLOW && probe.heldNs > 7 * MS);
        const unnamed = heldLong.filter((probe) => !stall.flowsHit.includes(probe.flow));
        if (!ofQueue || !others || missing.length > 0 || unnamed.length > 0) {
          wrong.push(`${seed}: hit ${stall.flowsHit} exposed ${stall.flowsExposed}`);
        }
      }
    }
    assert.deepEqual(wrong, []);
  });

  it('counts the probes held for 2 ms and more, and hardly any other, of 1000', () => {
    for (let seed = 1; seed <= 1_000; seed += 1) {
      const { stream } = randomStall(seed, (certainNs) => certainNs + 20 * MS);
      const [stall] = stallsIn(stream);
      const held = stream.probes.filter((probe) => probe.heldNs > 0);
      const clearly = held.filter((probe) => probe.flow !== FRESH_FLOW && probe.heldNs >= 6 * MS);
      assert.ok(stall !== undefined, `${seed}`);
      assert.ok(stall.probes >= clearly.length && stall.probes <= held.length + 1, `${seed}: ${stall.probes}`);
    }
  });

  it('finds 99 % of the stalls far below the threshold as well, of 2000', () => {
    const missed: string[] = [];
    for (let seed = 1; seed <= 2_000; seed += 1) {
      const random = seeded(seed);
      const fromNs = Math.round(2000 * MS + random() * 100 * MS);
      const toNs = Math.round(fromNs + (33 + 60 * random()) * MS);
      const jitterNs = (r: () => number): number => Math.min(2 * MS, logNormal(r, 30 * US, 1));
      const found = stallsIn(buildStream({ seed, flows: 16, queues: 4, jitterNs, stalls: [{ fromNs, toNs }] }));
      if (found.length !== 1) missed.push(`${seed}: ${found.length}`);
    }
    assert.ok(missed.length <= 20, missed.join(', '));
  });

  it('tells two queues from each other where their releases are 7 ms apart, of 500', () => {
    for (let seed = 1; seed <= 500; seed += 1) {
      const random = seeded(seed);
      const fromNs = 2000 * MS + Math.round(random() * 100 * MS);
      const toNs = fromNs + Math.round((400 + 200 * random()) * MS);
      const stream = buildStream({
        seed,
        flows: 8,
        queues: 2,
        jitterNs: (r) => logNormal(r, 30 * US, 1),
        stalls: [
          { fromNs, toNs, queue: 0 },
          { fromNs, toNs: toNs + 7 * MS, queue: 1 },
        ],
      });
      assert.deepEqual(
        stallsIn(stream).map((stall) => stall.flowsHit),
        [
          [0, 2, 4, 6],
          [1, 3, 5, 7],
        ],
        `${seed}`,
      );
    }
  });

  it('survives any order and any values: 300 streams of noise', () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const random = seeded(seed);
      const stream = buildStream({
        seed,
        flows: 1 + Math.floor(random() * 8),
        freshPerSecond: 5,
        durationNs: 3 * SECOND,
        jitterNs: (r) => logNormal(r, 20 * MS, 1.5),
        isLost: (_sent, _flow, r) => r() < 0.2,
        isMissed: (sent) => sent % (70 * MS) === 0,
      });
      for (const finding of findIn(stream)) {
        assert.deepEqual(findingSchema.parse(finding), finding);
        for (const value of [finding.startMin, finding.startMax, finding.release, finding.durationNs]) {
          assert.ok(Number.isInteger(value), `${seed}: ${JSON.stringify(finding)}`);
        }
        assert.ok(finding.startMin <= finding.startMax && finding.startMax <= finding.release);
        assert.ok(finding.durationNs >= 0 && finding.peakRttNs >= 0 && finding.excessNs >= 0);
      }
    }
  });
});
