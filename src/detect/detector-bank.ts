import type { PathTotals, Pause } from '../model/engine-event.js';
import type { Finding } from '../model/finding.js';
import type { Outage } from '../model/outage.js';
import type { SampleColumns } from '../model/sample.js';
import type { Summary } from '../model/summary.js';
import { MS } from '../model/time.js';
import type { DetectedPath, DetectOptions } from './detected-path.js';
import { PathDetector } from './path-detector.js';
import { PlainAnswers } from './plain-answers.js';
import { OwnPauses } from './self-inflicted.js';

export type { DetectedPath, DetectOptions } from './detected-path.js';

/** Samples may be this much behind the clock: block-wise writing, a transport's delay. */
const SAMPLES_BEHIND_NS = 500 * MS;

/**
 * The detectors of all paths of a run. Pure: the same samples and pauses give the same findings, whatever the
 * batches they come in.
 *
 * Each finding comes once, complete. Those of one path come in order of release, within about 1 s of it; only
 * loss-episodes come when the loss is certain (see loss-episode.ts), which is later. A finding is handed out by a
 * later call than the one that completed it, so that a pause reported right after the samples still marks it.
 */
export interface DetectorBank {
  /** One more path, which samples refer to as `index`: in a capture paths show themselves one after the other. */
  add(index: number, path: DetectedPath): void;
  /** Takes a batch in; samples are told apart by `path`, those of unknown paths are left out. */
  push(samples: SampleColumns): Finding[];
  /** An interval in which the prober itself did not run. */
  pause(pause: Pause): void;
  /** The prober's SYNs are the kernel's, which sends one again at these instants while nothing answers. */
  expectRetransmits(instantsNs: readonly number[]): void;
  /** Time has passed, in nanoseconds since the epoch of the run: closes what can be closed. */
  advance(nowNs: number): Finding[];
  /** The run has ended: closes everything. */
  finish(nowNs: number): Finding[];
  /** Paths that went silent or answer again, since the last call. */
  outages(): Outage[];
  /** One for each path, in their order; complete after {@link finish}. Totals are matched by their `path`. */
  summaries(totals?: readonly PathTotals[]): Summary[];
}

/** @param paths in the order in which samples refer to them */
export function createDetectorBank(paths: readonly DetectedPath[], options: DetectOptions): DetectorBank {
  const pauses = new OwnPauses();
  /** In the order in which they came to be so: mostly none, and gone through at each cut while there is one. */
  const busy: PathDetector[] = [];
  const plain = new PlainAnswers();
  const wake = (detector: PathDetector): void => {
    if (!busy.includes(detector)) busy.push(detector);
  };
  const detectors: (PathDetector | undefined)[] = [];
  for (const [index, path] of paths.entries()) add(index, path);

  function add(index: number, path: DetectedPath): void {
    plain.add(index);
    detectors[index] = new PathDetector(path, options, wake, { all: plain, index });
  }

  const explained = (finding: Finding): boolean => pauses.explain(finding);

  /** Between any two batches while a detector is busy, and mostly for nothing. */
  function take(findings: Finding[]): void {
    for (let i = 0; i < busy.length; ) {
      const detector = busy[i] as PathDetector;
      const taken = detector.take(explained);
      if (taken.length > 0) findings.push(...taken);
      if (detector.busy) i += 1;
      else busy.splice(i, 1);
    }
  }

  function advance(nowNs: number, findings: Finding[]): void {
    take(findings);
    for (const detector of busy) {
      detector.advance(nowNs - SAMPLES_BEHIND_NS);
    }
  }

  return {
    add,
    push(samples) {
      const findings: Finding[] = [];
      const { cuts = [samples.length], passed } = samples;
      let at = 0;
      for (let batch = 0; batch < cuts.length; batch += 1) {
        const cut = cuts[batch] as number;
        if (busy.length > 0) take(findings);
        // To nobody does anything happen any more.
        else if (at === samples.length) break;
        while (at < cut) {
          // While no detector is busy, nothing is to be handed out at the cuts between plain answers.
          at = plain.take(samples, at, busy.length > 0 ? cut : samples.length);
          if (at >= cut) break;
          detectors[samples.path[at] as number]?.observe(samples, at);
          at += 1;
        }
        // Time passes for nobody while no detector is busy.
        if (passed !== undefined && busy.length > 0) for (const nowNs of passed[batch] ?? []) advance(nowNs, findings);
      }
      return findings;
    },
    pause(pause) {
      pauses.add(pause);
    },
    expectRetransmits(instantsNs) {
      for (const detector of detectors) detector?.expectRetransmits(instantsNs);
    },
    advance(nowNs) {
      const findings: Finding[] = [];
      advance(nowNs, findings);
      return findings;
    },
    finish(nowNs) {
      for (const detector of detectors) {
        if (detector === undefined) continue;
        detector.finish(nowNs);
        wake(detector);
      }
      const findings: Finding[] = [];
      take(findings);
      return findings;
    },
    outages() {
      const news: Outage[] = [];
      for (const detector of detectors) for (const outage of detector?.takeOutages() ?? []) news.push(outage);
      return news;
    },
    summaries(totals = []) {
      const byPath = new Map(totals.map((total) => [total.path, total]));
      return detectors.flatMap((detector, i) => (detector === undefined ? [] : [detector.summary(byPath.get(i))]));
    },
  };
}
