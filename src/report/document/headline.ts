import { coverageLines, machineCoverageLine } from '../../format/coverage-words.js';
import { formatLength } from '../../format/duration.js';
import { count } from '../../format/finding-words.js';
import type { Verdict } from '../../model/verdict.js';
import { accusedName, accusedShare } from '../bisect/accused-text.js';
import type { ReportDocument } from './report-document.js';

/** The answer, in the words that stand largest. */
export interface Headline {
  /** `fault`: somebody is to blame, or probe found something; `open`: not decided. */
  readonly state: 'fault' | 'open' | 'healthy';
  readonly title: string;
  /** How sure that is, and what it means. */
  readonly sentences: readonly string[];
}

export function headlineOf(document: ReportDocument): Headline {
  return document.verdict ? ofVerdict(document.verdict) : ofFindings(document);
}

/** Machines at fault in words. */
export function placeOf(where: Verdict['where']): string {
  if (where === null) return 'an unknown place';
  return typeof where === 'string' ? where : where.join(' – ');
}

/** Never 1.000: no measurement is that sure. */
export function probabilityText(value: number): string {
  return value > 0.999 ? '> 0.999' : value.toFixed(3);
}

/** The longest wait of a probe that a stall held; 0 without any. */
export function longestWaitNs({ findings }: Pick<ReportDocument, 'findings'>): number {
  return findings.shown.reduce(
    (longest, finding) =>
      finding.kind === 'stall' && !finding.selfInflicted ? Math.max(longest, finding.peakRttNs) : longest,
    0,
  );
}

function ofVerdict(verdict: Verdict): Headline {
  if (verdict.cause === 'healthy') {
    const { noStallLongerThanNs: bound } = verdict;
    return {
      state: 'healthy',
      title: 'healthy',
      sentences: [
        `Probability ${probabilityText(verdict.probability)}.`,
        ...(bound === null ? [] : [`No stall of a whole host longer than ${formatLength(bound)}.`]),
        ...(verdict.coverage ?? []).map((of) => `Would have been seen at ${machineCoverageLine(of)}.`),
      ],
    };
  }
  if (verdict.cause === 'inconclusive') {
    return {
      state: 'open',
      title: 'inconclusive',
      sentences: [`${capital(verdict.reason ?? 'the data do not decide')}.`, 'Nobody is convicted by this.'],
    };
  }
  const place = placeOf(verdict.where);
  const kind = verdict.kind === undefined || verdict.kind === 'stall' ? '' : ` (${verdict.kind})`;
  // Causes of equal standing share the headline: naming the first alone would accuse it.
  const cause = [verdict.cause, ...verdict.indistinguishable].join(' or ');
  return {
    state: 'fault',
    title: `${cause}${kind} at ${place}`,
    sentences: [
      ...(verdict.indistinguishable.length > 0
        ? [
            `It is one of these with probability ${probabilityText(verdict.together ?? verdict.probability)}; ${verdict.cause} alone: ${probabilityText(verdict.probability)}.`,
            'What was measured fits each of them about equally well.',
          ]
        : [
            `Probability ${probabilityText(verdict.probability)}: ${oddsText(verdict.probability)}.`,
            ...(verdict.meaning === undefined ? [] : [verdict.meaning]),
          ]),
      ...(verdict.culprit === undefined
        ? []
        : [
            `Held by ${accusedName(verdict.culprit)}: ${accusedShare(verdict.culprit)}.`,
            `What would help: ${verdict.culprit.fix}.`,
          ]),
    ],
  };
}

/** The doubt that is left, as odds. Below one in 10,000 the model itself is the greater doubt. */
function oddsText(probability: number): string {
  const doubt = 1 - probability;
  if (doubt < 1e-4) return 'by the data another cause is less likely than 1 in 10,000';
  const one = 1 / doubt;
  return `another cause remains possible with 1 in ${one < 10 ? one.toFixed(1) : Math.round(one).toLocaleString('en')}`;
}

function ofFindings(document: ReportDocument): Headline {
  const {
    stall,
    'slow-drain': drain,
    congestion,
    'rtt-spike': spike,
    'loss-episode': loss,
    'syn-retransmission': repeated,
    'next-probe-release': woken,
  } = document.findingCounts;
  const found = [
    [stall, 'stall'],
    [drain, 'slow drain'],
    [congestion, 'congestion episode'],
    [spike, 'RTT spike'],
    [loss, 'loss episode'],
    [repeated, 'SYN retransmission'],
    [woken, 'release by the next probe'],
  ] as const;
  const words = found.filter(([number]) => number > 0).map(([number, noun]) => count(number, noun));
  const unanswered = document.summaries.filter(({ received }) => received === 0);
  const advice = 'A recording of probe shows what waited and when; which stage is to blame is for rxray bisect to say.';
  if (unanswered.length > 0 && unanswered.length === document.summaries.length) {
    return { state: 'open', title: 'no reply at all', sentences: ['None of the probes was answered.'] };
  }
  if (words.length === 0) {
    const [only] = document.summaries;
    const seen =
      document.summaries.length === 1 && only !== undefined
        ? coverageLines(only.coverage)
        : ['Which stalls each path would have seen stands under the quality of the measurement.'];
    return {
      state: 'healthy',
      title: 'nothing found',
      sentences: seen.map((line) => `${capital(line).replace(/\.$/, '')}.`),
    };
  }
  const longest = longestWaitNs(document);
  return {
    state: 'fault',
    title: words.join(', '),
    sentences: [...(longest > 0 ? [`The slowest probe of a stall waited for ${formatLength(longest)}.`] : []), advice],
  };
}

export function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
