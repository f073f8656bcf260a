import { ByteSource } from '../imports/byte-source.js';
import { isCapture } from '../imports/capture/capture-reader.js';
import { CodedError } from '../model/errors.js';
import { importCapture } from './import-capture.js';
import type { ImportOptions } from './import-options.js';
import type { Io } from './io.js';

/** So many bytes tell what a file is. */
const START_BYTES = 64;

/**
 * `import`: what other tools printed or captured, through the same detectors as a run of `probe`.
 *
 * @returns 0 read; 1 no reply in it at all, or what `--fail-on` names was found; with `--hosts` as `bisect`
 * @throws CodedError for wrong use and for files that are nothing known (2)
 */
export async function importFiles(options: ImportOptions, io: Io): Promise<number> {
  const [first] = options.files;
  if (first === undefined) throw new CodedError('E_USAGE', 'nothing to import', 'name a file', 2);
  const source = await ByteSource.open(first);
  const start = await firstBytes(source);
  try {
    if (isCapture(start)) return await importCapture(source, start, options, io);
    throw new Error('text');
  } finally {
    source.close();
  }
}

async function firstBytes(source: ByteSource): Promise<Uint8Array> {
  let start: Uint8Array = new Uint8Array(0);
  while (start.length < START_BYTES) {
    const chunk = await source.next();
    if (chunk === null) break;
    start = start.length === 0 ? chunk : Buffer.concat([start, chunk]);
  }
  return start;
}
