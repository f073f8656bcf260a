import type { MachineAccount } from '../../src/bisect/evidence/machine-account.js';
import { guessedHosts } from '../../src/commands/bisect/bisect-hosts.js';
import { makeScenario, type Scenario } from '../../src/engines/sim-engine.js';
import { type Hosts, parseHosts } from '../../src/hosts/hosts-file.js';
import { MS, SECOND } from '../../src/model/time.js';
import { type Bisection, bisectScenario, type FaultInput } from './sim-cluster.js';

/** A web server and a resolver, asked from two machines, as a hosts file says it. */
export const REQUEST_HOSTS: Hosts = parseHosts(
  `
vantages:
  here:  { transport: local }
  there: { transport: netns, name: there }
targets:
  web:      { kind: node, address: 10.0.0.7, url: 'http://10.0.0.7/' }
  names:    { kind: node, address: 10.0.0.53, lookup: www.example }
  other:    { kind: external, address: 10.0.0.9 }
  loopback: { kind: control, address: 127.0.0.1 }
`,
  'hosts.yaml',
);

/** What `bisect URL` guesses. */
export const GUESSED_HOSTS: Hosts = guessedHosts('10.0.0.7', 80, undefined, 'http://10.0.0.7/');

export function requestScenario(faults: readonly FaultInput[], seed = 1, queues = 4): Scenario {
  const vantage = (machine: string) => ({ machine, overlay: false, sendError: { median: 15_000, sigma: 0.5 } });
  return makeScenario({
    seed,
    network: { latency: 150_000, jitter: { median: 20_000, sigma: 0.6 }, routers: 1 },
    machines: {
      here: { address: '10.0.0.1', queues },
      there: { address: '10.0.0.2', queues },
      web: { address: '10.0.0.7', queues, ports: { 80: 'open' } },
      names: { address: '10.0.0.53', queues, ports: { 53: 'open' } },
      other: { address: '10.0.0.9', queues },
    },
    vantages: { here: vantage('here'), there: vantage('there') },
    faults: [...faults],
  });
}

export function asked(
  faults: readonly FaultInput[],
  options: {
    readonly hosts?: Hosts;
    readonly seed?: number;
    readonly queues?: number;
    readonly account?: MachineAccount;
    readonly durationNs?: number;
  } = {},
): Bisection {
  const { hosts = REQUEST_HOSTS, seed, queues, account, durationNs = 60 * SECOND } = options;
  return bisectScenario({
    scenario: requestScenario(faults, seed, queues),
    hosts,
    thresholdNs: 50 * MS,
    durationNs,
    untilSettled: true,
    beside: (inference) => {
      if (account !== undefined) inference.account(account);
    },
  });
}

type ServingStage = 'server' | 'throttled' | 'accept-queue' | 'resolver';

/** What serves is not reached, now and then: so many milliseconds apart, for so many. */
function nowAndThen(
  kind: 'stall' | 'loss',
  stage: ServingStage,
  [periodFrom, periodTo]: readonly [number, number],
  [lengthFrom, lengthTo]: readonly [number, number],
): FaultInput {
  const machine = stage === 'resolver' ? 'names' : 'web';
  const when = { period: [periodFrom * MS, periodTo * MS], length: [lengthFrom * MS, lengthTo * MS] };
  return { kind, stage, machine, when } as FaultInput;
}

/** A process that stands still now and then. */
export const SERVER_STOPS = nowAndThen('stall', 'server', [600, 3_000], [120, 300]);
/** By quota: in many periods of 100 ms it stands still for the rest of it. */
export const THROTTLED = nowAndThen('stall', 'throttled', [300, 1_000], [60, 95]);
/** The same in every period: most requests wait, so that none stands out. */
export const ALWAYS_THROTTLED = nowAndThen('stall', 'throttled', [150, 150], [140, 140]);
export const ACCEPT_QUEUE = nowAndThen('loss', 'accept-queue', [1_000, 3_000], [150, 500]);
export const RESOLVER_DROPS = nowAndThen('loss', 'resolver', [1_000, 2_000], [150, 400]);
export const RESOLVER_SLOW = nowAndThen('stall', 'resolver', [800, 3_000], [120, 300]);

/** From one stop of a process that never has more than one connection waiting to the next. */
const STOPS = Array.from({ length: 38 }, (_, i) => i * 1_500 * MS + 500 * MS);

/** A process that stands still, and whose queue of one is full soon after: what has come waits, what comes is dropped. */
export const STANDS_BEHIND_FULL_QUEUE: readonly FaultInput[] = [
  {
    kind: 'stall',
    stage: 'server',
    machine: 'web',
    when: STOPS.map((start) => ({ start, length: 700 * MS })),
  } as FaultInput,
  {
    kind: 'loss',
    stage: 'accept-queue',
    machine: 'web',
    when: STOPS.map((start) => ({ start: start + 150 * MS, length: 550 * MS })),
  } as FaultInput,
];

/** What the kernel of the server's machine counts in an hour like any other. */
export const QUIET_ACCOUNT: MachineAccount = { machine: 'web', throttledNs: 0, overflows: 0 };

/** What it counts, reading by reading, of a group that is stopped for most of a minute. */
export const ALWAYS_STOPPED: MachineAccount = {
  ...QUIET_ACCOUNT,
  throttledNs: 54 * SECOND,
  spans: Array.from({ length: 120 }, (_, reading) => ({
    fromNs: reading * 500 * MS,
    toNs: (reading + 1) * 500 * MS,
    throttledNs: 450 * MS,
    dropped: 0,
  })),
};
