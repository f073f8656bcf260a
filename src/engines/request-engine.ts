import { nodeProgram } from '../installation/node-program.js';
import type { EndReason } from '../model/end-reason.js';
import type { Counters, EngineEvent, ProberHello } from '../model/engine-event.js';
import type { ProbePlan } from '../model/plan.js';
import { isRequest } from '../model/protocol.js';
import type { SampleColumns } from '../model/sample.js';
import type { Transport } from '../transports/transport.js';
import type { Engine, ProbeRun } from './engine.js';
import { createHelperEngine } from './helper-engine.js';
import { MergedEvents } from './merged-events.js';

/** The prober that sends requests: a program for Node.js. */
export const REQUEST_PROGRAM = nodeProgram('request', import.meta.url);
export { stampWords } from './request/helper-beside.js';

/**
 * Sends the requests of a plan, and its packets beside them on the same grid and the same time line.
 *
 * @param transport starts {@link REQUEST_PROGRAM}
 * @param packets probes the other paths; without it a plan may have none
 */
export function createRequestEngine(transport: Transport, packets?: Engine): Engine {
  const requests = createHelperEngine(transport);
  return {
    name: 'request',
    start: (plan) => {
      const asked = indexesOf(plan, true);
      const probed = indexesOf(plan, false);
      if (probed.length === 0 || packets === undefined) return requests.start(plan);
      if (asked.length === 0) return packets.start(plan);
      return new RunBeside(plan, { requests, asked, packets, probed });
    },
  };
}

function indexesOf(plan: ProbePlan, requests: boolean): number[] {
  return plan.paths.flatMap(({ protocol }, index) => (isRequest(protocol) === requests ? [index] : []));
}

interface Parts {
  readonly requests: Engine;
  /** Which paths of the plan are requests, and which packets. */
  readonly asked: readonly number[];
  readonly packets: Engine;
  readonly probed: readonly number[];
}

/** Two probers as one run: the packets begin, and the requests join their grid. */
class RunBeside implements ProbeRun {
  readonly events: AsyncIterable<EngineEvent>;
  readonly #runs: ProbeRun[] = [];
  #stopped = false;

  constructor(
    private readonly plan: ProbePlan,
    private readonly parts: Parts,
  ) {
    this.events = this.#run();
  }

  stop(): void {
    this.#stopped = true;
    for (const run of this.#runs) run.stop();
  }

  async *#run(): AsyncGenerator<EngineEvent> {
    const { requests, asked, packets, probed } = this.parts;
    const merged = new MergedEvents<EngineEvent>();
    const counters: (Counters | undefined)[] = [undefined, undefined];
    const hellos: (ProberHello | undefined)[] = [undefined, undefined];
    const held: EngineEvent[] = [];
    let endNs = 0;
    let reason: EndReason = 'complete';
    this.#begin(merged, 0, packets.start({ ...this.plan, ...pathsOf(this.plan, probed) }));
    try {
      for await (const { from, item } of merged) {
        const indexes = from === 0 ? probed : asked;
        if (item.kind === 'start') {
          if (from === 1) continue;
          held.push(item);
          const { secret: _, ...plan } = this.plan;
          const joined = {
            ...plan,
            ...pathsOf(plan, asked),
            timestamps: 'auto',
            epochMonoNs: String(item.epochMonoNs),
          };
          this.#begin(merged, 1, requests.start(joined as ProbePlan));
          continue;
        }
        if (item.kind === 'end') {
          endNs = Math.max(endNs, item.timeNs);
          if (item.reason !== 'complete') {
            reason = reason === 'complete' ? item.reason : reason;
            // What one of the two has to say alone is half of what was asked for.
            this.stop();
          }
          continue;
        }
        if (item.kind === 'hello') hellos[from] = { ...item.hello, paths: placed(item.hello.paths, indexes) };
        if (item.kind === 'counters') counters[from] = item.counters;
        const event = item.kind === 'hello' ? helloOf(hellos) : placedEvent(item, indexes, counters);
        if (event === undefined) continue;
        if (hellos[0] === undefined || hellos[1] === undefined) {
          held.push(event);
          continue;
        }
        if (event.kind === 'hello') {
          const [start, ...rest] = held.splice(0);
          if (start !== undefined) yield start;
          yield event;
          yield* rest;
        } else yield event;
      }
      yield { kind: 'end', timeNs: endNs, reason };
    } finally {
      this.stop();
      merged.close();
    }
  }

  #begin(merged: MergedEvents<EngineEvent>, from: number, run: ProbeRun): void {
    this.#runs.push(run);
    if (this.#stopped) run.stop();
    merged.add(from, run.events);
  }
}

function pathsOf(plan: ProbePlan, indexes: readonly number[]): Pick<ProbePlan, 'paths'> {
  return { paths: indexes.flatMap((index) => plan.paths[index] ?? []) };
}

function placed<T extends { readonly path: number }>(entries: readonly T[], indexes: readonly number[]): T[] {
  return entries.map((entry) => ({ ...entry, path: indexes[entry.path] ?? entry.path }));
}

/** One of two once both are there: who sends packets says with which means, who sends requests what limits them. */
function helloOf([packets, requests]: readonly (ProberHello | undefined)[]): EngineEvent | undefined {
  if (packets === undefined || requests === undefined) return undefined;
  const hello: ProberHello = {
    ...packets,
    helper: requests.helper,
    paths: [...packets.paths, ...requests.paths].sort((a, b) => a.path - b.path),
    footprint: {
      packetsPerSecond: packets.footprint.packetsPerSecond + requests.footprint.packetsPerSecond,
      conntrackEntries: packets.footprint.conntrackEntries + requests.footprint.conntrackEntries,
    },
    limits: [...(packets.limits ?? []), ...(requests.limits ?? [])],
  };
  return { kind: 'hello', hello };
}

/** What one of the two tells, with paths numbered as in the whole plan, and counters of both together. */
function placedEvent(
  event: EngineEvent,
  indexes: readonly number[],
  counters: readonly (Counters | undefined)[],
): EngineEvent {
  switch (event.kind) {
    case 'samples':
      renumber(event.samples, indexes);
      return event;
    case 'path-totals':
      return { ...event, totals: { ...event.totals, path: indexes[event.totals.path] ?? event.totals.path } };
    case 'counters':
      return { kind: 'counters', counters: sumOf(event.counters, counters) };
    default:
      return event;
  }
}

function renumber(samples: SampleColumns, indexes: readonly number[]): void {
  for (let index = 0; index < samples.length; index += 1) {
    const path = samples.path[index] ?? 0;
    samples.path[index] = indexes[path] ?? path;
  }
}

function sumOf(newest: Counters, counters: readonly (Counters | undefined)[]): Counters {
  const names = Object.keys(newest) as (keyof Counters)[];
  const sums = names.map((name) => [name, counters.reduce((sum, one) => sum + (one?.[name] ?? 0), 0)] as const);
  return { ...(Object.fromEntries(sums) as unknown as Counters), timeNs: newest.timeNs };
}
