import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { FaultName } from '../../src/lab/fault-plan.js';
import { faultOff, faultOn } from '../../src/lab/faults.js';
import { labDown, labUp } from '../../src/lab/lab.js';
import { isGap, readTruth } from '../../src/lab/truth.js';
import { type Verdict, verdictSchema } from '../../src/model/verdict.js';

const main = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const run = promisify(execFile);

/** Which verdicts each fault may get: cause, and machines where they matter. */
export const RIGHT_VERDICTS: Readonly<Record<FaultName, readonly string[]>> = {
  'rx-queue': ['rx-queue@node'],
  host: ['host@node'],
  softirq: ['rx-queue@node', 'host@node'],
  starved: ['rx-queue@node', 'host@node'],
  nat: ['nat@node'],
  ipip: ['ipip@node,node-remote'],
  pod: ['pod@node'],
  network: ['network@node,shell'],
  'network-last-mile': ['network@node', 'network@node,shell', 'network@node,node-remote', 'host@node'],
  congestion: ['network@node', 'network@node,shell', 'network@node,node-remote'],
  loss: ['network@node', 'network@node,shell', 'network@node,node-remote'],
  sender: ['sender@shell'],
  none: ['healthy@'],
  'irq-off': ['rx-queue@node', 'host@node'],
  handler: ['rx-queue@node', 'host@node'],
  device: ['network@node', 'device@node'],
  ecmp: ['network@node'],
  lag: ['network@node'],
  backends: ['pod@node', 'pod@pod-b'],
};

export interface LabVerdictOptions {
  readonly lab: string;
  readonly queues: number;
  readonly seed: number;
  /** Two at once where there are two. */
  readonly faults: readonly FaultName[];
  /** It ends by itself when the verdict is settled, and is asked to after so long. */
  readonly atMostS: number;
  /** Further words for the command line. */
  readonly args?: readonly string[];
}

export interface LabVerdict {
  readonly verdict: Verdict;
  /** `cause@machines`, to be compared with {@link RIGHT_VERDICTS}. */
  readonly text: string;
  /** How long it measured, start of the probers included. */
  readonly seconds: number;
  readonly status: number;
  readonly err: string;
  /** The longest pause of the machine itself meanwhile; with a fault on, those that the fault made as well. */
  readonly longestPauseNs: number;
}

/** Brings the lab up, switches the faults on, bisects, and takes it down. */
export async function labVerdict(options: LabVerdictOptions): Promise<LabVerdict> {
  const lab = { name: options.lab };
  const { hostsFile, gapLog } = await labUp({ ...lab, queues: options.queues }, () => {});
  try {
    for (const [index, fault] of options.faults.entries()) {
      const schedule = { seed: options.seed + 31 * index, periodMs: [400, 3000], lengthMs: [60, 200] } as const;
      await faultOn(fault, { lab, ...schedule, durationS: options.atMostS + 60 }, () => {});
    }
    const began = performance.now();
    const words = [
      'bisect',
      '--hosts',
      hostsFile,
      '--threshold',
      '25',
      '--cpu',
      '0',
      '--json',
      ...(options.args ?? []),
    ];
    const { out, err, status } = await command(words, options.atMostS * 1_000);
    const seconds = (performance.now() - began) / 1_000;
    await faultOff('all', lab);
    const last = out.trimEnd().split('\n').at(-1) ?? '';
    if (!last.startsWith('{"type":"verdict"')) throw new Error(`no verdict (status ${status}): ${err}`);
    const verdict = verdictSchema.parse(JSON.parse(last));
    const pauses = readTruth(gapLog)
      .filter(isGap)
      .map((gap) => gap.toMonoNs - gap.fromMonoNs);
    const longestPauseNs = Math.max(0, ...pauses);
    return {
      longestPauseNs,
      verdict,
      text: verdictPlace(verdict),
      seconds,
      status,
      err,
    };
  } finally {
    await labDown(lab, () => {});
  }
}

export function verdictPlace(verdict: Verdict): string {
  const where = verdict.where === null ? [] : [verdict.where].flat();
  return `${verdict.cause}@${[...where].sort().join(',')}`;
}

/** A wrong verdict above this probability is an accusation; below it is a guess that says so. */
const ACCUSATION = 0.9;

/** How a verdict stands: right, alike (the right cause among those it cannot tell apart), open, or wrong. */
export function standing(
  verdict: Verdict,
  text: string,
  right: readonly string[],
): 'right' | 'alike' | 'open' | 'wrong' {
  if (right.includes(text)) return 'right';
  if (verdict.indistinguishable.some((cause) => right.some((wanted) => wanted.startsWith(`${cause.split('@')[0]}@`))))
    return 'alike';
  return verdict.cause === 'inconclusive' || verdict.probability <= ACCUSATION ? 'open' : 'wrong';
}

/** An interrupt makes it print the verdict it has. */
async function command(
  args: readonly string[],
  atMostMs: number,
): Promise<{ out: string; err: string; status: number }> {
  const running = run(process.execPath, [main, ...args], { maxBuffer: 256 << 20 });
  const timer = setTimeout(() => running.child.kill('SIGINT'), atMostMs);
  try {
    const { stdout, stderr } = await running;
    return { out: stdout, err: stderr, status: 0 };
  } catch (error) {
    const failed = error as { stdout?: string; stderr?: string; code?: number };
    return { out: failed.stdout ?? '', err: failed.stderr ?? String(error), status: failed.code ?? -1 };
  } finally {
    clearTimeout(timer);
  }
}
