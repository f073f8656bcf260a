import type { Readable } from 'node:stream';
import { FAR_MARK } from './far-script.js';

/** A line longer than this is not one of ours. */
const LONGEST_LINE = 4_096;
const NEWLINE = 10;

/**
 * Reads the lines of a far script and passes over all others, until `take` says that the rest of the stream is
 * something else.
 *
 * @param take gets the words of a line; returns true when it was the last one
 * @param rest gets all bytes after the last line
 */
export function readFarLines(
  stream: Readable,
  take: (words: readonly string[]) => boolean,
  rest: (bytes: Buffer) => void,
): void {
  let pending = Buffer.alloc(0);
  const read = (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    for (let end = pending.indexOf(NEWLINE); end >= 0; end = pending.indexOf(NEWLINE)) {
      const line = pending.toString('utf8', 0, end);
      pending = pending.subarray(end + 1);
      // A login shell may have printed something before it, without a newline.
      const mark = line.indexOf(FAR_MARK);
      if (mark < 0 || !take(line.slice(mark + FAR_MARK.length).split(' '))) continue;
      stream.off('data', read);
      rest(pending);
      return;
    }
    if (pending.length > LONGEST_LINE) pending = pending.subarray(-LONGEST_LINE);
  };
  stream.on('data', read);
}
