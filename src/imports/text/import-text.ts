import { CodedError } from '../../model/errors.js';
import { isCurlLine, isShellTime, parseCurl } from './curl.js';
import { isFpingLine, parseFpingText } from './fping.js';
import { isHpingLine, parseHping } from './hping-series.js';
import { isMtrJson, isMtrRawLine, isMtrReportLine, parseMtrRaw, refuseMtrReport } from './mtr.js';
import { isNpingLine, parseNpingText } from './nping.js';
import { isPacketLine } from './packet-line.js';
import { isPingLine, parsePingText } from './ping.js';
import { isWindowsPingLine, parseWindowsPing } from './ping-windows.js';
import { isAccessLogLine, parseAccessLog } from './requests/access-log.js';
import { LOAD_REPORTS } from './requests/load-reports.js';
import { isK6Line, isOhaLine, isVegetaLine, parseK6, parseOha, parseVegeta } from './requests/load-results.js';
import { noSingleProbes } from './run-series.js';
import { isTcpingLine, parseTcping } from './tcping.js';
import type { TextOptions, TextSeries } from './text-series.js';
import { isTracerouteLine, parseTraceroute } from './traceroute.js';

/** Lines that are looked at to tell who printed a text. */
const LINES_LOOKED_AT = 2_000;

type Parse = (lines: readonly string[], options: TextOptions) => readonly TextSeries[];

/** What is known of each tool whose print is read: how to tell its lines, and who reads them. */
const TOOLS = {
  nping: { isLine: isNpingLine, parse: parseNpingText, words: 'printed by nping' },
  hping: { isLine: isHpingLine, parse: parseHping, words: 'printed by hping3' },
  tcping: { isLine: isTcpingLine, parse: parseTcping, words: 'printed by a TCP ping' },
  fping: { isLine: isFpingLine, parse: parseFpingText, words: 'printed by fping' },
  'ping-windows': { isLine: isWindowsPingLine, parse: parseWindowsPing, words: 'printed by ping of Windows' },
  ping: { isLine: isPingLine, parse: parsePingText, words: 'printed by ping' },
  mtr: { isLine: isMtrRawLine, parse: parseMtrRaw, words: 'printed by mtr' },
  traceroute: { isLine: isTracerouteLine, parse: parseTraceroute, words: 'printed by traceroute' },
  vegeta: { isLine: isVegetaLine, parse: parseVegeta, words: 'results of vegeta' },
  k6: { isLine: isK6Line, parse: parseK6, words: 'results of k6' },
  oha: { isLine: isOhaLine, parse: parseOha, words: 'results of oha' },
  'access-log': { isLine: isAccessLogLine, parse: parseAccessLog, words: 'the access log of a proxy' },
  curl: { isLine: isCurlLine, parse: parseCurl, words: 'written by curl -w' },
} as const satisfies Record<string, { isLine: (line: string) => boolean; parse: Parse; words: string }>;

export type TextTool = keyof typeof TOOLS;
const RECOGNISE = Object.entries(TOOLS) as readonly [TextTool, (typeof TOOLS)[TextTool]][];

/** In words, whose print it is. */
export function toolWords(tool: TextTool): string {
  return TOOLS[tool].words;
}

/** Reports without single probes, by a line of theirs; what to do instead. */
const REPORTS: readonly [is: (line: string) => boolean, refuse: (lines: readonly string[]) => never][] = [
  [isMtrReportLine, refuseMtrReport],
  ...LOAD_REPORTS,
  [
    (line) => /^Success rate is \d+ percent \(\d+\/\d+\)/.test(line),
    (lines) => {
      const line = lines.find((one) => one.startsWith('Success rate')) ?? '';
      throw noSingleProbes('a summary of ping on a Cisco device', [line], 'ping from a Linux host, or rxray probe');
    },
  ],
];

/** Who printed a text, by the first line that is somebody's; undefined when none is. */
export function toolOf(lines: readonly string[]): TextTool | 'packets' | undefined {
  for (const line of lines.slice(0, LINES_LOOKED_AT)) {
    if (line === '') continue;
    if (isPacketLine(line)) return 'packets';
    const found = RECOGNISE.find(([, { isLine }]) => isLine(line));
    if (found !== undefined) return found[0];
  }
  // A summary and a command line alone are somebody's too.
  if (lines.some((line) => isShellTime(line)) && lines.some((line) => /\bnc\b.*\d/.test(line))) return 'curl';
  return lines.some((line) => /\d+ (?:packets )?transmitted, .*\d ?%/.test(line)) ? 'ping' : undefined;
}

/**
 * What a tool printed, as series of probes.
 * @param tool who printed it, where the user says so
 * @throws CodedError E_IMPORT_FORMAT for a text of nobody known; E_NOT_HPING … where it is not the tool's;
 * E_IMPORT_NO_PROBES for a report without single probes
 */
export function importText(
  name: string,
  lines: readonly string[],
  options: TextOptions,
  tool: TextTool | 'packets' | undefined = toolOf(lines),
): { readonly tool: TextTool; readonly series: readonly TextSeries[] } {
  if (tool === undefined || tool === 'packets') {
    refuseReport(lines);
    throw new CodedError(
      'E_IMPORT_FORMAT',
      `${name} is no capture, and no line of it is one of hping, ping, fping, nping, mtr, traceroute, tcping, curl -w, tcpdump, vegeta, k6, oha or an access log`,
      'give a pcap or pcapng file or such a text; --as says which it is',
      2,
    );
  }
  const parse: Parse =
    tool === 'ping' && lines.some((line) => isWindowsPingLine(line)) ? parseWindowsPing : TOOLS[tool].parse;
  return { tool, series: parse(lines, options) };
}

function refuseReport(lines: readonly string[]): void {
  if (isMtrJson(lines.join('\n').slice(0, 4_000))) refuseMtrReport(lines);
  for (const [is, refuse] of REPORTS) if (lines.some((line) => is(line))) refuse(lines);
}
