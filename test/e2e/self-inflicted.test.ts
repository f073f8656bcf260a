import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Finding } from '../../src/model/finding.js';
import type { QualityRecord } from '../../src/model/records/run.js';
import type { Summary } from '../../src/model/summary.js';
import { needsRoot } from './lab-probing.js';
import { RXRAY } from './rxray.js';

interface Document {
  readonly findings: readonly Finding[];
  readonly quality: QualityRecord;
  readonly summaries: readonly Summary[];
}

/** Probes loopback for three seconds while `disturb` has its way with the helper's process. */
async function probeDisturbed(args: readonly string[], disturb: (helper: number) => Promise<void>): Promise<Document> {
  const options = ['-d', '3s', '--threshold', '10', '--format', 'json', ...args];
  const child = spawn(process.execPath, [RXRAY, 'probe', '127.0.0.1', ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  await sleep(1_000);
  await disturb(helperOf(child.pid ?? 0));
  await closed;
  return JSON.parse(out) as Document;
}

function helperOf(parent: number): number {
  const children = execFileSync('ps', ['-o', 'pid=,comm=', '--ppid', String(parent)], { encoding: 'utf8' });
  const line = children.split('\n').find((entry) => entry.includes('rxray-prober'));
  assert.ok(line, `no prober under ${parent}: ${children}`);
  return Number(line.trim().split(/\s+/)[0]);
}

/** A real-time process on one CPU, above the prober's priority, for that long. */
function hog(cpu: number, forMs: number): Promise<void> {
  const program = `const end = process.hrtime.bigint() + ${forMs}000000n; while (process.hrtime.bigint() < end);`;
  const child = spawn('taskset', ['-c', String(cpu), 'chrt', '-f', '90', process.execPath, '-e', program], {
    stdio: 'inherit',
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  });
}

function convicting(document: Document): Finding[] {
  return document.findings.filter((finding) => !finding.selfInflicted);
}

for (const protocol of [['--icmp'], ['--syn', '-p', '9']]) {
  test(`a prober stopped for 150 ms has missed slots, the target no stall (${protocol[0]})`, needsRoot, async () => {
    const document = await probeDisturbed(protocol, async (helper) => {
      for (let round = 0; round < 3; round += 1) {
        process.kill(helper, 'SIGSTOP');
        await sleep(150);
        process.kill(helper, 'SIGCONT');
        await sleep(200);
      }
    });
    assert.deepEqual(
      convicting(document).filter((finding) => finding.kind === 'stall'),
      [],
    );
    assert.ok(document.quality.missedSlots >= 30, `${document.quality.missedSlots} slots missed`);
    assert.ok(document.quality.longestPauseNs >= 140e6, `${document.quality.longestPauseNs} ns`);
    assert.equal(document.summaries[0]?.lost, 0);
  });
}

test(
  'a prober starved of its CPU has missed slots or self-inflicted findings, the target no stall',
  needsRoot,
  async () => {
    const document = await probeDisturbed(['--icmp', '--cpu', '1'], async () => {
      for (let round = 0; round < 3; round += 1) await hog(1, 150);
    });
    assert.deepEqual(
      convicting(document).filter((finding) => finding.kind === 'stall'),
      [],
    );
    assert.ok(document.quality.missedSlots >= 10, `${document.quality.missedSlots} slots missed`);
    assert.ok(document.quality.pauses >= 1);
  },
);

test('with user-space time stamps a stopped prober forges the signature, and says so', needsRoot, async () => {
  const document = await probeDisturbed(['--icmp', '--timestamps', 'user', '-i', '2ms'], async (helper) => {
    for (let round = 0; round < 5; round += 1) {
      process.kill(helper, 'SIGSTOP');
      await sleep(150);
      process.kill(helper, 'SIGCONT');
      await sleep(150);
    }
  });
  assert.equal(document.quality.timestamps, 'user');
  assert.deepEqual(
    convicting(document).filter((finding) => finding.kind === 'stall'),
    [],
  );
});
