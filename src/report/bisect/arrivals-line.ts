import { formatMs } from '../../format/duration.js';
import { count } from '../../format/finding-words.js';
import { formatFlows } from '../../format/flow-list.js';
import type { ArrivalsRecord } from '../../model/records/arrivals.js';

const WHERE = {
  'before-capture': (machine: string) => `on the way to ${machine}`,
  'inside-node': (machine: string) => `behind the capture point of ${machine}`,
  'on-the-way-back': (machine: string) => `on the way back from ${machine}`,
} as const satisfies Record<ArrivalsRecord['where'], (machine: string) => string>;

const ORDER = { fifo: ', in the order of sending', 'by-flow': ', in batches by flow', unknown: '' } as const;

/** What the second capture point says of the finding above it. */
export function arrivalsLine(arrivals: ArrivalsRecord): string {
  const { where, machine, probes, excessNs, bunched, order, flowsHeld } = arrivals;
  const released = bunched ? ', then went on together' : '';
  const flows = flowsHeld.length > 1 ? `; flows ${formatFlows(flowsHeld)}` : '';
  return `    ↳ ${count(probes, 'probe')} waited ${WHERE[where](machine)}: up to ${formatMs(excessNs)}${released}${ORDER[order]}${flows}`;
}
