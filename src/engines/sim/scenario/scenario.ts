import { isIP } from 'node:net';
import * as z from 'zod';
import { canonicalAddress } from '../../../model/ip-address.js';
import { OVERLAYS } from '../../../model/overlay.js';
import { faultSchema } from '../faults/fault-schema.js';
import { spanSchema } from '../faults/span.js';
import { checkReferences } from './scenario-check.js';

const address = z
  .string()
  .refine((text) => isIP(text) !== 0, { error: 'expected a numeric IPv4 or IPv6 address' })
  .transform(canonicalAddress);

const port = z.int().min(1).max(65_535);
const portKey = z.string().regex(/^[1-9]\d{0,4}$/, { error: 'expected a port number as key' });
const noise = z
  .strictObject({ median: spanSchema.default(0), sigma: z.number().min(0).max(3).default(0.5) })
  .transform(({ median, sigma }) => ({ medianNs: median, sigma }));
const NO_NOISE = { medianNs: 0, sigma: 0 };

/** What answers at an address. A closed port answers with RST or port-unreachable, a silent one not at all. */
const answering = {
  ports: z.record(portKey, z.enum(['open', 'closed', 'silent', 'prohibited'])).default({}),
  otherPorts: z.enum(['closed', 'silent']).default('closed'),
  icmp: z.enum(['answered', 'silent']).default('answered'),
  answersIn: spanSchema.default(20_000).describe('from the arrival of a probe to its reply'),
};

const podSchema = z
  .strictObject({
    address,
    ...answering,
    overlay: z.enum(OVERLAYS).default('ipip').describe('the tunnel by which packets from other machines come'),
  })
  .transform(({ answersIn, ...rest }) => ({ ...rest, answersInNs: answersIn }));

const backends = z.strictObject({
  pods: z.array(z.string()).min(1),
  port,
  spread: z
    .enum(['flow', 'random'])
    .default('flow')
    .describe('by what a pod is chosen: the source port, or each probe anew'),
});
const nodePort = backends.extend({
  directReturn: z.boolean().default(false).describe('pods on other nodes answer past the node that has the port'),
});

const machineSchema = z
  .strictObject({
    address,
    ...answering,
    queues: z.int().min(1).max(128).default(1).describe('receive queues'),
    hash: z
      .strictObject({
        tcp: z.enum(['ports', 'addresses']).default('ports'),
        udp: z.enum(['ports', 'addresses']).default('addresses'),
        ipip: z.enum(['outer', 'inner']).default('outer'),
      })
      .prefault({}),
    steerRepliesTo: z.int().min(0).optional().describe('queue on which replies to its own probes land, not hashed'),
    natPerPacket: spanSchema.default(2_000),
    natPerConnection: spanSchema.default(15_000).describe('further time for the first packet of a connection'),
    pods: z.record(z.string(), podSchema).default({}),
    nodePorts: z.record(portKey, nodePort).default({}),
  })
  .transform(({ answersIn, natPerPacket, natPerConnection, ...rest }) => ({
    ...rest,
    answersInNs: answersIn,
    natPerPacketNs: natPerPacket,
    natPerConnectionNs: natPerConnection,
  }));

const pipe = {
  latency: spanSchema.default(100_000).describe('one way'),
  jitter: noise.default(NO_NOISE),
  routers: z.int().min(0).max(60).default(1),
};

const networkSchema = z
  .strictObject({
    ...pipe,
    links: z
      .array(
        z
          .strictObject({ between: z.tuple([z.string(), z.string()]), ...pipe })
          .transform(({ latency, ...rest }) => ({ ...rest, latencyNs: latency })),
      )
      .default([]),
  })
  .transform(({ latency, ...rest }) => ({ ...rest, latencyNs: latency }));

const vantageSchema = z
  .strictObject({
    machine: z.string(),
    overlay: z.boolean().default(false).describe('reaches pods through the tunnel'),
    userStamps: z.boolean().default(false).describe('stamps replies when its thread runs, so pauses forge stalls'),
    sendError: noise.default(NO_NOISE).describe('sent - due'),
    sendFailures: z.number().min(0).max(1).default(0).describe('share of the probes the kernel refuses'),
    startsAt: spanSchema.default(0).describe('when its run starts, in the time of the scenario'),
    clock: z
      .strictObject({
        offsetNs: z.int().default(0).describe('error of its CLOCK_REALTIME at the start'),
        skewPpm: z.number().min(-1_000).max(1_000).default(0).describe('how much faster its clock runs'),
      })
      .prefault({}),
  })
  .transform(({ startsAt, ...rest }) => ({ ...rest, startsAtNs: startsAt }));

/**
 * A scenario: machines, the network between them, vantages, and what goes wrong. All vantages of a scenario
 * live in the same world: what depends on chance is a function of `seed` and of the time of the scenario,
 * so several engines on one scenario see the same stalls.
 *
 * ```yaml
 * seed: 7                      # all that is random follows from it
 * speed: virtual               # as fast as it can; realtime, or { realtime: 10 } for ten times as fast as life
 * network: { latency: 150us, jitter: { median: 20us, sigma: 0.4 } }
 * machines:
 *   shell: { address: 172.16.47.1 }
 *   bad:
 *     address: 172.16.47.27
 *     queues: 4
 *     ports: { 9876: open }    # all other ports are closed and answer so
 *     pods: { web: { address: 10.125.20.64, ports: { 8080: open } } }
 *     nodePorts: { 30927: { pods: [web], port: 8080 } }
 * vantages:
 *   shell: { machine: shell }
 * faults:
 *   - { kind: stall, machine: bad, stage: rx-queue, queue: 2, when: { period: [3s, 5s], length: [80ms, 140ms] } }
 * ```
 */
export const scenarioSchema = z
  .strictObject({
    seed: z.int().min(0).max(0xffff_ffff).default(1),
    speed: z
      .union([z.enum(['virtual', 'realtime']), z.strictObject({ realtime: z.number().gt(0) })], {
        error: 'expected virtual, realtime, or { realtime: FACTOR }',
      })
      .default('virtual'),
    network: networkSchema.prefault({}),
    machines: z.record(z.string(), machineSchema),
    services: z.record(z.string(), z.strictObject({ address, servicePort: port, ...backends.shape })).default({}),
    vantages: z.record(z.string(), vantageSchema),
    faults: z.array(faultSchema).default([]),
  })
  .superRefine(checkReferences);

export type Scenario = z.output<typeof scenarioSchema>;
/** What a scenario file holds; a program may write lengths as integer nanoseconds. */
export type ScenarioInput = z.input<typeof scenarioSchema>;
export type Machine = Scenario['machines'][string];
export type Pod = Machine['pods'][string];
export type Vantage = Scenario['vantages'][string];
