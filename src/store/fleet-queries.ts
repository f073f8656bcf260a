import { metricName } from '../model/fleet/metrics-table.js';

/** The agent of a series: the label of the scrape where it has one, else its target, to be joined with `agent_info`. */
export const SERIES_OF_AGENT = 'instance, node';

/** A share of the window for which an agent was stopped, from which on it is blind. */
const STOPPED = 0.05;
/** Paused for so much of the window it cannot have measured. */
const PAUSED = 0.05;
const LEAST_LOST = 5;

/** Which agents there are. */
export function membersQuery(): string {
  return metricName('agent_info');
}

/** Agents that could not measure, by label `why`. */
export function blindQuery(windowS: number): string {
  const throttled = `avg_over_time(${metricName('agent_throttled')}[${windowS}s]) > ${STOPPED}`;
  const paused = `increase(${metricName('agent_pause_seconds_total')}[${windowS}s]) > ${PAUSED * windowS}`;
  return `${named(throttled, 'why', 'throttled')} or ${named(paused, 'why', 'paused')}`;
}

/** Which ways of probing there are: one for each agent, neighbour and kind. */
export function unitsQuery(): string {
  return `count by (${SERIES_OF_AGENT}, to, kind) (${metricName('path_probes_total')})`;
}

/** All counts above zero, by label `what`: stalls, lost, inbound. */
export function countsQuery(windowS: number): string {
  const stalls = `increase(${metricName('path_stalls_total')}[${windowS}s]) > 0`;
  const lost = `increase(${metricName('path_lost_total')}[${windowS}s]) >= ${LEAST_LOST}`;
  const inbound = `sum by (${SERIES_OF_AGENT}) (increase(${metricName('inbound_stalls_total')}{place=~"receive|all"}[${windowS}s])) > 0`;
  return [named(stalls, 'what', 'stalls'), named(lost, 'what', 'lost'), named(inbound, 'what', 'inbound')].join(' or ');
}

/** What tells when a way to a neighbour was slow. */
const RELEASES = (['path_last_release_timestamp_seconds', 'edge_last_spike_timestamp_seconds'] as const)
  .map(metricName)
  .join('|');

/** Raw release stamps of the paths of some agents, and those of single slow probes. */
export function ownReleasesQuery(instances: readonly string[], windowS: number): string {
  return `{__name__=~"${RELEASES}", instance=~"${anyOf(instances)}"}[${windowS}s]`;
}

/** Raw release stamps of the paths of others to some nodes, and those of single slow probes. */
export function releasesToQuery(nodes: readonly string[], instances: readonly string[], windowS: number): string {
  return `{__name__=~"${RELEASES}", to=~"${anyOf(nodes)}", instance!~"${anyOf(instances)}"}[${windowS}s]`;
}

/** Raw releases of what arrived at some nodes, with the flows of them, and of whom their kernels name. */
export function arrivalsQuery(instances: readonly string[], windowS: number): string {
  const names = [
    'inbound_last_release_timestamp_seconds',
    'inbound_flows_held',
    'inbound_flows_exposed',
    'culprit_last_release_timestamp_seconds',
    'culprit_last_wait_seconds',
  ] as const;
  return `{__name__=~"${names.map(metricName).join('|')}", instance=~"${anyOf(instances)}"}[${windowS}s]`;
}

/** Mean length of stalls, and probes a second, of the paths of suspects, by label `what`: held, rate. */
export function lengthsQuery(nodes: readonly string[], instances: readonly string[], windowS: number): string {
  const of = (call: string, metric: string): string =>
    `(${call}(${metric}{instance=~"${anyOf(instances)}"}[${windowS}s]) or ${call}(${metric}{to=~"${anyOf(nodes)}"}[${windowS}s]))`;
  const stalls = of('increase', metricName('path_stalls_total'));
  const held = `${of('increase', metricName('path_held_seconds_total'))} / (${stalls} > 0)`;
  const rate = of('rate', metricName('path_probes_total'));
  return `${named(held, 'what', 'held')} or ${named(rate, 'what', 'rate')}`;
}

/** Stalls on the edges of some nodes, in and out, step by step: by `to`, and by agent. */
export function historyQuery(nodes: readonly string[], instances: readonly string[], stepS: number): string {
  const stalls = metricName('path_stalls_total');
  return (
    `sum by (to) (increase(${stalls}{to=~"${anyOf(nodes)}"}[${stepS}s])) > 1` +
    ` or sum by (${SERIES_OF_AGENT}) (increase(${stalls}{instance=~"${anyOf(instances)}"}[${stepS}s])) > 1`
  );
}

function named(expression: string, label: string, value: string): string {
  return `label_replace(${expression}, "${label}", "${value}", "", "")`;
}

/** A regular expression (RE2) for exactly these words, inside a string of PromQL. */
function anyOf(words: readonly string[]): string {
  const escaped = words.map((word) => word.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&'));
  return (escaped.length === 0 ? 'none of them' : escaped.join('|')).replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}
