import type { NodeFiles } from './node-files.js';

export const NETSTAT = '/proc/net/netstat';
export const SNMP = '/proc/net/snmp';

/** Counters of the kernel's TCP in a network namespace, as the first reading, or a later one, has them. */
export type TcpCounters = ReadonlyMap<string, number>;

/**
 * Reads /proc/net/netstat and snmp, whose counters stand in pairs of lines: names, then values. Names are those of the
 * kernel: `ListenOverflows`, `RetransSegs`. A file that was not read adds none.
 */
export function tcpCounters(files: NodeFiles): TcpCounters {
  const counters = new Map<string, number>();
  for (const path of [NETSTAT, SNMP]) {
    const reading = files.text(path);
    if (reading.kind === 'none') continue;
    const lines = reading.text.split('\n');
    for (let at = 0; at + 1 < lines.length; at += 2) {
      const [group = '', ...names] = (lines[at] ?? '').trim().split(/\s+/);
      const [again = '', ...values] = (lines[at + 1] ?? '').trim().split(/\s+/);
      // Names come again in other groups: those of IP would take the place of those of TCP.
      if (group !== again || (group !== 'Tcp:' && group !== 'TcpExt:')) continue;
      for (const [index, name] of names.entries()) counters.set(name, Number(values[index] ?? 0));
    }
  }
  return counters;
}

/** How far a counter has come; undefined where one of the readings lacks it. */
export function grown(before: TcpCounters, after: TcpCounters, name: string): number | undefined {
  const [then, now] = [before.get(name), after.get(name)];
  return then === undefined || now === undefined ? undefined : Math.max(0, now - then);
}
