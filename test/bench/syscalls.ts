import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { RXRAY } from '../e2e/rxray.js';
import type { Part, PartResult, Setting } from './part.js';
import { spread } from './quantile.js';

const ours = (...args: string[]) => [process.execPath, RXRAY, 'trace', 'syscalls', '-o', '/dev/null', ...args, '--'];

interface Way {
  readonly name: string;
  /** In front of the command that is traced. */
  readonly under: readonly string[];
  /** What must be installed for it. */
  readonly needs?: string;
  /** So that a slow one takes about a second, too. */
  readonly blocks: number;
}

const WAYS: readonly Way[] = [
  { name: 'untraced', under: [], blocks: 1_000_000 },
  { name: '--min 200ms', under: ours('--min', '200ms'), blocks: 1_000_000 },
  { name: '--min 10ms', under: ours('--min', '10ms'), blocks: 1_000_000 },
  {
    name: 'hooks alone: --exact -e vhangup',
    under: ours('--min', '200ms', '--exact', '-e', 'vhangup'),
    blocks: 1_000_000,
  },
  { name: '--min 200ms --exact', under: ours('--min', '200ms', '--exact'), blocks: 1_000_000 },
  { name: '--summary', under: ours('--summary'), blocks: 1_000_000 },
  { name: '--flight-recorder', under: ours('--flight-recorder'), blocks: 500_000 },
  {
    name: 'perf trace --duration 200',
    under: ['perf', 'trace', '-o', '/dev/null', '--duration', '200'],
    needs: 'perf',
    blocks: 100_000,
  },
  { name: 'perf trace -s', under: ['perf', 'trace', '-o', '/dev/null', '-s'], needs: 'perf', blocks: 100_000 },
  { name: 'strace -T', under: ['strace', '-o', '/dev/null', '-T'], needs: 'strace', blocks: 20_000 },
];

const CALLS_PER_BLOCK = 2;
const TARGET_SHARE = 10;
const TARGET_RATIO = 1.03;

/** What a system call costs its caller while it is traced. */
export const syscalls: Part = {
  name: 'syscalls',
  about: 'dd if=/dev/zero of=/dev/null bs=1: untraced, by rxray trace syscalls, perf trace and strace',
  run,
};

async function run({ seconds, say }: Setting): Promise<PartResult> {
  const missing = [...new Set(WAYS.flatMap(({ needs }) => (needs && !isInstalled(needs) ? [needs] : [])))];
  const ways = WAYS.filter(({ needs }) => needs === undefined || !missing.includes(needs));
  const rounds = Math.max(3, Math.round(seconds / 3));
  const measured = new Map<string, number[]>(ways.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    say(`round ${round + 1} of ${rounds}`);
    // In turn, so that what disturbs the machine for a while disturbs all.
    for (const way of ways) measured.get(way.name)?.push(await nsPerCall(way));
  }
  const bare = measured.get('untraced') ?? [];
  const untraced = spread(bare).p50;
  const figures = ways.map(({ name }) => {
    const values = measured.get(name) ?? [];
    const ns = spread(values).p50;
    // Round by round: what slows the machine down for a while slows both.
    const ratio = spread(values.map((value, round) => value / (bare[round] as number))).p50;
    return { name, nsPerCall: ns, addedNs: ns - untraced, ratio, values };
  });
  const added = (name: string) => figures.find((figure) => figure.name === name)?.addedNs;
  const own = figures.find(({ name }) => name === '--min 200ms');
  const perf = added('perf trace --duration 200');
  const share = perf === undefined || !own ? undefined : perf / own.addedNs;
  return {
    tables: [
      {
        title: `Time a system call takes its caller, median of ${rounds} rounds; ratios round by round`,
        columns: [
          { title: 'traced by' },
          { title: 'ns/call', align: 'right' },
          { title: 'added', align: 'right' },
          { title: 'ratio', align: 'right' },
        ],
        rows: figures.map(({ name, nsPerCall: ns, addedNs, ratio }) => [
          name,
          ns.toFixed(0),
          name === 'untraced' ? '' : addedNs.toFixed(0),
          `${ratio.toFixed(2)}×`,
        ]),
      },
    ],
    targets: [
      {
        asked: `cost added by --min 200ms at most 1/${TARGET_SHARE} of perf trace --duration 200`,
        measured: share === undefined ? 'perf is missing' : `1/${share.toFixed(1)}`,
        met: share !== undefined && share >= TARGET_SHARE,
      },
      {
        asked: `run time with --min 200ms at most ${TARGET_RATIO}× the untraced`,
        measured: `${own?.ratio.toFixed(3)}×; with --exact ${figures.find(({ name }) => name === '--min 200ms --exact')?.ratio.toFixed(2)}×`,
        met: (own?.ratio ?? Number.POSITIVE_INFINITY) <= TARGET_RATIO,
      },
    ],
    comparisons: figures
      .filter(({ name }) => name === 'untraced' || /^(perf|strace)/.test(name))
      .map(({ name, nsPerCall: theirs }) => ({
        what: 'a system call under --min 200ms',
        ours: own?.nsPerCall ?? Number.NaN,
        peer: name,
        theirs,
        unit: 'ns',
      })),
    data: figures,
    notes: missing.map((tool) => `${tool} is not installed: apt-get install ${tool === 'perf' ? 'linux-perf' : tool}`),
  };
}

/** By dd's own clock, so that starting it does not count. */
async function nsPerCall({ under, blocks, name }: Way): Promise<number> {
  const dd = ['taskset', '-c', '1', 'dd', 'if=/dev/zero', 'of=/dev/null', 'bs=1', `count=${blocks}`];
  const [program = '', ...args] = [...under, ...dd];
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, LC_ALL: 'C' } });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await once(child, 'close');
  const took = /copied, ([\d.e-]+) s/.exec(said)?.[1];
  if (took === undefined) throw new Error(`${name} did not run dd: ${said.trim()}`);
  return (Number(took) * 1e9) / (blocks * CALLS_PER_BLOCK);
}

function isInstalled(tool: string): boolean {
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(`${folder}/${tool}`));
}
