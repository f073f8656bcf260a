import * as z from 'zod';
import { ENGINES } from '../model/engine-name.js';
import { PROTOCOLS } from '../model/protocol.js';
import { requestSpecSchema } from '../model/request.js';
import { STAGE_KINDS } from '../model/stage.js';
import { TARGET_KINDS } from '../model/target.js';

const plannedPathSchema = z.object({
  name: z.string(),
  protocol: z.enum(PROTOCOLS),
  address: z.string(),
  port: z.int().exactOptional(),
  flows: z.int(),
  fromPorts: z.array(z.int()).readonly().exactOptional(),
  insteadPorts: z.array(z.int()).readonly().exactOptional(),
  freshPerSecond: z.number(),
  intervalNs: z.number(),
  interface: z.string().exactOptional(),
  source: z.string().exactOptional(),
  ttl: z.int().exactOptional(),
  request: requestSpecSchema.exactOptional(),
});

/** What the prober was told, without the secret of its keys. */
const planSchema = z.object({
  paths: z.array(plannedPathSchema),
  count: z.number(),
  durationNs: z.number(),
  waitNs: z.number(),
  matchNs: z.number(),
  timestamps: z.enum(['auto', 'hw', 'kernel', 'user']),
  cpu: z.union([z.enum(['auto', 'none']), z.int()]),
  scheduling: z.enum(['auto', 'fifo', 'other']),
  maxPacketsPerSecondToTarget: z.number(),
});

const stageSchema = z.object({
  kind: z.enum(STAGE_KINDS),
  machines: z.union([z.tuple([z.string()]), z.tuple([z.string(), z.string()])]),
});

const measuredPathSchema = z.object({
  name: z.string(),
  vantage: z.string(),
  target: z.string(),
  targetKind: z.enum(TARGET_KINDS),
  protocol: z.enum(PROTOCOLS),
  answeredBy: z.string(),
  address: z.string().exactOptional(),
  intervalNs: z.number(),
  flows: z.int(),
  freshPerSecond: z.number(),
  backends: z.int().exactOptional(),
  pod: z.string().exactOptional(),
  out: z.array(stageSchema),
  back: z.array(stageSchema),
});

const common = {
  /** Of the rxray that recorded. */
  version: z.string(),
  /** Of the options as resolved, as in the run record. */
  options: z.record(z.string(), z.unknown()),
  thresholdNs: z.number(),
};

/** What a recording says of its run before the first frame: all that replay needs beside the frames. */
export const runInfoSchema = z.discriminatedUnion('command', [
  z.object({
    ...common,
    command: z.literal('probe'),
    engine: z.enum(ENGINES),
    plan: planSchema,
  }),
  z.object({
    ...common,
    command: z.literal('bisect'),
    /** CLOCK_REALTIME, in nanoseconds, that all instants of the run count from. */
    epochRealNs: z.string().regex(/^-?\d+$/),
    /** The hosts file as it was read. */
    hosts: z.unknown(),
    paths: z.array(z.object({ planned: plannedPathSchema, measured: measuredPathSchema })),
    notes: z.array(z.string()),
  }),
]);

export type RunInfo = z.infer<typeof runInfoSchema>;
export type ProbeInfo = Extract<RunInfo, { command: 'probe' }>;
export type BisectInfo = Extract<RunInfo, { command: 'bisect' }>;

/** Name of the one stream of a recorded probe, by which replay finds it. */
export const PROBE_STREAM = 'vantage local';

/** The first block of each file of a recording. */
export const partInfoSchema = z.object({
  /** Number of the file where the recording was cut into several, from 1. */
  part: z.int(),
  run: runInfoSchema,
});
export type PartInfo = z.infer<typeof partInfoSchema>;

/** A stream: what one helper wrote. */
export const streamInfoSchema = z.object({
  stream: z.int(),
  /** `vantage shell`, `watch node`: unique in a recording. */
  name: z.string(),
  /** Where its helper ran, as messages say it. */
  place: z.string(),
  /** The clock over there, minus ours. */
  clock: z.object({ offsetNs: z.number(), uncertaintyNs: z.number() }),
  /** It began in an earlier file: header and hello are repeated, then it goes on where that file ended. */
  continued: z.boolean().exactOptional(),
});
export type StreamInfo = z.infer<typeof streamInfoSchema>;

/** How a helper ended. */
export const exitInfoSchema = z.object({
  stream: z.int(),
  code: z.int().nullable(),
  signal: z.string().nullable(),
  stderr: z.string(),
  /** It never ran. */
  failure: z
    .object({
      code: z.string(),
      message: z.string(),
      remedy: z.string(),
      exitCode: z.union([z.literal(2), z.literal(4)]),
    })
    .exactOptional(),
});
export type ExitInfo = z.infer<typeof exitInfoSchema>;
