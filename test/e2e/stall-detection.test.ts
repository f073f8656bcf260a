import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CLOSED_PORT, HOST_ADDRESS, NODEPORT_LOCAL } from '../../src/lab/addresses.js';
import { faultEnd, faultOff, faultOn } from '../../src/lab/faults.js';
import { labDown, labStatus } from '../../src/lab/lab.js';
import { type QueuedFlow, queuedFlows } from '../../src/lab/queues.js';
import { isGap, machineGaps, readTruth, type TruthStall } from '../../src/lab/truth.js';
import { onTimeLine, type TrueStall } from '../../src/lab/truth-match.js';
import type { Finding } from '../../src/model/finding.js';
import { MS } from '../../src/model/time.js';
import { LAB, needsRoot, type Probed, pathTo, startProbing, upLab } from './lab-probing.js';

const THRESHOLD_NS = 10 * MS;
const LENGTHS_MS = [30, 60, 130, 400] as const;
const STALLS_EACH = 6;
/** Until every flow has shown on which queue it arrives. */
const LEARNING_MS = 1_500;
/** Release of a reconstructed stall against the injector's log. */
const RELEASE_TOLERANCE_NS = 2 * MS;
/** Farther apart, a finding is about something else. */
const SAME_NS = 25 * MS;
/** A pause of the machine that long makes the prober late, whose findings then convict nobody. */
const DISTURBING_NS = 5 * MS;
/** Of four times {@link STALLS_EACH}; with fewer the test would show nothing. */
const LEAST_CERTAIN = 4;
const TCP = 6;
const ICMP = 1;

const bad = HOST_ADDRESS.bad;
const paths = [
  pathTo('shell>nodeport/syn', bad, { protocol: 'syn', port: NODEPORT_LOCAL, flows: 16, freshPerSecond: 5 }),
  pathTo('shell>node/syn', bad, { protocol: 'syn', port: CLOSED_PORT, flows: 4 }),
  pathTo('shell>node/icmp', bad, { protocol: 'icmp' }),
];

describe('stalls in the lab are reconstructed as they were', { ...needsRoot, timeout: 150_000 }, () => {
  before(() => upLab(4));
  after(() => labDown({ name: LAB }, () => {}));

  it('stalls of 30 to 400 ms on one of four queues', async (t) => {
    const probing = startProbing('shell', paths, { thresholdNs: THRESHOLD_NS });
    await probing.started;
    await sleep(LEARNING_MS);
    const flows = queuedFlows('bad', { name: LAB });
    const queue = queueOf(flows, (flow) => flow.protocol === ICMP);
    const truth: TruthStall[] = [];
    for (const length of LENGTHS_MS) {
      const handle = await faultOn(
        'rx-queue',
        {
          lab: { name: LAB },
          queue,
          count: STALLS_EACH,
          lengthMs: [length, length],
          periodMs: [length + 250, length + 450],
          seed: length,
        },
        () => {},
      );
      truth.push(...(await faultEnd(handle)));
      await faultOff('rx-queue', { name: LAB });
    }
    await sleep(1_500);
    const { gapLog } = await labStatus({ name: LAB });
    const gaps = machineGaps(readTruth(gapLog).filter(isGap), truth);
    probing.stop();
    const probed = await probing.ended;
    const stalls = onTimeLine(truth, probed.epochNs);
    assert.equal(stalls.length, LENGTHS_MS.length * STALLS_EACH);

    const monoEpochNs = (truth[0]?.startMonoNs ?? 0) - (stalls[0]?.startNs ?? 0);
    const pauses = gaps.map((gap) => ({ fromNs: gap.fromMonoNs - monoEpochNs, toNs: gap.toMonoNs - monoEpochNs }));
    const matchesPause = (finding: Finding): boolean =>
      pauses.some((pause) => pause.fromNs < finding.release + SAME_NS && pause.toNs > finding.startMin - SAME_NS);
    const convicting = probed.findings.filter((finding) => !finding.selfInflicted);

    for (const [index, path] of paths.entries()) {
      await t.test(path.name, () => {
        const held = heldFlows(flows, probed, index, queue);
        const own = convicting.filter((finding) => finding.path === path.name);
        const spacingNs = widestSpacing(held, path.flows) * path.intervalNs;
        checkPath({
          stalls,
          own,
          held,
          drawsFlows: path.freshPerSecond > 0,
          spacingNs,
          tellsTwo: held.size > 1 || path.flows === 1,
          pauses,
          matchesPause,
          report: (text) => t.diagnostic(`${path.name}: ${text}`),
        });
      });
    }
  });

  it('a hold of an open NodePort: one flow loses nothing, a sweep shows one stall', async (t) => {
    const sweep = pathTo('sweep', bad, { protocol: 'syn', port: NODEPORT_LOCAL, flows: 16, freshPerSecond: 5 });
    const pinned = pathTo('pinned', bad, { protocol: 'syn', port: NODEPORT_LOCAL, flows: 1 });
    const probing = startProbing('shell', [pinned, sweep], { thresholdNs: 100 * MS });
    await probing.started;
    await sleep(1_000);
    const handle = await faultOn(
      'nat',
      { lab: { name: LAB }, count: 6, lengthMs: [200, 200], periodMs: [500, 650], seed: 7 },
      () => {},
    );
    const truth = await faultEnd(handle);
    await sleep(1_500);
    probing.stop();
    const probed = await probing.ended;
    const stalls = onTimeLine(truth, probed.epochNs);
    assert.equal(stalls.length, 6);
    const { gapLog } = await labStatus({ name: LAB });
    const gaps = machineGaps(readTruth(gapLog).filter(isGap), truth);
    const longestPauseNs = Math.max(0, ...gaps.map((gap) => gap.toMonoNs - gap.fromMonoNs));

    await t.test('one flow through a 200 ms hold: every probe answered and keyed', () => {
      const [summary] = probed.result.summaries;
      assert.ok(summary);
      assert.equal(summary.lost + summary.late + summary.errors + summary.sendFailed, 0, JSON.stringify(summary));
      assert.equal(summary.received, summary.sent - summary.inFlight);
      assert.equal(probed.result.quality.forged, 0);
      checkOneStallEach('pinned', stalls, probed, longestPauseNs);
    });

    await t.test('a default sweep through the same hold: one stall each, no spikes', () => {
      checkOneStallEach('sweep', stalls, probed, longestPauseNs);
    });
  });
});

interface PathCheck {
  readonly stalls: readonly TrueStall[];
  readonly own: readonly Finding[];
  /** Flows of the path that arrive on the stalled queue. */
  readonly held: ReadonlySet<number>;
  /** Whether it sends from fresh ports too: those arrive on any queue. */
  readonly drawsFlows: boolean;
  /** The longest time between two probes that cross the stalled queue. */
  readonly spacingNs: number;
  /** Whether two held probes come back: of a single held flow connection tracking drops the second in a batch. */
  readonly tellsTwo: boolean;
  /** Of the machine itself, on the time line of the run. */
  readonly pauses: readonly { readonly fromNs: number; readonly toNs: number }[];
  readonly matchesPause: (finding: Finding) => boolean;
  readonly report: (text: string) => void;
}

function checkPath({
  stalls,
  own,
  held,
  drawsFlows,
  spacingNs,
  tellsTwo,
  pauses,
  matchesPause,
  report,
}: PathCheck): void {
  const near = (stall: TrueStall) => own.filter((finding) => Math.abs(finding.release - stall.releaseNs) < SAME_NS);
  const unexplained = own.filter(
    (finding) =>
      !matchesPause(finding) && !stalls.some((stall) => Math.abs(finding.release - stall.releaseNs) < SAME_NS),
  );
  assert.deepEqual(unexplained, [], 'findings that no stall and no pause explains');
  if (held.size === 0) {
    const seen = own.filter((finding) => !matchesPause(finding));
    if (!drawsFlows) assert.deepEqual(seen, [], 'no flow of this path was stalled');
    assert.deepEqual(
      seen.filter(({ flowsHit }) => flowsHit.length > 0),
      [],
      'a lasting flow is said to be held, and none was',
    );
    report(`no lasting flow on the stalled queue, ${seen.length} findings of fresh ones`);
    return;
  }
  const disturbed = ({ startNs, releaseNs }: TrueStall): boolean =>
    pauses.some(
      (pause) =>
        pause.toNs - pause.fromNs >= DISTURBING_NS &&
        pause.fromNs < releaseNs + SAME_NS &&
        pause.toNs > startNs - SAME_NS,
    );
  const certain = stalls.filter(
    (stall) => stall.releaseNs - stall.startNs >= THRESHOLD_NS + spacingNs + MS && !disturbed(stall),
  );
  const found = certain.filter((stall) => near(stall).length > 0);
  const once = found.filter((stall) => near(stall).length === 1);
  const twoHeld = tellsTwo
    ? found.filter((stall) => stall.releaseNs - stall.startNs >= 2 * spacingNs + THRESHOLD_NS)
    : [];
  const reconstructed = twoHeld.filter((stall) => near(stall).some(({ kind }) => kind === 'stall'));
  const releaseErrors = found.flatMap((stall) =>
    near(stall).map((finding) => Math.abs(finding.release - stall.releaseNs)),
  );
  report(
    `${held.size} flows held; ${found.length} of ${certain.length} certain stalls found, ${once.length} of them once, ` +
      `${reconstructed.length} of the ${twoHeld.length} that held two probes for certain with their start; ` +
      `release off by ${(Math.max(0, ...releaseErrors) / MS).toFixed(3)} ms at most`,
  );
  assert.ok(certain.length >= LEAST_CERTAIN, `${certain.length} certain stalls: the test would show nothing`);
  assert.ok(found.length >= certain.length * 0.99, `${found.length} of ${certain.length} certain stalls found`);
  assert.equal(once.length, found.length, 'each found once');
  assert.ok(reconstructed.length >= twoHeld.length * 0.9, `${reconstructed.length} of ${twoHeld.length} reconstructed`);
  for (const stall of found) {
    for (const finding of near(stall)) {
      // A machine that pauses while the injector hands the queue back releases it that much later than logged.
      const paused = pauses
        .filter((pause) => pause.fromNs < finding.release && pause.toNs > stall.releaseNs - MS)
        .reduce((sum, pause) => sum + pause.toNs - pause.fromNs, 0);
      assert.ok(
        Math.abs(finding.release - stall.releaseNs) <= RELEASE_TOLERANCE_NS + paused,
        `release of ${JSON.stringify(finding)}, true ${stall.releaseNs}, machine paused ${paused}`,
      );
      // A single held probe has a send time, no start: a stall shorter than two spacings may hold no second one.
      if (finding.kind === 'stall') {
        assert.ok(
          finding.startMin <= stall.startNs + MS / 2,
          `startMin of ${JSON.stringify(finding)}, true ${stall.startNs}`,
        );
        assert.ok(
          finding.startMax >= stall.startNs - MS / 2,
          `startMax of ${JSON.stringify(finding)}, true ${stall.startNs}`,
        );
      }
      assert.ok(
        finding.flowsHit.every((flow) => held.has(flow)),
        `flowsHit ${finding.flowsHit} in ${[...held]}`,
      );
      assert.ok(
        !finding.flowsExposed.some((flow) => held.has(flow)),
        `flowsExposed ${finding.flowsExposed} not in ${[...held]}`,
      );
    }
  }
}

function queueOf(flows: readonly QueuedFlow[], wanted: (flow: QueuedFlow) => boolean): number {
  const flow = flows.find((candidate) => candidate.source === HOST_ADDRESS.shell && wanted(candidate));
  assert.ok(flow, 'the flow was not seen on any queue');
  return flow.queue;
}

/** The flows of a path that arrive on `queue`, from what the kernel did with their packets. */
function heldFlows(flows: readonly QueuedFlow[], probed: Probed, index: number, queue: number): Set<number> {
  const path = probed.run.paths[index];
  const held = new Set<number>();
  for (const flow of flows) {
    if (flow.source !== HOST_ADDRESS.shell || flow.queue !== queue || path === undefined) continue;
    if (path.protocol === 'icmp') {
      if (flow.protocol === ICMP) held.add(0);
      continue;
    }
    const number = flow.sourcePort - (path.sourcePorts?.[0] ?? 0);
    if (flow.protocol === TCP && flow.destinationPort === path.port && number >= 0 && number < path.flows)
      held.add(number);
  }
  return held;
}

/** In slots of the path: the widest step from a held flow to the next in the rotation. */
function widestSpacing(held: ReadonlySet<number>, flows: number): number {
  const sorted = [...held].sort((a, b) => a - b);
  return Math.max(0, ...sorted.map((flow, index) => (sorted[index + 1] ?? (sorted[0] ?? 0) + flows) - flow));
}

function checkOneStallEach(name: string, stalls: readonly TrueStall[], probed: Probed, longestPauseNs: number): void {
  const own = probed.findings.filter((finding) => finding.path === name);
  assert.deepEqual(
    own.map((finding) => finding.kind),
    stalls.map(() => 'stall'),
    JSON.stringify(own, null, 1),
  );
  for (const [index, stall] of stalls.entries()) {
    const finding = own[index];
    assert.ok(finding?.kind === 'stall');
    assert.ok(
      Math.abs(finding.release - stall.releaseNs) <= 5 * MS + longestPauseNs,
      `${finding.release} against ${stall.releaseNs}`,
    );
    // A prober that the machine pauses misses slots.
    const missed = Math.ceil(longestPauseNs / (10 * MS));
    assert.ok(
      finding.probes >= 18 - missed && finding.probes <= 22 + missed,
      `${finding.probes} probes held in 200 ms`,
    );
    assert.ok(Math.abs(finding.slope + 1) < 0.05, `slope ${finding.slope}`);
  }
}
