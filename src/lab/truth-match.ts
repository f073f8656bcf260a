import type { Stall } from '../model/finding.js';
import type { TruthStall } from './truth.js';

/** A stall as an injector logged it, on the time line of a run. */
export interface TrueStall {
  /** Nanoseconds since the epoch of the run. */
  readonly startNs: number;
  readonly releaseNs: number;
  readonly truth: TruthStall;
}

/** Puts the injector's log on the time line of a run that began at `epochRealNs` (CLOCK_REALTIME). */
export function onTimeLine(truth: readonly TruthStall[], epochRealNs: bigint): TrueStall[] {
  return truth.map((stall) => {
    const startNs = Number(BigInt(stall.startRealNs) - epochRealNs);
    return { startNs, releaseNs: startNs + (stall.endMonoNs - stall.startMonoNs), truth: stall };
  });
}

/** The reconstructed stalls whose release is within `toleranceNs` of the true one. */
export function foundAs(stall: TrueStall, found: readonly Stall[], toleranceNs: number): Stall[] {
  return found.filter((candidate) => Math.abs(candidate.release - stall.releaseNs) <= toleranceNs);
}
