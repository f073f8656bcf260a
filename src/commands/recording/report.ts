import { basename } from 'node:path';
import { ownFile } from '../../installation/own-file.js';
import { CodedError } from '../../model/errors.js';
import type { PageFormat } from '../../model/report-format.js';
import { Player } from '../../recording/player.js';
import { type BisectInfo, PROBE_STREAM, type ProbeInfo } from '../../recording/recorded-run.js';
import { jsonReport } from '../../report/document/json-report.js';
import { markdownReport } from '../../report/document/markdown-report.js';
import type { ReportDocument } from '../../report/document/report-document.js';
import { fleetPage } from '../../report/fleet/fleet-page.js';
import { fleetMarkdown } from '../../report/fleet/fleet-text.js';
import { htmlReport, type PageAssets } from '../../report/html/html-report.js';
import { EXIT } from '../run/exit-status.js';
import { measuredRun } from '../run/measured-run.js';
import { FileProgress } from '../terminal/file-progress.js';
import type { Io } from '../terminal/io.js';
import { type Output, withOutput } from '../terminal/output.js';
import { replayedEngine } from './recorded-engine.js';
import { recordedFiles } from './recorded-files.js';
import { recordedBisection, recordedMeasurement } from './replay.js';
import { ReportAssembly } from './report-assembly.js';
import { isFleetVerdict, readFleetVerdict } from './report-fleet.js';

/** The options of `report`, checked and in the project's units. */
export interface ReportOptions {
  readonly file: string;
  /** Default standard output. */
  readonly output?: string | undefined;
  readonly format: PageFormat;
  /** Default the one it was recorded with. */
  readonly thresholdNs?: number | undefined;
  readonly quiet: boolean;
  /** IANA name of the zone of times; default that of the machine. */
  readonly zone?: string | undefined;
}

/**
 * `report`: replays a recording and writes down what it shows, for an incident ticket.
 *
 * @returns 0; what was found is in the report
 * @throws CodedError when it is no recording; and where it is damaged, after the report of what came before
 */
export async function report(options: ReportOptions, io: Io): Promise<number> {
  if (options.output === undefined && options.format === 'html' && io.outIsTerminal) {
    throw new CodedError('E_USAGE', 'a page in HTML is not for the terminal', 'add -o report.html, or --format md', 2);
  }
  const assets = options.format === 'html' ? pageAssets() : undefined;
  if (await isFleetVerdict(options.file)) return reportFleet(options, assets, io);
  const inputs = recordedFiles(options.file);
  const damage = await withOutput({ output: options.output, inputs }, io, async (output) => {
    const { document, damage } = await assemble(options, io);
    const text = write(document, options, assets);
    // Its script is allowed by its checksum, so not a byte of the page may be changed on the way.
    await output.write(options.format === 'html' && output.file !== undefined ? Buffer.from(text) : text);
    if (!options.quiet && output.file !== undefined) {
      io.err(`${output.file}: ${Math.ceil(text.length / 1000).toLocaleString('en')} kB\n`);
    }
    return damage;
  });
  if (damage) throw damage;
  return EXIT.completed;
}

/** The same of what `rxray fleet --json` wrote. */
async function reportFleet(options: ReportOptions, assets: PageAssets | undefined, io: Io): Promise<number> {
  const { file, format, output } = options;
  await withOutput({ output, inputs: [{ path: file, what: 'the verdict' }] }, io, async (to) => {
    const told = await readFleetVerdict(file);
    if (format === 'json') await to.write(`${JSON.stringify(told)}\n`);
    else if (format === 'md' || assets === undefined) await to.write(fleetMarkdown(told));
    else {
      const page = fleetPage(told, assets.style, basename(file));
      // Its style is allowed by its checksum, so not a byte of the page may be changed on the way.
      await to.write(to.file === undefined ? page : Buffer.from(page));
    }
  });
  return EXIT.completed;
}

/** Reads the recording to its end. */
export async function assemble(
  options: Pick<ReportOptions, 'file' | 'thresholdNs' | 'quiet'>,
  io: Io,
): Promise<{ readonly document: ReportDocument; readonly damage: CodedError | undefined }> {
  const warnings: string[] = [];
  const progress = new FileProgress(io, `reading ${options.file}`, 'bytes', options.quiet);
  const player = await Player.open(options.file, {
    speed: 0,
    stop: io.stop,
    onWarning: (message) => warnings.push(message),
    onProgress: (done, total) => progress.update(done, total),
  });
  const { run } = player;
  const planned = run.command === 'probe' ? run.plan.paths : run.paths.map((path) => path.planned);
  const assembly = new ReportAssembly({
    file: options.file,
    command: run.command,
    thresholdNs: options.thresholdNs ?? run.thresholdNs,
    paths: planned.map(({ name }) => name),
  });
  if (run.command === 'probe') await followProbe(player, run, options.thresholdNs, assembly, warnings);
  else await followBisect(player, run, options, assembly, { ...io, err: (text) => warnings.push(text.trim()) });
  progress.clear();
  if (player.damage) warnings.push(`${player.damage.message}; the report is about what came before`);
  return { document: assembly.document(warnings), damage: player.damage };
}

async function followProbe(
  player: Player,
  info: ProbeInfo,
  thresholdNs: number | undefined,
  assembly: ReportAssembly,
  warnings: string[],
): Promise<void> {
  const measurement = recordedMeasurement(info, { thresholdNs });
  const run = replayedEngine(player, PROBE_STREAM, info.engine).start(info.plan);
  const read = async (): Promise<void> => {
    for await (const { event, findings } of measuredRun(run.events, measurement)) {
      if (event.kind === 'hello' && measurement.run) assembly.vantage(measurement.run.host.name, measurement.run);
      if (event.kind === 'samples') assembly.samples(event.samples);
      if (event.kind === 'warning') warnings.push(event.message);
      for (const finding of findings) assembly.finding(finding);
    }
  };
  const ended = read();
  // The reader has begun to read by now.
  ended.catch(() => {});
  await player.play();
  await ended;
  const { summaries, quality } = measurement.result();
  assembly.ended(measurement.run?.host.name ?? 'prober', quality);
  assembly.end(summaries);
}

async function followBisect(
  player: Player,
  info: BisectInfo,
  options: Pick<ReportOptions, 'file' | 'thresholdNs'>,
  assembly: ReportAssembly,
  io: Io,
): Promise<void> {
  const asked = { ...options, format: 'json', quiet: true, explain: true } as const;
  const nowhere: Output = { file: undefined, write: async () => {} };
  await recordedBisection(player, info, asked, io, nowhere, assembly).follow();
}

function write(document: ReportDocument, { format, zone }: ReportOptions, assets: PageAssets | undefined): string {
  if (format === 'json') return jsonReport(document);
  if (format === 'md' || assets === undefined) return markdownReport(document, zone);
  return htmlReport(document, assets, zone);
}

/** Script and style of the page, as the build made them. */
export function pageAssets(): PageAssets {
  const read = (name: string): string => {
    try {
      return ownFile(`dist/src/report/page/${name}`).toString('utf8');
    } catch (cause) {
      throw new CodedError(
        'E_INSTALL',
        `the page's ${name} is not there: ${cause instanceof Error ? cause.message : cause}`,
        'in a checkout run npm run build, else install rxray again',
      );
    }
  };
  return { script: read('report-page.js'), style: read('report-page.css') };
}
