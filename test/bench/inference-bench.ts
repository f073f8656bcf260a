import type { Inference } from '../../src/bisect/inference.js';
import { makeScenario } from '../../src/engines/sim-engine.js';
import { type Hosts, parseHosts } from '../../src/hosts/hosts-file.js';
import { measuredPaths } from '../../src/hosts/measured-paths.js';
import { MS, SECOND } from '../../src/model/time.js';
import { bisectScenario } from '../bisect/sim-cluster.js';

/** What the inference cost in one run. */
export interface InferenceCost {
  readonly paths: number;
  readonly incidents: number;
  readonly verdict: string;
  /** Processor time of the whole run, in seconds: samples, incidents, and what it was asked. */
  readonly cpuS: number;
  /** Of it, what the samples took. */
  readonly samplesS: number;
  readonly verdictS: number;
}

const DURATION_NS = 60 * SECOND;
/** As often as `bisect` asks. */
const STEP_NS = 250 * MS;
const TARGETS = 10;

/** One receive queue of a machine stalls five times a second, as seen by a mesh of machines over so many paths. */
export function benchInference(paths: number): InferenceCost {
  const machines = Array.from({ length: TARGETS }, (_, i) => ({ name: `m${i}`, address: `172.16.1.${i + 1}` }));
  const { hosts, chosen } = mesh(machines, paths);
  const scenario = makeScenario({
    seed: 1,
    network: { latency: 150_000, jitter: { median: 20_000, sigma: 0.6 } },
    machines: Object.fromEntries(machines.map(({ name, address }) => [name, { address, queues: 4 }])),
    vantages: Object.fromEntries(machines.map(({ name }) => [`v-${name}`, { machine: name }])),
    faults: [
      {
        kind: 'stall',
        stage: 'rx-queue',
        machine: 'm1',
        when: { period: [180 * MS, 220 * MS], length: [40 * MS, 70 * MS] },
      },
    ],
  });
  const spent = { all: 0, samples: 0, verdict: 0 };
  const run = bisectScenario({
    scenario,
    hosts,
    paths: chosen,
    thresholdNs: 20 * MS,
    durationNs: DURATION_NS,
    stepNs: STEP_NS,
    around: (inference) => measured(inference, spent),
  });
  return {
    paths: chosen.length,
    incidents: run.verdict.incidents,
    verdict: `${run.verdict.cause} at ${String(run.verdict.where)} ${run.verdict.probability.toFixed(2)}`,
    cpuS: spent.all,
    samplesS: spent.samples,
    verdictS: spent.verdict,
  };
}

function mesh(machines: readonly { readonly name: string; readonly address: string }[], count: number) {
  const pairs = machines.flatMap((from, i) =>
    // Neighbours first, so that a few paths still meet in a few machines.
    machines.flatMap((to, j) => (from === to ? [] : [{ from: from.name, to: to.name, far: Math.max(i, j) }])),
  );
  pairs.sort((a, b) => a.far - b.far);
  const wanted = pairs.slice(0, count / 2).flatMap((pair) => [
    { from: `v-${pair.from}`, to: pair.to, probe: 'icmp' },
    { from: `v-${pair.from}`, to: pair.to, probe: 'syn' },
  ]);
  const lines = [
    'vantages:',
    ...machines.map(({ name }) => `  v-${name}: { transport: netns, name: ${name} }`),
    'targets:',
    ...machines.map(({ name, address }) => `  ${name}: { kind: node, address: ${address}, vantage: v-${name} }`),
    'paths:',
    ...wanted.map(({ from, to, probe }) => `  - { from: ${from}, to: ${to}, probe: ${probe} }`),
  ];
  const hosts: Hosts = parseHosts(lines.join('\n'), 'mesh');
  return { hosts, chosen: measuredPaths(hosts) };
}

function measured(inference: Inference, spent: { all: number; samples: number; verdict: number }): Inference {
  const timed = <T>(part: 'samples' | 'verdict' | null, work: () => T): T => {
    const from = process.cpuUsage();
    const result = work();
    const { user, system } = process.cpuUsage(from);
    spent.all += (user + system) / 1e6;
    if (part !== null) spent[part] += (user + system) / 1e6;
    return result;
  };
  return {
    ...inference,
    samples: (samples, index) => timed('samples', () => inference.samples(samples, index)),
    finding: (finding) => timed(null, () => inference.finding(finding)),
    advance: (nowNs) =>
      timed(null, () => {
        const closed = inference.advance(nowNs);
        inference.settled(nowNs);
        return closed;
      }),
    finish: (nowNs) => timed(null, () => inference.finish(nowNs)),
    verdict: (nowNs, about) => timed('verdict', () => inference.verdict(nowNs, about)),
  };
}
