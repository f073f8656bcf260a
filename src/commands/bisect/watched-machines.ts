import type { LocalEvidence } from '../../bisect/evidence/local-evidence.js';
import type { MachineAccount } from '../../bisect/evidence/machine-account.js';
import type { Receiver } from '../../bisect/paths/queue-prediction.js';
import type { Stall } from '../../model/finding.js';
import type { SampleColumns } from '../../model/sample.js';
import type { AwaitedInference, LearntMachines } from './awaited-inference.js';
import type { BisectHosts } from './bisect-hosts.js';
import type { BisectSources } from './bisect-sources.js';
import { type BisectWatchesOptions, machineWatches } from './bisect-watches.js';
import type { MachineWatch } from './machine-watch.js';
import { followServer, watchedServers } from './server-watch.js';
import type { VantageRun } from './vantage-run.js';

export interface WatchedMachinesOptions {
  readonly about: BisectHosts;
  readonly sources: BisectSources;
  readonly inference: AwaitedInference;
  /** What the user should know of the verdict. */
  readonly note: (message: string) => void;
  /** Told what is counted of each server. */
  readonly account: (account: MachineAccount) => void;
  /** What the user should know at once. */
  readonly tell: (message: string) => void;
}

/** What is seen from within, of the machines and of the servers on them, where vantages sit there. */
export class WatchedMachines {
  #watches: readonly MachineWatch[] = [];
  readonly #ended: Promise<void>[] = [];
  readonly #serversStop = new AbortController();

  constructor(private readonly options: WatchedMachinesOptions) {}

  /** What the kernels of the servers' machines count of them. */
  followServers(): void {
    const { about, sources, inference, note } = this.options;
    const asked = new Set(
      about.paths.flatMap(({ measured }) => (measured.protocol === 'http' ? [measured.target] : [])),
    );
    for (const server of watchedServers(about.hosts, asked)) {
      const nowNs = (): number => Number(BigInt(Date.now()) * 1_000_000n - sources.epochRealNs);
      const ended = followServer(
        server,
        about.hosts,
        this.#serversStop.signal,
        (account) => {
          inference.tell((told) => told.account(account));
          this.options.account(account);
        },
        nowNs,
      );
      this.#ended.push(
        ended.then((why) => {
          if (why !== undefined) note(`${server.machine}: nothing is known of its server: ${why}`);
        }),
      );
    }
  }

  /** Resolves, once all that can be watched are, to which machines they are and how they receive. */
  async watch(plan: Pick<BisectWatchesOptions, 'vantages' | 'secret' | 'durationNs' | 'cpu'>): Promise<LearntMachines> {
    const { about, sources } = this.options;
    this.#watches = machineWatches({
      ...plan,
      hosts: about.hosts,
      paths: about.paths,
      epochRealNs: sources.epochRealNs,
      watcher: (machine, vantage) => sources.watcher(machine, vantage),
    });
    const watched = (await Promise.all(this.#watches.map((watch) => this.#follow(watch)))).flat();
    return {
      heartbeats: watched.map(({ machine }) => machine),
      receivers: Object.fromEntries(
        watched.flatMap(({ machine, receiver }) => (receiver ? [[machine, receiver]] : [])),
      ),
    };
  }

  samples(vantage: VantageRun, samples: SampleColumns): void {
    for (const watch of this.#watches) watch.samples(vantage, samples);
  }

  /** What receivers saw of the probes that a stall held. */
  explain(vantage: VantageRun, stall: Stall): LocalEvidence[] {
    return this.#watches.flatMap((watch) => watch.explain(vantage, stall));
  }

  stop(): void {
    for (const watch of this.#watches) watch.stop();
    this.#serversStop.abort();
  }

  async ended(): Promise<void> {
    await Promise.all(this.#ended);
  }

  /** Resolves to the machine once it is watched, or to nothing when it cannot be. */
  #follow(watch: MachineWatch): Promise<readonly { machine: string; receiver: Receiver | undefined }[]> {
    const { inference, note, tell } = this.options;
    return new Promise((resolve) => {
      const ended = watch.follow(
        (receiver) => resolve([{ machine: watch.machine, receiver }]),
        (evidence) => inference.tell((told) => told.local(evidence)),
      );
      this.#ended.push(
        ended.then((why) => {
          resolve([]);
          if (why === undefined) return;
          note(`${watch.machine} could not be watched from within: ${why}`);
          tell(`${watch.machine} is not watched: ${why}`);
        }),
      );
    });
  }
}
