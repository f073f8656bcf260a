import { MS, SECOND } from '../../model/time.js';
import { intervalFromStamps } from './interval.js';
import { acrossMidnight } from './line-time.js';
import type { PrintedLine } from './printed-run.js';

/** Times of a line that are written so finely can give send instants. */
const FINE_NS = 1 * MS;

/** Probes whose send instants the text shows. */
export interface StampedProbes {
  readonly probes: readonly { readonly seq: number; readonly sentNs: number }[];
  readonly epochNs: bigint;
}

/** Send instants by the times in front of the lines, where they are fine enough and advance. */
export function stampedProbes(lines: readonly PrintedLine[]): StampedProbes {
  const inTime = [...lines].sort((a, b) => a.seq - b.seq);
  const fine = inTime.filter(({ time, rttNs }) => time !== null && time.resolutionNs <= FINE_NS && rttNs !== null);
  if (fine.length === 0) return { probes: [], epochNs: 0n };
  const times = acrossMidnight(fine.map(({ time }) => time));
  const sent = fine.map(({ seq, rttNs }, i) => ({ seq, at: (times[i] as bigint) - BigInt(rttNs ?? 0) }));
  const first = sent.reduce((least, { at }) => (at < least ? at : least), sent[0]?.at ?? 0n);
  const dated = fine.every(({ time }) => time?.dated === true);
  const epochNs = first - (first % BigInt(SECOND));
  const probes = sent.map(({ seq, at }) => ({ seq, sentNs: Number(at - epochNs) }));
  // A pipe that hands lines over in blocks gives many one time.
  if (probes.length > 2 && intervalFromStamps(probes) === null) return { probes: [], epochNs: 0n };
  return { probes, epochNs: dated ? epochNs : 0n };
}
