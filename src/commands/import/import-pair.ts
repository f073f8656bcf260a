import { basename } from 'node:path';
import { type LegInstants, toProberClock } from '../../bisect/evidence/clock-alignment.js';
import { ReceiverView } from '../../bisect/evidence/receiver-view.js';
import { ByteSource } from '../../imports/byte-source.js';
import type { ExchangeBatch } from '../../imports/capture/exchange/exchange-batch.js';
import { Exchanges } from '../../imports/capture/exchange/exchanges.js';
import { PathTable } from '../../imports/capture/exchange/path-table.js';
import { SentAgainGroups } from '../../imports/capture/exchange/syn-retransmission.js';
import { readCapture } from '../../imports/capture/file/capture-reader.js';
import { type LearnedPath, PathIntake } from '../../imports/capture/path-intake.js';
import type { PathTotals } from '../../model/engine-event.js';
import { CodedError } from '../../model/errors.js';
import type { Finding, SynRetransmission } from '../../model/finding.js';
import { DEFAULT_MATCH_NS } from '../../model/plan.js';
import type { ArrivalsRecord } from '../../model/records/arrivals.js';
import type { SampleColumns } from '../../model/sample.js';
import { SECOND } from '../../model/time.js';
import { isWanted } from '../bisect/wanted-path.js';
import { FileProgress } from '../terminal/file-progress.js';
import type { Io } from '../terminal/io.js';
import { captureNotes, interruptedNotes } from './capture-notes.js';
import { type Pairing, pairCaptures, type Side } from './capture-pairing.js';
import { detectedPath, durationOf, pathTotals, runPath, sentAgainPath } from './import-capture.js';
import type { ImportOptions } from './import-options.js';
import { ImportRun } from './import-run.js';
import { arrivalsOf, onlyThose } from './pair-columns.js';
import { arrivalsRecord, pairNotes } from './pair-words.js';

/** Read at a time: so little that what one side knows still waits for the other. */
const PIECE_BYTES = 1 << 16;
/** One side may be so far ahead. */
const AHEAD_NS = SECOND / 2;
/** By then the answers of a stall have been seen at both ends. */
const SETTLED_NS = 2 * SECOND;
/** Sights of one probe at both ends lie so close together, clocks aligned. */
const ONE_PROBE_NS = 40 * SECOND;

interface End {
  readonly file: string;
  readonly source: ByteSource;
  readonly table: PathTable;
  readonly exchanges: Exchanges;
  readonly intake: PathIntake;
  readonly learned: (LearnedPath | undefined)[];
  /** By path of this side, the number that the run knows it by. */
  readonly inRun: (number | undefined)[];
  readonly sentAgain: SentAgainGroups;
  ended: boolean;
}

/** `import` of two captures from both ends of a path: findings as from the sender's, and where their probes waited. */
export async function importPair(files: readonly [string, string], options: ImportOptions, io: Io): Promise<number> {
  const pairing = await pairCaptures(files, options.waitNs, () => io.stop.aborted);
  if (pairing === undefined) {
    throw new CodedError(
      'E_IMPORT_PAIR',
      `${files[0]} and ${files[1]} have no probe in common`,
      'give captures of the same minutes from both ends of a path, or import them one by one; behind NAT addresses differ',
      2,
    );
  }
  const progress = new FileProgress(io, `reading ${files.join(' and ')}`);
  const run = new ImportRun(options, io, progress);
  return new PairImport(files, options, pairing, run, io, progress).follow();
}

class PairImport {
  #ends: readonly [End, End] | undefined;
  /** By the side that sends. */
  readonly #views: readonly [ReceiverView, ReceiverView];
  /** Names by which both sides know a path. */
  readonly #names: string[] = [];
  readonly #numbers = new Map<string, number>();
  #runPaths = 0;
  #waiting: Finding[] = [];
  readonly #where = new Map<ArrivalsRecord['where'], number>();
  #wake: (() => void)[] = [];

  constructor(
    private readonly files: readonly [string, string],
    private readonly options: ImportOptions,
    private readonly pairing: Pairing,
    private readonly run: ImportRun,
    private readonly io: Io,
    private readonly progress: FileProgress,
  ) {
    this.#views = [this.#view(0), this.#view(1)];
    run.deferTo((finding) => this.#waiting.push(finding));
  }

  async follow(): Promise<number> {
    const ends = [await this.#open(0), await this.#open(1)] as const;
    this.#ends = ends;
    const read = await Promise.all(ends.map((_, side) => this.#read(side as Side)));
    for (const end of ends) end.intake.finish();
    this.#begin();
    for (const [side, end] of ends.entries()) this.#foundAgain(side as Side, end.sentAgain.finish());
    const endNs = Math.max(...ends.map((end, side) => end.exchanges.nowNs + this.#shiftNs(side as Side)), 0);
    this.run.finish(endNs);
    this.#tell(Number.POSITIVE_INFINITY);
    this.progress.clear();
    const told = ends.map((end, side) => {
      const { exchanges, table, learned } = end;
      return captureNotes({
        source: end.file,
        end: read[side] as NonNullable<(typeof read)[number]>,
        exchanges,
        table,
        learned,
      });
    });
    for (const note of told.flatMap(({ urgent }) => urgent)) this.io.err(`${note}\n`);
    return this.run.end({
      durationNs: Math.max(...ends.map(({ exchanges }) => durationOf(exchanges.totals))),
      totals: ends.flatMap((end) => this.#totalsOf(end)),
      notes: [...interruptedNotes(this.io), ...this.#pairNotes(), ...new Set(told.flatMap(({ notes }) => notes))],
      clockSteps: ends.reduce((sum, { exchanges }) => sum + exchanges.capture.clockSteps, 0),
      dropped: ends.reduce((sum, { exchanges }) => sum + exchanges.capture.dropped, 0),
      cutOff: read.some((one) => one.cutOff),
    });
  }

  /** Short where that tells the two apart. */
  #fileName(side: Side): string {
    const [first, second] = this.files.map((file) => basename(file));
    return (first === second ? this.files[side] : side === 0 ? first : second) ?? '';
  }

  /** The numbers of echoes begin again after 65,536: a part that was left over may be of an earlier one. */
  #view(sender: Side): ReceiverView {
    const watcher = (1 - sender) as Side;
    const clocksApartNs = sender === 0 ? this.pairing.offsetNs : -this.pairing.offsetNs;
    const toSenderNs = this.#shiftNs(watcher) - this.#shiftNs(sender) - clocksApartNs;
    const belong = ({ sentNs, arrivedNs }: LegInstants): boolean => {
      const { alignment } = view;
      const arrivedHereNs = alignment === undefined ? arrivedNs + toSenderNs : toProberClock(alignment, arrivedNs);
      return Math.abs(arrivedHereNs - sentNs) < ONE_PROBE_NS;
    };
    const view = new ReceiverView(this.#fileName(watcher), this.#names, belong);
    return view;
  }

  async #open(side: Side): Promise<End> {
    const file = this.files[side];
    const source = await ByteSource.open(file);
    const table = new PathTable((name) => isWanted(name, this.options.only));
    const learned: LearnedPath[] = [];
    const inRun: (number | undefined)[] = [];
    const intake = new PathIntake(
      (path) => table.paths[path]?.protocol ?? 'icmp',
      (path, about) => {
        const captured = table.paths[path];
        if (captured === undefined) return;
        this.#begin();
        learned[path] = about;
        inRun[path] = this.#runPaths;
        this.run.addPath(this.#runPaths, detectedPath(captured, about), runPath(captured, about));
        this.#runPaths += 1;
      },
      (samples) => this.#deliver(side, inRun, samples),
    );
    const exchanges: Exchanges = new Exchanges(
      table,
      { waitNs: this.options.waitNs, matchNs: Math.max(DEFAULT_MATCH_NS, this.options.waitNs) },
      (batch) => this.#take(side, table, intake, batch),
      (path, port) => intake.isFresh(path, port),
      (about) => {
        const name = table.paths[about.path]?.name;
        // What both ends see is told once, by the sender's.
        if (name !== undefined && this.pairing.senderOf(name) === side) this.#foundAgain(side, sentAgain.add(about));
      },
    );
    const sentAgain = new SentAgainGroups((path) => sentAgainPath(path, table, learned[path], intake, exchanges));
    return { file, sentAgain, source, table, exchanges, intake, learned, inRun, ended: false };
  }

  #foundAgain(side: Side, findings: readonly SynRetransmission[]): void {
    const shiftNs = this.#shiftNs(side);
    this.run.found(
      findings.map((one) => ({
        ...one,
        startMin: one.startMin + shiftNs,
        startMax: one.startMax + shiftNs,
        release: one.release + shiftNs,
      })),
    );
  }

  async #read(side: Side) {
    const { source, exchanges } = this.#end(side);
    const start = (await source.next()) ?? new Uint8Array(0);
    try {
      const end = await readCapture(source, start, exchanges, () => this.#between(side), PIECE_BYTES);
      exchanges.finish();
      return end;
    } finally {
      source.close();
      this.#end(side).ended = true;
      this.#wakeAll();
    }
  }

  async #between(side: Side): Promise<boolean> {
    this.#end(side).exchanges.flush();
    this.#wakeAll();
    const other = this.#end((1 - side) as Side);
    while (!other.ended && this.#alignedNs(side) > this.#alignedNs((1 - side) as Side) + AHEAD_NS) {
      await new Promise<void>((resolve) => {
        this.#wake.push(resolve);
      });
    }
    this.#tell(Math.min(this.#alignedNs(0), this.#alignedNs(1)) - SETTLED_NS);
    await this.run.drain();
    const ends = [this.#end(0), this.#end(1)];
    const total = ends.reduce((sum, end) => sum + (end.source.rawTotal ?? 0), 0);
    this.progress.update(
      ends.reduce((sum, end) => sum + end.source.rawBytes, 0),
      total,
    );
    return !this.io.stop.aborted;
  }

  #wakeAll(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  #end(side: Side): End {
    if (this.#ends === undefined) throw new Error('not open');
    return this.#ends[side];
  }

  /** From the epoch of the run, the earlier one, to that of a side; clocks are left as they are. */
  #shiftNs(side: Side): number {
    return (this.pairing.epochSeconds[side] - Math.min(...this.pairing.epochSeconds)) * SECOND;
  }

  /** How far a side has come, by the clock of the first; before its first packet it holds up the other. */
  #alignedNs(side: Side): number {
    const { exchanges, ended } = this.#end(side);
    if (ended) return Number.POSITIVE_INFINITY;
    return exchanges.nowNs + this.#shiftNs(side) - (side === 1 ? this.pairing.offsetNs : 0);
  }

  #begin(): void {
    if (this.run.started) return;
    const epochNs = BigInt(Math.min(...this.pairing.epochSeconds)) * BigInt(SECOND);
    this.run.start({ files: this.files, tool: 'captures from both ends', timestamps: 'kernel', epochNs });
  }

  #take(side: Side, table: PathTable, intake: PathIntake, batch: ExchangeBatch): void {
    const { samples } = batch;
    const names = samples.path.subarray(0, samples.length);
    const path = new Uint32Array(samples.length);
    for (let i = 0; i < samples.length; i += 1) path[i] = this.#number(table.paths[names[i] as number]?.name ?? '');
    const seq = batch.keys.slice(0, samples.length);
    const sends = Array.from(path, (number) => this.pairing.senderOf(this.#names[number] ?? '') === side);
    const isKnown = (i: number): boolean => batch.repeated[i] === 0;
    const common = { ...samples, path, seq };
    this.#views[side].takeSamples(onlyThose(common, (i) => sends[i] === true && isKnown(i)));
    const watched = onlyThose(common, (i) => sends[i] === false && isKnown(i));
    this.#views[(1 - side) as Side].takeArrivals(arrivalsOf(watched));
    intake.take(onlyThose(samples, (i) => sends[i] === true));
  }

  #number(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#names.push(name);
    this.#numbers.set(name, this.#names.length - 1);
    return this.#names.length - 1;
  }

  #deliver(side: Side, inRun: readonly (number | undefined)[], samples: SampleColumns): void {
    const shiftNs = this.#shiftNs(side);
    for (let i = 0; i < samples.length; i += 1) {
      samples.path[i] = inRun[samples.path[i] as number] ?? 0;
      samples.sentNs[i] = (samples.sentNs[i] as number) + shiftNs;
      samples.dueNs[i] = (samples.dueNs[i] as number) + shiftNs;
    }
    this.run.samples(samples);
  }

  /** Prints the findings that ended by `untilNs`, with what the other end saw of them. */
  #tell(untilNs: number): void {
    const settled = this.#waiting.filter(({ release }) => release <= untilNs);
    if (settled.length === 0) return;
    this.#waiting = this.#waiting.filter(({ release }) => release > untilNs);
    for (const finding of settled) {
      const side = this.pairing.senderOf(finding.path);
      const shiftNs = this.#shiftNs(side);
      const own = { ...finding, startMin: finding.startMin - shiftNs, release: finding.release - shiftNs };
      const views = this.#views[side].explain(own).map((view) => arrivalsRecord(view, this.#end(side), shiftNs));
      this.run.tell(finding, views);
      for (const { where } of views.slice(0, 1)) this.#where.set(where, (this.#where.get(where) ?? 0) + 1);
    }
  }

  #totalsOf(end: End): PathTotals[] {
    return end.exchanges.totals.flatMap((totals, path) => {
      const inRun = end.inRun[path];
      return inRun === undefined ? [] : [pathTotals(totals, inRun)];
    });
  }

  #pairNotes(): readonly string[] {
    const ends = this.#views.map((view, side) => ({
      alignment: view.alignment,
      own: this.#fileName(side as Side),
      other: this.#fileName((1 - side) as Side),
      epochsApartNs: this.#shiftNs((1 - side) as Side) - this.#shiftNs(side as Side),
    }));
    return pairNotes(ends, this.#where);
  }
}
