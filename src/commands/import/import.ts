import { ByteSource } from '../../imports/byte-source.js';
import { isCapture } from '../../imports/capture/file/capture-reader.js';
import { CodedError } from '../../model/errors.js';
import type { Io } from '../terminal/io.js';
import { withOutput } from '../terminal/output.js';
import { importCapture } from './import-capture.js';
import type { ImportOptions } from './import-options.js';
import { importPair } from './import-pair.js';
import { importPrintedPackets } from './import-printed-packets.js';
import { importTexts, readSeries, readTextFile } from './import-text.js';
import { importVerdict } from './import-verdict.js';

/** So many bytes tell what a file is. */
const START_BYTES = 64;

/** A file that was opened and begun. */
interface Opened {
  readonly source: ByteSource;
  readonly start: Uint8Array;
  readonly isCapture: boolean;
}

/**
 * `import`: what other tools printed or captured, through the same detectors as a run of `probe`.
 *
 * @returns 0 read; 1 no reply in it at all, or what `--fail-on` names was found; with `--hosts` as `bisect`
 * @throws CodedError for wrong use and for files that are nothing known (2)
 */
export async function importFiles(options: ImportOptions, io: Io): Promise<number> {
  const read = [...options.files, ...options.paths.map(({ file }) => file)];
  const inputs = [
    { path: options.hosts, what: 'the hosts file' },
    ...read.map((path) => ({ path, what: 'what is imported' })),
  ];
  return withOutput({ output: options.output, inputs }, io, (output) =>
    importInto(options, { ...io, out: (text) => output.write(text) }),
  );
}

async function importInto(options: ImportOptions, io: Io): Promise<number> {
  if (options.hosts !== undefined) return importVerdict(options.hosts, options, io);
  if (options.paths.length > 0) throw new CodedError('E_USAGE', '--path without --hosts', 'add --hosts hosts.yaml', 2);
  if (options.files.length === 0) {
    throw new CodedError('E_USAGE', 'nothing to import', 'name a capture, or a file of printed output', 2);
  }
  const opened: Opened[] = [];
  try {
    for (const name of options.files) opened.push(await open(name, options));
    return await dispatch(opened, options, io);
  } finally {
    for (const { source } of opened) source.close();
  }
}

async function dispatch(opened: readonly Opened[], options: ImportOptions, io: Io): Promise<number> {
  const captures = opened.filter((one) => one.isCapture);
  const [first] = captures;
  if (first === undefined) {
    const texts = [];
    for (const { source, start } of opened) texts.push(await readTextFile(source, start, options));
    const [text, ...others] = texts;
    if (text?.hasPackets === true && others.length === 0) return importPrintedPackets(text, options, io);
    if (texts.some(({ hasPackets }) => hasPackets)) {
      throw new CodedError('E_USAGE', 'printed packets beside another file', 'import them one after the other', 2);
    }
    return importTexts(
      texts.map((one) => readSeries(one, options)),
      options,
      io,
    );
  }
  if (captures.length < opened.length) {
    throw new CodedError('E_USAGE', 'captures and printed output in one import', 'import them one after the other', 2);
  }
  if (captures.length === 1) return importCapture(first.source, first.start, options, io);
  const [one, other, ...more] = captures.map(({ source }) => source);
  if (one?.rawTotal != null && other?.rawTotal != null && more.length === 0 && !options.together) {
    for (const { source } of captures) source.close();
    return importPair([one.name, other.name], options, io);
  }
  throw new CodedError(
    'E_USAGE',
    `${captures.length} captures at once, or two with --together, or two of which one is a pipe`,
    'give one, or the files of the two from both ends of a path',
    2,
  );
}

async function open(name: string, options: ImportOptions): Promise<Opened> {
  const source = await ByteSource.open(name);
  let start: Uint8Array = new Uint8Array(0);
  while (start.length < START_BYTES) {
    const chunk = await source.next();
    if (chunk === null) break;
    start = start.length === 0 ? chunk : Buffer.concat([start, chunk]);
  }
  if (start.length === 0) {
    source.close();
    const why = source.cutOff === undefined ? '' : `: ${source.cutOff.why}`;
    throw new CodedError('E_IMPORT_FORMAT', `${name} is empty${why}`, 'give a file with something in it', 2);
  }
  return { source, start, isCapture: options.as === undefined ? isCapture(start) : options.as === 'pcap' };
}
