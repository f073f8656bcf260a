import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { RXRAY } from '../e2e/rxray.js';
import type { Part, PartResult, Setting } from './part.js';
import { median } from './quantile.js';

const ROUNDS = 11;
const VERSION_MOST_S = 0.12;
const FIRST_PACKET_MOST_S = 0.3;

const VERSIONS: readonly { readonly name: string; readonly command: readonly string[] }[] = [
  { name: 'rxray --version', command: [process.execPath, RXRAY, '--version'] },
  { name: 'node --version', command: [process.execPath, '--version'] },
  { name: 'fping --version', command: ['fping', '--version'] },
  { name: 'hping3 --version', command: ['hping3', '--version'] },
];

/** How long a user waits before anything happens. */
export const startup: Part = {
  name: 'startup',
  about: '`--version`, and `probe` of loopback up to its first packet',
  run,
};

async function run({ say }: Setting): Promise<PartResult> {
  const versions = VERSIONS.filter(({ command: [program = ''] }) => isInstalled(program));
  const took = new Map<string, number[]>();
  const note = (name: string, seconds: number) => took.set(name, [...(took.get(name) ?? []), seconds]);
  for (let round = 0; round < ROUNDS; round += 1) {
    say(`round ${round + 1} of ${ROUNDS}`);
    for (const { name, command } of versions) note(name, timeOf(command));
    note('rxray probe, to its first packet', firstPacket());
  }
  const medianOf = (name: string) => median(took.get(name) ?? []);
  const target = (name: string, most: number) => ({
    asked: `${name} in at most ${most} s`,
    measured: `${medianOf(name).toFixed(3)} s`,
    met: medianOf(name) <= most,
  });
  return {
    tables: [
      {
        title: `Start-up, ${ROUNDS} rounds in turn`,
        columns: [{ title: 'what' }, { title: 'median', align: 'right' }, { title: 'smallest', align: 'right' }],
        rows: [...took].map(([name, values]) => [
          name,
          `${median(values).toFixed(3)} s`,
          `${Math.min(...values).toFixed(3)} s`,
        ]),
      },
    ],
    targets: [
      target('rxray --version', VERSION_MOST_S),
      target('rxray probe, to its first packet', FIRST_PACKET_MOST_S),
    ],
    comparisons: ['fping', 'hping3']
      .filter((peer) => took.has(`${peer} --version`))
      .map((peer) => ({
        what: '--version',
        ours: medianOf('rxray --version'),
        peer,
        theirs: medianOf(`${peer} --version`),
        unit: 's',
      })),
    data: Object.fromEntries(took),
    notes: VERSIONS.filter((one) => !versions.includes(one)).map(
      ({ name }) => `${name.split(' ')[0]} is not installed`,
    ),
  };
}

function timeOf([program = '', ...args]: readonly string[]): number {
  const began = performance.now();
  spawnSync(program, args, { stdio: 'ignore' });
  return (performance.now() - began) / 1e3;
}

/** By the kernel's stamp of the packet; loopback, one probe. */
function firstPacket(): number {
  const began = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6));
  const args = [RXRAY, 'probe', '127.0.0.1', '--icmp', '-c', '1', '--json'];
  const lines = execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split(
    '\n',
  );
  const records = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  const epochNs = records.find(({ type }) => type === 'run')?.epochNs;
  const sent = records.find(({ type }) => type === 'sample')?.sent;
  if (epochNs === undefined || sent === undefined) throw new Error('probe sent no packet');
  return Number(BigInt(epochNs) + BigInt(sent) - began) / 1e9;
}

function isInstalled(program: string): boolean {
  return (
    (process.env.PATH ?? '').split(':').some((folder) => existsSync(`${folder}/${program}`)) || existsSync(program)
  );
}
