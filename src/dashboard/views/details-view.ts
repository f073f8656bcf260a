import { coverageBrief } from '../../format/coverage-words.js';
import { formatLength, formatMs } from '../../format/duration.js';
import { count, describeFinding } from '../../format/finding-words.js';
import { selectedRow } from '../choices/choose.js';
import { fitLine, type Line, span } from '../drawing/line.js';
import type { PathRow } from '../state/snapshot.js';
import { clockText } from './clock-text.js';
import { percentText } from './figure-text.js';
import { panelTitle } from './panel-title.js';
import type { ViewContext } from './view-context.js';

const LABEL = 13;

/** All that is known of the selected path. */
export function detailsView(context: ViewContext, width: number, height: number): Line[] {
  const row = selectedRow(context.snapshot, context.choices);
  if (row === undefined) return [];
  const lines = facts(context, row).flatMap(([label, text]) => wrapped(label, plain(context, text), width));
  return [panelTitle(context, row.name, [span('enter or esc: back', 'dim')], width), ...lines.slice(0, height - 1)];
}

function facts(context: ViewContext, row: PathRow): [label: string, text: string][] {
  const { planned } = row.state;
  const { snapshot } = context;
  const ports = planned.sourcePorts ?? undefined;
  const fresh = planned.freshPerSecond > 0 ? `, and ${planned.freshPerSecond} new ports a second` : '';
  const told = row.state.lastFinding;
  const evidence = snapshot.standing?.verdict.evidence.find(({ path }) => path === row.name);
  return [
    ['target', `${planned.address}${planned.port === undefined ? '' : ` port ${planned.port}`} by ${planned.protocol}`],
    ['from', `${planned.source ?? 'here'}${planned.interface === undefined ? '' : ` (${planned.interface})`}`],
    [
      'flows',
      planned.protocol === 'icmp'
        ? 'one; network cards hash ICMP by addresses alone'
        : `${count(planned.flows, 'source port')}${ports === undefined ? '' : `, ${ports[0]} to ${ports[1]}`}${fresh}`,
    ],
    ['interval', formatLength(planned.intervalNs)],
    [
      'probes',
      `${row.sent} sent, ${row.sent - row.lost - row.state.errors} answered, ${row.lost} lost (${percentText(row.lossRatio)}), ${row.late} late, ${count(row.state.errors, 'ICMP error')}`,
    ],
    [
      'rtt',
      row.rtt === null
        ? 'no reply yet'
        : `p50 ${formatMs(row.rtt.p50)}, p99 ${formatMs(row.rtt.p99)}, max ${formatMs(row.rtt.max)}`,
    ],
    [
      'found',
      `${count(row.stalls, 'stall')}, ${count(row.spikes, 'spike')} above ${formatMs(snapshot.thresholdNs)}, ${row.selfInflicted} self-inflicted`,
    ],
    ...(row.state.coverage === undefined
      ? []
      : [['would see', `stalls of the ${coverageBrief(row.state.coverage)} (95 %)`] as [string, string]]),
    ...(row.state.sendErrorNs === undefined
      ? []
      : [
          [
            'send error',
            `p50 ${formatLength(row.state.sendErrorNs.p50)}, p99 ${formatLength(row.state.sendErrorNs.p99)}, max ${formatLength(row.state.sendErrorNs.max)}`,
          ] as [string, string],
        ]),
    ...(told === undefined
      ? []
      : [
          [
            'last',
            `${clockText(context, told.finding.release)} ${told.finding.kind}: ${describeFinding(told.finding, snapshot.thresholdNs)}`,
          ] as [string, string],
        ]),
    ...(evidence === undefined ? [] : [['evidence', evidence.words] as [string, string]]),
  ];
}

function wrapped(label: string, text: string, width: number): Line[] {
  const room = Math.max(10, width - LABEL - 2);
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const open = lines.at(-1);
    if (open !== undefined && open.length + 1 + word.length <= room) lines[lines.length - 1] = `${open} ${word}`;
    else lines.push(word);
  }
  return lines.map((line, index) =>
    fitLine([span(` ${(index === 0 ? label : '').padEnd(LABEL)}`, 'dim'), span(line)], width),
  );
}

function plain({ capabilities }: ViewContext, text: string): string {
  if (capabilities.glyphs.dots !== 'ascii') return text;
  return text.replaceAll('±', '+-').replaceAll('µ', 'u');
}
