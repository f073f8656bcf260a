import type { RunPath } from '../../model/records/run.js';
import type { RequestDetail } from '../../model/request.js';
import { Outcomes, type SampleColumns } from '../../model/sample.js';
import type { Reporter } from './reporter.js';

/**
 * One request a line as `vegeta encode --to json` writes its results; `vegeta report`, `plot` and `encode` read them.
 * Unlike vegeta's own, latencies count from the instant at which a request was due, which is its time stamp.
 */
export function createVegetaReporter(): Reporter {
  let paths: readonly RunPath[] = [];
  let epochNs = 0n;
  // A loss may still be answered late, and a result is told once.
  const unanswered = new Map<string, string>();
  return {
    start: (run) => {
      paths = run.paths;
      epochNs = BigInt(run.epochNs);
      return '';
    },
    samples: (samples) => {
      let out = '';
      for (let index = 0; index < samples.length; index += 1) {
        const path = paths[samples.path[index] ?? 0];
        const outcome = samples.outcome[index];
        if (path?.request?.kind !== 'http') continue;
        const key = `${samples.path[index]}/${samples.seq[index]}`;
        const line = result(path, samples, index, outcome === Outcomes.lost, epochNs);
        if (outcome === Outcomes.lost) unanswered.set(key, line);
        else {
          unanswered.delete(key);
          out += line;
        }
      }
      return out;
    },
    finding: () => '',
    end: () => [...unanswered.values()].join(''),
  };
}

function result(path: RunPath, samples: SampleColumns, index: number, isLost: boolean, epochNs: bigint): string {
  if (path.request?.kind !== 'http') return '';
  const due = samples.dueNs[index] ?? 0;
  const sent = samples.sentNs[index] ?? 0;
  const rttNs = samples.rttNs[index] ?? -1;
  const detail = samples.requests?.get(index);
  const took = rttNs >= 0 ? rttNs : waitedNs(detail);
  const failure = isLost ? `no answer within the wait time (${detail?.reached ?? 'unknown'})` : (detail?.failure ?? '');
  const status = detail?.status ?? 0;
  const value = {
    attack: path.path,
    seq: samples.seq[index] ?? 0,
    code: status,
    timestamp: rfc3339(epochNs + BigInt(due)),
    latency: Math.round(sent - due + took),
    bytes_out: Buffer.byteLength(path.request.body ?? ''),
    bytes_in: detail?.bytes ?? 0,
    error: failure !== '' ? failure : status >= 400 || status === 0 ? String(status) : '',
    body: null,
    method: path.request.method,
    url: path.request.url,
    headers: null,
  };
  return `${JSON.stringify(value)}\n`;
}

function waitedNs(detail: RequestDetail | undefined): number {
  return Object.values(detail?.phases ?? {}).reduce((sum, ns) => sum + ns, 0);
}

/** With all nine decimals, as Go writes and reads it. */
function rfc3339(ns: bigint): string {
  const seconds = new Date(Number(ns / 1_000_000n)).toISOString().slice(0, 19);
  return `${seconds}.${String(ns % 1_000_000_000n).padStart(9, '0')}Z`;
}
