import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { Campaign, CampaignOptions } from './verdict-campaign.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PAGE = join(ROOT, 'docs/inference.md');
const MARKS = [
  '<!-- sensitivity: npm run bench:verdicts -- --sensitivity --write -->',
  '<!-- /sensitivity -->',
] as const;

/** The numbers that the likelihoods rest on, by the file of src/bisect that has them. */
const FACTORS: readonly (readonly [file: string, names: readonly string[]])[] = [
  ['weigh/path-likelihood', ['MISSED', 'STRAY', 'MIXED', 'GLITCH', 'WRONG']],
  ['weigh/background', ['SINGLE_PROBE', 'LITTLE_LOSS', 'ONE_PATH', 'FURTHER_PATH', 'WHOLE_PATH']],
  ['weigh/queue-likelihood', ['TCP_BY_ADDRESSES', 'TUNNEL_BY_INSIDE', 'SAME_QUEUE']],
  ['weigh/signatures', ['PIPE_BY_FLOW', 'ORDER_UNTRUSTED', 'SEVERAL_QUEUES', 'WAYS_DIFFER', 'QUEUES_DIFFER']],
  ['weigh/priors', ['HEALTHY', 'PAIRS', 'UNKNOWN']],
  ['causes/network', ['ONE_LINK', 'ONE_LINK_LAST']],
  ['causes/rx-queue', ['REPLIES_STEERED_AWAY', 'ONLY_ONE']],
  ['causes/pod', ['ONE_OF_SEVERAL']],
  ['causes/device', ['ONE_QUEUE']],
];
const TIMES = [0.5, 2] as const;
/** Shares and chances stay below one. */
const MOST_SHARE = 0.98;

interface Changed {
  readonly name: string;
  readonly value: number;
  /** By {@link TIMES}. */
  readonly campaigns: readonly Campaign[];
}

/** The campaign of a build in which one number is another one. */
async function campaignWith(file: string, name: string, value: number, options: CampaignOptions): Promise<Campaign> {
  const folder = mkdtempSync(join(tmpdir(), 'rxray-sensitivity-'));
  try {
    for (const part of ['dist/src', 'dist/test', 'package.json'])
      cpSync(join(ROOT, part), join(folder, part), { recursive: true, force: true, errorOnExist: false });
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const built = join(folder, 'dist/src/bisect', `${file}.js`);
    const text = readFileSync(built, 'utf8');
    const changed = text.replace(declared(name), `$1${value};`);
    if (changed === text) throw new Error(`${name} is not declared in ${file}.ts as a plain number`);
    unlinkSync(built);
    writeFileSync(built, changed);
    const { runCampaign } = (await import(
      pathToFileURL(join(folder, 'dist/test/bench/verdict-campaign.js')).href
    )) as typeof import('./verdict-campaign.js');
    return await runCampaign(options);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const declared = (name: string): RegExp => new RegExp(`^((?:export )?const ${name} = )[0-9._e-]+;`, 'm');

function numberIn(file: string, name: string): number {
  const text = readFileSync(join(ROOT, 'dist/src/bisect', `${file}.js`), 'utf8');
  return Number(
    declared(name)
      .exec(text)?.[0]
      .match(/= (.*);/)?.[1]
      ?.replaceAll('_', ''),
  );
}

/** How many verdicts are other ones than those of the numbers as they are. */
function differing(before: Campaign, after: Campaign): number {
  const saidBefore = new Map(before.trials.map(({ seed, said }) => [seed, said]));
  return after.trials.filter(({ seed, said }) => saidBefore.get(seed) !== said).length;
}

export function sensitivityTable(before: Campaign, changed: readonly Changed[]): string {
  const cell = (after: Campaign): string =>
    `${after.tellable.right} of ${after.tellable.scenarios}, ${after.surelyWrong}, ${differing(before, after)}`;
  const rows = changed.map(
    ({ name, value, campaigns }) => `| \`${name}\` ${value} | ${campaigns.map(cell).join(' | ')} |`,
  );
  return [
    `Each number halved and doubled by itself, over ${before.trials.length} scenarios from seed ${before.trials[0]?.seed}: right of those that can`,
    `be told, wrong at 0.9 and more, and how many verdicts are other ones. As they are: ${cell(before)}.`,
    '',
    '| number | halved | doubled |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      scenarios: { type: 'string', default: '100' },
      seed: { type: 'string', default: '60000' },
      only: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  });
  const options = { scenarios: Number(values.scenarios), seed: Number(values.seed) };
  const { runCampaign } = await import('./verdict-campaign.js');
  const before = await runCampaign(options);
  const changed: Changed[] = [];
  for (const [file, names] of FACTORS)
    for (const name of names) {
      if (values.only !== undefined && !values.only.split(',').includes(name)) continue;
      const value = numberIn(file, name);
      const campaigns: Campaign[] = [];
      for (const times of TIMES) {
        const other = value < 1 ? Math.min(MOST_SHARE, value * times) : value * times;
        campaigns.push(await campaignWith(file, name, other, options));
      }
      changed.push({ name, value, campaigns });
      process.stderr.write(`${name}\n`);
    }
  const table = sensitivityTable(before, changed);
  process.stdout.write(table);
  if (values.write) writeBetweenMarks(table);
}

function writeBetweenMarks(table: string): void {
  const page = readFileSync(PAGE, 'utf8');
  const [from, to] = MARKS.map((mark) => page.indexOf(mark)) as [number, number];
  if (from < 0 || to < from) throw new Error(`${PAGE} has no ${MARKS.join(' … ')}`);
  writeFileSync(PAGE, `${page.slice(0, from + MARKS[0].length)}\n\n${table}\n${page.slice(to)}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
