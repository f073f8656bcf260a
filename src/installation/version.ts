import { z } from 'zod';
import { ownFile } from './own-file.js';

let read: string | undefined;

/** The version in package.json, which is the one source of it. */
export function packageVersion(): string {
  read ??= z.object({ version: z.string() }).parse(JSON.parse(ownFile('package.json').toString('utf8'))).version;
  return read;
}
