import type { MeasuredPath } from '../../model/measured-path.js';
import { stageKey } from '../../model/stage.js';
import { allCauses } from '../causes/all-causes.js';
import { type Hypothesis, type Reach, usualReach } from '../causes/hypothesis.js';
import type { PlannedTarget, PlannedVantage } from '../causes/scene.js';
import { topologyOf } from '../paths/topology.js';
import { tellApart } from './tell-apart.js';

/** Flows of a path from which on one sees whether some wait and others pass. */
const FLOWS_TO_TELL = 4;

/** On which leg a path crosses a stage. */
export type Crossing = 'out' | 'back' | 'both' | null;

/** What the given paths can tell, before anything is sent. */
export interface Identifiability {
  /** Keys of all stages, `rx-queue@node`, in the order in which paths cross them. */
  readonly stages: string[];
  /** One row for each path, one column for each stage. */
  readonly matrix: Crossing[][];
  /** Groups of causes (`host@node`) that look the same on these paths. */
  readonly indistinguishable: string[][];
  /** Which path or vantage to add, in words, the most telling first. */
  readonly suggestions: string[];
}

export function identifiability(
  paths: readonly MeasuredPath[],
  vantages: readonly PlannedVantage[],
  targets: readonly PlannedTarget[],
): Identifiability {
  const stages = [...new Set(paths.flatMap(({ out, back }) => [...out, ...back].map(stageKey)))];
  const matrix = paths.map(({ out, back }) => {
    const [there, again] = [new Set(out.map(stageKey)), new Set(back.map(stageKey))];
    return stages.map((stage): Crossing => {
      const [isOut, isBack] = [there.has(stage), again.has(stage)];
      return isOut && isBack ? 'both' : isOut ? 'out' : isBack ? 'back' : null;
    });
  });
  const groups = alikeCauses(paths);
  const scene = { paths, vantages, targets, watched: new Set<string>(), traced: new Set<string>() };
  return {
    stages,
    matrix,
    indistinguishable: groups.map((group) => group.map(({ label }) => label)),
    suggestions: [...new Set(groups.flatMap((group) => tellApart(group, scene)))],
  };
}

/** Groups of two or more causes that hold the same paths, in all the ways in which they may show. */
export function alikeCauses(paths: readonly MeasuredPath[]): Hypothesis[][] {
  const groups = new Map<string, Hypothesis[]>();
  for (const hypothesis of allCauses(topologyOf(paths))) {
    const signature = signatureOf(hypothesis, paths);
    groups.set(signature, [...(groups.get(signature) ?? []), hypothesis]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

/** The paths held in the likeliest variant; by flow counts apart only where there are flows enough to see it. */
function signatureOf(hypothesis: Hypothesis, paths: readonly MeasuredPath[]): string {
  const sign = (reach: Reach, path: MeasuredPath | undefined): string => {
    if (reach === 'none') return '-';
    return reach === 'by-flow' && (path?.flows ?? 1) >= FLOWS_TO_TELL ? 'f' : 'x';
  };
  return usualReach(hypothesis)
    .map((reach, path) => sign(reach, paths[path]))
    .join('');
}
