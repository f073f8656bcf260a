import { getRawAsset, isSea } from 'node:sea';

/** Whether this is the single executable, which has what belongs to rxray inside itself instead of in a folder. */
export function isSingleFile(): boolean {
  return isSea();
}

/** A file that was put into the single executable. @throws Error when there is none of that name */
export function carriedFile(name: string): Buffer {
  return Buffer.from(getRawAsset(name) as ArrayBuffer);
}
