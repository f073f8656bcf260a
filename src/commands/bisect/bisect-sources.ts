import type { Engine } from '../../engines/engine.js';
import { failedEngine } from '../../engines/failed-engine.js';
import { createWatcher, type Watcher } from '../../engines/watcher.js';
import { vantageNamed } from '../../hosts/find-vantage.js';
import type { Hosts } from '../../hosts/hosts-file.js';
import { startTracer, type TraceRun } from '../../kernel/tracer.js';
import { SENDING_ENGINES, type SendingEngine } from '../../model/engine-name.js';
import { CodedError } from '../../model/errors.js';
import type { Player } from '../../recording/player.js';
import type { BisectInfo } from '../../recording/recorded-run.js';
import type { Recorder } from '../../recording/recorder.js';
import { type ClockOffset, type RunsAs, SAME_CLOCK, type Transport } from '../../transports/transport.js';
import { transportFor } from '../../transports/transport-for.js';
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

const TICK_MS = 250;
const CLOCK_TRIES = 2;

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
  /** Calls back with the time since the epoch now and then, until the returned function has resolved. */
  ticking(onTick: (nowNs: number) => void): () => Promise<void>;
  /** Lets go of connections, when all helpers have ended. */
  close(): Promise<void>;
}

/** @param recorder where it is to be recorded */
export function liveSources(
  hosts: Hosts,
  epochRealNs: bigint,
  wanted: BisectOptions['engine'],
  recorder?: Recorder,
): BisectSources {
  const began = performance.now();
  const now = (): number => Math.round((performance.now() - began) * 1e6);
  // Prober and watcher of a vantage share its connection.
  const transports = new Map<string, Transport>();
  const transportTo = (name: string): Transport => {
    const known = transports.get(name);
    if (known) return known;
    const transport = transportFor(vantageNamed(name, hosts, 'the hosts file'));
    transports.set(name, transport);
    return transport;
  };
  return {
    epochRealNs,
    recorded: false,
    vantage: async (name) => {
      const transport = transportTo(name);
      const compared = await compareClocks(transport);
      const clock = compared instanceof CodedError ? SAME_CLOCK : compared;
      const runsAs = await transport.runsAs?.().catch(() => undefined);
      const able = vantageEngine(vantageNamed(name, hosts, 'the hosts file'), transport, wanted);
      // Instants of an unknown clock would be taken for those of another moment: such a vantage is out.
      const engine = compared instanceof CodedError ? failedEngine(able.name, compared) : able;
      const stream = recorder?.stream(vantageStream(name), transport.place, clock);
      return {
        engine: stream ? recordedEngine(engine, stream) : engine,
        clock,
        ...(runsAs === undefined ? {} : { runsAs }),
      };
    },
    watcher: (machine, vantage) => {
      const transport = transportTo(vantage);
      return recorder
        ? recordedWatcher(transport, () => recorder.stream(watchStream(machine, vantage), transport.place, SAME_CLOCK))
        : createWatcher(transport);
    },
    tracer: (machine, vantage, minNs) => {
      const transport = transportTo(vantage);
      const plan = { questions: [{ question: 'stall', minNs }] } as const;
      return recorder
        ? recordedTracer(transport, plan, recorder.stream(traceStream(machine), transport.place, SAME_CLOCK))
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
      await Promise.all([...transports.values()].map((transport) => transport.close?.()));
    },
  };
}

/** The offset of the clock of a vantage, or why it is not known; a connection that fails once may come up again. */
async function compareClocks(transport: Transport): Promise<ClockOffset | CodedError> {
  let failure: CodedError | undefined;
  for (let tries = 0; tries < CLOCK_TRIES; tries += 1) {
    try {
      return (await transport.exchangeClock?.()) ?? SAME_CLOCK;
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      failure = error;
    }
  }
  return failure ?? SAME_CLOCK;
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

export function traceStream(machine: string): string {
  return `trace ${machine}`;
}
