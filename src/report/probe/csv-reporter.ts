import { printable } from '../../format/printable.js';
import type { Reporter } from './reporter.js';
import { toSampleRecord } from './sample-record.js';

const COLUMNS = [
  'path',
  'seq',
  'flow',
  'due',
  'sent',
  'outcome',
  'reply',
  'rttNs',
  'ttl',
  'icmpType',
  'icmpCode',
  'router',
  'txDelayNs',
  'errno',
] as const;

/** One sample a line (RFC 4180). Instants are nanoseconds of CLOCK_REALTIME, as there is no line for an epoch. */
export function createCsvReporter(): Reporter {
  let pathNames: string[] = [];
  let epochNs = 0n;
  return {
    start: (run) => {
      pathNames = run.paths.map((path) => path.path);
      epochNs = BigInt(run.epochNs);
      return `${COLUMNS.join(',')}\r\n`;
    },
    path: ({ path }) => {
      pathNames.push(path);
      return '';
    },
    samples: (samples) => {
      let out = '';
      for (let index = 0; index < samples.length; index += 1) {
        const record = toSampleRecord(samples, index, pathNames);
        const absolute = { ...record, due: epochNs + BigInt(record.due), sent: epochNs + BigInt(record.sent) };
        out += `${COLUMNS.map((column) => cell(absolute[column])).join(',')}\r\n`;
      }
      return out;
    },
    finding: () => '',
    end: () => '',
  };
}

/** A name that a spreadsheet would take for a formula (OWASP, CSV injection) is marked as text by a quote. */
function cell(value: string | number | bigint | null | undefined): string {
  const plain = value === null || value === undefined ? '' : printable(String(value));
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(plain) ? `'${plain}` : plain;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
