import type { FindingKind } from '../../model/finding.js';
import type { PointKinds } from '../document/sample-points.js';

/** Points of a path as the page has them: little-endian columns in base64. */
export interface PagePoints {
  readonly count: number;
  /** Uint32: units of `timeUnitNs` since `fromNs`. */
  readonly time: string;
  /** Float32, milliseconds; -1 lost. */
  readonly rtt: string;
  /** Uint16. */
  readonly flow: string;
  /** Uint8: codes of `kinds`. */
  readonly kind: string;
}

/** Instants are nanoseconds since the epoch of the run. */
export interface PageMark {
  readonly startNs: number;
  readonly releaseNs: number;
}

export interface PageFinding extends PageMark {
  /** Number of its path in `paths`. */
  readonly path: number;
  readonly kind: FindingKind;
  readonly selfInflicted: boolean;
}

/** What the script of the page draws from. */
export interface PageData {
  /** Milliseconds of local wall-clock time at the epoch, since midnight; and that midnight. */
  readonly epochOfDayMs: number;
  readonly zone: string;
  readonly fromNs: number;
  readonly toNs: number;
  readonly timeUnitNs: number;
  readonly thresholdMs: number;
  readonly freshFlow: number;
  readonly kinds: typeof PointKinds;
  readonly paths: readonly {
    readonly name: string;
    readonly samples: number;
    readonly bucketNs: number;
    readonly points: PagePoints;
  }[];
  readonly findings: readonly PageFinding[];
  /** What `next` and `previous` go to. */
  readonly stops: readonly PageMark[];
  readonly culprits: readonly { readonly startNs: number; readonly releaseNs: number; readonly words: string }[];
}
