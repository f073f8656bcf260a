import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** First line of a log: what was asked for. Instants are CLOCK_MONOTONIC. */
export interface TruthSettings {
  readonly type: 'settings';
  readonly fault: string;
  readonly host?: string;
  /** -1: all queues. */
  readonly queue?: number;
  readonly pid: number;
  readonly startMonoNs: number;
  /** CLOCK_REALTIME of the same instant; beyond 2^53. */
  readonly startRealNs: string;
  readonly [setting: string]: unknown;
}

/** What an injector really did. */
export interface TruthStall {
  readonly type: 'stall';
  readonly fault: string;
  readonly startMonoNs: number;
  readonly endMonoNs: number;
  readonly startRealNs: string;
  /** -1: all queues, or no queue at all. */
  readonly queue: number;
  readonly host: string;
  readonly cpu: number;
  readonly pid: number;
  readonly comm: string;
  readonly requestedNs: number;
  /** Times within the stall when the injector itself did not run; the first 32. */
  readonly gapCount: number;
  readonly gaps: readonly (readonly [fromMonoNs: number, toMonoNs: number])[];
  /** How often a held NAPI thread got a CPU within the stall: 0 proves that it was whole. */
  readonly threadSwitches?: number;
  /** Packets that were held (nat, ipip, pod, network) or dropped (loss). */
  readonly packets?: number;
  readonly [detail: string]: unknown;
}

/** The machine paused, or the kernel kept even the highest priority from a CPU. */
export interface TruthGap {
  readonly type: 'gap';
  readonly cpu: number;
  readonly fromMonoNs: number;
  readonly toMonoNs: number;
  /** Steal of that CPU as the kernel accounts it: in steps of 10 ms. */
  readonly stealNs: number;
}

export interface TruthEnd {
  readonly type: 'end';
  readonly fault: string;
  readonly reason: 'count' | 'duration' | 'signal' | 'lab gone';
  readonly stalls: number;
  readonly monoNs: number;
}

export type TruthEvent = TruthSettings | TruthStall | TruthGap | TruthEnd;

const TYPES = new Set(['settings', 'stall', 'gap', 'end']);

/** Parses a log; a line that a killed injector left unfinished is not an event. */
export function parseTruth(text: string): TruthEvent[] {
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TruthEvent)
    .filter((event) => TYPES.has(event.type));
}

export const readTruth = (path: string): TruthEvent[] => parseTruth(readFileSync(path, 'utf8'));

export const isStall = (event: TruthEvent): event is TruthStall => event.type === 'stall';
export const isGap = (event: TruthEvent): event is TruthGap => event.type === 'gap';

/** Gaps that no stall on the same CPU explains: pauses of the machine itself. */
export function machineGaps(gaps: readonly TruthGap[], stalls: readonly TruthStall[]): TruthGap[] {
  return gaps.filter(
    (gap) =>
      !stalls.some(
        (stall) => stall.cpu === gap.cpu && stall.startMonoNs < gap.toMonoNs && gap.fromMonoNs < stall.endMonoNs,
      ),
  );
}

const FOLLOW_MS = 20;

/** Events as they are written, from the beginning of the log to its end line or until aborted. */
export async function* followTruth(path: string, signal?: AbortSignal): AsyncGenerator<TruthEvent> {
  const file = openSync(path, 'r');
  try {
    let position = 0;
    let rest = Buffer.alloc(0);
    while (!signal?.aborted) {
      const size = fstatSync(file).size;
      if (size <= position) {
        await sleep(FOLLOW_MS);
        continue;
      }
      const chunk = Buffer.alloc(size - position);
      position += readSync(file, chunk, 0, chunk.length, position);
      const text = Buffer.concat([rest, chunk]);
      const end = text.lastIndexOf(0x0a) + 1;
      rest = text.subarray(end);
      for (const event of parseTruth(text.subarray(0, end).toString('utf8'))) {
        yield event;
        if (event.type === 'end') {
          return;
        }
      }
    }
  } finally {
    closeSync(file);
  }
}
