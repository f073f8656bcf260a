import type { ByteSource } from '../../imports/byte-source.js';
import { DataWaits } from '../../imports/capture/exchange/data-waits.js';
import type { ExchangeTotals } from '../../imports/capture/exchange/exchange-totals.js';
import { Exchanges } from '../../imports/capture/exchange/exchanges.js';
import { type CapturedPath, PathTable } from '../../imports/capture/exchange/path-table.js';
import { SentAgainGroups, type SentAgainPath } from '../../imports/capture/exchange/syn-retransmission.js';
import type { PacketSink } from '../../imports/capture/file/capture-file.js';
import { type CaptureEnd, readCapture } from '../../imports/capture/file/capture-reader.js';
import { type LearnedPath, PathIntake } from '../../imports/capture/path-intake.js';
import type { PathTotals, TimestampSource } from '../../model/engine-event.js';
import { CodedError } from '../../model/errors.js';
import type { TcpWait } from '../../model/finding.js';
import { DEFAULT_MATCH_NS } from '../../model/plan.js';
import { present } from '../../model/present.js';
import type { RunPath } from '../../model/records/run.js';
import { isWanted } from '../bisect/wanted-path.js';
import { FileProgress } from '../terminal/file-progress.js';
import type { Io } from '../terminal/io.js';
import { captureNotes, interruptedNotes } from './capture-notes.js';
import type { ImportOptions } from './import-options.js';
import { ImportRun } from './import-run.js';

/** How often data waited for TCP's own rules. */
function waitNotes(waits: readonly TcpWait[], leftOut: number): string[] {
  const count = (reason: TcpWait['reason']): number => waits.filter((wait) => wait.reason === reason).length;
  const told = (['delayed-ack', 'zero-window', 'retransmission-timeout'] as const)
    .map((reason) => [reason, count(reason)] as const)
    .filter(([, times]) => times > 0)
    .map(([reason, times]) => `${reason} ${times} times`);
  if (told.length === 0) return [];
  return [
    `data behind the handshakes waited for TCP's own rules: ${told.join(', ')}${leftOut > 0 ? `, and ${leftOut} more` : ''}`,
  ];
}

/** Where packets come from. */
export interface PacketOrigin {
  readonly name: string;
  /** In words: `a capture`. */
  readonly tool: string;
  readonly timestamps: TimestampSource;
  /** Instants are those of CLOCK_REALTIME; else they count from the first packet. */
  readonly dated: () => boolean;
  readonly read: (sink: PacketSink, between: () => Promise<boolean>) => Promise<CaptureEnd>;
  /** Bytes read, and in all. */
  readonly progress: () => readonly [done: number, total: number | null];
  /** What stands for an address where no more than a name is known. */
  readonly nameOf?: (address: string) => string;
  /** What else is to be known of the packets, once they are read. */
  readonly notes?: () => readonly string[];
}

/** `import` of one capture: whatever was asked and answered in it, path by path. */
export async function importCapture(
  source: ByteSource,
  start: Uint8Array,
  options: ImportOptions,
  io: Io,
): Promise<number> {
  return importPackets(
    {
      name: source.name,
      tool: 'a capture',
      timestamps: 'kernel',
      dated: () => true,
      read: (sink, between) => readCapture(source, start, sink, between),
      progress: () => [source.rawBytes, source.rawTotal],
    },
    options,
    io,
  );
}

/** Packets, wherever they come from, through pairing and detectors. */
export async function importPackets(origin: PacketOrigin, options: ImportOptions, io: Io): Promise<number> {
  const progress = new FileProgress(io, `reading ${origin.name}`);
  const run = new ImportRun(options, io, progress);
  const table = new PathTable((name) => isWanted(name, options.only), options.together, origin.nameOf);
  const learned: LearnedPath[] = [];
  const begin = (): void => {
    if (run.started) return;
    const epochNs = origin.dated() ? BigInt(exchanges.epochSeconds ?? 0) * 1_000_000_000n : 0n;
    run.start({ files: [origin.name], tool: origin.tool, timestamps: origin.timestamps, epochNs });
  };
  const intake = new PathIntake(
    (path) => captured(table, path).protocol,
    (path, about) => {
      begin();
      learned[path] = about;
      run.addPath(path, detectedPath(captured(table, path), about), runPath(captured(table, path), about));
    },
    (samples) => run.samples(samples),
  );
  const sentAgain = new SentAgainGroups((path) => sentAgainPath(path, table, learned[path], intake, exchanges));
  // Findings of data come before their path may be known to the run: they wait for its end.
  const waits: TcpWait[] = [];
  const data = new DataWaits(table, (wait) => waits.push(wait));
  const exchanges: Exchanges = new Exchanges(
    table,
    { waitNs: options.waitNs, matchNs: Math.max(DEFAULT_MATCH_NS, options.waitNs) },
    ({ samples }) => intake.take(samples),
    (path, port) => intake.isFresh(path, port),
    (about) => run.found(sentAgain.add(about)),
    data,
  );
  const end = await origin.read(exchanges, async () => {
    await run.drain();
    progress.update(...origin.progress());
    return !io.stop.aborted;
  });
  exchanges.finish();
  intake.finish();
  checkWanted(table, options);
  begin();
  run.found(sentAgain.finish());
  run.found(waits);
  run.finish(Math.max(0, exchanges.nowNs));
  progress.clear();
  const { notes, urgent } = captureNotes({ source: origin.name, end, exchanges, table, learned });
  for (const note of urgent) io.err(`${note}\n`);
  return run.end({
    durationNs: durationOf(exchanges.totals),
    totals: exchanges.totals.map(pathTotals),
    notes: [...interruptedNotes(io), ...waitNotes(waits, data.leftOut), ...(origin.notes?.() ?? []), ...notes],
    clockSteps: exchanges.capture.clockSteps,
    dropped: exchanges.capture.dropped,
    cutOff: end.cutOff,
    correct: (summary) => {
      const path = table.paths.findIndex(({ name }) => name === summary.path);
      const gapNs = exchanges.totals[path]?.widestGapNs ?? 0;
      // Between two probes from ports of their own nothing is known of the queue.
      return learned[path]?.freshOnly === true
        ? { ...summary, detectableStallNs: Math.max(summary.detectableStallNs, options.thresholdNs + gapNs) }
        : summary;
    },
  });
}

/** @throws CodedError E_IMPORT_PATH where --only matches none of the paths that there are */
function checkWanted(table: PathTable, { only }: ImportOptions): void {
  if (table.paths.length === 0 && table.unwanted.length > 0) throw nothingMatches(only, table.unwanted);
}

/** Paths that are named in a refusal. */
const PATHS_NAMED = 20;

export function nothingMatches(only: readonly string[], names: readonly string[]): CodedError {
  const more = names.length > PATHS_NAMED ? ' …' : '';
  return new CodedError(
    'E_IMPORT_PATH',
    `--only ${only.join(' --only ')} matches no path`,
    `the paths are ${names.slice(0, PATHS_NAMED).join(', ')}${more}`,
    2,
  );
}

/** What a finding of SYNs sent again says of its path; undefined while the path is not known to the run. */
export function sentAgainPath(
  path: number,
  table: PathTable,
  about: LearnedPath | undefined,
  intake: PathIntake,
  exchanges: Exchanges,
): SentAgainPath | undefined {
  const name = table.paths[path]?.name;
  if (name === undefined || about === undefined) return undefined;
  const shortestNs = exchanges.totals[path]?.shortestRttNs ?? Number.POSITIVE_INFINITY;
  return {
    name,
    usualNs: Number.isFinite(shortestNs) ? shortestNs : 0,
    flowOf: (port) => intake.flowOf(path, port),
  };
}

function captured(table: PathTable, path: number): CapturedPath {
  const found = table.paths[path];
  if (found === undefined) throw new Error(`no path ${path}`);
  return found;
}

export function detectedPath({ name, protocol }: CapturedPath, about: LearnedPath) {
  const { intervalNs, flows, freshPerSecond } = about;
  return { name, protocol, intervalNs, flows, freshPerSecond };
}

export function runPath(captured: CapturedPath, about: LearnedPath): RunPath {
  const { name, protocol, address, port, source } = captured;
  const { intervalNs, flows, freshPerSecond } = about;
  return {
    path: name,
    protocol,
    address,
    ...present({ port }),
    source,
    intervalNs,
    flows,
    freshPerSecond,
  };
}

export function pathTotals(totals: ExchangeTotals, path: number): PathTotals {
  const { sent, received, late, lost, inFlight, errors, duplicates } = totals;
  return { path, sent, received, late, lost, inFlight, sendFailed: 0, errors, duplicates, missedSlots: 0 };
}

export function durationOf(totals: readonly ExchangeTotals[]): number {
  const first = totals.reduce((least, { firstNs }) => Math.min(least, firstNs), Number.POSITIVE_INFINITY);
  const last = totals.reduce((most, { lastNs }) => Math.max(most, lastNs), 0);
  return Math.max(0, Math.round(last - Math.min(first, last)));
}
