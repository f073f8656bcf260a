import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { faultOff, faultOn } from '../../src/lab/faults.js';
import { labDown, labUp } from '../../src/lab/lab.js';
import { isGap, isStall, machineGaps, readTruth } from '../../src/lab/truth.js';
import { culpritSchema } from '../../src/model/culprit.js';
import { MS } from '../../src/model/time.js';
import { verdictSchema } from '../../src/model/verdict.js';
import { needsRoot } from './lab-probing.js';

const LAB = { name: 'culprit' };
const PATH = 'shell>node/icmp';
const AT_MOST_MS = 60_000;
const TOLERANCE_NS = 5 * MS;
const main = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const run = promisify(execFile);

interface Sample {
  readonly type: string;
  readonly path: string;
  readonly seq: number;
  readonly sent: number;
  readonly rttNs?: number;
}

test('bisect ends with the process, system call, CPU and delayed probes that the injector logged', {
  ...needsRoot,
  timeout: 150_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'rxray-culprit-'));
  const recording = join(folder, 'run.rxr');
  const exported = join(folder, 'run.ndjson');
  const { hostsFile, gapLog } = await labUp(LAB, () => {});
  try {
    const schedule = { seed: 12, periodMs: [400, 1500], lengthMs: [60, 200], durationS: 100 } as const;
    const { truthPath } = await faultOn('softirq', { lab: LAB, ...schedule }, () => {});
    const args = ['--hosts', hostsFile, '--threshold', '25', '--cpu', '0', '--json', '--record', recording];
    const lines = await output(['bisect', ...args], AT_MOST_MS);
    await faultOff('all', LAB);
    const truth = readTruth(truthPath).filter(isStall);
    const [first] = truth;
    assert.ok(first);
    const gaps = machineGaps(readTruth(gapLog).filter(isGap), truth);
    const longestPauseNs = Math.max(0, ...gaps.map((gap) => gap.toMonoNs - gap.fromMonoNs));

    const verdict = verdictSchema.parse(lines.at(-1));
    const { culprit } = verdict;
    assert.ok(culprit, JSON.stringify(verdict, null, 1));
    t.diagnostic(
      `${verdict.cause} at ${verdict.where}: ${culprit.process} in ${culprit.syscall} on CPU ${culprit.cpus}, ` +
        `${culprit.incidents.length} incidents (${Math.round(culprit.share * 100)} %), ${culprit.probes.length} probes; machine paused ${longestPauseNs / 1e6} ms`,
    );
    assert.deepEqual(
      { class: culprit.class, process: culprit.process, pids: culprit.pids, syscall: culprit.syscall },
      { class: 'bh-off-in-syscall', process: first.comm, pids: [first.pid], syscall: 'bpf' },
    );
    assert.deepEqual(culprit.cpus, [first.cpu]);
    assert.equal(culprit.vantage, 'node');
    // Beside the injector's stalls the machine has pauses of its own, which are incidents too.
    assert.ok(culprit.incidents.length >= 3, `explains ${culprit.incidents.length} incidents`);

    const epochNs = BigInt((lines.find(({ type }) => type === 'run') as { epochNs: string }).epochNs);
    const stalls = truth.map(({ startRealNs, startMonoNs, endMonoNs }) => {
      const start = Number(BigInt(startRealNs) - epochNs);
      return { start, end: start + endMonoNs - startMonoNs };
    });
    const culprits = lines
      .filter(({ type }) => type === 'culprit')
      .map((line) => culpritSchema.parse(line))
      .filter(({ process }) => process?.name === first.comm);
    const traced = stalls.flatMap((stall) => {
      const seen = culprits.find(({ release }) => Math.abs(release - stall.end) <= TOLERANCE_NS + longestPauseNs);
      return seen ? [{ stall, seen }] : [];
    });
    assert.ok(traced.length >= 3, `${traced.length} stalls traced`);
    for (const { stall, seen } of traced) {
      const offNs = Math.abs(seen.lengthNs - (stall.end - stall.start));
      assert.ok(offNs <= TOLERANCE_NS + longestPauseNs, `length off by ${offNs / 1e6} ms: ${JSON.stringify(seen)}`);
    }

    await run(process.execPath, [main, 'export', recording, '--ndjson', '-o', exported]);
    const samples = (parsed(readFileSync(exported, 'utf8')) as Sample[]).filter(
      ({ type, path }) => type === 'sample' && path === PATH,
    );
    const delayed = new Map(culprit.probes.filter(({ path }) => path === PATH).map((probe) => [probe.seq, probe]));
    const slackNs = 2 * MS + longestPauseNs;
    let held = 0;
    for (const { seq, sent, rttNs } of samples) {
      const within = traced.find(({ stall }) => sent > stall.start + slackNs && sent < stall.end - slackNs);
      if (within) {
        held += 1;
        const delayNs = delayed.get(seq)?.delayNs;
        assert.ok(delayNs !== undefined, `probe ${seq} was sent while it held, and is not told: rtt ${rttNs}`);
        const offNs = Math.abs(delayNs - (within.stall.end - sent));
        assert.ok(offNs <= TOLERANCE_NS + longestPauseNs, `delay of probe ${seq} off by ${offNs / 1e6} ms`);
      }
      const outside = stalls.every(({ start, end }) => sent < start - slackNs || sent > end + slackNs);
      assert.ok(!(outside && delayed.has(seq)), `probe ${seq} was sent while nobody held`);
    }
    assert.ok(held >= 12, `${held} probes of ${PATH} were sent while it held`);
  } finally {
    await labDown(LAB, () => {});
    rmSync(folder, { recursive: true, force: true });
  }
});

/** The NDJSON a command prints; an interrupt makes it print what it has. */
async function output(args: readonly string[], atMostMs: number): Promise<{ type?: string }[]> {
  const running = run(process.execPath, [main, ...args], { maxBuffer: 512 << 20 });
  const timer = setTimeout(() => running.child.kill('SIGINT'), atMostMs);
  const { stdout } = await running
    .catch((error: { stdout?: string }) => ({ stdout: error.stdout ?? '' }))
    .finally(() => clearTimeout(timer));
  return parsed(stdout);
}

function parsed(text: string): { type?: string }[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}
