import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checksum } from '../../src/codec/checksum.js';
import { frameBytes } from '../../src/codec/frame-cutter.js';
import { BLOCK_LAYOUT, FRAMES_MAGIC, FRAMES_VERSION, TEXT_LAYOUT } from '../../src/codec/frames.gen.js';
import { faultOff, faultOn } from '../../src/lab/faults.js';
import { labDown, labUp } from '../../src/lab/lab.js';
import { SECOND } from '../../src/model/time.js';
import { createCompressor } from '../../src/recording/compression.js';
import { rxray } from '../e2e/rxray.js';
import { buildRecording } from './build-recording.js';

/**
 * Makes the recordings that every later rxray must read, for the present format version: run it as root before a
 * release that changes the format, and add what it prints to golden.test.ts. Recordings of earlier versions stay as
 * they are.
 *
 *   node dist/test/recording/make-golden.js [FOLDER]
 */
async function main(root: string): Promise<void> {
  const folder = join(root, `v${FRAMES_VERSION}`);
  mkdirSync(folder, { recursive: true });
  for (const ending of ['', '.gz', '.zst']) {
    await buildRecording(join(folder, `probe.rxr${ending}`), { samples: 500, stallEveryNs: SECOND });
  }
  await buildRecording(join(folder, 'cut.rxr'), {
    samples: 600,
    stallEveryNs: SECOND,
    rotateBytes: 15_000,
    eachWritten: true,
  });
  const raw = join(folder, 'bisect.rxr');
  await recordBisection(raw);
  const compress = await createCompressor('zst');
  writeFileSync(`${raw}.zst`, await compress(withoutKernel(readFileSync(raw))));
  rmSync(raw);
}

/** The recording with no word of the kernel it was made on; the length of every block stays. */
function withoutKernel(bytes: Buffer): Buffer {
  for (let at = 0; at < bytes.length; at += frameBytes(bytes, at)) {
    const block = bytes.subarray(at, at + frameBytes(bytes, at));
    if (bytes[at] === FRAMES_MAGIC[0] || block.readUInt16LE(BLOCK_LAYOUT.type) !== TEXT_LAYOUT.type) continue;
    const text = block.subarray(BLOCK_LAYOUT.bytes).toString();
    const neutral = text.replace(
      /"kernel":"([^"]*)"/,
      (_, kernel: string) => `"kernel":"${'6.18.0'.padEnd(kernel.length, '-')}"`,
    );
    block.write(neutral, BLOCK_LAYOUT.bytes);
    block.writeUInt32LE(checksum(block), BLOCK_LAYOUT.crc32);
  }
  return bytes;
}

/** One of four receive queues of a node stalls; two vantages, and a watch on the node. */
async function recordBisection(file: string): Promise<void> {
  const lab = { name: 'golden' };
  const { hostsFile } = await labUp({ ...lab, queues: 4 }, () => {});
  try {
    await faultOn('rx-queue', { lab, seed: 7, periodMs: [400, 900], lengthMs: [60, 150], durationS: 30 }, () => {});
    const only = ['--only', 'shell>node/*', 'client>node/*', 'bad>external/*'];
    const words = ['--hosts', hostsFile, '--threshold', '25', '--cpu', '0', '--json', '-d', '6s', '--record', file];
    const { out, err } = await rxray('bisect', ...words, ...only);
    console.log(out.trimEnd().split('\n').at(-1), err);
    await faultOff('all', lab);
  } finally {
    await labDown(lab, () => {});
  }
}

await main(process.argv[2] ?? 'test/fixtures/recordings');
