import type { ByteSource } from '../../imports/byte-source.js';
import { readCapture } from '../../imports/capture/capture-reader.js';
import type { ExchangeTotals } from '../../imports/capture/exchange-totals.js';
import { Exchanges } from '../../imports/capture/exchanges.js';
import { type CapturedPath, PathTable } from '../../imports/capture/path-table.js';
import { type LearnedPath, PathIntake } from '../../imports/path-intake.js';
import type { PathTotals } from '../../model/engine-event.js';
import { DEFAULT_MATCH_NS } from '../../model/plan.js';
import type { RunPath } from '../../model/records/run.js';
import { isWanted } from '../bisect/wanted-path.js';
import { FileProgress } from '../terminal/file-progress.js';
import type { Io } from '../terminal/io.js';
import { captureNotes, interruptedNotes } from './capture-notes.js';
import type { ImportOptions } from './import-options.js';
import { ImportRun } from './import-run.js';

/** `import` of one capture: whatever was asked and answered in it, path by path. */
export async function importCapture(
  source: ByteSource,
  start: Uint8Array,
  options: ImportOptions,
  io: Io,
): Promise<number> {
  const progress = new FileProgress(io, `reading ${source.name}`);
  const run = new ImportRun(options, io, progress);
  const table = new PathTable((name) => isWanted(name, options.only), options.together);
  const learned: LearnedPath[] = [];
  const begin = (): void => {
    if (run.started) return;
    const epochNs = BigInt(exchanges.epochSeconds ?? 0) * 1_000_000_000n;
    run.start({ files: [source.name], tool: 'a capture', timestamps: 'kernel', epochNs });
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
  const exchanges = new Exchanges(
    table,
    { waitNs: options.waitNs, matchNs: Math.max(DEFAULT_MATCH_NS, options.waitNs) },
    ({ samples }) => intake.take(samples),
    (path, port) => intake.isFresh(path, port),
  );
  const end = await readCapture(source, start, exchanges, async () => {
    await run.drain();
    progress.update(source.rawBytes, source.rawTotal);
    return !io.stop.aborted;
  });
  exchanges.finish();
  intake.finish();
  begin();
  const endNs = Math.max(0, exchanges.nowNs);
  run.finish(endNs);
  progress.clear();
  const { notes, urgent } = captureNotes({ source: source.name, end, exchanges, table, learned });
  for (const note of urgent) io.err(`${note}\n`);
  return run.end({
    durationNs: durationOf(exchanges.totals),
    totals: exchanges.totals.map(pathTotals),
    notes: [...interruptedNotes(io), ...notes],
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
    ...(port === undefined ? {} : { port }),
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
