import { readdirSync, readFileSync } from 'node:fs';

/** What a running process has used, and what its network namespace has sent. */
export interface MeterReading {
  /** Processor time of all its threads, user and system. */
  readonly processorNs: number;
  readonly packetsSent: number;
  readonly packetsReceived: number;
  /** The most it ever had resident. */
  readonly residentBytes: number;
}

/** The same of a process and the children that it has now, their memory added up. */
export function readMeterOfAll(pid: number, device: string): MeterReading {
  const own = readMeter(pid, device);
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  const all = [own, ...children.map((child) => readMeter(child, device))];
  return {
    ...own,
    processorNs: all.reduce((sum, { processorNs }) => sum + processorNs, 0),
    residentBytes: all.reduce((sum, { residentBytes }) => sum + residentBytes, 0),
  };
}

/**
 * Reads /proc for a process. The scheduler's own account is exact to the nanosecond, where the times in `stat` come in
 * steps of 10 ms.
 *
 * @throws Error when the process has ended
 */
export function readMeter(pid: number, device: string): MeterReading {
  let processorNs = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    processorNs += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
  }
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const counters = new RegExp(`^\\s*${device}:(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/net/dev`, 'utf8'))?.[1];
  const fields = (counters ?? '').trim().split(/\s+/).map(Number);
  return {
    processorNs,
    packetsReceived: fields[1] ?? 0,
    packetsSent: fields[9] ?? 0,
    residentBytes: Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024,
  };
}
