import type { PathEvidence, Verdict } from '../../model/verdict.js';
import { type Hypothesis, type Reach, usualReach } from '../causes/hypothesis.js';
import { machineOfVantage } from '../paths/topology.js';
import type { SequentialScore, SeriesCount } from './sequential-series.js';

/** In a time in which so many stalls were to be expected, none is an answer. */
const SILENT_SECONDS = 60;

export function seriesEvidence({
  series,
  events,
  seconds,
  followersExpected,
  followersSeen,
}: SeriesCount): PathEvidence {
  const { path, durationNs } = series;
  const probes = series.findings.reduce((total, finding) => total + finding.probesAboveThreshold, 0);
  const time = `${durationNs === null ? 'at least ' : ''}${Math.round(seconds)} s`;
  const shape =
    followersExpected === 0
      ? ''
      : followersSeen === followersExpected
        ? ', each slow probe followed by all that must be slow too if everything waits'
        : `, with ${followersExpected - followersSeen} of ${followersExpected} probes quick that must be slow too if everything waits`;
  return {
    path: path.name,
    stalls: events,
    probes,
    flowsHit: 0,
    flows: path.flows,
    exposedNotHit: 0,
    words: events === 0 ? `${path.name}: nothing in ${time}` : `${path.name}: ${events} in ${time}${shape}`,
  };
}

/** The series that speaks most for the leading cause and against another, in a sentence. */
export function becauseOf(counts: readonly SeriesCount[], leading: SequentialScore, other: SequentialScore): string {
  const gains = counts.map((_, i) => (leading.bySeries[i] ?? 0) - (other.bySeries[i] ?? 0));
  const best = gains.indexOf(Math.max(...gains));
  const count = counts[best] as SeriesCount;
  const { path } = count.series;
  const reach = reachOf(other.hypothesis, best);
  const missing = count.followersExpected - count.followersSeen;
  if (reach === 'none') {
    return `${path.name} does not depend on it and stalled ${count.events} times: it would not if ${other.hypothesis.words}`;
  }
  if (count.events === 0) {
    return `${path.name} saw nothing in ${Math.round(count.seconds)} s: it would if ${other.hypothesis.words}`;
  }
  if (missing > 0) {
    return `on ${path.name} ${missing} of ${count.followersExpected} probes sent right after a slow one were quick: if ${other.hypothesis.words}, they wait too`;
  }
  return `all series together fit it less well than the leading cause, ${path.name} most`;
}

function reachOf(hypothesis: Hypothesis, path: number): Reach {
  return usualReach(hypothesis)[path] ?? 'none';
}

/** What is no stage but was under suspicion too: the protocol, and the other direction. */
export function clearedBeside(counts: readonly SeriesCount[], machine: string): Verdict['ruledOut'] {
  const cleared: Verdict['ruledOut'] = [];
  const icmp = counts.filter(({ series, events }) => series.path.protocol === 'icmp' && events > 0);
  if (icmp.length > 0) {
    const names = icmp.map(({ series }) => series.path.name).join(', ');
    cleared.push({ cause: 'tcp', because: `ICMP stalls as well (${names}), and has neither connections nor ports` });
  }
  const reverse = counts.filter(
    ({ series, events, seconds }) =>
      machineOfVantage(series.path) === machine && events === 0 && seconds >= SILENT_SECONDS,
  );
  for (const { series, seconds } of reverse) {
    cleared.push({
      cause: 'reverse direction',
      because: `${series.path.name} saw nothing in ${Math.round(seconds)} s: what ${machine} sends itself, and the replies to it, pass`,
    });
  }
  return cleared;
}
