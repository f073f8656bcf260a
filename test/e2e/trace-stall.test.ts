import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { FaultName } from '../../src/lab/fault-plan.js';
import { faultEnd, faultOff, faultOn } from '../../src/lab/faults.js';
import { labDown, labUp } from '../../src/lab/lab.js';
import { namespaceOf } from '../../src/lab/state.js';
import { isGap, readTruth, type TruthStall } from '../../src/lab/truth.js';
import { type Culprit, culpritSchema } from '../../src/model/culprit.js';
import { type TraceQuality, type TraceRun, traceQualitySchema, traceRunSchema } from '../../src/model/records/trace.js';
import { MS } from '../../src/model/time.js';
import { assertNobodyAccused } from '../verdicts/innocent.js';
import { needsRoot } from './lab-probing.js';
import { LAB, probeEveryQueue, RunningCommand } from './traced-lab.js';

const STALLS = 3;
/** Of the stalls that are judged, so many must be convicted; of none the wrong one. */
const CONVICTED_SHARE = 0.65;
const LENGTH_NS = 5 * MS;
/** The machine itself may pause; a stall that has such a pause within or beside it is not judged. */
const PAUSE_NS = 2 * MS;
/** Share of a stall that packets have to wait for, with some on every queue every few milliseconds. */
const LEAST_WAITED = 0.4;
const LENGTH_MS = [80, 110] as const;
/** Share of all stalls that have to be judged: of fewer the test would show nothing. */
const LEAST_JUDGED = 0.4;

/** What each fault on the bad node is to be convicted of. */
const CONVICTED: readonly (readonly [fault: FaultName, expected: string])[] = [
  // Threads that receive are moved to the CPU of a hog while it runs, and back at its end.
  ['rx-queue', 'kthread-starved rxray-lab-hog on CPU 1'],
  ['host', 'kthread-starved rxray-lab-hog on CPU 1'],
  ['softirq', 'bh-off-in-syscall memstat-reader in bpf on CPU 1'],
  ['starved', 'kthread-starved memstat-reader in bpf on CPU 1'],
  ['irq-off', 'irq-off register-dump in bpf on CPU 1'],
  ['handler', 'softirq-handler HRTIMER on CPU 1'],
];
/** Faults of other stages, in the same kernel, on the same CPUs. */
const ELSEWHERE: readonly FaultName[] = [
  'nat',
  'ipip',
  'pod',
  'network',
  'network-last-mile',
  'congestion',
  'loss',
  'sender',
  'device',
  'ecmp',
  'lag',
  'backends',
];

describe('trace stall in the lab', { ...needsRoot, timeout: 260_000 }, () => {
  const folded = join(tmpdir(), `rxray-folded-${process.pid}.txt`);
  const truths = new Map<FaultName, TruthStall[]>();
  let culprits: Culprit[] = [];
  let quality: TraceQuality;
  let trace: RunningCommand;
  let pauses: { fromMonoNs: number; toMonoNs: number }[] = [];
  /** CLOCK_MONOTONIC of the trace's epoch. */
  let epochMonoNs = 0;
  const judgedOf = { convicted: 0, elsewhere: 0 };

  before(async () => {
    const { gapLog } = await labUp({ name: LAB, queues: 4 }, () => {});
    trace = RunningCommand.start(
      ...[
        'trace',
        'stall',
        '--netns',
        namespaceOf(LAB, 'bad'),
        '--json',
        '--samples',
        '--folded',
        folded,
        '-d',
        '140s',
      ],
    );
    const probe = probeEveryQueue();
    await Promise.all([trace.wrote('\n'), probe.wrote('\n')]);
    for (const fault of [...CONVICTED.map(([name]) => name), ...ELSEWHERE]) {
      const handle = await faultOn(
        fault,
        { lab: { name: LAB }, periodMs: [300, 400], lengthMs: LENGTH_MS, count: STALLS, seed: 3, durationS: 20 },
        () => {},
      );
      truths.set(fault, await faultEnd(handle));
      await faultOff(fault, { name: LAB });
    }
    await probe.interrupt();
    assert.equal(await trace.interrupt(), 1, trace.err);
    const run = traceRunSchema.parse(trace.records<TraceRun>('run')[0]);
    const [first] = [...truths.values()].flat();
    assert.ok(first);
    epochMonoNs = Number(BigInt(run.epochNs) - BigInt(first.startRealNs)) + first.startMonoNs;
    culprits = trace.records<Culprit>('culprit').map((record) => culpritSchema.parse(record));
    quality = traceQualitySchema.parse(trace.records<TraceQuality>('trace-quality')[0]);
    pauses = readTruth(gapLog).filter(isGap);
  });
  after(async () => {
    trace?.child.kill('SIGKILL');
    rmSync(folded, { force: true });
    await labDown({ name: LAB }, () => {});
  });

  const releasedWith = (stall: TruthStall): Culprit[] =>
    culprits.filter(({ release }) => Math.abs(release + epochMonoNs - stall.endMonoNs) < LENGTH_NS);
  /** The gap log sees the stall itself too, on its CPU; a pause of the machine shows in what the injector noted. */
  const machinePaused = (stall: TruthStall): boolean =>
    stall.gaps.some(([from, to]) => to - from > PAUSE_NS) ||
    pauses.some(
      ({ fromMonoNs, toMonoNs }) =>
        toMonoNs > stall.endMonoNs + MS && fromMonoNs < stall.endMonoNs + 20 * MS && toMonoNs - fromMonoNs > PAUSE_NS,
    );

  for (const [fault, expected] of CONVICTED) {
    it(`${fault}: ${expected}, as long as the injector says`, (t) => {
      const stalls = truths.get(fault) ?? [];
      assert.equal(stalls.length, STALLS);
      const judged = stalls.filter((stall) => !machinePaused(stall));
      t.diagnostic(`${judged.length} of ${stalls.length} stalls without a pause of the machine itself`);
      judgedOf.convicted += judged.length;
      if (judged.length === 0) return t.skip('the machine itself paused at every stall');
      let right = 0;
      for (const stall of judged) {
        const found = releasedWith(stall);
        // Several queues wait at once: the longest wait is the stall's own.
        const accused = found.filter(accuses).sort((one, other) => other.waitNs - one.waitNs);
        for (const one of accused) assert.equal(wordsOf(one), expected, JSON.stringify(one));
        const [culprit] = accused;
        if (culprit === undefined) {
          t.diagnostic(`nobody: ${found.map(({ because }) => because).join('; ') || 'no wait is told'}`);
          continue;
        }
        right += 1;
        if (culprit.process !== null) assert.equal(culprit.process.pid, stall.pid);
        const length = stall.endMonoNs - stall.startMonoNs;
        t.diagnostic(`${(culprit.lengthNs / MS).toFixed(1)} ms, truly ${(length / MS).toFixed(1)} ms`);
        // Of a single queue packets come every few milliseconds only: it is held against them from the first on.
        const least = Math.min(length, culprit.waitNs);
        const told = `${culprit.lengthNs} ns for ${length} ns, of which packets waited ${culprit.waitNs}`;
        assert.ok(culprit.lengthNs <= length + LENGTH_NS && culprit.lengthNs >= least - LENGTH_NS, told);
        assert.ok(culprit.waitNs >= LEAST_WAITED * length, told);
      }
      assert.ok(right >= CONVICTED_SHARE * judged.length, `${right} of ${judged.length} stalls convicted`);
    });
  }

  for (const fault of ELSEWHERE) {
    it(`${fault}, on another stage: nobody on this machine is accused`, (t) => {
      const stalls = truths.get(fault) ?? [];
      assert.equal(stalls.length, STALLS);
      const judged = stalls.filter((stall) => !machinePaused(stall));
      judgedOf.elsewhere += judged.length;
      if (judged.length === 0) return t.skip('the machine itself paused at every stall');
      const accused = judged.flatMap(releasedWith).filter(accuses);
      assertNobodyAccused(accused);
    });
  }

  it('enough stalls were judged', (t) => {
    const { convicted, elsewhere } = judgedOf;
    t.diagnostic(
      `${convicted} of ${CONVICTED.length * STALLS} here, ${elsewhere} of ${ELSEWHERE.length * STALLS} elsewhere`,
    );
    assert.ok(convicted >= LEAST_JUDGED * CONVICTED.length * STALLS);
    assert.ok(elsewhere >= LEAST_JUDGED * ELSEWHERE.length * STALLS);
  });

  it('every sample stands in its place, and folded stacks name the culprits', () => {
    const samples = trace.records<{ time: number; cpu: number; threadName: string; stack: string[] }>('kernel-sample');
    const ofCulprit = samples.filter(({ threadName }) => threadName === 'memstat-reader');
    assert.ok(ofCulprit.length > 100, `${ofCulprit.length} samples`);
    assert.ok(ofCulprit.some(({ stack }) => stack.includes('__sys_bpf')));
    const lines = readFileSync(folded, 'utf8').trimEnd().split('\n');
    for (const line of lines) assert.match(line, /^[^ ;]+(;[^;]+)* \d+$/);
    assert.ok(lines.some((line) => line.startsWith('memstat-reader;') && line.includes('__sys_bpf')));
  });

  it('nothing is lost, and what tracing takes is told', (t) => {
    assert.equal(quality.lostEvents, 0);
    assert.equal(quality.droppedRecords, 0);
    assert.ok(quality.bpfRunNs !== null && quality.bpfRunNs > 0);
    const share = ((100 * quality.bpfRunNs) / quality.lengthNs).toFixed(2);
    t.diagnostic(`BPF programs took ${share} % of a CPU, the tracer ${(100 * quality.cpuNs) / quality.lengthNs} %`);
  });
});

function accuses({ class: kind }: Culprit): boolean {
  return !['steal', 'unattributed', 'not-this-node'].includes(kind);
}

function wordsOf({ class: kind, process, syscall, handler, cpu }: Culprit): string {
  const call = syscall === null ? '' : ` in ${syscall.name}`;
  const who = process === null ? handler : `${process.threadName}${call}`;
  return `${kind} ${who} on CPU ${cpu}`;
}
