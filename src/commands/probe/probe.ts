import { randomBytes } from 'node:crypto';
import { formatLength } from '../../format/duration.js';
import { packageVersion } from '../../installation/version.js';
import type { ProberHello } from '../../model/engine-event.js';
import { judgingOf } from '../../model/judging.js';
import type { ProbePlan } from '../../model/plan.js';
import { present } from '../../model/present.js';
import { SECOND } from '../../model/time.js';
import { watchesOf } from '../../model/watch.js';
import { PROBE_STREAM, type ProbeInfo } from '../../recording/recorded-run.js';
import type { Recorder } from '../../recording/recorder.js';
import { SAME_CLOCK } from '../../transports/transport.js';
import { recordedEngine } from '../recording/recorded-engine.js';
import { openRecorder, recordingBeside } from '../recording/recording-options.js';
import { Measurement, type MeasurementAbout } from '../run/measurement.js';
import type { UsedFile } from '../terminal/check-output.js';
import { checkTerminal } from '../terminal/check-terminal.js';
import type { Io } from '../terminal/io.js';
import { withOutput } from '../terminal/output.js';
import { chooseEngine } from './choose-engine.js';
import { ProbeCommand } from './probe-command.js';
import type { ProbeOptions } from './probe-options.js';
import { planProbe } from './probe-plan.js';
import { IMPLICIT_HOSTS_FILE, type ResolvedTargets, resolveTargets } from './probe-targets.js';
import { planRequests, type RequestPaths } from './request-plan.js';
import { publishProbes } from './running-probes.js';
import { tellNs } from './tell-interval.js';

/** How long targets are probed that nobody named. */
const UNASKED_NS = 10 * SECOND;

/**
 * `probe`: probes targets, reports findings as they come and a summary at the end.
 *
 * @returns 0 completed; 1 no reply at all, or what `--fail-on` names was found
 * @throws CodedError for wrong use (2) and for what the environment refuses (4)
 */
export async function probe(given: ProbeOptions, io: Io): Promise<number> {
  const vantage = given.netns ?? 'local';
  const asked = await planRequests(given, vantage);
  const { targets, notes, unasked } = await targetsBeside(given, asked);
  const options = unasked ? forAWhile(given) : given;
  for (const note of notes) io.err(`${note}\n`);
  if (options !== given) io.err(`for ${formatLength(options.durationNs)}; -d or -c say how long\n`);
  // Drawn here, so that a tracer can be told it.
  const planned = {
    ...planProbe(options, targets, vantage, asked.paths),
    ...present({ tellNs: tellNs(options, io) }),
    secret: randomBytes(16).toString('hex'),
  };
  if (options.live) checkTerminal(options.ascii);
  const { engine, why, paths = planned.paths } = await chooseEngine(options, planned);
  const plan = { ...planned, paths };
  // Less than the best is never chosen silently.
  if (why !== undefined && (!options.quiet || engine.name !== 'helper')) io.err(`engine ${engine.name}: ${why}\n`);
  const about = {
    command: 'probe',
    engine: engine.name,
    engineWhy: why,
    thresholdNs: options.thresholdNs,
    ...judgingOf({}, options),
    options: { ...options },
  };
  let withdraw = (): void => {};
  const onHello = (hello: ProberHello): void => {
    withdraw = publish(plan, hello);
  };
  return withOutput({ output: options.output, inputs: filesOf(options) }, io, async (output) => {
    const command = new ProbeCommand(
      { ...options, status: true, onHello },
      plan,
      new Measurement(plan, about),
      output,
      io,
    );
    let recorder: Recorder | undefined;
    try {
      recorder = await openRecorder(options, probeInfo(about, plan), io);
      const place = options.netns === undefined ? 'this host' : `network namespace ${options.netns}`;
      const used = recorder ? recordedEngine(engine, recorder.stream(PROBE_STREAM, place, SAME_CLOCK)) : engine;
      return await command.follow(used.start(plan));
    } finally {
      withdraw();
      await recorder?.close();
    }
  });
}

/** Without a target there are requests alone. */
async function targetsBeside(given: ProbeOptions, { paths, notes }: RequestPaths): Promise<ResolvedTargets> {
  if (paths.length > 0 && given.targets.length === 0) return { targets: [], notes, unasked: false };
  const resolved = await resolveTargets(given.targets, given);
  return { ...resolved, notes: [...resolved.notes, ...notes] };
}

/** What nobody named as a target is not probed for ever. */
export function forAWhile(options: ProbeOptions): ProbeOptions {
  const isLimited = options.count > 0 || options.durationNs > 0;
  return isLimited ? options : { ...options, durationNs: UNASKED_NS };
}

/** What the run reads, and the recording that it writes. */
function filesOf({ hosts, scenario, record, rotateBytes }: ProbeOptions): UsedFile[] {
  return recordingBeside({ record, rotateBytes }, [
    { path: hosts ?? IMPLICIT_HOSTS_FILE, what: 'the hosts file' },
    { path: scenario, what: 'the scenario' },
  ]);
}

/** For `rxray trace rx --follow-probes`; returns how to take it back. */
function publish(plan: ProbePlan & { readonly secret: string }, hello: ProberHello): () => void {
  if (hello.helper !== 'rxray-prober') return () => {};
  const watches = watchesOf(plan, hello, { interface: 'any', tunnel: true });
  const paths = watches.map((watch) => ({ name: plan.paths[watch.path]?.name ?? '', watch }));
  return publishProbes({ command: 'probe', secret: plan.secret, paths });
}

function probeInfo(about: MeasurementAbout & { readonly engine: ProbeInfo['engine'] }, plan: ProbePlan): ProbeInfo {
  const { engine, thresholdNs, options } = about;
  const { secret: _, tellNs: __, ...recorded } = plan;
  return {
    command: 'probe',
    version: packageVersion(),
    engine,
    thresholdNs,
    options: { ...options },
    plan: { ...recorded, paths: [...plan.paths] },
  };
}
