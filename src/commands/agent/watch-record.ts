import { OwnThrottling } from '../../fleet/own-throttling.js';
import type { TimestampSource } from '../../model/engine-event.js';
import { FindingsLog } from './findings-log.js';
import { HelperCosts } from './helper-cost.js';
import { InboundCounts } from './stall-counts.js';
import { LastMinute, Tallies } from './tallies.js';
import { WaitCounts } from './wait-counts.js';

/** What is kept through changes of the configuration. */
export class WatchRecord {
  readonly tallies = new Tallies();
  readonly log = new FindingsLog();
  readonly costs = new HelperCosts();
  readonly lag = new LastMinute();
  readonly throttling = new OwnThrottling();
  readonly inbound = new InboundCounts();
  readonly waits = new WaitCounts();
  readonly otherFindings: Record<string, number> = {
    'slow-drain': 0,
    congestion: 0,
    'rtt-spike': 0,
    'loss-episode': 0,
  };
  /** By neighbour, when the last single slow probe came back: seconds since 1970. */
  readonly spikes = new Map<string, number>();
  selfInflicted = 0;
  pauses = 0;
  pauseNs = 0;
  missedSlots = 0;
  droppedRecords = 0;
  clockSteps = 0;
  escalations = 0;
  arrivals = 0;
  readonly refused = { forged: 0, replayed: 0, unannounced: 0, clock: 0 };
  lastAnswerMs = Number.NEGATIVE_INFINITY;
  mostEdgesMs = Number.NEGATIVE_INFINITY;
  timestamps: TimestampSource = 'user';
}
