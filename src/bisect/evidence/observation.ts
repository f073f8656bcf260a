import type { LocalEvidence } from './local-evidence.js';
import type { WaitedIn } from './request-part.js';

/** What one incident did to one path: which of its flows waited, and which had a probe under way that did not. */
export interface PathObservation {
  /** Fixed flows whose probes were all held. Ascending. */
  readonly hit: readonly number[];
  /** Fixed flows whose probes all passed while something was held elsewhere. Ascending. */
  readonly clean: readonly number[];
  /** Flows with both: says little. */
  readonly mixed: number;
  /** Probes from ports of their own. */
  readonly freshHeld: number;
  readonly freshClean: number;
  readonly heldProbes: number;
  /** Of requests that waited, in which part; absent where none says so. */
  readonly waitedIn?: WaitedIn;
}

export type IncidentKind = 'stall' | 'slow-drain' | 'congestion' | 'loss';

/** One incident as the causes are asked about it. */
export interface Observation {
  readonly kind: IncidentKind;
  readonly startMinNs: number;
  readonly startMaxNs: number;
  readonly releaseNs: number;
  /** By index of the path; null where nothing was under way, or what was says nothing. */
  readonly paths: readonly (PathObservation | null)[];
  /** Machine whose own way out held the probes before it sent them, so that no later stage can have; mostly null. */
  readonly heldBefore: string | null;
  /** Findings whose probes were released in order of sending, and in batches by flow. */
  readonly fifo: number;
  readonly byFlow: number;
  readonly local: readonly LocalEvidence[];
  /** Machines whose kernel was asked, all the time of it, what packets wait for. */
  readonly traced: readonly string[];
}

export type PathState = 'hit' | 'partial' | 'clean';

/** The state of a path as a whole. */
export function stateOf(path: PathObservation): PathState {
  const hit = path.hit.length + path.mixed + path.freshHeld;
  const clean = path.clean.length + path.mixed + path.freshClean;
  return hit === 0 ? 'clean' : clean === 0 ? 'hit' : 'partial';
}

/** Whether any probe of the path was held. */
export function isHit(path: PathObservation | null | undefined): path is PathObservation {
  return path !== null && path !== undefined && stateOf(path) !== 'clean';
}

/** Probes of a path held alone that show something even where no other path was watched. */
const TELLING_PROBES = 4;

/** Whether paths can be compared at all: a moment in which only one had probes under way says nothing of stages. */
export function isTelling({ paths }: Pick<Observation, 'paths'>): boolean {
  const watched = paths.filter((path) => path !== null);
  return watched.length > 1 || watched.some((path) => path.heldProbes >= TELLING_PROBES);
}

const MOST_LITTLE_LOSS = 3;
const MOST_LITTLE_PATHS = 2;

/** Two or three probes lost on a path or two, as random loss of single packets makes them now and then. */
export function isLittleLoss({ kind, paths }: Pick<Observation, 'kind' | 'paths'>): boolean {
  if (kind !== 'loss') return false;
  const hit = paths.filter(isHit);
  return hit.length <= MOST_LITTLE_PATHS && hit.every((path) => path.heldProbes <= MOST_LITTLE_LOSS);
}
