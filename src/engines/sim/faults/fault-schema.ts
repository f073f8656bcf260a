import * as z from 'zod';
import { CAUSES, type Cause } from '../../../model/cause.js';
import { MS } from '../../../model/time.js';
import { spanRangeSchema, spanSchema } from './span.js';

/**
 * Where a fault can sit. `host` holds all receive queues of a machine, `rx-queue` some of them; `device` holds what comes
 * in, or one of its queues, before any CPU is asked.
 */
export const FAULT_STAGES = CAUSES;
export type FaultStage = Cause;

/** Equal links are numbered up to this; a fault has its part of them. */
export const LINKS = 12;

const fixedWindow = z
  .strictObject({ start: spanSchema, length: spanSchema })
  .transform(({ start, length }) => ({ startNs: start, lengthNs: length }));

/**
 * When a fault is there: `always`, listed windows, windows from start to start a period apart, or on and off
 * with exponential lengths (Gilbert's two states). Times count from the epoch of the scenario.
 */
const whenSchema = z.union(
  [
    z.literal('always').transform(() => ({ kind: 'always' as const })),
    z
      .array(fixedWindow)
      .min(1)
      .transform((windows) => ({
        kind: 'listed' as const,
        windows: [...windows].sort((a, b) => a.startNs - b.startNs),
      })),
    z
      .strictObject({ period: spanRangeSchema, length: spanRangeSchema, first: spanSchema.optional() })
      .transform(({ period, length, first }) => ({ kind: 'periodic' as const, period, length, firstNs: first })),
    z.strictObject({ meanGap: spanSchema, meanLength: spanSchema }).transform(({ meanGap, meanLength }) => ({
      kind: 'bursts' as const,
      meanGapNs: meanGap,
      meanLengthNs: meanLength,
    })),
  ],
  {
    error:
      'expected "always", a list of { start, length }, { period, length, first }, or { meanGap, meanLength }, times with their unit',
  },
);
export type When = z.output<typeof whenSchema>;

/** Which receive queues of the machine; `random` picks another one for every window. */
const queueSchema = z.union([z.int().min(0), z.array(z.int().min(0)).min(1), z.literal('random')], {
  error: 'expected the number of a queue from 0, a list of them, or "random"',
});

const place = {
  stage: z.enum(FAULT_STAGES),
  machine: z.string().optional().describe('for network and tunnels: either end'),
  from: z.string().optional().describe('network, tunnels: only packets from this machine'),
  to: z.string().optional().describe('network, tunnels: only packets to this machine'),
  queue: queueSchema
    .optional()
    .describe('rx-queue: absent means one that the seed picks; sender, device: absent means all'),
  links: z
    .union([z.literal(2), z.literal(3), z.literal(4), z.literal(6)], { error: 'expected 2, 3, 4 or 6' })
    .optional()
    .describe('network: it is one of so many equal links, over which packets are spread by addresses and ports'),
  leg: z.enum(['out', 'back', 'both']).default('both').describe('of the probe: to the target or its reply'),
  connections: z.enum(['all', 'new']).default('all').describe('new: only packets from source ports used once'),
};

const ratio = z.number().min(0).max(1);

/** Nothing is served for a while; then all that was held leaves at once, in order, `perPacket` apart. */
const stall = z
  .strictObject({
    kind: z.literal('stall'),
    ...place,
    when: whenSchema,
    packetsPerSecond: z.number().min(0).max(200_000).default(1_000).describe('other traffic in the same queue'),
    perPacket: spanSchema.default(1_500).describe('service time of one held packet at the release'),
  })
  .transform(({ perPacket, ...rest }) => ({ ...rest, perPacketNs: perPacket }));

/** Nothing is served for a while; then the backlog, which still grows, is served at a finite rate. */
const slowDrain = z.strictObject({
  kind: z.literal('slow-drain'),
  ...place,
  when: whenSchema,
  load: z.number().gt(0).max(0.95).describe('offered packets / served packets; RTT falls with slope load - 1'),
});

/** The queueing delay rises to a peak and falls again. */
const congestion = z
  .strictObject({
    kind: z.literal('congestion'),
    ...place,
    when: whenSchema,
    peak: spanSchema,
    rise: z.number().gt(0).lt(1).default(0.5).describe('share of the length in which it rises'),
  })
  .transform(({ peak, ...rest }) => ({ ...rest, peakNs: peak }));

/** Packets are dropped: by chance at every crossing, in bursts with `when: { meanGap, meanLength }`. */
const loss = z.strictObject({ kind: z.literal('loss'), ...place, when: whenSchema, ratio: ratio.default(1) });

/** Single packets are held, by chance at every crossing. */
const spike = z
  .strictObject({
    kind: z.literal('spike'),
    ...place,
    when: whenSchema.default({ kind: 'always' }),
    ratio,
    length: spanRangeSchema,
  })
  .transform(({ length, ...rest }) => ({ ...rest, lengthNs: length }));

/** Further log-normal noise. */
const jitter = z
  .strictObject({
    kind: z.literal('jitter'),
    ...place,
    when: whenSchema.default({ kind: 'always' }),
    median: spanSchema.default(MS),
    sigma: z.number().min(0).max(3).default(0.5),
  })
  .transform(({ median, ...rest }) => ({ ...rest, medianNs: median }));

/** The prober of every vantage on the machine does not run: slots are missed, or stamps late where it stamps itself. */
const pause = z.strictObject({ kind: z.literal('pause'), machine: z.string(), when: whenSchema });

export const faultSchema = z.discriminatedUnion('kind', [stall, slowDrain, congestion, loss, spike, jitter, pause], {
  error: 'expected a fault with a kind: stall, slow-drain, congestion, loss, spike, jitter or pause',
});

export type Fault = z.output<typeof faultSchema>;
/** A fault that packets meet at a stage, as opposed to one of the prober. */
export type StageFault = Exclude<Fault, { kind: 'pause' }>;
