import { formatClockTime } from '../../format/clock-time.js';
import { formatLength } from '../../format/duration.js';
import { count } from '../../format/finding-words.js';
import { formatTable } from '../../format/table.js';
import { describeCgroup } from '../../model/cgroup-place.js';
import type {
  SyscallDumpRecord,
  SyscallEndRecord,
  SyscallRecord,
  SyscallSummaryRecord,
} from '../../model/records/syscall.js';
import { MS } from '../../model/time.js';

/** Calls that nobody waits for show how long a thread had nothing to do. */
const DURATION_WIDTH = 9;
const CALLER_WIDTH = 22;
const UNPROVEN = 'UNPROVEN: perhaps several such calls, one behind the other';

/** `14:03:27.104 UTC   512.3 ms  cat[1234]  read(3</proc/x>, …) = 42   ran 1.2 ms, slept 511.1 ms; docker …`. */
export function callLine(call: SyscallRecord, epochNs: bigint): string {
  const caller = `${call.comm ?? call.process ?? '?'}[${call.tid}]`;
  const values = call.arguments.map(({ text }) => text).join(', ');
  const result = call.inFlight ? ' … has not returned' : call.sampled ? '' : ` = ${call.result ?? '?'}`;
  const notes = [
    call.unproven ? UNPROVEN : '',
    split(call),
    placeOf(call),
    call.fileBelowMount ? 'path below its mount' : '',
  ];
  return [
    formatClockTime(epochNs + BigInt(call.began)),
    formatLength(call.durationNs).padStart(DURATION_WIDTH),
    caller.padEnd(CALLER_WIDTH),
    `${call.name}(${values})${result}${notes
      .filter((note) => note !== '')
      .map((note, index) => `${index === 0 ? '   ' : '; '}${note}`)
      .join('')}`,
  ].join('  ');
}

/** Kernel above, program below, as they called each other from the bottom up. */
export function stackLines(call: SyscallRecord): string[] {
  const lines = (stack: readonly string[] | undefined, mark: string) =>
    (stack ?? []).map((frame) => `${' '.repeat(18)}${mark} ${frame}`);
  return [...lines(call.kernelStack, 'k'), ...lines(call.userStack, 'u')];
}

/** Where its time went: told when it is more than one thing, or long. */
function split({ runningNs, waitingNs, sleepingNs, durationNs }: SyscallRecord): string {
  if (runningNs === undefined || durationNs < MS) return '';
  const parts = [
    ['ran', runningNs],
    ['waited for a CPU', waitingNs ?? 0],
    ['slept', sleepingNs ?? 0],
  ] as const;
  return parts
    .filter(([, ns]) => ns >= durationNs / 1000 && ns > 0)
    .map(([word, ns]) => `${word} ${formatLength(ns)}`)
    .join(', ');
}

type Placed = Pick<SyscallRecord, 'cgroup1' | 'cgroup2'>;

/** The cgroup that says most: one that is not the root. */
function placeOf({ cgroup1, cgroup2 }: Placed): string {
  const path = [cgroup2?.path, cgroup1?.path].find((one) => one !== undefined && one !== '/');
  return path === undefined ? '' : describeCgroup(path);
}

const SUMMARY_COLUMNS = [
  { title: 'process' },
  { title: 'pid', align: 'right' },
  { title: 'call' },
  { title: 'calls', align: 'right' },
  { title: 'errors', align: 'right' },
  { title: 'total', align: 'right' },
  { title: 'average', align: 'right' },
  { title: 'p50', align: 'right' },
  { title: 'p99', align: 'right' },
  { title: 'max', align: 'right' },
] as const;

/** The table of `--summary`, by total time; `most` rows, the rest as a number. */
export function summaryLines(rows: readonly SyscallSummaryRecord[], most: number): string[] {
  const sorted = [...rows].sort((a, b) => b.totalNs - a.totalNs);
  const shown = sorted
    .slice(0, most)
    .map((row) => [
      row.process,
      row.pid === 0 ? '' : String(row.pid),
      row.name,
      String(row.count),
      row.errors === 0 ? '' : String(row.errors),
      ...[row.totalNs, row.averageNs, row.p50Ns, row.p99Ns, row.maxNs].map(formatLength),
    ]);
  const rest = sorted.length - shown.length;
  return [...formatTable(SUMMARY_COLUMNS, shown), ...(rest > 0 ? [`… and ${rest} more: --json has all`] : [])];
}

const TOP_COLUMNS = [
  { title: 'calls/s', align: 'right' },
  { title: 'errors/s', align: 'right' },
  { title: 'time/s', align: 'right' },
  { title: 'average', align: 'right' },
  { title: 'p99', align: 'right' },
  { title: 'process' },
  { title: 'pid', align: 'right' },
  { title: 'call' },
] as const;

/** The table of `--top`: what happened in the last interval. */
export function topLines(rows: readonly SyscallSummaryRecord[], seconds: number, most: number): string[] {
  const rate = (count: number) => (count / seconds).toFixed(count / seconds < 10 ? 1 : 0);
  const shown = rows
    .slice(0, most)
    .map((row) => [
      rate(row.count),
      row.errors === 0 ? '' : rate(row.errors),
      formatLength(row.totalNs / seconds),
      formatLength(row.averageNs),
      formatLength(row.p99Ns),
      row.process,
      row.pid === 0 ? '' : String(row.pid),
      row.name,
    ]);
  return formatTable(TOP_COLUMNS, shown);
}

export function dumpLine(dump: SyscallDumpRecord): string {
  const place = placeOf(dump) || 'the root cgroup';
  const because = dump.because === 'slow-call' ? 'a slow call' : 'the end of the run';
  const older = dump.written - dump.calls;
  return `flight recorder of ${place}, at ${because}: the last ${dump.calls} calls${older > 0 ? ` (${older} older ones are gone, or were told before)` : ''}`;
}

/** What was seen and what was lost; nothing lost is said as well. */
export function endLines(end: SyscallEndRecord): string[] {
  const { lost } = end;
  const losses = [
    [lost.events, 'calls or stacks found no room in the ring: raise --ring, or --min'],
    [lost.totals, 'calls found no room in the table of totals: filter by -p, --comm or --cgroup'],
    [lost.parked, 'calls were lost from sight as their thread left its CPU'],
    [lost.unrecorded, 'calls were of cgroups that the flight recorder had no room for: raise --recorder-cgroups'],
    [lost.records, 'records were dropped because this reader was too slow'],
  ] as const;
  const words = losses.filter(([count]) => count > 0).map(([count, what]) => `LOST: ${count} ${what}`);
  const gone =
    lost.gone > 0 ? [`${lost.gone} calls had ended their process or closed their file before it was named`] : [];
  const bpf = end.bpfNsPerCall === null ? '' : `, about ${Math.round(end.bpfNsPerCall)} ns in the kernel for each call`;
  return [
    `${count(end.calls, 'call')} traced; ${words.length === 0 ? 'nothing lost' : ''}${words.join('; ')}`,
    ...gone,
    `own cost: ${formatLength(end.tracerCpuNs)} of processor time${bpf}`,
  ];
}
