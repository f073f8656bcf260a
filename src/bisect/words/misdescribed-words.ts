import { sayMachines } from '../causes/hypothesis.js';
import { isHit } from '../evidence/observation.js';
import type { Case } from '../weigh/case.js';
import type { Rival } from '../weigh/otherwise-described.js';

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

export function contradictionNote(names: readonly string[]): string {
  return `${names.join(', ')} ${names.length === 1 ? 'speaks' : 'speak'} against the verdict, unless the hosts file is wrong there: it is not sure therefore`;
}

/** Of the rivals the likeliest of each entry: what it would take, and what explains the same then. */
export function elsewhereNotes(rivals: readonly Rival[]): string[] {
  return ofEachEntry(rivals).map(
    ({ description, hypothesis: { cause, machines } }) =>
      `if ${description.words}, which the hosts file does not say, ${cause} at ${sayMachines(machines)} explains the same: the verdict is not sure therefore`,
  );
}

/** What to look up before anything is believed. */
export function elsewhereSteps(rivals: readonly Rival[]): string[] {
  const targets = [...new Set(rivals.map(({ description }) => description.target))];
  return targets.map(
    (target) =>
      `make sure of what the hosts file says of ${target} (kubectl get endpoints, kubectl get pods -o wide): were it wrong, another cause would explain the same`,
  );
}

function ofEachEntry(rivals: readonly Rival[]): Rival[] {
  const likeliest = new Map<string, Rival>();
  for (const rival of rivals) {
    const known = likeliest.get(rival.description.words);
    if (known === undefined || rival.probability > known.probability) likeliest.set(rival.description.words, rival);
  }
  return [...likeliest.values()];
}
