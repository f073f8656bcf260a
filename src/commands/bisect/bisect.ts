import { identifiability } from '../../bisect/words/identifiability.js';
import type { HostsPath } from '../../hosts/measured-paths.js';
import { plannedOf } from '../../hosts/planned.js';
import { packageVersion } from '../../installation/version.js';
import { present } from '../../model/present.js';
import { isRequest } from '../../model/protocol.js';
import type { PlanRecord } from '../../model/records/hosts.js';
import { MS } from '../../model/time.js';
import type { BisectInfo } from '../../recording/recorded-run.js';
import type { Recorder } from '../../recording/recorder.js';
import { identifiabilityText } from '../../report/bisect/identifiability-text.js';
import { openRecorder, recordingBeside } from '../recording/recording-options.js';
import { EXIT } from '../run/exit-status.js';
import { checkTerminal } from '../terminal/check-terminal.js';
import type { Io } from '../terminal/io.js';
import { withOutput } from '../terminal/output.js';
import { type BisectHosts, bisectHosts } from './bisect-hosts.js';
import type { BisectOptions } from './bisect-options.js';
import { liveSources } from './bisect-sources.js';
import { Bisection } from './bisection.js';
import { Connections } from './connections.js';
import { withPortsByQueue } from './ports-for-queues.js';

/**
 * `bisect`: probes all paths at the same time and says which stage is to blame.
 *
 * @returns 0 healthy; 1 any fault; 3 inconclusive
 * @throws CodedError for wrong use (2), and when no vantage can probe (4)
 */
export async function bisect(options: BisectOptions, io: Io): Promise<number> {
  const asked = await bisectHosts(options);
  for (const note of asked.notes) io.err(`${note}\n`);
  if (options.plan) return printPlan(asked, options, io);
  if (options.live) checkTerminal(options.ascii);
  const inputs = recordingBeside(options, [{ path: options.hosts, what: 'the hosts file' }]);
  return withOutput({ output: options.output, inputs }, io, async (output) => {
    const reaching = { answerMs: answerLimit(options), stop: io.stop, ...present({ kubectl: options.kubectl }) };
    const connections = new Connections(asked.hosts, reaching);
    let recorder: Recorder | undefined;
    try {
      const about = await withPortsByQueue(asked, options.engine, connections, { stop: io.stop });
      for (const note of about.notes.slice(asked.notes.length)) io.err(`${note}\n`);
      const epochRealNs = BigInt(Date.now()) * 1_000_000n;
      recorder = await openRecorder(options, runInfo(options, about, epochRealNs), io);
      const settings = {
        engine: options.engine,
        recorder,
        connections,
        stop: io.stop,
        asking: askingVantages(about),
      };
      const sources = liveSources(about.hosts, epochRealNs, settings);
      return await new Bisection(options, about, sources, output, io).follow();
    } finally {
      await Promise.all([recorder?.close(), connections.close()]);
    }
  });
}

function askingVantages({ paths }: BisectHosts): ReadonlySet<string> {
  return new Set(paths.flatMap(({ measured }) => (isRequest(measured.protocol) ? [measured.vantage] : [])));
}

const LEAST_ANSWER_MS = 5_000;
const MOST_ANSWER_MS = 30_000;

/** Another machine may take as long to answer as is to be measured, so that a short run is a short wait. */
function answerLimit({ durationNs, fixedDuration }: BisectOptions): number {
  if (!fixedDuration || durationNs === 0) return MOST_ANSWER_MS;
  return Math.min(MOST_ANSWER_MS, Math.max(LEAST_ANSWER_MS, durationNs / MS));
}

function runInfo(options: BisectOptions, { hosts, paths, notes }: BisectHosts, epochRealNs: bigint): BisectInfo {
  return {
    command: 'bisect',
    version: packageVersion(),
    options: { ...options },
    thresholdNs: options.thresholdNs,
    epochRealNs: String(epochRealNs),
    hosts,
    paths: recordable(paths),
    notes: [...notes],
  };
}

/** The paths as a recording has them, whose lists are its own. */
function recordable(paths: readonly HostsPath[]): BisectInfo['paths'] {
  return structuredClone(paths) as BisectInfo['paths'];
}

async function printPlan({ hosts, paths }: BisectHosts, options: BisectOptions, io: Io): Promise<number> {
  const { vantages, targets } = plannedOf(hosts);
  const found = identifiability(
    paths.map((path) => path.measured),
    vantages,
    targets,
  );
  const measured = paths.map((path) => path.measured);
  const text = options.json
    ? `${JSON.stringify({ type: 'plan', paths: measured.map(({ name }) => name), ...found } satisfies PlanRecord)}\n`
    : identifiabilityText(found, measured);
  const inputs = [{ path: options.hosts, what: 'the hosts file' }];
  await withOutput({ output: options.output, inputs }, io, (output) => output.write(text));
  return EXIT.completed;
}
