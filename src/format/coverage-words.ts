import type { Coverage, QueuesFrom } from '../model/summary.js';
import type { MachineCoverage } from '../model/verdict.js';
import { formatLength } from './duration.js';

const TOO_LITTLE = 'too little was answered to say which stalls would have been seen';

/** What a run would have seen of stalls, a line a scope: never more certain than its flows and its rate allow. */
export function coverageLines(coverage: Coverage | null): string[] {
  if (coverage === null) return [TOO_LITTLE];
  const { sweep } = coverage;
  const queues = queuesText(coverage);
  const flows =
    sweep.flows === 1
      ? `one address pair is one queue: a given one of ${queues} is crossed`
      : `${sweep.flows} flows cross a given one of ${queues}`;
  return [
    `a stall of the whole host would have been seen with 95 % ${fromOn(coverage.hostStallNs)}`,
    `${flows} with ${percent(coverage.queueCrossed)}; of its stalls ${ofQueue(coverage)}`,
  ];
}

/** The same in a few words, for a table or a line of the dashboard. */
export function coverageBrief(coverage: Coverage | null): string {
  if (coverage === null) return 'too little answered';
  const { hostStallNs, queues, queueCrossed, queueStallNs } = coverage;
  const queue = queueStallNs === null ? `crossed with ${percent(queueCrossed)}` : `from ${formatLength(queueStallNs)}`;
  return `host from ${lengthOr(hostStallNs)}, 1 of ${queues} queues ${queue}`;
}

/** What all paths into a machine together would have seen of it. */
export function machineCoverageLine(of: MachineCoverage): string {
  const more =
    of.oftener === null ? '' : `; to get to ${formatLength(of.wantedNs)}: ${of.oftener} times as many probes into it`;
  return (
    `${of.machine}: the whole host ${fromOn(of.hostStallNs)} (95 %); a given one of ${queuesText(of)} is crossed ` +
    `with ${percent(of.queueCrossed)}, of its stalls ${ofQueue(of)}${more}`
  );
}

/** Their number, and who says so where that is not the user. */
function queuesText({ queues, queuesFrom }: Pick<Coverage, 'queues' | 'queuesFrom'>): string {
  return `${queues} receive queues${queuesFrom === undefined ? '' : SAID[queuesFrom]}`;
}

const SAID: Readonly<Record<QueuesFrom, string>> = {
  asked: '',
  machine: ' (as it says itself)',
  flows: ' (as its stalls show)',
  assumed: ' (assumed)',
};

function ofQueue(of: Pick<Coverage, 'typicalNs' | 'typicalSeen' | 'queueStallNs'>): string {
  const typical = `one of ${formatLength(of.typicalNs)} is seen with ${percent(of.typicalSeen)}`;
  return of.queueStallNs === null ? typical : `${typical}, one of ${formatLength(of.queueStallNs)} with 95 %`;
}

function fromOn(lengthNs: number | null): string {
  return lengthNs === null ? 'at no length' : `from ${formatLength(lengthNs)} on`;
}

function lengthOr(lengthNs: number | null): string {
  return lengthNs === null ? 'never' : formatLength(lengthNs);
}

/** Neither 100 % nor 0 %: a probability says no more than it knows. */
function percent(share: number): string {
  if (share > 0.999) return 'over 99.9 %';
  if (share < 0.001) return 'below 0.1 %';
  return `${(share * 100).toFixed(1)} %`;
}
