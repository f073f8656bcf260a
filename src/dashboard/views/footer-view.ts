import type { Mode } from '../choices/choices.js';
import { fitLine, type Line, type Span, span } from '../drawing/line.js';
import type { ViewContext } from './view-context.js';

const NEXT: Readonly<Record<Mode, string>> = {
  overview: 'paths',
  paths: 'strip',
  strip: 'flows',
  flows: 'log',
  log: 'overview',
};

/** The keys that are wanted most, in the order in which they are given up for room. */
export function footerView({ choices, paused }: ViewContext, width: number): Line {
  const keys: [key: string, words: string][] = [
    ['q', 'quit'],
    ['?', 'help'],
    ['space', paused ? 'go on' : 'hold'],
    ['d', NEXT[choices.mode]],
    ...(choices.endNs === null ? [] : [['esc', 'live'] as [string, string]]),
    ['f', choices.mode === 'flows' ? 'overview' : 'flows'],
    ['[ ]', 'stalls'],
    ['+-', 'zoom'],
    ['enter', 'details'],
    ['r', 'reset'],
    ['o', 'columns'],
    ['arrows', 'path, time'],
    ['s', 'sort'],
  ];
  const spans: Span[] = [];
  let used = 0;
  for (const [key, words] of keys) {
    const length = key.length + words.length + 4;
    if (used + length > width) break;
    used += length;
    spans.push(span(` ${key}`, 'strong'), span(` ${words}  `, 'dim'));
  }
  return fitLine(spans, width);
}
