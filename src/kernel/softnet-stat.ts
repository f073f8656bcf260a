import { UnforeseenText } from './checks/check.js';

/** Counters of one CPU since the node started, modulo 2^32. */
export interface SoftnetCounters {
  /** Packets that found the CPU's backlog full. */
  readonly dropped: number;
  /** Times that packets were left when the budget of one softirq run was used up. */
  readonly timeSqueeze: number;
  /** Drops by the limit per flow; 0 on kernels before 3.11. */
  readonly flowLimit: number;
}

const WRAP = 2 ** 32;
const CPU_COLUMN = 12;

/**
 * Reads /proc/net/softnet_stat by CPU id.
 *
 * A line stands for an online CPU. Since Linux 5.10 the 13th column names it (13 columns, 15 in later releases); before
 * (9 to 11 columns) the lines follow the list of online CPUs, and the number of the line is not the CPU.
 *
 * @param online the CPUs that are online, in rising order
 * @throws UnforeseenText when lines cannot be told to belong to CPUs
 */
export function parseSoftnetStat(text: string, online: readonly number[]): Map<number, SoftnetCounters> {
  const lines = text.trim() === '' ? [] : text.trim().split('\n');
  const counters = new Map<number, SoftnetCounters>();
  for (const [index, line] of lines.entries()) {
    const columns = line
      .trim()
      .split(/\s+/)
      .map((word) => Number.parseInt(word, 16));
    const [, dropped, timeSqueeze] = columns;
    if (dropped === undefined || timeSqueeze === undefined || columns.some(Number.isNaN)) {
      throw new UnforeseenText(`softnet_stat: ${line.slice(0, 40)}`);
    }
    const named = columns[CPU_COLUMN];
    if (named === undefined && lines.length !== online.length) {
      throw new UnforeseenText(`softnet_stat has ${lines.length} lines without CPU ids for ${online.length} CPUs`);
    }
    const cpu = named ?? online[index] ?? index;
    counters.set(cpu, { dropped, timeSqueeze, flowLimit: columns[10] ?? 0 });
  }
  return counters;
}

/** How far a counter of 32 bits has come. */
export function counted(before: number, after: number): number {
  return (after - before + WRAP) % WRAP;
}
