import { parseRecordedHosts } from '../../hosts/hosts-file.js';
import { CodedError } from '../../model/errors.js';
import type { FindingKind } from '../../model/finding.js';
import { type Judging, judgingOf } from '../../model/judging.js';
import type { ReportFormat } from '../../model/report-format.js';
import { Player } from '../../recording/player.js';
import { type BisectInfo, PROBE_STREAM, type ProbeInfo } from '../../recording/recorded-run.js';
import type { BisectFormat, BisectReporter } from '../../report/bisect/bisect-reporter.js';
import type { BisectOptions } from '../bisect/bisect-options.js';
import { recordedSources } from '../bisect/bisect-sources.js';
import { Bisection } from '../bisect/bisection.js';
import { ProbeCommand } from '../probe/probe-command.js';
import { Measurement } from '../run/measurement.js';
import { FileProgress } from '../terminal/file-progress.js';
import type { Io } from '../terminal/io.js';
import { type Output, withOutput } from '../terminal/output.js';
import { replayedEngine } from './recorded-engine.js';
import { recordedFiles } from './recorded-files.js';

/** The options of `replay`, checked and in the project's units. */
export interface ReplayOptions extends Judging {
  readonly file: string;
  /** Default the one it was recorded with. */
  readonly thresholdNs?: number | undefined;
  readonly format: ReportFormat;
  readonly output?: string | undefined;
  readonly quiet: boolean;
  readonly explain: boolean;
  readonly failOn: readonly FindingKind[];
  /** 1 is as fast as it was recorded, 0 as fast as it can. */
  readonly speed: number;
  /** Draw it on the terminal. */
  readonly live?: boolean | undefined;
  /** Plain characters. */
  readonly ascii?: boolean | undefined;
}

/**
 * `replay`: feeds a recording through the same analysis as the live run, with other options where they are given.
 *
 * @returns as `probe` and `bisect` do
 * @throws CodedError when it is no recording, of a newer format, or damaged: then after the results of what came before
 */
export async function replay(options: ReplayOptions, io: Io): Promise<number> {
  const progress = new FileProgress(io, `reading ${options.file}`, 'bytes', options.quiet || options.speed > 0);
  const player = await Player.open(options.file, {
    speed: options.speed,
    stop: io.stop,
    onWarning: (message) => {
      progress.clear();
      io.err(`warning W_RECORDING: ${message}\n`);
    },
    onProgress: (done, total) => progress.update(done, total),
  });
  const quietly: Io = {
    ...io,
    out: (text) => {
      progress.clear();
      return io.out(text);
    },
  };
  const { run } = player;
  const inputs = recordedFiles(options.file);
  const status = await withOutput({ output: options.output, inputs }, quietly, async (output) =>
    run.command === 'probe'
      ? replayProbe(player, run, options, output, quietly)
      : recordedBisection(player, run, { ...options, format: bisectFormat(options.format) }, quietly, output).follow(),
  );
  progress.clear();
  if (player.damage) throw player.damage;
  return status;
}

async function replayProbe(
  player: Player,
  info: ProbeInfo,
  options: ReplayOptions,
  output: Output,
  io: Io,
): Promise<number> {
  const { plan, engine } = info;
  const measurement = recordedMeasurement(info, options);
  const showing = {
    ...options,
    live: options.live === true,
    ascii: options.ascii === true,
    status: false,
    recorded: true,
  };
  const command = new ProbeCommand(showing, plan, measurement, output, io);
  // NDJSON shows samples and findings in the order in which they came.
  const join = options.format !== 'ndjson';
  const run = replayedEngine(player, PROBE_STREAM, engine, join).start(plan);
  const ended = command.follow(run);
  // The reader has begun to read by now.
  ended.catch(() => {});
  await player.play();
  return ended;
}

/** The analysis of a recording of probe. */
export function recordedMeasurement(
  info: ProbeInfo,
  other: Judging & { readonly thresholdNs?: number | undefined },
): Measurement {
  const thresholdNs = other.thresholdNs ?? info.thresholdNs;
  const { plan, engine, version } = info;
  const judging = judgingOf(info.options, other);
  const options = { ...info.options, thresholdNs, ...judging };
  return new Measurement(plan, { command: 'probe', version, engine, thresholdNs, ...judging, options });
}

/** What is asked of a recorded bisection. */
export interface RecordedBisectionOptions extends Judging {
  readonly file: string;
  readonly thresholdNs?: number | undefined;
  readonly format: BisectFormat;
  readonly quiet: boolean;
  readonly explain: boolean;
  readonly live?: boolean | undefined;
  readonly ascii?: boolean | undefined;
}

/** The bisection of a recording. @param reporter in place of the one of the format */
export function recordedBisection(
  player: Player,
  info: BisectInfo,
  options: RecordedBisectionOptions,
  io: Io,
  output: Output,
  reporter?: BisectReporter,
): Bisection {
  const about = {
    hosts: parseRecordedHosts(info.hosts, options.file),
    paths: info.paths,
    notes: info.notes,
  };
  const bisectOptions: BisectOptions = {
    thresholdNs: options.thresholdNs ?? info.thresholdNs,
    ...judgingOf(info.options, options),
    durationNs: 0,
    fixedDuration: true,
    only: [],
    except: [],
    family: 'any',
    plan: false,
    trace: true,
    live: options.live === true,
    ascii: options.ascii === true,
    explain: options.explain,
    json: false,
    format: options.format,
    quiet: options.quiet,
    cpu: 'auto',
  };
  return new Bisection(bisectOptions, about, recordedSources(player, info), output, io, reporter);
}

function bisectFormat(format: ReportFormat): BisectFormat {
  if (format === 'text' || format === 'json' || format === 'ndjson') return format;
  throw new CodedError(
    'E_USAGE',
    `--format ${format} is for recordings of probe; this one is of bisect`,
    `use text, json or ndjson; rxray export has its samples`,
    2,
  );
}
