import { execFileSync } from 'node:child_process';
import { createWriteStream, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { pcapPieces, type TrafficOptions } from './traffic.js';

const program = fileURLToPath(new URL('./import-child.js', import.meta.url));

/** What one import took, in a process of its own. */
export interface ImportCost {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Of the whole process at its peak. */
  readonly peakBytes: number;
  readonly sent: number;
  readonly received: number;
  readonly stalls: number;
}

/** Writes a capture as long as wanted, in bounded memory. @returns its size */
export async function writeCapture(path: string, options: TrafficOptions & { payload?: number }): Promise<number> {
  await pipeline(Readable.from(pcapPieces(options)), createWriteStream(path));
  return statSync(path).size;
}

export function measureImport(...paths: readonly string[]): ImportCost {
  return JSON.parse(execFileSync(process.execPath, [program, ...paths], { encoding: 'utf8' }));
}
