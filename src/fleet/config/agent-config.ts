import { hostname } from 'node:os';
import * as z from 'zod';
import { parseDuration } from '../../format/duration.js';
import { EDGE_KINDS, TIERS } from '../../model/fleet/member.js';
import { DEFAULT_NEIGHBOURS } from '../../model/fleet/metrics-table.js';
import { MINUTE, MS } from '../../model/time.js';

const PORT = 'a number from 1 to 65535';
const port = z.int().min(1, PORT).max(65_535, PORT);
const name = z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/, 'the name of a node');
const path = z.string().min(1);

/** `40ms` in the file, nanoseconds inside. */
function duration(leastNs: number, mostNs: number, words: string) {
  return z.string().transform((text, context) => {
    try {
      const ns = parseDuration(text, '');
      if (ns >= leastNs && ns <= mostNs) return ns;
    } catch {
      // Said below, with the range.
    }
    context.addIssue({ code: 'custom', message: `a length from ${words}`, input: text });
    return z.NEVER;
  });
}

const BYTES: Readonly<Record<string, number>> = { '': 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };
/** `64MiB` in the file, bytes inside. */
const bytes = z.string().transform((text, context) => {
  const [, number, unit = ''] = /^(\d{1,9}) ?(KiB|MiB|GiB)?$/.exec(text) ?? [];
  const value = Number(number) * (BYTES[unit] ?? Number.NaN);
  if (value >= 64 * 1024) return value;
  context.addIssue({ code: 'custom', message: 'a size such as 64MiB, at least 64KiB', input: text });
  return z.NEVER;
});

const membersSchema = z
  .strictObject({
    file: path.optional(),
    dns: z
      .strictObject({
        names: z
          .array(z.string().min(1))
          .min(1)
          .describe('each is a node, or the name that lists the addresses of all'),
        port: port.optional(),
        every: duration(1000 * MS, 60 * MINUTE, '1s to 60m').prefault('30s'),
      })
      .optional(),
    kubernetes: z
      .strictObject({
        namespace: z.string().min(1).optional(),
        selector: z.string().min(1).prefault('app.kubernetes.io/name=rxray'),
        nodePort: port.optional(),
        port: port.optional(),
        api: z.url().optional(),
        tokenFile: path.optional(),
        caFile: path.optional(),
      })
      .optional(),
  })
  .refine(
    (members) => Object.values(members).filter((source) => source !== undefined).length === 1,
    'exactly one of file, dns and kubernetes',
  );

/** What `agent.yaml` says, checked, with its defaults. */
export const agentConfigSchema = z.strictObject({
  node: name.optional(),
  zone: name.optional(),
  tier: z.enum(TIERS).prefault('probe'),
  members: membersSchema,
  ring: z
    .strictObject({
      neighbours: z.int().min(1).max(DEFAULT_NEIGHBOURS).prefault(DEFAULT_NEIGHBOURS),
      sameZone: z.int().min(0).max(DEFAULT_NEIGHBOURS).prefault(6),
    })
    .prefault({}),
  probe: z
    .strictObject({
      interval: duration(10 * MS, 60 * 1000 * MS, '10ms to 60s').prefault('40ms'),
      kinds: z
        .array(z.enum(EDGE_KINDS))
        .min(1)
        .prefault([...EDGE_KINDS]),
      flows: z.int().min(1).max(64).prefault(8),
      sourcePorts: z.tuple([port, port]).prefault([18_432, 22_527]),
      interface: z.string().min(1).max(15).optional(),
      maxPerTarget: z.int().min(1).max(1000).prefault(1000),
    })
    .prefault({}),
  keys: z
    .strictObject({ secretFile: path.optional(), privateKeyFile: path.optional() })
    .refine(
      ({ secretFile, privateKeyFile }) => (secretFile === undefined) !== (privateKeyFile === undefined),
      'exactly one of secretFile and privateKeyFile',
    )
    .optional(),
  inbound: z.strictObject({ interfaces: z.array(z.string().min(1).max(15)).max(8).optional() }).optional(),
  escalation: z
    .strictObject({
      interval: duration(10 * MS, 1000 * MS, '10ms to 1s').prefault('10ms'),
      length: duration(1000 * MS, 60 * MINUTE, '1s to 60m').prefault('3m'),
      cooldown: duration(1000 * MS, 24 * 60 * MINUTE, '1s to 24h').prefault('15m'),
    })
    .prefault({}),
  recorder: z
    .strictObject({
      folder: path.optional(),
      memory: bytes.prefault('8MiB'),
      minutes: z.int().min(1).max(60).prefault(3),
      keep: z.int().min(1).max(1000).prefault(20),
      bytes: bytes.prefault('64MiB'),
    })
    .prefault({}),
  listen: z
    .strictObject({
      address: z
        .string()
        .regex(/^(\[[0-9a-fA-F:]+\]|[0-9.]+):\d{1,5}$/, 'a numeric address with a port')
        .prefault('127.0.0.1:9469'),
      webConfig: path.optional(),
    })
    .prefault({}),
});

export type AgentConfig = z.infer<typeof agentConfigSchema>;

/** The node that this agent speaks for: as the file says, else `NODE_NAME` of its surroundings, else the host's name. */
export function nodeOf(config: Pick<AgentConfig, 'node'>, environment: NodeJS.ProcessEnv): string {
  const given = environment.NODE_NAME;
  return config.node ?? (given === undefined || given === '' ? hostname() : given);
}
