import { open } from 'node:fs/promises';
import * as z from 'zod';
import { CodedError } from '../../model/errors.js';
import {
  fleetRunSchema,
  fleetVerdictSchema,
  linkVerdictSchema,
  nodeVerdictSchema,
} from '../../model/fleet/fleet-verdict.js';
import type { FleetTold } from '../../report/fleet/fleet-text.js';

const lineSchema = z.discriminatedUnion('type', [
  fleetRunSchema,
  nodeVerdictSchema,
  linkVerdictSchema,
  fleetVerdictSchema,
]);

/** A verdict on 10,000 nodes all of which are bad is less. */
const MOST_BYTES = 256 * 2 ** 20;
const BEGINNING = /^\{"type":"fleet-run",/;

/** Whether a file is what `rxray fleet --json` writes, by its first bytes. */
export async function isFleetVerdict(path: string): Promise<boolean> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return false;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0);
    return BEGINNING.test(buffer.toString('utf8', 0, bytesRead));
  } finally {
    await file.close();
  }
}

/** @throws CodedError E_FORMAT for one that is cut off, or that this program cannot read */
export async function readFleetVerdict(path: string): Promise<FleetTold> {
  const file = await open(path);
  try {
    if ((await file.stat()).size > MOST_BYTES) throw unreadable(path, 'is larger than any verdict');
    const lines = (await file.readFile('utf8')).split('\n').filter((line) => line !== '');
    const records = lines.map((line, i) => {
      const parsed = lineSchema.safeParse(json(line));
      if (parsed.success) return parsed.data;
      throw unreadable(path, `has a line ${i + 1} that is none of a verdict on a fleet`);
    });
    const of = <T extends (typeof records)[number]['type']>(type: T) =>
      records.filter((record): record is Extract<(typeof records)[number], { type: T }> => record.type === type);
    const [[run], [verdict]] = [of('fleet-run'), of('fleet-verdict')];
    if (run === undefined || verdict === undefined) throw unreadable(path, 'is cut off: it has no fleet-verdict');
    return { run, nodes: of('node-verdict'), links: of('link-verdict'), verdict };
  } finally {
    await file.close();
  }
}

function json(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function unreadable(path: string, what: string): CodedError {
  return new CodedError('E_FORMAT', `${path} ${what}`, 'write it anew: rxray fleet … --json -o FILE', 4);
}
