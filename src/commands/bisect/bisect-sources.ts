import type { Engine } from '../../engines/engine.js';
import { failedEngine } from '../../engines/failed-engine.js';
import { createWatcher, type Watcher } from '../../engines/watcher.js';
import { vantageNamed } from '../../hosts/find-vantage.js';
import type { Hosts } from '../../hosts/hosts-file.js';
import { startTracer, type TraceRun } from '../../kernel/tracer.js';
import { SENDING_ENGINES, type SendingEngine } from '../../model/engine-name.js';
import { present } from '../../model/present.js';
import type { SyscallsQuestion } from '../../model/syscalls-question.js';
import { tracingPlace } from '../../model/vantage.js';
import type { Player } from '../../recording/player.js';
import type { BisectInfo } from '../../recording/recorded-run.js';
import type { Recorder } from '../../recording/recorder.js';
import { type ClockOffset, type RunsAs, SAME_CLOCK, type Transport } from '../../transports/transport.js';
import { engineOf, vantageEngine } from '../probe/choose-engine.js';
import {
  recordedEngine,
  recordedTracer,
  recordedWatcher,
  replayedEngine,
  replayedTracer,
  replayedWatcher,
} from '../recording/recorded-engine.js';
import type { BisectOptions } from './bisect-options.js';
import type { Connections } from './connections.js';

const TICK_MS = 250;

/** Where a bisection has its events from: helpers at work, or a recording of them. */
export interface BisectSources {
  /** CLOCK_REALTIME that all instants count from. */
  readonly epochRealNs: bigint;
  /** Nothing can be asked for any more: what there is comes, whatever the verdict is by then. */
  readonly recorded: boolean;
  /** The version of the rxray that measured, where that is another. */
  readonly version?: string;
  vantage(name: string): Promise<{
    readonly engine: Engine;
    readonly clock: ClockOffset;
    /** As whom helpers run there, where it is another machine. */
    readonly runsAs?: RunsAs;
  }>;
  /** @param vantage the one that sits on the machine */
  watcher(machine: string, vantage: string): Watcher;
  /** Who keeps packets waiting on the machine, from now on. */
  tracer(machine: string, vantage: string, minNs: number): TraceRun;
  /** Which system calls a server sits in, from now on. */
  serverTracer(server: TracedServer, question: SyscallsQuestion): TraceRun;
  /** Calls back with the time since the epoch now and then, until the returned function has resolved. */
  ticking(onTick: (nowNs: number) => void): () => Promise<void>;
  /** Lets go of connections, when all helpers have ended. */
  close(): Promise<void>;
}

/** A server whose calls are asked for. */
export interface TracedServer {
  readonly machine: string;
  readonly vantage: string;
  readonly port: number;
}

export interface LiveSettings {
  /** Of the vantages on this machine. */
  readonly engine: BisectOptions['engine'];
  /** Where it is to be recorded. */
  readonly recorder: Recorder | undefined;
  readonly connections: Connections;
  /** Machines that have not answered are given up when the run is to stop. */
  readonly stop: AbortSignal;
  /** Vantages that send requests beside packets. */
  readonly asking?: ReadonlySet<string>;
}

export function liveSources(hosts: Hosts, epochRealNs: bigint, settings: LiveSettings): BisectSources {
  const { recorder, connections, stop } = settings;
  const began = performance.now();
  const now = (): number => Math.round((performance.now() - began) * 1e6);
  const tracerTo = (name: string): Transport => {
    const vantage = vantageNamed(name, hosts, 'the hosts file');
    const place = tracingPlace(vantage);
    return place === vantage ? connections.to(name) : connections.to(name, traceStream(name), place);
  };
  const giveUp = (): void => connections.giveUp();
  stop.addEventListener('abort', giveUp);
  return {
    epochRealNs,
    recorded: false,
    vantage: async (name) => {
      const transport = connections.to(name);
      const { failure, clock = SAME_CLOCK } = await connections.reach(name);
      const runsAs = failure === undefined ? await transport.runsAs?.().catch(() => undefined) : undefined;
      const able = vantageEngine(
        vantageNamed(name, hosts, 'the hosts file'),
        transport,
        settings.engine,
        settings.asking?.has(name),
      );
      // Instants of an unknown clock would be taken for those of another moment: such a vantage is out.
      const engine = failure === undefined ? able : failedEngine(able.name, failure);
      const stream = recorder?.stream(vantageStream(name), transport.place, clock);
      return {
        engine: stream ? recordedEngine(engine, stream) : engine,
        clock,
        ...present({ runsAs }),
      };
    },
    watcher: (machine, vantage) => {
      const transport = connections.to(vantage);
      return recorder
        ? recordedWatcher(transport, () => recorder.stream(watchStream(machine, vantage), transport.place, SAME_CLOCK))
        : createWatcher(transport);
    },
    tracer: (machine, vantage, minNs) => {
      const transport = tracerTo(vantage);
      const plan = { questions: [{ question: 'stall', minNs }] } as const;
      return recorder
        ? recordedTracer(transport, plan, recorder.stream(traceStream(machine), transport.place, SAME_CLOCK))
        : startTracer(transport, plan);
    },
    serverTracer: (server, question) => {
      const transport = tracerTo(server.vantage);
      const plan = { questions: [question] };
      return recorder
        ? recordedTracer(transport, plan, recorder.stream(callsStream(server), transport.place, SAME_CLOCK))
        : startTracer(transport, plan);
    },
    ticking: (onTick) => {
      let ticking: Promise<void> | undefined;
      const timer = setInterval(() => {
        if (!recorder) onTick(now());
        else
          ticking ??= recorder.tick(now, onTick).finally(() => {
            ticking = undefined;
          });
      }, TICK_MS);
      return async () => {
        clearInterval(timer);
        await ticking;
      };
    },
    close: async () => {
      stop.removeEventListener('abort', giveUp);
      await connections.close();
    },
  };
}

export function recordedSources(player: Player, info: BisectInfo): BisectSources {
  const { epochRealNs, version } = info;
  return {
    epochRealNs: BigInt(epochRealNs),
    recorded: true,
    version,
    vantage: async (name) => ({
      engine: replayedEngine(player, vantageStream(name), recordedEngineName(info, name)),
      clock: player.clock(vantageStream(name)),
    }),
    watcher: (machine, vantage) => replayedWatcher(player, watchStream(machine, vantage)),
    tracer: (machine) => replayedTracer(player, traceStream(machine)),
    serverTracer: (server) => replayedTracer(player, callsStream(server)),
    ticking: (onTick) => {
      player.onTick(onTick);
      let playing: Promise<void> | undefined;
      // Readers are there by then: they begin to read in the same turn of the event loop.
      setImmediate(() => {
        playing = player.play();
        playing.catch(() => {});
      });
      return async () => playing;
    },
    close: async () => {},
  };
}

/** The engine that a vantage was probed from with. */
export function recordedEngineName({ hosts, options }: BisectInfo, vantage: string): SendingEngine {
  const asked = SENDING_ENGINES.find((name) => name === options.engine);
  const { vantages = {} } = hosts as { readonly vantages?: Hosts['vantages'] };
  return engineOf(vantages[vantage], asked);
}

export function vantageStream(name: string): string {
  return `vantage ${name}`;
}

function watchStream(machine: string, vantage: string): string {
  return `watch ${machine} by ${vantage}`;
}

function callsStream({ machine, port }: TracedServer): string {
  return `calls ${machine} port ${port}`;
}

export function traceStream(machine: string): string {
  return `trace ${machine}`;
}
