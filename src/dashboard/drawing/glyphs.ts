import type { Finding } from '../../model/finding.js';

/** How a path does, the worst that applies. */
export const CONDITIONS = ['starting', 'ok', 'slow', 'lossy', 'stalled', 'silent', 'blind'] as const;
export type Condition = (typeof CONDITIONS)[number];

/** The characters a terminal can show: colour is never the only sign of anything. */
export interface Glyphs {
  /** Dots of a cell: 2 × 4 in braille, 1 × 2 otherwise. */
  readonly dots: 'braille' | 'ascii';
  readonly condition: Readonly<Record<Condition, string>>;
  readonly finding: Readonly<Record<Finding['kind'], string>>;
  readonly incident: string;
  readonly culprit: string;
  readonly message: string;
  readonly selected: string;
  /** From the lowest to the highest. */
  readonly levels: string;
  readonly barFull: string;
  readonly barPart: string;
  readonly rule: string;
  readonly axis: string;
  readonly tick: string;
  readonly threshold: string;
  readonly release: string;
  readonly lost: string;
  readonly flowPassed: string;
  readonly flowSlow: string;
  readonly flowHeld: string;
  readonly flowWaits: string;
  readonly flowReleased: string;
  readonly ellipsis: string;
  readonly separator: string;
  readonly live: string;
  readonly paused: string;
  readonly checked: string;
  readonly unchecked: string;
  readonly plusMinus: string;
  readonly up: string;
  readonly down: string;
  readonly atLeast: string;
}

export const UNICODE_GLYPHS: Glyphs = {
  dots: 'braille',
  condition: { starting: '○', ok: '●', slow: '◐', lossy: '?', stalled: '■', silent: '✗', blind: '~' },
  finding: {
    stall: '■',
    'slow-drain': '◣',
    congestion: '▲',
    'rtt-spike': '↑',
    'loss-episode': '?',
    'syn-retransmission': '↻',
    'next-probe-release': '⇥',
    'tcp-wait': '⧖',
  },
  incident: '■',
  culprit: '◆',
  message: '·',
  selected: '▸',
  levels: '▁▂▃▄▅▆▇█',
  barFull: '█',
  barPart: ' ▏▎▍▌▋▊▉',
  rule: '─',
  axis: '─',
  tick: '┬',
  threshold: '┄',
  release: '▲',
  lost: '?',
  flowPassed: '·',
  flowSlow: '▪',
  flowHeld: '■',
  flowWaits: '━',
  flowReleased: '┫',
  ellipsis: '…',
  separator: '·',
  live: '▶',
  paused: '‖',
  checked: '☑',
  unchecked: '☐',
  plusMinus: '±',
  up: '↑',
  down: '↓',
  atLeast: '≥',
};

export const ASCII_GLYPHS: Glyphs = {
  dots: 'ascii',
  condition: { starting: '-', ok: 'o', slow: '!', lossy: '?', stalled: '#', silent: 'x', blind: '~' },
  finding: {
    stall: '#',
    'slow-drain': '%',
    congestion: 'A',
    'rtt-spike': '^',
    'loss-episode': '?',
    'syn-retransmission': '@',
    'next-probe-release': '>',
    'tcp-wait': 'w',
  },
  incident: '#',
  culprit: '*',
  message: '.',
  selected: '>',
  levels: '_.:-=+*#',
  barFull: '#',
  barPart: ' ',
  rule: '-',
  axis: '-',
  tick: '+',
  threshold: '-',
  release: '^',
  lost: '?',
  flowPassed: '.',
  flowSlow: 'o',
  flowHeld: '#',
  flowWaits: '=',
  flowReleased: '|',
  ellipsis: '~',
  separator: '|',
  live: '>',
  paused: '=',
  checked: '[x]',
  unchecked: '[ ]',
  plusMinus: '+-',
  up: '^',
  down: 'v',
  atLeast: '>=',
};
