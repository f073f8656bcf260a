import { spawn, spawnSync } from 'node:child_process';
import { startTracer } from '../../src/kernel/tracer.js';
import type { TracerCost } from '../../src/model/kernel-event.js';
import { MS, SECOND } from '../../src/model/time.js';
import { netnsTransport } from '../../src/transports/local/netns-transport.js';
import { owing } from './owed.js';
import type { Part, PartResult, Setting } from './part.js';

const NETNS = 'rxray-bench-tracer';
const BUSY_PER_S = 20_000;
const IDLE_SHARE = 0.01;
const BUSY_SHARE = 0.03;

/** What `trace stall` with its flight recorder took, by its own account, after it had started. */
interface Traced {
  readonly load: string;
  readonly seconds: number;
  readonly softirqs: number;
  readonly bpfNs: number;
  readonly bpfRuns: number;
  readonly ownNs: number;
  readonly lost: number;
  readonly residentBytes: number;
}

/** The cost of the tracer: its BPF programs, measured by the kernel, and the process itself. */
export const tracer: Part = {
  name: 'tracer',
  about: 'what trace stall with its flight recorder takes: a quiet machine, and echoes as fast as loopback has them',
  run: (setting) => {
    const ip = (...words: string[]) => spawnSync('ip', words);
    ip('netns', 'add', NETNS);
    return owing(
      async () => {
        ip('netns', 'del', NETNS);
      },
      async () => {
        ip('-n', NETNS, 'link', 'set', 'lo', 'up');
        const quiet = await measure(setting, 'quiet');
        const busy = await measure(setting, 'ping -f on loopback');
        return toResult(quiet, busy);
      },
    );
  },
};

async function measure({ seconds, say }: Setting, load: string): Promise<Traced> {
  say(load);
  const length = Math.max(4, Math.round(seconds / 2));
  const plan = { questions: [{ question: 'stall', minNs: 10 * MS }], durationNs: (length + 1) * SECOND } as const;
  let first: TracerCost | undefined;
  let last: TracerCost | undefined;
  let softirqs = 0;
  for await (const event of startTracer(netnsTransport(NETNS), plan).events) {
    if (event.kind !== 'kernel') continue;
    const { event: told } = event;
    if (told.kind === 'hello' && load !== 'quiet') {
      spawn('ip', ['netns', 'exec', NETNS, 'ping', '-q', '-f', '-w', String(length), '127.0.0.1']);
    }
    // The first is from the start itself, which loads programs and reads symbols.
    if (told.kind === 'cost' && told.cost.timeNs < length * SECOND) {
      first ??= told.cost;
      last = told.cost;
    }
    if (told.kind === 'wait-totals') softirqs += told.totals.waits;
  }
  if (first === undefined || last === undefined) throw new Error('the tracer told nothing of its cost');
  const tookNs = last.timeNs - first.timeNs;
  return {
    load,
    seconds: tookNs / SECOND,
    softirqs: softirqs / length,
    bpfNs: (last.bpfRunNs - first.bpfRunNs) / (tookNs / SECOND),
    bpfRuns: (last.bpfRuns - first.bpfRuns) / (tookNs / SECOND),
    ownNs: (last.cpuUserNs + last.cpuSystemNs - first.cpuUserNs - first.cpuSystemNs) / (tookNs / SECOND),
    lost: last.lostEvents + last.droppedRecords,
    residentBytes: last.residentBytes,
  };
}

const shareOf = ({ bpfNs, ownNs }: Traced): number => (bpfNs + ownNs) / SECOND;
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

function toResult(quiet: Traced, busy: Traced): PartResult {
  // What a softirq adds, at the rate that is asked about: loopback is faster or slower than that.
  const scaled = shareOf(quiet) + ((shareOf(busy) - shareOf(quiet)) / busy.softirqs) * BUSY_PER_S;
  return {
    tables: [
      {
        title: 'trace stall --min 10ms, recorder at 999 Hz on every CPU',
        columns: [
          { title: 'load' },
          ...['receive softirqs/s', 'BPF runs/s', 'BPF, % of a CPU', 'tracer, % of a CPU', 'resident MiB', 'lost'].map(
            (title) => ({ title, align: 'right' }) as const,
          ),
        ],
        rows: [quiet, busy].map((one) => [
          one.load,
          one.softirqs.toFixed(0),
          one.bpfRuns.toFixed(0),
          percent(one.bpfNs / SECOND),
          percent(one.ownNs / SECOND),
          (one.residentBytes / 2 ** 20).toFixed(1),
          String(one.lost),
        ]),
      },
    ],
    targets: [
      { asked: 'quiet, under 1 % of a CPU', measured: percent(shareOf(quiet)), met: shareOf(quiet) < IDLE_SHARE },
      {
        asked: `at ${BUSY_PER_S} receive softirqs/s, under 3 % of a CPU`,
        measured: percent(scaled),
        met: scaled < BUSY_SHARE,
      },
    ],
    notes: [
      'The timer interrupts of the recorder themselves are not in it; the kernel counts the programs only, and counting takes some of that time.',
    ],
    data: { quiet, busy, scaled },
  };
}
