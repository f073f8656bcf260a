import { parseCpuList } from '../cpu-list.js';
import { counted, parseSoftnetStat, type SoftnetCounters } from '../softnet-stat.js';
import type { NodeReadings } from './check.js';

const STAT = '/proc/net/softnet_stat';
const ONLINE = '/sys/devices/system/cpu/online';

export const SOFTNET_READS = [`read ${ONLINE}`, `read ${STAT}`];

/** What the softnet counters of one CPU did in the interval. */
export interface SoftnetChange {
  readonly cpu: number;
  readonly dropped: number;
  readonly timeSqueeze: number;
  readonly flowLimit: number;
}

export interface SoftnetInterval {
  readonly seconds: number;
  /** CPUs that were online at both readings. */
  readonly cpus: readonly SoftnetChange[];
  /** CPUs that came or went in between. */
  readonly changed: readonly number[];
  readonly sinceStart: ReadonlyMap<number, SoftnetCounters>;
}

/** The interval by CPU id, or in words why it is not known. */
export function softnetInterval({ before, after }: NodeReadings): SoftnetInterval | string {
  const [first, last] = [before.text(STAT), after.text(STAT)];
  if (first.kind === 'none') return first.why;
  if (last.kind === 'none') return last.why;
  const online = (files: typeof before): number[] => {
    const reading = files.text(ONLINE);
    return reading.kind === 'text' ? parseCpuList(reading.text) : [];
  };
  const from = parseSoftnetStat(first.text, online(before));
  const to = parseSoftnetStat(last.text, online(after));
  const both = [...to].filter(([cpu]) => from.has(cpu));
  const changed = [...from.keys(), ...to.keys()].filter((cpu) => !from.has(cpu) || !to.has(cpu));
  return {
    seconds: (last.atNs - first.atNs) / 1e9,
    sinceStart: to,
    changed,
    cpus: both.map(([cpu, now]) => {
      const then = from.get(cpu) ?? now;
      return {
        cpu,
        dropped: counted(then.dropped, now.dropped),
        timeSqueeze: counted(then.timeSqueeze, now.timeSqueeze),
        flowLimit: counted(then.flowLimit, now.flowLimit),
      };
    }),
  };
}

/** `CPUs 3 came or went in between` as an addition to a detail. */
export function changedCpus({ changed }: SoftnetInterval): string {
  return changed.length === 0 ? '' : `; CPU ${changed.join(', ')} came or went in between and is left out`;
}
