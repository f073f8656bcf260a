import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { frameBytes } from '../../src/codec/frame-cutter.js';
import { FRAMES_MAGIC, FRAMES_VERSION, HEADER_LAYOUT } from '../../src/codec/frames.gen.js';
import { SECOND } from '../../src/model/time.js';
import { records, rxray } from '../e2e/rxray.js';
import { buildRecording } from './build-recording.js';
import { readRecording } from './read-recording.js';
import { withFolder } from './temporary-folder.js';

/** One stall a second, each of 14 probes above the threshold of 100 ms less 10. */
const STALLS = { samples: 1_000, stallEveryNs: SECOND } as const;

/** Where the headers and blocks of a file stand. */
function framesOf(bytes: Uint8Array): { readonly at: number; readonly size: number }[] {
  const frames: { at: number; size: number }[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = frameBytes(bytes, at);
    assert.ok(size > 0, `nothing starts at ${at}`);
    frames.push({ at, size });
    at += size;
  }
  return frames;
}

test('a byte flipped anywhere is found, and the block it is in is named by its offset', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'run.rxr');
    await buildRecording(file, { samples: 200 });
    const whole = readFileSync(file);
    const frames = framesOf(whole);
    const flipped = join(folder, 'flipped.rxr');
    for (let at = 0; at < whole.length; at += 61) {
      const frame = frames.find((one) => at >= one.at && at < one.at + one.size);
      assert.ok(frame);
      // Of a header only magic, version and size are checked: the rest are numbers that may be anything.
      if (whole[frame.at] === FRAMES_MAGIC[0] && at - frame.at >= HEADER_LAYOUT.helper) continue;
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ 0x10;
      writeFileSync(flipped, bytes);
      const { error, samples } = await readRecording(flipped);
      assert.ok(error, `the flip at ${at} was not found`);
      if (frame.at > 0) assert.match(error.message, new RegExp(`damaged at byte ${frame.at}: `), `flip at ${at}`);
      const before = await readRecordingUpTo(folder, whole, frame.at);
      assert.equal(samples, before, `all before the flip at ${at} was read`);
    }
  });
});

async function readRecordingUpTo(folder: string, whole: Uint8Array, length: number): Promise<number> {
  if (length === 0) return 0;
  const file = join(folder, 'before.rxr');
  writeFileSync(file, whole.subarray(0, length));
  const { samples, error } = await readRecording(file);
  assert.equal(error, undefined);
  return samples;
}

test('a file cut anywhere is read up to its last whole block, without complaint', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'run.rxr');
    await buildRecording(file, { samples: 100 });
    const whole = readFileSync(file);
    const cut = join(folder, 'cut.rxr');
    let most = 0;
    for (let length = HEADER_LAYOUT.bytes; length <= whole.length; length += 37) {
      writeFileSync(cut, whole.subarray(0, length));
      const { samples, error } = await readRecording(cut);
      assert.equal(error, undefined, `cut at ${length}`);
      assert.ok(samples >= most, `cut at ${length}: ${samples} samples, ${most} before`);
      most = samples;
    }
    assert.equal((await readRecording(file)).samples, 100);
    assert.ok(most >= 95);
  });
});

for (const ending of ['.gz', '.zst']) {
  test(`a ${ending} file cut anywhere loses at most what was being written`, async () => {
    await withFolder(async (folder) => {
      const file = join(folder, `run.rxr${ending}`);
      await buildRecording(file, { samples: 100_000 });
      const whole = readFileSync(file);
      const cut = join(folder, `cut.rxr${ending}`);
      for (const share of [0.3, 0.5, 0.9, 0.999]) {
        writeFileSync(cut, whole.subarray(0, Math.floor(share * whole.length)));
        const { samples, error } = await readRecording(cut);
        assert.equal(error, undefined, `cut at ${share}`);
        // A run that is compressed at once holds up to 256 KiB, which is some 4,200 samples.
        assert.ok(samples >= share * 100_000 - 9_000 && samples < 100_000, `cut at ${share}: ${samples} samples`);
      }
      const flipped = Buffer.from(whole);
      const at = Math.floor(0.9 * whole.length);
      flipped[at] = (flipped[at] ?? 0) ^ 0xff;
      writeFileSync(cut, flipped);
      const { error } = await readRecording(cut);
      assert.match(error?.message ?? 'not found', /damaged at byte \d+/);
    });
  });
}

test('a cut recording is replayed, with a warning; a damaged one too, and ends with status 4', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'run.rxr');
    await buildRecording(file, STALLS);
    const whole = readFileSync(file);
    writeFileSync(file, whole.subarray(0, whole.length - 4_000));
    const cut = await rxray('replay', file, '--json');
    assert.equal(cut.status, 0, cut.err);
    assert.match(cut.err, /W_RECORDING: the recording was cut off/);
    assert.ok(records(cut.out, 'finding').length >= 8, cut.out);
    const [quality] = records(cut.out, 'quality');
    assert.equal(quality?.end, 'cut-off');

    const at = Math.floor(whole.length / 2);
    whole[at] = (whole[at] ?? 0) ^ 1;
    writeFileSync(file, whole);
    const damaged = await rxray('replay', file, '--json');
    assert.equal(damaged.status, 4, damaged.err);
    assert.match(
      damaged.err,
      /run\.rxr is damaged at byte \d+: .*\[E_FRAMES\]\n {2}→ what came before that byte was used/,
    );
    const found = records(damaged.out, 'finding').length;
    assert.ok(found >= 4 && found <= 5, `${found} of the first 5 stalls`);
    assert.equal(records(damaged.out, 'summary').length, 1);
  });
});

test('a recording of a newer format is refused: which version, and what to do', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'run.rxr');
    await buildRecording(file, STALLS);
    const bytes = readFileSync(file);
    bytes.writeUInt16LE(FRAMES_VERSION + 1, HEADER_LAYOUT.version);
    writeFileSync(file, bytes);
    for (const command of [['replay'], ['export', '--csv']]) {
      const { status, out, err } = await rxray(...command, file);
      assert.equal(status, 2);
      assert.equal(out, '');
      assert.match(
        err,
        /has format version 2; this rxray reads up to version 1 \[E_FRAMES_VERSION\]\n {2}→ .*a newer one/,
      );
    }
  });
});

for (const [what, content] of [
  ['text', 'PING 192.0.2.1\n'],
  ['nothing', ''],
  ['a header alone, cut', Uint8Array.from(FRAMES_MAGIC)],
] as const) {
  test(`a file with ${what} is no recording`, async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'run.rxr');
      writeFileSync(file, content);
      const { status, err } = await rxray('replay', file);
      assert.equal(status, 2, err);
      assert.match(err, /E_RECORDING\]\n {2}→ /);
    });
  });
}

test('cut by size: every file stands alone, all together are the whole, and only so many are kept', async () => {
  await withFolder(async (folder) => {
    const whole = join(folder, 'whole.rxr');
    const file = join(folder, 'run.rxr');
    await buildRecording(whole, { samples: 6_000, stallEveryNs: SECOND });
    await buildRecording(file, { samples: 6_000, stallEveryNs: SECOND, rotateBytes: 60_000, eachWritten: true });
    const parts = readdirSync(folder).filter((name) => name.startsWith('run.'));
    assert.ok(parts.length >= 5, parts.join());
    assert.equal(parts[0], 'run.0001.rxr');
    for (const part of parts) assert.ok(statSync(join(folder, part)).size < 90_000, part);

    const expected = await rxray('replay', whole, '--json');
    const together = await rxray('replay', file, '--json');
    assert.equal(together.status, 0, together.err);
    assert.equal(together.out, expected.out);

    const third = await rxray('replay', join(folder, 'run.0003.rxr'), '--json');
    assert.equal(third.status, 0, third.err);
    assert.match(third.err, /begins with part 3/);
    const stalls = records<{ release: number }>(expected.out, 'finding');
    const alone = records<{ release: number }>(third.out, 'finding');
    assert.ok(alone.length >= 5, `${alone.length} stalls in the third file`);
    for (const stall of alone.slice(1, -1)) {
      assert.ok(
        stalls.some((other) => other.release === stall.release),
        'a stall of the whole',
      );
    }

    const kept = join(folder, 'kept.rxr');
    await buildRecording(kept, { samples: 6_000, rotateBytes: 60_000, keep: 2, eachWritten: true });
    const left = readdirSync(folder).filter((name) => name.startsWith('kept.'));
    assert.equal(left.length, 2, left.join());
    const rest = await rxray('replay', kept, '--json');
    assert.equal(rest.status, 0, rest.err);
    assert.match(rest.err, /begins with part \d+: numbers are those of the rest/);
    const [summary] = records<{ sent: number }>(rest.out, 'summary');
    assert.ok(summary !== undefined && summary.sent > 500 && summary.sent < 3_000, `${summary?.sent} probes`);
  });
});
