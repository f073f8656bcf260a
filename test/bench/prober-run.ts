import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { CONNECT_PROGRAM } from '../../src/engines/connect-engine.js';
import { createHelperEngine } from '../../src/engines/helper-engine.js';
import { PORTABLE_PROGRAM } from '../../src/engines/portable-engine.js';
import type { Counters, EngineEvent, Pause, ProberHello } from '../../src/model/engine-event.js';
import type { PlannedPath, ProbePlan } from '../../src/model/plan.js';
import type { SampleColumns } from '../../src/model/sample.js';
import { MS, SECOND } from '../../src/model/time.js';
import { findHelper } from '../../src/transports/helper-binary.js';
import type { HelperExit, Transport } from '../../src/transports/transport.js';

/** All that a prober told from its start to its end. */
export interface ProberRecord {
  readonly paths: readonly PlannedPath[];
  readonly epochRealNs: bigint;
  readonly epochMonoNs: bigint;
  readonly hello: ProberHello;
  readonly samples: readonly SampleColumns[];
  /** The last ones. */
  readonly counters: Counters | undefined;
  readonly pauses: readonly Pause[];
  readonly warnings: readonly string[];
}

export interface RunningProber {
  /** Of the prober itself, as entering a namespace leaves no process between. */
  readonly pid: number;
  readonly ended: Promise<ProberRecord>;
  stop(): void;
}

/** The engines of rxray that send packets. */
export type SendingEngine = 'helper' | 'portable' | 'connect';

/** Probes from a network namespace, with the settings that `probe` has by default, for as long as is said. */
export function runProber(
  netns: string,
  paths: readonly PlannedPath[],
  durationNs: number,
  engineName: SendingEngine = 'helper',
): RunningProber {
  const plan: ProbePlan = {
    paths,
    count: 0,
    durationNs,
    waitNs: SECOND,
    matchNs: 30 * SECOND,
    timestamps: engineName === 'helper' ? 'kernel' : 'user',
    cpu: 'auto',
    scheduling: 'auto',
    maxPacketsPerSecondToTarget: 1_000,
  };
  let pid = 0;
  const engine = createHelperEngine(
    watchedTransport(netns, commandOf(engineName), (started) => {
      pid = started;
    }),
  );
  const run = engine.start(plan);
  // The generator starts the prober with its first step, which collect() takes at once.
  const ended = collect(paths, run.events);
  ended.catch(() => {});
  return {
    get pid() {
      return pid;
    },
    ended,
    stop: () => run.stop(),
  };
}

async function collect(paths: readonly PlannedPath[], events: AsyncIterable<EngineEvent>): Promise<ProberRecord> {
  const samples: SampleColumns[] = [];
  const pauses: Pause[] = [];
  const warnings: string[] = [];
  let start: Extract<EngineEvent, { kind: 'start' }> | undefined;
  let hello: ProberHello | undefined;
  let counters: Counters | undefined;
  for await (const event of events) {
    if (event.kind === 'start') start = event;
    else if (event.kind === 'hello') hello = event.hello;
    else if (event.kind === 'samples') samples.push(event.samples);
    else if (event.kind === 'pause') pauses.push(event.pause);
    else if (event.kind === 'counters') counters = event.counters;
    else if (event.kind === 'warning') warnings.push(`${event.code}: ${event.message}`);
    else if (event.kind === 'lost-records') warnings.push(`${event.count} records lost: ${event.because}`);
  }
  if (!start || !hello) throw new Error('the prober never said hello');
  const { epochRealNs, epochMonoNs } = start;
  return { paths, epochRealNs, epochMonoNs, hello, samples, counters, pauses, warnings };
}

/** What ends as the prober itself, by replacing one program by the next. */
function commandOf(engine: SendingEngine): string[] {
  if (engine === 'portable') return [...PORTABLE_PROGRAM];
  if (engine === 'connect') return [findHelper('rxray-icmp'), ...CONNECT_PROGRAM];
  return [findHelper('rxray-prober')];
}

/** As `netnsTransport`, and tells the prober's process id, by which its processor time can be read. */
function watchedTransport(netns: string, command: readonly string[], onPid: (pid: number) => void): Transport {
  return {
    place: `network namespace ${netns}`,
    launch: (_, args) => {
      const child = spawn('ip', ['netns', 'exec', netns, ...command, ...args], {
        stdio: ['pipe', 'pipe', 'pipe'],
        detached: true,
      });
      let stderr = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      child.stdin.on('error', () => {});
      onPid(child.pid ?? 0);
      const exited = once(child, 'close').then(
        ([code, signal]): HelperExit => ({ code, signal, stderr: stderr.trim() }),
      );
      exited.catch(() => {});
      return {
        output: child.stdout,
        exited,
        send: (text) => {
          child.stdin.write(text);
        },
        closeInput: () => {
          child.stdin.end();
        },
        terminate: () => {
          child.kill('SIGTERM');
        },
      };
    },
  };
}

/** A path probed every 10 ms, SYN from 16 source ports in turn. */
export const pathEvery10Ms = (protocol: 'icmp' | 'syn', address: string, port: number): PlannedPath => ({
  name: `shell>bad/${protocol}`,
  protocol,
  address,
  flows: protocol === 'syn' ? 16 : 1,
  freshPerSecond: 0,
  intervalNs: 10 * MS,
  ...(protocol === 'syn' ? { port } : {}),
});
