import { basename } from 'node:path';
import { judgeSequential, type SequentialSeries } from '../../bisect/sequential/sequential.js';
import { createDetectorBank } from '../../detect/detector-bank.js';
import { readHosts } from '../../hosts/hosts-file.js';
import { type HostsPath, measuredPaths } from '../../hosts/measured-paths.js';
import { ByteSource } from '../../imports/byte-source.js';
import { isCapture } from '../../imports/capture/file/capture-reader.js';
import type { TextSeries } from '../../imports/text/text-series.js';
import { CodedError } from '../../model/errors.js';
import type { Summary } from '../../model/summary.js';
import type { Verdict } from '../../model/verdict.js';
import { type BisectFormat, createBisectReporter } from '../../report/bisect/bisect-reporter.js';
import { verdictStatus } from '../run/exit-status.js';
import type { Io } from '../terminal/io.js';
import type { ImportOptions } from './import-options.js';
import { type ReadText, readSeries, readTextFile } from './import-text.js';

/**
 * `import --hosts`: printed output of runs that were made one after the other, each on a path of a hosts file, and
 * which stage is to blame for what they show.
 *
 * @returns as `bisect`: 0 healthy, 1 a fault, 3 inconclusive
 */
export async function importVerdict(hostsFile: string, options: ImportOptions, io: Io): Promise<number> {
  if (options.paths.length === 0) {
    throw new CodedError('E_USAGE', '--hosts without --path', "write --path 'shell>nodeport/syn=run.txt'", 2);
  }
  const reporter = createBisectReporter(verdictFormat(options.format), options);
  const known = measuredPaths(await readHosts(hostsFile));
  const all: SequentialSeries[] = [];
  const summaries: Summary[] = [];
  const notes = new Map<string, string[]>();
  for (const { name, file } of options.paths) {
    const path = known.find(({ measured }) => measured.name === name);
    if (path === undefined) throw noSuchPath(name, hostsFile, known);
    const text = await read(file, options);
    for (const series of text.series) {
      const judged = judge(path, series, options);
      all.push(judged.series);
      summaries.push(...judged.summaries);
      for (const note of [...text.damage, ...series.notes]) notes.set(note, [...(notes.get(note) ?? []), file]);
    }
  }
  const verdict = judgeSequential(all);
  const own = [...notes].map(([note, files]) =>
    files.length === options.paths.length ? note : `${note} (${files.map((file) => basename(file)).join(', ')})`,
  );
  const told: Verdict = { ...verdict, quality: { ...verdict.quality, notes: [...verdict.quality.notes, ...own] } };
  await io.out(reporter.verdict(told, summaries));
  return verdictStatus(verdict);
}

/** @throws CodedError E_USAGE for a format of samples, of which a verdict has none */
function verdictFormat(format: ImportOptions['format']): BisectFormat {
  if (format === 'text' || format === 'json' || format === 'ndjson') return format;
  throw new CodedError(
    'E_USAGE',
    `--format ${format} is of samples, and --hosts gives a verdict`,
    'use text, json or ndjson',
    2,
  );
}

async function read(file: string, options: ImportOptions): Promise<ReadText> {
  const source = await ByteSource.open(file);
  try {
    const start = (await source.next()) ?? new Uint8Array(0);
    if (isCapture(start)) {
      throw new CodedError(
        'E_IMPORT_FORMAT',
        `${file} is a capture, which has several paths at once`,
        'give printed output to --path; import the capture by itself',
        2,
      );
    }
    const text = await readTextFile(source, start, options);
    if (text.hasPackets) {
      throw new CodedError('E_IMPORT_FORMAT', `${file} shows packets of several paths`, 'import it by itself', 2);
    }
    return readSeries(text, options);
  } finally {
    source.close();
  }
}

function judge(
  path: HostsPath,
  series: TextSeries,
  options: ImportOptions,
): { readonly series: SequentialSeries; readonly summaries: readonly Summary[] } {
  const { name } = path.measured;
  const { intervalNs, protocol, censored, samples, freshPorts, durationNs } = series;
  if (protocol !== path.measured.protocol) {
    throw new CodedError(
      'E_IMPORT_PATH',
      `${name} is a path of ${path.measured.protocol}, and its file is of ${protocol}`,
      'give each path the file that was measured on it',
      2,
    );
  }
  const { thresholdNs, waitNs } = options;
  const bank = createDetectorBank([{ name, intervalNs, flows: 1, protocol, freshPerSecond: 0, censored }], {
    thresholdNs,
    waitNs,
  });
  const findings = [...bank.push(samples), ...bank.finish(Number.MAX_SAFE_INTEGER)];
  return {
    series: { path: { ...path.measured, flows: 1, intervalNs }, durationNs, thresholdNs, freshPorts, findings },
    summaries: bank.summaries(),
  };
}

function noSuchPath(name: string, file: string, known: readonly HostsPath[]): CodedError {
  const names = known.map(({ measured }) => measured.name).join(', ');
  return new CodedError('E_IMPORT_PATH', `${file} has no path ${name}`, `use one of ${names}`, 2);
}
