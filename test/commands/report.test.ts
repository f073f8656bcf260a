import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runCommandLine } from '../../src/cli/cli.js';
import { writeRecording } from '../report/write-recording.js';
import { fakeIo } from './fake-io.js';

interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

async function rxray(words: readonly string[], outIsTerminal = false): Promise<Ran> {
  const { io, out, err } = fakeIo({ outIsTerminal });
  const status = await runCommandLine('rxray', words, io);
  return { status, out: out(), err: err() };
}

describe('rxray report', () => {
  let folder: string;
  const file = (name: string): string => join(folder, name);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rxray-report-'));
    await writeRecording(file('run.rxr'), { samples: 8_000, paths: 2, intervalNs: 1e7, stallEveryNs: 4e9 });
  });
  after(() => rm(folder, { recursive: true, force: true }));

  test('writes what the extension says', async () => {
    for (const [name, begins] of [
      ['a.html', '<!DOCTYPE html>'],
      ['a.md', '# '],
      ['a.json', '{'],
    ] as const) {
      const { status, out } = await rxray(['report', file('run.rxr'), '-o', file(name), '-q']);
      assert.equal(status, 0);
      assert.equal(out, '');
      assert.ok((await readFile(file(name), 'utf8')).startsWith(begins), name);
    }
  });

  test('says in words what a recording of probe shows, on standard output without -o', async () => {
    const { status, out } = await rxray(['report', file('run.rxr')]);
    assert.equal(status, 0);
    // Every 4 s both paths stall once, the first time left out; one probe is slow by itself.
    assert.match(out, /^# 18 stalls, 1 RTT spike\n/);
    assert.match(out, /\| local>10\.0\.0\.1:443\/syn \| 9 \|/);
    assert.match(out, /8,000 probes on 2 paths/);
  });

  test('with another threshold', async () => {
    const { out } = await rxray(['report', file('run.rxr'), '--threshold', '500']);
    // A stall is one whatever the threshold is; what is slow is another matter.
    assert.match(out, /^# 18 stalls, 1 RTT spike\n/);
  });

  test('a recording that was cut off is reported as far as it goes, and says so', async () => {
    const whole = await readFile(file('run.rxr'));
    await writeFile(file('cut.rxr'), whole.subarray(0, Math.round(whole.length * 0.7)));
    const { status, out } = await rxray(['report', file('cut.rxr')]);
    assert.equal(status, 0);
    assert.match(out, /> \*\*Of the recording:\*\* the recording was cut off/);
    assert.match(out, /4,096 probes on 2 paths/);
  });

  test('a damaged one as well, and then ends with 4 and the place of the damage', async () => {
    const damaged = await readFile(file('run.rxr'));
    const place = Math.round(damaged.length * 0.9);
    damaged[place] = (damaged[place] ?? 0) ^ 0xff;
    await writeFile(file('damaged.rxr'), damaged);
    const { status, err } = await rxray(['report', file('damaged.rxr'), '-o', file('damaged.html'), '-q']);
    assert.equal(status, 4);
    assert.match(err, /\d{4,}/);
    assert.match(
      await readFile(file('damaged.html'), 'utf8'),
      /Of the recording:.*the report is about what came before/,
    );
  });

  test('refuses to write over the recording, endings without a format, and pages for the terminal', async () => {
    for (const [words, message] of [
      [['-o', file('run.rxr'), '--format', 'md'], /is the recording that is read as well/],
      [['-o', file('run.pdf')], /no format goes by that ending/],
      [['--format', 'html'], /not for the terminal/],
    ] as const) {
      const { status, err } = await rxray(['report', file('run.rxr'), ...words], true);
      assert.equal(status, 2);
      assert.match(err, message);
    }
    const missing = await rxray(['report', file('none.rxr')]);
    assert.equal(missing.status, 2);
    assert.match(missing.err, /there is no recording/);
  });
});
