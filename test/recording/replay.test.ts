import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { SECOND } from '../../src/model/time.js';
import { detectorNsPerSample } from '../bench/detect-bench.js';
import { benchReplay } from '../bench/replay-bench.js';
import { records, rxray, scenarioFile } from '../e2e/rxray.js';
import { buildRecording } from './build-recording.js';
import { withFolder } from './temporary-folder.js';

/** A probe of a simulated node with one stalled queue: the same to the bit each time. */
function simulated(...args: readonly string[]): readonly string[] {
  return simulatedAbove(40, ...args);
}

function simulatedAbove(thresholdMs: number, ...args: readonly string[]): readonly string[] {
  const engine = ['--engine', 'sim', '--scenario', scenarioFile('rx-queue-stall')];
  return ['172.16.47.27', '-d', '30s', ...engine, '--threshold', String(thresholdMs), ...args];
}

for (const ending of ['', '.gz', '.zst']) {
  test(`a probe recorded as .rxr${ending} is replayed: the same lines, summary and status`, async () => {
    await withFolder(async (folder) => {
      const file = join(folder, `run.rxr${ending}`);
      const fail = ['--fail-on', 'stall'];
      const live = await rxray('record', file, ...simulated('--json', ...fail));
      assert.equal(live.status, 1, live.err);
      assert.ok(records(live.out, 'finding').length >= 5);
      const again = await rxray('replay', file, '--json', ...fail);
      assert.equal(again.status, 1, again.err);
      assert.equal(again.err, '');
      assert.equal(again.out, live.out);
    });
  });
}

test('replay in every format prints what the live run prints', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'run.rxr');
    await rxray('record', file, ...simulated('-q'));
    for (const format of ['text', 'json', 'csv', 'hping']) {
      const live = await rxray('probe', ...simulated('--format', format));
      const again = await rxray('replay', file, '--format', format);
      assert.equal(again.status, 0, again.err);
      // The document says with which options it was made; those of recording are not those of printing.
      const comparable = (text: string): unknown =>
        format === 'json' ? { ...JSON.parse(text), options: undefined } : text;
      assert.deepEqual(comparable(again.out), comparable(live.out), format);
    }
  });
});

test('another stall threshold finds other stalls: those that a live run with it would have found', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'run.rxr');
    await rxray('record', file, ...simulated('-q'));
    const high = await rxray('replay', file, '--json', '--threshold', '120', '--stall-threshold', '120');
    const live = await rxray('probe', ...simulatedAbove(120, '--json', '--stall-threshold', '120'));
    const stalls = records(high.out, 'finding');
    assert.deepEqual(stalls, records(live.out, 'finding'));
    assert.deepEqual(records(high.out, 'summary'), records(live.out, 'summary'));
    const low = records((await rxray('replay', file, '--json')).out, 'finding');
    assert.ok(low.length > stalls.length, `${low.length} by their shape, ${stalls.length} above 120 ms`);
  });
});

test('a disk that is full ends the recording, which is told, and not the measurement', async () => {
  const words = simulated('--json');
  const { status, out, err } = await rxray('record', '/dev/full', ...words);
  assert.equal(status, 0, err);
  assert.match(
    err,
    /warning E_RECORDING: cannot write the recording \/dev\/full: .*no space left.*the measurement goes on/,
  );
  assert.match(err, /\n {2}→ make room/);
  assert.equal(err.match(/E_RECORDING/g)?.length, 1, 'told once');
  const plain = await rxray('probe', ...words);
  assert.deepEqual(records(out, 'finding'), records(plain.out, 'finding'));
});

for (const [what, args, expected] of [
  ['a folder that is not there', ['record', '/nonexistent/run.rxr', ...simulated()], /E_RECORDING/],
  ['--rotate without a recording', ['probe', ...simulated('--rotate', '1MB')], /add --record FILE/],
  ['--keep without --rotate', ['record', 'run.rxr', ...simulated('--keep', '3')], /add --rotate SIZE/],
  ['a size without a unit', ['record', 'run.rxr', ...simulated('--rotate', '100')], /--rotate 100MB/],
  ['a recording that is not there', ['replay', '/nonexistent/run.rxr'], /there is no recording/],
  ['--speed 0', ['replay', '/dev/null', '--speed', '0'], /--speed 1 for real time/],
  ['an export to nothing', ['export', '/dev/null'], /--parquet, --csv, --ndjson, --pcapng/],
  ['an export to two formats', ['export', '/dev/null', '--csv', '--ndjson'], /give one of/],
] as const) {
  test(`${what} is refused with the next step`, async () => {
    const { status, err } = await rxray(...args);
    assert.ok(status === 2 || status === 4, err);
    assert.match(err, expected);
    assert.match(err, /\n {2}→ /);
  });
}

test('export: CSV and NDJSON as the live run prints them, Parquet with the same values', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'run.rxr.zst');
    const live = await rxray('record', file, ...simulated('--json'));
    assert.equal((await rxray('export', file, '--ndjson')).out, live.out);
    const csv = await rxray('probe', ...simulated('--format', 'csv'));
    const table = join(folder, 'table.csv');
    assert.equal((await rxray('export', file, '--csv', '-o', table)).status, 0);
    assert.equal(readFileSync(table, 'utf8'), csv.out);

    const { status, err } = await rxray('export', file, '--parquet');
    assert.equal(status, 0, err);
    assert.match(err, /samples in .*run\.parquet/);
    const rows = await parquetReadObjects({
      file: await asyncBufferFromFile(join(folder, 'run.parquet')),
      // Instants as integers, to compare their nanoseconds.
      parsers: { timestampFromNanoseconds: (value: bigint) => value } as never,
    });
    const expected = csv.out
      .trimEnd()
      .split('\r\n')
      .slice(1)
      .map((line) => line.split(','));
    assert.equal(rows.length, expected.length);
    for (const [index, cells] of expected.entries()) {
      const row = rows[index] ?? {};
      assert.deepEqual(
        Object.values(row).map((value) => (value === null ? '' : String(value))),
        cells,
      );
    }
  });
});

test('export: a capture that tcpdump reads, each packet at its instant, in order', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'run.rxr');
    await buildRecording(file, { samples: 300, stallEveryNs: SECOND });
    assert.equal((await rxray('export', file, '--pcapng')).status, 0);
    const dump = (...args: readonly string[]): string[] =>
      execFileSync('tcpdump', ['-nr', join(folder, 'run.pcapng'), ...args], { stdio: ['ignore', 'pipe', 'ignore'] })
        .toString()
        .trimEnd()
        .split('\n');
    const lines = dump('-tt', '--nano');
    assert.equal(lines.length, 600);
    const times = lines.map((line) => line.split(' ')[0] ?? '');
    assert.deepEqual(times, [...times].sort());
    assert.equal(
      lines[0],
      '1795310073.411254000 IP 192.0.2.1.61000 > 192.0.2.7.443: Flags [S], seq 0, win 64240, length 0',
    );
    assert.match(
      lines[1] ?? '',
      /^1795310073\.4115\d+ IP 192\.0\.2\.7\.443 > 192\.0\.2\.1\.61000: Flags \[S\.\], seq 0, ack 1, /,
    );
    assert.ok(!dump('-vv').some((line) => /\(incorrect|bad (ip|hdr|len|cksum)/i.test(line)), 'checksums are right');
  });
});

test('replay with detection makes a million samples a second', async (t) => {
  const before = detectorNsPerSample(4);
  const [rate] = await benchReplay(300_000, ['']);
  assert.ok(rate);
  const detectorNs = Math.max(before, detectorNsPerSample(4));
  const cost = rate.cpuNsPerSample / detectorNs;
  t.diagnostic(
    `${(rate.perSecond / 1e6).toFixed(2)} million samples/s, ${rate.cpuNsPerSample.toFixed(0)} ns of CPU each, ` +
      `${cost.toFixed(1)} times the detectors`,
  );
  // Others may have the machine at the same time, which doubles the processor time of all that runs. On an idle one a
  // sample takes some 500 ns, and 4 times what the detectors take of them.
  assert.ok(rate.perSecond >= 1e6 || rate.cpuNsPerSample <= 1_500 || cost <= 10, `${rate.cpuNsPerSample} ns a sample`);
  assert.match(rate.report, /300000 packets transmitted, 300000 received/);
});
