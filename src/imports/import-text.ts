import { CodedError } from '../model/errors.js';
import { isFpingLine, parseFpingText } from './fping-text.js';
import { hpingSeries, isHpingLine } from './hping-series.js';
import { isNpingLine, parseNpingText } from './nping-text.js';
import { isPingLine, parsePingText } from './ping-text.js';
import type { TextOptions, TextSeries } from './text-series.js';

export const TEXT_TOOLS = ['hping', 'ping', 'fping', 'nping'] as const;
export type TextTool = (typeof TEXT_TOOLS)[number];

/** Lines that are looked at to tell who printed a text. */
const LINES_LOOKED_AT = 400;

const RECOGNISE: readonly [TextTool, (line: string) => boolean][] = [
  ['nping', isNpingLine],
  ['hping', isHpingLine],
  ['fping', isFpingLine],
  ['ping', isPingLine],
];

/** Who printed a text, by the first line that is somebody's; undefined when none is. */
export function toolOf(text: string): TextTool | undefined {
  const lines = text.slice(0, LINES_LOOKED_AT * 200).split(/\r?\n/, LINES_LOOKED_AT);
  for (const line of lines) {
    const found = RECOGNISE.find(([, isLine]) => isLine(line));
    if (found !== undefined) return found[0];
  }
  return undefined;
}

/**
 * What a tool printed, as series of probes.
 * @param tool who printed it, where the user says so
 * @throws CodedError E_IMPORT_FORMAT for a text of nobody known; E_NOT_HPING … where it is not the tool's
 */
export function importText(
  name: string,
  text: string,
  options: TextOptions,
  tool: TextTool | undefined = toolOf(text),
): { readonly tool: TextTool; readonly series: readonly TextSeries[] } {
  switch (tool) {
    case 'hping':
      return { tool, series: [hpingSeries(text, options)] };
    case 'ping':
      return { tool, series: [parsePingText(text, options)] };
    case 'fping':
      return { tool, series: parseFpingText(text, options) };
    case 'nping':
      return { tool, series: parseNpingText(text, options) };
    case undefined:
      throw new CodedError(
        'E_IMPORT_FORMAT',
        `${name} is no capture, and none of its first ${LINES_LOOKED_AT} lines is one of hping3, ping, fping or nping`,
        'give a pcap or pcapng file or such a text; --as says which it is',
        2,
      );
  }
}
