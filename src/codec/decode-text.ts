import * as z from 'zod';
import type { EngineEvent, ProberHello } from '../model/engine-event.js';
import { present } from '../model/present.js';
import { receiveSideSchema } from './receive-side.js';

const localSchema = z.object({
  interfaces: z.array(
    z.object({
      interface: z.string(),
      rxQueues: z.int(),
      queueOfThread: z.enum(['driver', 'order', 'unknown']),
    }),
  ),
  heartbeats: z.object({
    cpus: z.array(z.int()),
    realtime: z.boolean(),
    serving: z.array(z.int()).nullable(),
  }),
  threads: z.array(z.object({ thread: z.int(), kind: z.enum(['napi', 'ksoftirqd']), queue: z.int().nullable() })),
  softnet: z.boolean(),
});

const helloSchema = z.object({
  event: z.literal('hello'),
  helper: z.string(),
  version: z.string(),
  host: z.object({ name: z.string(), kernel: z.string(), machine: z.string() }),
  got: z.object({
    sched: z.enum(['fifo', 'other']),
    schedWhy: z.string().optional(),
    memlock: z.boolean(),
    cpu: z.int().nullable(),
    timestamps: z.enum(['hw', 'kernel', 'user', 'sim']),
    transmitVia: z.string(),
    receiveVia: z.string(),
  }),
  paths: z.array(
    z.object({
      path: z.int(),
      interface: z.string(),
      source: z.string(),
      sourcePorts: z.tuple([z.int(), z.int()]).nullable(),
      ports: z.array(z.int()).optional(),
      icmpId: z.int().optional(),
      freshPorts: z.tuple([z.int(), z.int()]).optional(),
    }),
  ),
  footprint: z.object({ packetsPerSecond: z.number(), conntrackEntries: z.number() }),
  limits: z.array(z.string()).optional(),
  retransmitsNs: z.array(z.int()).optional(),
  watching: z.array(z.object({ interface: z.string(), filterInstructions: z.int() })).optional(),
  local: localSchema.optional(),
  receivers: z.array(receiveSideSchema.nullable()).optional(),
});

const tracerHelloSchema = z.object({
  event: z.literal('tracer-hello'),
  helper: z.string(),
  version: z.string(),
  host: z.object({ name: z.string(), kernel: z.string(), machine: z.string() }),
  netns: z.int(),
  bpfCost: z.boolean(),
  tracesFromNs: z.int(),
  questions: z.array(
    z.looseObject({
      question: z.string(),
      flavour: z.enum(['tp_btf', 'raw_tp']),
      hooks: z.array(z.object({ tracepoint: z.string(), got: z.boolean() })),
    }),
  ),
});

const textSchema = z.discriminatedUnion('event', [
  helloSchema,
  tracerHelloSchema,
  z.object({ event: z.literal('warning'), code: z.string(), message: z.string() }),
  z.object({
    event: z.literal('error'),
    code: z.string(),
    message: z.string(),
    remedy: z.string(),
    path: z.int().optional(),
  }),
]);

const KNOWN: ReadonlySet<unknown> = new Set(textSchema.options.map((option) => option.shape.event.value));

/**
 * Reads the JSON of a `text` block; `undefined` for events this version does not know. What it does know and cannot read
 * is a failure: without its hello nothing of a stream can be used, and whoever waits for one would wait for ever.
 */
export function parseText(json: string): EngineEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return malformed('no JSON');
  }
  const parsed = textSchema.safeParse(value);
  if (!parsed.success) {
    const event = (value as { event?: unknown } | null)?.event;
    if (!KNOWN.has(event)) return undefined;
    const [issue] = parsed.error.issues;
    return malformed(`${String(event)}: ${(issue?.path ?? []).join('.')}: ${issue?.message ?? 'not valid'}`);
  }
  const text = parsed.data;
  if (text.event === 'hello') return { kind: 'hello', hello: toHello(text) };
  if (text.event === 'tracer-hello') {
    const { event: _, ...hello } = text;
    return { kind: 'kernel', event: { kind: 'hello', hello } };
  }
  if (text.event === 'warning') return { kind: 'warning', code: text.code, message: text.message };
  return {
    kind: 'failure',
    code: text.code,
    message: text.message,
    remedy: text.remedy,
    ...present({ path: text.path }),
  };
}

function malformed(why: string): EngineEvent {
  return {
    kind: 'failure',
    code: 'E_HELPER',
    message: `a helper said what this rxray cannot read (${why})`,
    remedy: 'use the helper of the same version: npm run build',
  };
}

function toHello(text: z.infer<typeof helloSchema>): ProberHello {
  const { sched, schedWhy, memlock, ...got } = text.got;
  return {
    helper: text.helper,
    version: text.version,
    host: text.host,
    got: {
      scheduling: sched,
      ...present({ schedulingWhy: schedWhy }),
      memoryLocked: memlock,
      ...got,
    },
    paths: text.paths,
    footprint: text.footprint,
    ...present({ limits: text.limits, retransmitsNs: text.retransmitsNs, watching: text.watching, local: text.local }),
    ...present({ receivers: text.receivers?.filter((one) => one !== null) }),
  };
}
