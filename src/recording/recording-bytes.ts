import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createGunzip, constants as zlib } from 'node:zlib';
import { CodedError } from '../model/errors.js';
import { compressionOf } from './compression.js';
import { unpackFrames, ZstdDamage } from './zstd-frames.js';

/** Read at a time. */
const READ_BYTES = 1 << 20;

/** Counts what was read of the file itself, for progress. */
export interface ReadProgress {
  fileBytes: number;
}

/**
 * The content of a recording's file, unpacked where its name says that it is packed. Ends quietly where the file was
 * cut off.
 *
 * @throws CodedError E_RECORDING when it cannot be read, E_FRAMES where the packing is damaged
 */
export async function* recordingBytes(file: string, progress: ReadProgress): AsyncGenerator<Uint8Array> {
  const source = fileBytes(file, progress);
  switch (compressionOf(file)) {
    case 'none':
      yield* source;
      return;
    case 'gz':
      yield* gunzipped(file, source);
      return;
    case 'zst':
      yield* unpacked(file, source);
  }
}

async function* fileBytes(file: string, progress: ReadProgress): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: READ_BYTES }) as AsyncIterable<Uint8Array>) {
      progress.fileBytes += chunk.length;
      yield chunk;
    }
  } catch (cause) {
    throw new CodedError('E_RECORDING', `cannot read ${file}: ${(cause as Error).message}`, 'check the path', 2);
  }
}

async function* unpacked(file: string, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* unpackFrames(source);
  } catch (cause) {
    if (!(cause instanceof ZstdDamage)) throw cause;
    throw packingDamaged(file, cause.packedBytes, cause.bytes, cause.message);
  }
}

async function* gunzipped(file: string, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  // With a sync flush at the end a member that was cut off gives what is there of it.
  const gunzip = createGunzip({ chunkSize: READ_BYTES, finishFlush: zlib.Z_SYNC_FLUSH });
  const fed = feed(gunzip, source);
  let out = 0;
  try {
    for await (const chunk of gunzip as AsyncIterable<Uint8Array>) {
      out += chunk.length;
      yield chunk;
    }
    await fed;
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    throw packingDamaged(file, gunzip.bytesWritten, out, (cause as Error).message);
  }
}

async function feed(gunzip: ReturnType<typeof createGunzip>, source: AsyncIterable<Uint8Array>): Promise<void> {
  // A reader that leaves closes it, and nothing drains any more.
  const closed = new Promise((resolve) => gunzip.once('close', resolve));
  try {
    for await (const chunk of source) {
      if (gunzip.destroyed) return;
      if (!gunzip.write(chunk)) await Promise.race([once(gunzip, 'drain'), closed]);
    }
    gunzip.end();
  } catch (error) {
    gunzip.destroy(error as Error);
  }
}

function packingDamaged(file: string, packedBytes: number, bytes: number, why: string): CodedError {
  return new CodedError(
    'E_FRAMES',
    `${file} is damaged at byte ${packedBytes} (unpacked: ${bytes}): ${why}`,
    'what came before that byte was used; copy the file again',
  );
}
