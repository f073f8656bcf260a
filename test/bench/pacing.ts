import { US } from '../../src/model/time.js';
import type { BenchTable, Part, Target } from './part.js';
import { INTERVAL_NS } from './probing-tool.js';
import { type Spread, spread, spreadOfSizes } from './quantile.js';
import { sleepAlone } from './sleep-alone.js';
import { LOADS, type Load, meanSteal, type Train, trains } from './train.js';

const LIMIT_NS: Readonly<Record<Load, number>> = { idle: 100 * US, busy: 300 * US };
/** Of the mean rate with missed slots counted in: what a first or last probe sent 2 ms late makes in 4 s. */
const RATE_TOLERANCE = 5e-4;

interface Pacing {
  readonly tool: string;
  readonly protocol: string;
  readonly load: Load;
  readonly sent: number;
  /** Numbers of the grid that were never sent. */
  readonly missed: number;
  /** Mean rate over the asked one, from first to last packet. */
  readonly rate: number;
  /** Off a grid that begins with the first packet. */
  readonly fromFirstNs: Spread;
  /** Off the grid that fits best by its offset. */
  readonly fromBestNs: Spread;
  /** Off the instants that the tool itself says it aimed at; null where it does not. */
  readonly fromDueNs: Spread | null;
  /** How late the tool itself says it woke; null where it does not. */
  readonly wokeLateNs: Spread | null;
}

/** When the probes left, by the capture, against an exact grid of 10 ms. */
export const pacing: Part = {
  name: 'pacing',
  about: 'when the probes left, by the same captures',
  run: async (setting) => {
    const all = await trains(setting);
    const found = all.map(judge);
    const asleep: (readonly [Load, Spread | null])[] = [];
    for (const load of LOADS) {
      setting.say(`cyclictest, ${load}: ${setting.seconds} s`);
      asleep.push([load, await sleepAlone(load, setting.seconds)]);
    }
    return {
      tables: [
        ...LOADS.map(
          (load): BenchTable => ({
            title: `send error in µs, ${load === 'idle' ? 'idle' : 'every CPU busy'}`,
            columns: [
              { title: 'tool' },
              { title: 'probe' },
              ...[
                'sent',
                'missed',
                'rate',
                'first p50',
                'p99',
                'max',
                'best p50',
                'p99',
                'max',
                'due p50',
                'p99',
                'max',
                'woke p50',
                'p99',
              ].map(right),
            ],
            rows: found.filter((one) => one.load === load).map(row),
          }),
        ),
        limits(asleep),
      ],
      targets: found.filter(({ tool }) => tool === 'rxray').flatMap(targets),
      data: { found, asleep },
      stealShare: meanSteal(all),
      notes: [
        'rate: mean rate over the asked one. first: off a grid that begins with the first packet; best: off the grid that fits best by its offset; due: off the plan that the tool reports; woke: how late it says it woke for that.',
        'cyclictest sends nothing: it sleeps every 10 ms at the priority of the prober. What it is late by is what this machine leaves to any sender; the prober asks to be woken earlier by the least of what it saw, which is of use for the median, not for the tail.',
      ],
    };
  },
};

function judge({ tool, protocol, load, exchanges, report }: Train): Pacing {
  const sent = [...exchanges].sort(([a], [b]) => a - b);
  const [firstNumber, first] = sent[0] ?? [0, undefined];
  const [lastNumber, last] = sent.at(-1) ?? [0, undefined];
  if (!first || !last) throw new Error(`${tool} (${protocol}, ${load}): the capture has no packet of it`);
  const off = sent.map(
    ([number, { sentRealNs }]) => Number(sentRealNs - first.sentRealNs) - (number - firstNumber) * INTERVAL_NS,
  );
  const offset = off.reduce((sum, value) => sum + value, 0) / off.length;
  const { dueRealNs } = report;
  const fromDue = sent.flatMap(([number, { sentRealNs }]) => {
    const due = dueRealNs?.get(number);
    return due === undefined ? [] : [Number(sentRealNs - due)];
  });
  const spanNs = Number(last.sentRealNs - first.sentRealNs);
  return {
    tool,
    protocol,
    load,
    sent: sent.length,
    missed: lastNumber - firstNumber + 1 - sent.length,
    rate: ((sent.length - 1) * INTERVAL_NS) / spanNs,
    fromFirstNs: spreadOfSizes(off),
    fromBestNs: spreadOfSizes(off.map((value) => value - offset)),
    fromDueNs: dueRealNs ? spreadOfSizes(fromDue) : null,
    wokeLateNs: report.wokeLateNs ? spread(report.wokeLateNs) : null,
  };
}

/** What limits them: how late a thread is woken that does nothing else. */
function limits(asleep: readonly (readonly [Load, Spread | null])[]): BenchTable {
  return {
    title: 'a sleep alone, late by µs',
    columns: [{ title: 'tool' }, { title: 'load' }, ...['wake-ups', 'p50', 'p99', 'max'].map(right)],
    rows: asleep.map(([load, late]) =>
      late === null
        ? ['cyclictest', load, 'not installed', '', '', '']
        : ['cyclictest', load, String(late.count), ...inMicroseconds(late)],
    ),
  };
}

const right = (title: string) => ({ title, align: 'right' }) as const;

const inMicroseconds = (found: Spread | null): string[] =>
  found ? [found.p50, found.p99, found.max].map((ns) => (ns / US).toFixed(0)) : ['', '', ''];

const row = (one: Pacing): string[] => [
  one.tool,
  one.protocol,
  String(one.sent),
  String(one.missed),
  one.rate.toFixed(5),
  ...inMicroseconds(one.fromFirstNs),
  ...inMicroseconds(one.fromBestNs),
  ...inMicroseconds(one.fromDueNs),
  ...inMicroseconds(one.wokeLateNs).slice(0, 2),
];

function targets({ protocol, load, rate, sent, missed, fromDueNs }: Pacing): Target[] {
  const p99 = fromDueNs?.p99 ?? Number.NaN;
  const gridRate = rate * (1 + missed / sent);
  return [
    {
      asked: `mean rate exact (${protocol}, ${load})`,
      measured: missed > 0 ? `${gridRate.toFixed(5)} with ${missed} missed slots` : rate.toFixed(5),
      met: Math.abs(gridRate - 1) <= RATE_TOLERANCE,
    },
    {
      asked: `send error p99 ≤ ${LIMIT_NS[load] / US} µs (${protocol}, ${load})`,
      measured: `${(p99 / US).toFixed(0)} µs`,
      met: p99 <= LIMIT_NS[load],
    },
  ];
}
