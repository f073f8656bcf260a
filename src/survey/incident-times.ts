import { MS } from '../model/time.js';

/** Clocks of agents agree to this by NTP, at worst. */
export const CLOCK_NS = 100 * MS;

/** A stall as the clocks of several agents tell it. */
export interface IncidentTime {
  readonly fromNs: number;
  readonly toNs: number;
  /** In the middle. */
  readonly releaseNs: number;
}

/**
 * Puts release stamps of different agents together that can be of one stall: those that lie no further apart than two
 * clocks may.
 *
 * @param stamps in any order
 */
export function incidentTimes(stamps: readonly number[]): IncidentTime[] {
  const sorted = [...stamps].sort((a, b) => a - b);
  const groups: number[][] = [];
  for (const stamp of sorted) {
    const group = groups.at(-1);
    if (group !== undefined && stamp - (group[0] as number) <= 2 * CLOCK_NS) group.push(stamp);
    else groups.push([stamp]);
  }
  return groups.map((group) => ({
    fromNs: group[0] as number,
    toNs: group.at(-1) as number,
    releaseNs: group[group.length >> 1] as number,
  }));
}

export function isWithin(stampNs: number, { fromNs, toNs }: IncidentTime): boolean {
  return stampNs >= fromNs && stampNs <= toNs;
}
