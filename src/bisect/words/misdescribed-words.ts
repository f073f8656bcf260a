import { isHit } from '../evidence/observation.js';
import type { Case } from '../weigh/case.js';
import { ownIncidents } from '../weigh/own-incidents.js';
import type { Account } from '../weigh/weigh.js';

/** What a run says of paths that contradict the hosts file, whatever its verdict. */
export function misdescribedNotes({ misdescribed }: Pick<Case, 'misdescribed'>): string[] {
  return misdescribed.map(
    ({ words }) => `the hosts file does not fit what was seen: ${words}; nothing is concluded from this path`,
  );
}

/** What to put right first. */
export function misdescribedSteps({ misdescribed, topology }: Pick<Case, 'misdescribed' | 'topology'>): string[] {
  const targets = new Set(misdescribed.map(({ path }) => topology.paths[path]?.target ?? ''));
  return [...targets].map((target) => `correct the hosts file: ${target} is not where it says (node, pod)`);
}

/** The part of a reason that paths have which waited and are not what they are said to be; empty where none waited. */
export function misfitOf({ misdescribed, topology, incidents }: Case): string {
  const names = misdescribed.flatMap(({ path }) =>
    incidents.some(({ paths }) => isHit(paths[path])) ? (topology.paths[path]?.name ?? []) : [],
  );
  return names.length === 0 ? '' : `; the hosts file does not fit what was seen: ${names.join(', ')}`;
}

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

export function contradictionNote(names: readonly string[]): string {
  return `${names.join(', ')} ${names.length === 1 ? 'speaks' : 'speak'} against the verdict, unless the hosts file is wrong there: it is not sure therefore`;
}
