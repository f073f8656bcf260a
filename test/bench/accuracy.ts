import { US } from '../../src/model/time.js';
import type { Part, Target } from './part.js';
import { median, type Spread, spreadOfSizes } from './quantile.js';
import { type Load, meanSteal, type Train, trains } from './train.js';

const LIMIT_NS = 10 * US;

interface Accuracy {
  readonly tool: string;
  readonly command: string;
  readonly protocol: string;
  readonly load: Load;
  readonly reported: number;
  /** Probes whose RTT both the tool and the capture know. */
  readonly compared: number;
  /** Reported minus captured, with its sign. */
  readonly medianNs: number;
  readonly errorNs: Spread;
  /** Against the same without what the capture itself delays a probe, see `wireRttNs`. */
  readonly wireErrorNs: Spread;
}

/** How far the reported round-trip times are from those of a capture on the sender's interface. */
export const accuracy: Part = {
  name: 'accuracy',
  about: 'reported RTT against a capture on the sender’s interface, every 10 ms',
  run: async (setting) => {
    const all = await trains(setting);
    const found = all.map(judge);
    return {
      tables: (['idle', 'busy'] as const).map((load) => ({
        title: load === 'idle' ? 'RTT error, idle' : 'RTT error, every CPU busy',
        columns: [
          { title: 'tool' },
          { title: 'probe' },
          ...['compared', 'median µs', '|p50| µs', '|p99| µs', '|max| µs', 'wire |p50| µs', '|p99| µs', '|max| µs'].map(
            (title) => ({ title, align: 'right' }) as const,
          ),
        ],
        rows: found.filter((one) => one.load === load).map(row),
      })),
      targets: found.filter(({ tool }) => tool === 'rxray').flatMap(targets),
      notes: [
        'wire: against the probe’s arrival at the far end of the sender’s link, without the time that the capture itself holds a probe between its stamp and the driver’s.',
      ],
      data: found,
      stealShare: meanSteal(all),
    };
  },
};

function judge({ tool, command, protocol, load, report, exchanges, wireRtts }: Train): Accuracy {
  const errors = report.probes.flatMap(({ number, rttNs }) => {
    const captured = exchanges.get(number)?.rttNs;
    return captured === undefined ? [] : [rttNs - captured];
  });
  const wireErrors = report.probes.flatMap(({ number, rttNs }) => {
    const wire = wireRtts.get(number);
    return wire === undefined ? [] : [rttNs - wire];
  });
  return {
    tool,
    command,
    protocol,
    load,
    reported: report.probes.length,
    compared: errors.length,
    medianNs: median(errors),
    errorNs: spreadOfSizes(errors),
    wireErrorNs: spreadOfSizes(wireErrors),
  };
}

const inMicroseconds = (ns: number): string => (ns / US).toFixed(1);

const row = ({ tool, protocol, reported, compared, medianNs, errorNs, wireErrorNs }: Accuracy): string[] => [
  tool,
  protocol,
  `${compared}/${reported}`,
  inMicroseconds(medianNs),
  ...[errorNs, wireErrorNs].flatMap(({ p50, p99, max }) => [p50, p99, max]).map(inMicroseconds),
];

const targets = ({ protocol, load, errorNs, wireErrorNs }: Accuracy): Target[] =>
  (
    [
      ['against the capture', errorNs],
      ['against the wire', wireErrorNs],
    ] as const
  ).map(([against, { p99 }]) => ({
    asked: `RTT error p99 ≤ 10 µs ${against} (${protocol}, ${load})`,
    measured: `${inMicroseconds(p99)} µs`,
    met: p99 <= LIMIT_NS,
  }));
