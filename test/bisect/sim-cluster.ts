import { createInference, type Inference, type InferenceOptions } from '../../src/bisect/inference.js';
import { measured } from '../../src/commands/run/measured-run.js';
import { Measurement } from '../../src/commands/run/measurement.js';
import { startOf } from '../../src/engines/sim/run/hello.js';
import { SimRun } from '../../src/engines/sim/run/sim-run.js';
import type { Scenario, Vantage } from '../../src/engines/sim/scenario/scenario.js';
import type { Injection } from '../../src/engines/sim-engine.js';
import { makeScenario, type ScenarioInput } from '../../src/engines/sim-engine.js';
import { type Hosts, parseHosts } from '../../src/hosts/hosts-file.js';
import { type HostsPath, measuredPaths } from '../../src/hosts/measured-paths.js';
import { hostsFile } from '../../src/lab/hosts-file.js';
import type { EngineEvent } from '../../src/model/engine-event.js';
import type { Finding } from '../../src/model/finding.js';
import type { Overlay } from '../../src/model/overlay.js';
import { DEFAULT_MATCH_NS, DEFAULT_WAIT_NS, type ProbePlan } from '../../src/model/plan.js';
import type { SampleColumns } from '../../src/model/sample.js';
import { MS, SECOND } from '../../src/model/time.js';
import type { Incident, Verdict } from '../../src/model/verdict.js';

export type FaultInput = NonNullable<ScenarioInput['faults']>[number];

/** The hosts.yaml of the lab: vantages shell, client, bad and external; targets node (on bad), node-remote (on client) … */
export const LAB_HOSTS: Hosts = parseHosts(hostsFile('test'), 'hosts.yaml');

export interface ClusterOptions {
  readonly seed?: number;
  readonly faults?: readonly FaultInput[];
  /** Receive queues of all machines. */
  readonly queues?: number;
  readonly hash?: {
    readonly tcp?: 'ports' | 'addresses';
    readonly udp?: 'ports' | 'addresses';
    readonly ipip?: 'outer' | 'inner';
  };
  readonly jitterNs?: number;
  /** Offset of a vantage's clock that the alignment did not find, and how far its run starts after the others. */
  readonly clocks?: Readonly<Record<string, { offsetNs?: number; skewPpm?: number; startsAtNs?: number }>>;
  readonly overlay?: Overlay;
  /** Pods behind NodePort 30927 beside the one on bad. */
  readonly secondBackend?: boolean;
  /** By what NodePort 30927 chooses its pod. */
  readonly spread?: 'flow' | 'random';
  /** The pod on client answers NodePort 30928 past bad. */
  readonly directReturn?: boolean;
}

/** The lab as a scenario: NodePort 30927 of bad leads to its own pod, 30928 through the tunnel to the pod on client. */
export function labScenario(options: ClusterOptions = {}): Scenario {
  const { seed = 1, faults = [], queues = 4, hash = {}, jitterNs = 20_000, clocks = {}, overlay = 'ipip' } = options;
  const { spread = 'flow', directReturn = false } = options;
  const pod = { ports: { 8080: 'open' as const }, overlay };
  const vantage = (machine: string, overlay: boolean) => {
    const { offsetNs = 0, skewPpm = 0, startsAtNs = 0 } = clocks[machine] ?? {};
    return {
      machine,
      overlay,
      startsAt: startsAtNs,
      sendError: { median: 15_000, sigma: 0.5 },
      clock: { offsetNs, skewPpm },
    };
  };
  const machine = { queues, hash };
  return makeScenario({
    seed,
    network: { latency: 150_000, jitter: { median: jitterNs, sigma: 0.6 }, routers: 1 },
    machines: {
      shell: { address: '172.16.99.10', ...machine },
      client: {
        address: '172.16.53.32',
        ...machine,
        pods: { api: { address: '10.125.21.64', ...pod } },
      },
      bad: {
        address: '172.16.47.27',
        ...machine,
        pods: { web: { address: '10.125.20.64', ...pod } },
        nodePorts: {
          30927: { pods: options.secondBackend ? ['web', 'api'] : ['web'], port: 8080, spread },
          30928: { pods: ['api'], port: 8080, directReturn },
        },
      },
      external: { address: '172.16.33.44', ...machine },
    },
    vantages: {
      shell: vantage('shell', false),
      client: vantage('client', true),
      bad: vantage('bad', true),
      external: vantage('external', false),
    },
    faults: [...faults],
  });
}

/** Stalls at random: every 0.4 to 3 s, 60 to 200 ms long unless said otherwise. */
export function stalls(place: Partial<FaultInput> & { stage: string }, timing: object = {}): FaultInput {
  return {
    kind: 'stall',
    when: { period: [400 * MS, 3 * SECOND], length: [60 * MS, 200 * MS], ...timing },
    ...place,
  } as FaultInput;
}

export interface BisectionOptions {
  readonly scenario: Scenario;
  readonly hosts?: Hosts;
  /** Which of the paths of the hosts file; all of them by default. */
  readonly only?: (path: HostsPath) => boolean;
  readonly paths?: readonly HostsPath[];
  readonly thresholdNs?: number;
  readonly durationNs?: number;
  readonly clockUncertaintyNs?: Readonly<Record<string, number>>;
  readonly heartbeats?: readonly string[];
  readonly receivers?: NonNullable<InferenceOptions['receivers']>;
  /** Whether the run ends when the inference says so; asked every 5 s. */
  readonly untilSettled?: boolean;
  /** Called once a second, to bring in evidence of helpers. */
  readonly beside?: (inference: Inference, nowNs: number) => void;
  /** Stands in for the inference, to measure it. */
  readonly around?: (inference: Inference) => Inference;
  /** Between two looks at the vantages. Default 1 s. */
  readonly stepNs?: number;
}

export interface Bisection {
  readonly verdict: Verdict;
  readonly incidents: readonly Incident[];
  readonly inference: Inference;
  readonly endNs: number;
  readonly settled: boolean;
  /** What the scenario did to the paths of each vantage. */
  readonly truth: readonly Injection[];
}

/** Runs all vantages on one scenario as `bisect` does, in virtual time. */
export function bisectScenario(options: BisectionOptions): Bisection {
  const { scenario, thresholdNs = 50 * MS, durationNs = 60 * SECOND } = options;
  const paths = options.paths ?? measuredPaths(options.hosts ?? LAB_HOSTS).filter(options.only ?? (() => true));
  const measured = paths.map((path) => path.measured);
  const { clockUncertaintyNs = {}, heartbeats = [], receivers = {} } = options;
  const { around = (own) => own, stepNs = SECOND } = options;
  const inference = around(createInference(measured, { thresholdNs, clockUncertaintyNs, heartbeats, receivers }));
  const names = [...new Set(measured.map(({ vantage }) => vantage))];
  const runs = names.map((name) => new SimulatedVantage(name, paths, { scenario, thresholdNs, durationNs, inference }));
  const incidents: Incident[] = [];
  let settled = false;
  let nowNs = 0;
  for (let step = 1; nowNs < durationNs && !settled; step += 1) {
    nowNs = step * stepNs;
    for (const run of runs) run.advance(nowNs);
    options.beside?.(inference, nowNs);
    incidents.push(...inference.advance(nowNs - SECOND));
    if (step % 5 === 0) {
      const decision = inference.settled(nowNs);
      settled = options.untilSettled === true && decision.settled;
    }
  }
  for (const run of runs) run.finish();
  incidents.push(...inference.finish(nowNs));
  const summaries = runs.flatMap((run) => run.measurement.result().summaries);
  const verdict = inference.verdict(nowNs, { summaries, excluded: [], notes: [] });
  return { verdict, incidents, inference, endNs: nowNs, settled, truth: runs.flatMap((run) => run.truth) };
}

interface SimulatedRun {
  readonly scenario: Scenario;
  readonly thresholdNs: number;
  readonly durationNs: number;
  readonly inference: Inference;
}

/** One vantage: its prober, its detectors, and its instants brought to the common time line. */
class SimulatedVantage {
  readonly measurement: Measurement;
  readonly #sim: SimRun;
  readonly #events: Iterator<EngineEvent>;
  readonly #pathIndex: readonly number[];
  #shiftNs = 0;
  #nowNs = 0;
  #ended = false;

  constructor(
    name: string,
    paths: readonly HostsPath[],
    private readonly run: SimulatedRun,
  ) {
    const own = paths.flatMap((path, index) => (path.measured.vantage === name ? [{ path, index }] : []));
    this.#pathIndex = own.map(({ index }) => index);
    const plan: ProbePlan = {
      paths: own.map(({ path }) => path.planned),
      count: 0,
      durationNs: run.durationNs,
      waitNs: DEFAULT_WAIT_NS,
      matchNs: DEFAULT_MATCH_NS,
      timestamps: 'auto',
      cpu: 'auto',
      scheduling: 'auto',
      maxPacketsPerSecondToTarget: 1_000_000,
    };
    const about = { command: 'bisect', engine: 'sim', thresholdNs: run.thresholdNs, options: {} } as const;
    this.measurement = new Measurement(plan, about);
    this.#sim = new SimRun(run.scenario, plan, { vantage: name, remember: true });
    this.#events = this.#sim.events();
  }

  /** Reads events up to an instant of the common time line. */
  advance(nowNs: number): void {
    while (!this.#ended && this.#nowNs + this.#shiftNs < nowNs) {
      const { value, done } = this.#events.next();
      if (done === true) this.#ended = true;
      else this.#take(value);
    }
  }

  /** What was done to the paths of this vantage, by name. */
  get truth(): Injection[] {
    return this.#sim.injections();
  }

  finish(): void {
    if (!this.#ended) this.#tell(this.measurement.finish());
  }

  #take(event: EngineEvent): void {
    const { findings } = measured(this.measurement, event);
    // The clock of the vantage says when its run began; its error is what the alignment left over.
    if (event.kind === 'start') this.#shiftNs = Number(event.epochRealNs - BASE_REAL_NS);
    if (event.kind === 'samples') this.run.inference.samples(shifted(event.samples, this.#shiftNs), this.#pathIndex);
    if (event.kind === 'counters') this.#nowNs = event.counters.timeNs;
    if (event.kind === 'end') {
      this.#nowNs = event.timeNs;
      this.#ended = true;
    }
    this.#tell(findings);
  }

  #tell(findings: readonly Finding[]): void {
    for (const finding of findings) {
      this.run.inference.finding({
        ...finding,
        startMin: finding.startMin + this.#shiftNs,
        startMax: finding.startMax + this.#shiftNs,
        release: finding.release + this.#shiftNs,
      });
    }
  }
}

/** What an exact clock read at the start of every scenario. */
const BASE_REAL_NS = epochOf({ startsAtNs: 0, clock: { offsetNs: 0 } } as Vantage);

function epochOf(vantage: Vantage): bigint {
  const start = startOf({ seed: 1 } as Scenario, '', vantage);
  return start.kind === 'start' ? start.epochRealNs : 0n;
}

function shifted(samples: SampleColumns, byNs: number): SampleColumns {
  if (byNs === 0) return samples;
  const sentNs = samples.sentNs.slice(0, samples.length);
  for (let i = 0; i < samples.length; i += 1) sentNs[i] = (sentNs[i] as number) + byNs;
  return { ...samples, sentNs };
}
