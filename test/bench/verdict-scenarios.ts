import type { Scenario } from '../../src/engines/sim/scenario/scenario.js';
import type { Hosts } from '../../src/hosts/hosts-file.js';
import type { HostsPath } from '../../src/hosts/measured-paths.js';
import { MS, SECOND, US } from '../../src/model/time.js';
import type { FaultInput } from '../bisect/sim-cluster.js';
import { labScenario, stalls } from '../bisect/sim-cluster.js';
import { Pick } from './pick.js';
import { choosePaths, describe, waysOf, withBackends } from './verdict-hosts.js';

/** What is wrong in a scenario: a cause, and machines by their names in the hosts file. */
export interface Truth {
  readonly cause: string;
  readonly machines: readonly string[];
  /** Index of the fault in the scenario. */
  readonly fault: number;
}

export interface RandomScenario {
  readonly seed: number;
  readonly scenario: Scenario;
  readonly hosts: Hosts;
  readonly paths: readonly HostsPath[];
  readonly truths: readonly Truth[];
  readonly queues: number;
  readonly thresholdNs: number;
  readonly clockUncertaintyNs: Readonly<Record<string, number>>;
  /** What of the hosts file is not true, or null. */
  readonly lie: string | null;
  readonly notes: string;
}

interface FaultChoice {
  readonly name: string;
  readonly make: (pick: Pick) => { fault: FaultInput; truth: Omit<Truth, 'fault'> };
}

const NODES = { bad: 'node', client: 'node-remote' } as const;

const FAULTS: readonly FaultChoice[] = [
  {
    name: 'rx-queue',
    make(pick) {
      const machine = pick.of(['bad', 'bad', 'client'] as const);
      const which = pick.chance(0.2) ? { queue: 'random' as const } : {};
      const fault = stalls({ stage: 'rx-queue', machine, ...which } as never, pick.timing());
      return { fault, truth: { cause: pick.queues === 1 ? 'host' : 'rx-queue', machines: [NODES[machine]] } };
    },
  },
  {
    name: 'host',
    make(pick) {
      const machine = pick.of(['bad', 'bad', 'client'] as const);
      const fault = stalls({ stage: 'host', machine } as never, pick.timing());
      return { fault, truth: { cause: 'host', machines: [NODES[machine]] } };
    },
  },
  {
    name: 'nat',
    make(pick) {
      const connections = pick.chance(0.15) ? { connections: 'new' as const } : {};
      const fault = stalls({ stage: 'nat', machine: 'bad', ...connections } as never, pick.timing());
      return { fault, truth: { cause: 'nat', machines: ['node'] } };
    },
  },
  {
    name: 'ipip',
    make: (pick) => ({
      fault: stalls({ stage: 'ipip', machine: 'bad' }, pick.timing()),
      truth: { cause: 'ipip', machines: ['node', 'node-remote'] },
    }),
  },
  {
    name: 'pod',
    make(pick) {
      const machine = pick.of(['bad', 'client'] as const);
      return {
        fault: stalls({ stage: 'pod', machine } as never, pick.timing()),
        truth: { cause: 'pod', machines: [NODES[machine]] },
      };
    },
  },
  {
    name: 'network',
    make(pick) {
      const [from, to, a, b] = pick.of([
        ['shell', 'bad', 'node', 'shell'],
        ['client', 'bad', 'node', 'node-remote'],
        ['shell', 'client', 'node-remote', 'shell'],
        ['client', 'external', 'external', 'node-remote'],
      ] as const);
      const fault = stalls({ stage: 'network', from, to } as never, pick.timing());
      return { fault, truth: { cause: 'network', machines: [a, b] } };
    },
  },
  {
    name: 'last-mile',
    make: (pick) => ({
      fault: stalls({ stage: 'network', to: 'bad' } as never, pick.timing()),
      truth: { cause: 'network', machines: ['node'] },
    }),
  },
  {
    name: 'device',
    make(pick) {
      const machine = pick.of(['bad', 'client'] as const);
      const some = pick.chance(0.4) && pick.queues > 1 ? { queue: pick.between(0, pick.queues - 1) } : {};
      return {
        fault: stalls({ stage: 'device', machine, ...some } as never, pick.timing()),
        truth: { cause: 'device', machines: [NODES[machine]] },
      };
    },
  },
  {
    name: 'ecmp',
    make(pick) {
      const [from, to, a, b] = pick.of([
        ['shell', 'bad', 'node', 'shell'],
        ['client', 'external', 'external', 'node-remote'],
      ] as const);
      return {
        fault: stalls({ stage: 'network', from, to, links: pick.of([2, 3, 4]) } as never, pick.timing()),
        truth: { cause: 'network', machines: [a, b] },
      };
    },
  },
  {
    name: 'lag',
    make: (pick) => ({
      fault: stalls({ stage: 'network', to: 'bad', links: pick.of([2, 4]) } as never, pick.timing()),
      truth: { cause: 'network', machines: ['node'] },
    }),
  },
  {
    name: 'congestion',
    make: (pick) => ({
      fault: {
        kind: 'congestion',
        stage: 'network',
        to: 'bad',
        peak: pick.between(120, 400) * MS,
        when: { period: [3 * SECOND, 5 * SECOND], length: [1 * SECOND, 2 * SECOND] },
      } as FaultInput,
      truth: { cause: 'network', machines: ['node'] },
    }),
  },
  {
    name: 'loss',
    make: (pick) => ({
      fault: {
        kind: 'loss',
        stage: 'network',
        to: 'bad',
        ratio: pick.chance(0.5) ? 1 : 0.3 + 0.7 * pick.unit(),
        when: { period: [600 * MS, 3 * SECOND], length: [60 * MS, 250 * MS] },
      } as FaultInput,
      truth: { cause: 'network', machines: ['node'] },
    }),
  },
  {
    name: 'sender',
    make(pick) {
      const machine = pick.of(['shell', 'shell', 'external'] as const);
      const some = pick.chance(0.4) && pick.queues > 1 ? { queue: pick.between(0, pick.queues - 1) } : {};
      return {
        fault: stalls({ stage: 'sender', machine, ...some } as never, pick.timing()),
        truth: { cause: 'sender', machines: [machine] },
      };
    },
  },
];

/** A scenario in which everything follows from the seed. */
export function randomScenario(seed: number): RandomScenario {
  const first = new Pick(seed * 7_919 + 1, 1);
  const queues = first.of([1, 2, 3, 4, 6, 8, 12, 16]);
  const pick = new Pick(seed * 7_919 + 2, queues);
  const faults: FaultInput[] = [];
  const truths: Truth[] = [];
  const count = pick.chance(0.12) ? 0 : pick.chance(0.12) ? 2 : 1;
  const names: string[] = [];
  while (truths.length < count) {
    const choice = pick.of(FAULTS);
    const { fault, truth } = choice.make(pick);
    const same = truths.some((other) => other.cause === truth.cause || names.includes(choice.name));
    if (!same) {
      names.push(choice.name);
      truths.push({ ...truth, fault: faults.length });
      faults.push(fault);
    }
  }
  faults.push(...noise(pick));
  const clocks: Record<string, { offsetNs: number; skewPpm: number; startsAtNs: number }> = {};
  const stated = pick.between(1, 5) * MS;
  for (const vantage of ['shell', 'client', 'bad', 'external']) {
    const offsetNs = Math.round((2 * pick.unit() - 1) * 0.8 * stated);
    clocks[vantage] = { offsetNs, skewPpm: pick.between(-5, 5), startsAtNs: pick.between(0, 500) * MS };
  }
  const jitterNs = pick.between(5, 300) * US;
  const hash = { tcp: pick.chance(0.03) ? 'addresses' : 'ports', ipip: pick.of(['outer', 'inner'] as const) } as const;
  const several = pick.chance(0.06);
  const described = describe(pick);
  const ways = waysOf(new Pick(seed * 7_919 + 3, queues), several);
  const { secondBackend, spread, directReturn } = ways;
  const hosts = withBackends(described.hosts, ways.said);
  const lie = described.lie ?? ways.lie;
  const scenario = labScenario({
    seed,
    queues,
    faults,
    clocks,
    jitterNs,
    hash,
    secondBackend,
    spread,
    directReturn,
  });
  const paths = choosePaths(pick, hosts);
  const clockUncertaintyNs = Object.fromEntries(Object.keys(clocks).map((vantage) => [vantage, stated]));
  return {
    seed,
    scenario,
    hosts,
    paths,
    truths,
    queues,
    thresholdNs: pick.of([20, 50, 50, 100]) * MS,
    clockUncertaintyNs,
    lie,
    notes: `${names.join('+') || 'none'} queues=${queues} paths=${paths.length}${lie === null ? '' : ` lie=${lie}`}`,
  };
}

/** Single slow probes, random loss, and a machine that pauses now and then. */
function noise(pick: Pick): FaultInput[] {
  const found: FaultInput[] = [];
  if (pick.chance(0.5)) {
    found.push({
      kind: 'spike',
      stage: 'network',
      ratio: 10 ** -(3.5 + 1.5 * pick.unit()),
      length: [20 * MS, 300 * MS],
    } as FaultInput);
  }
  if (pick.chance(0.5)) {
    found.push({ kind: 'loss', stage: 'network', when: 'always', ratio: 10 ** -(2.3 + 2 * pick.unit()) } as FaultInput);
  }
  if (pick.chance(0.2)) {
    const machine = pick.of(['shell', 'client', 'bad'] as const);
    found.push({
      kind: 'pause',
      machine,
      when: { period: [3 * SECOND, 9 * SECOND], length: [20 * MS, 150 * MS] },
    } as FaultInput);
  }
  return found;
}
