import { SECOND } from '../../model/time.js';
import type { Condition } from '../drawing/glyphs.js';
import type { PathState } from './path-state.js';

/** What happened so long ago is over. */
const RECENT_NS = 5 * SECOND;
/** So many seconds without any answer make a path silent. */
const SILENT_SECONDS = 3;
const SLOW_SHARE = 0.5;

/** How a path does now, by what happened in the last seconds. */
export function conditionOf(path: PathState, nowNs: number, thresholdNs: number, vantageFailed: boolean): Condition {
  if (vantageFailed) return 'blind';
  if (path.sent === 0) return 'starting';
  const newest = Math.floor(nowNs / SECOND);
  const recent = [0, 1, 2, 3, 4].flatMap((back) => path.seconds.at(newest - back) ?? []);
  const told = path.lastFinding;
  if (told !== undefined && nowNs - told.toldNs < RECENT_NS && isHeld(told.finding.kind)) return 'stalled';
  if (path.received === 0 || isSilent(recent)) return 'silent';
  if (recent.some(({ lost }) => lost > 0)) return 'lossy';
  return recent.some(({ worstNs }) => worstNs >= SLOW_SHARE * thresholdNs) ? 'slow' : 'ok';
}

function isHeld(kind: string): boolean {
  return kind === 'stall' || kind === 'slow-drain' || kind === 'congestion';
}

/** Losses are told when the wait is over: what is sent and not yet told does not count. */
function isSilent(recent: readonly { sent: number; lost: number }[]): boolean {
  const told = recent.filter(({ sent }) => sent > 0);
  return told.length >= SILENT_SECONDS && told.every(({ sent, lost }) => lost === sent);
}
