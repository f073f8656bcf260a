import { flowNumber } from '../../bisect/evidence/flow-sightings.js';
import type { LocalEvidence } from '../../bisect/evidence/local-evidence.js';
import { ReceiverView } from '../../bisect/evidence/receiver-view.js';
import type { Receiver } from '../../bisect/paths/queue-prediction.js';
import type { HashedPacket } from '../../bisect/paths/toeplitz.js';
import type { ProbeRun } from '../../engines/engine.js';
import type { Watcher } from '../../engines/watcher.js';
import type { EngineEvent } from '../../model/engine-event.js';
import { CodedError } from '../../model/errors.js';
import type { Stall } from '../../model/finding.js';
import type { SampleColumns } from '../../model/sample.js';
import { type Watch, watchesOf } from '../../model/watch.js';
import { rebase } from '../run/rebase.js';
import type { VantageRun } from './vantage-run.js';

export interface MachineWatchOptions {
  /** Name of the machine in stages and verdicts. */
  readonly machine: string;
  readonly watcher: Watcher;
  /** The interface that probes come in by. */
  readonly interface: string;
  /** Shared with the probers, whose keys the watcher checks. */
  readonly secret: string;
  readonly durationNs: number;
  readonly cpu: 'auto' | 'none' | number;
  readonly epochRealNs: bigint;
  readonly clockOffsetNs: number;
}

/** What a path looks like where it arrives. */
export interface WatchedPath {
  readonly vantage: VantageRun;
  /** Number among the vantage's own paths. */
  readonly own: number;
  /** Number among all paths of the run. */
  readonly number: number;
  readonly name: string;
  readonly tunnelled: boolean;
}

/**
 * The receiver's view on one machine: which probes came in and which replies went out, when, and what its CPUs and
 * receiving threads did meanwhile. Without it the rest goes on, and knows less.
 */
export class MachineWatch {
  readonly #run: ProbeRun;
  /** One for each vantage, as clocks are aligned by pairs of machines. */
  readonly #views = new Map<VantageRun, ReceiverView>();

  constructor(
    private readonly options: MachineWatchOptions,
    private readonly paths: readonly WatchedPath[],
  ) {
    const names: string[] = [];
    for (const path of paths) names[path.number] = path.name;
    for (const { vantage } of paths) {
      if (!this.#views.has(vantage)) this.#views.set(vantage, new ReceiverView(options.machine, names));
    }
    this.#run = options.watcher.watch({
      secret: options.secret,
      watches: paths.flatMap((path) => this.#watch(path)),
      local: [options.interface],
      durationNs: options.durationNs,
      cpu: options.cpu,
    });
  }

  get machine(): string {
    return this.options.machine;
  }

  stop(): void {
    this.#run.stop();
  }

  /** Samples of a vantage, `path` numbered among all paths. */
  samples(vantage: VantageRun, samples: SampleColumns): void {
    this.#views.get(vantage)?.takeSamples(samples);
  }

  /** What the receiver saw of a stall that a vantage found. */
  explain(vantage: VantageRun, stall: Stall): LocalEvidence[] {
    return this.#views.get(vantage)?.explain(stall) ?? [];
  }

  /**
   * Reads the watcher to its end, handing on local evidence.
   *
   * @param onStart told how the machine receives and what comes in there, where it says so
   * @returns why it could not watch, or undefined when it could
   */
  async follow(
    onStart: (receiver: Receiver | undefined) => void,
    onEvidence: (evidence: LocalEvidence) => void,
  ): Promise<string | undefined> {
    let shiftNs = 0;
    try {
      for await (const raw of this.#run.events) {
        if (raw.kind === 'start')
          shiftNs = Number(raw.epochRealNs - this.options.epochRealNs) - this.options.clockOffsetNs;
        const event = rebase(raw, shiftNs);
        if (event.kind === 'hello') {
          const [side] = event.hello.receivers ?? [];
          onStart(side && { side, packets: new Map(this.paths.flatMap(arrivingFlows)) });
        }
        this.#take(event, onEvidence);
      }
      return undefined;
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      return error.message;
    }
  }

  #take(event: EngineEvent, onEvidence: (evidence: LocalEvidence) => void): void {
    if (event.kind === 'arrivals') {
      for (const view of this.#views.values()) view.takeArrivals(event.arrivals);
      return;
    }
    for (const view of this.#views.values()) {
      const evidence = view.localEvidence(event);
      if (evidence) {
        // One view is enough: all of them put it on the same time line.
        onEvidence(evidence);
        return;
      }
    }
  }

  #watch(path: WatchedPath): Watch[] {
    const { hello, plan } = path.vantage;
    if (!hello) return [];
    const where = { interface: this.options.interface, ...(path.tunnelled ? { tunnel: true } : {}) };
    return watchesOf(plan, hello, where, (own) => own === path.own).map((watch) => ({ ...watch, as: path.number }));
  }
}

/** The pinned flows of a path as the machine gets them; inside a tunnel the card may see other addresses. */
function arrivingFlows({ vantage, own, number, tunnelled }: WatchedPath): [number, HashedPacket][] {
  const planned = vantage.plan.paths[own];
  const source = vantage.hello?.paths[own];
  if (tunnelled || !planned || !source?.sourcePorts || planned.port === undefined) return [];
  const { address: to, port } = planned;
  const [first, last] = source.sourcePorts;
  const ports = source.ports ?? Array.from({ length: last - first + 1 }, (_, flow) => first + flow);
  return ports.map((from, flow) => [flowNumber(number, flow), { from: source.source, to, ports: { from, to: port } }]);
}
