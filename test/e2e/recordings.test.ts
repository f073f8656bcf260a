import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { faultOff, faultOn } from '../../src/lab/faults.js';
import { labDown, labUp } from '../../src/lab/lab.js';
import { withFolder } from '../recording/temporary-folder.js';
import { needsRoot } from './lab-probing.js';
import { records, rxray, startRxray } from './rxray.js';

const LAB = { name: 'rec' };

/** Bisects the lab while address translation holds packets, which takes no CPU from others, recorded. */
async function recordedBisection(
  file: string,
): Promise<{ readonly out: string; readonly err: string; readonly status: number | null }> {
  const { hostsFile } = await labUp({ ...LAB, queues: 4 }, () => {});
  try {
    const fault = { lab: LAB, seed: 2019, periodMs: [400, 900], lengthMs: [60, 200], durationS: 60 } as const;
    await faultOn('nat', fault, () => {});
    const words = ['--hosts', hostsFile, '--threshold', '25', '--cpu', '0', '--json', '-d', '8s', '--record', file];
    const live = await rxray('bisect', ...words);
    await faultOff('all', LAB);
    assert.ok(live.status === 1 || live.status === 3, live.err);
    return live;
  } finally {
    await labDown(LAB, () => {});
  }
}

test('a bisection recorded, replayed and exported: verdict, findings, incidents and summaries are those of the live one', {
  ...needsRoot,
  timeout: 120_000,
}, async (t) => {
  await withFolder(async (folder) => {
    const file = join(folder, 'bisect.rxr.zst');
    const live = await recordedBisection(file);
    const [verdict] = records<{ cause: string; where: string }>(live.out, 'verdict');
    t.diagnostic(`${verdict?.cause} at ${verdict?.where}, ${statSync(file).size} bytes`);
    assert.ok(records(live.out, 'incident').length >= 5, 'the fault was seen');
    const replayed = await rxray('replay', file, '--json');
    for (const line of replayed.err.split('\n')) assert.ok(live.err.includes(line), line);
    assert.equal(replayed.status, live.status);
    // One after the other, so that a difference is told by what it is in.
    for (const type of ['run', 'path', 'finding', 'incident', 'culprit', 'summary', 'quality', 'verdict']) {
      assert.deepEqual(records(replayed.out, type), records(live.out, type), type);
    }
    const [again] = records<{ cause: string; where: string }>(replayed.out, 'verdict');
    assert.deepEqual([again?.cause, again?.where], [verdict?.cause, verdict?.where]);
    // Lines of different kinds may change places: when a kind is told goes by the clock of who prints it.
    const lines = (text: string): string[] => text.split('\n').sort();
    assert.deepEqual(lines(replayed.out), lines(live.out), 'to the byte');
    // What a threshold above all stalls leaves convicts nobody.
    const blunt = await rxray('replay', file, '--json', '--threshold', '900', '--stall-threshold', '900');
    assert.equal(blunt.status, 3, blunt.out);
    const document = JSON.parse((await rxray('replay', file, '--format', 'json')).out);
    assert.deepEqual(document.verdict, again);
    assert.deepEqual(document.summaries, records(live.out, 'summary'));

    const sent = records<{ sent: number }>(live.out, 'summary').reduce((sum, summary) => sum + summary.sent, 0);
    const { err } = await rxray('export', file, '--pcapng');
    const exported = Number(/^(\d+) samples in /.exec(err)?.[1]);
    // A late reply is a second sample of its probe; probes still under way at the end have none.
    assert.ok(Math.abs(exported - sent) < 0.05 * sent, `${exported} samples of ${sent} probes`);
    const capture = join(folder, 'bisect.pcapng');
    const dump = execFileSync('tcpdump', ['-nr', capture, '-c', '5000', 'host', '172.16.47.27'], { stdio: 'pipe' });
    assert.equal(dump.toString().trimEnd().split('\n').length, 5_000);
  });
});

test('a probe of real packets killed at any moment: what was printed is in the recording', {
  ...needsRoot,
  timeout: 60_000,
}, async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'run.rxr');
    const run = startRxray('record', file, '127.0.0.1', '127.0.0.2:9', '-d', '30s', '--json');
    await run.printed(300);
    run.child.kill('SIGKILL');
    const { out } = await run.ended;
    const printed = records<{ path: string; seq: number; flow: number | null }>(
      out.slice(0, out.lastIndexOf('\n') + 1),
      'sample',
    );
    const again = await rxray('replay', file, '--json');
    assert.match(again.err, /the recording was cut off/);
    const key = (sample: (typeof printed)[number]): string => `${sample.path} ${sample.seq} ${sample.flow}`;
    const recorded = new Set(records<(typeof printed)[number]>(again.out, 'sample').map(key));
    const missing = printed.filter((sample) => !recorded.has(key(sample))).length;
    // 200 probes a second: 100 ms are 20, the rest is for a machine that pauses by itself.
    assert.ok(printed.length >= 100 && missing <= 60, `${missing} of ${printed.length} are not in the recording`);
  });
});

test('a disk that fills up ends the recording at its last whole block; the measurement goes on', {
  ...needsRoot,
  timeout: 60_000,
}, async () => {
  await withFolder(async (folder) => {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=40k', 'rxray-test', disk]);
    try {
      const file = join(disk, 'run.rxr');
      const live = await rxray('record', file, '127.0.0.1', '127.0.0.2:9', '-i', '4ms', '-c', '600', '--json');
      assert.equal(live.status, 0, live.err);
      assert.match(live.err, /warning E_RECORDING: cannot write .*run\.rxr: .*no space left.*the measurement goes on/);
      const [summary] = records<{ sent: number; missedSlots: number }>(live.out, 'summary');
      assert.equal((summary?.sent ?? 0) + (summary?.missedSlots ?? 0), 600);
      const replayed = await rxray('replay', file, '--json');
      assert.equal(replayed.status, 0, replayed.err);
      const samples = records(replayed.out, 'sample').length;
      assert.ok(samples > 300 && samples < 1_000, `${samples} samples fit on the disk`);
    } finally {
      execFileSync('umount', [disk]);
    }
  });
});
