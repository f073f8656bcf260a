import { readFile } from 'node:fs/promises';

/** Counters and gauges of the node itself that cost next to nothing to read; undefined where it does not tell. */
export interface NodeFigures {
  readonly softnetDropped: number | undefined;
  readonly softnetSqueezed: number | undefined;
  readonly stealSeconds: number | undefined;
  readonly conntrackEntries: number | undefined;
  readonly conntrackLimit: number | undefined;
}

/** Of a clock tick of /proc/stat, which is 100 Hz on every architecture that rxray runs on. */
const TICKS_PER_SECOND = 100;

export async function readNodeFigures(): Promise<NodeFigures> {
  const [softnet, stat, entries, limit] = await Promise.all(
    [
      '/proc/net/softnet_stat',
      '/proc/stat',
      '/proc/sys/net/netfilter/nf_conntrack_count',
      '/proc/sys/net/netfilter/nf_conntrack_max',
    ].map((path) => readFile(path, 'utf8').catch(() => '')),
  );
  return {
    softnetDropped: softnetSum(softnet ?? '', 1),
    softnetSqueezed: softnetSum(softnet ?? '', 2),
    stealSeconds: stealSeconds(stat ?? ''),
    conntrackEntries: whole(entries),
    conntrackLimit: whole(limit),
  };
}

/** A column of all CPUs together. */
export function softnetSum(text: string, column: number): number | undefined {
  const values = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => Number.parseInt(line.trim().split(/\s+/)[column] ?? '', 16));
  return values.length === 0 || values.some(Number.isNaN) ? undefined : values.reduce((sum, value) => sum + value, 0);
}

export function stealSeconds(text: string): number | undefined {
  const steal = /^cpu\s+(?:\d+\s+){7}(\d+)/m.exec(text)?.[1];
  return steal === undefined ? undefined : Number(steal) / TICKS_PER_SECOND;
}

function whole(text: string | undefined): number | undefined {
  return /^\d+\s*$/.test(text ?? '') ? Number(text) : undefined;
}
