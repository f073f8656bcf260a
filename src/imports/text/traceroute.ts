import { CodedError } from '../../model/errors.js';
import { MS, SECOND } from '../../model/time.js';
import { isAddress, PrintedRun } from './printed-run.js';
import { runSeries } from './run-series.js';
import type { RunWords } from './run-words.js';
import { StrangeLines, type TextOptions, type TextSeries, toNs } from './text-series.js';

const HEADER =
  /^(?:tcp)?(?:traceroute6?|Tracing route|Routenverfolgung|Détermination|Traza a|Traccia|Rastreando|Selected device|Tracing the path)/i;
const TARGET = /(?:to|zu|vers|a la dirección|verso|para) (\S+?)(?: [[(]([^\])]+)[\])])?(?:,|:|\s|$)/i;
const HOP = /^ ?(\d{1,3})(?:\??:|\s)\s*(.*)$/;
/** An answer, `*` for none; Windows has `<1 ms`. */
const TOKEN = /(<?) ?(\d+(?:[.,]\d+)?) ?ms\b|(\*)|(![HNPSFXVC\d]+)/g;
const MOST_HOPS = 255;

/** Whether a line is one of traceroute's. */
export function isTracerouteLine(line: string): boolean {
  if (/^(?:tcp)?traceroute6? (?:to|[^:]+: firewall)|^Tracing route to|^Selected device .*traceroute/i.test(line))
    return true;
  return HEADER.test(line) && /\d/.test(line) && !/[$#]/.test(line);
}

/**
 * Reads what traceroute, tracert, tracepath and tcptraceroute printed: one series of some three probes for each hop that
 * answered.
 * @throws CodedError E_NOT_TRACEROUTE where no line is one of a hop
 */
export function parseTraceroute(lines: readonly string[], options: TextOptions): TextSeries[] {
  const strange = new StrangeLines();
  const runs: { readonly hop: number; readonly run: PrintedRun }[] = [];
  let target: string | null = null;
  let silent = 0;
  for (const [i, line] of lines.entries()) {
    if (line === '') continue;
    if (HEADER.test(line)) {
      const found = TARGET.exec(line);
      target ??= found?.[2] ?? found?.[1] ?? null;
      continue;
    }
    const hop = HOP.exec(line);
    const number = Number(hop?.[1]);
    if (hop === null || number > MOST_HOPS || !/ms\b|\*|no reply|pmtu/i.test(hop[2] ?? '')) {
      if (!/^(?:Trace complete|over a maximum|[\w ]*hops|Resume|Too many|Ablauf|\$ |Itin)/i.test(line))
        strange.add(i + 1);
      continue;
    }
    const run = hopRun(hop[2] ?? '');
    if (run === null) silent += 1;
    else runs.push({ hop: number, run });
  }
  if (runs.length === 0 && silent === 0) {
    throw new CodedError('E_NOT_TRACEROUTE', 'no line is one of a hop', 'give what traceroute printed', 2);
  }
  if (runs.length === 0) runs.push({ hop: silent, run: deadRun(target, silent) });
  const last = runs.at(-1)?.run;
  const reached = target === null || last?.names.has(target) === true;
  return runs.map(({ hop, run }) => {
    const series = runSeries(run, options, wordsOf(hop, run === last && reached, silent, reached ? null : target));
    return { ...series, notes: [...strange.notes, ...series.notes] };
  });
}

/** null for a hop that never answered. */
function hopRun(text: string): PrintedRun | null {
  const run = new PrintedRun({ kind: 'in-turn', pauseNs: MS, timeoutNs: 5 * SECOND });
  run.firstSeq = 1;
  for (const [, below, number, star, complaint] of text.matchAll(TOKEN)) {
    const seq = run.next();
    if (star !== undefined) run.add({ seq, outcome: 'lost', rttNs: null, ttl: 0, reply: 'none', time: null });
    else if (number !== undefined) {
      const rttNs = below === '<' ? toNs(number, 'ms') / 2 : toNs(number, 'ms');
      if (below === '<') run.belowOneMs += 1;
      run.add({ seq, outcome: 'reply', rttNs, ttl: 0, reply: 'ttl-exceeded', time: null });
    } else if (complaint !== undefined) {
      run.highest -= 1;
    }
  }
  const names = [...text.replace(TOKEN, ' ').matchAll(/[\w.:%-]+/g)].map(([name]) => name.replace(/^\[|\]$/g, ''));
  run.name(
    ...names.filter((name) => isAddress(name)),
    ...names.filter((name) => /[a-z]/i.test(name) && name.includes('.')),
  );
  const isAnswered = [...run.lines.values()].some(({ outcome }) => outcome === 'reply');
  return isAnswered && run.names.size > 0 ? run : null;
}

function deadRun(target: string | null, hops: number): PrintedRun {
  const run = new PrintedRun({ kind: 'in-turn', pauseNs: MS, timeoutNs: 5 * SECOND });
  run.firstSeq = 1;
  run.name(target ?? 'unknown');
  for (let i = 0; i < hops * 3; i += 1) {
    run.add({ seq: run.next(), outcome: 'lost', rttNs: null, ttl: 0, reply: 'none', time: null });
  }
  return run;
}

function wordsOf(hop: number, isTarget: boolean, silent: number, unreached: string | null): RunWords {
  return {
    tool: 'traceroute',
    intervalOption: /(?!)/,
    intervalUnitNs: SECOND,
    timesBy: '',
    notes: [
      'a few probes a hop at one moment show no stall; probe the target, or run mtr --raw for minutes',
      ...(isTarget
        ? []
        : [
            `hop ${hop} is a router: it answers by its own processor when it has time, so what is slow there alone delays nobody`,
          ]),
      ...(silent > 0 ? [`${silent} hops never answered, which they need not`] : []),
      ...(unreached === null ? [] : [`${unreached} itself did not answer`]),
    ],
  };
}
