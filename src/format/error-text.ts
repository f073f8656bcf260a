import type { CodedError } from '../model/errors.js';
import { printableLines } from './printable.js';

/**
 * A failure as people read it: what happened with its code, and what to do next. Further lines of the message (the last
 * words of a far login shell) are set in, so that none of them passes for one of rxray's own.
 *
 * @param who the program, or the program and the machine: `rxray`, `rxray: node-7`
 */
export function errorText(who: string, { message, code, remedy }: CodedError): string {
  const [first = '', ...more] = printableLines(message).split(/\r?\n/);
  const last = more.pop();
  const lines = last === undefined ? [`${first} [${code}]`] : [first, ...more, `${last} [${code}]`];
  return `${who}: ${lines.join('\n    ')}\n  → ${printableLines(remedy).replaceAll('\n', '\n    ')}\n`;
}
