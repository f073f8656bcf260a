import type { ByteSource } from '../../imports/byte-source.js';
import { decodeText } from '../../imports/text/decode-text.js';
import { importText, type TextTool, toolOf, toolWords } from '../../imports/text/import-text.js';
import { textLines } from '../../imports/text/text-lines.js';
import type { TextSeries } from '../../imports/text/text-series.js';
import type { PathTotals } from '../../model/engine-event.js';
import { CodedError } from '../../model/errors.js';
import { present } from '../../model/present.js';
import type { RunPath } from '../../model/records/run.js';
import { Outcomes, type SampleColumns } from '../../model/sample.js';
import { SECOND } from '../../model/time.js';
import { isWanted } from '../bisect/wanted-path.js';
import { FileProgress } from '../terminal/file-progress.js';
import type { Io } from '../terminal/io.js';
import { nothingMatches } from './import-capture.js';
import type { ImportOptions } from './import-options.js';
import { ImportRun } from './import-run.js';

/** When a kernel sends a SYN again: RFC 6298, Linux with linear timeouts, and Windows. */
const SENT_AGAIN_NS = [1, 2, 3, 4, 5, 7, 9, 15, 31].map((seconds) => seconds * SECOND);
/** A text is held as a whole; longer ones are cut by their user. */
const MOST_TEXT_BYTES = 400 << 20;

/** The series of one file, and what its user must know of the file. */
export interface ReadText {
  readonly name: string;
  readonly tool: TextTool;
  readonly series: readonly TextSeries[];
  readonly damage: readonly string[];
}

/** A text as its lines, before it is known whose they are. */
export interface TextFile {
  readonly name: string;
  readonly lines: readonly string[];
  readonly damage: readonly string[];
  /** It shows packets, as tcpdump and tshark print them. */
  readonly hasPackets: boolean;
}

/** Reads a whole text. What was cut off is read as far as it goes. */
export async function readTextFile(source: ByteSource, start: Uint8Array, options: ImportOptions): Promise<TextFile> {
  const pieces = [start];
  let length = start.length;
  for (let chunk = await source.next(); chunk !== null; chunk = await source.next()) {
    length += chunk.length;
    if (length > MOST_TEXT_BYTES) {
      throw new CodedError(
        'E_IMPORT_SIZE',
        `${source.name} is a text of more than ${MOST_TEXT_BYTES >> 20} MB`,
        'cut it with split -l, or capture with tcpdump instead',
        2,
      );
    }
    pieces.push(chunk);
  }
  const lines = textLines(decodeText(Buffer.concat(pieces)));
  const cut = source.cutOff;
  const damage = cut === undefined ? [] : [`${source.name}, byte ${cut.atByte}: ${cut.why}`];
  const hasPackets = options.as === 'tcpdump' || (options.as === undefined && toolOf(lines) === 'packets');
  return { name: source.name, lines, damage, hasPackets };
}

/** The series of a text that shows no packets. */
export function readSeries({ name, lines, damage }: TextFile, options: ImportOptions): ReadText {
  const { as, waitNs, intervalNs } = options;
  const tool = as === 'pcap' || as === 'tcpdump' ? undefined : as;
  return { name, ...importText(name, lines, { waitNs, intervalNs }, tool), damage };
}

/** `import` of printed output. Several files were measured one after the other, each on its own. */
export async function importTexts(texts: readonly ReadText[], options: ImportOptions, io: Io): Promise<number> {
  const every = texts.flatMap((text) => text.series.map((series) => ({ ...text, series })));
  const allNames = distinct(every.map(({ series }) => seriesName(series)));
  const wanted = every.map((_, i) => isWanted(allNames[i] ?? '', options.only));
  const all = every.filter((_, i) => wanted[i]);
  const names = allNames.filter((_, i) => wanted[i]);
  if (all.length === 0 && every.length > 0) throw nothingMatches(options.only, allNames);
  const progress = new FileProgress(io, 'judging', 'samples');
  const run = new ImportRun(options, io, progress);
  const known = all.every(({ series }) => series.epochNs > 0n);
  const epochNs = known
    ? all.reduce((least, { series }) => (series.epochNs < least ? series.epochNs : least), all[0]?.series.epochNs ?? 0n)
    : 0n;
  const tools = [...new Set(texts.map(({ tool }) => toolWords(tool)))].join(', ');
  const files = texts.map(({ name }) => name);
  run.start(
    { files, tool: tools, timestamps: 'user', epochNs },
    all.map(({ series }, i) => runPath(series, names[i] ?? '')),
  );
  const totals: PathTotals[] = [];
  let [firstNs, endNs] = [Number.POSITIVE_INFINITY, 0];
  for (const [index, { series }] of all.entries()) {
    const { intervalNs, protocol, censored, sendJitterNs } = series;
    const path = { name: names[index] ?? '', intervalNs, flows: 1, protocol, freshPerSecond: 0, censored };
    run.bank.add(index, { ...path, ...present({ sendJitterNs }) });
    // Those before it have had all their samples.
    if (series.kernelConnects === true) run.bank.expectRetransmits(SENT_AGAIN_NS);
    const samples = moved(series.samples, index, known ? Number(series.epochNs - epochNs) : 0);
    run.samples(samples);
    totals.push(totalsOf(series, samples, index));
    firstNs = samples.sentNs.subarray(0, samples.length).reduce((least, sent) => Math.min(least, sent), firstNs);
    endNs = Math.max(endNs, lastNs(samples));
    await run.drain();
  }
  run.finish(endNs + options.waitNs);
  progress.clear();
  const damage = texts.flatMap((text) => text.damage);
  const urgent = all.flatMap(({ series }) => (series.disagrees === undefined ? [] : [series.disagrees.words]));
  for (const words of [...damage, ...urgent]) io.err(`${words}\n`);
  return run.end({
    durationNs: Math.max(0, Math.round(endNs - Math.min(firstNs, endNs))),
    totals,
    notes: [...damage, ...notesOf(texts), ...togetherNotes(texts)],
    clockSteps: 0,
    dropped: 0,
    cutOff: damage.length > 0,
    correct: (summary) => {
      const series = all[names.indexOf(summary.path)]?.series;
      return series?.disagrees === undefined ? summary : { ...summary, lossFromReport: true };
    },
  });
}

export function seriesName({ target, port, protocol }: TextSeries): string {
  const host = target.includes(':') && port !== null ? `[${target}]` : target;
  return `local>${port === null ? host : `${host}:${port}`}/${protocol}`;
}

/** What comes twice is told apart by a number. */
function distinct(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name}#${count}`;
  });
}

function runPath(series: TextSeries, path: string): RunPath {
  const { protocol, target, port, intervalNs } = series;
  return {
    path,
    protocol,
    address: target,
    ...(port === null ? {} : { port }),
    flows: 1,
    freshPerSecond: 0,
    intervalNs,
  };
}

function moved(samples: SampleColumns, path: number, byNs: number): SampleColumns {
  samples.path.fill(path);
  for (let i = 0; byNs !== 0 && i < samples.length; i += 1) {
    samples.sentNs[i] = (samples.sentNs[i] as number) + byNs;
    samples.dueNs[i] = (samples.dueNs[i] as number) + byNs;
  }
  return samples;
}

function totalsOf(series: TextSeries, samples: SampleColumns, path: number): PathTotals {
  let [received, late, lost, errors] = [0, 0, 0, 0];
  for (let i = 0; i < samples.length; i += 1) {
    const outcome = samples.outcome[i];
    if (outcome === Outcomes.lost) lost += 1;
    else if (outcome === Outcomes.error) errors += 1;
    else received += 1;
    if (outcome === Outcomes.late) late += 1;
  }
  const { inFlight, duplicates, disagrees } = series;
  if (disagrees !== undefined) {
    const counted = { sent: disagrees.sent, received: disagrees.received, lost: disagrees.sent - disagrees.received };
    return { path, ...counted, late, inFlight: 0, sendFailed: 0, errors: 0, duplicates, missedSlots: 0 };
  }
  const sent = received + lost + errors + inFlight;
  return { path, sent, received, late, lost, inFlight, sendFailed: 0, errors, duplicates, missedSlots: 0 };
}

function lastNs(samples: SampleColumns): number {
  let last = 0;
  for (let i = 0; i < samples.length; i += 1) {
    last = Math.max(last, (samples.sentNs[i] as number) + Math.max(0, samples.rttNs[i] as number));
  }
  return last;
}

/** Each only once, as the series of one file share most. */
function notesOf(texts: readonly ReadText[]): string[] {
  const several = texts.length > 1;
  return [
    ...new Set(
      texts.flatMap(({ name, series }) =>
        series.flatMap(({ notes }) => notes.map((note) => (several ? `${name}: ${note}` : note))),
      ),
    ),
  ];
}

function togetherNotes(texts: readonly ReadText[]): string[] {
  return texts.length > 1
    ? [
        'these files were not measured at the same instants: what coincides is not known; import --hosts gives a verdict from their rates',
      ]
    : [];
}
