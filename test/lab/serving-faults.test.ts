import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { type FaultName, SERVING_FAULTS } from '../../src/lab/fault-plan.js';
import { faultEnd, faultOff, faultOn } from '../../src/lab/faults.js';
import { labDown, labUp } from '../../src/lab/lab.js';
import { recordedProcess } from '../../src/lab/process.js';
import { LabState } from '../../src/lab/state.js';
import type { TruthStall } from '../../src/lab/truth.js';
import type { RunRecord, SampleRecord } from '../../src/model/records/run.js';
import { MS } from '../../src/model/time.js';
import { needsRoot } from '../e2e/lab-probing.js';
import { records, startRxrayIn } from '../e2e/rxray.js';

const NAME = 'serving';
const LAB = { name: NAME };
const state = new LabState(NAME);
const silent = (): void => {};
const LENGTH_MS = 300;
const STALLS = 3;
const WEB = 'http://172.16.47.27:8088/';
/** A request that waited for a fault waited for a good part of it; one that did not is over by then. */
const HELD_NS = 40 * MS;

interface Seen {
  readonly requests: readonly SampleRecord[];
  readonly packets: readonly SampleRecord[];
  readonly stalls: readonly { readonly fromNs: number; readonly toNs: number; readonly truth: TruthStall }[];
}

/** Asks while a fault has three stalls, and puts what came on one time line with them. */
async function seen(fault: FaultName, ...asks: readonly string[]): Promise<Seen> {
  const probe = startRxrayIn({}, 'probe', '--json', '--netns', `${NAME}-shell`, '--rate', '50', '-d', '30s', ...asks);
  await probe.printed(20);
  const lengths = { lengthMs: [LENGTH_MS, LENGTH_MS], periodMs: [700, 900], count: STALLS } as const;
  const truth = await faultEnd(await faultOn(fault, { lab: LAB, ...lengths }, silent));
  await faultOff(fault, LAB);
  probe.child.kill('SIGINT');
  const { out, err } = await probe.ended;
  const [run] = records<RunRecord>(out, 'run');
  assert.ok(run !== undefined, err);
  const samples = records<SampleRecord>(out, 'sample');
  return {
    // The resolver refuses TCP.
    requests: samples.filter(({ path, outcome }) => /\/(http|dns)$/.test(path) && outcome !== 'error'),
    packets: samples.filter(({ path }) => /\/(syn|icmp)$/.test(path)),
    stalls: truth.map((stall) => {
      const fromNs = Number(BigInt(stall.startRealNs) - BigInt(run.epochNs));
      return { fromNs, toNs: fromNs + stall.endMonoNs - stall.startMonoNs, truth: stall };
    }),
  };
}

const within = (samples: readonly SampleRecord[], { fromNs, toNs }: Seen['stalls'][number]): readonly SampleRecord[] =>
  samples.filter(({ sent }) => sent > fromNs + 5 * MS && sent < toNs - 60 * MS);
const isHeld = ({ rttNs }: SampleRecord): boolean => rttNs === undefined || rttNs >= HELD_NS;
const share = (samples: readonly SampleRecord[], is: (sample: SampleRecord) => boolean): number =>
  samples.length === 0 ? Number.NaN : samples.filter(is).length / samples.length;

/** Groups with a CPU quota that a fault of this lab has made. */
const groups = (): string =>
  readFileSync(`/proc/${recordedProcess(state, 'web')?.pid}/cgroup`, 'utf8')
    .split('\n')
    .filter((line) => line.includes('rxray-lab'))
    .join();

describe('faults of what serves: requests wait, packets pass', { ...needsRoot, timeout: 240_000 }, () => {
  before(() => labUp(LAB, silent));
  after(() => labDown(LAB, silent));

  it('server: requests within a stall are answered at its end, SYNs at once', async () => {
    const { requests, packets, stalls } = await seen('server', '--http', WEB);
    assert.equal(stalls.length, STALLS);
    for (const stall of stalls) {
      const held = within(requests, stall);
      assert.equal(share(held, isHeld), 1);
      for (const { sent, rttNs = 0 } of held) assert.ok(Math.abs(sent + rttNs - stall.toNs) < 30 * MS);
      assert.ok(share(within(packets, stall), isHeld) < 0.05);
    }
  });

  it('throttled: the kernel counts the time for which the group was stopped, and the server is at home again', async () => {
    const { requests, packets, stalls } = await seen('throttled', '--http', WEB);
    for (const stall of stalls) {
      assert.ok(Number(stall.truth.throttledNs) > 100 * MS, JSON.stringify(stall.truth));
      assert.ok(within(requests, stall).filter(isHeld).length >= 3);
      assert.ok(share(within(packets, stall), isHeld) < 0.05);
    }
    assert.equal(groups(), '');
  });

  it('accept-queue: SYNs to the port are dropped, of requests and of probes', async () => {
    const { requests, packets, stalls } = await seen('accept-queue', '--http', WEB);
    for (const stall of stalls) {
      assert.equal(stall.truth.full, true);
      assert.equal(share(within(requests, stall), isHeld), 1);
      assert.ok(share(within(packets, stall), ({ rttNs }) => rttNs === undefined) > 0.9);
    }
    const { requests: later } = await seen('server', '--http', WEB);
    assert.ok(share(later, isHeld) < 0.7, 'the queue is as long as before');
  });

  it('resolver: names take the five seconds after which a resolver asks again; resolver-slow: as long as the stall', async () => {
    const dropped = await seen('resolver', '--dns', 'www.lab.example.@172.16.33.44');
    const inStall = dropped.stalls.flatMap((stall) => within(dropped.requests, stall));
    assert.ok(inStall.length > 0 && share(inStall, isHeld) > 0.9, `${inStall.length}`);
    const slow = await seen('resolver-slow', '--dns', 'www.lab.example.@172.16.33.44');
    for (const stall of slow.stalls) {
      const held = within(slow.requests, stall).filter(({ rttNs }) => rttNs !== undefined);
      assert.equal(share(held, isHeld), 1);
      assert.ok(share(within(slow.packets, stall), isHeld) < 0.05);
    }
  });

  it('every fault of what serves can be switched on and off in a row', async () => {
    for (const fault of SERVING_FAULTS) {
      await faultOn(fault, { lab: LAB }, silent);
      await faultOff(fault, LAB);
    }
    assert.equal(groups(), '');
  });
});
