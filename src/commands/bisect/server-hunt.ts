import type { MachineAccount } from '../../bisect/evidence/machine-account.js';
import { Outcomes, type SampleColumns } from '../../model/sample.js';
import type { Verdict } from '../../model/verdict.js';
import type { BisectHosts } from './bisect-hosts.js';
import type { BisectSources } from './bisect-sources.js';
import { ServerCalls, serverQuestion } from './server-calls.js';
import { type WatchedServer, watchedServers } from './server-watch.js';

/** So many slow requests are no accident. */
const SUSPECTED_AFTER = 2;

export interface ServerHuntOptions {
  readonly about: BisectHosts;
  readonly sources: BisectSources;
  readonly thresholdNs: number;
  readonly clockOffsetNs: (vantage: string) => number;
  readonly note: (message: string) => void;
  readonly tell: (message: string) => void;
}

interface Suspect extends WatchedServer {
  /** Paths that ask it. */
  readonly paths: ReadonlySet<number>;
  /** Of its processes, once they are known. */
  processes: readonly number[];
  slow: number;
  calls: ServerCalls | undefined;
}

/** Finds out which system calls a server sits in while requests to it wait, where a vantage is on its machine. */
export class ServerHunt {
  readonly #suspects: readonly Suspect[];
  readonly #ended: Promise<void>[] = [];

  constructor(private readonly options: ServerHuntOptions) {
    const { paths, hosts } = options.about;
    const asked = new Set(paths.flatMap(({ measured }) => (measured.protocol === 'http' ? [measured.target] : [])));
    this.#suspects = watchedServers(hosts, asked).map((server) => ({
      ...server,
      paths: new Set(
        paths.flatMap(({ measured }, index) =>
          measured.protocol === 'http' && measured.target === server.target ? [index] : [],
        ),
      ),
      processes: [],
      slow: 0,
      calls: undefined,
    }));
  }

  account({ machine, port, server }: MachineAccount): void {
    if (server === undefined) return;
    for (const suspect of this.#suspects)
      if (suspect.machine === machine && suspect.port === port)
        suspect.processes = [server.process, ...(server.workers ?? [])];
  }

  /** @param samples their paths numbered among all, on the time line of the run */
  samples(samples: SampleColumns): void {
    if (this.#suspects.length === 0) return;
    for (let i = 0; i < samples.length; i += 1) {
      const outcome = samples.outcome[i];
      const rttNs = samples.rttNs[i] ?? 0;
      if ((outcome !== Outcomes.reply && outcome !== Outcomes.late) || rttNs < this.options.thresholdNs) continue;
      const sentNs = samples.sentNs[i] ?? 0;
      for (const suspect of this.#suspects) {
        if (!suspect.paths.has(samples.path[i] ?? -1)) continue;
        suspect.slow += 1;
        suspect.calls?.request({ sentNs, endNs: sentNs + rttNs });
      }
    }
  }

  /** Begins to trace the servers that keep requests waiting. */
  consider(): void {
    for (const suspect of this.#suspects)
      if (suspect.calls === undefined && suspect.slow >= SUSPECTED_AFTER && suspect.processes.length > 0)
        this.#trace(suspect);
  }

  /** For a recording: whatever was traced is in it. */
  all(): void {
    for (const suspect of this.#suspects) this.#trace(suspect);
  }

  /** Whether more time would not tell more of the servers that are traced. */
  satisfied(nowNs: number): boolean {
    return this.#suspects.every(({ calls }) => calls === undefined || calls.satisfied(nowNs));
  }

  stop(): void {
    for (const { calls } of this.#suspects) calls?.stop();
  }

  async ended(): Promise<void> {
    await Promise.all(this.#ended);
  }

  /** The verdict with the calls, where it blames a server that was traced, alone or with others. */
  joined(verdict: Verdict): Verdict {
    const blamed = [verdict.cause, ...verdict.indistinguishable].some((cause) => cause.split('+').includes('server'));
    const places = verdict.where === null ? [] : [verdict.where].flat();
    const sat = blamed
      ? this.#suspects.flatMap(({ calls, machine }) => (places.includes(machine) ? (calls?.sat() ?? []) : []))
      : [];
    return sat.length === 0 ? verdict : { ...verdict, satIn: sat };
  }

  #trace(suspect: Suspect): void {
    const { sources, thresholdNs, clockOffsetNs, note, tell } = this.options;
    const { machine, vantage, port, processes } = suspect;
    const run = sources.serverTracer(suspect, serverQuestion(processes, thresholdNs));
    const calls = new ServerCalls(machine, sources.epochRealNs, clockOffsetNs(vantage), run);
    suspect.calls = calls;
    if (!sources.recorded) tell(`tracing the server at port ${port} of ${machine}: which system calls it sits in`);
    this.#ended.push(
      calls.follow().then((why) => {
        if (why !== undefined && !sources.recorded) note(`the server on ${machine} could not be traced: ${why}`);
      }),
    );
  }
}
