// What a build says of itself; src/installation/build-info.ts reads it.
import { writeFileSync } from 'node:fs';
import { commit, sourceEpoch } from './places.mjs';

/**
 * @param kind `checkout`, `npm` or `single-file`
 * @param helpers SHA-256 by platform and name
 */
export function buildInfoText({ kind, helpers }) {
  const hash = commit();
  const when = hash === undefined ? {} : { commit: hash, date: new Date(sourceEpoch() * 1000).toISOString() };
  return `${JSON.stringify({ ...when, kind, helpers }, null, 2)}\n`;
}

export function writeBuildInfo(path, about) {
  writeFileSync(path, buildInfoText(about));
}
