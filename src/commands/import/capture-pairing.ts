import { ByteSource } from '../../imports/byte-source.js';
import { Exchanges } from '../../imports/capture/exchange/exchanges.js';
import { PathTable } from '../../imports/capture/exchange/path-table.js';
import { readCapture } from '../../imports/capture/file/capture-reader.js';
import { SECOND } from '../../model/time.js';

/** Exchanges of one capture that are looked for in the other. */
const LOOKED_FOR = 4_096;
/** Found ones that are enough. */
const ENOUGH = 256;

export type Side = 0 | 1;

/** How two captures of the same probes lie to each other. */
export interface Pairing {
  /** Clock of the second less that of the first, to some round-trip times. */
  readonly offsetNs: number;
  /** The side that is nearer to who sends the probes of a path. */
  readonly senderOf: (path: string) => Side;
  readonly found: number;
  /** What the times of each count from: the second of its first packet. */
  readonly epochSeconds: readonly [number, number];
}

interface Seen {
  readonly path: string;
  readonly timeNs: bigint;
  readonly rttNs: number;
}

/**
 * Looks for the first exchanges of either capture in the other: so the captures may begin at different times and by
 * different clocks. Undefined when they have none in common. Where the RTT of a probe is longer, there is its sender.
 */
export async function pairCaptures(
  files: readonly [string, string],
  waitNs: number,
  stopped: () => boolean,
): Promise<Pairing | undefined> {
  for (const first of [0, 1] as const) {
    const wanted = new Map<string, Seen>();
    const own = await scan(files[first], waitNs, (key, seen) => {
      if (wanted.size < LOOKED_FOR) wanted.set(key, seen);
      return wanted.size < LOOKED_FOR && !stopped();
    });
    const found: (readonly [Seen, Seen])[] = [];
    const other = await scan(files[1 - first] as string, waitNs, (key, seen) => {
      const known = wanted.get(key);
      if (known !== undefined) found.push([known, seen]);
      return found.length < Math.min(ENOUGH, wanted.size) && !stopped();
    });
    if (found.length > 0)
      return { ...pairingOf(found, first), epochSeconds: first === 0 ? [own, other] : [other, own] };
  }
  return undefined;
}

function pairingOf(found: readonly (readonly [own: Seen, other: Seen])[], first: Side): Omit<Pairing, 'epochSeconds'> {
  const offsets = found.map(([own, other]) => Number(other.timeNs - own.timeNs)).sort((a, b) => a - b);
  const offset = offsets[offsets.length >> 1] ?? 0;
  const balance = new Map<string, number>();
  let all = 0;
  for (const [own, other] of found) {
    const longerHere = Math.sign(own.rttNs - other.rttNs);
    balance.set(own.path, (balance.get(own.path) ?? 0) + longerHere);
    all += longerHere;
  }
  const second = (1 - first) as Side;
  const majority = all >= 0 ? first : second;
  return {
    offsetNs: first === 0 ? offset : -offset,
    senderOf: (path) => {
      const longerHere = balance.get(path) ?? 0;
      return longerHere === 0 ? majority : longerHere > 0 ? first : second;
    },
    found: found.length,
  };
}

/** Calls back for each answered probe until told to stop. @returns what the times of the capture count from */
async function scan(file: string, waitNs: number, each: (key: string, seen: Seen) => boolean): Promise<number> {
  const source = await ByteSource.open(file);
  const start = await source.next();
  if (start === null) return 0;
  const table = new PathTable(() => true);
  let going = true;
  const exchanges = new Exchanges(table, { waitNs, matchNs: waitNs }, ({ samples, keys }) => {
    for (let i = 0; going && i < samples.length; i += 1) {
      const rttNs = samples.rttNs[i] as number;
      const path = table.paths[samples.path[i] as number]?.name ?? '';
      if (rttNs < 0) continue;
      const timeNs =
        BigInt(exchanges.epochSeconds ?? 0) * BigInt(SECOND) + BigInt(Math.round(samples.sentNs[i] as number));
      going = each(`${path} ${keys[i]}`, { path, timeNs, rttNs });
    }
  });
  try {
    await readCapture(source, start, exchanges, () => {
      exchanges.flush();
      return going;
    });
    exchanges.finish();
    return exchanges.epochSeconds ?? 0;
  } finally {
    source.close();
  }
}
