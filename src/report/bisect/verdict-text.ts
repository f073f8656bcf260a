import { machineCoverageLine } from '../../format/coverage-words.js';
import { doubtWords, LESS_LIKELY } from '../../format/doubt-words.js';
import { formatLength } from '../../format/duration.js';
import { count } from '../../format/finding-words.js';
import { printableValue } from '../../format/printable.js';
import { serverCallStack, serverCallWords } from '../../format/server-call-words.js';
import { formatTable } from '../../format/table.js';
import type { Doubted, Verdict } from '../../model/verdict.js';
import { accusedLines } from './accused-text.js';

/** A verdict for people: the answer first, then why, what was ruled out, what stays open, what to do next. */
export function verdictText(told: Verdict, explain: boolean): string {
  const verdict = printableValue(told);
  const sections = [
    headline(verdict),
    verdict.culprit === undefined ? [] : accusedLines(verdict.culprit),
    satIn(verdict),
    list('would have been seen', (verdict.coverage ?? []).map(machineCoverageLine)),
    evidence(verdict),
    list(
      'ruled out',
      verdict.ruledOut.map(({ cause, because }) => `${cause}: ${because}`),
    ),
    list(
      LESS_LIKELY,
      (verdict.lessLikely ?? []).map((doubted) => `${doubted.cause}${byFactor(doubted)}: ${doubted.because}`),
    ),
    list('not told apart', verdict.indistinguishable),
    explain ? terms(verdict) : [],
    list('notes', quality(verdict)),
    list('next', verdict.next),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** The system calls of a server that is to blame. */
function satIn({ satIn: calls = [] }: Verdict): string[] {
  return calls.flatMap((call, index) => [
    `${index === 0 ? 'SAT IN   ' : '         '}${serverCallWords(call)}`,
    ...serverCallStack(call).map((frame) => `           ${frame}`),
  ]);
}

function headline(verdict: Verdict): string[] {
  const measured = `${count(verdict.incidents, 'incident')} in ${formatLength(verdict.quality.durationNs)}`;
  if (verdict.cause === 'healthy') {
    const bound =
      verdict.noStallLongerThanNs === null
        ? ''
        : `: no stall of a whole host longer than ${formatLength(verdict.noStallLongerThanNs)}`;
    return [`VERDICT  healthy${bound}`, `         ${measured}`];
  }
  if (verdict.cause === 'inconclusive') {
    const likeliest = ranking(verdict).slice(0, 3).join(', ');
    return [
      `VERDICT  inconclusive: ${verdict.reason ?? 'the data do not decide'}`,
      `         ${measured}${likeliest === '' ? '' : `; likeliest ${likeliest}`}`,
    ];
  }
  const kind = verdict.kind === undefined || verdict.kind === 'stall' ? '' : ` (${verdict.kind})`;
  // Causes of equal standing share the headline: naming the first alone would accuse it.
  const cause = [verdict.cause, ...verdict.indistinguishable].join(' or ');
  return [
    `VERDICT  ${cause}${kind} at ${place(verdict.where)}, probability ${probability(probabilityOfAll(verdict))}`,
    `         ${measured}${shares(verdict)}`,
  ];
}

/** Of the causes in the headline: one alone may be less sure than it looks. */
function probabilityOfAll({ indistinguishable, together, probability }: Verdict): number {
  return indistinguishable.length > 0 ? (together ?? probability) : probability;
}

/** Where several causes share the headline: how likely each is by itself. */
function shares(verdict: Verdict): string {
  if (verdict.indistinguishable.length === 0) return '';
  const one = [verdict.cause, ...verdict.indistinguishable].flatMap((cause) => {
    const share = verdict.posterior[cause];
    return share === undefined ? [] : [`${cause} ${probability(share)}`];
  });
  return one.length < 2 ? '' : `; ${one.join(', ')}`;
}

function byFactor(doubted: Doubted): string {
  const words = doubtWords(doubted);
  return words === '' ? '' : ` (${words})`;
}

function ranking(verdict: Verdict): string[] {
  return Object.entries(verdict.posterior)
    .sort((a, b) => b[1] - a[1])
    .map(([cause, share]) => `${cause} ${probability(share)}`);
}

function place(where: Verdict['where']): string {
  if (where === null) return 'an unknown place';
  return typeof where === 'string' ? where : where.join(' – ');
}

/** Never 1.000: no measurement is that sure. */
function probability(value: number): string {
  return value > 0.999 ? '> 0.999' : value.toFixed(3);
}

function evidence(verdict: Verdict): string[] {
  if (verdict.evidence.length === 0) return [];
  const rows = verdict.evidence.map((entry) => [
    entry.path,
    String(entry.stalls),
    String(entry.probes),
    entry.flows > 1 ? `${entry.flowsHit}/${entry.flows}` : '',
    String(entry.exposedNotHit),
    // The first column has the name already.
    entry.words.replace(`${entry.path} `, ''),
  ]);
  const right = 'right' as const;
  return formatTable(
    [
      { title: 'path' },
      { title: 'stalls', align: right },
      { title: 'held', align: right },
      { title: 'flows', align: right },
      { title: 'spared', align: right },
      { title: '' },
    ],
    rows,
  );
}

function terms(verdict: Verdict): string[] {
  return list(
    'what moved the verdict (factor, for : against)',
    verdict.terms.map(
      (term) =>
        `× ${term.factor < 1000 ? term.factor.toPrecision(2) : 'over 1000'}  ${term.cause} : ${term.against}  ${term.words}`,
    ),
  );
}

function quality(verdict: Verdict): string[] {
  const { quality } = verdict;
  return [
    ...quality.excludedPaths.map(({ path, because }) => `${path} was left out: ${because}`),
    ...(quality.selfInflicted > 0
      ? [`${count(quality.selfInflicted, 'finding')} left out because a prober itself paused`]
      : []),
    ...(quality.clockUncertaintyNs > 1e6
      ? [`the clocks of the vantages agree within ${formatLength(quality.clockUncertaintyNs)}`]
      : []),
    ...quality.notes,
  ];
}

function list(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`)];
}
