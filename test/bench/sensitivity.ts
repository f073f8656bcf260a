import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { type Effect, type KeptSensitivity, keepFigures, sensitivityText } from './inference-page.js';
import type { Campaign, CampaignOptions } from './verdict-campaign.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** The numbers that the likelihoods rest on, by the file of src/bisect that has them. */
export const FACTORS: readonly (readonly [file: string, names: readonly string[]])[] = [
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
/** Shares and chances stay below one. */
const MOST_SHARE = 0.98;

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

/** A number as the build has it. */
export function numberIn(file: string, name: string): number {
  const text = readFileSync(join(ROOT, 'dist/src/bisect', `${file}.js`), 'utf8');
  return Number(
    declared(name)
      .exec(text)?.[0]
      .match(/= (.*);/)?.[1]
      ?.replaceAll('_', ''),
  );
}

function effectOf(before: Campaign, after: Campaign): Effect {
  const saidBefore = new Map(before.trials.map(({ seed, said }) => [seed, said]));
  const other = after.trials.filter(({ seed, said }) => saidBefore.get(seed) !== said).length;
  return { right: after.tellable.right, surelyWrong: after.surelyWrong, other };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      scenarios: { type: 'string', default: '30' },
      seed: { type: 'string', default: '60000' },
      only: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  });
  const options = { scenarios: Number(values.scenarios), seed: Number(values.seed) };
  const { runCampaign } = await import('./verdict-campaign.js');
  const before = await runCampaign(options);
  const numbers: KeptSensitivity['numbers'][number][] = [];
  for (const [file, names] of FACTORS)
    for (const name of names) {
      if (values.only !== undefined && !values.only.split(',').includes(name)) continue;
      const value = numberIn(file, name);
      const effect = async (times: number): Promise<Effect> => {
        const other = value < 1 ? Math.min(MOST_SHARE, value * times) : value * times;
        return effectOf(before, await campaignWith(file, name, other, options));
      };
      numbers.push({ file, name, value, halved: await effect(1 / 2), doubled: await effect(2) });
      process.stderr.write(`${name}\n`);
    }
  const sensitivity: KeptSensitivity = {
    ...options,
    tellable: before.tellable.scenarios,
    before: effectOf(before, before),
    numbers,
  };
  process.stdout.write(sensitivityText(sensitivity));
  if (values.write) keepFigures((kept) => ({ ...kept, sensitivity }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
