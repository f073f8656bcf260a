import { formatClockTime, formatDateTime } from '../../format/clock-time.js';
import { coverageLines } from '../../format/coverage-words.js';
import { formatLength } from '../../format/duration.js';
import { failureLines } from '../../format/failure-words.js';
import { count, holdNs } from '../../format/finding-words.js';
import { formatFlows } from '../../format/flow-list.js';
import { printableValue } from '../../format/printable.js';
import { requestLines } from '../../format/request-words.js';
import { stampLines } from '../../format/stamp-words.js';
import { formatTable } from '../../format/table.js';
import type { Stall } from '../../model/finding.js';
import { isRequest } from '../../model/protocol.js';
import type { QualityRecord, RunRecord } from '../../model/records/run.js';
import type { RequestSpec } from '../../model/request.js';
import type { Summary } from '../../model/summary.js';
import { arrivalsLine } from '../bisect/arrivals-line.js';
import { findingLine, outageLine } from './finding-line.js';
import type { Reporter, RunResult } from './reporter.js';

/** Stalls shown in the table at the end; the longest ones when there are more. */
const STALLS_SHOWN = 20;

export interface TextOptions {
  /** Only what stands at the end. */
  readonly quiet: boolean;
  /** IANA zone of the times; default that of the machine. */
  readonly zone?: string;
}

/** For people: findings as they come, then a summary in ping's form and what ping does not tell. */
export function createTextReporter(options: TextOptions): Reporter {
  let run: RunRecord | undefined;
  const stalls: Stall[] = [];
  let stallsSeen = 0;
  let newestNs = Number.NEGATIVE_INFINITY;
  return {
    start: (record) => {
      run = record;
      return options.quiet ? '' : `${heading(record, options.zone)}\n`;
    },
    samples: () => '',
    finding: (finding) => {
      if (!run) return '';
      const earlier = finding.release < newestNs ? '  (told late: it is older than the line above)' : '';
      newestNs = Math.max(newestNs, finding.release);
      if (finding.kind === 'stall' && !finding.selfInflicted) {
        stallsSeen += 1;
        keepLongest(stalls, finding);
      }
      return options.quiet
        ? ''
        : `${findingLine(finding, BigInt(run.epochNs), run.thresholdNs, options.zone)}${earlier}\n`;
    },
    outage: (outage) => (!run || options.quiet ? '' : `${outageLine(outage, BigInt(run.epochNs), options.zone)}\n`),
    arrivals: (arrivals) => (options.quiet ? '' : `${arrivalsLine(printableValue(arrivals))}\n`),
    end: (result) => {
      if (!run) return '';
      const sections = printableValue(result.summaries).map((summary) => statistics(summary, result, run as RunRecord));
      if (stalls.length > 0) sections.push(stallTable(stalls, stallsSeen, run, options.zone));
      sections.push(quality(result.quality));
      return `${sections.map((lines) => `\n${lines.join('\n')}`).join('\n')}\n`;
    },
  };
}

/** The statistics alone, for a snapshot in mid-run. */
export function snapshotText(result: RunResult, run: RunRecord): string {
  return `${printableValue(result.summaries)
    .map((summary) => statistics(summary, result, run).join('\n'))
    .join('\n')}\n`;
}

function keepLongest(stalls: Stall[], stall: Stall): void {
  stalls.push(stall);
  if (stalls.length <= STALLS_SHOWN) return;
  let shortest = 0;
  for (let index = 1; index < stalls.length; index += 1) {
    if ((stalls[index]?.durationNs ?? 0) < (stalls[shortest]?.durationNs ?? 0)) shortest = index;
  }
  stalls.splice(shortest, 1);
}

function heading(run: RunRecord, zone: string | undefined): string {
  const lines = printableValue(run.paths.slice(0, 12)).map((path) => {
    const flows = path.protocol === 'icmp' || isRequest(path.protocol) ? '' : `, ${count(path.flows, 'flow')}`;
    const asked = path.request === undefined ? '' : `, ${requestWords(path.request)}`;
    const fresh = path.freshPerSecond > 0 ? ` + ${path.freshPerSecond} fresh ports/s` : '';
    const from = path.source === undefined ? '' : ` from ${path.source} (${path.interface})`;
    return `${path.path}: every ${formatLength(path.intervalNs)}${asked}${flows}${fresh}${from}`;
  });
  if (run.paths.length > 12) lines.push(`… and ${run.paths.length - 12} paths more`);
  if (run.imported !== undefined) return [...lines, importHeading(run, printableValue(run.imported), zone)].join('\n');
  const { packetsPerSecond, conntrackEntries } = run.footprint;
  lines.push(
    `from ${formatDateTime(BigInt(run.epochNs), zone)}; ${stampWords(run.timestamps)}; ` +
      `footprint ${Math.round(packetsPerSecond)} packets/s, about ${Math.round(conntrackEntries)} conntrack entries; ` +
      `threshold ${formatLength(run.thresholdNs)}`,
  );
  return lines.join('\n');
}

function requestWords(request: RequestSpec): string {
  if (request.kind === 'http') {
    const connection = request.keepAlive ? 'kept connections' : 'a new connection each';
    return `${request.method} over HTTP/${request.version}, ${connection}`;
  }
  const ways = { udp: 'UDP, a new port each', 'udp-fixed': 'UDP, one port', tcp: 'TCP' } as const;
  const names = request.names.length === 1 ? '' : `, ${request.names.length} names of the search list`;
  return `${request.types.join(' and ')} over ${ways[request.way]}${names}`;
}

function importHeading(run: RunRecord, from: NonNullable<RunRecord['imported']>, zone: string | undefined): string {
  const epochNs = BigInt(run.epochNs);
  const began = epochNs === 0n ? 'times count from the first probe' : `from ${formatDateTime(epochNs, zone)}`;
  return (
    `${from.files.join(', ')}: ${from.tool}; ${began}; ${stampWords(run.timestamps)}; ` +
    `threshold ${formatLength(run.thresholdNs)}`
  );
}

/** Replies whose arrival was not stamped where that of most was. */
function stampDoubts({ receivedStamps, timestamps }: QualityRecord): string[] {
  if (receivedStamps === undefined || timestamps === 'user') return [];
  const { driver, socket, user, card } = receivedStamps;
  const all = driver + socket + user + card;
  const doubts: string[] = [];
  if (socket > 0)
    doubts.push(
      `${socket} of ${all} replies lost the driver's receive stamp on the way into this namespace: theirs is the packet socket's, and contains what they waited behind the driver`,
    );
  if (user > 0)
    doubts.push(`${user} of ${all} replies were stamped in user space: pauses of the prober look like waits`);
  if (card > 0 && card < all)
    doubts.push(
      `${card} of ${all} RTTs are by stamps of the card, the others by the kernel's: they are not of one clock`,
    );
  return doubts;
}

function stampWords(timestamps: RunRecord['timestamps']): string {
  switch (timestamps) {
    case 'hw':
      return 'time stamps of the network card';
    case 'kernel':
      return "the kernel's time stamps";
    case 'user':
      return 'USER-SPACE time stamps: pauses of the prober look like stalls';
    case 'sim':
      return 'simulated time';
  }
}

function statistics(summary: Summary, result: RunResult, run: RunRecord): string[] {
  const source = summary.lossFromReport === true ? ' by its own summary' : '';
  const loss =
    summary.sent === 0
      ? 'nothing was sent'
      : `${Number((summary.lossRatio * 100).toPrecision(6))}% ${summary.requests === undefined ? 'packet loss' : 'not answered'}${source}`;
  const extra = [
    [summary.late, 'late'],
    [summary.inFlight, 'in flight'],
    [summary.duplicates, 'duplicates'],
    [summary.errors, summary.requests === undefined ? 'ICMP errors' : 'failed'],
    [summary.rateLimited, 'rate-limited'],
    [summary.unanswerable, 'lost by the release of a stall and not in the loss'],
    [summary.sendFailed, 'sends failed'],
    [summary.missedSlots, 'slots missed'],
  ]
    .filter(([number]) => number !== 0)
    .map(([number, words]) => `, ${number} ${words}`)
    .join('');
  const lines = [
    `--- ${summary.path} statistics ---`,
    `${summary.sent} ${summary.requests === undefined ? 'packets transmitted' : 'requests sent'}, ${summary.received} received, ${loss}, time ${Math.round(result.durationNs / 1e6)} ms${extra}`,
  ];
  lines.push(...failureLines(summary, run.paths.find(({ path }) => path === summary.path)?.address));
  const protocol = run.paths.find(({ path }) => path === summary.path)?.protocol;
  const rtt = summary.rttNs;
  if (summary.requests !== undefined && protocol !== undefined && isRequest(protocol)) {
    lines.push(...requestLines(summary.requests, protocol));
  } else if (rtt) {
    lines.push(
      `rtt min/avg/max/mdev = ${[rtt.min, rtt.mean, rtt.max, rtt.stddev].map((ns) => (ns / 1e6).toFixed(3)).join('/')} ms`,
      `rtt p50/p90/p99/p99.9 = ${[rtt.p50, rtt.p90, rtt.p99, rtt.p999].map((ns) => (ns / 1e6).toFixed(3)).join('/')} ms`,
      ...stampLines(summary),
    );
  }
  const period = summary.stallPeriodNs === null ? '' : `, every ${formatLength(summary.stallPeriodNs)}`;
  const own =
    summary.selfInflicted === 0 ? '' : `; ${count(summary.selfInflicted, 'finding')} self-inflicted and not counted`;
  lines.push(
    `${count(summary.stalls, 'stall')}${period}, ${count(summary.spikes, 'spike')} above ${formatLength(run.thresholdNs)}${lower(summary)}${own}`,
    ...(summary.requests === undefined ? coverageLines(summary.coverage) : []),
  );
  // What was imported says when a probe was sent, not when it was due.
  if (run.imported !== undefined) return lines;
  lines.push(
    `send error p50 ${formatLength(summary.sendErrorNs.p50)}, p99 ${formatLength(summary.sendErrorNs.p99)}, max ${formatLength(summary.sendErrorNs.max)}`,
  );
  return lines;
}

/** What a lower threshold would show. */
function lower({ slowBelowThreshold }: Summary): string {
  if (slowBelowThreshold === undefined) return '';
  const { probes, aboveNs } = slowBelowThreshold;
  return `; ${count(probes, 'probe')} more above ${formatLength(aboveNs)}: --threshold ${Math.max(1, Math.floor(aboveNs / 1e6))}`;
}

function stallTable(stalls: readonly Stall[], seen: number, run: RunRecord, zone: string | undefined): string[] {
  const epochNs = BigInt(run.epochNs);
  const onePath = run.paths.length === 1;
  const rows = [...stalls]
    .sort((a, b) => a.release - b.release)
    .map((stall) => [
      formatClockTime(epochNs + BigInt(Math.round((stall.startMin + stall.startMax) / 2)), zone),
      formatClockTime(epochNs + BigInt(Math.round(stall.release)), zone),
      tenths(holdNs(stall)),
      tenths((stall.startMax - stall.startMin) / 2),
      String(stall.probes),
      tenths(stall.peakRttNs),
      stall.fit.toFixed(3),
      formatFlows(stall.flowsHit) || '-',
      ...(onePath ? [] : [stall.path]),
    ]);
  const columns = [
    { title: 'start' },
    { title: 'release' },
    { title: 'length ms', align: 'right' as const },
    { title: '±', align: 'right' as const },
    { title: 'held', align: 'right' as const },
    { title: 'peak ms', align: 'right' as const },
    { title: 'fit', align: 'right' as const },
    { title: 'flows held' },
    ...(onePath ? [] : [{ title: 'path' }]),
  ];
  const title = seen > stalls.length ? `stalls (the longest ${stalls.length} of ${seen})` : 'stalls';
  return [`--- ${title} ---`, ...formatTable(columns, rows)];
}

function tenths(ns: number): string {
  return (ns / 1e6).toFixed(1);
}

function quality(record: QualityRecord): string[] {
  const doubts = qualityDoubts(record);
  const cost = record.cpuPerProbeNs === null ? '' : `, ${formatLength(record.cpuPerProbeNs)} of CPU per probe`;
  const lines = [`measured with ${stampWords(record.timestamps)}${cost}`];
  for (const doubt of doubts) lines.push(`note: ${doubt}`);
  return lines;
}

/** What limits the worth of the run, in words; empty when nothing does. */
export function qualityDoubts(record: QualityRecord): string[] {
  const doubts: string[] = [...(record.limits ?? [])];
  const add = (wanted: boolean, words: string): void => {
    if (wanted) doubts.push(words);
  };
  add(
    record.pauses > 0,
    `the prober itself paused ${count(record.pauses, 'time')}, the longest for ${formatLength(record.longestPauseNs)}` +
      `${record.missedSlots > 0 ? `; ${count(record.missedSlots, 'slot')} never sent` : ''}` +
      `${record.stealNs > 0 ? `; the hypervisor took ${formatLength(record.stealNs)}` : ''}`,
  );
  add(
    record.clockSteps > 0,
    `the system clock stepped ${count(record.clockSteps, 'time')}; probes across a step are left out`,
  );
  add(
    record.kernelDrops > 0,
    `the kernel dropped ${count(record.kernelDrops, 'packet')} before the prober read them: losses may be ours`,
  );
  add(
    record.droppedRecords > 0,
    `${count(record.droppedRecords, 'sample')} dropped because the output was not read fast enough`,
  );
  add(record.sentStampsMissing > 0, `${record.sentStampsMissing} probes lack the kernel's transmit stamp`);
  doubts.push(...stampDoubts(record));
  add(
    record.forged > 0,
    `${count(record.forged, 'packet')} to our own ports or identifiers had a wrong key and answered none of our probes: somebody else probes from the same address with the same numbers (another prober behind the same masquerade), or forges replies`,
  );
  doubts.push(...(record.notes ?? []));
  add(
    record.end === 'cut-off' && record.notes === undefined,
    'the prober ended early: what it had not reported is missing',
  );
  return doubts;
}
