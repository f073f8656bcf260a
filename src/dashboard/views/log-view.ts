import { formatMs } from '../../format/duration.js';
import { describeFinding, holdNs } from '../../format/finding-words.js';
import { formatFlows } from '../../format/flow-list.js';
import type { Finding } from '../../model/finding.js';
import { MS } from '../../model/time.js';
import { fitLine, type Line, type Span, type Style, shorten, shortenMiddle, span } from '../drawing/line.js';
import type { LogEntry } from '../state/incident-log.js';
import { clockText } from './clock-text.js';
import { panelTitle } from './panel-title.js';
import { pathLabel } from './path-label.js';
import type { ViewContext } from './view-context.js';

const NAME = 34;
/** From here on findings are told in full. */
const WORDY = 150;
const KIND = 12;
const SIZE = 9;
const NARROW = 100;
const TOGETHER_NS = 5 * MS;

/** A line of the log, and how many findings of other paths it stands for. */
interface Shown {
  readonly entry: LogEntry;
  others: number;
}

const KIND_STYLES: Readonly<Record<Finding['kind'], Style>> = {
  stall: 'stall',
  'slow-drain': 'stall',
  congestion: 'bad',
  'rtt-spike': 'warn',
  'loss-episode': 'bad',
  'syn-retransmission': 'bad',
  'next-probe-release': 'bad',
  'tcp-wait': 'warn',
};

/** What happened, the newest first: a title and a line each. */
export function logView(context: ViewContext, width: number, height: number): Line[] {
  const log = shownLog(context);
  const room = height - 1;
  const shown = logWindow(context, height);
  const back = context.choices.logBack;
  const more = log.length > room ? `${back + 1}-${back + shown.length} of ${log.length}, the newest first` : '';
  const title = panelTitle(context, 'incidents', [span(log.length === 0 ? 'none so far' : more, 'dim')], width);
  return [title, ...shown.map((entry) => entryLine(context, entry, width))];
}

/** The entry in line `row` of {@link logView}, the title being 0. */
export function entryAt(context: ViewContext, row: number, height: number): LogEntry | undefined {
  return row < 1 ? undefined : logWindow(context, height)[row - 1]?.entry;
}

/** The path and the moment that an entry is about. */
export function placeOf(entry: LogEntry): { path: string | undefined; atNs: number } {
  return { path: pathOf(entry), atNs: entry.atNs };
}

function pathOf(entry: LogEntry): string | undefined {
  switch (entry.kind) {
    case 'finding':
      return entry.finding.path;
    case 'outage':
      return entry.outage.path;
    case 'incident':
      return entry.incident.paths[0];
    default:
      return undefined;
  }
}

function logWindow(context: ViewContext, height: number): Shown[] {
  const { logBack } = context.choices;
  return shownLog(context).slice(logBack, logBack + Math.max(0, height - 1));
}

/** The newest first. Beside other panels, findings of several paths that end together share a line. */
function shownLog({ snapshot, choices }: ViewContext): Shown[] {
  const newestFirst = [...snapshot.log].sort((a, b) => b.atNs - a.atNs);
  const shown: Shown[] = [];
  for (const entry of newestFirst) {
    const open = choices.mode === 'log' ? undefined : shown.at(-1);
    if (open !== undefined && areTogether(open.entry, entry)) open.others += 1;
    else shown.push({ entry, others: 0 });
  }
  return shown;
}

function areTogether(a: LogEntry, b: LogEntry): boolean {
  if (a.kind !== 'finding' || b.kind !== 'finding') return false;
  if (a.finding.kind !== b.finding.kind || a.finding.selfInflicted !== b.finding.selfInflicted) return false;
  return Math.abs(a.atNs - b.atNs) <= TOGETHER_NS && a.finding.path !== b.finding.path;
}

function entryLine(context: ViewContext, { entry, others }: Shown, width: number): Line {
  const time = span(` ${clockText(context, entry.atNs)} `, 'dim');
  return fitLine([time, ...words(context, entry, others, width)], width);
}

function words(context: ViewContext, entry: LogEntry, others: number, width: number): Span[] {
  const { glyphs } = context.capabilities;
  switch (entry.kind) {
    case 'finding': {
      const { finding } = entry;
      const own = finding.selfInflicted;
      const glyph = own ? glyphs.condition.blind : glyphs.finding[finding.kind];
      return [
        span(`${glyph} ${finding.kind.padEnd(KIND)}`, own ? 'dim' : KIND_STYLES[finding.kind]),
        span(
          `${sizeOf(finding).padStart(SIZE)}  ${named(context, finding.path, others, width)}`,
          own ? 'dim' : 'plain',
        ),
        span(`; ${findingWords(context, finding, width)}`, 'dim'),
      ];
    }
    case 'incident': {
      const { incident } = entry;
      const length = formatMs(incident.release - (incident.startMin + incident.startMax) / 2);
      const path = named(context, incident.paths[0] ?? '', incident.paths.length - 1, width);
      return [
        span(`${glyphs.incident} ${incident.cause.padEnd(KIND)}`, incident.cause === 'inconclusive' ? 'warn' : 'stall'),
        span(`${length.padStart(SIZE)}  ${path}`),
        span(`; ${incident.exposed.length} passed${kinds(entry.findings)}`, 'dim'),
      ];
    }
    case 'culprit':
      return [span(`${glyphs.culprit} ${'culprit'.padEnd(KIND)}`, 'alarm'), span(`  ${entry.culprit.headline}`)];
    case 'outage': {
      const { path, state, since, at, probes } = entry.outage;
      const begun = state === 'begun';
      return [
        span(
          `${begun ? glyphs.condition.silent : glyphs.condition.ok} ${'outage'.padEnd(KIND)}`,
          begun ? 'bad' : 'plain',
        ),
        span(`${formatMs(at - since).padStart(SIZE)}  ${named(context, path, 0, width)}`),
        span(begun ? `; silent, ${probes} probes without an answer` : '; answers again', 'dim'),
      ];
    }
    case 'message':
      return [span(`${glyphs.message} ${shorten(entry.text, Math.max(0, width - 18), glyphs.ellipsis)}`)];
  }
}

/** The path, and how many more there are. */
function named(context: ViewContext, path: string, others: number, width: number): string {
  const name = shortenMiddle(
    pathLabel(context, path),
    width < NARROW ? 22 : NAME,
    context.capabilities.glyphs.ellipsis,
  );
  return others === 0 ? name : `${name} and ${others} more`;
}

function sizeOf(finding: Finding): string {
  if (finding.kind === 'loss-episode') return `${finding.probes} lost`;
  return formatMs(finding.kind === 'rtt-spike' ? finding.peakRttNs : holdNs(finding));
}

/** What of the incident's findings were no stalls. */
function kinds(findings: readonly Finding[]): string {
  const others = [...new Set(findings.map(({ kind }) => kind))].filter((kind) => kind !== 'stall');
  return others.length === 0 ? '' : `; ${others.join(', ')}`;
}

function findingWords(context: ViewContext, finding: Finding, width: number): string {
  if (width >= WORDY) return plainer(context, describeFinding(finding, context.snapshot.thresholdNs));
  if (finding.selfInflicted) return 'self-inflicted, not counted';
  const flows = finding.flowsHit.length + finding.flowsExposed.length;
  const on = flows > 1 && finding.flowsHit.length > 0 ? `, flows ${formatFlows(finding.flowsHit)}` : '';
  switch (finding.kind) {
    case 'stall':
    case 'slow-drain':
      return `${finding.probes} held${on}`;
    case 'tcp-wait':
      return finding.reason;
    case 'next-probe-release':
      return `${finding.probes} answered when the next was sent`;
    case 'syn-retransmission':
      return `${finding.probes} answered to a repeated SYN`;
    case 'loss-episode':
      return `in ${formatMs(finding.durationNs)}${finding.duringStall === true ? ', by the release of a stall' : ''}`;
    case 'rtt-spike':
      return 'one probe';
    case 'congestion':
      return `${finding.probes} probes`;
  }
}

function plainer({ capabilities }: ViewContext, words: string): string {
  return words.replaceAll('±', capabilities.glyphs.plusMinus);
}
