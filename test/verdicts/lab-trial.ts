import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type FaultName, isServingFault, type MsRange, planFault } from '../../src/lab/fault-plan.js';
import { faultOff, faultOn } from '../../src/lab/faults.js';
import type { LabStatus } from '../../src/lab/lab.js';
import { isGap, isStall, machineGaps, readTruth, type TruthStall } from '../../src/lab/truth.js';
import { type Verdict, verdictSchema } from '../../src/model/verdict.js';
import { type CulpritStanding, culpritOf, type Standing, standingOf, verdictPlace } from './expected.js';

const main = fileURLToPath(new URL('../../bin/rxray.js', import.meta.url));
/** A busy machine takes its time to start. */
const STARTING_MS = 60_000;

export const PERIOD_MS: MsRange = [400, 3_000];
const LENGTH_MS: MsRange = [60, 200];
/** Of the incidents that are told; a pause of the machine that long may be one. */
export const THRESHOLD_NS = 25_000_000;

export interface LabTrialOptions {
  /** Up, with none of its faults on. */
  readonly lab: LabStatus;
  readonly seed: number;
  /** Two at once where there are two. */
  readonly faults: readonly FaultName[];
  /** It ends by itself when the verdict is settled, and is asked to after having measured so long. */
  readonly atMostS: number;
  /** Whether the bad node has a vantage. */
  readonly within: boolean;
  readonly periodMs?: MsRange;
  /** Asked from the request down, whatever the fault; faults of what serves always are. */
  readonly requests?: boolean;
  /** Further words for the command line. */
  readonly args?: readonly string[];
}

export interface LabTrial {
  readonly verdict: Verdict;
  /** `cause@machines`. */
  readonly text: string;
  readonly standing: Standing;
  readonly culprit: CulpritStanding;
  readonly truth: readonly TruthStall[];
  /** How long it measured, start of the probers included. */
  readonly seconds: number;
  readonly status: number;
  /** NDJSON that it printed. */
  readonly out: string;
  readonly err: string;
  /** The longest pause of the machine itself meanwhile. */
  readonly longestPauseNs: number;
}

/** Whether a fault takes CPU 1: two such labs side by side would be in each other's way, and in each other's evidence. */
export function takesCpu(fault: FaultName): boolean {
  return fault !== 'none' && /hog|spin|quota/.test(planFault(fault, {}, 8).program);
}

/**
 * Words for half the packets, which leave CPUs for three labs at a time: harder for the verdict, not easier. Faults that take
 * a CPU are tried one by one, at the usual interval, and congestion is told by how RTTs rise, which wants them closer.
 */
export function packetsOf(faults: readonly FaultName[]): readonly string[] {
  return faults.some((fault) => takesCpu(fault) || fault === 'congestion') ? [] : ['--interval', '20ms'];
}

/** Switches the faults on in a lab that is up, bisects, and switches them off again. */
export async function labTrial(options: LabTrialOptions): Promise<LabTrial> {
  const { lab, faults, seed, atMostS, within, periodMs = PERIOD_MS, requests = false, args = [] } = options;
  const name = { name: lab.name };
  const logs: string[] = [];
  const beganMonoNs = Number(process.hrtime.bigint());
  try {
    for (const [index, fault] of faults.entries()) {
      const schedule = { seed: seed + 31 * index, periodMs, lengthMs: LENGTH_MS, durationS: atMostS + 60 };
      const handle = await faultOn(fault, { lab: name, ...schedule }, () => {});
      if (fault !== 'none') logs.push(handle.truthPath);
    }
    const hosts = faults.includes('backends')
      ? lab.backendsHostsFile
      : requests || faults.some(isServingFault)
        ? lab.requestsHostsFile
        : lab.hostsFile;
    // biome-ignore format: one command line
    const words = ['bisect', '--hosts', hosts, '--threshold', `${THRESHOLD_NS / 1e6}`, '--cpu', '0', '--json',
      ...(within ? [] : ['--except', 'bad>*']), ...args];
    const began = performance.now();
    const { out, err, status } = await command(words, atMostS * 1_000);
    const seconds = (performance.now() - began) / 1_000;
    const last = out.trimEnd().split('\n').at(-1) ?? '';
    if (!last.startsWith('{"type":"verdict"')) throw new Error(`no verdict (status ${status}): ${err}`);
    const verdict = verdictSchema.parse(JSON.parse(last));
    const truth = logs.flatMap((log) => readTruth(log).filter(isStall));
    const gaps = readTruth(lab.gapLog).filter(isGap);
    const pauses = machineGaps(gaps, truth).filter((gap) => gap.toMonoNs > beganMonoNs);
    return {
      verdict,
      text: verdictPlace(verdict),
      standing: standingOf(verdict, { faults, queues: lab.queues ?? 0 }),
      culprit: culpritOf(verdict, faults, truth),
      truth,
      seconds,
      status,
      out,
      err,
      longestPauseNs: Math.max(0, ...pauses.map((gap) => gap.toMonoNs - gap.fromMonoNs)),
    };
  } finally {
    await faultOff('all', name);
  }
}

/** One line for people. */
export function trialWords({ verdict, text, standing, culprit, seconds }: LabTrial): string {
  const kind = verdict.kind === undefined || verdict.kind === 'stall' ? '' : ` (${verdict.kind})`;
  const alike = verdict.indistinguishable.length > 0 ? `, not told from ${verdict.indistinguishable.join(', ')}` : '';
  const who = verdict.culprit;
  const named = who ? `; culprit ${who.process ?? who.handler ?? who.class}: ${culprit}` : '';
  return (
    `${standing}: ${text}${kind} ${verdict.probability.toFixed(3)}, ` +
    `${verdict.incidents} incidents in ${seconds.toFixed(1)} s${alike}${named}`
  );
}

/** An interrupt makes it print the verdict it has, so long after it says that it measures. */
async function command(
  args: readonly string[],
  measuredMs: number,
): Promise<{ out: string; err: string; status: number }> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  let interrupted = false;
  // A second interrupt would end it without a verdict.
  const interrupt = (): void => {
    if (!interrupted) child.kill('SIGINT');
    interrupted = true;
  };
  let timer = setTimeout(interrupt, measuredMs + STARTING_MS);
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (out === '') {
      clearTimeout(timer);
      timer = setTimeout(interrupt, measuredMs);
    }
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  try {
    const [status] = (await once(child, 'close')) as [number | null];
    return { out, err, status: status ?? -1 };
  } finally {
    clearTimeout(timer);
  }
}
