import { ownFile } from './own-file.js';

let read: string | undefined;

/** The version in package.json, which is the one source of it. */
export function packageVersion(): string {
  if (read !== undefined) return read;
  const { version } = JSON.parse(ownFile('package.json').toString('utf8')) as { readonly version?: unknown };
  if (typeof version !== 'string') throw new Error('package.json names no version');
  read = version;
  return version;
}
