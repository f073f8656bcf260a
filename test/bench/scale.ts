import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PlannedPath } from '../../src/model/plan.js';
import { Outcomes } from '../../src/model/sample.js';
import { MS, SECOND, US } from '../../src/model/time.js';
import { withNamespaces } from './namespace.js';
import { owing } from './owed.js';
import type { Part, PartResult, Setting } from './part.js';
import { type ProberRecord, runProber } from './prober-run.js';
import { type MeterReading, readMeter } from './process-meter.js';
import { type Spread, spread } from './quantile.js';

const NAMESPACE = 'rxray-bench-scale';
const TARGETS = 1_000;
const INTERVAL_MS = 10;
const SECONDS = 5;
const MISSED_LIMIT = 0.001;
const RESIDENT_LIMIT = 64 * 2 ** 20;
/** What a tool that cannot keep up may take longer than planned. */
const PATIENCE_S = 5;

/** Loopback addresses, which all belong to the namespace itself. */
const addresses = Array.from({ length: TARGETS }, (_, i) => `127.0.${1 + Math.floor(i / 250)}.${1 + (i % 250)}`);

const paths: readonly PlannedPath[] = addresses.map((address) => ({
  name: `scale>${address}/icmp`,
  protocol: 'icmp',
  address,
  flows: 1,
  freshPerSecond: 0,
  intervalNs: INTERVAL_MS * MS,
}));

interface Scale {
  readonly tool: string;
  readonly planned: number;
  readonly sent: number;
  readonly perSecond: number;
  readonly missed: number;
  /** Null where the tool gave up before it told. */
  readonly answered: number | null;
  readonly lost: number | null;
  /** Sent minus due; null where the tool does not tell. */
  readonly sendErrorNs: Spread | null;
  readonly nsPerProbe: number;
  readonly residentBytes: number;
  readonly remark: string;
}

/** 1,000 targets every 10 ms from one process, on loopback, where the target's work is done in the sender's time. */
export const scale: Part = {
  name: 'scale',
  about: `${TARGETS} targets every ${INTERVAL_MS} ms from one process, ICMP on loopback, ${SECONDS} s`,
  run: (setting) =>
    withNamespaces([NAMESPACE], async () => {
      const own = await measureOwn(setting);
      setting.say('fping, the same');
      return toResult([own, await measureFping()]);
    }),
};

async function measureOwn(setting: Setting): Promise<Scale> {
  setting.say(`rxray, ${(TARGETS * 1_000) / INTERVAL_MS} probes/s`);
  const run = runProber(NAMESPACE, paths, SECONDS * SECOND);
  const record = await owing(run.stop, () => run.ended);
  const { counters } = record;
  if (!counters) throw new Error('the prober sent no counters');
  const { sendErrors, spanNs } = sendTimes(record);
  return {
    tool: 'rxray',
    planned: (TARGETS * SECONDS * 1_000) / INTERVAL_MS,
    sent: counters.sent,
    perSecond: counters.sent / (spanNs / SECOND),
    missed: counters.missedSlots,
    answered: counters.received,
    lost: counters.lost,
    sendErrorNs: spread(sendErrors),
    nsPerProbe: (counters.cpuUserNs + counters.cpuSystemNs) / counters.sent,
    residentBytes: counters.residentBytes,
    remark: [`${record.pauses.length} pauses`, ...record.warnings].join('; '),
  };
}

function sendTimes(record: ProberRecord): { readonly sendErrors: Float64Array; readonly spanNs: number } {
  const total = record.samples.reduce((sum, { length }) => sum + length, 0);
  const sendErrors = new Float64Array(total);
  let count = 0;
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  for (const columns of record.samples) {
    for (let i = 0; i < columns.length; i += 1) {
      if (columns.outcome[i] === Outcomes.sendFailed) continue;
      const sent = columns.sentNs[i] ?? 0;
      sendErrors[count] = sent - (columns.dueNs[i] ?? 0);
      count += 1;
      first = Math.min(first, sent);
      last = Math.max(last, sent);
    }
  }
  return { sendErrors: sendErrors.subarray(0, count), spanNs: last - first };
}

/** What fping does when asked the same: it has no plan that it could tell to have missed. */
async function measureFping(): Promise<Scale> {
  const count = (SECONDS * 1_000) / INTERVAL_MS;
  // biome-ignore format: one command line
  const child = spawn('timeout', ['-s', 'INT', String(SECONDS + PATIENCE_S), 'ip', 'netns', 'exec', NAMESPACE, 'fping',
    '-q', '-c', String(count), '-p', String(INTERVAL_MS), '-t', '1000', '-i', '0.001', ...addresses],
    { stdio: ['ignore', 'pipe', 'pipe'] });
  let told = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      told += text;
    });
  }
  const closed = once(child, 'close');
  const readings: { readonly at: number; readonly meter: MeterReading }[] = [];
  await owing(
    () => child.kill('SIGTERM'),
    async () => {
      let running = true;
      void closed.then(() => {
        running = false;
      });
      while (running) {
        await sleep(100);
        try {
          readings.push({ at: performance.now(), meter: readMeter(childOf(child.pid ?? 0), 'lo') });
        } catch {
          // Not started yet, or just ended.
        }
      }
    },
  );
  return fpingScale(told, readings, count);
}

/** The process that `timeout` waits for. */
const childOf = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0]);

function fpingScale(
  told: string,
  readings: readonly { readonly at: number; readonly meter: MeterReading }[],
  count: number,
): Scale {
  const [first, last] = [readings[0], readings.at(-1)];
  const sums = [...told.matchAll(/xmt\/rcv\/%loss = (\d+)\/(\d+)\//g)];
  const packets = first && last ? last.meter.packetsSent - first.meter.packetsSent : 0;
  // On loopback a reply is sent by the same interface as the probe.
  const probes = packets / 2;
  const complaint = told.split('\n').find((line) => line !== '' && !line.includes('xmt/rcv'));
  const sent = sums.length > 0 ? sums.reduce((sum, [, xmt]) => sum + Number(xmt), 0) : Math.round(probes);
  const answered = sums.length > 0 ? sums.reduce((sum, [, , rcv]) => sum + Number(rcv), 0) : null;
  return {
    tool: 'fping',
    planned: TARGETS * count,
    sent,
    perSecond: first && last ? probes / ((last.at - first.at) / 1_000) : Number.NaN,
    missed: Math.max(0, TARGETS * count - sent),
    answered,
    lost: answered === null ? null : Math.max(0, sent - answered),
    sendErrorNs: null,
    nsPerProbe: first && last ? (last.meter.processorNs - first.meter.processorNs) / probes : Number.NaN,
    residentBytes: last?.meter.residentBytes ?? 0,
    remark: complaint ?? '',
  };
}

function toResult(found: readonly Scale[]): PartResult {
  const [own] = found;
  const missedShare = own ? own.missed / own.planned : Number.NaN;
  return {
    tables: [
      {
        title: `${TARGETS} targets every ${INTERVAL_MS} ms`,
        columns: [
          { title: 'tool' },
          ...['planned', 'sent', 'probes/s', 'missed', 'answered', 'lost', 'send p50 µs', 'p99 µs', 'max µs'].map(
            (title) => ({ title, align: 'right' }) as const,
          ),
          { title: 'µs/probe', align: 'right' },
          { title: 'CPU %', align: 'right' },
          { title: 'resident MiB', align: 'right' },
          { title: 'remark' },
        ],
        rows: found.map((one) => [
          one.tool,
          String(one.planned),
          String(one.sent),
          one.perSecond.toFixed(0),
          `${((100 * one.missed) / one.planned).toFixed(3)} %`,
          String(one.answered ?? '?'),
          String(one.lost ?? '?'),
          ...[one.sendErrorNs?.p50, one.sendErrorNs?.p99, one.sendErrorNs?.max].map((ns) =>
            ns === undefined ? '' : (ns / US).toFixed(0),
          ),
          (one.nsPerProbe / US).toFixed(1),
          ((one.nsPerProbe * one.perSecond) / 1e7).toFixed(0),
          (one.residentBytes / 2 ** 20).toFixed(1),
          one.remark,
        ]),
      },
    ],
    targets: own
      ? [
          {
            asked: '< 0.1 % of the slots missed at 100,000 probes/s',
            measured: `${(100 * missedShare).toFixed(3)} %`,
            met: missedShare < MISSED_LIMIT,
          },
          {
            asked: '< 64 MiB resident',
            measured: `${(own.residentBytes / 2 ** 20).toFixed(1)} MiB`,
            met: own.residentBytes < RESIDENT_LIMIT,
          },
        ]
      : [],
    data: found,
  };
}
