import type { ProberHello } from '../../model/engine-event.js';
import { CodedError } from '../../model/errors.js';
import type { ExportFormat } from '../../model/report-format.js';
import { Player } from '../../recording/player.js';
import { createParquetSink } from '../../report/files/parquet-sink.js';
import { createPcapngSink } from '../../report/files/pcapng-sink.js';
import type { SampleSink } from '../../report/files/sample-sink.js';
import { createCsvReporter } from '../../report/probe/csv-reporter.js';
import { createNdjsonReporter } from '../../report/probe/ndjson-reporter.js';
import { EXIT } from '../run/exit-status.js';
import { STANDARD_STREAM } from '../terminal/check-output.js';
import { FileProgress } from '../terminal/file-progress.js';
import type { Io } from '../terminal/io.js';
import { withOutput } from '../terminal/output.js';
import { recordedFiles } from './recorded-files.js';
import { type RecordedVantage, recordedVantages } from './recorded-vantages.js';
import { replay } from './replay.js';

export interface ExportOptions {
  readonly file: string;
  readonly format: ExportFormat;
  /** Default standard output for text, and beside the recording for the others. */
  readonly output?: string | undefined;
}

type WriteOut = (content: string | Uint8Array) => Promise<void>;

/**
 * `export`: the samples of a recording in another format.
 *
 * @returns 0
 * @throws CodedError as `replay`; what could be read of a damaged recording is exported
 */
export async function exportRecording(options: ExportOptions, io: Io): Promise<number> {
  const { file, format } = options;
  const progress = new FileProgress(io, `reading ${options.file}`);
  const player = await Player.open(file, {
    speed: 0,
    stop: io.stop,
    onWarning: (message) => {
      progress.clear();
      io.err(`warning W_RECORDING: ${message}\n`);
    },
    onProgress: (done, total) => progress.update(done, total),
  });
  if (player.run.command === 'probe' && (format === 'csv' || format === 'ndjson')) {
    // The very lines of the live run.
    const showing = { format, quiet: false, explain: false, failOn: [], speed: 0 } as const;
    await replay({ file, ...showing, output: options.output }, io);
    return EXIT.completed;
  }
  const path = options.output ?? (format === 'csv' || format === 'ndjson' ? undefined : `${stem(file)}.${format}`);
  if (path === STANDARD_STREAM && format !== 'csv' && format !== 'ndjson') {
    throw new CodedError('E_USAGE', `${format} is no text, and -o - is standard output`, 'write -o FILE', 2);
  }
  await withOutput({ output: path, inputs: recordedFiles(file) }, io, async (output) => {
    const write: WriteOut = (content) => output.write(content);
    const vantages = recordedVantages(player);
    const reading =
      format === 'parquet' || format === 'pcapng'
        ? exportSamples(vantages, format === 'parquet' ? createParquetSink(write) : createPcapngSink(write))
        : exportLines(vantages, format, write);
    reading.catch(() => {});
    await player.play();
    const count = await reading;
    progress.clear();
    if (output.file !== undefined) io.err(`${count} samples in ${output.file}\n`);
  });
  if (player.damage) throw player.damage;
  return EXIT.completed;
}

async function exportSamples(vantages: readonly RecordedVantage[], sink: SampleSink): Promise<number> {
  const counts = vantages.map(async (vantage) => {
    let hello: ProberHello | undefined;
    let count = 0;
    for await (const { event } of vantage.events()) {
      if (event.kind === 'hello') hello = event.hello;
      const run = vantage.run();
      if (event.kind !== 'samples' || hello === undefined || run === undefined) continue;
      await sink.samples({ run, hello }, event.samples);
      count += event.samples.length;
    }
    return count;
  });
  const all = await Promise.all(counts);
  await sink.end();
  return sum(all);
}

/** Several vantages as lines: one CSV with one head, or the NDJSON of each with its run line. */
async function exportLines(
  vantages: readonly RecordedVantage[],
  format: 'csv' | 'ndjson',
  write: WriteOut,
): Promise<number> {
  let headWritten = false;
  const counts = vantages.map(async (vantage) => {
    const reporter = format === 'csv' ? createCsvReporter() : createNdjsonReporter();
    let count = 0;
    for await (const { event, findings } of vantage.events()) {
      const run = vantage.run();
      if (event.kind === 'hello' && run) {
        const head = reporter.start(run);
        if (format === 'ndjson' || !headWritten) {
          headWritten = true;
          await write(head);
        }
      }
      if (event.kind === 'samples') {
        count += event.samples.length;
        await write(reporter.samples(event.samples));
      }
      for (const finding of findings) await write(reporter.finding(finding));
    }
    return count;
  });
  return sum(await Promise.all(counts));
}

function sum(counts: readonly number[]): number {
  return counts.reduce((all, count) => all + count, 0);
}

/** `run` of `run.rxr.gz`. */
function stem(file: string): string {
  return file.replace(/\.(gz|zst)$/, '').replace(/\.rxr$/, '');
}
