import { formatClockTime, formatDateTime } from '../../format/clock-time.js';
import { doubtWords, LESS_LIKELY } from '../../format/doubt-words.js';
import { formatLength, formatMs } from '../../format/duration.js';
import { holdNs } from '../../format/finding-words.js';
import { formatFlows } from '../../format/flow-list.js';
import { qualityDoubts } from '../probe/text-reporter.js';
import { capital, headlineOf, probabilityText } from './headline.js';
import type { ReportDocument } from './report-document.js';

/** Rows of a table: a ticket is read by people. */
const MOST_ROWS = 50;

/** The report for a ticket or a chat that takes Markdown. */
export function markdownReport(document: ReportDocument, zone?: string): string {
  const { verdict } = document;
  const headline = headlineOf(document);
  const sections = [
    [
      `# ${text(headline.title)}`,
      '',
      ...headline.sentences.map((words) => `${text(words)}  `),
      ...facts(document, zone),
    ],
    document.warnings.map((words) => `> **Of the recording:** ${text(words)}`),
    verdict
      ? list(
          'Probability by cause',
          Object.entries(verdict.posterior).map(([cause, share]) => `${text(cause)}: ${probabilityText(share)}`),
        )
      : [],
    verdict
      ? list(
          'Ruled out',
          verdict.ruledOut.map(({ cause, because }) => `**${text(cause)}**: ${text(because)}`),
        )
      : [],
    verdict
      ? list(
          capital(LESS_LIKELY),
          (verdict.lessLikely ?? []).map(
            (doubted) => `**${text(doubted.cause)}**${inBrackets(doubtWords(doubted))}: ${text(doubted.because)}`,
          ),
        )
      : [],
    verdict ? list('Not told apart', verdict.indistinguishable.map(text)) : [],
    verdict ? list('Next', verdict.next.map(text)) : [],
    evidence(document),
    stalls(document, zone),
    culprits(document, zone),
    quality(document),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n').trimEnd())
    .join('\n\n')}\n`;
}

/** Recorded text in Markdown: nothing in it is markup, a link, or the end of a cell. */
function text(words: string): string {
  return words
    .replace(/[\p{Cc}\p{Cf}]/gu, ' ')
    .replace(/[\\`*_[\]<|#!~]/g, (sign) => (sign === '<' ? '&lt;' : `\\${sign}`))
    .replace(/^\s*>/, '&gt;')
    .replace(/:\/\//g, ':&#47;&#47;');
}

function inBrackets(words: string): string {
  return words === '' ? '' : ` (${words})`;
}

function facts(document: ReportDocument, zone: string | undefined): string[] {
  const epochNs = BigInt(document.epochNs);
  const from = formatDateTime(epochNs + BigInt(Math.round(document.fromNs)), zone);
  return [
    '',
    `${from}, ${formatLength(document.toNs - document.fromNs)}, ${document.samples.toLocaleString('en')} probes on ` +
      `${document.summaries.length} paths, threshold ${formatLength(document.thresholdNs)}; ` +
      `${text(document.file)}, rxray ${text(document.version)}`,
  ];
}

function list(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [`## ${title}`, '', ...items.map((item) => `- ${item}`)];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [
    `| ${head.join(' | ')} |`,
    `|${head.map(() => '---').join('|')}|`,
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ];
}

function evidence({ verdict, summaries }: ReportDocument): string[] {
  const by = new Map(verdict?.evidence.map((entry) => [entry.path, entry]));
  const rows = summaries.map(({ path, stalls: number, rttNs, lost, sent }) => {
    const entry = by.get(path);
    return [
      text(path),
      String(number),
      ...(verdict
        ? [
            String(entry?.probes ?? 0),
            entry && entry.flows > 1 ? `${entry.flowsHit} of ${entry.flows}` : '',
            String(entry?.exposedNotHit ?? 0),
          ]
        : []),
      ...(rttNs ? [formatMs(rttNs.p50), formatMs(rttNs.p99), formatMs(rttNs.max)] : ['-', '-', '-']),
      `${lost} of ${sent}`,
    ];
  });
  const head = [
    'path',
    'stalls',
    ...(verdict ? ['probes held', 'flows held', 'spared'] : []),
    'p50',
    'p99',
    'max',
    'lost',
  ];
  return ['## Evidence', '', ...table(head, rows)];
}

function stalls({ findings, epochNs }: ReportDocument, zone: string | undefined): string[] {
  if (findings.shown.length === 0) return [];
  const longest = [...findings.shown].sort((a, b) => holdNs(b) - holdNs(a)).slice(0, MOST_ROWS);
  const more = findings.shown.length + findings.leftOut - longest.length;
  const rows = longest
    .sort((a, b) => a.release - b.release)
    .map((finding) => [
      formatClockTime(BigInt(epochNs) + BigInt(Math.round(finding.release)), zone),
      `${finding.kind}${finding.selfInflicted ? ' (self-inflicted)' : ''}`,
      text(finding.path),
      formatMs(holdNs(finding)),
      String(finding.probes),
      finding.peakRttNs > 0 ? formatMs(finding.peakRttNs) : '-',
      formatFlows(finding.flowsHit),
    ]);
  return [
    '## Stalls and other findings',
    '',
    ...(more > 0 ? [`The longest ${longest.length} of ${longest.length + more}.`, ''] : []),
    ...table(['release', 'kind', 'path', 'held for', 'probes', 'peak', 'flows held'], rows),
  ];
}

function culprits({ culprits: found, epochNs }: ReportDocument, zone: string | undefined): string[] {
  return list(
    'Who held the CPU',
    found.map(({ fromNs, machine, headline, held }) => {
      const time = formatClockTime(BigInt(epochNs) + BigInt(Math.round(fromNs)), zone);
      return `${time}: **${text(headline)}** on ${text(machine)}: ${text(held)}`;
    }),
  );
}

function quality({ qualities, verdict }: ReportDocument): string[] {
  const doubts = qualities.flatMap(({ vantage, quality: record }) =>
    qualityDoubts(record).map((words) => `${text(vantage)}: ${text(words)}`),
  );
  const notes = [...(verdict?.quality.notes ?? []).map(text), ...doubts];
  return list('How good the measurement was', notes.length === 0 ? ['nothing limits its worth'] : notes);
}
