import type { Case } from './case.js';
import { ownIncidents } from './own-incidents.js';
import type { Account } from './weigh.js';

/** Paths that speak against the account by so much that only a mistake in the hosts file explains both. */
export function contradictions(known: Case, { shares }: Pick<Account, 'shares'>): string[] {
  const names = shares.flatMap(({ incidents, variant }) => {
    const own = ownIncidents(known, incidents);
    return variant.reach.flatMap((reach, path) =>
      own.contradicts(path, reach) ? (known.topology.paths[path]?.name ?? []) : [],
    );
  });
  return [...new Set(names)];
}
