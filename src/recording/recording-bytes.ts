import { once } from 'node:events';
import { type FileHandle, open } from 'node:fs/promises';
import { createGunzip, constants as zlib } from 'node:zlib';
import { CodedError } from '../model/errors.js';
import { compressionOf } from './compression.js';
import { unpackFrames, ZstdDamage } from './zstd-frames.js';

/** Read at a time: what becomes of as much fits into the cache of a CPU. */
const READ_BYTES = 256 << 10;

/** Of what a thread unpacks more at a time, as handing a piece over takes as long as a good part of working on it. */
const GUNZIPPED_BYTES = 512 << 10;

/** Counts what was read of the file itself, for progress. */
export interface ReadProgress {
  fileBytes: number;
}

/**
 * The content of a recording's file, unpacked where its name says that it is packed. Ends quietly where the file was
 * cut off. Each piece is good until the next is asked for.
 *
 * @throws CodedError E_RECORDING when it cannot be read, E_FRAMES where the packing is damaged
 */
export async function* recordingBytes(file: string, progress: ReadProgress): AsyncGenerator<Uint8Array> {
  // To fetch each piece into memory of its own takes longer than to read it. One is read while the other is worked on.
  const rooms = [new Uint8Array(READ_BYTES), new Uint8Array(READ_BYTES)] as const;
  let turn = 0;
  const room = (): Uint8Array => {
    turn = 1 - turn;
    return rooms[turn] as Uint8Array;
  };
  switch (compressionOf(file)) {
    case 'none':
      yield* fileBytes(file, progress, room);
      return;
    case 'gz':
      // A thread reads what it was given while the next piece is fetched.
      yield* gunzipped(
        file,
        fileBytes(file, progress, () => new Uint8Array(READ_BYTES)),
      );
      return;
    case 'zst':
      yield* unpacked(file, fileBytes(file, progress, room));
  }
}

async function* fileBytes(file: string, progress: ReadProgress, room: () => Uint8Array): AsyncGenerator<Uint8Array> {
  const unreadable = (cause: Error): CodedError =>
    new CodedError('E_RECORDING', `cannot read ${file}: ${cause.message}`, 'check the path', 2);
  const handle: FileHandle = await open(file).catch((cause: Error) => {
    throw unreadable(cause);
  });
  const read = () => handle.read(room(), 0, READ_BYTES, null);
  let next = read();
  try {
    for (;;) {
      const { buffer, bytesRead } = await next.catch((cause: Error) => {
        throw unreadable(cause);
      });
      if (bytesRead === 0) return;
      next = read();
      progress.fileBytes += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    // Also when the reader leaves while one is under way.
    await next.catch(() => {});
    await handle.close();
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
  const gunzip = createGunzip({ chunkSize: GUNZIPPED_BYTES, finishFlush: zlib.Z_SYNC_FLUSH });
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
