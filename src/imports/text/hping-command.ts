import { MS, SECOND, US } from '../../model/time.js';

/** hping3's own default. */
const HPING_DEFAULT_INTERVAL_NS = 1 * SECOND;
/** Options of hping3 that take a value, which is no target. */
const WITH_VALUE =
  /^--(?:count|interval|interface|spoof|destport|baseport|data|file|sign|setseq|setack|tos|ttl|win|id|mtu|fragoff|ipproto|icmptype|icmpcode|lsrr|ssrr)$/;
const VALUE_OPTIONS = 'ciIaspbdeEMLNtwOoHCKgmjJGTuyQ';
/** Not the heading of the summary. */
const COMMAND_LINE = /^(?!---).*\bhping[23]?\s+(.*)$/;

/** What follows the name of the program on a command line; null where none of the lines is one. */
export function commandOf(lines: readonly string[]): string | null {
  return lines.map((line) => COMMAND_LINE.exec(line)?.[1]).find((found) => found !== undefined) ?? null;
}

/** `-i u10000` is microseconds, `-i 1` seconds, `--fast` 100 ms as hping3 has it in its code (its help says 10). */
export function intervalOf(command: string): number {
  const match = /(?:^|\s)(?:-i|--interval)[\s=]*(u?)(\d+)/.exec(command);
  if (match !== null) {
    return Number(match[2]) * (match[1] === 'u' ? US : SECOND);
  }
  return /\s--fast\b/.test(command) ? 100 * MS : HPING_DEFAULT_INTERVAL_NS;
}

export function portOf(command: string | null): number | null {
  const port = command?.match(/(?:^|\s)(?:-p|--destport)[\s=]+\+*(\d+)/)?.[1];
  return port === undefined ? null : Number(port);
}

/** The word of a command line that is no option and no value of one. */
export function targetOf(command: string | null): string | null {
  const words = ((command ?? '').split(/[|>;&]/)[0] ?? '').split(/\s+/).filter((word) => word !== '');
  const targets: string[] = [];
  for (let i = 0; i < words.length; i += 1) {
    const word = words[i] as string;
    if (!word.startsWith('-')) targets.push(word);
    else if (WITH_VALUE.test(word) || (/^-[A-Za-z0-9]+$/.test(word) && VALUE_OPTIONS.includes(word.at(-1) ?? '')))
      i += 1;
  }
  return (
    targets.find((word) => /^(?:\d+\.){3}\d+$|^[a-z][\w-]*(?:\.[\w-]+)+$|^[\da-f:]+:[\da-f:]*$/i.test(word)) ??
    targets[0] ??
    null
  );
}
