import { CodedError } from '../model/errors.js';
import { present } from '../model/present.js';
import {
  HOST_ADDRESS,
  type HostName,
  NODEPORT_LOCAL,
  NODEPORT_REMOTE,
  type Place,
  routerPort,
  WEB_PORT,
} from './addresses.js';
import { type LabOverlay, tunnelMatch } from './overlay.js';
import { BOND, MEMBERS_FAR, UPLINKS } from './rack.js';
import type { Spread } from './services.js';

/** Milliseconds, least and most. */
export type MsRange = readonly [min: number, max: number];

export interface FaultOptions {
  /** From the start of one stall to the start of the next. Default 700 to 1300. */
  readonly periodMs?: MsRange;
  /** Of a stall. Default 100 to 200; at most 900, as the kernel throttles real-time processes. */
  readonly lengthMs?: MsRange;
  /** Same seed, same periods and lengths. Default 1. */
  readonly seed?: number;
  /** Stalls after which the fault ends. Default: none, `durationS` ends it. */
  readonly count?: number;
  /** At most so long, whatever happens to us. Default 600. */
  readonly durationS?: number;
  /** Receive queue. Default: `seed` modulo the number of queues for `rx-queue` and `starved`, else all. */
  readonly queue?: number;
  /** Whose queues stall (`rx-queue`, `host`, `softirq`, `starved`, `irq-off`, `handler`: bad; `sender`: shell). */
  readonly host?: HostName;
  /** Other end of what `network` holds. Default shell. */
  readonly peer?: HostName;
  /** Share of the packets that `loss` drops within its stalls. Default 1. */
  readonly probability?: number;
  /** How the NodePort of `backends` chooses among them. Default `flow`. */
  readonly spread?: Spread;
}

/** Each fault in a sentence, in the order of a help text. */
export const FAULTS = {
  'rx-queue': 'one receive queue of a host waits',
  host: 'all receive queues of a host wait together',
  softirq: 'a process named memstat-reader holds softirqs off inside a system call',
  starved: 'a NAPI thread is kept from its CPU by an ordinary process in a long system call',
  nat: 'packets to the NodePorts wait before their translation on bad',
  ipip: 'packets of the IPIP tunnel between the nodes wait',
  vxlan: 'the same of a VXLAN tunnel: lab up --overlay vxlan',
  geneve: 'the same of a Geneve tunnel: lab up --overlay geneve',
  pod: 'packets to the pod on bad wait at its own door',
  network: 'all packets between two machines wait, both ways',
  'network-last-mile': 'all packets towards bad wait, one way',
  congestion: 'bulk traffic from external fills the buffer of the port towards bad',
  loss: 'packets towards bad are lost',
  sender: "the vantage's own receive queues wait",
  none: 'nothing happens; the log of gaps tells what the machine did by itself',
  'irq-off': 'a process named register-dump holds interrupts off inside a system call',
  handler: 'the handler of another softirq runs long on the CPU that receives',
  device: 'the network card of bad holds what it receives, and none of its CPUs knows',
  ecmp: 'one of two equal-cost links towards bad holds its packets',
  lag: 'one member of the aggregated link in front of bad holds its packets',
  backends: 'one of three pods behind a NodePort holds its packets',
  server: 'the web server on bad waits for a lock inside a system call',
  throttled: 'the CPU quota of the web server on bad is used up by a job beside it',
  'accept-queue': 'the web server on bad does not accept, and its queue of one is full',
  resolver: 'the resolver on external drops queries for AAAA',
  'resolver-slow': 'the resolver on external does not answer for a while',
} as const;
export type FaultName = keyof typeof FAULTS;

export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[];
/** Faults of what serves: packets pass, so that only `hosts-requests.yaml` shows them. */
export const SERVING_FAULTS = [
  'server',
  'throttled',
  'accept-queue',
  'resolver',
  'resolver-slow',
] as const satisfies readonly FaultName[];
export const isServingFault = (name: FaultName): boolean => (SERVING_FAULTS as readonly FaultName[]).includes(name);
/** The overlay that a lab must have for a fault; undefined for one that every lab can have. */
export const overlayOfFault = (name: FaultName): LabOverlay | undefined =>
  name === 'ipip' || name === 'vxlan' || name === 'geneve' ? name : undefined;
export const isFault = (name: string): name is FaultName => Object.hasOwn(FAULTS, name);

/** A firewall rule that hands packets of one stage to the injector; `--queue-bypass` lets them pass without it. */
export interface Rule {
  readonly place: Place;
  /** `raw` comes before connection tracking. */
  readonly table: 'raw' | 'mangle';
  readonly chain: 'PREROUTING' | 'FORWARD';
  readonly match: readonly string[];
  readonly nfqueue: number;
}

/** What switching a fault on takes. */
export interface FaultPlan {
  readonly program: `rxray-lab-${'hog' | 'spin' | 'hold' | 'card' | 'bulk' | 'lock' | 'quota'}`;
  readonly host: HostName;
  /** Receive queue that stalls, undefined: all of them or none in particular. */
  readonly queue?: number;
  /** Queues of the host whose threads the injector moves to the stalled CPU. */
  readonly heldQueues: readonly number[];
  /** Queues of the host whose packets RPS steers to the stalled CPU. */
  readonly steeredQueues: readonly number[];
  readonly comm?: string;
  readonly kind?: string;
  /** Namespace the injector works in, and further values that only it understands. */
  readonly place?: Place;
  readonly values: Readonly<Record<string, string>>;
  readonly rules: readonly Rule[];
  /** Rate limit on the router's port towards the host. */
  readonly shaped: boolean;
  /** Whether the NodePort with several backends draws one at random for each connection meanwhile. */
  readonly randomBackends: boolean;
  /** What happens to the web server on `bad` meanwhile: its accept queue holds one, or its group has a CPU quota. */
  readonly server?: 'short-queue' | 'quota';
}

// biome-ignore format: one look
const NOTHING = { heldQueues: [], steeredQueues: [], values: {}, rules: [], shaped: false, randomBackends: false } as const;

/** Decides what a fault takes; touches nothing. */
export function planFault(name: Exclude<FaultName, 'none'>, options: FaultOptions, queues: number): FaultPlan {
  const host = options.host ?? (name === 'sender' ? 'shell' : 'bad');
  const all = Array.from({ length: queues }, (_, queue) => queue);
  const one = options.queue ?? (options.seed ?? 1) % queues;
  const chosen = options.queue === undefined ? all : [options.queue];
  const half = (options.seed ?? 1) % 2 === 0 ? 0 : 1;
  const chosenQueue = present({ queue: options.queue });
  if (options.queue !== undefined && !all.includes(options.queue)) {
    throw new CodedError('E_LAB_FAULT_OPTIONS', `no receive queue ${options.queue}`, `use 0 to ${queues - 1}`, 2);
  }
  switch (name) {
    case 'rx-queue':
      return { ...NOTHING, program: 'rxray-lab-hog', host, queue: one, heldQueues: [one] };
    case 'host':
      return { ...NOTHING, program: 'rxray-lab-hog', host, heldQueues: all };
    case 'sender':
      return { ...NOTHING, program: 'rxray-lab-hog', host, heldQueues: chosen, ...chosenQueue };
    case 'softirq':
      // biome-ignore format: one plan, one look
      return { ...NOTHING, program: 'rxray-lab-spin', kind: 'softirq', comm: 'memstat-reader', host,
        steeredQueues: chosen, ...chosenQueue };
    case 'irq-off':
      // biome-ignore format: one plan, one look
      return { ...NOTHING, program: 'rxray-lab-spin', kind: 'irq-off', comm: 'register-dump', host,
        steeredQueues: chosen, ...chosenQueue };
    case 'handler':
      // biome-ignore format: one plan, one look
      return { ...NOTHING, program: 'rxray-lab-spin', kind: 'handler', host, steeredQueues: chosen, ...chosenQueue };
    case 'starved':
      // biome-ignore format: one plan, one look
      return { ...NOTHING, program: 'rxray-lab-spin', kind: 'syscall', comm: 'memstat-reader', host,
        heldQueues: [one], queue: one };
    case 'congestion':
      // biome-ignore format: one plan, one look
      return { ...NOTHING, program: 'rxray-lab-bulk', host: 'bad', place: 'external', shaped: true,
        values: { address: HOST_ADDRESS.bad, 'bits-per-s': String(BULK_BITS_PER_S) } };
    case 'loss':
      // biome-ignore format: one plan, one look
      return { ...hold(name, 'rack', 'FORWARD', [['-o', BOND]]), kind: 'drop',
        values: { probability: String(options.probability ?? 1) } };
    case 'nat':
      // biome-ignore format: one plan, one look
      return hold(name, 'bad', 'PREROUTING', [
        ['-p', 'tcp', '-d', HOST_ADDRESS.bad, '--dport', String(NODEPORT_LOCAL)],
        ['-p', 'tcp', '-d', HOST_ADDRESS.bad, '--dport', String(NODEPORT_REMOTE)],
      ], 'raw');
    case 'ipip':
    case 'vxlan':
    case 'geneve':
      return hold(name, 'fabric', 'FORWARD', [tunnelMatch(name)]);
    case 'pod':
      return hold(name, 'pod-bad', 'PREROUTING', [[]], 'raw');
    case 'network-last-mile':
      return hold(name, 'rack', 'FORWARD', [['-o', BOND]]);
    case 'device':
      // biome-ignore format: one plan, one look
      return { ...NOTHING, program: 'rxray-lab-card', host: 'bad', place: 'rack',
        values: { device: routerPort('bad'), at: 'egress' } };
    case 'lag':
      // biome-ignore format: one plan, one look
      return { ...NOTHING, program: 'rxray-lab-card', host: 'bad', place: 'rack',
        values: { device: MEMBERS_FAR[half], at: 'ingress', out: routerPort('bad') } };
    case 'ecmp': {
      const link = UPLINKS[half];
      return { ...hold(name, 'fabric', 'FORWARD', [['-o', link]]), values: { link } };
    }
    case 'backends':
      // biome-ignore format: one plan, one look
      return { ...hold(name, 'pod-bad-b', 'PREROUTING', [[]], 'raw'), randomBackends: options.spread === 'random' };
    case 'server':
      return waitsFor('desk');
    case 'throttled':
      return { ...NOTHING, program: 'rxray-lab-quota', host: 'bad', server: 'quota' };
    case 'accept-queue':
      // biome-ignore format: one plan, one look
      return { ...waitsFor('door', { fill: HOST_ADDRESS.bad, port: String(WEB_PORT) }), place: 'external',
        server: 'short-queue' };
    case 'resolver':
      return { ...waitsFor('book'), host: 'external' };
    case 'resolver-slow':
      return { ...waitsFor('page'), host: 'external' };
    case 'network': {
      const [here, there] = [HOST_ADDRESS[host], HOST_ADDRESS[options.peer ?? (host === 'shell' ? 'bad' : 'shell')]];
      // biome-ignore format: one plan, one look
      return { ...hold(name, 'fabric', 'FORWARD', [['-s', there, '-d', here], ['-s', here, '-d', there]]), host };
    }
  }
}

/** Twice what the shaped port lets through: the wait grows as fast as the time passes. */
const BULK_BITS_PER_S = 40_000_000;
export const SHAPED_RATE = '20mbit';
/** Bytes, worth 0.8 s at that rate: more than the longest burst leaves behind. */
export const SHAPED_BUFFER = '2000000';

/**
 * Packets held between the look-up and the entry of a connection tracker would race for one entry, and all but the
 * first be dropped, which no stall of a real stage does: on a host that tracks connections hold them in `raw`.
 */
// biome-ignore format: one signature, one look
function hold(name: FaultName, place: Place, chain: Rule['chain'], matches: readonly (readonly string[])[],
  table: Rule['table'] = 'mangle'): FaultPlan {
  const nfqueue = 1 + FAULT_NAMES.indexOf(name);
  return {
    ...NOTHING,
    program: 'rxray-lab-hold',
    kind: 'hold',
    host: 'bad',
    place,
    rules: matches.map((match) => ({ place, table, chain, match, nfqueue })),
  };
}

/** A server of the lab waits for a lock, which `native/lab/serve.c` and `names.c` know by its name. */
const waitsFor = (lock: 'desk' | 'door' | 'book' | 'page', values: Record<string, string> = {}): FaultPlan => ({
  ...NOTHING,
  program: 'rxray-lab-lock',
  host: 'bad',
  values: { lock, ...values },
});

const MAX_LENGTH_MS = 900;
const MAX_PERIOD_MS = 600_000;

/** Options with their defaults, refused when the injectors could not follow them. */
export function resolveOptions(options: FaultOptions) {
  const { periodMs = [700, 1300], lengthMs = [100, 200], seed = 1, count, durationS = 600, probability = 1 } = options;
  const refuse = (what: string, remedy: string): never => {
    throw new CodedError('E_LAB_FAULT_OPTIONS', what, remedy, 2);
  };
  for (const [what, [min, max], most] of [
    ['period', periodMs, MAX_PERIOD_MS],
    ['length', lengthMs, MAX_LENGTH_MS],
  ] as const) {
    if (!Number.isInteger(min) || !Number.isInteger(max) || min < 1 || max < min || max > most) {
      refuse(`a ${what} of ${min} to ${max} ms`, `use whole milliseconds from 1 to ${most}, the smaller one first`);
    }
  }
  if (lengthMs[1] >= periodMs[0]) {
    refuse(`stalls of up to ${lengthMs[1]} ms every ${periodMs[0]} ms`, 'make the period longer than the length');
  }
  if (!Number.isSafeInteger(seed) || seed < 0) {
    refuse(`seed ${seed}`, 'use a whole number from 0');
  }
  if (count !== undefined && (!Number.isInteger(count) || count < 1)) {
    refuse(`${count} stalls`, 'use a whole number from 1');
  }
  if (!Number.isInteger(durationS) || durationS < 1 || durationS > 3600) {
    refuse(`a duration of ${durationS} s`, 'use 1 to 3600');
  }
  if (!(probability > 0 && probability <= 1)) {
    refuse(`probability ${probability}`, 'use a number above 0 and up to 1');
  }
  return { ...options, periodMs, lengthMs, seed, durationS, probability };
}
