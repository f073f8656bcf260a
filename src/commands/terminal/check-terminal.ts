import type { ReadStream, WriteStream } from 'node:tty';
import { capabilitiesOf } from '../../dashboard/drawing/capabilities.js';
import { CodedError } from '../../model/errors.js';

/**
 * What there is to draw on; to be asked before anything is started.
 *
 * @throws CodedError E_NO_TERMINAL where standard input or output is no terminal that can be drawn on
 */
export function checkTerminal(ascii: boolean) {
  const remedy = 'run it in a terminal, or without --live: rxray probe prints findings as they come';
  if (!process.stdout.isTTY || !process.stdin.isTTY) {
    const which = process.stdout.isTTY ? 'standard input' : 'standard output';
    throw new CodedError('E_NO_TERMINAL', `the dashboard needs a terminal, and ${which} is none`, remedy, 2);
  }
  const capabilities = capabilitiesOf(process.env, ascii);
  if (capabilities === null) {
    const term = process.env.TERM ?? '';
    throw new CodedError('E_NO_TERMINAL', `the dashboard cannot be drawn with TERM=${term}`, remedy, 2);
  }
  const streams = {
    input: process.stdin as ReadStream,
    output: process.stdout as WriteStream & { readonly fd: number },
  };
  return { capabilities, streams, term: process.env.TERM ?? '' };
}
