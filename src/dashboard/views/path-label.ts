import type { ViewContext } from './view-context.js';

/** A path as the screen names it: without the vantage where all paths start from the same one. */
export function pathLabel({ snapshot }: ViewContext, name: string): string {
  const vantage = name.slice(0, name.indexOf('>') + 1);
  const shared = vantage !== '' && snapshot.rows.every((row) => row.name.startsWith(vantage));
  return shared ? name.slice(vantage.length) : name;
}
