import type { Finding } from '../../model/finding.js';
import type { ReportFormat } from '../../model/report-format.js';

/** What wrote the files. */
export const IMPORT_KINDS = [
  'pcap',
  'tcpdump',
  'hping',
  'ping',
  'fping',
  'nping',
  'mtr',
  'traceroute',
  'tcping',
  'curl',
  'vegeta',
  'k6',
  'oha',
  'access-log',
] as const;
export type ImportKind = (typeof IMPORT_KINDS)[number];

/** `rxray import` as resolved from the command line. */
export interface ImportOptions {
  readonly files: readonly string[];
  /** Undefined: each file is recognised by how it begins. */
  readonly as?: ImportKind | undefined;
  readonly thresholdNs: number;
  readonly waitNs: number;
  /** Of a text that does not show it. */
  readonly intervalNs?: number | undefined;
  /** Names of paths to follow, `*` for anything; none means all. */
  readonly only: readonly string[];
  /** Sources of a capture are taken together: one path for each target. */
  readonly together: boolean;
  readonly format: ReportFormat;
  readonly output?: string | undefined;
  readonly quiet: boolean;
  readonly failOn: readonly Finding['kind'][];
  /** With it the files are paths of that hosts file, measured one after the other, and give a verdict. */
  readonly hosts?: string | undefined;
  readonly paths: readonly { readonly name: string; readonly file: string }[];
  readonly explain: boolean;
}
