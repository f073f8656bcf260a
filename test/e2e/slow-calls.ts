import type { SyscallRecord } from '../../src/model/records/syscall.js';
import { MS } from '../../src/model/time.js';
import { startWorker, traceSyscalls } from './syscalls-run.js';

/** What is told of calls, by the sparing way and by the exact one, of the same process at the same time. */
export interface Compared {
  /** Of the exact way, calls of twice the threshold and more. */
  readonly long: number;
  /** Of those, such that the sparing way did not tell. */
  readonly missed: number;
  /** Told by the sparing way as proven, without such a call. */
  readonly wrong: number;
  readonly unproven: number;
  /** Of calls that both tell, difference of lengths. */
  readonly errorsNs: readonly number[];
  /** What was missed or wrong, in words. */
  readonly notes: readonly string[];
}

export const THRESHOLD_NS = 10 * MS;
/** Begin and end are known to a sample each, and a sample may come late. */
const TOLERANCE_NS = 3 * MS;

/** Ten kinds of calls that take long, or look as if they did: what Python does. */
export const WORKLOADS: Readonly<Record<string, string>> = {
  'sleeps of different lengths': 'for i in range(30): time.sleep(0.02 + i % 7 * 0.008)',
  'the same sleep again and again': 'for i in range(40): time.sleep(0.03)',
  'reads of a pipe that is slow': [
    'r, w = os.pipe()',
    'if os.fork() == 0:',
    '  for i in range(30): time.sleep(0.03); os.write(w, b"x")',
    '  os._exit(0)',
    'for i in range(30): os.read(r, 1)',
  ].join('\n'),
  'waits below the threshold, with the same arguments':
    'import select\nfor i in range(300): select.select([], [], [], 0.004)',
  'long runs in the kernel':
    'f = os.open("/dev/zero", os.O_RDONLY); b = bytearray(300 << 20)\nfor i in range(6): os.readv(f, [b])',
  'long runs behind each other with other arguments': 'for i in range(6): os.getrandom((8 + i) << 20)',
  'short calls all the time': 'end = time.time() + 1.5\nwhile time.time() < end: os.getppid()',
  'short reads with the same arguments all the time':
    'f = os.open("/dev/zero", os.O_RDONLY); b = bytearray(1 << 16); v = [b]\nend = time.time() + 1.5\nwhile time.time() < end: os.readv(f, v)',
  'eight threads that sleep': [
    'import threading',
    'def body(n):',
    '  for i in range(10): time.sleep(0.02 + n * 0.003)',
    't = [threading.Thread(target=body, args=(n,)) for n in range(8)]',
    'for x in t: x.start()',
    'for x in t: x.join()',
  ].join('\n'),
  'commands that are waited for': 'import subprocess\nfor i in range(8): subprocess.run(["sleep", "0.05"])',
};

/** Runs one of them under both ways at once. */
export async function compareWays(body: string): Promise<Compared> {
  const worker = await startWorker(body);
  try {
    const args = ['--min', `${THRESHOLD_NS / MS}ms`, '-p', String(worker.pid), '-f'];
    const ways = [traceSyscalls(args), traceSyscalls([...args, '--exact'])] as const;
    await Promise.all(ways.map(({ started }) => started));
    await worker.work();
    for (const way of ways) way.stop();
    const [sparing, exact] = await Promise.all([ways[0].ended, ways[1].ended]);
    return compare(sparing, exact);
  } finally {
    worker.end();
  }
}

type Run = { readonly calls: readonly SyscallRecord[]; readonly lines: readonly { readonly type: string }[] };

function compare(sparing: Run, exact: Run): Compared {
  const epochOf = ({ lines }: Run): bigint =>
    BigInt((lines.find(({ type }) => type === 'trace') as unknown as { epochNs: string }).epochNs);
  const shift = Number(epochOf(sparing) - epochOf(exact));
  const told = sparing.calls
    .filter(({ inFlight }) => !inFlight)
    .map((call) => ({ ...call, began: call.began + shift }));
  const truth = exact.calls.filter(({ inFlight }) => !inFlight);
  const isSame = (a: SyscallRecord, b: SyscallRecord): boolean =>
    a.tid === b.tid && a.name === b.name && Math.abs(a.began - b.began) < TOLERANCE_NS + THRESHOLD_NS / 2;
  const errorsNs: number[] = [];
  const notes: string[] = [];
  let missed = 0;
  const long = truth.filter(({ durationNs }) => durationNs >= 2 * THRESHOLD_NS);
  for (const call of long) {
    const same = told.find((one) => isSame(one, call));
    if (same === undefined) {
      missed += 1;
      notes.push(`missed ${words(call)}`);
    } else errorsNs.push(Math.abs(same.durationNs - call.durationNs));
  }
  const proven = told.filter(({ unproven }) => unproven !== true);
  const wrong = proven.filter(
    (one) => !truth.some((call) => isSame(one, call) && one.durationNs <= call.durationNs + TOLERANCE_NS),
  );
  notes.push(...wrong.map((call) => `wrong ${words(call)}`));
  return { long: long.length, missed, wrong: wrong.length, unproven: told.length - proven.length, errorsNs, notes };
}

function words({ name, tid, began, durationNs }: SyscallRecord): string {
  return `${name} of ${tid} at ${(began / MS).toFixed(1)} ms, ${(durationNs / MS).toFixed(1)} ms`;
}
